"""The small form of each act and what it calls. A form that fails or comes too late keeps what was typed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from wtforms import Form, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length, Optional

from portal.cases import lifecycle
from portal.cases.lifecycle import Doing
from portal.cases.parties import CONSUMER, RESPONDENT
from portal.clocks.deadlines import open_deadline
from portal.documents.asking import ask
from portal.gate.words import say_by
from portal.intake.forms import parse_money, tidy
from tenants.calendar import china_date


def _need(words: str) -> Any:
    def check(_: Form, field: Any) -> None:
        if not field.data:
            raise ValidationError(words)

    return check


LONG = Length(max=2000, message="最多2000个字,请精简。")


def _words(label: str, need: str = "", **options: Any) -> TextAreaField:
    checks = [_need(need), LONG] if need else [Optional(), LONG]
    return TextAreaField(label, checks, filters=[tidy], **options)


class ActForm(Form):
    """`offer` fills in what is likely, from the case as it stands."""

    def offer(self, doing: Doing) -> None:
        return None


class AcceptForm(ActForm):
    reply = _words("同时答复消费者", description="说明处理过程和时间。清空则只发登记通知,首次答复另行计时。")

    def offer(self, doing: Doing) -> None:
        row = open_deadline(doing.case.id, "decision", doing.case.created_at, doing.office.rules)
        self.reply.data = (
            f"我们会先联系商家了解情况,再组织双方调解,{say_by(row['due_at'])}给出处理结果。"
            f"请保留小票、付款记录和商品原状。联系电话{doing.office.phone}。"
        )


class DeclineForm(ActForm):
    ground = SelectField("理由", [_need("请选择不予登记的理由。")])
    explanation = _words("补充说明", description="会写进给消费者的告知,附消费者权益保护法第三十九条的五种途径。")

    def offer(self, doing: Doing) -> None:
        _choose(self.ground, [(one.code, one.text) for one in doing.office.rules.profile.decline_grounds])


class ReplyForm(ActForm):
    message = _words("答复内容", "请写明答复内容。", description="消费者会收到短信和邮件,并能在查询页看到。")


class ContactForm(ActForm):
    side = RadioField("联系对象", choices=[(RESPONDENT, "经营者"), (CONSUMER, "消费者")], default=RESPONDENT)
    channel = RadioField("方式", choices=[(word, word) for word in ("电话", "当面", "微信", "邮件")], default="电话")
    outcome = _words("联系结果", "请写明联系结果,例如“店长同意明天上午来站”。")


class SettleForm(ActForm):
    terms = _words("协议内容", "请写明协议内容,每行一条。", description="每行一条,会逐条写进协议书。")
    amount = StringField("金额(元)", filters=[tidy], description="退款、赔偿合计;没有金额填0。")
    until = StringField("履行期限", [_need("请选择履行期限。")])

    def offer(self, doing: Doing) -> None:
        case = doing.case
        self.until.data = (china_date(doing.at) + timedelta(days=7)).isoformat()
        self.amount.data = f"{case.amount:.2f}" if case.amount is not None else "0"
        wanted = "、".join(case.requests)
        self.terms.data = f"经营者就“{case.subject}”向消费者{wanted}。"

    def validate_amount(self, field: Any) -> None:
        field.parsed = parse_money(field.data)
        if field.parsed is None:
            raise ValidationError("请填写金额,没有金额填0。")

    def validate_until(self, field: Any) -> None:
        try:
            field.parsed = date.fromisoformat(field.data)
        except ValueError:
            raise ValidationError("履行期限应为年-月-日,例如 2026-12-01。") from None


class NoForm(ActForm):
    """An act that asks nothing but a click."""


class DefaultForm(ActForm):
    explanation = _words("未履行情况", "请写明哪些内容没有履行、如何核实的。")


class TerminateForm(ActForm):
    ground = SelectField("终止原因", [_need("请选择终止调解的原因。")])
    explanation = _words("补充说明", description="会写进给双方的告知。")

    def offer(self, doing: Doing) -> None:
        _choose(self.ground, [(one.code, one.text) for one in doing.office.rules.profile.termination_grounds])


class HandOverForm(ActForm):
    note = _words("移交情况", "请写明移交给谁、何时、哪些材料。")


class WithdrawForm(ActForm):
    reason = _words("撤回原因", "请写明消费者怎样提出撤回、原因是什么。")


class CloseForm(ActForm):
    recovered = StringField("挽回经济损失(元)", filters=[tidy])
    punitive = StringField("其中加倍赔偿(元)", filters=[tidy])
    mental_damage = StringField("其中精神损害赔偿(元)", filters=[tidy])
    note = _words("办结说明", description="消费者能看到。")

    def offer(self, doing: Doing) -> None:
        agreement = doing.case.agreement
        self.recovered.data = agreement["amount"] if agreement else ""

    def validate_recovered(self, field: Any) -> None:
        field.parsed = parse_money(field.data)

    def validate_punitive(self, field: Any) -> None:
        field.parsed = parse_money(field.data)

    def validate_mental_damage(self, field: Any) -> None:
        field.parsed = parse_money(field.data)
        whole = getattr(self.recovered, "parsed", None)
        parts = sum(part for part in (getattr(self.punitive, "parsed", None), field.parsed) if part)
        if parts and (whole is None or parts > whole):
            raise ValidationError(f"加倍赔偿与精神损害赔偿合计{parts}元,不能超过挽回经济损失{whole or 0}元。")


class CallBackForm(ActForm):
    satisfaction = RadioField(
        "满意度", [_need("请选择满意度。")],
        choices=[("5", "很满意"), ("4", "满意"), ("3", "一般"), ("2", "不满意"), ("1", "很不满意")],
    )  # fmt: skip
    words = _words("消费者怎么说", "请记录消费者的话。")


class AssignForm(ActForm):
    officer = SelectField("经办人", [_need("请选择经办人。")])


class NoteForm(ActForm):
    words = _words("备注", "请写下备注内容。", description="只有本站和主管局工作人员能看到。")


def _choose(field: Any, choices: list[tuple[str, str]]) -> None:
    field.choices = [("", "请选择"), *choices]


def _papers(doing: Doing, *kinds: str) -> list[dict[str, Any]]:
    return [ask(doing.session, doing.office, kind, doing.at, doing.actor.name, doing.case.id) for kind in kinds]


def _lines(words: str) -> list[str]:
    stripped = (re.sub(r"^\s*(\d+[.、.)]|[-•])\s*", "", line).strip() for line in words.splitlines())
    return [line for line in stripped if line]


@dataclass(frozen=True)
class ActPage:
    form: type[ActForm]
    do: Callable[[Doing, Any], None]
    danger: bool = False
    """Asks for a second click."""


def _assign(doing: Doing, form: Any) -> None:
    names = dict(form.officer.choices)
    lifecycle.assign(doing, UUID(form.officer.data), names[form.officer.data])


PAGES: dict[str, ActPage] = {
    "accept": ActPage(
        AcceptForm,
        lambda doing, form: lifecycle.accept(doing, form.reply.data, _papers(doing, "registration_form", "receipt")),
    ),
    "decline": ActPage(
        DeclineForm, lambda doing, form: lifecycle.decline(doing, form.ground.data, form.explanation.data), danger=True
    ),
    "reply": ActPage(ReplyForm, lambda doing, form: lifecycle.reply(doing, form.message.data)),
    "contact": ActPage(
        ContactForm,
        lambda doing, form: lifecycle.contact(doing, form.side.data, form.channel.data, form.outcome.data),
    ),
    "settle": ActPage(
        SettleForm,
        lambda doing, form: lifecycle.settle(
            doing, _lines(form.terms.data), form.amount.parsed, form.until.parsed, _papers(doing, "agreement")
        ),
    ),
    "perform": ActPage(NoForm, lambda doing, _: lifecycle.perform(doing)),
    "default": ActPage(DefaultForm, lambda doing, form: lifecycle.default(doing, form.explanation.data), danger=True),
    "terminate": ActPage(
        TerminateForm,
        lambda doing, form: lifecycle.terminate(doing, form.ground.data, form.explanation.data),
        danger=True,
    ),
    "hand_over": ActPage(HandOverForm, lambda doing, form: lifecycle.hand_over(doing, form.note.data)),
    "withdraw": ActPage(WithdrawForm, lambda doing, form: lifecycle.withdraw(doing, form.reason.data), danger=True),
    "close": ActPage(
        CloseForm,
        lambda doing, form: lifecycle.close(
            doing, form.recovered.parsed, form.note.data, form.punitive.parsed, form.mental_damage.parsed
        ),
    ),
    "call_back": ActPage(
        CallBackForm,
        lambda doing, form: lifecycle.call_back(doing, int(form.satisfaction.data), form.words.data),
    ),
    "assign": ActPage(AssignForm, _assign),
    "note": ActPage(NoteForm, lambda doing, form: lifecycle.note(doing, form.words.data)),
}
