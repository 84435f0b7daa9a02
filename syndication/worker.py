"""Background work: intake, invitations, receipts, readers' gestures, and the collector's own.

Each step may be run again without harm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, replace
from datetime import datetime
from functools import partial
from time import monotonic, sleep
from typing import Literal, cast

from sqlalchemy import Connection

from collector.door import Counts, Receipt, Steady, to_its_end
from syndication import intake, store
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.corpus import reading as corpus
from syndication.corpus.follow import Follower
from syndication.corpus.items import Item
from syndication.database import writing
from syndication.digests import owing
from syndication.errors import ConfigurationError
from syndication.gestures import store as gestures
from syndication.instants import PARIS, months_before
from syndication.joining import store as joining
from syndication.learnt.apart import learn_apart
from syndication.letters import store as letters
from syndication.letters.courier import Courier as LetterCourier
from syndication.moderation import store as moderation
from syndication.moderation.decide import REASONS
from syndication.own.answers import store as own
from syndication.receipts import store as receipts
from syndication.results import reading as readings
from syndication.results.disclosure import Limits
from syndication.watch import metrics
from syndication.watch.steps import ToldSteps
from syndication.webhooks import store as webhooks
from syndication.webhooks.courier import Courier, owe

PAUSE_SECONDS = 0.5
COUNT_EVERY_SECONDS = 60.0
BETWEEN_SECONDS = 0.02
Step = Callable[[Hub], object]
RECEIPTS = 200
ARCHIVED, ARCHIVED_AT_ONCE = "archived", 200
"""Bookmark of the last day on which old texts were archived, and how many are at one time."""
LEARNT = "learnt"
"""Bookmark of the last night on which decisions were learnt from."""
log = logging.getLogger("sirius.worker")


async def work_for_ever(hub: Hub, counts: Counts | None = None) -> None:
    """Do what there is to do, then again, for ever; mails and webhooks, which may be slow, go their own way beside.

    Cancelled, what is under way comes to its end, and nothing else begins. How it goes is told in ``counts`` and, each
    minute, in the database, whichever host asks.
    """
    steps = ToldSteps(counts or Counts(metrics.COUNTED), hub.clock)
    messages, mails = courier(hub), letter_courier(hub)
    messages.note, mails.note = partial(steps.note, "webhooks"), partial(steps.note, "letters")
    async with asyncio.TaskGroup() as group:  # which waits for the last of them, where gather leaves with the first
        for work in (
            _follow(hub, steps),
            _study(hub, steps),
            hub.collector.work_for_ever(steps.note),
            messages.work_for_ever(),
            mails.work_for_ever(),
        ):
            group.create_task(work)


async def _follow(hub: Hub, told: ToldSteps) -> None:
    """Each step on its own: one that fails is told in the log and tried again, and keeps no other waiting."""
    steady, counted_at = Steady(hub.clock, hub.settings.data_dir), -COUNT_EVERY_SECONDS
    while not await _done(mark_corpus, hub, told):
        await asyncio.sleep(PAUSE_SECONDS)
    while True:
        steps: tuple[Step, ...] = (take_in, deliver_receipts, follow_corpus, take_readings)
        if monotonic() - counted_at >= COUNT_EVERY_SECONDS:
            if now := steady.sure_now():
                for step in DATED:
                    await _done(step, _at(hub, now), told)
            steps = (count_invitations, tell_late_alerts, forget_copies, *steps, refresh_own)
            counted_at = monotonic()
        for step in (*steps, told.tell):
            await _done(step, hub, told)
        await asyncio.sleep(PAUSE_SECONDS)


def _at(hub: Hub, moment: datetime) -> Hub:
    """The hub on a clock that stands still."""
    return replace(hub, clock=lambda: moment)


async def _study(hub: Hub, told: ToldSteps) -> None:
    """Learn, night after night, beside all else: it takes a while."""
    while True:
        await _told("learn", learn(hub), told)
        await asyncio.sleep(COUNT_EVERY_SECONDS)


async def _done(step: Step, hub: Hub, told: ToldSteps) -> bool:
    """Do a step in a thread; False when it failed."""
    return await _told(step.__name__, to_its_end(lambda: step(hub)), told)


async def _told(step: str, work: Awaitable[object], told: ToldSteps) -> bool:
    """Wait for the work of a step; False when it failed, which is told."""
    try:
        await work
    except Exception:
        log.exception("background step %s failed, it will be tried again", step)
        told.note(step, False)
        return False
    told.note(step, True)
    return True


def mark_corpus(hub: Hub) -> None:
    """Mark in the corpus that the background work starts: see ``corpus.cursor``."""
    corpus.mark(hub.engine)


def work_once(hub: Hub) -> int:
    """Take in what was collected, tell authors what was decided, bring the corpus and readings of results up to date;
    gives how many reviews were new."""
    taken = take_in(hub)
    refresh_own(hub)
    deliver_receipts(hub)
    follow_corpus(hub)
    take_readings(hub)
    return taken


def take_in(hub: Hub) -> int:
    """Take in what was collected; gives how many reviews were new."""
    return intake.take_in(hub.engine, hub.collector, hub.clock(), hub.settings.duplicate_length)


def refresh_own(hub: Hub) -> int:
    """Let centres see what was answered to their own questions, several respondents at a time; gives how many moved."""
    with hub.engine.connect() as connection:
        if not own.behind(connection):
            return 0
    with writing(hub.engine).begin() as connection:
        return own.refresh(connection, hub.settings.thresholds.minimum, hub.clock().date())


def count_invitations(hub: Hub) -> None:
    """Bring up to date how many were asked."""
    intake.count_invitations(hub.engine, hub.collector, hub.clock())


def forget_copies(hub: Hub) -> None:
    """Leave no copy of words taken back in the database's file, when it is the moment."""
    intake.forget_copies(hub.engine, hub.clock())


