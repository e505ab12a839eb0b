"""Papers: read back by text, set with our fonts, verified by anyone, telling nobody's secrets."""

import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from portal.cases import lifecycle
from portal.cases.parties import Person
from portal.cases.steps import Step, take
from portal.documents.asking import ask
from portal.documents.models import Paper
from portal.documents.rendering import offer, render
from portal.documents.typesetting import html_of, pdf_of, qr
from portal.gate.files import path_of
from tenants.database import scoped_session
from tests.cast import StationCast, district


@pytest.fixture
def station(now: datetime) -> StationCast:
    return district(now).stations[0]


def read(paper: Paper) -> tuple[str, PdfReader]:
    assert paper.stored_as
    reader = PdfReader(io.BytesIO(path_of(paper.stored_as).read_bytes()))
    return "".join(page.extract_text() for page in reader.pages).replace("\n", ""), reader


def test_the_papers_of_a_settled_case(station: StationCast, now: datetime) -> None:
    consumer = Person(name="䶮㛃𬭼喆", phone="13800138000", email="wang@example.org")
    number = station.submit(now, consumer=consumer, facts="鞋底断裂😀,店家不肯退。").number
    with scoped_session(station.scope) as session:
        doing = station.doing(session, number, now)
        kinds = ("registration_form", "receipt")
        lifecycle.accept(doing, "", [ask(session, doing.office, kind, now, "head", doing.case.id) for kind in kinds])
        lifecycle.contact(station.doing(session, number, now), "respondent", "电话", "同意")
        doing = station.doing(session, number, now)
        agreement = ask(session, doing.office, "agreement", now, "head", doing.case.id)
        lifecycle.settle(doing, ["退货并退款399元"], Decimal("399"), date(2026, 12, 1), [agreement])
        step = Step(station.bureau, station.tenant)
        step.add("paper", ask(session, doing.office, "monthly_summary", now, "head", data={"month": "2026-11"}))
        take(session, step)
    assert render(offer(now), now) >= 4
    with scoped_session(station.scope) as session:
        papers = {paper.kind: paper for paper in session.scalars(select(Paper))}
    assert {paper.state for paper in papers.values()} == {"issued"}
    words, reader = read(papers["agreement"])
    for part in ("䶮㛃𬭼喆", "步步高鞋店", "399.00元", "2026年12月1日", number, papers["agreement"].number):
        assert part in words
    fonts = {
        str(font["/BaseFont"])
        for page in reader.pages
        for font in (ref.get_object() for ref in page["/Resources"]["/Font"].values())  # type: ignore[index]
    }
    assert fonts
    assert all("Noto-" in font for font in fonts)
    form, _ = read(papers["registration_form"])
    assert "鞋底断裂〓" in form
    month, one_page = read(papers["monthly_summary"])
    assert len(one_page.pages) == 1
    assert "共收到投诉1件" in month
    assert "达成和解1件" in month
    numbers = sorted(paper.number for paper in papers.values())
    assert all(number.endswith("-2026-000001") for number in numbers)


def test_nothing_is_loaded_from_outside_and_markup_stays_text(caplog: pytest.LogCaptureFixture) -> None:
    from portal.documents import typesetting

    for address in ("file:///etc/passwd", "http://127.0.0.1:1/x.png"):
        page = typesetting.HTML(string=f"<img src='{address}'>", url_fetcher=typesetting.Closed())
        page.render()
        assert f"'{address}': Unprintable" in caplog.text
    data = {
        "title": "<img src=file:///etc/passwd>", "number": "1", "station": "s", "qr": qr("x"), "check_code": "c",
        "consumer": Person(name="<script>"), "submitted": "", "subject": "x", "case_number": "1",
        "respondent": Person(name="y"), "decision_by": "", "limit_by": "", "station_phone": "", "station_address": "",
        "day": "",
    }  # fmt: skip
    assert "<script>" not in html_of("receipt", data)
    assert pdf_of("receipt", data).startswith(b"%PDF")
