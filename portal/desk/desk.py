"""The station's desk: the queue and the case. Runs under the `station` scope."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.cases.acting import Actor, audit_row, write_audit
from portal.cases.lifecycle import Doing
from portal.cases.models import Case
from portal.cases.office import Office, office_for, office_of
from portal.cases.reading import PAGE, NoSuchCase, Wanted, find
from portal.cases.reading import queue as read_queue
from portal.cases.states import BY_ACT, NotAllowed, State, Transition, allowed_now
from portal.cases.steps import Conflict, Step, take
from portal.desk.acts import PAGES, ActForm, AssignForm
from portal.desk.casefile import PAPER_STATES, Clock, gather
from portal.desk.files import evidence_file, paper_file
from portal.desk.lists import asked_key, key_after, line_of
from portal.documents.asking import KINDS, ask
from portal.documents.models import Paper
from portal.identity.accounts import acting, at_station, current_person, request_id
from tenants.calendar import china_date
from tenants.officers import Person, officers_with
from tenants.roles import AT_STATION

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@contextmanager
def _at_work() -> Iterator[tuple[Session, Office, Person, datetime]]:
    with acting() as (session, person, at):
        yield session, office_of(session, person.bureau, person.tenant, at), person, at


def _actor(person: Person) -> Actor:
    return Actor(person.name, person.id, request_id())


@blueprint.get("/")
@at_station
def queue() -> str:
    with _at_work() as (session, office, person, at):
        wanted = _wanted(person)
        rows = list(read_queue(session, wanted, at, asked_key()))
        more, rows = len(rows) > PAGE, rows[:PAGE]
        names = {officer.id: officer.name for officer in officers_with(session, person.tenant, AT_STATION)}
        counts = _counts(session, person, at)
        natures = office.rules.profile.natures
    return render_template(
        "desk/queue.html", rows=[line_of(case, at) for case in rows], names=names, wanted=wanted, counts=counts,
        next_page=_same_query(after=key_after(rows[-1], closed=wanted.closed)) if more else None,
        states=[state for state in State if state != State.CLOSED], natures=natures, paged=bool(asked_key()),
        tab=request.args.get("tab", "open"),
    )  # fmt: skip


def _wanted(person: Person) -> Wanted:
    tab = request.args.get("tab", "open")
    return Wanted(
        state=request.args.get("state", ""), nature=request.args.get("nature", ""), overdue=tab == "overdue",
        closed=tab == "closed", handler=person.id if tab == "mine" else None,
        text=request.args.get("q", "").strip()[:80],
    )  # fmt: skip


def _same_query(**changes: str) -> str:
    return url_for(".queue", **_loose(request.args.to_dict() | changes))


def _loose(values: dict[str, str]) -> dict[str, Any]:
    """Query values for `url_for`, without those that it takes as its own options."""
    return {name: value for name, value in values.items() if not name.startswith("_")}


def _counts(session: Session, person: Person, at: datetime) -> dict[str, int]:
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Case.next_due_at < at),
            func.count().filter(Case.handler_id == person.id),
        ).where(Case.closed_at.is_(None))
    ).one()
    return {"open": row[0], "overdue": row[1], "mine": row[2]}


@blueprint.get("/cases/<number>")
@at_station
def show(number: str) -> str | tuple[str, int]:
    return _case_page(number)


def _case_page(
    number: str, *, tried: str = "", form: ActForm | None = None, trouble: str = "", reason: str = ""
) -> str:
    with _at_work() as (session, _, person, at):
        case = _find(session, number)
        if reason:
            write_audit(
                session, case.bureau_id, case.tenant_id, [audit_row(at, _actor(person), "unmask", case.id, reason)]
            )
        office = office_for(session, case)
        doing = Doing(session, office, case, _actor(person), at)
        acts = [(row, _offered(doing, row.act, form if row.act == tried else None)) for row in _acts(case, person)]
        file = gather(session, office, case, at, unmask=bool(reason))
    if tried and tried not in {row.act for row, _ in acts} and form is not None:
        # The act isn't possible any more: its text is shown all the same, to be copied elsewhere.
        lost = {field.label.text: str(field.data) for field in form if field.data}
    else:
        lost = {}
    return render_template(
        "desk/case.html",
        likely=_likely([row for row, _ in acts], file.clocks),
        file=file, acts=acts, tried=tried, trouble=trouble, lost=lost, pages=PAGES, unmasked=bool(reason), where="desk",
    )  # fmt: skip


def _likely(acts: list[Transition], clocks: list[Clock]) -> str:
    """The act to offer first: one that keeps the promise which falls due next, else the first of the table."""
    for clock in sorted((clock for clock in clocks if clock.state == "open"), key=lambda clock: clock.due_at):
        for row in acts:
            if clock.code in row.meets and not PAGES[row.act].danger:
                return row.act
    forward = [row.act for row in acts if row.target and not PAGES[row.act].danger]
    return forward[0] if forward else ""


def _acts(case: Case, person: Person) -> list[Any]:
    return [row for row in allowed_now(State(case.state), person.roles) if row.act in PAGES]


def _find(session: Session, number: str, lock: bool = False) -> Case:
    try:
        return find(session, number, lock=lock)
    except NoSuchCase:
        abort(404)


def _offered(doing: Doing, act: str, typed: ActForm | None) -> ActForm:
    """The act's form: as it was typed, or with what is likely filled in."""
    if typed is not None:
        return typed
    form = PAGES[act].form(prefix=act)
    form.offer(doing)
    _officers(doing, form)
    return form


