"""Officers: invitation, password, login with lock-out, and the login that is under way."""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.database import Scope, scoped_session
from tenants.ids import new_id
from tenants.models import Bureau, LoginName, Officer, OfficerSession, Station
from tenants.roles import AT_BUREAU, AT_STATION, Role
from tenants.vault import fingerprint

INVITE_DAYS = 7
IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
FREE_FAILURES = 5
LONGEST_LOCK = timedelta(hours=1)
LEAST_PASSWORD = 10


class BadOfficer(ValueError):
    """An invitation, a role or a password that can't be; the message is for the person at the page."""


class Locked(Exception):
    """Too many wrong passwords."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class WrongLogin(Exception):
    """No such login name, or another password: which of the two isn't said."""


@dataclass(frozen=True)
class Person:
    """The officer of a request, as the pages need them; a value, not a row."""

    id: UUID
    bureau: UUID
    tenant: UUID
    session: UUID
    name: str
    login: str
    roles: frozenset[Role]
    organisation: str
    organisation_short: str
    code: str

    @property
    def at_bureau(self) -> bool:
        return self.bureau == self.tenant

    @property
    def scope(self) -> Scope:
        if self.at_bureau:
            return Scope.of_bureau(self.bureau)
        return Scope.station(self.bureau, self.tenant)

    def has(self, *roles: Role) -> bool:
        return bool(self.roles.intersection(roles))


@lru_cache
def hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache
def _nobodys_hash() -> str:
    return hasher().hash("nobody has this password")


def invite(
    session: Session, *, bureau: UUID, tenant: UUID, name: str, login: str, roles: Collection[Role],
    at: datetime, email: str | None = None, phone: str | None = None, on_page: bool = False,
) -> tuple[Officer, str]:  # fmt: skip
    """A new officer without a password, and the secret of the page where they set it. Needs `admin`.

    Raises:
        BadOfficer: a taken login name, or a role that isn't of this kind of organisation.
    """
    allowed = AT_BUREAU if bureau == tenant else AT_STATION
    strange = set(roles) - allowed
    if strange or not roles:
        raise BadOfficer(f"角色应在 {'、'.join(sorted(allowed))} 之中。")
    if session.get(LoginName, login) is not None:
        raise BadOfficer(f"登录名 {login} 已被使用,请换一个。")
    secret = secrets.token_urlsafe(24)
    officer = Officer(
        bureau_id=bureau, tenant_id=tenant, id=new_id(), name=name, login=login,
        roles=sorted(roles), email=email, phone=phone, on_page=on_page, active=True, failures=0,
        invite_hash=fingerprint("invite", secret), invite_until=at + timedelta(days=INVITE_DAYS),
    )  # fmt: skip
    session.add_all([officer, LoginName(name=login, bureau_id=bureau, tenant_id=tenant, officer_id=officer.id)])
    session.flush()
    return officer, secret


def check_password_rules(password: str, login: str) -> None:
    """Raises BadOfficer when a password is too short or is the login name."""
    if len(password) < LEAST_PASSWORD:
        raise BadOfficer(f"密码至少{LEAST_PASSWORD}个字符,您填了{len(password)}个。")
    if login.lower() in password.lower():
        raise BadOfficer("密码里不能含有登录名,请换一个。")


def set_password(officer: Officer, password: str) -> None:
    """Hash with argon2id; ends the invitation. Raises BadOfficer by the password rules."""
    check_password_rules(password, officer.login)
    officer.password_hash = hasher().hash(password)
    officer.invite_hash = officer.invite_until = None
    officer.failures, officer.locked_until = 0, None


