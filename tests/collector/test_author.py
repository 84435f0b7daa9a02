"""The author's page: the same link once the answer is sent. Read it again, rewrite, withdraw, take a copy home."""

import copy
import json
import re
import sqlite3
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from collector import database
from collector.door import Receipt, default_questionnaire
from collector.questionnaire.answers import TEXT_LIMIT
from syndication.app import Service
from syndication.context import Hub
from tests import databases
from tests.helpers import Client, Clock, hidden_fields

Opener = Callable[..., str]
CHANGE, KNOW, DAY = "changement", "a_savoir", "journee_cfa"
SAID: dict[str, list[str]] = {
    "avant": ["college", "autre"],
    CHANGE: ["Je me lève tôt ; l'odeur du pain, quand même."],
    "entreprise": ["bien"],
    "entreprise.vacances": ["mal"],
    KNOW: ["Que monsieur Untel crie <fort> & souvent."],
    "cfa.accompagnement": ["disponible_autonomie"],
    DAY: ["On pèse, on mélange, on attend."],
    "satisfaction": ["bien"],
    "fierte.voie": ["moyen"],
}
"""Something of every kind; three texts."""
REASON = "le texte permet de reconnaître une personne"
NEW_TEXT = "Que certains chefs crient fort, et que ça passe."
REFUSED_ON, PUBLISHED_ON = date(2026, 11, 23), date(2026, 12, 1)
STEPS = ("", "merci", "fait", "donnees", "retirer", "recrire", "envoi", "choix", "nulle-part")
EVERYTHING_GONE = "Tu as retiré tes réponses"


@dataclass
class Author:
    """Somebody who has answered, on a device that knows nothing but their link."""

    browser: Client
    link: str
    id: str

    @property
    def token(self) -> str:
        return self.link.rpartition("/")[2]

    def opens(self, step: str = "", question: str = "", method: str = "GET") -> httpx.Response:
        """A page, in a browser that has followed the link."""
        if not self.browser.cookies:
            assert self.browser.get(path_of(self.link)).headers["location"] == "/r"
        query = {name: value for name, value in (("etape", step), ("question", question)) if value}
        return self.browser.request(method, "/r", params=query)

    def page(self, step: str = "", question: str = "") -> str:
        """What a page says."""
        answered = self.opens(step, question)
        assert answered.status_code == 200
        return unescape(answered.text)

    def posts(self, step: str, question: str = "", headers: dict[str, str] | None = None, **fields: Any) -> Any:
        data = {"jeton": self.token, "etape": step, "question": question, **fields}
        return self.browser.post("/r/auteur", data=data, headers=headers)

    def withdraws(self, question: str = "") -> Any:
        return self.posts("retirer", question)

    def rewrites(self, text: str, question: str = KNOW) -> Any:
        return self.posts("recrire", question, texte=text)


@pytest.fixture
def write_in(hub: Hub, app: Service, open_campaign: Opener) -> Callable[..., Author]:
    """Answer by a link of its own, and give who did."""

    def run(said: dict[str, list[str]] | None = None, **options: Any) -> Author:
        link = hub.collector.issue_links(open_campaign(**options), 1)[0]
        hub.collector.record(link, SAID if said is None else said)
        return Author(Client(app), link, hub.collector.responses_after("")[-1].id)

    return run


@pytest.fixture
def author(write_in: Callable[..., Author]) -> Author:
    return write_in()


@pytest.fixture
def refused(hub: Hub, author: Author) -> Author:
    """An author one of whose texts is refused, another published, the third not read yet."""
    tell(hub, author, KNOW, "refuse", REFUSED_ON, reason=REASON)
    tell(hub, author, DAY, "publie", PUBLISHED_ON)
    return author


def tell(
    hub: Hub,
    author: Author,
    question: str,
    status: Literal["attente", "publie", "refuse"],
    day: date | None,
    *,
    reason: str | None = None,
    version: int = 2,
) -> None:
    hub.collector.deliver_receipt(Receipt(author.id, question, status, reason, day, version))


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def events(hub: Hub) -> list[tuple[str, str | None]]:
    return [(event.kind, event.question) for event in hub.collector.responses_after("")]


def texts(hub: Hub) -> dict[str, str]:
    """The texts of the last response, as the hub would be given them."""
    return dict(hub.collector.responses_after("")[-1].answers.texts)


def said(key: str) -> str:
    return SAID[key][0]


def dump(hub: Hub) -> list[str]:
    return databases.dump(hub.settings.collector.database_url)


