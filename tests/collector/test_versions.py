"""Versions of the questionnaire: what publishing one changes, and what it never does."""

import copy
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from collector.door import (
    Answers,
    CampaignError,
    CampaignOrder,
    Collector,
    QuestionnaireError,
    default_questionnaire,
    parse,
    read_document,
)
from collector.questionnaire import validate
from collector.questionnaire.answers import complete
from collector.questionnaire.library import default_document
from syndication import campaigns, models, worker
from syndication.context import Hub
from syndication.database import table
from syndication.errors import CampaignRefused
from tests.collector.test_questionnaire import CHOICE, GRID, OPTIONS, RATED, document, in_english_too
from tests.commands import sirius
from tests.conftest import CUISINE, KEY, PARIS_CENTRE
from tests.helpers import FULL_ANSWER, Client, Clock, hidden_fields
from tests.syndication.test_desk import signed_in, waiting

Opener = Callable[..., str]
Document = dict[str, Any]
URL = f"/api/v1/avis?formation={CUISINE}"
FIRST = "2026-1"
TRANSPORT: Document = {
    "key": "transport",
    "kind": "one",
    "label": "Tu viens comment au CFA ?",
    "label_en": "How do you get to the centre?",
    "public_label": "Comment ils viennent",
    "public_label_en": "How they come",
    "options": [
        {"key": "train", "label": "En train", "label_en": "By train"},
        {"key": "velo", "label": "À vélo", "label_en": "By bicycle"},
    ],
}
TRIP: Document = {"key": "trajet", "kind": "scale", "label": "Et le trajet ?", "label_en": "And the trip?"}
ROAD: Document = {
    "key": "route",
    "kind": "open",
    "label": "Raconte la route.",
    "label_en": "Tell us about the road.",
    "public_label": "La route",
    "public_label_en": "The road",
}


def following(version: str = "2027-1", **changes: Any) -> Document:
    """The default document under another version."""
    return {**copy.deepcopy(dict(default_document())), "version": version, **changes}


def with_more(*questions: Document, version: str = "2027-1") -> Document:
    """The default document with questions more, in its last section."""
    longer = following(version)
    longer["sections"][-1]["questions"] += copy.deepcopy(list(questions))
    return longer


def question_of(whole: Document, key: str) -> Document:
    """The table of a question within a document."""
    return next(q for part in whole["sections"] for q in part["questions"] if q["key"] == key)


def parted(*parts: tuple[str, list[Document]], version: str = "2027-1") -> Document:
    """A small document of several sections: their keys, their questions."""
    sections = [{"key": key, "title": f"partie {key}", "questions": copy.deepcopy(asked)} for key, asked in parts]
    return {**document(), "version": version, "sections": in_english_too(sections)}


def ordered(clock: Clock, version: str = "") -> CampaignOrder:
    today = clock().date()
    return CampaignOrder(
        "cfd:1", "CAP", "uai:1", "CFA", today, today + timedelta(days=9), questionnaire_version=version
    )


def landed(app: Any, link: str) -> Client:
    person = Client(app)
    assert person.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 303
    return person


def fill(person: Client, clock: Clock, section: str, **said: str | list[str]) -> Any:
    """Fill a section in a minute; a dot in a key is written as two underscores."""
    page = person.get(f"/r?etape={section}")
    assert page.status_code == 200
    clock.moment += timedelta(minutes=1)
    typed = {key.replace("__", "."): values for key, values in said.items()}
    return person.post("/r", data={**hidden_fields(page.text), **typed, "action": "continuer"})


def send(person: Client) -> Any:
    return person.post("/r", data=hidden_fields(person.get("/r?etape=envoi").text))


@pytest.fixture
def respondent(hub: Hub, app: Any, open_campaign: Opener) -> Callable[[Document], Client]:
    """Publish a document, open a campaign with it, and give somebody who opened their link."""

    def run(published: Document) -> Client:
        hub.collector.publish_questionnaire(published)
        return landed(app, hub.collector.issue_links(open_campaign(), 1)[0])

    return run


# -- publishing adds what it says, without code ----------------------------------------------------------------------


def test_a_published_question_is_asked_answered_and_counted_without_any_code(
    hub: Hub, app: Any, client: Client, clock: Clock, open_campaign: Opener, catch_up: Callable[[], None]
) -> None:
    hub.collector.publish_questionnaire(with_more(TRANSPORT, TRIP, ROAD))
    for place, link in enumerate(hub.collector.issue_links(open_campaign(), 5)):
        person = landed(app, link)
        page = unescape(person.get("/r?etape=bilan").text)
        assert all(
            words in page for words in ("Tu viens comment au CFA ?", 'value="velo"', "Et le trajet ?", 'name="route"')
        )
        said = {"satisfaction": "bien", "transport": "velo", "trajet": "moyen", "route": f"La route numéro {place}."}
        assert fill(person, clock, "bilan", **said).headers["location"] == "/r?etape=envoi"
        assert "La route numéro" in person.get("/r?etape=envoi").text
        assert send(person).headers["location"] == "/r?etape=merci"
    worker.work_once(hub)
    desk = signed_in(hub, app)
    assert "La route" in desk.get("/moderation").text
    for text in waiting(hub):
        desk.post(f"/moderation/{text.id}", data={"version": "1", "decision": "publie"})
    catch_up()
    avis = client.get(URL).json()
    trip = next(note for note in avis["notes"] if note["cle"] == "trajet")
    assert (trip["libelle"], trip["moyen"]["nombre"], trip["sans_reponse"]) == ("Et le trajet ?", 5, 0)
    transport = next(choice for choice in avis["choix"] if choice["cle"] == "transport")
    assert (transport["libelle"], transport["repondants"]) == ("Comment ils viennent", 5)
    assert [(option["libelle"], option["nombre"]) for option in transport["options"]] == [
        ("En train", 0),
        ("À vélo", 5),
    ]
    assert {extract["question"]["libelle"] for extract in avis["verbatims"]["extraits"]} == {"La route"}
    assert avis["verbatims"]["total"] == 5
    assert "La route numéro" in client.get(f"/widget?formation={CUISINE}").text


