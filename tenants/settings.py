"""Settings of the ground floor: where the database is and the key that wraps tenants' keys."""

from functools import lru_cache

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class TenantSettings(BaseSettings):
    """Read from the environment (`DATABASE_URL`, `MASTER_KEY`, …)."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: SecretStr
    """The app's login: owns nothing, can't bypass row-level security."""
    database_admin_url: SecretStr | None = None
    """The owner's login, for migrations only (needs CREATEROLE)."""
    master_key: SecretStr
    """32 random bytes in base64; wraps each tenant's data key."""
    database_pool: int = 6
    database_prepares: bool = True
    """Prepared statements on the server. Turn off behind a PgBouncer older than 1.21 in transaction mode."""


@lru_cache
def settings() -> TenantSettings:
    return TenantSettings.model_validate({})
