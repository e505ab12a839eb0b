"""Bringing a database up to date: the cluster's roles, then Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tenants.settings import settings

SCOPES = ("public", "station", "bureau", "login", "relay", "deliver", "scan", "render", "rollup", "admin")
"""Roles that a session's scope takes; none can log in."""


def config() -> Config:
    return Config(Path(__file__).resolve().parent.parent / "alembic.ini")


def migrate() -> None:
    """Create what roles are missing and run all migrations. Needs DATABASE_ADMIN_URL with CREATEROLE."""
    owner = settings().database_admin_url
    if owner is None:
        raise SystemExit("没有设置 DATABASE_ADMIN_URL:升级数据库须使用表的所有者登录。")
    app = make_url(settings().database_url.get_secret_value())
    engine = create_engine(owner.get_secret_value())
    with engine.begin() as connection:
        # Two migrations at once would both find a role missing.
        connection.execute(text("select pg_advisory_xact_lock(7340000)"))
        known = set(connection.scalars(text("select rolname from pg_roles")))
        for scope in SCOPES:
            if f"portal_{scope}" not in known:
                connection.execute(text(f"create role portal_{scope} nologin"))
        verb = "alter" if app.username in known else "create"
        connection.execute(text(f"{verb} role {app.username} login noinherit password {_quoted(app.password)}"))
        for scope in SCOPES:
            connection.execute(text(f"grant portal_{scope} to {app.username}"))
    engine.dispose()
    command.upgrade(config(), "head")


def newest() -> str | None:
    """The revision that the code expects."""
    return ScriptDirectory.from_config(config()).get_current_head()


def _quoted(value: object) -> str:
    return "'" + str(value or "").replace("'", "''").replace(":", "\\:") + "'"
