"""A database server that goes and comes back under a service: readers are served from what is ready, writers are told
when to come again, nothing is restarted by hand and nothing is lost.

SQLite is no server: its file is on the disk of the service, and fails with it (``test_disk``).
"""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
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
from tests.commands import sirius
from tests.conftest import CUISINE, KEY, PARIS_CENTRE, TOLD
from tests.databases import Databases, Pair
from tests.helpers import FULL_ANSWER, hidden_fields
from tests.journeys.disks import small
from tests.journeys.processes import children
from tests.journeys.test_disk import said, until_refused
from tests.journeys.test_durability import counted, section_shown, serving
from tests.journeys.test_leaving import SAID
from tests.servers import PATIENCE, fetch, send, wait_until
from tests.syndication.watch.scraping import value

pytestmark = pytest.mark.postgresql
READ = (f"/widget?formation={CUISINE}", f"/widget/badge.svg?formation={CUISINE}", f"/api/v1/avis?formation={CUISINE}")
ANSWERED = 5
ENOUGH = 20
"""Requests at one time of which each of two processes has one."""


@dataclass(frozen=True)
class Place:
    """An installation on a server of its own: the server, settings for processes, tokens that nobody used."""

    server: postgresql.Server
    settings: dict[str, str]
    tokens: list[str]


@pytest.fixture
def place(databases: Databases, tmp_path: Path) -> Iterator[Place]:
    with postgresql.server() as server:
        yield installed(server, tmp_path)


def installed(server: postgresql.Server, folder: Path) -> Place:
    """An installation on a server, whose campaign some people answered."""
    where = Pair(*(made(server.address, name) for name in ("recueil", "avis")))
    leaf = CollectorSettings(data_dir=folder, collector_database_url=where.collector, secret_keys=(KEY,))
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
    return Place(server, where.settings | {"SIRIUS_SECRET_KEYS": KEY}, [link.rsplit("/", 1)[1] for link in links])


def made(server: str, name: str) -> str:
    """Make a database and give its address."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def test_readers_go_on_and_writers_come_again_while_a_database_is_away(place: Place, tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", **place.settings) as (process, url):
        wait_until(lambda: value(fetch(f"{url}/metrics").text, "sirius_processes") == 3, "every process is at work")
        everybody = children(process.pid)
        first, second, third = place.tokens
        form = {**section_shown(url, first), "satisfaction": "bien", "journee_entreprise": "Je pèse, je coupe."}
        assert send(f"{url}/r", data=form).status_code == 303
        ready = read_by_all(url)

        place.server.stop()
        assert ready == read_by_all(url)
        for refused in (
            send(f"{url}/r", data=form),
            send(f"{url}/r", data={"jeton": first, "etape": "envoi"}),
            fetch(f"{url}/r/{second}"),
            send(f"{url}/connexion", data={"email": "lea@exemple.fr"}),
            fetch(f"{url}/moderation", cookies={"sirius-session": "x" * 40}),
            fetch(f"{url}/api/v1/avis?formation=50025524"),
        ):
            assert_to_be_asked_again(refused)
        assert hidden_fields(send(f"{url}/r", data=form).text) == form
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


def read_by_all(url: str) -> dict[str, set[str]]:
    """What readers are given, many at the same time: one process alone would not take them all."""
    with ThreadPoolExecutor(ENOUGH) as pool:
        return {path: set(pool.map(lambda address: fetch(address).text, [f"{url}{path}"] * ENOUGH)) for path in READ}


class Road:
    """A road to a server: an address of this machine whose connections lead to a socket in a folder. It can be cut:
    then connections end, and others are made that lead nowhere, as when a machine has gone and nobody says so."""

    def __init__(self, folder: str) -> None:
        self._socket = f"{folder}/.s.PGSQL.5432"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self._cut = False
        self.taken = 0
        """How many connections were ever made."""
        threading.Thread(target=self._lead, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        self._cut = True
        self._let_go()

    def mend(self) -> None:
        self._cut = False
        self._let_go()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._let_go()

    def _lead(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            self._held.append(near)
            if not self._cut:
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._socket)
                self._held.append(far)
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

    def _let_go(self) -> None:
        while self._held:
            one = self._held.pop()
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Say to one what the other says, as long as both are there."""
    with suppress(OSError):
        while said := source.recv(65536):
            sink.sendall(said)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def test_readers_do_not_wait_for_a_database_that_has_gone_without_a_word(place: Place, tmp_path: Path) -> None:
    with closing(Road(str(make_url(place.server.address).query["host"]))) as road:
        led = {name: by_road(value, road.port) for name, value in place.settings.items()}
        with serving(tmp_path, **led) as (_, url):
            token = place.tokens[0]
            form = {**section_shown(url, token), "satisfaction": "bien", "journee_entreprise": "Je pèse, je coupe."}
            ready = {path: fetch(f"{url}{path}").text for path in READ}
            road.cut()
            assert_to_be_asked_again(send(f"{url}/r", data=form, timeout=PATIENCE))  # once, it waits
            taken = road.taken
            for _ in range(3 * ENOUGH):
                assert_to_be_asked_again(send(f"{url}/r", data=form))
                assert ready == {path: fetch(f"{url}{path}").text for path in READ}
            assert road.taken < taken + ENOUGH
            road.mend()
            wait_until(lambda: send(f"{url}/r", data=form).status_code == 303, "it is taken", every=0.1)
            assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
            wait_until(lambda: counted(url) == ANSWERED + 1, "it is counted", every=0.1)


