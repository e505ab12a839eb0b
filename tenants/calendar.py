"""The working-day calendar: which days count and why, without a clock and without a database.

Source: the State Council's yearly notice with its make-up days (调休); domain.md §5.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.models import CalendarDay, CalendarYear, LocalDay

CHINA = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayNature:
    """Whether a day is worked, and the reason in words."""

    working: bool
    statutory: bool
    """Off by the State Council's notice, not by an ordinary weekend."""
    why: str


@dataclass(frozen=True)
class Calendar:
    """Days that differ from their weekday, and the years that are published."""

    off: Mapping[date, str] = field(default_factory=dict)
    on: Mapping[date, str] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    local: Mapping[date, tuple[bool, str]] = field(default_factory=dict)
    """Day: (off, reason), declared by the bureau for its district."""

    def published(self, day: date) -> bool:
        return day.year in self.years

    def nature(self, day: date) -> DayNature:
        """What kind of day it is; an unpublished year is taken by weekday and says so."""
        if day in self.local:
            off, reason = self.local[day]
            return DayNature(not off, False, f"本地{'停止办公' if off else '正常办公'}:{reason}")
        if day in self.off:
            return DayNature(False, True, f"法定节假日:{self.off[day]}")
        if day in self.on:
            return DayNature(True, False, f"调休上班:{self.on[day]}")
        note = "" if self.published(day) else "(该年放假安排尚未公布,暂按平常周计)"
        if day.weekday() >= 5:
            return DayNature(False, False, f"周{WEEKDAYS[day.weekday()]}休息{note}")
        return DayNature(True, False, f"工作日{note}")

    def is_working(self, day: date) -> bool:
        return self.nature(day).working

    def add_working_days(self, day: date, amount: int) -> date:
        """The `amount`-th working day after `day` (which isn't counted itself)."""
        while amount > 0:
            day += ONE_DAY
            amount -= self.is_working(day)
        return day


def china_date(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def end_of(day: date) -> datetime:
    """24:00 China time of `day`, aware."""
    return datetime.combine(day + ONE_DAY, time(), CHINA)


def calendar_for(session: Session, bureau_id: object) -> Calendar:
    """The calendar in force in a district: the national table and the bureau's local days."""
    days = list(session.scalars(select(CalendarDay)))
    local = session.scalars(select(LocalDay).where(LocalDay.bureau_id == bureau_id))
    return Calendar(
        off={row.day: row.name for row in days if row.off},
        on={row.day: row.name for row in days if not row.off},
        years=frozenset(session.scalars(select(CalendarYear.year))),
        local={row.day: (row.off, row.reason) for row in local},
    )


@dataclass(frozen=True)
class YearNotice:
    """A year's notice as it is loaded: only the days that differ from their weekday, or have a name."""

    year: int
    source: str
    off: Mapping[date, str]
    on: Mapping[date, str]


def load_notice(session: Session, notice: YearNotice) -> None:
    """Write a year's notice into the table, in place of what was there for that year."""
    first, last = date(notice.year, 1, 1), date(notice.year, 12, 31)
    for row in session.scalars(select(CalendarDay).where(CalendarDay.day.between(first, last))):
        session.delete(row)
    session.merge(CalendarYear(year=notice.year, source=notice.source))
    session.flush()
    rows: Iterable[CalendarDay] = [
        *(CalendarDay(day=day, off=True, name=name) for day, name in notice.off.items()),
        *(CalendarDay(day=day, off=False, name=name) for day, name in notice.on.items()),
    ]
    session.add_all(rows)
