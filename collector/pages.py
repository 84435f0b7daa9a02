"""Rendering of the respondents' pages: one request each, styles inside, headers that keep the link to its holder."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from collector.numbers import french_number

AGAIN_SECONDS = "5"
"""When to try again what could not be done for now."""
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

environment = Environment(
    loader=PackageLoader("collector"),
    autoescape=select_autoescape(default=True, disabled_extensions=("txt",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def french_month(month: str) -> str:
    """« juin 2026 » for « 2026-06 »."""
    year, number = month.split("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def french_date(day: Any) -> str:
    """« 23 novembre 2026 » for a date."""
    ordinal = "1er" if day.day == 1 else str(day.day)
    return f"{ordinal} {_MONTHS[day.month - 1]} {day.year}"


environment.filters["nombre"] = french_number
environment.filters["mois"] = french_month
environment.filters["jour"] = french_date


@cache
def _static(name: str) -> str:
    return files("collector").joinpath("static", name).read_text(encoding="utf-8")


def _digest(name: str) -> str:
    return base64.b64encode(hashlib.sha256(_static(name).encode()).digest()).decode()


@cache
def security_headers() -> dict[str, str]:
    """Headers of every page: nothing kept, nothing told to third parties, nothing framed, no script but our own."""
    return {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
        "content-security-policy": (
            f"default-src 'none'; style-src 'sha256-{_digest('collector.css')}'; "
            f"script-src 'sha256-{_digest('collector.js')}'; connect-src 'self'; img-src data:; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
    }


class Printer:
    """Renders the respondents' pages. ``alone``: no hub beside, whose pages the foot could lead to."""

    def __init__(self, *, alone: bool) -> None:
        self._alone = alone

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page, whole."""
        html = environment.get_template(template).render(
            styles=Markup(_static("collector.css")),  # noqa: S704 our own file
            script=Markup(_static("collector.js")),  # noqa: S704 our own file
            alone=self._alone,
            **context,
        )
        again = {"retry-after": AGAIN_SECONDS} if status == 503 else {}
        return HTMLResponse(html, status, security_headers() | again)
