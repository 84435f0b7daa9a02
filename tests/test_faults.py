"""The README's table of faults: it tells what ``faults.toml`` does, names tests that are there, and forgets none."""

import pytest

from tests.faults import ROOT, Fault, faults, found_in, places, table

OF_FAULTS = (
    "killed", "leaving", "sharing", "durability", "database_away", "disk", "outside", "clock", "interrupted",
)  # fmt: skip
"""Modules of ``tests/journeys`` that are about nothing else."""


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.what)
def test_a_fault_loses_nothing_and_tests_that_are_there_show_it(fault: Fault) -> None:
    assert fault.seen
    assert fault.lost.startswith("nothing")
    assert fault.shown_by
    assert set(fault.shown_by) <= places().keys()


@pytest.mark.parametrize("name", OF_FAULTS)
def test_whatever_is_shown_of_a_fault_is_told(name: str) -> None:
    told = set().union(*(fault.shown_by for fault in faults()))
    assert found_in(ROOT / "tests/journeys" / f"test_{name}.py") <= told


def test_the_readme_tells_each_fault_as_it_is_told() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Faults")[2].partition("\n### ")[0]
    shown = [line for line in text.splitlines() if line.startswith("|")]
    assert [_cells(line) for line in shown] == [
        _cells(line) for line in table(faults(), (), [()] * len(faults())).splitlines()
    ]


def _cells(line: str) -> list[str]:
    """What a row tells, without what came of it in a run."""
    return [cell.strip() for cell in line.strip("|").split("|")][:4]
