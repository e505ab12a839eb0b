"""Pages for following a complaint. What the browser has proven stands in its signed session cookie."""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.cases.acting import THE_CONSUMER
from portal.cases.lifecycle import Doing, add_evidence, withdraw
from portal.cases.models import Case, Event
from portal.cases.office import office_for
from portal.cases.reading import deadlines_of
from portal.cases.states import ALIVE, BY_ACT, State
from portal.cases.steps import Conflict
from portal.evidence.models import Evidence
from portal.evidence.receiving import BadFile, forget, receive
from portal.gate.clock import now
from portal.gate.words import say_by, say_time
from portal.intake.public import office_at, place_or_404
from portal.intake.tracking import NotFound, Proof, TooMany, check_code, prove, send_code
from tenants.database import scoped_session
from tenants.organisations import Place, find_place

blueprint = Blueprint("tracking", __name__)
WRONG = "编号或查询码不正确,请对照回执或短信检查。查询码由10位字母和数字组成,没有数字0、1和字母I、O。"
TOO_MANY = "尝试次数过多,请15分钟后再试,或致电服务站查询。"
SENTENCES = {
    State.SUBMITTED: "服务站已收到您的投诉,正在审查是否登记。",
    State.NEEDS_INFORMATION: "服务站需要您补充材料,补齐后继续办理。",
    State.ACCEPTED: "您的投诉已登记,服务站正在联系双方。",
    State.MEDIATING: "服务站正在调解。",
    State.SUSPENDED: "调解暂时中止,恢复后继续办理。",
    State.SETTLED: "双方已达成和解,等待签署协议书。",
    State.PERFORMING: "和解协议正在履行。",
    State.DEFAULTED: "和解协议未按期履行,服务站正在准备移交市场监管局。",
    State.TERMINATED: "调解已终止,服务站将把材料移交市场监管局。",
    State.HANDED_OVER: "材料已移交市场监管局。",
    State.WITHDRAWN: "您已撤回投诉。",
    State.DECLINED: "经审查不予登记,理由和其他维权途径见下方进展。",
    State.CLOSED: "您的投诉已办结。",
}
STEPS = ("提交", "登记", "调解", "结果", "办结")
STEP_OF = {
    State.SUBMITTED: 1, State.NEEDS_INFORMATION: 1, State.ACCEPTED: 2, State.MEDIATING: 3, State.SUSPENDED: 3,
    State.SETTLED: 4, State.PERFORMING: 4, State.DEFAULTED: 4, State.TERMINATED: 4, State.HANDED_OVER: 4,
    State.WITHDRAWN: 4, State.DECLINED: 4, State.CLOSED: 5,
}  # fmt: skip
PROMISES = {
    "review": "答复是否登记", "first_reply": "联系您说明处理安排", "decision": "给出处理结果",
    "performance": "商家履行协议", "hand_over": "把材料移交市场监管局", "progress": "告知您最新进展",
}  # fmt: skip


@blueprint.get("/t/<number>")
def short(number: str) -> str:
    """The short address in messages: the number is filled in, the code stays with the consumer."""
    return render_template("public/track.html", number=number[:40])


@blueprint.route("/track", methods=["GET", "POST"])
def track() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return render_template("public/track.html", number="")
    number, code = request.form.get("number", "")[:60], request.form.get("code", "")[:40]
    try:
        proof = prove(number, code, request.remote_addr or "", now())
    except NotFound:
        return render_template("public/track.html", number=number, error=WRONG), 404
    except TooMany:
        return render_template("public/track.html", number=number, error=TOO_MANY), 429
    return _show([proof])


@blueprint.post("/track/phone")
def ask_code() -> str | tuple[str, int]:
    place, phone = _typed_place(), re.sub(r"\D", "", request.form.get("phone", ""))[:20]
    if place is None or len(phone) != 11:
        words = f"手机号应为11位,您填了{len(phone)}位。" if place else "请填写服务站编码,印在二维码下方,例如 HZ0571。"
        return render_template("public/track.html", number="", phone=phone, phone_error=words), 400
    try:
        send_code(office_at(place, now()), phone, request.remote_addr or "", now())
    except TooMany:
        return render_template("public/track.html", number="", phone=phone, phone_error=TOO_MANY), 429
    session["asked"] = {"station": place.code, "phone": phone}
    return render_template("public/track_code.html", masked=f"{phone[:3]}****{phone[-4:]}")


def _typed_place() -> Place | None:
    place = find_place(request.form.get("station", "").strip())
    return place if place and place.is_station else None


