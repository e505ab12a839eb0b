"""Finding cases and what belongs to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from portal.cases.models import Case, Event
from portal.clocks.models import Deadline

PAGE = 30


class NoSuchCase(LookupError):
    """No case with that number is visible here."""


def find(session: Session, number: str, *, lock: bool = False) -> Case:
    """The case with `number` in the session's scope; `lock` holds its row until the transaction ends.

    Raises:
        NoSuchCase: unknown, or another organisation's: the scope makes no difference between the two.
    """
    query = select(Case).where(Case.number == number)
    case = session.scalar(query.with_for_update() if lock else query)
    if case is None:
        raise NoSuchCase(number)
    return case


def deadlines_of(session: Session, case: Case) -> list[Deadline]:
    query = select(Deadline).where(Deadline.tenant_id == case.tenant_id, Deadline.case_id == case.id)
    return list(session.scalars(query.order_by(Deadline.opened_at, Deadline.id)))


def events_of(session: Session, case: Case) -> list[Event]:
    query = select(Event).where(Event.tenant_id == case.tenant_id, Event.case_id == case.id)
    return list(session.scalars(query.order_by(Event.id)))


@dataclass(frozen=True)
class Wanted:
    """Filters of the queue."""

    state: str = ""
    nature: str = ""
    handler: UUID | None = None
    overdue: bool = False
    closed: bool = False
    text: str = ""
    tenant: UUID | None = None
    red: bool = False


def queue(
    session: Session, wanted: Wanted, now: datetime, after: tuple[datetime, UUID] | None = None
) -> Sequence[Case]:
    """A page of cases by nearest open deadline (closed ones newest first), `PAGE` + 1 at most.

    `after` is the key of the last row of the page before: (next_due_at, id), or (created_at, id) of closed ones.
    """
    query = _filtered(select(Case), wanted, now)
    if wanted.closed:
        if after:
            query = query.where(tuple_(Case.created_at, Case.id) < after)
        query = query.order_by(Case.created_at.desc(), Case.id.desc())
    else:
        if after:
            query = query.where(tuple_(Case.next_due_at, Case.id) > after)
        query = query.order_by(Case.next_due_at, Case.id)
    return session.scalars(query.limit(PAGE + 1)).all()


def _filtered(query: Select[Case], wanted: Wanted, now: datetime) -> Select[Case]:
    query = query.where(Case.closed_at.is_not(None) if wanted.closed else Case.closed_at.is_(None))
    if wanted.tenant:
        query = query.where(Case.tenant_id == wanted.tenant)
    if wanted.state:
        query = query.where(Case.state == wanted.state)
    if wanted.nature:
        query = query.where(Case.nature == wanted.nature)
    if wanted.handler:
        query = query.where(Case.handler_id == wanted.handler)
    if wanted.overdue:
        query = query.where(Case.next_due_at < now)
    if wanted.red:
        query = query.where(Case.red)
    if wanted.text:
        escaped = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"%{escaped}%"
        query = query.where(
            Case.number.like(like.upper())
            | Case.respondent_name.like(like)
            | Case.subject.like(like)
            | Case.facts.like(like)
        )
    return query
