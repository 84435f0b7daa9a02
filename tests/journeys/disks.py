"""Small disks that a test fills to their last byte, in the place of folders, for the processes that it starts there.

They are file systems in memory, mounted in a namespace of their own, which root can make, and anybody where the system
lets people have namespaces: whatever ends the test, no mount is left. Where it can be neither, no file of the processes
may grow while a disk is said to be full (``RLIMIT_FSIZE``): what they meet is a write that the system refuses.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

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

    @property
    def words_as_oneself(self) -> tuple[str, ...]:
        """The same words, for what refuses to be root: whoever is not may seem to be where the disk is."""
        if not self.words or os.geteuid() == 0:
            return self.words
        return (*self.words, "unshare", "--user", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}", "--")

    @contextmanager
    def full(self, processes: Iterable[int], part: str = "") -> Iterator[None]:
        """While the block lasts, the disk has no byte left for some processes, whatever is freed on it; ``part``: that
        of a folder of it."""
        if self.kind == LIMIT:
            with _no_growth(processes):
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

    @contextmanager
    def read_only(self, part: str = "") -> Iterator[None]:
        """While the block lasts, nobody may write there, where no file is open to be written; nobody but root, where
        the disk is none of its own; ``part``: on that of a folder of it."""
        place = self.folder / part
        if self.kind == LIMIT:
            modes = {path: path.stat().st_mode for path in (*place.rglob("*"), place)}
            for path, mode in modes.items():
                path.chmod(mode & ~0o222)
            try:
                yield
            finally:
                for path, mode in modes.items():
                    path.chmod(mode)
            return
        subprocess.run([*self.words, "mount", "-o", "remount,ro", place], check=True)
        try:
            yield
        finally:
            subprocess.run([*self.words, "mount", "-o", "remount,rw", place], check=True)

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
def _no_growth(processes: Iterable[int]) -> Iterator[None]:
    """While the block lasts, no file of some processes may grow."""
    before = {process: _limit(process) for process in processes}
    for process in before:
        _set_limit(process, "0")
    try:
        yield
    finally:
        for process, limit in before.items():
            _set_limit(process, limit)


def _limit(process: int) -> str:
    (line,) = [line for line in Path(f"/proc/{process}/limits").read_text().splitlines() if "Max file size" in line]
    return line.split()[3]


def _set_limit(process: int, limit: str) -> None:
    """Limit a process as its own user may, which root in a container may not always; one that is gone is left."""
    with suppress(OSError):
        owner = Path(f"/proc/{process}").stat()
        whose = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
        words = ["prlimit", f"--pid={process}", f"--fsize={limit}:"]
        subprocess.run(words, **whose, stderr=subprocess.DEVNULL, check=False)  # type: ignore[call-overload]
