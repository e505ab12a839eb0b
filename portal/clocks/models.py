"""Deadlines and the alerts that their ladders raise."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Owned, owned_key

UTC_TIME = DateTime(timezone=True)


class Deadline(Base, Owned):
    """A promise with its end. `state`: open, paused, met, missed (met late), dropped."""

    __tablename__ = "deadline"
    __table_args__ = (
        owned_key("case_id", "cases"),
        Index("ix_deadline_case", "tenant_id", "case_id"),
        Index("ix_deadline_rung", "next_rung_at", postgresql_where=text("next_rung_at is not null")),
        Index("ix_deadline_provisional", "bureau_id", postgresql_where=text("provisional and state = 'open'")),
    )
    case_id: Mapped[UUID] = mapped_column(PG_UUID)
    code: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UTC_TIME)
    limit_amount: Mapped[int] = mapped_column(Integer)
    limit_unit: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UTC_TIME)
    provisional: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """[{"start": iso, "end": iso or null, "reason": words}]"""
    fired: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Codes of the rungs that have fired, each once for ever."""
    next_rung_at: Mapped[datetime | None] = mapped_column(UTC_TIME)


class Alert(Base, Owned):
    """A rung that fired, for one officer to be told; several go into one digest."""

    __tablename__ = "alert"
    __table_args__ = (
        owned_key("deadline_id", "deadline"),
        UniqueConstraint("bureau_id", "tenant_id", "deadline_id", "rung", "officer_id"),
        Index("ix_alert_waiting", "not_before", postgresql_where=text("notice_id is null")),
    )
    deadline_id: Mapped[UUID] = mapped_column(PG_UUID)
    case_id: Mapped[UUID] = mapped_column(PG_UUID)
    rung: Mapped[str] = mapped_column(Text)
    officer_id: Mapped[UUID] = mapped_column(PG_UUID)
    raised_at: Mapped[datetime] = mapped_column(UTC_TIME)
    not_before: Mapped[datetime] = mapped_column(UTC_TIME)
    notice_id: Mapped[UUID | None] = mapped_column(PG_UUID)
