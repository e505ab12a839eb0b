"""The only writer of cases: a `Step` says what is to be written, `take` writes it in one statement.

One statement means one round trip and one transaction: state, event, deadlines, notices, papers and
audit stand or fall together. The rules that make a Step are pure.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

Row = dict[str, Any]


class Conflict(Exception):
    """Somebody changed the case since it was read; nothing was written."""


@dataclass
class Step:
    """What one act writes. Rows lack `bureau_id` and `tenant_id`; `take` adds them."""

    bureau: UUID
    tenant: UUID
    case_id: UUID | None = None
    seen_version: int | None = None
    """Version of the case that the act was decided on; None when the step doesn't change the case."""
    changes: Row = field(default_factory=dict)
    inserts: dict[str, list[Row]] = field(default_factory=dict)
    """Table: rows."""
    deadline_changes: dict[UUID, Row] = field(default_factory=dict)

    def add(self, table: str, *rows: Row) -> None:
        self.inserts.setdefault(table, []).extend(rows)


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a row")


class _Statement:
    """Collects the parts of one WITH statement and their parameters."""

    def __init__(self, owner: Row) -> None:
        self.owner = owner
        self.parts: list[str] = []
        self.parameters: list[Any] = []

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        filled = [self.owner | row for row in rows]
        names = ", ".join(filled[0])
        self._part(
            f"insert into {table} ({names}) select {names} from json_populate_recordset(null::{table}, %s)", filled
        )

    def update(self, table: str, row: Row, guard: str = "", extra: str = "", *guards: Any) -> None:
        sets = ", ".join(f"{name} = new.{name}" for name in row if name != "id")
        sets = ", ".join(part for part in (sets, extra) if part)
        self._part(
            f"update {table} old set {sets} from json_populate_record(null::{table}, %s) new "
            f"where (old.bureau_id, old.tenant_id, old.id) = (new.bureau_id, new.tenant_id, new.id) {guard}",
            self.owner | row,
            *guards,
        )

    def _part(self, sql: str, value: object, *more: Any) -> None:
        self.parts.append(f"w{len(self.parts)} as ({sql} returning 1)")
        self.parameters += [json.dumps(value, default=_plain, ensure_ascii=False), *more]

    def sql(self) -> str:
        return f"with {', '.join(self.parts)} select (select count(*) from w0)"


def take(session: Session, step: Step) -> None:
    """Write the step.

    Raises:
        Conflict: the case's version isn't `step.seen_version` any more.
    """
    session.flush()
    written = session.connection().exec_driver_sql(*statement_of(step)).scalar_one()
    if step.seen_version is not None and written != 1:
        raise Conflict
    if step.seen_version is not None or step.deadline_changes:
        session.expire_all()


def statement_of(step: Step) -> tuple[str, tuple[Any, ...]]:
    """The one statement that writes the step, and its parameters; it returns how many cases it changed or made.

    Raises:
        ValueError: a table that steps don't write.
    """
    if strange := set(step.inserts) - set(ORDER):
        raise ValueError(f"a step doesn't write {strange}")
    statement = _Statement({"bureau_id": step.bureau, "tenant_id": step.tenant})
    if step.seen_version is not None:
        row = {"id": step.case_id} | step.changes
        statement.update("cases", row, "and old.version = %s", "version = old.version + 1", step.seen_version)
    for table in ORDER:
        if rows := step.inserts.get(table):
            statement.insert(table, rows)
    for deadline, changes in step.deadline_changes.items():
        statement.update("deadline", {"id": deadline} | changes)
    return statement.sql(), tuple(statement.parameters)


ORDER = ("cases", "party", "event", "deadline", "evidence", "notice", "paper", "alert", "audit")