def test_a_published_question_is_asked_in_english_too(respondent: Callable[[Document], Client]) -> None:
    person = respondent(with_more(TRANSPORT, TRIP))
    page = person.get("/r?etape=bilan&langue=en").text
    assert all(words in page for words in ("How do you get to the centre?", "By bicycle", "And the trip?"))
    assert "Tu viens comment" not in page


def test_the_hub_keeps_under_which_version_each_was_answered(hub: Hub, open_campaign: Opener) -> None:
    hub.collector.record(hub.collector.issue_links(open_campaign(), 1)[0], FULL_ANSWER)
    hub.collector.publish_questionnaire(with_more(TRANSPORT))
    hub.collector.record(hub.collector.issue_links(open_campaign(), 1)[0], {**FULL_ANSWER, "transport": ["train"]})
    worker.work_once(hub)
    review = table(models.Review)
    with hub.engine.connect() as connection:
        kept = connection.execute(select(review.c.questionnaire_version, review.c.answers)).all()
    assert sorted((row.questionnaire_version, "transport" in row.answers["choices"]) for row in kept) == [
        (FIRST, False), ("2027-1", True),
    ]  # fmt: skip


# -- both languages --------------------------------------------------------------------------------------------------


def dropped(whole: Document, path: str) -> Document:
    """The document without one of its parts: keys and places, separated by dots."""
    *above, last = path.split("/")
    part: Any = whole
    for step in above:
        part = part[int(step)] if step.isdigit() else part[step]
    del part[last]
    return whole


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("title_en", "document : « title_en » manque"),
        ("scale_labels_en", "document : scale_labels_en nomme bien, moyen et mal"),
        ("scale_labels_en/mal", "document : scale_labels_en nomme bien, moyen et mal"),
        ("sections/0/title_en", "choix : « title_en » manque"),
        ("sections/0/questions/0/label_en", "avant : « label_en » manque"),
        ("sections/0/questions/0/public_label_en", "avant : « public_label_en » manque"),
        ("sections/0/questions/0/hint_en", "avant : « hint_en » manque"),
        ("sections/0/questions/0/options/2/label_en", "avant : « label_en » manque"),
        ("sections/2/questions/1/rows/0/label_en", "entreprise.grille : « label_en » manque"),
        ("sections/2/questions/1/rows/0/public_label_en", "entreprise.grille : « public_label_en » manque"),
        ("sections/4/questions/1/scale_labels_en", "fierte : scale_labels_en nomme bien, moyen et mal"),
        ("sections/4/questions/1/scale_labels_en/moyen", "fierte : scale_labels_en nomme bien, moyen et mal"),
        ("title", "document : « title » manque"),
        ("sections/0/questions/0/label", "avant : « label » manque"),
    ],
)
def test_a_document_that_misses_words_in_one_language_is_refused_by_its_place(
    hub: Hub, path: str, message: str
) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        hub.collector.publish_questionnaire(dropped(following(), path))
    assert str(caught.value) == message
    assert [known.version for known in hub.collector.questionnaires()] == [FIRST]


@pytest.mark.parametrize("blank", ["", "  ", 3, True, ["Hello"]])
def test_a_wording_that_is_no_text_is_missing(blank: object) -> None:
    with pytest.raises(QuestionnaireError, match="document : « title_en » manque"):
        parse(following(title_en=blank))


def test_both_languages_ask_the_same_under_the_same_keys_and_series() -> None:
    french, english = parse(following(), "fr"), parse(following(), "en")
    assert (french.language, english.language) == ("fr", "en")
    for asked, said in zip(french.questions(), english.questions(), strict=True):
        assert (asked.key, asked.kind, asked.series) == (said.key, said.kind, said.series)
        assert [row.key for row in asked.rows] == [row.key for row in said.rows]
        assert [option.key for option in asked.options] == [option.key for option in said.options]
        assert asked.label != said.label


# -- what is not well formed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2027-1", "2027-99", "2027-123", "0000-0"])
def test_a_version_is_a_year_and_a_number(version: str) -> None:
    assert parse(following(version)).version == version


