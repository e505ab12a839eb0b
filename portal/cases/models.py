"""Tables of cases: the complaint, its parties, its append-only timeline, the audit."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, Index, Integer, LargeBinary, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Owned, owned_key

UTC_TIME = DateTime(timezone=True)
MONEY = Numeric(14, 2)


class Case(Base, Owned):
    """A complaint. Personal data of its parties is in `party`, sealed."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("bureau_id", "tenant_id", "number"),
        UniqueConstraint("bureau_id", "tenant_id", "submission_key"),
        UniqueConstraint("bureau_id", "tenant_id", "tracking_hash"),
        Index("ix_cases_queue", "tenant_id", "next_due_at", "id", postgresql_where=text("closed_at is null")),
        Index("ix_cases_tenant_created", "tenant_id", "created_at", "id"),
        Index(
            "ix_cases_bureau_created", "bureau_id", "created_at",
            postgresql_include=["tenant_id", "state", "result", "closed_at"],
        ),
        Index("ix_cases_bureau_open", "bureau_id", "next_due_at", "id", postgresql_where=text("closed_at is null")),
    )  # fmt: skip
    number: Mapped[str] = mapped_column(Text)
    national_number: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    profile_version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UTC_TIME)
    accepted_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    closed_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    next_due_at: Mapped[datetime] = mapped_column(UTC_TIME)
    """Nearest open deadline; the year 9999 when there is none."""
    red: Mapped[bool] = mapped_column(Boolean)
    """A deadline is so far overdue that the case stands in the bureau's red list."""
    handler_id: Mapped[UUID | None] = mapped_column(PG_UUID)
    submission_key: Mapped[UUID] = mapped_column(PG_UUID)
    tracking_hash: Mapped[bytes] = mapped_column(LargeBinary)
    # Who, as far as it may stand on a list
    consumer_masked: Mapped[str] = mapped_column(Text)
    respondent_name: Mapped[str] = mapped_column(Text)
    respondent_shop: Mapped[str | None] = mapped_column(Text)
    # The matter
    subject: Mapped[str] = mapped_column(Text)
    """What was bought: goods or service, in the consumer's words."""
    is_service: Mapped[bool | None] = mapped_column(Boolean)
    category: Mapped[str | None] = mapped_column(Text)
    nature: Mapped[str | None] = mapped_column(Text)
    brand: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    batch: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[Decimal | None] = mapped_column(MONEY)
    """Amount in dispute, CNY."""
    price: Mapped[Decimal | None] = mapped_column(MONEY)
    bought_on: Mapped[date | None] = mapped_column(Date)
    order_number: Mapped[str | None] = mapped_column(Text)
    bought_online: Mapped[bool | None] = mapped_column(Boolean)
    happened_on: Mapped[date | None] = mapped_column(Date)
    facts: Mapped[str] = mapped_column(Text)
    requests: Mapped[list[str]] = mapped_column(ARRAY(Text))
    consent_publish: Mapped[bool] = mapped_column(Boolean)
    consent_entrust: Mapped[bool] = mapped_column(Boolean)
    # The outcome
    decline_ground: Mapped[str | None] = mapped_column(Text)
    termination_ground: Mapped[str | None] = mapped_column(Text)
    agreement: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """{"terms": […], "amount": "123.45", "until": "2026-12-01", "settled_on": iso}"""
    result: Mapped[str | None] = mapped_column(Text)
    recovered: Mapped[Decimal | None] = mapped_column(MONEY)
    """挽回经济损失, CNY; the next two are parts of it."""
    punitive: Mapped[Decimal | None] = mapped_column(MONEY)
    mental_damage: Mapped[Decimal | None] = mapped_column(MONEY)
    satisfaction: Mapped[int | None] = mapped_column(Integer)


class Party(Base, Owned):
    """Consumer, representative or respondent of a case, personal data sealed in one value."""

    __tablename__ = "party"
    __table_args__ = (
        owned_key("case_id", "cases"),
        Index("ix_party_case", "tenant_id", "case_id"),
        Index("ix_party_phone", "tenant_id", "phone_index"),
        Index("ix_party_id_number", "tenant_id", "id_index"),
    )
    case_id: Mapped[UUID] = mapped_column(PG_UUID)
    side: Mapped[str] = mapped_column(Text)
    sex: Mapped[str | None] = mapped_column(Text)
    age_band: Mapped[str | None] = mapped_column(Text)
    consumer_class: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_index: Mapped[bytes | None] = mapped_column(LargeBinary)


class Event(Base, Owned):
    """One line of a case's timeline; never changed, never removed."""

    __tablename__ = "event"
    __table_args__ = (
        owned_key("case_id", "cases"),
        Index("ix_event_case", "tenant_id", "case_id", "id"),
    )
    case_id: Mapped[UUID] = mapped_column(PG_UUID)
    at: Mapped[datetime] = mapped_column(UTC_TIME)
    act: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    """`消费者`, `系统`, or the officer's name."""
    officer_id: Mapped[UUID | None] = mapped_column(PG_UUID)
    state: Mapped[str] = mapped_column(Text)
    """The case's state after it."""
    public_text: Mapped[str | None] = mapped_column(Text)
    """What the consumer may read; None keeps the line inside."""
    internal_text: Mapped[str | None] = mapped_column(Text)


class Audit(Base, Owned):
    """Who did or looked at what, and why; written with the act itself."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_case", "tenant_id", "case_id", "id"),)
    at: Mapped[datetime] = mapped_column(UTC_TIME)
    officer_id: Mapped[UUID | None] = mapped_column(PG_UUID)
    actor: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    case_id: Mapped[UUID | None] = mapped_column(PG_UUID)
    reason: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
