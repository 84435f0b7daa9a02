"""Asking for everything that a service answers, and noting how."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from collector import context, links
from collector.door import CampaignOrder, Collector
from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts import views as accounts_views
from syndication.app import Service, create_app
from syndication.context import Hub
from syndication.database import writing
from syndication.gestures import readers
from syndication.joining import request as joining
from syndication.joining import views as joining_views
from syndication.letters import views as letters_views
from syndication.letters.stopping import stop_link
from syndication.partners import store as partners
from syndication.partners.keys import READING, SCOPES
from syndication.previews import links as preview_links
from syndication.previews import store as previews
from syndication.previews import views as previews_views
from syndication.search import limit
from tests.headers.snapshot import Seen
from tests.helpers import NOON, Client, hidden_fields
from tests.syndication.test_access import ANYONE, TABLE, VALUES, Line, signed_in_as

INSIDERS = ("admin", "owner", "observer", "referent", "neighbour")
ELSEWHERE = {"origin": "https://ailleurs.exemple.fr"}
TOO_MUCH = b"x" * 200_000
FORM = {"content-type": "application/x-www-form-urlencoded"}
World = dict[str, str]
API = [line for line in TABLE if line.path.startswith("/api/v1/")]
ORDERED = sorted(TABLE, key=lambda line: (line.method, line.path == "/deconnexion"))


class Walk:
    """Somebody who asks, and notes how it was answered."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def ask(self, browser: Client, method: str, route: str, address: str, **options: Any) -> httpx.Response:
        """Ask for one address of a route; what has an ETag, once more with it."""
        answer = browser.request(method, address, **options)
        self._seen.note(method, route, answer)
        if "etag" in answer.headers and answer.status_code == 200:
            headers = {**options.get("headers", {}), "if-none-match": answer.headers["etag"]}
            self._seen.note(method, route, browser.request(method, address, **{**options, "headers": headers}))
        return answer

    def line(self, browser: Client, line: Line, world: World, *, whole: bool = False) -> None:
        """Ask for what a line of the table of routes tells; ``whole``: post it from elsewhere and beyond reason too."""
        address = address_of(line, world)
        if line.method == "GET":
            self.ask(browser, "GET", line.path, address, params=line.ask or None)
            return
        if whole:
            self.ask(browser, "POST", line.path, address, data=line.ask, headers=ELSEWHERE)
            self.ask(browser, "POST", line.path, address, content=TOO_MUCH, headers=FORM)
        self.ask(browser, "POST", line.path, address, data=line.ask)


def address_of(line: Line, world: World) -> str:
    """The address of a line of the table."""
    return line.address({**VALUES, **world, **line.values})


def everybody(walk: Walk, hub: Hub, app: Service, world: World) -> None:
    """Every route, asked for by a stranger, by somebody who may, by somebody who may not, and by a wrong method."""
    people = {name: signed_in_as(hub, app, name) for name in ("stranger", *INSIDERS)}
    for line in ORDERED:
        walk.line(people["stranger"], line, world, whole=line.who == ANYONE)
        for may in (True, False) if line.who != ANYONE else ():
            for name in [one for one in INSIDERS if (one in line.who) is may][:1]:
                walk.line(people[name], line, world, whole=may)
    for line in {line.path: line for line in TABLE}.values():
        walk.ask(people["stranger"], "PUT", line.path, address_of(line, world))
    for route in ("/nulle-part", "/api/nulle-part"):
        walk.ask(people["stranger"], "GET", route, route)


def with_links(walk: Walk, hub: Hub, app: Service) -> None:
    """Links that work, and those that work no more."""
    now, keys, browser = hub.clock(), hub.settings.keys(), Client(app, hub.settings.public_url)
    sign = signin.make_link(hub.engine, "", accounts.Grant("nina@exemple.fr", "cfa", 1), now)
    with writing(hub.engine).begin() as connection:
        nina = accounts.person_by_email(connection, "nina@exemple.fr")
        assert nina is not None
        made = previews.NewLink(1, nina.id, None, {}, (now + timedelta(days=9)).date())
        works, gone = (previews.add(connection, made, now) for _ in range(2))
        previews.revoke(connection, gone, now, 1)
    for method in ("GET", "POST"):
        walk.ask(browser, method, "/connexion/{token}", sign)
        walk.ask(browser, method, "/mails/{token}", stop_link("", keys, "hebdo", nina.id))
        walk.ask(browser, method, "/rejoindre/{token}", joining.confirmation_link("", keys, 1, "x@exemple.fr", now))
    walk.ask(browser, "POST", "/connexion", "/connexion", data={"email": "x@exemple.fr"})
    for route in ("/apercu/{token}", "/apercu/{token}/cadre"):
        for link in (works, gone):
            walk.ask(browser, "GET", route, route.replace("{token}", preview_links.sign(keys, link)))


