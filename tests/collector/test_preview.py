"""The preview of a questionnaire: the screens of respondents, and nothing behind them."""

import copy
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from collector.door import Language, QuestionnaireError, default_questionnaire, parse, preview_application
from collector.questionnaire import Section
from collector.questionnaire.answers import section_keys
from collector.questionnaire.library import default_document
from syndication.context import Hub
from tests import databases
from tests.collector.test_questionnaire import CHOICE, document, in_english_too
from tests.helpers import FULL_ANSWER, Client, hidden_fields

Opener = Callable[..., str]
Document = dict[str, Any]
FIRST = "2026-1"
PREVIEW = "/r/apercu"
BANNER = "Rien de ce que tu touches ici n'est gardé ni envoyé."
STEPS = ("", *(section.key for section in default_questionnaire().sections), "envoi")


def fresh(**changes: Any) -> Document:
    """A document that nobody published: the default one with a question more."""
    whole = {**copy.deepcopy(dict(default_document())), "version": "2027-1", **changes}
    question = {"key": "cantine", "kind": "scale", "label": "Et la cantine ?", "label_en": "And the canteen?"}
    whole["sections"][-1]["questions"].append(question)
    return whole


def dump(hub: Hub) -> list[str]:
    """Everything in the collector's database, as it says it."""
    return databases.dump(hub.settings.collector.database_url)


def said_in(section: Section) -> dict[str, list[str]]:
    return {name: values for name, values in FULL_ANSWER.items() if name in section_keys(section)}


def address(step: str = "", version: str = FIRST, language: str = "") -> str:
    query = {"version": version, "langue": language, "etape": step}
    return f"{PREVIEW}?" + "&".join(f"{name}={value}" for name, value in query.items() if value)


# -- looking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_step_is_shown_in_both_languages_under_a_banner(client: Client, language: Language) -> None:
    asked = {section.key: section for section in parse(default_document(), language).sections}
    for step in STEPS:
        page = client.get(address(step, language=language))
        text = unescape(page.text)
        assert page.status_code == 200
        assert BANNER in text
        assert "set-cookie" not in page.headers
        for question in asked[step].questions if step in asked else ():
            assert question.label in text
            assert all(f'name="{name}"' in text for name in [row.key for row in question.rows] or [question.key])
            assert all(option.label in text for option in question.options)


def test_the_pages_of_respondents_bear_no_such_banner(client: Client, hub: Hub, open_campaign: Opener) -> None:
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    client.get(link.removeprefix("http://127.0.0.1:8000"))
    assert all(BANNER not in unescape(client.get(f"/r?etape={step}").text) for step in STEPS)


def test_without_a_version_it_shows_the_newest(client: Client, hub: Hub) -> None:
    assert "cantine" not in client.get(f"{PREVIEW}?etape=bilan").text
    hub.collector.publish_questionnaire(fresh())
    assert "Et la cantine ?" in client.get(f"{PREVIEW}?etape=bilan").text
    assert "And the canteen?" in client.get(f"{PREVIEW}?etape=bilan&langue=en").text
    assert "cantine" not in client.get(address("bilan")).text


def test_a_withdrawn_version_may_still_be_looked_at(client: Client, hub: Hub) -> None:
    hub.collector.publish_questionnaire(fresh())
    for version in (FIRST, "2027-1"):
        hub.collector.withdraw_questionnaire(version)
    assert "Et la cantine ?" in client.get(address("bilan", "2027-1")).text
    assert client.get(PREVIEW).status_code == 404


@pytest.mark.parametrize("version", ["2031-1", "nimporte", "../2026-1", "2026-1.toml", "'", "%00", "é" * 500])
def test_an_unknown_version_leads_nowhere(client: Client, version: str) -> None:
    for page in (
        client.get(PREVIEW, params={"version": version}),
        client.request("HEAD", PREVIEW, params={"version": version}),
        client.post(PREVIEW, data={"version": version, "etape": "bilan", "satisfaction": "bien"}),
    ):
        assert page.status_code == 404


@pytest.mark.parametrize("step", ["nulle-part", "merci", "é", "bilan "])
def test_a_step_that_does_not_exist_gives_the_first_screen(client: Client, step: str) -> None:
    page = client.get(PREVIEW, params={"etape": step})
    assert page.status_code == 200
    assert "Commencer" in page.text


@pytest.mark.parametrize("language", ["de", "EN", "", "en-GB"])
def test_a_language_that_we_do_not_speak_gives_french(client: Client, language: str) -> None:
    page = client.get(PREVIEW, params={"langue": language, "etape": "bilan"})
    assert default_questionnaire().question("satisfaction").label in unescape(page.text)


