"""Whatever is typed, sent, sent twice, sent late or forged: kept to the byte or refused aloud, and never a 500."""

import re
from collections.abc import AsyncIterator, Callable
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from collector.door import Receipt, default_questionnaire
from collector.questionnaire.answers import TEXT_LIMIT, section_keys
from syndication.context import Hub
from tests.collector.respondent import (
    AVIS,
    FORM,
    TEXT,
    Opener,
    Respondent,
    dump,
    renewed,
    sent,
    textarea,
    token_of,
    words,
)
from tests.helpers import FULL_ANSWER, Client
from tests.syndication.test_publication import publish_everything

TEXTS = {
    "emoji joined": "👩🏽‍🍳 en famille 👨‍👩‍👧‍👦, drapeau 🏳️‍🌈, chiffre 1️⃣",
    "right to left": "\u202eretourné\u202c مرحبا \u2067שלום\u2069 \u200fet\u200e \u061c.",
    "zero width": "zé\u200bro\u200c-\u200dlar\ufeffgeur\u2060 \u00ad",
    "composed and decomposed": "é e\u0301 Å A\u030a ﬁ fi ｅ e Ⅷ",
    "control characters": "tab\there\x0bvt\x1b[31mesc\x07\x08\x7f\x85\x1c\x1f\x0c fin",
    "blanks around": "\n\n  \tdébut, et fin \t \n\n",
    "unusual blanks": "\u00a0\u2028 a \u2029\u3000\u202f b \ufffd",
    "a lone carriage return": "avant\raprès\r",
    "noncharacters": "\ue000 \ufffe \uffff \U0010fffd \U0010ffff",
    "as long as may be, beyond the basic plane": "𝕏" * TEXT_LIMIT,
    "looks like HTML": "</textarea></p></dd><script>alert(1)</script><img src=x onerror=alert(2)>&amp;&#39;&lt;&nbsp;",
    "looks like a template": "{{ 7*7 }} {% include 'x' %} {# rien #} ${7*7} <%= 7 %>",
    "looks like SQL": "'); DROP TABLE response; -- \" ` \\' % _ ?",
    "looks like a formula": '=HYPERLINK("https://ex.example";"clic")+cmd|\' /C calc\'!A0',
    "looks like an encoded form": "100 % %41%00 +plus+ &etape=envoi;jeton=x=y",
    "looks like JSON": '{"a": "\\u00e9\\n", "b": null}\\',
}
SENT_AS = {
    "line breaks of browsers": ("a\r\nb\r\n\r\n  c\r\n", "a\nb\n\n  c\n"),
    "every kind of line break": ("a\r\nb\rc\n\r\rd\r\r\n", "a\nb\rc\n\r\rd\r\n"),
    "a thousand of them": ("\r\n" * (TEXT_LIMIT - 1) + "x", "\n" * (TEXT_LIMIT - 1) + "x"),
}


# -- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [*((text, text) for text in TEXTS.values()), *SENT_AS.values()],
    ids=[*TEXTS, *SENT_AS],
)
def test_a_text_is_kept_to_the_byte_from_the_form_to_every_reader(
    hub: Hub, client: Client, respondent: Respondent, open_campaign: Opener, catch_up: Callable[[], None],
    typed: str, kept: str,
) -> None:  # fmt: skip
    assert respondent.saves("choix", {TEXT: typed}).headers["location"] == "/r?etape=recherche"
    assert respondent.draft() == kept
    respondent.saves("bilan", {"satisfaction": "bien"})
    assert words(respondent.shows("envoi").text, "dd") == [kept]
    assert respondent.sends().headers["location"] == "/r?etape=merci"
    (event,) = sent(hub)
    assert event.answers.texts == {TEXT: kept}
    assert words(respondent.shows().text) == [kept]
    (entry,) = [e for e in respondent.shows("donnees").json()["reponses"] if e["cle"] == TEXT]
    assert entry["reponse"] == kept
    for link in hub.collector.issue_links(open_campaign(), 5):
        hub.collector.record(link, {"satisfaction": ["bien"]})
    catch_up()
    publish_everything(hub)
    catch_up()
    (extract,) = client.get(AVIS).json()["verbatims"]["extraits"]
    assert extract["texte"] == kept
    hub.collector.deliver_receipt(Receipt(event.id, TEXT, "refuse", "raison", hub.clock().date(), 9))
    assert textarea(respondent.shows("recrire", question=TEXT).text, TEXT) == kept


