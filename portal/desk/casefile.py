"""Everything a case page shows, gathered once as plain values; used by the desk and by oversight."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Notice
from portal.cases.models import Case, Event
from portal.cases.office import Office
from portal.cases.parties import Person, masked, people_of
from portal.cases.reading import deadlines_of, events_of
from portal.cases.states import State
from portal.clocks.counting import CountedDay
from portal.clocks.deadlines import LABELS, proof_of
from portal.documents.asking import KINDS
from portal.documents.models import Paper
from portal.evidence.models import Evidence
from portal.gate.words import say_by, say_time, time_left
from tenants.models import Officer

PAPER_STATES = {"asked": "等待制作", "rendering": "正在制作", "issued": "已制作", "failed": "制作失败"}
NOTICE_STATES = {
    "pending": "等待发送",
    "claimed": "正在发送",
    "sent": "已发送",
    "delivered": "已送达",
    "dead": "发送失败",
}
NOTICE_KINDS = {
    "received": "收到投诉", "accepted": "登记", "declined": "不予登记", "progress": "进展", "settled": "和解",
    "terminated": "终止调解", "closed": "办结", "verification": "验证码", "digest": "时限提醒",
}  # fmt: skip
BIG_CLOCKS = ("decision", "mediation_limit")


@dataclass(frozen=True)
class Clock:
    """A deadline as it is shown."""

    code: str
    label: str
    state: str
    words: str
    due_at: datetime
    by: str
    tone: str
    """met, soon, overdue or calm: the colour that goes with the words."""
    provisional: bool
    proof: tuple[CountedDay, ...]
    limit: str


UNITS = {"hours": "小时", "working_days": "个工作日", "days": "日"}


@dataclass(frozen=True)
class CaseFile:
    case: Case
    state: State
    people: dict[str, Person]
    clocks: list[Clock]
    events: list[Event]
    evidence: list[Evidence]
    papers: list[Any]
    notices: list[Any]
    handler: str

    @property
    def big_clocks(self) -> list[Clock]:
        return [clock for clock in self.clocks if clock.code in BIG_CLOCKS]

    @property
    def small_clocks(self) -> list[Clock]:
        return [clock for clock in self.clocks if clock.code not in BIG_CLOCKS]


def gather(session: Session, office: Office, case: Case, now: datetime, *, unmask: bool = False) -> CaseFile:
    """The file of a case; personal data masked unless `unmask`, which the caller has written to the audit."""
    people = people_of(session, office, case)
    handler = session.get(Officer, (case.bureau_id, case.tenant_id, case.handler_id)) if case.handler_id else None
    mine = {"tenant_id": case.tenant_id, "case_id": case.id}
    papers = session.scalars(select(Paper).filter_by(**mine).order_by(Paper.id)).all()
    notices = session.scalars(select(Notice).filter_by(**mine).order_by(Notice.id)).all()
    evidence = session.scalars(select(Evidence).filter_by(**mine).order_by(Evidence.id)).all()
    return CaseFile(
        case=case, state=State(case.state), people=people if unmask else {k: masked(v) for k, v in people.items()},
        clocks=[_clock(row, office, now) for row in deadlines_of(session, case)],
        events=list(reversed(events_of(session, case))), evidence=list(evidence),
        papers=[(paper, KINDS[paper.kind].title, PAPER_STATES[paper.state]) for paper in papers],
        notices=[(row, NOTICE_KINDS.get(row.template, row.template), NOTICE_STATES[row.state]) for row in notices],
        handler=handler.name if handler else "",
    )  # fmt: skip


def _clock(row: Any, office: Office, now: datetime) -> Clock:
    if row.state == "open":
        words = time_left(row.due_at, now)
        soon = (row.due_at - now) * 4 < row.due_at - row.opened_at
        tone = "overdue" if row.due_at < now else "soon" if soon else "calm"
    else:
        ended = say_time(row.ended_at) if row.ended_at else ""
        words = {
            "met": f"已于{ended}完成", "missed": f"{ended}完成,已超期", "dropped": "不再适用", "paused": "计时中止",
        }[row.state]  # fmt: skip
        tone = {"met": "met", "missed": "overdue"}.get(row.state, "calm")
    limit = "协议约定" if row.code == "performance" else f"{row.limit_amount}{UNITS[row.limit_unit]}"
    return Clock(
        row.code, LABELS[row.code], row.state, words, row.due_at, say_by(row.due_at), tone, row.provisional,
        proof_of(row, office.rules).proof, limit,
    )  # fmt: skip
