"""The ledger: two files to which lines are added, each on the disk before anybody is told that it is kept.

Words taken back and opt-outs stand apart, each in a file of its own: side by side, their order would help to tell whose
address goes with which answer.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from collector.errors import LedgerError
from collector.presence import locked
from collector.trouble import reason_of
from collector.withdrawals import lines
from collector.withdrawals.lines import ADDRESSES, WORDS, Kind, Line

UNWRITABLE = "Le registre des retraits ne peut pas être écrit ({}) : rien n'a changé. Voyez SIRIUS_WITHDRAWALS_FILE."
_IN_ADDRESSES = {"address", "news"}


class Ledger:
    """The ledger of an installation. ``path`` is the file of words taken back; opt-outs stand beside it.

    ``make_folder``: its folder is made when absent; not on another disk, which may not be mounted.
    """

    def __init__(self, path: Path, keys: Callable[[], Sequence[str]], *, make_folder: bool = False) -> None:
        self.path = path
        self._make_folder = make_folder
        self._keys = keys
        self._lock = threading.Lock()

    @property
    def files(self) -> Mapping[str, Path]:
        """Both files, by what they are called."""
        return files_of(self.path)

    def note(self, kind: Kind, identifier: str, when: str, about: str = "") -> None:
        """Add a line under the mark of an identifier; it is on the disk when this returns. Raises LedgerError."""
        newest = self._keys()[0]
        self.add([Line(kind, when, lines.mark(newest, identifier), about, lines.tag(newest))])

    def note_address(self, address_hash: str, month: str) -> None:
        """Add that an address, known by its hash, wants no mail; raises LedgerError."""
        self.add([Line("address", month, address_hash)])

    def note_closing(self, campaign_id: str, day: str, second: int) -> None:
        """Add that a campaign was closed by hand; raises LedgerError."""
        self.add([Line("campaign", day, campaign_id, str(second))])

    def add(self, some: Iterable[Line]) -> None:
        """Add lines; they are on the disk when this returns. Raises LedgerError."""
        parts: dict[str, list[Line]] = {WORDS: [], ADDRESSES: []}
        for line in some:
            parts[ADDRESSES if line.kind in _IN_ADDRESSES else WORDS].append(line)
        for name, part in parts.items():
            if part:
                self._append(name, part)

    def add_missing(self, some: Iterable[Line]) -> int:
        """Add those lines that are not there; gives how many. Raises LedgerError."""
        some, there = list(some), self.read()
        held = [*lines.latest_wishes(there), *(line for line in there if line.kind != "news")]
        known = {(line.kind, line.mark, line.about) for line in held}
        wanted = [*lines.latest_wishes(some), *(line for line in some if line.kind != "news")]
        missing = {named: line for line in wanted if (named := (line.kind, line.mark, line.about)) not in known}
        self.add(missing[named] for named in sorted(missing))  # in an order that tells nothing
        return len(missing)

    def read(self) -> list[Line]:
        """Every line, the oldest of each file first; raises LedgerError."""
        return read(self.path) if any(path.exists() for path in self.files.values()) else []

    def _append(self, name: str, part: Sequence[Line]) -> None:
        path = self.files[name]
        text = "".join(f"{lines.to_text(line)}\n" for line in part)
        try:
            with self._lock:
                if self._make_folder:
                    path.parent.mkdir(parents=True, exist_ok=True)
                _append(path, lines.head(name), text)
        except OSError as error:
            raise LedgerError(UNWRITABLE.format(f"{path}, {error.strerror}")) from error


def files_of(path: Path) -> dict[str, Path]:
    """Both files of a ledger, by what they are called."""
    return {WORDS: path, ADDRESSES: path.with_name(f"{path.name}.{ADDRESSES}")}


def read(path: Path) -> list[Line]:
    """Every line of a ledger, that of opt-outs beside it included; raises LedgerError when there is none."""
    return [line for text in _texts(path) if (line := lines.from_text(text)) is not None]


def count_damaged(path: Path) -> int:
    """Lines of a ledger, if there is one, that cannot be read and were not cut short: what they said is lost. Raises
    LedgerError."""
    if not any(file.exists() for file in files_of(path).values()):
        return 0
    return sum(lines.from_text(text) is None and not lines.is_cut_short(text) for text in _texts(path))


def _texts(path: Path) -> list[str]:
    found: list[str] = []
    seen = False
    for name, file in files_of(path).items():
        try:
            first, *rest = file.read_text(encoding="utf-8-sig", errors="replace").splitlines() or [""]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LedgerError(f"{file} : ce registre des retraits ne se lit pas ({reason_of(error)}).") from None
        if first and not lines.read_head(first, name):
            if not any(map(lines.from_text, rest)):
                raise LedgerError(
                    f"{file} n'est pas un registre des retraits de Sirius : donnez-en un, ou ôtez-le de là."
                )
            found.append(first)  # damaged, as any other line
        seen = True
        found += rest
    if not seen:
        raise LedgerError(f"{path} : il n'y a pas de registre des retraits à cet endroit.")
    return found


def _append(path: Path, head: str, text: str) -> None:
    """Add text to a file of lines and wait for the disk; a line that a crash cut short is closed first."""
    fresh = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with locked(descriptor):
            size = os.fstat(descriptor).st_size
            if size <= len(head):  # empty, or its very first line was cut short
                os.ftruncate(descriptor, 0)
                text = f"{head}\n{text}"
            elif os.pread(descriptor, 1, size - 1) != b"\n":
                text = f"\n{text}"
            left = memoryview(text.encode())
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if fresh:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until a folder's own list of files is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
