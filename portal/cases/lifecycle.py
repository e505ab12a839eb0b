"""The acts on a case. Each is one transaction: guard, state, event, clocks, notices, audit.

All raise `NotAllowed` when the state doesn't allow the act and `Conflict` when somebody was quicker.
`case` must have been read with a lock; `seen` is the version that the officer looked at.
Source: domain.md §4, §5, §6.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.cases.acting import Actor, begin, finish
from portal.cases.models import Case
from portal.cases.office import Office
from portal.cases.parties import CONSUMER, RESPONDENT
from portal.cases.states import State
from portal.cases.steps import Row
from portal.clocks.deadlines import open_deadline, open_until
from portal.gate.words import say_by
from tenants.calendar import end_of


@dataclass(frozen=True)
class Doing:
    """Who acts on which case, when, and on what they saw."""

    session: Session
    office: Office
    case: Case
    actor: Actor
    at: datetime
    seen: int | None = None

    def begin(self, act: str) -> Any:
        return begin(self.session, self.office, self.case, act, self.actor, self.at, self.seen)


ROUTES = (
    "您还可以:与经营者协商和解;请求消费者协会或者依法成立的其他调解组织调解;向市场监管等行政部门投诉(12315);"
    "根据与经营者的仲裁协议申请仲裁;向人民法院提起诉讼。"
)
"""Source: 消费者权益保护法 Article 39."""


def accept(doing: Doing, reply_text: str = "", papers: list[Row] | None = None) -> None:
    """Register the case at its station. Opens `first_reply`, `mediation_start`, `mediation_limit`.

    With `reply_text` the consumer is answered in the same breath, which meets `first_reply`.
    Source: 服务站工作制度 三.1(2); Order 121 Art. 23.
    """
    act = doing.begin("accept")
    decision = _end_of(doing, act.deadlines, "decision")
    reply_by = open_deadline(doing.case.id, "first_reply", doing.at, doing.office.rules)["due_at"]
    told = reply_text.strip() or f"我们将在{say_by(reply_by)}联系您说明处理安排,并在{say_by(decision)}给出处理结果。"
    act.tell_side("accepted", {"text": told, "by": say_by(decision)})
    act.step.add("paper", *(papers or []))
    handler = doing.case.handler_id or doing.actor.officer_id
    finish(act, public=f"投诉已登记。{told}", accepted_at=doing.at, handler_id=handler)
    if reply_text.strip():
        answered = Doing(doing.session, doing.office, doing.case, doing.actor, doing.at)
        again = answered.begin("reply")
        finish(again, public=None, internal="登记时已一并答复消费者。")


def decline(doing: Doing, ground: str, explanation: str = "") -> None:
    """Don't register, with the ground and the five routes. `decline_notice` is met when the notice is sent.

    Raises:
        KeyError: an unknown ground.
    """
    act = doing.begin("decline")
    words = doing.office.rules.profile.ground(ground)
    full = words + (f"({explanation.strip()})" if explanation.strip() else "")
    act.tell_side("declined", {"reason": full, "routes": ROUTES})
    finish(act, public=f"不予登记,理由:{full}。{ROUTES}", decline_ground=ground)


def reply(doing: Doing, message: str) -> None:
    """Tell the consumer something. Meets `first_reply`; while mediating, renews `progress`."""
    act = doing.begin("reply")
    if doing.case.state == State.MEDIATING:
        act.open("progress")
    act.tell_side("progress", {"text": message})
    finish(act, public=message)


def contact(doing: Doing, side: str, channel: str, outcome: str) -> None:
    """Record a contact with a party. The first one starts mediation and meets `mediation_start`."""
    act = doing.begin("contact")
    if doing.case.state == State.ACCEPTED:
        act.open("progress")
    who = {CONSUMER: "消费者", RESPONDENT: "经营者"}[side]
    first = doing.case.state == State.ACCEPTED
    public = f"已联系{who},调解开始。" if first else None
    finish(act, public=public, internal=f"通过{channel}联系{who}:{outcome}")


def settle(doing: Doing, terms: list[str], amount: Decimal, until: date, papers: list[Row]) -> None:
    """The parties agree. Opens `performance` until the date in the agreement; asks for the agreement's paper."""
    act = doing.begin("settle")
    act.opened.append(open_until(doing.case.id, "performance", doing.at, end_of(until), doing.office.rules))
    agreement = {
        "terms": terms, "amount": str(amount), "until": until.isoformat(), "settled_on": doing.at.isoformat(),
    }  # fmt: skip
    day = f"{until.year}年{until.month}月{until.day}日"
    for side in (CONSUMER, RESPONDENT):
        act.tell_side("settled", {"amount": f"{amount:,.2f}", "until": day, "terms": terms}, side)
    act.step.add("paper", *papers)
    public = f"双方达成和解,经营者应在{day}前履行" + (f",金额{amount:,.2f}元。" if amount else "。")
    finish(act, public=public, agreement=agreement, result="达成")


