"""The ``sirius`` command, each time in a process of its own, born from one that has read its code once."""

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from syndication.cli import COMMANDS
from tests.databases import bare_environment, environment
from tests.servers import PATIENCE

_BORN = multiprocessing.get_context("forkserver")
_MODULES = {f"syndication.commands.{place.partition('.')[0]}" for place in COMMANDS.values()}
_BORN.set_forkserver_preload(["pytest", "syndication.cli", *sorted(_MODULES), __name__])
_ONE_AT_A_TIME = threading.Lock()
"""Processes of multiprocessing may not be awaited by several threads."""


def born(target: Callable[..., None], *words: Any) -> BaseProcess:
    """A process under way that runs a function, and has read the code already."""
    process = _BORN.Process(target=target, args=words)
    process.start()
    return process


def sirius(folder: Path | None, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a folder of data and its databases, or on none where it opens none.

    Nothing else of ours is in its environment but what is given.

    Reading the code of the project and of its libraries takes longer than what most commands do.
    """
    own = {**(bare_environment() if folder is None else environment(folder)), "COLUMNS": "120", **more}
    with _ONE_AT_A_TIME, TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        process = _BORN.Process(target=_run, args=(words, own, out, err))
        process.start()
        process.join(PATIENCE)
        status = process.exitcode
        if status is None:
            process.kill()
            process.join()
        process.close()
        said, complained = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        if status is None:
            raise subprocess.TimeoutExpired(words, PATIENCE, said, complained)
        return subprocess.CompletedProcess(words, status, said, complained)


def _run(words: tuple[str, ...], environment: dict[str, str], out: Path, err: Path) -> None:
    """Be the command: its words, its environment, and files for what it says."""
    from syndication.cli import main

    for file, number in ((out, 1), (err, 2)):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sirius", *words]
    main()
