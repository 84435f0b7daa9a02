"""Moving both databases, or one, from SQLite to PostgreSQL or back: copied, then read back row by row and compared.

The source is only read. A target bears a mark until all was compared: nobody uses it before, and a move that was cut
off is begun again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from sqlalchemy import Connection, Engine

from collector import door
from syndication.database import writing
from syndication.errors import KeepingError
from syndication.keeping import manifest, store
from syndication.keeping.backup import Tell
from syndication.keeping.bases import FULL_TEXT, HUB, Base, base_at, bases
from syndication.keeping.postgresql import store as postgresql
from syndication.keeping.sqlite import store as sqlite
from syndication.keeping.store import Row
from syndication.search import store as search
from syndication.settings import Settings, same_database

MIGRATIONS = "bookmark"
"""The table that migrations put something in."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that was moved: its name, its rows, and their SHA-256, the same on both sides."""

    table: str
    rows: int
    sha256: str


def move(settings: Settings, addresses: Mapping[str, str], tell: Tell) -> dict[str, list[Moved]]:
    """Move databases (``syndication``, ``collector``) of the settings to addresses; gives what was moved, by database.

    Raises KeepingError, FolderBusy, OSError; then nobody should use the target.
    """
    pairs = [
        (base, base_at(base.name, addresses[base.name], f"--{base.name}"))
        for base in bases(settings)
        if base.name in addresses
    ]
    _refuse_one_for_both({base.name: target.url for base, target in pairs}, bases(settings))
    folders = door.folders_of(settings.data_dir, *(base.url for base in [*bases(settings), *(to for _, to in pairs)]))
    with door.alone(folders), ExitStack() as stack:
        for source, target in pairs:
            _refuse_unfit(source, target)
        for base in (base for pair in pairs for base in pair):
            stack.enter_context(base.alone())
        for target in [target for _, target in pairs]:
            _make_ready(target)
        moved = {source.name: _move(source, target, tell) for source, target in pairs}
        for _, target in pairs:
            target.end_filling()
    return moved


def _refuse_one_for_both(targets: Mapping[str, str], both: Sequence[Base]) -> None:
    one, other = (targets.get(base.name, base.url) for base in both)
    if same_database(one, other):
        raise KeepingError(
            "--collector et --syndication mèneraient à la même base, où rien n'a été changé : donnez-en une à chacune."
        )


def _refuse_unfit(source: Base, target: Base) -> None:
    if same_database(source.url, target.url):
        raise KeepingError(f"Base {source.name} : {target.shown} est déjà son adresse.")
    if not source.is_there():
        raise KeepingError(f"{source.shown} : il n'y a pas de base à déménager.")
    for base in (source, target):
        base.refuse_company()
    newest = source.schema.revisions[-1]
    with source.opened() as engine:
        found = source.schema.revision_of(engine)
    if found and found not in source.schema.revisions:
        raise KeepingError(door.newer_than_us(source.url, found, newest))
    if found != newest:
        raise KeepingError(f"{source.shown} est au schéma {found or 'vide'}, il faut {newest} : « sirius migrate ».")
    target.refuse_others()
    if not target.is_there() or target.is_half_filled():
        return
    with target.opened() as engine:
        found = target.schema.revision_of(engine)
    if found not in {"", newest}:
        raise KeepingError(f"{target.shown} est au schéma {found}, il faut {newest} : donnez une base vide.")
    if not target.is_empty():
        raise KeepingError(
            f"{target.shown} n'est pas vide, et rien n'y a été changé. Donnez une base vide ; si l'un des deux "
            "déménagements a déjà abouti, ne demandez que l'autre."
        )


def _make_ready(target: Base) -> None:
    """Leave nothing there of a move that was cut off, and mark it as not moved to yet."""
    if target.is_half_filled():
        if target.kind == manifest.SQLITE:
            for path in (sqlite.file_of(target.url), sqlite.draft_of(sqlite.file_of(target.url))):
                sqlite.remove(path)
        else:
            with target.opened() as engine, engine.begin() as connection:
                postgresql.drop(connection, {*target.tables, store.VERSION})
    target.begin_filling()


