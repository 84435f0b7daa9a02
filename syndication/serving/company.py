"""Who works on a PostgreSQL database: hosts of one installation share it, and two installations must not by mistake.

What each publishes would be undone by the other, for ever, and links that one made would open nothing of the other. A
process holds locks of the server's own that say what it publishes and by which keys; another that disagrees is told,
and does not begin. A folder of data has a lock of its own (``claim``).
"""

import hashlib
import logging
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import astuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from collector.door import key_tag, place_of
from syndication.errors import ConfigurationError
from syndication.serving import store
from syndication.settings import Settings

log = logging.getLogger("sirius.company")
PUBLISHED, KEYS = 7281, 7282
"""Kinds of marks: of what an installation publishes and where, all alike; of its keys, one at least in common, so that
keys can be changed host after host."""
EVERY_SECONDS = 10.0
"""How often a process looks whether the server, which may have been restarted, still knows it."""


@contextmanager
def kept(engine: Engine, settings: Settings) -> Iterator[None]:
    """Be known to a PostgreSQL database for as long as the block lasts; nothing to do elsewhere. Raises
    ConfigurationError when others who work there publish otherwise, or have other keys."""
    if engine.dialect.name == "sqlite":
        yield
        return
    marks, over = _marks(settings), threading.Event()
    connection = _known(engine, marks)
    if difference := _difference(connection, marks):
        connection.close()
        raise ConfigurationError(f"{place_of(engine.url)} : {difference}")
    staying = threading.Thread(target=_stay, args=(engine, marks, connection, over), name="company", daemon=True)
    staying.start()
    try:
        yield
    finally:
        over.set()
        staying.join(timeout=1)  # a server that stands still keeps nobody here


def strangers(connection: Connection, settings: Settings) -> str:
    """What is wrong between an installation and those who work on its PostgreSQL database now; empty when nothing."""
    return "" if connection.dialect.name == "sqlite" else _difference(connection, _marks(settings))


def _known(engine: Engine, marks: store.Marks) -> Connection:
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()  # it is no longer the pool's, which would give it to others
    store.hold(connection, marks)
    return connection


def _stay(engine: Engine, marks: store.Marks, connection: Connection, over: threading.Event) -> None:
    """Be known again after the server forgot: then all are, and it is too late to refuse."""
    there: Connection | None = connection
    while not over.wait(EVERY_SECONDS):
        try:
            if there is None:
                there = _known(engine, marks)
            if difference := _difference(there, marks):
                log.error("others work on the database of the hub: %s", difference)
        except SQLAlchemyError:
            if there is not None:
                there.invalidate()
                there.close()
            there = None
    if there is not None:
        there.close()


def _marks(settings: Settings) -> store.Marks:
    published, keys = repr((settings.public_url, astuple(settings.thresholds))), settings.keys()
    return {PUBLISHED: [_number(published)], KEYS: [_number(key_tag(key)) for key in keys]}


def _number(told: str) -> int:
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4], "big") >> 1


def _difference(connection: Connection, marks: store.Marks) -> str:
    for theirs in store.others(connection, marks.keys()):
        if not _agree(marks[PUBLISHED], theirs.get(PUBLISHED)):
            return (
                "un autre hôte y travaille avec d'autres réglages. Donnez les mêmes à chacun (SIRIUS_PUBLIC_URL, "
                "SIRIUS_MIN_RESPONDENTS…), ou une base à chaque installation."
            )
        if not _agree(marks[KEYS], theirs.get(KEYS)):
            return (
                "un autre hôte y travaille avec d'autres clés, et les liens de l'un n'ouvriraient rien chez l'autre. "
                "Donnez à chacun les mêmes SIRIUS_SECRET_KEYS."
            )
    return ""


def _agree(ours: Collection[int], theirs: Collection[int] | None) -> bool:
    """Whether two who work there have a mark in common; one who is only beginning has none yet."""
    return not theirs or not set(ours).isdisjoint(theirs)
