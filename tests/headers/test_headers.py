"""The headers of every answer: each route of the hub, and of the collector alone, with each of its statuses.

They are kept in ``hub.txt`` and ``collector.txt``, which this writes anew, to be looked over as any other change:
``SIRIUS_TEST_REWRITE=1 python -m pytest tests/headers/test_headers.py``.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.routing import Route

from collector import links
from collector.app import create_app as create_collector
from collector.guard import over_https
from collector.pages import security_headers
from collector.serving.protocol import BoundedProtocol
from syndication import asgi
from syndication.app import Service, create_app
from syndication.context import Hub
from syndication.pages import answer_headers
from syndication.protocol import Protocol
from tests.conftest import settings_in
from tests.databases import Databases, change
from tests.headers.snapshot import Seen, blocks, check
from tests.headers.unheard import refused
from tests.headers.walking import (
    ELSEWHERE,
    FORM,
    ORDERED,
    TOO_MUCH,
    Elsewhere,
    Quiet,
    Walk,
    everybody,
    respond,
    too_often,
    with_keys,
    with_links,
)
from tests.helpers import Client, Clock
from tests.syndication.test_access import ANYONE, VALUES, world
from tests.syndication.test_publication import publish_everything

__all__ = ["world"]

HOME = "https://avis.exemple.fr"
HUB, COLLECTOR = Path(__file__).with_name("hub.txt"), Path(__file__).with_name("collector.txt")


@pytest.fixture
def hub(databases: Databases, migrated: Path, tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """A hub that people reach over https."""
    opened = asgi.open_hub(settings_in(databases.copy(migrated, tmp_path), public_url=HOME), clock)
    yield opened
    opened.close()


def test_every_answer_of_the_hub_has_the_headers_that_were_looked_over(
    databases: Databases, hub: Hub, app: Service, world: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen()
    walk = Walk(seen)
    everybody(walk, hub, app, world)
    with_links(walk, hub, app)
    with_keys(walk, hub, app)
    respond(walk, hub.collector, app)
    publish_everything(hub)
    walk.ask(Client(app, "https://localhost"), "GET", "/metrics", "/metrics")  # nobody's but this machine's
    too_often(walk, hub, world, monkeypatch)
    public = [line for line in ORDERED if line.who == ANYONE]
    faulty = Client(Quiet(create_app(replace(hub, publisher=cast(Any, None)), background=False)), HOME)
    for line in public:
        walk.line(faulty, line, world)
    collected = {route.path for route in hub.collector.routes() if isinstance(route, Route)} | {"/api/v1/questions"}
    hub.engine.dispose()
    databases.lose(hub.settings.data_dir)
    for line in public:
        if line.path not in collected:  # SQLite would still read the file that it holds open
            walk.line(Client(app, HOME), line, world)
    refused(seen, Protocol, answer_headers() | over_https(secure=True), monkeypatch)
    check(seen, HUB)


def test_every_answer_of_the_collector_alone_has_the_headers_that_were_looked_over(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, collector = Seen(), hub.collector
    walk, app = Walk(seen), create_collector(collector)
    browser = Client(Elsewhere(app), HOME)
    for route in app.routes:
        assert isinstance(route, Route)
        address = route.path.replace("{token}", VALUES["token"])
        walk.ask(browser, "PUT", route.path, address)
        if "GET" in (route.methods or ()):
            walk.ask(browser, "GET", route.path, address)
        else:
            walk.ask(browser, "POST", route.path, address, headers=ELSEWHERE)
            walk.ask(browser, "POST", route.path, address, content=TOO_MUCH, headers=FORM)
            walk.ask(browser, "POST", route.path, address)
    walk.ask(browser, "GET", "/nulle-part", "/nulle-part")
    respond(walk, collector, app)
    address = collector.settings.database_url
    change(address, "ALTER TABLE campaign RENAME TO elsewhere")
    for method in ("GET", "POST"):
        walk.ask(browser, method, "/c/{token}", links.common_link("", collector.settings.keys(), "inconnue"))
    change(address, "ALTER TABLE elsewhere RENAME TO campaign")
    walk.ask(Client(app, "https://localhost"), "GET", "/metrics", "/metrics")  # nobody's but this machine's
    refused(seen, BoundedProtocol, security_headers() | over_https(secure=True), monkeypatch)
    check(seen, COLLECTOR)


@pytest.mark.parametrize("file", [HUB, COLLECTOR], ids=["hub", "collector"])
def test_no_answer_lacks_what_keeps_its_reader_safe(file: Path) -> None:
    for headers, answers in blocks(file):
        told = {name: values[0] for name, values in headers.items()}
        assert all(len(values) == 1 for name, values in headers.items() if name != "set-cookie"), answers
        assert told["x-content-type-options"] == "nosniff", answers
        assert told["strict-transport-security"] == "max-age=31536000", answers
        assert "default-src 'none'" in told["content-security-policy"], answers
        assert "referrer-policy" in told, answers
        assert "cache-control" in told, answers
        assert not {"server", "x-powered-by"} & set(told), answers
        if "text/html" in told.get("content-type", ""):
            assert "frame-ancestors" in told["content-security-policy"], answers
        for cookie in headers.get("set-cookie", ()):
            assert cookie.startswith("__Host-"), answers
            assert {"secure", "httponly", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}, (
                answers
            )
