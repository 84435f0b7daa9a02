"""``/metrics``, which is nobody's but the operator's, and ``/sante`` and ``/pret``."""

import hmac
from ipaddress import ip_address

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from collector.watch.readiness import Readiness
from collector.watch.watch import Watch

HERE = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names by which this machine calls itself: a proxy that tells nothing of whom it speaks for may still pass on the name
that was asked for, and a page that a browser of this machine shows can bend its own name to this address."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers of proxies: what comes through one, even from this machine, comes from elsewhere."""
UNKEPT = {"cache-control": "no-store"}


def watch_routes(watch: Watch, readiness: Readiness, token: str) -> list[BaseRoute]:
    """Routes of what is seen from outside; ``token`` opens metrics to other machines, nothing does when it is empty."""

    async def metrics(request: Request) -> Response:
        if not (_is_local(request) or _bears(request, token)):
            raise HTTPException(404)
        text, media_type = await watch.told(request.headers.get("accept", ""))
        return Response(text, headers={**UNKEPT, "content-type": media_type})

    async def ready(_request: Request) -> Response:
        faults = await readiness.faults()
        return JSONResponse({"pret": not faults, "defauts": faults}, 503 if faults else 200, headers=UNKEPT)

    return [
        Route("/sante", _alive, methods=["GET"]),
        Route("/pret", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"], middleware=[Middleware(GZipMiddleware, minimum_size=500)]),
    ]


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok", headers=UNKEPT)


def _is_local(request: Request) -> bool:
    """True when a request was made on this very machine, by nobody in somebody else's name."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return request.url.hostname in HERE and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _bears(request: Request, token: str) -> bool:
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(said.strip().encode(), token.encode())
