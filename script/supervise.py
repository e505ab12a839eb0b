"""Runs the whole house on one machine: ordered start, health gates, restart with back-off, one Ctrl-C.

Started by script/server. Each part runs in a process group of its own, so that Ctrl-C reaches only this
process, which then stops the parts in the reverse order. If this process is killed, the kernel ends them.
"""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).resolve().parent))
import local

ROOT = local.ROOT
PYTHON = sys.executable
LOGINS = (
    ("湖滨站 站长", "hubin.zhang"),
    ("湖滨站 受理员", "hubin.chen"),
    ("龙翔桥站 站长", "longxiang.wu"),
    ("上城区局 监管人员", "shangcheng.li"),
    ("上城区局 局领导", "shangcheng.zhou"),
)
LONGEST_BACK_OFF = 20.0


def die_with_parent() -> None:
    """In a child: be killed when the supervisor is (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def free_port(wanted: int) -> int:
    """`wanted`, or a free port near it."""
    for port in (wanted, *range(wanted + 1, wanted + 50)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"no free port near {wanted}")


@dataclass
class Part:
    """One process of the house. `healthy` says whether the parts after it may start."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    healthy: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    not_before: float = 0.0
    started: float = field(default=0.0)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.started = time.monotonic()

    def wait_healthy(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process and self.process.poll() is not None:
                raise SystemExit(f"{self.name} stopped at once; see {self.log}")
            if self.healthy():
                return
            time.sleep(0.1)
        raise SystemExit(f"{self.name} doesn't come up; see {self.log}")

    def watch(self) -> None:
        """Start again what fell, later each time it falls soon after its start."""
        now = time.monotonic()
        if self.process and self.process.poll() is not None:
            self.falls = 1 if now - self.started > 60 else self.falls + 1
            self.not_before = now + min(0.5 * 2 ** (self.falls - 1), LONGEST_BACK_OFF)
            self.process = None
        if self.process is None and now >= self.not_before:
            self.start()

    def stop(self, seconds: float = 25) -> None:
        if not self.process or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return bool(opener.open(address, timeout=2).status == 200)
    except OSError:
        return False


def open_port(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class House:
    """All parts, started in order and stopped in reverse."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port(port)
        self.postgres = local.Postgres(folder / "postgres")
        self.valkey = local.Valkey(folder / "valkey")
        self.parts: list[Part] = []
        self.environment: dict[str, str] = {}

    def start(self, demo_password: str, workers: int = 2) -> None:
        self.postgres.start()
        local.make_database(self.postgres)
        self.valkey.start()
        smtp, sms = free_port(self.port + 1000), free_port(self.port + 1100)
        self.environment = self._environment(smtp, sms)
        self._once([PYTHON, "-m", "portal", "migrate"])
        self._once([PYTHON, "-m", "portal", "demo", "--password", demo_password])
        inbox = [PYTHON, str(ROOT / "script" / "inbox.py"), self.environment["INBOX_DIR"], str(smtp), str(sms)]
        self._add("inbox", inbox, lambda: open_port(smtp) and open_port(sms))
        self._add("web", [PYTHON, "-m", "portal", "web"], lambda: answers(f"http://127.0.0.1:{self.port}/readyz"))
        for number in range(1, workers + 1):
            self._add(f"worker-{number}", [PYTHON, "-m", "portal", "worker"])
        self._add("scheduler", [PYTHON, "-m", "portal", "scheduler"])

    def _environment(self, smtp: int, sms: int) -> dict[str, str]:
        kept = self.folder / "secrets"
        chosen = {
            "MASTER_KEY": local.kept_secret(kept / "master-key"),
            "SECRET_KEY": local.kept_secret(kept / "secret-key"),
            "PORTAL_URL": os.environ.get("PORTAL_URL", f"http://127.0.0.1:{self.port}"),
            "BIND": f"127.0.0.1:{self.port}",
            "FILES_DIR": str(self.folder / "files"),
            "INBOX_DIR": str(self.folder / "inbox"),
            "DEMO": "1",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(smtp),
            "SMS_URL": f"http://127.0.0.1:{sms}",
            "TZ": "Asia/Shanghai",
            "PYTHONPATH": str(ROOT),
        }
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return inherited | local.environment(self.postgres, self.valkey) | chosen

    def _once(self, command: list[str]) -> None:
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command[2:4])} failed:\n{done.stderr[-3000:]}")

    def _add(self, name: str, command: list[str], healthy: Callable[[], bool] = lambda: True) -> None:
        part = Part(name, command, self.environment, self.folder / f"{name}.log", healthy)
        self.parts.append(part)
        part.start()
        part.wait_healthy()

    def watch(self) -> None:
        """Start again whatever has fallen."""
        for server in (self.postgres, self.valkey):
            if server.process and server.process.poll() is not None:
                server.start()
        for part in self.parts:
            part.watch()

    def stop(self) -> None:
        for part in reversed(self.parts):
            part.stop()
        self.valkey.stop()
        self.postgres.stop()


def hold_lock(folder: Path) -> IO[str]:
    """One house in one folder. Raises SystemExit when one is running."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise SystemExit(f"已经在运行:{lock.read().strip()}") from None
    return lock


def main() -> int:
    folder = local.place_for("server")
    lock = hold_lock(folder)
    began = time.monotonic()
    house = House(folder, int(os.environ.get("PORT", "8000")))
    password = local.kept_secret(folder / "secrets" / "demo-password", 9)
    stopping: list[int] = []
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _: stopping.append(number))
    try:
        house.start(password)
        address = f"http://127.0.0.1:{house.port}"
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        greet(address, password, time.monotonic() - began)
        while not stopping:
            house.watch()
            time.sleep(0.3)
        say("\n正在停止……")
    finally:
        house.stop()
    say("已全部停止,数据保存完好。")
    return 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def greet(address: str, password: str, seconds: float) -> None:
    say(f"\n消费维权服务站已启动({seconds:.1f}秒)\n")
    say(f"  工作台    {address}/login")
    say(f"  公众页面  {address}/s/HZ0571")
    say(f"  演示收件箱 {address}/dev/inbox\n")
    say(f"  演示账号(密码都是 {password})")
    for what, login in LOGINS:
        say(f"    {login:<18}{what}")
    say("\n按 Ctrl-C 停止。")


if __name__ == "__main__":
    sys.exit(main())
