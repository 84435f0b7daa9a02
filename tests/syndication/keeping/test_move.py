"""Moving from SQLite to PostgreSQL and back: everything, row by row, or nothing."""

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import Connection, text

from collector.door import FolderBusy, SettingError, at_work
from syndication import asgi, database
from syndication.catalogue import importer
from syndication.database import writing
from syndication.demo.facts import facts
from syndication.errors import ConfigurationError, KeepingError
from syndication.keeping.bases import base_at, bases
from syndication.keeping.move import _same, move
from syndication.settings import Settings
from tests.helpers import Clock
from tests.syndication.keeping.house import House, Places, counted, quiet
from tests.syndication.test_publication import publish_everything

SEARCH = "/api/v1/verbatims?formation=50022146&q=premiers"


def addresses(settings: Settings) -> dict[str, str]:
    return {base.name: base.url for base in bases(settings)}


@pytest.fixture
def house(places: Places, clock: Clock) -> Iterator[House]:
    """An installation on SQLite, with a catalogue."""
    opened = House(places.on_sqlite(), clock)
    asgi.migrate(opened.hub)
    with writing(opened.hub.engine).begin() as connection:
        importer.keep(connection, facts(), "demonstration", clock())
        importer.link_lineages(connection)
    yield opened
    opened.close()


def definitions(connection: Connection) -> set[str]:
    """Everything that guards and orders rows in PostgreSQL, as it says it."""
    queries = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()",
        "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = current_schema()::regnamespace",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    )
    return {str(one) for query in queries for one in connection.execute(text(query)).scalars()}


def said(settings: Settings) -> list[set[str]]:
    found = []
    for base in bases(settings):
        with base.opened() as engine, engine.connect() as connection:
            found.append(definitions(connection))
    return found


def lived_in(house: House) -> dict[str, bytes]:
    """Give a house some life, and say what it exports."""
    tokens = house.answer(8)
    publish_everything(house.hub)
    house.withdraw(tokens[0])
    house.work()
    return house.exported()


@pytest.mark.postgresql
def test_it_goes_to_postgresql_and_back_and_says_the_same(house: House, places: Places, clock: Clock) -> None:
    there, back = places.new(), places.on_sqlite()
    exported, rows = lived_in(house), counted(house.settings)
    found = house.browser.get(SEARCH).json()
    assert found["pagination"]["total"] == 7
    house.close()
    gone = move(house.settings, addresses(there), quiet)
    returned = move(there, addresses(back), quiet)
    assert gone == returned
    for settings in (there, back):
        after = counted(settings)
        for name, tables in rows.items():
            assert {k: v for k, v in after[name].items() if k != "indexed_words"} == tables
        house = House(settings, clock)
        try:
            assert house.exported() == exported
            assert house.browser.get(SEARCH).json() == found
            assert house.answer(1)
            assert house.respondents() == 8
        finally:
            house.close()


@pytest.mark.postgresql
def test_a_moved_schema_is_the_one_that_migrations_make(house: House, places: Places) -> None:
    lived_in(house)
    house.close()
    there, fresh = places.new(), places.new()
    move(house.settings, addresses(there), quiet)
    for base in bases(fresh):
        with base.opened() as engine:
            base.schema.migrate(engine, "head")
    assert said(there) == said(fresh)


@pytest.mark.postgresql
def test_numbers_go_on_from_where_they_were(house: House, places: Places) -> None:
    there, back = places.new(), places.on_sqlite()
    house.answer(6)
    with writing(house.hub.engine).begin() as connection:
        last = connection.execute(text("SELECT max(seq) FROM change")).scalar_one()
        connection.execute(text("DELETE FROM change"))
    house.close()
    move(house.settings, addresses(there), quiet)
    move(there, addresses(back), quiet)
    for settings in (there, back):
        engine = database.open_engine(settings.database_url)
        with writing(engine).begin() as connection:
            added = "INSERT INTO change (formation_id, centre_id, at) VALUES (1, 1, '2026-11-24 12:00:00')"
            connection.execute(text(added))
            assert connection.execute(text("SELECT max(seq) FROM change")).scalar_one() == last + 1
        engine.dispose()


