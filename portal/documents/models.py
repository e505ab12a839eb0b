"""Papers: asked for by a row, rendered by a worker, stored with their hash."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Owned

UTC_TIME = DateTime(timezone=True)


class Paper(Base, Owned):
    """A paper. `state`: asked → rendering → issued | failed."""

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("bureau_id", "tenant_id", "number"),
        UniqueConstraint("bureau_id", "tenant_id", "check_code"),
        Index("ix_paper_case", "tenant_id", "case_id"),
        Index("ix_paper_waiting", "asked_at", postgresql_where=text("state in ('asked', 'rendering')")),
    )
    case_id: Mapped[UUID | None] = mapped_column(PG_UUID)
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    check_code: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UTC_TIME)
    asked_by: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Facts frozen at asking that aren't personal (the month of a summary, the agreement's terms)."""
    state: Mapped[str] = mapped_column(Text)
    relayed_until: Mapped[datetime | None] = mapped_column(UTC_TIME)
    lease_until: Mapped[datetime | None] = mapped_column(UTC_TIME)
    attempts: Mapped[int] = mapped_column(Integer)
    issued_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    size: Mapped[int | None] = mapped_column(Integer)
    stored_as: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
