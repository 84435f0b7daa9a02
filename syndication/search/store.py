"""SQL of the full text: FTS5 in SQLite, ``tsvector`` with a GIN index in PostgreSQL.

Beside its words a verbatim holds the marks of its formation and centre, so that a search within a scope walks the
lists of that scope only. Words of a withdrawn text leave the index, and its segments are rewritten (``forget``).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, String, delete, func, insert, literal_column, select
from sqlalchemy import cast as sql_cast
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.sql.elements import BindParameter

from syndication import models
from syndication.database import table
from syndication.search.words import query_terms, terms_of

INDEXED = table(models.IndexedText)
VERBATIM, FORMATION, CENTRE = "verbatim", "formation", "centre"
MERGE_PAGES = 400
_FORMATION_MARK, _CENTRE_MARK, _TITLE_MARK, _NAME_MARK = "_f{}", "_c{}", "_titre", "_nom"
"""Marks begin with a sign that no word of a reader holds: nobody can ask for one."""

Entry = tuple[str, str]
"""A key, and the terms it is found by."""


def verbatim_entry(key: str, text: str, formation: int, centre: int) -> Entry:
    """The entry of a published text."""
    return key, _entered(_FORMATION_MARK.format(formation), _CENTRE_MARK.format(centre), terms_of(text))


def formation_entry(key: int, title: str) -> Entry:
    """The entry of a formation."""
    return str(key), _entered(_TITLE_MARK, terms_of(title))


def centre_entry(key: int, name: str, city: str) -> Entry:
    """The entry of a centre."""
    return str(key), _entered(_NAME_MARK, terms_of(f"{name} {city}"))


def _entered(*terms: str) -> str:
    return " ".join(filter(None, terms))  # a text may hold no word, and an entry no empty term


def keep(connection: Connection, kind: str, entries: Sequence[Entry]) -> None:
    """Index texts, in the order given; those indexed already are indexed anew."""
    if not entries:
        return
    drop(connection, kind, [key for key, _ in entries])
    connection.execute(insert(INDEXED), [{"kind": kind, "key": key} for key, _ in entries])
    ids = _ids(connection, kind, [key for key, _ in entries])
    words, rows = _words(connection), [(ids[key], terms) for key, terms in entries]
    if connection.dialect.name == "postgresql":
        vector = func.array_to_tsvector(func.string_to_array(BindParameter("terms", type_=String), " "))
        statement = insert(words).values(id=BindParameter("number", type_=Integer), words=vector)
    else:
        statement = insert(words)
    names = ("number", "terms") if connection.dialect.name == "postgresql" else ("rowid", "words")
    connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def drop(connection: Connection, kind: str, keys: Sequence[str]) -> None:
    """Take texts out of the index."""
    numbers = list(_ids(connection, kind, keys).values())
    if not numbers:
        return
    words = _words(connection)
    for some in _slices(numbers):
        connection.execute(delete(words).where(_number(words).in_(some)))
        connection.execute(delete(INDEXED).where(INDEXED.c.id.in_(some)))


def forget(connection: Connection) -> None:
    """Rewrite the segments of SQLite's index, in which words of removed texts stay until they are merged."""
    if connection.dialect.name == "postgresql":
        return
    pages = -MERGE_PAGES  # a negative number first takes every segment in hand, then the work goes on in small steps
    while True:
        before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        connection.exec_driver_sql("INSERT INTO indexed_words(indexed_words, rank) VALUES ('merge', ?)", (pages,))
        pages = MERGE_PAGES
        if connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before < 2:
            return


def words_held(connection: Connection) -> Iterator[tuple[int, str]]:
    """Every entry of the index, by its number: number, terms."""
    words = _words(connection)
    terms = words.c.words
    if connection.dialect.name == "postgresql":
        terms = func.array_to_string(func.tsvector_to_array(terms), " ")
    streamed = connection.execution_options(stream_results=True)
    with streamed.execute(select(_number(words), terms).order_by(_number(words))) as found:
        for row in found:
            yield tuple(row)


def put_words(connection: Connection, entries: Sequence[tuple[int, str]]) -> None:
    """Put entries in SQLite's index, under their numbers."""
    rows = [{"rowid": number, "words": terms} for number, terms in entries]
    connection.execute(insert(_words(connection)), rows)