@pytest.mark.parametrize(
    "version",
    ["2027", "27-1", "2027-", "2027-1234", "2027-1a", " 2027-1", "2027-1\n", "2027_1", "v2027-1", "２０２７-1"],
)
def test_a_version_written_otherwise_is_refused(version: str) -> None:
    with pytest.raises(QuestionnaireError, match="ne s'écrit pas comme 2027-1"):
        parse(following(version))


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({**CHOICE, "kind": ["one"]}, "choix : genre de question inconnu"),
        ({**CHOICE, "kind": None}, "choix : genre de question inconnu"),
        ({**CHOICE, "feeds": "verbatim"}, "choix : une question « one » ne peut pas nourrir"),
        ({**GRID, "feeds": "choice"}, "grille : une question « grid » ne peut pas nourrir"),
        ({**CHOICE, "feeds": ["internal"]}, "choix : "),
        ({**CHOICE, "required": "oui"}, "choix : « required » vaut true ou false"),
        ({**CHOICE, "required": 1}, "choix : « required » vaut true ou false"),
        ({**CHOICE, "options": "oui, non"}, "choix : « options » est une liste de tables"),
        ({**CHOICE, "options": ["oui", "non"]}, "choix : « options » est une liste de tables"),
        ({**GRID, "rows": {"key": "a"}}, "grille : « rows » est une liste de tables"),
        ({**CHOICE, "show_if": "autre"}, "choix : show_if nomme une question et une option"),
        ({**CHOICE, "options": [{"key": "Oui !", "label": "Oui"}]}, "choix : option « Oui ! » mal formée"),
        ({**RATED, "options": [{"key": "oui", "label": "Oui", "value": "super"}]}, "soutien : chaque option vaut"),
    ],
)
def test_a_part_of_the_wrong_sort_is_a_fault_named_by_its_question(question: Document, message: str) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        parse(document(question))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["jeton", "etape", "action", "vu", "langue", "contenu", "version", "compte"])
def test_a_key_may_not_be_a_name_that_our_own_pages_use(name: str) -> None:
    for question in ({**CHOICE, "key": name}, {**GRID, "rows": [{"key": name, "label": "A"}]}):
        with pytest.raises(QuestionnaireError, match=f"^{name} : clé mal formée ou réservée"):
            parse(document(question))


@pytest.mark.parametrize("condition", [{}, "", [], False, {"question": "choix"}, {"option": "oui"}])
def test_a_condition_that_says_nothing_is_a_fault_and_not_a_question_for_everybody(condition: object) -> None:
    with pytest.raises(QuestionnaireError, match=r"^grille : "):
        parse(document(CHOICE, {**GRID, "show_if": condition}))


def test_sections_of_one_key_or_of_no_question_are_refused() -> None:
    with pytest.raises(QuestionnaireError, match=r"^un : clé de partie mal formée ou en double"):
        parse(parted(("un", [CHOICE]), ("un", [GRID])))
    with pytest.raises(QuestionnaireError, match=r"^deux : une partie sans question"):
        parse(parted(("un", [CHOICE]), ("deux", [])))


def test_a_value_that_is_no_text_in_the_file_is_refused_or_kept_and_never_breaks(hub: Hub, tmp_path: Path) -> None:
    plain = Path(str(sys.modules["collector.questionnaire"].__file__)).with_name(f"{FIRST}.toml")
    written = plain.read_text(encoding="utf-8").replace('version = "2026-1"', 'version = "2027-1"\nrelu = 2026-12-01')
    file = tmp_path / "date.toml"
    file.write_text(written, encoding="utf-8")
    with suppress(QuestionnaireError):
        hub.collector.publish_questionnaire(read_document(file))
    assert hub.collector.newest_questionnaire().version in {FIRST, "2027-1"}


# -- a version never changes -----------------------------------------------------------------------------------------


def test_publishing_twice_the_same_is_harmless(hub: Hub) -> None:
    first = hub.collector.publish_questionnaire(following())
    before = hub.collector.questionnaires()
    assert hub.collector.publish_questionnaire(following()) == first
    assert hub.collector.questionnaires() == before
    assert [known.version for known in before] == ["2027-1", FIRST]


def test_publishing_the_one_of_this_release_is_harmless(hub: Hub) -> None:
    hub.collector.publish_questionnaire(following(FIRST))
    assert [known.version for known in hub.collector.questionnaires()] == [FIRST]
    assert hub.collector.questionnaire(FIRST) == default_questionnaire()


def reworded(whole: Document, key: str, name: str) -> Document:
    question_of(whole, key)[name] = "Autrement dit ?"
    return whole


@pytest.mark.parametrize("version", [FIRST, "2027-1"])
@pytest.mark.parametrize(
    "changed",
    [
        lambda whole: reworded(whole, "entreprise", "label"),
        lambda whole: reworded(whole, "entreprise", "label_en"),
        lambda whole: reworded(whole, "entreprise", "public_label"),
        lambda whole: {**whole, "title_en": "Another title"},
        lambda whole: {**whole, "sections": whole["sections"][:-1]},
        lambda whole: {**whole, "scale_labels": {"bien": "Super", "moyen": "Bof", "mal": "Nul"}},
    ],
    ids=["a label", "an English label", "a public label", "an English title", "a section less", "another scale"],
)
def test_the_same_version_with_other_words_is_refused(
    hub: Hub, version: str, changed: Callable[[Document], Document]
) -> None:
    hub.collector.publish_questionnaire(following(version))
    before = [hub.collector.questionnaire(version, language) for language in ("fr", "en")]
    with pytest.raises(QuestionnaireError, match=f"La version {version} est déjà publiée"):
        hub.collector.publish_questionnaire(changed(following(version)))
    again = Collector(hub.settings.collector, hub.clock)
    try:
        assert [again.questionnaire(version, language) for language in ("fr", "en")] == before
    finally:
        again.close()


