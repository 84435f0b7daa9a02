"""Databases of tests: two for each folder of data, SQLite files in it, or a PostgreSQL server's that bear its mark.

``SIRIUS_TEST_DATABASE`` says which: ``sqlite`` (the default), ``postgresql`` (a server of the tests' own) or the
``postgresql://`` address of another, with a role that may create databases. Databases of tests are copies of
templates that are made once a run; PostgreSQL's are dropped after the test whose folder they belong to.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import Engine, NullPool, create_engine, event, inspect, text
from sqlalchemy.engine import make_url

from tests import postgresql

KIND = "SIRIUS_TEST_DATABASE"
_WANTED = os.environ.get(KIND, "sqlite")
_SERVER, _RUN = "TESTS_OF_SIRIUS_SERVER", "TESTS_OF_SIRIUS_RUN"
"""What the process that shares the tests tells the others: the address of the server, the folder of the run.
Not ours by name: tests clear the environment of what is."""
_ENDS = {"collector": "c", "syndication": "s"}
"""What names of the two databases of a folder end with."""


@dataclass(frozen=True)
class Pair:
    """Addresses of the two databases of a folder."""

    collector: str
    syndication: str

    @property
    def settings(self) -> dict[str, str]:
        """What the environment must say for them; nothing of SQLite's files, which are where they are looked for."""
        if self.collector.startswith("sqlite"):
            return {}
        return {"SIRIUS_COLLECTOR_DATABASE_URL": self.collector, "SIRIUS_SYNDICATION_DATABASE_URL": self.syndication}


def on_postgresql() -> bool:
    """Whether tests run on PostgreSQL."""
    return _WANTED != "sqlite"


