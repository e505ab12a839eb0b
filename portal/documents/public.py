"""Is this paper genuine? Anyone with the check code may ask; the answer names nobody."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.documents.asking import KINDS
from portal.documents.models import Paper
from portal.gate.clock import now
from portal.gate.words import say_date
from tenants.attempts import count_attempt
from tenants.database import Scope, scoped_session
from tenants.models import Station
from tenants.organisations import find_place

blueprint = Blueprint("verification", __name__)


@blueprint.get("/v")
def ask() -> str | Response:
    code = request.args.get("code", "").strip().upper()
    return (
        redirect(url_for(".verify", code=code)) if code else render_template("public/verify.html", code="", asked=False)
    )


@blueprint.get("/v/<code>")
def verify(code: str) -> str | tuple[str, int]:
    code = code.strip().upper()[:40]
    with scoped_session(Scope.directory()) as session:
        tries = count_attempt(session, "verify", request.remote_addr or "", now(), timedelta(minutes=15))
    if tries > 120:
        return render_template("public/verify.html", code=code, asked=False, too_many=True), 429
    place = find_place(code.split("-")[0])
    if place is None:
        return render_template("public/verify.html", code=code, asked=True, paper=None), 404
    with scoped_session(Scope.public(place.bureau, place.tenant, paper=code)) as session:
        paper = session.scalar(select(Paper).where(Paper.check_code == code))
        station = session.scalar(select(Station).where(Station.tenant_id == place.tenant))
    if paper is None or station is None or paper.issued_at is None or paper.sha256 is None:
        return render_template("public/verify.html", code=code, asked=True, paper=None), 404
    return render_template(
        "public/verify.html", code=code, asked=True, paper=paper, kind=KINDS[paper.kind].title,
        station=station.name, day=say_date(paper.issued_at), digest=paper.sha256.hex(),
    )  # fmt: skip