def test_of_documents_published_at_once_under_one_version_one_alone_is_said_to_be(hub: Hub) -> None:
    together = threading.Barrier(8)

    def publish(number: int) -> str | None:
        together.wait()
        try:
            return hub.collector.publish_questionnaire(following(title=f"Titre {number}")).title
        except QuestionnaireError:
            return None

    with ThreadPoolExecutor(8) as pool:
        said = [title for title in pool.map(publish, range(8)) if title]
    assert said == [hub.collector.questionnaire("2027-1").title]


@pytest.mark.parametrize(
    ("older", "newer", "before", "key"),
    [
        (CHOICE, {**CHOICE, "kind": "several"}, "one", "choix"),
        (CHOICE, {**RATED, "key": "choix"}, "one", "choix"),
        (CHOICE, {"key": "choix", "kind": "open", "label": "Dis."}, "one", "choix"),
        (RATED, {"key": "soutien", "kind": "scale", "label": "Dis."}, "rated", "soutien"),
        (GRID, {"key": "a", "kind": "open", "label": "Dis."}, "scale", "a"),
        (GRID, {"key": "grille", "kind": "scale", "label": "Dis."}, "grid", "grille"),
        ({"key": "grille", "kind": "open", "label": "Dis."}, GRID, "open", "grille"),
    ],
)
def test_a_key_never_changes_kind(hub: Hub, older: Document, newer: Document, before: str, key: str) -> None:
    hub.collector.publish_questionnaire(document(older))
    with pytest.raises(QuestionnaireError) as caught:
        hub.collector.publish_questionnaire({**document(newer), "version": "2027-2"})
    assert str(caught.value).startswith(f"{key} : cette clé était de genre « {before} » dans la version 2027-1")
    assert [known.version for known in hub.collector.questionnaires()] == ["2027-1", FIRST]


def test_a_key_of_any_earlier_version_keeps_its_kind_even_of_a_withdrawn_one(hub: Hub) -> None:
    with pytest.raises(QuestionnaireError, match=r"^avant : .* version 2026-1"):
        hub.collector.publish_questionnaire(document({**CHOICE, "key": "avant"}))
    hub.collector.publish_questionnaire(document(CHOICE))
    hub.collector.withdraw_questionnaire("2027-1")
    hub.collector.publish_questionnaire({**document(GRID), "version": "2027-2"})
    with pytest.raises(QuestionnaireError, match=r"^choix : .* version 2027-1"):
        hub.collector.publish_questionnaire({**document({**CHOICE, "kind": "several"}), "version": "2027-3"})


def test_a_key_may_change_its_words_its_options_and_its_place(hub: Hub) -> None:
    hub.collector.publish_questionnaire(parted(("un", [CHOICE, GRID])))
    more = [*OPTIONS, {"key": "bof", "label": "Bof"}]
    moved = parted(("deux", [{"key": "a", "kind": "scale", "label": "A"}]), ("un", [{**CHOICE, "options": more}]))
    assert hub.collector.publish_questionnaire({**moved, "version": "2027-2"}).version == "2027-2"


# -- withdrawing -----------------------------------------------------------------------------------------------------


def test_a_withdrawn_version_opens_no_campaign(hub: Hub, clock: Clock, open_campaign: Opener) -> None:
    hub.collector.publish_questionnaire(following())
    hub.collector.withdraw_questionnaire("2027-1")
    assert hub.collector.newest_questionnaire().version == FIRST
    assert hub.collector.open_campaign(ordered(clock)).questionnaire_version == FIRST
    with pytest.raises(CampaignError, match="Le questionnaire 2027-1 a été retiré"):
        hub.collector.open_campaign(ordered(clock, "2027-1"))
    today = clock().date()
    with pytest.raises(CampaignRefused, match="Le questionnaire 2027-1 a été retiré"):
        campaigns.open_campaign(hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, today, questionnaire="2027-1")
    assert open_campaign()


def test_who_is_writing_goes_on_with_a_version_that_is_withdrawn(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener
) -> None:
    hub.collector.publish_questionnaire(with_more(TRANSPORT))
    campaign = open_campaign()
    begun, fresh = (landed(app, link) for link in hub.collector.issue_links(campaign, 2))
    assert fill(begun, clock, "bilan", satisfaction="bien", transport="velo").status_code == 303
    page = begun.get("/r?etape=cfa")
    hub.collector.withdraw_questionnaire("2027-1")
    form = {**hidden_fields(page.text), "cfa": "bien", "action": "continuer"}
    assert begun.post("/r", data=form).status_code == 303
    assert fill(fresh, clock, "bilan", satisfaction="mal", transport="train").status_code == 303
    assert [send(person).headers["location"] for person in (begun, fresh)] == ["/r?etape=merci"] * 2
    assert "À vélo" in unescape(begun.get("/r").text)
    sent = hub.collector.responses_after("")
    assert [(one.questionnaire_version, one.answers.choices["transport"]) for one in sent] == [
        ("2027-1", ("velo",)), ("2027-1", ("train",)),
    ]  # fmt: skip
    assert hub.collector.issue_links(campaign, 1)
    assert worker.work_once(hub) == 2


