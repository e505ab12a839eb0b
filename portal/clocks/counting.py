"""When something is due, and the proof of it: pure functions of a start, a limit, pauses and a calendar.

For days and working days the starting day is not counted and the last day ends at 24:00 China time; a
last calendar day on a statutory holiday moves to the first day after it (Order 121 Art. 45). A day on
whose end the clock stands still isn't counted, so a pause over k midnights moves the end by k counted
days and a pause within one day moves nothing. Hours run on the wall clock, pauses taken out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tenants.calendar import CHINA, ONE_DAY, Calendar, china_date, end_of
from tenants.profiles import Limit, Profile, Rung


@dataclass(frozen=True)
class Pause:
    """A stop of the clock for a named legal reason; `end` is None while it lasts."""

    start: datetime
    end: datetime | None
    reason: str


@dataclass(frozen=True)
class CountedDay:
    """One line of the proof. `ordinal` is the running number of a counted day, else None."""

    day: date
    ordinal: int | None
    why: str


@dataclass(frozen=True)
class Due:
    """When a limit ends."""

    at: datetime
    provisional: bool
    """True when a year was walked through whose calendar isn't published."""
    proof: tuple[CountedDay, ...]
    """Empty for limits in hours."""


def due(
    start: datetime, limit: Limit, calendar: Calendar, pauses: Sequence[Pause] = (), *, weekend_moves: bool = False
) -> Due:  # fmt: skip
    """The end of `limit` from `start` (aware), as an aware time in China's zone, with its proof.

    An open pause counts as if it lasted for ever in days that follow; callers freeze such a deadline.
    """
    if limit.unit == "hours":
        return Due(_end_of_hours(start, limit.amount, pauses).astimezone(CHINA), False, ())
    days = list(_walk(china_date(start), limit, calendar, pauses))
    if limit.unit == "days":
        days += _moved(days[-1].day, calendar, weekend_moves)
    last = days[-1].day
    watched = [last] if limit.unit == "days" else [line.day for line in days]
    provisional = not all(calendar.published(day) for day in watched)
    return Due(end_of(last), provisional, tuple(days))


def _end_of_hours(start: datetime, hours: int, pauses: Sequence[Pause]) -> datetime:
    end = start + timedelta(hours=hours)
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if pause.end is not None and start <= pause.start < end:
            end += pause.end - pause.start
    return end


def _walk(day: date, limit: Limit, calendar: Calendar, pauses: Sequence[Pause]) -> Iterator[CountedDay]:
    """Days after `day` until `limit.amount` of them are counted."""
    counted = 0
    while counted < limit.amount:
        day += ONE_DAY
        nature = calendar.nature(day)
        stopped = _stopped_at(end_of(day), pauses)
        if stopped is not None:
            yield CountedDay(day, None, f"计时中止:{stopped.reason}")
        elif limit.unit == "working_days" and not nature.working:
            yield CountedDay(day, None, nature.why)
        else:
            counted += 1
            yield CountedDay(day, counted, nature.why)


def _stopped_at(moment: datetime, pauses: Sequence[Pause]) -> Pause | None:
    # An open pause can't be walked through: its days would never end.
    running = (pause for pause in pauses if pause.end is not None and pause.start <= moment < pause.end)
    return next(running, None)


def _moved(last: date, calendar: Calendar, weekend_moves: bool) -> list[CountedDay]:
    """The days by which a last calendar day is moved off a holiday (and off a weekend, if set)."""
    lines: list[CountedDay] = []
    nature = calendar.nature(last)
    while nature.statutory or (weekend_moves and not nature.working):
        reason = nature.why
        last += ONE_DAY
        nature = calendar.nature(last)
        lines.append(CountedDay(last, None, f"前一日为{reason},顺延一日"))
    return lines


def rung_times(start: datetime, end: datetime, profile: Profile, calendar: Calendar) -> list[tuple[Rung, datetime]]:
    """When each rung of the ladder fires for a deadline from `start` to `end`, earliest first."""
    times = [(rung, _rung_time(rung, start, end, calendar)) for rung in profile.ladder]
    return sorted(times, key=lambda pair: pair[1])


def _rung_time(rung: Rung, start: datetime, end: datetime, calendar: Calendar) -> datetime:
    span = end - start
    if rung.when == "elapsed":
        return start + span * rung.share
    if rung.when == "left":
        return max(start, end - max(span * rung.share, timedelta(hours=rung.least_hours)))
    if rung.when == "overdue":
        return end
    # 24:00 of a day is 00:00 of the next by the clock; a working day later counts from the day that ended.
    last_day = china_date(end - timedelta(microseconds=1))
    local = end.astimezone(CHINA)
    moved = calendar.add_working_days(last_day, rung.working_days) - last_day
    return (local + moved).astimezone(CHINA)
