"""Small disks that a test fills to their last byte, in the place of folders, for the processes that it starts there.

They are file systems in memory, mounted in a namespace of their own, which root can make, and anybody where the system
lets people have namespaces: whatever ends the test, no mount is left. Where it can be neither, no file of the processes
may grow while a disk is said to be full (``RLIMIT_FSIZE``): what they meet is a write that the system refuses.
"""

import os
import resource
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.journeys.processes import children

SMALL, LIMIT = "small file systems", "a limit on the size of files"
_HOLD = '"$@" && echo mounted && read -r _'
"""What is mounted is kept until the input ends."""
FILLER = "remplissage"
EVERY_SECONDS = 0.005


class Disk:
    """Where the folder of an installation is: on a small disk for processes that ``words`` start, seen by others at
    ``seen``; by default where it was."""

    def __init__(self, folder: Path, holder: int | None = None) -> None:
        self.folder = folder
        self.kind = LIMIT if holder is None else SMALL
        self.words: tuple[str, ...] = ()
        self.seen = folder
        if holder is not None:
            self.words = _inside(holder)
            self.seen = Path(f"/proc/{holder}/root{folder}")

    @contextmanager
    def full(self, service: int, part: str = "") -> Iterator[None]:
        """While the block lasts, the disk has no byte left, whatever is freed on it; ``part``: that of a folder of it.

        ``service`` is the process that watches over the others.
        """
        if self.kind == LIMIT:
            with _no_growth(service):
                yield
            return
        stop, filler = threading.Event(), self.seen / part / FILLER

        def fill() -> None:
            with filler.open("ab", buffering=0) as file:
                while True:
                    _fill(file.fileno())
                    full.set()
                    if stop.wait(EVERY_SECONDS):
                        return

        full = threading.Event()
        filling = threading.Thread(target=fill)
        filling.start()
        full.wait()
        try:
            yield
        finally:
            stop.set()
            filling.join()
            filler.unlink()

    def narrow(self, part: str, left: int) -> tuple[str, ...]:
        """Words for a command that finds so many bytes left, from now on, where a part of the folder is.

        A limit is on each file, of which the largest must not fit.
        """
        if self.kind == LIMIT:
            return ("sh", "-c", f'ulimit -f {left // 512 // 4}; exec "$@"', "sh")
        filler = self.seen / part / FILLER
        with filler.open("wb", buffering=0) as file:
            _fill(file.fileno())
            file.truncate(file.tell() - left)
        return self.words


@contextmanager
def small(folder: Path, *parts: str, megabytes: int = 32) -> Iterator[Disk]:
    """Put a folder on a small disk, and each part of it on one of its own; what it held is there, and comes back."""
    folder = folder.resolve()
    with ExitStack() as stack:
        holder = _mounted(folder, stack, megabytes)
        disk = Disk(folder, holder)
        for part in parts:
            (disk.seen / part).mkdir(mode=0o700, exist_ok=True)
        if holder is not None:
            shutil.copytree(folder, disk.seen, dirs_exist_ok=True)
            stack.callback(shutil.copytree, disk.seen, folder, dirs_exist_ok=True)
            for part in parts:
                subprocess.run([*disk.words, *_mount(folder / part, megabytes)], check=True)
        yield disk


def _mounted(folder: Path, stack: ExitStack, megabytes: int) -> int | None:
    """A process whose namespace has a small disk in the place of a folder; None where there can be none."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return None
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    process = subprocess.Popen(
        [*alone, "sh", "-c", _HOLD, "sh", *_mount(folder, megabytes)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    stack.enter_context(process)  # its input is closed at the end, and it is waited for
    assert process.stdout is not None
    return process.pid if process.stdout.readline() == "mounted\n" else None


def _mount(place: Path, megabytes: int) -> list[str]:
    return ["mount", "-t", "tmpfs", "-o", f"mode=0700,size={megabytes}m", "none", str(place)]


def _inside(holder: int) -> tuple[str, ...]:
    mine = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
    return ("nsenter", "--target", str(holder), "--mount", *mine, f"--wd={Path.cwd()}", "--")


def _fill(descriptor: int) -> None:
    for size in (1 << 20, 4096, 1):
        try:
            while os.write(descriptor, bytes(size)):
                pass
        except OSError:
            continue


@contextmanager
def _no_growth(parent: int) -> Iterator[None]:
    """While the block lasts, no file of a service's processes may grow."""
    below = children(parent)
    before = {process: resource.prlimit(process, resource.RLIMIT_FSIZE) for process in below}
    for process, (_, most) in before.items():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)
