"""Messages owed to webhooks: with the fact, at least once, to a real receiver, whatever process dies in between."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from syndication import worker
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import WebhookError
from syndication.moderation import store as moderation
from syndication.partners import store as partners
from syndication.webhooks import store
from syndication.webhooks.courier import Courier
from syndication.webhooks.signing import secret_of, verify
from syndication.webhooks.store import WebhookRow
from tests.helpers import Clock
from tests.syndication.test_publication import publish_everything

Answer = Callable[..., None]


class Receiver:
    """Somebody's server, that answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.messages.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/sirius"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.messages]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def webhook(hub: Hub, receiver: Receiver) -> WebhookRow:
    with writing(hub.engine).begin() as connection:
        partners.add(connection, "Catalogue", (), hub.clock())
        partner = partners.named(connection, "Catalogue").id
        return store.add(connection, partner, receiver.url, store.EVENTS, hub.clock())


@pytest.fixture
def owed(hub: Hub, webhook: WebhookRow, answer: Answer) -> list[str]:
    """Ids of the messages owed once six people answered and were read."""
    answer(6)
    publish_everything(hub)
    worker.work_once(hub)
    return ids(hub)


def courier(hub: Hub, **changes: Any) -> Courier:
    return Courier(hub.engine, hub.settings.keys(), hub.clock, allow_local=True, **changes)


def deliver(hub: Hub, **changes: Any) -> None:
    asyncio.run(courier(hub, **changes).send_all())


def ids(hub: Hub, state: str = "due") -> list[str]:
    query = select(store.DELIVERY.c.id).where(store.DELIVERY.c.state == state)
    with hub.engine.connect() as connection:
        return sorted(connection.execute(query).scalars())


def test_a_message_is_owed_for_each_event_and_says_nothing_of_what_or_when(
    hub: Hub, webhook: WebhookRow, receiver: Receiver, owed: list[str]
) -> None:
    deliver(hub)
    assert sorted(receiver.ids) == owed
    with hub.engine.connect() as connection:
        assert partners.totals(connection, hub.clock().date())[webhook.partner_id] == {"messages": len(owed)}
    bodies = [json.loads(body) for _, body in receiver.messages]
    assert {body["type"] for body in bodies} == {"avis.publie", "avis.modifie"}
    for body in bodies:
        assert set(body) == {"type", "timestamp", "data"}
        assert body["data"] == {"changements": "http://127.0.0.1:8000/api/v1/changements"}
        assert datetime.fromisoformat(body["timestamp"]).minute == 0
    assert ids(hub) == []


def test_what_becomes_of_messages_is_kept_to_the_hour(
    hub: Hub, clock: Clock, receiver: Receiver, owed: list[str]
) -> None:
    clock.moment += timedelta(minutes=7, seconds=31)
    deliver(hub)
    with hub.engine.connect() as connection:
        rows = connection.execute(select(store.DELIVERY)).all()
    for row in rows:
        assert {moment.minute for moment in (row.created_at, row.settled_at, row.next_at)} == {0}


def test_what_waits_to_leave_says_it_all_however_much_changes(
    hub: Hub, webhook: WebhookRow, owed: list[str], answer: Answer
) -> None:
    for _ in range(3):
        answer(1)
        publish_everything(hub)
        worker.work_once(hub)
    assert ids(hub) == owed


def test_what_changes_while_a_message_is_leaving_is_told_by_another(
    hub: Hub, webhook: WebhookRow, owed: list[str], answer: Answer
) -> None:
    with writing(hub.engine).begin() as connection:
        connection.execute(update(store.DELIVERY).values(claimed_until=hub.clock() + store.CLAIM))
    answer(1)
    publish_everything(hub)
    worker.work_once(hub)
    assert len(ids(hub)) == 2 * len(owed)


def test_every_message_is_signed_with_the_secret_that_was_shown(
    hub: Hub, webhook: WebhookRow, receiver: Receiver, owed: list[str]
) -> None:
    secret = secret_of(hub.settings.keys()[0], webhook.salts[0])
    deliver(hub)
    assert {verify([secret], headers, body, hub.clock()) for headers, body in receiver.messages} == set(owed)


