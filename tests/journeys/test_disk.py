"""A disk that fills up, then has room again, and one that takes its time: nothing acknowledged is lost, readers go on.

No file of a process may grow while the limit on their size is none (``RLIMIT_FSIZE``): what SQLite, the ledger and the
log meet is a write that the system refuses, as on a disk without room, and no privilege is needed. A slow disk is one
whose writes are waited for: another program that holds the lock of writers has the same thread wait in the same place,
for as long as the test likes.
"""

import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

import httpx
import pytest

import collector.database
import syndication.database
from syndication.context import Hub
from syndication.instants import now_in_paris
from tests import databases
from tests.collector.respondent import sent
from tests.helpers import FULL_ANSWER, Clock
from tests.journeys.processes import children
from tests.journeys.test_durability import counted, section_shown, serving
from tests.journeys.test_leaving import SAID
from tests.servers import fetch, send, wait_until

ANSWERED = 5
HOT, COLD = "/widget?formation=50022146", "/widget?formation=50022146&format=liste"


@pytest.fixture
def tokens(hub: Hub, clock: Clock, open_campaign: Callable[..., str]) -> list[str]:
    """Tokens of a campaign that five people answered; the first is of one of them."""
    clock.moment = now_in_paris()
    links = hub.collector.issue_links(open_campaign(), ANSWERED + 4)
    for link in links[:ANSWERED]:
        hub.collector.record(link, FULL_ANSWER)
    return [link.rsplit("/", 1)[1] for link in links[ANSWERED - 1 :]]


@contextmanager
def no_room(parent: int) -> Iterator[None]:
    """While the block lasts, no file of a service's processes may grow."""
    below = children(parent)
    before = {process: resource.prlimit(process, resource.RLIMIT_FSIZE) for process in below}
    for process, (_, most) in before.items():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)


@contextmanager
def nobody_writes(hub: Hub) -> Iterator[None]:
    """While the block lasts, whoever writes waits, in both databases."""
    where = databases.current().at(hub.settings.data_dir)
    with (
        databases.nobody_writes(collector.database, where.collector),
        databases.nobody_writes(syndication.database, where.syndication),
    ):
        yield


@pytest.mark.sqlite
def test_a_disk_without_room_loses_nothing_and_all_goes_on_once_there_is_some(hub: Hub, tokens: list[str]) -> None:
    author, token, *_ = tokens
    with serving(hub.settings.data_dir) as (process, url):
        wait_until(lambda: counted(url) == ANSWERED, "what was given is counted")
        form, taking_back = {**section_shown(url, token), **SAID}, {"jeton": author, "etape": "retirer", "question": ""}
        assert fetch(f"{url}{HOT}").status_code == 200
        with no_room(process.pid):
            assert fetch(f"{url}{HOT}").status_code == fetch(f"{url}{COLD}").status_code == 200
            for path, data, words in (
                ("/r", form, "Nous n'avons pas pu enregistrer"),
                ("/r/auteur", taking_back, "Rien n'a changé"),
                ("/connexion", {"email": "lea@exemple.fr"}, "Cette demande n'a pas été enregistrée"),
            ):
                refused = send(f"{url}{path}", data=data)
                assert (path, refused.status_code, refused.headers.get("retry-after")) == (path, 503, "5"), words
                assert words in unescape(refused.text)
            assert children(process.pid)
        assert send(f"{url}/r", data=form).status_code == 204
        assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED + 1, "it is counted")
        assert send(f"{url}/r/auteur", data=taking_back).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED, "it is taken back")
    for address in (hub.settings.collector.database_url, hub.settings.database_url):
        assert databases.rows(address, "PRAGMA integrity_check") == [("ok",)]


def test_a_disk_that_takes_its_time_keeps_writers_waiting_and_no_reader(hub: Hub, tokens: list[str]) -> None:
    _, *answering = tokens
    with serving(hub.settings.data_dir) as (_, url):
        wait_until(lambda: counted(url) == ANSWERED, "what was given is counted")
        forms = [{**section_shown(url, token), **SAID} for token in answering]
        answers: list[httpx.Response] = []

        def ask(form: dict[str, str]) -> None:
            answers.append(send(f"{url}/r", data=form))

        asking = [threading.Thread(target=ask, args=(form,)) for form in forms]
        with nobody_writes(hub):
            for thread in asking:
                thread.start()
            assert {fetch(f"{url}{path}").status_code for path in (HOT, COLD) for _ in range(20)} == {200}
            assert answers == []
        for thread in asking:
            thread.join()
        assert [answer.status_code for answer in answers] == [204] * len(forms)
        for token in answering:
            assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED + len(forms), "each is counted")
    assert len(sent(hub)) == ANSWERED + len(forms)
