"""Signing in and out. A GET shows; only a person's POST asks for a link, or signs in with one."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import Arrivals, network_of
from syndication.accounts import signin
from syndication.accounts.devices import device_of
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import SignInError
from syndication.letters import store as letters
from syndication.pages import page, read_form, see_other, session_cookie

ASKED_PER_HOUR = 30
"""Links that one network may ask for in an hour: a whole school may stand behind one."""
MISSED_PER_HOUR = 60
"""Links that lead nowhere, opened from one network within an hour, before it is told to wait."""


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of sign-in."""
    door = _Door(hub)
    return [
        Route("/connexion", door.ask, methods=["GET"]),
        Route("/connexion", door.send, methods=["POST"]),
        Route("/connexion/{token}", door.show, methods=["GET"]),
        Route("/connexion/{token}", door.enter, methods=["POST"]),
        Route("/deconnexion", door.leave, methods=["POST"]),
    ]


class _Door:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._arrivals = Arrivals(3600, ASKED_PER_HOUR)
        self._misses = Arrivals(3600, MISSED_PER_HOUR)

    async def ask(self, request: Request) -> Response:
        return _form(vers=signin.own_path(request.query_params.get("vers", "")))

    async def send(self, request: Request) -> Response:
        """Owe a link to whoever has the address. Known or not, the same is written, said, and at the same pace: who
        has it is looked for when the mail leaves."""
        form = await read_form(request)
        vers, typed = signin.own_path(form.get("vers", "")), form.get("email", "")[:300]
        refused = too_many(self._hub, self._arrivals, request)
        if refused:
            return refused
        try:
            address = signin.address_of(typed)
        except SignInError as error:
            return _form(422, fault=str(error), email=typed, vers=vers)
        await run_in_threadpool(self._owe, address, vers)
        return page("accounts/sent.html", outbox=_outbox(self._hub))

    def _owe(self, address: str, vers: str) -> None:
        with writing(self._hub.engine).begin() as connection:
            letters.owe(connection, "connexion", address, {"lands": vers}, self._hub.clock())

    async def show(self, request: Request) -> Response:
        if signin.link_works(self._hub.engine, request.path_params["token"], self._hub.clock()):
            return page("accounts/signin.html", private=True, path=request.url.path)
        return self._lost(request)

    async def enter(self, request: Request) -> Response:
        await read_form(request, private=True)
        try:
            session, lands = await run_in_threadpool(
                signin.sign_in, self._hub.engine, request.path_params["token"],
                device_of(request.headers.get("user-agent", "")), self._hub.clock(),
                request.cookies.get(session_cookie(self._hub), ""),
            )  # fmt: skip
        except SignInError:
            return self._lost(request)
        response = see_other(lands)
        response.headers["referrer-policy"] = "no-referrer"
        response.set_cookie(
            session_cookie(self._hub), session, path="/", secure=self._hub.settings.secure, httponly=True,
            samesite="lax", max_age=int(signin.SESSION_LIFE.total_seconds()),
        )  # fmt: skip
        return response

    def _lost(self, request: Request) -> Response:
        return too_many(self._hub, self._misses, request) or _form(404, spent=True)

    async def leave(self, request: Request) -> Response:
        await read_form(request)
        cookie = session_cookie(self._hub)
        await run_in_threadpool(signin.sign_out, self._hub.engine, request.cookies.get(cookie, ""))
        response = see_other("/")
        response.delete_cookie(cookie, path="/", secure=self._hub.settings.secure, httponly=True)
        return response


def too_many(hub: Hub, arrivals: Arrivals, request: Request) -> Response | None:
    """The answer to one request too many from a network within the hour, or None; it says when to come back."""
    network, moment = network_of(request.client.host if request.client else ""), hub.clock().timestamp()
    if not arrivals.note(network, moment):
        return None
    wait = arrivals.wait(network, moment)
    response = page("accounts/busy.html", 429, minutes=-(-wait // 60))
    response.headers["retry-after"] = str(wait)
    return response


def _form(status: int = 200, *, spent: bool = False, fault: str = "", email: str = "", vers: str = "") -> Response:
    """The form that asks for a link; ``spent``: the one opened serves no more."""
    return page("accounts/ask.html", status, private=spent, spent=spent, fault=fault, email=email, vers=vers)


def _outbox(hub: Hub) -> bool:
    """True when mails are files that an operator finds: nobody must wait for one then."""
    return hub.collector.outbox is not None
