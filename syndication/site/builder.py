"""``/integrer``: find a formation and a centre, choose how it looks, see it, copy what to paste."""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve
from syndication.context import Hub
from syndication.errors import AmbiguousCode, UnusableCode
from syndication.pages import page
from widget.routes import FORMATS, LANGUAGES, THEMES, Options, loaders, read_options

LOADINGS = ("visible", "clic", "immediat")
NAMES = {
    "complet": "complet", "carrousel": "carrousel", "liste": "liste", "score": "score (une ligne)",
    "auto": "comme l'appareil", "clair": "clair", "sombre": "sombre", "fr": "français", "en": "anglais",
    "visible": "près de l'écran", "clic": "au clic", "immediat": "tout de suite",
}  # fmt: skip
"""Values as they are said."""
ROOM = {
    "complet": "display:block;min-height:1000px",
    "carrousel": "display:block;min-height:clamp(640px,1400px - 100vw,1040px)",
    "liste": "display:block;min-height:800px", "score": "display:inline-block;min-height:1.5em",
}  # fmt: skip
"""Room that a page keeps by format before the script has come."""
HEIGHTS = {"complet": 900, "carrousel": 560, "liste": 800, "score": 48}
"""Pixels of a plain iframe, which cannot follow what it shows."""
CENTRES = 300


class Builder:
    """The page of those who embed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request) -> Response:
        """The builder, on what the query asks for."""
        query = {name: value.strip()[:200] for name, value in request.query_params.items()}
        options = read_options(query)
        loading = query.get("chargement", "") if query.get("chargement") in LOADINGS else "visible"
        context = self._look_up(options)
        return page(
            "site/builder.html", options=options, loading=loading, names=NAMES,
            choices={"format": FORMATS, "theme": THEMES, "langue": LANGUAGES, "chargement": LOADINGS},
            accent_fault=bool(query.get("accent")) and not options.accent, json_ld="json-ld" in query,
            wanted=attributes(options, loading, "json-ld" in query),
            **snippets(self._hub.settings.public_url, options, loading, "json-ld" in query),
            **context,
        )  # fmt: skip

    def _look_up(self, options: Options) -> dict[str, Any]:
        """What is said of the codes typed: the snapshot, or why there is none and what was perhaps meant."""
        formation, centre = options.formation, options.centre
        nothing: dict[str, Any] = {"snapshot": None, "fault": "", "found": [], "candidates": (), "centres": []}
        with self._hub.engine.connect() as connection:
            if not formation and not centre:
                return nothing | {"found": catalogue.formations_with_responses(connection, 8)}
            try:
                resolved = resolve(connection, formation, centre)
                members = resolved.formation.members if resolved.formation else ()
                centres = catalogue.centres_offering(connection, members, CENTRES)
                return nothing | {"snapshot": self._hub.publisher.build(connection, resolved), "centres": centres}
            except AmbiguousCode as error:
                return nothing | {"fault": str(error), "candidates": error.candidates}
            except UnusableCode as error:
                by_name = error.subject == "formation"
                found = catalogue.search_formations(connection, formation or "") if by_name else []
                return nothing | {"fault": "" if found else str(error), "found": found}


def attributes(options: Options, loading: str, json_ld: bool) -> dict[str, str]:
    """Attributes of the element, those that say the default left out."""
    found = dict(options.kept()) | ({"chargement": loading} if loading != "visible" else {})
    return found | ({"json-ld": ""} if json_ld else {})


def snippets(public_url: str, options: Options, loading: str, json_ld: bool) -> dict[str, Any]:
    """What may be pasted: with the script, with a pinned script, as an iframe, as a link, and the API call."""
    element = _element(public_url, attributes(options, loading, json_ld))
    address = f"{public_url}/widget?{options.query(**{'si-vide': 'message'})}"
    title = "Avis d'apprentis sur cette formation" if options.language == "fr" else "Apprentices' reviews"
    codes = {"formation": options.formation or "", "etablissement": options.centre or ""}
    return {
        "by_script": f'<script async src="{public_url}/widget/1.js"></script>\n{element}',
        "by_pinned": (
            f'<script async src="{public_url}/widget/{loaders.NEWEST}" crossorigin="anonymous"\n'
            f'  integrity="{loaders.PUBLISHED[loaders.NEWEST]}"></script>\n{element}'
        ),
        "by_frame": (
            f'<iframe title="{title}" loading="lazy" width="100%" height="{HEIGHTS[options.format]}"\n'
            f'  src="{escape(address)}"></iframe>'
        ),
        "by_link": (
            f'<a href="{escape(address)}"><img src="{escape(f"{public_url}/widget/badge.svg?{options.query()}")}"\n'
            f'  alt="{title}" height="28"></a>'
        ),
        "by_api": f"{public_url}/api/v1/avis?{urlencode({k: v for k, v in codes.items() if v})}",
        "room": f"sirius-avis {{ {ROOM[options.format]} }}",
        "policy": f"script-src {public_url}; frame-src {public_url}; connect-src {public_url}",
    }


def _element(public_url: str, wanted: Mapping[str, str]) -> str:
    room = ROOM[wanted.get("format", "complet")]
    said = "".join(f' {name}="{escape(value)}"' if value else f" {name}" for name, value in wanted.items())
    codes = {name: wanted[name] for name in ("formation", "etablissement") if name in wanted}
    link = f"{public_url}/widget?{urlencode(codes | {'si-vide': 'message'})}"
    return f'<sirius-avis{said} style="{room}">\n  <a href="{escape(link)}">Les avis d\'apprentis</a>\n</sirius-avis>'
