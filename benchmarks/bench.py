"""What every benchmark shares: servers of its own, clients in processes, one JSON line at the end."""

import base64
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "script")]

import local  # noqa: E402
import supervise  # noqa: E402


@contextmanager
def servers(web_processes: int = 0) -> Iterator[dict[str, str]]:
    """A private, durable PostgreSQL and a Valkey, migrated, and if asked the web. Yields the environment."""
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    postgres, valkey = local.Postgres(folder / "pg").start(), local.Valkey(folder / "valkey").start()
    local.make_database(postgres)
    port = supervise.free_port(18900)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= local.environment(postgres, valkey) | {
        "MASTER_KEY": base64.b64encode(os.urandom(32)).decode(), "SECRET_KEY": "bench", "TZ": "Asia/Shanghai",
        "FILES_DIR": str(folder / "files"), "PYTHONPATH": str(ROOT), "BIND": f"127.0.0.1:{port}",
        "WEB_PROCESSES": str(web_processes or 1), "PORTAL_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    os.environ.update(environment)
    web = supervise.Part("web", [sys.executable, "-m", "portal", "web"], environment, folder / "web.log")
    try:
        from portal.migrating import migrate

        migrate()
        if web_processes:
            web.healthy = lambda: supervise.answers(f"http://127.0.0.1:{port}/readyz")
            web.start()
            web.wait_healthy()
        yield environment
    finally:
        web.stop()
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run_clients(
    clients: int, seconds: float, make: Callable[..., Callable[[], None]], *arguments: Any
) -> dict[str, float]:
    """`clients` processes, each doing `make(index, *arguments)()` over and over; per second, and times in ms."""
    context = get_context("fork")
    gate = context.Barrier(clients + 1)
    results = context.Queue()
    processes = [
        context.Process(target=_client, args=(index, seconds, gate, results, make, arguments), daemon=True)
        for index in range(clients)
    ]
    for process in processes:
        process.start()
    gate.wait()
    times = [one for _ in processes for one in results.get()]
    for process in processes:
        process.join()
    cuts = statistics.quantiles(times, n=100)
    return {"rate": len(times) / seconds, "p50": cuts[49] * 1000, "p99": cuts[98] * 1000}


def _client(index: int, seconds: float, gate: Any, results: Any, make: Any, arguments: Any) -> None:
    once = make(index, *arguments)
    once()
    gate.wait()
    times, end = [], time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        once()
        times.append(time.perf_counter() - began)
    results.put(times)


def report(**figures: Any) -> None:
    """The last line of a benchmark."""
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
