"""The database engine and the *scope* of a session.

A transaction starts by taking the role and the tenant of its scope in one round trip; all of it ends
with the transaction, so it works behind PgBouncer in transaction mode. The app's own login owns
nothing and inherits nothing: without a scope the database itself refuses every table, and
`scoped_session` raises before it comes to that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, ForeignKeyConstraint, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column

from tenants.ids import new_id
from tenants.settings import settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class NoScope(RuntimeError):
    """A query was about to run in a session that says nothing of whose data it may see."""


@dataclass(frozen=True)
class Scope:
    """Whose rows a transaction may see and touch. Make one with the class methods.

    `role` is the PostgreSQL role; the other fields become `app.<name>` settings that the policies read.
    """

    role: str
    bureau: UUID | None = None
    tenant: UUID | None = None
    case: UUID | None = None
    """A case that a member of the public has proven to be theirs."""
    tracking: bytes | None = None
    """Hash of a tracking code that a member of the public has typed."""
    phone: bytes | None = None
    """Blind index of a phone that a member of the public has proven to be theirs."""
    paper: str | None = None
    """Check code of a paper that somebody wants verified."""

    PURPOSES: ClassVar[frozenset[str]] = frozenset({"login", "relay", "deliver", "scan", "render", "rollup", "admin"})

    @classmethod
    def public(cls, bureau: UUID, tenant: UUID, **proof: Any) -> "Scope":
        return cls("portal_public", bureau, tenant, **proof)

    @classmethod
    def directory(cls) -> "Scope":
        """The public directory alone: which station has which code."""
        return cls("portal_public")

    @classmethod
    def station(cls, bureau: UUID, tenant: UUID) -> "Scope":
        return cls("portal_station", bureau, tenant)

    @classmethod
    def of_bureau(cls, bureau: UUID) -> "Scope":
        return cls("portal_bureau", bureau, bureau)

    @classmethod
    def system(cls, purpose: str) -> "Scope":
        """A job of the house, each with a database role that reaches its job's tables only."""
        if purpose not in cls.PURPOSES:
            raise ValueError(f"unknown system purpose {purpose!r}")
        return cls(f"portal_{purpose}")

    def settings(self) -> dict[str, str]:
        """What `set_config` is to set, by name."""
        values = {"role": self.role}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "role" and value is not None:
                values[f"app.{field.name}"] = value.hex() if isinstance(value, bytes) else str(value)
        return values


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class Owned:
    """Columns of every row that belongs to an organisation: the district is the shard, the tenant the owner."""

    bureau_id: Mapped[UUID] = mapped_column(PG_UUID, primary_key=True, sort_order=-30)
    tenant_id: Mapped[UUID] = mapped_column(PG_UUID, primary_key=True, sort_order=-29)
    id: Mapped[UUID] = mapped_column(PG_UUID, primary_key=True, default=new_id, sort_order=-28)


def owned_key(column: str, table: str, *, cascade: str | None = None) -> ForeignKeyConstraint:
    """A foreign key from `column` to an owned `table`, inside the same organisation."""
    return ForeignKeyConstraint(
        ["bureau_id", "tenant_id", column],
        [f"{table}.bureau_id", f"{table}.tenant_id", f"{table}.id"],
        ondelete=cascade,
    )


@lru_cache
def engine() -> Engine:
    made = create_engine(
        settings().database_url.get_secret_value(),
        pool_size=settings().database_pool,
        max_overflow=settings().database_pool,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args={"connect_timeout": 5, "application_name": "portal"},
    )
    if not settings().database_prepares:
        event.listen(made, "connect", lambda connection, _: setattr(connection, "prepare_threshold", None))
    return made


class ScopedSession(Session):
    """A session that can't run a query without a scope."""

    def __init__(self, scope: Scope | None = None, **options: Any) -> None:
        super().__init__(bind=engine(), expire_on_commit=False, **options)
        self.scope = scope


def _entry(scope: Scope) -> tuple[str, tuple[str, ...]]:
    """The statement that takes a scope, and its parameters."""
    wanted = scope.settings()
    calls = ", ".join(["set_config(%s, %s, true)"] * len(wanted))
    return f"select {calls}", tuple(part for pair in wanted.items() for part in pair)


def _enter(session: Session, _: SessionTransaction, connection: Connection) -> None:
    if not isinstance(session, ScopedSession) or session.scope is None:
        raise NoScope("open the session with scoped_session(scope)")
    connection.exec_driver_sql(*_entry(session.scope))


event.listen(ScopedSession, "after_begin", _enter)


@contextmanager
def scoped_session(scope: Scope) -> Iterator[ScopedSession]:
    """One transaction under `scope`: commits at the end, rolls back on an exception."""
    with ScopedSession(scope) as session, session.begin():
        yield session


@contextmanager
def scoped_pipeline(scope: Scope) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """One transaction under `scope` for a hot path: plain psycopg, statements sent without waiting in between.

    The scope travels with the first statement and the commit with the last one, so that an act of two
    statements costs two round trips. Raises psycopg's own errors.
    """
    pooled = engine().raw_connection()
    try:
        connection = pooled.driver_connection
        assert isinstance(connection, psycopg.Connection)
        with connection.pipeline(), connection.transaction(), connection.cursor() as cursor:
            cursor.execute(*_entry(scope))
            yield cursor
    except psycopg.OperationalError as error:
        pooled.invalidate(error)
        raise
    finally:
        pooled.close()
