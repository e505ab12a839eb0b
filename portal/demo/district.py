"""A demo district: real rows made by the real acts, so that nothing on the screen is painted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from portal.cases import lifecycle
from portal.cases.acting import Actor
from portal.cases.lifecycle import Doing
from portal.cases.office import Office, office_of
from portal.cases.parties import Person
from portal.cases.reading import find
from portal.cases.submission import Complaint, submit
from portal.documents.asking import ask
from tenants.calendar import load_notice
from tenants.calendar_seed import known_notice
from tenants.database import Scope, scoped_session
from tenants.models import Bureau, CalendarYear, Directory, Officer, Station
from tenants.officers import invite, set_password
from tenants.organisations import add_bureau, add_station
from tenants.roles import Role

SEED = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
STATIONS = (
    (
        "HZ0571",
        "湖滨银泰消费维权服务站",
        "湖滨站",
        "湖滨银泰购物中心",
        "商场",
        "杭州市上城区东坡路7号",
        "0571-87005118",
    ),
    (
        "HZ0572",
        "龙翔桥农贸市场消费维权服务站",
        "龙翔桥站",
        "龙翔桥农贸市场",
        "市场",
        "杭州市上城区学士路6号",
        "0571-87005226",
    ),
    (
        "HZ0573",
        "吴山景区消费维权服务站",
        "吴山站",
        "吴山景区管理处",
        "景区",
        "杭州市上城区吴山广场1号",
        "0571-87005337",
    ),
)
OFFICERS = (
    ("HZ0571", "hubin.zhang", "张敏", (Role.STATION_HEAD, Role.COORDINATOR), True),
    ("HZ0571", "hubin.chen", "陈立", (Role.CLERK, Role.MEDIATOR), True),
    ("HZ0572", "longxiang.wu", "吴芳", (Role.STATION_HEAD, Role.CLERK, Role.MEDIATOR), True),
    ("HZ0573", "wushan.he", "何平", (Role.STATION_HEAD, Role.CLERK, Role.MEDIATOR), True),
    ("SC0106", "shangcheng.li", "李伟", (Role.SUPERVISOR, Role.REGISTRAR), False),
    ("SC0106", "shangcheng.zhou", "周军", (Role.BUREAU_HEAD,), False),
)


@dataclass(frozen=True)
class Story:
    """A demo case: how long ago it came in, what it says, and how far it got."""

    station: str
    hours_ago: int
    who: str
    phone: str
    shop: str
    subject: str
    nature: str
    amount: str
    facts: str
    wish: str
    until: str


STORIES = (
    Story("HZ0571", 1, "王小明", "13800138001", "步步高鞋店", "运动鞋", "质量", "399",
          "周六在店里买的运动鞋,穿了一天鞋底就开胶。店员说过了七天不能退。", "退货", "submitted"),
    Story("HZ0571", 22, "刘喆", "13800138002", "优剪美发", "美发充值卡", "合同", "2000",
          "充值2000元后门店换了老板,新店说旧卡不能用,只肯打八折。", "退款", "submitted"),
    Story("HZ0571", 40, "陈建国", "13800138003", "数码天地", "蓝牙耳机", "售后服务", "899",
          "耳机一个月内坏了两次,门店要收检测费才肯修。", "更换", "accepted"),
    Story("HZ0571", 90, "赵丽", "13800138004", "花漾童装", "儿童羽绒服", "虚假宣传", "568",
          "吊牌写90%白鸭绒,送检只有62%。商家只愿意退差价。", "赔偿", "mediating"),
    Story("HZ0571", 150, "孙伟", "13800138005", "味一品餐厅", "套餐团购券", "价格", "268",
          "团购券写明节假日通用,到店却要加收100元。", "退款", "performing"),
    Story("HZ0572", 30, "周桂英", "13800138006", "老李水产", "大闸蟹", "计量", "186",
          "买了三斤大闸蟹,回家称只有两斤四两,绳子就有半斤。", "补足数量", "submitted"),
    Story("HZ0572", 220, "吴勇", "13800138007", "阿香粮油", "菜籽油", "包装标识", "128",
          "桶身没有生产日期,店主说撕掉了。", "退货", "accepted"),
    Story("HZ0573", 12, "郑洁", "13800138008", "吴山旅拍", "旅拍套餐", "合同", "1299",
          "付了定金后说底片要另外收费,合同里没有写。", "退款", "submitted"),
)  # fmt: skip


def load_calendar(first: int = 2024, last: int = 2035) -> list[int]:
    """Load the notices that are known and not loaded yet; returns the years."""
    years = []
    with scoped_session(Scope.system("admin")) as session:
        for year in range(first, last):
            notice = known_notice(year)
            if notice and session.get(CalendarYear, year) is None:
                load_notice(session, notice)
                years.append(year)
    return years


def put_in(at: datetime, password: str) -> bool:
    """The demo district, once; returns whether it was put in now."""
    load_calendar()
    with scoped_session(Scope.system("admin")) as session:
        if session.get(Directory, "SC0106") is not None:
            return False
        stations = _organisations(session)
        people = _officers(session, stations, at, password)
    for number, story in enumerate(STORIES):
        _play(stations[story.station], people, story, number, at)
    return True


def _organisations(session: Any) -> dict[str, Any]:
    parent: Bureau | None = None
    for level, code, name, short in (
        ("national", "GJ00", "国家市场监督管理总局", "总局"),
        ("province", "ZJ33", "浙江省市场监督管理局", "省局"),
        ("city", "HZ3301", "杭州市市场监督管理局", "市局"),
        ("district", "SC0106", "杭州市上城区市场监督管理局", "上城区局"),
    ):
        parent = add_bureau(
            session, code=code, name=name, short_name=short, level=level, parent=parent, phone="0571-87000000"
        )
    assert parent is not None
    found: dict[str, Any] = {"SC0106": parent}
    for code, name, short, host, kind, address, phone in STATIONS:
        found[code] = add_station(
            session, parent, code=code, name=name, short_name=short, host_name=host, host_kind=kind,
            address=address, phone=phone, intro=f"在{host}消费遇到问题,可以在这里投诉。我们居中调解,不收费。",
        )  # fmt: skip
    return found


def _officers(session: Any, homes: dict[str, Any], at: datetime, password: str) -> dict[str, list[Officer]]:
    people: dict[str, list[Officer]] = {}
    for code, login, name, roles, on_page in OFFICERS:
        home = homes[code]
        tenant = home.tenant_id if isinstance(home, Station) else home.id
        bureau = home.bureau_id if isinstance(home, Station) else home.id
        officer, _ = invite(
            session, bureau=bureau, tenant=tenant, name=name, login=login, roles=roles, at=at,
            email=f"{login}@example.org", on_page=on_page,
        )  # fmt: skip
        set_password(officer, password)
        people.setdefault(code, []).append(officer)
    return people


def _play(station: Station, people: dict[str, list[Officer]], story: Story, number: int, at: datetime) -> None:
    began = at - timedelta(hours=story.hours_ago)
    scope = Scope.station(station.bureau_id, station.tenant_id)
    with scoped_session(scope) as session:
        office = office_of(session, station.bureau_id, station.tenant_id, at)
    complaint = Complaint(
        consumer=Person(name=story.who, phone=story.phone, email=f"demo{number}@example.org"),
        respondent=Person(name=story.shop, phone=f"1390000{number:04d}"), facts=story.facts, subject=story.subject,
        requests=(story.wish,), nature=story.nature, amount=Decimal(story.amount), bought_online=False, channel="qr",
    )  # fmt: skip
    receipt = submit(office, complaint, uuid5(SEED, str(number)), began)
    officer = people[story.station][-1]
    path = ("accepted", "mediating", "performing")
    for step in path[: path.index(story.until) + 1] if story.until in path else ():
        began += timedelta(hours=min(8, story.hours_ago / 8))
        with scoped_session(scope) as session:
            case = find(session, receipt.number, lock=True)
            STEPS[step](Doing(session, office, case, Actor(officer.name, officer.id), began), office)


def _accepted(doing: Doing, office: Office) -> None:
    papers = [
        ask(doing.session, office, kind, doing.at, doing.actor.name, doing.case.id)
        for kind in ("registration_form", "receipt")
    ]
    lifecycle.accept(doing, "我们会先联系商家了解情况,再组织双方调解。请保留小票和商品原状。", papers)


def _mediating(doing: Doing, _: Office) -> None:
    lifecycle.contact(doing, "respondent", "电话", "店长同意到站当面协商。")


def _performing(doing: Doing, office: Office) -> None:
    paper = ask(doing.session, office, "agreement", doing.at, doing.actor.name, doing.case.id)
    until = date.fromisoformat(f"{doing.at + timedelta(days=10):%Y-%m-%d}")
    lifecycle.settle(doing, ["经营者退还多收的100元。", "经营者当面道歉。"], Decimal("100"), until, [paper])
    again = find(doing.session, doing.case.number, lock=True)
    lifecycle.perform(Doing(doing.session, office, again, doing.actor, doing.at))


STEPS: dict[str, Callable[[Doing, Office], None]] = {
    "accepted": _accepted, "mediating": _mediating, "performing": _performing,
}  # fmt: skip