def follow_corpus(hub: Hub) -> int:
    """Bring the corpus up to date, as far as a moment allows; gives how many items changed."""
    return corpus_follower(hub).follow()


def take_readings(hub: Hub) -> int:
    """Take readings of results where enough changed; gives how many moved on."""
    thresholds = hub.settings.thresholds
    limits = Limits(thresholds.minimum, thresholds.minimum_percent)
    return readings.take_readings(hub.engine, hub.collector, limits, hub.clock().date())


def corpus_follower(hub: Hub) -> Follower:
    """What keeps the corpus up to date, on the settings of the hub."""
    thresholds = hub.settings.thresholds
    edition = f"{astuple(thresholds)} {hub.settings.public_url}"

    def tell(connection: Connection, items: Sequence[Item]) -> None:
        owe(connection, items, hub.clock(), hub.settings.public_url)

    method_url = f"{hub.settings.public_url}/methode"
    return Follower(hub.engine, hub.publisher, thresholds.minimum, edition, method_url, tell)


def follow_all(hub: Hub) -> int:
    """Bring the corpus up to date, however long it takes; others write in between. Gives how many items changed.

    Raises ConfigurationError when the corpus was made with other settings: they are the service's, and following with
    ours would publish what it does not.
    """
    follower, changed = corpus_follower(hub), 0
    if not follower.is_ours():
        raise ConfigurationError(
            "Ce que le service publie a été préparé avec d'autres réglages (SIRIUS_PUBLIC_URL, "
            "SIRIUS_MIN_RESPONDENTS…) : reprenez les siens. S'ils viennent de changer, lancez le service une fois."
        )
    while follower.is_behind():
        changed += follower.follow()
        sleep(BETWEEN_SECONDS)
    return changed


def courier(hub: Hub) -> Courier:
    """What sends to webhooks, on the settings of the hub."""
    return Courier(hub.engine, hub.settings.keys(), hub.clock, hub.settings.webhook_local)


def letter_courier(hub: Hub) -> LetterCourier:
    """What sends the hub's own mails, by the collector's way out."""
    settings, way_out = hub.settings, hub.collector.transport
    return LetterCourier(
        hub.engine, settings.keys(), settings.public_url, settings.collector.mail_from, hub.clock, way_out
    )


