"""A migration that is killed: nothing of it stays, and the next one does it all."""

import os
import signal
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tests.commands import born, sirius
from tests.databases import Databases, dump, environment
from tests.servers import PATIENCE

EVERY = 50
"""How many more statements it gets through each time before it dies."""


def migrate_and_die(environment: dict[str, str], statements: int) -> None:
    """Be ``sirius migrate``, killed without warning just before its so-manieth statement."""
    from syndication.cli import main

    left = statements

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sirius", "migrate"]
    main()


def test_a_migration_that_is_killed_leaves_nothing_half_done_and_the_next_one_ends_it(
    databases: Databases, tmp_path: Path
) -> None:
    assert sirius(tmp_path / "entier", "migrate").returncode == 0
    whole = dumps(databases, tmp_path / "entier")
    deaths = 0
    for statements in range(10, 1000, EVERY):
        process = born(migrate_and_die, environment(tmp_path), statements)
        process.join(PATIENCE)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        deaths += 1
        assert all(there in ([], wanted) for there, wanted in zip(dumps(databases, tmp_path), whole, strict=True))
    assert deaths > 2
    assert dumps(databases, tmp_path) == whole
    assert sirius(tmp_path, "doctor").returncode == 0


def dumps(databases: Databases, folder: Path) -> list[list[str]]:
    """Everything that both databases of a folder say, but for the name that a corpus is given by chance."""
    where = databases.at(folder)
    return [[line for line in dump(address) if "corpus.name" not in line] for address in astuple(where)]
