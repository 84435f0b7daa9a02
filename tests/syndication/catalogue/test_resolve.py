"""From a code as somebody writes it to a formation or a centre."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from sqlalchemy import Connection

from syndication.catalogue import importer
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, RenewalFact
from syndication.catalogue.resolve import ResolvedFormation, resolve, resolve_centre, resolve_formation
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import AmbiguousCode, CodeError, UnknownCode
from tests.helpers import NOON

KEY = "115708P012X1300279230016313002792300171-33063#L01"
CUISINE, FORMER_CUISINE, HAIR = "cfd:50022146", "cfd:50022139", "cfd:50033616"

Add = Callable[..., None]


@pytest.fixture
def add(hub: Hub) -> Add:
    """State more facts than the demonstration's."""

    def run(*facts: Fact) -> None:
        with writing(hub.engine).begin() as connection:
            importer.keep(connection, facts, "test", NOON)
            importer.link_lineages(connection)

    return run


def formation(hub: Hub, text: str) -> ResolvedFormation:
    with hub.engine.connect() as connection:
        return resolve_formation(connection, text)


def centre(hub: Hub, text: str) -> str | None:
    with hub.engine.connect() as connection:
        return resolve_centre(connection, text).uai


def chain(*keys: str) -> list[Fact]:
    """Formations that renewed one another, the first the oldest."""
    stated: list[Fact] = [FormationFact(f"cfd:{key}", f"Diplôme {key}", 1) for key in keys]
    stated += [CodeFact(f"cfd:{key}", "cfd", key) for key in keys]
    return [*stated, *(RenewalFact("cfd", old, new) for old, new in pairwise(keys))]


# -- formations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "50022146",
        "cfd:50022146",
        " 50022146 ",
        "RNCP38430",
        "rncp:38430",
        "38430",
        "115708",
        "certifinfo:115708",
        "2412214621",
        "mef:2412214622",
        "23210022146",
        "MEFSTAT11:23210022146",
        "FOR.9664",
        "onisep:FOR.9664",
        "https://www.onisep.fr/http/redirection/formation/slug/FOR.9664",
        KEY,
        f"cle:{KEY}",
        "26437",
        "parcoursup:26437",
        "PARIS/00812165",
        "affelnet:paris/00812165",
        "RS6533",
    ],
)
def test_a_code_of_any_scheme_leads_to_its_formation(text: str, hub: Hub, add: Add) -> None:
    add(
        CodeFact(CUISINE, "cle", KEY),
        CodeFact(CUISINE, "parcoursup", "26437"),
        CodeFact(CUISINE, "affelnet", "PARIS/00812165"),
        CodeFact(CUISINE, "rs", "RS6533"),
    )
    found = formation(hub, text)
    assert found.asked.natural_key == found.formation.natural_key == CUISINE
    assert found.formation.title == "CAP cuisine"


def test_the_code_is_told_as_it_was_read(hub: Hub) -> None:
    assert str(formation(hub, "38430").code) == "rncp:RNCP38430"
    assert str(formation(hub, "115708").code) == "certifinfo:115708"


@pytest.mark.parametrize(
    "text", ["50022139", "RNCP37553", "88543", "2412213921", "23210022139", "FOR.1210", "onisep:FOR.1210"]
)
def test_an_old_code_of_any_scheme_leads_to_the_newest_of_its_lineage(text: str, hub: Hub) -> None:
    found = formation(hub, text)
    assert found.asked.natural_key == FORMER_CUISINE
    assert found.formation.natural_key == CUISINE
    assert set(found.members) == {found.asked.id, found.formation.id}


def test_the_old_and_the_new_code_share_their_members(hub: Hub) -> None:
    assert formation(hub, "50022139").members == formation(hub, "50022146").members


def test_a_formation_without_lineage_is_alone(hub: Hub) -> None:
    found = formation(hub, "50033616")
    assert found.asked == found.formation
    assert found.members == (found.asked.id,)


@pytest.mark.parametrize("code", ["50099901", "50099902", "50099903", "50099904"])
def test_every_code_of_a_chain_leads_to_its_end(code: str, hub: Hub, add: Add) -> None:
    add(*chain("50099903", "50099901", "50099904", "50099902"))
    found = formation(hub, code)
    assert found.asked.natural_key == f"cfd:{code}"
    assert found.formation.natural_key == "cfd:50099902"
    assert len(found.members) == 4


def test_a_code_that_was_split_answers_for_itself_alone(hub: Hub, add: Add) -> None:
    add(*chain("50099901", "50099902"), *chain("50099901", "50099903"))
    assert formation(hub, "50099901").formation.natural_key == "cfd:50099901"
    assert len(formation(hub, "50099902").members) == 1


def test_a_code_borne_by_a_whole_lineage_is_not_ambiguous(hub: Hub, add: Add) -> None:
    add(CodeFact(FORMER_CUISINE, "rncp", "RNCP90001"), CodeFact(CUISINE, "rncp", "RNCP90001"))
    assert formation(hub, "RNCP90001").formation.natural_key == CUISINE


def test_a_code_borne_by_unlike_formations_is_ambiguous_and_names_them(hub: Hub, add: Add) -> None:
    add(CodeFact(CUISINE, "rncp", "RNCP90001"), CodeFact(HAIR, "rncp", "RNCP90001"))
    with pytest.raises(AmbiguousCode) as caught:
        formation(hub, "RNCP90001")
    assert str(caught.value) == "« RNCP90001 » désigne plusieurs formations."
    assert set(caught.value.candidates) == {
        "rncp:RNCP90001 : CAP cuisine (cfd:50022146)",
        "rncp:RNCP90001 : CAP métiers de la coiffure (cfd:50033616)",
    }
    assert caught.value.subject == "formation"


