"""SQL of PostgreSQL databases that are kept: each table by COPY, whole, and put back without walking its indexes.

Indexes and constraints are taken off before rows are put in, and made anew from what the database itself says of them:
several times faster than having each row walk each of them, and the end is the same or nothing is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import InternalError

from collector.door import place_of
from syndication.errors import KeepingError
from syndication.keeping.folder import CHUNK, create
from syndication.keeping.manifest import Table

ENDING = ".copy"
_HELD = "2BP01"
"""PostgreSQL's number for what cannot go because something else depends on it."""
Feed = Callable[[str, Any], None]
"""Writes a table's rows into a COPY under way."""


def columns(connection: Connection) -> dict[str, Sequence[str]]:
    """Tables of the schema, with their columns."""
    query = text(
        "SELECT c.relname AS name, a.attname AS attribute FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 "
        "AND NOT a.attisdropped AND NOT EXISTS "
        "(SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relname, a.attnum"
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.name, []).append(row.attribute)
    return {name: tuple(names) for name, names in found.items()}


def sequences(connection: Connection) -> dict[str, int]:
    """The last number given out, of each table whose key is numbered."""
    last: dict[str, int] = {}
    for table, _, sequence in _numbered(connection):
        row = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
        last |= {table: row.last_value} if row.is_called else {}
    return last


def others_connected(connection: Connection) -> int:
    """Connections of others to the same database."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    return int(connection.execute(query).scalar_one())


_ALONE = "(7280, hashtext(current_schema()))"
"""The lock of who works in a schema, or must be alone there."""


def come_in(connection: Connection) -> bool:
    """Be one of those who work in the connection's schema, until it ends; False while somebody must be alone."""
    return bool(connection.execute(text(f"SELECT pg_try_advisory_lock_shared{_ALONE}")).scalar_one())


def stay_alone(connection: Connection) -> bool:
    """Be the only one who works in the connection's schema, until it ends; False while somebody works there."""
    return bool(connection.execute(text(f"SELECT pg_try_advisory_lock{_ALONE}")).scalar_one())


def copy(connection: Connection, tables: Mapping[str, Table], folder: Path, tell: Callable[[int], None]) -> None:
    """Write each table, as it is at the connection's moment, to a file of its own.

    ``tell`` hears of rows. Raises KeepingError when a file has not as many rows as its table.
    """
    quote = connection.dialect.identifier_preparer.quote
    for name, table in tables.items():
        path, rows = folder / f"{name}{ENDING}", 0
        statement = f"COPY {quote(name)} ({', '.join(map(quote, table.columns))}) TO STDOUT"
        with create(path) as file, _driver(connection).cursor() as cursor, cursor.copy(statement) as copied:
            for data in copied:
                file.write(data)
                lines = bytes(data).count(b"\n")  # those of texts are written otherwise
                rows += lines
                tell(lines)
        if rows != table.rows:
            raise KeepingError(f"{name} : {rows} lignes copiées sur {table.rows}. Refaites la sauvegarde.")


def put_back(
    connection: Connection, tables: Mapping[str, Table], folder: Path, last: Mapping[str, int],
    tell: Callable[[int], None],
) -> None:  # fmt: skip
    """Put tables back from their files, in the place of what they hold; ``tell`` hears of bytes."""

    def feed(name: str, copied: Any) -> None:
        with (folder / f"{name}{ENDING}").open("rb") as file:
            while chunk := file.read(CHUNK):
                copied.write(chunk)
                tell(len(chunk))

    fill(connection, {name: table.columns for name, table in tables.items()}, last, feed)


def fill(connection: Connection, tables: Mapping[str, Sequence[str]], last: Mapping[str, int], feed: Feed) -> None:
    """Put rows in tables (by name, with their columns), in the place of what they hold, in the caller's transaction."""
    quote = connection.dialect.identifier_preparer.quote
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    connection.execute(text(f"TRUNCATE {', '.join(map(quote, tables))}"))
    constraints, indexes = _constraints(connection, tables), _indexes(connection, tables)
    for table, name, _ in reversed(constraints):
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {quote(name)}"))
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {quote(name)}"))
    for name, named in tables.items():
        statement = f"COPY {quote(name)} ({', '.join(map(quote, named))}) FROM STDIN"
        try:
            with _driver(connection).cursor() as cursor, cursor.copy(statement) as copied:
                feed(name, copied)
        except connection.dialect.loaded_dbapi.DataError as error:  # its message would quote what people wrote
            raise KeepingError(f"PostgreSQL refuse une ligne de {name} ({type(error).__name__}).") from None
    made = [(said, f"ALTER TABLE {table} ADD CONSTRAINT {quote(name)} {said}") for table, name, said in constraints]
    keys = [statement for said, statement in made if not said.startswith("FOREIGN")]
    references = [statement for said, statement in made if said.startswith("FOREIGN")]
    for statement in [*keys, *(said for _, said in indexes), *references]:
        _driver(connection).execute(statement)
    _go_on_from(connection, last)


