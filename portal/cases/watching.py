"""The clocks, looked at from outside: rungs that fire, digests that go out, promises that a sent notice keeps.

Run by the scheduler. Correct with two at once (an advisory lock and row locks) and after a day of none:
each rung fires once per deadline for ever, and what piled up goes into one digest.
"""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from notifications.models import Notice
from notifications.outbox import Recipient, notices
from portal.cases.acting import FAR, SYSTEM, event_row
from portal.cases.models import Case, Event
from portal.cases.office import Office, forget_offices, office_for, office_of
from portal.clocks.deadlines import LABELS, ended, recounted
from portal.clocks.ladder import digest_gap, due_rungs, may_tell_from
from portal.clocks.models import Alert, Deadline
from portal.gate.words import say_by, say_time
from portal.settings import settings
from tenants.database import Scope, scoped_session
from tenants.ids import new_id
from tenants.models import Bureau, CalendarYear, LocalDay, Officer, Station
from tenants.officers import officers_with
from tenants.profiles import Rung
from tenants.roles import Role
from tenants.vault import vault_of

BATCH = 500
LOCK = text("select pg_try_advisory_xact_lock(:key)")
SCAN_KEY, DIGEST_KEY = 7340001, 7340002
NOBODYS = (Role.CLERK, Role.COORDINATOR)
"""Who is told as handler while a case has none."""
RUNG_WORDS = {"half": "时限已过半", "nearly": "即将到期", "overdue": "已逾期", "red": "逾期超过一个工作日"}


def scan(at: datetime) -> int:
    """Fire every rung that has come, in batches; returns how many fired."""
    fired = 0
    while True:
        with scoped_session(Scope.system("scan")) as session:
            if not session.execute(LOCK, {"key": SCAN_KEY}).scalar_one():
                return fired
            query = select(Deadline).where(Deadline.next_rung_at <= at).order_by(Deadline.next_rung_at)
            batch = list(session.scalars(query.limit(BATCH).with_for_update(skip_locked=True)))
            fired += sum(_fire(session, deadline, at) for deadline in batch)
        if len(batch) < BATCH:
            return fired


def _fire(session: Session, deadline: Deadline, at: datetime) -> int:
    case = session.get_one(Case, (deadline.bureau_id, deadline.tenant_id, deadline.case_id))
    office = office_for(session, case)
    rungs, later = due_rungs(deadline, at, office.rules)
    for rung in rungs:
        _alert(session, office, case, deadline, rung, at)
        case.red = case.red or rung.red
        if rung.when == "overdue":
            words = f"“{LABELS[deadline.code]}”时限已逾期,期限为{say_by(deadline.due_at)}。"
            _note(session, case, at, "overdue", words)
    deadline.fired = [*deadline.fired, *(rung.code for rung in rungs)]
    deadline.next_rung_at = later
    return len(rungs)


def _alert(session: Session, office: Office, case: Case, deadline: Deadline, rung: Rung, at: datetime) -> None:
    for officer in _told(session, case, rung):
        row = {
            "bureau_id": case.bureau_id, "tenant_id": case.tenant_id, "id": new_id(), "deadline_id": deadline.id,
            "case_id": case.id, "rung": rung.code, "officer_id": officer.id, "raised_at": at,
            "not_before": may_tell_from(rung, deadline.code, at, office.rules),
        }  # fmt: skip
        session.execute(insert(Alert).values(row).on_conflict_do_nothing())


def _told(session: Session, case: Case, rung: Rung) -> list[Officer]:
    """Officers a rung tells, each once."""
    found: dict[UUID, Officer] = {}
    for who in rung.tells:
        if who == "handler" and case.handler_id:
            handler = session.get(Officer, (case.bureau_id, case.tenant_id, case.handler_id))
            officers = [handler] if handler is not None and handler.active else []
        elif who == "handler":
            officers = officers_with(session, case.tenant_id, NOBODYS)
        else:
            home = case.bureau_id if who in (Role.SUPERVISOR, Role.BUREAU_HEAD) else case.tenant_id
            officers = officers_with(session, home, [who])
        found |= {officer.id: officer for officer in officers}
    return list(found.values())


def _note(session: Session, case: Case, at: datetime, act: str, words: str) -> None:
    row = event_row(new_id(), case.id, at, act, SYSTEM, case.state, None, words)
    session.add(Event(bureau_id=case.bureau_id, tenant_id=case.tenant_id, **row))


def digest(at: datetime) -> int:
    """Send waiting alerts, all of one officer's in one message; returns how many officers were told."""
    with scoped_session(Scope.system("scan")) as session:
        if not session.execute(LOCK, {"key": DIGEST_KEY}).scalar_one():
            return 0
        query = select(Alert).where(Alert.notice_id.is_(None), Alert.not_before <= at).order_by(Alert.id)
        waiting: dict[UUID, list[Alert]] = defaultdict(list)
        for alert in session.scalars(query.limit(BATCH * 10)):
            waiting[alert.officer_id].append(alert)
        return sum(_tell(session, officer, alerts, at) for officer, alerts in waiting.items())


