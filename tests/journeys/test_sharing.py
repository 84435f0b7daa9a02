"""Several processes share the background work: each thing is done, and by one of them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from syndication.context import Hub
from tests.helpers import Clock
from tests.journeys.work import Work
from tests.servers import wait_until


@pytest.fixture
def work(hub: Hub, clock: Clock) -> Iterator[Work]:
    given = Work(hub, clock)
    yield given
    given.close()


def test_three_processes_share_the_work_and_double_nothing(work: Work) -> None:
    work.answer(30)
    work.invite(40)
    work.tell(40)
    with work.workers(3):
        wait_until(lambda: bool(work.post.received), "they are at work")
        for _ in range(3):
            work.answer(10)
            work.invite(15)
            work.tell(15)
            work.publish()
        work.wait()
    assert (work.answered, work.invited, work.told) == (120, 85, 85)
    work.assert_taken_in_once()
    work.assert_written_to_once()
    assert set(Counter(work.receiver.ids).values()) == {1}
    work.assert_corpus_is_a_recount()
