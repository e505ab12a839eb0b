"""Who is at the page: a thin layer between Flask-Login and the officers of the ground floor."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import Flask, abort, flash, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from portal.gate.clock import now
from tenants.database import ScopedSession, scoped_session
from tenants.officers import Person, log_out, person_of

P = ParamSpec("P")
R = TypeVar("R")
manager = LoginManager()
manager.session_protection = None  # the session row in the database is the protection


class Account(UserMixin):
    """An officer as Flask-Login wants one."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.id = f"{person.bureau}:{person.tenant}:{person.session}"


def install(app: Flask) -> None:
    manager.init_app(app)
    app.context_processor(lambda: {"person": person_or_none()})


@manager.user_loader
def _load(account: str) -> Account | None:
    try:
        bureau, tenant, under_way = (UUID(part) for part in account.split(":"))
    except ValueError:
        return None
    person = person_of(bureau, tenant, under_way, now())
    return Account(person) if person else None


@manager.unauthorized_handler
def _to_login() -> Response:
    flash("请先登录。停留超过2小时需要重新登录。", "info")
    return redirect(url_for("identity.login", next=request.path if request.method == "GET" else None))


def enter(person: Person) -> None:
    """Begin a browser session for an officer; nothing of the session before stays."""
    session.clear()
    login_user(Account(person))


def leave() -> None:
    if current_user.is_authenticated:
        log_out(current_user.person, now())
    logout_user()
    session.clear()


def person_or_none() -> Person | None:
    return current_user.person if current_user and current_user.is_authenticated else None


def current_person() -> Person:
    """The officer of this request; only behind `at_station` or `at_bureau`."""
    person: Person = current_user.person
    return person


def _only(at_bureau: bool) -> Callable[[Callable[P, R]], Callable[P, Any]]:
    def wrap(view: Callable[P, R]) -> Callable[P, Any]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            if not current_user.is_authenticated:
                return manager.unauthorized()
            if current_person().at_bureau != at_bureau:
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return wrap


at_station = _only(at_bureau=False)
at_bureau = _only(at_bureau=True)


@contextmanager
def acting() -> Iterator[tuple[ScopedSession, Person, datetime]]:
    """A transaction in the officer's own scope, with the officer and the time."""
    person = current_person()
    with scoped_session(person.scope) as opened:
        yield opened, person, now()


def request_id() -> str | None:
    value: str | None = g.get("request_id")
    return value