def test_after_a_rotation_either_secret_opens_and_after_two_the_first_does_not(
    hub: Hub, webhook: WebhookRow, receiver: Receiver, owed: list[str]
) -> None:
    key, salts = hub.settings.keys()[0], list(webhook.salts)
    for _ in range(2):
        with writing(hub.engine).begin() as connection:
            salts.insert(0, store.rotate(connection, webhook.id).salts[0])
    deliver(hub)
    headers, body = receiver.messages[0]
    for salt in salts[:2]:
        assert verify([secret_of(key, salt)], headers, body, hub.clock())
    with pytest.raises(Exception, match="signature"):
        verify([secret_of(key, salts[2])], headers, body, hub.clock())


def test_what_is_withdrawn_is_told(
    hub: Hub, webhook: WebhookRow, receiver: Receiver, owed: list[str], answer: Answer
) -> None:
    deliver(hub)
    receiver.messages.clear()
    with writing(hub.engine).begin() as connection:
        row = connection.exec_driver_sql("SELECT id, version FROM verbatim WHERE status = 'publie'").first()
        assert row is not None
        moderation.record_decision(connection, row[0], row[1], "refuse", "vide", "lea@exemple.fr", hub.clock())
    worker.work_once(hub)
    deliver(hub)
    assert "avis.retire" in {json.loads(body)["type"] for _, body in receiver.messages}


def test_a_receiver_that_fails_is_left_alone_for_a_while_then_hears_everything(
    hub: Hub, clock: Clock, receiver: Receiver, owed: list[str]
) -> None:
    receiver.answers = [500]
    deliver(hub)
    assert len(receiver.messages) == 1
    deliver(hub)
    assert len(receiver.messages) == 1
    clock.moment += timedelta(seconds=7)
    deliver(hub)
    assert set(receiver.ids) == set(owed)
    assert receiver.ids.count(receiver.ids[0]) == 2


def test_one_receiver_that_fails_keeps_no_other_waiting(
    hub: Hub, webhook: WebhookRow, receiver: Receiver, answer: Answer
) -> None:
    other = Receiver()
    try:
        with writing(hub.engine).begin() as connection:
            partners.add(connection, "Autre", (), hub.clock())
            store.add(connection, partners.named(connection, "Autre").id, other.url, ["avis.publie"], hub.clock())
        receiver.answers = [500] * 50
        answer(6)
        publish_everything(hub)
        worker.work_once(hub)
        deliver(hub)
        assert len(receiver.messages) == 1
        assert [json.loads(body)["type"] for _, body in other.messages] == ["avis.publie"]
    finally:
        other.close()


def test_a_receiver_that_is_down_is_called_ever_more_rarely_however_much_changes(
    hub: Hub, clock: Clock, webhook: WebhookRow, receiver: Receiver, owed: list[str]
) -> None:
    receiver.answers = [500] * 1000
    for _ in range(180):
        clock.moment += timedelta(seconds=20)
        with writing(hub.engine).begin() as connection:
            store.owe(connection, set(store.EVENTS), "http://127.0.0.1:8000/api/v1/changements", clock())
        deliver(hub)
    assert len(receiver.messages) <= 3 * len(store.EVENTS) + 6
    assert len(ids(hub)) <= len(store.EVENTS)


def test_a_receiver_that_is_gone_is_never_called_again(
    hub: Hub, clock: Clock, webhook: WebhookRow, receiver: Receiver, owed: list[str], answer: Answer
) -> None:
    receiver.answers = [410]
    deliver(hub)
    answer(1)
    clock.moment += timedelta(days=3)
    deliver(hub)
    assert len(receiver.messages) == 1
    with hub.engine.connect() as connection:
        row = store.named(connection, webhook.id)
    assert (row.state, row.due) == ("arrete", 0)
    assert "410" in row.reason