@pytest.mark.parametrize("kind", ["looks like HTML", "looks like a template", "right to left"])
def test_a_text_is_never_more_than_text_on_any_page(
    hub: Hub, client: Client, respondent: Respondent, catch_up: Callable[[], None], kind: str
) -> None:
    hostile = TEXTS[kind]
    pages = [respondent.saves("choix", {TEXT: hostile, "avant": hostile}), respondent.shows("choix")]
    pages.append(respondent.posts(etape="choix", **{hostile: hostile}))
    respondent.saves("choix", {TEXT: hostile})
    respondent.saves("bilan", {"satisfaction": "bien"})
    pages.append(respondent.shows("envoi"))
    respondent.sends()
    pages += [respondent.shows(), respondent.shows("retirer", question=TEXT), respondent.shows("merci")]
    pages.append(respondent.posts(etape="choix", **{TEXT: hostile}))
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "49" not in words(page.text)


def test_one_character_too_many_is_refused_and_everything_typed_comes_back(hub: Hub, respondent: Respondent) -> None:
    respondent.saves("choix", {TEXT: "Avant.", "avant": "lycee"})
    before = dump(hub)
    typed = "𝕏" * TEXT_LIMIT + "Y"
    again = respondent.saves("choix", {TEXT: typed, "avant": ["college", "autre"], "pourquoi": "metier"})
    assert again.status_code == 422
    assert textarea(again.text, TEXT) == typed
    for value in ("college", "metier"):
        assert f'value="{value}" checked' in again.text
    assert 'value="lycee" checked' not in again.text
    assert "1 de trop" in unescape(again.text)
    assert f'<a href="#{TEXT}">' in again.text
    assert dump(hub) == before
    assert respondent.draft() == "Avant."


def test_a_text_with_a_character_that_cannot_be_written_comes_back(hub: Hub, respondent: Respondent) -> None:
    again = respondent.saves("choix", {TEXT: "avant\x00après", "avant": "college"})
    assert again.status_code == 422
    assert textarea(again.text, TEXT) == "avant\x00après"
    assert 'value="college" checked' in again.text


def test_a_megabyte_is_refused_in_french_and_nothing_kept_is_lost(hub: Hub, respondent: Respondent) -> None:
    respondent.saves("choix", {TEXT: "Avant."})
    before = dump(hub)
    refused = respondent.posts(etape="choix", **{TEXT: "é" * 500_000})
    assert refused.status_code == 413
    assert '<html lang="fr">' in refused.text
    assert "ton texte y est encore" in refused.text
    assert re.search(r"1\s000 caractères", refused.text)
    assert dump(hub) == before
    assert respondent.draft() == "Avant."


def test_a_megabyte_that_does_not_say_its_size_is_refused_alike(respondent: Respondent) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield f"jeton={respondent.token}&etape=choix&{TEXT}=".encode()
        for _ in range(100):
            yield b"x" * 10_000

    refused = respondent.browser.post("/r", content=pieces(), headers={"content-type": FORM})
    assert refused.status_code == 413
    assert "ton texte y est encore" in refused.text


def test_the_longest_answer_that_is_allowed_fits(hub: Hub, respondent: Respondent) -> None:
    for section in default_questionnaire().sections:
        own = {name: values for name, values in FULL_ANSWER.items() if name in section_keys(section)}
        long = {question.key: "👩" * TEXT_LIMIT for question in section.questions if question.kind == "open"}
        assert respondent.saves(section.key, {**own, **long}).status_code == 303
    assert respondent.sends().headers["location"] == "/r?etape=merci"
    assert {len(text) for text in sent(hub)[0].answers.texts.values()} == {TEXT_LIMIT}


