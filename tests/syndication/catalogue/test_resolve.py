"""From a code as somebody writes it to a formation or a centre."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import Connection

from syndication.catalogue import importer, store
from syndication.catalogue.codes import Code
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, OfferFact, RenewalFact
from syndication.catalogue.resolve import (
    Reading,
    Resolution,
    Resolved,
    ResolvedFormation,
    resolve,
    resolve_any,
    resolve_centre,
    resolve_formation,
)
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import AmbiguousCode, CodeError, UnknownCode
from tests.databases import statements_of
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


# -- what two codes mean together ------------------------------------------------------------------------------------

PARIS, LYON, NANTES, LILLE = "0751234J", "9990001X", "9990002Y", "9990003Z"


def both(hub: Hub, first: str, second: str) -> Resolved:
    with hub.engine.connect() as connection:
        return resolve(connection, first, second)


def part(hub: Hub, first: str, second: str) -> tuple[str | None, str | None, str | None]:
    """The role of the centre asked, the centre asked, and the one it leads to."""
    found = both(hub, first, second)
    assert found.asked_centre is not None
    assert found.centre is not None
    return found.role, found.asked_centre.uai, found.centre.uai


@pytest.mark.parametrize("code", ["50022146", "50022139", "RNCP37553"])
def test_a_place_is_itself_whatever_the_age_of_the_code(code: str, hub: Hub) -> None:
    assert part(hub, code, PARIS) == ("lieu", PARIS, PARIS)
    assert part(hub, code, NANTES) == ("lieu", NANTES, NANTES)


def test_a_centre_that_nobody_links_to_the_formation_stays_what_was_asked(hub: Hub) -> None:
    assert part(hub, "50033616", PARIS) == (None, PARIS, PARIS)


@pytest.mark.parametrize("role", ["formateur", "gestionnaire"])
@pytest.mark.parametrize("code", ["50022146", "50022139"])
def test_a_centre_that_is_no_place_leads_to_the_only_one_it_has(code: str, role: str, hub: Hub, add: Add) -> None:
    add(OfferFact("cfd", "50022139", LILLE, role, place=LYON))
    assert part(hub, code, LILLE) == (role, LILLE, LYON)
    assert part(hub, "50033616", LILLE) == (None, LILLE, LILLE)


def test_the_role_nearest_to_apprentices_is_told(hub: Hub, add: Add) -> None:
    add(*(OfferFact("cfd", "50022146", LILLE, role, place=LYON) for role in ("gestionnaire", "formateur")))
    assert part(hub, "50022146", LILLE) == ("formateur", LILLE, LYON)
    add(OfferFact("cfd", "50022146", LILLE, "lieu"))
    assert part(hub, "50022146", LILLE) == ("lieu", LILLE, LILLE)


def test_a_centre_with_several_places_stays_what_was_asked(hub: Hub, add: Add) -> None:
    add(*(OfferFact("cfd", "50022146", LILLE, "gestionnaire", place=place) for place in (LYON, PARIS)))
    assert part(hub, "50022146", LILLE) == ("gestionnaire", LILLE, LILLE)


def test_a_centre_whose_place_nobody_told_stays_what_was_asked(hub: Hub, add: Add) -> None:
    add(OfferFact("cfd", "50022146", LILLE, "formateur"))
    assert part(hub, "50022146", LILLE) == ("formateur", LILLE, LILLE)
    add(OfferFact("cfd", "50022146", LILLE, "gestionnaire", place=LYON))
    assert part(hub, "50022146", LILLE) == ("formateur", LILLE, LILLE)


def test_a_centre_alone_is_never_moved(hub: Hub, add: Add) -> None:
    add(OfferFact("cfd", "50022146", LILLE, "formateur", place=LYON))
    with hub.engine.connect() as connection:
        found = resolve(connection, None, LILLE)
    assert (found.role, found.centre, found.asked_centre) == (None, found.asked_centre, found.centre)


def test_the_centre_tells_which_of_the_formations_under_a_code_is_meant(hub: Hub, add: Add) -> None:
    add(CodeFact(CUISINE, "rncp", "RNCP90001"), CodeFact(HAIR, "rncp", "RNCP90001"))
    assert both(hub, "RNCP90001", PARIS).formation == replace(
        formation(hub, "50022146"), code=Code("rncp", "RNCP90001")
    )
    for centre_of_both_or_none in (LYON, LILLE):
        with pytest.raises(AmbiguousCode):
            both(hub, "RNCP90001", centre_of_both_or_none)


def test_the_formation_tells_which_of_the_centres_under_a_siret_is_meant(hub: Hub, add: Add) -> None:
    add(CentreFact(LILLE, "", 0, "00000001800010"))
    assert part(hub, "50022146", "00000001800010") == ("lieu", PARIS, PARIS)
    with pytest.raises(AmbiguousCode) as caught:
        both(hub, "50033616", "00000001800010")
    assert caught.value.subject == "etablissement"


# -- a key that nobody stored ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [KEY, f"cle:{KEY}", KEY.replace("#", "%23")])
def test_a_key_that_is_not_stored_leads_through_its_certif_info_number(text: str, hub: Hub) -> None:
    found = formation(hub, text)
    assert (str(found.code), str(found.through)) == (f"cle:{KEY}", "certifinfo:115708")
    assert found.formation.natural_key == CUISINE


def test_a_key_that_is_stored_needs_nothing_inside_it(hub: Hub, add: Add) -> None:
    add(CodeFact(HAIR, "cle", KEY))
    found = formation(hub, KEY)
    assert (found.asked.natural_key, found.through) == (HAIR, None)


def test_a_key_never_leads_to_the_centres_that_it_names(hub: Hub, add: Add) -> None:
    add(CentreFact(LYON, "", 0, "13002792300171"))
    with hub.engine.connect() as connection:
        assert resolve(connection, KEY, None).centre is None
        assert part(hub, KEY, PARIS) == ("lieu", PARIS, PARIS)


def test_a_key_of_an_unknown_number_tells_both_ways_it_was_read(hub: Hub) -> None:
    with pytest.raises(UnknownCode, match="lu comme : certifinfo, cle"):
        formation(hub, KEY.replace("115708", "999999"))


# -- a text that may be either ---------------------------------------------------------------------------------------


def any_of(hub: Hub, text: str) -> Resolution:
    with hub.engine.connect() as connection:
        return resolve_any(connection, text)


def test_a_text_is_read_every_way_and_what_exists_decides(hub: Hub) -> None:
    found = any_of(hub, PARIS)
    assert found.readings == (Reading("cfd", PARIS, False), Reading("uai", PARIS, True))
    assert (found.formation, found.fault) == (None, None)
    assert found.centre is not None
    assert found.centre.uai == PARIS


def test_a_formation_is_found_among_its_readings(hub: Hub) -> None:
    found = any_of(hub, "38430")
    assert found.readings == (
        Reading("rncp", "RNCP38430", True),
        Reading("certifinfo", "38430", False),
        Reading("parcoursup", "38430", False),
    )
    assert found.formation == formation(hub, "38430")
    assert (found.centre, found.fault) == (None, None)


def test_a_text_that_is_a_formation_and_a_centre_is_ambiguous(hub: Hub, add: Add) -> None:
    add(FormationFact(f"cfd:{PARIS}", "CAP bateleur", 1), CodeFact(f"cfd:{PARIS}", "cfd", PARIS))
    found = any_of(hub, PARIS)
    assert (found.formation, found.centre) == (None, None)
    assert isinstance(found.fault, AmbiguousCode)
    assert (
        str(found.fault) == f"« {PARIS} » désigne une formation et un établissement : faites-le précéder de son genre."
    )
    assert found.fault.candidates == (
        f"cfd:{PARIS} : CAP bateleur (cfd:{PARIS})",
        f"uai:{PARIS} : CFA Exemple des Batignolles",
    )
    assert any_of(hub, f"cfd:{PARIS}").formation is not None
    assert any_of(hub, f"uai:{PARIS}").centre is not None


def test_several_formations_under_a_code_stay_ambiguous_beside_a_centre(hub: Hub, add: Add) -> None:
    add(CodeFact(CUISINE, "rncp", "RNCP90001"), CodeFact(HAIR, "rncp", "RNCP90001"))
    found = any_of(hub, "RNCP90001")
    assert isinstance(found.fault, AmbiguousCode)
    assert len(found.fault.candidates) == 2
    assert [reading.exists for reading in found.readings] == [True]


def test_a_key_shows_the_reading_inside_it(hub: Hub) -> None:
    assert any_of(hub, KEY).readings == (Reading("cle", KEY, False), Reading("certifinfo", "115708", True, "cle"))


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("50099999", UnknownCode, "« 50099999 » n'est le code d'aucune formation connue (lu comme : cfd)."),
        ("0010856A", UnknownCode, "n'est le code d'aucune formation connue. « 0010856A » n'est l'identifiant d'aucun"),
        (
            "0751234K",
            UnknownCode,
            "d'aucune formation connue. La lettre de l'UAI 0751234K est fausse : J est attendue.",
        ),
        ("13002792300163", UnknownCode, "« 13002792300163 » n'est l'identifiant d'aucun établissement connu."),
        ("13002792300164", CodeError, "La clé du SIRET 13002792300164 est fausse."),
        ("uai:0751234K", CodeError, "La lettre de l'UAI 0751234K est fausse"),
        ("cfd:5002214", CodeError, "8 caractères sont attendus, 7 ont été lus"),
        ("CAP cuisine", CodeError, "aucun code connu"),
        ("", CodeError, "est vide"),
    ],
)
def test_what_means_nothing_says_why_in_the_words_that_help_most(
    text: str, kind: type[Exception], words: str, hub: Hub
) -> None:
    found = any_of(hub, text)
    assert (found.formation, found.centre) == (None, None)
    assert type(found.fault) is kind
    assert words in str(found.fault)
    assert not any(reading.exists for reading in found.readings)


def test_a_uai_given_as_a_formation_is_told_where_to_go(hub: Hub) -> None:
    with pytest.raises(UnknownCode, match="Un établissement se donne dans `etablissement`"):
        formation(hub, PARIS)


@pytest.mark.parametrize("text", ["50022146", "50022139", "38430", "115708", "FOR.9664", KEY, "cfd:50022146"])
def test_a_code_is_resolved_in_a_few_statements(text: str, hub: Hub) -> None:
    asked = statements_of(hub.engine)
    with hub.engine.connect() as connection:
        asked.clear()
        resolve_formation(connection, text)
        assert len(asked) <= 6


def test_a_centre_without_a_uai_is_named_by_its_siret(hub: Hub, add: Add) -> None:
    add(CentreFact("", "CMA de la Gironde", 1, "13002792300163"))
    with hub.engine.connect() as connection:
        for text in ("13002792300163", PARIS):
            row = resolve_centre(connection, text)
            assert resolve_centre(connection, store.centre_key(connection, row)) == row
        assert store.centre_key(connection, resolve_centre(connection, "13002792300163")) == "siret:13002792300163"
