"""Who works on a PostgreSQL database: hosts of one installation share it, and two installations must not by mistake.

What each publishes would be undone by the other, for ever, and links that one made would open nothing of the other. A
process holds locks of the server's own that say what it publishes, from which two databases, and by which keys; another
that disagrees is told, and does not begin, nor while a restoration is alone there. A folder of data has a lock of its
own (``claim``).
"""

import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from collector.door import key_tag, place_of
from syndication.errors import ConfigurationError
from syndication.keeping import manifest
from syndication.keeping.bases import bases
from syndication.keeping.postgresql import store as keeping
from syndication.serving import claim, store
from syndication.settings import Settings

log = logging.getLogger("sirius.company")
EVERY_SECONDS = 2.0
"""How often a process looks whether the server, which may have been restarted, still knows it."""
RESTORING = "une restauration ou un déménagement y est en cours : attendez qu'il ait fini."
PUBLISHES_OTHERWISE = (
    "d'autres processus y travaillent avec d'autres réglages. Donnez les mêmes à chaque hôte (SIRIUS_PUBLIC_URL, "
    "SIRIUS_…_DATABASE_URL, SIRIUS_MIN_RESPONDENTS…), ou deux bases à chaque installation."
)
HAS_OTHER_KEYS = (
    "d'autres processus y travaillent avec d'autres clés, et les liens des uns n'ouvriraient rien chez les autres. "
    "Donnez les mêmes SIRIUS_SECRET_KEYS à chaque hôte ; pour en changer, gardez d'abord l'ancienne à la suite."
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a process is known by in a schema: the keys, of which two who work together have one in common, so that keys
    can be changed host after host; then what is published and where, all alike. Who has not the second yet only
    begins."""

    keys: tuple[int, frozenset[int]]
    published: tuple[int, frozenset[int]]

    @property
    def by_kind(self) -> store.Marks:
        """As locks have them."""
        return dict([self.keys, self.published])

    def difference(self, theirs: store.Marks) -> str:
        """Why others cannot work together with it, and what to do; empty when they can."""
        if not theirs.get(self.published[0]):
            return ""
        if self.published[1].isdisjoint(theirs[self.published[0]]):
            return PUBLISHES_OTHERWISE
        return HAS_OTHER_KEYS if self.keys[1].isdisjoint(theirs.get(self.keys[0], ())) else ""


@contextmanager
def kept(settings: Settings) -> Iterator[None]:
    """Be known to each PostgreSQL database of an installation for as long as the block lasts; nothing to do elsewhere.
    Raises ConfigurationError when others who work there publish otherwise, have other keys, or must be alone."""
    with _marked(settings) as marked, ExitStack() as stack:
        for engine, marks in marked:
            stack.enter_context(_kept(engine, marks))
        yield


def strangers(settings: Settings) -> str:
    """What is wrong between an installation and those who work on its databases or in its folders now, a sentence;
    empty when nothing is."""
    with _marked(settings) as marked:
        for engine, marks in marked:
            with engine.connect() as connection:
                if difference := _difference(connection, marks):
                    return f"{place_of(engine.url)} : {difference}"
    return claim.stranger(settings)


@contextmanager
def _marked(settings: Settings) -> Iterator[list[tuple[Engine, Marks]]]:
    """The PostgreSQL databases of an installation, each with what its processes are known by there."""
    with ExitStack() as stack:
        files: list[str] = []
        servers: list[tuple[Engine, store.Place]] = []
        for base in bases(settings):
            if base.kind == manifest.SQLITE:
                files.append(claim.number_of(base.url))
                continue
            engine = stack.enter_context(base.opened())
            with engine.connect() as connection:
                servers.append((engine, store.place(connection)))
        places = [*files, *(tuple(place) for _, place in servers)]
        yield [(engine, _marks(place.schema, settings, places)) for engine, place in servers]


@contextmanager
def _kept(engine: Engine, marks: Marks) -> Iterator[None]:
    connection, over = _known(engine, marks), threading.Event()
    if difference := RESTORING if connection is None else _difference(connection, marks):
        if connection is not None:
            connection.close()
        raise ConfigurationError(f"{place_of(engine.url)} : {difference}")
    staying = threading.Thread(target=_stay, args=(engine, marks, connection, over), name="company", daemon=True)
    staying.start()
    try:
        yield
    finally:
        over.set()
        staying.join(timeout=1)  # a server that stands still keeps nobody here


def _known(engine: Engine, marks: Marks) -> Connection | None:
    """A connection by which a process is known; None while somebody must be alone."""
    with ExitStack() as stack:
        connection = stack.enter_context(engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
        connection.detach()  # it is no longer the pool's, which would give it to others
        store.notice_absence(connection)
        if not keeping.come_in(connection):
            return None
        store.hold(connection, marks.by_kind)
        stack.pop_all()
    return connection


def _stay(engine: Engine, marks: Marks, connection: Connection | None, over: threading.Event) -> None:
    """Be known again after the server forgot: then all are, and it is too late to refuse."""
    told = ""
    while not over.wait(EVERY_SECONDS):
        try:
            connection = connection or _known(engine, marks)
            difference = RESTORING if connection is None else _difference(connection, marks)
            if difference and difference != told:
                log.error("others are at work: %s %s", place_of(engine.url), difference)
            told = difference
        except SQLAlchemyError:
            if connection is not None:
                connection.invalidate()
                connection.close()
            connection = None
    if connection is not None:
        connection.close()


def _marks(schema: int, settings: Settings, places: Sequence[object]) -> Marks:
    published = repr((settings.public_url, astuple(settings.thresholds), *places))
    keys = frozenset(_number(key_tag(key)) for key in settings.keys())  # noqa: SIM118 no mapping
    return Marks((_number(f"keys {schema}"), keys), (_number(f"published {schema}"), frozenset({_number(published)})))


def _number(told: str) -> int:
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4], "big") >> 1


def _difference(connection: Connection, marks: Marks) -> str:
    differences = (marks.difference(theirs) for theirs in store.others(connection, marks.by_kind))
    return next(filter(None, differences), "")