# -- bodies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"&".join([b"avant=college"] * 500), FORM, 400),
        (b"&".join(b"champ%d=1" % number for number in range(500)), FORM, 400),
        (b"changement=\xff\xfe", FORM, 400),
        ("changement=é".encode(), FORM, 400),
        (b'{"changement": "a"}', "application/json", 415),
        (b"changement=a", "", 415),
        (b"changement=a", "text/plain", 415),
        (b'--x\r\nContent-Disposition: form-data; name="changement"\r\n\r\na\r\n--x--\r\n',
         "multipart/form-data; boundary=x", 415),
        (b"PK\x03\x04" + b"\x00" * 5000, "application/octet-stream", 415),
    ],
)  # fmt: skip
def test_a_body_of_another_shape_gets_a_french_page_and_changes_nothing(
    hub: Hub, respondent: Respondent, body: bytes, kind: str, status: int
) -> None:
    respondent.saves("choix", {TEXT: "Avant."})
    before = dump(hub)
    whole = body if kind != FORM else f"jeton={respondent.token}&etape=choix&".encode() + body
    refused = respondent.browser.post("/r", content=whole, headers={"content-type": kind} if kind else {})
    assert refused.status_code == status
    assert "Rien n'a été changé ni perdu" in unescape(refused.text)
    assert dump(hub) == before


@pytest.mark.parametrize("kind", [FORM, FORM.upper(), f"{FORM}; charset=UTF-8", f" {FORM} ;charset=iso-8859-1"])
def test_a_form_is_read_however_its_type_is_spelt(hub: Hub, respondent: Respondent, kind: str) -> None:
    body = urlencode({"jeton": respondent.token, "etape": "choix", TEXT: "Écrit."})
    kept = respondent.browser.post("/r", content=body.encode(), headers={"content-type": kind})
    assert kept.status_code == 303
    assert respondent.draft() == "Écrit."


@pytest.mark.parametrize(
    ("written", "kept"),
    [("a%ff%feb", "a\ufffd\ufffdb"), ("%ED%A0%80", "\ufffd\ufffd\ufffd"), ("100%zz%", "100%zz%"), ("a+b%2Bc", "a b+c")],
)
def test_what_is_not_text_is_replaced_where_it_stands(
    hub: Hub, respondent: Respondent, written: str, kept: str
) -> None:
    body = f"jeton={respondent.token}&etape=choix&{TEXT}={written}"
    saved = respondent.browser.post("/r", content=body.encode(), headers={"content-type": FORM})
    assert saved.status_code == 303
    assert respondent.draft() == kept
    respondent.sends()
    (entry,) = respondent.shows("donnees").json()["reponses"]
    assert entry["reponse"] == kept


@pytest.mark.parametrize("token", [None, "", "x", "A" * 22, "é" * 22, "A" * 5000])
def test_a_form_without_its_token_leads_nowhere_even_with_the_cookie(
    hub: Hub, respondent: Respondent, token: str | None
) -> None:
    respondent.browser.get(f"/r/{respondent.token}")
    before = dump(hub)
    data = {"etape": "choix", TEXT: "Perdu ?", **({} if token is None else {"jeton": token})}
    assert respondent.browser.post("/r", data=data).status_code == 404
    assert dump(hub) == before


@pytest.mark.parametrize(
    "stamp", ["f" * 5000, "-" + "f" * 4000, "0x1.x", "1_0.x", "é.é", ".", " 1 .a", "\x00", "x" * 9]
)
def test_a_mangled_stamp_of_when_a_form_was_shown_stops_nobody(
    hub: Hub, client: Client, respondent: Respondent, open_campaign: Opener, stamp: str
) -> None:
    assert respondent.posts(etape="choix", vu=stamp, **{TEXT: "Écrit."}).status_code == 303
    assert respondent.draft() == "Écrit."
    common = hub.collector.common_link(open_campaign()).removeprefix("http://127.0.0.1:8000")
    assert client.post(common, data={"vu": stamp, "visite": stamp}).status_code == 303


# -- values ----------------------------------------------------------------------------------------------------------