def _officers(doing: Doing, form: ActForm) -> None:
    if isinstance(form, AssignForm):
        officers = officers_with(doing.session, doing.case.tenant_id, AT_STATION)
        form.officer.choices = [("", "请选择"), *((str(one.id), one.name) for one in officers)]


@blueprint.post("/cases/<number>/<act>")
@at_station
def do(number: str, act: str) -> str | Response | tuple[str, int]:
    if act not in PAGES:
        abort(404)
    person = current_person()
    if not person.has(*BY_ACT[act].roles):
        abort(403)
    page = PAGES[act]
    try:
        seen = int(request.form.get("version", ""))
    except ValueError:
        abort(400)
    form = page.form(prefix=act)
    try:
        with _at_work() as (session, _, _, at):
            case = _find(session, number, lock=True)
            doing = Doing(session, office_for(session, case), case, _actor(person), at, seen)
            form.offer(doing)
            _officers(doing, form)
            form.process(request.form)
            if not form.validate():
                return _case_page(number, tried=act, form=form, trouble="请改正下面标出的内容。"), 400
            if case.version != seen:
                raise Conflict
            page.do(doing, form)
    except NotAllowed as error:
        return _case_page(number, tried=act, form=form, trouble=f"{error}您填写的内容保留在下面。"), 409
    except Conflict:
        words = "您打开页面之后,有人更新了这个案件。请先看最新进展,再决定是否提交;您填写的内容保留在下面。"
        return _case_page(number, tried=act, form=form, trouble=words), 409
    flash(f"{BY_ACT[act].label}:已完成。", "info")
    return redirect(url_for(".show", number=number), 303)


@blueprint.post("/cases/<number>/unmask")
@at_station
def unmask(number: str) -> str | tuple[str, int]:
    reason = request.form.get("reason", "").strip()[:200]
    if len(reason) < 2:
        return _case_page(number, tried="unmask", trouble="请填写查看个人信息的原因,例如“电话联系消费者”。"), 400
    return _case_page(number, reason=reason)


@blueprint.get("/cases/<number>/evidence/<uuid:evidence>")
@at_station
def evidence(number: str, evidence: UUID) -> Response:
    with _at_work() as (session, _, person, at):
        return evidence_file(session, _find(session, number), evidence, _actor(person), at)


@blueprint.get("/papers/<uuid:paper>.pdf")
@at_station
def paper(paper: UUID) -> Response:
    with _at_work() as (session, _, person, at):
        return paper_file(session, paper, _actor(person), at)


@blueprint.route("/papers", methods=["GET", "POST"])
@at_station
def papers() -> str | Response:
    """The station's own papers: monthly summaries, asked for here."""
    with _at_work() as (session, office, person, at):
        month = f"{china_date(at):%Y-%m}"
        if request.method == "POST":
            month = request.form.get("month", month)
            if not _is_month(month, at):
                abort(400)
            step = Step(person.bureau, person.tenant)
            step.add("paper", ask(session, office, "monthly_summary", at, person.name, data={"month": month}))
            step.add("audit", audit_row(at, _actor(person), "ask_paper", None))
            take(session, step)
            flash("已开始制作,通常几秒钟完成。", "info")
            return redirect(url_for(".papers"), 303)
        query = select(Paper).where(Paper.case_id.is_(None)).order_by(Paper.id.desc()).limit(PAGE + 1)
        if before := _before():
            query = query.where(Paper.id < before)
        rows = session.scalars(query).all()
    lines = [(row, KINDS[row.kind].title, PAPER_STATES[row.state]) for row in rows[:PAGE]]
    waiting = any(row.state in ("asked", "rendering") for row, _, _ in lines)
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return render_template("desk/papers.html", lines=lines, month=month, waiting=waiting, more=more)


def _is_month(month: str, at: datetime) -> bool:
    try:
        return datetime.strptime(month, "%Y-%m").date() <= china_date(at)
    except ValueError:
        return False


def _before() -> UUID | None:
    try:
        return UUID(request.args.get("before", ""))
    except ValueError:
        return None
