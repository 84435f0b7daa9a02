"""A service whose processes are killed without warning, again and again, while everybody uses it."""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import httpx
import pytest

from syndication.context import Hub
from syndication.database import writing
from syndication.partners import store as partners
from tests.catalogue.mirror import Mirror
from tests.helpers import Client, Clock, hidden_fields
from tests.journeys.processes import children
from tests.journeys.test_durability import serving
from tests.journeys.work import Work
from tests.servers import fetch, wait_until
from tests.servers import send as post
from tests.syndication.test_corpus import exported

KILLS, PEOPLE = 5, 3


@pytest.fixture
def work(hub: Hub, clock: Clock) -> Iterator[Work]:
    given = Work(hub, clock)
    yield given
    given.close()


def test_what_is_acknowledged_is_never_lost_nor_done_twice(work: Work) -> None:
    chance = random.Random(7)
    with writing(work.hub.engine).begin() as connection:
        key = str(partners.add(connection, "Miroir", (), work.hub.clock()))
    links = work.hub.collector.issue_links(work.campaigns[0], 1000)
    tokens = iter([link.rsplit("/", 1)[1] for link in links])
    work.answer(10)
    work.invite(60)
    work.tell(60)
    with serving(work.hub.settings.data_dir, "--workers", "2", **work.environment) as (process, url):
        mirror, stopping, lock = Mirror(url, key, ":memory:"), threading.Event(), threading.Lock()
        acknowledged: list[str] = []

        def answer() -> None:
            while not stopping.is_set():
                with lock:
                    token = next(tokens)
                persist(lambda: send(url, token))  # noqa: B023 it is done before the next
                acknowledged.append(token)
                stopping.wait(0.1)

        def follow() -> None:
            while not stopping.is_set():
                with suppress(httpx.HTTPError):
                    mirror.follow()
                stopping.wait(0.05)

        beside = [threading.Thread(target=one) for one in (*[answer] * PEOPLE, follow)]
        for thread in beside:
            thread.start()
        for number in range(KILLS):
            through = len(acknowledged) + 5
            wait_until(lambda: len(acknowledged) > through, "people get through")  # noqa: B023
            time.sleep(chance.uniform(0, 0.3))
            with suppress(ProcessLookupError):
                os.kill(chance.choice(sorted(children(process.pid))), signal.SIGKILL)
            work.killed_at = time.time()
            if number % 3 == 0:
                work.publish()
        stopping.set()
        for thread in beside:
            thread.join()
        work.answered += len(acknowledged)
        work.publish()
        work.wait()
        mirror.follow()
        with httpx.Client(base_url=url, verify=False) as client:
            assert held_by(mirror) == exported(cast(Client, client), mirror.headers)
    work.assert_taken_in_once()
    work.assert_written_to_once()
    work.assert_corpus_is_a_recount()


def persist(act: Callable[[], bool]) -> None:
    """Do as people do: try again until it is said to be done."""

    def done() -> bool:
        try:
            return act()
        except httpx.TransportError:
            return False

    wait_until(done, "it is done", every=0.05)


def send(url: str, token: str) -> bool:
    """Answer in a few words; whether that was acknowledged."""
    said = {"satisfaction": "bien", "journee_entreprise": f"Je suis {token[:8]}, et je coupe les légumes le matin."}
    page = fetch(f"{url}/r?etape=bilan", cookies={"sirius-lien": token}).text
    if "Tu as déjà répondu" in page:  # it was recorded, and whoever was to say so was killed
        return True
    shown = hidden_fields(page)
    if post(f"{url}/r", data={**shown, **said}).status_code != 303:
        return False
    return post(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303


def held_by(mirror: Mirror) -> dict[tuple[str, str], Any]:
    """What a mirror holds, by kind and key."""
    rows = mirror.base.execute("SELECT genre, cle, contenu FROM item")
    return {(genre, cle): json.loads(contenu) for genre, cle, contenu in rows}
