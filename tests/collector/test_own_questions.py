"""Questions that a centre adds to its campaign: asked last, resumed, told to their author, gone when taken back."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from collector.app import create_app
from collector.door import (
    NO_OWN,
    CampaignError,
    CampaignOrder,
    Collector,
    OwnPart,
    OwnQuestion,
    QuestionnaireError,
)  # fmt: skip
from collector.questionnaire import check_own, default_questionnaire, own_from, own_to, with_own
from collector.questionnaire.library import questionnaire
from tests.conftest import settings_in
from tests.databases import Databases
from tests.helpers import FULL_ANSWER, Client, Clock, hidden_fields

ONE = OwnQuestion("centre.1", "one", "Tu viens comment au CFA\u00a0?", ("En bus", "À pied", "En voiture"))
SEVERAL = OwnQuestion("centre.2", "several", "Qu'est-ce qui t'aiderait\u00a0?", ("Un internat", "Le permis"))
OPEN = OwnQuestion("centre.3", "open", "Que changer à la cantine\u00a0?")
OWN = OwnPart((ONE, SEVERAL, OPEN), 5)
WORDS = "Plus de légumes, et moins de queue."
STEP = "questions-centre"
Ask = Callable[[], str]


@pytest.fixture
def alone(databases: Databases, tmp_path: Path, clock: Clock) -> Any:
    """A collector without a hub."""
    with Collector(settings_in(tmp_path).collector, clock) as collector:
        collector.migrate()
        yield collector


def order(clock: Clock, own: OwnPart = OWN) -> CampaignOrder:
    today = clock().date()
    last = today + timedelta(days=20)
    return CampaignOrder("cfd:50022146", "CAP cuisine", "uai:0751234J", "CFA Exemple", today, last, own=own)


@pytest.fixture
def person(alone: Collector, clock: Clock) -> Client:
    """A browser that has landed on a personal link of a campaign with three questions of its centre."""
    campaign = alone.open_campaign(order(clock)).id
    browser = Client(create_app(alone))
    browser.get(alone.issue_links(campaign, 1)[0].removeprefix("http://127.0.0.1:8000"))
    return browser


def fill(person: Client, step: str, **said: Any) -> Any:
    page = person.get(f"/r?etape={step}")
    return person.post("/r", data={**hidden_fields(page.text), **said, "action": "continuer"})


def send(person: Client) -> Any:
    return person.post("/r", data=hidden_fields(person.get("/r?etape=envoi").text))


def answer_all(person: Client) -> None:
    fill(person, STEP, **{"centre.1": "o2", "centre.2": ["o1", "o2"], "centre.3": WORDS})
    send(person)


def test_they_are_asked_last_by_a_collector_alone_and_it_is_said_who_sees_them(person: Client) -> None:
    page = unescape(person.get(f"/r?etape={STEP}").text)
    sections = len(default_questionnaire().sections) + 1
    assert f"{sections} sur {sections}" in page
    assert "les questions de ton CFA" in page
    assert "Seul ton CFA voit ces réponses, et seulement si 5 personnes au moins" in page
    assert ONE.label in page
    assert "Un internat" in page
    assert 'name="centre.3"' in page


def test_nobody_has_to_answer_them(person: Client) -> None:
    assert fill(person, STEP).headers["location"] == "/r?etape=envoi"
    fill(person, default_questionnaire().sections[-1].key, satisfaction="bien")
    assert send(person).headers["location"] == "/r?etape=merci"


def test_what_was_begun_is_there_again(person: Client) -> None:
    fill(person, STEP, **{"centre.1": "o2", "centre.3": WORDS})
    page = unescape(person.get(f"/r?etape={STEP}").text)
    assert 'name="centre.1" value="o2" checked' in page
    assert WORDS in page
    recap = unescape(person.get("/r?etape=envoi").text)
    assert "À pied" in recap
    assert WORDS in recap
    assert "ne paraît nulle part" in recap


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"centre.1": "o9"}, "Choisis parmi les réponses proposées."),
        ({"centre.1": ["o1", "o2"]}, "Une seule réponse est possible ici."),
        ({"centre.3": "x" * 1001}, "il y en a 1 de trop"),
        ({"centre.4": "o1"}, "n'existe pas"),
    ],
)
def test_what_is_no_answer_is_told(person: Client, said: dict[str, Any], told: str) -> None:
    answer = fill(person, STEP, **said)
    assert answer.status_code == 422
    assert told in unescape(answer.text)


def test_who_answers_in_english_is_told_in_english_and_the_question_stays_french(person: Client) -> None:
    page = unescape(person.get(f"/r?etape={STEP}&langue=en").text)
    assert "questions from your training centre" in page
    assert "Only your training centre sees these answers" in page
    assert f"<legend>{ONE.label}" in page


def test_answers_cross_the_door_under_keys_of_their_own(alone: Collector, person: Client) -> None:
    answer_all(person)
    (sent,) = alone.responses_after("")
    assert sent.answers.choices == {"centre.1": ("o2",), "centre.2": ("o1", "o2")}
    assert sent.answers.texts == {"centre.3": WORDS}


def test_their_author_reads_them_takes_them_away_and_knows_who_sees_them(person: Client) -> None:
    answer_all(person)
    page = unescape(person.get("/r").text)
    assert "seul ton CFA le lira" in page
    assert "En attente" not in page
    assert "À pied" in page
    kept = json.loads(person.get("/r?etape=donnees").text)["reponses"]
    assert {"cle": "centre.1", "question": ONE.label, "reponse": ["À pied"]} in kept
    assert {"cle": "centre.3", "question": OPEN.label, "reponse": WORDS} in kept


@pytest.mark.parametrize("question", ["centre.3", ""])
def test_a_text_or_the_whole_is_taken_back(alone: Collector, person: Client, question: str) -> None:
    answer_all(person)
    confirmed = person.get(f"/r?etape=retirer&question={question}")
    assert confirmed.status_code == 200
    assert person.post("/r/auteur", data=hidden_fields(confirmed.text)).status_code == 303
    event = alone.responses_after("")[-1]
    assert (event.kind, event.question) == ("withdrawn", question or None)
    assert event.answers.texts == {}
    assert bool(event.answers.choices) == bool(question)
    assert WORDS not in unescape(person.get("/r").text)


def test_a_campaign_keeps_the_questions_it_opened_with(alone: Collector, clock: Clock) -> None:
    campaign = alone.open_campaign(order(clock)).id
    alone.open_campaign(order(clock, OwnPart((replace(ONE, label="Autre chose\u00a0?"),))))
    assert alone.follow([campaign])[campaign].own == OWN


def test_a_campaign_without_them_is_asked_as_before(alone: Collector, clock: Clock) -> None:
    document = default_questionnaire()
    assert with_own(document, NO_OWN) is document
    campaign = alone.open_campaign(order(clock, NO_OWN)).id
    browser = Client(create_app(alone))
    browser.get(alone.issue_links(campaign, 1)[0].removeprefix("http://127.0.0.1:8000"))
    assert "de ton CFA" not in unescape(browser.get(f"/r?etape={STEP}").text)


def test_the_preview_of_the_questionnaire_has_none(alone: Collector, clock: Clock) -> None:
    alone.open_campaign(order(clock))
    assert "questions de ton CFA" not in unescape(Client(create_app(alone)).get(f"/r/apercu?etape={STEP}").text)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_adding_them_changes_nothing_of_the_questionnaire(language: Any) -> None:
    document = questionnaire("2026-1", language)
    whole = with_own(document, OWN)
    assert whole.sections[:-1] == document.sections
    assert [question.feeds for question in whole.sections[-1].questions] == ["centre"] * 3
    assert not any(question.axes() or question.required for question in whole.sections[-1].questions)


def test_they_are_stored_and_read_back_as_they_are() -> None:
    assert own_from(json.loads(json.dumps(own_to(OWN)))) == OWN
    assert own_to(NO_OWN) == {}
    assert own_from({}) == NO_OWN


@pytest.mark.parametrize(
    "question",
    [
        replace(ONE, label=" "), replace(ONE, label="x" * 201), replace(ONE, options=("Seul",)),
        replace(ONE, options=tuple("abcdefghi")), replace(ONE, options=("Pareil", "Pareil")),
        replace(ONE, options=("Oui", " ")), replace(OPEN, options=("Oui", "Non")), replace(ONE, key="centre.x"),
        replace(ONE, key="satisfaction"), replace(ONE, kind="scale"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_opens_no_campaign(
    alone: Collector, clock: Clock, question: OwnQuestion
) -> None:
    with pytest.raises(QuestionnaireError):
        alone.open_campaign(order(clock, OwnPart((question,))))


def test_there_are_three_at_most_each_under_its_own_key() -> None:
    with pytest.raises(QuestionnaireError, match="3 questions au plus"):
        check_own(OwnPart(tuple(replace(OPEN, key=f"centre.{number}") for number in range(4))))
    with pytest.raises(QuestionnaireError, match="chacune leur clé"):
        check_own(OwnPart((OPEN, OPEN)))


def test_several_campaigns_open_all_or_none(alone: Collector, clock: Clock) -> None:
    wrong = replace(order(clock), closes_on=clock().date() - timedelta(days=1))
    with pytest.raises(CampaignError):
        alone.open_campaigns([order(clock), wrong])
    opened = alone.open_campaigns([order(clock), order(clock, NO_OWN)])
    followed = alone.follow([one.id for one in opened] + ["inconnue"])
    assert [followed[one.id].own for one in opened] == [OWN, NO_OWN]
    assert len(followed) == 2


def test_they_are_answered_in_demonstrations_too(alone: Collector, clock: Clock) -> None:
    link = alone.issue_links(alone.open_campaign(order(clock)).id, 1)[0]
    alone.record(link, {**FULL_ANSWER, "centre.1": ["o3"]})
    assert alone.responses_after("")[0].answers.choices["centre.1"] == ("o3",)


def test_a_campaign_is_prolonged_and_its_links_live_on(alone: Collector, clock: Clock) -> None:
    campaign = alone.open_campaign(order(clock)).id
    link = alone.issue_links(campaign, 1)[0].removeprefix("http://127.0.0.1:8000")
    alone.extend_campaign(campaign, clock().date() + timedelta(days=60))
    clock.moment += timedelta(days=50)
    assert Client(create_app(alone)).get(link).status_code == 303
    alone.close_campaign(campaign)
    with pytest.raises(CampaignError, match="finie"):
        alone.extend_campaign(campaign, clock().date() + timedelta(days=60))
