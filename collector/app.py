"""The collector as an application of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from collector.collector import Collector, now_in_paris
from collector.errors import LedgerError, StoreClosed
from collector.guard import GuardedApplication, allowed, over_https
from collector.pages import Printer, security_headers
from collector.presence import at_work
from collector.serving.refusals import Refusals
from collector.watch import metrics
from collector.watch.metrics import Figures
from collector.watch.naming import current
from collector.watch.readiness import Readiness, written_folders
from collector.watch.requests import Named, Requests, Templates
from collector.watch.steps import Steps
from collector.watch.views import watch_routes
from collector.watch.watch import Watch, Watched

NAME = "collector"
"""By which its database and its outbox are told of."""


class Service:
    """The collector alone as an ASGI application, measured."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._app(scope, receive, send)


def create_app(collector: Collector, clock: Callable[[], datetime] = now_in_paris) -> Service:
    """The collector alone, ready to be served; closing the application closes the collector."""
    settings = collector.settings
    watch, steps = _watch(collector, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, object]]:
        with at_work(settings.folders):
            watch.open()
            work = (asyncio.create_task(collector.work_for_ever(steps.note)), asyncio.create_task(watch.follow()))
            yield refusals.state
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            watch.close()
            collector.close()

    printer = Printer(alone=True)

    async def privacy(_: Request) -> Response:
        return printer.page("privacy.html", settings=settings)

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        if status == 404:
            return printer.page("lost.html", 404)
        response = printer.page("refused.html", status, too_large=False)
        if status == 405:
            response.headers.update(allowed(request))
        return response

    async def failed(_: Request, __: Exception) -> Response:
        return printer.page("refused.html", 500, too_large=False, reference=current())

    async def unavailable(_: Request, __: Exception) -> Response:
        return printer.page("busy.html", 503, reference=current())

    guard = security_headers() | over_https(secure=settings.secure)
    refusals = Refusals(watch.counts, guard)
    folders = written_folders([settings.database_url], settings.ledger)
    readiness = Readiness({"du recueil": collector.is_current}, "relancez le service, qui le met à niveau", folders)
    pages = GuardedApplication(
        guard,
        routes=[
            *collector.routes(alone=True),
            Route("/donnees-personnelles", privacy, methods=["GET"]),
            *watch_routes(watch, readiness, settings.metrics_token),
        ],
        exception_handlers={
            HTTPException: refused,
            ClientDisconnect: refused,  # who left in the midst of a form is no fault of ours
            SQLAlchemyError: unavailable,
            StoreClosed: unavailable,
            LedgerError: unavailable,
            Exception: failed,
        },
        lifespan=lifespan,
    )
    named = Named(pages, Templates(pages.routes), Requests(watch.counts))
    return Service(named, pages.routes)


def _watch(collector: Collector, clock: Callable[[], datetime]) -> tuple[Watch, Steps]:
    """What is seen of the collector alone, and of its background work, which this process does."""

    def read() -> Figures:
        figures: Figures = {metrics.SUCCESS: {(step,): at.timestamp() for step, at in steps.done.copy().items()}}
        try:
            mails, oldest = collector.mails_waiting()
        except (SQLAlchemyError, OSError):
            return figures
        figures[metrics.DATABASE] = {(NAME,): 1}
        figures[metrics.MAILS] = {(NAME, state): count for state, count in mails.items()}
        figures[metrics.MAIL_OLDEST] = {(NAME,): oldest}
        return figures

    settings = collector.settings
    watch = Watch(Watched(metrics.COUNTED, metrics.READ, settings.data_dir, (NAME,), settings.database_url, read))
    steps = Steps(watch.counts, clock)
    return watch, steps
