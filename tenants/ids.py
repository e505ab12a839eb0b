"""Row ids: UUIDv7, so that rows of one time lie together in an index."""

from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["UUID", "new_id"]


def new_id() -> UUID:
    """A new id; ids made later sort later (to the millisecond)."""
    return uuid7()
