"""The station's public page, the complaint form and its receipt. Runs under the `public` scope.

The form needs no login and changes nothing of anybody's, so it carries no CSRF token: an expired
session must never cost a shopper the complaint. Its idempotency key makes one case of many sends.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from portal.cases.office import Office, kept_office, office_of
from portal.cases.submission import Receipt, submit
from portal.evidence.receiving import BadFile, forget, receive
from portal.gate.clock import now
from portal.gate.words import say_by
from portal.intake.forms import ComplaintForm
from tenants.database import Scope, scoped_session
from tenants.models import Officer, Station
from tenants.organisations import Place, find_place
from tenants.roles import Role

blueprint = Blueprint("intake", __name__)


def place_or_404(code: str) -> Place:
    place = find_place(code)
    if place is None or not place.is_station:
        abort(404)
    return place


def office_at(place: Place, at: datetime) -> Office:
    """The station's office; asks the database only when memory has none."""
    kept = kept_office(place.tenant, at)
    if kept is not None:
        return kept
    with scoped_session(Scope.public(place.bureau, place.tenant)) as opened:
        return office_of(opened, place.bureau, place.tenant, at)


@blueprint.get("/")
def front() -> str:
    return render_template("public/front.html")


@blueprint.post("/find-station")
def find_station() -> AnyResponse | tuple[str, int]:
    typed = request.form.get("code", "").strip().upper()
    place = find_place(typed)
    if place is None or not place.is_station:
        error = f"没有编码为“{typed}”的服务站。编码印在二维码下方,例如 HZ0571。" if typed else "请填写服务站编码。"
        return render_template("public/front.html", code_error=error, typed=typed), 404
    return redirect(url_for(".station", code=place.code))


@blueprint.get("/s/<code>")
def station(code: str) -> str:
    place, at = place_or_404(code), now()
    office = office_at(place, at)
    with scoped_session(Scope.public(place.bureau, place.tenant)) as opened:
        row = opened.execute(select(Station).where(Station.tenant_id == place.tenant)).scalar_one()
        people = opened.execute(select(Officer.name, Officer.roles).order_by(Officer.id)).all()
    duty = [(name, "、".join(Role(role).label for role in roles)) for name, roles in people]
    return render_template("public/station.html", station=row, office=office, duty=duty)


@blueprint.route("/s/<code>/complain", methods=["GET", "POST"])
def complain(code: str) -> str | AnyResponse | tuple[str, int]:
    place, at = place_or_404(code), now()
    office = office_at(place, at)
    form = ComplaintForm(request.form if request.method == "POST" else None, office.rules.profile)
    if request.method == "GET":
        return _form_page(office, form, uuid4())
    key = _key()
    if not form.validate():
        return _form_page(office, form, key), 400
    uploads: list[Any] = [file for file in request.files.getlist("evidence") if _chosen(file)]
    try:
        rows = receive(uploads, "消费者", at)
    except BadFile as error:
        return _form_page(office, form, key, file_error=str(error)), 400
    channel = "qr" if request.form.get("channel") == "qr" else "web"
    receipt = submit(office, form.complaint(channel), _submission_key(form), at, rows)
    if receipt.again:
        forget(rows)
    session["receipt"] = _kept(office, receipt)
    return redirect(url_for(".received", code=office.code), 303)


def _chosen(file: FileStorage) -> bool:
    return bool(file.filename)


def _key() -> UUID:
    """The key that the form was given."""
    try:
        return UUID(request.form.get("key", ""))
    except ValueError:
        return uuid4()


def _submission_key(form: ComplaintForm) -> UUID:
    """The form's key together with what it says: a retry stays one case, and another text under the same key
    (a second tab that shares the draft) is a case of its own instead of being taken for a retry and lost.
    """
    words = (form.phone.data, form.respondent.data, form.subject.data, form.facts.data)
    return uuid5(_key(), "\n".join(words))


def _form_page(office: Office, form: ComplaintForm, key: UUID, file_error: str = "") -> str:
    errors = [(name, words[0]) for name, words in form.errors.items()]
    if file_error:
        errors.append(("evidence", file_error))
    return render_template(
        "public/complain.html", office=office, form=form, key=key, errors=errors, file_error=file_error,
        channel="qr" if request.values.get("from") == "qr" or request.form.get("channel") == "qr" else "web",
    )  # fmt: skip


def _kept(office: Office, receipt: Receipt) -> dict[str, str]:
    return {
        "station": office.code, "number": receipt.number, "code": receipt.code,
        "answer_by": receipt.answer_by.isoformat(), "decision_by": receipt.decision_by.isoformat(),
    }  # fmt: skip


@blueprint.get("/s/<code>/received")
def received(code: str) -> str | AnyResponse:
    kept = session.get("receipt")
    if not kept or kept["station"] != place_or_404(code).code:
        return redirect(url_for(".station", code=code))
    return render_template(
        "public/received.html", office=office_at(place_or_404(code), now()), kept=kept,
        answer_by=say_by(datetime.fromisoformat(kept["answer_by"])),
        decision_by=say_by(datetime.fromisoformat(kept["decision_by"])),
    )  # fmt: skip


@blueprint.get("/s/<code>/received.ics")
def calendar_entry(code: str) -> Response | AnyResponse:
    """The promise as an entry for the phone's calendar."""
    kept = session.get("receipt")
    if not kept or kept["station"] != place_or_404(code).code:
        return redirect(url_for(".station", code=code))
    office = office_at(place_or_404(code), now())
    due = datetime.fromisoformat(kept["answer_by"]).astimezone(UTC)
    stamp = "%Y%m%dT%H%M%SZ"
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//station-portal//ZH", "BEGIN:VEVENT",
        f"UID:{base64.b16encode(kept['number'].encode()).decode().lower()}@station-portal",
        f"DTSTAMP:{now():{stamp}}", f"DTSTART:{due - timedelta(minutes=30):{stamp}}", f"DTEND:{due:{stamp}}",
        f"SUMMARY:{office.short_name}应答复投诉{kept['number']}", f"LOCATION:{office.phone}", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip
    return Response("\r\n".join(lines), mimetype="text/calendar")


@blueprint.get("/elder")
def elder() -> AnyResponse:
    """Switch 长辈版 on or off; remembered for a year."""
    wanted = request.args.get("next", "/")
    target = wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else "/"
    answer = redirect(target)
    answer.set_cookie("elder", request.args.get("on", "1")[:1], max_age=31_536_000, httponly=True, samesite="Lax")
    return answer