def _move(source: Base, target: Base, tell: Tell) -> list[Moved]:
    with source.opened() as there, target.opened() as here:
        target.schema.migrate(here, "head")
        with store.hold(there) as moment:
            told = store.described(moment, source.tables)
            _copy(source, moment, told, here, tell)
            moved = _compare(source, moment, told, here, tell)
        if target.kind == manifest.POSTGRESQL:
            with here.begin() as connection:
                postgresql.analyse(connection, [one.table for one in moved])
    return moved


def _copy(source: Base, moment: Connection, told: manifest.Base, here: Engine, tell: Tell) -> None:
    counter = _Counter(f"{source.name}, copie", told.rows, tell)
    with writing(here).begin() as connection:
        if store.kind_of(here) == manifest.POSTGRESQL:
            _copy_to_postgresql(source, moment, told, connection, counter)
        else:
            _copy_to_sqlite(source, moment, told, connection, counter)


def _copy_to_postgresql(
    source: Base, moment: Connection, told: manifest.Base, connection: Connection, counter: "_Counter"
) -> None:  # fmt: skip
    tables = {table.name: table for table in source.schema.tables}
    columns: dict[str, Sequence[str]] = {name: table.columns.keys() for name, table in tables.items()}
    if source.name == HUB:
        columns[FULL_TEXT] = ("id", "words")

    def feed(name: str, copied: Any) -> None:
        if name == FULL_TEXT:
            for number, terms in counter.walked(search.words_held(moment)):
                copied.write_row((number, search.as_vector(terms)))
            return
        stored = postgresql.storing(connection, tables[name])
        for row in counter.walked(store.rows(moment, tables[name])):
            copied.write_row(stored(row))

    postgresql.fill(connection, columns, told.sequences, feed)


def _copy_to_sqlite(
    source: Base, moment: Connection, told: manifest.Base, connection: Connection, counter: "_Counter"
) -> None:  # fmt: skip
    sqlite.check_references_at_commit(connection)
    for table in source.schema.tables:
        if table.name == MIGRATIONS:
            store.clear(connection, table)
        for some in _batches(counter.walked(store.rows(moment, table))):
            store.fill(connection, table, some)
    if source.name == HUB:
        for some in _batches(counter.walked(search.words_held(moment))):
            search.put_words(connection, some)
    sqlite.go_on_from(connection, told.sequences)


def _compare(source: Base, moment: Connection, told: manifest.Base, here: Engine, tell: Tell) -> list[Moved]:
    """Read both sides in the order of their keys; raises KeepingError naming the first row that differs."""
    counter = _Counter(f"{source.name}, relecture", told.rows, tell)
    moved: list[Moved] = []
    with store.hold(here) as connection:
        for table in source.schema.tables:
            pairs = zip_longest(counter.walked(store.rows(moment, table)), store.rows(connection, table))
            moved.append(_same(source.name, table.name, pairs))
        if source.name == HUB:
            pairs = zip_longest(_words(moment), _words(connection))
            moved.append(_same(source.name, FULL_TEXT, pairs))
    return moved


def _words(connection: Connection) -> Iterator[Row]:
    """What the full text holds; each kind of database keeps terms in an order of its own."""
    return ((number, sorted(set(terms.split()))) for number, terms in search.words_held(connection))


def _same(base: str, table: str, pairs: Iterable[tuple[Row | None, Row | None]]) -> Moved:
    digest = store.Digest()
    for before, after in pairs:
        if before is None or after is None or before != after:
            raise KeepingError(
                f"Base {base} : la ligne {digest.count + 1} de {table} n'est pas la même des deux côtés. "
                "N'utilisez pas la base d'arrivée ; celle de départ est intacte."
            )
        digest.add(before)
    return Moved(table, digest.count, digest.told())


def _batches(some: Iterable[Row]) -> Iterator[Sequence[Row]]:
    walked = iter(some)
    while batch := list(islice(walked, store.AT_ONCE)):
        yield batch


class _Counter:
    """Tells how far a walk through many rows has come, now and then."""

    def __init__(self, name: str, total: int, tell: Tell) -> None:
        self._name, self._total, self._tell, self._done = name, total, tell, 0

    def walked(self, some: Iterable[Row]) -> Iterator[Row]:
        """The same rows, counted as they pass."""
        for row in some:
            self._done += 1
            if self._done % store.AT_ONCE == 0:
                self._tell(self._name, self._done, self._total)
            yield row
        self._tell(self._name, self._done, self._total)
