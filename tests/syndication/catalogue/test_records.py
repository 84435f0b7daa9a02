"""Records of the apprenticeship catalogue: every code, three roles, and UAIs that cannot be."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from syndication import database
from syndication.catalogue import store
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, OfferFact, Remark
from syndication.catalogue.importer import Report, import_files
from syndication.catalogue.records import catalogue_record
from syndication.catalogue.resolve import resolve
from syndication.errors import CodeError, ImportFault
from tests.databases import Databases
from tests.helpers import NOON

KEY = "088281P012X0000000180001000000002600013-69123#L01"
BLANK = dict.fromkeys(
    ("lieu_formation_siret", "parcoursup_id", "affelnet_id", "onisep_url", "bcn_mefs_10", "intitule_court", "capacite",
     "etablissement_formateur_enseigne", "etablissement_formateur_entreprise_raison_sociale"), ""
)  # fmt: skip


def record(**more: str) -> dict[str, str]:
    """A record as its row: the Batignolles answer for it, the Croix-Rousse teaches it, on the Erdre's premises."""
    row = {"cfd": "50022139", "id_certifinfo": "88281", "rncp_code": "RNCP37553", "cle_ministere_educatif": KEY}
    row |= {"intitule_long": "CUISINE (CAP)", "niveau": "3 (CAP...)", "cfd_date_fermeture": "2026-08-30T22:00:00.000Z"}
    row |= {"uai_formation": "9990002Y", "localite": "Nantes", "num_departement": "44", "region": "Pays de la Loire"}
    row |= {"etablissement_formateur_uai": "9990001X", "etablissement_formateur_siret": "00000002600013"}
    row |= {"etablissement_gestionnaire_uai": "0751234J", "etablissement_gestionnaire_siret": "00000001800010"}
    row |= {"etablissement_gestionnaire_enseigne": "CFA Exemple", "etablissement_gestionnaire_localite": "PARIS"}
    return BLANK | row | more


def facts(**more: str) -> list[Fact | Remark]:
    return list(catalogue_record(record(**more)))


def remarks(**more: str) -> list[str]:
    return [fact.reason for fact in facts(**more) if isinstance(fact, Remark)]


def roles(**more: str) -> list[tuple[str, str, str | None]]:
    return [
        (fact.role, fact.uai or str(fact.siret), fact.place) for fact in facts(**more) if isinstance(fact, OfferFact)
    ]


def codes(**more: str) -> set[str]:
    return {f"{fact.scheme}:{fact.value}" for fact in facts(**more) if isinstance(fact, CodeFact)}


def test_a_record_gives_a_formation_with_every_code_it_bears() -> None:
    mefs = json.dumps([{"mef10": "2412213921", "modalite": {"duree": "2"}}, {"mef10": None}, "x"])
    urls = {"onisep_url": "https://www.onisep.fr/http/redirection/formation/slug/FOR.1210"}
    assert codes(bcn_mefs_10=mefs, parcoursup_id="26437", affelnet_id="PARIS/00812165", **urls) == {
        "cfd:50022139", "rncp:RNCP37553", "certifinfo:88281", f"cle:{KEY}", "mef:2412213921", "parcoursup:26437",
        "affelnet:PARIS/00812165", "onisep:FOR.1210",
    }  # fmt: skip
    assert facts()[0] == FormationFact("cfd:50022139", "CUISINE (CAP)", 1, 3, None, date(2026, 8, 31))
    assert not remarks()


def test_a_record_without_a_cfd_stands_under_its_certif_info_number() -> None:
    assert codes(cfd="") == {"certifinfo:88281", "rncp:RNCP37553", f"cle:{KEY}"}
    assert facts(cfd="")[0] == FormationFact("certifinfo:88281", "CUISINE (CAP)", 1, 3, None, date(2026, 8, 31))
    with pytest.raises(ValueError, match="ni CFD, ni Certif-Info"):
        facts(cfd="", id_certifinfo=" ")
    with pytest.raises(CodeError, match="CFD mal formé"):
        facts(cfd="5002213")


def test_the_three_roles_lead_to_the_place() -> None:
    assert roles() == [
        ("lieu", "9990002Y", "9990002Y"),
        ("formateur", "9990001X", "9990002Y"),
        ("gestionnaire", "0751234J", "9990002Y"),
    ]
    centres = [fact for fact in facts() if isinstance(fact, CentreFact)]
    assert [(one.name, one.rank, one.city) for one in centres] == [
        ("Établissement 9990002Y", 0, "Nantes"),
        ("Établissement 9990001X", 0, ""),
        ("CFA Exemple", 1, "PARIS"),
    ]


@pytest.mark.parametrize(
    ("bad", "left", "remark"),
    [
        (
            {"uai_formation": "C752887F"},
            {"formateur": None, "gestionnaire": None},
            "lieu : « C752887F » n'a pas la forme",
        ),
        (
            {"etablissement_formateur_uai": "9990001A", "etablissement_formateur_siret": ""},
            {"lieu": "9990002Y", "gestionnaire": "9990002Y"},
            "formateur : La lettre de l'UAI 9990001A est fausse",
        ),
        (
            {"etablissement_gestionnaire_siret": "00000001800011"},
            {"lieu": "9990002Y", "formateur": "9990002Y", "gestionnaire": "9990002Y"},
            "gestionnaire : La clé du SIRET 00000001800011 est fausse",
        ),
        (
            {"parcoursup_id": "26"},
            dict.fromkeys(("lieu", "formateur", "gestionnaire"), "9990002Y"),
            "Parcoursup non repris",
        ),
        ({"bcn_mefs_10": "[{"}, dict.fromkeys(("lieu", "formateur", "gestionnaire"), "9990002Y"), ""),
    ],
)
def test_what_cannot_be_read_costs_a_remark_and_the_rest_is_kept(
    bad: dict[str, str], left: dict[str, str | None], remark: str
) -> None:
    assert {role: place for role, _, place in roles(**bad)} == left
    assert remark in "".join(remarks(**bad))


