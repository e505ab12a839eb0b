"""Following a complaint: number and code, or phone and a code sent to it. Guessing gets one and the same answer."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from notifications.outbox import PHONE, Recipient, notices
from portal.cases.acting import message_data
from portal.cases.models import Case
from portal.cases.numbers import parse_number, tidy_code, tracking_hash
from portal.cases.office import Office
from portal.cases.parties import cases_of_phone
from portal.cases.steps import Step, take
from portal.intake.models import PhoneCode
from tenants.attempts import count_attempt
from tenants.database import Scope, scoped_session
from tenants.ids import new_id
from tenants.organisations import find_place
from tenants.vault import fingerprint

WINDOW = timedelta(minutes=15)
MOST_PER_NUMBER = 10
MOST_PER_ADDRESS = 40
MOST_CODES_PER_PHONE = 3
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5


class NotFound(Exception):
    """Wrong number, wrong code, or both: nobody is told which."""


class TooMany(Exception):
    """Too many guesses within the window."""


@dataclass(frozen=True)
class Proof:
    """What a browser holds once somebody has proven that a case is theirs."""

    bureau: UUID
    tenant: UUID
    case: UUID

    @property
    def scope(self) -> Scope:
        return Scope.public(self.bureau, self.tenant, case=self.case)


def prove(number: str, code: str, address: str, at: datetime) -> Proof:
    """Check a number and its tracking code.

    Raises:
        NotFound: they don't belong together.
        TooMany: too many tries at this number or from this address.
    """
    with scoped_session(Scope.directory()) as session:
        tries = count_attempt(session, "track-number", number.upper(), at, WINDOW)
        from_here = count_attempt(session, "track-address", address, at, WINDOW)
    if tries > MOST_PER_NUMBER or from_here > MOST_PER_ADDRESS:
        raise TooMany
    parsed = parse_number(number)
    place = find_place(parsed[1]) if parsed else None
    if parsed is None or place is None:
        raise NotFound
    digest = tracking_hash(place.tenant, tidy_code(code))
    with scoped_session(Scope.public(place.bureau, place.tenant, tracking=digest)) as session:
        row = session.execute(select(Case.id, Case.number).where(Case.tracking_hash == digest)).first()
    if row is None or not hmac.compare_digest(row.number, parsed[0]):
        raise NotFound
    return Proof(place.bureau, place.tenant, row.id)


def send_code(office: Office, phone: str, address: str, at: datetime) -> None:
    """Send a one-time code to a phone, whether or not it has cases here: the page looks the same.

    Raises:
        TooMany: this phone or this address has asked too often.
    """
    if not PHONE.fullmatch(phone):
        return
    with scoped_session(Scope.directory()) as session:
        asked = count_attempt(session, "code-phone", f"{office.tenant}:{phone}", at, WINDOW)
        from_here = count_attempt(session, "code-address", address, at, WINDOW)
    if asked > MOST_CODES_PER_PHONE or from_here > MOST_CODES_PER_PHONE * 5:
        raise TooMany
    index = office.vault.index("phone", phone)
    with scoped_session(Scope.public(office.bureau, office.tenant, phone=index)) as session:
        if not cases_of_phone(session, office, phone):
            return
        code, row = f"{secrets.randbelow(10**6):06d}", new_id()
        session.add(
            PhoneCode(
                bureau_id=office.bureau,
                tenant_id=office.tenant,
                id=row,
                phone_index=index,
                sent_at=at,
                tries=0,
                code_hash=fingerprint("phone-code", f"{row}:{code}"),
            )
        )
        step = Step(office.bureau, office.tenant)
        data = message_data(office, "") | {"code": code}
        to = Recipient("consumer", phone)
        step.add(
            "notice",
            *notices(office.vault, event=row, template="verification", to=to, data=data, at=at, priority="code"),
        )
        take(session, step)


def check_code(office: Office, phone: str, code: str, at: datetime) -> list[Proof]:
    """The cases of a phone, newest first, once its code is right. A code works once.

    Raises:
        NotFound: wrong, used or run out.
    """
    index = office.vault.index("phone", phone)
    good = False
    with scoped_session(Scope.public(office.bureau, office.tenant, phone=index)) as session:
        query = select(PhoneCode).where(PhoneCode.phone_index == index).order_by(PhoneCode.id.desc()).limit(1)
        sent = session.scalar(query.with_for_update())
        if sent and sent.used_at is None and at - sent.sent_at < CODE_LIFE and sent.tries < CODE_TRIES:
            sent.tries += 1
            good = hmac.compare_digest(sent.code_hash, fingerprint("phone-code", f"{sent.id}:{code.strip()}"))
            sent.used_at = at if good else None
        cases = cases_of_phone(session, office, phone) if good else []
    if not good:
        raise NotFound
    return [Proof(office.bureau, office.tenant, case) for case in cases]
