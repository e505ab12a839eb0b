"""HTML to PDF, with the fonts we ship and nothing fetched from anywhere.

Fonts and stylesheet are loaded once a process. A missing glyph or an unknown rule is an error here,
not a warning: a paper with a hole in it must not be issued.
"""

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent.parent / "static"
os.environ.setdefault("FONTCONFIG_FILE", str(STATIC / "fonts" / "fonts.conf"))

import segno  # noqa: E402
from fontTools.ttLib import TTFont  # noqa: E402
from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: E402
from markupsafe import Markup  # noqa: E402
from weasyprint import CSS, HTML  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: E402

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "documents"
WATCHED = logging.getLogger("weasyprint")


class Unprintable(Exception):
    """The paper can't be set as it should be."""


class Closed(URLFetcher):
    """Only what is inside the HTML itself (data: addresses) is loaded."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if not url.startswith("data:"):
            raise Unprintable("a paper loads nothing from outside")
        return super().fetch(url, headers)


def printable(value: Any) -> Any:
    """Signs that our faces lack (emoji, private use) become 〓, so that nothing is lost silently."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(sign if ord(sign) <= 0x20 or ord(sign) in _glyphs() else "〓" for sign in value)


@lru_cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True, finalize=printable
    )


@lru_cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@lru_cache
def _stylesheet() -> CSS:
    return CSS(filename=str(TEMPLATES / "kit.css"), font_config=_fonts())


@lru_cache
def _glyphs() -> frozenset[int]:
    return frozenset(TTFont(STATIC / "fonts" / "NotoSerifSC-Regular.ttf", lazy=True).getBestCmap())


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def qr(address: str) -> str:
    """A QR code as a data: address."""
    return str(segno.make(address, error="m").svg_data_uri(border=0))


def html_of(kind: str, data: dict[str, Any]) -> str:
    return _environment().get_template(f"{kind}.html").render(data)


def pdf_of(kind: str, data: dict[str, Any]) -> bytes:
    """Set a paper of `kind` from plain `data`.

    Raises:
        Unprintable: the setter complained (a missing font, an unknown rule, a closed address).
        jinja2.UndefinedError: a field is missing.
    """
    complaints = _Complaints()
    WATCHED.addHandler(complaints)
    try:
        page = HTML(string=html_of(kind, data), url_fetcher=Closed(), base_url=None)
        pdf = page.write_pdf(stylesheets=[_stylesheet()], font_config=_fonts())
    finally:
        WATCHED.removeHandler(complaints)
    if complaints.said:
        raise Unprintable("; ".join(complaints.said))
    return bytes(pdf)
