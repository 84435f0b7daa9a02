"""Migrations of both databases say what the models say."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData

from collector import database as collector_database
from collector.models import metadata as collector_metadata
from syndication import database as syndication_database
from syndication.models import metadata as syndication_metadata
from tests.databases import Databases


@pytest.fixture(params=["collector", "syndication"])
def schema(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[tuple[Engine, MetaData]]:
    """A migrated database, and what the models say of it."""
    where = databases.at(tmp_path)
    module, address, metadata = (
        (collector_database, where.collector, collector_metadata)
        if request.param == "collector"
        else (syndication_database, where.syndication, syndication_metadata)
    )
    engine = module.open_engine(address)
    module.migrate(engine)
    yield engine, metadata
    engine.dispose()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tables of the full text are the database's own business: they have no model."""
    return not (kind == "table" and (name or "").startswith("indexed_words"))


def test_migrations_end_where_the_models_are(schema: tuple[Engine, MetaData]) -> None:
    engine, metadata = schema
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _ours})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(databases: Databases, tmp_path: Path) -> None:
    engine = syndication_database.open_engine(databases.at(tmp_path).syndication)
    assert not syndication_database.revision_of(engine)
    syndication_database.migrate(engine)
    syndication_database.migrate(engine)
    assert syndication_database.is_current(engine)
    engine.dispose()


def test_sqlite_is_durable_and_lets_readers_read(tmp_path: Path) -> None:
    for module in (collector_database, syndication_database):
        engine = module.open_engine(f"sqlite:///{tmp_path / 'c.db'}")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        engine.dispose()


@pytest.mark.postgresql
def test_texts_are_compared_by_code_point_whatever_the_locale_of_the_server(schema: tuple[Engine, MetaData]) -> None:
    engine, _ = schema
    collations = (
        "SELECT a.attrelid::regclass || '.' || a.attname, collname FROM pg_attribute a JOIN pg_class c "
        "ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation "
        "WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0"
    )
    with engine.connect() as connection:
        found = {str(name): str(collation) for name, collation in connection.exec_driver_sql(collations)}
    assert len(found) > 10
    assert {name for name, collation in found.items() if collation != "C"} == {"alembic_version.version_num"}
