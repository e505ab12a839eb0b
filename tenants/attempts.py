"""Guesses are counted in the database: true for all web processes, and kept when Redis is lost."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.vault import fingerprint

COUNT = text(
    """
    insert into attempt (bucket, window_start, count) values (:bucket, :at, 1)
    on conflict (bucket) do update set
        count = case when attempt.window_start < :since then 1 else attempt.count + 1 end,
        window_start = case when attempt.window_start < :since then :at else attempt.window_start end
    returning count
    """
)


def count_attempt(session: Session, purpose: str, subject: str, at: datetime, window: timedelta) -> int:
    """Count one more attempt at `subject` and say how many there were within the window."""
    bucket = fingerprint(f"attempt:{purpose}", subject)
    return int(session.execute(COUNT, {"bucket": bucket, "at": at, "since": at - window}).scalar_one())
