"""Public pages: home, embed builder, method, legal pages, health."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from syndication import database
from syndication.catalogue import store as catalogue
from syndication.catalogue.store import FormationRow
from syndication.context import Hub
from syndication.gestures.readers import PER_HOUR, PLACES
from syndication.moderation.decide import REASONS
from syndication.pages import page, static
from syndication.site import accessibility
from syndication.site.builder import Builder
from syndication.site.formations import Formations
from widget.routes import words as said

SHORT = "public, max-age=300"
LONG = "public, max-age=31536000, immutable"
STATIC = {
    "sirius.css": "text/css; charset=utf-8",
    "widget.css": "text/css; charset=utf-8",
    "builder.js": "text/javascript; charset=utf-8",
    "preview.js": "text/javascript; charset=utf-8",
}
TEXT_PAGES = ("methode", "accessibilite", "donnees-personnelles", "mentions-legales")


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the public pages."""
    site, formations = _Site(hub), Formations(hub)
    return [
        Route("/", site.home, methods=["GET"]),
        Route("/formations/{code:path}", formations.formation, methods=["GET"]),
        Route("/etablissements/{code}", formations.centre, methods=["GET"]),
        Route("/sitemap.xml", formations.sitemap, methods=["GET"]),
        Route("/integrer", Builder(hub).show, methods=["GET"]),
        *(Route(f"/{name}", site.text_page, methods=["GET"]) for name in TEXT_PAGES),
        Route("/static/{name}", _static, methods=["GET"]),
        Route("/robots.txt", site.robots, methods=["GET"]),
        Route("/sante", _alive, methods=["GET"]),
        Route("/pret", site.ready, methods=["GET"]),
    ]


class _Site:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def home(self, request: Request) -> Response:
        words = request.query_params.get("q", "").strip()[:100]
        with self._hub.engine.connect() as connection:
            found = catalogue.search_formations(connection, words) if words else []
            most = catalogue.formations_with_responses(connection, 8)
        listed = found if words else most
        return page(
            "site/home.html", cache_control=SHORT, words=words, listed=listed, scores=self._scores(listed),
            publisher=self._hub.settings.publisher,
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
            statement=accessibility.statement(),
            states=accessibility.STATES,
        )  # fmt: skip

    async def robots(self, _request: Request) -> Response:
        closed = ("/r/", "/c/", "/d/", "/apercu/", "/connexion/", "/moderation", "/cfa")
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
        return PlainTextResponse("\n".join([*lines, f"Sitemap: {self._hub.settings.public_url}/sitemap.xml", ""]))

    async def ready(self, _request: Request) -> Response:
        try:
            current = database.is_current(self._hub.engine) and self._hub.collector.is_current()
        except Exception:
            current = False
        state = {"pret": current}
        return JSONResponse(state, 200 if current else 503, headers={"cache-control": "no-store"})


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        return page("site/not_found.html", 404)
    headers = {"cache-control": LONG, "x-content-type-options": "nosniff"}
    return Response(static(name), media_type=STATIC[name], headers=headers)


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok", headers={"cache-control": "no-store"})
