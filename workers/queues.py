"""RQ's queues, wired by hand. Redis carries ids of batches only; losing it loses nothing."""

from redis import Redis
from rq import Queue

from notifications.settings import settings

URGENT, CLOCKS, NOTICES, PAPERS = "urgent", "clocks", "notices", "papers"
IN_ORDER = (URGENT, CLOCKS, NOTICES, PAPERS)
MOST_WAITING = 100
"""Above this many jobs nothing more is offered; the rows wait where they are safe."""


def redis() -> Redis:
    return Redis.from_url(settings().redis_url.get_secret_value(), socket_connect_timeout=5, health_check_interval=15)


def queue(name: str, connection: Redis) -> Queue:
    return Queue(name, connection=connection, default_timeout=300)
