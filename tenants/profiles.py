"""Policy profiles: the numbers and lists that the law or a bureau may change, as versioned data.

Source of the default: domain.md §2, §4, §5.
"""

from datetime import date, time
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.ids import new_id
from tenants.models import PolicyProfile

Unit = Literal["hours", "working_days", "days"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limit(_Frozen):
    """How long something may take."""

    amount: int = Field(gt=0, le=3660)
    unit: Unit


class Rung(_Frozen):
    """One step of the overdue ladder: when it fires and whom it tells.

    `when`: `elapsed` fires when `share` of the time is gone; `left` when `share` of it is left, but at
    least `least_hours` before the end; `overdue` at the end; `after` `working_days` after the end.
    """

    code: str
    when: Literal["elapsed", "left", "overdue", "after"]
    share: float = 0.0
    least_hours: int = 0
    working_days: int = 0
    tells: tuple[str, ...]
    red: bool = False
    """The deadline stands in the bureau's red list from this rung on."""


class Ground(_Frozen):
    code: str
    text: str


class Profile(_Frozen):
    """Everything a bureau may set; a station may only make a limit shorter."""

    limits: dict[str, Limit]
    ladder: tuple[Rung, ...]
    weekend_moves: bool = False
    """Whether a last calendar day on an ordinary weekend moves too (Order 121 Art. 45 names holidays only)."""
    office_opens: time = time(9)
    office_closes: time = time(18)
    digest_minutes: int = 15
    natures: tuple[str, ...]
    categories: tuple[str, ...]
    requests: tuple[str, ...]
    decline_grounds: tuple[Ground, ...]
    termination_grounds: tuple[Ground, ...]

    def ground(self, code: str) -> str:
        """The words of a ground for declining or terminating. Raises KeyError for an unknown code."""
        known = {ground.code: ground.text for ground in self.decline_grounds + self.termination_grounds}
        return known[code]


class LimitTooLong(ValueError):
    """A station tried to give itself more time than its bureau allows."""


HOURS_IN = {"hours": 1, "working_days": 24, "days": 24}


def shortened(bureau: Profile, limits: dict[str, Limit]) -> Profile:
    """The bureau's profile with a station's own, shorter limits.

    Raises:
        LimitTooLong: a limit is longer than the bureau's, or counted in another unit.
    """
    for code, limit in limits.items():
        most = bureau.limits.get(code)
        if most is None or limit.unit != most.unit or limit.amount > most.amount:
            raise LimitTooLong(f"{code}: {limit.amount} {limit.unit}, at most {most}")
    return bureau.model_copy(update={"limits": {**bureau.limits, **limits}})


def _limit(amount: int, unit: Unit) -> Limit:
    return Limit(amount=amount, unit=unit)


def _grounds(**texts: str) -> tuple[Ground, ...]:
    return tuple(Ground(code=code, text=text) for code, text in texts.items())


DEFAULT = Profile(
    limits={
        "review": _limit(24, "hours"),
        "decline_notice": _limit(3, "working_days"),
        "first_reply": _limit(24, "hours"),
        "mediation_start": _limit(1, "working_days"),
        "decision": _limit(7, "working_days"),
        "progress": _limit(3, "working_days"),
        "mediation_limit": _limit(60, "days"),
        "termination_notice": _limit(7, "working_days"),
        "hand_over": _limit(1, "working_days"),
        "assigned_feedback": _limit(5, "working_days"),
        "serious_report": _limit(24, "hours"),
        "tip_check": _limit(15, "working_days"),
        "call_back": _limit(5, "working_days"),
        "quarterly_return": _limit(10, "days"),
    },
    ladder=(
        Rung(code="half", when="elapsed", share=0.5, tells=("handler",)),
        Rung(code="nearly", when="left", share=0.1, least_hours=1, tells=("handler", "station_head")),
        Rung(code="overdue", when="overdue", tells=("handler", "station_head", "supervisor")),
        Rung(code="red", when="after", working_days=1, tells=("bureau_head",), red=True),
    ),
    natures=(
        "质量",
        "安全",
        "价格",
        "计量",
        "售后服务",
        "合同",
        "虚假宣传",
        "广告",
        "商标",
        "假冒",
        "包装标识",
        "发票",
        "无照经营",
        "无合格证",
        "人格尊严",
        "个人信息",
        "其他",
    ),
    categories=(
        "食品",
        "服装鞋帽",
        "家用电器",
        "手机数码",
        "家居建材",
        "化妆品",
        "首饰",
        "儿童用品",
        "农资",
        "餐饮服务",
        "美容美发",
        "教育培训",
        "健身",
        "旅游住宿",
        "预付卡",
        "其他商品",
        "其他服务",
    ),
    requests=("修理", "重作", "更换", "退货", "补足数量", "退款", "赔偿", "道歉", "其他"),
    decline_grounds=_grounds(
        not_consumer="不是为生活消费需要购买、使用商品或者接受服务,或者与您没有直接利害关系",
        elsewhere="法院、仲裁机构、市场监管部门、其他行政机关或消费者协会已经受理或者处理过同一争议",
        too_late="从您知道或者应当知道权益受到损害之日起已超过三年",
        out_of_scope="争议不在本服务站所在场所或法定受理范围内",
        incomplete="材料不全或不真实,经一次告知补正后仍不能办理",
        impersonation="冒用他人名义投诉",
    ),
    termination_grounds=_grounds(
        withdrawn="投诉人撤回投诉,或者双方已自行和解",
        refused="一方没有正当理由不参加调解,或者拒绝调解",
        impossible="一方明确表示无法达成一致",
        appraisal_cost="双方对检验、鉴定的费用承担不能协商一致",
        limit_passed="调解期限已满,仍未达成协议",
        should_decline="登记后发现存在不予登记的情形",
        fraud="发现投诉人有夹带、掉包、造假等情形",
        party_gone="一方当事人死亡或者终止,无人继续参加",
        other_law="法律、法规规定的其他情形",
    ),
)


def profile_for(session: Session, bureau: UUID, tenant: UUID, on: date) -> tuple[Profile, int]:
    """The profile in force at an organisation on a day, and its bureau's version (0: the default).

    A station's own row holds only `{"limits": {…}}`, shorter than the bureau's.
    """
    rows = session.scalars(
        select(PolicyProfile)
        .where(PolicyProfile.tenant_id.in_([bureau, tenant]), PolicyProfile.effective_from <= on)
        .order_by(PolicyProfile.version)
    )
    newest = {row.tenant_id: row for row in rows}
    base, version = DEFAULT, 0
    if bureau in newest:
        base, version = Profile.model_validate(newest[bureau].body), newest[bureau].version
    if tenant != bureau and tenant in newest:
        own = {code: Limit.model_validate(value) for code, value in newest[tenant].body["limits"].items()}
        base = shortened(base, own)
    return base, version


class BadProfile(ValueError):
    """A profile that can't be published; the message says why."""


def publish(session: Session, bureau: UUID, tenant: UUID, body: dict[str, Any], from_day: date, today: date) -> int:
    """Write a new version for a bureau (a whole profile) or a station (`{"limits": {…}}`). Needs `admin`.

    Cases opened before `from_day` keep the version they were opened under. Returns the version.

    Raises:
        BadProfile: not valid, longer than the bureau allows, or in force before tomorrow.
    """
    if from_day <= today:
        raise BadProfile(f"生效日期最早为明天,您填的是{from_day}:当天已收到的投诉仍按原规则办理。")
    try:
        if tenant == bureau:
            body = Profile.model_validate(body).model_dump(mode="json")
        else:
            own = {code: Limit.model_validate(value) for code, value in body["limits"].items()}
            shortened(profile_for(session, bureau, bureau, from_day)[0], own)
            body = {"limits": {code: limit.model_dump() for code, limit in own.items()}}
    except (ValidationError, KeyError, AttributeError, LimitTooLong) as error:
        raise BadProfile(f"规则不成立:{error}") from error
    versions = select(PolicyProfile.version).where(PolicyProfile.tenant_id == tenant)
    version = max(session.scalars(versions), default=0) + 1
    session.add(
        PolicyProfile(
            bureau_id=bureau, tenant_id=tenant, id=new_id(), version=version, effective_from=from_day, body=body
        )
    )
    return version
