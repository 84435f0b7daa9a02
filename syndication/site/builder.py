"""``/integrer``: find a formation and a centre, choose how it looks, see it, copy what to paste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_centre, resolve_formation
from syndication.catalogue.store import CentreRow, FormationRow
from syndication.context import Hub
from syndication.errors import AmbiguousCode, UnusableCode
from syndication.pages import page
from widget.contract import Snapshot
from widget.routes import FORMATS, LANGUAGES, THEMES, Options, loaders, read_options, words

LOADINGS = ("visible", "clic", "immediat")
NAMES = {
    "complet": "complet", "carrousel": "carrousel", "liste": "liste", "score": "score (une ligne)",
    "auto": "comme l'appareil", "clair": "clair", "sombre": "sombre", "fr": "français", "en": "anglais",
    "visible": "près de l'écran", "clic": "au clic", "immediat": "tout de suite",
}  # fmt: skip
"""Values as they are said."""
ROOM = {
    "complet": "display:block;min-height:max(1000px,100vh)",
    "carrousel": "display:block;min-height:clamp(520px,1560px - 100vw,1150px)",
    "liste": "display:block;min-height:max(800px,100vh)",
    "score": "display:inline-block;min-height:clamp(1.5em,(600px - 100vw)*99,3em)",
}
"""Room that a page keeps by format before the script has come."""
HEIGHTS = {"complet": 900, "carrousel": 640, "liste": 800, "score": 48}
"""Pixels of a plain iframe, which cannot follow what it shows."""
LABELS = {"fr": "Les avis d'apprentis", "en": "Apprentices' reviews"}
CENTRES = 300
LONGEST = 200


@dataclass(slots=True)
class _Found:
    """What is said of the codes typed: the snapshot, or why there is none and what was perhaps meant."""

    snapshot: Snapshot | None = None
    faults: dict[str, str] = field(default_factory=dict)
    formations: list[tuple[FormationRow, str]] = field(default_factory=list)
    candidates: tuple[str, ...] = ()
    centres: Sequence[CentreRow] = ()
    named: Sequence[CentreRow] = ()


class Builder:
    """The page of those who embed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request) -> Response:
        """The builder, on what the query asks for."""
        query = {name: value.strip()[:LONGEST] for name, value in request.query_params.items()}
        options = read_options(query)
        loading = query.get("chargement", "") if query.get("chargement") in LOADINGS else "visible"
        wanted = attributes(options, loading, "json-ld" in query)
        found = self._look_up(options)
        accent = query.get("accent", "")
        if accent and not options.accent:
            found.faults["accent"] = "Ce n'est pas une couleur\u00a0: un dièse et six chiffres de 0 à f, comme #3b3a8f."
        return page(
            "site/builder.html", options=options, loading=loading, names=NAMES, found=found, wanted=wanted,
            choices={"format": FORMATS, "theme": THEMES, "langue": LANGUAGES, "chargement": LOADINGS},
            accent=accent, address=_address(wanted),
            code=snippets(self._hub.settings.public_url, options, wanted, found.snapshot),
        )  # fmt: skip

    def _look_up(self, options: Options) -> _Found:
        found = _Found()
        with self._hub.engine.connect() as connection:
            if not options.formation and not options.centre:
                found.formations = catalogue.formations_with_responses(connection, 8)
                return found
            members = _look_up_formation(connection, options.formation, found) if options.formation else ()
            if options.centre:
                _look_up_centre(connection, options.centre, members, found)
            if not found.faults and not found.formations and not found.named:
                found.snapshot = self._hub.publisher.require(options.formation, options.centre)
        return found


