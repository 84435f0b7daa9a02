"""The same offers, of which ever more is said: what readers read of a nation, several times over."""

import sqlite3
from contextlib import closing
from pathlib import Path

COPIED = {
    "review": ("id", "source_id"),
    "verbatim": ("id", "review_id"),
    "verbatim_subject": ("verbatim_id",),
    "verbatim_signal": ("verbatim_id",),
    "decision": ("verbatim_id",),
}
"""Tables whose rows are said again, and the columns that name them or what they belong to."""
CACHE = "PRAGMA cache_size=-1500000"


def grow(database: Path, times: int) -> None:
    """Have everything that was said in a SQLite database of the hub be said so many times, by as many other people.

    Responses, texts, what was done to them, the full text and the counts; not the corpus that mirrors follow, nor the
    readings of centres' results. Written by SQLite itself, as fast as it can; indexes are made anew at the end.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "journal_mode=OFF", "secure_delete=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(CACHE)
        put_back = _put_aside(connection)
        (so_far,) = connection.execute("SELECT count(*) FROM review").fetchone()
        for place in range(1, times):
            _say_again(connection, f".{so_far * place:x}")
        connection.execute(f"UPDATE tally SET count = count * {times}")
        connection.execute("DROP TABLE temp.said")
        for statement in put_back:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode=WAL")


def _put_aside(connection: sqlite3.Connection) -> list[str]:
    """Drop indexes and guards of the tables that grow, and note how much they hold; gives what makes them again."""
    marks = ", ".join("?" * len(COPIED))
    kept = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL "
        f"AND tbl_name IN ({marks})",
        tuple(COPIED),
    ).fetchall()
    for kind, name, _ in kept:
        connection.execute(f"DROP {kind} {name}")
    connection.execute("CREATE TEMP TABLE said AS SELECT id, key, 0 AS least FROM indexed_text WHERE kind = 'verbatim'")
    connection.execute("UPDATE temp.said SET least = (SELECT max(id) FROM indexed_text)")
    for name in COPIED:
        connection.execute(f"CREATE TEMP TABLE whole_{name} AS SELECT * FROM {name}")
    return [*(f"DROP TABLE temp.whole_{name}" for name in COPIED), *(sql for _, _, sql in kept)]


def _say_again(connection: sqlite3.Connection, mark: str) -> None:
    for name, named in COPIED.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        taken = [
            f"{column} || '{mark}'" if column in named else "NULL" if (name, column) == ("decision", "id") else column
            for column in columns
        ]
        connection.execute(
            f"INSERT INTO {name} ({', '.join(columns)}) SELECT {', '.join(taken)} FROM temp.whole_{name} ORDER BY 1"
        )
    connection.execute("UPDATE temp.said SET least = (SELECT max(id) FROM indexed_text)")
    connection.execute(
        f"INSERT INTO indexed_text (id, kind, key) SELECT id + least, 'verbatim', key || '{mark}' FROM temp.said"
    )
    connection.execute(
        "INSERT INTO indexed_words (rowid, words) SELECT said.id + said.least, content.c0 FROM temp.said AS said "
        "JOIN indexed_words_content AS content ON content.id = said.id"
    )
