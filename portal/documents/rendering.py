"""Rendering asked papers: claim with a lease, set without a session open, keep, mark as issued."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from jinja2 import UndefinedError
from sqlalchemy import text

from portal.cases.office import office_of
from portal.documents.facts import facts_of
from portal.documents.models import Paper
from portal.documents.typesetting import Unprintable, pdf_of
from portal.gate.files import keep
from tenants.database import Scope, scoped_session

log = structlog.get_logger()
LEASE = timedelta(minutes=2)
TRIES = 3
OFFER = text(
    """
    update paper set relayed_until = :again
    where (bureau_id, tenant_id, id) in (
        select bureau_id, tenant_id, id from paper
        where state in ('asked', 'rendering') and (relayed_until is null or relayed_until < :at)
          and (state = 'asked' or lease_until < :at)
        order by asked_at limit 500 for update skip locked)
    returning id
    """
)
CLAIM = text(
    """
    update paper set state = 'rendering', lease_until = :lease, attempts = attempts + 1
    where id = any(:ids) and (state = 'asked' or (state = 'rendering' and lease_until < :at))
    returning bureau_id, tenant_id, id
    """
)


def offer(at: datetime) -> list[UUID]:
    """Ids of papers that a worker should render now."""
    with scoped_session(Scope.system("relay")) as session:
        rows = session.execute(OFFER, {"at": at, "again": at + timedelta(seconds=60)})
        return [row.id for row in rows]


def render(ids: Sequence[UUID], at: datetime) -> int:
    """Render those of the papers that are ours to render; returns how many were issued."""
    with scoped_session(Scope.system("render")) as session:
        values = {"ids": list(ids), "at": at, "lease": at + LEASE}
        keys = [(row[0], row[1], row[2]) for row in session.execute(CLAIM, values)]
    return sum(_render_one(key, at) for key in keys)


def _render_one(key: tuple[UUID, UUID, UUID], at: datetime) -> bool:
    with scoped_session(Scope.system("render")) as session:
        paper = session.get_one(Paper, key)
        office = office_of(session, paper.bureau_id, paper.tenant_id, at)
        kind, tries = paper.kind, paper.attempts
        facts = facts_of(session, office, paper)
    try:
        stored = keep(pdf_of(kind, facts))
    except (Unprintable, UndefinedError, OSError) as error:
        log.error("paper_failed", paper=str(key[2]), kind=kind, why=type(error).__name__)
        state = "failed" if tries >= TRIES else "asked"
        _write(key, {"state": state, "error": type(error).__name__, "relayed_until": None})
        return False
    issued = {"sha256": stored.sha256, "size": stored.size, "stored_as": stored.name, "issued_at": at}
    _write(key, issued | {"state": "issued", "error": None})
    return True


def _write(key: tuple[UUID, UUID, UUID], changes: dict[str, Any]) -> None:
    with scoped_session(Scope.system("render")) as session:
        paper = session.get_one(Paper, key, with_for_update=True)
        for name, value in (changes | {"lease_until": None}).items():
            setattr(paper, name, value)
