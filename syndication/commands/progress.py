"""How long work goes on, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from syndication.commands.console import say

Tell = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, of how much."""


@contextmanager
def shown() -> Iterator[Tell]:
    """Show on a terminal how work goes on; a log hears of each piece once."""
    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as progress:

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=max(total, 1))
                if not terminal.is_terminal:
                    say(f"{name}…")
            progress.update(tasks[name], completed=done if total else 1)

        yield tell
