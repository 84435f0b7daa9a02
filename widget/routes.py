"""DOOR: the widget's addresses (the frame and its loader), a frame drawn outside them, and how figures are said."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from widget import words
from widget.contract import Snapshot, SnapshotSource
from widget.options import THEMES, read_options
from widget.render import Page, asset, render_frame

__all__ = ["PATHS", "THEMES", "create_routes", "draw_preview", "words"]

FRAME_CACHE = "public, max-age=0, s-maxage=60, stale-while-revalidate=600, stale-if-error=86400"
"""Browsers ask each time and get a 304; a CDN asks once a minute and serves what it has while it asks."""
LOADER_CACHE = "public, max-age=600, s-maxage=3600, stale-while-revalidate=86400, stale-if-error=604800"
PATHS = frozenset({"/widget", "/widget/1.js"})
"""Paths whose answers depend on nothing but the query."""


def create_routes(source: SnapshotSource) -> list[BaseRoute]:
    """Routes that draw what a source gives."""

    async def frame(request: Request) -> Response:
        options = read_options(request.query_params)
        snapshot = source.snapshot(options.formation, options.centre) if options.formation or options.centre else None
        return _frame(render_frame(snapshot, options), source.frame_ancestors(), FRAME_CACHE)

    return [Route("/widget", frame), Route("/widget/1.js", _loader)]


def draw_preview(snapshot: Snapshot | None, query: Mapping[str, str], banner: str = "") -> Response:
    """The frame as a catalogue would show it, for our own pages to frame; ``banner`` stands above everything."""
    return _frame(render_frame(snapshot, read_options(query), banner), "'self'", "no-store")


def _frame(page: Page, frame_ancestors: str, cache_control: str) -> Response:
    """A frame's page with the headers that keep it at home in anybody's page."""
    policy = (
        f"default-src 'none'; style-src '{page.style_hash}'; script-src '{page.script_hash}'; img-src data:; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {frame_ancestors}"
    )
    return HTMLResponse(
        page.html,
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


async def _loader(_: Request) -> Response:
    return Response(
        asset("loader.js"),
        media_type="text/javascript; charset=utf-8",
        headers={
            "access-control-allow-origin": "*",
            "cache-control": LOADER_CACHE,
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        },
    )
