"""Structured logs with a request id, and Sentry with personal data taken out.

Log lines carry ids, never what people wrote: no bodies, no query strings, no names.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import sentry_sdk
import structlog

from portal.settings import settings

SECRETS = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|[\w.+-]+@[\w-]+\.[\w.]+|//[^/\s:]+:[^@\s]+@")


def configure(program: str) -> None:
    """Set up logging and Sentry for a process named `program`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _scrub_event,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(program=program)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if settings().sentry_dsn:
        sentry_sdk.init(
            settings().sentry_dsn, send_default_pii=False, max_request_body_size="never",
            include_local_variables=False, before_send=scrub, release=settings().release,
        )  # fmt: skip


def _scrub_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: SECRETS.sub("[…]", value) if isinstance(value, str) else value for name, value in event.items()}


def scrub(event: Any, _hint: Any = None) -> Any:
    """An error report without bodies, cookies, query strings, and anything that looks like a person's data."""
    request = event.get("request")
    if isinstance(request, dict):
        for name in ("data", "cookies", "query_string", "env", "headers"):
            request.pop(name, None)
    event.pop("user", None)
    event.pop("breadcrumbs", None)
    return _scrub_all(event)


def _scrub_all(value: Any) -> Any:
    if isinstance(value, str):
        return SECRETS.sub("[…]", value)
    if isinstance(value, dict):
        return {name: _scrub_all(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_scrub_all(inner) for inner in value]
    return value
