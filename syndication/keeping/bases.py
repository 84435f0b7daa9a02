"""Both databases of an installation, as those who keep them handle them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy import inspect as look_into
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from collector import door
from collector.door import Schema
from syndication import database
from syndication.database import writing
from syndication.errors import KeepingError
from syndication.keeping import manifest, store
from syndication.keeping.postgresql import store as postgresql
from syndication.keeping.sqlite import store as sqlite
from syndication.settings import Settings

HUB, COLLECTOR = "syndication", "collector"
FULL_TEXT = "indexed_words"
"""The hub's table that no model has."""


@dataclass(frozen=True, slots=True)
class Base:
    """One of the two databases: what it is called, where it is, what says so, what it is made of."""

    name: str
    url: str
    given_by: str
    schema: Schema

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return manifest.SQLITE if self.url.startswith("sqlite") else manifest.POSTGRESQL

    @property
    def tables(self) -> frozenset[str]:
        """Names of its tables, but the one of migrations; others of the same schema are somebody else's."""
        return frozenset({table.name for table in self.schema.tables} | ({FULL_TEXT} if self.name == HUB else set()))

    @property
    def shown(self) -> str:
        """Its file, or its address without a password."""
        if self.kind == manifest.SQLITE:
            return str(sqlite.file_of(self.url))
        return make_url(self.url).render_as_string(hide_password=True)

    @contextmanager
    def opened(self) -> Iterator[Engine]:
        """The database, for a while."""
        engine = self.schema.open(self.url, self.given_by)
        try:
            yield engine
        finally:
            engine.dispose()

    def is_there(self) -> bool:
        """True when there is a database, be it empty; a file is not made by looking."""
        return self.kind != manifest.SQLITE or sqlite.file_of(self.url).exists()

    def is_empty(self) -> bool:
        """True when nobody has done anything in it yet."""
        if not self.is_there():
            return True
        with self.opened() as engine, engine.connect() as connection:
            return store.is_empty(connection, self.tables)

    def is_half_filled(self) -> bool:
        """True when a restoration or a move to it has not come to its end; raises KeepingError when it was the other
        one's."""
        if not self.is_there():
            return False
        try:
            with self.opened() as engine, engine.connect() as connection:
                filled = store.filled_as(connection)
        except SQLAlchemyError:
            if self.kind == manifest.SQLITE:  # no database, or damaged
                return False
            raise
        if filled not in {None, self.name}:
            raise KeepingError(
                f"{door.half_restored(self.url)} C'était la base {filled}, et non {self.name} : remettez chaque "
                "adresse à sa place, ou donnez une base vide."
            )
        return filled is not None

    def begin_filling(self) -> None:
        """Have whoever comes know that it is being restored or moved to, until ``end_filling``."""
        with self.opened() as engine, writing(engine).begin() as connection:
            store.begin_filling(connection, self.name)

    def end_filling(self) -> None:
        """Let others come again."""
        with self.opened() as engine, writing(engine).begin() as connection:
            store.end_filling(connection)

    def refuse_others(self) -> None:
        """Raise SettingError, ConfigurationError or KeepingError when it holds something else, such as what the other
        one should. Tables of somebody else beside ours stay on PostgreSQL, unless they have our names or hold on to
        ours."""
        if not self.is_there() or self.is_half_filled():
            return
        try:
            with self.opened() as engine:
                there = set(look_into(engine).get_table_names())
                strange = set() if self.schema.revision_of(engine) else there
        except SQLAlchemyError:
            if self.kind != manifest.SQLITE:  # whose file may be damaged
                raise
            return
        if strange and self.kind == manifest.SQLITE:
            whose = "de la diffusion" if self.name == HUB else "du recueil"
            raise KeepingError(door.not_ours(self.url, whose, self.given_by))
        if namesakes := sorted(strange & self.tables):
            raise KeepingError(
                f"{self.shown} : des tables d'une autre application y portent nos noms ({', '.join(namesakes)}). "
                f"Donnez par {self.given_by} une base à part, ou un schéma à part (?options=-csearch_path%3D…)."
            )
        if self.kind == manifest.POSTGRESQL:
            with self.opened() as engine, engine.connect() as connection, connection.begin() as trial:
                postgresql.drop(connection, {*self.tables, store.VERSION})
                trial.rollback()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who works on a PostgreSQL database, whatever host comes meanwhile; raises KeepingError when
        somebody does. SQLite's are locked by folder."""
        if self.kind == manifest.SQLITE:
            yield
            return
        with self.opened() as engine, engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not postgresql.stay_alone(connection):
                raise KeepingError(
                    f"{self.shown} : un service, une restauration ou un déménagement y travaille déjà ; arrêtez-le, ou "
                    "attendez qu'il ait fini. Si personne n'y travaille, vos deux adresses mènent à cette même base."
                )
            yield

    def refuse_company(self) -> None:
        """Raise KeepingError while others are connected to a PostgreSQL database: SQLite's are locked by folder."""
        if self.kind == manifest.SQLITE:
            return
        with self.opened() as engine, engine.connect() as connection:
            others = postgresql.others_connected(connection)
        if others:
            raise KeepingError(
                f"{self.shown} : {others} autre(s) connexion(s) y travaillent. Arrêtez le service partout, "
                "puis recommencez."
            )


def bases(settings: Settings) -> tuple[Base, Base]:
    """The hub's database, then the collector's."""
    return base_at(HUB, settings.database_url), base_at(COLLECTOR, settings.collector.database_url)


def base_at(name: str, url: str, given_by: str = "") -> Base:
    """One of the two databases at an address, which its setting gives or what is named; raises KeepingError for one
    that we do not speak."""
    given_by = given_by or f"SIRIUS_{name.upper()}_DATABASE_URL"
    try:
        door.checked_database_url(url)
    except ValueError as error:
        raise KeepingError(f"{given_by} : {error}.") from None
    return Base(name, url, given_by, database.schema() if name == HUB else door.schema())
