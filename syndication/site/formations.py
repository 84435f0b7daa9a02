"""A page for each formation and each centre: what their respondents say, for readers and search engines."""

import json
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from syndication.catalogue import store as catalogue
from syndication.context import Hub
from syndication.errors import AmbiguousCode, UnusableCode
from syndication.pages import page
from widget.contract import Snapshot
from widget.routes import Options, course, read_options, render_inside, words

CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
SITEMAP_LIMIT = 40_000


class Formations:
    """Pages of formations and centres."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def formation(self, request: Request) -> Response:
        """The page of a formation, or of a formation in a centre."""
        query = {**request.query_params, "formation": request.path_params["code"], "langue": "fr"}
        return self._page(read_options(query))

    async def centre(self, request: Request) -> Response:
        """The page of a centre."""
        query = {**request.query_params, "etablissement": request.path_params["code"], "formation": "", "langue": "fr"}
        return self._page(read_options(query))

    async def sitemap(self, _request: Request) -> Response:
        """Addresses of the formations that have something to read."""
        with self._hub.engine.connect() as connection:
            minimum = self._hub.settings.thresholds.minimum
            codes = catalogue.codes_with_responses(connection, minimum, SITEMAP_LIMIT)
        home = self._hub.settings.public_url
        pages = ["/bonnes-pratiques", *(f"/formations/{quote(code)}" for code in codes)]
        lines = "".join(f"<url><loc>{escape(home + path)}</loc></url>" for path in pages)
        text = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{lines}</urlset>'
        return Response(text, media_type="application/xml", headers={"cache-control": "public, max-age=3600"})

    def _page(self, options: Options) -> Response:
        try:
            snapshot = self._hub.publisher.require(options.formation, options.centre, "fr", options.ask)
        except AmbiguousCode as error:
            return page("site/unknown.html", 404, sentence=str(error), candidates=error.candidates)
        except UnusableCode as error:
            return page("site/unknown.html", 404, sentence=str(error), candidates=())
        shown = snapshot.reliability != "insuffisante"
        path = f"/formations/{quote(options.formation, safe=':')}" if options.formation else ""
        path = path or f"/etablissements/{quote(options.centre or '', safe='')}"
        response = page(
            "site/formation.html", cache_control=CACHE, snapshot=snapshot, shown=shown, options=options,
            inside=render_inside(snapshot, options, path) if shown else "",
            title=_title(snapshot), summary=words.headline(snapshot) if shown else "", data=_data(snapshot),
            embed=_builder(options), discovery=self._discovery(snapshot), narrowed=options.ask.narrows,
            offered=self._offered(snapshot, options),
        )  # fmt: skip
        if not shown or options.ask.narrows or options.ask.page:
            response.headers["x-robots-tag"] = "noindex"
        return response

    def _discovery(self, snapshot: Snapshot) -> str:
        """Where oEmbed consumers learn how to embed the page."""
        return f"{self._hub.settings.public_url}/oembed?{urlencode({'url': snapshot.page_url})}"

    def _offered(self, snapshot: Snapshot, options: Options) -> list[tuple[str, str]]:
        """Centres with enough respondents for this formation, each with the address of its page."""
        if options.centre or not options.formation:
            return []
        code = quote(options.formation, safe=":")
        return [(one.label, f"/formations/{code}?etablissement={one.key}") for one in snapshot.centres_named]


def _title(snapshot: Snapshot) -> str:
    place = snapshot.centre.name if snapshot.centre else ""
    return ", ".join(part for part in (snapshot.formation.title if snapshot.formation else "", place) if part)


def _data(snapshot: Snapshot) -> str:
    """Structured data of the page, safe inside a script element."""
    found = course(snapshot)
    if found is None:
        return ""
    text = json.dumps({**found, "@id": snapshot.page_url, "url": snapshot.page_url}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 no tag can be opened in it


def _builder(options: Options) -> str:
    wanted = {"formation": options.formation or "", "etablissement": options.centre or ""}
    return urlencode({name: value for name, value in wanted.items() if value})
