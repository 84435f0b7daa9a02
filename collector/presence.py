"""Who works on an installation's folders, of its data and of SQLite's files: services and commands together, a
restoration or a move alone.

The lock is the system's own, on the folder itself: it writes nothing, and ends with its process, however that ends.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from collector.errors import FolderBusy
from collector.private import make_folder

if sys.platform == "win32":

    def _take(descriptor: int, *, alone: bool, wait: bool = False) -> None:
        """No lock of a folder there."""
else:
    import fcntl

    def _take(descriptor: int, *, alone: bool, wait: bool = False) -> None:
        """Lock what is open; raises BlockingIOError when somebody else has it."""
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)


@contextmanager
def at_work(folders: Iterable[Path]) -> Iterator[None]:
    """Be one of those who work on folders; raises FolderBusy while somebody must be alone."""
    with ExitStack() as stack:
        for folder in folders:
            busy = "Une restauration ou un déménagement de ces données est en cours"
            stack.enter_context(_held(folder, alone=False, busy=busy))
        yield


@contextmanager
def alone(folders: Iterable[Path]) -> Iterator[None]:
    """Be the only one who works on folders, made when absent; raises FolderBusy when somebody else does."""
    with ExitStack() as stack:
        for folder in folders:
            make_folder(folder)
            busy = f"Un service ou une commande travaille sur {folder} : arrêtez-le d'abord"
            stack.enter_context(_held(folder, alone=True, busy=busy))
        yield


@contextmanager
def locked(descriptor: int) -> Iterator[None]:
    """Wait for one's turn to write what is open: several processes may share it."""
    with suppress(OSError):  # a disk that knows no locks
        _take(descriptor, alone=True, wait=True)
    yield


@contextmanager
def _held(folder: Path, *, alone: bool, busy: str) -> Iterator[None]:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # nothing is kept there
        yield
        return
    try:
        try:
            _take(descriptor, alone=alone)
        except BlockingIOError:
            raise FolderBusy(f"{busy}.") from None
        except OSError:
            pass  # a disk that knows no locks
        yield
    finally:
        os.close(descriptor)
