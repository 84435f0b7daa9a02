"""What a process counts: whole numbers that every process of the host can read, and that outlive it.

Numbers stand in a file of the process, mapped in its memory: adding to one costs what adding to a list does, takes no
lock and no system call, and ``kill -9`` loses nothing of it. The lock of the file, which the system lets go of with the
process, tells that it lives. Who starts adds what dead processes counted to ``past``, and deletes their files.
Where no file can be written, a process counts for itself alone.
"""

import fcntl
import json
import logging
import mmap
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from collector.watch.metrics import Metric

SIZE, KEYS, HEAD = 1024 * 1024, 256 * 1024, 16
"""Bytes of a file: a mark and the length of the names, the names, then the numbers (8 bytes each). Every route,
asked for by every method and answered in every way, takes half of it."""
MARK = b"sirius-1"
SLOTS = (SIZE - KEYS) // 8
SPILL = SLOTS - 64
"""Where what no room is left for is counted, and nobody reads it."""
ENDING, PAST, LOCK = ".counts", "past.json", "lock"
Name = tuple[str, tuple[str, ...]]
"""A metric's name and the values of its labels."""
Numbers = dict[Name, list[int]]
log = logging.getLogger("sirius.watch")


@dataclass(frozen=True, slots=True)
class Counted:
    """What the processes of a host counted: living ones by process id, and those that are no more, together."""

    living: Mapping[str, Numbers]
    past: Numbers = field(default_factory=dict)


class Counts:
    """The numbers of this process: those of some metrics, of which gauges end with it. Only one thread may add to a
    number."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._fleeting = frozenset(metric.name for metric in metrics if metric.kind == "gauge")
        self._map: mmap.mmap | bytearray = bytearray(SIZE)
        self._whole = memoryview(self._map)
        self.slots = self._whole[KEYS:].cast("Q")
        """The numbers, by place."""
        self._places: dict[Name, int] = {}
        self._text = HEAD
        self._free = 0
        self._descriptor: int | None = None
        self.folder: Path | None = None
        """Where they are kept, once they are."""

    def place(self, metric: Metric, *labels: str) -> int:
        """Where the numbers of a series begin in ``slots``; the same for as long as the process lives."""
        name = (metric.name, labels)
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = self._make(name, metric.width)
        return place

    def _make(self, name: Name, width: int) -> int:
        line = json.dumps([name[0], name[1], width], ensure_ascii=False).encode() + b"\n"
        if self._free + width > SPILL or self._text + len(line) > KEYS:
            return SPILL
        self._whole[self._text : self._text + len(line)] = line
        self._text += len(line)
        self._whole[8:HEAD] = self._text.to_bytes(8, "little")
        place, self._free = self._free, self._free + width
        return place

    def add(self, metric: Metric, *labels: str) -> None:
        """Count one more."""
        self.slots[self.place(metric, *labels)] += 1

    def set(self, metric: Metric, value: int, *labels: str) -> None:
        """Say how much it is now."""
        self.slots[self.place(metric, *labels)] = max(value, 0)

    def keep_in(self, folder: Path) -> None:
        """Count in a file of a folder from now on, and take over what dead processes left there."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _turn(folder, alone=True):
                self._map_file(folder / f"{os.getpid()}-{secrets.token_hex(4)}{ENDING}")
                with suppress(OSError, ValueError):  # a full disk: they are read where they are
                    _bury(folder, self._fleeting)
        except OSError as error:
            log.warning("counts are kept in this process alone: %s", error.strerror)
            return
        self.folder = folder

    def _map_file(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _lock(descriptor, alone=True, wait=False)
            with open(descriptor, "wb", closefd=False) as file:
                file.write(bytes(SIZE))  # a page of which a full disk has none would kill the process that writes there
            mapped = mmap.mmap(descriptor, SIZE)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
        mapped[:8] = MARK
        mapped[8:] = bytes(self._whole[8:])
        self._let_go()
        self._map, self._descriptor = mapped, descriptor
        self._whole = memoryview(mapped)
        self.slots = self._whole[KEYS:].cast("Q")

    def close(self) -> None:
        """Let go of the file, as dying would: what was counted stays, for who starts next."""
        if self._descriptor is not None:
            kept = bytearray(self._whole)
            self._let_go()
            os.close(self._descriptor)
            self._descriptor, self.folder = None, None
            self._map, self._whole = kept, memoryview(kept)
            self.slots = self._whole[KEYS:].cast("Q")

    def _let_go(self) -> None:
        self.slots.release()
        self._whole.release()
        if isinstance(self._map, mmap.mmap):
            self._map.close()

    def everything(self) -> Counted:
        """What every process of the host counted, this one included."""
        if self.folder is None:
            return Counted({str(os.getpid()): _numbers(bytes(self._whole))})
        with _turn(self.folder, alone=False):
            return _read(self.folder, self._fleeting)


def _lock(descriptor: int, *, alone: bool, wait: bool) -> None:
    """Lock what is open; raises BlockingIOError when somebody else has it."""
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)


