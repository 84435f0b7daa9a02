"""SQL of SQLite databases that are kept: copied by SQLite's own online backup, whoever writes meanwhile."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from collector.door import files_of, trouble_of
from syndication.errors import KeepingError
from syndication.keeping.folder import create

PAGES = 4096
"""Pages copied at one time, between two words of progress."""
Tell = Callable[[int, int], None]
"""Hears how much is done, of how much."""


def file_of(url: str) -> Path:
    """The file of a database, where links lead."""
    return files_of(url)[0]


def draft_of(path: Path) -> Path:
    """Where what will take the place of a file is written."""
    return path.with_name(f"{path.name}.restauration")


def remove(path: Path) -> None:
    """Erase a database and what SQLite keeps beside it."""
    path.unlink(missing_ok=True)
    _remove_beside(path)


def replace(path: Path, draft: Path) -> None:
    """Put a file in the place of a database's, all that SQLite keeps beside either being in them already."""
    _remove_beside(path)
    draft.replace(path)
    _remove_beside(draft)


def _remove_beside(path: Path) -> None:
    for ending in ("wal", "shm", "journal"):
        path.with_name(f"{path.name}-{ending}").unlink(missing_ok=True)


def is_damage(error: SQLAlchemyError) -> bool:
    """Whether SQLite says that a file is none of its own, or no longer one: a disk that is full says otherwise."""
    name = str(getattr(getattr(error, "orig", None), "sqlite_errorname", ""))
    return name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))


def columns(connection: Connection) -> dict[str, Sequence[str]]:
    """Tables that hold data, without those of SQLite itself and of its full text."""
    listed = connection.exec_driver_sql("PRAGMA main.table_list").all()
    names = [row.name for row in listed if row.schema == "main" and row.type == "table"]
    return {name: () for name in sorted(names) if not name.startswith("sqlite_")}


def sequences(connection: Connection) -> dict[str, int]:
    """The last numbers given out, of tables whose numbers are given once."""
    there = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").first()
    if there is None:
        return {}
    return {row.name: row.seq for row in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}


def go_on_from(connection: Connection, last: Mapping[str, int]) -> None:
    """Give out no number again, of tables whose numbers are given once."""
    kept = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    for name in connection.exec_driver_sql(kept).scalars().all():
        values = (last.get(name, 0), name)
        moved = connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", values)
        if not moved.rowcount:
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)", values)


def check_references_at_commit(connection: Connection) -> None:
    """Let rows of a transaction refer to rows that come after them."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def copy(connection: Connection, path: Path, tell: Tell) -> None:
    """Copy the moment that a connection reads to a new file, page by page: others may write, and change nothing of it.

    A backup goes on within the transaction of its source, which no writer can make it start again from. Raises
    KeepingError when it cannot be written, OSError.
    """
    with create(path):
        pass
    source: Any = connection.connection.driver_connection
    try:
        with closing(sqlite3.connect(path)) as target:
            target.execute("PRAGMA synchronous=OFF")  # the whole file is waited for once, at the end
            source.backup(target, pages=PAGES, progress=lambda _, left, total: tell(total - left, total))
    except sqlite3.Error as error:
        told = OperationalError("backup", None, error)
        raise KeepingError(trouble_of(told, f"sqlite:///{path}", "SIRIUS_DATA_DIR")) from error


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file that nobody writes: all of it is read."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as kept:
            return bool(kept.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def counted(path: Path, names: Sequence[str]) -> dict[str, int]:
    """Rows of the tables of a file that nobody writes, read without leaving anything beside it."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as kept:
        return {name: int(kept.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}  # noqa: S608


def shut(engine: Engine) -> None:
    """Let go of a database, its log written into its file."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