def textarea(html: str) -> str:
    """What stands in the one text field of a page, as a browser would read it."""
    (content,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", html, re.DOTALL)
    return unescape(content)


def section_of(page: str, question: str) -> str:
    """The part of the page that is about one text."""
    (part,) = re.findall(rf'<section[^>]*aria-labelledby="{re.escape(question)}-titre".*?</section>', page, re.DOTALL)
    return str(part)


@contextmanager
def nobody_writes(hub: Hub) -> Iterator[None]:
    """Writes of the collector wait until the end of this block, in the order in which they came."""
    with ExitStack() as held:
        held.enter_context(databases.nobody_writes(database, hub.settings.collector.database_url))
        letting_go = threading.Timer(0.6, held.close)
        letting_go.start()
        try:
            yield
        finally:
            letting_go.join()


def break_writing(hub: Hub) -> None:
    """From here on the database can be read, and whatever is noted for the hub fails."""
    databases.change(hub.settings.collector.database_url, "ALTER TABLE event RENAME TO elsewhere")


# -- reading ---------------------------------------------------------------------------------------------------------


def test_it_shows_everything_that_was_said(author: Author) -> None:
    page = author.page()
    for key in (CHANGE, KNOW, DAY):
        assert f'<p class="words" lang="">{said(key)}</p>' in page
    for label in ("J'étais au collège", "Autre chose", "Oui, et elle nous laisse très autonomes", "Un peu", "Mal"):
        assert f"<dd>{label}</dd>" in page
    assert "CAP cuisine" in page
    assert author.link in page


def test_a_text_is_shown_as_text_whatever_it_looks_like(author: Author) -> None:
    html = author.opens().text
    assert "<fort>" not in html
    assert "crie &lt;fort&gt; &amp; souvent" in html


def test_a_text_that_nobody_has_read_is_said_to_wait(author: Author) -> None:
    for key in (CHANGE, KNOW, DAY):
        part = section_of(author.page(), key)
        assert "<b>En attente</b>" in part
        assert "etape=recrire" not in part
        assert f"etape=retirer&question={key}" in part


def test_it_says_since_which_day_a_text_is_published(refused: Author) -> None:
    part = section_of(refused.page(), DAY)
    assert "<b>Publié le 1er décembre 2026</b>" in part
    assert "etape=recrire" not in part


def test_it_says_that_a_text_was_refused_and_why_and_offers_to_rewrite_it(refused: Author) -> None:
    part = section_of(refused.page(), KNOW)
    assert "Pas publié" in part
    assert REASON in part
    assert f"etape=recrire&question={KNOW}" in part


def test_news_replace_older_news_and_never_newer(hub: Hub, refused: Author) -> None:
    tell(hub, refused, KNOW, "publie", PUBLISHED_ON, version=3)
    tell(hub, refused, KNOW, "refuse", REFUSED_ON, reason=REASON, version=2)
    assert "<b>Publié le" in section_of(refused.page(), KNOW)
    tell(hub, refused, KNOW, "refuse", date(2026, 12, 2), reason="le texte est copié d'un autre", version=4)
    assert "copié d'un autre" in section_of(refused.page(), KNOW)


def test_a_text_for_the_centre_alone_is_never_said_to_wait_for_publication(hub: Hub, write_in: Any) -> None:
    document = tomllib.loads(files("collector").joinpath("questionnaire/2026-1.toml").read_text(encoding="utf-8"))
    document = copy.deepcopy(document) | {"version": "2027-1"}
    for section in document["sections"]:
        for question in section["questions"]:
            if question["key"] == KNOW:
                question["feeds"] = "internal"
    hub.collector.publish_questionnaire(document)
    author = write_in()
    part = section_of(author.page(), KNOW)
    assert "n'est pas publié" in part
    assert "En attente" not in part
    (entry,) = [one for one in author.opens("donnees").json()["reponses"] if one["cle"] == KNOW]
    assert entry["reponse"] == said(KNOW)
    assert entry.get("etat") != "attente"


def test_it_opens_on_another_device_long_after_the_campaign(hub: Hub, clock: Clock, app: Any, refused: Author) -> None:
    clock.moment += timedelta(days=300)
    elsewhere = Author(Client(app), refused.link, refused.id)
    assert said(DAY) in elsewhere.page()
    assert elsewhere.opens("donnees").status_code == 200
    assert elsewhere.rewrites(NEW_TEXT).status_code == 303
    assert elsewhere.withdraws(DAY).status_code == 303
    assert texts(hub) == {CHANGE: said(CHANGE), KNOW: NEW_TEXT}
    assert elsewhere.withdraws().status_code == 303
    assert EVERYTHING_GONE in elsewhere.page()


def test_a_post_needs_no_cookie_but_the_link_itself(hub: Hub, app: Any, author: Author) -> None:
    form = hidden_fields(author.opens("retirer", CHANGE).text)
    bare = Client(app)
    assert bare.post("/r/auteur", data=form).status_code == 303
    assert CHANGE not in texts(hub)


def test_once_links_are_forgotten_in_time_nothing_leads_there_any_more(
    hub: Hub, clock: Clock, app: Any, refused: Author
) -> None:
    clock.moment += timedelta(days=60 + 370)
    assert hub.collector.purge().links == 1
    late = Client(app)
    assert late.get(path_of(refused.link)).status_code == 404
    assert refused.withdraws().status_code == 404
    assert refused.rewrites(NEW_TEXT).status_code == 404
    assert events(hub) == [("sent", None)]


# -- nobody else, nothing by itself ----------------------------------------------------------------------------------


def test_looking_changes_nothing(hub: Hub, refused: Author) -> None:
    refused.opens()
    before = dump(hub)
    for step in STEPS:
        for question in ("", CHANGE, KNOW, DAY, "satisfaction", "inconnue", "a' OR 1=1 --"):
            for method in ("GET", "HEAD"):
                assert refused.opens(step, question, method).status_code == 200
    assert dump(hub) == before
    assert set(texts(hub)) == {CHANGE, KNOW, DAY}


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://ailleurs.example"},
     {"origin": "http://127.0.0.1:8001"}, {"origin": "http://127.0.0.1:8000@ailleurs.example"}],
)  # fmt: skip
def test_another_site_can_neither_withdraw_nor_rewrite(hub: Hub, refused: Author, headers: dict[str, str]) -> None:
    before = dump(hub)
    for step, question in (("retirer", ""), ("retirer", DAY), ("recrire", KNOW)):
        assert refused.posts(step, question, headers, texte=NEW_TEXT).status_code == 403
    assert dump(hub) == before


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "same-origin", "origin": "null"}, {"origin": "null"}, {"origin": "http://127.0.0.1:8000"}, {}],
)
def test_our_own_form_is_let_through_in_old_and_new_browsers(
    hub: Hub, refused: Author, headers: dict[str, str]
) -> None:
    assert refused.posts("retirer", DAY, headers).status_code == 303
    assert DAY not in texts(hub)


