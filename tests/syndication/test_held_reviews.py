"""Responses held back because something in them is odd: not counted until somebody says so."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from collector.door import default_questionnaire
from collector.questionnaire.answers import section_keys
from syndication import intake, models, store, worker
from syndication.accounts.store import Grant
from syndication.context import Hub
from syndication.database import table
from syndication.errors import ConfigurationError
from syndication.moderation.decide import REASONS
from syndication.reviews.triage import fingerprint
from syndication.settings import Settings
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.helpers import FULL_ANSWER, Client, Clock, hidden_fields
from tests.syndication.test_desk import MODERATOR, signed_in, waiting

Answer = Callable[..., None]
Opener = Callable[..., str]
CatchUp = Callable[[], None]
URL = f"/api/v1/avis?formation={CUISINE}"
OTHER = Grant("max@exemple.fr", "moderator", None)
STORY = "Le matin j'ouvre la cuisine, puis je prépare les légumes avec le chef."
SAME_STORY = "  LE MATIN, j’ouvre la cuisine… puis je PREPARE les legumes avec le Chéf !!! 🍳\n"
SURFACES = (
    URL, f"{URL}&etablissement={PARIS_CENTRE}", f"/api/v1/avis?etablissement={PARIS_CENTRE}",
    f"/api/v1/resumes?cles={CUISINE},{CUISINE}@{PARIS_CENTRE},@{PARIS_CENTRE}",
    f"/widget?formation={CUISINE}", f"/widget?formation={CUISINE}&etablissement={PARIS_CENTRE}",
)  # fmt: skip


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def like_a_machine(app: Any, link: str, **said: list[str]) -> Client:
    """Answer as a machine does, forms never shown: the response is marked."""
    browser, token = Client(app), link.rpartition("/")[2]
    answers = {**FULL_ANSWER, **{key.replace("__", "."): values for key, values in said.items()}}
    for section in default_questionnaire().sections:
        own = {key: values for key, values in answers.items() if key in section_keys(section)}
        assert browser.post("/r", data={"jeton": token, "etape": section.key, **own}).status_code == 303
    assert browser.post("/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
    return browser


@pytest.fixture
def odd(hub: Hub, app: Any, open_campaign: Opener, catch_up: CatchUp) -> Callable[..., str]:
    """Take in one marked response, and give its author's link."""

    def run(**said: list[str]) -> str:
        link = hub.collector.issue_links(open_campaign(), 1)[0]
        like_a_machine(app, link, **said)
        catch_up()
        return link

    return run


@pytest.fixture
def tell(hub: Hub, open_campaign: Opener, catch_up: CatchUp) -> Callable[..., list[str]]:
    """Take in, at once, responses that each give one text, in order; gives their authors' links."""

    def run(*texts: str, question: str = "changement") -> list[str]:
        links = hub.collector.issue_links(open_campaign(), len(texts))
        for link, text in zip(links, texts, strict=True):
            hub.collector.record(link, {"satisfaction": ["bien"], "cfa": ["bien"], question: [text]})
        catch_up()
        return links

    return run


def reviews(hub: Hub) -> list[Any]:
    """Reviews in the order in which the collector recorded them."""
    order = {response.id: place for place, response in enumerate(hub.collector.responses_after(""))}
    with hub.engine.connect() as connection:
        rows = connection.execute(select(table(models.Review))).all()
    return sorted(rows, key=lambda row: order[row.source_id])


def marks(hub: Hub) -> list[list[str]]:
    return [review.marks for review in reviews(hub)]


def states(hub: Hub) -> list[str]:
    return [review.state for review in reviews(hub)]


def tally(hub: Hub) -> dict[tuple[int, int, str, str], int]:
    """Every figure that is not nought."""
    counts = table(models.Tally)
    with hub.engine.connect() as connection:
        columns = (counts.c.formation_id, counts.c.centre_id, counts.c.axis, counts.c.value, counts.c["count"])
        rows = connection.execute(select(*columns)).all()
    return {tuple(row[:4]): row[4] for row in rows if row[4]}


