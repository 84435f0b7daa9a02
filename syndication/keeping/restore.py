"""Restoring both databases from a backup, and bringing them to today before anybody is served.

A mark stands in each database from the first change to the last: no service starts on half of the data, on any host,
and only another restoration or a move may go on from there.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from collector import door
from syndication import asgi, boot
from syndication.errors import KeepingError
from syndication.keeping import folder as folders
from syndication.keeping import manifest, store
from syndication.keeping.backup import KEYS, Tell, ledger_of
from syndication.keeping.bases import Base, bases
from syndication.keeping.manifest import Manifest
from syndication.keeping.postgresql import store as postgresql
from syndication.keeping.sqlite import store as sqlite
from syndication.keeping.today import Done, bring_to_today
from syndication.settings import Settings


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever restores has decided. ``ledgers``: files of the ledger of withdrawals; ``replace``: what is there
    already goes; ``other_keys``: links and sessions of that day may die; ``mails_left``: mails that were due then may
    have left, so none is sent."""

    ledgers: tuple[Path, ...] = ()
    replace: bool = False
    other_keys: bool = False
    mails_left: bool = True


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. ``later``: a ledger of the time since was found, so withdrawals since then are known;
    ``damaged``: lines of ledgers that cannot be read; ``faults``: what keeps a service from working there."""

    manifest: Manifest
    migrated: bool
    later: bool
    damaged: int
    done: Done
    faults: tuple[str, ...]


def restore(
    settings: Settings, folder: Path, wish: Wish, clock: Callable[[], datetime], tell: Tell
) -> Restored:  # fmt: skip
    """Restore a backup into the databases of the settings; raises KeepingError, FolderBusy, LedgerError, OSError.

    Nothing is touched before all of the backup was read and found whole.
    """
    told, both = folders.read_manifest(folder), bases(settings)
    _refuse_unfit(told, both)
    _refuse_itself(settings, folder)
    with door.alone(settings.folders), ExitStack() as stack:
        for base in both:  # before either is held: two schemas of one database would be each other's company
            base.refuse_company()
        for base in both:
            stack.enter_context(base.alone())
        for base in both:
            base.refuse_others()
        _refuse_full(both, replace=wish.replace)
        folders.check_sizes(folder, told)  # keys that were not copied are not keys that were never there
        keys = _keys_to_come(settings, folder, told, wish)
        ledgers = {path: door.read_ledger(path) for path in _ledgers(settings, folder, wish.ledgers)}
        lines = [line for some in ledgers.values() for line in some]
        later = any(door.knows_since(some, told.moment) for path, some in ledgers.items() if path != ledger_of(folder))
        if not wish.other_keys:
            _refuse_unknown_keys(lines, keys, told.moment.date())
        folders.check_contents(folder, told, _steps("vérification", told.size, tell))
        for base in both:
            _mark(base)
        _keep_keys(settings, keys)
        _put_both_back(both, folder, told, tell)
        done = bring_to_today(settings, lines, told.moment, clock, known=later, mails_left=wish.mails_left)
        for base in both:
            base.end_filling()
    migrated = any(told.bases[base.name].revision != base.schema.revisions[-1] for base in both)
    return Restored(told, migrated, later, sum(map(door.count_damaged, ledgers)), done, tuple(_faults(settings)))


def _faults(settings: Settings) -> list[str]:
    hub = asgi.open_hub(settings)
    try:
        return boot.faults(hub)
    finally:
        hub.close()


def _refuse_unfit(told: Manifest, both: Sequence[Base]) -> None:
    for base in both:
        kept = told.bases.get(base.name)
        if kept is None:
            raise KeepingError(f"{manifest.NAME} ne dit rien de la base {base.name} : prenez une autre sauvegarde.")
        if kept.revision not in base.schema.revisions:
            raise KeepingError(
                f"Cette sauvegarde vient d'une version plus récente (Sirius {told.release}, schéma {kept.revision} de "
                f"la base {base.name}) : installez cette version, puis recommencez."
            )
        if kept.kind != base.kind:
            raise KeepingError(
                f"La base {base.name} a été sauvegardée depuis {_NAMES[kept.kind]}, et {base.shown} est en "
                f"{_NAMES[base.kind]} : restaurez dans {_NAMES[kept.kind]}, puis passez par « sirius move »."
            )


def _refuse_itself(settings: Settings, folder: Path) -> None:
    """Raise KeepingError when a backup stands where it would be restored: it would be replaced before it is read."""
    if folder.resolve() in {held.resolve() for held in settings.folders}:
        raise KeepingError(
            f"{folder} : la sauvegarde est là où vous restaurez, et elle y serait perdue. Restaurez dans un autre "
            "dossier (SIRIUS_DATA_DIR, SIRIUS_…_DATABASE_URL), ou copiez-la d'abord ailleurs."
        )


_NAMES = {manifest.SQLITE: "SQLite", manifest.POSTGRESQL: "PostgreSQL"}


def _refuse_full(both: Sequence[Base], *, replace: bool) -> None:
    for base in both:
        if not replace and not base.is_half_filled() and not base.is_empty():
            raise KeepingError(
                f"{base.shown} n'est pas vide, et rien n'y a été changé. Restaurez ailleurs (SIRIUS_DATA_DIR), ou "
                "ajoutez --replace pour perdre ce qui s'y trouve."
            )


# -- keys and ledgers ------------------------------------------------------------------------------------------------


def _keys_to_come(settings: Settings, folder: Path, told: Manifest, wish: Wish) -> tuple[str, ...]:
    """The keys that the restored service will have, the backup's first; raises KeepingError when its own are not there.

    Keys that the folder of data has already made are kept after them: links that they signed live on.
    """
    given = settings.collector.secret_keys
    kept = folder / KEYS
    saved = () if given or not kept.exists() else tuple(kept.read_text(encoding="ascii").split())
    own = settings.data_dir / "secret_keys"
    made = () if given or not own.exists() else tuple(own.read_text(encoding="ascii").split())
    keys = given or (*saved, *(key for key in made if key not in saved))
    if told.keys and told.keys[0] not in map(door.key_tag, keys) and not wish.other_keys:
        raise KeepingError(
            "Les clés de cette sauvegarde ne sont pas là : les liens, sessions et webhooks de ce jour-là seraient "
            "perdus. Donnez-les dans SIRIUS_SECRET_KEYS, ou ajoutez --other-keys pour vous en passer."
        )
    return keys


def _keep_keys(settings: Settings, keys: Sequence[str]) -> None:
    if settings.collector.secret_keys or not keys:
        return
    path = settings.data_dir / "secret_keys"
    draft = path.with_name(f"{path.name}.tmp")
    draft.unlink(missing_ok=True)
    with folders.create(draft) as file:
        file.write("".join(f"{key}\n" for key in keys).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _ledgers(settings: Settings, folder: Path, given: Sequence[Path]) -> list[Path]:
    """Every ledger at hand, the backup's own first."""
    return [*(path for path in (ledger_of(folder), settings.collector.ledger) if _is_ledger(path)), *given]


