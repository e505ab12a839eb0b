"""Real servers for all tests: one PostgreSQL and one Valkey a run, one database a test process."""

import base64
import fcntl
import json
import os
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "script"))
os.environ.setdefault("FONTCONFIG_FILE", str(ROOT / "portal" / "static" / "fonts" / "fonts.conf"))

import local  # noqa: E402

TEMPLATE = "portal_template"


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the servers; its helpers read where they are."""
    if not _is_controller(config):
        os.environ.update(json.loads(config.workerinput["servers"]))  # type: ignore[attr-defined]
        return
    folder = Path(tempfile.mkdtemp(prefix="portal-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    config.folder = folder  # type: ignore[attr-defined]
    postgres = local.Postgres(folder / "pg", fast=True).start()
    valkey = local.Valkey(folder / "valkey").start()
    config.servers = (postgres, valkey)  # type: ignore[attr-defined]
    os.environ.update(_environment(folder, postgres, valkey))
    local.make_database(postgres, TEMPLATE)
    _in_database(TEMPLATE)
    from portal.migrating import migrate

    migrate()
    from tenants.database import engine

    engine().dispose()
    _forget_settings()


def _environment(folder: Path, postgres: local.Postgres, valkey: local.Valkey) -> dict[str, str]:
    return {
        "TEST_FOLDER": str(folder),
        "TEST_SOCKET": str(postgres.socket),
        "TEST_WORDS": json.dumps(postgres.passwords()),
        "REDIS_URL": valkey.url,
        "MASTER_KEY": base64.b64encode(b"0123456789abcdef0123456789abcdef").decode(),
        "SECRET_KEY": "only for tests",
        "FILES_DIR": str(folder / "files"),
        "INBOX_DIR": str(folder / "inbox"),
        "PORTAL_URL": "http://127.0.0.1:8000",
        "TZ": "Asia/Shanghai",
    }


def _in_database(name: str) -> None:
    words, socket = json.loads(os.environ["TEST_WORDS"]), os.environ["TEST_SOCKET"].replace("/", "%2F")
    for variable, user in (("DATABASE_URL", "portal_app"), ("DATABASE_ADMIN_URL", "portal_owner")):
        os.environ[variable] = f"postgresql+psycopg://{user}:{words[user]}@/{name}?host={socket}"


def _forget_settings() -> None:
    import notifications.settings
    import portal.settings
    import tenants.database
    import tenants.settings

    for cached in (
        tenants.settings.settings,
        notifications.settings.settings,
        portal.settings.settings,
        tenants.database.engine,
    ):
        cached.cache_clear()


def pytest_configure_node(node: object) -> None:
    keep = ("TEST_", "REDIS_URL", "MASTER_KEY", "SECRET_KEY", "FILES_DIR", "INBOX_DIR", "PORTAL_URL", "TZ")
    servers = {name: value for name, value in os.environ.items() if name.startswith(keep)}
    node.workerinput["servers"] = json.dumps(servers)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not _is_controller(config) or not hasattr(config, "servers"):
        return
    postgres, valkey = config.servers
    valkey.stop()
    postgres.stop(signal.SIGQUIT)
    shutil.rmtree(config.folder, ignore_errors=True)  # type: ignore[attr-defined]


def make_copy(name: str) -> None:
    """A fresh, migrated database."""
    import psycopg

    words, socket = json.loads(os.environ["TEST_WORDS"]), os.environ["TEST_SOCKET"]
    # PostgreSQL copies a template only while nobody else does.
    with (Path(os.environ["TEST_FOLDER"]) / "copying").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(
            host=socket, user="postgres", password=words["postgres"], dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f'create database "{name}" template {TEMPLATE} owner portal_owner')


@pytest.fixture(scope="session", autouse=True)
def database(worker_id: str) -> str:
    """This process's own database."""
    name = f"portal_{worker_id}"
    make_copy(name)
    _in_database(name)
    _forget_settings()
    from portal.demo.district import load_calendar

    load_calendar()
    return name


@pytest.fixture
def now() -> datetime:
    """A Tuesday morning in office hours: 2026-11-24 10:00 in China."""
    return datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_offices() -> None:
    from portal.cases.office import forget_offices

    forget_offices()