def with_keys(walk: Walk, hub: Hub, app: Service) -> None:
    """The API with a key, with one that allows less, with none that is known, and with what it cannot read."""
    browser = Client(app, hub.settings.public_url)
    with writing(hub.engine).begin() as connection:
        named = {"Catalogue": SCOPES, "Autre": (READING,)}
        known = [partners.add(connection, name, (), hub.clock(), scopes=scopes) for name, scopes in named.items()]
    for line in API:
        for key in (*known, "sirius_inconnue"):
            bearer = {"authorization": f"Bearer {key}"}
            walk.ask(browser, "GET", line.path, line.path, params=line.ask or None, headers=bearer)
        walk.ask(browser, "OPTIONS", line.path, line.path)
        for odd in ({"inconnu": "1"}, {"formation": "x" * 61_000}):
            walk.ask(browser, "GET", line.path, line.path, params=odd)


def respond(walk: Walk, collector: Collector, app: ASGIApp) -> None:
    """An apprentice's road, by a personal link and by the common one of a campaign."""
    browser, keys = Client(app, collector.settings.public_url), collector.settings.keys()
    first, last = NOON.date(), NOON.date() + timedelta(days=9)
    order = CampaignOrder("50022146", "CAP cuisine", "0751234J", "CFA Exemple", first, last, 2)
    campaign = collector.open_campaign(order).id
    link = collector.issue_links(campaign, 1)[0]
    token = link.rpartition("/")[2]
    walk.ask(browser, "GET", "/r/{token}", link)
    shown = walk.ask(browser, "GET", "/r", "/r?etape=bilan")
    walk.ask(browser, "POST", "/r", "/r", data={"jeton": token, "etape": "envoi"})
    walk.ask(browser, "POST", "/r", "/r", data={**hidden_fields(shown.text), "satisfaction": "bien"})
    walk.ask(browser, "POST", "/r", "/r", data={"jeton": token, "etape": "envoi"})
    walk.ask(browser, "GET", "/r", "/r?etape=merci")
    walk.ask(browser, "POST", "/r/auteur", "/r/auteur", data={"jeton": token})
    common = links.common_link("", keys, campaign)
    for method in ("GET", "POST", "POST"):
        walk.ask(Client(app, collector.settings.public_url), method, "/c/{token}", common)
    stop = links.opt_out_link("", keys, links.address_hashes(keys, "x@exemple.fr")[0])
    for method in ("GET", "POST"):
        walk.ask(browser, method, "/d/{token}", stop)


def too_often(walk: Walk, hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for once more than it may be."""
    for module, name in (
        (accounts_views, "ASKED_PER_HOUR"), (joining_views, "ASKED_PER_HOUR"), (readers, "PER_HOUR"),
        (context, "COMMON_FLOOD"), (limit, "PER_MINUTE"),
        *((one, "MISSED_PER_HOUR") for one in (accounts_views, joining_views, letters_views, previews_views)),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 0)
    app = create_app(replace(hub, settings=replace(hub.settings, api_limit=0)), background=False)
    browser = Client(Elsewhere(app), hub.settings.public_url)
    asked = {"/connexion", "/rejoindre", "/connexion/{token}", "/rejoindre/{token}", "/mails/{token}"}
    for line in (*API, *(line for line in TABLE if line.path in asked or line.path.startswith("/apercu/"))):
        walk.ask(browser, line.method, line.path, address_of(line, world), params=line.ask or None)
    for path in ("/", "/widget"):
        walk.ask(browser, "GET", path, path, params={"q": "mot"})
    walk.ask(browser, "POST", "/widget/utile", "/widget/utile", data={"oui": world["verbatim"]})
    common = links.common_link("", hub.settings.keys(), world["campaign"])
    walk.ask(browser, "POST", "/c/{token}", common)
    for _ in range(context.MISSES):
        browser.get("/r/inconnu")
    for line in TABLE:
        if line.path.startswith(("/r/{", "/c/{", "/d/{")):
            walk.ask(browser, line.method, line.path, address_of(line, world))


class Elsewhere:
    """An application whose every request comes from one network, that is not this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "client": ("203.0.113.7", 1)}, receive, send)


class Quiet:
    """An application whose faults are told to nobody but who asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(AttributeError):
            await self._app(scope, receive, send)
