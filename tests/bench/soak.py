"""A day in ten minutes: ``python -m tests.bench soak``. Everybody comes, what has an hour is done at its hour, and the
memory of the service is looked at all along."""

import argparse
import random
import re
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter, time

import httpx

from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import DecisionConflict
from syndication.moderation import store as moderation
from syndication.partners import store as partners
from tests.bench import keeping, reads
from tests.bench.load import family, resident, together
from tests.bench.plots import Axis, curves
from tests.bench.report import Figure, image, paragraphs, put, table, where
from tests.bench.rush import answers_to_send
from tests.bench.servers import HURRY, hurrying, serving
from tests.bench.stages import SQLITE, Stage, built

REVIEWS, DAY = 50_000, 86_400
VIEWS, CALLS, SENDS = 100, 20, 5
"""Widgets, calls of the API, and answers, a second of ours."""
LOOKS, DECIDES, FOLLOWS = 2.0, 0.3, 1.0
"""Seconds between two looks at the memory, two decisions, two rounds of the mirror."""
FORMATS = ("complet", "carrousel", "liste", "score")
PAGES = ("/moderation", "/moderation?etat=publie", "/moderation/equite", "/statistiques", "/")
Round = Callable[[], object]


def main(words: Sequence[str]) -> None:
    """Have a day go by, then show in the README how much memory it took."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    seconds = 60 * parser.parse_args(words).minutes
    with tempfile.TemporaryDirectory() as name:
        stage = built(Stage(SQLITE, Path(name) / "nation"), REVIEWS)
        began, speed = time(), DAY / seconds
        with closing(stage.open(hurrying(began, speed))) as hub:
            found = _lived(stage, hub, seconds, {HURRY: f"{began} {speed}", "SIRIUS_BACKGROUND": "1"})
    _show(seconds, *found)


def _lived(
    stage: Stage, hub: Hub, seconds: float, told: Mapping[str, str]
) -> tuple[list[tuple[float, float]], list[int], float]:
    """Memory by moment, how many of each kind were answered, and the time under which 99 % of reads were."""
    kinds = (
        (_views(stage, round(seconds * VIEWS)), VIEWS, 200),
        (_calls(stage, round(seconds * CALLS)), CALLS, 200),
        (answers_to_send(hub, round(seconds * SENDS)), SENDS, 303),
    )
    memory: list[tuple[float, float]] = []
    nights = count()
    with serving("tests.bench.servers:hurried", {**stage.environment, **told}, factory=True) as (port, pid):
        began = perf_counter()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            people = _People(hub, client)
            rounds = [
                (LOOKS, lambda: memory.append((perf_counter() - began, max(map(resident, family(pid))) / 1e6))),
                (DECIDES, people.decide), (DECIDES, people.look), (FOLLOWS, _Mirror(hub, client).follow),
                (seconds / 2, lambda: keeping.back_up(stage, stage.folder.with_name(f"night{next(nights)}"))),
            ]  # fmt: skip
            with _again_and_again(rounds):
                loads = together(port, pid, *kinds)
    assert not sum(load.failed for load in loads), [load.failed for load in loads]
    return memory, [*(load.requests for load in loads), people.decided, people.looked], loads[0].slowest_percent


@contextmanager
def _again_and_again(rounds: Sequence[tuple[float, Round]]) -> Iterator[None]:
    """Do each of some things every so many seconds, beside; what one of them raised is raised at the end."""
    stopping, raised = threading.Event(), list[BaseException]()

    def run(every: float, act: Round) -> None:
        try:
            while not stopping.wait(every):
                act()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=one) for one in rounds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    if raised:
        raise raised[0]


class _People:
    """A moderator who decides, and looks at page after page."""

    def __init__(self, hub: Hub, client: httpx.Client) -> None:
        self._hub, self._client = hub, client
        self.decided = self.looked = 0

    def decide(self) -> None:
        """Publish the first text that waits."""
        with self._hub.engine.connect() as connection:
            waiting = moderation.waiting(connection, 1)
        for text in waiting:
            with writing(self._hub.engine).begin() as connection:
                try:
                    moderation.record_decision(
                        connection, text.id, text.version, "publie", None, "lea@exemple.fr", self._hub.clock()
                    )
                except DecisionConflict:  # a referent follows it
                    continue
            self.decided += 1

    def look(self) -> None:
        """See the next page, signed in anew when the session has ended."""
        path = PAGES[self.looked % len(PAGES)]
        answer = self._client.get(path)
        if answer.status_code == 401:
            grant = Grant("lea@exemple.fr", "moderator")
            self._client.post(signin.make_link(self._hub.engine, "", grant, self._hub.clock()))
            answer = self._client.get(path)
        assert answer.status_code == 200, path
        self.looked += 1


class _Mirror:
    """A catalogue that follows what changes."""

    def __init__(self, hub: Hub, client: httpx.Client) -> None:
        with writing(hub.engine).begin() as connection:
            key = partners.add(connection, "Miroir", (), hub.clock(), quota=1_000_000)
        self._client, self._headers, self._cursor = client, {"authorization": f"Bearer {key}"}, ""

    def follow(self) -> None:
        """One page further."""
        asked = {"page_size": "1000"} | ({"depuis": self._cursor} if self._cursor else {})
        page = self._client.get("/api/v1/changements", params=asked, headers=self._headers).raise_for_status().text
        found = re.search(r'"curseur":"([^"]+)"', page)
        assert found is not None
        self._cursor = found[1]


def _views(stage: Stage, count: int) -> list[bytes]:
    chance = random.Random(8)
    offers = reads.offers(stage, REVIEWS)
    drawn = chance.choices(offers, [one.weight for one in offers], k=count)
    paths = (f"{reads.COLD[reads.COMPLET].format(one)}&format={chance.choice(FORMATS)}" for one in drawn)
    return [reads.request(path) for path in paths]


def _calls(stage: Stage, count: int) -> list[bytes]:
    chance = random.Random(9)
    offers = reads.offers(stage, REVIEWS)
    kinds = [*reads.COLD.values()]
    paths = [
        chance.choice(kinds).format(one) if chance.random() < 0.8 else reads.summaries([one, *offers[:20]])
        for one in chance.choices(offers, [one.weight for one in offers], k=count)
    ]
    return [reads.request(path) for path in paths]


def _show(seconds: float, memory: Sequence[tuple[float, float]], counts: Sequence[int], slowest: float) -> None:
    quarters = [
        statistics.median(held for at, held in memory if place * seconds / 4 <= at < (place + 1) * seconds / 4)
        for place in range(4)
    ]
    views, calls, sends, decided, looked = counts
    head = (
        f"{where()}, a nation of {REVIEWS:,} reviews: 24 hours in {seconds / 60:.0f} minutes, with what is done every "
        f"minute, every hour and at night. {views:,} widgets, {calls:,} calls of the API, {sends:,} answers, "
        f"{decided:,} decisions, {looked:,} pages of the desk, a mirror and a backup: none failed, 99 % of widgets "
        f"were there in {1000 * slowest:.0f} ms."
    )
    row = Figure("memory of the process in the last quarter", SQLITE, quarters[3], quarters[1], "in the second", "MB")
    title = "Memory of the process over a day"
    hours = [(at / seconds * 24, held) for at, held in memory]
    drawn = curves(title, Axis("hour"), Axis("MB"), {"resident": hours})
    put("soak", paragraphs([head, table([row], [SQLITE]), image("soak", drawn, title)]))
