"""What a shopper types, checked: each error says what is wrong and how to mend it."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)  # fmt: skip
from wtforms.validators import Length, Optional

from notifications.outbox import EMAIL, PHONE
from portal.cases.parties import Person
from portal.cases.submission import Complaint
from portal.gate.clock import now
from tenants.calendar import china_date
from tenants.profiles import Profile

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def tidy(value: str | None) -> str:
    """Without invisible signs that no database or paper takes, and without spaces around."""
    return CONTROL.sub("", value or "").strip()


def _need(words: str) -> Any:
    def check(_: Form, field: Any) -> None:
        if not field.data:
            raise ValidationError(words)

    return check


def check_phone(_: Form, field: Any) -> None:
    digits = re.sub(r"[\s\-()]", "", field.data or "").removeprefix("+86")
    if not PHONE.fullmatch(digits):
        if digits.isdigit() and len(digits) != 11:
            raise ValidationError(f"手机号应为11位,您填了{len(digits)}位。")
        raise ValidationError("请填写11位手机号,例如13800138000。")
    field.data = digits


def check_email(_: Form, field: Any) -> None:
    if field.data and not EMAIL.fullmatch(field.data):
        raise ValidationError("邮箱格式不对,应类似 name@example.com。不用邮箱可以留空。")


def parse_money(typed: str, what: str = "金额") -> Decimal | None:
    """CNY with at most two decimals; None for nothing typed. Raises ValidationError."""
    plain = re.sub(r"[,,\s¥¥元]", "", typed or "")
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ValidationError(f"{what}应为数字,例如 299 或 299.50。") from None
    if not amount.is_finite() or amount < 0 or amount >= Decimal(10) ** 12:
        raise ValidationError(f"{what}应在0到1万亿元之间。")
    if amount != amount.quantize(Decimal("0.01")):
        raise ValidationError(f"{what}最多保留两位小数。")
    return amount.quantize(Decimal("0.01"))


def parse_day(typed: str, what: str) -> date | None:
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise ValidationError(f"{what}应为年-月-日,例如 2026-11-01。") from None
    if day > china_date(now()):
        raise ValidationError(f"{what}不能晚于今天。")
    if day.year < 1980:
        raise ValidationError(f"{what}过早,请检查年份。")
    return day


def _short(most: int) -> Any:
    return Length(max=most, message=f"最多{most}个字,请精简。")


class ComplaintForm(Form):
    """The public form. Only what the station can't begin without is required."""

    phone = StringField("您的手机号", [check_phone], filters=[tidy])
    name = StringField("您的姓名", [_need("请填写您的姓名,便于工作人员称呼和联系。"), _short(40)], filters=[tidy])
    email = StringField("邮箱", [Optional(), check_email, _short(120)], filters=[tidy])
    consumer_class = SelectField(
        "您属于",
        default="",
        choices=[("", "不填"), *((word, word) for word in ("儿童", "妇女", "老人", "残疾人", "农民", "其他"))],
    )
    sex = SelectField("性别", default="", choices=[("", "不填"), ("女", "女"), ("男", "男")])
    age_band = SelectField(
        "年龄",
        default="",
        choices=[("", "不填"), *((word, word) for word in ("18岁以下", "18-35岁", "36-59岁", "60岁以上"))],
    )
    address = StringField("联系地址", [_short(120)], filters=[tidy])
    respondent = StringField("商家名称", [_need("请填写商家名称,可以照店招填写。"), _short(80)], filters=[tidy])
    shop = StringField("铺位号或楼层", [_short(40)], filters=[tidy])
    is_service = RadioField("买的是", choices=[("", "不确定"), ("0", "商品"), ("1", "服务")], default="")
    subject = StringField("商品或服务名称", [_need("请填写买了什么,例如“运动鞋”。"), _short(80)], filters=[tidy])
    category = SelectField("类别", default="")
    brand = StringField("品牌", [_short(40)], filters=[tidy])
    model = StringField("型号", [_short(60)], filters=[tidy])
    batch = StringField("批号或生产日期", [_short(60)], filters=[tidy])
    quantity = StringField("数量", [_short(40)], filters=[tidy])
    price = StringField("购买价格(元)", filters=[tidy])
    amount = StringField("争议金额(元)", filters=[tidy])
    bought_on = StringField("购买日期", filters=[tidy])
    order_number = StringField("订单号或小票号", [_short(60)], filters=[tidy])
    bought_online = RadioField("在哪里买的", choices=[("", "不确定"), ("0", "店里"), ("1", "网上")], default="")
    facts = TextAreaField(
        "发生了什么", [_need("请写下发生了什么,一两句话也可以。"), _short(4000)], filters=[tidy]
    )  # fmt: skip
    happened_on = StringField("发生日期", filters=[tidy])
    nature = SelectField("问题类型", default="")
    requests = SelectMultipleField("您希望商家怎么做", [_need("请至少选一项诉求。")])
    consent_publish = BooleanField("同意去掉个人信息后公示处理结果")
    consent_entrust = BooleanField("需要时同意委托其他调解组织调解")

    def __init__(self, typed: MultiDict[str, str] | None, profile: Profile) -> None:
        super().__init__(typed)
        unknown = [("", "不确定")]
        self.category.choices = unknown + [(word, word) for word in profile.categories]
        self.nature.choices = unknown + [(word, word) for word in profile.natures]
        self.requests.choices = [(word, word) for word in profile.requests]
        self.parsed: dict[str, Any] = {}

    def validate_amount(self, field: Any) -> None:
        self.parsed["amount"] = parse_money(field.data, "争议金额")

    def validate_price(self, field: Any) -> None:
        self.parsed["price"] = parse_money(field.data, "购买价格")

    def validate_bought_on(self, field: Any) -> None:
        self.parsed["bought_on"] = parse_day(field.data, "购买日期")

    def validate_happened_on(self, field: Any) -> None:
        self.parsed["happened_on"] = parse_day(field.data, "发生日期")

    def complaint(self, channel: str) -> Complaint:
        """What was typed, as the rules want it; after `validate()`."""
        yes_no = {"0": False, "1": True}
        plain = (
            "subject", "category", "order_number", "facts", "nature", "consumer_class", "sex", "age_band", "brand",
            "model", "batch", "quantity",
        )  # fmt: skip
        typed: dict[str, Any] = {name: getattr(self, name).data or "" for name in plain} | self.parsed
        return Complaint(
            consumer=Person(
                name=self.name.data, phone=self.phone.data, email=self.email.data or "", address=self.address.data or ""
            ),
            respondent=Person(name=self.respondent.data),
            respondent_shop=self.shop.data, requests=tuple(self.requests.data),
            is_service=yes_no.get(self.is_service.data), bought_online=yes_no.get(self.bought_online.data),
            consent_publish=self.consent_publish.data, consent_entrust=self.consent_entrust.data,
            channel=channel, **typed,
        )  # fmt: skip
