"""Lists of cases on screen: a line as it is shown, and the key that the next page begins after."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request

from portal.cases.models import Case
from portal.cases.states import State
from portal.gate.words import say_by, time_left

SOON = timedelta(hours=4)
Key = tuple[datetime, UUID]


def asked_key() -> Key | None:
    """The key in the address, or None for the first page and for anything that isn't one."""
    moment, _, row = request.args.get("after", "").partition("_")
    try:
        return datetime.fromisoformat(moment), UUID(row)
    except ValueError:
        return None


def key_after(case: Case, *, closed: bool) -> str:
    """The key of the page after `case`."""
    return f"{(case.created_at if closed else case.next_due_at).isoformat()}_{case.id}"


def line_of(case: Case, at: datetime) -> dict[str, Any]:
    """A case as a line: {"case", "state", "tone", "left", "by"}."""
    if case.next_due_at.year > 9000:
        return {"case": case, "state": State(case.state), "tone": "calm", "left": "无待办时限", "by": ""}
    left = case.next_due_at - at
    tone = "overdue" if left < timedelta(0) else "soon" if left < SOON else "calm"
    words, by = time_left(case.next_due_at, at), say_by(case.next_due_at)
    return {"case": case, "state": State(case.state), "tone": tone, "left": words, "by": by}
