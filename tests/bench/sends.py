"""What a durable answer costs."""

import asyncio
import json
import sqlite3
import statistics
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import psycopg

from collector.questionnaire import default_questionnaire, validate
from collector.records import answers_to
from syndication import campaigns
from syndication.context import Hub
from syndication.instants import now_in_paris
from tests.bench.load import Load, burst, request_bytes
from tests.bench.report import Figure, table
from tests.bench.scene import CENTRE, FORMATION, open_hub
from tests.bench.servers import APPLICATION, TOKEN, serving
from tests.bench.stages import SQLITE, Stage
from tests.helpers import FULL_ANSWER

ROUNDS, SENDS, PACE = 5, 1500, 500


def submissions(folder: Path) -> None:
    """Answers sent and durable, on a catalogue that is almost empty."""
    open_hub(folder).close()
    print(table(sending(Stage(SQLITE, folder)), [SQLITE]))


def sending(stage: Stage, rounds: int = ROUNDS, sends: int = SENDS) -> list[Figure]:
    """Answers sent and durable, beside the same handler without a store, and a bare loop that commits each row."""
    with closing(stage.open()) as hub:
        today = now_in_paris().date()
        campaign = campaigns.open_campaign(hub.engine, hub.collector, FORMATION, CENTRE, today, today)
        example = tokens_with_drafts(hub, campaign.id, 1)[0]
        told = {**stage.environment, TOKEN: example}
        found: list[tuple[float, Load, Load]] = []
        paced: list[tuple[Load, Load]] = []
        with (
            serving(APPLICATION, stage.environment, factory=True) as (port, pid),
            serving("tests.bench.servers:storeless", told, factory=True) as (other, other_pid),
        ):
            for _ in range(rounds):
                posts = sending_posts(tokens_with_drafts(hub, campaign.id, sends))
                bare = bare_commits(stage, sends)
                ours = burst(port, posts, pid, connections=64, expected=303)
                found.append((bare, ours, burst(other, posts, other_pid, connections=64, expected=303)))
                posts = sending_posts(tokens_with_drafts(hub, campaign.id, sends))
                evenly = burst(port, posts, pid, connections=64, expected=303, per_second=PACE)
                paced.append((evenly, burst(other, posts, other_pid, connections=64, expected=303, per_second=PACE)))
    assert not any(load.failed for _, *loads in found for load in loads)
    assert not any(load.failed for pair in paced for load in pair)
    rate = statistics.median(ours.per_second for _, ours, _ in found)
    of_handler = statistics.median(ours.per_second / without.per_second for _, ours, without in found)
    of_loop = statistics.median(ours.per_second / bare for bare, ours, _ in found)
    what, unit = "durable submissions over HTTP", "a second"
    slow, without = (statistics.median(pair[place].slowest_percent for pair in paced) for place in (0, 1))
    handler = "the same handler without its store"
    return [
        Figure(what, stage.name, rate, rate / of_handler, handler, unit),
        Figure(what, stage.name, rate, rate / of_loop, "a connection that commits each row, no HTTP", unit),
        Figure(f"99 % of submissions, at {PACE} a second", stage.name, slow, without, handler),
    ]


def tokens_with_drafts(hub: Hub, campaign_id: str, count: int) -> list[str]:
    """Personal tokens whose holders have filled in everything and not sent it yet."""
    tokens = [link.rsplit("/", 1)[1] for link in campaigns.issue_links(hub.collector, campaign_id, count)]
    asyncio.run(write_drafts(hub, tokens))
    return tokens


def sending_posts(tokens: list[str]) -> list[bytes]:
    """The final post of each."""
    return [request_bytes("POST", "/r", urlencode({"jeton": token, "etape": "envoi"}).encode()) for token in tokens]


async def write_drafts(hub: Hub, tokens: list[str]) -> None:
    """What a respondent has filled in before the final post."""
    answers, _ = validate(default_questionnaire(), FULL_ANSWER)
    keep = hub.collector._store
    campaign = keep.seat(tokens[0]).campaign
    last = default_questionnaire().sections[-1]
    today = now_in_paris().date()
    await asyncio.gather(*(keep.save_section(token, campaign.id, last, answers, today) for token in tokens))


def bare_commits(stage: Stage, sends: int) -> float:
    """Rows a second that one connection commits one by one, each durable."""
    answers, _ = validate(default_questionnaire(), FULL_ANSWER)
    rows = [(f"{number:x}", json.dumps(answers_to(answers))) for number in range(sends)]
    with ExitStack() as stack:
        commit: Callable[[str, tuple[str, str]], Any]
        if stage.server:
            there = stack.enter_context(psycopg.connect(stage.server, autocommit=True))
            there.execute("DROP TABLE IF EXISTS bare")
            commit, place = there.execute, "%s"
        else:
            path = stage.folder / "bare"
            path.unlink(missing_ok=True)
            here = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            here.execute("PRAGMA journal_mode=WAL")
            here.execute("PRAGMA synchronous=FULL")
            commit, place = here.execute, "?"
        commit("CREATE TABLE bare (id TEXT PRIMARY KEY, answers TEXT)", ())
        began = perf_counter()
        for row in rows:
            commit(f"INSERT INTO bare VALUES ({place}, {place})", row)
        return sends / (perf_counter() - began)
