"""How a letter leaves the house. A channel sends one letter and says what the provider answered."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """One message, ready to go. `reference` is the same at every try, so that a repeat can be known."""

    reference: str
    to: str
    subject: str
    body: str


class Refused(Exception):
    """The provider said no for good: another try would be refused too."""


class Unavailable(Exception):
    """The provider can't be reached or is in trouble: try again later."""


class Line(Protocol):
    """An open connection to a provider."""

    def send(self, letter: Letter) -> str:
        """Send and return the provider's answer. Raises Refused, Unavailable."""

    def knows(self, reference: str) -> bool | None:
        """Whether the provider has that letter already; None when it can't be asked."""


class Channel(Protocol):
    name: str
    provider: str

    def open(self) -> AbstractContextManager[Line]: ...


__all__ = ["Channel", "Iterator", "Letter", "Line", "Refused", "Unavailable"]
