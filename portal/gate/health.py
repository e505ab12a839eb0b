"""Is the process alive; can it serve."""

from flask import Blueprint
from sqlalchemy import text

from tenants.database import Scope, scoped_session

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> dict[str, str]:
    return {"status": "ok"}


@blueprint.get("/readyz")
def ready() -> tuple[dict[str, str], int]:
    """503 while the database doesn't answer. Redis isn't asked: a complaint is safe without it."""
    try:
        with scoped_session(Scope.directory()) as session:
            session.execute(text("select 1 from directory limit 1"))
    except Exception:
        return {"status": "database does not answer"}, 503
    return {"status": "ok"}, 200
