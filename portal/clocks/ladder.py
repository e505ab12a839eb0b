"""Which rungs of the overdue ladder fire now, and when officers may be told."""

from datetime import datetime, timedelta

from portal.clocks.counting import rung_times
from portal.clocks.deadlines import Rules
from portal.clocks.models import Deadline
from tenants.calendar import CHINA
from tenants.profiles import Rung


def due_rungs(deadline: Deadline, at: datetime, rules: Rules) -> tuple[list[Rung], datetime | None]:
    """Rungs that have come and haven't fired, in order, and when the next one comes."""
    plan = rung_times(deadline.opened_at, deadline.due_at, rules.profile, rules.calendar)
    waiting = [(rung, when) for rung, when in plan if rung.code not in deadline.fired]
    now = [rung for rung, when in waiting if when <= at]
    later = [when for _, when in waiting if when > at]
    return now, min(later, default=None)


def may_tell_from(rung: Rung, code: str, at: datetime, rules: Rules) -> datetime:
    """From when an alert may go out: office hours of a working day, or at once for what can't wait."""
    if code == "serious_report" and rung.when == "overdue":
        return at
    local = at.astimezone(CHINA)
    opens, closes = rules.profile.office_opens, rules.profile.office_closes
    day = local.date()
    if rules.calendar.is_working(day):
        if opens <= local.time() < closes:
            return at
        if local.time() < opens:
            return datetime.combine(day, opens, CHINA)
    return datetime.combine(rules.calendar.add_working_days(day, 1), opens, CHINA)


def digest_gap(rules: Rules) -> timedelta:
    """A person gets at most one digest in this time."""
    return timedelta(minutes=rules.profile.digest_minutes)