def test_one_person_s_link_never_reaches_another_person_s_answer(hub: Hub, write_in: Any) -> None:
    ours: Author = write_in()
    theirs: Author = write_in({**SAID, KNOW: ["Le mien."], CHANGE: ["Le mien aussi."]})
    tell(hub, ours, KNOW, "refuse", REFUSED_ON, reason=REASON)
    for step in STEPS:
        for question in ("", CHANGE, KNOW):
            shown = unescape(theirs.opens(step, question).text)
            assert said(KNOW) not in shown
            assert said(CHANGE) not in shown
            assert ours.token not in shown
    assert theirs.rewrites(NEW_TEXT).status_code == 409
    theirs.withdraws(CHANGE)
    theirs.withdraws()
    untouched = ours.page()
    assert said(KNOW) in untouched
    assert said(CHANGE) in untouched


def test_a_form_answers_for_its_own_link_whatever_the_cookie_says(hub: Hub, app: Any, write_in: Any) -> None:
    first, second = write_in(), write_in()
    browser = Client(app)
    browser.get(path_of(first.link))
    form = hidden_fields(browser.get("/r", params={"etape": "retirer", "question": CHANGE}).text)
    browser.get(path_of(second.link))
    assert browser.post("/r/auteur", data=form).status_code == 303
    assert said(CHANGE) not in first.page()
    assert said(CHANGE) in second.page()


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "A" * 23, "é" * 22, "\x00" * 22, "' OR 1=1 --" + "A" * 11])
def test_a_forged_token_gets_the_page_of_every_lost_link(hub: Hub, client: Client, author: Author, token: str) -> None:
    before = dump(hub)
    for step, question in (("retirer", ""), ("retirer", CHANGE), ("recrire", KNOW), ("", "")):
        data = {"jeton": token, "etape": step, "question": question, "texte": NEW_TEXT}
        lost = client.post("/r/auteur", data=data)
        assert lost.status_code == 404
        assert "Ce lien ne mène à aucun questionnaire ouvert" in lost.text
    client.cookies.set("sirius-lien", "A" * 22)
    assert client.get("/r", params={"etape": "donnees"}).status_code == 404
    assert dump(hub) == before


