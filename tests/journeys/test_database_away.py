"""A database server that goes and comes back under a service: readers are served from what is ready, writers are told
when to come again, nothing is restarted by hand and nothing is lost.

SQLite is no server: its file is on the disk of the service, and fails with it (``test_disk``).
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from collector.door import Settings as CollectorSettings
from syndication import asgi, campaigns, worker
from syndication.catalogue import importer
from syndication.database import writing
from syndication.demo.facts import facts
from syndication.instants import now_in_paris
from syndication.settings import Settings
from tests import postgresql
from tests.conftest import CUISINE, KEY, PARIS_CENTRE
from tests.databases import Databases, Pair
from tests.helpers import FULL_ANSWER
from tests.journeys.processes import children
from tests.journeys.test_durability import counted, section_shown, serving
from tests.servers import fetch, send, wait_until

READ = (f"/widget?formation={CUISINE}", f"/widget/badge.svg?formation={CUISINE}", f"/api/v1/avis?formation={CUISINE}")
ANSWERED = 5
ENOUGH = 20
"""Requests of which each of two processes has one."""


@dataclass(frozen=True)
class Place:
    """An installation on a server of its own: the server, settings for processes, tokens that nobody used."""

    server: postgresql.Server
    settings: dict[str, str]
    tokens: list[str]


@pytest.fixture
def place(databases: Databases, tmp_path: Path) -> Iterator[Place]:
    with postgresql.server() as server:
        where = Pair(*(made(server.address, name) for name in ("recueil", "avis")))
        leaf = CollectorSettings(data_dir=tmp_path, collector_database_url=where.collector, secret_keys=(KEY,))
        settings = replace(Settings.of(leaf), database_url=where.syndication)
        with closing(asgi.open_hub(settings)) as hub:
            asgi.migrate(hub)
            with writing(hub.engine).begin() as connection:
                importer.keep(connection, facts(), "demonstration", now_in_paris())
            today = now_in_paris().date()
            campaign = campaigns.open_campaign(
                hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, today + timedelta(days=30)
            )
            links = hub.collector.issue_links(campaign.id, ANSWERED + 3)
            for _ in range(ANSWERED):
                hub.collector.record(links.pop(), FULL_ANSWER)
            worker.work_once(hub)
            worker.count_invitations(hub)  # otherwise it would change what is ready a moment after it is
        yield Place(server, where.settings | {"SIRIUS_SECRET_KEYS": KEY}, [link.rsplit("/", 1)[1] for link in links])


def made(server: str, name: str) -> str:
    """Make a database and give its address."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def test_readers_go_on_and_writers_come_again_while_a_database_is_away(place: Place, tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", **place.settings) as (process, url):
        wait_until(lambda: len(children(process.pid)) == 3, "every process is there")
        everybody = children(process.pid)
        first, second, third = place.tokens
        form = {**section_shown(url, first), "satisfaction": "bien", "journee_entreprise": "Je pèse, je coupe."}
        assert send(f"{url}/r", data=form).status_code == 303
        ready = {path: {fetch(f"{url}{path}").text for _ in range(ENOUGH)} for path in READ}

        place.server.stop()
        assert ready == {path: {fetch(f"{url}{path}").text for _ in range(ENOUGH)} for path in READ}
        for refused in (
            send(f"{url}/r", data=form),
            send(f"{url}/r", data={"jeton": first, "etape": "envoi"}),
            fetch(f"{url}/r/{second}"),
            send(f"{url}/connexion", data={"email": "lea@exemple.fr"}),
            fetch(f"{url}/moderation", cookies={"sirius-session": "x" * 40}),
            fetch(f"{url}/api/v1/avis?formation=50025524"),
        ):
            assert_to_be_asked_again(refused)
        assert fetch(f"{url}/sante").status_code == 200
        assert fetch(f"{url}/pret").status_code == 503

        place.server.start()
        wait_until(lambda: send(f"{url}/r", data=form).status_code == 303, "what was refused is taken", every=0.1)
        assert send(f"{url}/r", data={"jeton": first, "etape": "envoi"}).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED + 1, "it is counted", every=0.1)

        place.server.stop()
        place.server.start()
        assert {fetch(f"{url}/r/{third}").status_code for _ in range(ENOUGH)} == {303}  # nobody pays for it afterwards
        assert children(process.pid) == everybody


def assert_to_be_asked_again(answer: httpx.Response) -> None:
    """An answer that says, in French, that it could not be done now, and when to try again."""
    assert (answer.url.path, answer.status_code, answer.headers.get("retry-after")) == (answer.url.path, 503, "5")
    said = answer.json()["detail"] if "json" in answer.headers["content-type"] else unescape(answer.text)
    assert "dans un instant" in said
