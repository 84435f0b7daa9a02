"""Requests: what each is called by (an id), how long its route takes, a line in the log for those that were worked on.

What is told of a request is its route's template, never its address, which may hold a token.
"""

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from time import perf_counter_ns
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.watch.counts import Counts
from collector.watch.metrics import BUCKETS, NANO, REQUESTS, WIDTH
from collector.watch.naming import HEADER, begin

BEGAN, ANSWER, STATUS = "sirius.began", "sirius.answer", "sirius.status"
"""Under which a request carries when it came, in nanoseconds, its ``Answered`` where who passed it on notes it, and the
status of its answer, once there is one."""
NOWHERE = "(aucune)"
"""The route of what leads nowhere."""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""Methods that something here answers to; others are counted as one, so that nobody makes series without end."""
_SUM = WIDTH - 1
log = logging.getLogger("sirius.access")


@dataclass(slots=True)
class Answered:
    """What becomes known of a request that is worked on: its id, the status of its answer (0 until there is one)."""

    name: str = ""
    status: int = 0


class Named:
    """ASGI layer: gives a request its id, in its answer too, and notes it, unless whoever passed it on does."""

    def __init__(self, app: ASGIApp, templates: "Templates", requests: "Requests") -> None:
        self._app = app
        self._templates = templates
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault(BEGAN, perf_counter_ns())
        answer = scope.get(ANSWER) or Answered()
        answer.name = begin(next((value for name, value in scope["headers"] if name == HEADER), b""))
        header = (HEADER, answer.name.encode())

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[STATUS] = answer.status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            if ANSWER not in scope:
                self._requests.note(scope, self._templates.of(scope), answer)


class Templates:
    """Templates of routes (``/r/{token}``), by what a router found."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._plain: set[str] = set()
        self._by_endpoint: dict[tuple[Any, tuple[str, ...]], str] = {}
        for route in routes:
            if isinstance(route, Route) and route.param_convertors:
                self._by_endpoint.setdefault((route.endpoint, tuple(route.param_convertors)), route.path)
            elif isinstance(route, Route):
                self._plain.add(route.path)

    def of(self, scope: Scope) -> str:
        """The template of the route that a request was led to; ``NOWHERE`` when it was to none."""
        parameters = scope.get("path_params")
        if parameters:
            return self._by_endpoint.get((scope.get("endpoint"), tuple(parameters)), NOWHERE)
        return scope["path"] if scope["path"] in self._plain else NOWHERE


class Requests:
    """Measures requests, and logs those that were worked on."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self._places: dict[tuple[str, str, int], int] = {}

    def note(self, scope: Scope, route: str, answer: Answered) -> None:
        """Note a request that was worked on."""
        now = perf_counter_ns()
        spent, method, status = now - scope.get(BEGAN, now), scope["method"], answer.status or 500
        self.add(route, method, status, (spent,))
        told = {"route": route, "method": method, "status": status, "ms": round(spent * 1000 / NANO, 1)}
        log.info("%(method)s %(route)s %(status)d %(ms)s ms", told, extra={"told": told, "request": answer.name})

    def add(self, route: str, method: str, status: int, spent: Collection[int]) -> None:
        """Count requests that were answered alike; ``spent``: nanoseconds that each took."""
        first, slots = self._place(route, method, status), self.counts.slots
        for bucket, count in Counter(map(partial(bisect_left, BUCKETS), spent)).items():
            slots[first + bucket] += count
        slots[first + _SUM] += sum(spent)

    def _place(self, route: str, method: str, status: int) -> int:
        known = method if method in METHODS else "autre"
        place = self._places.get((route, known, status))
        if place is None:
            place = self.counts.place(REQUESTS, route, known, f"{status // 100}xx")
            self._places[route, known, status] = place
        return place