def test_nothing_is_withdrawn_before_it_was_sent(hub: Hub, client: Client, open_campaign: Opener) -> None:
    token = hub.collector.issue_links(open_campaign(), 1)[0].rpartition("/")[2]
    client.post("/r", data={"jeton": token, "etape": "choix", CHANGE: "Commencé."})
    before = dump(hub)
    for step in ("retirer", "recrire"):
        data = {"jeton": token, "etape": step, "question": CHANGE, "texte": NEW_TEXT}
        assert client.post("/r/auteur", data=data).status_code == 400
    assert dump(hub) == before


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"jeton=a&texte=" + b"x" * 1_000_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=1"] * 500), "application/x-www-form-urlencoded", 400),
        (b'{"jeton": "a"}', "application/json", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"", "application/x-www-form-urlencoded", 404),
    ],
)
def test_nonsense_gets_a_page_and_changes_nothing(
    hub: Hub, client: Client, author: Author, body: bytes, kind: str, status: int
) -> None:
    before = dump(hub)
    answered = client.post("/r/auteur", content=body, headers={"content-type": kind})
    assert answered.status_code == status
    assert "<h1>" in answered.text
    assert dump(hub) == before


@pytest.mark.parametrize("step", ["", "donnees", "merci", "envoi", "Retirer", "choix"])
def test_a_step_that_is_no_act_changes_nothing(hub: Hub, refused: Author, step: str) -> None:
    before = dump(hub)
    assert refused.posts(step, KNOW, texte=NEW_TEXT).status_code == 400
    assert dump(hub) == before


# -- rewriting -------------------------------------------------------------------------------------------------------


def test_the_form_to_rewrite_shows_the_refused_words_and_the_reason(refused: Author) -> None:
    shown = refused.opens("recrire", KNOW)
    assert textarea(shown.text) == said(KNOW)
    assert REASON in unescape(shown.text)
    assert "Erreur" not in shown.text


@pytest.mark.parametrize("question", [CHANGE, DAY, "journee_entreprise", "satisfaction", "inconnue", ""])
def test_only_a_refused_text_has_a_form_to_rewrite_it(refused: Author, question: str) -> None:
    shown = refused.opens("recrire", question)
    assert shown.status_code == 200
    assert "<textarea" not in shown.text
    assert "<form" not in shown.text


def test_a_rewritten_text_replaces_the_refused_one_and_waits(hub: Hub, refused: Author) -> None:
    form = hidden_fields(refused.opens("recrire", KNOW).text)
    answered = refused.browser.post("/r/auteur", data={**form, "texte": NEW_TEXT})
    assert (answered.status_code, answered.headers["location"]) == (303, "/r?etape=fait")
    page = refused.page("fait")
    assert said(KNOW) not in page
    assert NEW_TEXT in section_of(page, KNOW)
    assert "<b>En attente</b>" in section_of(page, KNOW)
    assert events(hub) == [("sent", None), ("rewritten", KNOW)]
    assert texts(hub) == {CHANGE: said(CHANGE), KNOW: NEW_TEXT, DAY: said(DAY)}
    assert "<textarea" not in refused.page("recrire", KNOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \r\n \t ",
        "x" * (TEXT_LIMIT + 1),
        "👩🏽‍🍳" * 300,
        f"{'é' * TEXT_LIMIT}\n",
        "avant\x00après",
        SAID[KNOW][0],
    ],
    ids=["empty", "blank", "too long", "too many code points", "a line too many", "NUL", "unchanged"],
)
def test_a_faulty_text_gives_the_form_again_with_what_was_typed(hub: Hub, refused: Author, text: str) -> None:
    before = dump(hub)
    again = refused.rewrites(text)
    assert again.status_code == 422
    assert textarea(again.text) == text.replace("\r\n", "\n") or textarea(again.text) == text
    assert f'<a href="#{KNOW}">' in again.text
    assert f'<textarea id="{KNOW}"' in again.text
    assert 'aria-invalid="true"' in again.text
    assert f'{KNOW}-erreur"' in again.text
    assert f'id="{KNOW}-erreur"' in again.text
    assert "<title>Erreur" in again.text
    assert REASON in unescape(again.text)
    assert hidden_fields(again.text) == {"jeton": refused.token, "etape": "recrire", "question": KNOW}
    assert dump(hub) == before


def test_a_form_without_its_text_field_gives_the_form_again(hub: Hub, refused: Author) -> None:
    before = dump(hub)
    assert refused.posts("recrire", KNOW).status_code == 422
    assert dump(hub) == before