def test_a_receiver_that_answers_nothing_for_three_days_is_stopped_and_told_anew_when_asked(
    hub: Hub, clock: Clock, webhook: WebhookRow, receiver: Receiver, owed: list[str]
) -> None:
    def state() -> WebhookRow:
        with hub.engine.connect() as connection:
            return store.named(connection, webhook.id)

    receiver.answers, began = [500] * 1000, clock()
    while state().state == store.ACTIVE:
        clock.moment += timedelta(hours=1)
        assert clock() - began < timedelta(days=6)
        deliver(hub)
    assert timedelta(days=2) < clock() - began < timedelta(days=5)
    assert state().reason.startswith("Aucun message n'est arrivé en trois jours.")
    assert ids(hub) == []
    receiver.answers, count, address = [], len(receiver.messages), "http://127.0.0.1:8000/api/v1/changements"
    with writing(hub.engine).begin() as connection, pytest.raises(WebhookError):
        store.replay(connection, webhook.id, address, clock())
    with writing(hub.engine).begin() as connection:
        store.start(connection, webhook.id, address, clock())
        assert store.replay(connection, webhook.id, address, clock()) == len(store.EVENTS)
    deliver(hub)
    assert {json.loads(body)["type"] for _, body in receiver.messages[count:]} == set(store.EVENTS)


def test_nothing_is_sent_to_this_machine_unless_it_is_a_demonstration(
    hub: Hub, receiver: Receiver, owed: list[str]
) -> None:
    asyncio.run(Courier(hub.engine, hub.settings.keys(), hub.clock).send_all())
    assert receiver.messages == []


def test_a_revoked_partner_hears_nothing_more_not_even_what_was_owed(
    hub: Hub, webhook: WebhookRow, receiver: Receiver, owed: list[str], answer: Answer
) -> None:
    with writing(hub.engine).begin() as connection:
        partners.revoke(connection, "Catalogue", hub.clock())
    answer(6)
    deliver(hub)
    assert receiver.messages == []
    with writing(hub.engine).begin() as connection:
        with pytest.raises(WebhookError):
            store.start(connection, webhook.id, "http://127.0.0.1:8000/api/v1/changements", hub.clock())
        with pytest.raises(WebhookError):
            store.add(connection, webhook.partner_id, "https://exemple.fr/x", store.EVENTS, hub.clock())


class Killed(BaseException):
    """The process is gone at once: nothing after this runs."""


STEPS = ("waiting", "claim", "sent", "received")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("committed", [True, False], ids=["after", "before"])
def test_whatever_step_a_process_dies_at_every_message_arrives(
    hub: Hub, clock: Clock, receiver: Receiver, owed: list[str], monkeypatch: pytest.MonkeyPatch, step: str,
    committed: bool,
) -> None:  # fmt: skip
    """Each step is let through once, then the process dies right before or right after it."""
    passes = 1

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            nonlocal passes
            passes -= 1
            if passes < 0 and not committed:
                raise Killed
            done = act(*given, **named)
            if passes < 0:
                raise Killed
            return done

        return run

    async def until_dead(mine: Courier) -> None:
        with suppress(Killed, BaseExceptionGroup):
            for _ in range(6):
                await mine.send_all()

    with monkeypatch.context() as patched:
        mine = courier(hub)
        if step == "sent":
            real, died = mine.send, 1

            async def sending(*given: Any, **named: Any) -> Any:
                nonlocal died
                died -= 1
                if died < 0 and not committed:
                    raise Killed
                answered = await real(*given, **named)
                if died < 0:
                    raise Killed
                return answered

            mine.send = sending
        else:
            patched.setattr(store, step, dying(getattr(store, step)))
        with suppress(Killed):
            asyncio.run(until_dead(mine))
    clock.moment += 2 * store.CLAIM
    deliver(hub)
    assert set(receiver.ids) == set(owed)
    assert ids(hub) == []


def test_two_processes_share_messages_without_sending_any_twice(hub: Hub, receiver: Receiver, owed: list[str]) -> None:
    async def both() -> None:
        await asyncio.gather(courier(hub).send_all(), courier(hub).send_all())

    asyncio.run(both())
    assert sorted(receiver.ids) == owed


def test_messages_settled_long_ago_are_forgotten(hub: Hub, clock: Clock, receiver: Receiver, owed: list[str]) -> None:
    deliver(hub)
    clock.moment += timedelta(days=29)
    assert worker.forget_messages(hub) == 0
    clock.moment += timedelta(days=2)
    assert worker.forget_messages(hub) == len(owed)