def shown(client: Client) -> list[Any]:
    """What every surface shows, apart from when it last changed."""
    pages = [client.get(path) for path in SURFACES]
    assert {page.status_code for page in pages} == {200}
    told = [page.json() if "/api/" in str(page.url) else page.text for page in pages]
    for one in told:
        if isinstance(one, dict):
            one.pop("mis_a_jour_le", None)
    return told


def judge(desk: Client, review: str, decision: str) -> httpx.Response:
    return desk.post(f"/moderation/reponses/{review}", data={"decision": decision})


def publish(desk: Client, verbatim: str, version: int = 1) -> httpx.Response:
    return desk.post(f"/moderation/{verbatim}", data={"version": str(version), "decision": "publie"})


# -- held back -------------------------------------------------------------------------------------------------------


def test_a_marked_response_is_stored_and_counts_in_no_figure(
    hub: Hub, app: Any, client: Client, answer: Answer, open_campaign: Opener, catch_up: CatchUp
) -> None:
    answer(12)
    catch_up()
    before, figures = shown(client), tally(hub)
    like_a_machine(app, hub.collector.issue_links(open_campaign(), 1)[0], satisfaction=["mal"])
    catch_up()
    assert states(hub) == ["comptee"] * 12 + ["a_verifier"]
    held = reviews(hub)[-1]
    assert held.marks == ["mecanique"]
    assert held.answers["scales"]["satisfaction"] == "mal"
    assert tally(hub) == figures
    assert shown(client) == before
    assert {text.question for text in waiting(hub)} == {"changement", "recherche.conseil"}


def test_a_first_marked_response_leaves_a_formation_without_respondents(
    client: Client, odd: Callable[..., str]
) -> None:
    odd()
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["invites"], avis["satisfaction"], avis["periode"]) == (0, None, None, None)


def test_a_marked_response_behind_a_common_link_does_not_hide_how_many_were_asked(
    hub: Hub, app: Any, client: Client, clock: Clock, answer: Answer, open_campaign: Opener, catch_up: CatchUp
) -> None:
    answer(6)
    path = path_of(hub.collector.common_link(open_campaign()))
    machine = Client(app)
    assert machine.post(path, data={"site_web": "https://spam.example"}).status_code == 303
    like_a_machine(app, f"/r/{machine.cookies['sirius-lien']}")
    catch_up()
    intake.count_invitations(hub.engine, hub.collector, clock())
    catch_up()
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["invites"], avis["taux_reponse"]) == (6, 6, 1.0)
    assert judge(signed_in(hub, app), reviews(hub)[-1].id, "comptee").status_code == 303
    catch_up()
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["invites"], avis["taux_reponse"]) == (7, None, None)


def test_who_was_asked_by_a_personal_link_was_asked_even_when_their_response_is_held(
    hub: Hub, app: Any, client: Client, clock: Clock, open_campaign: Opener, catch_up: CatchUp
) -> None:
    links = hub.collector.issue_links(open_campaign(), 8)
    for link in links[:6]:
        hub.collector.record(link, {**FULL_ANSWER, "changement": [f"Au revoir {link}"[:30]]})
    like_a_machine(app, links[6])
    catch_up()
    intake.count_invitations(hub.engine, hub.collector, clock())
    catch_up()
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["invites"], avis["taux_reponse"]) == (6, 8, 0.75)
    judge(signed_in(hub, app), reviews(hub)[-1].id, "comptee")
    catch_up()
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["invites"], avis["taux_reponse"]) == (7, 8, 0.88)


