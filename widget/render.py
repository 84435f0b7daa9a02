"""From a snapshot to the page of a frame, whole: one request, styles and script inside. Pure."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from widget import words
from widget.colour import accent_rules
from widget.contract import Distribution, Language, Note, Snapshot
from widget.options import LANGUAGES, Options

environment = Environment(
    loader=PackageLoader("widget"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)

FOLD = 280
"""Longest text shown whole, in characters; a longer one folds at the end of a sentence."""
CAROUSEL_FOLD = 150
"""The same in a carousel, whose texts share one height."""
FILTERS_FROM = 4
"""Texts from which a reader is offered to choose among them."""


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


def hash_source(text: str) -> str:
    """The hash of an inline style or script, as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1024)
def _styles(accent: str) -> tuple[Markup, str]:
    """Styles under an accent, with their hash."""
    text = asset("widget.css") + accent_rules(accent)
    return Markup(text), hash_source(text)  # noqa: S704 our own file and colours made of digits


@cache
def _script() -> tuple[Markup, str]:
    text = asset("frame.js")
    return Markup(text), hash_source(text)  # noqa: S704 our own file


def render_frame(snapshot: Snapshot | None, options: Options, banner: str = "", thanked: str = "") -> Page:
    """The page of a frame; ``snapshot`` None or without figures gives the neutral page.

    ``thanked`` is the id of a text that the reader has just found useful or not.
    """
    shown = snapshot is not None and snapshot.reliability != "insuffisante"
    template = f"{options.format}.html" if shown else "vide.html"
    (styles, style_hash), (script, script_hash) = _styles(options.accent), _script()
    html = environment.get_template(template).render(
        _drawn(snapshot, options) if snapshot and shown else {},
        snapshot=snapshot,
        options=options,
        banner=banner,
        thanked=thanked,
        styles=styles,
        script=script,
        path="/widget",
        here=partial(_here, options),
        kept=options.kept(),
        votes=True,
        **_SAYERS[options.language],
    )
    return Page(html, style_hash, script_hash)


def render_inside(snapshot: Snapshot, options: Options, path: str) -> Markup:
    """What ``complet`` shows, to stand inside a page of ours at ``path``, whose query asks for other texts."""
    fixed = {"formation", "format", "si-vide"} | ({"etablissement"} if options.formation is None else set())

    def here(**changes: str) -> str:
        return f"{path}?{options.query(**dict.fromkeys(fixed, ''), **changes)}"

    html = environment.get_template("whole.html").render(
        _drawn(snapshot, options),
        snapshot=snapshot,
        options=options,
        thanked="",
        path=path,
        here=here,
        kept=[(name, value) for name, value in options.kept() if name not in fixed],
        votes=False,
        **_SAYERS[options.language],
    )
    return Markup(html)  # noqa: S704 made by our own template, which escapes


def _here(options: Options, **changes: str) -> str:
    return f"/widget?{options.query(**changes)}"


def _drawn(snapshot: Snapshot, options: Options) -> dict[str, Any]:
    return {
        "groups": _groups(snapshot, options.language),
        "filters_from": FILTERS_FROM,
        "fold_at": CAROUSEL_FOLD if options.format == "carrousel" else FOLD,
    }


def render_refusal(origin: str, address: str, language: Language) -> Page:
    """The page that says why nothing is shown in a site's page: its origin is not among those allowed."""
    (styles, style_hash), (script, script_hash) = _styles(""), _script()
    html = environment.get_template("refus.html").render(
        origin=origin, address=address, options=Options(language=language), styles=styles, script=script,
        **_SAYERS[language],
    )  # fmt: skip
    return Page(html, style_hash, script_hash)


def fold(text: str, length: int = FOLD) -> tuple[str, str]:
    """A long text cut at the end of a sentence, or of a word when no sentence ends in time: head and rest."""
    if len(text) <= length + 60:
        return text, ""
    head = text[:length]
    ends = [head.rfind(mark) + 1 for mark in (". ", "! ", "? ", "… ", "\n")]
    cut = max(ends)
    if cut < length // 3:
        cut = head.rfind(" ") + 1 or length
    return text[:cut], text[cut:]


def bars(spread: Distribution) -> list[tuple[str, float, float]]:
    """Segments of a distribution's bar: name, start and width in percent of the whole."""
    total = spread.answered
    segments: list[tuple[str, float, float]] = []
    start = 0.0
    for name, share in (("bien", spread.good), ("moyen", spread.fair), ("mal", spread.poor)):
        width = 100 * share.count / total
        segments.append((name, round(start, 2), round(width, 2)))
        start += width
    return segments


def shares(spread: Distribution) -> tuple[tuple[str, Any], ...]:
    """A distribution's three shares with their names."""
    return ("bien", spread.good), ("moyen", spread.fair), ("mal", spread.poor)


def _sayers(language: Language) -> dict[str, Any]:
    """What templates say things with, in one language."""
    return {
        "t": _phrases(language),
        "say": partial(_say, language),
        "nombre": partial(words.number, language=language),
        "pourcent": partial(words.percent, language=language),
        "mois": partial(words.month, language=language),
        "jour": partial(words.day, language=language),
        "compte": partial(words.counted, language=language),
        "ligne": partial(words.headline, language=language),
        "dit": partial(words.spoken, language=language),
        "puce": partial(words.score_line, language=language),
        "prudence": partial(words.caution, language=language),
    }


def _say(language: Language, key: str, **values: object) -> str:
    return _phrases(language)[key].format(**values)


@cache
def _phrases(language: Language) -> dict[str, Markup]:
    """Our own sentences, in which nothing needs escaping but what fills their blanks."""
    return {key: Markup(text) for key, text in words.PHRASES[language].items()}  # noqa: S704


environment.filters.update({"plie": fold, "barres": bars, "parts": shares})
_SAYERS: dict[str, dict[str, Any]] = {"fr": _sayers("fr"), "en": _sayers("en")}
assert set(_SAYERS) == set(LANGUAGES)  # noqa: S101 a language is offered when its sentences are there

_GROUPS = (("entreprise", "en_entreprise"), ("cfa", "au_cfa"), ("recherche", "trouver"), ("fierte", "apporte"))


def _groups(snapshot: Snapshot, language: Language) -> list[tuple[str, list[Note]]]:
    """Rating axes gathered under their titles, in a fixed order."""
    found = [(words.phrase(title, language), [n for n in snapshot.notes if n.group == key]) for key, title in _GROUPS]
    return [(title, notes) for title, notes in found if notes]
