"""The collector's engine, its migrations, and statements compiled once for the paths that many walk at once."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    ClauseElement,
    Column,
    Connection,
    Dialect,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from collector import models
from collector.errors import SettingError
from collector.private import make_file
from collector.reaching import reach
from collector.trouble import given_by, half_restored, not_ours, note_place

BUSY_MILLISECONDS = 10_000
"""How long a writer waits for the others, in both kinds of database."""
WRITERS = 7275
"""Number of the lock that PostgreSQL's writers take; the hub's, which may share the database, have another."""
ANEW_AT_ONCE_BYTES = 32 * 1024 * 1024
"""A file up to this size is written anew in a fraction of a second."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String))
_SETTING = "SIRIUS_COLLECTOR_DATABASE_URL"
HALF_RESTORED = "restauration_inachevee"
"""Name of a table that stands in a database while it is being restored or moved to, and says which of the two it is."""
_OWN_TABLE = "response"
"""A table that every revision has, and that the other database has not."""


def to_json(value: Any) -> str:
    """A value of a JSON column as stored: letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def table(model: type[models.Table]) -> Table:
    """The table behind a model."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


def open_engine(url: str, setting: str = _SETTING) -> Engine:
    """Open an engine on SQLite (WAL, ``synchronous=FULL``) or PostgreSQL; the folder of a SQLite file is made.

    ``setting`` is what gives the address, for who is told what is wrong with it. Transactions of an engine that has the
    option ``write`` take the write lock at once. One writer at a time on PostgreSQL too: events are numbered before
    they are committed, so a follower of the highest number would miss those that come late; and of two links of one
    person, one alone answers.
    """
    if not url.startswith("sqlite"):
        engine = reach(url, json_serializer=to_json)
        note_place(engine, setting)
        event.listen(engine, "begin", _begin_in_order)
        return engine
    path = make_url(url).database
    if path and path != ":memory:":
        make_file(Path(path))
    engine = create_engine(
        url, connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False}, hide_parameters=True,
        json_serializer=to_json,
    )  # fmt: skip
    note_place(engine, setting)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to this release, or to an earlier revision of it; all of it or none, and of several who do, one
    does while the others wait."""
    # imported here: it weighs a seventh of all that loads, for what happens once a release
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _compare_by_code_point(connection)


def _compare_by_code_point(connection: Connection) -> None:
    """Have PostgreSQL compare texts as SQLite does, by code point, whatever the locale of the server."""
    if connection.dialect.name == "sqlite":
        return
    for row in connection.execute(text(_OTHERWISE), {"ours": list(models.metadata.tables)}).all():
        connection.exec_driver_sql(f"ALTER TABLE {row.name} {row.changes}")


_OTHERWISE = """
SELECT c.oid::regclass AS name, string_agg(
  format('ALTER COLUMN %I TYPE %s COLLATE "C"', a.attname, format_type(a.atttypid, a.atttypmod)), ', ') AS changes
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname = ANY(:ours)
  AND a.attcollation = 'pg_catalog.default'::regcollation
GROUP BY c.oid
"""
"""Our tables, with what changes their columns of text that are compared as the server's locale says."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What copying a whole database takes: its tables, parents first; its revisions, the oldest first; how it is
    opened at an address that something gives, which revision it has (empty: none) and how it is brought to one."""

    tables: tuple[Table, ...]
    revisions: tuple[str, ...]
    open: Callable[[str, str], Engine]
    revision_of: Callable[[Engine], str]
    migrate: Callable[[Engine, str], None]


def schema() -> Schema:
    """The collector's own."""
    return Schema(tuple(models.metadata.sorted_tables), revisions(), open_engine, revision_of, migrate)


@cache
def revisions() -> tuple[str, ...]:
    """Every revision of the schema, the oldest first: files of migrations are named by theirs, in their order."""
    return tuple(sorted(path.name.partition("_")[0] for path in _MIGRATIONS.glob("versions/[0-9]*.py")))


def revision_of(engine: Engine) -> str:
    """The revision of a database's schema, empty when no migration ever ran; raises SettingError when the schema is
    not ours, which keeps its revision in a table of the same name, or was restored by half."""
    revision, ours = revision_found(engine, _OWN_TABLE)
    if revision == HALF_RESTORED:
        raise SettingError(half_restored(engine.url))
    if revision and not ours:
        raise SettingError(not_ours(engine.url, "du recueil", given_by(engine)))
    return revision


def is_current(engine: Engine) -> bool:
    """True when the schema is ours, and no migration is pending."""
    return revision_found(engine, _OWN_TABLE) == (revisions()[-1], True)


def revision_found(engine: Engine, own_table: str) -> tuple[str, bool]:
    """The revision of the schema in a database, empty for none, and whether it is that which has a table of its own;
    ``HALF_RESTORED`` for whatever a restoration or a move left by half."""
    with engine.connect() as connection:
        tables = inspect(connection)
        if tables.has_table(HALF_RESTORED):
            return HALF_RESTORED, True
        if not tables.has_table(_VERSION.name):
            return "", False
        revision = connection.execute(select(_VERSION.c.version_num)).scalar() or ""
        return revision, tables.has_table(own_table)


