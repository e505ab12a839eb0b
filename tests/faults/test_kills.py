"""Every process is killed in the middle of submissions: nothing acknowledged is lost, every notice goes out once."""

import json
import os
import shutil
import signal
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import supervise

pytestmark = pytest.mark.xdist_group("faults")
KILLED = ("web", "worker-1", "scheduler", "postgres", "valkey", "worker-2", "web", "postgres", "valkey")


@dataclass
class Shopper(threading.Thread):
    """Sends complaints one after the other, each again and again with the same key until it is acknowledged."""

    address: str
    stop: threading.Event
    acknowledged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not self.stop.is_set():
            key = str(uuid.uuid4())
            form = {
                "key": key, "order_number": key, "phone": f"138{uuid.uuid4().int % 10**8:08d}", "name": "王小明",
                "respondent": "鞋店",
                "email": f"{key}@example.org", "subject": "鞋", "facts": "坏了", "requests": "退货",
            }  # fmt: skip
            body = urllib.parse.urlencode(form).encode()
            for _ in range(200):
                try:
                    answer = opener.open(f"{self.address}/s/HZ0571/complain", body, timeout=10)
                    if answer.url.endswith("/received") or answer.status == 200:
                        self.acknowledged.add(key)
                        break
                except (OSError, urllib.error.URLError):
                    time.sleep(0.2)
            time.sleep(0.05)


@pytest.fixture
def house() -> Iterator[supervise.House]:
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-", dir="/var/tmp"))
    folder.chmod(0o755)
    house = supervise.House(folder, 18000 + os.getpid() % 900)
    try:
        house.start("only-for-this-test")
        yield house
    finally:
        house.stop()
        shutil.rmtree(folder, ignore_errors=True)


def kill(house: supervise.House, name: str) -> None:
    if name == "postgres":
        assert house.postgres.process
        house.postgres.process.send_signal(signal.SIGKILL)
        house.postgres.process.wait()
    elif name == "valkey":
        assert house.valkey.process
        house.valkey.process.send_signal(signal.SIGKILL)
        house.valkey.process.wait()
        for left in house.valkey.folder.glob("appendonly*"):
            shutil.rmtree(left)
    else:
        part = next(part for part in house.parts if part.name == name)
        if part.process and part.process.poll() is None:
            os.killpg(part.process.pid, signal.SIGKILL)
            part.process.wait()


def ask(house: supervise.House, sql: str) -> list[tuple[object, ...]]:
    for _ in range(100):
        try:
            with house.postgres.admin("portal") as connection:
                return connection.execute(sql).fetchall()
        except psycopg.OperationalError:
            time.sleep(0.3)
    raise AssertionError("PostgreSQL doesn't come back")


def test_nothing_acknowledged_is_lost_and_every_notice_goes_out_once(house: supervise.House) -> None:
    stop = threading.Event()
    shoppers = [Shopper(f"http://127.0.0.1:{house.port}", stop) for _ in range(4)]
    for shopper in shoppers:
        shopper.start()
    for name in KILLED:
        _watch(house, 3.0)
        kill(house, name)
    _watch(house, 6.0)
    stop.set()
    end = time.monotonic() + 120
    while time.monotonic() < end and (any(shopper.is_alive() for shopper in shoppers) or _waiting(house)):
        _watch(house, 1.0)
    acknowledged = set().union(*(shopper.acknowledged for shopper in shoppers))
    kept = [str(row[0]) for row in ask(house, "select order_number from cases where order_number is not null")]
    assert len(acknowledged) > 30
    assert acknowledged <= set(kept), "an acknowledged complaint is lost"
    assert len(kept) == len(set(kept))
    assert _waiting(house) == 0, "notices wait for ever"
    states = dict(ask(house, "select state, count(*) from notice group by 1"))
    assert set(states) == {"sent"}
    notices = {str(row[0]): str(row[1]) for row in ask(house, "select id, channel from notice")}
    inbox = Path(house.environment["INBOX_DIR"])
    taken = [json.loads(file.read_text()) for file in inbox.glob("*.json")]
    references = [letter["reference"].strip("<>").split("@")[0] for letter in taken]
    assert sorted(references) == sorted(notices), "a notice is lost"
    repeats = (inbox / "repeats.log").read_text().splitlines() if (inbox / "repeats.log").exists() else []
    assert [line for line in repeats if line.startswith("sms")] == [], "a short message went out twice"
    # SMTP can't be asked whether it has a letter: one in flight at a kill may come twice, with the same Message-ID.
    assert len(repeats) <= len(KILLED)
    print(f"{len(acknowledged)} acknowledged, {len(notices)} notices, {len(KILLED)} kills, mails twice: {len(repeats)}")


def _watch(house: supervise.House, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        house.watch()
        time.sleep(0.2)


def _waiting(house: supervise.House) -> int:
    return int(str(ask(house, "select count(*) from notice where state in ('pending', 'claimed')")[0][0]))
