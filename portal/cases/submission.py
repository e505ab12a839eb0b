"""A complaint comes in: one case for one submission, however often it is sent.

Source: domain.md §3 and §4; 平台制度 4.1.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.outbox import notices
from portal.cases.acting import THE_CONSUMER, Actor, audit_row, event_row, message_data
from portal.cases.models import Case
from portal.cases.numbers import case_number, show_code, tracking_code, tracking_hash
from portal.cases.office import Office
from portal.cases.parties import CONSUMER, RESPONDENT, Person, mask_name, party_row, reach
from portal.cases.states import BY_ACT, State
from portal.cases.steps import Row, Step, statement_of
from portal.clocks.deadlines import open_deadline
from portal.gate.words import say_by
from tenants.calendar import china_date
from tenants.database import Scope, scoped_pipeline, scoped_session
from tenants.ids import new_id

COUNT = (
    "insert into counter (bureau_id, tenant_id, name, value) values (%s, %s, %s, 1) "
    "on conflict (bureau_id, tenant_id, name) do update set value = counter.value + 1 returning value"
)


@dataclass(frozen=True)
class Complaint:
    """What a consumer says. Money in CNY."""

    consumer: Person
    respondent: Person
    facts: str
    subject: str
    requests: tuple[str, ...]
    respondent_shop: str = ""
    is_service: bool | None = None
    category: str = ""
    nature: str = ""
    brand: str = ""
    model: str = ""
    batch: str = ""
    quantity: str = ""
    amount: Decimal | None = None
    price: Decimal | None = None
    bought_on: date | None = None
    order_number: str = ""
    bought_online: bool | None = None
    happened_on: date | None = None
    consent_publish: bool = False
    consent_entrust: bool = False
    sex: str = ""
    age_band: str = ""
    consumer_class: str = ""
    channel: str = "web"


@dataclass(frozen=True)
class Receipt:
    """What the consumer gets: number, secret code, and what happens next by when."""

    number: str
    code: str
    answer_by: datetime
    decision_by: datetime
    again: bool = field(default=False, compare=False)
    """The same submission had come in before; this is its receipt once more."""


def next_count(session: Session, bureau: UUID, tenant: UUID, name: str) -> int:
    """The next running number; its row is locked until the transaction ends, so there are no gaps."""
    return int(session.connection().exec_driver_sql(COUNT, (bureau, tenant, name)).scalar_one())


def submit(
    office: Office, complaint: Complaint, key: UUID, at: datetime,
    evidence: list[Row] | None = None, actor: Actor = THE_CONSUMER,
) -> Receipt:  # fmt: skip
    """Register a submission under its idempotency `key`; a repeat gives the first one's receipt.

    `evidence` are rows without `case_id`, their files already safe on disk. Opens `review`,
    `decline_notice` and `decision`. Nothing but the database is touched: safe with Redis down.
    """
    code = tracking_code(office.tenant, key)
    scope = Scope.public(office.bureau, office.tenant, tracking=tracking_hash(office.tenant, code))
    day = china_date(at)
    try:
        with scoped_pipeline(scope) as cursor:
            cursor.execute(COUNT, (office.bureau, office.tenant, f"case:{day:%Y%m%d}"))
            running = cursor.fetchone()
            assert running is not None
            number = case_number(office.code, day, running[0])
            step, receipt = _step(office, complaint, key, at, number, code, actor)
            case_id = step.inserts["cases"][0]["id"]
            if evidence:
                step.add("evidence", *(row | {"case_id": case_id} for row in evidence))
            cursor.execute(*statement_of(step))
        return receipt
    except UniqueViolation as error:
        if "submission_key" not in str(error.diag.constraint_name):
            raise
    with scoped_session(scope) as session:
        case = session.execute(select(Case).where(Case.submission_key == key)).scalar_one()
        return _receipt(office, case.number, code, case.created_at, again=True)


def _receipt(office: Office, number: str, code: str, at: datetime, again: bool = False) -> Receipt:
    ends = {name: open_deadline(new_id(), name, at, office.rules)["due_at"] for name in ("review", "decision")}
    return Receipt(number, show_code(code), ends["review"], ends["decision"], again)


def _step(
    office: Office, complaint: Complaint, key: UUID, at: datetime, number: str, code: str, actor: Actor
) -> tuple[Step, Receipt]:  # fmt: skip
    step, case, event = Step(office.bureau, office.tenant), new_id(), new_id()
    deadlines = {name: open_deadline(case, name, at, office.rules) for name in BY_ACT["submit"].opens}
    receipt = Receipt(number, show_code(code), deadlines["review"]["due_at"], deadlines["decision"]["due_at"])
    nearest = min(row["due_at"] for row in deadlines.values())
    step.add("cases", _case_row(office, complaint, key, at, number, code) | {"id": case, "next_due_at": nearest})
    plain = {"sex": complaint.sex or None, "age_band": complaint.age_band or None}
    plain["consumer_class"] = complaint.consumer_class or None
    step.add("party", party_row(office, case, CONSUMER, complaint.consumer, **plain))
    step.add("party", party_row(office, case, RESPONDENT, complaint.respondent))
    public = f"投诉已提交,{office.short_name}将在{say_by(receipt.answer_by)}审查并答复是否登记。"
    step.add("event", event_row(event, case, at, "submit", actor, State.SUBMITTED, public, None))
    step.add("deadline", *deadlines.values())
    data = message_data(office, number) | {"code": receipt.code, "by": say_by(receipt.answer_by)}
    to = reach(CONSUMER, complaint.consumer)
    step.add("notice", *notices(office.vault, event=event, template="received", to=to, data=data, at=at, case=case))
    step.add("audit", audit_row(at, actor, "submit", case))
    return step, receipt


def _case_row(office: Office, complaint: Complaint, key: UUID, at: datetime, number: str, code: str) -> Row:
    plain = (
        "subject", "respondent_shop", "category", "nature", "brand", "model", "batch", "quantity", "order_number",
    )  # fmt: skip
    row: dict[str, Any] = {name: getattr(complaint, name) or None for name in plain}
    same = ("is_service", "amount", "price", "bought_on", "bought_online", "happened_on", "facts", "channel")
    row |= {name: getattr(complaint, name) for name in (*same, "consent_publish", "consent_entrust")}
    return row | {
        "number": number, "kind": "complaint", "state": State.SUBMITTED, "version": 1,
        "profile_version": office.profile_version, "created_at": at, "red": False, "submission_key": key,
        "tracking_hash": tracking_hash(office.tenant, code.replace("-", "")),
        "consumer_masked": mask_name(complaint.consumer.name), "respondent_name": complaint.respondent.name,
        "requests": list(complaint.requests),
    }  # fmt: skip