def test_the_same_words_with_a_browser_s_line_breaks_are_still_the_same(hub: Hub, write_in: Any) -> None:
    author: Author = write_in({**SAID, KNOW: ["Une ligne,\nune autre."]})
    tell(hub, author, KNOW, "refuse", REFUSED_ON, reason=REASON)
    assert author.rewrites("Une ligne,\r\nune autre.").status_code == 422
    assert events(hub) == [("sent", None)]


@pytest.mark.parametrize("text", ["👩" * TEXT_LIMIT, "\r\n  Deux lignes,\r\ndont une vide. \r\n", "=HYPERLINK(1)", "x"])
def test_a_text_within_bounds_is_kept_as_it_was_typed(hub: Hub, refused: Author, text: str) -> None:
    assert refused.rewrites(text).status_code == 303
    assert texts(hub)[KNOW] == text.replace("\r\n", "\n")


@pytest.mark.parametrize("question", [CHANGE, DAY, "journee_entreprise", "satisfaction", "inconnue", ""])
def test_what_is_not_refused_is_not_rewritten_and_the_typed_text_is_given_back(
    hub: Hub, refused: Author, question: str
) -> None:
    before = dump(hub)
    answered = refused.rewrites(NEW_TEXT, question)
    assert answered.status_code == 409
    assert NEW_TEXT in unescape(answered.text)
    assert dump(hub) == before


def test_a_text_published_after_all_while_its_author_was_rewriting_gives_the_typed_text_back(
    hub: Hub, refused: Author
) -> None:
    form = hidden_fields(refused.opens("recrire", KNOW).text)
    tell(hub, refused, KNOW, "publie", PUBLISHED_ON, version=3)
    answered = refused.browser.post("/r/auteur", data={**form, "texte": NEW_TEXT})
    assert answered.status_code == 409
    assert NEW_TEXT in unescape(answered.text)
    assert texts(hub)[KNOW] == said(KNOW)
    assert "<b>Publié le" in section_of(refused.page(), KNOW)


def test_a_text_published_after_all_while_its_rewriting_is_being_saved_gives_the_typed_text_back(
    hub: Hub, refused: Author
) -> None:
    refused.opens()
    with nobody_writes(hub):
        news = threading.Thread(target=tell, args=(hub, refused, KNOW, "publie", PUBLISHED_ON), kwargs={"version": 3})
        news.start()
        news.join(0.2)  # it waits for its turn, before the rewriting
        answered = refused.rewrites(NEW_TEXT)
    news.join()
    assert events(hub) == [("sent", None)]
    assert texts(hub)[KNOW] == said(KNOW)
    assert answered.status_code == 409
    assert NEW_TEXT in unescape(answered.text)


def test_of_two_rewritings_at_once_one_is_kept_and_the_other_given_back(hub: Hub, refused: Author) -> None:
    typed = ["La première façon de le dire.", "La seconde façon de le dire."]
    data = {"jeton": refused.token, "etape": "recrire", "question": KNOW}
    with nobody_writes(hub):
        answered = refused.browser.at_once(*[("POST", "/r/auteur", {"data": {**data, "texte": t}}) for t in typed])
    assert events(hub) == [("sent", None), ("rewritten", KNOW)]
    kept = texts(hub)[KNOW]
    assert kept in typed
    (lost,) = set(typed) - {kept}
    assert lost in unescape(answered[typed.index(lost)].text)


def test_a_double_click_rewrites_once(hub: Hub, refused: Author) -> None:
    data = {"jeton": refused.token, "etape": "recrire", "question": KNOW, "texte": NEW_TEXT}
    refused.browser.at_once(*[("POST", "/r/auteur", {"data": data})] * 20)
    assert events(hub) == [("sent", None), ("rewritten", KNOW)]
    assert texts(hub)[KNOW] == NEW_TEXT


def test_a_text_withdrawn_while_its_rewriting_is_being_saved_stays_withdrawn_and_nothing_typed_is_lost(
    hub: Hub, refused: Author
) -> None:
    data = {"jeton": refused.token, "question": KNOW}
    with nobody_writes(hub):
        _, answered = refused.browser.at_once(
            ("POST", "/r/auteur", {"data": {**data, "etape": "retirer"}}),
            ("POST", "/r/auteur", {"data": {**data, "etape": "recrire", "texte": NEW_TEXT}}),
        )
    assert events(hub)[-1] == ("withdrawn", KNOW)
    assert KNOW not in texts(hub)
    assert ("rewritten", KNOW) in events(hub) or NEW_TEXT in unescape(answered.text)