def test_a_backup_of_a_database_that_stands_still_names_it_and_leaves_nothing(place: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copie"
    place.server.freeze()
    refused = sirius(None, "backup", str(copy), SIRIUS_DATA_DIR=str(tmp_path), **place.settings)
    place.server.thaw()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Erreur : La base « avis » de ")
    assert refused.stderr.endswith(
        " : rien n'y répond : démarrez PostgreSQL, ou corrigez SIRIUS_SYNDICATION_DATABASE_URL.\n"
    )
    assert not copy.exists()


def test_a_database_that_stands_still_holds_up_no_reader_and_takes_everything_once_it_goes_on(
    place: Place, tmp_path: Path
) -> None:
    token, other, *_ = place.tokens
    with serving(tmp_path, "--workers", "2", **place.settings) as (process, url):
        wait_until(lambda: value(fetch(f"{url}/metrics").text, "sirius_processes") == 3, "every process is at work")
        everybody = children(process.pid)
        form = {**section_shown(url, token), "satisfaction": "bien", "journee_entreprise": "Je pèse, je coupe."}
        assert {send(f"{url}/r", data=form).status_code for _ in range(ENOUGH)} == {303}
        ready = read_by_all(url)

        place.server.freeze()
        given_up = threading.Thread(target=send, args=(f"{url}/r",), kwargs={"data": form, "timeout": PATIENCE})
        given_up.start()
        for _ in range(3 * ENOUGH):
            assert ready == {path: {fetch(f"{url}{path}", timeout=PATIENCE).text} for path in READ}
        given_up.join()
        for refused in (
            send(f"{url}/r", data={"jeton": token, "etape": "envoi"}, timeout=PATIENCE),
            fetch(f"{url}/r/{other}", timeout=PATIENCE),
            send(f"{url}/connexion", data={"email": "lea@exemple.fr"}, timeout=PATIENCE),
            fetch(f"{url}/moderation", cookies={"sirius-session": "x" * 40}, timeout=PATIENCE),
            fetch(f"{url}/api/v1/avis?formation=50025524", timeout=PATIENCE),
        ):
            assert_to_be_asked_again(refused)
        assert fetch(f"{url}/pret", timeout=PATIENCE).status_code == 503

        place.server.thaw()
        wait_until(lambda: {fetch(f"{url}/r/{other}").status_code for _ in range(ENOUGH)} == {303}, "each goes on")
        assert send(f"{url}/r", data=form).status_code == 303
        assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED + 1, "it is counted", every=0.1)
        assert children(process.pid) == everybody


@contextmanager
def others_write(server: str) -> Iterator[None]:
    """While the block lasts, somebody else writes as much as there is room for in the server's log."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with suppress(psycopg.Error), psycopg.connect(server, autocommit=True) as connection:
                while not stop.is_set():
                    connection.execute("SELECT pg_logical_emit_message(true, 'others', repeat('x', 100000))")

    other = threading.Thread(target=write)
    other.start()
    try:
        yield
    finally:
        stop.set()
        other.join()


def test_a_database_whose_disk_is_full_loses_nothing_and_takes_everything_once_it_has_room(
    databases: Databases, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sirius-pg-") as where,
        small(Path(where), megabytes=160) as disk,
        postgresql.server(lasting=True, where=disk.folder, words=disk.words_as_oneself) as server,
    ):
        record_property(TOLD, f"full disks were {disk.kind}")
        place = installed(server, tmp_path)
        with serving(tmp_path, "--workers", "2", **place.settings) as (process, url):
            wait_until(lambda: value(fetch(f"{url}/metrics").text, "sirius_processes") == 3, "every process is at work")
            everybody = children(process.pid)
            token, other, *_ = place.tokens
            shown = section_shown(url, token)
            assert send(f"{url}/r", data=shown | said(0)).status_code == 204
            ready = read_by_all(url)

            with disk.full(postgresql.processes(disk.seen)), others_write(server.address):
                refused, taken = until_refused(f"{url}/r", lambda number: shown | said(number))
                assert (refused.status_code, refused.headers.get("retry-after")) == (503, "5")
                assert "Nous n'avons pas pu enregistrer" in unescape(refused.text)
                assert said(len(taken) + 1)["journee_entreprise"] in unescape(refused.text)
                for _ in range(ENOUGH):
                    assert ready == {path: {fetch(f"{url}{path}").text} for path in READ}

            def is_back() -> bool:
                server.start()  # as whatever watches over it does, when it left for want of room
                return {fetch(f"{url}/r/{other}").status_code for _ in range(ENOUGH)} == {303}

            wait_until(is_back, "each goes on")
            kept = unescape(fetch(f"{url}/r?etape=bilan", cookies={"sirius-lien": token}).text)
            assert any(said(number)["journee_entreprise"] in kept for number in (len(taken), len(taken) + 1))
            assert send(f"{url}/r", data=shown | SAID).status_code == 204
            assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
            wait_until(lambda: counted(url) == ANSWERED + 1, "it is counted", every=0.1)
            assert children(process.pid) == everybody


def by_road(setting: str, port: int) -> str:
    """A setting whose address, if it is one, leads by a road."""
    if not setting.startswith("postgresql"):
        return setting
    return make_url(setting).set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)


def assert_to_be_asked_again(answer: httpx.Response) -> None:
    """An answer that says, in French, that it could not be done now, and when to try again."""
    assert (answer.url.path, answer.status_code, answer.headers.get("retry-after")) == (answer.url.path, 503, "5")
    said = answer.json()["detail"] if "json" in answer.headers["content-type"] else unescape(answer.text)
    assert "dans un instant" in said
