"""The command line: running the house and setting up who is in it."""

import json
import os
import runpy
import shutil
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import IO

import click
from sqlalchemy.orm import Session

from portal.doctor import examine
from portal.gate.clock import now
from portal.settings import settings
from tenants.calendar import china_date
from tenants.database import Scope, scoped_session
from tenants.models import Directory
from tenants.officers import BadOfficer, invite
from tenants.organisations import BadOrganisation, add_bureau, add_station, bureau_by_code
from tenants.profiles import BadProfile, profile_for, publish
from tenants.roles import Role


@click.group()
def main() -> None:
    """消费维权服务站:运行与管理。"""


@main.command()
def web() -> None:
    """运行网站(gunicorn)。"""
    folder = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings().files_dir.parent / "metrics")))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sys.argv = [
        "gunicorn", "portal.wsgi:app", "--bind", settings().bind, "--worker-class", "gthread",
        "--workers", str(settings().web_processes), "--threads", str(settings().web_threads),
        "--timeout", "120", "--graceful-timeout", "20", "--max-requests", "20000",
        "--max-requests-jitter", "2000", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    runpy.run_module("gunicorn", run_name="__main__")


@main.command()
def worker() -> None:
    """运行一个后台进程(发通知、制作文书、检查时限)。"""
    import_module("workers.run").work()


@main.command()
def scheduler() -> None:
    """运行定时器和转发器。"""
    import_module("workers.run").schedule()


@main.command()
@click.argument("what", type=click.Choice(["worker", "scheduler"]))
def alive(what: str) -> None:
    """本机的后台进程或定时器是否还在工作(供健康检查使用)。"""
    good = import_module("workers.run").is_alive(what)
    click.echo("正常" if good else f"本机没有正在工作的 {what}")
    sys.exit(0 if good else 1)


@main.command()
def migrate() -> None:
    """建立或升级数据库。"""
    import_module("portal.migrating").migrate()
    click.echo("数据库已是最新。")


@main.command()
def doctor() -> None:
    """检查运行条件,说明问题和解决办法。"""
    findings = examine()
    for finding in findings:
        click.echo(f"{'✓' if finding.good else '✗'} {finding.what}:{finding.words}")
    bad = sum(not finding.good for finding in findings)
    click.echo("一切正常。" if not bad else f"有{bad}项需要处理。")
    sys.exit(1 if bad else 0)


@main.group()
def bureau() -> None:
    """市场监管局。"""


@bureau.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--short", "short_name", required=True, help="简称,如 上城区局")
@click.option("--level", default="district", show_default=True, help="national、province、city 或 district")
@click.option("--parent", help="上级局的编码")
@click.option("--phone", default="")
def bureau_add(code: str, name: str, short_name: str, level: str, parent: str | None, phone: str) -> None:
    """添加一个市场监管局。"""
    try:
        with scoped_session(Scope.system("admin")) as session:
            above = bureau_by_code(session, parent) if parent else None
            add_bureau(session, code=code, name=name, short_name=short_name, level=level, parent=above, phone=phone)
    except BadOrganisation as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"已添加 {name}({code})。")


@main.group()
def station() -> None:
    """消费维权服务站。"""


@station.command("add")
@click.argument("bureau_code")
@click.argument("code")
@click.argument("name")
@click.option("--short", "short_name", required=True, help="简称,用在短信里")
@click.option("--host", "host_name", required=True, help="承办单位")
@click.option("--kind", "host_kind", required=True, help="商场、超市、市场、企业或景区")
@click.option("--address", required=True)
@click.option("--phone", required=True)
@click.option("--hours", default="每天10:00-21:00", show_default=True)
def station_add(bureau_code: str, **facts: str) -> None:
    """添加一个服务站。"""
    try:
        with scoped_session(Scope.system("admin")) as session:
            made = add_station(session, bureau_by_code(session, bureau_code), **facts)
            link = f"{settings().portal_url}/s/{made.code}"
    except BadOrganisation as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"已添加 {facts['name']}。公众页面:{link}")


@main.group()
def officer() -> None:
    """工作人员。"""


@officer.command("invite")
@click.argument("organisation")
@click.argument("login")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--email")
@click.option("--phone")
@click.option("--on-page", is_flag=True, help="在公众页面列为值班人员")
def officer_invite(
    organisation: str,
    login: str,
    name: str,
    roles: tuple[str, ...],
    email: str | None,
    phone: str | None,
    on_page: bool,
) -> None:
    """邀请一名工作人员,打印设置密码的地址(7天内有效)。"""
    try:
        with scoped_session(Scope.system("admin")) as session:
            home = session.get(Directory, organisation.upper())
            if home is None:
                raise BadOrganisation(f"没有编码为 {organisation} 的单位。")
            _, secret = invite(
                session, bureau=home.bureau_id, tenant=home.tenant_id, name=name, login=login.lower(),
                roles=[Role(role) for role in roles], at=now(), email=email, phone=phone, on_page=on_page,
            )  # fmt: skip
    except (BadOrganisation, BadOfficer) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"请把下面的地址交给{name}本人:\n{settings().portal_url}/invitation/{login.lower()}#{secret}")


@main.group()
def profile() -> None:
    """时限、提醒和选项规则(按版本生效)。"""


def _home(organisation: str, session: Session) -> Directory:
    home = session.get(Directory, organisation.upper())
    if home is None:
        raise click.ClickException(f"没有编码为 {organisation} 的单位。")
    return home


@profile.command("show")
@click.argument("organisation")
def profile_show(organisation: str) -> None:
    """打印一个单位现行的规则(JSON,可修改后用 set 发布)。"""
    with scoped_session(Scope.system("admin")) as session:
        home = _home(organisation, session)
        current, _ = profile_for(session, home.bureau_id, home.tenant_id, china_date(now()))
    click.echo(current.model_dump_json(indent=2))


@profile.command("set")
@click.argument("organisation")
@click.argument("file", type=click.File())
@click.option("--from", "from_day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="生效日期,最早明天")
def profile_set(organisation: str, file: IO[str], from_day: datetime) -> None:
    """发布一个单位的新规则:监管局给出全部,服务站只给 {"limits": …} 且只能更短。"""
    try:
        body = json.load(file)
        with scoped_session(Scope.system("admin")) as session:
            home = _home(organisation, session)
            version = publish(session, home.bureau_id, home.tenant_id, body, from_day.date(), china_date(now()))
    except (json.JSONDecodeError, BadProfile) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"已发布第{version}版,{from_day:%Y-%m-%d}起生效。")


@main.group()
def calendar() -> None:
    """工作日历。"""


@calendar.command("load")
def calendar_load() -> None:
    """载入已公布、尚未载入的年度放假安排。"""
    years = import_module("portal.demo.district").load_calendar()
    click.echo(f"已载入:{'、'.join(map(str, years))}。" if years else "没有新的年度安排。")


@main.command()
@click.option("--password", envvar="DEMO_PASSWORD", required=True, help="演示账号的密码")
def demo(password: str) -> None:
    """放入演示辖区(只放一次)。"""
    done = import_module("portal.demo.district").put_in(now(), password)
    click.echo("已放入演示辖区。" if done else "演示辖区已经在了。")
