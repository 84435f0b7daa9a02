"""The README's table of faults: each row names tests that show it, and each test of a fault stands in a row."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OF_FAULTS = (
    "killed", "leaving", "sharing", "durability", "database_away", "disk", "outside", "clock", "interrupted",
)  # fmt: skip
"""Modules of ``tests/journeys`` that are about nothing else."""


def rows() -> Iterator[list[str]]:
    """Rows of the table, cell by cell."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Faults")[2].partition("\n### ")[0]
    _heading, _line, *rest = [line for line in text.splitlines() if line.startswith("|")]
    for line in rest:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def found_in(path: Path) -> set[str]:
    """Tests of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@cache
def all_tests() -> frozenset[str]:
    """Every test there is."""
    return frozenset().union(*map(found_in, (ROOT / "tests").rglob("test_*.py")))


def named(cell: str) -> set[str]:
    """Tests that a cell names."""
    return {name.strip(" `") for name in cell.split(",")}


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row[0])
def test_a_fault_loses_nothing_and_tests_that_are_there_show_it(row: list[str]) -> None:
    _fault, seen, lost, shown = row
    assert seen
    assert lost.startswith("nothing")
    assert named(shown) <= all_tests()


@pytest.mark.parametrize("name", OF_FAULTS)
def test_whatever_is_shown_of_a_fault_is_told(name: str) -> None:
    told = set().union(*(named(shown) for *_, shown in rows()))
    assert found_in(ROOT / "tests/journeys" / f"test_{name}.py") <= told
