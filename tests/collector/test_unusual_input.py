"""Whatever is typed, sent, sent twice, sent late or forged: kept to the byte or refused aloud, and never a 500."""

import asyncio
import copy
import re
import shutil
import sqlite3
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from collector.door import Receipt, default_questionnaire
from collector.questionnaire import questionnaire
from collector.questionnaire.answers import TEXT_LIMIT, section_keys
from syndication import asgi, campaigns
from syndication.app import create_app
from syndication.context import Hub
from syndication.instants import PARIS
from tests.conftest import CUISINE, PARIS_CENTRE, settings_in
from tests.helpers import FULL_ANSWER, Client, Clock, hidden_fields
from tests.syndication.test_publication import publish_everything

Opener = Callable[..., str]
FORM = "application/x-www-form-urlencoded"
AVIS = f"/api/v1/avis?formation={CUISINE}"
TEXT = "changement"
SECTIONS = [section.key for section in default_questionnaire().sections]
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


@dataclass
class Respondent:
    """Somebody with a link, on a browser of their own."""

    browser: Client
    token: str

    def shows(self, step: str = "", **query: str) -> httpx.Response:
        return self.browser.get("/r", params={**query, "etape": step}, headers={"cookie": f"sirius-lien={self.token}"})

    def form(self, step: str, **query: str) -> dict[str, str]:
        """What the form of a step carries along."""
        shown = self.shows(step, **query)
        assert shown.status_code == 200
        return hidden_fields(shown.text)

    def saves(self, step: str, said: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Fill in a section and go on."""
        data = {**self.form(step), "action": "continuer", **(said or {}), **more}
        return self.browser.post("/r", data=data)

    def posts(self, **data: Any) -> httpx.Response:
        return self.browser.post("/r", data={"jeton": self.token, **data})

    def sends(self) -> httpx.Response:
        return self.posts(etape="envoi")

    def draft(self) -> str:
        """The text of the first section as a browser would show it for writing on."""
        return textarea(self.shows("choix").text, TEXT)


@pytest.fixture
def respondent(hub: Hub, app: Any, open_campaign: Opener) -> Respondent:
    return Respondent(Client(app), token_of(hub, open_campaign()))


def token_of(hub: Hub, campaign: str) -> str:
    return hub.collector.issue_links(campaign, 1)[0].rpartition("/")[2]


def textarea(html: str, key: str) -> str:
    (content,) = re.findall(rf'<textarea id="{re.escape(key)}"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    return unescape(content)


def words(html: str, tag: str = "p") -> list[str]:
    """The texts that a page quotes."""
    return [unescape(found) for found in re.findall(rf'<{tag} class="words" lang="">(.*?)</{tag}>', html, re.DOTALL)]


def dump(hub: Hub) -> list[str]:
    with closing(sqlite3.connect(hub.settings.data_dir / "collector.db")) as connection:
        return list(connection.iterdump())


def sent(hub: Hub) -> list[Any]:
    return [event for event in hub.collector.responses_after("") if event.kind == "sent"]


def renewed(version: str = "2027-1") -> dict[str, Any]:
    """The default questionnaire under another version, its first section under another key."""
    document = tomllib.loads(files("collector").joinpath("questionnaire/2026-1.toml").read_text(encoding="utf-8"))
    document = copy.deepcopy(document) | {"version": version}
    document["sections"][0]["key"] = "renouveau"
    return document


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


# -- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shift", [timedelta(hours=-3), timedelta(hours=3), timedelta(seconds=-1), timedelta(days=1), timedelta(minutes=-59)]
)
def test_a_clock_that_jumps_between_two_steps_loses_and_marks_nothing(
    hub: Hub, clock: Clock, respondent: Respondent, shift: timedelta
) -> None:
    clock.moment += timedelta(minutes=10)
    form = respondent.form("choix")
    clock.moment += shift
    said = {TEXT: "Gardé quand même, voilà tout.", "avant": ["college", "autre"], "pourquoi": ["metier", "autre"]}
    assert respondent.browser.post("/r", data={**form, **said}).status_code == 303
    clock.moment -= shift
    assert respondent.saves("bilan", {"satisfaction": "bien"}).status_code == 303
    clock.moment += shift
    assert respondent.sends().headers["location"] == "/r?etape=merci"
    clock.moment -= shift
    assert "Gardé quand même" in respondent.shows().text
    assert sent(hub)[0].marks == ()


@pytest.mark.parametrize("year", [1950, 1970, 2000, 2100, 9990])
def test_a_clock_that_is_wholly_wrong_breaks_nothing(hub: Hub, clock: Clock, respondent: Respondent, year: int) -> None:
    form = respondent.form("choix")
    respondent.saves("bilan", {"satisfaction": "bien"})
    noon, clock.moment = clock.moment, datetime(year, 7, 1, 12, tzinfo=PARIS)
    for answered in (
        respondent.shows(), respondent.shows("choix"), respondent.sends(),
        respondent.browser.post("/r", data={**form, TEXT: "Gardé."}),
        respondent.browser.get(f"/r/{respondent.token}"), respondent.browser.get("/r/apercu"),
    ):  # fmt: skip
        assert answered.status_code < 500
    clock.moment = noon
    assert respondent.browser.post("/r", data={**form, TEXT: "Gardé."}).status_code == 303
    assert respondent.sends().headers["location"] == "/r?etape=merci"


def at(moment: datetime) -> Callable[[timedelta], datetime]:
    """Moments counted from one in real time, as a clock on a wall in Paris shows them."""
    return lambda later: (moment.astimezone(UTC) + later).astimezone(PARIS)


@pytest.mark.parametrize(
    ("midnight", "days"),
    [
        (datetime(2026, 10, 26, tzinfo=PARIS), 5),  # the day that has 25 hours is the last one
        (datetime(2026, 10, 25, tzinfo=PARIS), 4),  # …and the day before it
        (datetime(2027, 3, 29, tzinfo=PARIS), 5),  # the day that has 23 hours
        (datetime(2027, 3, 28, tzinfo=PARIS), 4),
    ],
)
@pytest.mark.parametrize("zone", [PARIS, UTC])
def test_a_campaign_ends_at_midnight_in_paris_when_the_clocks_change_and_waits_an_hour(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener, midnight: datetime, days: int, zone: Any
) -> None:
    clock.moment = midnight - timedelta(days=days, hours=12)
    campaign = open_campaign(days=days)
    begun, shown, fresh = (Respondent(Client(app), token_of(hub, campaign)) for _ in range(3))
    moment = at(midnight)

    def now_is(later: timedelta) -> None:
        clock.moment = moment(later).astimezone(zone)

    now_is(timedelta(seconds=-1))
    last_day = moment(timedelta(seconds=-1))
    assert f"Jusqu'au {last_day.day} {'octobre' if last_day.month == 10 else 'mars'}" in unescape(fresh.shows().text)
    assert begun.saves("bilan", {"satisfaction": "bien"}).status_code == 303
    form = shown.form("choix")
    now_is(timedelta(0))
    assert fresh.shows().status_code == 404
    assert begun.shows("envoi").status_code == 200
    now_is(timedelta(minutes=59, seconds=59))
    assert shown.browser.post("/r", data={**form, TEXT: "De justesse."}).status_code == 303
    assert begun.sends().headers["location"] == "/r?etape=merci"
    now_is(timedelta(hours=1))
    assert shown.sends().status_code == 404
    assert begun.shows().status_code == 200
    assert len(sent(hub)) == 1


def test_a_campaign_closed_within_the_hour_that_comes_twice_stays_closed(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener
) -> None:
    moment = at(datetime(2026, 10, 25, 2, 30, tzinfo=PARIS))
    clock.moment = moment(timedelta(hours=-20))
    campaign = open_campaign(days=5)
    begun, fresh = (Respondent(Client(app), token_of(hub, campaign)) for _ in range(2))
    begun.saves("bilan", {"satisfaction": "bien"})
    clock.moment = moment(timedelta(0))
    hub.collector.close_campaign(campaign)
    assert fresh.shows().status_code == 404
    clock.moment = moment(timedelta(minutes=45))
    assert fresh.shows().status_code == 404
    clock.moment = moment(timedelta(minutes=59))
    assert begun.shows("envoi").status_code == 200
    clock.moment = moment(timedelta(minutes=61))
    assert begun.sends().status_code == 404


def test_who_is_finishing_has_a_whole_hour_in_the_night_that_lacks_one(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener
) -> None:
    moment = at(datetime(2027, 3, 28, 1, 30, tzinfo=PARIS))
    clock.moment = moment(timedelta(hours=-20))
    campaign = open_campaign(days=5)
    begun = Respondent(Client(app), token_of(hub, campaign))
    begun.saves("bilan", {"satisfaction": "bien"})
    clock.moment = moment(timedelta(0))
    hub.collector.close_campaign(campaign)
    clock.moment = moment(timedelta(minutes=45))
    assert begun.sends().status_code == 303


def test_a_version_withdrawn_while_somebody_writes_stops_nobody(
    hub: Hub, client: Client, respondent: Respondent, catch_up: Callable[[], None]
) -> None:
    form = respondent.form("choix")
    respondent.saves("bilan", {"satisfaction": "bien"})
    hub.collector.withdraw_questionnaire("2026-1")
    assert respondent.browser.post("/r", data={**form, TEXT: "Jusqu'au bout."}).status_code == 303
    assert "Jusqu'au bout." in unescape(respondent.shows("envoi").text)
    assert respondent.shows("choix", langue="en").status_code == 200
    assert respondent.sends().headers["location"] == "/r?etape=merci"
    catch_up()
    assert client.get(AVIS).json()["repondants"] == 1
    assert words(respondent.shows().text) == ["Jusqu'au bout."]
    assert client.get("/r/apercu").status_code == 404
    assert client.get("/r/apercu", params={"version": "2026-1"}).status_code == 200


# -- English ---------------------------------------------------------------------------------------------------------


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


# -- anything at all -------------------------------------------------------------------------------------------------


@dataclass
class Town:
    """A service that is thrown anything, with links in every state."""

    app: ASGIApp
    browser: Client
    paths: list[str]
    tokens: list[str]
    questions: list[str]


@pytest.fixture(scope="module")
def town(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    for file in migrated.glob("*.db"):
        shutil.copy(file, folder)
    clock = Clock()
    hub = asgi.open_hub(settings_in(folder), clock)
    app = create_app(hub, background=False)
    browser = Client(app)
    today = clock().date()
    last = today + timedelta(days=60)
    campaign = campaigns.open_campaign(hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, last, 0).id
    blank, begun, answered, refused, gone = (token_of(hub, campaign) for _ in range(5))
    Respondent(browser, begun).posts(etape="choix", changement="Commencé.")
    for token in (answered, refused, gone):
        hub.collector.record(f"/r/{token}", FULL_ANSWER)
    event = sent(hub)[1]
    hub.collector.deliver_receipt(Receipt(event.id, TEXT, "refuse", "raison", today, 2))
    browser.post("/r/auteur", data={"jeton": gone, "etape": "retirer", "question": ""})
    common = hub.collector.common_link(campaign).removeprefix("http://127.0.0.1:8000")
    keys = [key for section in default_questionnaire().sections for key in sorted(section_keys(section))]
    paths = ["/r", "/r/auteur", "/r/apercu", common, "/c/" + "a" * 24 + ".b", "/d/" + "a" * 32 + ".b", f"/r/{blank}"]
    yield Town(app, browser, paths, [blank, begun, answered, refused, gone, "A" * 22, ""], keys)
    hub.close()


STEP_WORDS = ["", *SECTIONS, "envoi", "merci", "fait", "donnees", "retirer", "recrire", "commun"]
NAMES = ["jeton", "etape", "action", "vu", "langue", "question", "texte", "version", "visite", "site_web"]
VALUES = [
    *STEP_WORDS, "continuer", "retour", "garder", "envoyer", "en", "fr", "bien", "mal", "college", "oui", "aide",
    "2026-1", "2027-1", "x" * 1001, "f" * 40, "0", "-1", "\x00", "\r\n", "é", "\ud7ff", "\U0010ffff", "%", "+", "&=;",
    "f" * 4000, "9" * 5000,
]  # fmt: skip
anything = st.one_of(st.sampled_from(VALUES), st.text(max_size=40))
Pairs = list[tuple[str, str]]


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_no_form_and_no_query_ever_breaks_the_service(town: Town, data: st.DataObject) -> None:
    name = st.one_of(st.sampled_from([*NAMES, *town.questions]), st.text(max_size=20))
    value = st.one_of(st.sampled_from([*town.tokens, *town.questions]), anything)
    pairs = st.lists(st.tuples(name, value), max_size=8)
    path = data.draw(st.sampled_from(town.paths))
    cookie = data.draw(st.sampled_from(town.tokens))
    query: Pairs = data.draw(pairs)
    method = data.draw(st.sampled_from(["GET", "POST", "HEAD"]))
    headers = {"cookie": f"sirius-lien={cookie}"}
    if method == "POST":
        token, step = data.draw(st.sampled_from(town.tokens)), data.draw(st.sampled_from(STEP_WORDS))
        form = [("jeton", token), ("etape", step), *data.draw(pairs)]
        answered = town.browser.request(
            method, path, params=query, content=urlencode(form).encode(), headers={**headers, "content-type": FORM}
        )
    else:
        answered = town.browser.request(method, path, params=query, headers=headers)
    assert answered.status_code < 500


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, 6),
    tail=st.text(max_size=30),
    query=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60).map(str.encode),
    body=st.binary(max_size=300),
    kind=st.sampled_from([FORM, "application/json", "multipart/form-data", "", "é", f"{FORM};x"]),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]),
)
@example(place=0, tail="/", query=b"", body=b"", kind=FORM, method="GET")
@example(place=3, tail="/\x00", query=b"%", body=b"%", kind=FORM, method="POST")
def test_no_bytes_at_all_ever_break_the_service(
    town: Town, place: int, tail: str, query: bytes, body: bytes, kind: str, method: str
) -> None:
    for path in (town.paths[place], town.paths[place] + tail, f"{town.paths[place]}/{tail}"):
        assert raw_status(town, method, path, query, body, kind) < 500


def raw_status(town: Town, method: str, path: str, query: bytes, body: bytes, kind: str) -> int:
    """The status of what no client of ours would agree to send, once a server has read it: targets are then ASCII."""
    started: list[int] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query, "root_path": "",
        "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"127.0.0.1:8000"), (b"content-type", kind.encode()), (b"cookie", body[:40].replace(b"\n", b"")),
        ],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message["status"])

    async def ask() -> None:
        await town.app(scope, receive, send)

    asyncio.run(ask())
    (status,) = started
    return status
