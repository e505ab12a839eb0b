"""The one place where a face reads the clock."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