def test_when_all_are_withdrawn_it_is_said_and_no_campaign_opens(hub: Hub, clock: Clock) -> None:
    hub.collector.publish_questionnaire(following())
    for version in (FIRST, "2027-1"):
        hub.collector.withdraw_questionnaire(version)
    for asked in (hub.collector.newest_questionnaire, lambda: hub.collector.open_campaign(ordered(clock))):
        with pytest.raises(QuestionnaireError, match="Tous les questionnaires ont été retirés : publiez-en un"):
            asked()
    assert {known.version for known in hub.collector.questionnaires()} == {FIRST, "2027-1"}
    hub.collector.publish_questionnaire(following("2027-2"))
    assert hub.collector.open_campaign(ordered(clock)).questionnaire_version == "2027-2"


def test_withdrawing_twice_is_harmless_and_publishing_again_brings_a_version_back(hub: Hub) -> None:
    hub.collector.publish_questionnaire(following())
    for _ in range(2):
        hub.collector.withdraw_questionnaire("2027-1")
        assert hub.collector.is_withdrawn("2027-1")
    hub.collector.publish_questionnaire(following())
    assert not hub.collector.is_withdrawn("2027-1")
    assert hub.collector.newest_questionnaire().version == "2027-1"


def test_a_withdrawn_version_published_with_other_words_stays_withdrawn(hub: Hub) -> None:
    hub.collector.publish_questionnaire(following())
    hub.collector.withdraw_questionnaire("2027-1")
    with pytest.raises(QuestionnaireError):
        hub.collector.publish_questionnaire(following(title="Autre titre"))
    assert hub.collector.is_withdrawn("2027-1")


# -- a campaign keeps its version ------------------------------------------------------------------------------------


def test_a_campaign_keeps_the_version_it_opened_with(hub: Hub, app: Any, clock: Clock, open_campaign: Opener) -> None:
    older = open_campaign()
    begun, late = (landed(app, link) for link in hub.collector.issue_links(older, 2))
    page = begun.get("/r?etape=entreprise")
    fresh = with_more(TRANSPORT)
    question_of(fresh, "entreprise")["label"] = "Tout autrement dit ?"
    hub.collector.publish_questionnaire(fresh)
    newer = landed(app, hub.collector.issue_links(open_campaign(), 1)[0])
    clock.moment += timedelta(minutes=1)
    assert begun.post("/r", data={**hidden_fields(page.text), "entreprise": "bien"}).status_code == 303
    for person in (begun, late):
        asked = unescape(person.get("/r?etape=entreprise").text)
        assert default_questionnaire().question("entreprise").label in asked
        assert 'name="transport"' not in person.get("/r?etape=bilan").text
        assert fill(person, clock, "bilan", satisfaction="bien", transport="velo").status_code == 422
        assert fill(person, clock, "bilan", satisfaction="bien", journee_entreprise="Bien.").status_code == 303
    assert "Tout autrement dit ?" in newer.get("/r?etape=entreprise").text
    assert 'name="transport"' in newer.get("/r?etape=bilan").text
    assert send(begun).headers["location"] == "/r?etape=merci"
    assert hub.collector.responses_after("")[0].questionnaire_version == FIRST
    hub.collector.withdraw_questionnaire(FIRST)
    assert default_questionnaire().question("satisfaction").label in unescape(begun.get("/r?etape=merci").text)


# -- internal answers ------------------------------------------------------------------------------------------------

SECRETS = ("secret_note", "secret_choix", "secret_texte", "secret_ligne", "Confidence", "Ne le dis à personne.")


@pytest.fixture
def internal() -> Document:
    """The default document with one question of each sort more, whose answers are for nobody but the centre."""
    return with_more(
        *in_english_too(
            [
                {"key": "secret_note", "kind": "scale", "label": "Confidence 1", "feeds": "internal"},
                {
                    "key": "secret_grille", "kind": "grid", "label": "Confidence 2", "feeds": "internal",
                    "rows": [{"key": "secret_ligne", "label": "Confidence 3"}],
                },
                {**CHOICE, "key": "secret_choix", "label": "Confidence 4", "feeds": "internal"},
                {**RATED, "key": "secret_soutien", "label": "Confidence 5", "feeds": "internal"},
                {"key": "secret_texte", "kind": "open", "label": "Confidence 6", "feeds": "internal"},
            ]
        )
    )  # fmt: skip


CONFIDED = {
    "secret_note": ["mal"],
    "secret_ligne": ["mal"],
    "secret_choix": ["oui"],
    "secret_soutien": ["non"],
    "secret_texte": ["Ne le dis à personne."],
}


