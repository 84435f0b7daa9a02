"""From a snapshot to the page of a frame, whole: one request, styles and script inside. Pure."""

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from widget import words
from widget.colour import accent_rules
from widget.contract import Language, Note, Snapshot
from widget.draw import FOLD, bar, pen
from widget.options import LANGUAGES, Options

_INCLUDE = re.compile(r'{% include "([a-z]+\.html)" %}\n?')


@cache
def _source(name: str) -> str:
    """A template with its parts in their places: put there once, they cost nothing at each view."""
    text = files("widget").joinpath("templates", name).read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: _source(found[1]), text)


environment = Environment(
    loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    auto_reload=False,
)  # fmt: skip

CHOICES = ("comment_trouver",)
"""Questions with several options that are shown."""
CAROUSEL_FOLD = 150
"""Longest text shown whole in a carousel, whose texts share one height."""
FIRST = 6
"""Texts that a view shows at once; the others of its page are one press away."""
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
    title = words.phrase("titre", options.language)
    if snapshot is None or snapshot.reliability == "insuffisante":
        told = banner or options.when_empty == "message"
        inside = _filled("vide.html", options.language, snapshot=snapshot) if told else Markup()
        return _framed(inside, options, "vide", title, banner)
    if snapshot.formation:
        colon = f"{words.NBSP}:" if options.language == "fr" else ":"
        title = f"{title}{colon} {snapshot.formation.title}"
    view = _view(snapshot, options, options, "/widget", thanked, at_once(snapshot, options))
    return _framed(_filled(f"{options.format}.html", options.language, **view), options, "pret", title, banner)


def render_inside(snapshot: Snapshot, options: Options, path: str) -> Markup:
    """What ``complet`` shows, to stand inside a page of ours at ``path``, whose query asks for other texts."""
    centre = options.centre if options.formation else None
    carried = replace(options, formation=None, centre=centre, format="complet", when_empty="masquer")
    view = _view(snapshot, options, carried, path, None, len(snapshot.verbatims))
    return _filled("complet.html", options.language, **view)


def render_refusal(origin: str, address: str, language: Language) -> Page:
    """The page that says why nothing is shown in a site's page: its origin is not among those allowed."""
    inside = _filled("refus.html", language, origin=origin, address=address)
    return _framed(inside, Options(language=language), "refus", words.phrase("refus_titre", language))


def render_message(key: str, back: str, options: Options) -> Page:
    """A sentence of ours in a frame, with the way back to the texts."""
    inside = _filled("mot.html", options.language, sentence=words.phrase(key, options.language), back=back)
    return _framed(inside, options, "pret", words.phrase("titre", options.language))


def _framed(inside: Markup, options: Options, state: str, title: str, banner: str = "") -> Page:
    """A whole page around what a frame shows; ``state`` is what its script tells the host."""
    (styles, style_hash), (script, script_hash) = _styles(options.accent), _script()
    said = Markup('<p class="banner">{}</p>\n').format(banner) if banner else Markup()
    html = environment.get_template("frame.html").render(
        options=options, inside=said + inside, state=state, title=title, styles=styles, script=script
    )
    return Page(html, style_hash, script_hash)


def _filled(template: str, language: Language, **values: Any) -> Markup:
    """A template of ours, which escapes what is not ours, filled in one language."""
    return Markup(environment.get_template(template).render(_SAYERS[language] | values))  # noqa: S704


def at_once(snapshot: Snapshot, options: Options) -> int:
    """How many texts of a snapshot a format shows at once: ``FIRST``, or all of those that the reader asked for."""
    if options.format == "score":
        return 0
    found, ask = len(snapshot.verbatims), snapshot.ask
    whole = ask.narrows or ask.page or options.format == "carrousel" or found <= FIRST + 1
    return found if whole else FIRST


def _view(
    snapshot: Snapshot, options: Options, carried: Options, path: str, thanked: str | None, first: int
) -> dict[str, Any]:
    """What templates of a view need beside the snapshot.

    Links and forms lead to ``path`` with what is ``carried``. ``thanked`` None: no reader's gesture here. Texts after
    the ``first`` ones wait behind a press.
    """
    draw = pen(options.language)
    longest = CAROUSEL_FOLD if options.format == "carrousel" else FOLD
    texts = [
        draw.verbatim(one, longest, thanked is not None, bool(thanked) and thanked == one.id)
        for one in snapshot.verbatims
    ]
    return {
        "snapshot": snapshot,
        "options": options,
        "pen": draw,
        "texts": texts[:first],
        "more": texts[first:],
        "more_open": any(one.id == thanked for one in snapshot.verbatims[first:]),
        "framed": thanked is not None,
        "groups": _groups(snapshot, options.language),
        "choices": [choice for choice in snapshot.choices if choice.key in CHOICES],
        "filters_from": FILTERS_FROM,
        "path": path,
        "carried": carried,
        "here": partial(_here, path, carried),
    }


def _here(path: str, options: Options, **changes: str) -> str:
    return f"{path}?{options.query(**changes)}"


def _sayers(language: Language) -> dict[str, Any]:
    """What templates say things with, in one language."""
    return {
        "t": _phrases(language),
        "say": partial(_say, language),
        "nombre": partial(words.number, language=language),
        "pourcent": partial(words.percent, language=language),
        "mois": partial(words.month, language=language),
        "depuis": partial(words.since, language=language),
        "jour": partial(words.day, language=language),
        "compte": partial(words.counted, language=language),
        "ligne": partial(words.headline, language=language),
        "prudence": partial(words.caution, language=language),
    }


def _say(language: Language, key: str, **values: object) -> Markup:
    """A sentence of ours with its blanks filled, whatever fills them being escaped."""
    escaped = {name: escape(value) for name, value in values.items()}
    return Markup(words.PHRASES[language][key].format(**escaped))  # noqa: S704


@cache
def _phrases(language: Language) -> dict[str, Markup]:
    """Our own sentences, in which nothing needs escaping but what fills their blanks."""
    return {key: Markup(text) for key, text in words.PHRASES[language].items()}  # noqa: S704


environment.globals["bar"] = bar
_SAYERS: dict[str, dict[str, Any]] = {"fr": _sayers("fr"), "en": _sayers("en")}
assert set(_SAYERS) == set(LANGUAGES)  # noqa: S101 a language is offered when its sentences are there

_GROUPS = (("entreprise", "en_entreprise"), ("cfa", "au_cfa"), ("recherche", "trouver"), ("fierte", "apporte"))


def _groups(snapshot: Snapshot, language: Language) -> list[tuple[str, list[Note]]]:
    """Rating axes gathered under their titles, in a fixed order."""
    found = [(words.phrase(title, language), [n for n in snapshot.notes if n.group == key]) for key, title in _GROUPS]
    return [(title, notes) for title, notes in found if notes]
