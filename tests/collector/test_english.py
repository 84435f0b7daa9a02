"""The questionnaire in English: said to be so, and kept like the French one."""

from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from collector.door import default_questionnaire
from collector.questionnaire import questionnaire
from collector.questionnaire.answers import section_keys
from syndication.context import Hub
from tests.collector.respondent import SECTIONS, TEXT, Respondent, sent, token_of
from tests.helpers import FULL_ANSWER, hidden_fields


class _Spoken(HTMLParser):
    """Every text of a page with the language that it is said to be in."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.fields: dict[str, dict[str, str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"input", "textarea", "button"} and "name" in given:
            self.fields.setdefault(given["name"], {})[given.get("value", "")] = given.get("type", tag)
        if tag not in self.VOID:
            self._open.append(given.get("lang", self._open[-1] if self._open else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.said.append((" ".join(data.split()), self._open[-1]))


def spoken(html: str) -> _Spoken:
    parser = _Spoken()
    parser.feed(html)
    parser.close()
    return parser


def said_in_english(section: Any) -> set[str]:
    """What a section says in English, and only there."""
    english = next(one for one in questionnaire("2026-1", "en").sections if one.key == section)
    french = next(one for one in questionnaire("2026-1").sections if one.key == section)

    def words_of(one: Any) -> set[str]:
        found = {one.title}
        for question in one.questions:
            found |= {question.label, question.hint, *(row.label for row in question.rows)}
            found |= {option.label for option in question.options}
        return {" ".join(text.split()) for text in found if text}

    return words_of(english) - words_of(french)


@pytest.mark.parametrize("section", SECTIONS)
def test_english_questions_are_said_to_be_english_and_the_rest_french(respondent: Respondent, section: str) -> None:
    said = spoken(respondent.shows(section, langue="en").text).said
    expected = said_in_english(section)
    for text in expected:
        assert (text, "en") in said
    assert [pair for pair in said if pair[0] in expected and pair[1] != "en"] == []
    assert ("Continuer", "fr") in said
    french = {text for text, language in said if language == "fr"}
    assert not french & expected


def test_english_and_french_forms_carry_the_same_keys_and_values(respondent: Respondent) -> None:
    for section in SECTIONS:
        french, english = (spoken(respondent.shows(section, langue=code).text).fields for code in ("fr", "en"))
        assert english.pop("langue") == {"en": "hidden"}
        assert english == french


def test_english_stays_through_the_steps_and_saves_what_french_saves(hub: Hub, respondent: Respondent) -> None:
    for number, section in enumerate(default_questionnaire().sections):
        form = respondent.form(section.key, langue="en")
        assert form["langue"] == "en"
        own = {name: values for name, values in FULL_ANSWER.items() if name in section_keys(section)}
        onward = respondent.browser.post("/r", data={**form, **own, "action": "continuer"})
        after = [*SECTIONS, "envoi"][number + 1]
        assert onward.headers["location"] == f"/r?langue=en&etape={after}"
        back = respondent.browser.post("/r", data={**form, **own, "action": "retour"})
        before = ["", *SECTIONS][number]
        assert back.headers["location"] == (f"/r?langue=en&etape={before}" if before else "/r?langue=en")
    review = respondent.shows("envoi", langue="en")
    assert review.text.count("langue=en&amp;etape=") == len(SECTIONS)
    again = respondent.posts(etape="choix", langue="en", avant="ailleurs")
    assert again.status_code == 422
    assert hidden_fields(again.text)["langue"] == "en"
    assert respondent.browser.post("/r", data=hidden_fields(review.text)).status_code == 303
    (event,) = sent(hub)
    other = token_of(hub, event.campaign_id)
    hub.collector.record(f"/r/{other}", FULL_ANSWER)
    assert sent(hub)[1].answers == event.answers


def test_who_reads_again_in_english_hears_english_as_english(respondent: Respondent) -> None:
    for section in default_questionnaire().sections:
        own = {name: values for name, values in FULL_ANSWER.items() if name in section_keys(section)}
        respondent.saves(section.key, own)
    said = spoken(respondent.shows("envoi", langue="en").text).said
    for text in (FULL_ANSWER[TEXT][0], FULL_ANSWER["recherche.conseil"][0]):
        assert (text, "") in said
    expected = {text for section in SECTIONS for text in said_in_english(section)}
    assert [(text, language) for text, language in said if text in expected and language != "en"] == []


def test_who_goes_back_to_the_first_screen_goes_on_in_english(respondent: Respondent) -> None:
    welcome = respondent.shows("", langue="en").text
    assert hidden_fields(welcome).get("langue") == "en"


@pytest.mark.parametrize("language", ["fr", "", "de", "EN", "en ", "\x00", "../en"])
def test_any_other_language_is_french(respondent: Respondent, language: str) -> None:
    shown = respondent.shows("choix", langue=language)
    assert "langue" not in hidden_fields(shown.text)
    assert "pourquoi l'apprentissage" in unescape(shown.text)
