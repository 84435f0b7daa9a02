"""Background work: intake, invitations, receipts, readers' gestures, and the collector's own.

Each step may be run again without harm.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import astuple
from time import monotonic
from typing import Literal

from sqlalchemy import Connection

from collector.door import Receipt
from syndication import intake
from syndication.context import Hub
from syndication.corpus.follow import Follower
from syndication.corpus.items import Item
from syndication.database import writing
from syndication.gestures import store as gestures
from syndication.moderation import store as moderation
from syndication.moderation.decide import REASONS
from syndication.webhooks import store as webhooks
from syndication.webhooks.courier import Courier, owe

PAUSE_SECONDS = 0.5
COUNT_EVERY_SECONDS = 60.0
RECEIPTS = 200
log = logging.getLogger("sirius.worker")


async def work_for_ever(hub: Hub) -> None:
    """Do what there is to do, then again, for ever; mails and webhooks, which may be slow, go their own way beside."""
    await asyncio.gather(_follow(hub), hub.collector.work_for_ever(), courier(hub).work_for_ever())


async def _follow(hub: Hub) -> None:
    """Intake, invitations, receipts; a step that fails is told in the log and tried again."""
    counted_at = -COUNT_EVERY_SECONDS
    while True:
        try:
            if monotonic() - counted_at >= COUNT_EVERY_SECONDS:
                await asyncio.to_thread(intake.count_invitations, hub.engine, hub.collector, hub.clock())
                await asyncio.to_thread(count_gestures, hub)
                await asyncio.to_thread(forget_messages, hub)
                counted_at = monotonic()
            await asyncio.to_thread(work_once, hub)
        except Exception:
            log.exception("background step failed, it will be tried again")
        await asyncio.sleep(PAUSE_SECONDS)


def work_once(hub: Hub) -> int:
    """Take in what was collected, tell authors what was decided and bring the corpus up to date; gives how many reviews
    were new."""
    taken = intake.take_in(hub.engine, hub.collector, hub.clock(), hub.settings.duplicate_length)
    deliver_receipts(hub)
    corpus_follower(hub).follow()
    return taken


def corpus_follower(hub: Hub) -> Follower:
    """What keeps the corpus up to date, on the settings of the hub."""
    thresholds = hub.settings.thresholds
    edition = f"{astuple(thresholds)} {hub.settings.public_url}"

    def tell(connection: Connection, items: Sequence[Item]) -> None:
        owe(connection, items, hub.clock(), hub.settings.public_url)

    return Follower(hub.engine, hub.publisher, thresholds.minimum, edition, tell)


def follow_all(hub: Hub) -> int:
    """Bring the corpus up to date, however long it takes; gives how many items changed."""
    follower, changed = corpus_follower(hub), 0
    while follower.is_behind():
        changed += follower.follow()
    return changed


def courier(hub: Hub) -> Courier:
    """What sends to webhooks, on the settings of the hub."""
    return Courier(hub.engine, hub.settings.keys(), hub.clock, hub.settings.webhook_local)


def count_gestures(hub: Hub) -> int:
    """Count what readers found useful or not; gives how many gestures were new."""
    with writing(hub.engine).begin() as connection:
        return gestures.count(connection, hub.clock())


def forget_messages(hub: Hub) -> int:
    """Erase messages to webhooks that were settled long ago; gives how many."""
    with writing(hub.engine).begin() as connection:
        return webhooks.forget(connection, hub.clock())


def deliver_receipts(hub: Hub) -> int:
    """Tell the collector what became of texts; gives how many it was told."""
    with hub.engine.connect() as connection:
        due = moderation.due_receipts(connection, RECEIPTS)
    for receipt in due:
        reason = REASONS.get(receipt.reason or "")
        status: Literal["publie", "refuse"] = "publie" if receipt.status == "publie" else "refuse"
        news = Receipt(receipt.response_id, receipt.question, status, reason, receipt.decided_on, receipt.version)
        hub.collector.deliver_receipt(news)
        with writing(hub.engine).begin() as connection:
            moderation.settle_receipt(connection, receipt.verbatim_id, receipt.version)
    return len(due)