def _tell(session: Session, officer_id: UUID, alerts: list[Alert], at: datetime) -> bool:
    officer = session.scalar(select(Officer).where(Officer.bureau_id == alerts[0].bureau_id, Officer.id == officer_id))
    if officer is None:
        return False
    office = office_of(session, alerts[0].bureau_id, alerts[0].tenant_id, at)
    last = session.scalar(
        select(Notice.created_at)
        .where(Notice.tenant_id == officer.tenant_id, Notice.recipient == str(officer.id), Notice.template == "digest")
        .order_by(Notice.created_at.desc())
        .limit(1)
    )
    if last is not None and at - last < digest_gap(office.rules):
        return False
    rows = notices(
        vault_of(session, officer.tenant_id), event=new_id(), template="digest", at=at, priority="alert",
        to=Recipient(str(officer.id), None if officer.email else officer.phone, officer.email),
        data=_digest_data(session, officer, alerts),
    )  # fmt: skip
    for row in rows:
        session.add(Notice(bureau_id=officer.bureau_id, tenant_id=officer.tenant_id, **row))
    for alert in alerts:
        # Somebody without any address is told by the page alone.
        alert.notice_id = rows[0]["id"] if rows else alert.id
    return bool(rows)


def _digest_data(session: Session, officer: Officer, alerts: list[Alert]) -> dict[str, object]:
    at_bureau = officer.bureau_id == officer.tenant_id
    home = (
        session.get_one(Bureau, officer.bureau_id)
        if at_bureau
        else session.get_one(Station, (officer.bureau_id, officer.tenant_id))
    )
    path = "/oversight/cases/" if at_bureau else "/desk/cases/"
    lines = []
    for alert in alerts:
        deadline = session.get_one(Deadline, (alert.bureau_id, alert.tenant_id, alert.deadline_id))
        case = session.get_one(Case, (alert.bureau_id, alert.tenant_id, alert.case_id))
        lines.append({
            "number": case.number, "clock": LABELS[deadline.code], "words": RUNG_WORDS.get(alert.rung, alert.rung),
            "by": say_by(deadline.due_at), "link": settings().portal_url.rstrip("/") + path + case.number,
        })  # fmt: skip
    return {"organisation": home.short_name, "name": officer.name, "count": len(lines), "lines": lines}


SENT = text(
    """
    select d.bureau_id, d.tenant_id, d.id, max(n.sent_at) as sent_at
    from deadline d join notice n on n.tenant_id = d.tenant_id and n.bureau_id = d.bureau_id and n.case_id = d.case_id
    where d.state = 'open' and d.code = any(:codes) and n.sent_at is not null
      and n.template = case d.code when 'decline_notice' then 'declined' else 'terminated' end
    group by 1, 2, 3 limit 500
    """
)


def meet_by_notice(at: datetime) -> int:
    """`decline_notice` and `termination_notice` are met when their notice has gone out."""
    with scoped_session(Scope.system("scan")) as session:
        rows = session.execute(SENT, {"codes": ["decline_notice", "termination_notice"]}).all()
        for row in rows:
            deadline = session.get_one(Deadline, (row.bureau_id, row.tenant_id, row.id), with_for_update=True)
            if deadline.state == "open":
                for name, value in ended(deadline, row.sent_at).items():
                    setattr(deadline, name, value)
                session.flush()
                _next_due(session, deadline)
        return len(rows)


def _next_due(session: Session, deadline: Deadline) -> None:
    key = (deadline.bureau_id, deadline.tenant_id, deadline.case_id)
    case = session.get_one(Case, key, with_for_update=True)
    query = select(Deadline.due_at).where(
        Deadline.tenant_id == case.tenant_id, Deadline.case_id == case.id, Deadline.state == "open"
    )
    case.next_due_at = min(session.scalars(query), default=FAR)


def recount(session: Session, deadlines: Select[Deadline], reason: str, at: datetime) -> int:
    """Count open deadlines again after a calendar changed; returns how many moved.

    The old date, the new date and the reason go into each case's timeline. Rungs that fired stay fired.
    """
    moved = 0
    for deadline in session.scalars(deadlines.where(Deadline.state == "open").with_for_update()):
        case = session.get_one(Case, (deadline.bureau_id, deadline.tenant_id, deadline.case_id))
        changes, old = recounted(deadline, office_for(session, case).rules), deadline.due_at
        for name, value in changes.items():
            setattr(deadline, name, value)
        if changes["due_at"] == old:
            continue
        moved += 1
        session.flush()
        _next_due(session, deadline)
        words = f"“{LABELS[deadline.code]}”期限由{say_time(old)}改为{say_time(deadline.due_at)},原因:{reason}。"
        _note(session, case, at, "recount", words)
    return moved


def recount_for_local_days(at: datetime) -> int:
    """Count again the districts that have a new local day; returns how many deadlines moved."""
    with scoped_session(Scope.system("scan")) as session:
        waiting = select(LocalDay).where(LocalDay.recounted_at.is_(None)).order_by(LocalDay.id).limit(20)
        days = list(session.scalars(waiting.with_for_update(skip_locked=True)))
        if not days:
            return 0
        forget_offices()
        moved = 0
        for day in days:
            words = f"{day.day.month}月{day.day.day}日{'停止办公' if day.off else '正常办公'}({day.reason})"
            moved += recount(session, select(Deadline).where(Deadline.bureau_id == day.bureau_id), words, at)
            day.recounted_at = at
        return moved


def recount_for_new_years(at: datetime) -> int:
    """Count provisional deadlines again once their year's notice is loaded; returns how many moved."""
    with scoped_session(Scope.system("scan")) as session:
        waiting = select(CalendarYear).where(CalendarYear.recounted_at.is_(None)).order_by(CalendarYear.year)
        years = list(session.scalars(waiting.with_for_update(skip_locked=True)))
        if not years:
            return 0
        forget_offices()
        words = f"{'、'.join(str(year.year) for year in years)}年放假安排已公布"
        for year in years:
            year.recounted_at = at
        return recount(session, select(Deadline).where(Deadline.provisional), words, at)