def test_a_rewriting_that_cannot_be_saved_gives_the_typed_text_back(hub: Hub, refused: Author) -> None:
    refused.opens()
    break_writing(hub)
    answered = refused.rewrites(NEW_TEXT)
    assert (answered.status_code, answered.headers["retry-after"]) == (503, "5")
    assert "Rien n'a changé" in unescape(answered.text)
    assert NEW_TEXT in unescape(answered.text)
    assert said(KNOW) in refused.page()


def test_a_text_refused_again_may_be_rewritten_again(hub: Hub, refused: Author) -> None:
    assert refused.rewrites(NEW_TEXT).status_code == 303
    tell(hub, refused, KNOW, "refuse", PUBLISHED_ON, reason="le texte contient une injure", version=4)
    assert textarea(refused.opens("recrire", KNOW).text) == NEW_TEXT
    assert refused.rewrites(said(KNOW)).status_code == 303
    assert events(hub) == [("sent", None), ("rewritten", KNOW), ("rewritten", KNOW)]


def test_late_news_of_the_refused_words_never_touch_the_new_ones(hub: Hub, refused: Author) -> None:
    refused.rewrites(NEW_TEXT)
    tell(hub, refused, KNOW, "refuse", REFUSED_ON, reason=REASON, version=2)
    assert "<b>En attente</b>" in section_of(refused.page(), KNOW)
    tell(hub, refused, KNOW, "publie", PUBLISHED_ON, version=4)
    assert "<b>Publié le" in section_of(refused.page(), KNOW)


# -- withdrawing -----------------------------------------------------------------------------------------------------


def test_withdrawing_a_text_asks_first_and_takes_that_text_alone(hub: Hub, refused: Author) -> None:
    asked = refused.opens("retirer", DAY)
    assert said(DAY) in unescape(asked.text)
    assert said(CHANGE) not in unescape(asked.text)
    assert set(texts(hub)) == {CHANGE, KNOW, DAY}
    done = refused.browser.post("/r/auteur", data=hidden_fields(asked.text))
    assert (done.status_code, done.headers["location"]) == (303, "/r?etape=fait")
    page = refused.page("fait")
    assert said(DAY) not in page
    assert said(CHANGE) in page
    assert REASON in section_of(page, KNOW)
    assert "J'étais au collège" in page
    assert events(hub) == [("sent", None), ("withdrawn", DAY)]


@pytest.mark.parametrize("question", [CHANGE, KNOW, DAY])
def test_a_text_may_be_withdrawn_whatever_became_of_it(hub: Hub, refused: Author, question: str) -> None:
    assert refused.withdraws(question).status_code == 303
    assert said(question) not in refused.page()
    assert set(texts(hub)) == {CHANGE, KNOW, DAY} - {question}


def test_withdrawing_a_text_twice_is_harmless(hub: Hub, refused: Author) -> None:
    refused.withdraws(KNOW)
    before = dump(hub)
    assert refused.withdraws(KNOW).status_code == 303
    assert refused.browser.at_once(*[("POST", "/r/auteur", {"data": _asking(refused, KNOW)})] * 5)
    assert "<form" not in refused.page("retirer", KNOW)
    assert refused.rewrites(NEW_TEXT).status_code == 409
    assert dump(hub) == before


def test_many_withdrawals_at_once_are_one(hub: Hub, author: Author) -> None:
    answered = author.browser.at_once(*[("POST", "/r/auteur", {"data": _asking(author, CHANGE)})] * 20)
    assert {one.status_code for one in answered} == {303}
    assert events(hub) == [("sent", None), ("withdrawn", CHANGE)]


def _asking(author: Author, question: str) -> dict[str, str]:
    return {"jeton": author.token, "etape": "retirer", "question": question}


@pytest.mark.parametrize("question", ["inconnue", "satisfaction", "journee_entreprise", "\x00", "é" * 300, " "])
def test_withdrawing_a_text_that_is_not_there_changes_nothing(hub: Hub, author: Author, question: str) -> None:
    author.opens()
    before = dump(hub)
    assert "<form" not in author.page("retirer", question)
    assert author.withdraws(question).status_code < 500
    assert dump(hub) == before


def test_the_last_text_withdrawn_leaves_the_other_answers(hub: Hub, author: Author) -> None:
    for question in (CHANGE, KNOW, DAY):
        author.withdraws(question)
    (event,) = hub.collector.responses_after("")[-1:]
    assert not event.withdrawn
    assert event.answers.texts == {}
    assert event.answers.scales["satisfaction"] == "bien"
    page = author.page()
    assert 'class="words"' not in page
    assert "J'étais au collège" in page


