"""A clock that jumps far ahead, comes back, and goes back too far, under a process that does the background work."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector import collector
from collector.door import RosterFile
from collector.steady import CLOCK_FILE
from syndication import asgi, worker
from syndication.context import Hub
from syndication.instants import now_in_paris
from syndication.settings import Settings
from tests import databases
from tests.commands import born
from tests.helpers import Clock
from tests.journeys.work import Work
from tests.servers import wait_until

LATER = [f"plustard{number}@exemple.fr" for number in range(5)]
PEOPLE = [f"rappel{number}@exemple.fr" for number in range(5)]


def be_worker(environment: dict[str, str], place: Path) -> None:
    """Do the background work on a clock that a file sets: how many days it is ahead. What is done each minute or each
    hour is done all the time."""
    worker.COUNT_EVERY_SECONDS = collector.PURGE_EVERY_SECONDS = collector.MAIL_PAUSE_SECONDS = 0.05

    def clock() -> datetime:
        return now_in_paris() + timedelta(days=float(place.read_text()))

    os.environ.clear()
    os.environ.update(environment)
    asyncio.run(worker.work_for_ever(asgi.open_hub(Settings.from_environment(), clock)))


class Shifted:
    """A process at the background work, and its clock."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.is_ahead(0)

    def is_ahead(self, days: float) -> None:
        """Set the clock so many days ahead, or back."""
        new = self._place.with_suffix(".new")
        new.write_text(str(days))
        new.replace(self._place)

    @contextmanager
    def at_work(self, work: Work) -> Iterator[None]:
        """While the block lasts, it works."""
        own = databases.environment(work.hub.settings.data_dir, **work.environment)
        process = born(be_worker, own, self._place)
        try:
            yield
        finally:
            process.kill()
            process.join()


@pytest.fixture
def work(hub: Hub, clock: Clock) -> Iterator[Work]:
    given = Work(hub, clock)
    yield given
    given.close()


def kept(work: Work) -> list[tuple[str, int]]:
    """What a purge, or the end of a campaign, would erase: addresses, their links, mails to come."""
    address = databases.current().at(work.hub.settings.data_dir).collector
    return [
        (name, databases.rows(address, f"SELECT count(*) FROM {name}")[0][0])
        for name in ("contact", "invitation", "mail")
    ]


def test_a_clock_that_jumps_erases_nothing_sends_nothing_early_and_holds_nobody_up(work: Work, tmp_path: Path) -> None:
    clock, roster = Shifted(tmp_path / "jours"), RosterFile("r.csv", "\n".join(["mail", *PEOPLE]).encode())
    work.hub.collector.invite(work.campaigns[1], roster, reminders=1)
    work.answer(3)
    with clock.at_work(work):
        work.publish()
        wait_until(lambda: len(work.post.received) == len(PEOPLE), "everybody is invited")
        work.wait()
        before = kept(work)

        clock.is_ahead(400)
        work.receiver.answers[:] = [500, 500]
        for _ in range(2):
            work.answer(1)
            work.tell(1)
            work.publish()
            wait_until(lambda: not {"responses", "letters"} & set(work.left()), "work goes on")
        wait_until(lambda: not work.receiver.answers, "a message was refused, far ahead")
        assert kept(work) == [(name, count + 4 * (name == "invitation")) for name, count in before]

        clock.is_ahead(0)
        work.wait()
        clock.is_ahead(-3)
        work.answer(1)
        work.tell(1)
        work.publish()
        work.wait()
    got = Counter(mail.recipient for mail in work.post.received)
    assert set(got.values()) == {1}
    assert set(got) > set(PEOPLE)
    work.assert_taken_in_once()
    work.assert_corpus_is_a_recount()


def test_a_machine_that_starts_with_its_clock_ahead_erases_nothing_and_sends_nothing_early(
    work: Work, tmp_path: Path
) -> None:
    clock, folder = Shifted(tmp_path / "jours"), work.hub.settings.data_dir
    roster, others = (RosterFile("r.csv", "\n".join(["mail", *some]).encode()) for some in (PEOPLE, LATER))
    work.hub.collector.invite(work.campaigns[1], roster, reminders=1)
    work.answer(3)
    with clock.at_work(work):
        work.publish()
        wait_until(lambda: len(work.post.received) == len(PEOPLE), "everybody is invited")
        work.wait()
    before, known = kept(work), (folder / CLOCK_FILE).read_text()

    clock.is_ahead(3 * 365)
    for _ in range(2):  # those that take the place of others know no more
        with clock.at_work(work):
            work.answer(1)
            work.tell(1)
            work.publish()
            wait_until(lambda: not {"responses", "letters"} & set(work.left()), "work goes on")
            assert len(work.post.received) >= len(PEOPLE)
    assert kept(work) == [(name, count + 4 * (name == "invitation")) for name, count in before]
    assert (folder / CLOCK_FILE).read_text() == known

    work.hub.collector.invite(work.campaigns[0], others, reminders=0)
    with clock.at_work(work):
        work.answer(1)
        work.publish()
        wait_until(lambda: not {"responses", "letters"} & set(work.left()), "work goes on")
        assert not {mail.recipient for mail in work.post.received} & set(LATER)
        clock.is_ahead(0)
        wait_until(lambda: {mail.recipient for mail in work.post.received} > set(LATER), "they are invited")
        work.wait()
    assert set(Counter(mail.recipient for mail in work.post.received).values()) == {1}
    work.assert_taken_in_once()
    work.assert_corpus_is_a_recount()