def overwrite_log(engine: Engine) -> bool:
    """Empty SQLite's log of writes, where what was erased would stay a while; nothing to do elsewhere.

    False when a reader holds it, or the database is away: it is for the next round then. Nobody waits long for it.
    """
    if engine.dialect.name != "sqlite":
        return True
    try:
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=100")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        finally:
            connection.close()
    except (engine.dialect.loaded_dbapi.Error, SQLAlchemyError):
        return False
    return not busy


def file_stamp(engine: Engine) -> tuple[int, ...]:
    """What changes when SQLite's database does: size and last write of its file, size of its log; else nothing."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path:
        return ()
    file, log = Path(path).stat(), Path(f"{path}-wal")
    return file.st_size, file.st_mtime_ns, log.stat().st_size if log.exists() else 0


def write_anew(engine: Engine, *, night: bool) -> bool:
    """Write SQLite's file anew; nothing to do elsewhere. False when it is for another time.

    What is erased is overwritten where it stands (``secure_delete``), but rows that SQLite moved from page to page to
    make room left copies behind, which only a new file is without. A large file waits for the ``night``: nobody can
    write meanwhile.
    """
    if engine.dialect.name != "sqlite":
        return True
    path = engine.url.database
    if not path or (not night and Path(path).stat().st_size > ANEW_AT_ONCE_BYTES):
        return False
    try:
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=100")
            try:
                cursor.execute("VACUUM")
            finally:
                cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        finally:
            connection.close()
    except (engine.dialect.loaded_dbapi.Error, SQLAlchemyError):
        return False
    overwrite_log(engine)
    return True


def upsert(
    connection: Connection, target: Table, values: Mapping[str, Any], news: Mapping[str, Any], only_if: Any = None
) -> Any:
    """Insert a row, or give the row of the same key its news."""
    key = [column.name for column in target.primary_key]
    return (
        insert_in(connection.dialect)(target)
        .values(**values)
        .on_conflict_do_update(index_elements=key, set_=dict(news), where=only_if)
    )


def insert_in(dialect: Dialect) -> Any:
    """The insert that knows of conflicts, in the words of a database."""
    return postgresql_insert if dialect.name == "postgresql" else sqlite_insert


class Compiled:
    """A statement in the words of one database, compiled once; values go to the driver as they are."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._positions: Sequence[str] | None = compiled.positiontup if compiled.positional else None

    def values(self, named: Mapping[str, Any]) -> Any:
        """Values as the driver wants them: in order, or by name."""
        return named if self._positions is None else tuple(named[name] for name in self._positions)

    def run(self, connection: Connection, named: Mapping[str, Any]) -> Any:
        """Run it in a transaction; gives the rows."""
        return connection.exec_driver_sql(self.text, self.values(named))


class QuickReader:
    """Single reads on a connection that each thread keeps: no pool, no transaction, the newest committed state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.local()
        self._opened: list[Any] = []
        self._lock = threading.Lock()

    def first(self, statement: Compiled, named: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row, or None; raises OperationalError when the database does not answer."""
        errors: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        kept = getattr(self._mine, "connection", None)
        if kept is not None:
            try:
                return _first(kept, statement, named)
            except errors:  # its server may have gone and come back since: that is no fault of who reads now
                self._let_go(kept)
        try:
            return _first(self._open(), statement, named)
        except errors as error:
            raise OperationalError("read", None, error) from error

    def close(self) -> None:
        """Let go of every thread's connection."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _open(self) -> Any:
        connection = self._engine.raw_connection()
        connection.detach()
        driver: Any = connection.dbapi_connection
        if self._engine.dialect.name != "sqlite":
            driver.autocommit = True
        self._mine.connection = connection
        with self._lock:
            self._opened.append(connection)
        return connection

    def _let_go(self, connection: Any) -> None:
        self._mine.connection = None
        with self._lock, suppress(ValueError):  # closed meanwhile, with all the others
            self._opened.remove(connection)
            connection.close()


def _first(connection: Any, statement: Compiled, named: Mapping[str, Any]) -> tuple[Any, ...] | None:
    cursor = connection.cursor()
    try:
        cursor.execute(statement.text, statement.values(named))
        row: tuple[Any, ...] | None = cursor.fetchone()
    finally:
        cursor.close()
    return row


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are opened by _begin, never by the driver's guess
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-2048")  # kibibytes, for each connection; the system keeps the file at hand
    cursor.execute("PRAGMA wal_autocheckpoint=4000")  # pages: fewer, larger checkpoints under a rush of answers
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, not only forgotten
    cursor.close()


def _begin_in_order(connection: Connection) -> None:
    if connection.get_execution_options().get("write", False):
        patience = func.set_config("lock_timeout", str(BUSY_MILLISECONDS), True)  # in this transaction alone
        connection.execute(select(func.pg_advisory_xact_lock(WRITERS)).select_from(patience))


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