def _is_ledger(path: Path) -> bool:
    return any(file.exists() for file in door.ledger_files(path).values())


def _refuse_unknown_keys(lines: Sequence[door.Line], keys: Sequence[str], restored: date) -> None:
    """Raise KeepingError when what was taken back since a day cannot be recognised: it would come back unseen."""
    known, day = set(map(door.key_tag, keys)), restored.isoformat()
    lost = sum(bool(line.key) and line.key not in known and line.when >= day for line in lines)
    if lost:
        raise KeepingError(
            f"{lost} ligne(s) du registre des retraits sont marquées d'une clé qui n'est pas là : ajoutez-la à "
            "SIRIUS_SECRET_KEYS, ou ajoutez --other-keys et retirez ces textes à la main."
        )


# -- databases -------------------------------------------------------------------------------------------------------


def _put_both_back(both: Sequence[Base], folder: Path, told: Manifest, tell: Tell) -> None:
    """Put both databases back at once, each mostly waiting for its server or its disk, and migrate them."""
    for base in both:  # one after the other: what runs migrations is shared
        _make_room(base, told.bases[base.name])
    with ThreadPoolExecutor(len(both)) as pool:
        under_way = [pool.submit(_put_back, base, folder, told.bases[base.name], tell) for base in both]
    for one in under_way:
        one.result()
    for base in both:
        with base.opened() as engine:
            base.schema.migrate(engine, "head")


