"""Where measures are taken: SQLite's files, and a PostgreSQL of the bench's own that keeps what it is told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from collector.door import Settings as CollectorSettings
from syndication import asgi
from syndication.context import Hub
from syndication.demo.nation import build
from syndication.instants import now_in_paris
from syndication.settings import Settings
from tests import postgresql
from tests.bench.scene import KEY

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
BASES = ("collector", "syndication")


@dataclass(frozen=True, slots=True)
class Stage:
    """Two databases and the folder beside them. ``server``: the address of PostgreSQL's, empty for SQLite; ``mark``:
    what names of databases there begin with."""

    name: str
    folder: Path
    server: str = ""
    mark: str = ""

    @property
    def urls(self) -> list[str]:
        """Addresses of the databases, the collector's first."""
        if not self.server:
            return [f"sqlite:///{self.folder / name}.db" for name in BASES]
        made = [make_url(self.server).set(database=f"{self.mark}_{name}") for name in BASES]
        return [url.render_as_string(hide_password=False) for url in made]

    @property
    def environment(self) -> Mapping[str, str]:
        """What a service here is told, without its background work unless it has a process of its own for it."""
        names = [f"SIRIUS_{name.upper()}_DATABASE_URL" for name in BASES]
        told = {"SIRIUS_DATA_DIR": str(self.folder), "SIRIUS_SECRET_KEYS": KEY, "SIRIUS_BACKGROUND": "0"}
        return told | (dict(zip(names, self.urls, strict=True)) if self.server else {})

    @property
    def beside(self) -> Sequence[int]:
        """The process whose work is the service's too: PostgreSQL's."""
        if not self.server:
            return ()
        folder = Path(str(make_url(self.server).query["host"]))
        return (int((folder / "data" / "postmaster.pid").read_text().split()[0]),)

    @property
    def size(self) -> int:
        """Bytes that both databases take."""
        if not self.server:
            return sum(path.stat().st_size for path in self.folder.glob("*.db*"))
        with psycopg.connect(self.server) as connection:
            names = [f"{self.mark}_{name}" for name in BASES]
            query = "SELECT sum(pg_database_size(datname)) FROM pg_database WHERE datname = ANY(%s)"
            return int((connection.execute(query, (names,)).fetchone() or (0,))[0])

    def open(self, clock: Callable[[], datetime] = now_in_paris) -> Hub:
        """A hub on both databases."""
        collector, syndication = self.urls
        leaf = CollectorSettings(
            data_dir=self.folder, collector_database_url=collector, public_url="http://127.0.0.1:8000",
            secret_keys=(KEY,),
        )  # fmt: skip
        return asgi.open_hub(replace(Settings.of(leaf), database_url=syndication), clock)

    def another(self, mark: str) -> "Stage":
        """An empty one of the same kind."""
        made = replace(self, folder=self.folder.with_name(mark), mark=mark)
        made.prepare()
        return made

    def prepare(self) -> None:
        """Make what is to hold the databases."""
        self.folder.mkdir(parents=True)
        if self.server:
            with psycopg.connect(self.server, autocommit=True) as connection:
                for name in BASES:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"{self.mark}_{name}")))


@contextmanager
def stages(folder: Path, reviews: int) -> Iterator[list[Stage]]:
    """The same nation on SQLite and, where it is installed, on PostgreSQL."""
    found = [Stage(SQLITE, folder / "sqlite")]
    try:
        with postgresql.server(lasting=True) as server:
            found.append(Stage(POSTGRESQL, folder / "postgresql", server.address, "nation"))
            yield [built(stage, reviews) for stage in found]
    except postgresql.Unavailable as error:
        print(f"without PostgreSQL: {error}")
        yield [built(stage, reviews) for stage in found]


def built(stage: Stage, reviews: int) -> Stage:
    """A stage with a nation on it."""
    stage.prepare()
    with closing(stage.open()) as hub:
        build.build(hub, reviews, lambda *_: None)
    return stage
