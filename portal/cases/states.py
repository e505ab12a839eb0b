"""The life of a complaint as one table: which act leads from where to where, who may, what it does to the clocks.

Source: domain.md §4 and §5. `built` says whether the act can be done from a page today; the rest of the
table is declared so that the whole life is read in one place and checked by one test.
"""

from dataclasses import dataclass
from enum import StrEnum

from tenants.roles import Role


class State(StrEnum):
    SUBMITTED = "submitted"
    NEEDS_INFORMATION = "needs_information"
    ACCEPTED = "accepted"
    MEDIATING = "mediating"
    SUSPENDED = "suspended"
    SETTLED = "settled"
    PERFORMING = "performing"
    DEFAULTED = "defaulted"
    TERMINATED = "terminated"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return LABELS[self]


S = State
LABELS = {
    S.SUBMITTED: "待审查",
    S.NEEDS_INFORMATION: "待补正",
    S.ACCEPTED: "已登记",
    S.MEDIATING: "调解中",
    S.SUSPENDED: "已中止",
    S.SETTLED: "已和解",
    S.PERFORMING: "履行中",
    S.DEFAULTED: "未履行",
    S.TERMINATED: "已终止",
    S.HANDED_OVER: "已移交",
    S.WITHDRAWN: "已撤回",
    S.DECLINED: "不予登记",
    S.CLOSED: "已办结",
}
ALIVE = frozenset({S.SUBMITTED, S.NEEDS_INFORMATION, S.ACCEPTED, S.MEDIATING, S.SUSPENDED})
UNCLOSED = frozenset(S) - {S.CLOSED}
DESK = (Role.STATION_HEAD, Role.LIAISON, Role.COORDINATOR, Role.MEDIATOR, Role.CLERK)
INTAKE = (Role.STATION_HEAD, Role.COORDINATOR, Role.CLERK)
MEDIATION = (Role.STATION_HEAD, Role.COORDINATOR, Role.MEDIATOR)
SENIOR = (Role.STATION_HEAD, Role.COORDINATOR)


@dataclass(frozen=True)
class Transition:
    """One row of the table. `target` None leaves the state as it is.

    `meets`, `opens` and `drops` name deadlines; `drops` of `("*",)` drops all that `meets` leaves open.
    """

    act: str
    label: str
    sources: frozenset[State]
    target: State | None
    roles: tuple[Role, ...]
    meets: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    pauses: bool = False
    resumes: bool = False
    by_consumer: bool = False
    built: bool = True


def _of(*states: State) -> frozenset[State]:
    return frozenset(states)


ALL = ("*",)
# fmt: off
TABLE = (
    #          act                    label          from                              to                   who
    Transition("submit",              "提交投诉",     frozenset(),                      S.SUBMITTED,         (),        opens=("review", "decline_notice", "decision"), by_consumer=True),
    Transition("request_information", "通知补正",     _of(S.SUBMITTED),                 S.NEEDS_INFORMATION, INTAKE,    meets=("review",), pauses=True, built=False),
    Transition("complete",            "补正材料",     _of(S.NEEDS_INFORMATION),         S.SUBMITTED,         DESK,      opens=("review",), resumes=True, by_consumer=True, built=False),
    Transition("accept",              "登记受理",     _of(S.SUBMITTED),                 S.ACCEPTED,          INTAKE,    meets=("review",), drops=("decline_notice",), opens=("first_reply", "mediation_start", "mediation_limit")),
    Transition("decline",             "不予登记",     _of(S.SUBMITTED),                 S.DECLINED,          INTAKE,    meets=("review", "decision")),
    Transition("reply",               "答复消费者",   _of(S.ACCEPTED, S.MEDIATING, S.SUSPENDED), None,       DESK,      meets=("first_reply", "progress")),
    Transition("contact",             "记录联系",     _of(S.ACCEPTED, S.MEDIATING),     S.MEDIATING,         DESK,      meets=("mediation_start",)),
    Transition("suspend",             "中止调解",     _of(S.MEDIATING),                 S.SUSPENDED,         MEDIATION, pauses=True, built=False),
    Transition("resume",              "恢复调解",     _of(S.SUSPENDED),                 S.MEDIATING,         MEDIATION, resumes=True, built=False),
    Transition("settle",              "达成和解",     _of(S.MEDIATING),                 S.SETTLED,           MEDIATION, meets=("decision", "mediation_limit"), drops=ALL),
    Transition("perform",             "开始履行",     _of(S.SETTLED),                   S.PERFORMING,        DESK),
    Transition("default",             "登记未履行",   _of(S.PERFORMING),                S.DEFAULTED,         MEDIATION, drops=ALL, opens=("hand_over",)),
    Transition("terminate",           "终止调解",     _of(S.MEDIATING, S.SUSPENDED),    S.TERMINATED,        MEDIATION, meets=("decision", "mediation_limit"), drops=ALL, opens=("termination_notice", "hand_over")),
    Transition("hand_over",           "移交市场监管局", _of(S.TERMINATED, S.DEFAULTED),  S.HANDED_OVER,       SENIOR,    meets=("hand_over",)),
    Transition("withdraw",            "撤回投诉",     ALIVE,                            S.WITHDRAWN,         DESK,      meets=("decision", "mediation_limit"), drops=ALL, by_consumer=True),
    Transition("close",               "办结",         _of(S.DECLINED, S.WITHDRAWN, S.PERFORMING, S.HANDED_OVER), S.CLOSED, SENIOR, meets=("performance",), drops=("review", "decision", "mediation_limit", "progress"), opens=("call_back",)),
    Transition("call_back",           "登记回访",     _of(S.CLOSED),                    None,                DESK,      meets=("call_back",)),
    Transition("reopen",              "重新办理",     _of(S.CLOSED),                    S.MEDIATING,         (Role.STATION_HEAD, Role.SUPERVISOR), drops=ALL, opens=("decision",), built=False),
    Transition("assign",              "指定经办人",   UNCLOSED,                         None,                SENIOR),
    Transition("add_evidence",        "补充证据",     UNCLOSED,                         None,                DESK,      by_consumer=True),
    Transition("note",                "内部备注",     frozenset(S),                     None,                DESK),
)
# fmt: on
BY_ACT = {row.act: row for row in TABLE}


class NotAllowed(Exception):
    """The act can't be done on a case in this state; `str()` is for the person at the page."""

    def __init__(self, act: str, state: State) -> None:
        row = BY_ACT[act]
        froms = "、".join(sorted(source.label for source in row.sources))
        super().__init__(f"案件现在是“{state.label}”,不能{row.label}(须在 {froms} 时办理)。")
        self.act, self.state = act, state


def check(act: str, state: State) -> Transition:
    """The row of `act`, when it may be done in `state`. Raises NotAllowed."""
    row = BY_ACT[act]
    if state not in row.sources:
        raise NotAllowed(act, state)
    return row


def allowed_now(state: State, roles: frozenset[Role]) -> list[Transition]:
    """The acts that an officer with `roles` can do on a case in `state`, in the table's order."""
    return [row for row in TABLE if row.built and state in row.sources and roles.intersection(row.roles)]
