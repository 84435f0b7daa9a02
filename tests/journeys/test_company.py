"""Hosts that share one PostgreSQL: those of one installation do, two installations do not."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, make_url, text

from syndication.context import Hub
from syndication.errors import ConfigurationError, KeepingError
from syndication.keeping.bases import bases
from syndication.serving import company
from syndication.settings import Settings
from tests.commands import sirius
from tests.conftest import KEY
from tests.databases import Databases
from tests.journeys.test_durability import serving
from tests.servers import wait_until

pytestmark = pytest.mark.postgresql
ANOTHER = "chance made another one 7yX0f8Qz5vWj2RkT"
SOMEBODY = "lea@exemple.fr"
WRONG = [
    ({"SIRIUS_PUBLIC_URL": "https://avis.exemple.fr"}, "d'autres réglages. Donnez les mêmes à chaque hôte"),
    ({"SIRIUS_MIN_RESPONDENTS": "8"}, "d'autres réglages. Donnez les mêmes à chaque hôte"),
    ({"SIRIUS_SECRET_KEYS": ANOTHER}, "d'autres clés"),
]


def test_a_host_that_publishes_otherwise_or_has_other_keys_is_refused(
    hub: Hub, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hub.close()
    here, there = hub.settings.data_dir, tmp_path_factory.mktemp("ailleurs")
    shared = databases.at(here).settings | {"SIRIUS_SECRET_KEYS": KEY}
    with serving(here, **shared):
        for changed, said in WRONG:
            for command in ("serve", "worker", "doctor", "mail send", f"signin {SOMEBODY} --role admin"):
                done = sirius(None, *command.split(), **{"SIRIUS_DATA_DIR": str(there), **shared, **changed})
                assert (done.returncode, done.stdout) == (1, "")
                assert said in done.stderr
                assert "La base «" in done.stderr
        with serving(there, **shared | {"SIRIUS_SECRET_KEYS": f"{ANOTHER},{KEY}"}):  # keys change host after host
            told = sirius(None, "doctor", **{"SIRIUS_DATA_DIR": str(there), **shared})
            assert (told.returncode, told.stderr) == (0, "Tout va bien.\n")
    alone = sirius(None, "doctor", **{"SIRIUS_DATA_DIR": str(there), **shared, "SIRIUS_MIN_RESPONDENTS": "8"})
    assert (alone.returncode, alone.stderr) == (0, "Tout va bien.\n")


def test_nobody_begins_while_a_restoration_must_be_alone(hub: Hub) -> None:
    for base in bases(hub.settings):
        with base.alone():
            busy = "une restauration ou un déménagement y est en cours"
            with pytest.raises(ConfigurationError, match=busy), company.kept(hub.settings):
                pytest.fail("it began")
            with pytest.raises(KeepingError, match="y travaille déjà"), base.alone():
                pytest.fail("two are alone")
        with company.kept(hub.settings), pytest.raises(KeepingError, match="y travaille déjà"), base.alone():
            pytest.fail("it is not alone")


def test_two_schemas_of_one_database_know_nothing_of_each_other(hub: Hub) -> None:
    url = make_url(hub.settings.database_url).update_query_dict({"options": "-csearch_path=autre"})
    with hub.engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA autre"))
    there = create_engine(url.set(drivername="postgresql+psycopg"))
    with company.kept(hub.settings), there.connect() as connection:
        assert company.strangers(connection, stranger_to(hub.settings)) == ""
    there.dispose()


def stranger_to(settings: Settings) -> Settings:
    """The same databases, with keys of one's own."""
    return replace(settings, collector=settings.collector.model_copy(update={"secret_keys": (ANOTHER,)}))


def test_a_process_that_the_server_forgot_is_known_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company, "EVERY_SECONDS", 0.05)
    stranger = stranger_to(hub.settings)

    def seen() -> str:
        with hub.engine.connect() as connection:
            return company.strangers(connection, stranger)

    with company.kept(hub.settings):
        assert "d'autres" in seen()
        with hub.engine.begin() as connection:
            assert connection.execute(text(_FORGET)).all()
        wait_until(lambda: "d'autres" in seen(), "it is known again", every=0.05)
    wait_until(lambda: seen() == "", "the server noticed that it left", every=0.05)


_FORGET = """
SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7280
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
