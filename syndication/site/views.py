"""Public pages: home, embed builder, method, legal pages."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_centre, resolve_formation
from syndication.catalogue.store import CentreRow, FormationRow
from syndication.context import Hub
from syndication.errors import UnusableCode
from syndication.gestures.readers import PER_HOUR, PLACES
from syndication.moderation.decide import REASONS
from syndication.pages import page, static
from syndication.site import accessibility
from syndication.site.builder import Builder
from syndication.site.docs import Docs
from syndication.site.formations import Formations
from widget.routes import words as said

SHORT = "public, max-age=300"
LONG = "public, max-age=31536000, immutable"
STATIC = {
    "sirius.css": "text/css; charset=utf-8",
    "widget.css": "text/css; charset=utf-8",
    "builder.js": "text/javascript; charset=utf-8",
    "preview.js": "text/javascript; charset=utf-8",
    "copy.js": "text/javascript; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
}
TEXT_PAGES = ("methode", "accessibilite", "donnees-personnelles", "mentions-legales")


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the public pages."""
    site, formations = _Site(hub), Formations(hub)
    pages = {
        "/": site.home, "/formations/{code:path}": formations.formation, "/etablissements/{code}": formations.centre,
        "/sitemap.xml": formations.sitemap, "/integrer": Builder(hub).show, "/static/{name}": _static,
        "/docs/api": Docs(hub).show, "/robots.txt": site.robots,
    } | {f"/{name}": site.text_page for name in TEXT_PAGES}  # fmt: skip
    # they hold no secret that comparing compressed sizes could tell
    small = [Middleware(GZipMiddleware, minimum_size=500)]
    return [Route(path, endpoint, methods=["GET"], middleware=small) for path, endpoint in pages.items()]


class _Site:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def home(self, request: Request) -> Response:
        words = request.query_params.get("q", "").strip()[:100]
        with self._hub.engine.connect() as connection:
            if words:
                listed, centres = _find(connection, words)
            else:
                listed, centres = catalogue.formations_with_responses(connection, 8), []
        return page(
            "site/home.html", cache_control=SHORT, words=words, listed=listed, centres=centres,
            scores=self._scores(listed), publisher=self._hub.settings.publisher,
        )  # fmt: skip

    def _scores(self, listed: Sequence[tuple[FormationRow, str]]) -> dict[str, str]:
        """What respondents say of the formations listed, in a line each; nothing of those with too few."""
        found = self._hub.publisher.scores([code for _, code in listed])
        return {one.key: said.score_line(one) for one in found}

    async def text_page(self, request: Request) -> Response:
        name = request.url.path.strip("/")
        thresholds = self._hub.settings.thresholds
        durations = self._hub.settings.collector
        return page(
            f"site/{name}.html", cache_control=SHORT, reasons=REASONS, thresholds=thresholds, durations=durations,
            publisher=self._hub.settings.publisher, per_hour=PER_HOUR, per_text=PLACES,
            archive_months=self._hub.settings.archive_months,
            statement=accessibility.statement(),
            states=accessibility.STATES,
        )  # fmt: skip

    async def robots(self, _request: Request) -> Response:
        closed = (
            "/r/", "/c/", "/d/", "/apercu/", "/connexion", "/mails/", "/rejoindre/", "/compte", "/moderation", "/cfa",
        )  # fmt: skip
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
        text = "\n".join([*lines, f"Sitemap: {self._hub.settings.public_url}/sitemap.xml", ""])
        return PlainTextResponse(text, headers={"cache-control": SHORT})


def _find(connection: Connection, words: str) -> tuple[list[tuple[FormationRow, str]], list[CentreRow]]:
    """Formations and centres that a code means, or whose names hold every word."""
    with suppress(UnusableCode):
        found = resolve_formation(connection, words).formation
        return [(found, found.natural_key.removeprefix("cfd:"))], []
    with suppress(UnusableCode):
        return [], [resolve_centre(connection, words)]
    return catalogue.search_formations(connection, words), catalogue.search_centres(connection, words, limit=10)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        return page("site/not_found.html", 404)
    headers = {"cache-control": LONG, "x-content-type-options": "nosniff"}
    return Response(static(name), media_type=STATIC[name], headers=headers)