def test_an_internal_answer_gives_neither_figure_nor_text_anywhere(
    hub: Hub, app: Any, client: Client, internal: Document, open_campaign: Opener, catch_up: Callable[[], None]
) -> None:
    hub.collector.publish_questionnaire(internal)
    for link in hub.collector.issue_links(open_campaign(), 12):
        hub.collector.record(link, {**FULL_ANSWER, **CONFIDED})
    catch_up()
    desk = signed_in(hub, app)
    for text in waiting(hub):
        assert text.question != "secret_texte"
        desk.post(f"/moderation/{text.id}", data={"version": "1", "decision": "publie"})
    catch_up()
    asked = (
        URL, f"{URL}&etablissement={PARIS_CENTRE}", f"/api/v1/avis?etablissement={PARIS_CENTRE}",
        f"/api/v1/resumes?cles={CUISINE}", f"/widget?formation={CUISINE}", "/methode",
    )  # fmt: skip
    for path in asked:
        page = client.get(path)
        assert page.status_code == 200
        assert not [secret for secret in SECRETS if secret in unescape(page.text)], path
    assert not [secret for secret in SECRETS if secret in unescape(desk.get("/moderation").text)]
    assert client.get(URL).json()["repondants"] == 12
    tally, verbatim = table(models.Tally), table(models.Verbatim)
    with hub.engine.connect() as connection:
        axes = set(connection.execute(select(tally.c.axis)).scalars())
        texts = set(connection.execute(select(verbatim.c.question)).scalars())
    assert not [axis for axis in axes if "secret" in axis]
    assert texts == {"changement", "recherche.conseil"}


def test_who_gave_internal_answers_alone_is_no_respondent(
    hub: Hub, client: Client, internal: Document, open_campaign: Opener, catch_up: Callable[[], None]
) -> None:
    hub.collector.publish_questionnaire(internal)
    for link in hub.collector.issue_links(open_campaign(), 6):
        hub.collector.record(link, CONFIDED)
    catch_up()
    assert client.get(URL).json()["repondants"] == 0


def test_an_internal_question_is_asked_like_any_other_and_its_author_reads_what_becomes_of_it(
    internal: Document, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(internal)
    asked = person.get("/r?etape=bilan").text
    assert all(f'name="{key}"' in asked for key in CONFIDED)
    assert fill(person, clock, "bilan", **CONFIDED).status_code == 303
    assert send(person).headers["location"] == "/r?etape=merci"
    page = unescape(person.get("/r").text)
    assert "Ne le dis à personne." in page
    assert "Ce texte n'est pas publié" in page


# -- questions that another one opens --------------------------------------------------------------------------------

CALLED: Document = {
    "key": "detail", "kind": "open", "label": "Dis-en plus.", "show_if": {"question": "choix", "option": "oui"},
}  # fmt: skip
OPINION: Document = {"key": "avis", "kind": "scale", "label": "Alors ?"}


def test_a_question_opened_by_one_of_its_section_follows_it_directly() -> None:
    assert parse(document(CHOICE, CALLED, OPINION)).question("detail").show_if == ("choix", "oui")
    for questions in ((CHOICE, OPINION, CALLED), (CHOICE, {**CALLED, "key": "autre"}, CALLED)):
        with pytest.raises(QuestionnaireError) as caught:
            parse(document(*questions))
        assert str(caught.value) == "detail : une question ouverte par « choix » se place juste après elle"


def test_within_a_section_both_are_on_the_page_and_the_answer_counts_only_when_called_for(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(document(CHOICE, CALLED, OPINION))
    page = person.get("/r?etape=seule").text
    assert 'name="detail"' in page
    assert re.search(r'value="oui" data-opens', page)
    assert not re.search(r'value="non" data-opens', page)
    assert fill(person, clock, "seule", choix="non", avis="bien", detail="En cachette.").status_code == 303
    assert "En cachette." not in person.get("/r?etape=envoi").text
    assert send(person).status_code == 303
    (sent,) = hub.collector.responses_after("")
    assert sent.answers == Answers({"avis": "bien"}, {"choix": ("non",)}, {})


ACROSS = (("un", [CHOICE]), ("deux", [OPINION, CALLED]))


def test_across_sections_the_server_asks_or_does_not(clock: Clock, respondent: Callable[[Document], Client]) -> None:
    person = respondent(parted(*ACROSS))
    assert 'name="detail"' not in person.get("/r?etape=deux").text
    fill(person, clock, "un", choix="oui")
    page = person.get("/r?etape=deux").text
    assert 'name="detail"' in page
    assert '<div class="follow">' not in page
    fill(person, clock, "un", choix="non")
    page = person.get("/r?etape=deux").text
    assert 'name="avis"' in page
    assert 'name="detail"' not in page


def test_across_sections_an_answer_that_was_not_asked_for_is_not_kept(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*ACROSS))
    fill(person, clock, "un", choix="non")
    assert fill(person, clock, "deux", avis="bien", detail="En cachette.").status_code == 303
    fill(person, clock, "un", choix="oui")
    assert "En cachette." not in person.get("/r?etape=deux").text
    assert send(person).status_code == 303
    assert hub.collector.responses_after("")[0].answers.texts == {}


def test_a_question_opened_by_another_section_is_asked_again_on_a_page_with_faults(
    clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*ACROSS))
    fill(person, clock, "un", choix="oui")
    again = fill(person, clock, "deux", detail="x" * 1001, avis="bien")
    assert again.status_code == 422
    assert 'name="detail"' in again.text
    assert "x" * 1001 in again.text


def test_an_answer_to_a_question_that_is_no_longer_asked_is_neither_read_again_nor_sent(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*ACROSS))
    fill(person, clock, "un", choix="oui")
    fill(person, clock, "deux", avis="mal", detail="Je change d'idée.")
    assert "Je change d" in person.get("/r?etape=envoi").text
    fill(person, clock, "un", choix="non")
    assert "Je change d" not in person.get("/r?etape=envoi").text
    assert send(person).headers["location"] == "/r?etape=merci"
    assert "Je change d" not in person.get("/r").text
    assert hub.collector.responses_after("")[0].answers == Answers({"avis": "mal"}, {"choix": ("non",)}, {})