def _look_up_formation(connection: Connection, text: str, found: _Found) -> tuple[int, ...]:
    """Formations of the lineage that a code means; a text that is no code is looked for among titles."""
    try:
        members = resolve_formation(connection, text).members
    except AmbiguousCode as error:
        found.faults["formation"], found.candidates = str(error), tuple(error.candidates)
    except UnusableCode as error:
        found.formations = catalogue.search_formations(connection, text)
        if not found.formations:
            looks_like_words = not any(letter.isdigit() for letter in text)
            unknown = f"Aucune formation ne s'appelle «\u00a0{text}\u00a0». Essayez un mot plus court."
            found.faults["formation"] = unknown if looks_like_words else str(error)
    else:
        found.centres = catalogue.centres_offering(connection, members, CENTRES)
        return members
    return ()


def _look_up_centre(connection: Connection, text: str, members: Sequence[int], found: _Found) -> None:
    try:
        resolve_centre(connection, text)
    except UnusableCode as error:
        found.named = catalogue.search_centres(connection, text, members)
        if not found.named:
            looks_like_words = not any(letter.isdigit() for letter in text)
            where = " où cette formation est préparée" if members else ""
            unknown = f"Aucun centre{where} ne s'appelle «\u00a0{text}\u00a0»."
            found.faults["etablissement"] = unknown if looks_like_words else str(error)


def _address(wanted: Mapping[str, str]) -> Mapping[str, str]:
    """The builder's query for what is wanted, as links carry it along."""
    return {name: value or "1" for name, value in wanted.items()}


def attributes(options: Options, loading: str, json_ld: bool) -> dict[str, str]:
    """Attributes of the element, those that say the default left out."""
    found = dict(options.kept()) | ({"chargement": loading} if loading != "visible" else {})
    found |= {"points-forts": ""} if options.ask.strengths else {}
    return found | ({"json-ld": ""} if json_ld else {})


def snippets(public_url: str, options: Options, wanted: Mapping[str, str], snapshot: Snapshot | None) -> dict[str, str]:
    """What may be pasted: with the script, with a pinned script, as an iframe, as a link, and the API call."""
    page_url = snapshot.page_url if snapshot else public_url
    element = _element(wanted, page_url, LABELS[options.language])
    framed = f"{public_url}/widget?{replace(options, when_empty='message').query()}"
    title = LABELS[options.language]
    if snapshot and snapshot.formation:
        title = f"{title}, {snapshot.formation.title}"
    told = snapshot is not None and snapshot.satisfaction is not None
    figure = words.headline(snapshot, options.language) if snapshot and told else title
    codes = {"formation": options.formation or "", "etablissement": options.centre or ""}
    return {
        "by_script": f'<script async src="{public_url}/widget/1.js"></script>\n{element}',
        "by_pinned": (
            f'<script async src="{public_url}/widget/{loaders.NEWEST}" crossorigin="anonymous"\n'
            f'  integrity="{loaders.PUBLISHED[loaders.NEWEST]}"></script>\n{element}'
        ),
        "by_frame": (
            f'<iframe title="{_quoted(title)}" loading="lazy" width="100%" height="{HEIGHTS[options.format]}"\n'
            f'  src="{_quoted(framed)}"></iframe>'
        ),
        "by_link": (
            f'<a href="{_quoted(page_url)}"><img src="{_quoted(f"{public_url}/widget/badge.svg?{options.query()}")}"\n'
            f'  alt="{_quoted(figure)}" height="28"></a>'
        ),
        "by_api": f"{public_url}/api/v1/avis?{urlencode({k: v for k, v in codes.items() if v})}",
        "room": f"sirius-avis {{ {ROOM[options.format]} }}",
        "policy": f"script-src {public_url}; frame-src {public_url}; connect-src {public_url}",
    }


def _quoted(text: str) -> str:
    """Text for between double quotes or tags; apostrophes stay, for people read it."""
    return escape(text, quote=False).replace('"', "&quot;")


def _element(wanted: Mapping[str, str], page_url: str, label: str) -> str:
    room = ROOM[wanted.get("format", "complet")]
    said = "".join(f' {name}="{_quoted(value)}"' if value else f" {name}" for name, value in wanted.items())
    return f'<sirius-avis{said} style="{room}">\n  <a href="{_quoted(page_url)}">{_quoted(label)}</a>\n</sirius-avis>'
