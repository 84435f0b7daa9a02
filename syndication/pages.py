"""Rendering of the hub's own pages, their headers, and the door for posts."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from collector.door import current_request
from syndication.accounts import signin
from syndication.accounts.store import Person
from syndication.api.problems import AGAIN_SECONDS
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_centre
from syndication.catalogue.store import CentreRow
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import UnusableCode
from syndication.instants import PARIS
from syndication.moderation.signals import name, unseen
from syndication.site.accessibility import statement
from widget.routes import STYLES, bar, mark, words

BODY_LIMIT = 64 * 1024
"""Largest body of a post to the hub's pages, in bytes."""
PLACES = (
    (("moderator",), "/moderation", "La modération"),
    (("referent", "admin"), "/moderation/alertes", "Les alertes"),
    (("admin",), "/moderation/acces", "Les accès"),
    (("observer",), "/observatoire", "L'observatoire"),
)
"""Pages that people start from: who, address, name."""
ROOMS = ("accounts", "cfa", "desk", "joining", "own", "participation", "people", "practices", "results", "site")


def moment(at: datetime) -> str:
    """« 23 novembre 2026 à 14 h 05 », in Paris."""
    local = at.astimezone(PARIS)
    return f"{words.day(local.date())} à {local.hour}\u00a0h\u00a0{local.minute:02}"


def words_read(text: str) -> Markup:
    """Words of others as those who judge them read them: to the letter, and with the names of what nobody sees. Names
    are drawn by styles, so that places in the text stay what they are."""
    parts, place = [], 0
    for start, end in unseen(text):
        parts.append(_escaped(text[place:start]))
        parts += [_named(one) for one in text[start:end]]
        place = end
    return Markup("").join([*parts, _escaped(text[place:])])


def _escaped(text: str) -> Markup:
    return Markup(str(escape(text)).replace("\r", "&#13;"))  # noqa: S704 escaped


def _named(character: str) -> Markup:
    named = name(character)
    return Markup('<span class="unseen" title="Caractère invisible {0}" data-nom="{0}">{1}</span>').format(
        named, "" if character == "\0" else character
    )


