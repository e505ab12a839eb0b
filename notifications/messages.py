"""Texts of notices: one folder a message under `templates/messages`, rendered from plain data."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "messages"
PRIORITIES = {"code": 0, "consumer": 1, "alert": 2, "digest": 3}


@dataclass(frozen=True)
class Text:
    subject: str
    body: str


@lru_cache
def _environment() -> Environment:
    # Messages are plain text: nothing to escape, and a missing field is a defect, not a blank.
    return Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=False,
        keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip


def compose(template: str, channel: str, data: dict[str, Any]) -> Text:
    """The text of message `template` for `channel` (`sms` or `email`).

    Raises:
        jinja2.TemplateNotFound: no such message, or none for that channel.
        jinja2.UndefinedError: a field is missing in `data`.
    """
    source = _environment().get_template(f"{template}/{channel}.txt").render(data).strip()
    if channel == "email":
        subject, _, body = source.partition("\n")
        return Text(subject.strip(), body.strip() + "\n")
    return Text("", source)
