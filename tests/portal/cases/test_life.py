"""A case's life in the database: acts, clocks, conflicts, one case for one submission."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from portal.cases import lifecycle, watching
from portal.cases.models import Audit, Case, Event, Party
from portal.cases.office import forget_offices
from portal.cases.parties import people_of
from portal.cases.reading import deadlines_of, find
from portal.cases.states import NotAllowed
from portal.cases.steps import Conflict
from portal.clocks.models import Alert
from portal.documents.asking import ask
from tenants.database import Scope, scoped_session
from tenants.ids import new_id
from tenants.models import LocalDay
from tenants.vault import Unreadable
from tests.cast import StationCast, district


@pytest.fixture
def station(now: datetime) -> StationCast:
    return district(now).stations[0]


def states_of(station: StationCast, number: str) -> dict[str, str]:
    with scoped_session(station.scope) as session:
        return {row.code: row.state for row in deadlines_of(session, find(session, number))}


def test_a_case_from_submission_to_call_back(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number
    assert states_of(station, number) == {"review": "open", "decline_notice": "open", "decision": "open"}
    at = now + timedelta(hours=2)
    with scoped_session(station.scope) as session:
        doing = station.doing(session, number, at)
        lifecycle.accept(doing, "我们会联系商家。", [ask(session, doing.office, "receipt", at, "head", doing.case.id)])
    clocks = states_of(station, number)
    assert clocks["review"] == "met"
    assert clocks["decline_notice"] == "dropped"
    assert clocks["first_reply"] == "met"
    assert clocks["mediation_limit"] == "open"
    with scoped_session(station.scope) as session:
        lifecycle.contact(station.doing(session, number, at), "respondent", "电话", "同意协商")
        lifecycle.reply(station.doing(session, number, at), "商家同意明天到站协商。")
    assert states_of(station, number)["progress"] == "open"
    with scoped_session(station.scope) as session:
        doing = station.doing(session, number, at)
        lifecycle.settle(doing, ["退货退款"], Decimal("399"), date(2026, 12, 1), [])
        lifecycle.perform(station.doing(session, number, at))
        lifecycle.close(station.doing(session, number, at + timedelta(days=1)), Decimal("399"), "已退款")
    clocks = states_of(station, number)
    assert {clocks[code] for code in ("decision", "mediation_limit", "performance")} == {"met"}
    assert clocks["call_back"] == "open"
    with scoped_session(station.scope) as session:
        lifecycle.call_back(station.doing(session, number, at + timedelta(days=2)), 5, "很满意")
        case = find(session, number)
        assert (case.state, case.result, case.satisfaction, case.recovered) == ("closed", "达成", 5, Decimal("399.00"))
        acts = session.scalars(select(Event.act).order_by(Event.id)).all()
        audited = session.scalars(select(Audit.act).order_by(Audit.id)).all()
    assert acts == ["submit", "accept", "reply", "contact", "reply", "settle", "perform", "close", "call_back"]
    assert audited == acts


def test_an_overdue_promise_that_is_dropped_counts_as_missed(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number
    with scoped_session(station.scope) as session:
        lifecycle.withdraw(station.doing(session, number, now + timedelta(hours=30)), "自行解决")
    assert states_of(station, number)["review"] == "missed"
    assert states_of(station, number)["decline_notice"] == "dropped"


def test_two_officers_one_wins(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number

    def accept(who: str) -> str:
        try:
            with scoped_session(station.scope) as session:
                doing = station.doing(session, number, now, who)
                seen = lifecycle.Doing(session, doing.office, doing.case, doing.actor, now, 1)
                lifecycle.accept(seen)
            return "done"
        except (Conflict, NotAllowed) as error:
            return type(error).__name__

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(accept, ["head", "clerk"]))
    assert results == ["NotAllowed", "done"]
    with scoped_session(station.scope) as session:
        assert session.scalars(select(Event.act).where(Event.act == "accept")).all() == ["accept"]


def test_what_was_decided_on_an_old_view_is_refused(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number
    with scoped_session(station.scope) as session:
        lifecycle.note(station.doing(session, number, now), "已看")
    with pytest.raises(Conflict), scoped_session(station.scope) as session:
        doing = station.doing(session, number, now)
        lifecycle.accept(lifecycle.Doing(session, doing.office, doing.case, doing.actor, now, 1))
    with scoped_session(station.scope) as session:
        assert find(session, number).state == "submitted"


def test_ten_sends_at_once_are_one_case(station: StationCast, now: datetime) -> None:
    key = uuid.uuid4()
    with ThreadPoolExecutor(10) as pool:
        receipts = list(pool.map(lambda _: station.submit(now, key), range(10)))
    assert len({(receipt.number, receipt.code) for receipt in receipts}) == 1
    assert sum(not receipt.again for receipt in receipts) == 1
    with scoped_session(station.scope) as session:
        assert session.execute(text("select count(*) from cases")).scalar_one() == 1
        assert session.execute(text("select count(*) from notice")).scalar_one() == 2


def test_numbers_run_without_gaps_under_load(station: StationCast, now: datetime) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: station.submit(now).number, range(40)))
    assert sorted(int(number.split("-")[2]) for number in numbers) == list(range(1, 41))


def test_personal_data_is_sealed_and_bound_to_its_row(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number
    other = station.submit(now).number
    with scoped_session(station.scope) as session:
        office = station.office(now)
        rows = {row.case_id: row for row in session.scalars(select(Party).where(Party.side == "consumer"))}
        first, second = find(session, number), find(session, other)
        assert people_of(session, office, first)["consumer"].phone == "13800138000"
        raw = session.execute(text("select string_agg(p::text, '') from party p")).scalar_one()
        assert "13800138000" not in raw
        assert "王小明" not in raw
        assert rows[first.id].phone_index == rows[second.id].phone_index
        with pytest.raises(Unreadable):
            office.vault.open(rows[first.id].sealed, rows[second.id].id, "person")


def test_each_rung_fires_once_and_goes_into_one_digest(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number
    late = now + timedelta(hours=25)
    watching.scan(late)
    with scoped_session(Scope.system("scan")) as session:
        alerts = session.scalars(select(Alert).where(Alert.tenant_id == station.tenant)).all()
        fired = {(alert.rung, alert.officer_id) for alert in alerts}
    clerks, head = {station.officers["clerk"], station.officers["head"]}, station.officers["head"]
    assert {officer for rung, officer in fired if rung == "half"} == clerks
    assert {rung for rung, officer in fired if officer == head} == {"half", "nearly", "overdue"}
    assert len(fired) == len(alerts)
    assert watching.digest(late) >= 3
    watching.scan(late + timedelta(minutes=1))
    watching.digest(late + timedelta(minutes=1))
    with scoped_session(station.scope) as session:
        digests = session.execute(
            text("select recipient, count(*) from notice where template = 'digest' group by 1")
        ).all()
        assert {row.recipient: row.count for row in digests} == {str(officer): 1 for officer in clerks}
        assert session.execute(text("select count(*) from event where act = 'overdue'")).scalar_one() == 1
    watching.scan(now + timedelta(days=4))
    with scoped_session(station.scope) as session:
        assert find(session, number).red


def test_a_typhoon_day_moves_open_deadlines_and_says_why(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number
    with scoped_session(station.scope) as session:
        before = {row.code: row.due_at for row in deadlines_of(session, find(session, number))}
    with scoped_session(Scope.of_bureau(station.bureau)) as session:
        day = LocalDay(
            bureau_id=station.bureau, tenant_id=station.bureau, id=new_id(), day=date(2026, 11, 26), off=True,
            reason="台风停工",
        )  # fmt: skip
        session.add(day)
    forget_offices()
    assert watching.recount_for_local_days(now) >= 2
    with scoped_session(station.scope) as session:
        after = {row.code: row.due_at for row in deadlines_of(session, find(session, number))}
        words = session.scalars(select(Event.internal_text).where(Event.act == "recount")).all()
    assert after["review"] == before["review"]
    assert after["decision"] - before["decision"] == timedelta(days=1)
    assert any("台风停工" in str(line) for line in words)
    assert watching.recount_for_local_days(now) == 0


def test_a_sent_decline_notice_meets_its_clock(station: StationCast, now: datetime) -> None:
    number = station.submit(now).number
    with scoped_session(station.scope) as session:
        lifecycle.decline(station.doing(session, number, now), "out_of_scope", "请向交通部门反映")
    assert states_of(station, number)["decline_notice"] == "open"
    with scoped_session(Scope.system("deliver")) as session:
        session.execute(
            text("update notice set state = 'sent', sent_at = :at where tenant_id = :tenant and template = 'declined'"),
            {"at": now + timedelta(minutes=5), "tenant": station.tenant},
        )
    watching.meet_by_notice(now + timedelta(minutes=6))
    assert states_of(station, number)["decline_notice"] == "met"
    with scoped_session(station.scope) as session:
        public = session.scalars(select(Event.public_text).where(Event.act == "decline")).one()
        assert "消费者协会" in str(public)
        assert session.scalars(select(Case.next_due_at)).one().year == 9999


def test_a_provisional_deadline_is_recounted_when_the_year_is_published(station: StationCast) -> None:
    from tenants.calendar import YearNotice, load_notice

    at = datetime.fromisoformat("2026-12-28T10:00:00+08:00")
    watching.recount_for_new_years(at)
    number = station.submit(at).number
    with scoped_session(station.scope) as session:
        before = {row.code: row for row in deadlines_of(session, find(session, number))}
        assert before["decision"].provisional
        assert not before["review"].provisional
    try:
        with scoped_session(Scope.system("admin")) as session:
            off = {date(2027, 1, day): "元旦" for day in (1, 2, 3)}
            load_notice(session, YearNotice(2027, "国务院办公厅通知", off, {date(2027, 1, 9): "元旦调休"}))
        assert watching.recount_for_new_years(at) >= 1
        with scoped_session(station.scope) as session:
            after = {row.code: row for row in deadlines_of(session, find(session, number))}
            words = session.scalars(select(Event.internal_text).where(Event.act == "recount")).all()
        assert not after["decision"].provisional
        assert any("2027年放假安排已公布" in str(line) for line in words)
        assert after["decision"].due_at != before["decision"].due_at
    finally:
        with scoped_session(Scope.system("admin")) as session:
            session.execute(text("delete from calendar_day where day >= '2027-01-01'"))
            session.execute(text("delete from calendar_year where year = 2027"))
        forget_offices()