@blueprint.post("/track/code")
def take_code() -> str | Response | tuple[str, int]:
    asked = session.get("asked")
    if not asked:
        return redirect(url_for(".track"))
    try:
        office = office_at(place_or_404(asked["station"]), now())
        proofs = check_code(office, asked["phone"], request.form.get("code", "")[:12], now())
    except NotFound:
        masked = f"{asked['phone'][:3]}****{asked['phone'][-4:]}"
        words = "验证码不正确或已过期,请检查短信;10分钟内有效,输错5次须重新获取。"
        return render_template("public/track_code.html", masked=masked, error=words), 400
    session.pop("asked", None)
    return _show(proofs)


def _show(proofs: list[Proof]) -> Response:
    session["proofs"] = [[str(proof.bureau), str(proof.tenant), str(proof.case)] for proof in proofs]
    return redirect(url_for(".mine", which=0), 303)


def _proof(which: int) -> Proof:
    kept = session.get("proofs") or []
    if not 0 <= which < len(kept):
        abort(404)
    bureau, tenant, case = (UUID(part) for part in kept[which])
    return Proof(bureau, tenant, case)


@blueprint.get("/mine/<int:which>")
def mine(which: int) -> str | Response:
    if not session.get("proofs"):
        return redirect(url_for(".track"))
    return _page(which)


def _page(which: int, **said: Any) -> str:
    proof, at = _proof(which), now()
    with scoped_session(proof.scope) as opened:
        case = opened.execute(select(Case).where(Case.id == proof.case)).scalar_one()
        events = opened.execute(
            select(Event.at, Event.public_text, Event.actor).where(Event.case_id == case.id).order_by(Event.id.desc())
        ).all()
        runs = [row for row in deadlines_of(opened, case) if row.state == "open" and row.code in PROMISES]
        files = opened.scalars(select(Evidence).where(Evidence.case_id == case.id).order_by(Evidence.id)).all()
    state = State(case.state)
    nearest = min(runs, key=lambda row: row.due_at, default=None)
    station = find_place(case.number.split("-")[0])
    return render_template(
        "public/mine.html", case=case, state=state, sentence=SENTENCES[state], steps=STEPS, step=STEP_OF[state],
        promise=(PROMISES[nearest.code], say_by(nearest.due_at), nearest.due_at < at) if nearest else None,
        lines=[(say_time(row.at), row.public_text) for row in events], files=files, which=which,
        others=len(session["proofs"]), can_withdraw=state in ALIVE,
        can_add=state in BY_ACT["add_evidence"].sources, office=office_at(station, at) if station else None, **said,
    )  # fmt: skip


@blueprint.post("/mine/<int:which>/evidence")
def more(which: int) -> str | Response | tuple[str, int]:
    proof, at = _proof(which), now()
    uploads: list[Any] = [file for file in request.files.getlist("evidence") if file.filename]
    if not uploads:
        return _page(which, file_error="请先选择照片或文件。"), 400
    try:
        rows = receive(uploads, "消费者", at)
    except BadFile as error:
        return _page(which, file_error=str(error)), 400
    with scoped_session(proof.scope) as opened:
        case = opened.execute(select(Case).where(Case.id == proof.case).with_for_update()).scalar_one()
        if State(case.state) not in BY_ACT["add_evidence"].sources:
            forget(rows)
            flash("投诉已办结,不能再补充证据。如有新情况,请致电服务站。", "error")
            return redirect(url_for(".mine", which=which), 303)
        add_evidence(Doing(opened, office_for(opened, case), case, THE_CONSUMER, at), rows)
    flash(f"已收到{len(rows)}份证据,工作人员会看到。", "info")
    return redirect(url_for(".mine", which=which), 303)


@blueprint.post("/mine/<int:which>/withdraw")
def take_back(which: int) -> str | Response | tuple[str, int]:
    proof, at = _proof(which), now()
    if request.form.get("sure") != "yes":
        return _page(which, withdraw_error="请勾选“我确认撤回”,再按按钮。"), 400
    reason = request.form.get("reason", "").strip()[:500] or "未说明"
    try:
        with scoped_session(proof.scope) as opened:
            case = opened.execute(select(Case).where(Case.id == proof.case).with_for_update()).scalar_one()
            if State(case.state) not in ALIVE:
                raise Conflict
            withdraw(Doing(opened, office_for(opened, case), case, THE_CONSUMER, at), reason)
    except Conflict:
        flash("投诉的状态刚刚变化,现在不能撤回。请看下方最新进展。", "error")
        return redirect(url_for(".mine", which=which), 303)
    flash("投诉已撤回。", "info")
    return redirect(url_for(".mine", which=which), 303)