@contextmanager
def _turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Read a folder together with others, or change it alone."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, alone=alone, wait=True)
        yield
    finally:
        os.close(descriptor)


def _read(folder: Path, fleeting: frozenset[str]) -> Counted:
    merged, past = _past(folder)
    living: dict[str, Numbers] = {}
    for path in sorted(folder.glob(f"*{ENDING}")):
        if path.name in merged:
            continue
        numbers, alive = _file(path)
        if alive:
            process = path.name.partition("-")[0]
            living[process if process not in living else path.stem] = numbers
        else:
            _add(past, numbers, fleeting)
    return Counted(living, past)


def _bury(folder: Path, fleeting: frozenset[str]) -> None:
    """Add what dead processes counted to the past, once whatever happens: who they were is written with the sum."""
    merged, past = _past(folder)
    dead: list[Path] = []
    for path in sorted(folder.glob(f"*{ENDING}")):
        numbers, alive = _file(path)
        if not alive:
            dead.append(path)
            if path.name not in merged:
                _add(past, numbers, fleeting)
    if dead:
        told = {"of": [path.name for path in dead], "numbers": [[*name, found] for name, found in past.items()]}
        draft = folder / f"{PAST}.new"
        draft.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        draft.replace(folder / PAST)
        for path in dead:
            path.unlink()


def _past(folder: Path) -> tuple[frozenset[str], Numbers]:
    """Names of files whose numbers were added already, and the sum."""
    try:
        told = json.loads((folder / PAST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # ValueError: power was lost while it was written
        return frozenset(), {}
    return frozenset(told["of"]), {(name, tuple(labels)): found for name, labels, found in told["numbers"]}


def _file(path: Path) -> tuple[Numbers, bool]:
    """What a process counted, and whether it lives."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        try:
            _lock(descriptor, alone=False, wait=False)
            alive = False
        except BlockingIOError:
            alive = True
        return _numbers(os.pread(descriptor, SIZE, 0)), alive
    finally:
        os.close(descriptor)


def _numbers(data: bytes) -> Numbers:
    found: Numbers = {}
    if len(data) < SIZE:
        return found
    slots, place = memoryview(data)[KEYS:].cast("Q"), 0
    for line in data[HEAD : int.from_bytes(data[8:HEAD], "little")].splitlines():
        name, labels, width = json.loads(line)
        found[name, tuple(labels)] = list(slots[place : place + width])
        place += width
    return found


def _add(total: Numbers, more: Numbers, fleeting: frozenset[str]) -> None:
    """Add what outlives its process: all that is not known to be fleeting, were it another release's."""
    for name, numbers in ((name, numbers) for name, numbers in more.items() if name[0] not in fleeting):
        before = total.get(name, [])
        total[name] = [a + b for a, b in zip(before, numbers, strict=True)] if len(before) == len(numbers) else numbers