def accept_invitation(login: str, secret: str, password: str, at: datetime) -> None:
    """Set the first password with an invitation's secret.

    Raises:
        WrongLogin: no such invitation, or it has run out.
        BadOfficer: the password breaks the rules.
    """
    with scoped_session(Scope.system("login")) as session:
        officer = _by_login(session, login)
        good = (
            officer is not None
            and officer.invite_hash is not None
            and officer.invite_until is not None
            and officer.invite_until > at
            and hmac.compare_digest(officer.invite_hash, fingerprint("invite", secret))
        )
        if not good or officer is None:
            raise WrongLogin
        set_password(officer, password)


def log_in(login: str, password: str, at: datetime) -> Person:
    """Check a password and open a session of the officer.

    Raises:
        Locked: too many failures; each further one doubles the wait, up to an hour.
        WrongLogin: unknown name or wrong password.
    """
    with scoped_session(Scope.system("login")) as session:
        officer = _by_login(session, login)
        if officer is not None and officer.locked_until is not None and officer.locked_until > at:
            raise Locked(officer.locked_until)
        if _matches(officer, password) and officer is not None:
            officer.failures, officer.locked_until = 0, None
            began = OfficerSession(
                bureau_id=officer.bureau_id, tenant_id=officer.tenant_id, id=new_id(),
                officer_id=officer.id, began_at=at, seen_at=at,
            )  # fmt: skip
            session.add(began)
            session.flush()
            return _person(session, officer, began)
        if officer is not None:
            officer.failures += 1
            over = officer.failures - FREE_FAILURES
            if over >= 0:
                officer.locked_until = at + min(timedelta(minutes=1) * 2**over, LONGEST_LOCK)
    raise WrongLogin


def _matches(officer: Officer | None, password: str) -> bool:
    known = officer is not None and officer.active and officer.password_hash
    try:
        # An unknown name costs as much time as a known one.
        hasher().verify((officer.password_hash if known and officer else None) or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(known)


def person_of(bureau: UUID, tenant: UUID, session_id: UUID, at: datetime) -> Person | None:
    """The officer of a session under way; None when it ended, idled out or the officer left."""
    with scoped_session(Scope.system("login")) as session:
        under_way = session.get(OfficerSession, (bureau, tenant, session_id))
        if under_way is None or under_way.ended_at is not None:
            return None
        if at - under_way.seen_at > IDLE or at - under_way.began_at > LONGEST:
            return None
        officer = session.get(Officer, (bureau, tenant, under_way.officer_id))
        if officer is None or not officer.active:
            return None
        if at - under_way.seen_at > timedelta(minutes=1):
            under_way.seen_at = at
        return _person(session, officer, under_way)


def log_out(person: Person, at: datetime) -> None:
    """End the session, wherever its cookie may have been copied to."""
    with scoped_session(Scope.system("login")) as session:
        under_way = session.get(OfficerSession, (person.bureau, person.tenant, person.session))
        if under_way is not None:
            under_way.ended_at = at


def _by_login(session: Session, login: str) -> Officer | None:
    name = session.get(LoginName, login.strip().lower())
    if name is None:
        return None
    key = (name.bureau_id, name.tenant_id, name.officer_id)
    return session.get(Officer, key, with_for_update=True)


def _person(session: Session, officer: Officer, under_way: OfficerSession) -> Person:
    home: Bureau | Station
    if officer.bureau_id == officer.tenant_id:
        home = session.get_one(Bureau, officer.bureau_id)
    else:
        home = session.get_one(Station, (officer.bureau_id, officer.tenant_id))
    return Person(
        id=officer.id, bureau=officer.bureau_id, tenant=officer.tenant_id, session=under_way.id,
        name=officer.name, login=officer.login, roles=frozenset(Role(role) for role in officer.roles),
        organisation=home.name, organisation_short=home.short_name, code=home.code,
    )  # fmt: skip


def officers_with(session: Session, tenant: UUID, roles: Collection[str]) -> list[Officer]:
    """Active officers of an organisation that hold one of `roles`."""
    query = select(Officer).where(Officer.tenant_id == tenant, Officer.active, Officer.roles.overlap(list(roles)))
    return list(session.scalars(query.order_by(Officer.id)))