def test_the_same_radio_value_twice_is_one_answer(hub: Hub, respondent: Respondent) -> None:
    respondent.saves("choix", {"avant": ["college", "college", "lycee", "college"]})
    assert respondent.saves("bilan", {"satisfaction": ["mal", "mal"]}).status_code == 303
    respondent.sends()
    (event,) = sent(hub)
    assert event.answers.scales == {"satisfaction": "mal"}
    assert event.answers.choices == {"avant": ("college", "lycee")}


@pytest.mark.parametrize(
    ("step", "key", "values"),
    [
        ("bilan", "satisfaction", ["mal", "bien"]),
        ("bilan", "satisfaction", ["bon"]),
        ("bilan", "satisfaction", ["bien "]),
        ("entreprise", "aide_entreprise", ["oui", "non"]),
        ("entreprise", "aide_entreprise", ["peut-être"]),
        ("cfa", "cfa.accompagnement", ["moyen", "pas_ecoute"]),
        ("cfa", "cfa.accompagnement", ["bien"]),
        ("choix", "avant", ["college", "ailleurs"]),
        ("choix", "avant", ["college\x00"]),
    ],
)
def test_values_that_cannot_be_together_come_back_named_and_linked(
    hub: Hub, respondent: Respondent, step: str, key: str, values: list[str]
) -> None:
    before = dump(hub)
    again = respondent.saves(step, {key: values})
    assert again.status_code == 422
    assert f'<a href="#{key}">' in again.text
    assert f'id="{key}"' in again.text
    assert f'id="{key}-erreur"' in again.text
    assert "Rien n'est perdu" in unescape(again.text)
    assert dump(hub) == before


def test_an_answer_to_a_question_that_was_not_opened_is_not_kept(hub: Hub, respondent: Respondent) -> None:
    saved = respondent.saves("recherche", {"recherche": "bien", "aide_cfa": "pas_besoin", "aide_cfa.comment": "cv"})
    assert saved.status_code == 303
    respondent.sends()
    assert sent(hub)[0].answers.choices == {"aide_cfa": ("pas_besoin",)}


# -- steps -----------------------------------------------------------------------------------------------------------


def test_reading_again_before_anything_was_said_harms_nothing(hub: Hub, respondent: Respondent) -> None:
    before = dump(hub)
    assert "Relis, puis envoie" in respondent.shows("envoi").text
    assert dump(hub) == before


def test_sending_first_says_what_is_missing_and_where(hub: Hub, respondent: Respondent) -> None:
    before = dump(hub)
    refused = respondent.sends()
    assert refused.status_code == 422
    assert "Réponds au moins à une question" in refused.text
    assert 'href="/r?etape=choix#avant"' in refused.text
    assert dump(hub) == before


@pytest.mark.parametrize(
    "step", ["merci", "fait", "donnees", "retirer", "recrire", "renouveau", "CHOIX", "\x00", "../r"]
)
def test_a_step_that_does_not_exist_shows_the_first_screen_and_is_not_posted(
    hub: Hub, respondent: Respondent, step: str
) -> None:
    before = dump(hub)
    assert "Commencer</button>" in respondent.shows(step).text
    refused = respondent.posts(etape=step, **{TEXT: "Nulle part."})
    assert refused.status_code == 400
    assert "Rien n'a été changé ni perdu" in unescape(refused.text)
    assert dump(hub) == before


def test_a_step_of_another_version_is_not_posted(
    hub: Hub, app: Any, respondent: Respondent, open_campaign: Opener
) -> None:
    hub.collector.publish_questionnaire(renewed())
    newer = Respondent(Client(app), token_of(hub, open_campaign()))
    before = dump(hub)
    assert respondent.posts(etape="renouveau", **{TEXT: "Ici ?"}).status_code == 400
    assert newer.posts(etape="choix", **{TEXT: "Là ?"}).status_code == 400
    assert dump(hub) == before
    assert newer.saves("renouveau", {TEXT: "Là."}).headers["location"] == "/r?etape=recherche"
    assert respondent.saves("choix", {TEXT: "Ici."}).status_code == 303


