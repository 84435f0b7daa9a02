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

from sqlalchemy.engine import make_url

from collector.door import unusable
from syndication.errors import ConfigurationError
from syndication.settings import Settings

SERVICE, INSTALLATION = "service.lock", "installation.lock"


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


def _installation(settings: Settings) -> str:
    databases = (_named(url) for url in (settings.database_url, settings.collector.database_url))
    told = (settings.public_url, astuple(settings.thresholds), *databases)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _named(url: str) -> tuple[str, ...]:
    """What tells a database from others, however the way to it is spelled: another container may see it elsewhere."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return (Path(address.database or "").name,)
    return (address.database or "", repr(sorted(address.query.items())))


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
            if theirs := stack.enter_context(_held_in(settings, place, mark, told)):
                others.append(_Other(place, theirs))
        yield others[0] if others else None


@contextlib.contextmanager
def _held_in(settings: Settings, place: _Place, mark: str, told: str) -> Iterator[str]:
    path = place.lock
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if not any(url.startswith("sqlite") for url in (settings.database_url, settings.collector.database_url)):
            yield ""  # nothing need be kept there
            return
        raise ConfigurationError(f"{place.given_by} : {unusable(path, error)}") from None
    try:
        if _lock_alone(descriptor):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps([mark, told]).encode(), 0)
        _lock_together(descriptor)
        yield _other(os.pread(descriptor, 4096, 0), mark)
    finally:
        os.close(descriptor)


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
