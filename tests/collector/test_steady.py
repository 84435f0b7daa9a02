"""A clock that jumped ahead is doubted until it comes back, or for a day."""

from datetime import timedelta
from pathlib import Path

import pytest

from collector.steady import CLOCK_FILE, Steady
from tests.helpers import Clock

HOUR = 3600.0


class Watched:
    """A clock under watch, and seconds that pass."""

    def __init__(self) -> None:
        self.clock, self.seconds = Clock(), 1000.0
        self.starts()

    def starts(self, folder: Path | None = None, after: float = 0.0) -> None:
        """Begin a watch, so many seconds later by the clock; the machine may have started in between."""
        self.clock.moment += timedelta(seconds=after)
        self.steady = Steady(self.clock, folder, lambda: self.seconds)

    def passes(self, seconds: float, shown: float | None = None) -> bool:
        """Let seconds pass, of which the clock shows as many, or others; whether it is believed."""
        self.seconds += seconds
        self.clock.moment += timedelta(seconds=seconds if shown is None else shown)
        return self.steady.sure_now() is not None


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


def test_a_clock_that_is_far_ahead_at_the_start_is_doubted_until_it_comes_back(
    watched: Watched, tmp_path: Path
) -> None:
    watched.starts(tmp_path)
    assert watched.passes(2)
    for _ in range(2):
        watched.starts(tmp_path, after=9000 * HOUR)
        assert not watched.passes(2)
    assert watched.passes(2, shown=50 * HOUR - 18000 * HOUR)
    assert watched.passes(2 * HOUR)
    assert not watched.passes(2, shown=50 * HOUR)


def test_a_service_that_stopped_for_days_is_believed_and_one_that_stopped_for_weeks_after_a_day(
    watched: Watched, tmp_path: Path
) -> None:
    watched.starts(tmp_path)
    assert watched.passes(2)
    watched.starts(tmp_path, after=150 * HOUR)
    assert watched.passes(2)
    watched.starts(tmp_path, after=500 * HOUR)
    assert not watched.passes(23 * HOUR)
    assert not watched.passes(HOUR / 2)
    assert watched.passes(24 * HOUR)
    watched.starts(tmp_path, after=2)
    assert watched.passes(2)


def test_the_moment_that_is_given_is_the_very_reading_that_was_judged() -> None:
    right = Clock()()
    ahead = right + timedelta(days=1000)
    readings = iter([right, ahead, right, ahead])
    steady = Steady(lambda: next(readings), None, lambda: 1000.0)
    assert [steady.sure_now() for _ in range(3)] == [None, right, None]


def test_who_knows_better_has_a_clock_believed_by_all_who_watch_it(watched: Watched, tmp_path: Path) -> None:
    watched.starts(tmp_path)
    assert watched.passes(2)
    watched.starts(tmp_path, after=9000 * HOUR)
    beside = Steady(watched.clock, tmp_path, lambda: watched.seconds)
    assert not watched.passes(2)
    assert beside.sure_now() is None
    (tmp_path / CLOCK_FILE).unlink()
    assert watched.passes(2)
    assert beside.sure_now() == watched.clock()
    assert [path.name for path in tmp_path.iterdir()] == [CLOCK_FILE]


def test_the_moment_is_kept_for_its_owner_alone(watched: Watched, tmp_path: Path) -> None:
    watched.starts(tmp_path)
    assert watched.passes(2)
    assert (tmp_path / CLOCK_FILE).stat().st_mode & 0o777 == 0o600


def test_a_moment_written_by_hand_on_a_line_of_its_own_is_read(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / CLOCK_FILE).write_text(f"{watched.clock().isoformat()}\n")
    watched.starts(tmp_path, after=9000 * HOUR)
    assert not watched.passes(2)


@pytest.mark.parametrize("kept", ["", "demain", "2026-11-23T14:0"])
def test_a_moment_that_cannot_be_read_keeps_nobody_waiting(watched: Watched, tmp_path: Path, kept: str) -> None:
    (tmp_path / CLOCK_FILE).write_text(kept)
    watched.starts(tmp_path)
    assert watched.passes(2)
    watched.starts(tmp_path / "nowhere")
    assert watched.passes(2)
