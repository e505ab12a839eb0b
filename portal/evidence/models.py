"""Evidence files: what is known of each; the bytes lie outside the web root under an unguessable name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Owned, owned_key


class Evidence(Base, Owned):
    __tablename__ = "evidence"
    __table_args__ = (
        owned_key("case_id", "cases"),
        Index("ix_evidence_case", "tenant_id", "case_id", "id"),
    )
    case_id: Mapped[UUID] = mapped_column(PG_UUID)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    added_by: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    """The name that the person's file had, without its path."""
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the bytes that are kept."""
    original_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the bytes that were sent, before an image's metadata was taken out."""
    stored_as: Mapped[str] = mapped_column(Text)
