"""The collector as an application of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collector.door import Collector
from collector.errors import LedgerError, StoreClosed
from collector.guard import GuardedApplication, allowed, over_https
from collector.pages import Printer, security_headers
from collector.presence import at_work


def create_app(collector: Collector) -> Starlette:
    """The collector alone, ready to be served; closing the application closes the collector."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with at_work(collector.settings.data_dir):
            work = asyncio.create_task(collector.work_for_ever())
            yield
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            collector.close()

    printer = Printer(alone=True)

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok", headers={"cache-control": "no-store"})

    async def privacy(_: Request) -> Response:
        return printer.page("privacy.html", settings=collector.settings)

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        if status == 404:
            return printer.page("lost.html", 404)
        response = printer.page("refused.html", status, too_large=False)
        if status == 405:
            response.headers.update(allowed(request))
        return response

    async def failed(_: Request, __: Exception) -> Response:
        return printer.page("refused.html", 500, too_large=False)

    async def unavailable(_: Request, __: Exception) -> Response:
        return printer.page("busy.html", 503)

    return GuardedApplication(
        security_headers() | over_https(secure=collector.settings.secure),
        routes=[
            *collector.routes(alone=True),
            Route("/donnees-personnelles", privacy, methods=["GET"]),
            Route("/sante", alive, methods=["GET"]),
        ],
        exception_handlers={
            HTTPException: refused,
            SQLAlchemyError: unavailable,
            StoreClosed: unavailable,
            LedgerError: unavailable,
            Exception: failed,
        },
        lifespan=lifespan,
    )
