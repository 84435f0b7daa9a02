"""A clock that jumped ahead is doubted until it comes back, or for a day."""

from datetime import timedelta

import pytest

from collector.steady import Steady
from tests.helpers import Clock

HOUR = 3600.0


class Watched:
    """A clock under watch, and seconds that pass."""

    def __init__(self) -> None:
        self.clock, self.seconds = Clock(), 1000.0
        self.steady = Steady(self.clock, lambda: self.seconds)

    def passes(self, seconds: float, shown: float | None = None) -> bool:
        """Let seconds pass, of which the clock shows as many, or others; whether it is believed."""
        self.seconds += seconds
        self.clock.moment += timedelta(seconds=seconds if shown is None else shown)
        return self.steady.is_sure()


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_clock_that_goes_as_time_passes_is_believed_however_long(watched: Watched) -> None:
    assert all(watched.passes(seconds) for seconds in (0, 2, HOUR, 100 * HOUR, 10_000 * HOUR))


def test_a_clock_that_is_set_by_minutes_or_goes_back_is_believed(watched: Watched) -> None:
    assert watched.passes(2, shown=1200)
    assert watched.passes(2, shown=-5000 * HOUR)
    assert watched.passes(2)


def test_a_clock_that_jumps_ahead_is_doubted_until_it_comes_back(watched: Watched) -> None:
    assert not watched.passes(2, shown=9000 * HOUR)
    assert not watched.passes(2)
    assert watched.passes(2, shown=2 - 9000 * HOUR)


def test_a_clock_that_stays_ahead_for_a_day_was_late_before(watched: Watched) -> None:
    assert not watched.passes(2, shown=9000 * HOUR)
    assert not watched.passes(23 * HOUR)
    assert watched.passes(HOUR)
    assert watched.passes(2)


def test_each_jump_begins_a_day_of_its_own(watched: Watched) -> None:
    assert not watched.passes(2, shown=9000 * HOUR)
    assert not watched.passes(20 * HOUR, shown=9000 * HOUR)
    assert not watched.passes(20 * HOUR)
    assert watched.passes(5 * HOUR)