def test_withdrawing_everything_asks_first_then_says_so_for_good(hub: Hub, refused: Author) -> None:
    asked = refused.opens("retirer")
    assert "Retirer toutes tes réponses" in unescape(asked.text)
    assert events(hub) == [("sent", None)]
    assert refused.browser.post("/r/auteur", data=hidden_fields(asked.text)).status_code == 303
    assert events(hub) == [("sent", None), ("withdrawn", None)]
    for step in STEPS:
        for question in ("", KNOW):
            page = refused.page(step, question)
            assert EVERYTHING_GONE in page
            assert "<form" not in page
            for key in (CHANGE, KNOW, DAY):
                assert said(key) not in page
            assert "J'étais au collège" not in page


def test_everything_withdrawn_leaves_nothing_to_download(refused: Author) -> None:
    refused.withdraws()
    answered = refused.opens("donnees")
    assert "content-disposition" not in answered.headers
    assert "json" not in answered.headers["content-type"]


def test_everything_withdrawn_twice_or_in_parts_is_harmless(hub: Hub, refused: Author) -> None:
    refused.withdraws()
    before = dump(hub)
    for question in ("", CHANGE, KNOW, "inconnue"):
        assert refused.withdraws(question).status_code == 303
    assert dump(hub) == before
    assert EVERYTHING_GONE in refused.page("fait")


def test_of_withdrawals_at_once_everything_wins(hub: Hub, author: Author) -> None:
    posts = [("POST", "/r/auteur", {"data": _asking(author, key)}) for key in (CHANGE, "", KNOW, "", DAY)]
    assert {one.status_code for one in author.browser.at_once(*posts)} == {303}
    kinds = events(hub)
    assert kinds.count(("withdrawn", None)) == 1
    assert len(kinds) == len(set(kinds))
    last = hub.collector.responses_after("")[-1]
    assert last.withdrawn
    assert last.answers.is_empty


def test_after_everything_was_withdrawn_nothing_can_be_rewritten_and_the_page_says_why(
    hub: Hub, refused: Author
) -> None:
    refused.withdraws()
    before = dump(hub)
    answered = refused.rewrites(NEW_TEXT)
    assert answered.status_code == 409
    assert NEW_TEXT in unescape(answered.text)
    assert dump(hub) == before
    assert EVERYTHING_GONE in unescape(answered.text)


def test_after_everything_was_withdrawn_nobody_answers_again_and_the_typed_text_is_given_back(
    hub: Hub, refused: Author
) -> None:
    refused.withdraws()
    before = dump(hub)
    data = {"jeton": refused.token, "etape": "choix", CHANGE: NEW_TEXT}
    answered = refused.browser.post("/r", data=data)
    assert answered.status_code == 409
    assert EVERYTHING_GONE in unescape(answered.text)
    refused.browser.post("/r", data={"jeton": refused.token, "etape": "envoi"})
    assert EVERYTHING_GONE in refused.page()
    assert dump(hub) == before
    assert NEW_TEXT in unescape(answered.text)


def test_a_withdrawal_that_cannot_be_saved_says_so_and_changes_nothing(hub: Hub, refused: Author) -> None:
    refused.opens()
    break_writing(hub)
    before = dump(hub)
    for question in ("", CHANGE):
        answered = refused.withdraws(question)
        assert (answered.status_code, answered.headers["retry-after"]) == (503, "5")
        assert "Rien n'a changé" in unescape(answered.text)
    assert dump(hub) == before
    assert said(CHANGE) in refused.page()


def stored_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("collector.db*")))


def checkpoint(hub: Hub) -> None:
    """What SQLite does by itself now and then, and when the service stops: write the log into the file."""
    with closing(sqlite3.connect(hub.settings.data_dir / "collector.db")) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


@pytest.mark.sqlite
@pytest.mark.parametrize("how", ["one by one", "all"])
def test_withdrawn_words_are_erased_from_the_bytes_of_the_database(hub: Hub, write_in: Any, how: str) -> None:
    words = {CHANGE: "Zanzibarquois un.", KNOW: "Zanzibarquois deux.", DAY: "Zanzibarquois trois." + "z" * 900}
    author: Author = write_in({**SAID, **{key: [text] for key, text in words.items()}})
    checkpoint(hub)
    assert b"Zanzibarquois" in stored_bytes(hub.settings.data_dir)
    for question in words if how == "one by one" else ("",):
        author.withdraws(question)
    checkpoint(hub)
    assert b"Zanzibarquois" not in stored_bytes(hub.settings.data_dir)
    if how == "all":
        assert b"disponible_autonomie" not in stored_bytes(hub.settings.data_dir)


