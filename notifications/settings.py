"""Settings of the channels and of the queue between database and workers."""

from functools import lru_cache

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class NotificationSettings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore")

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: str = "none"
    """none, starttls or tls."""
    smtp_from: str = "消费维权服务站 <noreply@example.org>"
    sms_url: str = ""
    """A gateway that takes POST {url}/messages and answers GET {url}/messages/{reference}."""
    sms_token: SecretStr = SecretStr("")
    provider_timeout: float = 10.0
    lease_seconds: int = 60
    relay_again_seconds: int = 30
    attempts_most: int = 8


@lru_cache
def settings() -> NotificationSettings:
    return NotificationSettings()
