"""The whole line, as people walk it: a shopper's phone, the desk, the bureau; real sockets, real papers."""

import io
import re
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from redis import Redis
from rq import SimpleWorker

from notifications.settings import settings as notification_settings
from portal.cases import watching
from tests.cast import PASSWORD, StationCast, district
from tests.peers import Taken, providers
from tests.portal.test_evidence import jpeg
from workers.queues import IN_ORDER, queue
from workers.relay import relay_once

pytestmark = pytest.mark.xdist_group("browser")


def carry() -> None:
    """Relay what is due and let a real RQ worker do the jobs."""
    with Redis.from_url(notification_settings().redis_url.get_secret_value()) as redis:
        relay_once(redis, datetime.now(UTC))
        worker = SimpleWorker([queue(name, redis) for name in IN_ORDER], connection=redis)
        worker.work(burst=True, logging_level="ERROR")


def fits(page: Page) -> None:
    """Nothing sticks out to the side, and no serious barrier stands in anybody's way."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    serious = [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == [], f"{page.url}: {serious}"


def complain(browser: Browser, address: str, station: StationCast, photo: Path) -> tuple[Page, str, str]:
    page = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
    page.goto(f"{address}/s/{station.code}?from=qr")
    fits(page)
    page.click("text=我要投诉")
    expect(page.locator("#step-words")).to_have_text("第1步,共5步")
    page.click("[data-next]")
    expect(page.locator("#phone-error, .step.on .error").first).to_contain_text("11位手机号")
    page.fill("#phone", "13812345678")
    page.fill("#name", "李䶮")
    page.fill("#email", "liyan@example.org")
    page.click("[data-next]")
    page.fill("#respondent", "步步高鞋店")
    page.fill("#subject", "运动鞋")
    fits(page)
    # Back never loses, and neither does a reload: the draft is on the device.
    page.go_back()
    expect(page.locator("#phone")).to_have_value("13812345678")
    page.reload()
    expect(page.locator("#name")).to_have_value("李䶮")
    page.click("[data-next]")
    expect(page.locator("#respondent")).to_have_value("步步高鞋店")
    page.click("[data-next]")
    page.fill("#facts", "买了三天鞋底断裂,店家不肯退。")
    page.fill("#amount", "1299.5")
    page.click("[data-next]")
    page.set_input_files("#evidence", photo)
    expect(page.locator("#thumbs img")).to_be_visible()
    page.click("[data-next]")
    page.click("label:has-text('退货')")
    # The line breaks at the first try; the second one carries the same key.
    page.route("**/complain", lambda route: route.abort(), times=1)
    page.click("[data-submit]")
    page.wait_for_url("**/received", timeout=20000)
    fits(page)
    receipt = page.locator("#receipt")
    return page, receipt.get_attribute("data-number") or "", receipt.get_attribute("data-code") or ""


def log_in(browser: Browser, address: str, login: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    page.goto(f"{address}/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("button:has-text('登录')")
    return page


def alerted(mail: Taken) -> list[str]:
    return [said["body"] for said in mail.texts.values() if "项办理提醒" in said["subject"]]


def act(page: Page, name: str, **typed: str) -> None:
    box = page.locator(f"#act-{name}")
    if not box.evaluate("box => box.open"):
        box.locator("summary").click()
    for field, value in typed.items():
        box.locator(f"[name='{name}-{field}']").fill(value)
    box.locator("button").click()
    expect(page.locator(".notice")).to_contain_text("已完成")


def test_the_whole_line(browser: Browser, address: str, tmp_path: Path) -> None:
    place = district(datetime.now(UTC))
    station = place.stations[0]
    photo = tmp_path / "小票.jpg"
    photo.write_bytes(jpeg())
    with providers() as (mail, sms):
        phone, number, code = complain(browser, address, station, photo)
        carry()
        (short,) = [said for said in sms.texts.values() if number in said["text"]]
        (letter,) = [said for said in mail.texts.values() if number in said["body"]]
        assert short["to"] == "13812345678"
        assert number in short["text"]
        assert code in short["text"]
        assert code in letter["body"]

        desk = log_in(browser, address, f"head.{station.code.lower()}")
        desk.wait_for_url("**/desk/")
        fits(desk)
        row = desk.locator("tr[data-row]")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("李*")
        desk.keyboard.press("j")
        desk.keyboard.press("Enter")
        desk.wait_for_url(f"**/desk/cases/{number}")
        fits(desk)
        expect(desk.locator("#people")).not_to_contain_text("13812345678")
        image = desk.locator(".thumbs img")
        expect(image).to_be_visible()
        script = "async image => { await image.decode(); return image.naturalWidth }"
        assert image.evaluate(script) > 0

        # A promise that nobody keeps raises alerts, each rung once.
        late = datetime.now(UTC) + timedelta(hours=25)
        for _ in range(2):
            watching.scan(late)
            watching.digest(late + timedelta(days=4))
        _due_now()
        carry()
        told = [body for body in alerted(mail) if number in body]
        assert len(told) == 3, "clerk, station head and supervisor, one digest each"
        assert sum("审查登记:已逾期" in body for body in told) == 3
        assert sum(body.count("审查登记:时限已过半") for body in told) == 2
        assert sum(body.count("审查登记:即将到期") for body in told) == 2

        chief = f"chief.{place.code.lower()}@example.org"
        assert not [said for said in mail.texts.values() if said["to"] == chief]
        watching.scan(late + timedelta(days=5))
        watching.digest(late + timedelta(days=9))
        _due_now()
        carry()
        assert sum(said["to"] == chief for said in mail.texts.values()) == 1

        act(desk, "accept")
        act(desk, "contact", outcome="店长同意当面协商")
        act(desk, "settle", terms="1. 经营者退货并退款\n2. 经营者当面道歉", amount="1,299.50")
        carry()
        assert any("登记" in said["subject"] for said in mail.texts.values())
        assert any("双方已和解" in said["text"] for said in sms.texts.values())
        assert set(mail.times.values()) == set(sms.times.values()) == {1}

        desk.set_viewport_size({"width": 390, "height": 844})
        desk.reload()
        fits(desk)
        desk.set_viewport_size({"width": 1440, "height": 900})
        link = desk.locator("a:has-text('和解(调解)协议书')")
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in desk.context.cookies())
        request = urllib.request.Request(address + (link.get_attribute("href") or ""), headers={"Cookie": cookie})
        pdf = PdfReader(io.BytesIO(urllib.request.urlopen(request).read()))
        words = "".join(one.extract_text() for one in pdf.pages).replace("\n", "")
        for part in ("李䶮", "步步高鞋店", "1,299.50元", number, "经营者退货并退款"):
            assert part in words
        check = re.findall(rf"{station.code}-[A-Z0-9]{{5}}-[A-Z0-9]{{5}}", words)[0]
        phone.goto(f"{address}/v/{check}")
        expect(phone.locator(".verdict")).to_contain_text("文书真实")
        expect(phone.locator(".verdict")).not_to_contain_text("李")
        fits(phone)

        phone.goto(f"{address}/t/{number}")
        phone.fill("#code", code)
        phone.click("button:has-text('查询') >> nth=0")
        phone.wait_for_url("**/mine/0")
        expect(phone.locator("h1")).to_contain_text("双方已达成和解")
        expect(phone.locator(".timeline")).not_to_contain_text("店长同意当面协商")
        fits(phone)

    bureau = log_in(browser, address, f"supervisor.{place.code.lower()}")
    bureau.wait_for_url("**/oversight/")
    fits(bureau)
    line = bureau.locator("table:has(th:has-text('服务站')) tr", has_text=station.code)
    expect(line).to_contain_text("100%")
    bureau.click(f"text=测试{station.code}消费维权服务站")
    bureau.locator("tr[data-row] a").first.click()
    bureau.wait_for_url(f"**/oversight/cases/{number}")
    expect(bureau.locator(".timeline")).to_contain_text("双方达成和解")
    assert bureau.locator("form[action*='/accept']").count() == 0
    fits(bureau)


def _due_now() -> None:
    """Notices that were made for a later moment are due at once: time has travelled."""
    from sqlalchemy import text

    from tenants.database import Scope, scoped_session

    with scoped_session(Scope.system("deliver")) as session:
        session.execute(text("update notice set not_before = now() where state = 'pending'"))


def test_without_javascript_to_the_end(browser: Browser, address: str) -> None:
    station = district(datetime.now(UTC)).stations[0]
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/s/{station.code}/complain")
    page.fill("#phone", "1381234567")
    page.click("[data-submit]")
    expect(page.locator("#summary")).to_contain_text("手机号应为11位,您填了10位。")
    expect(page.locator("#phone")).to_have_value("1381234567")
    for field, value in {
        "phone": "13812345678",
        "name": "王芳",
        "respondent": "鞋店",
        "subject": "鞋",
        "facts": "坏了",
    }.items():
        page.fill(f"#{field}", value)
    page.check("input[value='退款']")
    page.click("[data-submit]")
    expect(page.locator("#receipt")).to_contain_text("投诉已提交")
    page.click("text=长辈版")
    assert "elder" in (page.locator("html").get_attribute("class") or "")


def test_two_officers_and_an_unmasking(browser: Browser, address: str) -> None:
    station = district(datetime.now(UTC)).stations[0]
    number = station.submit(datetime.now(UTC)).number
    first = log_in(browser, address, f"head.{station.code.lower()}")
    second = log_in(browser, address, f"clerk.{station.code.lower()}")
    for page in (first, second):
        page.goto(f"{address}/desk/cases/{number}")
    act(first, "accept")
    second.locator("[name='accept-reply']").fill("我也想登记这件")
    second.locator("#act-accept button").click()
    expect(second.locator(".trouble")).to_contain_text("我也想登记这件")
    first.click("text=显示完整信息")
    first.fill("#people [name=reason]", "电话联系消费者")
    first.click("#people button")
    expect(first.locator("#people")).to_contain_text("13800138000")
    first.reload()
    expect(first.locator("#people")).not_to_contain_text("13800138000")
