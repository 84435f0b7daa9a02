"""Sends the messages that are owed: at least once each, several webhooks at a time, one message after another in each.

A message is claimed, sent, settled, each in a transaction of its own. A process lost between any two of them leaves the
message due: another takes it once the claim has ended, under the same id.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine

from collector.door import to_its_end
from syndication.corpus.items import Item
from syndication.database import writing
from syndication.partners import store as partners
from syndication.webhooks import sender, store
from syndication.webhooks.schedule import Answer, Fate, Outcome, next_attempt, outcome_of
from syndication.webhooks.signing import secret_of, signed_headers
from syndication.webhooks.store import DueMessage

PAUSE_SECONDS = 0.5
AT_ONCE = 16
"""Webhooks sent to at the same time."""
ANSWER_LENGTH = 300
MESSAGES = "messages"
"""What messages received are counted as."""
PATIENCE = timedelta(days=3)
"""How long a message is tried, whatever else its webhook failed to receive."""
FEWEST = 3
"""Attempts without which days prove nothing: the clock may have jumped over them."""
UNREACHED = "Aucun message n'est arrivé en trois jours."
log = logging.getLogger("sirius.webhooks")


class Send(Protocol):
    """Sends a message once: see ``sender.send``."""

    def __call__(self, url: str, headers: dict[str, str], body: bytes, *, allow_local: bool) -> Awaitable[Answer]:
        """What came of it."""
        ...


def owe(connection: Connection, items: Sequence[Item], now: datetime, public_url: str) -> int:
    """Owe messages for items of the corpus that changed; gives how many more are owed."""
    return store.owe(connection, {_event(item) for item in items}, changes_address(public_url), now)


def changes_address(public_url: str) -> str:
    """Where changes are followed."""
    return f"{public_url}/api/v1/changements"


def _event(item: Item) -> str:
    if item.removed:
        return "avis.retire"
    return "avis.publie" if item.fresh else "avis.modifie"


@dataclass
class Courier:
    """Sends what is due; ``keys`` are the service's, newest first. ``allow_local`` is for demonstrations."""

    engine: Engine
    keys: tuple[str, ...]
    clock: Callable[[], datetime]
    allow_local: bool = False
    send: Send = sender.send
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    leaving: bool = False
    note: Callable[[bool], None] = lambda _done: None
    """Hears of each round whether what is due could be taken."""

    async def work_for_ever(self) -> None:
        """Send what is due, for ever; what fails is told in the log and tried again. Cancelled, what is being sent is
        sent, and nothing else."""
        try:
            while True:
                try:
                    await self.begin()
                    self.note(True)
                except Exception:
                    log.exception("messages could not be taken, it will be tried again")
                    self.note(False)
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self.leaving = True
            await asyncio.gather(*self.running.values())

    async def begin(self) -> None:
        """Begin sending to the webhooks that have something due and are not being sent to."""
        self.running = {webhook: task for webhook, task in self.running.items() if not task.done()}
        for webhook in (await to_its_end(self._waiting))[: AT_ONCE - len(self.running)]:
            self.running[webhook] = asyncio.create_task(self._serve(webhook))

    async def send_all(self) -> None:
        """Send what is due now, and come back when it was."""
        await self.begin()
        await asyncio.gather(*self.running.values())

    def _waiting(self) -> list[str]:
        with self.engine.connect() as connection:
            return store.waiting(connection, self.clock(), tuple(self.running))

    async def _serve(self, webhook: str) -> None:
        """Send what is due to a webhook, until there is nothing more or one message fails."""
        try:
            while not self.leaving and (message := await asyncio.to_thread(self._claim, webhook)) is not None:
                outcome = await self._send(message)
                await asyncio.to_thread(self._settle, message, outcome)
                if outcome.fate is not Fate.DELIVERED:
                    return
        except Exception:
            log.exception("a message could not be sent, it will be tried again")

    def _claim(self, webhook: str) -> DueMessage | None:
        with writing(self.engine).begin() as connection:
            return store.claim(connection, webhook, self.clock())

    async def _send(self, message: DueMessage) -> Outcome:
        body, now = message.body.encode(), self.clock()
        signing = [secret_of(key, salt) for salt in message.salts for key in self.keys]
        headers = {"content-type": "application/json", **signed_headers(signing, message.id, now, body)}
        answer = await self.send(message.url, headers, body, allow_local=self.allow_local)
        return outcome_of(answer, self.clock())

    def _settle(self, message: DueMessage, outcome: Outcome) -> None:
        now, said = self.clock(), outcome.sentence[:ANSWER_LENGTH]
        with writing(self.engine).begin() as connection:
            if outcome.fate is Fate.DELIVERED:
                store.received(connection, message.id, said, now)
                partners.add_usage(connection, now.date(), {(MESSAGES, message.partner_id): 1})
            elif outcome.fate is Fate.STOP:
                store.stop(connection, message.webhook_id, said, now)
            else:
                again = next_attempt(message.attempts + 1, now, random.random, outcome.asked)
                tried = now - message.created_at >= PATIENCE and message.attempts >= FEWEST
                if again is None or tried:
                    store.stop(connection, message.webhook_id, f"{UNREACHED} {said}"[:ANSWER_LENGTH], now)
                else:
                    store.put_off(connection, message, said, again)