def test_who_comes_back_to_their_first_answer_finds_what_they_wrote(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*ACROSS))
    fill(person, clock, "un", choix="oui")
    fill(person, clock, "deux", detail="Je garde.")
    fill(person, clock, "un", choix="non")
    fill(person, clock, "un", choix="oui")
    assert "Je garde." in person.get("/r?etape=deux").text
    assert send(person).status_code == 303
    assert hub.collector.responses_after("")[0].answers.texts == {"detail": "Je garde."}


SECOND: Document = {**CHOICE, "key": "suite", "show_if": {"question": "choix", "option": "oui"}}
THIRD: Document = {**CALLED, "show_if": {"question": "suite", "option": "oui"}}


def test_what_is_opened_by_a_question_that_is_no_longer_asked_is_no_longer_asked_either(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(("un", [CHOICE]), ("deux", [SECOND]), ("trois", [OPINION, THIRD])))
    fill(person, clock, "un", choix="oui")
    fill(person, clock, "deux", suite="oui")
    fill(person, clock, "trois", avis="bien", detail="Tout au bout de la chaîne.")
    fill(person, clock, "un", choix="non")
    assert 'name="detail"' not in person.get("/r?etape=trois").text
    assert send(person).status_code == 303
    assert hub.collector.responses_after("")[0].answers == Answers({"avis": "bien"}, {"choix": ("non",)}, {})


def test_completing_takes_out_a_whole_chain_of_questions_no_longer_asked() -> None:
    asked = parse(parted(("un", [CHOICE]), ("deux", [SECOND]), ("trois", [{**THIRD, "required": True}])))
    kept, faults = complete(asked, Answers({}, {"choix": ("non",), "suite": ("oui",)}, {"detail": "Reste ?"}))
    assert kept == Answers({}, {"choix": ("non",)}, {})
    assert complete(asked, Answers({}, {"choix": ("non",), "suite": ("oui",)}, {}))[1] == faults == ()


def test_completing_takes_nothing_out_of_what_is_asked() -> None:
    answers, faults = validate(default_questionnaire(), FULL_ANSWER)
    assert faults == ()
    assert complete(default_questionnaire(), answers) == (answers, ())


def test_completing_takes_out_rows_and_rated_choices_no_longer_asked_with_their_place_on_the_scale() -> None:
    when = {"show_if": {"question": "choix", "option": "oui"}}
    asked = parse(parted(("un", [CHOICE]), ("deux", [{**GRID, **when}, {**RATED, **when}])))
    given = Answers({"a": "bien", "soutien": "mal"}, {"choix": ("non",), "soutien": ("non",)}, {})
    assert complete(asked, given)[0] == Answers({}, {"choix": ("non",)}, {})


# -- required questions ----------------------------------------------------------------------------------------------

TWO_ROWS = {**GRID, "rows": [{"key": "a", "label": "Ligne A"}, {"key": "b", "label": "Ligne B"}], "required": True}
NEEDED = (
    ("un", [{**CHOICE, "required": True}]),
    ("deux", [OPINION, TWO_ROWS]),
    ("trois", [{**CALLED, "required": True}, {"key": "libre", "kind": "open", "label": "Et encore ?"}]),
)


def test_an_answer_without_what_is_required_is_not_sent_and_the_recap_leads_to_it(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*NEEDED))
    assert fill(person, clock, "trois", libre="Je commence par la fin.").status_code == 303
    refused = send(person)
    assert refused.status_code == 422
    assert "Ce n'est pas encore parti" in unescape(refused.text)
    assert unescape(refused.text).count("Il manque ta réponse") == 3
    for step, anchor in (("un", "choix"), ("deux", "a"), ("deux", "b")):
        assert f'href="/r?etape={step}#{anchor}"' in refused.text
        assert f'id="{anchor}"' in person.get(f"/r?etape={step}").text
    assert "Oui ou non ?" in refused.text
    assert "#avis" not in refused.text
    assert hub.collector.responses_after("") == []


def test_once_what_is_required_is_there_the_answer_is_sent(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*NEEDED))
    assert fill(person, clock, "un", choix="oui").status_code == 303
    assert fill(person, clock, "deux", a="bien", b="mal").status_code == 303
    refused = send(person)
    assert refused.status_code == 422
    assert 'href="/r?etape=trois#detail"' in refused.text
    assert fill(person, clock, "trois", detail="Voilà.").status_code == 303
    assert send(person).headers["location"] == "/r?etape=merci"
    assert hub.collector.responses_after("")[0].answers.texts == {"detail": "Voilà."}


def test_what_is_required_only_when_called_for_is_not_missed_otherwise(
    hub: Hub, clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*NEEDED))
    fill(person, clock, "un", choix="non")
    fill(person, clock, "deux", a="bien", b="mal")
    assert fill(person, clock, "trois").status_code == 303
    assert send(person).headers["location"] == "/r?etape=merci"
    assert len(hub.collector.responses_after("")) == 1