def refused(settings: Settings, where: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(KeepingError, match=sentence):
        move(settings, where, quiet)


@pytest.mark.postgresql
def test_it_refuses_what_would_mix_or_lose(house: House, places: Places) -> None:
    lived_in(house)
    house.close()
    settings, there = house.settings, places.new()
    own = addresses(settings)
    refused(settings, own, "est déjà son adresse")
    refused(settings, {"syndication": "mysql://x/y"}, "est attendue")
    refused(places.on_sqlite(), addresses(there), "il n'y a pas de base à déménager")
    with at_work([house.folder]), pytest.raises(FolderBusy, match="arrêtez-le d'abord"):
        move(settings, addresses(there), quiet)
    with base_at("collector", addresses(there)["collector"]).opened() as engine, engine.connect():
        refused(settings, addresses(there), "autre\\(s\\) connexion\\(s\\)")
    move(settings, addresses(there), quiet)
    refused(settings, addresses(there), "n'est pas vide, et rien n'y a été changé")
    old = places.new()
    for base in bases(old):
        with base.opened() as engine:
            base.schema.migrate(engine, base.schema.revisions[0])
    refused(settings, addresses(old), "il faut 0002 : donnez une base vide")
    refused(old, addresses(places.new()), "« sirius migrate »")


@pytest.mark.postgresql
def test_words_that_postgresql_cannot_hold_are_told_by_their_table_and_nothing_is_left(
    house: House, places: Places
) -> None:
    there = places.new()
    with house.hub.collector._engine.execution_options(write=True).begin() as connection:
        connection.execute(text("INSERT INTO opt_out (address_hash, month) VALUES ('a' || char(0) || 'b', '2026-11')"))
    house.close()
    with pytest.raises(KeepingError, match="PostgreSQL refuse une ligne de opt_out"):
        move(house.settings, {"collector": addresses(there)["collector"]}, quiet)
    assert bases(there)[1].is_empty()


class _Cut(Exception):
    """The move dies."""


@pytest.mark.parametrize("kind", [pytest.param("postgresql", marks=pytest.mark.postgresql), "sqlite"])
@pytest.mark.parametrize("step", ["syndication, copie", "collector, copie", "collector, relecture"])
def test_a_move_that_died_halfway_lets_nobody_work_there_and_is_done_again(
    house: House, places: Places, kind: str, step: str
) -> None:
    house.answer(5)
    house.close()
    there = places.new() if kind == "postgresql" else places.on_sqlite()

    def cut(name: str, _done: int, _total: int) -> None:
        if name == step:
            raise _Cut

    with pytest.raises(_Cut):
        move(house.settings, addresses(there), cut)
    for base in bases(there):
        with base.opened() as engine, pytest.raises((SettingError, ConfigurationError), match="relancez"):
            base.schema.revision_of(engine)
    told = move(house.settings, addresses(there), quiet)
    assert {name: sum(one.rows for one in tables) > 0 for name, tables in told.items()} == {
        "syndication": True,
        "collector": True,
    }
    again = House(there, house.clock)
    try:
        assert again.respondents() == 5
    finally:
        again.close()


def test_what_a_later_release_made_is_told_as_such(house: House, places: Places) -> None:
    with house.hub.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    house.close()
    there = places.on_sqlite()
    refused(house.settings, addresses(there), "une version plus récente de Sirius")
    assert not there.data_dir.exists() or not list(there.data_dir.iterdir())


def test_the_first_row_that_differs_is_named() -> None:
    assert _same("avis", "bookmark", [(("a", 1), ("a", 1))]).rows == 1
    for pair in ((("b", 1), ("b", 2)), (("b", 1), None), (None, ("b", 1))):
        with pytest.raises(KeepingError, match="la ligne 2 de bookmark"):
            _same("avis", "bookmark", [(("a", 1), ("a", 1)), pair])
