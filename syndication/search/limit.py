"""How often one network may search: words are looked for in every text, and no answer to them is ready."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.door import Arrivals
from syndication.networks import asking

PER_MINUTE = 120
"""Searches of one network within a minute: a whole school may stand behind one."""
WORDS = "q"
"""Name of the words that are looked for, on every page."""


class Searches:
    """ASGI layer; ``refused`` makes the answer to one search too many. What the gate counts already is let through."""

    def __init__(self, app: ASGIApp, clock: Callable[[], datetime], refused: Callable[[Scope], Response]) -> None:
        self._app = app
        self._clock = clock
        self._refused = refused
        self._arrivals = Arrivals(60, PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say when to come back."""
        if scope["type"] == "http" and not scope["path"].startswith("/api/") and _searches(scope["query_string"]):
            network, moment = asking(scope), self._clock().timestamp()
            if self._arrivals.note(network, moment):
                response = self._refused(scope)
                response.headers["retry-after"] = str(self._arrivals.wait(network, moment))
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _searches(query: bytes) -> bool:
    return bool(query) and any(name == WORDS and value.strip() for name, value in parse_qsl(query.decode("latin-1")))