def test_a_section_left_without_what_it_requires_says_so_and_keeps_what_was_typed(
    clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*NEEDED))
    again = fill(person, clock, "deux", avis="mal", a="bien")
    assert again.status_code == 422
    assert 'href="#b"' in again.text
    assert 'href="#a"' not in again.text
    assert 'value="mal" checked' in again.text


def test_what_is_written_beside_a_required_question_still_blank_is_kept_when_the_page_is_left(
    respondent: Callable[[Document], Client],
) -> None:
    person = respondent(parted(("un", [{**OPINION, "required": True}, {**ROAD, "label_en": "Tell."}])))
    form = hidden_fields(person.get("/r?etape=un").text)
    left = person.post("/r", data={**form, "route": "Longue, mais belle.", "action": "garder"})
    assert left.status_code == 204
    assert "Longue, mais belle." in person.get("/r?etape=un").text


def test_the_link_to_what_is_missing_stays_in_the_language_of_the_visit(
    clock: Clock, respondent: Callable[[Document], Client]
) -> None:
    person = respondent(parted(*NEEDED))
    fill(person, clock, "trois", libre="Je commence par la fin.")
    form = hidden_fields(person.get("/r?etape=envoi&langue=en").text)
    assert 'href="/r?langue=en&amp;etape=un#choix"' in person.post("/r", data=form).text


# -- the door --------------------------------------------------------------------------------------------------------


def test_the_door_finds_questionnaires_by_version_and_language(hub: Hub) -> None:
    door = hub.collector
    assert door.questionnaire(FIRST) == default_questionnaire()
    assert door.newest_questionnaire() == default_questionnaire()
    assert door.questionnaires() == [default_questionnaire()]
    published = door.publish_questionnaire(with_more(TRANSPORT))
    assert published == door.questionnaire("2027-1") == door.newest_questionnaire()
    assert door.questionnaires() == [published, default_questionnaire()]
    assert published.question("transport").label == "Tu viens comment au CFA ?"
    assert door.questionnaire("2027-1", "en").question("transport").label == "How do you get to the centre?"
    assert not door.is_withdrawn("2027-1")
    door.withdraw_questionnaire("2027-1")
    assert (door.is_withdrawn("2027-1"), door.is_withdrawn(FIRST)) == (True, False)
    assert [known.version for known in door.questionnaires()] == ["2027-1", FIRST]


@pytest.mark.parametrize("version", ["2031-1", "", "nimporte", "2026-1 "])
def test_the_door_says_that_a_version_does_not_exist(hub: Hub, clock: Clock, version: str) -> None:
    door = hub.collector
    message = f"Aucun questionnaire ne porte la version {re.escape(version)}"
    with pytest.raises(QuestionnaireError, match=message):
        door.questionnaire(version)
    with pytest.raises(QuestionnaireError, match=message):
        door.withdraw_questionnaire(version)
    assert not door.is_withdrawn(version)
    if version:
        with pytest.raises(QuestionnaireError, match=message):
            door.open_campaign(ordered(clock, version))


def test_the_one_published_last_is_the_newest_whatever_its_number(hub: Hub) -> None:
    for version in ("2028-1", "2027-1"):
        hub.collector.publish_questionnaire(following(version))
    assert [known.version for known in hub.collector.questionnaires()] == ["2027-1", "2028-1", FIRST]
    assert hub.collector.newest_questionnaire().version == "2027-1"


def test_the_publication_of_another_process_is_seen_at_once(
    hub: Hub, app: Any, client: Client, open_campaign: Opener, tmp_path: Path
) -> None:
    assert hub.collector.questionnaires() == [default_questionnaire()]
    assert hub.publisher.questions().versions == (FIRST,)
    plain = Path(str(sys.modules["collector.questionnaire"].__file__)).with_name(f"{FIRST}.toml")
    more = """
[[sections.questions]]
key = "cantine"
kind = "scale"
label = "Et la cantine ?"
label_en = "And the canteen?"
"""
    file = tmp_path / "autre.toml"
    written = plain.read_text(encoding="utf-8").replace('version = "2026-1"', 'version = "2027-1"')
    file.write_text(written + more, encoding="utf-8")
    done = sirius(hub.settings.data_dir, "questionnaire", "publish", str(file), SIRIUS_SECRET_KEYS=KEY)
    assert done.returncode == 0, done.stderr
    assert hub.collector.newest_questionnaire().version == "2027-1"
    assert hub.publisher.questions(fresh=True).versions == ("2027-1", FIRST)
    person = landed(app, hub.collector.issue_links(open_campaign(), 1)[0])
    assert "Et la cantine ?" in person.get("/r?etape=bilan").text
    assert "Et la cantine ?" in client.get("/r/apercu?etape=bilan").text


def test_what_another_collector_withdraws_or_publishes_is_seen(hub: Hub, clock: Clock) -> None:
    with Collector(hub.settings.collector, hub.clock) as other:
        other.publish_questionnaire(following())
        assert hub.collector.open_campaign(ordered(clock)).questionnaire_version == "2027-1"
        other.withdraw_questionnaire("2027-1")
        assert hub.collector.is_withdrawn("2027-1")
        assert hub.collector.open_campaign(ordered(clock)).questionnaire_version == FIRST
        with pytest.raises(QuestionnaireError, match="déjà publiée"):
            hub.collector.publish_questionnaire(following(title="Autre titre"))
