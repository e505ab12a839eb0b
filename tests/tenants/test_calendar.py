"""Every day of 2024-2026 against a second library, and a year that isn't published."""

from datetime import date, timedelta

import holidays
import pytest

from tenants.calendar import Calendar
from tenants.calendar_seed import known_notice


def calendar(*years: int) -> Calendar:
    notices = [notice for year in years if (notice := known_notice(year))]
    return Calendar(
        off={day: name for notice in notices for day, name in notice.off.items()},
        on={day: name for notice in notices for day, name in notice.on.items()},
        years=frozenset(notice.year for notice in notices),
    )


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_agrees_with_a_second_library(year: int) -> None:
    ours = calendar(year)
    other = holidays.China(years=year, categories=("public",))
    day, different = date(year, 1, 1), []
    while day.year == year:
        if ours.is_working(day) != other.is_working_day(day):
            different.append(day)
        day += timedelta(days=1)
    assert different == []


def test_make_up_days_and_local_days() -> None:
    ours = calendar(2026)
    assert ours.nature(date(2026, 10, 1)).statutory
    made_up = [day for day in ours.on if day.weekday() >= 5]
    assert made_up
    assert all(ours.is_working(day) for day in made_up)
    typhoon = Calendar(ours.off, ours.on, ours.years, {date(2026, 11, 25): (True, "台风")})
    assert not typhoon.is_working(date(2026, 11, 25))
    assert "台风" in typhoon.nature(date(2026, 11, 25)).why


def test_an_unpublished_year_says_so() -> None:
    assert known_notice(2027) is None
    assert not calendar(2026).published(date(2027, 1, 4))
    assert "尚未公布" in calendar(2026).nature(date(2027, 1, 4)).why
