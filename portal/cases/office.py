"""A station at work: its facts, its rules and its keys, gathered once and kept for half a minute."""

from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.models import Case
from portal.clocks.deadlines import Rules
from portal.settings import settings
from tenants.calendar import calendar_for, china_date
from tenants.models import Bureau, Station
from tenants.profiles import profile_for
from tenants.vault import Vault, vault_of

KEPT_SECONDS = 30


@dataclass(frozen=True)
class Office:
    """All that an act needs to know of the station it is done at."""

    bureau: UUID
    tenant: UUID
    code: str
    name: str
    short_name: str
    phone: str
    address: str
    host_name: str
    bureau_name: str
    rules: Rules
    profile_version: int
    vault: Vault

    def link(self, path: str) -> str:
        """The full address of a page, for messages and QR codes."""
        return settings().portal_url.rstrip("/") + path


_kept: dict[tuple[UUID, date], tuple[float, Office]] = {}


def office_of(session: Session, bureau: UUID, tenant: UUID, at: datetime) -> Office:
    """The office of a station under the rules in force at `at`: for a case, when it was opened.

    A change of rules or calendar is seen within `KEPT_SECONDS`.
    """
    key = (tenant, china_date(at))
    kept = _kept.get(key)
    if kept is None or monotonic() - kept[0] > KEPT_SECONDS:
        kept = _kept[key] = (monotonic(), _gather(session, bureau, tenant, key[1]))
        if len(_kept) > 5000:
            _kept.clear()
    return kept[1]


def kept_office(tenant: UUID, at: datetime) -> Office | None:
    """The office if it is in memory and fresh: spares the hot path its queries."""
    kept = _kept.get((tenant, china_date(at)))
    return kept[1] if kept and monotonic() - kept[0] <= KEPT_SECONDS else None


def forget_offices() -> None:
    """Drop what is kept; for tests and after a change of rules in this process."""
    _kept.clear()


def _gather(session: Session, bureau: UUID, tenant: UUID, on: date) -> Office:
    station = session.execute(select(Station).where(Station.tenant_id == tenant)).scalar_one()
    authority = session.get_one(Bureau, bureau)
    profile, version = profile_for(session, bureau, tenant, on)
    rules = Rules(profile, calendar_for(session, bureau))
    return Office(
        bureau, tenant, station.code, station.name, station.short_name, station.phone, station.address,
        station.host_name, authority.name, rules, version, vault_of(session, tenant),
    )  # fmt: skip


def office_for(session: Session, case: Case) -> Office:
    """The office of a case's station under the rules that the case was opened under."""
    return office_of(session, case.bureau_id, case.tenant_id, case.created_at)
