"""Mails written from their templates: the first line is the subject, the body follows a blank line."""

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from widget.routes import words

SUBJECT = 150
"""Characters of the longest subject."""
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
"""Spaces and ends of lines, but for those that French typography wants."""


def one_line(text: str) -> str:
    """A text on one line, so that what somebody typed cannot pass for more than it is."""
    return _SPACES.sub(" ", text).strip()


def quoted(text: str) -> str:
    """Words of somebody else, each line marked."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


environment = Environment(
    loader=PackageLoader("syndication", "letters/templates"),
    autoescape=False,  # noqa: S701 plain text, for no browser
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters.update(
    {
        "jour": words.day,
        "mois": words.month,
        "nombre": words.number,
        "pourcent": words.percent,
        "ligne": one_line,
        "cite": quoted,
    }
)
environment.globals["pluriel"] = words.plural


def write(kind: str, data: Mapping[str, Any], stop_url: str, **more: str) -> tuple[str, str]:
    """The subject and the body of a mail; who may stop it is told how, at its foot when its template does not."""
    text = environment.get_template(f"{kind}.txt").render({**data, **more, "stop_url": stop_url})
    subject, _, body = text.strip().partition("\n")
    if stop_url and stop_url not in body:
        body = f"{body.rstrip()}\n\nNe plus recevoir ces mails :\n{stop_url}"
    return one_line(subject)[:SUBJECT], f"{body.strip()}\n"
