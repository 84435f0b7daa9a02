"""How long it takes until everybody sees: what an apprentice sent, what a moderator decided."""

import statistics
from collections.abc import Callable
from contextlib import closing
from functools import partial
from html import unescape
from time import perf_counter, sleep
from typing import Any

import httpx
from sqlalchemy import Connection, TextClause, create_engine, select, text

from syndication import campaigns
from syndication.context import Hub
from syndication.database import writing
from syndication.moderation import store as moderation
from syndication.reviews.store import VERBATIM
from tests.bench.report import Figure
from tests.bench.scene import CENTRE, FORMATION
from tests.bench.sends import tokens_with_drafts
from tests.bench.servers import sirius
from tests.bench.stages import Stage

LOOKS = 0.01
"""Seconds between two looks."""
TIMES = 8
PLACE = {"formation": FORMATION, "etablissement": CENTRE}


def until_seen(stage: Stage) -> list[Figure]:
    """From an answer sent to the figure that counts it, from a decision to the widget without a text: medians,
    while the service does its background work."""
    with (
        closing(stage.open()) as hub,
        sirius(stage.environment) as (port, _),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        sent, decided = _sent(hub, client), _decided(hub, client)
    told = _told(stage)
    beside = f"a row, until another connection that looks every {1000 * LOOKS:.0f} ms sees it"
    return [
        Figure("answer sent, until the API counts it", stage.name, sent, told, beside),
        Figure("text refused, until the widget is without it", stage.name, decided, told, beside),
    ]


def _sent(hub: Hub, client: httpx.Client) -> float:
    today = hub.clock().date()
    campaign = campaigns.open_campaign(hub.engine, hub.collector, FORMATION, CENTRE, today, today)
    times: list[float] = []
    for token in tokens_with_drafts(hub, campaign.id, TIMES):
        awaited = _respondents(client) + 1
        begun = perf_counter()
        assert client.post("/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        times.append(_waited(begun, partial(_has, client, awaited)))
    return statistics.median(times)


def _respondents(client: httpx.Client) -> int:
    return int(client.get("/api/v1/avis", params=PLACE).json()["repondants"])


def _has(client: httpx.Client, respondents: int) -> bool:
    return _respondents(client) >= respondents


def _decided(hub: Hub, client: httpx.Client) -> float:
    times: list[float] = []
    for _ in range(TIMES):
        shown = _one_shown(client)
        with writing(hub.engine).begin() as connection:
            version = connection.execute(select(VERBATIM.c.version).where(VERBATIM.c.id == shown["id"])).scalar_one()
            moderation.record_decision(connection, shown["id"], version, "refuse", "hors_sujet", "lea", hub.clock())
        times.append(_waited(perf_counter(), partial(_is_without, client, shown["texte"])))
    return statistics.median(times)


def _one_shown(client: httpx.Client) -> dict[str, Any]:
    """A text that the widget shows, in words that nobody else used there."""
    page = unescape(client.get("/widget", params=PLACE).text)
    found = client.get("/api/v1/avis", params=PLACE).json()["verbatims"]["extraits"]
    return next(one for one in found if page.count(one["texte"]) == 1)


def _is_without(client: httpx.Client, words: str) -> bool:
    return words not in unescape(client.get("/widget", params=PLACE).text)


def _told(stage: Stage) -> float:
    """Seconds until a row that one connection commits is seen by another."""
    times: list[float] = []
    url = stage.urls[0] if stage.server else f"sqlite:///{stage.folder / 'told.db'}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with closing(engine.connect()) as one, closing(engine.connect()) as other:
        one.execute(text("CREATE TABLE told (number INTEGER)"))
        for number in range(TIMES):
            begun = perf_counter()
            one.execute(text(f"INSERT INTO told VALUES ({number})"))
            query = text(f"SELECT count(*) FROM told WHERE number = {number}")
            times.append(_waited(begun, partial(_there, other, query)))
        one.execute(text("DROP TABLE told"))
    engine.dispose()
    return statistics.median(times)


def _there(connection: Connection, query: TextClause) -> bool:
    return bool(connection.execute(query).scalar_one())


def _waited(begun: float, happened: Callable[[], bool]) -> float:
    while not happened():
        assert perf_counter() - begun < 60, "nobody sees it"
        sleep(LOOKS)
    return perf_counter() - begun
