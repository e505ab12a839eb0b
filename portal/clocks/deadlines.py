"""The life of one deadline: opened, paused, resumed, recounted, ended. Values in, values out.

A deadline travels as a row of the table `deadline` in a dict; nothing here reads a clock or a database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.clocks.counting import Due, Pause, due, rung_times
from portal.clocks.models import Deadline
from tenants.calendar import Calendar
from tenants.ids import new_id
from tenants.profiles import Limit, Profile

LABELS = {
    "review": "审查登记",
    "decline_notice": "送达不予登记告知",
    "first_reply": "首次答复",
    "mediation_start": "启动调解",
    "decision": "处理承诺",
    "progress": "进展告知",
    "mediation_limit": "调解法定期限",
    "termination_notice": "送达终止调解告知",
    "hand_over": "移交市场监管局",
    "assigned_feedback": "反馈转办结果",
    "serious_report": "上报重大事项",
    "performance": "履行协议",
    "tip_check": "线索核查",
    "call_back": "回访",
    "quarterly_return": "报送季度报表",
}


@dataclass(frozen=True)
class Rules:
    """What deadlines are counted by: the profile and the district's calendar."""

    profile: Profile
    calendar: Calendar


def count(start: datetime, limit: Limit, rules: Rules, pauses: list[Pause] | None = None) -> Due:
    return due(start, limit, rules.calendar, pauses or [], weekend_moves=rules.profile.weekend_moves)


def open_deadline(case: UUID, code: str, at: datetime, rules: Rules, limit: Limit | None = None) -> dict[str, Any]:
    """The row of a new deadline. `limit` overrides the profile's (an assignment's own term).

    Raises:
        KeyError: the profile has no limit for `code` and none is given.
    """
    limit = limit or rules.profile.limits[code]
    return _new_row(case, code, at, limit, count(at, limit, rules), rules)


def open_until(case: UUID, code: str, at: datetime, end: datetime, rules: Rules) -> dict[str, Any]:
    """The row of a deadline whose end is agreed, not counted (performance by the date in the agreement)."""
    days = max(1, (end.date() - at.date()).days)
    return _new_row(case, code, at, Limit(amount=days, unit="days"), Due(end, False, ()), rules)


def _new_row(case: UUID, code: str, at: datetime, limit: Limit, end: Due, rules: Rules) -> dict[str, Any]:
    row = {
        "id": new_id(), "case_id": case, "code": code, "opened_at": at, "limit_amount": limit.amount,
        "limit_unit": limit.unit, "due_at": end.at, "provisional": end.provisional, "state": "open",
        "ended_at": None, "pauses": [], "fired": [],
    }  # fmt: skip
    return row | {"next_rung_at": next_rung(at, end.at, [], rules)}


def next_rung(start: datetime, end: datetime, fired: list[str], rules: Rules) -> datetime | None:
    """When the first rung fires that hasn't fired yet."""
    waiting = (at for rung, at in rung_times(start, end, rules.profile, rules.calendar) if rung.code not in fired)
    return next(waiting, None)


def ended(deadline: Deadline, at: datetime) -> dict[str, Any]:
    """Changes when the deadline's event has come: met in time, or missed."""
    return {"state": "met" if at <= deadline.due_at else "missed", "ended_at": at, "next_rung_at": None}


def dropped(at: datetime) -> dict[str, Any]:
    """Changes when the deadline's reason is gone: neither met nor missed."""
    return {"state": "dropped", "ended_at": at, "next_rung_at": None}


def paused(deadline: Deadline, at: datetime, reason: str) -> dict[str, Any]:
    """Changes when the clock stops. Raises ValueError when it stands already."""
    if deadline.state != "open":
        raise ValueError(f"deadline {deadline.id} is {deadline.state}, not open")
    pauses = [*deadline.pauses, {"start": at.isoformat(), "end": None, "reason": reason}]
    return {"state": "paused", "pauses": pauses, "next_rung_at": None}


def resumed(deadline: Deadline, at: datetime, rules: Rules) -> dict[str, Any]:
    """Changes when the clock runs again, with the end moved by the pause."""
    if deadline.state != "paused":
        raise ValueError(f"deadline {deadline.id} is {deadline.state}, not paused")
    pauses = [*deadline.pauses[:-1], deadline.pauses[-1] | {"end": at.isoformat()}]
    return {"state": "open", "pauses": pauses} | recounted(deadline, rules, pauses)


def recounted(deadline: Deadline, rules: Rules, pauses: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Changes after the calendar changed; rungs that fired stay fired."""
    end = proof_of(deadline, rules, pauses)
    rung = next_rung(deadline.opened_at, end.at, deadline.fired, rules)
    return {"due_at": end.at, "provisional": end.provisional, "next_rung_at": rung}


def proof_of(deadline: Deadline, rules: Rules, pauses: list[dict[str, Any]] | None = None) -> Due:
    """The count behind a deadline's end, day by day."""
    if deadline.code == "performance":
        return Due(deadline.due_at, False, ())
    limit = Limit.model_validate({"amount": deadline.limit_amount, "unit": deadline.limit_unit})
    return count(deadline.opened_at, limit, rules, parse_pauses(pauses or deadline.pauses))


def parse_pauses(rows: list[dict[str, Any]]) -> list[Pause]:
    moment = datetime.fromisoformat
    return [Pause(moment(row["start"]), moment(row["end"]) if row["end"] else None, row["reason"]) for row in rows]
