"""What waits at the collector, and how its background work goes, as its door tells them: numbers alone."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from collector.door import Collector
from tests.collector.post import LEA, NOE, ZOE, Fault, Post, invited, link_in, mails_to
from tests.helpers import FULL_ANSWER, Clock

NOTHING = {"due": 0, "put_off": 0, "later": 0, "leaving": 0, "uncertain": 0}
Noted = list[tuple[str, bool]]


def test_mails_that_wait_are_told_by_state_with_how_long_the_oldest_is_due(
    mailer: Collector, folder: Path, post: Post, clock: Clock
) -> None:
    assert (mailer.backlog("").mails, mailer.backlog("").oldest_due_seconds) == (NOTHING, 0)
    invited(mailer, folder, LEA, NOE, ZOE)
    clock.moment += timedelta(minutes=5)
    backlog = mailer.backlog("")
    assert backlog.mails == {**NOTHING, "due": 3}
    assert backlog.oldest_due_seconds >= 300
    post.fault = Fault("RCPT", "450 4.2.0 greylisted", to=LEA)
    mailer.hand_over_mails()
    counts = mailer.backlog("").mails
    assert (counts["due"], counts["put_off"]) == (0, 1)
    assert counts["later"] >= 2  # reminders


def test_a_mail_that_may_have_left_is_told_apart(mailer: Collector, folder: Path, post: Post) -> None:
    invited(mailer, folder, LEA)
    post.fault = Fault("end")
    mailer.hand_over_mails()
    assert mailer.backlog("").mails["uncertain"] == 1


def test_what_the_hub_has_not_taken_in_is_counted(collector: Collector, folder: Path) -> None:
    assert (collector.backlog("").events, collector.is_behind("")) == (0, False)
    invited(collector, folder, LEA, NOE)
    collector.hand_over_mails()
    for address in (LEA, NOE):
        collector.record(link_in(mails_to(folder, address)[0]), FULL_ANSWER)
    assert (collector.backlog("").events, collector.is_behind("")) == (2, True)
    first, last = collector.responses_after("")
    assert (collector.backlog(first.cursor).events, collector.is_behind(first.cursor)) == (1, True)
    assert (collector.backlog(last.cursor).events, collector.is_behind(last.cursor)) == (0, False)


def noted(collector: Collector, enough: Callable[[Noted], bool]) -> Noted:
    """What the background work told of its steps, until that is enough."""
    heard: Noted = []

    async def work() -> None:
        done = asyncio.Event()

        def note(step: str, well: bool) -> None:
            heard.append((step, well))
            if enough(heard):
                done.set()

        task = asyncio.create_task(collector.work_for_ever(note))
        await done.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(work())
    return heard


def test_steps_that_are_done_are_told(collector: Collector) -> None:
    assert noted(collector, lambda heard: len(heard) == 3) == [("purge", True), ("ledger", True), ("mails", True)]


def test_steps_that_fail_are_told_and_keep_no_other_waiting(
    mailer: Collector, folder: Path, clock: Clock, post: Post
) -> None:
    invited(mailer, folder, LEA)
    post.fault = Fault("connect")
    mailer.ledger.path.mkdir()  # nobody can write a file there
    assert noted(mailer, lambda heard: len(heard) == 3) == [("purge", True), ("ledger", False), ("mails", False)]
