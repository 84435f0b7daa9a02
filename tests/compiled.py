"""Statements are compiled once for each kind of database: every test opens engines of its own, on its own databases.

SQLAlchemy keeps what it compiled by engine, under keys that begin with the engine's dialect. Here two dialects of a
kind and of a version are one: tables, and thus statements, belong to one of the packages, which opens all its engines
alike. Compiling was a third of what tests of the hub in their own process take.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event


class _OfAKind(dict[tuple[Any, ...], Any]):
    """What SQLAlchemy keeps of statements, whichever engine they were compiled for."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_of_a_kind(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_of_a_kind(key), compiled)


def _of_a_kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return dialect.name, dialect.driver, getattr(dialect, "server_version_info", None), *rest


_KEPT = _OfAKind()


def share() -> None:
    """Have all engines of this process share what they compile."""
    event.listen(Engine, "engine_connect", _lend)


def _lend(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_KEPT)
