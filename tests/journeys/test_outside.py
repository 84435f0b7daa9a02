"""What is outside fails under a real process: it holds up nothing else, and everything leaves once it is back.

What each server may do wrong, step by step, is in ``tests/collector/mailing`` and ``tests/syndication/webhooks``.
"""

from collections.abc import Iterator

import pytest

from syndication.context import Hub
from syndication.database import writing
from syndication.letters import store as letters
from syndication.webhooks import store as webhooks
from tests import databases
from tests.collector.post import Fault
from tests.helpers import Clock
from tests.journeys.work import Work
from tests.servers import wait_until

PEOPLE = 10


@pytest.fixture
def work(hub: Hub, clock: Clock) -> Iterator[Work]:
    given = Work(hub, clock)
    yield given
    given.close()


def let_waits_end(work: Work) -> None:
    """Let the minutes pass that are between two attempts."""
    databases.change(work.hub.settings.collector.database_url, "UPDATE mail SET not_before = 0 WHERE state = 'due'")
    with writing(work.hub.engine).begin() as connection:
        connection.execute(letters.LETTER.update().values(not_before=work.hub.clock()))
        connection.execute(webhooks.DELIVERY.update().values(next_at=work.hub.clock()))


def test_servers_that_fail_hold_up_nothing_else_and_miss_nothing_once_they_are_back(work: Work) -> None:
    work.post.fault = Fault("connect")
    work.receiver.answers[:] = [500] * 1000
    work.answer(3)
    work.invite(PEOPLE)
    work.tell(PEOPLE)
    with work.workers(1):
        wait_until(lambda: work.post.connections > 1 and "responses" not in work.left(), "mails were tried")
        work.publish()
        wait_until(lambda: bool(work.receiver.ids), "a message was refused")
        work.answer(3)
        wait_until(lambda: set(work.left()) == {"invitations", "letters", "messages"}, "all else goes on")
        assert work.post.received == []
        refused, heard = set(work.receiver.ids), len(work.receiver.ids)

        work.post.fault = None
        work.receiver.answers.clear()
        let_waits_end(work)
        work.wait()
    work.assert_taken_in_once()
    work.assert_written_to_once()
    assert refused <= set(work.receiver.ids[heard:])
    work.assert_corpus_is_a_recount()
