"""Who works on an installation's folders: two services, or the processes of two installations, must not share one by
mistake, be it the folder of their data or that of a SQLite file.

A process holds a lock of the system's on a file that says who it works for; others who work for the same one hold it
too, and anybody else is told who it is. The lock ends with its last holder, however that ends; the file stays.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from time import sleep

from sqlalchemy.engine import make_url

from collector.door import files_of, make_file, make_folder, unusable
from syndication.errors import ConfigurationError
from syndication.settings import Settings

SERVICE, INSTALLATION = "service.lock", "installation.lock"
TRIES, TRY_SECONDS = 5, 0.05
"""How often a lock that seems taken is tried, and how long in between: who only looks holds it for an instant."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What is held, a folder or a file; the file of its lock; what gives it."""

    held: Path
    lock: Path
    given_by: str


@dataclass(frozen=True, slots=True)
class _Other:
    """Somebody else who works in a place, in words."""

    place: _Place
    told: str


@contextlib.contextmanager
def working(settings: Settings) -> Iterator[None]:
    """Be one of the processes of an installation; raises ConfigurationError when another one works on its folder.

    Installations differ by what they publish, and where: the address, the thresholds, the databases.
    """
    told = f"{settings.public_url}, processus {os.getpid()}"
    _make_files(settings)
    with _held(settings, INSTALLATION, _installation(settings), told) as other:
        if other:
            raise ConfigurationError(_another(other))
        yield


def stranger(settings: Settings) -> str:
    """Who of another installation works in its folders now, and what to do, a sentence; empty when nobody does. Nothing
    is written."""
    for place in _places(settings, INSTALLATION):
        try:
            descriptor = os.open(place.lock, os.O_RDONLY)
        except OSError:  # nobody ever worked there
            continue
        try:
            theirs = _other(os.pread(descriptor, 4096, 0), _installation(settings))
            if theirs and not _lock_alone(descriptor):
                return _another(_Other(place, theirs))
        finally:
            os.close(descriptor)
    return ""


def _make_files(settings: Settings) -> None:
    """Make SQLite's files where they are new, empty, as opening them does; raises ConfigurationError."""
    for file in settings.files:
        try:
            make_file(file)
        except OSError as error:
            raise ConfigurationError(unusable(file, error)) from None


def _installation(settings: Settings) -> str:
    databases = (_named(url) for url in (settings.database_url, settings.collector.database_url))
    told = (settings.public_url, astuple(settings.thresholds), *databases)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _named(url: str) -> tuple[str, ...]:
    """What tells a database from others, however the way to it is spelled: another container may see it elsewhere."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return (number_of(url),)
    return (address.database or "", repr(address.query.get("options")))  # the path to its schema, if any is given


def number_of(url: str) -> str:
    """What tells a SQLite file from others, its number on its disk: one that is restored has another, and then nobody
    works there. Empty where there is none."""
    (file,) = files_of(url)
    with contextlib.suppress(OSError):
        return str(file.stat().st_ino)
    return ""


@contextlib.contextmanager
def serving(settings: Settings, watcher: int, address: str) -> Iterator[None]:
    """Be one of the web processes of a service, known by the process that watches over them and heard at an address;
    raises ConfigurationError when another service works on the folder, or on the files."""
    mark = f"{watcher}@{os.uname().nodename}"  # of two containers on one folder, both may be process 1
    with _held(settings, SERVICE, mark, f"{address}, processus {watcher}") as other:
        if other:
            raise ConfigurationError(
                f"Un autre « sirius serve » sert déjà {other.place.held} ({other.told}) : arrêtez-le, ou changez "
                f"{other.place.given_by}."
            )
        yield


def _another(other: _Other) -> str:
    return (
        f"{other.place.held} sert déjà une autre installation ({other.told}) : arrêtez-la, reprenez ses réglages "
        f"(SIRIUS_PUBLIC_URL, SIRIUS_…_DATABASE_URL, SIRIUS_MIN_RESPONDENTS…), ou changez {other.place.given_by}."
    )


def _places(settings: Settings, name: str) -> list[_Place]:
    """Where the locks of a name are: in the folder of data, and beside each file of SQLite's, which others may have for
    theirs from another folder."""
    own = settings.data_dir
    return [
        _Place(own, own / name, "SIRIUS_DATA_DIR"),
        *(_Place(file, file.with_name(f"{file.name}.{name}"), "SIRIUS_…_DATABASE_URL") for file in settings.files),
    ]


@contextlib.contextmanager
def _held(settings: Settings, name: str, mark: str, told: str) -> Iterator[_Other | None]:
    """Hold the locks of a name together with who has the same mark; gives who has another, if somebody does."""
    with contextlib.ExitStack() as stack:
        others: list[_Other] = []
        for place in _places(settings, name):
            descriptor = _open(settings, place)
            if descriptor is not None:
                stack.callback(os.close, descriptor)
                if theirs := _take(descriptor, mark, told):
                    others.append(_Other(place, theirs))
        yield others[0] if others else None


def _open(settings: Settings, place: _Place) -> int | None:
    """The file of a lock, opened; None where nothing need be kept there. Raises ConfigurationError."""
    try:
        make_folder(place.lock.parent)
        return os.open(place.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if not settings.files:
            return None
        raise ConfigurationError(f"{place.given_by} : {unusable(place.lock, error)}") from None


def _take(descriptor: int, mark: str, told: str) -> str:
    """Hold a lock; gives who holds it under another mark, empty when nobody does."""
    theirs = ""
    for _ in range(TRIES):
        if _lock_alone(descriptor):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps([mark, told]).encode(), 0)
        _lock_together(descriptor)
        theirs = _other(os.pread(descriptor, 4096, 0), mark)
        if not theirs:
            break
        sleep(TRY_SECONDS)
    return theirs


def _other(line: bytes, mark: str) -> str:
    try:
        theirs, told = json.loads(line)
    except (ValueError, TypeError):  # cut short: the disk was full
        return ""
    return "" if theirs == mark else str(told)


def _lock_alone(descriptor: int) -> bool:
    """Lock what is open, unless others hold it; True where the disk knows no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _lock_together(descriptor: int) -> None:
    """Lock what is open with others, once who writes it is done."""
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