def _mark(base: Base) -> None:
    """Have whoever comes to a database know that it is being restored; one that is damaged is made anew."""
    if base.kind == manifest.SQLITE and _is_damaged(base):
        sqlite.remove(sqlite.file_of(base.url))
    base.begin_filling()
    if base.kind == manifest.SQLITE:
        with base.opened() as engine:
            sqlite.shut(engine)


def _is_damaged(base: Base) -> bool:
    try:
        with base.opened() as engine, engine.connect() as connection:
            store.filled_as(connection)
    except SQLAlchemyError as error:
        if sqlite.is_damage(error):
            return True
        raise
    return False


def _make_room(base: Base, kept: manifest.Base) -> None:
    """Leave nothing of what is there but the mark, and bring PostgreSQL's schema to where it was."""
    if kept.kind == manifest.SQLITE:
        _replace_file(base)
        return
    with base.opened() as engine:
        with engine.begin() as connection:
            postgresql.drop(connection, {*kept.tables, *base.tables, store.VERSION})
        base.schema.migrate(engine, kept.revision)


def _put_back(base: Base, folder: Path, kept: manifest.Base, tell: Tell) -> None:
    """Put a database back and count it; raises KeepingError when it has not every row."""
    if kept.kind == manifest.SQLITE:
        source = folder / f"{base.name}.db"
        _replace_file(base, source, _steps(base.name, source.stat().st_size, tell))
    else:
        _fill_postgresql(base, folder / base.name, kept, tell)
    with base.opened() as engine, engine.connect() as connection:
        found = store.described(connection, kept.tables).tables
    differs = [name for name, table in kept.tables.items() if found[name].rows != table.rows]
    if differs:
        raise KeepingError(f"Base {base.name} : {differs[0]} n'a pas toutes ses lignes. Recommencez la restauration.")


def _replace_file(base: Base, source: Path | None = None, step: Callable[[int], None] = lambda _: None) -> None:
    """Put a copy of a file, or an empty one, in the place of a database's; it bears the mark before it stands there."""
    path = sqlite.file_of(base.url)
    draft = sqlite.draft_of(path)
    sqlite.remove(draft)
    try:
        if source is not None:
            folders.copy(source, draft, step)
        _mark(replace(base, url=f"sqlite:///{draft}"))
        sqlite.replace(path, draft)
    except BaseException:
        sqlite.remove(draft)  # on a disk that is full, say
        raise
    door.sync_folder(path.parent)


def _fill_postgresql(base: Base, folder: Path, kept: manifest.Base, tell: Tell) -> None:
    size = sum((folder / f"{name}{postgresql.ENDING}").stat().st_size for name in kept.tables)
    with base.opened() as engine:
        with engine.begin() as connection:
            postgresql.put_back(connection, kept.tables, folder, kept.sequences, _steps(base.name, size, tell))
        with engine.begin() as connection:
            postgresql.analyse(connection, kept.tables)


def _steps(name: str, total: int, tell: Tell) -> Callable[[int], None]:
    done = 0

    def step(size: int) -> None:
        nonlocal done
        done += size
        tell(name, done, total)

    return step
