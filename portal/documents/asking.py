"""Asking for a paper: its number and check code are given in the act's transaction, a worker renders it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.cases.numbers import CODE_ALPHABET
from portal.cases.office import Office
from portal.cases.submission import next_count
from tenants.calendar import china_date
from tenants.ids import new_id


@dataclass(frozen=True)
class Kind:
    code: str
    title: str
    letters: str
    """What stands in the number."""


KINDS = {
    kind.code: kind
    for kind in (
        Kind("registration_form", "投诉登记表", "DJ"),
        Kind("receipt", "登记回执", "HZ"),
        Kind("agreement", "和解(调解)协议书", "XY"),
        Kind("monthly_summary", "服务站月度小结", "YJ"),
    )
}


def ask(
    session: Session, office: Office, kind: str, at: datetime, by: str,
    case: UUID | None = None, data: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A row of table `paper`, numbered without gaps per station, kind and year. Raises KeyError for an unknown kind."""
    letters, year = KINDS[kind].letters, china_date(at).year
    running = next_count(session, office.bureau, office.tenant, f"paper:{letters}:{year}")
    secret = "".join(secrets.choice(CODE_ALPHABET) for _ in range(10))
    return {
        "id": new_id(), "case_id": case, "kind": kind, "number": f"{office.code}-{letters}-{year}-{running:06d}",
        "check_code": f"{office.code}-{secret[:5]}-{secret[5:]}", "asked_at": at, "asked_by": by,
        "data": data or {}, "state": "asked", "relayed_until": None, "lease_until": None, "attempts": 0,
        "issued_at": None, "sha256": None, "size": None, "stored_as": None, "error": None,
    }  # fmt: skip
