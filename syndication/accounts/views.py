"""Signing in and out. A GET shows; only a person's POST signs in."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts import signin
from syndication.accounts.devices import device_of
from syndication.context import Hub
from syndication.errors import SignInError
from syndication.pages import page, read_form, see_other, session_cookie


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of sign-in."""

    async def show(request: Request) -> Response:
        works = signin.link_works(hub.engine, request.path_params["token"], hub.clock())
        return page("accounts/signin.html", 200 if works else 404, works=works, path=request.url.path)

    async def enter(request: Request) -> Response:
        await read_form(request)
        try:
            session, lands = await run_in_threadpool(
                signin.sign_in, hub.engine, request.path_params["token"],
                device_of(request.headers.get("user-agent", "")), hub.clock(),
            )  # fmt: skip
        except SignInError:
            return page("accounts/signin.html", 404, works=False, path=request.url.path)
        response = see_other(lands)
        response.set_cookie(
            session_cookie(hub), session, path="/", secure=hub.settings.secure, httponly=True, samesite="lax",
            max_age=int(signin.SESSION_LIFE.total_seconds()),
        )  # fmt: skip
        return response

    async def leave(request: Request) -> Response:
        await read_form(request)
        await run_in_threadpool(signin.sign_out, hub.engine, request.cookies.get(session_cookie(hub), ""))
        response = see_other("/")
        response.delete_cookie(session_cookie(hub), path="/", secure=hub.settings.secure, httponly=True)
        return response

    return [
        Route("/connexion/{token}", show, methods=["GET"]),
        Route("/connexion/{token}", enter, methods=["POST"]),
        Route("/deconnexion", leave, methods=["POST"]),
    ]
