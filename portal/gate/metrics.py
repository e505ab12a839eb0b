"""Prometheus figures: request times from the web processes, the house's state from the database.

`GET /metrics` answers only to `METRICS_TOKEN`; without one it isn't there.
"""

import hmac
from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.values import ValueClass
from redis import Redis, RedisError
from sqlalchemy import text

from notifications.settings import settings as notification_settings
from portal.gate.clock import now
from portal.settings import settings
from tenants.database import Scope, scoped_session

blueprint = Blueprint("metrics", __name__)
SECONDS = Histogram("portal_request_seconds", "Time of a request", ["method", "route"])
ANSWERS = Counter("portal_requests", "Requests by status", ["method", "route", "status"])
NOTICES = text("select channel, state, count(*) from notice group by 1, 2")
OLDEST = text(
    "select extract(epoch from :at - min(greatest(created_at, not_before))) from notice "
    "where state in ('pending', 'claimed') and not_before <= :at"
)
OVERDUE = text("select code, count(*) from deadline where state = 'open' and due_at < :at group by 1")
PAPERS = text("select state, count(*) from paper group by 1")
QUEUES = ("urgent", "notices", "papers", "clocks")


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    SECONDS.labels(method, route).observe(seconds)
    ANSWERS.labels(method, route, status).inc()


class House(Collector):
    """Read at scrape time, so that it is true whichever process answers."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        at = now()
        with scoped_session(Scope.system("rollup")) as session:
            notices = GaugeMetricFamily("portal_notices", "Notices by channel and state", labels=["channel", "state"])
            for channel, state, count in session.execute(NOTICES):
                notices.add_metric([channel, state], count)
            age = GaugeMetricFamily("portal_outbox_age_seconds", "Age of the oldest notice that waits")
            age.add_metric([], float(session.execute(OLDEST, {"at": at}).scalar() or 0))
            overdue = GaugeMetricFamily("portal_overdue_deadlines", "Open deadlines past their end", labels=["code"])
            for code, count in session.execute(OVERDUE, {"at": at}):
                overdue.add_metric([code], count)
            papers = GaugeMetricFamily("portal_papers", "Papers by state", labels=["state"])
            for state, count in session.execute(PAPERS):
                papers.add_metric([state], count)
        yield from (notices, age, overdue, papers, self._queues())

    def _queues(self) -> GaugeMetricFamily:
        depth = GaugeMetricFamily(
            "portal_queue_depth", "Jobs that wait in Redis; -1 when Redis is away", labels=["queue"]
        )
        for queue in QUEUES:
            try:
                with Redis.from_url(notification_settings().redis_url.get_secret_value()) as redis:
                    depth.add_metric([queue], int(redis.llen(f"rq:queue:{queue}")))
            except RedisError:
                depth.add_metric([queue], -1)
        return depth


@blueprint.get("/metrics")
def metrics() -> Response:
    token = settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is None or not hmac.compare_digest(token.get_secret_value().encode(), given.encode()):
        abort(404)
    registry = CollectorRegistry()
    registry.register(House())
    figures = generate_latest(registry)
    if ValueClass.__name__ == "MmapedValue":
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)
        figures += generate_latest(shared)
    return Response(figures, mimetype="text/plain; version=0.0.4")
