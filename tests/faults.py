"""What is told of faults (``faults.toml``), and where the tests stand that bring them about."""

import ast
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: what it is, what people see of it, what is lost, the names of tests that show it."""

    what: str
    seen: str
    lost: str
    shown_by: tuple[str, ...]


def faults() -> list[Fault]:
    """All that are told, in the order of the table."""
    told = tomllib.loads((ROOT / "tests/faults.toml").read_text(encoding="utf-8"))["fault"]
    return [Fault(one["what"], one["seen"], one["lost"], tuple(one["shown_by"])) for one in told]


def table(told: Sequence[Fault], columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A row of Markdown for each fault; ``cells`` are those of its further columns."""
    lines = [["fault", "what people see", "what is lost", "shown by", *columns], ["---"] * (4 + len(columns))]
    for fault, more in zip(told, cells, strict=True):
        lines.append([fault.what, fault.seen, fault.lost, ", ".join(f"`{name}`" for name in fault.shown_by), *more])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def found_in(path: Path) -> set[str]:
    """Names of the tests of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@cache
def places() -> dict[str, str]:
    """The file of every test there is, from the project's root."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return {name: path.relative_to(ROOT).as_posix() for path in files for name in found_in(path)}