def test_looking_by_get_and_head_changes_nothing_and_gives_no_cookie(client: Client, hub: Hub) -> None:
    before = dump(hub)
    for step in STEPS:
        for language in ("fr", "en"):
            for method in ("GET", "HEAD"):
                page = client.request(method, address(step, language=language))
                assert (page.status_code, page.headers.get("set-cookie")) == (200, None)
                assert bool(page.content) is (method == "GET")
    assert not client.cookies
    assert dump(hub) == before


def test_the_recap_has_nothing_to_send(client: Client) -> None:
    page = client.get(address("envoi"))
    assert "Relis, puis envoie" in page.text
    assert "<form" not in page.text
    assert "Envoyer mes réponses" not in page.text


def test_a_preview_may_be_neither_framed_nor_kept(client: Client) -> None:
    headers = client.get(address("bilan")).headers
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_what_is_typed_is_not_kept_behind_the_page(client: Client) -> None:
    assert "data-garde>" not in client.get(address("bilan")).text


def test_a_question_opened_by_another_section_can_be_looked_at_too() -> None:
    condition = {"question": "choix", "option": "oui"}
    opened: Document = {"key": "detail", "kind": "open", "label": "Dis-en plus.", "show_if": condition}
    opinion: Document = {"key": "avis", "kind": "scale", "label": "Alors ?"}
    parts = [("un", [CHOICE]), ("deux", [opinion, opened])]
    sections = [{"key": key, "title": key, "questions": list(asked)} for key, asked in parts]
    browser = Client(preview_application({**document(), "sections": in_english_too(sections)}))
    pages = [browser.get(f"{PREVIEW}?etape={key}").text for key in ("un", "deux")]
    assert any('name="detail"' in page for page in pages)


# -- walking through -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["", "en"])
def test_one_walks_from_the_first_section_to_the_recap_and_nothing_is_kept(
    client: Client, hub: Hub, language: str
) -> None:
    before, place = dump(hub), address("choix", language=language)
    for section in default_questionnaire().sections:
        page = client.get(place)
        form = hidden_fields(page.text)
        assert form["etape"] == section.key
        assert form.get("langue", "") == language
        posted = client.post(PREVIEW, data={**form, **said_in(section), "action": "continuer"})
        assert (posted.status_code, posted.headers.get("set-cookie")) == (303, None)
        place = posted.headers["location"]
        assert " checked" not in client.get(address(section.key)).text.partition("<main")[2]
        assert FULL_ANSWER["changement"][0] not in unescape(client.get(address(section.key)).text)
    assert "Relis, puis envoie" in client.get(place).text
    assert not client.cookies
    assert dump(hub) == before


def test_one_walks_back_to_the_first_screen(client: Client) -> None:
    place = address("bilan")
    for _ in default_questionnaire().sections:
        form = hidden_fields(client.get(place).text)
        place = client.post(PREVIEW, data={**form, "action": "retour"}).headers["location"]
    assert place == f"{PREVIEW}?version={FIRST}"
    assert "Commencer" in client.get(place).text


def test_the_first_screen_leads_on_in_the_version_and_the_language_it_was_asked_in(client: Client, hub: Hub) -> None:
    hub.collector.publish_questionnaire(fresh())
    assert hidden_fields(client.get(address()).text) == {"version": FIRST}
    assert hidden_fields(client.get(address(language="en")).text) == {"version": FIRST, "langue": "en"}


def test_every_address_on_its_pages_stays_in_the_preview_and_its_version(client: Client, hub: Hub) -> None:
    hub.collector.publish_questionnaire(fresh())
    for step in STEPS:
        for language in ("fr", "en"):
            main = client.get(address(step, language=language)).text.partition("<main")[2].partition("</main>")[0]
            links = [piece.partition('"')[0] for piece in main.split('href="')[1:]]
            links = [link for link in links if not link.startswith("#")]
            assert links
            assert all(link.startswith(f"{PREVIEW}?version={FIRST}&amp;") for link in links), step
            forms = [piece.partition('"')[0] for piece in main.split('action="')[1:]]
            assert set(forms) <= {PREVIEW}


def test_faults_are_shown_as_a_respondent_would_see_them_and_nothing_is_kept(client: Client, hub: Hub) -> None:
    before = dump(hub)
    form = hidden_fields(client.get(address("choix")).text)
    typed = {**form, "avant": ["college"], "pourquoi": ["argent"], "changement": ["x" * 1001], "mystere": ["42"]}
    page = client.post(PREVIEW, data=typed)
    assert page.status_code == 422
    assert BANNER in unescape(page.text)
    assert "1 de trop" in unescape(page.text)
    assert "x" * 1001 in page.text
    assert 'value="college" checked' in page.text
    assert all(f'href="#{anchor}"' in page.text for anchor in ("pourquoi", "changement", "contenu"))
    assert page.headers.get("set-cookie") is None
    assert dump(hub) == before


def test_what_a_browser_keeps_behind_the_page_is_checked_and_thrown_away(client: Client, hub: Hub) -> None:
    before = dump(hub)
    kept = client.post(PREVIEW, data={"version": FIRST, "etape": "bilan", "satisfaction": "bien", "action": "garder"})
    assert (kept.status_code, kept.content) == (204, b"")
    assert dump(hub) == before


