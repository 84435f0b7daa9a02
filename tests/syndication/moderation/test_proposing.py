"""Subjects proposed for a text."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.moderation.proposing import ASSUMED, MOST, propose
from syndication.reviews.subjects import SUBJECTS, labels
from tests.syndication.moderation.marked import REAL_SUBJECTS, Marked, Scores, marked, measure, part, real

HISTORIC = {
    "INTEGRATION_AMBIANCE": "integration",
    "APPRENTISSAGE_METIER": "metier",
    "HORAIRES": "horaires",
    "RYTHME_ENTREPRISE_ETABLISSEMENT": "rythme",
    "MOINS_VACANCES": "vacances",
    "JOURNEE_TYPE_ENTREPRISE": "journee_type",
    "AMBIANCE_ETABLISSEMENT": "ambiance",
    "DIFFICULTES_COURS": "difficulte",
    "ENSEIGNEMENT_PROPOSE": "enseignement",
    "EQUIPEMENTS": "equipements",
    "ACCESSIBILITE_HANDICAP": "accessibilite",
    "CHARGE_TRAVAIL": "charge",
    "JOURNEE_TYPE_ETABLISSEMENT": "journee_type",
    "RYTHME_PERSONNEL_ETABLISSEMENT": "vie_personnelle",
}
"""The fourteen themes of the historic Sirius, under today's keys."""
WELL_FOUND = ("recherche_entreprise", "vacances", "accessibilite", "transports", "difficulte", "remuneration")


def proposed(one: Marked) -> set[str]:
    return {proposal.subject for proposal in propose(one.text, one.question)}


@cache
def scores(*, apart: bool) -> Scores:
    judged = [one for one in part(apart=apart) if one.subjects is not None]
    return measure(judged, proposed, lambda one: one.subjects or ())


def test_every_historic_theme_is_a_subject() -> None:
    assert set(HISTORIC.values()) <= SUBJECTS.keys()
    assert labels()["accessibilite"] == "L'accueil du handicap"


def test_every_subject_has_marked_texts_on_both_sides() -> None:
    for apart in (False, True):
        assert all(scores(apart=apart).of(key).expected >= 3 for key in SUBJECTS)


def test_most_subjects_are_proposed_and_most_proposals_are_right() -> None:
    tuned, apart = scores(apart=False), scores(apart=True)
    assert tuned.micro.recall >= 0.90
    assert tuned.micro.precision >= 0.75
    assert apart.micro.recall >= 0.85
    assert apart.micro.precision >= 0.70
    assert apart.macro(lambda score: score.recall) >= 0.80
    assert apart.macro(lambda score: score.precision) >= 0.75


@pytest.mark.parametrize("subject", WELL_FOUND)
def test_subjects_with_words_of_their_own_are_found_well(subject: str) -> None:
    apart = scores(apart=True).of(subject)
    assert apart.recall >= 0.85
    assert apart.precision >= 0.75


def test_real_testimonies_get_their_subjects(real_data: Path) -> None:
    found = Scores()
    for row, question, text in real(real_data / "temoignages_sirius_1.csv"):
        given_subjects = {proposal.subject for proposal in propose(text, question)}
        found.count(REAL_SUBJECTS.get((row, question), ()), given_subjects)
    assert found.micro.recall >= 0.85
    assert found.micro.precision >= 0.60


@pytest.mark.parametrize(
    ("text", "question", "subject", "sign"),
    [
        ("Franchement le salaire qui tombe ça fait plaisir", "changement", "remuneration", "salaire"),
        ("Franchement le sal\u00adaire qui tombe, ça fait plaisir", "changement", "remuneration", "sal\u00adaire"),
        ("\u200bdix heu\u200bres par jour", "journee_entreprise", "horaires", "dix heu\u200bres par jour"),
        ("on est à 1h15 en bus du centre alors", "a_savoir", "transports", "bus"),
        ("y a trop de devoirs à la maison", "journee_cfa", "charge", "devoirs"),
        ("Je fais toutes les semaines plus de cinquante heures", "journee_entreprise", "horaires", "cinquante heures"),
        ("dix heures par jour dans le bruit", "journee_entreprise", "horaires", "dix heures par jour"),
        ("les machines sont vieilles", "journee_cfa", "equipements", "machines sont vieilles"),
        ("il manque des bras, de vieilles machines", "journee_cfa", "equipements", "vieilles machines"),
        ("leurs fours sont cassés", "journee_cfa", "equipements", "fours sont cassés"),
        ("Je suis dyslexique et on m'aide bien", "journee_cfa", "accessibilite", "dyslexique"),
    ],
)
def test_a_proposal_shows_the_word_that_speaks_for_it(text: str, question: str, subject: str, sign: str) -> None:
    found = next(proposal for proposal in propose(text, question) if proposal.subject == subject)
    assert text[found.start : found.end] == sign


@pytest.mark.parametrize("text", ["il y a deux heures de train", "vingt heures de trajet par mois"])
def test_hours_on_the_road_are_no_working_hours(text: str) -> None:
    assert [proposal.subject for proposal in propose(text, "a_savoir")] == ["transports"]


def test_words_are_known_by_their_stem_with_or_without_accents() -> None:
    assert proposed(Marked("leurs ateliers, leurs équipements", "journee_cfa", frozenset(), None, apart=True)) == {
        "equipements"
    }
    for text in ("mes congés d'été", "mes conges d'ete", "mon congé à moi"):
        assert propose(text, "a_savoir")[0].subject == "vacances"


def test_the_question_alone_says_something_of_an_answer() -> None:
    text = "je savais pas trop et puis finalement oui"
    assert [proposal.subject for proposal in propose(text, "recherche.conseil")] == ["recherche_entreprise"]
    assert propose(text, "changement") == ()
    assert ASSUMED.keys() <= {one.question for one in marked()}
    assert set(ASSUMED.values()) <= SUBJECTS.keys()


def test_a_word_or_two_propose_nothing() -> None:
    assert propose("", "recherche.conseil") == propose("bon salaire", "changement") == ()


@given(st.text(max_size=200), st.sampled_from(["journee_cfa", "journee_entreprise", "inconnue"]))
def test_any_text_whatever_is_read(text: str, question: str) -> None:
    found = propose(text, question)
    assert found == propose(text, question)
    assert len(found) <= MOST
    assert len({proposal.subject for proposal in found}) == len(found)
    for proposal in found:
        assert proposal.subject in SUBJECTS
        assert 0 <= proposal.start <= proposal.end <= len(text)
