"""Prints the figures of the README, one line each: ``python -m tests.bench``."""

import asyncio
import json
import platform
import sqlite3
import statistics
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from urllib.parse import urlencode

import httpx

from collector.door import Settings as CollectorSettings
from collector.questionnaire import default_questionnaire, validate
from collector.store import answers_to
from syndication import asgi, campaigns, ratings, store
from syndication.catalogue import importer
from syndication.catalogue.resolve import resolve
from syndication.context import Hub
from syndication.database import writing
from syndication.demo.facts import facts
from syndication.instants import now_in_paris
from syndication.intake import new_id
from syndication.settings import Settings
from syndication.store import NewReview, NewVerbatim
from tests.bench.load import Load, burst, request_bytes
from tests.bench.servers import BODY, HEADERS, TOKEN, serving
from tests.helpers import FULL_ANSWER
from widget.options import Options
from widget.render import render_frame

ROUNDS, HITS, SENDS, PACE = 5, 20_000, 1500, 500
FORMATION, CENTRE = "50022146", "0751234J"
KEY = "bench" * 8


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()}, {platform.machine()}, {date.today().isoformat()}")
    with tempfile.TemporaryDirectory() as folder:
        hot_view(Path(folder) / "hot")
        cold_view(Path(folder))
        submissions(Path(folder) / "sends")


def open_hub(folder: Path) -> Hub:
    """A hub of its own, with the demonstration's catalogue and no answer."""
    leaf = CollectorSettings(
        data_dir=folder, collector_database_url="", public_url="http://127.0.0.1:8000", secret_keys=(KEY,)
    )
    hub = asgi.open_hub(Settings.of(leaf))
    asgi.migrate(hub)
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, facts(), "bench", now_in_paris())
        importer.link_lineages(connection)
    return hub


def fill(hub: Hub, reviews: int) -> None:
    """Reviews of one formation in one centre, two published texts each."""
    document = default_questionnaire()
    answers, faults = validate(document, FULL_ANSWER)
    assert not faults
    stored = answers_to(answers)
    month = "2026-06"
    with hub.engine.connect() as connection:
        resolved = resolve(connection, FORMATION, CENTRE)
    assert resolved.formation is not None
    assert resolved.centre is not None
    counts = Counter(ratings.counts_of(answers, document, month))
    counts.update({(ratings.VERBATIMS, "changement"): 1, (ratings.VERBATIMS, "a_savoir"): 1})
    for start in range(0, reviews, 2000):
        batch = [
            NewReview(
                new_id(), "collecte", new_id(), None, resolved.formation.asked.id, resolved.centre.id, "cfd:x", month,
                document.version, stored, counts,
                tuple(
                    NewVerbatim(new_id(), question, f"Texte {start + n}, long comme les vrais. " * 4, "publie")
                    for question in ("changement", "a_savoir")
                ),
            )
            for n in range(min(2000, reviews - start))
        ]  # fmt: skip
        with writing(hub.engine).begin() as connection:
            store.keep_reviews(connection, batch, now_in_paris())


def hot_view(folder: Path) -> None:
    """A view that is ready, beside the least that the same server can do with the same bytes."""
    hub = open_hub(folder)
    fill(hub, 200)
    hub.close()
    path = f"/widget?formation={FORMATION}"
    accept = "accept-encoding: gzip\r\n"
    environment = {"SIRIUS_DATA_DIR": str(folder), "SIRIUS_SECRET_KEYS": KEY}
    with serving("syndication.asgi:application", environment, factory=True) as (port, pid):
        with httpx.stream("GET", f"http://127.0.0.1:{port}{path}", headers={"accept-encoding": "gzip"}) as answer:
            body, headers, etag = b"".join(answer.iter_raw()), answer.headers, answer.headers["etag"]
        kept = "\n".join(f"{name}: {value}" for name, value in headers.items() if name not in {"date", "server"})
        (folder / "body").write_bytes(body)
        (folder / "headers").write_text(kept)
        bare = {BODY: str(folder / "body"), HEADERS: str(folder / "headers")}
        with serving("tests.bench.servers:bare", bare) as (bare_port, bare_pid):
            ours = [request_bytes("GET", path, headers=accept)] * HITS
            unchanged = [request_bytes("GET", path, headers=f"{accept}if-none-match: {etag}\r\n")] * HITS
            rounds: list[tuple[Load, Load, Load]] = []
            for _ in range(ROUNDS):
                rounds.append(
                    (
                        burst(port, ours, pid),
                        burst(bare_port, ours, bare_pid),
                        burst(port, unchanged, pid, expected=304),
                    )
                )
    assert not any(load.failed for three in rounds for load in three)
    processor = statistics.median(a.processor_microseconds / b.processor_microseconds for a, b, _ in rounds)
    throughput = statistics.median(a.per_second / b.per_second for a, b, _ in rounds)
    not_modified = statistics.median(c.processor_microseconds / b.processor_microseconds for _, b, c in rounds)
    print(
        f"hot widget view / bare ASGI, same bytes ({len(body)}, gzip): processor time {processor:.2f} ×, "
        f"throughput {throughput:.2f} × ({statistics.median(a.per_second for a, _, _ in rounds):,.0f} a second); "
        f"304: processor time {not_modified:.2f} ×"
    )


def cold_view(folder: Path) -> None:
    """A view made from the database, with few reviews and with many."""
    hubs = {size: open_hub(folder / f"cold{size}") for size in (200, 20_000)}
    times: dict[int, list[float]] = {size: [] for size in hubs}
    for size, hub in hubs.items():
        fill(hub, size)
    for _ in range(150):
        for size, hub in hubs.items():
            began = process_time()
            snapshot = hub.publisher.require(FORMATION, None)
            render_frame(snapshot, Options(formation=FORMATION))
            times[size].append(process_time() - began)
    for hub in hubs.values():
        hub.close()
    few, many = (1000 * statistics.median(times[size]) for size in (200, 20_000))
    print(
        f"cold widget view, 20,000 reviews / 200: {many / few:.2f} × ({many:.2f} ms / {few:.2f} ms of processor time)"
    )


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


if __name__ == "__main__":
    main()
