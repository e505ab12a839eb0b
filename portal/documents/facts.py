"""The plain data that each paper's template gets. Templates never see rows."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.cases.models import Case
from portal.cases.office import Office
from portal.cases.parties import CONSUMER, RESPONDENT, Person, people_of
from portal.cases.reading import deadlines_of
from portal.cases.states import State
from portal.clocks.deadlines import LABELS
from portal.documents.asking import KINDS
from portal.documents.models import Paper
from portal.documents.typesetting import qr
from portal.gate.words import say_by, say_date, say_time

CHANNELS = {"web": "网页", "qr": "扫码", "counter": "到站", "phone": "电话"}


def facts_of(session: Session, office: Office, paper: Paper) -> dict[str, Any]:
    """Everything on the paper, as strings, numbers and lists."""
    verify = office.link(f"/v/{paper.check_code}")
    common = {
        "title": KINDS[paper.kind].title, "number": paper.number, "station": office.name, "host": office.host_name,
        "station_phone": office.phone, "station_address": office.address, "bureau": office.bureau_name,
        "day": say_date(paper.asked_at), "check_code": paper.check_code, "verify": verify, "qr": qr(verify),
    }  # fmt: skip
    if paper.kind == "monthly_summary":
        return common | {"month": paper.data["month"]} | _month(session, office, paper.data["month"])
    case = session.get_one(Case, (paper.bureau_id, paper.tenant_id, paper.case_id))
    people = people_of(session, office, case)
    return common | _case(session, case, people) | {"terms": [], "amount_words": "", "until": ""} | _agreement(case)


def _case(session: Session, case: Case, people: dict[str, Person]) -> dict[str, Any]:
    ends = {row.code: say_by(row.due_at) for row in deadlines_of(session, case)}
    bought = {True: "网上购买", False: "线下购买", None: ""}[case.bought_online]
    return {
        "case_number": case.number, "consumer": people.get(CONSUMER, Person()),
        "respondent": people.get(RESPONDENT, Person()), "shop": case.respondent_shop or "",
        "submitted": say_time(case.created_at), "channel": CHANNELS.get(case.channel, case.channel),
        "kind_of_thing": {True: "服务", False: "商品", None: ""}[case.is_service],
        "subject": case.subject, "category": case.category or "", "nature": case.nature or "",
        "brand": " ".join(filter(None, (case.brand, case.model))), "order_number": case.order_number or "",
        "amount": f"{case.amount:,.2f}元" if case.amount is not None else "", "bought": bought,
        "bought_on": _day(case.bought_on), "happened_on": _day(case.happened_on),
        "facts": [line for line in case.facts.splitlines() if line.strip()], "requests": "、".join(case.requests),
        "decision_by": ends.get("decision", ""), "limit_by": ends.get("mediation_limit", ""),
    }  # fmt: skip


def _agreement(case: Case) -> dict[str, Any]:
    if not case.agreement:
        return {}
    amount = case.agreement["amount"]
    return {
        "terms": case.agreement["terms"], "amount_words": f"{float(amount):,.2f}元",
        "until": _day(date.fromisoformat(case.agreement["until"])),
        "settled": say_date(datetime.fromisoformat(case.agreement["settled_on"])),
    }  # fmt: skip


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


MONTH = text(
    """
    with of_month as (
        select * from cases where tenant_id = :tenant
          and created_at >= (:first)::timestamp at time zone 'Asia/Shanghai'
          and created_at < (:first)::timestamp at time zone 'Asia/Shanghai' + interval '1 month')
    select count(*) as received,
           count(*) filter (where accepted_at is not null) as accepted,
           count(*) filter (where state = 'declined' or decline_ground is not null) as declined,
           count(*) filter (where result = '达成') as settled,
           count(*) filter (where result = '未达成') as failed,
           count(*) filter (where result = '撤回') as withdrawn,
           count(*) filter (where closed_at is not null) as closed,
           coalesce(sum(amount), 0) as amount, coalesce(sum(recovered), 0) as recovered
    from of_month
    """
)
ON_TIME = text(
    """
    select d.code, count(*) filter (where d.state = 'met') as met, count(*) as counted
    from deadline d where d.tenant_id = :tenant and d.state in ('met', 'missed')
      and d.opened_at >= (:first)::timestamp at time zone 'Asia/Shanghai'
      and d.opened_at < (:first)::timestamp at time zone 'Asia/Shanghai' + interval '1 month'
    group by d.code order by d.code
    """
)
BY_NATURE = text(
    """
    select coalesce(nature, '未分类') as nature, count(*) as many from cases where tenant_id = :tenant
      and created_at >= (:first)::timestamp at time zone 'Asia/Shanghai'
      and created_at < (:first)::timestamp at time zone 'Asia/Shanghai' + interval '1 month'
    group by 1 order by 2 desc, 1 limit 8
    """
)


def _month(session: Session, office: Office, month: str) -> dict[str, Any]:
    """Figures of a month (`2026-11`) at a station."""
    from_day = {"tenant": office.tenant, "first": f"{month}-01"}
    figures = dict(session.execute(MONTH, from_day).one()._mapping)
    ended = int(figures["settled"]) + int(figures["failed"])
    year, number = month.split("-")
    return {
        "month_words": f"{year}年{int(number)}月", "figures": figures, "labels": LABELS,
        "success": f"{figures['settled'] / ended:.0%}" if ended else "—",
        "on_time": [tuple(row) for row in session.execute(ON_TIME, from_day)],
        "natures": [tuple(row) for row in session.execute(BY_NATURE, from_day)],
        "open_now": session.query(Case).filter(
            Case.tenant_id == office.tenant, Case.state != State.CLOSED, Case.closed_at.is_(None)
        ).count(),
    }  # fmt: skip
