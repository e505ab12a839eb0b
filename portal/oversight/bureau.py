"""The bureau's screen: its stations, what is overdue, any case to read. Runs under the `bureau` scope."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.cases.acting import Actor, audit_row, write_audit
from portal.cases.models import Case
from portal.cases.office import office_for
from portal.cases.reading import PAGE, NoSuchCase, Wanted, find, queue
from portal.desk.casefile import gather
from portal.desk.files import evidence_file, paper_file
from portal.desk.lists import asked_key, key_after, line_of
from portal.identity.accounts import acting, at_bureau, current_person, request_id
from tenants.calendar import china_date
from tenants.ids import new_id
from tenants.models import LocalDay, Station
from tenants.officers import Person
from tenants.organisations import find_place
from tenants.roles import Role

blueprint = Blueprint("oversight", __name__, url_prefix="/oversight")
MONTH = text(
    """
    select s.tenant_id, s.code, s.name, s.short_name, s.host_kind,
      (select count(*) from cases c where c.bureau_id = s.bureau_id and c.tenant_id = s.tenant_id
         and c.closed_at is null) as open,
      (select count(*) from cases c where c.bureau_id = s.bureau_id and c.tenant_id = s.tenant_id
         and c.closed_at is null and c.next_due_at < :at) as overdue,
      (select count(*) from cases c where c.bureau_id = s.bureau_id and c.tenant_id = s.tenant_id
         and c.created_at >= :first) as received,
      (select count(*) from cases c where c.bureau_id = s.bureau_id and c.tenant_id = s.tenant_id
         and c.created_at >= :first and c.result = '达成') as settled,
      (select count(*) from cases c where c.bureau_id = s.bureau_id and c.tenant_id = s.tenant_id
         and c.created_at >= :first and c.result in ('达成', '未达成')) as ended,
      coalesce(d.met, 0) as met, coalesce(d.counted, 0) as counted
    from station s left join (
      select tenant_id, count(*) filter (where state = 'met') as met, count(*) as counted
      from deadline where bureau_id = :bureau and state in ('met', 'missed') and ended_at >= :first
      group by tenant_id) d on d.tenant_id = s.tenant_id
    where s.bureau_id = :bureau order by overdue desc, open desc, s.code
    """
)


def _first_of_month(at: datetime) -> datetime:
    day = china_date(at)
    return datetime.fromisoformat(f"{day:%Y-%m}-01T00:00:00+08:00")


@blueprint.get("/")
@at_bureau
def home() -> str:
    with acting() as (session, person, at):
        first = _first_of_month(at)
        stations = session.execute(MONTH, {"at": at, "first": first, "bureau": person.bureau}).mappings().all()
        red = [line_of(case, at) for case in queue(session, Wanted(red=True), at)[:10]]
        names = _names(session)
    total = {
        name: sum(row[name] for row in stations)
        for name in ("open", "overdue", "received", "settled", "ended", "met", "counted")
    }
    return render_template(
        "oversight/home.html", stations=stations, red=red, total=total, names=names, month=china_date(at).month
    )


def _names(session: Session) -> dict[UUID, str]:
    return {row.tenant_id: row.short_name for row in session.scalars(select(Station))}


@blueprint.get("/cases")
@at_bureau
def cases() -> str:
    tab, code = request.args.get("tab", "open"), request.args.get("station", "")
    place = find_place(code) if code else None
    wanted = Wanted(
        overdue=tab == "overdue", red=tab == "red", closed=tab == "closed", tenant=place.tenant if place else None,
        text=request.args.get("q", "").strip()[:80],
    )  # fmt: skip
    with acting() as (session, _, at):
        rows = list(queue(session, wanted, at, asked_key()))
        names = _names(session)
        stations = session.scalars(select(Station).order_by(Station.code)).all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    following = None
    if more:
        same: dict[str, Any] = {name: request.args[name] for name in ("tab", "q", "station") if name in request.args}
        same["after"] = key_after(rows[-1], closed=wanted.closed)
        following = url_for(".cases", **same)
    return render_template(
        "oversight/cases.html", rows=[line_of(case, at) for case in rows], names=names, stations=stations, tab=tab,
        code=code, next_page=following, query=wanted.text,
    )  # fmt: skip


@blueprint.get("/cases/<number>")
@at_bureau
def show(number: str) -> str:
    return _page(number)


@blueprint.post("/cases/<number>/unmask")
@at_bureau
def unmask(number: str) -> str | tuple[str, int]:
    reason = request.form.get("reason", "").strip()[:200]
    if len(reason) < 2:
        return _page(number, trouble="请填写查看个人信息的原因,例如“核查超期案件”。"), 400
    return _page(number, reason=reason)


def _actor(person: Person) -> Actor:
    return Actor(person.name, person.id, request_id())


def _find(session: Session, number: str) -> Case:
    try:
        return find(session, number)
    except NoSuchCase:
        abort(404)


def _page(number: str, trouble: str = "", reason: str = "") -> str:
    with acting() as (session, person, at):
        case = _find(session, number)
        if reason:
            write_audit(
                session, case.bureau_id, case.tenant_id, [audit_row(at, _actor(person), "unmask", case.id, reason)]
            )
        office = office_for(session, case)
        file = gather(session, office, case, at, unmask=bool(reason))
    return render_template(
        "oversight/case.html", file=file, office=office, trouble=trouble, unmasked=bool(reason), where="oversight"
    )


@blueprint.get("/cases/<number>/evidence/<uuid:evidence>")
@at_bureau
def evidence(number: str, evidence: UUID) -> Response:
    with acting() as (session, person, at):
        return evidence_file(session, _find(session, number), evidence, _actor(person), at)


@blueprint.get("/papers/<uuid:paper>.pdf")
@at_bureau
def paper(paper: UUID) -> Response:
    with acting() as (session, person, at):
        return paper_file(session, paper, _actor(person), at)


@blueprint.route("/calendar", methods=["GET", "POST"])
@at_bureau
def calendar() -> str | Response | tuple[str, int]:
    """Local days of the district; the scheduler counts open deadlines again within a minute."""
    error, may_add = "", current_person().has(Role.SUPERVISOR, Role.REGISTRAR, Role.BUREAU_HEAD)
    with acting() as (session, person, _):
        if request.method == "POST":
            error = _add_day(session, person)
            if not error:
                flash("已登记。未结案件的期限会在一分钟内重新计算,并写入各案进展。", "info")
                return redirect(url_for(".calendar"), 303)
        query = select(LocalDay).where(LocalDay.bureau_id == person.bureau).order_by(LocalDay.day.desc())
        if before := _day(request.args.get("before", "")):
            query = query.where(LocalDay.day < before)
        days = session.scalars(query.limit(PAGE + 1)).all()
        page = render_template(
            "oversight/calendar.html",
            days=days[:PAGE],
            more=len(days) > PAGE,
            error=error,
            typed=request.form,
            may_add=may_add,
        )
    return page, 400 if error else 200


def _add_day(session: Session, person: Person) -> str:
    """Write a local day; returns what is wrong with what was typed, or nothing."""
    day = _day(request.form.get("day", ""))
    if day is None:
        return "请选择日期。"
    reason = request.form.get("reason", "").strip()[:80]
    if not reason:
        return "请写明原因,例如“台风停工”。"
    if session.scalar(select(LocalDay).where(LocalDay.bureau_id == person.bureau, LocalDay.day == day)):
        return f"{day.month}月{day.day}日已经登记过。"
    off = request.form.get("off", "1") == "1"
    session.add(
        LocalDay(bureau_id=person.bureau, tenant_id=person.bureau, id=new_id(), day=day, off=off, reason=reason)
    )
    return ""


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
