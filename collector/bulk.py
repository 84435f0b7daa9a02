"""Many rows at once into a database of one's own: for demonstrations and measures, before anybody else is served."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import JSON, Date, Engine, Table

BATCH = 5_000
"""Rows that are kept until they are written."""


class Made:
    """A value as the driver takes it already, made once for many rows."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Bulk:
    """Writes rows as the tables' own types do, past everything that a living service needs: indexes are made and
    references checked once, at the end of the ``with`` that holds it; nothing is durable before, and nobody else may
    use the database meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        engine.dispose()
        self._raw = engine.raw_connection()
        self._driver: Any = self._raw.driver_connection
        self._waiting: dict[Table, list[tuple[Any, ...]]] = {}
        self._writers: dict[Table, Callable[[list[tuple[Any, ...]]], None]] = {}
        self._at_the_end = self._take_off()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._raw.invalidate()  # it was set up for this alone

    def add(self, target: Table, row: Mapping[str, Any]) -> None:
        """A row, written with others: values of the types that the table declares, or ``Made``; every row of a table
        has the same columns in the same order."""
        rows = self._waiting.get(target)
        if rows is None:
            rows = self._waiting[target] = []
            self._writers[target] = self._writer(target, tuple(row))
        rows.append(tuple(row.values()))
        if len(rows) == BATCH:
            self._writers[target](rows)
            rows.clear()

    def make(self, target: Table, name: str, value: Any) -> Made:
        """A value of a column, made once for the rows that share it."""
        maker = self._maker(target, name)
        return Made(maker(value) if maker else value)

    def run(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """A statement of SQLite's own for many rows of plain values, with ``?`` in their places."""
        self._driver.executemany(statement, rows)

    def copy(self, target: str, rows: Iterable[Sequence[Any]]) -> None:
        """Rows of plain values straight into a table of PostgreSQL."""
        with self._driver.cursor().copy(f"COPY {target} FROM STDIN") as copying:
            for row in rows:
                copying.write_row(row)

    def _finish(self) -> None:
        """Write what waits, make the indexes, and leave the database as a service finds it."""
        for target, rows in self._waiting.items():
            self._writers[target](rows)
        cursor = self._driver.cursor()
        for statement in self._at_the_end:
            cursor.execute(statement)
        if self._sqlite:
            cursor.execute("COMMIT")
            cursor.execute("PRAGMA journal_mode=WAL")
        else:
            self._count_on(cursor)
            cursor.execute("ANALYZE")
            self._driver.commit()

    def _writer(self, target: Table, columns: tuple[str, ...]) -> Callable[[list[tuple[Any, ...]]], None]:
        makers = [(place, maker) for place, name in enumerate(columns) if (maker := self._maker(target, name))]
        names = ", ".join(f'"{name}"' for name in columns)

        def made(rows: list[tuple[Any, ...]]) -> Iterable[Sequence[Any]]:
            for row in rows:
                values = list(row)
                for place, maker in makers:
                    value = values[place]
                    values[place] = value.value if type(value) is Made else maker(value)
                yield values

        if self._sqlite:
            places = ", ".join("?" * len(columns))
            statement = f'INSERT INTO "{target.name}" ({names}) VALUES ({places})'  # noqa: S608 our own names
            return lambda rows: self.run(statement, made(rows))
        return lambda rows: self.copy(f'"{target.name}" ({names})', made(rows))

    def _maker(self, target: Table, name: str) -> Callable[[Any], Any] | None:
        """What makes of a value the one that the driver takes."""
        kind, dialect = target.c[name].type.dialect_impl(self._engine.dialect), self._engine.dialect
        if isinstance(kind, JSON) or isinstance(getattr(kind, "impl_instance", None), JSON):
            return _to_json
        maker = kind.bind_processor(dialect)
        return lru_cache(maxsize=4096)(maker) if maker and isinstance(kind, Date) else maker

    def _take_off(self) -> list[str]:
        """Take off the indexes that only speed things up, and references; gives how to make them again."""
        cursor, references = self._driver.cursor(), list[tuple[str, str, str]]()
        if self._sqlite:
            for pragma in ("foreign_keys=OFF", "journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.execute("BEGIN EXCLUSIVE")
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        else:
            cursor.execute(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
            )
            references = list(cursor.fetchall())
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT IN "
                "(SELECT conname FROM pg_constraint)"
            )
        indexes = list(cursor.fetchall())
        for held, name, _ in references:
            cursor.execute(f"ALTER TABLE {held} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        made = [statement for _, statement in indexes]
        return made + [f"ALTER TABLE {held} ADD CONSTRAINT {name} {said}" for held, name, said in references]

    def _count_on(self, cursor: Any) -> None:
        """Let numbers go on from the highest that was written."""
        for target in self._waiting:
            for column in target.primary_key:
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (f'"{target.name}"', column.name))
                if (sequence := cursor.fetchone()[0]) is not None:
                    cursor.execute(f'SELECT setval(%s, max({column.name})) FROM "{target.name}"', (sequence,))  # noqa: S608


def _to_json(value: Any) -> str:
    return "[]" if value == [] else json.dumps(value, ensure_ascii=False)
