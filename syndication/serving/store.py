"""SQL of who works on a PostgreSQL database: locks of the server's own, which end with the connection that has them."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, text

Marks = Mapping[int, Collection[int]]
"""Numbers below 2³¹ under which somebody works, by kind: the first of the two numbers of a lock."""

_HOLD = text(
    "SELECT pg_advisory_lock_shared(kind, mark) "
    "FROM unnest(CAST(:kinds AS int[]), CAST(:marks AS int[])) AS wanted(kind, mark)"
)
_HELD = text(
    "SELECT pid, classid::int AS kind, objid::int AS mark FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
    "AND granted AND pid <> pg_backend_pid() AND classid::int = ANY(:kinds) "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_PLACE = text(
    "SELECT oid, datname, current_schema()::regnamespace::oid FROM pg_database WHERE datname = current_database()"
)
_NOTICE = text(
    "SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '3', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)


class Place(NamedTuple):
    """Where a connection works: the number and the name of its database, and the number of its schema, of which one
    database may hold several. Servers mostly number theirs otherwise."""

    number: int
    name: str
    schema: int


def place(connection: Connection) -> Place:
    """Where a connection works."""
    return Place(*connection.execute(_PLACE).one())


def notice_absence(connection: Connection) -> None:
    """Have the server know within half a minute that the machine of a connection is gone: of itself it waits for two
    hours."""
    connection.execute(_NOTICE)


def hold(connection: Connection, marks: Marks) -> None:
    """Be known under marks, in their order, together with whoever has the same, for as long as the connection lasts."""
    pairs = [(kind, mark) for kind, some in marks.items() for mark in some]
    connection.execute(_HOLD, {"kinds": [kind for kind, _ in pairs], "marks": [mark for _, mark in pairs]}).all()


def others(connection: Connection, kinds: Collection[int]) -> list[Marks]:
    """Marks of each of the other connections to the database that hold any of these kinds."""
    found: dict[int, dict[int, set[int]]] = {}
    for row in connection.execute(_HELD, {"kinds": list(kinds)}):
        found.setdefault(row.pid, {}).setdefault(row.kind, set()).add(row.mark)
    return list(found.values())