def test_a_bare_number_that_means_two_things_is_ambiguous_until_its_scheme_is_told(hub: Hub, add: Add) -> None:
    add(CodeFact(HAIR, "parcoursup", "115708"))
    with pytest.raises(AmbiguousCode) as caught:
        formation(hub, "115708")
    assert set(caught.value.candidates) == {
        "certifinfo:115708 : CAP cuisine (cfd:50022146)",
        "parcoursup:115708 : CAP métiers de la coiffure (cfd:50033616)",
    }
    assert formation(hub, "certifinfo:115708").asked.natural_key == CUISINE
    assert formation(hub, "parcoursup:115708").asked.natural_key == HAIR


def test_a_bare_number_read_two_ways_to_one_lineage_is_not_ambiguous(hub: Hub, add: Add) -> None:
    add(CodeFact(FORMER_CUISINE, "parcoursup", "115708"))
    assert formation(hub, "115708").formation.natural_key == CUISINE


def test_the_formation_that_a_code_makes_stands_before_those_that_only_bear_it(hub: Hub, add: Add) -> None:
    add(CodeFact(HAIR, "cfd", "50022137"))
    assert formation(hub, "50022137").asked.natural_key == "cfd:50022137"


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("50099999", "lu comme : cfd"),
        ("rncp:38431", "lu comme : rncp"),
        ("38431", "lu comme : certifinfo, parcoursup, rncp"),
        ("FOR.1", "lu comme : onisep"),
    ],
)
def test_a_well_formed_code_that_nobody_bears_is_unknown_and_tells_how_it_was_read(
    text: str, tried: str, hub: Hub
) -> None:
    with pytest.raises(UnknownCode) as caught:
        formation(hub, f" {text} ")
    assert f"« {text} »" in str(caught.value)
    assert tried in str(caught.value)
    assert caught.value.subject == "formation"


@pytest.mark.parametrize("text", ["", "CAP cuisine", "cfd:cuisine", "uai:0751234J"])
def test_a_malformed_code_is_not_called_unknown(text: str, hub: Hub) -> None:
    with pytest.raises(CodeError):
        formation(hub, text)


def test_a_prefix_keeps_a_code_of_another_scheme_unknown(hub: Hub) -> None:
    with pytest.raises(UnknownCode):
        formation(hub, "parcoursup:115708")


# -- centres ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["0751234J", "751234j", "uai:0751234J", "00000001800010", "000 000 018 00010", "siret:00000001800010"]
)
def test_a_centre_is_found_by_its_uai_or_its_siret(text: str, hub: Hub) -> None:
    assert centre(hub, text) == "0751234J"


def test_every_siret_of_a_centre_leads_to_it(hub: Hub, add: Add) -> None:
    add(CentreFact("0751234J", "", 0, "13002792300163"))
    assert centre(hub, "13002792300163") == centre(hub, "00000001800010") == "0751234J"


def test_a_siret_shared_by_two_centres_is_ambiguous_and_names_their_uais(hub: Hub, add: Add) -> None:
    add(CentreFact("9990001X", "", 0, "00000001800010"))
    with pytest.raises(AmbiguousCode) as caught:
        centre(hub, "00000001800010")
    assert set(caught.value.candidates) == {"uai:0751234J", "uai:9990001X"}
    assert caught.value.subject == "etablissement"


@pytest.mark.parametrize("text", ["0010856A", "13002792300163"])
def test_a_well_formed_identifier_of_no_centre_is_unknown(text: str, hub: Hub) -> None:
    with pytest.raises(UnknownCode) as caught:
        centre(hub, text)
    assert f"« {text} »" in str(caught.value)
    assert caught.value.subject == "etablissement"


@pytest.mark.parametrize("text", ["0751234K", "00000001800011", "CFA Exemple"])
def test_a_malformed_identifier_of_a_centre_is_not_called_unknown(text: str, hub: Hub) -> None:
    with pytest.raises(CodeError) as caught:
        centre(hub, text)
    assert caught.value.subject == "etablissement"


# -- both ------------------------------------------------------------------------------------------------------------


def parts(connection: Connection, first: str | None, second: str | None) -> tuple[str | None, str | None]:
    found = resolve(connection, first, second)
    return (
        found.formation.formation.natural_key if found.formation else None,
        found.centre.uai if found.centre else None,
    )


def test_either_of_the_two_may_be_absent(hub: Hub) -> None:
    with hub.engine.connect() as connection:
        assert parts(connection, "50022139", "0751234J") == (CUISINE, "0751234J")
        assert parts(connection, "50022139", None) == (CUISINE, None)
        assert parts(connection, "", "0751234J") == (None, "0751234J")


@pytest.mark.parametrize("nothing", [None, ""])
def test_both_absent_is_a_fault(nothing: str | None, hub: Hub) -> None:
    with hub.engine.connect() as connection, pytest.raises(CodeError, match="attendu"):
        resolve(connection, nothing, nothing)


def test_a_known_formation_does_not_hide_an_unknown_centre(hub: Hub) -> None:
    with hub.engine.connect() as connection, pytest.raises(UnknownCode) as caught:
        resolve(connection, "50022146", "0010856A")
    assert caught.value.subject == "etablissement"
