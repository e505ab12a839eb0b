"""When things are due: the counting rule, its edges, and what must hold for any start, limit and pause."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.clocks.counting import Pause, due, rung_times
from portal.clocks.deadlines import Rules, open_deadline
from portal.clocks.ladder import may_tell_from
from tenants.calendar import CHINA, Calendar, china_date
from tenants.calendar_seed import known_notice
from tenants.ids import new_id
from tenants.profiles import DEFAULT, Limit, LimitTooLong, shortened

NOTICES = [notice for year in (2024, 2025, 2026) if (notice := known_notice(year))]
CALENDAR = Calendar(
    off={day: name for notice in NOTICES for day, name in notice.off.items()},
    on={day: name for notice in NOTICES for day, name in notice.on.items()},
    years=frozenset({2024, 2025, 2026}),
)
RULES = Rules(DEFAULT, CALENDAR)
LIMITS = st.builds(Limit, amount=st.integers(1, 90), unit=st.sampled_from(["hours", "working_days", "days"]))
STARTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=40))


def china(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        ("2026-11-23T09:00", 24, "hours", "2026-11-24T09:00"),
        # The starting day isn't counted; the last day ends at 24:00.
        ("2026-11-23T00:00", 1, "working_days", "2026-11-25T00:00"),
        ("2026-11-23T23:59", 1, "working_days", "2026-11-25T00:00"),
        ("2026-11-23T10:00", 7, "working_days", "2026-12-03T00:00"),
        # Over the National Day week with its make-up days.
        ("2025-09-30T10:00", 3, "working_days", "2025-10-12T00:00"),
        # 60 days; a last day on a holiday moves to the first day after it.
        ("2026-08-02T10:00", 60, "days", "2026-10-09T00:00"),
        # An ordinary Saturday doesn't move.
        ("2026-11-18T10:00", 10, "days", "2026-11-29T00:00"),
    ],
)
def test_known_ends(start: str, amount: int, unit: str, end: str) -> None:
    assert due(china(start), Limit(amount=amount, unit=unit), CALENDAR).at == china(end)  # type: ignore[arg-type]


def test_a_weekend_moves_only_when_the_bureau_says_so() -> None:
    limit = Limit(amount=10, unit="days")
    assert due(china("2026-11-18T10:00"), limit, CALENDAR, weekend_moves=True).at == china("2026-12-01T00:00")


def test_a_deadline_into_an_unpublished_year_is_provisional() -> None:
    assert due(china("2026-12-28T10:00"), Limit(amount=7, unit="working_days"), CALENDAR).provisional
    assert not due(china("2026-12-01T10:00"), Limit(amount=7, unit="working_days"), CALENDAR).provisional


@given(STARTS, SPANS, LIMITS)
def test_a_later_start_never_ends_earlier(start: datetime, later: timedelta, limit: Limit) -> None:
    assert due(start, limit, CALENDAR).at <= due(start + later, limit, CALENDAR).at


@given(STARTS, LIMITS)
def test_a_longer_limit_never_ends_earlier(start: datetime, limit: Limit) -> None:
    longer = Limit(amount=limit.amount + 1, unit=limit.unit)
    assert start < due(start, limit, CALENDAR).at <= due(start, longer, CALENDAR).at


@given(STARTS, LIMITS, SPANS, SPANS)
def test_pausing_never_shortens(start: datetime, limit: Limit, wait: timedelta, length: timedelta) -> None:
    pause = Pause(start + wait, start + wait + length, "检验鉴定")
    assert due(start, limit, CALENDAR, [pause]).at >= due(start, limit, CALENDAR).at


@given(STARTS, LIMITS, SPANS, SPANS)
def test_the_proof_sums_to_the_limit_and_leaves_out_no_day(
    start: datetime, limit: Limit, wait: timedelta, length: timedelta
) -> None:
    found = due(start, limit, CALENDAR, [Pause(start + wait, start + wait + length, "检验鉴定")])
    if limit.unit == "hours":
        assert found.proof == ()
        return
    assert [line.ordinal for line in found.proof if line.ordinal] == list(range(1, limit.amount + 1))
    days = [line.day for line in found.proof]
    first = china_date(start) + timedelta(days=1)
    assert days == [first + timedelta(days=n) for n in range(len(days))]
    assert all(line.why for line in found.proof)
    assert found.at == datetime.combine(days[-1] + timedelta(days=1), datetime.min.time(), CHINA)


@given(STARTS, st.integers(1, 30))
def test_working_days_are_counted_one_by_one(start: datetime, amount: int) -> None:
    """Against the plainest count there is."""
    day, left = china_date(start), amount
    while left:
        day += timedelta(days=1)
        left -= CALENDAR.is_working(day)
    assert due(start, Limit(amount=amount, unit="working_days"), CALENDAR).at.date() == day + timedelta(days=1)


@settings(max_examples=50)
@given(STARTS, LIMITS)
def test_rungs_come_in_order_and_inside_the_span(start: datetime, limit: Limit) -> None:
    end = due(start, limit, CALENDAR).at
    times = {rung.code: at for rung, at in rung_times(start, end, DEFAULT, CALENDAR)}
    assert start <= times["nearly"] < end == times["overdue"] < times["red"]
    assert start < times["half"] < end


def test_alerts_wait_for_office_hours_except_a_serious_report() -> None:
    half, overdue = DEFAULT.ladder[0], DEFAULT.ladder[2]
    saturday, night = china("2026-11-28T11:00"), china("2026-11-24T22:00")
    assert may_tell_from(half, "review", saturday, RULES) == china("2026-11-30T09:00")
    assert may_tell_from(overdue, "review", night, RULES) == china("2026-11-25T09:00")
    assert may_tell_from(overdue, "serious_report", night, RULES) == night


def test_a_station_may_only_shorten() -> None:
    mine = shortened(DEFAULT, {"review": Limit(amount=12, unit="hours")})
    row = open_deadline(new_id(), "review", china("2026-11-23T09:00"), Rules(mine, CALENDAR))
    assert row["due_at"] == china("2026-11-23T21:00")
    for longer in (Limit(amount=25, unit="hours"), Limit(amount=1, unit="days")):
        with pytest.raises(LimitTooLong):
            shortened(DEFAULT, {"review": longer})


def test_local_days_count() -> None:
    typhoon = Calendar(CALENDAR.off, CALENDAR.on, CALENDAR.years, {date(2026, 11, 25): (True, "台风停工")})
    found = due(china("2026-11-24T10:00"), Limit(amount=1, unit="working_days"), typhoon)
    assert found.at == china("2026-11-27T00:00")
    assert "台风停工" in found.proof[0].why
