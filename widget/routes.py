"""DOOR: the widget's addresses, a frame drawn outside them, and how figures are drawn and said."""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from widget import loaders, words
from widget.badge import render_badge
from widget.contract import Gestures, Language, Score, Snapshot, SnapshotSource
from widget.draw import bar, mark, shares
from widget.jsonld import course
from widget.oembed import OEMBED_PATH, embed_of
from widget.options import FORMATS, LANGUAGES, THEMES, Options, read_ask, read_options
from widget.render import Page, asset, at_once, render_frame, render_inside, render_message, render_refusal

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "PATHS",
    "STYLES",
    "THEMES",
    "Options",
    "bar",
    "course",
    "create_routes",
    "draw_preview",
    "draw_refused_search",
    "is_refused",
    "loaders",
    "mark",
    "read_ask",
    "read_options",
    "render_inside",
    "words",
]

STYLES = asset("widget.css")
"""Styles of what ``render_inside`` draws."""
READ_CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
"""Browsers ask each time and get a 304; a CDN asks twice a minute and gives what it has while it asks, so that what was
withdrawn is gone within a minute; only while the service is down does it give what it has for a day."""
EVERGREEN_CACHE = "public, max-age=600, s-maxage=3600, stale-while-revalidate=86400, stale-if-error=604800"
IMMUTABLE_CACHE = "public, max-age=31536000, immutable"
PATHS = frozenset({"/widget", "/widget/badge.svg", "/widget/scores", "/widget/course", OEMBED_PATH, *loaders.PATHS})
"""Paths whose answers depend on nothing but the query."""
SCORES_LIMIT = 300
"""Keys of one batch of scores."""
KEYS_LENGTH = 16_000
GESTURE_BYTES = 1024
_OPEN = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
_PLAIN = {"x-content-type-options": "nosniff"}


def create_routes(source: SnapshotSource, gestures: Gestures, public_url: str) -> list[BaseRoute]:
    """Routes that draw what a source gives; readers' gestures go to ``gestures``."""
    door = _Door(source, gestures, public_url)
    return [
        Route("/widget", door.frame, methods=["GET"]),
        Route("/widget/utile", door.gesture, methods=["POST"]),
        Route("/widget/badge.svg", door.badge, methods=["GET"]),
        Route("/widget/scores", door.scores, methods=["GET"]),
        Route("/widget/course", door.course, methods=["GET"]),
        Route(OEMBED_PATH, door.oembed, methods=["GET"]),
        Route("/widget/{file}", _loader, methods=["GET"]),
    ]


def draw_preview(
    snapshot: Snapshot | None, query: Mapping[str, str], banner: str = "", frame_ancestors: str = "'self'"
) -> Response:
    """The frame as a catalogue would show it, for our own pages to frame unless ``frame_ancestors`` names others;
    ``banner`` stands above everything."""
    return _frame(render_frame(snapshot, read_options(query), banner), frame_ancestors, "no-store")


def draw_refused_search(query: Mapping[str, str], frame_ancestors: str) -> Response:
    """The frame of who searches too often, with the way back to every text."""
    options = read_options(query)
    page = render_message("trop_cherche", f"/widget?{options.query()}", options)
    return _frame(page, frame_ancestors, "no-store", 429)


def is_refused(scope: Scope, source: SnapshotSource) -> bool:
    """True for a frame asked for by a page whose origin may not show widgets, as its browser tells it."""
    if scope["path"] != "/widget":
        return False
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-dest", "iframe") not in {"iframe", "frame", "embed", "object"}:
        return False
    host = _origin(headers.get("referer", ""))
    return bool(host) and not source.may_embed(host)