def test_the_desk_shows_what_is_held_and_why_in_french(
    hub: Hub, app: Any, open_campaign: Opener, tell: Callable[..., list[str]]
) -> None:
    token = hub.collector.issue_links(open_campaign(), 1)[0].rpartition("/")[2]
    browser = Client(app)
    typed = {"jeton": token, "etape": "choix", "avant": "college", "changement": "zzzzzzzzzzzzzzzz"}
    assert browser.post("/r", data=typed).status_code == 303
    assert browser.post("/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
    tell(STORY, STORY)
    page = unescape(signed_in(hub, app).get("/moderation/verifier").text).replace("\u00a0", " ")
    assert "<h1>Réponses à vérifier : 2</h1>" in page
    for reason in ("Allure de machine", "Texte déjà donné par quelqu'un d'autre"):
        assert reason in page
    assert "1 question cochée, 1 texte." in page
    assert "2 questions cochées, 1 texte." in page
    assert "Lire son texte" in page
    assert page.count("Compter cette réponse") == page.count("L'écarter") == 2
    assert not [mark for mark in (">mecanique<", ">copie<", ">rapide<") if mark in page]
    assert "zzzz" not in page


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("rapide", "trop rapide"), ("vide", "presque vide"), ("mecanique", "Allure de machine"),
        ("reseau", "même réseau"), ("repete", "plusieurs questions"), ("copie", "quelqu'un d'autre"),
    ],
)  # fmt: skip
def test_every_reason_to_hold_a_response_is_said_in_words(
    hub: Hub, app: Any, odd: Callable[..., str], mark: str, words: str
) -> None:
    odd()
    with hub.engine.begin() as connection:
        connection.execute(table(models.Review).update().values(marks=[mark]))
    desk = signed_in(hub, app)
    assert words in unescape(desk.get("/moderation").text)
    assert words in unescape(desk.get("/moderation/verifier").text)


