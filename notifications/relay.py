"""What is due goes to the workers: ids of batches, never texts; the database stays the truth.

A notice is offered again when `relayed_until` has passed and nobody has claimed it, so an emptied
Redis loses nothing.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notifications.settings import settings
from tenants.database import Scope, scoped_session

BATCH = 50
MOST = 2000
OFFER = text(
    """
    update notice set relayed_until = :again
    where (bureau_id, tenant_id, id) in (
        select bureau_id, tenant_id, id from notice
        where state in ('pending', 'claimed') and not_before <= :at
          and (relayed_until is null or relayed_until < :at)
          and (state = 'pending' or lease_until < :at)
        order by priority, not_before limit :most for update skip locked)
    returning channel, priority, id
    """
)
WAKE = "notices"
"""Channel of LISTEN/NOTIFY on which a face says that there is something to relay."""


def offer(at: datetime) -> Iterator[tuple[int, str, list[UUID]]]:
    """Batches of (priority, channel, ids) that workers should deliver now, urgent ones first."""
    again = at + timedelta(seconds=settings().relay_again_seconds)
    with scoped_session(Scope.system("relay")) as session:
        rows = session.execute(OFFER, {"at": at, "again": again, "most": MOST}).all()
    by_kind: dict[tuple[int, str], list[UUID]] = defaultdict(list)
    for channel, priority, notice in rows:
        by_kind[priority, channel].append(notice)
    for (priority, channel), ids in sorted(by_kind.items()):
        for start in range(0, len(ids), BATCH):
            yield priority, channel, sorted(ids)[start : start + BATCH]


_woken = 0.0


def wake() -> None:
    """Say that there may be something to relay; at most five times a second a process.

    A NOTIFY inside an act's own transaction would make all commits of the database queue up behind one
    lock, so it is a small one of its own, after the commit. If it is lost, the relay's poll is the net.
    """
    global _woken
    if monotonic() - _woken < 0.2:
        return
    _woken = monotonic()
    with suppress(SQLAlchemyError), scoped_session(Scope.directory()) as session:
        session.execute(text("select pg_notify(:channel, '')"), {"channel": WAKE})
