"""The whole service on one screen: collector, widget, API, desk, centres' space, public pages, background work."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from time import perf_counter_ns
from typing import Any

from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.door import (
    BEGAN,
    Guarded,
    GuardedApplication,
    LedgerError,
    Named,
    Readiness,
    Refusals,
    StoreClosed,
    Templates,
    allowed,
    at_work,
    over_https,
    watch_routes,
    written_folders,
)
from syndication import database, worker
from syndication.accounts import account
from syndication.accounts import views as accounts
from syndication.api import problems, v1
from syndication.cfa import views as cfa
from syndication.context import Hub
from syndication.desk import partners as desk_partners
from syndication.desk import views as desk
from syndication.fairness import views as fairness
from syndication.gestures.readers import Readers
from syndication.joining import views as joining
from syndication.letters import views as letters
from syndication.own import desk as own_desk
from syndication.own import views as own
from syndication.pages import answer_headers, page
from syndication.participation import views as participation
from syndication.partners.gate import Gate
from syndication.people import admin as people
from syndication.people import team
from syndication.practices import views as practices
from syndication.previews import views as previews
from syndication.publication.ready import ReadyAnswers
from syndication.results import views as results
from syndication.search.limit import Searches
from syndication.site import views as site
from syndication.watch.requests import ReadyRequests
from syndication.watch.watch import HubWatch
from widget import routes as widget

log = logging.getLogger("sirius.app")


COUNTED = v1.KINDS | {
    "/widget": "widget", "/widget/badge.svg": "badge", "/widget/scores": "scores", "/widget/course": "course",
    "/oembed": "oembed",
}  # fmt: skip
"""What is counted of what is served, by path."""


class Service:
    """The whole service as an ASGI application, measured: the gate, what is ready behind it, then everything else."""

    def __init__(self, gate: Gate, ready: ReadyAnswers, routes: Sequence[BaseRoute], watch: HubWatch) -> None:
        self.gate = gate
        self.ready = ready
        self.routes = routes
        """Every route, the first that fits being taken."""
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; whoever does notes how long it took."""
        scope[BEGAN] = perf_counter_ns()
        await self.gate(scope, receive, send)

    def catch_up(self) -> None:
        """Forget at once what changed, as ``ready`` does by itself within a second."""
        self.ready.catch_up()


def _pages(hub: Hub) -> list[BaseRoute]:
    """Everything that people and catalogues ask for, the first that fits being taken."""
    return [
        *widget.create_routes(hub.publisher, Readers(hub.engine, hub.clock), hub.settings.public_url),
        *v1.create_routes(hub),
        *hub.collector.routes(),
        *accounts.create_routes(hub),
        *account.create_routes(hub),
        *letters.create_routes(hub),
        *joining.create_routes(hub),
        *people.create_routes(hub),
        *participation.create_routes(hub),
        *team.create_routes(hub),
        *desk_partners.create_routes(hub),
        *own_desk.create_routes(hub),
        *fairness.create_routes(hub),
        *desk.create_routes(hub),
        *cfa.create_routes(hub),
        *own.create_routes(hub),
        *results.create_routes(hub),
        *practices.create_routes(hub),
        *previews.create_routes(hub),
        *site.create_routes(hub),
    ]


def create_app(hub: Hub, *, background: bool = True) -> Service:
    """The service, ready to be served; ``background`` also does the background work in this process."""
    watch = HubWatch(hub)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, object]]:
        with at_work(hub.settings.folders):
            watch.open()
            ready.catch_up()
            work = [one.follow() for one in (ready, gate, watch, requests)]
            if background:
                work.append(worker.work_for_ever(hub, watch.counts))
            try:
                async with _beside(work):
                    yield refusals.state
            finally:
                gate.write()
                requests.settle()
                watch.close()
                hub.close()

    guard = answer_headers() | over_https(secure=hub.settings.secure)
    refusals = Refusals(watch.counts, guard)
    current = {"de la diffusion": lambda: database.is_current(hub.engine), "du recueil": hub.collector.is_current}
    leaf = hub.settings.collector
    folders = written_folders([leaf.database_url, hub.settings.database_url], leaf.ledger)
    readiness = Readiness(current, "« sirius migrate »", folders)
    pages = GuardedApplication(
        guard,
        routes=[*_pages(hub), *watch_routes(watch, readiness, leaf.metrics_token)],
        exception_handlers={
            HTTPException: _refused,
            ClientDisconnect: _refused,  # who left in the midst of a form is no fault of ours
            DataError: _unfit,
            SQLAlchemyError: _unavailable,
            LedgerError: _unavailable,
            StoreClosed: _unavailable,
            Exception: _failed,
        },
        lifespan=lifespan,
        middleware=[Middleware(Searches, clock=hub.clock, refused=lambda scope: _too_many_searches(hub, scope))],
    )
    closed = hub.settings.embed_policy != "open"
    templates, requests = Templates(pages.routes), ReadyRequests(watch.counts)
    ready = ReadyAnswers(
        Named(pages, templates, requests), hub.engine, widget.PATHS | v1.PATHS,
        edition=lambda: hub.publisher.questions(fresh=True).versions,
        memory_bytes=hub.settings.ready_megabytes * 1024 * 1024,
        aside=lambda scope: closed and widget.is_refused(scope, hub.publisher),
        requests=requests,
    )  # fmt: skip
    watch.measures += [ready.measure, requests.settle]

    def refused(refusal: ASGIApp) -> ASGIApp:
        return Named(Guarded(refusal, guard), templates, requests)

    gate = Gate(ready, hub.engine, COUNTED, hub.clock, hub.settings.api_limit, refused)
    return Service(gate, ready, pages.routes, watch)


@contextlib.asynccontextmanager
async def _beside(work: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Do work for as long as the block lasts."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    headers = allowed(request) if status == 405 else {}
    if request.url.path.startswith("/api"):
        return problems.problem(status, "Cette requête ne peut pas être servie.", headers=headers)
    response = page("site/not_found.html" if status == 404 else "site/refused.html", status)
    response.headers.update(headers)
    return response


def _too_many_searches(hub: Hub, scope: Scope) -> Response:
    if scope["path"] == "/widget":
        return widget.draw_refused_search(Request(scope).query_params, hub.publisher.frame_ancestors())
    return page("accounts/busy.html", 429, minutes=1)


async def _unfit(request: Request, error: Exception) -> Response:
    """Something was asked for that the database can hold nowhere, such as a text with U+0000 on PostgreSQL."""
    log.warning("what was asked for cannot be in the database: %s", type(error).__name__)
    return await _refused(request, HTTPException(404))


async def _unavailable(request: Request, error: Exception) -> Response:
    log.error("what was asked for cannot be done now: %s", type(error).__name__)
    if request.url.path.startswith("/api"):
        return problems.problem(503, "La base de données ne répond pas. Réessayez dans un instant.")
    return page("site/unavailable.html", 503)


async def _failed(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api"):
        return problems.problem(500, "Une erreur est survenue de notre côté.")
    return page("site/refused.html", 500)
