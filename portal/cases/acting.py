"""How any act is put together: guard, event, deadlines, notices, audit, into one Step."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from notifications.outbox import Recipient, notices
from portal.cases.models import Case
from portal.cases.office import Office
from portal.cases.parties import CONSUMER, people_of, reach
from portal.cases.reading import deadlines_of
from portal.cases.states import State, Transition, check
from portal.cases.steps import Row, Step, take
from portal.clocks.deadlines import dropped, ended, open_deadline, paused, resumed
from portal.clocks.models import Deadline
from tenants.ids import new_id

FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""`next_due_at` of a case without an open deadline."""


@dataclass(frozen=True)
class Actor:
    """Who does it."""

    name: str
    officer_id: UUID | None = None
    request_id: str | None = None


SYSTEM = Actor("系统")
THE_CONSUMER = Actor("消费者")


@dataclass
class Act:
    """An act under way on an existing case. Made by `begin`, written by `finish`."""

    session: Session
    office: Office
    case: Case
    row: Transition
    actor: Actor
    at: datetime
    step: Step
    event_id: UUID
    deadlines: list[Deadline]
    opened: list[Row] = field(default_factory=list)

    def open(self, code: str) -> None:
        self.opened.append(open_deadline(self.case.id, code, self.at, self.office.rules))

    def tell(self, template: str, to: Recipient, data: dict[str, Any], priority: str = "consumer") -> None:
        """Notices to one person, in this act's transaction."""
        rows = notices(
            self.office.vault, event=self.event_id, template=template, to=to, at=self.at, case=self.case.id,
            data=message_data(self.office, self.case.number) | data, priority=priority,
        )  # fmt: skip
        self.step.add("notice", *rows)

    def tell_side(self, template: str, data: dict[str, Any], side: str = CONSUMER) -> None:
        person = people_of(self.session, self.office, self.case).get(side)
        if person is not None:
            self.tell(template, reach(side, person), data)


def message_data(office: Office, number: str) -> dict[str, Any]:
    """What every message may use."""
    return {
        "station": office.short_name, "station_name": office.name, "station_phone": office.phone,
        "bureau": office.bureau_name, "number": number, "link": office.link(f"/t/{number}"),
    }  # fmt: skip


def begin(
    session: Session, office: Office, case: Case, act: str, actor: Actor, at: datetime, seen: int | None = None
) -> Act:  # fmt: skip
    """Check the guard and start a step on a locked `case`; `seen` is the version the person decided on.

    Raises:
        NotAllowed: the case's state doesn't allow the act.
    """
    row = check(act, State(case.state))
    step = Step(case.bureau_id, case.tenant_id, case.id, case.version if seen is None else seen)
    return Act(session, office, case, row, actor, at, step, new_id(), deadlines_of(session, case))


def finish(
    act: Act, *, public: str | None, internal: str | None = None, reason: str | None = None, **changes: Any
) -> None:
    """Write the act: state, clocks, event, audit and all that was added. Raises Conflict."""
    row, step = act.row, act.step
    state = row.target.value if row.target else act.case.state
    for code in row.opens:
        act.open(code)
    left = _clocks(act)
    dues = [deadline["due_at"] for deadline in act.opened] + left
    step.changes = changes | {"state": state, "next_due_at": min(dues, default=FAR), "red": act.case.red and bool(left)}
    step.add("event", event_row(act.event_id, act.case.id, act.at, row.act, act.actor, state, public, internal))
    if act.opened:
        step.add("deadline", *act.opened)
    step.add("audit", audit_row(act.at, act.actor, row.act, act.case.id, reason))
    take(act.session, step)


def _clocks(act: Act) -> list[datetime]:
    """Write what the transition does to the open deadlines; returns the ends of those that run on."""
    left, row, changes = [], act.row, act.step.deadline_changes
    for deadline in act.deadlines:
        if deadline.state not in ("open", "paused"):
            continue
        if deadline.code in row.meets:
            changes[deadline.id] = ended(deadline, act.at)
        elif deadline.code in row.drops or "*" in row.drops:
            # A promise already broken stays broken, though its reason is gone.
            late = deadline.state == "open" and act.at > deadline.due_at
            changes[deadline.id] = ended(deadline, act.at) if late else dropped(act.at)
        elif row.pauses and deadline.state == "open":
            changes[deadline.id] = paused(deadline, act.at, row.label)
        elif row.resumes and deadline.state == "paused":
            changes[deadline.id] = resumed(deadline, act.at, act.office.rules)
            left.append(changes[deadline.id]["due_at"])
        elif deadline.state == "open":
            left.append(deadline.due_at)
    return left


def event_row(
    event: UUID, case: UUID, at: datetime, act: str, actor: Actor, state: str, public: str | None, internal: str | None
) -> Row:  # fmt: skip
    return {
        "id": event, "case_id": case, "at": at, "act": act, "actor": actor.name, "officer_id": actor.officer_id,
        "state": state, "public_text": public, "internal_text": internal,
    }  # fmt: skip


def audit_row(at: datetime, actor: Actor, act: str, case: UUID | None, reason: str | None = None) -> Row:
    return {
        "id": new_id(), "at": at, "officer_id": actor.officer_id, "actor": actor.name, "act": act,
        "case_id": case, "reason": reason, "request_id": actor.request_id,
    }  # fmt: skip


def write_audit(session: Session, bureau: UUID, tenant: UUID, rows: Iterable[Row]) -> None:
    """Audit alone, for looking at something (unmasking, opening evidence)."""
    step = Step(bureau, tenant)
    step.add("audit", *rows)
    take(session, step)
