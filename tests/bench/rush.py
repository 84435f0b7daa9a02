"""A rush of answers while others read: ``python -m tests.bench rush``, 500 a second for a minute on a nation."""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from time import perf_counter, sleep

from sqlalchemy import func, select

from collector.store import RESPONSE
from syndication import campaigns
from syndication.context import Hub
from syndication.reviews.store import REVIEW
from tests.bench import reads
from tests.bench.load import together
from tests.bench.report import Figure, paragraphs, put, table, where
from tests.bench.scene import CENTRE, FORMATION
from tests.bench.sends import sending_posts, tokens_with_drafts
from tests.bench.servers import BARE, serving, sirius
from tests.bench.stages import SQLITE, Stage, built

REVIEWS = 20_000
WARM = 100
"""Widgets read before, in four seconds: a service that has just been started is another measure."""
AT_ONCE = 1000
"""Drafts written at one time."""
COLD_SHARE = 10
"""One read of so many is of an offer that nobody asked for before."""


def main(words: Sequence[str]) -> None:
    """Send and read, then show in the README how long people waited."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench rush", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--sends", type=int, default=500, help="answers sent a second")
    parser.add_argument("--reads", type=int, default=100, help="widgets read a second")
    parser.add_argument("--workers", type=int, default=2, help="processes that serve; one more takes answers in")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        stage = built(Stage(SQLITE, Path(name) / "nation"), REVIEWS)
        with closing(stage.open()) as hub:
            sends = answers_to_send(hub, asked.seconds * asked.sends)
            visits = _visits(stage, WARM + asked.seconds * asked.reads)
            before = _taken_in(hub)
            with sirius(stage.environment, asked.workers) as (port, pid):
                together(port, pid, (visits[:WARM], WARM / 4, 200))
                ours = together(port, pid, (sends, asked.sends, 303), (visits[WARM:], asked.reads, 200))
                begun = perf_counter()
                while _taken_in(hub) < before + len(sends):
                    sleep(0.5)
                behind, late = perf_counter() - begun, max(ours[0].seconds - asked.seconds, 0.0)
                told = reads.bare_of(stage.folder, reads.answer(port, reads.HOT[reads.COMPLET]))
            with hub.collector._engine.connect() as connection:
                assert connection.execute(select(func.count()).select_from(RESPONSE)).scalar_one() >= len(sends)
        with serving(BARE, told, workers=asked.workers) as (port, pid):
            bare = together(port, pid, (sends, asked.sends, 200), (visits[WARM:], asked.reads, 200))
    assert not sum(load.failed for load in ours)
    beside = "bare ASGI, same requests"
    rows = [
        Figure(f"{what}, 99 % under", SQLITE, one.slowest_percent, other.slowest_percent, beside)
        for what, one, other in zip(("answers sent", "widgets read"), ours, bare, strict=True)
    ]
    spent, least = (one[0].processor_seconds / len(sends) for one in (ours, bare))
    rows.append(Figure("processor time of all processes, by answer", SQLITE, spent, least, beside))
    head = (
        f"{where()}, a nation of {REVIEWS:,} reviews: {asked.sends} answers a second for {asked.seconds} seconds while "
        f"{asked.reads} widgets are read, one of {COLD_SHARE} never asked before, by the same cores. None failed, the "
        f"last was answered {late:.0f} s late, and all were counted {behind:.0f} s after it."
    )
    put("rush", paragraphs([head, table(rows, [SQLITE])]))


def answers_to_send(hub: Hub, count: int) -> list[bytes]:
    """The final posts of as many people who filled in everything, to be sent within two days of the hub's clock."""
    today = hub.clock().date()
    last = today + timedelta(days=2)
    campaign = campaigns.open_campaign(hub.engine, hub.collector, FORMATION, CENTRE, today, last)
    tokens: list[str] = []
    while len(tokens) < count:
        tokens += tokens_with_drafts(hub, campaign.id, min(AT_ONCE, count - len(tokens)))
    return sending_posts(tokens)


def _visits(stage: Stage, count: int) -> list[bytes]:
    offers = cycle(reads.drawn(stage, REVIEWS, count // COLD_SHARE + 1))
    paths = (
        reads.HOT[reads.COMPLET] if place % COLD_SHARE else reads.COLD[reads.COMPLET].format(next(offers))
        for place in range(count)
    )
    return [reads.request(path) for path in paths]


def _taken_in(hub: Hub) -> int:
    with hub.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(REVIEW)).scalar_one())