def examples(count: int) -> int:
    """How many random examples to try of what databases do: a third on PostgreSQL, where the others would find what
    they find on SQLite."""
    return max(count // 3, 5) if on_postgresql() else count


@contextmanager
def run() -> Iterator[str]:
    """Make ready what the processes of a run share, and end it with the block; gives what runs, to be told.

    Raises ValueError for a kind that is unknown, ``postgresql.Unavailable``.
    """
    with ExitStack() as stack:
        room = os.environ.get("PYTEST_DEBUG_TEMPROOT")
        os.environ[_RUN] = stack.enter_context(tempfile.TemporaryDirectory(prefix="sirius-run-", dir=room))
        if _WANTED == "sqlite":
            yield "SQLite"
        elif _WANTED.startswith("postgresql"):
            own = _WANTED == "postgresql"
            os.environ[_SERVER] = stack.enter_context(postgresql.server()).address if own else _WANTED
            server = stack.enter_context(closing(_Server()))
            if not own:
                stack.callback(server.drop, _mark())
            yield server.version
        else:
            raise ValueError(f"{KIND}: sqlite, postgresql or postgresql://… was expected, not {_WANTED}")


class Databases:
    """The databases of folders, as one process of a run makes them."""

    def __init__(self) -> None:
        self._server = _Server() if on_postgresql() else None
        self._known: dict[Path, Pair] = {}

    def close(self) -> None:
        """Let go of the server."""
        if self._server is not None:
            self._server.close()

    def at(self, folder: Path) -> Pair:
        """Addresses of a folder's databases; those of PostgreSQL are made, empty, when they are not there."""
        folder = folder.resolve()
        if self._server is None:
            return Pair(*(f"sqlite:///{folder / name}.db" for name in _ENDS))
        if folder not in self._known:
            self._create(folder)
        return self._known[folder]

    def in_french(self, folder: Path) -> Pair:
        """Addresses of a folder's databases, made empty, that PostgreSQL orders texts of as French does: by ICU where
        the server has it, else by the locale that it was made with."""
        assert self._server is not None
        self._create(folder.resolve(), words=self._server.french)
        return self._known[folder.resolve()]

    def copy(self, source: Path, folder: Path) -> Path:
        """Fill a folder, made when it is not there, with what another holds, databases included; gives it.

        The other's databases may not be in use meanwhile.
        """
        shutil.copytree(source, folder, dirs_exist_ok=True)
        if self._server is not None:
            self._create(folder.resolve(), source.resolve())
        return folder

    @contextmanager
    def fresh(self, source: Path) -> Iterator[Path]:
        """A folder for a moment, with a copy of what another holds."""
        with tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as name:
            yield self.copy(source, Path(name))
            self.forget(Path(name))

    def forget(self, folder: Path) -> None:
        """Drop databases of a folder and of those in it, whoever still uses them; files go with their folder."""
        folder = folder.resolve()
        for one in [known for known in self._known if known.is_relative_to(folder)]:
            del self._known[one]
            if self._server is not None:
                self._server.drop(_name(one))

    def lose(self, folder: Path) -> None:
        """Take the databases of a folder away under whoever uses them."""
        self.forget(folder)
        for file in folder.glob("*.db*"):
            file.unlink()

    def save(self, address: str) -> Callable[[], None]:
        """Copy a database that nobody uses; gives what puts the copy in its place, when nobody uses it either."""
        name = str(make_url(address).database)
        if self._server is None:
            shutil.copy(name, f"{name}.saved")

            def copy_back() -> None:
                Path(f"{name}-wal").unlink(missing_ok=True)
                shutil.copy(f"{name}.saved", name)

            return copy_back
        server, saved = self._server, f"{name}saved"
        server.create(saved, name)

        def put_back() -> None:
            server.drop(name, but=saved)
            server.create(name, saved)

        return put_back

    def once(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder of what is made once a run, by whichever process first wants it; others wait for it."""
        folder = Path(os.environ[_RUN], name)
        with folder.with_name(f"{name}.made").open("a+") as made:
            fcntl.flock(made, fcntl.LOCK_EX)
            if made.seek(0, os.SEEK_END) == 0:
                folder.mkdir(mode=0o700)
                make(folder)
                made.write("whole")
        return folder

    def _create(self, folder: Path, source: Path | None = None, words: LiteralString = "") -> None:
        assert self._server is not None
        made = {}
        for one, end in _ENDS.items():
            template = None if source is None else f"{_name(source)}{end}"
            made[one] = self._server.create(f"{_name(folder)}{end}", template, words)
        self._known[folder] = Pair(**made)


class Wanting:
    """Whether the test under way asked for databases: on PostgreSQL those that do not are left out."""

    databases: Databases | None = None
    asked = False


def current() -> Databases:
    """The databases of this process, for a test that asked for them."""
    assert Wanting.asked, "a test that opens a database depends on the fixture databases"
    assert Wanting.databases is not None
    return Wanting.databases


def bare_environment() -> dict[str, str]:
    """The environment with nothing of ours in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SIRIUS_")}


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a process on a folder of data and its databases; nothing else of ours but what is given."""
    return {**bare_environment(), "SIRIUS_DATA_DIR": str(folder), **current().at(folder).settings, **more}


def rows(address: str, query: str, **values: Any) -> list[tuple[Any, ...]]:
    """What a query gives, on a connection of its own."""
    with _engine(address).connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def change(address: str, *statements: str, **values: Any) -> None:
    """Run statements in one transaction, on a connection of its own."""
    with _engine(address).begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def dump(address: str) -> list[str]:
    """Everything that a database says, its tables and their columns included."""
    lines = []
    with _engine(address).connect() as connection:
        for name in sorted(inspect(connection).get_table_names()):
            found = connection.execute(text(f'SELECT * FROM "{name}"'))
            lines += [f"{name} {list(found.keys())}", *sorted(f"{name} {row!r}" for row in found)]
    return lines


def digest(address: str) -> str:
    """What tells whether anything in a database changed; on PostgreSQL at the cost of one statement."""
    if not address.startswith("postgresql"):
        return hashlib.sha256("\n".join(dump(address)).encode()).hexdigest()
    with _engine(address).connect() as connection:
        names = sorted(inspect(connection).get_table_names())
        each = "SELECT '{0}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM \"{0}\" t"
        return repr(sorted(connection.exec_driver_sql(" UNION ALL ".join(map(each.format, names))).all(), key=repr))


def held(address: str) -> bytes:
    """All that is found in a database; in SQLite's files, that includes what was erased carelessly."""
    url = make_url(address)
    if url.drivername == "sqlite":
        file = Path(str(url.database))
        return b"".join(one.read_bytes() for one in sorted(file.parent.glob(f"{file.name}*")))
    return "\n".join(dump(address)).encode()


@contextmanager
def nobody_writes(module: Any, address: str) -> Iterator[None]:
    """Hold the lock that writers of a database take; ``module`` is its package's ``database``."""
    engine = module.open_engine(address).execution_options(write=True)
    with engine.begin():
        yield
    engine.dispose()


def statements_of(engine: Engine) -> list[str]:
    """Statements that an engine's drivers run from now on, those that go past SQLAlchemy included."""
    told: list[str] = []

    class Telling(psycopg.Cursor[Any]):
        def execute(self, query: Any, *rest: Any, **options: Any) -> Any:
            told.append(query)
            return super().execute(query, *rest, **options)

    def listen(driver: Any, _record: Any) -> None:
        if isinstance(driver, psycopg.Connection):
            driver.cursor_factory = Telling
        else:
            driver.set_trace_callback(told.append)

    engine.dispose()
    event.listen(engine, "connect", listen)
    return told


@cache
def _engine(address: str) -> Engine:
    return create_engine(address, poolclass=NullPool)


class _Server:
    """The PostgreSQL server of the run."""

    def __init__(self) -> None:
        self._address = make_url(os.environ[_SERVER]).set(drivername="postgresql")
        self._connection = psycopg.connect(self._address.render_as_string(hide_password=False), autocommit=True)
        number = self._connection.info.server_version
        self.version = f"PostgreSQL {number // 10000}.{number % 10000}"
        (durable,) = self._connection.execute("SHOW fsync").fetchone() or ("on",)
        files = number >= 150000 and durable == "off"  # two checkpoints a copy: quicker, where they wait for no disk
        self._strategy: LiteralString = " STRATEGY file_copy" if files else ""

        has_icu = self._connection.execute("SELECT 1 FROM pg_collation WHERE collname = 'fr-x-icu'").fetchone()
        self.french: LiteralString = " LOCALE_PROVIDER icu ICU_LOCALE 'fr'" if has_icu else ""

    def close(self) -> None:
        self._connection.close()

    def create(self, name: str, template: str | None, words: LiteralString = "") -> str:
        """Make a database and give its address."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + self._strategy + words)
        self._connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return self._address.set(database=name).render_as_string(hide_password=False)

    def drop(self, prefix: str, *, but: str = "") -> None:
        """Drop every database whose name begins so, but one."""
        names = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND datname <> %s"
        for (name,) in self._connection.execute(names, [prefix, but]).fetchall():
            self._connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _mark() -> str:
    """How names of the run's databases begin."""
    return f"sirius_{hashlib.sha256(os.environ[_RUN].encode()).hexdigest()[:8]}_"


def _name(folder: Path) -> str:
    """How names of a folder's databases begin, the same in every process of the run."""
    return f"{_mark()}{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}_"
