"""The two kinds of processes beside the web: workers, and the scheduler with the relay."""

import os
import socket
import threading
from datetime import UTC, datetime, timedelta

import structlog
from rq import SimpleWorker, Worker
from rq.cron import CronScheduler

from portal.gate import logs
from workers import jobs, relay
from workers.queues import CLOCKS, IN_ORDER, queue, redis

log = structlog.get_logger()
SILENCE = timedelta(minutes=2)
JOBS_BEFORE_RENEWAL = 2000
"""A worker leaves after so many jobs and is started anew: whatever leaks, leaks no further."""


def is_alive(what: str) -> bool:
    """Whether a `worker` or the `scheduler` of this machine has given a sign of life lately."""
    found = Worker.all(connection=redis()) if what == "worker" else CronScheduler.all(redis())
    lately = datetime.now(UTC) - SILENCE
    here = [one for one in found if one.hostname == socket.gethostname() and one.last_heartbeat]
    return any(one.last_heartbeat.replace(tzinfo=UTC) > lately for one in here)


def work() -> None:
    """Run one worker until it is stopped. A job is a batch; what must survive a kill is a row."""
    logs.configure("worker")
    connection = redis()
    worker = SimpleWorker(
        [queue(name, connection) for name in IN_ORDER], connection=connection,
        worker_ttl=30, job_monitoring_interval=5, maintenance_interval=60,
    )  # fmt: skip
    worker.work(max_jobs=JOBS_BEFORE_RENEWAL, logging_level="WARNING")


def schedule() -> None:
    """Run RQ's cron and the relay. Two schedulers at once do no harm: the clock scan takes a lock."""
    logs.configure("scheduler")
    os.environ["TZ"] = "Asia/Shanghai"
    stop = threading.Event()
    carrier = threading.Thread(target=_carry, args=(stop,), daemon=True, name="relay")
    carrier.start()
    cron = CronScheduler(connection=redis(), logging_level="WARNING")
    cron.register(jobs.watch_clocks, queue_name=CLOCKS, interval=60, result_ttl=0, ttl=55, failure_ttl=3600)
    try:
        cron.start()
    finally:
        stop.set()


def _carry(stop: threading.Event) -> None:
    try:
        relay.run(stop.is_set)
    except Exception as error:
        # A relay that ends takes the process along, so that the supervisor sees it.
        log.error("relay_ended", why=type(error).__name__)
        os._exit(1)