def test_a_record_whose_every_centre_is_wrong_is_refused_with_each_reason() -> None:
    nobody = {"etablissement_formateur_siret": "", "etablissement_gestionnaire_siret": ""}
    wrong = {"uai_formation": "C752887F", "etablissement_formateur_uai": "", "etablissement_gestionnaire_uai": "X"}
    with pytest.raises(ValueError, match=r"aucun établissement utilisable ; lieu : .*C752887F.* ; gestionnaire : .*X"):
        facts(**nobody, **wrong)


# -- imported --------------------------------------------------------------------------------------------------------

Take = Callable[..., Report]


@pytest.fixture
def engine(databases: Databases, tmp_path: Path) -> Iterator[Engine]:
    opened = database.open_engine(databases.at(tmp_path).syndication)
    database.migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def take(engine: Engine, tmp_path: Path) -> Take:
    """Import records as the catalogue's own file."""

    def run(*records: Any) -> Report:
        path = tmp_path / "catalogue.json"
        path.write_text(json.dumps({"formations": records, "pagination": {}}), encoding="utf-8")
        (report,) = import_files(engine, [path], NOON)
        return report

    return run


def offers(engine: Engine) -> set[tuple[str, str | None, str | None]]:
    """Role, UAI of the centre, UAI of the place."""
    place = store.CENTRE.alias("place")
    query = select(store.OFFER.c.role, store.CENTRE.c.uai, place.c.uai)
    query = query.join(store.CENTRE, store.CENTRE.c.id == store.OFFER.c.centre_id)
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(query.join(place, place.c.id == store.OFFER.c.place_id))}


def test_an_import_keeps_each_role_with_its_place_and_is_idempotent(engine: Engine, take: Take) -> None:
    first = take(record())
    assert (first.kind, first.read, first.kept, first.rejected, first.remarks) == (
        "Catalogue de l'apprentissage", 1, 1, [], [],
    )  # fmt: skip
    kept = offers(engine)
    assert kept == {
        ("lieu", "9990002Y", "9990002Y"),
        ("formateur", "9990001X", "9990002Y"),
        ("gestionnaire", "0751234J", "9990002Y"),
    }
    assert take(record()) == first
    assert offers(engine) == kept


def test_a_centre_without_a_uai_is_kept_under_its_siret(engine: Engine, take: Take) -> None:
    for _ in range(2):
        report = take(record(etablissement_gestionnaire_uai=""))
    assert (report.kept, report.remarks) == (1, [])
    with engine.connect() as connection:
        found = resolve(connection, "50022139", "00000001800010")
        names = connection.execute(select(store.CENTRE.c.name).where(store.CENTRE.c.uai.is_(None))).scalars().all()
    assert names == ["CFA Exemple"]
    assert (found.role, found.centre and found.centre.uai) == ("gestionnaire", "9990002Y")


def test_a_centre_whose_uai_is_told_later_goes_by_it(engine: Engine, take: Take) -> None:
    take(record(etablissement_gestionnaire_uai=""))
    take(record())
    with engine.connect() as connection:
        assert resolve(connection, None, "00000001800010").centre == resolve(connection, None, "0751234J").centre


def test_records_with_bad_uais_stop_no_other(engine: Engine, take: Take) -> None:
    nobody = dict.fromkeys(
        (f"etablissement_{r}_{w}" for r in ("formateur", "gestionnaire") for w in ("uai", "siret")), ""
    )
    report = take(record(), record(uai_formation="0694442E"), record(uai_formation="C752887F", **nobody), 5)
    assert (report.read, report.kept) == (4, 2)
    assert [place for place, _ in report.rejected] == [3, 4]
    assert [place for place, _ in report.remarks] == [2]


@pytest.mark.parametrize("text", ['{"formations": []}', '{"formations": [{"a": 1}]}', "{", '{"formations": 5}'])
def test_json_that_is_no_catalogue_is_refused_by_its_path(text: str, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "autre.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFault) as caught:
        import_files(engine, [path], NOON)
    assert str(caught.value).startswith(f"{path} : ")


def test_the_real_records_are_kept_and_lead_to_their_place_in_every_role(engine: Engine, real_data: Path) -> None:
    (report,) = import_files(engine, [real_data / "catalogue_formations_2_records_redacted.json"], NOON)
    assert (report.read, report.kept, report.rejected, report.remarks) == (2, 2, [], [])
    key = "082581P012X1300279230016313002792300171-33063#L01"
    with engine.connect() as connection:
        for centre, role in (("0331707B", "lieu"), ("13002792300171", "lieu"), ("13002792300163", "gestionnaire")):
            found = resolve(connection, key, centre)
            assert (found.role, found.centre and found.centre.uai) == (role, "0331707B")
        assert resolve(connection, "RNCP37199", "0470015L").role == "lieu"