def as_vector(terms: str) -> str:
    """Terms as PostgreSQL writes a ``tsvector``; they hold no sign that it would read."""
    return " ".join(f"'{term}'" for term in terms.split())


def verbatims_saying(connection: Connection, text: str, formations: Sequence[int], centre: int) -> Any:
    """A query of the keys of published texts that say every word of ``text`` within a scope.

    ``formations`` empty: any; ``centre`` 0: any. None when the text holds no word.
    """
    wanted = query_terms(text)
    if not wanted:
        return None
    return _keys_matching(connection, VERBATIM, [*_scope(formations, centre), *wanted])


def count_saying(connection: Connection, text: str, formations: Sequence[int], centre: int) -> int:
    """How many published texts of a scope, which is not everything, say every word of ``text``. The index holds these
    alone, under marks that nothing else bears, so nothing but the index is read."""
    wanted = query_terms(text)
    if not wanted:
        return 0
    words = _words(connection)
    said = _matches(connection, words, [*_scope(formations, centre), *wanted], open_end=False)
    return connection.execute(select(func.count()).select_from(words).where(said)).scalar_one()


def _scope(formations: Sequence[int], centre: int) -> list[tuple[str, ...]]:
    scope = [tuple(_FORMATION_MARK.format(one) for one in formations)] if formations else []
    return [*scope, (_CENTRE_MARK.format(centre),)] if centre else scope


def formations_saying(connection: Connection, text: str) -> Any:
    """A query of the ids, as text, of formations whose title holds every word; the last may be cut short. Or None."""
    wanted = query_terms(text)
    if not wanted:
        return None
    return _keys_matching(connection, FORMATION, [(_TITLE_MARK,), *wanted], open_end=True)


def centres_saying(connection: Connection, text: str) -> Any:
    """A query of the ids, as text, of centres whose name or city holds every word, as for formations. Or None."""
    wanted = query_terms(text)
    if not wanted:
        return None
    return _keys_matching(connection, CENTRE, [(_NAME_MARK,), *wanted], open_end=True)


def _keys_matching(
    connection: Connection, kind: str, groups: Sequence[Sequence[str]], *, open_end: bool = False
) -> Any:
    words = _words(connection)
    found = select(_number(words)).where(_matches(connection, words, groups, open_end))
    # SQLite would rather walk all entries of a kind than look up the few that match; the sign keeps it from that index
    of_kind = INDEXED.c.kind if connection.dialect.name == "postgresql" else literal_column("+indexed_text.kind")
    return select(INDEXED.c.key).where(of_kind == kind, INDEXED.c.id.in_(found))


def _matches(
    connection: Connection, words: Any, groups: Sequence[Sequence[str]], open_end: bool
) -> ColumnElement[bool]:
    """All groups, one term of each; terms hold letters, digits and ``_``, so that no operator can be slipped in."""
    if connection.dialect.name == "postgresql":
        ends = [":*" if open_end and place == len(groups) - 1 else "" for place in range(len(groups))]
        text = " & ".join(
            "(" + " | ".join(f"'{t}'{end}" for t in group) + ")" for group, end in zip(groups, ends, strict=True)
        )
        matched: ColumnElement[bool] = words.c.words.op("@@")(sql_cast(text, TSQUERY))
        return matched
    stars = [" *" if open_end and place == len(groups) - 1 else "" for place in range(len(groups))]
    text = " AND ".join(
        "(" + " OR ".join(f'"{t}"{star}' for t in group) + ")" for group, star in zip(groups, stars, strict=True)
    )
    matching: ColumnElement[bool] = words.c.indexed_words.op("MATCH")(text)
    return matching


def _words(connection: Connection) -> Any:
    if connection.dialect.name == "postgresql":
        return sql_table("indexed_words", sql_column("id", Integer), sql_column("words", TSVECTOR))
    return sql_table(
        "indexed_words", sql_column("rowid", Integer), sql_column("words", String), sql_column("indexed_words", String)
    )


def _number(words: Any) -> Any:
    return words.c.id if "id" in words.c else words.c.rowid


def _ids(connection: Connection, kind: str, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _slices(keys):
        query = select(INDEXED.c.key, INDEXED.c.id).where(INDEXED.c.kind == kind, INDEXED.c.key.in_(some))
        found.update(dict(connection.execute(query).all()))
    return found


def _slices(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + 500] for start in range(0, len(items), 500))
