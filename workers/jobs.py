"""Jobs: each opens the clock, calls one function of the domain, and is done."""

from datetime import UTC, datetime
from uuid import UUID

from notifications import delivery
from portal.cases import watching
from portal.documents import rendering


def deliver(channel: str, ids: list[str]) -> int:
    return delivery.deliver(delivery.channel_named(channel), [UUID(one) for one in ids])


def render(ids: list[str]) -> int:
    return rendering.render([UUID(one) for one in ids], datetime.now(UTC))


def watch_clocks() -> dict[str, int]:
    at = datetime.now(UTC)
    return {
        "recounted": watching.recount_for_local_days(at) + watching.recount_for_new_years(at),
        "kept": watching.meet_by_notice(at),
        "fired": watching.scan(at),
        "told": watching.digest(at),
    }
