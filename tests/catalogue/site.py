"""A small catalogue on a port of its own: formations by ONISEP id with score chips, a page by RNCP, and a mirror that
a webhook keeps up to date."""

import asyncio
import json
from collections.abc import Sequence
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.catalogue.mirror import Mirror, is_genuine

PAGE = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">
<script async src="{home}/widget/1.js"></script></head><body><main><h1>{title}</h1>{body}</main></body></html>"""


def create_site(home: str, mirror: Mirror, secret: str, formations: Sequence[tuple[str, str, str]]) -> Starlette:
    """The site; ``formations`` are (ONISEP id, RNCP, title), ``secret`` signs the messages that it receives."""

    async def listing(_request: Request) -> Response:
        lines = "".join(
            f'<li><a href="/formation/{rncp}">{escape(title)}</a> '
            f'<sirius-avis formation="{onisep}" format="score"></sirius-avis></li>'
            for onisep, rncp, title in formations
        )
        return HTMLResponse(PAGE.format(title="Nos formations", home=home, body=f"<ul>{lines}</ul>"))

    async def formation(request: Request) -> Response:
        rncp = request.path_params["rncp"]
        title = next((title for _, code, title in formations if code == rncp), "Formation")
        widget = f'<sirius-avis formation="{rncp}"><a href="{home}">Les avis</a></sirius-avis>'
        kept = "".join(f"<blockquote>{escape(text)}</blockquote>" for text in words_kept(mirror, rncp))
        return HTMLResponse(PAGE.format(title=escape(title), home=home, body=f"{widget}<h2>Notre copie</h2>{kept}"))

    async def receive(request: Request) -> Response:
        body = await request.body()
        if not is_genuine(secret, request.headers, body):
            return PlainTextResponse("signature", 401)
        await asyncio.to_thread(mirror.follow)
        return PlainTextResponse("", 204)

    return Starlette(
        routes=[
            Route("/", listing),
            Route("/formation/{rncp}", formation),
            Route("/sirius", receive, methods=["POST"]),
        ]
    )


def words_kept(mirror: Mirror, rncp: str) -> list[str]:
    """Texts that the mirror holds of a formation, found by the codes of its figures."""
    keys = {
        avis["cle"]
        for (content,) in mirror.base.execute("SELECT contenu FROM item WHERE genre = 'avis'")
        if (avis := json.loads(content))["formation"] and rncp in avis["formation"]["codes"].get("rncp", [])
    }
    texts = mirror.base.execute("SELECT contenu FROM item WHERE genre = 'verbatim' ORDER BY cle")
    return [text["texte"] for (content,) in texts if (text := json.loads(content))["formation"]["cle"] in keys]
