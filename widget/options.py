"""How an integrator wants a widget and what a reader asks of it, read from the query. Pure.

What makes no sense falls back to the default: a catalogue's page never breaks over a misspelt option.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast
from urllib.parse import urlencode

from widget.contract import NOTHING_ASKED, Ask, Language, Order

Format = Literal["complet", "carrousel", "liste", "score"]
Theme = Literal["auto", "clair", "sombre"]
WhenEmpty = Literal["masquer", "message"]
FORMATS = ("complet", "carrousel", "liste", "score")
STRENGTHS_IN = ("complet", "liste")
"""Formats that have room for what a centre does well."""
THEMES = ("auto", "clair", "sombre")
LANGUAGES = ("fr", "en")
WHEN_EMPTY = ("masquer", "message")
ORDERS = ("recent", "utile")
ACCENT = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
PAGE = re.compile(r"[0-9]{1,4}")
LIMIT = 100
"""Characters of a reader's wish that are read."""


@dataclass(frozen=True, slots=True)
class Options:
    """A widget as asked for; ``accent`` is ``#rrggbb`` in lower case, or empty."""

    formation: str | None = None
    centre: str | None = None
    format: Format = "complet"
    theme: Theme = "auto"
    accent: str = ""
    language: Language = "fr"
    when_empty: WhenEmpty = "masquer"
    ask: Ask = NOTHING_ASKED

    def query(self, **changes: str) -> str:
        """The query of the same widget with some parameters changed, or taken out when empty; always the same order."""
        return _written({**self._kept(), **self._asked(), **changes})

    def kept(self) -> list[tuple[str, str]]:
        """Parameters of the widget itself, for a form that asks for other texts to carry along."""
        return [(name, value) for name, value in self._kept().items() if value]

    def around(self, name: str) -> tuple[str, str]:
        """The query of the first page, before and after a parameter whose value is still to be written."""
        values = list({**self._kept(), **self._asked(), "page": ""}.items())
        place = [key for key, _ in values].index(name)
        before, after = _written(dict(values[:place])), _written(dict(values[place + 1 :]))
        return before + "&" if before else "", "&" + after if after else ""

    def _kept(self) -> dict[str, str]:
        return {
            "formation": self.formation or "",
            "etablissement": self.centre or "",
            "format": self.format if self.format != "complet" else "",
            "theme": self.theme if self.theme != "auto" else "",
            "accent": self.accent,
            "langue": self.language if self.language != "fr" else "",
            "si-vide": self.when_empty if self.when_empty != "masquer" else "",
            "points-forts": "1" if self.ask.strengths else "",
        }

    def _asked(self) -> dict[str, str]:
        ask = self.ask
        return {
            "q": ask.words,
            "question": ask.question,
            "sujet": ask.subject,
            "centre": ask.centre,
            "tri": ask.order if ask.order != "recent" else "",
            "page": str(ask.page + 1) if ask.page else "",
        }


def _written(values: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in values.items() if value})


def read_options(query: Mapping[str, str]) -> Options:
    """Options from a query."""
    shape = cast(Format, _among(query, "format", FORMATS))
    wants_strengths = query.get("points-forts", "non") != "non" and shape in STRENGTHS_IN
    return Options(
        formation=query.get("formation", "").strip() or None,
        centre=query.get("etablissement", "").strip() or None,
        format=shape,
        theme=cast(Theme, _among(query, "theme", THEMES)),
        accent=read_accent(query.get("accent", "")),
        language=cast(Language, _among(query, "langue", LANGUAGES)),
        when_empty=cast(WhenEmpty, _among(query, "si-vide", WHEN_EMPTY)),
        ask=replace(read_ask(query), strengths=wants_strengths),
    )


def read_ask(query: Mapping[str, str]) -> Ask:
    """Which texts a reader wants; pages count from 1 for readers."""
    page = query.get("page", "").strip()
    return Ask(
        question=query.get("question", "").strip()[:LIMIT],
        subject=query.get("sujet", "").strip()[:LIMIT],
        words=" ".join(query.get("q", "").replace("\x00", " ").split())[:LIMIT],
        centre=query.get("centre", "").strip()[:LIMIT],
        order=cast(Order, _among(query, "tri", ORDERS)),
        page=max(int(page) - 1, 0) if page.isascii() and PAGE.fullmatch(page) else 0,
    )


def read_accent(text: str) -> str:
    """A colour as ``#rrggbb``, or empty when it is none."""
    found = ACCENT.fullmatch(text.strip())
    if found is None:
        return ""
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def _among(query: Mapping[str, str], name: str, values: tuple[str, ...]) -> str:
    """The value of a parameter when it is one of those expected, else the first of them."""
    value = query.get(name, "").strip().lower()
    return value if value in values else values[0]
