"""The hub's engine, its migrations, and the few statements that SQLite and PostgreSQL write differently."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    ClauseElement,
    Connection,
    Dialect,
    Engine,
    Table,
    Text,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from collector.door import (
    HALF_RESTORED,
    Schema,
    given_by,
    half_restored,
    make_file,
    not_ours,
    note_place,
    reach,
    revision_found,
)
from syndication import models
from syndication.errors import ConfigurationError

BUSY_MILLISECONDS = 20_000
"""How long a writer waits for the others, in both kinds of database."""
WRITERS = 7274
"""Number of the lock that PostgreSQL's writers take; the collector's, which may share the database, have another."""
ANEW_AT_ONCE_BYTES = 32 * 1024 * 1024
"""A file up to this size is written anew in a fraction of a second."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_SETTING = "SIRIUS_SYNDICATION_DATABASE_URL"
_OWN_TABLE = "verbatim"
"""A table that every revision has, and that the other database has not."""


def table(model: type[models.Table]) -> Table:
    """The SQLAlchemy table behind a model."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


def open_engine(url: str, setting: str = _SETTING) -> Engine:
    """Open an engine on SQLite (WAL, ``synchronous=FULL``) or PostgreSQL; the folder of a SQLite file is made.

    ``setting`` is what gives the address, for who is told what is wrong with it.
    """
    if not url.startswith("sqlite"):
        engine = reach(url)
        note_place(engine, setting)
        event.listen(engine, "begin", _begin_in_order)
        return engine
    path = make_url(url).database
    if path and path != ":memory:":
        make_file(Path(path))
    engine = create_engine(
        url, connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False}, hide_parameters=True
    )
    note_place(engine, setting)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take the write lock at once: none is refused halfway.

    One writer at a time on PostgreSQL too: rows of the change log are numbered before they are committed, so a follower
    of the highest number would miss those that come late; and two writers that take counts and log in another order
    would wait for each other.
    """
    return engine.execution_options(write=True)


def one_moment(engine: Engine) -> Engine:
    """The same engine, whose transactions read one moment from their first statement to their last."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")


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


class Prepared:
    """A statement of the read path, compiled once for each kind of database and run by the driver itself.

    What SQLAlchemy adds to a run (20 to 180 µs, measured) would be most of a view that is not ready. So values go to
    the driver as they are, without expanding lists, and rows come back as the driver gives them (``instant_of``).
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Mapping[str, Any], Sequence[str] | None]] = {}

    def rows(self, connection: Connection, **named: Any) -> list[tuple[Any, ...]]:
        """Every row, in the connection's transaction; raises OperationalError when the database does not answer,
        DataError when it can hold no such value."""
        dialect = connection.dialect
        text, constants, positions = self._compiled.get(dialect.name) or self._compile(dialect)
        values = {**constants, **named}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, values if positions is None else tuple(values[name] for name in positions))
            return list(cursor.fetchall())
        except dialect.loaded_dbapi.DataError as error:
            raise DataError(text, None, error) from error
        except dialect.loaded_dbapi.Error as error:
            raise OperationalError(text, None, error) from error
        finally:
            cursor.close()

    def row(self, connection: Connection, **named: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        rows = self.rows(connection, **named)
        return rows[0] if rows else None

    def _compile(self, dialect: Dialect) -> tuple[str, Mapping[str, Any], Sequence[str] | None]:
        compiled: Any = self._statement.compile(dialect=dialect)
        found = (str(compiled), dict(compiled.params), compiled.positiontup if compiled.positional else None)
        self._compiled[dialect.name] = found
        return found


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to this release, or to an earlier revision of it; all of it or none, and of several who do, one
    does while the others wait."""
    # imported here: it weighs a seventh of all that loads, for what happens once a release
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with writing(engine).begin() as connection:
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


def schema() -> Schema:
    """What copying the hub's database takes."""
    return Schema(tuple(models.metadata.sorted_tables), revisions(), open_engine, revision_of, migrate)


@cache
def revisions() -> tuple[str, ...]:
    """Every revision of the schema, the oldest first: files of migrations are named by theirs, in their order."""
    return tuple(sorted(path.name.partition("_")[0] for path in _MIGRATIONS.glob("versions/[0-9]*.py")))


def revision_of(engine: Engine) -> str:
    """The revision of a database's schema, empty when no migration ever ran; raises ConfigurationError when the schema
    is not ours, which keeps its revision in a table of the same name, or was restored by half."""
    revision, ours = revision_found(engine, _OWN_TABLE)
    if revision == HALF_RESTORED:
        raise ConfigurationError(half_restored(engine.url))
    if revision and not ours:
        raise ConfigurationError(not_ours(engine.url, "de la diffusion", given_by(engine)))
    return revision


def is_current(engine: Engine) -> bool:
    """True when the schema is ours, and no migration is pending."""
    return revision_found(engine, _OWN_TABLE) == (revisions()[-1], True)


def insert_new(connection: Connection, target: Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert rows, leaving those whose key is already there; gives how many were new."""
    if not rows:
        return 0
    statement = _insert(connection, target).on_conflict_do_nothing()
    return connection.execute(statement, list(rows)).rowcount


def insert_one(connection: Connection, target: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is already there; True when it is new."""
    fresh = _insert(connection, target).on_conflict_do_nothing().returning(*target.primary_key)
    return connection.execute(fresh, row).first() is not None


def upsert(
    connection: Connection,
    target: Table,
    rows: Sequence[dict[str, Any]],
    *,
    replace: Sequence[str],
    key: Sequence[str] = (),
) -> None:
    """Insert rows; where the key (by default the primary one) is there, replace the named columns."""
    if not rows:
        return
    statement = _insert(connection, target)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(key) or [column.name for column in target.primary_key],
            set_={name: statement.excluded[name] for name in replace},
        ),
        list(rows),
    )


def add_counts(connection: Connection, target: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add each row's ``count`` to what stands under its key."""
    if not rows:
        return
    statement = _insert(connection, target)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[column.name for column in target.primary_key],
            set_={"count": target.c.count + statement.excluded["count"]},
        ),
        list(rows),
    )


class joined(FunctionElement[str]):  # noqa: N801 named as SQL functions are
    """The texts of a group as one, separated by commas."""

    type = Text()
    inherit_cache = True


@compiles(joined)
def _string_agg(element: joined, compiler: Any, **kw: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **kw)}, ',')"


@compiles(joined, "sqlite")
def _group_concat(element: joined, compiler: Any, **kw: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **kw)}, ',')"


def _insert(connection: Connection, target: Table) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(target)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are opened by _begin, never by the driver's guess
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-2048",
        "secure_delete=ON",
        "recursive_triggers=ON",
    ):  # without it, a row put in the place of another is deleted past its guards
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_in_order(connection: Connection) -> None:
    if connection.get_execution_options().get("write", False):
        patience = func.set_config("lock_timeout", str(BUSY_MILLISECONDS), True)  # in this transaction alone
        connection.execute(select(func.pg_advisory_xact_lock(WRITERS)).select_from(patience))


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
