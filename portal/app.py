"""The web application, wired in one readable list."""

from datetime import datetime, timedelta

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from notifications.relay import wake
from portal.demo import inbox
from portal.desk import desk
from portal.documents import public as verification
from portal.gate import health, logs, metrics, web
from portal.gate.words import say_time
from portal.identity import accounts
from portal.identity import desk as identity
from portal.intake import public as intake
from portal.intake import tracking_public as tracking
from portal.oversight import bureau as oversight
from portal.settings import ROOT, settings

csrf = CSRFProtect()


def create_app() -> Flask:
    logs.configure("web")
    app = Flask("portal", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "portal" / "static"))
    app.config.update(
        SECRET_KEY=settings().secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=settings().file_bytes * settings().files_most + 2**20,
        MAX_FORM_MEMORY_SIZE=2**20,
        SESSION_COOKIE_NAME="portal",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings().secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    if proxies := settings().trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.jinja_env.filters["moment"] = _moment
    web.install(app)
    csrf.init_app(app)
    accounts.install(app)
    for blueprint in (
        health.blueprint,
        metrics.blueprint,
        intake.blueprint,
        tracking.blueprint,
        verification.blueprint,
        identity.blueprint,
        desk.blueprint,
        oversight.blueprint,
    ):
        app.register_blueprint(blueprint)
    csrf.exempt(intake.blueprint)
    if settings().demo:
        app.register_blueprint(inbox.blueprint)
    app.after_request(_wake_relay)
    return app


def _moment(at: datetime | None) -> str:
    return say_time(at) if at else ""


def _wake_relay(response: Response) -> Response:
    if request.method == "POST" and response.status_code < 400:
        wake()
    return response
