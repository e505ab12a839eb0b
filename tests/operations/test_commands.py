"""What an operator types: setting up who is in it, the doctor, and what the deployment files name."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from portal.app import create_app
from portal.cli import main
from tenants.officers import log_in
from tenants.roles import Role
from tests.peers import providers

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


def test_a_district_is_set_up_by_hand_and_the_officer_sets_a_password() -> None:
    assert run("bureau", "add", "XH0106", "西湖区市场监督管理局", "--short", "西湖区局")[0] == 0
    code, said = run("bureau", "add", "XH0106", "再来一次", "--short", "x")
    assert code == 1
    assert "编码 XH0106 已被使用" in said
    facts = ["--short", "黄龙站", "--host", "黄龙商场", "--kind", "商场", "--address", "曙光路1号", "--phone", "0571-1"]
    assert "没有编码为 ZZ9999" in run("station", "add", "ZZ9999", "HL0001", "黄龙站", *facts)[1]
    code, said = run("station", "add", "XH0106", "HL0001", "黄龙消费维权服务站", *facts)
    assert code == 0
    assert "/s/HL0001" in said
    assert run("officer", "invite", "HL0001", "li", "李梅", "--role", "supervisor")[0] == 1
    code, said = run("officer", "invite", "HL0001", "Huanglong.Li", "李梅", "--role", "clerk", "--on-page")
    assert code == 0
    path, secret = re.findall(r"(/invitation/\S+)#(\S+)", said)[0]
    app = create_app()
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    for form, words in (
        ({"secret": secret, "password": "short", "again": "short"}, "密码至少10个字符"),
        ({"secret": secret, "password": "long-enough-1", "again": "other-one-12"}, "不一致"),
        ({"secret": "wrong", "password": "long-enough-1", "again": "long-enough-1"}, "邀请码不正确"),
    ):
        answer = client.post(path, data=form)
        assert answer.status_code == 400
        assert words in answer.text
    good = {"secret": secret, "password": "long-enough-1", "again": "long-enough-1"}
    assert client.post(path, data=good).status_code == 302
    assert client.post(path, data=good).status_code == 400, "an invitation works once"
    assert log_in("huanglong.li", "long-enough-1", datetime.now(UTC)).roles == {Role.CLERK}
    assert "李梅" in client.get("/s/HL0001").text


def test_rules_are_published_by_version_and_a_case_keeps_its_own(tmp_path: Path, now: datetime) -> None:
    from datetime import timedelta

    from portal.cases.office import forget_offices
    from tests.cast import district

    place = district(now)
    station = place.stations[0]
    file = tmp_path / "rules.json"
    file.write_text(run("profile", "show", place.code)[1].replace('"amount": 24', '"amount": 20'))
    day = "2026-12-01"
    assert "最早为明天" in run("profile", "set", place.code, str(file), "--from", "2026-11-01")[1]
    assert "第1版" in run("profile", "set", place.code, str(file), "--from", day)[1]
    file.write_text('{"limits": {"review": {"amount": 30, "unit": "hours"}}}')
    assert "规则不成立" in run("profile", "set", station.code, str(file), "--from", day)[1]
    file.write_text('{"limits": {"review": {"amount": 4, "unit": "hours"}}}')
    assert "第1版" in run("profile", "set", station.code, str(file), "--from", day)[1]
    forget_offices()
    later = now + timedelta(days=10)
    old, new = station.submit(now), station.submit(later)
    assert old.answer_by - now == timedelta(hours=24)
    assert new.answer_by - later == timedelta(hours=4)
    from portal.cases.office import office_for
    from portal.cases.reading import find
    from tenants.database import scoped_session

    with scoped_session(station.scope) as session:
        kept = office_for(session, find(session, old.number)).rules.profile.limits["first_reply"]
        changed = office_for(session, find(session, new.number)).rules.profile.limits["first_reply"]
    assert (kept.amount, changed.amount) == (24, 20)


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with providers():
        code, said = run("doctor")
        assert code == 0, said
        assert "一切正常" in said
        from pydantic import SecretStr

        from notifications.settings import settings

        monkeypatch.setattr(settings(), "redis_url", SecretStr("redis://127.0.0.1:1/0"))
        monkeypatch.setattr(settings(), "smtp_host", "127.0.0.1")
        monkeypatch.setattr(settings(), "smtp_port", 1)
        code, said = run("doctor")
    assert code == 1
    assert "Redis 不应答" in said
    assert "请检查 SMTP_HOST" in said
    assert "有2项需要处理" in said


def test_every_command_that_the_deployment_names_exists() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    ours = {name: part for name, part in compose["services"].items() if "build" in part}
    assert {"web", "worker", "scheduler", "migrate"} <= set(ours)
    assert {"postgres", "redis"} <= set(compose["services"])
    for name, part in ours.items():
        assert part["command"][0] in main.commands, name
        assert part["user"] == "10001"
        check = part.get("healthcheck", {}).get("test", [])
        assert check or name == "migrate", f"{name} has no healthcheck"
        if "portal" in check:
            assert check[check.index("portal") + 1] in main.commands
    docker = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", docker, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    assert "USER portal" in docker
    assert docker.rstrip().endswith('CMD ["web"]')


def test_no_file_names_a_registry() -> None:
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
    for name in ("requirements.lock", "requirements-dev.lock", "script/setup", "pyproject.toml", "Dockerfile"):
        text = (ROOT / name).read_text()
        assert not [host for host in hosts if host in text], name
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert text.count("--hash=sha256:") > text.count("==")


def test_what_is_vendored_is_what_the_manifest_says() -> None:
    import hashlib
    import json

    static = ROOT / "portal" / "static"
    manifest = json.loads((static / "vendor" / "manifest.json").read_text())
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((static / name).read_bytes()).hexdigest() == digest, name
