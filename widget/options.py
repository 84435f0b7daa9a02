"""How an integrator wants a widget, read from the query. Pure; what makes no sense falls back to the default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

Theme = Literal["auto", "clair", "sombre"]
WhenEmpty = Literal["masquer", "message"]
THEMES = ("auto", "clair", "sombre")
WHEN_EMPTY = ("masquer", "message")


@dataclass(frozen=True, slots=True)
class Options:
    """A widget as asked for."""

    formation: str | None = None
    centre: str | None = None
    theme: Theme = "auto"
    when_empty: WhenEmpty = "masquer"


def read_options(query: Mapping[str, str]) -> Options:
    """Options from a query; a catalogue's page never breaks over a misspelt one."""
    theme, when_empty = query.get("theme", ""), query.get("si-vide", "")
    return Options(
        formation=query.get("formation", "").strip() or None,
        centre=query.get("etablissement", "").strip() or None,
        theme=cast(Theme, theme) if theme in THEMES else "auto",
        when_empty=cast(WhenEmpty, when_empty) if when_empty in WHEN_EMPTY else "masquer",
    )
