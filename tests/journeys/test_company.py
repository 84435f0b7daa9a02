"""Hosts that share one PostgreSQL: those of one installation do, two installations do not."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from syndication.context import Hub
from syndication.serving import company
from tests.commands import sirius
from tests.conftest import KEY
from tests.databases import Databases
from tests.journeys.test_durability import serving
from tests.servers import wait_until

pytestmark = pytest.mark.postgresql
ANOTHER = "chance made another one 7yX0f8Qz5vWj2RkT"
WRONG = [
    ({"SIRIUS_PUBLIC_URL": "https://avis.exemple.fr"}, "d'autres réglages. Donnez les mêmes à chacun"),
    ({"SIRIUS_MIN_RESPONDENTS": "8"}, "d'autres réglages. Donnez les mêmes à chacun"),
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
            for command in ("serve", "worker", "doctor"):
                done = sirius(None, command, **{"SIRIUS_DATA_DIR": str(there), **shared, **changed})
                assert (done.returncode, done.stdout) == (1, "")
                assert said in done.stderr
                assert "La base «" in done.stderr
        with serving(there, **shared | {"SIRIUS_SECRET_KEYS": f"{ANOTHER},{KEY}"}):  # keys change host after host
            told = sirius(None, "doctor", **{"SIRIUS_DATA_DIR": str(there), **shared})
            assert (told.returncode, told.stderr) == (0, "Tout va bien.\n")
    alone = sirius(None, "doctor", **{"SIRIUS_DATA_DIR": str(there), **shared, "SIRIUS_MIN_RESPONDENTS": "8"})
    assert (alone.returncode, alone.stderr) == (0, "Tout va bien.\n")


def test_a_process_that_the_server_forgot_is_known_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company, "EVERY_SECONDS", 0.05)
    stranger = replace(hub.settings, collector=hub.settings.collector.model_copy(update={"secret_keys": (ANOTHER,)}))

    def seen() -> str:
        with hub.engine.connect() as connection:
            return company.strangers(connection, stranger)

    with company.kept(hub.engine, hub.settings):
        assert "d'autres" in seen()
        with hub.engine.begin() as connection:
            connection.execute(text(_FORGET), {"kind": company.PUBLISHED})
        wait_until(lambda: "d'autres" in seen(), "it is known again", every=0.05)
    assert seen() == ""


_FORGET = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid::int = :kind"
