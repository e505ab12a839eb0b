"""Login, log-out and the first password of an invited officer."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from portal.gate.clock import now
from portal.gate.words import say_time
from portal.identity.accounts import enter, leave, person_or_none
from portal.settings import settings
from tenants.officers import BadOfficer, Locked, WrongLogin, accept_invitation, log_in

blueprint = Blueprint("identity", __name__)


class LoginForm(FlaskForm):
    login = StringField("登录名", [DataRequired("请填写登录名。")])
    password = PasswordField("密码", [DataRequired("请填写密码。")])


class InviteForm(FlaskForm):
    password = PasswordField("设置密码", [DataRequired("请设置密码。")])
    again = PasswordField("再输入一次", [DataRequired("请再输入一次密码。")])


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    form = LoginForm()
    if person_or_none() and request.method == "GET":
        return redirect(_home())
    if not form.validate_on_submit():
        return render_template("desk/login.html", form=form, demo=settings().demo), 400 if form.is_submitted() else 200
    try:
        person = log_in(form.login.data or "", form.password.data or "", now())
    except Locked as error:
        form.password.errors = [f"密码错误次数过多,账号暂时锁定,{say_time(error.until)}后可以再试。"]
        return render_template("desk/login.html", form=form, demo=settings().demo), 429
    except WrongLogin:
        form.password.errors = ["登录名或密码不正确,请检查大小写后重试。"]
        return render_template("desk/login.html", form=form, demo=settings().demo), 400
    enter(person)
    return redirect(_wanted() or (url_for("oversight.home") if person.at_bureau else url_for("desk.queue")))


def _home() -> str:
    person = person_or_none()
    return url_for("oversight.home") if person and person.at_bureau else url_for("desk.queue")


def _wanted() -> str | None:
    """The page that asked for a login, if it is one of ours."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme:
        return wanted
    return None


@blueprint.post("/logout")
def logout() -> Response:
    leave()
    flash("已退出登录。", "info")
    return redirect(url_for(".login"))


@blueprint.route("/invitation/<login>", methods=["GET", "POST"])
def invitation(login: str) -> str | Response | tuple[str, int]:
    """The secret is typed or sits behind `#`, so that it stands in no log."""
    form = InviteForm()
    secret = request.form.get("secret", "").strip()
    if not form.validate_on_submit():
        return render_template("desk/invitation.html", form=form, login=login, secret=secret)
    try:
        if form.password.data != form.again.data:
            raise BadOfficer("两次输入的密码不一致,请重新输入。")
        accept_invitation(login, secret, form.password.data or "", now())
    except BadOfficer as error:
        form.password.errors = [str(error)]
        return render_template("desk/invitation.html", form=form, login=login, secret=secret), 400
    except WrongLogin:
        form.password.errors = ["邀请码不正确或已过期,请联系管理员重新邀请。"]
        return render_template("desk/invitation.html", form=form, login=login, secret=secret), 400
    flash("密码已设置,请登录。", "info")
    return redirect(url_for(".login"))
