"""The people of a case: sealing their personal data, masking it, reaching them."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.outbox import Recipient
from portal.cases.models import Case, Party
from portal.cases.office import Office
from tenants.ids import new_id

CONSUMER = "consumer"
RESPONDENT = "respondent"


@dataclass(frozen=True)
class Person:
    """Personal data of one side; empty strings are what wasn't given."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    id_type: str = ""
    id_number: str = ""
    credit_code: str = ""
    contact: str = ""


def mask_name(name: str) -> str:
    """`王小明` → `王**`; compound surnames aren't told apart."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else "未填写"


def mask_middle(value: str, head: int, tail: int) -> str:
    """Keeps the first `head` and last `tail` signs."""
    if len(value) <= head + tail:
        return "*" * len(value)
    return value[:head] + "*" * (len(value) - head - tail) + value[len(value) - tail :]


def masked(person: Person) -> Person:
    """What may be seen without a reason."""
    name, _, host = person.email.partition("@")
    return Person(
        name=mask_name(person.name) if person.name else "",
        phone=mask_middle(person.phone, 3, 4),
        email=f"{name[:1]}***@{host}" if person.email else "",
        address=mask_middle(person.address, 6, 0) if len(person.address) > 6 else "*" * len(person.address),
        id_type=person.id_type,
        id_number=mask_middle(person.id_number, 4, 2),
        credit_code=person.credit_code,
        contact=mask_name(person.contact) if person.contact else "",
    )


def party_row(office: Office, case: UUID, side: str, person: Person, **plain: Any) -> dict[str, Any]:
    """A row of table `party`; `plain` are the columns for statistics (sex, age_band, consumer_class)."""
    row = new_id()
    filled = {name: value for name, value in asdict(person).items() if value}
    return {
        "id": row, "case_id": case, "side": side,
        "sex": plain.get("sex"), "age_band": plain.get("age_band"), "consumer_class": plain.get("consumer_class"),
        "sealed": office.vault.seal(filled, row, "person"),
        "phone_index": office.vault.index("phone", person.phone) if person.phone else None,
        "id_index": office.vault.index("id", person.id_number.upper()) if person.id_number else None,
    }  # fmt: skip


def people_of(session: Session, office: Office, case: Case) -> dict[str, Person]:
    """The sides of a case by name, opened."""
    rows = session.scalars(select(Party).where(Party.tenant_id == case.tenant_id, Party.case_id == case.id))
    return {row.side: Person(**office.vault.open(row.sealed, row.id, "person")) for row in rows}


def reach(side: str, person: Person) -> Recipient:
    """How a side can be told something."""
    return Recipient(side, person.phone or None, person.email or None)


def cases_of_phone(session: Session, office: Office, phone: str) -> list[UUID]:
    """Ids of the cases at this station whose consumer has this phone, newest first."""
    query = select(Party.case_id).where(
        Party.tenant_id == office.tenant,
        Party.side == CONSUMER,
        Party.phone_index == office.vault.index("phone", phone),
    )
    return list(session.scalars(query.order_by(Party.id.desc()).limit(20)))
