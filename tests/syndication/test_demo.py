"""The demonstration: true codes, invented centres and words, something behind every door."""

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syndication import asgi
from syndication.app import create_app
from syndication.catalogue.codes import read_centre_code
from syndication.context import Hub
from syndication.demo import build
from syndication.demo.catalogue_site import PAGES, create_catalogue
from syndication.demo.facts import CENTRES, FORMATIONS
from syndication.demo.testimonies import PUBLISHED
from syndication.instants import now_in_paris
from tests.conftest import settings_in
from tests.databases import Databases
from tests.helpers import Client


@pytest.fixture(scope="module")
def demo(databases: Databases, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = databases.copy(built, tmp_path_factory.mktemp("demo"))
    with closing(asgi.open_hub(settings_in(folder, keys=()), build.DemoClock(now_in_paris))) as hub:
        yield hub


def test_every_invented_centre_is_well_formed_and_says_it_is_an_example() -> None:
    for centre in CENTRES:
        assert read_centre_code(centre.uai).value == centre.uai
        assert read_centre_code(str(centre.siret)).value == centre.siret
        assert "Exemple" in centre.name


def test_titles_and_codes_of_formations_are_facts(real_data: Path) -> None:
    with (real_data / "certif_info.csv").open(encoding="utf-8") as file:
        known = {row["Code_Diplome"]: row for row in csv.DictReader(file, delimiter=";")}
    for one in FORMATIONS:
        row = known[one.certifinfo]
        assert row["Libelle_Diplome"] == one.title
        assert (row["Code_Scolarité"], f"RNCP{row['Code_RNCP']}") == (one.cfd, one.rncp)
        assert (row["codeIdeo2"], row["Code_Niveau_Europeen"]) == (one.onisep, str(one.level))


def test_no_invented_centre_bears_a_real_centre_s_identifier(real_data: Path) -> None:
    with (real_data / "organismes_apprentissage.csv").open(encoding="utf-8-sig") as file:
        real = {value for row in csv.DictReader(file, delimiter=";") for value in (row["uai"], row["siret"])}
    assert not real & {code for centre in CENTRES for code in (centre.uai, centre.siret)}


def test_no_testimony_is_told_twice() -> None:
    texts = [text for pool in PUBLISHED.values() for _, text in pool]
    assert len(texts) == len(set(texts)) > 50


def test_every_state_is_behind_a_door(demo: Hub) -> None:
    client = Client(create_app(demo, background=False))
    expected = {
        f"/api/v1/avis?formation={code}": state
        for code, state in (
            ("50022146", "normale"), ("32031213", "fragile"), ("50033616", "fragile"), ("32032003", "comptes"),
            ("40025214", "insuffisante"), ("50022137", "insuffisante"),
        )
    }  # fmt: skip
    assert {url: client.get(url).json()["fiabilite"] for url in expected} == expected
    extracts = client.get("/api/v1/avis?formation=32032003").json()["verbatims"]["extraits"]
    assert {extract["pepite"] for extract in extracts} == {True, False}
    served = client.get("/api/v1/avis?formation=50033616&etablissement=9990001X").json()["portee"]["servie"]
    assert served == "formation@etablissement"
    with demo.engine.connect() as connection:
        texts = connection.exec_driver_sql("SELECT status FROM verbatim").fetchall()
        signals = connection.exec_driver_sql("SELECT signal FROM verbatim_signal").scalars().all()
        states = connection.exec_driver_sql("SELECT state, count(*) FROM review GROUP BY state").fetchall()
    assert {row[0] for row in texts} == {"attente", "publie", "refuse"}
    assert set(signals) == {"alerte", "a_reprendre", "copie", "court", "lien", "personne"}
    assert dict(tuple(row) for row in states)["a_verifier"] == 1


def test_building_again_changes_nothing(demo: Hub) -> None:
    def count() -> int:
        with demo.engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM review").scalar_one())

    before = count()
    build.build(demo, build.DemoClock(now_in_paris))
    assert count() == before


def test_the_sample_catalogue_names_the_service_in_its_policy_and_nobody_else() -> None:
    client = Client(create_catalogue("http://127.0.0.1:9000"))
    for slug in PAGES:
        page = client.get(f"/formations/{slug}")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "script-src http://127.0.0.1:9000;" in policy
        assert "unsafe" not in policy
    assert client.get("/formations/nulle-part").status_code == 404
