"""Bureaus and stations: setting them up and finding them by code."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.database import Scope, scoped_session
from tenants.ids import new_id
from tenants.models import Bureau, Directory, Station, TenantKey
from tenants.vault import wrap_new_key

CODE = re.compile(r"[A-Z]{2,4}[0-9]{2,6}")
LEVELS = ("national", "province", "city", "district")
HOST_KINDS = ("商场", "超市", "市场", "企业", "景区")


class BadOrganisation(ValueError):
    """What was given doesn't make a bureau or a station; the message says what and how to mend it."""


@dataclass(frozen=True)
class Place:
    """Where a code leads: the shard and the tenant."""

    code: str
    bureau: UUID
    tenant: UUID

    @property
    def is_station(self) -> bool:
        return self.bureau != self.tenant


_places: dict[str, Place] = {}


def find_place(code: str) -> Place | None:
    """The organisation with `code`, or None. Codes never move, so a hit is kept in memory."""
    code = code.upper()
    if code not in _places:
        if not CODE.fullmatch(code):
            return None
        with scoped_session(Scope.directory()) as session:
            row = session.get(Directory, code)
        if row is None:
            return None
        _places[code] = Place(row.code, row.bureau_id, row.tenant_id)
    return _places[code]


def add_bureau(
    session: Session,
    *,
    code: str,
    name: str,
    short_name: str,
    level: str = "district",
    parent: Bureau | None = None,
    phone: str = "",
    address: str = "",
) -> Bureau:
    """A bureau with its key and its entry in the directory. Needs the `admin` scope.

    Raises:
        BadOrganisation: a malformed or taken code, an unknown level.
    """
    if level not in LEVELS:
        raise BadOrganisation(f"级别应为 {'、'.join(LEVELS)} 之一,您填的是 {level}。")
    _check_code(session, code)
    bureau = Bureau(
        id=new_id(), parent_id=parent.id if parent else None, level=level, code=code,
        name=name, short_name=short_name, phone=phone, address=address,
    )  # fmt: skip
    session.add(bureau)
    session.flush()
    _enrol(session, code, bureau.id, bureau.id)
    return bureau


def add_station(
    session: Session,
    bureau: Bureau,
    *,
    code: str,
    name: str,
    short_name: str,
    host_name: str,
    host_kind: str,
    address: str,
    phone: str,
    hours: str = "每天10:00-21:00",
    intro: str = "",
) -> Station:
    """A station of a district bureau, with its key and its entry in the directory. Needs the `admin` scope.

    Raises:
        BadOrganisation: a malformed or taken code, a bureau that isn't a district, an unknown kind of host.
    """
    if bureau.level != "district":
        raise BadOrganisation(f"服务站只能设在区县局之下,{bureau.name}不是区县局。")
    if host_kind not in HOST_KINDS:
        raise BadOrganisation(f"承办单位类型应为 {'、'.join(HOST_KINDS)} 之一,您填的是 {host_kind}。")
    _check_code(session, code)
    station = Station(
        bureau_id=bureau.id, tenant_id=new_id(), code=code, name=name, short_name=short_name,
        host_name=host_name, host_kind=host_kind, address=address, phone=phone, hours=hours,
        intro=intro, active=True,
    )  # fmt: skip
    session.add(station)
    session.flush()
    _enrol(session, code, bureau.id, station.tenant_id)
    return station


def bureau_by_code(session: Session, code: str) -> Bureau:
    """Raises BadOrganisation when there is none."""
    bureau = session.scalar(select(Bureau).where(Bureau.code == code.upper()))
    if bureau is None:
        raise BadOrganisation(f"没有编码为 {code} 的市场监管局。")
    return bureau


def _check_code(session: Session, code: str) -> None:
    if not CODE.fullmatch(code):
        raise BadOrganisation(f"编码应为2至4个大写字母加2至6位数字,如 HZ0571,您填的是 {code}。")
    if session.get(Directory, code) is not None:
        raise BadOrganisation(f"编码 {code} 已被使用,请换一个。")


def _enrol(session: Session, code: str, bureau: UUID, tenant: UUID) -> None:
    key = TenantKey(bureau_id=bureau, tenant_id=tenant, version=1, wrapped=wrap_new_key(tenant))
    session.add_all([Directory(code=code, bureau_id=bureau, tenant_id=tenant), key])
    session.flush()
