"""The page where a kind of mail is stopped, without signing in. A GET shows; a POST stops (RFC 8058 asks for that)."""

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import Arrivals, LedgerError
from syndication.accounts.views import MISSED_PER_HOUR, too_many
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import SignInError
from syndication.letters.kinds import KINDS
from syndication.letters.stopping import read_stop
from syndication.letters.wishes import wish
from syndication.pages import page, read_form

log = logging.getLogger("sirius.mail")


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the page."""
    misses = Arrivals(3600, MISSED_PER_HOUR)

    def stop(token: str) -> str:
        kind, person_id = read_stop(hub.settings.keys(), token)
        with writing(hub.engine).begin() as connection:
            if not wish(hub, connection, person_id, kind, stopped=True):
                raise SignInError("Ce lien ne mène plus à personne.")
        return kind

    def lost(request: Request, error: SignInError) -> Response:
        return too_many(hub, misses, request) or page(
            "accounts/stop.html", 404, private=True, fault=str(error), kind=None, done=False
        )

    async def show(request: Request) -> Response:
        try:
            kind, _ = read_stop(hub.settings.keys(), request.path_params["token"])
        except SignInError as error:
            return lost(request, error)
        return page("accounts/stop.html", private=True, fault="", kind=KINDS[kind], done=False, path=request.url.path)

    async def act(request: Request) -> Response:
        await read_form(request, private=True)
        try:
            kind = await run_in_threadpool(stop, request.path_params["token"])
        except SignInError as error:
            return lost(request, error)
        except LedgerError:
            log.exception("a wish for no more mail could not be recorded")
            return page("site/unavailable.html", 503, private=True)
        return page("accounts/stop.html", private=True, fault="", kind=KINDS[kind], done=True)

    return [
        Route("/mails/{token}", show, methods=["GET"]),
        Route("/mails/{token}", act, methods=["POST"]),
    ]
