"""A small cast of people for all tests: districts, stations, officers, and a consumer with a complaint."""

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from portal.cases.acting import Actor
from portal.cases.lifecycle import Doing
from portal.cases.office import Office, office_of
from portal.cases.parties import Person
from portal.cases.reading import find
from portal.cases.submission import Complaint, Receipt, submit
from tenants.database import Scope, ScopedSession, scoped_session
from tenants.officers import invite, set_password
from tenants.organisations import add_bureau, add_station
from tenants.roles import Role

PASSWORD = "correct-horse-1"
_number = itertools.count(uuid.uuid4().int % 9000)


@dataclass
class StationCast:
    bureau: UUID
    tenant: UUID
    code: str
    officers: dict[str, UUID] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        return Scope.station(self.bureau, self.tenant)

    def office(self, at: datetime) -> Office:
        with scoped_session(self.scope) as session:
            return office_of(session, self.bureau, self.tenant, at)

    def submit(self, at: datetime, key: UUID | None = None, **changes: object) -> Receipt:
        return submit(self.office(at), complaint(**changes), key or uuid.uuid4(), at)

    def doing(self, session: ScopedSession, number: str, at: datetime, who: str = "head") -> Doing:
        office = office_of(session, self.bureau, self.tenant, at)
        case = find(session, number, lock=True)
        return Doing(session, office, case, Actor(who, self.officers.get(who)), at, case.version)


@dataclass
class DistrictCast:
    bureau: UUID
    code: str
    stations: list[StationCast]
    officers: dict[str, UUID] = field(default_factory=dict)


def complaint(**changes: object) -> Complaint:
    facts: dict[str, object] = {
        "consumer": Person(name="王小明", phone="13800138000", email="wang@example.org"),
        "respondent": Person(name="步步高鞋店"),
        "facts": "买了三天鞋底断裂,店家不肯退。",
        "subject": "运动鞋",
        "requests": ("退货",),
        "amount": Decimal("399.00"),
        "nature": "质量",
    }
    return Complaint(**(facts | changes))  # type: ignore[arg-type]


def district(at: datetime, stations: int = 1) -> DistrictCast:
    """A new district with officers at the bureau and at each station. Logins end in the station's code."""
    number = next(_number)
    with scoped_session(Scope.system("admin")) as session:
        bureau = add_bureau(
            session, code=f"QX{number:05d}", name=f"测试{number}区市场监督管理局", short_name="测试区局"
        )
        made = []
        for index in range(stations):
            code = f"CS{number:04d}{index}"[:8]
            station = add_station(
                session, bureau, code=code, name=f"测试{code}消费维权服务站", short_name="测试站", host_name="测试商场",
                host_kind="商场", address="测试路1号", phone="0571-87000001",
            )  # fmt: skip
            cast = StationCast(bureau.id, station.tenant_id, code)
            for who, roles in (("head", [Role.STATION_HEAD, Role.COORDINATOR]), ("clerk", [Role.CLERK, Role.MEDIATOR])):
                cast.officers[who] = _officer(session, bureau.id, station.tenant_id, f"{who}.{code.lower()}", roles, at)
            made.append(cast)
        whole = DistrictCast(bureau.id, bureau.code, made)
        for who, role in (("supervisor", Role.SUPERVISOR), ("chief", Role.BUREAU_HEAD)):
            whole.officers[who] = _officer(session, bureau.id, bureau.id, f"{who}.{bureau.code.lower()}", [role], at)
    return whole


def _officer(session: ScopedSession, bureau: UUID, tenant: UUID, login: str, roles: list[Role], at: datetime) -> UUID:
    officer, _ = invite(
        session, bureau=bureau, tenant=tenant, name=login.split(".")[0], login=login, roles=roles, at=at,
        email=f"{login}@example.org",
    )  # fmt: skip
    set_password(officer, PASSWORD)
    return officer.id
