"""What is refused unheard: every time in the counts, a line a minute in the log, and nobody in either."""

import json
import logging
import re
from pathlib import Path

import pytest

from collector.serving.bounds import REFUSALS, STATUSES, Reason
from collector.serving.refusals import Refusals
from collector.watch.counts import Counts
from collector.watch.logs import JsonLines
from collector.watch.metrics import COUNTED, REFUSED

README = Path(__file__).resolve().parents[3] / "README.md"


@pytest.fixture
def counts() -> Counts:
    return Counts(COUNTED)


@pytest.fixture
def refusals(counts: Counts, caplog: pytest.LogCaptureFixture) -> Refusals:
    caplog.set_level(logging.INFO, "sirius.refused")
    return Refusals(counts, {})


def counted(counts: Counts, *labels: str) -> int:
    (numbers,) = counts.everything().living.values()
    return numbers[REFUSED.name, labels][0]


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, int]]:
    """What each JSON line says."""
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert {frozenset(line) for line in lines} <= {
        frozenset({"time", "level", "logger", "process", "message", "status", "reason", "times"})
    }
    return [(line["status"], line["reason"], line["times"]) for line in lines]


def test_every_answer_has_its_words_and_every_reason_is_told_from_the_start(refusals: Refusals, counts: Counts) -> None:
    assert set(STATUSES.values()) == set(REFUSALS)
    for reason in Reason:
        status = str(STATUSES[reason].value) if reason in STATUSES else "none"
        assert counted(counts, status, reason) == 0


def test_the_readme_tells_every_reason_and_its_status() -> None:
    table = re.search(r"\n\| reason \| status .*?\n\n", README.read_text(encoding="utf-8"), re.DOTALL)
    assert table
    told = dict[str, str]()
    for line in table[0].strip().splitlines()[2:]:
        reasons, statuses, _ = line.strip("|").split("|", 2)
        names, said = re.findall(r"\w+", reasons), re.findall(r"\w+", statuses)
        told |= dict(zip(names, said if len(said) > 1 else said * len(names), strict=True))
    assert told == {reason: str(STATUSES[reason].value) if reason in STATUSES else "none" for reason in Reason}


def test_the_first_of_a_kind_is_told_at_once_and_a_flood_is_a_line_a_minute(
    refusals: Refusals, counts: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    for second in range(180):
        for _ in range(100):
            refusals.note(Reason.HEAD_LATE, second)
    assert counted(counts, "408", "head_late") == 18_000
    assert told(caplog) == [("408", "head_late", times) for times in (1, 6000, 6000)]


def test_what_a_flood_left_untold_is_told_when_its_minute_is_over(
    refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        refusals.note(Reason.CROWDED_OUT, 0)
    assert refusals.tell(59)
    assert len(caplog.records) == 1
    assert not refusals.tell(60)
    assert told(caplog) == [("none", "crowded_out", 1), ("none", "crowded_out", 2)]


def test_kinds_are_told_each_on_its_own(refusals: Refusals, caplog: pytest.LogCaptureFixture) -> None:
    refusals.note(Reason.UNREADABLE, 0)
    refusals.note(Reason.UNREADABLE, 1, answered=False)
    refusals.note(Reason.FULL, 2)
    assert told(caplog) == [("400", "unreadable", 1), ("none", "unreadable", 1), ("503", "full", 1)]


def test_a_server_hears_for_its_application_and_for_nobody_where_there_is_none(refusals: Refusals) -> None:
    assert Refusals.of(refusals.state) is refusals
    assert Refusals.of({}).headers["x-content-type-options"] == "nosniff"
