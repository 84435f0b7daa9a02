"""What a durable answer costs."""

import asyncio
import json
import sqlite3
import statistics
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from collector.questionnaire import default_questionnaire, validate
from collector.records import answers_to
from syndication import campaigns
from syndication.context import Hub
from syndication.instants import now_in_paris
from tests.bench.load import Load, burst, request_bytes
from tests.bench.scene import CENTRE, FORMATION, KEY, open_hub
from tests.bench.servers import TOKEN, serving
from tests.helpers import FULL_ANSWER

ROUNDS, SENDS, PACE = 5, 1500, 500


def submissions(folder: Path) -> None:
    """Answers sent and durable, beside the same handler without a store, and a bare loop that commits each row."""
    hub = open_hub(folder)
    today = now_in_paris().date()
    campaign = campaigns.open_campaign(hub.engine, hub.collector, FORMATION, CENTRE, today, today)
    example = tokens_with_drafts(hub, campaign.id, 1)[0]
    environment = {"SIRIUS_DATA_DIR": str(folder), "SIRIUS_SECRET_KEYS": KEY, "SIRIUS_BACKGROUND": "0"}
    rounds: list[tuple[float, Load, Load]] = []
    paced: list[Load] = []
    with (
        serving("syndication.asgi:application", environment, factory=True) as (port, pid),
        serving("tests.bench.servers:storeless", {**environment, TOKEN: example}, factory=True) as (other, other_pid),
    ):
        for number in range(ROUNDS):
            posts = sending_posts(tokens_with_drafts(hub, campaign.id, SENDS))
            rounds.append(
                (
                    bare_commits(folder / f"bare{number}.db"),
                    burst(port, posts, pid, connections=64, expected=303),
                    burst(other, posts, other_pid, connections=64, expected=303),
                )
            )
            posts = sending_posts(tokens_with_drafts(hub, campaign.id, SENDS))
            paced.append(burst(port, posts, pid, connections=64, expected=303, per_second=PACE))
    hub.close()
    assert not any(load.failed for _, *loads in rounds for load in loads)
    assert not any(load.failed for load in paced)
    of_handler = statistics.median(ours.per_second / without.per_second for _, ours, without in rounds)
    of_loop = statistics.median(ours.per_second / bare for bare, ours, _ in rounds)
    print(
        f"durable submissions over HTTP / the same handler without a store: {of_handler:.2f} ×; "
        f"/ a bare SQLite loop that commits each: {of_loop:.2f} × "
        f"({statistics.median(ours.per_second for _, ours, _ in rounds):,.0f} a second); "
        f"at {PACE} a second, 99 % under {1000 * statistics.median(load.slowest_percent for load in paced):.0f} ms"
    )


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


def bare_commits(path: Path) -> float:
    """Rows a second that one connection commits one by one (WAL, ``synchronous=FULL``)."""
    answers, _ = validate(default_questionnaire(), FULL_ANSWER)
    payload = json.dumps(answers_to(answers))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE response (id TEXT PRIMARY KEY, answers TEXT)")
    began = perf_counter()
    for number in range(SENDS):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO response VALUES (?, ?)", (f"{number:x}", payload))
        connection.execute("COMMIT")
    rate = SENDS / (perf_counter() - began)
    connection.close()
    return rate
