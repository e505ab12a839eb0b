"""Notices and their attempts. The database is the truth of what is to be told and what was told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Owned, owned_key

UTC_TIME = DateTime(timezone=True)


class Notice(Base, Owned):
    """One message to one person by one channel. pending → claimed → sent → delivered | failed → dead."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("bureau_id", "tenant_id", "event_id", "recipient", "channel", "template"),
        Index(
            "ix_notice_waiting", "priority", "not_before",
            postgresql_where=text("state in ('pending', 'claimed')"),
        ),
        Index("ix_notice_case", "tenant_id", "case_id"),
        Index("ix_notice_dead", "bureau_id", "id", postgresql_where=text("state = 'dead'")),
    )  # fmt: skip
    event_id: Mapped[UUID] = mapped_column(PG_UUID)
    case_id: Mapped[UUID | None] = mapped_column(PG_UUID)
    template: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    """`consumer`, `respondent` or an officer's id: who, not where."""
    masked: Mapped[str] = mapped_column(Text)
    """The address as it may be shown."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """{"to", "subject", "body"}"""
    priority: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(UTC_TIME)
    not_before: Mapped[datetime] = mapped_column(UTC_TIME)
    state: Mapped[str] = mapped_column(Text)
    relayed_until: Mapped[datetime | None] = mapped_column(UTC_TIME)
    lease_until: Mapped[datetime | None] = mapped_column(UTC_TIME)
    attempts: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    error: Mapped[str | None] = mapped_column(Text)


class NoticeAttempt(Base, Owned):
    """One try at a provider. A row without an end is a try during which the worker died."""

    __tablename__ = "notice_attempt"
    __table_args__ = (
        owned_key("notice_id", "notice"),
        Index("ix_notice_attempt_notice", "tenant_id", "notice_id"),
    )
    notice_id: Mapped[UUID] = mapped_column(PG_UUID)
    provider: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UTC_TIME)
    ended_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    outcome: Mapped[str | None] = mapped_column(Text)
    response: Mapped[str | None] = mapped_column(Text)