def perform(doing: Doing) -> None:
    """Both sides have the agreement; from now on its performance is followed."""
    finish(doing.begin("perform"), public="双方已签署和解协议,进入履行。")


def default(doing: Doing, explanation: str) -> None:
    """The agreement wasn't performed. Opens `hand_over`."""
    act = doing.begin("default")
    finish(act, public="和解协议未按期履行,服务站将把材料移交市场监管局。", internal=explanation)


def terminate(doing: Doing, ground: str, explanation: str = "") -> None:
    """End mediation without agreement. Opens `termination_notice` and `hand_over`; tells both sides."""
    act = doing.begin("terminate")
    words = doing.office.rules.profile.ground(ground)
    full = words + (f"({explanation.strip()})" if explanation.strip() else "")
    for side in (CONSUMER, RESPONDENT):
        act.tell_side("terminated", {"reason": full}, side)
    public = f"调解终止,原因:{full}。服务站调解未成不影响您向12315投诉。"
    finish(act, public=public, termination_ground=ground, result="未达成")


def hand_over(doing: Doing, note: str) -> None:
    """The pack was delivered to the bureau. Meets `hand_over`."""
    act = doing.begin("hand_over")
    finish(act, public=f"材料已移交{doing.office.bureau_name}。", internal=note)


def withdraw(doing: Doing, reason: str) -> None:
    """The consumer takes the complaint back, by the page or through an officer."""
    act = doing.begin("withdraw")
    finish(act, public="消费者撤回投诉。", internal=reason, reason=reason, result="撤回")


def close(
    doing: Doing,
    recovered: Decimal | None,
    note: str,
    punitive: Decimal | None = None,
    mental_damage: Decimal | None = None,
) -> None:
    """Finish the case. Meets `performance`; opens `call_back`."""
    act = doing.begin("close")
    act.tell_side("closed", {"note": note})
    money = {"recovered": recovered, "punitive": punitive, "mental_damage": mental_damage}
    changes: dict[str, Any] = {name: amount for name, amount in money.items() if amount is not None}
    finish(act, public=f"投诉已办结。{note}".strip(), closed_at=doing.at, **changes)


def call_back(doing: Doing, satisfaction: int, words: str) -> None:
    """Record what the consumer said afterwards: 1 to 5 and in words. Meets `call_back`."""
    act = doing.begin("call_back")
    finish(act, public=None, internal=f"回访满意度{satisfaction}分:{words}", satisfaction=satisfaction)


def assign(doing: Doing, officer: UUID, name: str) -> None:
    """Name the officer who handles the case."""
    finish(doing.begin("assign"), public=None, internal=f"经办人改为{name}。", handler_id=officer)


def note(doing: Doing, words: str) -> None:
    """An internal note; the consumer never sees it."""
    finish(doing.begin("note"), public=None, internal=words)


def add_evidence(doing: Doing, rows: list[Row]) -> None:
    """More evidence, its files already safe on disk."""
    act = doing.begin("add_evidence")
    act.step.add("evidence", *(row | {"case_id": doing.case.id} for row in rows))
    finish(act, public=f"{doing.actor.name}补充了{len(rows)}份证据。")


def _end_of(doing: Doing, deadlines: list[Any], code: str) -> datetime:
    for deadline in deadlines:
        if deadline.code == code and deadline.state == "open":
            due_at: datetime = deadline.due_at
            return due_at
    raise LookupError(f"case {doing.case.number} has no open deadline {code}")
