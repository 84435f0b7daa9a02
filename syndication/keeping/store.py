"""SQL that both kinds of databases read alike: one moment of one, its rows, and whether there are any."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select, text
from sqlalchemy import inspect as look_into

from collector.door import HALF_RESTORED
from syndication.database import one_moment
from syndication.keeping import manifest
from syndication.keeping.postgresql import store as postgresql
from syndication.keeping.sqlite import store as sqlite

VERSION = "alembic_version"
FILLED_BY_MIGRATIONS = {VERSION, "bookmark", HALF_RESTORED}
"""Tables that hold something in a database where nobody has done anything yet."""
AT_ONCE = 2000
Row = tuple[Any, ...]


def hold(engine: Engine) -> Connection:
    """Begin to read one moment of a database: this one, until the connection is closed."""
    connection = one_moment(engine).connect()
    connection.begin()
    connection.execute(select(func.count()).select_from(text(VERSION)))  # the moment is that of the first statement
    return connection


def kind_of(connection: Connection | Engine) -> str:
    """``sqlite`` or ``postgresql``."""
    return manifest.SQLITE if connection.dialect.name == "sqlite" else manifest.POSTGRESQL


def described(connection: Connection, ours: Collection[str]) -> manifest.Base:
    """A database as it stands at the connection's moment: those of its tables that are ours, counted."""
    by_kind: Any = sqlite if kind_of(connection) == manifest.SQLITE else postgresql
    columns: Mapping[str, Sequence[str]] = by_kind.columns(connection)
    tables = {
        name: manifest.Table(count(connection, name), tuple(named)) for name, named in columns.items() if name in ours
    }
    revision = str(connection.execute(text(f"SELECT version_num FROM {VERSION}")).scalar_one())  # noqa: S608 our name
    return manifest.Base(kind_of(connection), revision, tables, by_kind.sequences(connection))


def count(connection: Connection, name: str) -> int:
    """Rows of a table."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    return int(connection.execute(text(f"SELECT count(*) FROM {quoted}")).scalar_one())  # noqa: S608 a name of ours


def is_empty(connection: Connection, ours: Collection[str]) -> bool:
    """True when nobody has done anything in a database yet: none of the tables that are ours is there, or migrations
    alone filled them."""
    names = set(look_into(connection).get_table_names()) & set(ours)
    if kind_of(connection) == manifest.SQLITE and names:
        names &= set(sqlite.columns(connection))
    quote = connection.dialect.identifier_preparer.quote
    held = (
        connection.execute(text(f"SELECT EXISTS (SELECT 1 FROM {quote(name)})")).scalar_one()  # noqa: S608
        for name in names
        if name not in FILLED_BY_MIGRATIONS
    )
    return not any(held)


def begin_filling(connection: Connection, name: str) -> None:
    """Have whoever comes to the database know that it is being filled, and as which of the two, until
    ``end_filling``."""
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS {HALF_RESTORED} (base TEXT)"))
    connection.execute(text(f"DELETE FROM {HALF_RESTORED}"))  # noqa: S608 our name
    connection.execute(text(f"INSERT INTO {HALF_RESTORED} VALUES (:name)"), {"name": name})  # noqa: S608


def filled_as(connection: Connection) -> str | None:
    """As which of the two a database is being filled, or was left by half; None when it is not."""
    if not look_into(connection).has_table(HALF_RESTORED):
        return None
    return str(connection.execute(text(f"SELECT base FROM {HALF_RESTORED}")).scalar() or "")  # noqa: S608


def end_filling(connection: Connection) -> None:
    """Let others come again."""
    connection.execute(text(f"DROP TABLE IF EXISTS {HALF_RESTORED}"))


# -- row by row ------------------------------------------------------------------------------------------------------


def rows(connection: Connection, table: Table) -> Iterator[Row]:
    """Every row of a table, in the order of its key, which is that of bytes in every kind of database."""
    streamed = connection.execution_options(stream_results=True, max_row_buffer=AT_ONCE)
    with streamed.execute(select(table).order_by(*table.primary_key)) as found:
        for row in found:
            yield tuple(row)


def clear(connection: Connection, table: Table) -> None:
    """Leave no row in a table."""
    connection.execute(table.delete())


def fill(connection: Connection, table: Table, some: Sequence[Row]) -> None:
    """Add rows, whose columns are in the table's order."""
    names = table.columns.keys()
    connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in some])


class Digest:
    """A digest of rows as they come, the same whatever database they were read from."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.count = 0

    def add(self, row: Row) -> None:
        """Take a row in."""
        self._digest.update(json.dumps(row, default=_plain, sort_keys=True).encode() + b"\n")
        self.count += 1

    def told(self) -> str:
        """SHA-256 of everything so far, in hexadecimal."""
        return self._digest.hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else bytes(value).hex()
