"""No scope sees or touches a neighbour's rows: every table, every scope, every verb."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

import portal.app  # noqa: F401  (every model is loaded)
from portal.cases import lifecycle
from portal.documents.asking import ask
from portal.intake.tracking import send_code
from portal.migrating import SCOPES
from tenants.database import Base, NoScope, Scope, ScopedSession, engine, scoped_session
from tenants.ids import new_id
from tenants.models import Counter, LocalDay, OfficerSession, PolicyProfile
from tenants.profiles import DEFAULT
from tests.cast import DistrictCast, district

SHARED = {"bureau", "directory", "login_name", "calendar_year", "calendar_day", "attempt", "alembic_version"}


@dataclass
class World:
    here: DistrictCast
    there: DistrictCast
    number: str


@pytest.fixture(scope="module")
def world() -> World:
    """Two districts with a row in every owned table, the first one with two stations."""
    at = datetime.fromisoformat("2026-11-24T10:00:00+08:00")
    here, there = district(at, 2), district(at, 1)
    number = ""
    for place in (here, there):
        for station in place.stations:
            number = (
                _fill(place, station, at) if station is here.stations[0] else (_fill(place, station, at) and number)
            )
    return World(here, there, number)


def _fill(place: DistrictCast, station: object, at: datetime) -> str:
    receipt = station.submit(at)  # type: ignore[attr-defined]
    owner = {"bureau_id": station.bureau, "tenant_id": station.tenant}  # type: ignore[attr-defined]
    with scoped_session(station.scope) as session:  # type: ignore[attr-defined]
        doing = station.doing(session, receipt.number, at)  # type: ignore[attr-defined]
        lifecycle.accept(doing, "", [ask(session, doing.office, "receipt", at, "head", doing.case.id)])
        case, event = doing.case.id, new_id()
        notice = session.execute(text("select id from notice limit 1")).scalar_one()
        deadline = session.execute(text("select id from deadline limit 1")).scalar_one()
    send_code(station.office(at), "13800138000", str(event), at)  # type: ignore[attr-defined]
    with scoped_session(Scope.public(**{k[:-3]: v for k, v in owner.items()})) as session:
        values = {**owner, "id": new_id(), "case": case, "at": at}
        session.execute(
            text(
                "insert into evidence (bureau_id, tenant_id, id, case_id, added_at, added_by, label, media_type, size,"
                " sha256, original_sha256, stored_as) values (:bureau_id, :tenant_id, :id, :case, :at, 'x', 'x',"
                " 'image/png', 1, '', '', 'x')"
            ),
            values,
        )
    with scoped_session(Scope.system("deliver")) as session:
        session.execute(
            text(
                "insert into notice_attempt (bureau_id, tenant_id, id, notice_id, provider, started_at)"
                " values (:bureau_id, :tenant_id, :id, :notice, 'smtp', :at)"
            ),
            {**owner, "id": new_id(), "notice": notice, "at": at},
        )
    with scoped_session(Scope.system("scan")) as session:
        session.execute(
            text(
                "insert into alert (bureau_id, tenant_id, id, deadline_id, case_id, rung, officer_id, raised_at,"
                " not_before) values (:bureau_id, :tenant_id, :id, :deadline, :case, 'half', :id, :at, :at)"
            ),
            {**owner, "id": new_id(), "deadline": deadline, "case": case, "at": at},
        )
    with scoped_session(Scope.system("admin")) as session:
        body = DEFAULT.model_dump(mode="json")
        session.add(PolicyProfile(**owner, id=new_id(), version=1, effective_from=date(2099, 1, 1), body=body))
        day = at.date() + timedelta(days=place.stations.index(station) + 100)  # type: ignore[arg-type]
        session.add(
            LocalDay(bureau_id=place.bureau, tenant_id=place.bureau, id=new_id(), day=day, off=True, reason="x")
        )
    with scoped_session(Scope.system("login")) as session:
        head = station.officers["head"]  # type: ignore[attr-defined]
        session.add(OfficerSession(**owner, id=new_id(), officer_id=head, began_at=at, seen_at=at))
    return receipt.number  # type: ignore[no-any-return]


def owned_tables() -> list[str]:
    return sorted(table.name for table in Base.metadata.tables.values() if table.name not in SHARED)


def admin() -> object:
    import json
    import os

    import psycopg

    words = json.loads(os.environ["TEST_WORDS"])
    name = os.environ["DATABASE_URL"].split("@/")[1].split("?")[0]
    return psycopg.connect(
        host=os.environ["TEST_SOCKET"], user="postgres", password=words["postgres"], dbname=name, autocommit=True
    )


def test_every_table_has_forced_policies_or_is_known_to_be_shared() -> None:
    with admin() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(
            "select relname, relrowsecurity and relforcerowsecurity, "
            "(select count(*) from pg_policy where polrelid = c.oid) from pg_class c "
            "where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        ).fetchall()
    tables = {row[0]: row for row in rows}
    assert set(tables) - SHARED == set(owned_tables())
    for name in owned_tables():
        assert tables[name][1], f"{name} has no forced row-level security"
        assert tables[name][2] > 0, f"{name} has no policy"


def test_owner_columns_stand_in_every_key_of_owned_tables() -> None:
    for name in owned_tables():
        table = Base.metadata.tables[name]
        for constraint in table.constraints:
            kind = type(constraint).__name__
            columns = {column.name for column in getattr(constraint, "columns", [])}
            targets = {fk.column.table.name for fk in getattr(constraint, "elements", [])}
            if kind in ("PrimaryKeyConstraint", "UniqueConstraint") or (
                kind == "ForeignKeyConstraint" and not targets <= SHARED
            ):
                assert {"bureau_id", "tenant_id"} <= columns, f"{name}: {kind} {sorted(columns)}"


def test_the_app_owns_nothing_and_cannot_bypass() -> None:
    with admin() as connection:  # type: ignore[attr-defined]
        row = connection.execute(
            "select rolsuper, rolbypassrls, rolinherit, rolcreaterole from pg_roles where rolname = 'portal_app'"
        ).fetchone()
        owned = connection.execute(
            "select count(*) from pg_class where pg_get_userbyid(relowner) like 'portal_%' "
            "and pg_get_userbyid(relowner) <> 'portal_owner'"
        ).fetchone()
    assert row == (False, False, False, False)
    assert owned == (0,)


def test_a_session_without_a_scope_raises_and_the_database_refuses_too() -> None:
    with pytest.raises(NoScope), ScopedSession() as session:
        session.execute(text("select 1 from cases"))
    with engine().connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("select count(*) from cases"))


def scopes_of(world: World) -> dict[str, tuple[Scope, set[uuid.UUID]]]:
    """Scope by name, and the tenants whose rows it may see."""
    first, second = world.here.stations
    bureau = world.here.bureau
    return {
        "station": (first.scope, {first.tenant, bureau}),
        "bureau": (Scope.of_bureau(bureau), {first.tenant, second.tenant, bureau}),
        "public": (Scope.public(bureau, first.tenant), {first.tenant, bureau}),
    }


@pytest.mark.parametrize("who", ["station", "bureau", "public"])
@pytest.mark.parametrize("table", owned_tables())
def test_neighbours_are_neither_seen_nor_touched(world: World, table: str, who: str) -> None:
    scope, mine = scopes_of(world)[who]
    with admin() as connection:  # type: ignore[attr-defined]
        count = connection.execute(f"select count(distinct tenant_id) from {table}").fetchone()[0]
        before = connection.execute(f"select * from {table} order by 1, 2, 3").fetchall()
    assert count >= 2, f"the fixture fills no neighbour's row in {table}"
    columns = Base.metadata.tables[table].columns
    some = next(
        (name for name in ("state", "label", "name", "act", "reason", "version") if name in columns), "tenant_id"
    )
    for statement in (
        f"select distinct tenant_id from {table}",
        f"update {table} set {some} = {some} returning tenant_id",
        f"update {table} set tenant_id = '{world.there.stations[0].tenant}'",
        f"delete from {table} returning tenant_id",
    ):
        with ScopedSession(scope) as session:
            try:
                rows = session.execute(text(statement))
                seen = {row[0] for row in rows} if rows.returns_rows else set()
                assert rows.returns_rows or rows.rowcount == 0, f"{who} moved rows of {table} to a neighbour"
            except DBAPIError as error:
                assert "permission denied" in str(error) or "row-level security" in str(error)
                seen = set()
            finally:
                session.rollback()
        assert seen <= mine, f"{who} reached a neighbour's {table} by: {statement}"
    _no_insert(scope, table, world)
    with admin() as connection:  # type: ignore[attr-defined]
        assert connection.execute(f"select * from {table} order by 1, 2, 3").fetchall() == before


def _no_insert(scope: Scope, table: str, world: World) -> None:
    """A copy of a row under the neighbour's name is refused."""
    neighbour = world.there.stations[0]
    values = {"bureau_id": str(neighbour.bureau), "tenant_id": str(neighbour.tenant), "id": str(new_id())}
    with ScopedSession(scope) as session:
        with pytest.raises(DBAPIError) as caught:
            import json

            session.execute(
                text(f"insert into {table} select * from json_populate_record(null::{table}, :row)"),
                {"row": json.dumps(values)},
            )
        session.rollback()
    assert "permission denied" in str(caught.value) or "row-level security" in str(caught.value)