environment = Environment(
    loader=PrefixLoader({room: PackageLoader("syndication", f"{room}/templates") for room in ROOMS}),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters.update(
    {
        "jour": words.day,
        "mois": words.month,
        "nombre": words.number,
        "pourcent": words.percent,
        "intervalle": words.interval,
        "moment": moment,
    }
)
environment.filters["mots"] = words_read
environment.globals["pluriel"] = words.plural
environment.globals["barre"] = bar
environment.globals["phrase"] = words.satisfaction_line
environment.globals["signe"] = mark
environment.globals["mention"] = lambda: statement().mention


@cache
def static(name: str) -> bytes:
    """A static file of the hub, or the widget's styles."""
    if name == "widget.css":
        return STYLES.encode()
    return files("syndication").joinpath("site/static", name).read_bytes()


def static_address(name: str) -> str:
    """Address of a static file, that changes with what it holds."""
    return f"/static/{name}?v={hashlib.blake2b(static(name), digest_size=6).hexdigest()}"


environment.globals["statique"] = static_address
environment.globals["reference"] = current_request


def page(
    template: str, status: int = 200, *, cache_control: str = "no-store", private: bool = False, **context: Any
) -> Response:
    """Render a page; nobody may frame it, and what it frames is ours. ``private``: its address is a secret, which no
    other page is told."""
    html = environment.get_template(template).render(context, status=status)
    headers = security_headers() | {"cache-control": cache_control}
    if status == 503:
        headers["retry-after"] = AGAIN_SECONDS
    return HTMLResponse(html, status, headers | ({"referrer-policy": "no-referrer"} if private else {}))


def security_headers() -> dict[str, str]:
    """Headers of every page of the hub."""
    return {
        "content-security-policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def answer_headers() -> dict[str, str]:
    """Headers of every answer of the hub that says nothing else of them: files, data, what nothing of ours made."""
    return {
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


async def read_form(request: Request, most_fields: int = 100, *, private: bool = False) -> dict[str, str]:
    """A posted form, within bounds, each field once; raises HTTPException 400, 403, 413. ``private``: it was posted
    from a page whose address is a secret (see ``page``)."""
    refuse_foreign_posts(request, private=private)
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > BODY_LIMIT:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=most_fields, errors="replace")
    except (UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None
    return {name: value.replace("\0", "") for name, value in pairs}  # which PostgreSQL holds in no text


def refuse_foreign_posts(request: Request, *, private: bool = False) -> None:
    """Refuse a post that does not come from our own pages, as the browser says it; tools that say nothing may post.

    From a ``private`` page, ``Origin: null`` is let through when the browser is too old to say more: the policy that
    keeps its address from others makes it send that.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if private and origin == "null":
        origin = None
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        foreign = origin is not None and origin.partition("://")[2] != request.headers.get("host", "")
    if foreign:
        raise HTTPException(403)


def session_cookie(hub: Hub) -> str:
    """Name of the session's cookie."""
    return "__Host-sirius-session" if hub.settings.secure else "sirius-session"


Done = TypeVar("Done")
Handler = Callable[[Request, Person], Awaitable[Response]]
CentreHandler = Callable[[Request, Person, CentreRow], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


async def in_one_transaction(hub: Hub, act: Callable[[Connection], Done]) -> Done:
    """Do something that a post asks for, whole or not at all; the loop serves others meanwhile."""

    def run() -> Done:
        with writing(hub.engine).begin() as connection:
            return act(connection)

    return await run_in_threadpool(run)


def signed_in(hub: Hub, request: Request) -> Person | None:
    """Who asks, or None."""
    return signin.who(hub.engine, request.cookies.get(session_cookie(hub), ""), hub.clock())


def stranger(request: Request) -> Response:
    """The page for who is not signed in: it asks for a link that leads back where they were."""
    query = f"?{request.url.query}" if request.url.query else ""
    asked = f"{request.url.path}{query}" if request.method in {"GET", "HEAD"} else ""
    return page("accounts/stranger.html", 401, vers=signin.own_path(asked), fault="", email="")


def forbidden(hub: Hub, person: Person) -> Response:
    """The page for who may not see what they asked for: it leads to what they may."""
    return page("accounts/forbidden.html", 403, person=person, places=places(hub, person))


def places(hub: Hub, person: Person) -> list[tuple[str, str]]:
    """Where somebody may go: address and name of each place."""
    found = [(path, name) for roles, path, name in PLACES if person.may(*roles)]
    if person.centre_ids:
        with hub.engine.connect() as connection:
            centres = [catalogue.centre(connection, number) for number in person.centre_ids]
            codes = [catalogue.centre_key(connection, centre).partition(":")[2] for centre in centres]
        found += [(f"/cfa/{code}", centre.name) for code, centre in zip(codes, centres, strict=True)]
    return [*found, ("/compte", "Mon compte")]


def for_roles(hub: Hub, *roles: str) -> Callable[[Handler], Endpoint]:
    """Let a page be seen by some roles only: others are told so, strangers are shown how to sign in."""

    def guard(handler: Handler) -> Endpoint:
        async def guarded(request: Request) -> Response:
            person = signed_in(hub, request)
            if person is None:
                return stranger(request)
            if not person.may(*roles):
                return forbidden(hub, person)
            return await handler(request, person)

        return guarded

    return guard


def for_centre(hub: Hub) -> Callable[[CentreHandler], Endpoint]:
    """Let a page whose path names a ``centre`` (UAI or SIRET) be seen by the people of that centre only."""

    def guard(handler: CentreHandler) -> Endpoint:
        async def guarded(request: Request) -> Response:
            person = signed_in(hub, request)
            if person is None:
                return stranger(request)
            try:
                with hub.engine.connect() as connection:
                    centre = resolve_centre(connection, request.path_params["centre"])
            except UnusableCode:
                centre = None
            if centre is None or not person.may_open(centre.id):
                return forbidden(hub, person)
            return await handler(request, person, centre)

        return guarded

    return guard


def see_other(address: str) -> Response:
    """Go on with a GET elsewhere."""
    return RedirectResponse(address, 303, security_headers() | {"cache-control": "no-store"})