def test_who_may_not_moderate_neither_sees_nor_judges_what_is_held(hub: Hub, app: Any, odd: Callable[..., str]) -> None:
    odd()
    review = reviews(hub)[0].id
    observer = signed_in(hub, app, Grant("x@exemple.fr", "observer", None))
    assert judge(observer, review, "comptee").status_code == 403
    assert judge(Client(app), review, "comptee").status_code == 401
    foreign = signed_in(hub, app).post(
        f"/moderation/reponses/{review}", data={"decision": "comptee"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert states(hub) == ["a_verifier"]


@pytest.mark.parametrize("decision", ["", "brûler", "a_verifier", "retiree", "publie"])
def test_a_wish_that_makes_no_sense_changes_nothing_and_says_so(
    hub: Hub, app: Any, odd: Callable[..., str], decision: str
) -> None:
    odd()
    desk = signed_in(hub, app)
    refused = judge(desk, reviews(hub)[0].id, decision)
    assert refused.status_code == 422
    assert "Choisissez de compter cette réponse ou de l'écarter." in unescape(refused.text)
    assert judge(desk, "nulle-part", "comptee").status_code == 422
    assert states(hub) == ["a_verifier"]


# -- counted after all -----------------------------------------------------------------------------------------------


def test_counting_gives_what_the_response_would_have_given_at_once(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(6, centre=LYON_CENTRE)
    answer(6)
    plain = tally(hub)
    odd()
    assert tally(hub) == plain
    assert (
        judge(signed_in(hub, app), reviews(hub)[-1].id, "comptee").headers["location"]
        == "/moderation/verifier?fait=comptee"
    )
    catch_up()
    counted = tally(hub)
    answer(1)
    once_more = tally(hub)
    assert {key: counted[key] - plain.get(key, 0) for key in counted} == {
        key: once_more[key] - counted.get(key, 0) for key in once_more if key[2] != "@invites"
    } | {key: counted[key] - plain.get(key, 0) for key in counted if key[2] == "@invites"}
    catch_up()
    assert client.get(URL).json()["repondants"] == 14


def test_publishing_one_of_its_texts_counts_it_once(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(5, changement=[""], recherche__conseil=[""])
    odd(changement=["Une histoire vraie."], satisfaction=["mal"])
    desk = signed_in(hub, app)
    texts = waiting(hub)
    assert len(texts) == 2
    for place, text in enumerate(texts):
        assert publish(desk, text.id).headers["location"].startswith(f"/moderation?texte={text.id}&fait=publie")
        catch_up()
        avis = client.get(URL).json()
        assert (avis["repondants"], avis["satisfaction"]["mal"]["nombre"]) == (6, 1)
        assert avis["verbatims"]["total"] == place + 1
    assert states(hub) == ["comptee"] * 6
    assert "à vérifier</a></p>" not in desk.get("/moderation").text
    assert judge(desk, reviews(hub)[-1].id, "ecartee").status_code == 409
    assert client.get(URL).json()["repondants"] == 6


def test_refusing_its_texts_does_not_count_it(hub: Hub, app: Any, client: Client, odd: Callable[..., str]) -> None:
    odd()
    desk = signed_in(hub, app)
    for text in waiting(hub):
        desk.post(f"/moderation/{text.id}", data={"version": "1", "decision": "refuse", "raison": "vide"})
    assert states(hub) == ["a_verifier"]
    assert tally(hub) == {}
    assert "Compter cette réponse" in desk.get("/moderation/verifier").text


def test_taking_a_published_text_back_does_not_uncount_its_response(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(5, changement=[""], recherche__conseil=[""])
    odd()
    desk, text = signed_in(hub, app), waiting(hub)[0]
    publish(desk, text.id)
    refuse = {"version": "2", "decision": "refuse", "raison": "vide"}
    assert desk.post(f"/moderation/{text.id}", data=refuse).status_code == 303
    catch_up()
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["verbatims"]["total"]) == (6, 0)


def at_once(*posts: tuple[Client, str, dict[str, str]]) -> list[httpx.Response]:
    """Posts of several people, under way together."""

    async def gather() -> list[httpx.Response]:
        return list(await asyncio.gather(*(one._request("POST", path, data=form) for one, path, form in posts)))

    return asyncio.run(gather())


def test_two_moderators_at_the_same_time_count_it_once(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(5)
    odd()
    review = reviews(hub)[-1].id
    desks = [signed_in(hub, app, person) for person in (MODERATOR, OTHER)] * 3
    said = at_once(*((desk, f"/moderation/reponses/{review}", {"decision": "comptee"}) for desk in desks))
    assert sorted(answer.status_code for answer in said) == [303, 409, 409, 409, 409, 409]
    late = next(answer for answer in said if answer.status_code == 409)
    assert "Quelqu'un d'autre vient de décider de cette réponse" in unescape(late.text)
    catch_up()
    assert client.get(URL).json()["repondants"] == 6
    kept = table(models.ReviewDecision)
    with hub.engine.connect() as connection:
        decisions = connection.execute(select(kept.c.review_id, kept.c.from_state, kept.c.to_state)).all()
    assert [tuple(one) for one in decisions] == [(review, "a_verifier", "comptee")]


def test_one_who_counts_and_one_who_sets_aside_never_both_win(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(5)
    odd()
    review = reviews(hub)[-1].id
    one, two = signed_in(hub, app), signed_in(hub, app, OTHER)
    path = f"/moderation/reponses/{review}"
    said = at_once((one, path, {"decision": "comptee"}), (two, path, {"decision": "ecartee"}))
    assert sorted(answer.status_code for answer in said) == [303, 409]
    catch_up()
    counted = states(hub)[-1] == "comptee"
    assert counted is (said[0].status_code == 303)
    assert client.get(URL).json()["repondants"] == (6 if counted else 5)


def test_one_who_publishes_its_text_and_one_who_sets_it_aside_leave_no_contradiction(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(5, changement=[""], recherche__conseil=[""])
    odd()
    review, text = reviews(hub)[-1].id, waiting(hub)[0]
    one, two = signed_in(hub, app), signed_in(hub, app, OTHER)
    said = at_once(
        (one, f"/moderation/{text.id}", {"version": "1", "decision": "publie"}),
        (two, f"/moderation/reponses/{review}", {"decision": "ecartee"}),
    )
    assert sorted(answer.status_code for answer in said) == [303, 409]
    catch_up()
    avis = client.get(URL).json()
    published = said[0].status_code == 303
    assert (avis["repondants"], avis["verbatims"]["total"]) == ((6, 1) if published else (5, 0))


# -- set aside -------------------------------------------------------------------------------------------------------


def test_set_aside_it_never_counts_and_its_author_reads_why_its_texts_are_refused(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(6)
    catch_up()
    before = shown(client)
    link = odd(changement=["Un texte douteux."])
    review, desk = reviews(hub)[-1].id, signed_in(hub, app)
    assert judge(desk, review, "ecartee").headers["location"] == "/moderation/verifier?fait=ecartee"
    catch_up()
    assert states(hub)[-1] == "ecartee"
    assert shown(client) == before
    queue = unescape(desk.get("/moderation/verifier?fait=ecartee").text)
    assert "Un texte douteux." not in queue + desk.get("/moderation").text
    assert "Aucune réponse n'est à vérifier." in queue
    assert "Réponse écartée" in queue
    author = Client(app)
    author.get(path_of(link))
    page = unescape(author.get("/r").text)
    assert "Un texte douteux." in page
    assert page.count(REASONS["douteux"]) == 2
    assert judge(desk, review, "comptee").status_code == 409
    with hub.engine.begin() as connection:
        store.move_bookmark(connection, intake.FOLLOWER, "")
    catch_up()
    assert shown(client) == before


def test_setting_aside_leaves_a_text_that_was_refused_already_with_its_own_reason(
    hub: Hub, app: Any, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    link = odd()
    desk = signed_in(hub, app)
    refused = next(text for text in waiting(hub) if text.question == "changement")
    desk.post(f"/moderation/{refused.id}", data={"version": "1", "decision": "refuse", "raison": "personne"})
    assert judge(desk, reviews(hub)[0].id, "ecartee").status_code == 303
    catch_up()
    author = Client(app)
    author.get(path_of(link))
    page = unescape(author.get("/r").text)
    assert (page.count(REASONS["personne"]), page.count(REASONS["douteux"])) == (1, 1)


def test_a_text_of_a_response_set_aside_that_is_published_after_all_counts_it(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp
) -> None:
    answer(5, changement=[""], recherche__conseil=[""])
    odd()
    text, desk = waiting(hub)[0], signed_in(hub, app)
    judge(desk, reviews(hub)[-1].id, "ecartee")
    assert publish(desk, text.id, version=2).status_code == 303
    catch_up()
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["verbatims"]["total"], states(hub)[-1]) == (6, 1, "comptee")


@pytest.mark.parametrize("decision", ["", "comptee", "ecartee"])
def test_what_its_author_withdraws_is_held_no_longer_and_leaves_no_figure(
    hub: Hub, app: Any, client: Client, answer: Answer, odd: Callable[..., str], catch_up: CatchUp, decision: str
) -> None:
    answer(6)
    catch_up()
    before = shown(client)
    link, desk = odd(changement=["Un texte à moi."]), signed_in(hub, app)
    review = reviews(hub)[-1].id
    if decision:
        judge(desk, review, decision)
    author = Client(app)
    author.get(path_of(link))
    form = {"jeton": link.rpartition("/")[2], "etape": "retirer", "question": ""}
    assert author.post("/r/auteur", data=form).status_code == 303
    catch_up()
    assert reviews(hub)[-1].state == "retiree"
    assert shown(client) == before
    assert "Un texte à moi." not in desk.get("/moderation").text
    assert judge(desk, review, "comptee").status_code == 409
    assert client.get(URL).json()["repondants"] == 6


# -- copies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "same",
    [STORY, SAME_STORY, STORY.replace(" ", "\n"), STORY.replace("é", "e\u0301"), STORY.replace(".", " ;-)").upper()],
    ids=["the very words", "case, accents, punctuation", "lines", "accents apart", "capitals"],
)
def test_the_second_to_give_a_long_text_is_marked_and_the_first_is_not(
    hub: Hub, client: Client, tell: Callable[..., list[str]], same: str
) -> None:
    tell(STORY)
    tell(same)
    assert marks(hub) == [[], ["copie"]]
    assert states(hub) == ["comptee", "a_verifier"]
    assert client.get(URL).json()["repondants"] == 1


def test_within_one_batch_too_the_first_alone_is_not_marked(
    hub: Hub, client: Client, tell: Callable[..., list[str]]
) -> None:
    tell(STORY, "Tout autre chose, mais vraiment tout autre chose que la cuisine.", SAME_STORY, STORY)
    assert marks(hub) == [[], [], ["copie"], ["copie"]]
    assert client.get(URL).json()["repondants"] == 2


def test_a_text_repeated_under_another_question_elsewhere_is_a_copy(
    hub: Hub, answer: Answer, tell: Callable[..., list[str]]
) -> None:
    answer(1, centre=LYON_CENTRE, changement=[STORY])
    tell(STORY, question="journee_entreprise")
    assert marks(hub) == [[], ["copie"]]


PLAIN = ("Se lever tôt, on s'y fait.", "Mes collègues expliquent bien le métier.")


def test_only_the_text_that_repeats_is_signalled_to_moderators(
    hub: Hub, app: Any, open_campaign: Opener, catch_up: CatchUp
) -> None:
    for link, other in zip(hub.collector.issue_links(open_campaign(), 2), PLAIN, strict=True):
        said = {"satisfaction": ["bien"], "cfa": ["bien"], "changement": [STORY], "a_savoir": [other]}
        hub.collector.record(link, said)
    catch_up()
    signalled = sorted((text.question, text.signals, text.marks) for text in waiting(hub))
    assert signalled == [
        ("a_savoir", [], []), ("a_savoir", [], ["copie"]),
        ("changement", [], []), ("changement", ["copie"], ["copie"]),
    ]  # fmt: skip


def test_somebody_who_gives_their_own_text_twice_copies_nobody(
    hub: Hub, open_campaign: Opener, catch_up: CatchUp
) -> None:
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    hub.collector.record(link, {"satisfaction": ["bien"], "changement": [STORY], "a_savoir": [STORY]})
    catch_up()
    assert marks(hub) == [[]]


@pytest.mark.parametrize(
    "common", ["Rien à signaler", "RAS", "rien à dire, tout va bien !", "Je ne sais pas", "👍" * 50, "…" * 80, "x" * 39]
)
def test_short_common_texts_are_no_copies(hub: Hub, tell: Callable[..., list[str]], common: str) -> None:
    tell(common, common, common)
    assert marks(hub) == [[], [], []]


def test_texts_that_begin_alike_are_no_copies(hub: Hub, tell: Callable[..., list[str]]) -> None:
    tell(STORY, STORY + " Et le soir je range.", STORY.replace("matin", "soir"))
    assert marks(hub) == [[], [], []]


def test_taking_everything_in_again_neither_marks_nor_counts_twice(
    hub: Hub, app: Any, client: Client, tell: Callable[..., list[str]], odd: Callable[..., str], catch_up: CatchUp
) -> None:
    tell(STORY, SAME_STORY, "Une autre histoire, assez longue pour être reconnue ailleurs.")
    odd()
    before, kept, figures = shown(client), [tuple(review) for review in reviews(hub)], tally(hub)
    for _ in range(3):
        with hub.engine.begin() as connection:
            store.move_bookmark(connection, intake.FOLLOWER, "")
        assert intake.take_in(hub.engine, hub.collector, hub.clock(), hub.settings.duplicate_length) == 0
    catch_up()
    assert [tuple(review) for review in reviews(hub)] == kept
    assert (tally(hub), shown(client)) == (figures, before)
    judge(signed_in(hub, app), reviews(hub)[1].id, "comptee")
    with hub.engine.begin() as connection:
        store.move_bookmark(connection, intake.FOLLOWER, "")
    catch_up()
    assert client.get(URL).json()["repondants"] == 3
    assert states(hub) == ["comptee", "comptee", "comptee", "a_verifier"]


def test_a_text_that_its_author_took_back_is_nobodys_any_more(
    hub: Hub, app: Any, tell: Callable[..., list[str]], catch_up: CatchUp
) -> None:
    link = tell(STORY)[0]
    author = Client(app)
    author.get(path_of(link))
    form = {"jeton": link.rpartition("/")[2], "etape": "retirer", "question": "changement"}
    assert author.post("/r/auteur", data=form).status_code == 303
    catch_up()
    tell(STORY)
    assert marks(hub) == [[], []]


def test_a_copy_that_a_moderator_finds_genuine_counts(
    hub: Hub, app: Any, client: Client, tell: Callable[..., list[str]], catch_up: CatchUp
) -> None:
    tell(STORY, STORY)
    desk = signed_in(hub, app)
    copied = next(text for text in waiting(hub) if text.signals)
    assert publish(desk, copied.id).status_code == 303
    catch_up()
    assert client.get(URL).json()["repondants"] == 2
    assert states(hub) == ["comptee", "comptee"]


@pytest.mark.parametrize(("length", "marked"), [(0, False), (10, True), (13, True), (14, False), (1000, False)])
def test_the_operator_says_from_which_length_a_text_may_be_a_copy(
    hub: Hub, open_campaign: Opener, length: int, marked: bool
) -> None:
    own = replace(hub, settings=replace(hub.settings, duplicate_length=length))
    for link in hub.collector.issue_links(open_campaign(), 2):
        hub.collector.record(link, {"satisfaction": ["bien"], "changement": ["Rien à signaler"]})
    assert worker.work_once(own) == 2
    assert marks(hub) == [[], ["copie"] if marked else []]


@pytest.mark.parametrize(("value", "length"), [("", 40), ("0", 0), ("1", 1), ("1000", 1000)])
def test_the_length_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, length: int) -> None:
    monkeypatch.delenv("SIRIUS_DUPLICATE_LENGTH", raising=False)
    if value:
        monkeypatch.setenv("SIRIUS_DUPLICATE_LENGTH", value)
    assert Settings.from_environment().duplicate_length == length


@pytest.mark.parametrize("value", ["-1", "1001", "long", "4.5"])
def test_a_length_that_makes_no_sense_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SIRIUS_DUPLICATE_LENGTH", value)
    with pytest.raises(ConfigurationError, match=r"^SIRIUS_DUPLICATE_LENGTH : "):
        Settings.from_environment()


def test_a_fingerprint_is_of_letters_and_digits_alone() -> None:
    assert fingerprint(STORY, 40) == fingerprint(SAME_STORY, 40) is not None
    assert fingerprint(STORY, 40) != fingerprint(STORY + "2", 40)
    assert fingerprint("a" * 39 + " !?" * 20, 40) is None
    assert fingerprint("a" * 40, 40) is not None
    assert fingerprint("我在厨房里学到了很多东西" * 4, 40) is not None
    assert fingerprint("", 1) is None
    assert fingerprint(STORY, 0) is None


# -- the whole road, marks made by the pages --------------------------------------------------------------------------


def test_a_hurried_response_is_held_and_a_slow_one_is_counted(
    hub: Hub, app: Any, client: Client, clock: Clock, open_campaign: Opener, catch_up: CatchUp
) -> None:
    for link, seconds in zip(hub.collector.issue_links(open_campaign(), 2), (0, 60), strict=True):
        person = Client(app)
        person.get(path_of(link))
        for section in default_questionnaire().sections:
            own = {key: values for key, values in FULL_ANSWER.items() if key in section_keys(section)}
            form = hidden_fields(person.get(f"/r?etape={section.key}").text)
            clock.moment += timedelta(seconds=seconds)
            assert person.post("/r", data={**form, **own}).status_code == 303
        assert person.post("/r", data=hidden_fields(person.get("/r?etape=envoi").text)).status_code == 303
    catch_up()
    assert list(zip(states(hub), marks(hub), strict=True)) == [("a_verifier", ["rapide"]), ("comptee", [])]
    assert client.get(URL).json()["repondants"] == 1
