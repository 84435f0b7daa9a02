"""Backing up both databases while the service runs.

The moment of the hub's comes before the collector's, and no decision is written between the two. So all that the hub
took in is in the collector, and every receipt that the collector holds is of a decision that the hub holds. After a
restoration, intake goes on from the hub's own bookmark: what it finds beyond was not taken in yet, and what it should
find again is known by its id, so nothing is lost and nothing doubled.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection

from collector import door
from syndication.database import writing
from syndication.errors import KeepingError
from syndication.keeping import folder as folders
from syndication.keeping import manifest, store
from syndication.keeping.bases import Base, bases
from syndication.keeping.manifest import Manifest
from syndication.keeping.postgresql import store as postgresql
from syndication.keeping.sqlite import store as sqlite
from syndication.settings import Settings

KEYS, LEDGER = "secret_keys", "retraits"
"""Files of a backup beside those of databases."""
Tell = Callable[[str, int, int], None]
"""Hears of a piece of work: its name, how much of it is done, of how much."""


def back_up(settings: Settings, folder: Path, now: datetime, tell: Tell, *, with_keys: bool = True) -> Manifest:
    """Back up an installation to a new folder; gives what it says of itself.

    ``with_keys``: also the secret keys that the service made, without which links and sessions die. Raises
    KeepingError, FolderBusy, OSError.
    """
    both = bases(settings)
    with door.at_work(settings.folders), _new_folder(folder, both):
        with _moments(both) as moments:
            told = {base.name: store.described(moment, base.tables) for base, moment in moments.items()}
            for base, moment in moments.items():
                _write(base.name, told[base.name], moment, folder, tell)
        _check_counts(folder, told)
        _keep_around(settings, folder, with_keys)
        done = _seal(folder, told, settings, now, tell)
        folders.finish(folder, done)
    return done


@contextmanager
def _new_folder(folder: Path, both: tuple[Base, Base]) -> Iterator[None]:
    for base in both:
        if not base.is_there():
            raise KeepingError(f"{base.shown} : il n'y a pas de base à sauvegarder. Voyez SIRIUS_DATA_DIR.")
    with folders.new_folder(folder):
        yield


def release() -> str:
    """The release of Sirius at work."""
    return version("sirius-avis")


def ledger_of(folder: Path) -> Path:
    """The ledger of withdrawals in a backup."""
    return folder / LEDGER


@contextmanager
def _moments(both: tuple[Base, Base]) -> Iterator[Mapping[Base, Connection]]:
    hub, collector = both
    with ExitStack() as stack:
        engines = [stack.enter_context(base.opened()) for base in both]
        for base, engine in zip(both, engines, strict=True):
            revision, known = base.schema.revision_of(engine), base.schema.revisions
            if not revision:
                raise KeepingError(f"{base.shown} : cette base est vide, il n'y a rien à sauvegarder.")
            if revision not in known:
                raise KeepingError(door.newer_than_us(base.url, revision, known[-1]))
        with writing(engines[0]).begin():  # for an instant, nobody else decides
            moments = [stack.enter_context(store.hold(engine)) for engine in engines]
        yield {hub: moments[0], collector: moments[1]}


def _write(name: str, told: manifest.Base, moment: Connection, folder: Path, tell: Tell) -> None:
    if told.kind == manifest.SQLITE:
        sqlite.copy(moment, folder / f"{name}.db", lambda done, total: tell(name, done, total))
        return
    done = 0

    def step(rows: int) -> None:
        nonlocal done
        done += rows
        tell(name, done, told.rows)

    (folder / name).mkdir(mode=0o700)
    postgresql.copy(moment, told.tables, folder / name, step)


def _check_counts(folder: Path, told: Mapping[str, manifest.Base]) -> None:
    """Count the rows of copied files as they are on the disk, and look whether each page of them is sound: a file that
    is damaged is copied as it is; raises KeepingError."""
    for name, base in told.items():
        if base.kind == manifest.SQLITE:
            if not sqlite.is_sound(folder / f"{name}.db"):
                raise KeepingError(
                    f"Base {name} : son fichier est abîmé, et sa copie le serait. Gardez vos autres sauvegardes, et "
                    "restaurez la dernière."
                )
            copied = sqlite.counted(folder / f"{name}.db", list(base.tables))
            differs = [table for table, kept in base.tables.items() if copied[table] != kept.rows]
            if differs:
                raise KeepingError(f"Base {name} : la copie n'a pas toutes les lignes ({differs[0]}). Recommencez.")


def _keep_around(settings: Settings, folder: Path, with_keys: bool) -> None:
    """Keep what stands beside the databases: the ledger, and the keys that the service made for itself."""
    for name, path in door.ledger_files(settings.collector.ledger).items():
        if path.exists():
            folders.copy(path, door.ledger_files(ledger_of(folder))[name])
    if with_keys and not settings.collector.secret_keys and settings.keys():
        folders.copy(settings.data_dir / "secret_keys", folder / KEYS)


def _seal(
    folder: Path, told: Mapping[str, manifest.Base], settings: Settings, now: datetime, tell: Tell
) -> Manifest:  # fmt: skip
    written = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != manifest.UNDER_WAY)
    total, done = sum(path.stat().st_size for path in written), 0

    def step(size: int) -> None:
        nonlocal done
        done += size
        tell("vérification", done, total)

    files = {path.relative_to(folder).as_posix(): folders.seal(path, step) for path in written}
    return Manifest(now, release(), told, files, tuple(map(door.key_tag, settings.keys())))
