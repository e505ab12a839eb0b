"""The relay: what the database says is due is offered to the workers. Woken by NOTIFY; polling is its net."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import sleep

import psycopg
import structlog
from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError

from notifications import relay as outbox
from portal.documents import rendering
from tenants.settings import settings
from workers import jobs
from workers.queues import MOST_WAITING, NOTICES, PAPERS, URGENT, queue, redis

log = structlog.get_logger()
POLL_SECONDS = 2.0
PAPERS_IN_A_JOB = 5


def relay_once(connection: Redis, at: datetime) -> int:
    """Offer all that is due; returns how many jobs were made. Raises RedisError, SQLAlchemyError."""
    made = 0
    # Ask Redis first: if it is away, no row is marked as offered.
    if queue(NOTICES, connection).count < MOST_WAITING:
        for priority, channel, ids in outbox.offer(at):
            queue(URGENT if priority == 0 else NOTICES, connection).enqueue(
                jobs.deliver, channel, [str(one) for one in ids], result_ttl=0, failure_ttl=3600
            )
            made += 1
    if queue(PAPERS, connection).count < MOST_WAITING:
        papers = [str(one) for one in rendering.offer(at)]
        for start in range(0, len(papers), PAPERS_IN_A_JOB):
            batch = papers[start : start + PAPERS_IN_A_JOB]
            queue(PAPERS, connection).enqueue(jobs.render, batch, result_ttl=0, failure_ttl=3600)
            made += 1
    return made


def run(stopped: Callable[[], bool]) -> None:
    """Relay until `stopped()`. A database or Redis that goes away is waited for."""
    listener: psycopg.Connection[tuple[object, ...]] | None = None
    connection = redis()
    while not stopped():
        try:
            if listener is None or listener.closed:
                listener = _listen()
            relay_once(connection, datetime.now(UTC))
            for _ in listener.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass
        except (RedisError, SQLAlchemyError, psycopg.Error, OSError) as error:
            log.warning("relay_waits", why=type(error).__name__)
            if listener is not None:
                listener.close()
            listener = None
            _pause(stopped)


def _listen() -> psycopg.Connection[tuple[object, ...]]:
    url = settings().database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://")
    listener = psycopg.connect(url, autocommit=True, connect_timeout=5)
    listener.execute(f"listen {outbox.WAKE}")
    return listener


def _pause(stopped: Callable[[], bool]) -> None:
    for _ in range(10):
        if not stopped():
            sleep(0.1)