class _Door:
    def __init__(self, source: SnapshotSource, gestures: Gestures, public_url: str) -> None:
        self._source = source
        self._gestures = gestures
        self._public_url = public_url

    async def frame(self, request: Request) -> Response:
        options = read_options(request.query_params)
        ancestors = self._source.frame_ancestors()
        if is_refused(request.scope, self._source):
            return self._refusal(request, options.language)
        page = render_frame(self._snapshot(options), options, thanked=request.query_params.get("merci", ""))
        return _frame(page, ancestors, READ_CACHE)

    async def gesture(self, request: Request) -> Response:
        if _is_foreign(request.headers):
            raise HTTPException(403)
        form = await _small_form(request)
        useful = "oui" in form
        verbatim = form.get("oui") or form.get("non") or ""
        network = request.client.host if request.client else ""
        browser = request.headers.get("user-agent", "")[:400]
        noted = await run_in_threadpool(self._gestures.note, verbatim[:64], useful, network, browser)
        options = read_options(request.query_params)
        if not noted:
            page = render_message("trop", f"/widget?{options.query()}", options)
            return _frame(page, self._source.frame_ancestors(), "no-store", 429)
        place = quote(verbatim[:64], safe="")
        thanks = f"/widget?{options.query(merci=verbatim[:64])}#v-{place}"
        return RedirectResponse(thanks, 303, {"cache-control": "no-store"})

    async def badge(self, request: Request) -> Response:
        options = read_options(request.query_params)
        image = render_badge(self._snapshot(options), options)
        headers = {
            "cache-control": READ_CACHE,
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
        }
        return Response(image, media_type="image/svg+xml", headers=headers | _OPEN | _PLAIN)

    async def scores(self, request: Request) -> Response:
        text, language = request.query_params.get("cles", ""), read_options(request.query_params).language
        keys = sorted({key.strip() for key in text[:KEYS_LENGTH].split(",") if key.strip()})[:SCORES_LIMIT]
        found = self._source.scores(keys) if keys else ()
        return _json({one.key: _score(one, language) for one in found})

    async def course(self, request: Request) -> Response:
        options = read_options(request.query_params)
        snapshot = self._snapshot(options)
        return _json(course(snapshot, options.language, at_once(snapshot, options) if snapshot else None))

    async def oembed(self, request: Request) -> Response:
        found = embed_of(request.query_params, self._public_url, self._snapshot)
        if isinstance(found, int):
            return JSONResponse(
                {"error": HTTPStatus(found).phrase}, found, {"cache-control": "no-store"} | _OPEN | _PLAIN
            )
        return _json(asdict(found))

    def _snapshot(self, options: Options) -> Snapshot | None:
        if not options.formation and not options.centre:
            return None
        return self._source.snapshot(options.formation, options.centre, options.language, options.ask)

    def _refusal(self, request: Request, language: Language) -> Response:
        """The page that says why nothing is shown; browsers would refuse by themselves, and say nothing."""
        host = _origin(request.headers.get("referer", ""))
        address = f"{self._public_url}{request.url.path}?{request.url.query}"
        return _frame(render_refusal(host, address, language), "*", "no-store")


def _frame(page: Page, frame_ancestors: str, cache_control: str, status: int = 200) -> Response:
    """A frame's page with the headers that keep it at home in anybody's page."""
    policy = (
        f"default-src 'none'; style-src '{page.style_hash}'; script-src '{page.script_hash}'; img-src data:; "
        f"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {frame_ancestors}"
    )
    return HTMLResponse(
        page.html,
        status,
        headers={
            "cache-control": cache_control,
            "content-security-policy": policy,
            "cross-origin-resource-policy": "cross-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
            "referrer-policy": "strict-origin-when-cross-origin",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex, indexifembedded",
        },
    )


async def _loader(request: Request) -> Response:
    file = loaders.find(request.path_params["file"])
    if file is None:
        raise HTTPException(404)
    headers = {"cache-control": IMMUTABLE_CACHE if file.immutable else EVERGREEN_CACHE}
    return Response(file.body, media_type=file.media_type, headers=headers | _OPEN | _PLAIN)


async def _small_form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > GESTURE_BYTES:
            raise HTTPException(413)
    pairs = (pair.partition("=") for pair in body.decode("latin-1").split("&"))
    return {name: value for name, _, value in pairs}


def _is_foreign(headers: Headers) -> bool:
    """True for a post that comes from elsewhere, as the browser says it; tools that say nothing may post."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and origin.partition("://")[2] != headers.get("host", "")


def _score(one: Score, language: Language) -> dict[str, object]:
    """A score ready to be shown; ``texte`` is empty when there is nothing to say yet."""
    return {
        "texte": words.score_line(one, language),
        "repartition": [share.count for _, share in shares(one.satisfaction)] if one.satisfaction else [],
        "elargi": words.phrase("portee_courte", language) if one.scope.requested != one.scope.served else "",
        "prudence": words.score_caution(one.reliability, language),
        "lien": one.page_url,
        "voir": words.phrase("puce_voir", language),
    }


def _json(body: object) -> Response:
    return JSONResponse(body, headers={"cache-control": READ_CACHE} | _OPEN | _PLAIN)


def _origin(address: str) -> str:
    scheme, mark, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower() if mark else ""
