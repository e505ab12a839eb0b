"""Settings of the product itself."""

from functools import lru_cache
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class PortalSettings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore")

    secret_key: SecretStr
    portal_url: str = "http://127.0.0.1:8000"
    """The address that people reach the portal at; stands in messages and QR codes."""
    files_dir: Path = ROOT / "var" / "files"
    """Evidence and papers; outside the web root."""
    secure_cookies: bool = False
    """True behind TLS."""
    trusted_proxies: int = 0
    """How many proxies stand in front; their word for the client's address and scheme is taken."""
    demo: bool = False
    """Shows the demo's logins and `/dev/inbox`."""
    inbox_dir: Path = ROOT / "var" / "inbox"
    metrics_token: SecretStr | None = None
    sentry_dsn: str = ""
    release: str = "0.1.0"
    file_bytes: int = 20 * 1024 * 1024
    files_most: int = 9
    bind: str = "127.0.0.1:8000"
    web_processes: int = 4
    web_threads: int = 2


@lru_cache
def settings() -> PortalSettings:
    return PortalSettings.model_validate({})
