"""Hosts that share one PostgreSQL: those of one installation do, two installations do not."""

from dataclasses import replace

import pytest
from sqlalchemy import make_url, text

from syndication.context import Hub
from syndication.errors import ConfigurationError, KeepingError
from syndication.keeping.bases import bases
from syndication.serving import company
from syndication.settings import Settings
from tests.commands import sirius
from tests.conftest import KEY
from tests.databases import Databases, change
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
    leaf, own = (elsewhere(base.url) for base in (bases(hub.settings)[1], bases(hub.settings)[0]))
    other = stranger_to(hub.settings)
    other = replace(
        other, database_url=own, collector=other.collector.model_copy(update={"collector_database_url": leaf})
    )
    with company.kept(hub.settings):
        assert company.strangers(other) == ""


def elsewhere(url: str) -> str:
    """The address of a schema of its own beside a database's."""
    change(url, "CREATE SCHEMA autre")
    options = {"options": "-csearch_path=autre"}
    return make_url(url).update_query_dict(options).render_as_string(hide_password=False)


@pytest.mark.parametrize("shared", ["collector", "syndication"])
def test_a_database_is_half_of_one_installation_only(hub: Hub, shared: str) -> None:
    hub_base, collector_base = bases(hub.settings)
    if shared == "collector":
        other = replace(hub.settings, database_url=elsewhere(hub_base.url))
    else:
        moved = {"collector_database_url": elsewhere(collector_base.url)}
        other = replace(hub.settings, collector=hub.settings.collector.model_copy(update=moved))
    with company.kept(hub.settings):
        assert "deux bases à chaque installation" in company.strangers(other)
        with pytest.raises(ConfigurationError, match="d'autres réglages"), company.kept(other):
            pytest.fail("two installations share a database")
    assert company.strangers(other) == ""


def stranger_to(settings: Settings) -> Settings:
    """The same databases, with keys of one's own."""
    return replace(settings, collector=settings.collector.model_copy(update={"secret_keys": (ANOTHER,)}))


def test_a_process_that_the_server_forgot_is_known_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company, "EVERY_SECONDS", 0.05)
    stranger = stranger_to(hub.settings)

    def seen() -> str:
        return company.strangers(stranger)

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
