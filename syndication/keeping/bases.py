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
from syndication.errors import KeepingError
from syndication.keeping import manifest, store
from syndication.keeping.postgresql import store as postgresql
from syndication.keeping.sqlite import store as sqlite
from syndication.settings import Settings

HUB, COLLECTOR = "syndication", "collector"


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
    def shown(self) -> str:
        """Its address without a password."""
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
            return store.is_empty(connection)

    def is_half_filled(self) -> bool:
        """True when a move to it, or a restoration on PostgreSQL, has not come to its end: a restoration of SQLite is
        told by folder."""
        if not self.is_there():
            return False
        try:
            with self.opened() as engine:
                return look_into(engine).has_table(door.HALF_RESTORED)
        except SQLAlchemyError:
            if self.kind == manifest.SQLITE:  # no database, or damaged
                return False
            raise

    def refuse_others(self) -> None:
        """Raise SettingError or ConfigurationError when it holds something else, such as what the other one should."""
        if not self.is_there() or self.is_half_filled():
            return
        try:
            with self.opened() as engine:
                self.schema.revision_of(engine)
        except SQLAlchemyError:
            if self.kind != manifest.SQLITE:  # whose file may be damaged
                raise

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
