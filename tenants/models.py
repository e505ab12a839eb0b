"""Tables of the ground floor: who is who, whose rules hold, which days count."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, ForeignKey, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Owned, owned_key

UTC_TIME = DateTime(timezone=True)


class Bureau(Base):
    """市场监管局: a node of the authorities' tree. Public knowledge, so no tenant owns the row."""

    __tablename__ = "bureau"
    id: Mapped[UUID] = mapped_column(PG_UUID, primary_key=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("bureau.id"))
    level: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    short_name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)


class Directory(Base):
    """Public directory: which organisation has which code. Codes are unique in the whole system."""

    __tablename__ = "directory"
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    bureau_id: Mapped[UUID] = mapped_column(PG_UUID)
    tenant_id: Mapped[UUID] = mapped_column(PG_UUID)


class LoginName(Base):
    """Which officer a login name belongs to: read by the login's own role only."""

    __tablename__ = "login_name"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    bureau_id: Mapped[UUID] = mapped_column(PG_UUID)
    tenant_id: Mapped[UUID] = mapped_column(PG_UUID)
    officer_id: Mapped[UUID] = mapped_column(PG_UUID)


class Station(Base):
    """消费维权服务站: a tenant, with the host (承办单位) it sits in. Its id is the tenant's id."""

    __tablename__ = "station"
    bureau_id: Mapped[UUID] = mapped_column(ForeignKey("bureau.id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(PG_UUID, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    short_name: Mapped[str] = mapped_column(Text)
    host_name: Mapped[str] = mapped_column(Text)
    host_kind: Mapped[str] = mapped_column(Text)
    """One of the 五进: 商场, 超市, 市场, 企业, 景区."""
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    hours: Mapped[str] = mapped_column(Text)
    intro: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class TenantKey(Base, Owned):
    """An organisation's data key, wrapped by the master key."""

    __tablename__ = "tenant_key"
    __table_args__ = (UniqueConstraint("bureau_id", "tenant_id", "version"),)
    version: Mapped[int] = mapped_column(Integer)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class Officer(Base, Owned):
    """工作人员: a person with a login at a station or at a bureau.

    What the login rests on is loaded only when asked for, and only the login's role may read it.
    """

    __tablename__ = "officer"
    name: Mapped[str] = mapped_column(Text)
    login: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    on_page: Mapped[bool] = mapped_column(Boolean, default=False)
    """Named on the station's public page as a person on duty."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    password_hash: Mapped[str | None] = mapped_column(Text, deferred=True)
    invite_hash: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    invite_until: Mapped[datetime | None] = mapped_column(UTC_TIME, deferred=True)
    failures: Mapped[int] = mapped_column(Integer, deferred=True, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UTC_TIME, deferred=True)


class OfficerSession(Base, Owned):
    """A login that is under way; ended on log-out, so that a copied cookie is worth nothing after."""

    __tablename__ = "officer_session"
    __table_args__ = (owned_key("officer_id", "officer"),)
    officer_id: Mapped[UUID] = mapped_column(PG_UUID)
    began_at: Mapped[datetime] = mapped_column(UTC_TIME)
    seen_at: Mapped[datetime] = mapped_column(UTC_TIME)
    ended_at: Mapped[datetime | None] = mapped_column(UTC_TIME)


class PolicyProfile(Base, Owned):
    """Limits, ladder, grounds and form options as versioned data; the owner is a bureau or a station."""

    __tablename__ = "policy_profile"
    __table_args__ = (UniqueConstraint("bureau_id", "tenant_id", "version"),)
    version: Mapped[int] = mapped_column(Integer)
    effective_from: Mapped[date] = mapped_column(Date)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CalendarYear(Base):
    """A year whose State Council notice has been loaded."""

    __tablename__ = "calendar_year"
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    recounted_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    """When provisional deadlines were counted again for it; None while that waits."""


class CalendarDay(Base):
    """A day that differs from its weekday: a holiday (off) or a make-up working day (on)."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    off: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(Text)


class LocalDay(Base, Owned):
    """A day that a bureau declares off (typhoon) or on, for its district."""

    __tablename__ = "local_day"
    __table_args__ = (UniqueConstraint("bureau_id", "tenant_id", "day"),)
    day: Mapped[date] = mapped_column(Date)
    off: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text)
    recounted_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
    """When the district's open deadlines were counted again for it; None while that waits."""


class Counter(Base):
    """Running numbers of an organisation: case numbers of a day, paper numbers of a year."""

    __tablename__ = "counter"
    bureau_id: Mapped[UUID] = mapped_column(PG_UUID, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(PG_UUID, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[int] = mapped_column(Integer)


class Attempt(Base):
    """Guesses counted by a keyed hash of what is guessed at; holds nothing that names anybody."""

    __tablename__ = "attempt"
    bucket: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UTC_TIME)
    count: Mapped[int] = mapped_column(Integer)
