"""From a snapshot to the page of a frame, whole: one request, styles and script inside. Pure."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from widget import words
from widget.contract import Distribution, Snapshot
from widget.options import Options

environment = Environment(
    loader=PackageLoader("widget"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
environment.filters.update(
    {
        "nombre": words.number,
        "pourcent": words.percent,
        "mois": words.month,
        "jour": words.day,
        "phrase": words.headline,
        "dit": words.spoken,
    }
)
environment.globals["pluriel"] = words.plural

FOLD = 280
"""Longest text shown whole, in characters; a longer one folds at the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page with the hashes that its Content-Security-Policy must name."""

    html: str
    style_hash: str
    script_hash: str


@cache
def asset(name: str) -> str:
    """A file of ours, as text."""
    return files("widget").joinpath("static", name).read_text(encoding="utf-8")


@cache
def asset_hash(name: str) -> str:
    """The same file's hash, as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(asset(name).encode()).digest()).decode()


def render_frame(snapshot: Snapshot | None, options: Options, banner: str = "") -> Page:
    """The page of a frame; ``snapshot`` None or without figures gives the neutral page."""
    shown = snapshot is not None and snapshot.reliability != "insuffisante"
    template = "complet.html" if shown else "vide.html"
    html = environment.get_template(template).render(
        snapshot=snapshot,
        options=options,
        banner=banner,
        styles=Markup(asset("widget.css")),  # noqa: S704 our own file
        script=Markup(asset("frame.js")),  # noqa: S704 our own file
        groups=_groups(snapshot) if snapshot and shown else (),
    )
    return Page(html, asset_hash("widget.css"), asset_hash("frame.js"))


def fold(text: str) -> tuple[str, str]:
    """A long text cut at the end of a sentence, or of a word when no sentence ends in time: head and rest."""
    if len(text) <= FOLD + 60:
        return text, ""
    head = text[:FOLD]
    ends = [head.rfind(mark) + 1 for mark in (". ", "! ", "? ", "… ", "\n")]
    cut = max(ends)
    if cut < FOLD // 3:
        cut = head.rfind(" ") + 1 or FOLD
    return text[:cut], text[cut:]


def bars(spread: Distribution) -> list[dict[str, Any]]:
    """Segments of a distribution's bar, in percent of its width."""
    total = spread.answered
    segments: list[dict[str, Any]] = []
    start = 0.0
    for name, share in (("bien", spread.good), ("moyen", spread.fair), ("mal", spread.poor)):
        width = 100 * share.count / total
        segments.append({"name": name, "start": round(start, 2), "width": round(width, 2)})
        start += width
    return segments


environment.filters["plie"] = fold
environment.filters["barres"] = bars

_GROUPS = (
    ("entreprise", "En entreprise"),
    ("cfa", "Au CFA"),
    ("recherche", "Trouver une entreprise"),
    ("fierte", "Ce que l'apprentissage leur apporte"),
)


def _groups(snapshot: Snapshot) -> list[tuple[str, list[Any]]]:
    """Rating axes gathered under their titles, in a fixed order."""
    found = [(title, [note for note in snapshot.notes if note.group == key]) for key, title in _GROUPS]
    return [(title, notes) for title, notes in found if notes]