@pytest.mark.sqlite
def test_withdrawn_words_do_not_stay_in_the_log_of_the_database_while_the_service_runs(
    hub: Hub, author: Author
) -> None:
    words = b"odeur du pain"
    assert words in stored_bytes(hub.settings.data_dir)
    author.withdraws()
    hub.collector.purge()  # what the background does every hour
    assert words not in stored_bytes(hub.settings.data_dir)


@pytest.mark.sqlite
def test_withdrawn_words_are_in_no_file_once_the_service_has_stopped(hub: Hub, author: Author) -> None:
    words = b"odeur du pain"
    author.withdraws()
    hub.close()
    files_left = [path for path in hub.settings.data_dir.iterdir() if path.is_file()]
    assert hub.settings.data_dir / "collector.db" in files_left
    assert [path.name for path in files_left if words in path.read_bytes()] == []


@pytest.mark.sqlite
def test_rewritten_words_are_erased_from_the_bytes_of_the_database(hub: Hub, refused: Author) -> None:
    refused.rewrites(NEW_TEXT)
    checkpoint(hub)
    assert b"monsieur Untel" not in stored_bytes(hub.settings.data_dir)


# -- taking a copy home ----------------------------------------------------------------------------------------------


def test_the_copy_is_a_file_that_says_everything_in_words(refused: Author) -> None:
    answered = refused.opens("donnees")
    assert answered.headers["content-type"] == "application/json; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[a-z-]+\.json"', answered.headers["content-disposition"])
    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["referrer-policy"] == "no-referrer"
    data = json.loads(answered.content.decode("utf-8"))
    assert (data["formation"], data["mois"], data["questionnaire"]) == ("CAP cuisine", "2026-11", "2026-1")
    assert data["etablissement"] == "CFA Exemple des Batignolles"
    given = {entry["cle"]: entry for entry in data["reponses"]}
    assert given.keys() == SAID.keys()
    assert given["avant"]["reponse"] == ["J'étais au collège", "Autre chose"]
    assert given["cfa.accompagnement"]["reponse"] == ["Oui, et elle nous laisse très autonomes"]
    assert given["entreprise"]["reponse"] == "Bien"
    assert given["entreprise.vacances"]["reponse"] == "Mal"
    assert given["fierte.voie"]["reponse"] == "Un peu"
    for key in (CHANGE, KNOW, DAY):
        assert given[key]["reponse"] == said(key)
        assert given[key]["question"] == default_questionnaire().question(key).label
    assert given["entreprise.vacances"]["question"] == "Avoir moins de vacances"
    assert "é" in answered.text


def test_the_copy_tells_what_became_of_each_text(refused: Author) -> None:
    given = {entry["cle"]: entry for entry in refused.opens("donnees").json()["reponses"]}
    fates = {key: (given[key]["etat"], given[key]["raison"], given[key]["depuis"]) for key in (CHANGE, KNOW, DAY)}
    assert fates == {
        CHANGE: ("attente", None, None),
        KNOW: ("refuse", REASON, "2026-11-23"),
        DAY: ("publie", None, "2026-12-01"),
    }
    assert "etat" not in given["satisfaction"]


def test_the_copy_holds_what_is_kept_and_no_more(refused: Author) -> None:
    refused.withdraws(DAY)
    refused.rewrites(NEW_TEXT)
    answered = refused.opens("donnees")
    given = {entry["cle"]: entry for entry in answered.json()["reponses"]}
    assert DAY not in given
    assert given[KNOW]["reponse"] == NEW_TEXT
    assert (given[KNOW]["etat"], given[KNOW]["raison"], given[KNOW]["depuis"]) == ("attente", None, None)
    assert refused.token not in answered.text
    assert refused.id not in answered.text


def test_a_respondent_of_the_common_link_has_the_same_page(hub: Hub, app: Any, open_campaign: Opener) -> None:
    path = path_of(hub.collector.common_link(open_campaign()))
    browser = Client(app)
    browser.post(path, data=hidden_fields(browser.get(path).text))
    token = browser.cookies["sirius-lien"]
    browser.post("/r", data={"jeton": token, "etape": "choix", CHANGE: said(CHANGE)})
    browser.post("/r", data={"jeton": token, "etape": "envoi"})
    author = Author(browser, f"/r/{token}", hub.collector.responses_after("")[-1].id)
    assert said(CHANGE) in author.page("merci")
    assert author.withdraws().status_code == 303
    assert EVERYTHING_GONE in author.page()
    browser.post("/r", data={"jeton": token, "etape": "choix", CHANGE: "Encore."})
    assert events(hub) == [("sent", None), ("withdrawn", None)]
