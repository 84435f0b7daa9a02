"""The collector as an application of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collector.door import Collector
from collector.pages import page


def create_app(collector: Collector) -> Starlette:
    """The collector alone, ready to be served; closing the application closes the collector."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        collector.close()

    return Starlette(
        routes=[*collector.routes(), Route("/sante", _alive)],
        exception_handlers={404: _not_found, 403: _refused, 405: _refused},
        lifespan=lifespan,
    )


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok")


def _not_found(_: Request, __: Exception) -> Response:
    return page("lost.html", 404)


def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    return page("refused.html", status, too_large=False)
