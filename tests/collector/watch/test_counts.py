"""What processes of one host count, each for itself: one truth, that outlives them."""

import json
import os
import signal
import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from collector.watch import counts as module
from collector.watch.counts import Counts
from collector.watch.metrics import FAILURES, REQUESTS, RESIDENT, Metric
from tests.commands import born

HITS = Metric("sirius_hits_total", "counter", "Hits.")
METRICS = (REQUESTS, FAILURES, RESIDENT, HITS)
ROUTE = ("/widget", "GET", "2xx")


def counting_in(folder: Path) -> Counts:
    """The counts of a process that has just started."""
    counts = Counts(METRICS)
    counts.keep_in(folder)
    return counts


def total(counts: Counts, metric: Metric, *labels: str) -> int:
    """What everybody has counted, those too that are no more."""
    told = counts.everything()
    return sum(numbers.get((metric.name, labels), [0])[0] for numbers in (told.past, *told.living.values()))


def test_every_process_tells_what_all_have_counted(tmp_path: Path) -> None:
    one, other = counting_in(tmp_path), counting_in(tmp_path)
    for _ in range(3):
        one.add(HITS)
    other.add(HITS)
    assert total(one, HITS) == total(other, HITS) == 4
    assert len(one.everything().living) == 2


def test_what_was_counted_before_there_was_a_file_is_kept(tmp_path: Path) -> None:
    counts = Counts(METRICS)
    counts.add(HITS)
    assert total(counts, HITS) == 1
    counts.keep_in(tmp_path)
    counts.add(HITS)
    assert total(counts, HITS) == 2
    counts.close()
    counts.add(HITS)
    assert total(counts, HITS) == 3


def test_counts_outlive_those_who_leave_and_gauges_do_not(tmp_path: Path) -> None:
    for _ in range(3):
        leaving = counting_in(tmp_path)
        leaving.add(HITS)
        leaving.add(FAILURES, "mails")
        leaving.set(RESIDENT, 1000)
        leaving.close()
    counts = counting_in(tmp_path)
    assert (total(counts, HITS), total(counts, FAILURES, "mails"), total(counts, RESIDENT)) == (3, 3, 0)
    assert len(list(tmp_path.glob("*.counts"))) == 1  # files do not pile up


def count_and_wait(folder: str, line: Connection) -> None:
    """A process that counts, says so, and waits to be killed."""
    counts = counting_in(Path(folder))
    for _ in range(1000):
        counts.add(HITS)
    counts.set(RESIDENT, 5)
    line.send(os.getpid())
    threading.Event().wait()


def test_a_process_that_is_killed_loses_nothing_and_is_known_to_be_dead(tmp_path: Path) -> None:
    here, there = Pipe()
    process = born(count_and_wait, str(tmp_path), there)
    pid = here.recv()
    counts = counting_in(tmp_path)
    assert counts.everything().living[str(pid)][HITS.name, ()] == [1000]
    os.kill(pid, signal.SIGKILL)
    process.join()
    assert str(pid) not in counts.everything().living
    assert (total(counts, HITS), total(counts, RESIDENT)) == (1000, 0)
    assert total(counting_in(tmp_path), HITS) == 1000


def test_taking_over_what_was_counted_may_be_cut_short_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving = counting_in(tmp_path)
    leaving.add(HITS)
    leaving.close()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda _path: (_ for _ in ()).throw(OSError("cut short")))
        counts = counting_in(tmp_path)
    assert len(list(tmp_path.glob("*.counts"))) == 2  # the sum is written, and the file is there still
    assert total(counts, HITS) == 1
    assert total(counting_in(tmp_path), HITS) == 1
    (tmp_path / module.PAST).write_text('{"of": [')  # power was lost while it was written
    assert total(counts, HITS) == 0


def test_numbers_of_another_release_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "1-aa.counts").write_bytes(b"cut short")
    told = {"of": [], "numbers": [["sirius_gone_total", [], [4]], [REQUESTS.name, list(ROUTE), [1, 2]]]}
    (tmp_path / module.PAST).write_text(json.dumps(told))
    counts = counting_in(tmp_path)
    assert counts.everything().past["sirius_gone_total", ()] == [4]
    leaving = counting_in(tmp_path)
    leaving.add(REQUESTS, *ROUTE)
    leaving.close()
    assert counts.everything().past[REQUESTS.name, ROUTE] == [1, *[0] * (REQUESTS.width - 1)]


def test_where_no_file_can_be_written_a_process_counts_for_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    counts = counting_in(tmp_path / "file")
    counts.add(HITS)
    assert total(counts, HITS) == 1
    assert "in this process alone" in caplog.text


def test_what_no_room_is_left_for_spoils_nothing(tmp_path: Path) -> None:
    counts = counting_in(tmp_path)
    counts.add(HITS)
    for number in range(10_000):
        counts.slots[counts.place(REQUESTS, f"/{number}", "GET", "2xx") + 3] += 1
    kept = counts.everything().living[str(os.getpid())]
    assert kept[HITS.name, ()] == [1]
    assert all(numbers[3] == 1 for (name, _), numbers in kept.items() if name == REQUESTS.name)
    assert 2000 < len(kept) < 10_000
