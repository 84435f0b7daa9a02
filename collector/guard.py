"""Headers that every answer has, those too that nothing of ours made: redirections, refusals, faults."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

YEAR = 365 * 24 * 3600


def over_https(*, secure: bool) -> dict[str, str]:
    """The header that keeps browsers to https for a year, where people come by it."""
    return {"strict-transport-security": f"max-age={YEAR}"} if secure else {}


def allowed(request: Request) -> dict[str, str]:
    """The header that tells by what methods an address may be asked for, when it was by another."""
    fitting = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {"allow": ", ".join(sorted({method for route in fitting for method in route.methods}))}


class Guarded:
    """ASGI layer that gives every answer the headers that it lacks."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    given.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


class GuardedApplication(Starlette):
    """An application whose every answer is guarded, those to faults of ours too, which no middleware sees."""

    def __init__(self, guard: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._guard = guard

    def build_middleware_stack(self) -> ASGIApp:
        """The application, within its guard."""
        return Guarded(super().build_middleware_stack(), self._guard)