def forget_letters(hub: Hub) -> int:
    """Erase that mails left long ago, and requests to take part that were decided long ago; gives how many."""
    with writing(hub.engine).begin() as connection:
        return letters.forget(connection, hub.clock()) + joining.forget(connection, hub.clock())


def count_gestures(hub: Hub) -> int:
    """Count what readers found useful or not; gives how many gestures were new."""
    with writing(hub.engine).begin() as connection:
        return gestures.count(connection, hub.clock())


def owe_letters(hub: Hub) -> int:
    """Owe the news that are due: weeks of centres, a queue that ages; gives how many mails."""
    now = hub.clock()
    with hub.engine.connect() as connection:
        if not owing.is_due(connection, now):
            return 0
    with writing(hub.engine).begin() as connection:
        return owing.owe_letters(connection, now, hub.settings.waiting_days)


def tell_late_alerts(hub: Hub) -> int:
    """Owe the mails of alerts that reached nobody, as soon as somebody else can be told; gives how many alerts."""
    with hub.engine.connect() as connection:
        if not alerts.count_open(connection):
            return 0
    with writing(hub.engine).begin() as connection:
        alerts.note_lost(connection)
        return alerts.tell_late(connection, hub.clock())


def forget_messages(hub: Hub) -> int:
    """Erase messages to webhooks that were settled long ago; gives how many."""
    with writing(hub.engine).begin() as connection:
        return webhooks.forget(connection, hub.clock())


def deliver_receipts(hub: Hub) -> int:
    """Tell the collector what became of texts; gives how many it was told."""
    with hub.engine.connect() as connection:
        due = receipts.due(connection, RECEIPTS)
    for one in due:
        if one.status != "retire":
            hub.collector.deliver_receipt(_receipt(one))
        with writing(hub.engine).begin() as connection:
            receipts.settle(connection, one.verbatim_id, one.version)
    return len(due)


def _receipt(one: receipts.DueReceipt) -> Receipt:
    status = cast(Literal["attente", "publie", "refuse", "recrire", "archive"], one.status)
    masks = tuple((mask.start, mask.end, mask.kind) for mask in one.masks)
    return Receipt(
        one.response_id, one.question, status, REASONS.get(one.reason or ""), one.decided_on, one.version, masks
    )


def archive_old(hub: Hub) -> int:
    """Once a day, archive texts whose experience is too old, as settings say; gives how many."""
    now, months = hub.clock(), hub.settings.archive_months
    today = now.astimezone(PARIS).date().isoformat()
    with hub.engine.connect() as connection:
        done = not months or store.bookmark(connection, ARCHIVED) == today
    count, last = 0, ""
    while not done:
        with writing(hub.engine).begin() as connection:
            some = moderation.archive_old(connection, months_before(now, months), now, last, ARCHIVED_AT_ONCE)
            count, last, done = count + len(some), some[-1] if some else last, len(some) < ARCHIVED_AT_ONCE
            if done:
                store.move_bookmark(connection, ARCHIVED, today)
    return count


async def learn(hub: Hub) -> None:
    """Once a night, learn from the decisions that were taken, or forget what was learnt when they do not suffice. One
    that is cut off is done again the same night, one that fails the next."""
    now = hub.clock().astimezone(PARIS)
    tonight = now.date().isoformat()
    if now.hour not in intake.NIGHT_HOURS:
        return
    last = await to_its_end(lambda: _turn_to_learn(hub, tonight))
    if last is None:
        return
    try:
        await learn_apart(hub.engine, now)
    except asyncio.CancelledError:
        with writing(hub.engine).begin() as connection:
            store.turn_bookmark(connection, LEARNT, tonight, last)
        raise


def _turn_to_learn(hub: Hub, tonight: str) -> str | None:
    """Take the night for this process; gives the night before it, None when another process has this one."""
    with hub.engine.connect() as connection:
        last = store.bookmark(connection, LEARNT)
    if last == tonight:
        return None
    with writing(hub.engine).begin() as connection:
        return last if store.turn_bookmark(connection, LEARNT, last, tonight) else None


DATED: tuple[Step, ...] = (count_gestures, owe_letters, forget_messages, forget_letters, archive_old)
"""Steps that erase, or tell, when their day has come: they wait while the clock is doubted."""
