"""What several processes that do the background work share: each thing is done by one of them, once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from syndication import worker
from syndication.context import Hub
from syndication.database import writing
from syndication.letters import store as letters
from syndication.letters.store import LEASE
from syndication.results import reading, store
from syndication.results.disclosure import Limits
from syndication.webhooks import store as webhooks
from tests.helpers import NOON, Clock
from tests.syndication.webhooks.test_courier import owed, receiver, webhook  # noqa: F401 fixtures

Answer = Callable[..., None]


def test_a_courier_that_was_held_up_gives_no_mail_back_that_another_took_over(hub: Hub, clock: Clock) -> None:
    with writing(hub.engine).begin() as connection:
        letters.owe(connection, "connexion", "lea@exemple.fr", {}, clock())
        slow = letters.claim(connection, clock())
        clock.moment += LEASE + timedelta(seconds=1)
        quick = letters.claim(connection, clock())
        assert slow is not None
        assert quick is not None
        assert not letters.begin_handing(connection, slow, clock())
        assert letters.begin_handing(connection, quick, clock())
        letters.put_off(connection, slow, clock())
        assert letters.claim(connection, clock()) is None


def test_a_webhook_hears_one_process_at_a_time(hub: Hub, clock: Clock, owed: list[str]) -> None:  # noqa: F811
    assert len(owed) > 1
    with writing(hub.engine).begin() as connection:
        (name,) = webhooks.waiting(connection, clock())
        first = webhooks.claim(connection, name, clock())
        assert first is not None
        assert webhooks.claim(connection, name, clock()) is None
        webhooks.put_off(connection, first, "Trop lent.", clock())
        assert webhooks.claim(connection, name, clock()) is not None


def test_a_reading_never_goes_back_to_what_a_slower_process_counted(
    hub: Hub, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(6)
    with hub.engine.connect() as connection:
        (formation, centre), *_ = store.changed_scopes(connection, 0, 1000)[0]
        documents = {document.version: document for document in hub.collector.questionnaires()}
    counted = reading.counted_by_year
    answer(5, satisfaction=["mal"])
    shown = kept(hub, formation, centre)
    with writing(hub.engine).begin() as connection:
        connection.exec_driver_sql("DELETE FROM reading")

    def slowly(connection: Connection, *about: Any) -> object:
        before = counted(connection, *about)
        monkeypatch.setattr(reading, "counted_by_year", counted)
        answer(5, satisfaction=["mal"])  # another process takes them in, and takes its reading
        return before

    monkeypatch.setattr(reading, "counted_by_year", slowly)
    limits, today = Limits(), hub.clock().date()
    assert not reading.take_reading(hub.engine, documents, formation, centre, limits, today)
    assert kept(hub, formation, centre) != shown
    assert not reading.take_reading(hub.engine, documents, formation, centre, limits, today)


def kept(hub: Hub, formation: int, centre: int) -> object:
    with hub.engine.connect() as connection:
        return store.kept(connection, formation, centre)


def test_one_process_learns_each_night(hub: Hub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.moment = NOON.replace(hour=3)
    learnt: list[object] = []

    async def learning(*about: object) -> None:
        learnt.append(about)
        await worker.learn(hub)  # another process comes to it meanwhile

    monkeypatch.setattr(worker, "learn_apart", learning)
    asyncio.run(worker.learn(hub))
    asyncio.run(worker.learn(hub))
    clock.moment += timedelta(days=1)
    asyncio.run(worker.learn(hub))
    assert len(learnt) == 2
