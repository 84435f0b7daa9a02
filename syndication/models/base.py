"""Root of the hub's tables."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String
from sqlmodel import Field, SQLModel

from syndication.instants import Instant

metadata = MetaData()
_NAMED = {"review", "verbatim", "campaign", "webhook", "own_text"}
"""Tables whose key is a text; the others are numbered."""


BY_KEY = {"sqlite_with_rowid": False}
"""Table option: short rows stand in the index of their key and nowhere else, which halves what they take in SQLite."""


class Table(SQLModel):
    """Root of the hub's tables, on the hub's own metadata."""

    metadata = metadata


def reference(target: str, **options: Any) -> Any:
    """A column that refers to another table's key; required unless ``nullable`` is said."""
    kind = String if target.split(".", maxsplit=1)[0] in _NAMED else Integer
    options.setdefault("nullable", False)
    return Field(default=None, sa_column=Column(kind, ForeignKey(target), **options))


def instant(*, optional: bool = False) -> Any:
    """A column that holds a moment; ``optional``: it may have none."""
    return Field(default=None, sa_column=Column(Instant, nullable=optional))
