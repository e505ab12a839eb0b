"""Pages by their forms, without a browser: what is kept, what is refused, who may enter."""

import io
import re
import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import text

from portal.app import create_app
from tenants.database import scoped_session
from tests.cast import PASSWORD, DistrictCast, district
from tests.portal.test_evidence import jpeg


@pytest.fixture(scope="module")
def app() -> Flask:
    made = create_app()
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def place(now: datetime) -> DistrictCast:
    return district(now, 2)


def typed(**changes: object) -> dict[str, object]:
    return {
        "key": str(uuid.uuid4()), "phone": "138 0013 8000", "name": "王小明", "email": "wang@example.org",
        "respondent": "步步高鞋店", "subject": "运动鞋", "facts": "鞋底断裂", "amount": "1,299.5", "requests": ["退货"],
    } | changes  # fmt: skip


def log_in(client: FlaskClient, login: str) -> None:
    answer = client.post("/login", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 302, answer.text


def numbers_in(client: FlaskClient, code: str) -> tuple[str, str]:
    words = client.get(f"/s/{code}/received").text
    found = re.findall(r'data-number="([^"]+)" data-code="([^"]+)"', words)
    return found[0][0], found[0][1]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone", "1380013800", "手机号应为11位,您填了10位。"),
        ("phone", "", "请填写11位手机号"),
        ("name", "", "请填写您的姓名"),
        ("respondent", "", "请填写商家名称"),
        ("facts", "", "请写下发生了什么"),
        ("requests", [], "请至少选一项诉求"),
        ("amount", "很多", "争议金额应为数字"),
        ("amount", "1.999", "最多保留两位小数"),
        ("email", "wang@", "邮箱格式不对"),
        ("bought_on", "2999-01-01", "购买日期不能晚于今天"),
        ("facts", "x" * 4001, "最多4000个字"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(
    client: FlaskClient, place: DistrictCast, field: str, value: object, words: str
) -> None:
    answer = client.post(f"/s/{place.stations[0].code}/complain", data=typed(**{field: value}))
    assert answer.status_code == 400
    assert words in answer.text
    if field != "name":
        assert "王小明" in answer.text
    with scoped_session(place.stations[0].scope) as session:
        assert session.execute(text("select count(*) from cases")).scalar_one() == 0


def test_hostile_text_is_text(client: FlaskClient, place: DistrictCast) -> None:
    code = place.stations[0].code
    nasty = "<script>alert(1)</script>'; drop table cases; --\x00\x08 {{7*7}} %s \\ \ud83d"
    answer = client.post(
        f"/s/{code}/complain", data=typed(facts=nasty.encode("utf-8", "replace"), respondent="<b>店</b>")
    )
    assert answer.status_code == 303, answer.text
    log_in(client, f"head.{code.lower()}")
    number = client.get("/desk/").text.split("/desk/cases/")[1].split('"')[0]
    page = client.get(f"/desk/cases/{number}").text
    assert "<script>alert" not in page
    assert "<b>店" not in page
    assert "drop table cases" in page


def test_a_retry_with_a_photo_is_one_case(client: FlaskClient, place: DistrictCast) -> None:
    code, form = place.stations[0].code, typed()
    seen = set()
    for _ in range(3):
        data = form | {"evidence": [(io.BytesIO(jpeg()), "小票.jpg")]}
        assert client.post(f"/s/{code}/complain", data=data).status_code == 303
        seen.add(numbers_in(client, code))
    assert len(seen) == 1
    with scoped_session(place.stations[0].scope) as session:
        assert session.execute(text("select count(*) from cases")).scalar_one() == 1
        assert session.execute(text("select count(*) from evidence")).scalar_one() == 1


def test_another_text_under_the_same_key_is_not_lost(client: FlaskClient, place: DistrictCast) -> None:
    code, form = place.stations[0].code, typed()
    seen = set()
    for facts in ("鞋底断裂", "另一双鞋也坏了", "鞋底断裂"):
        assert client.post(f"/s/{code}/complain", data=form | {"facts": facts}).status_code == 303
        seen.add(numbers_in(client, code))
    assert len(seen) == 2


def test_guesses_are_counted_by_the_address_behind_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.settings import settings

    monkeypatch.setattr(settings(), "trusted_proxies", 1)
    made = create_app()
    made.add_url_rule("/whoami", view_func=lambda: request.remote_addr or "")
    answer = made.test_client().get("/whoami", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"})
    assert answer.text == "203.0.113.7"


def test_tracking_answers_alike_for_wrong_number_and_wrong_code(client: FlaskClient, place: DistrictCast) -> None:
    code = place.stations[0].code
    client.post(f"/s/{code}/complain", data=typed())
    number, secret = numbers_in(client, code)
    other = client.application.test_client()
    wrong_code = other.post("/track", data={"number": number, "code": "AAAAABBBBB"})
    wrong_number = other.post("/track", data={"number": number[:-1] + "0", "code": secret})
    assert wrong_code.status_code == wrong_number.status_code == 404
    assert wrong_code.text.replace(number, "") == wrong_number.text.replace(number[:-1] + "0", "")
    for _ in range(9):
        other.post("/track", data={"number": number, "code": "AAAAABBBBB"})
    assert other.post("/track", data={"number": number, "code": secret}).status_code == 429
    with time_machine.travel(datetime.now().astimezone() + timedelta(minutes=16), tick=False):
        assert other.post("/track", data={"number": number, "code": secret.lower()}).status_code == 303
        page = other.get("/mine/0").text
        assert "正在审查是否登记" in page
        assert "13800138000" not in page
        data = {"evidence": [(io.BytesIO(jpeg(False, (30, 30))), "补.jpg")]}
        assert other.post("/mine/0/evidence", data=data).status_code == 303
        assert other.post("/mine/0/withdraw", data={}).status_code == 400
        assert other.post("/mine/0/withdraw", data={"sure": "yes"}).status_code == 303
        assert "您已撤回投诉" in other.get("/mine/0").text
        assert other.get("/mine/5").status_code == 404


def test_phone_and_a_code_sent_to_it_lead_to_the_case(client: FlaskClient, place: DistrictCast) -> None:
    station = place.stations[0]
    client.post(f"/s/{station.code}/complain", data=typed(phone="13912345678"))
    other = client.application.test_client()
    nobody = other.post("/track/phone", data={"station": station.code, "phone": "13900000000"})
    known = other.post("/track/phone", data={"station": station.code, "phone": "13912345678"})
    assert nobody.text.replace("139****0000", "") == known.text.replace("139****5678", "")
    office = station.office(datetime.now().astimezone())
    with scoped_session(station.scope) as session:
        rows = session.execute(text("select id, sealed from notice where template = 'verification'")).all()
    assert len(rows) == 1
    body = office.vault.open(rows[0].sealed, rows[0].id, "letter")["body"]
    secret = re.findall(r"\d{6}", body)[0]
    wrong = f"{(int(secret) + 1) % 10**6:06d}"
    assert other.post("/track/code", data={"code": wrong}).status_code == 400
    assert other.post("/track/code", data={"code": secret}).status_code == 303
    assert "正在审查" in other.get("/mine/0").text
    for _ in range(3):
        last = other.post("/track/phone", data={"station": station.code, "phone": "13912345678"})
    assert last.status_code == 429


def test_login_locks_out_and_a_copied_cookie_dies_with_the_logout(client: FlaskClient, place: DistrictCast) -> None:
    login = f"head.{place.stations[0].code.lower()}"
    log_in(client, login)
    stolen = client.get_cookie("portal")
    assert stolen
    client.post("/logout")
    thief = client.application.test_client()
    thief.set_cookie("portal", stolen.value)
    assert thief.get("/desk/").status_code == 302
    for _ in range(5):
        wrong = thief.post("/login", data={"login": login, "password": "wrong"})
    assert "登录名或密码不正确" in wrong.text
    locked = thief.post("/login", data={"login": login, "password": PASSWORD})
    assert locked.status_code == 429
    assert "暂时锁定" in locked.text
    unknown = thief.post("/login", data={"login": "nobody", "password": "wrong"})
    assert "登录名或密码不正确" in unknown.text
    with time_machine.travel(datetime.now().astimezone() + timedelta(minutes=3), tick=False):
        assert thief.post("/login", data={"login": login, "password": PASSWORD}).status_code == 302
        assert thief.post("/login?next=//evil.example", data={"login": login, "password": PASSWORD}).location.endswith(
            "/desk/"
        )
    with time_machine.travel(datetime.now().astimezone() + timedelta(hours=6), tick=False):
        assert thief.get("/desk/").status_code == 302


def test_doors_stay_shut(client: FlaskClient, place: DistrictCast, now: datetime) -> None:
    mine, theirs = place.stations
    foreign = theirs.submit(now).number
    for address in ("/desk/", "/oversight/", f"/desk/cases/{foreign}"):
        assert client.get(address).status_code == 302
    log_in(client, f"clerk.{mine.code.lower()}")
    assert client.get("/oversight/").status_code == 403
    assert client.get(f"/desk/cases/{foreign}").status_code == 404
    assert client.post(f"/desk/cases/{foreign}/accept", data={"version": "1"}).status_code == 404
    own = mine.submit(now).number
    # A clerk and mediator isn't a station head: closing isn't theirs.
    assert client.post(f"/desk/cases/{own}/close", data={"version": "1"}).status_code == 403
    assert client.get("/metrics").status_code == 404
    assert client.get("/dev/inbox").status_code == 404
    assert client.get("/nothing/here").status_code == 404
    assert "没有找到" in client.get("/nothing/here").text


def test_a_late_officer_is_told_and_loses_no_text(client: FlaskClient, place: DistrictCast, now: datetime) -> None:
    station = place.stations[0]
    number = station.submit(now).number
    log_in(client, f"head.{station.code.lower()}")
    assert client.post(f"/desk/cases/{number}/note", data={"version": "1", "note-words": "先看一下"}).status_code == 303
    answer = client.post(f"/desk/cases/{number}/accept", data={"version": "1", "accept-reply": "我写了很久的答复"})
    assert answer.status_code == 409
    assert "有人更新了这个案件" in answer.text
    assert "我写了很久的答复" in answer.text
    done = client.post(f"/desk/cases/{number}/accept", data={"version": "2", "accept-reply": "我写了很久的答复"})
    assert done.status_code == 303
    gone = client.post(f"/desk/cases/{number}/accept", data={"version": "2", "accept-reply": "再写一次"})
    assert gone.status_code == 409
    assert "再写一次" in gone.text


def test_unmasking_asks_why_and_is_written_down(client: FlaskClient, place: DistrictCast, now: datetime) -> None:
    station = place.stations[0]
    number = station.submit(now).number
    for login, desk in ((f"head.{station.code.lower()}", "desk"), (f"supervisor.{place.code.lower()}", "oversight")):
        log_in(client, login)
        page = client.get(f"/{desk}/cases/{number}").text
        assert "138****8000" in page
        assert "13800138000" not in page
        assert client.post(f"/{desk}/cases/{number}/unmask", data={"reason": ""}).status_code == 400
        shown = client.post(f"/{desk}/cases/{number}/unmask", data={"reason": "核查超期"}).text
        assert "13800138000" in shown
        client.post("/logout")
    with scoped_session(station.scope) as session:
        rows = session.execute(text("select actor, reason from audit where act = 'unmask' order by id")).all()
    assert [(row.actor, row.reason) for row in rows] == [("head", "核查超期"), ("supervisor", "核查超期")]


def test_the_queue_is_in_order_of_the_nearest_promise_and_paged(
    client: FlaskClient, place: DistrictCast, now: datetime
) -> None:
    station = place.stations[0]
    numbers = [station.submit(now + timedelta(minutes=n)).number for n in range(35)]
    log_in(client, f"head.{station.code.lower()}")
    first = client.get("/desk/").text
    shown = re.findall(r'data-row="/desk/cases/([^"]+)"', first)
    following = re.findall(r'href="(/desk/\?[^"]*after=[^"]+)"', first)[0].replace("&amp;", "&")
    rest = re.findall(r'data-row="/desk/cases/([^"]+)"', client.get(following).text)
    assert shown + rest == numbers
    assert "没有符合条件的案件" in client.get("/desk/?q=没有这家店").text
    assert len(re.findall("data-row", client.get("/desk/?q=步步高").text)) == 30
    assert client.get("/desk/?after=broken_key&state=nonsense").status_code == 200


def test_a_fault_carries_a_reference_and_no_detail(app: Flask) -> None:
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["proofs"] = [["not", "a", "uuid"]]
    answer = client.get("/mine/0")
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.text
    assert "uuid" not in answer.text.lower()


def test_error_reports_and_log_lines_are_scrubbed() -> None:
    from portal.gate.logs import _scrub_event, scrub

    event = {
        "request": {"data": "x", "cookies": {}, "query_string": "code=1", "headers": {}, "url": "http://x/t"},
        "user": {"ip_address": "1.2.3.4"},
        "exception": {"values": [{"value": "13800138000 wang@example.org 11010519491231002X"}]},
    }
    kept = scrub(event)
    assert kept["request"] == {"url": "http://x/t"}
    assert "user" not in kept
    for secret in ("13800138000", "wang@", "11010519491231002X"):
        assert secret not in str(kept)
    assert "13800138000" not in str(_scrub_event(None, "", {"event": "tel 13800138000"}))


def test_health_and_metrics(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import SecretStr

    from portal.settings import settings

    client = app.test_client()
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    monkeypatch.setattr(settings(), "metrics_token", SecretStr("open"))
    assert client.get("/metrics").status_code == 404
    figures = client.get("/metrics", headers={"Authorization": "Bearer open"}).text
    for name in ("portal_notices", "portal_outbox_age_seconds", "portal_overdue_deadlines", "portal_queue_depth"):
        assert name in figures


def test_verification_says_no_and_names_nobody(client: FlaskClient, place: DistrictCast) -> None:
    answer = client.get(f"/v/{place.stations[0].code}-AAAAA-BBBBB")
    assert answer.status_code == 404
    assert "没有查到这份文书" in answer.text
    assert client.get("/v/nonsense").status_code == 404