@pytest.mark.parametrize("form", [{}, {"etape": "nulle-part"}, {"etape": "envoi", "action": "envoyer"}])
def test_a_post_to_no_section_goes_back_to_the_first_screen_and_keeps_nothing(
    client: Client, hub: Hub, form: dict[str, str]
) -> None:
    before = dump(hub)
    posted = client.post(PREVIEW, data={"version": FIRST, **form})
    assert (posted.status_code, posted.headers["location"]) == (303, f"{PREVIEW}?version={FIRST}")
    assert dump(hub) == before


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a" * 1_000_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=1"] * 500), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"etape=bilan&satisfaction=%ff%fe", "application/x-www-form-urlencoded", 422),
        (b"etape=bilan&vu=%00&jeton=zz", "application/x-www-form-urlencoded", 422),
    ],
)
def test_nonsense_is_refused_with_a_page(client: Client, body: bytes, kind: str, status: int) -> None:
    page = client.post(PREVIEW, content=body, headers={"content-type": kind})
    assert page.status_code == status
    assert "<h1>" in page.text


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://ailleurs.example"}])
def test_a_post_from_another_site_is_refused(client: Client, headers: dict[str, str]) -> None:
    assert client.post(PREVIEW, data={"etape": "bilan"}, headers=headers).status_code == 403


def test_who_is_answering_may_look_and_touch_without_changing_their_own_answer(
    client: Client, hub: Hub, open_campaign: Opener
) -> None:
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    client.get(link.removeprefix("http://127.0.0.1:8000"))
    form = hidden_fields(client.get("/r?etape=bilan").text)
    client.post("/r", data={**form, "satisfaction": "mal", "action": "continuer"})
    before = dump(hub)
    looked = hidden_fields(client.get(address("bilan")).text)
    assert "jeton" not in looked
    assert client.post(PREVIEW, data={**looked, "satisfaction": "bien"}).status_code == 303
    assert client.get(address("envoi")).status_code == 200
    assert dump(hub) == before
    assert 'value="mal" checked' in client.get("/r?etape=bilan").text
    assert hub.collector.responses_after("") == []


# -- a document that nobody published --------------------------------------------------------------------------------


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The preview of an unpublished document, run from an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Client(preview_application(fresh()))


def test_an_unpublished_document_is_shown_step_by_step_in_both_languages(alone: Client) -> None:
    assert alone.get("/").headers["location"] == PREVIEW
    for language, words in (("fr", "Et la cantine ?"), ("en", "And the canteen?")):
        for step in STEPS:
            page = alone.get(address(step, "2027-1", language))
            assert page.status_code == 200
            assert BANNER in unescape(page.text)
            assert (words in page.text) is (step == "bilan")


def test_an_unpublished_document_is_walked_through_and_leaves_no_trace(alone: Client, tmp_path: Path) -> None:
    place = f"{PREVIEW}?etape=choix"
    for section in parse(fresh()).sections:
        form = hidden_fields(alone.get(place).text)
        assert form["version"] == "2027-1"
        posted = alone.post(PREVIEW, data={**form, **said_in(section), "action": "continuer"})
        assert (posted.status_code, posted.headers.get("set-cookie")) == (303, None)
        place = posted.headers["location"]
    assert "Relis, puis envoie" in alone.get(place).text
    assert alone.post(PREVIEW, data={"version": "2027-1", "etape": "bilan", "cantine": "super"}).status_code == 422
    assert not alone.cookies
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", [FIRST, "2027-2", "nimporte"])
def test_the_preview_of_a_document_knows_no_other(alone: Client, version: str) -> None:
    assert alone.get(address("bilan", version)).status_code == 404
    assert alone.post(PREVIEW, data={"version": version, "etape": "bilan"}).status_code == 404


def test_the_preview_of_a_document_opens_no_other_page(alone: Client) -> None:
    for path in ("/r", "/r/" + "A" * 22, "/c/x", "/api/v1/avis", "/moderation"):
        assert alone.get(path).status_code == 404


def test_the_preview_of_a_document_refuses_posts_from_another_site(alone: Client) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    assert alone.post(PREVIEW, data={"etape": "bilan"}, headers=headers).status_code == 403


def test_a_faulty_document_has_no_preview() -> None:
    with pytest.raises(QuestionnaireError, match="document : « title_en » manque"):
        preview_application(fresh(title_en=""))


def test_two_previews_do_not_know_of_each_other() -> None:
    one = Client(preview_application(fresh()))
    other = Client(preview_application(document(CHOICE)))
    assert "Et la cantine ?" in one.get(f"{PREVIEW}?etape=bilan").text
    assert "Oui ou non ?" in other.get(f"{PREVIEW}?etape=seule").text
