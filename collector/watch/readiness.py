"""Whether a service can do its work now, and what is wrong in words when it cannot."""

import asyncio
import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from collector.settings import files_of
from collector.watch.asking import Question

PATIENCE_SECONDS = 3.0
DATA, LEDGER = "des données", "du registre des retraits"
_FULL = "est plein : faites de la place"
AILMENTS = {
    errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL,
    errno.EROFS: "est en lecture seule : voyez pourquoi (dmesg), puis rendez-le inscriptible",
    errno.EIO: "est en panne : voyez son état (dmesg), ou restaurez une sauvegarde ailleurs",
}  # fmt: skip
"""What to say of a disk, by the error of a write."""
PAGES = bytes(64 * 1024)
"""As much as a few answers take in SQLite's log."""


class Readiness:
    """Looks at databases, each on its own, and at the disks that must be written.

    ``current`` asks whether the schema of each database, by its name, is this release's; ``remedy`` is what to do where
    it is not; ``folders`` are those of ``written_folders``.
    """

    def __init__(self, current: Mapping[str, Callable[[], bool]], remedy: str, folders: Mapping[Path, str]) -> None:
        self._questions = {name: Question(ask, PATIENCE_SECONDS) for name, ask in current.items()}
        self._disks = [
            (name, Question(partial(ailment_of, folder), PATIENCE_SECONDS)) for folder, name in folders.items()
        ]
        self._remedy = remedy

    async def faults(self) -> list[str]:
        """What is wrong, a sentence each, without a secret; empty when all is well."""
        found = await asyncio.gather(
            *(self._fault(name, question) for name, question in self._questions.items()),
            *(_ailing(name, question) for name, question in self._disks),
        )
        return [fault for fault in found if fault]

    async def _fault(self, name: str, question: Question[bool]) -> str:
        try:
            current = await question.answer()
        except TimeoutError:
            return f"La base {name} ne répond pas en {PATIENCE_SECONDS:g} secondes."
        except (SQLAlchemyError, OSError):
            return f"La base {name} ne répond pas."
        return "" if current else f"Le schéma de la base {name} n'est pas celui de cette version : {self._remedy}."


def written_folders(urls: Iterable[str], ledger: Path) -> dict[Path, str]:
    """Folders in which something is written before anybody is told that it is kept, and what to call their disks: those
    of SQLite's files among the addresses of databases, and the ledger's."""
    return {ledger.parent: LEDGER, **{file.parent: DATA for file in files_of(*urls)}}


def ailment_of(folder: Path) -> str:
    """What keeps anything from being written there, as the end of a sentence; empty when something can be: it is tried,
    and leaves nothing. Free blocks would tell nothing of a quota, nor of what is kept for root. What ails a folder and
    not its disk is for others to tell."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(PAGES)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return AILMENTS.get(error.errno or 0, "")
    return ""


def ailing_disks(folders: Mapping[Path, str]) -> list[str]:
    """Disks of ``written_folders`` on which nothing can be written, a sentence each."""
    return [_said(name, ailment) for folder, name in folders.items() if (ailment := ailment_of(folder))]


async def _ailing(name: str, question: Question[str]) -> str:
    try:
        ailment = await question.answer()
    except TimeoutError:
        ailment = f"ne répond pas en {PATIENCE_SECONDS:g} secondes"
    return _said(name, ailment) if ailment else ""


def _said(name: str, ailment: str) -> str:
    return f"Le disque {name} {ailment}."