def test_raw_sql_without_a_filter_sees_only_its_own(world: World) -> None:
    first = world.here.stations[0]
    with scoped_session(first.scope) as session:
        assert session.execute(text("select number from cases")).scalars().all() == [world.number]
    with scoped_session(Scope.of_bureau(world.there.bureau)) as session:
        assert world.number not in session.execute(text("select number from cases")).scalars().all()


def test_the_public_sees_no_case_without_proof_and_no_internal_note(world: World) -> None:
    first = world.here.stations[0]
    with scoped_session(Scope.public(first.bureau, first.tenant)) as session:
        for table in ("cases", "party", "deadline", "evidence", "paper"):
            assert session.execute(text(f"select count(*) from {table}")).scalar_one() == 0
    with scoped_session(first.scope) as session:
        case = session.execute(text("select id from cases")).scalar_one()
        at = datetime.fromisoformat("2026-11-24T11:00:00+08:00")
        lifecycle.note(first.doing(session, world.number, at), "内部备注不能外传")
    with scoped_session(Scope.public(first.bureau, first.tenant, case=case)) as session:
        shown = session.execute(text("select public_text from event")).scalars().all()
        assert shown
        assert all(shown)
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("select internal_text from event"))


@pytest.mark.parametrize("scope", ["relay", "deliver", "scan", "render", "rollup", "login", "admin"])
def test_system_roles_reach_their_own_tables_only(scope: str) -> None:
    allowed = {
        "relay": {"notice", "paper"},
        "deliver": {"notice", "notice_attempt", "tenant_key"},
        "rollup": {"notice", "paper", "deadline"},
        "login": {"officer", "officer_session", "station"},
        "admin": {"station", "officer", "tenant_key", "policy_profile", "local_day"},
        "render": {"station", "tenant_key", "policy_profile", "local_day", "cases", "party", "event", "deadline",
                   "evidence", "paper"},
        "scan": {"station", "tenant_key", "officer", "policy_profile", "local_day", "cases", "event", "deadline",
                 "alert", "notice"},
    }[scope]  # fmt: skip
    with admin() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(
            "select table_name from information_schema.column_privileges where grantee = %s and table_schema = 'public'"
            " group by 1",
            (f"portal_{scope}",),
        ).fetchall()
    assert {row[0] for row in rows} - SHARED == allowed
    assert scope in SCOPES


def test_timeline_and_audit_cannot_be_rewritten_by_anybody() -> None:
    with admin() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(
            "select grantee, privilege_type from information_schema.table_privileges "
            "where table_name in ('event', 'audit') and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE') "
            "and grantee not in ('postgres', 'portal_owner')"
        ).fetchall()
    assert rows == []


def test_counter_is_owned(world: World) -> None:
    with scoped_session(world.here.stations[0].scope) as session:
        assert {row.tenant_id for row in session.query(Counter)} == {world.here.stations[0].tenant}


def test_models_and_migrations_agree() -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from tenants.settings import settings

    url = settings().database_admin_url
    assert url is not None
    with create_engine(url.get_secret_value()).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
