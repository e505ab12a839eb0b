"""What is due goes to the workers: ids of batches, never texts; the database stays the truth.

A notice is offered again when `relayed_until` has passed and nobody has claimed it, so an emptied
Redis loses nothing.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

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


def offer(at: datetime) -> Iterator[tuple[str, list[UUID]]]:
    """Batches of (channel, ids) that workers should deliver now, urgent ones first."""
    again = at + timedelta(seconds=settings().relay_again_seconds)
    with scoped_session(Scope.system("relay")) as session:
        rows = session.execute(OFFER, {"at": at, "again": again, "most": MOST}).all()
    by_kind: dict[tuple[int, str], list[UUID]] = defaultdict(list)
    for channel, priority, notice in rows:
        by_kind[priority, channel].append(notice)
    for (_, channel), ids in sorted(by_kind.items()):
        for start in range(0, len(ids), BATCH):
            yield channel, sorted(ids)[start : start + BATCH]
