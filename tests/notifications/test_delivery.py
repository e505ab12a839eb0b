"""Notices leave once, by real sockets, whatever the provider does."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from notifications import relay
from notifications.delivery import channel_named, deliver
from notifications.messages import compose
from tenants.database import Scope, scoped_session
from tests.cast import StationCast, district
from tests.peers import providers


@pytest.fixture
def station(now: datetime) -> StationCast:
    return district(now).stations[0]


def waiting(station: StationCast, channel: str) -> list[UUID]:
    with scoped_session(station.scope) as session:
        rows = session.execute(
            text("select id from notice where channel = :channel and state in ('pending', 'claimed')"),
            {"channel": channel},
        )
        return list(rows.scalars())


def story(station: StationCast, channel: str) -> list[tuple[str, int, str | None]]:
    with scoped_session(station.scope) as session:
        rows = session.execute(
            text("select state, attempts, error from notice where channel = :channel order by id"), {"channel": channel}
        )
        return [(row[0], row[1], row[2]) for row in rows]


def send(station: StationCast, channel: str, at: datetime) -> int:
    return deliver(channel_named(channel), waiting(station, channel), lambda: at)


def test_mail_and_sms_go_out_once_and_say_what_they_should(station: StationCast, now: datetime) -> None:
    receipt = station.submit(now)
    with providers() as (mail, sms):
        assert send(station, "email", now) == send(station, "sms", now) == 1
        assert send(station, "email", now) == send(station, "sms", now) == 0
    (letter,), (short,) = mail.texts.values(), sms.texts.values()
    assert letter["to"] == "wang@example.org"
    for words in (receipt.number, receipt.code, "11月25日(周三)10:00前"):
        assert words in letter["body"]
        assert words in short["text"]
    assert story(station, "email") == story(station, "sms") == [("sent", 1, None)]


def test_a_provider_in_trouble_delays_and_loses_nothing(station: StationCast, now: datetime) -> None:
    station.submit(now)
    with providers() as (mail, sms):
        mail.orders, sms.orders = ["later"], ["later"]
        assert send(station, "email", now) == send(station, "sms", now) == 0
        assert story(station, "sms")[0][0] == "pending"
        assert send(station, "sms", now + timedelta(seconds=1)) == 0
        later = now + timedelta(minutes=1)
        assert send(station, "email", later) == send(station, "sms", later) == 1
    assert set(mail.times.values()) == set(sms.times.values()) == {1}


def test_no_provider_at_all_waits(station: StationCast, now: datetime) -> None:
    station.submit(now)
    assert send(station, "email", now) == 0
    assert story(station, "email")[0][0] == "pending"


def test_a_refused_letter_is_dead_and_says_why(station: StationCast, now: datetime) -> None:
    from portal.cases.parties import Person

    station.submit(now, consumer=Person(name="王小明", phone="13800138000", email="nobody@example.org"))
    with providers() as (_, sms):
        sms.orders = ["no"]
        assert send(station, "email", now) == send(station, "sms", now) == 0
    assert story(station, "email") == [("dead", 1, "refused 550")]
    assert story(station, "sms") == [("dead", 1, "refused 400")]


def test_a_gateway_that_hangs_up_after_taking_is_asked_before_sending_again(
    station: StationCast, now: datetime
) -> None:
    station.submit(now)
    with providers() as (_, sms):
        sms.orders = ["hang up after"]
        assert send(station, "sms", now) == 0
        # As if the worker had died at that moment: the try has no end, the lease runs out.
        with scoped_session(Scope.system("deliver")) as session:
            session.execute(
                text("update notice_attempt set ended_at = null where tenant_id = :t"), {"t": station.tenant}
            )
            session.execute(
                text("update notice set state = 'claimed', lease_until = :at where tenant_id = :t and channel = 'sms'"),
                {"at": now, "t": station.tenant},
            )
        assert send(station, "sms", now + timedelta(minutes=2)) == 1
        assert list(sms.times.values()) == [1]
    with scoped_session(station.scope) as session:
        assert "known" in session.execute(text("select response from notice_attempt order by id")).scalars().all()


def test_two_workers_with_the_same_batch_send_once(station: StationCast, now: datetime) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(10):
        station.submit(now)
    ids = waiting(station, "sms")
    with providers() as (_, sms), ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(lambda _: deliver(channel_named("sms"), ids, lambda: now), range(4)))
    assert sent == 10
    assert set(sms.times.values()) == {1}
    assert len(sms.times) == 10


def test_the_relay_offers_again_only_what_nobody_took(station: StationCast, now: datetime) -> None:
    station.submit(now)
    mine = set(waiting(station, "sms")) | set(waiting(station, "email"))

    def offered(at: datetime) -> set[UUID]:
        return {one for _, _, ids in relay.offer(at) for one in ids} & mine

    assert offered(now) == mine
    assert offered(now + timedelta(seconds=5)) == set()
    assert offered(now + timedelta(seconds=40)) == mine
    with providers():
        send(station, "sms", now)
    assert offered(now + timedelta(seconds=90)) == set(waiting(station, "email"))


GOLDEN = {
    "received": "【湖滨站】投诉已收到,编号HZ0571-20261123-00042-K,查询码ABCDE-FGHJK,11月24日(周二)16:05前答复您。"
    "查询 https://x.cn/t/HZ0571-20261123-00042-K",
    "closed": "【湖滨站】投诉HZ0571-20261123-00042-K已办结。详情 https://x.cn/t/HZ0571-20261123-00042-K",
    "terminated": "【湖滨站】投诉HZ0571-20261123-00042-K调解终止,原因见 https://x.cn/t/HZ0571-20261123-00042-K。"
    "这不影响您向12315投诉。",
}
DATA = {
    "station": "湖滨站", "station_name": "湖滨银泰消费维权服务站", "station_phone": "0571-87005118",
    "bureau": "上城区市场监督管理局", "number": "HZ0571-20261123-00042-K",
    "link": "https://x.cn/t/HZ0571-20261123-00042-K", "code": "ABCDE-FGHJK", "by": "11月24日(周二)16:05前",
    "text": "商家同意明天到站。", "reason": "不在受理范围内", "routes": "您还可以向12315投诉。", "terms": ["退货"],
    "amount": "399.00", "until": "2026年12月1日", "note": "已退款",
}  # fmt: skip


@pytest.mark.parametrize(
    "template", ["received", "accepted", "declined", "progress", "settled", "terminated", "closed"]
)
def test_messages_read_well(template: str) -> None:
    short, letter = compose(template, "sms", DATA).body, compose(template, "email", DATA)
    assert GOLDEN.get(template, short) == short
    assert short.startswith("【湖滨站】")
    assert "HZ0571-20261123-00042-K" in letter.subject
    assert letter.body.startswith("您好:")
    assert "{{" not in letter.body
