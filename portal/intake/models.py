"""One-time codes that prove a phone to be the consumer's."""

from datetime import datetime

from sqlalchemy import DateTime, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Owned

UTC_TIME = DateTime(timezone=True)


class PhoneCode(Base, Owned):
    """A code that was sent to a phone; only its hash and the phone's blind index are kept."""

    __tablename__ = "phone_code"
    __table_args__ = (Index("ix_phone_code_phone", "tenant_id", "phone_index", "id"),)
    phone_index: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sent_at: Mapped[datetime] = mapped_column(UTC_TIME)
    tries: Mapped[int] = mapped_column(Integer)
    used_at: Mapped[datetime | None] = mapped_column(UTC_TIME)
