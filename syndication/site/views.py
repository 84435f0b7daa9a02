"""Public pages: home, embed builder, method, legal pages, health."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from syndication import database
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve
from syndication.context import Hub
from syndication.errors import AmbiguousCode, UnusableCode
from syndication.moderation.decide import REASONS
from syndication.pages import page, static
from syndication.site.formations import Formations
from widget.routes import THEMES

SHORT = "public, max-age=300"
LONG = "public, max-age=31536000, immutable"
STATIC = {
    "sirius.css": "text/css; charset=utf-8",
    "widget.css": "text/css; charset=utf-8",
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
        Route("/integrer", site.builder, methods=["GET"]),
        *(Route(f"/{name}", site.text_page, methods=["GET"]) for name in TEXT_PAGES),
        Route("/static/{name}", _static, methods=["GET"]),
        Route("/robots.txt", _robots, methods=["GET"]),
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
        return page("site/home.html", cache_control=SHORT, words=words, found=found, most=most)

    async def builder(self, request: Request) -> Response:
        query = request.query_params
        formation, centre = query.get("formation", "").strip()[:200], query.get("etablissement", "").strip()[:40]
        theme = query.get("theme", "auto") if query.get("theme") in THEMES else "auto"
        context = self._look_up(formation, centre)
        wanted = {"formation": formation, "etablissement": centre, "theme": "" if theme == "auto" else theme}
        filled = {name: value for name, value in wanted.items() if value}
        return page(
            "site/builder.html", formation=formation, centre=centre, theme=theme, themes=THEMES, wanted=filled,
            public_url=self._hub.settings.public_url, address=urlencode(filled | {"si-vide": "message"}),
            api=urlencode({k: v for k, v in filled.items() if k != "theme"}), **context,
        )  # fmt: skip

    def _look_up(self, formation: str, centre: str) -> dict[str, Any]:
        """What the builder says of the codes typed: the snapshot, or why there is none and what was perhaps meant."""
        nothing: dict[str, Any] = {"snapshot": None, "fault": "", "found": [], "candidates": ()}
        with self._hub.engine.connect() as connection:
            if not formation and not centre:
                return nothing | {"found": catalogue.formations_with_responses(connection, 8)}
            try:
                resolved = resolve(connection, formation or None, centre or None)
                return nothing | {"snapshot": self._hub.publisher.build(connection, resolved)}
            except AmbiguousCode as error:
                return nothing | {"fault": str(error), "candidates": error.candidates}
            except UnusableCode as error:
                found = catalogue.search_formations(connection, formation) if error.subject == "formation" else []
                return nothing | {"fault": "" if found else str(error), "found": found}

    async def text_page(self, request: Request) -> Response:
        name = request.url.path.strip("/")
        thresholds = self._hub.settings.thresholds
        durations = self._hub.settings.collector
        return page(
            f"site/{name}.html", cache_control=SHORT, reasons=REASONS, thresholds=thresholds, durations=durations
        )

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


async def _robots(request: Request) -> Response:
    closed = ("/r/", "/c/", "/d/", "/apercu/", "/connexion/", "/moderation", "/cfa")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return PlainTextResponse("\n".join([*lines, f"Sitemap: {request.base_url}sitemap.xml", ""]))


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok", headers={"cache-control": "no-store"})
