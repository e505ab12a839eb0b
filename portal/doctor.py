"""What is wrong with this installation, in plain words, and how to mend it."""

import os
import shutil
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from redis import Redis, RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notifications.settings import settings as notification_settings
from portal.gate.clock import now
from portal.migrating import SCOPES, newest
from portal.settings import ROOT, settings
from tenants.calendar import china_date
from tenants.database import Scope, scoped_session

SHARED = {"bureau", "directory", "login_name", "calendar_year", "calendar_day", "attempt", "alembic_version"}
LEAST_DISK = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    what: str
    good: bool
    words: str


def examine() -> list[Finding]:
    """Every check, in the order in which one would mend them."""
    checks: tuple[tuple[str, Callable[[], str | None]], ...] = (
        ("数据库", _database), ("数据库版本", _revision), ("数据库角色", _roles), ("行级隔离", _policies),
        ("登录身份", _login), ("时钟", _clock), ("工作日历", _calendar), ("Redis", _redis), ("字体", _fonts),
        ("邮件", _smtp), ("短信", _sms), ("磁盘", _disk),
    )  # fmt: skip
    findings = []
    for what, check in checks:
        try:
            trouble = check()
        except SQLAlchemyError as error:
            trouble = f"数据库不应答({type(error).__name__})。请检查 DATABASE_URL,然后运行 portal migrate。"
        findings.append(Finding(what, trouble is None, trouble or "正常"))
    return findings


def _ask(sql: str, purpose: str = "rollup") -> list[tuple[object, ...]]:
    with scoped_session(Scope.system(purpose)) as session:
        return [tuple(row) for row in session.execute(text(sql))]


def _database() -> str | None:
    version = int(str(_ask("select current_setting('server_version_num')")[0][0]))
    return None if version >= 150000 else f"PostgreSQL 版本是{version // 10000},须为15以上。请升级数据库服务器。"


def _revision() -> str | None:
    found = [row[0] for row in _ask("select version_num from alembic_version")]
    return None if found == [newest()] else f"数据库停在版本{found},程序要求{newest()}。请运行 portal migrate。"


def _roles() -> str | None:
    known = {row[0] for row in _ask("select rolname from pg_roles where rolname like 'portal_%'")}
    missing = [scope for scope in SCOPES if f"portal_{scope}" not in known]
    return f"缺少角色{missing}。请运行 portal migrate。" if missing else None


def _policies() -> str | None:
    rows = _ask(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
        "and not (relrowsecurity and relforcerowsecurity)"
    )
    open_tables = sorted({str(row[0]) for row in rows} - SHARED)
    return f"表{open_tables}没有开启强制行级安全。请不要上线,先运行 portal migrate。" if open_tables else None


def _login() -> str | None:
    row = _ask("select rolsuper, rolbypassrls, rolinherit from pg_roles where rolname = session_user")[0]
    if row[0] or row[1]:
        return "应用用超级用户或可绕过隔离的身份登录。请把 DATABASE_URL 换成 portal_app。"
    return "应用身份不应继承角色权限。请运行 portal migrate。" if row[2] else None


def _clock() -> str | None:
    with scoped_session(Scope.system("rollup")) as session:
        there = session.execute(text("select clock_timestamp()")).scalar_one()
    off = abs(there - now())
    return None if off < timedelta(seconds=5) else f"本机与数据库时钟相差{off.total_seconds():.0f}秒。请开启时间同步。"


def _calendar() -> str | None:
    years = {row[0] for row in _ask("select year from calendar_year", "admin")}
    today = china_date(now())
    if today.year not in years:
        return f"没有{today.year}年的放假安排。请运行 portal calendar load。"
    if today.month == 12 and today.year + 1 not in years:
        return f"{today.year + 1}年的放假安排应已公布而尚未载入,跨年期限都是暂定。请运行 portal calendar load。"
    return None


def _redis() -> str | None:
    try:
        with Redis.from_url(notification_settings().redis_url.get_secret_value(), socket_timeout=3) as redis:
            redis.ping()
    except RedisError:
        return "Redis 不应答,通知和文书会等待,不会丢失。请检查 REDIS_URL 和 Redis 进程。"
    return None


def _fonts() -> str | None:
    folder = ROOT / "portal" / "static" / "fonts"
    missing = [
        name
        for name in ("NotoSerifSC-Regular.ttf", "NotoSansSC-Regular.ttf", "fonts.conf")
        if not (folder / name).exists()
    ]
    return f"缺少字体文件{missing}。请重新取得完整的程序文件。" if missing else None


def _smtp() -> str | None:
    chosen = notification_settings()
    if not chosen.smtp_host:
        return "没有设置 SMTP_HOST,邮件会一直等待。"
    try:
        with smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=5) as server:
            server.noop()
    except (OSError, smtplib.SMTPException):
        return f"邮件服务器 {chosen.smtp_host}:{chosen.smtp_port} 不应答。请检查 SMTP_HOST、SMTP_PORT 和网络。"
    return None


def _sms() -> str | None:
    return None if notification_settings().sms_url else "没有设置 SMS_URL,短信会一直等待。"


def _disk() -> str | None:
    folder = settings().files_dir
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        return f"不能写入 {folder}。请检查目录权限。"
    free = shutil.disk_usage(folder).free
    return None if free > LEAST_DISK else f"{folder} 只剩{free // 1024**2}MB。请清理或扩容。"