def test_a_field_of_another_section_comes_back_as_a_fault_with_everything_typed(
    hub: Hub, respondent: Respondent
) -> None:
    before = dump(hub)
    again = respondent.saves("choix", {TEXT: "Gardé ?", "satisfaction": "bien"})
    assert again.status_code == 422
    assert textarea(again.text, TEXT) == "Gardé ?"
    assert 'href="#contenu"' in again.text
    assert dump(hub) == before


@pytest.mark.parametrize("action", ["continuer", "retour", "garder", ""])
def test_a_section_posted_after_the_sending_is_given_back(hub: Hub, respondent: Respondent, action: str) -> None:
    form = respondent.form("choix")
    respondent.saves("bilan", {"satisfaction": "bien"})
    respondent.sends()
    before = dump(hub)
    late = respondent.browser.post("/r", data={**form, TEXT: "Trop <tard> ?", "action": action})
    assert late.status_code == 409
    assert "Trop <tard> ?" in words(late.text)
    assert dump(hub) == before


def test_a_faulty_section_posted_after_the_sending_is_not_lost_either(respondent: Respondent) -> None:
    form = respondent.form("choix")
    respondent.saves("bilan", {"satisfaction": "bien"})
    respondent.sends()
    late = respondent.browser.post("/r", data={**form, TEXT: "x" * (TEXT_LIMIT + 1)})
    assert 400 <= late.status_code < 500
    assert "x" * (TEXT_LIMIT + 1) in late.text


def test_sending_twice_is_thanked_twice_and_counted_once(hub: Hub, respondent: Respondent) -> None:
    respondent.saves("bilan", {"satisfaction": "bien"})
    assert [respondent.sends().headers["location"] for _ in range(3)] == ["/r?etape=merci"] * 3
    assert len(sent(hub)) == 1


# -- tabs ------------------------------------------------------------------------------------------------------------


def test_two_tabs_on_different_sections_keep_both(hub: Hub, respondent: Respondent) -> None:
    first, second = respondent.form("choix"), respondent.form("bilan")
    post = respondent.browser.post
    assert post("/r", data={**second, "satisfaction": "mal", "journee_entreprise": "Du second."}).status_code == 303
    assert post("/r", data={**first, TEXT: "Du premier.", "avant": "college"}).status_code == 303
    respondent.sends()
    (event,) = sent(hub)
    assert event.answers.texts == {TEXT: "Du premier.", "journee_entreprise": "Du second."}
    assert event.answers.scales == {"satisfaction": "mal"}
    assert event.answers.choices == {"avant": ("college",)}


def test_two_tabs_on_the_same_section_the_last_one_wins(hub: Hub, respondent: Respondent) -> None:
    first, second = respondent.form("choix"), respondent.form("choix")
    post = respondent.browser.post
    post("/r", data={**first, TEXT: "Le premier.", "avant": "college", "pourquoi": "metier"})
    post("/r", data={**second, TEXT: "Le second.", "avant": "lycee"})
    assert respondent.draft() == "Le second."
    respondent.sends()
    (event,) = sent(hub)
    assert event.answers.texts == {TEXT: "Le second."}
    assert event.answers.choices == {"avant": ("lycee",)}


def test_what_is_saved_by_itself_is_kept_without_a_page(hub: Hub, respondent: Respondent) -> None:
    saved = respondent.saves("choix", {TEXT: "Commencé\r\nà peine."}, action="garder")
    assert (saved.status_code, saved.content) == (204, b"")
    assert respondent.draft() == "Commencé\nà peine."
    assert "Reprendre" in respondent.shows().text


def test_a_fault_in_what_is_saved_by_itself_leaves_the_former_draft(hub: Hub, respondent: Respondent) -> None:
    respondent.saves("choix", {TEXT: "Bien gardé.", "avant": "college"})
    before = dump(hub)
    for said in (
        {TEXT: "x" * (TEXT_LIMIT + 1)},
        {TEXT: "Autre.", "avant": "ailleurs"},
        {TEXT: "Autre.", "inconnu": "1"},
    ):
        assert respondent.saves("choix", said, action="garder").status_code == 422
    assert dump(hub) == before
    assert respondent.draft() == "Bien gardé."
