"""Figures as a table of Markdown, in the block of a page that bears their name."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README, PLOTS = ROOT / "README.md", Path(__file__).parent / "plots"
UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}
"""What times are shown in: the first that leaves at least one before the comma."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured: what, where (a column), how much, beside the least or the most that the same machine did in
    the same run (``bare``, said by ``beside``). Times are in seconds; anything else says its ``unit``."""

    what: str
    where: str
    ours: float
    bare: float
    beside: str
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Ours as so many times the bare."""
        return self.ours / self.bare


def where() -> str:
    """What measures are of: the day, the language, the machine."""
    today = date.today()
    cores = len(os.sched_getaffinity(0))
    return f"On {today:%-d %B %Y}, Python {platform.python_version()}, {platform.machine()}, {cores} cores"


def quantity(value: float, unit: str) -> str:
    """A value with its unit, to three digits."""
    if unit == "s":
        unit = next((name for name, size in UNITS.items() if value >= size), "µs")
        value /= UNITS[unit]
    digits = max(0, 2 - len(str(int(value)))) if value < 100 else 0
    return f"{value:,.{digits}f} {unit}"


def table(figures: Sequence[Figure], columns: Sequence[str]) -> str:
    """Rows in the order in which they come, a column for each place: how many times the bare, and how much."""
    rows: dict[tuple[str, str], dict[str, Figure]] = {}
    for one in figures:
        rows.setdefault((one.what, one.beside), {})[one.where] = one
    lines = [["measured", "beside, in the same run", *columns], ["---"] * (2 + len(columns))]
    for (what, beside), found in rows.items():
        lines.append([what, beside, *(_cell(found.get(name)) for name in columns)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(one: Figure | None) -> str:
    return "" if one is None else f"**{one.ratio:.2f} ×** ({quantity(one.ours, one.unit)})"


def block(page: str, name: str, content: str) -> str:
    """A page whose block of a name holds a content, and nothing of what it held; raises ValueError when it has none."""
    start, end = f"<!-- bench: {name} -->", "<!-- end -->"
    found = re.subn(
        f"({re.escape(start)}\n).*?({re.escape(end)})",
        lambda m: f"{m[1]}{content}{m[2]}",
        page,
        count=1,
        flags=re.DOTALL,
    )
    if not found[1]:
        raise ValueError(f"no block {start}")
    return found[0]


def put(name: str, content: str) -> None:
    """Show a content in the README's block of a name, and print it."""
    README.write_text(block(README.read_text(encoding="utf-8"), name, content), encoding="utf-8")
    print(content)


def image(name: str, drawn: str, says: str) -> str:
    """Keep a drawing among the plots; gives what shows it in the README."""
    PLOTS.mkdir(exist_ok=True)
    (PLOTS / f"{name}.svg").write_text(drawn, encoding="utf-8")
    return f"![{says}]({(PLOTS / f'{name}.svg').relative_to(ROOT).as_posix()})\n"


def paragraphs(parts: Iterable[str]) -> str:
    """Parts of a block, a blank line between them."""
    return "\n".join(part if part.endswith("\n") else f"{part}\n" for part in parts)