def storing(connection: Connection, table: SqlTable) -> Callable[[Sequence[Any]], list[Any]]:
    """Turns a row of a table, as Python has it, into what COPY takes."""
    dialect = connection.dialect
    turned = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]

    def stored(row: Sequence[Any]) -> list[Any]:
        return [value if turn is None else turn(value) for turn, value in zip(turned, row, strict=True)]

    return stored


def analyse(connection: Connection, tables: Iterable[str]) -> None:
    """Have the database know again how its rows are spread."""
    quote = connection.dialect.identifier_preparer.quote
    connection.execute(text(f"ANALYZE {', '.join(map(quote, tables))}"))


def drop(connection: Connection, tables: Iterable[str]) -> None:
    """Drop tables, with what guards them; raises KeepingError when something of somebody else's holds on to them."""
    quote = connection.dialect.identifier_preparer.quote
    there = set(columns(connection))
    named = [quote(name) for name in tables if name in there]
    if not named:
        return
    guards = connection.execute(
        text(
            "SELECT DISTINCT t.tgfoid::regprocedure::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:names)"
        ),
        {"names": list(tables)},
    ).scalars()
    functions = list(guards)
    try:
        connection.execute(text(f"DROP TABLE {', '.join(named)}"))
    except InternalError as error:
        held: Any = error.orig
        if held is None or held.sqlstate != _HELD:
            raise
        raise KeepingError(
            f"{place_of(connection.engine.url)} : une vue, une table ou une règle d'une autre application tient à nos "
            f"tables ({held.diag.message_detail}). Supprimez-la, recommencez, puis recréez-la."
        ) from None
    for function in functions:
        connection.execute(text(f"DROP FUNCTION {function}"))


def _numbered(connection: Connection) -> list[tuple[str, str, str]]:
    """Tables whose key is numbered: table, column, sequence as SQL names it."""
    query = text(
        "SELECT c.relname AS name, a.attname AS attribute, s.oid::regclass::text AS sequence FROM pg_depend d "
        "JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_class c ON c.oid = d.refobjid "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid "
        "WHERE d.deptype IN ('a', 'i') AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname"
    )
    return [(row.name, row.attribute, row.sequence) for row in connection.execute(query)]


def _go_on_from(connection: Connection, last: Mapping[str, int]) -> None:
    """Give out no number again: none that was given, none that is there."""
    quote = connection.dialect.identifier_preparer.quote
    for table, column, sequence in _numbered(connection):
        highest = connection.execute(text(f"SELECT max({quote(column)}) FROM {quote(table)}")).scalar() or 0  # noqa: S608
        if number := max(highest, last.get(table, 0)):
            connection.execute(
                text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": sequence, "last": number}
            )


def _constraints(connection: Connection, tables: Iterable[str]) -> list[tuple[str, str, str]]:
    """Keys, then references: table, name, definition."""
    query = text(
        "SELECT r.conrelid::regclass::text AS held, r.conname AS name, pg_get_constraintdef(r.oid) AS said "
        "FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:names) "
        "AND r.contype IN ('p', 'u', 'f') ORDER BY r.contype = 'f', r.contype = 'u', held, name"
    )
    return [(row.held, row.name, row.said) for row in connection.execute(query, {"names": list(tables)})]


def _indexes(connection: Connection, tables: Iterable[str]) -> list[tuple[str, str]]:
    """Indexes that no constraint has made: name, definition."""
    query = text(
        "SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS said FROM pg_index x "
        "JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:names) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint r WHERE r.conindid = x.indexrelid AND r.contype IN ('p', 'u')) "
        "ORDER BY i.relname"
    )
    return [(row.name, row.said) for row in connection.execute(query, {"names": list(tables)})]


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
