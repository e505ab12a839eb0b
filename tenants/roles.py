"""What officers may be. One person can hold several roles."""

from enum import StrEnum


class Role(StrEnum):
    STATION_HEAD = "station_head"
    LIAISON = "liaison"
    COORDINATOR = "coordinator"
    MEDIATOR = "mediator"
    VOLUNTEER = "volunteer"
    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    BUREAU_HEAD = "bureau_head"
    REGISTRAR = "registrar"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Role.STATION_HEAD: "站长",
    Role.LIAISON: "联络员",
    Role.COORDINATOR: "协调员",
    Role.MEDIATOR: "调解员",
    Role.VOLUNTEER: "义务维权工作者",
    Role.CLERK: "受理员",
    Role.SUPERVISOR: "监管人员",
    Role.BUREAU_HEAD: "局领导",
    Role.REGISTRAR: "管理员",
}
AT_STATION = frozenset({Role.STATION_HEAD, Role.LIAISON, Role.COORDINATOR, Role.MEDIATOR, Role.VOLUNTEER, Role.CLERK})
AT_BUREAU = frozenset({Role.SUPERVISOR, Role.BUREAU_HEAD, Role.REGISTRAR})
