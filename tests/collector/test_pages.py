"""A respondent's road, without scripts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collector.door import default_questionnaire
from collector.questionnaire.answers import section_keys
from syndication.context import Hub
from tests import databases
from tests.collector.respondent import dump
from tests.helpers import FULL_ANSWER, Client, Clock, hidden_fields

Opener = Callable[..., str]


@pytest.fixture
def link(hub: Hub, open_campaign: Opener) -> str:
    return hub.collector.issue_links(open_campaign(), 1)[0]


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def fill_section(client: Client, key: str, said: dict[str, list[str]] | None = None) -> Any:
    page = client.get(f"/r?etape={key}")
    assert page.status_code == 200
    section = next(s for s in default_questionnaire().sections if s.key == key)
    answers = FULL_ANSWER if said is None else said
    own = {name: values for name, values in answers.items() if name in section_keys(section)}
    return client.post("/r", data={**hidden_fields(page.text), **own, "action": "continuer"})


def fill_everything(client: Client, link: str) -> Any:
    client.get(path_of(link))
    for section in default_questionnaire().sections:
        assert fill_section(client, section.key).status_code == 303
    review = client.get("/r?etape=envoi")
    return client.post("/r", data={**hidden_fields(review.text), "action": "envoyer"})


def rows(hub: Hub, query: str) -> list[Any]:
    return databases.rows(hub.settings.collector.database_url, query)


def test_a_link_leaves_the_address_bar_at_once(client: Client, link: str) -> None:
    landing = client.get(path_of(link))
    assert (landing.status_code, landing.headers["location"]) == (303, "/r")
    token = path_of(link).removeprefix("/r/")
    assert token not in landing.headers["location"]
    assert landing.headers["referrer-policy"] == "no-referrer"
    assert landing.headers["cache-control"] == "no-store"


def test_it_says_first_how_long_who_reads_and_that_nobody_can_tell(client: Client, link: str) -> None:
    client.get(path_of(link))
    page = client.get("/r").text
    for words in ("5 minutes", "modérateurs lisent chaque texte", "Personne ne peut savoir que c'est toi"):
        assert words in page


def test_it_asks_every_question_of_the_default_questionnaire(client: Client, link: str) -> None:
    client.get(path_of(link))
    for section in default_questionnaire().sections:
        page = client.get(f"/r?etape={section.key}").text
        for question in section.questions:
            names = [row.key for row in question.rows] or [question.key]
            for name in names:
                assert f'name="{name}"' in page
            for option in question.options:
                assert f'value="{option.key}"' in page


def test_an_answer_travels_from_the_link_to_the_thanks(client: Client, hub: Hub, link: str) -> None:
    sent = fill_everything(client, link)
    assert (sent.status_code, sent.headers["location"]) == (303, "/r?etape=merci")
    thanks = client.get("/r?etape=merci").text
    assert "Merci" in thanks
    assert link in thanks
    (response,) = hub.collector.responses_after("")
    assert response.answers.texts["changement"] == FULL_ANSWER["changement"][0]
    assert response.answers.scales["entreprise.vacances"] == "mal"
    assert response.answers.choices["comment_trouver"] == ("seul", "cfa")
    assert response.month == "2026-11"


def test_get_and_head_change_nothing(client: Client, hub: Hub, link: str) -> None:
    before = dump(hub)
    for _ in range(25):
        for method in ("GET", "HEAD"):
            client.request(method, path_of(link))
            client.request(method, "/r")
            client.request(method, "/r?etape=envoi")
            client.request(method, "/r?etape=merci")
    assert before == dump(hub)
    assert fill_everything(client, link).status_code == 303


def test_a_draft_is_found_again_on_another_device(app: Any, client: Client, link: str) -> None:
    client.get(path_of(link))
    fill_section(client, "choix")
    other = Client(app)
    other.get(path_of(link))
    assert "Reprendre" in other.get("/r").text
    page = other.get("/r?etape=choix").text
    assert FULL_ANSWER["changement"][0].replace("'", "&#39;") in page
    assert 'value="college" checked' in page


def test_going_back_keeps_what_was_typed(client: Client, link: str) -> None:
    client.get(path_of(link))
    page = client.get("/r?etape=recherche")
    data = {**hidden_fields(page.text), "recherche": "mal", "action": "retour"}
    assert client.post("/r", data=data).headers["location"] == "/r?etape=choix"
    assert 'value="mal" checked' in client.get("/r?etape=recherche").text


def test_a_token_is_spent_once_even_by_many_at_once(client: Client, hub: Hub, link: str) -> None:
    client.get(path_of(link))
    fill_section(client, "bilan")
    data = {**hidden_fields(client.get("/r?etape=envoi").text), "action": "envoyer"}
    answers = client.at_once(*[("POST", "/r", {"data": data})] * 50)
    assert {answer.status_code for answer in answers} == {303}
    assert len(hub.collector.responses_after("")) == 1


def test_two_tabs_with_two_links_never_answer_for_each_other(client: Client, hub: Hub, open_campaign: Opener) -> None:
    first, second = hub.collector.issue_links(open_campaign(), 2)
    client.get(path_of(first))
    first_tab = hidden_fields(client.get("/r?etape=bilan").text)
    client.get(path_of(second))
    second_tab = hidden_fields(client.get("/r?etape=bilan").text)
    client.post("/r", data={**first_tab, "satisfaction": "mal"})
    client.post("/r", data={**second_tab, "satisfaction": "bien"})
    for tab in (first_tab, second_tab):
        client.post("/r", data={"jeton": tab["jeton"], "etape": "envoi"})
    said = sorted(response.answers.scales["satisfaction"] for response in hub.collector.responses_after(""))
    assert said == ["bien", "mal"]


def test_a_spent_link_shows_what_was_said_and_asks_nothing_more(app: Any, client: Client, link: str) -> None:
    fill_everything(client, link)
    other = Client(app)
    other.get(path_of(link))
    page = other.get("/r")
    assert "Tu as déjà répondu" in page.text
    assert FULL_ANSWER["changement"][0].replace("'", "&#39;") in page.text
    assert "<form" not in page.text
    again = other.post("/r", data={"jeton": path_of(link).removeprefix("/r/"), "etape": "bilan", "satisfaction": "mal"})
    assert again.status_code == 409
    assert "n'y a pas été ajouté" in again.text


def test_forged_unknown_and_expired_links_get_the_same_page(client: Client, clock: Clock, link: str) -> None:
    forged = client.get("/r/pas-un-jeton")
    unknown = client.get("/r/" + "A" * 22)
    clock.moment += timedelta(days=90)
    expired = client.get(path_of(link))
    assert {page.status_code for page in (forged, unknown, expired)} == {404}
    assert forged.text == unknown.text == expired.text
    assert "demande un nouveau lien" in expired.text


def test_the_author_still_reads_an_answer_after_the_campaign(app: Any, client: Client, clock: Clock, link: str) -> None:
    fill_everything(client, link)
    clock.moment += timedelta(days=200)
    assert Client(app).get(path_of(link)).status_code == 303


def test_wrong_values_give_the_form_again_with_what_was_typed(client: Client, hub: Hub, link: str) -> None:
    client.get(path_of(link))
    page = client.get("/r?etape=choix")
    typed = {**hidden_fields(page.text), "avant": ["college"], "changement": ["x" * 1001], "pourquoi": ["argent"]}
    again = client.post("/r", data={**typed, "mystere": "42", "action": "continuer"})
    assert again.status_code == 422
    assert "x" * 1001 in again.text
    assert 'value="college" checked' in again.text
    order = [again.text.index(f'href="#{anchor}"') for anchor in ("pourquoi", "changement", "contenu")]
    assert order == sorted(order)
    assert "mystere" in again.text
    assert "Rien n'est perdu" in again.text
    assert hub.collector.responses_after("") == []


def test_an_answer_beyond_its_bound_is_refused_whole(client: Client, link: str) -> None:
    client.get(path_of(link))
    data = {**hidden_fields(client.get("/r?etape=choix").text), "changement": "x" * 1_000_000}
    refused = client.post("/r", data=data)
    assert refused.status_code == 413
    assert "trop long" in refused.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"jeton=%ff%fe", "application/x-www-form-urlencoded", 404),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"&".join([b"a=1"] * 500), "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 404),
    ],
)
def test_nonsense_posts_get_a_page_and_no_500(client: Client, body: bytes, kind: str, status: int) -> None:
    answer = client.post("/r", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_an_unknown_step_is_refused(client: Client, link: str) -> None:
    token = path_of(link).removeprefix("/r/")
    assert client.post("/r", data={"jeton": token, "etape": "nulle-part"}).status_code == 400


def test_an_empty_answer_is_not_sent(client: Client, hub: Hub, link: str) -> None:
    client.get(path_of(link))
    answer = client.post("/r", data={"jeton": path_of(link).removeprefix("/r/"), "etape": "envoi"})
    assert answer.status_code == 422
    assert hub.collector.responses_after("") == []


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://ailleurs.example"}],
)
def test_a_post_from_another_site_is_refused(client: Client, link: str, headers: dict[str, str]) -> None:
    data = {"jeton": path_of(link).removeprefix("/r/"), "etape": "bilan", "satisfaction": "mal"}
    assert client.post("/r", data=data, headers=headers).status_code == 403


def test_its_pages_cannot_be_framed_nor_run_scripts(client: Client, link: str) -> None:
    client.get(path_of(link))
    policy = client.get("/r").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_the_common_link_gives_each_person_a_link_within_seats(app: Any, hub: Hub, open_campaign: Opener) -> None:
    campaign = open_campaign(seats=2)
    path = path_of(hub.collector.common_link(campaign))
    people = [Client(app) for _ in range(3)]
    for person in people:
        assert person.get(path).status_code == 200
    taken = [person.post(path).status_code for person in people]
    assert taken == [303, 303, 409]
    assert "Raconte ton apprentissage" in people[0].get("/r").text
    assert "Toutes les places sont prises" in people[2].post(path).text
    assert client_tokens(people[:2]) == 2


def client_tokens(people: list[Client]) -> int:
    return len({person.cookies["sirius-lien"] for person in people})


def test_a_forged_common_link_leads_nowhere(client: Client, hub: Hub, open_campaign: Opener) -> None:
    path = path_of(hub.collector.common_link(open_campaign()))
    forged = path[:5] + ("0" if path[5] != "0" else "1") + path[6:]
    assert client.get(path).status_code == 200
    assert client.get(forged).status_code == 404
    assert client.post("/c/nimporte.quoi").status_code == 404


def test_no_token_and_no_address_is_kept_beside_an_answer(client: Client, hub: Hub, link: str) -> None:
    fill_everything(client, link)
    token = path_of(link).removeprefix("/r/")
    kept = "".join((*dump(hub), *databases.dump(hub.settings.database_url)))
    files = b"".join(file.read_bytes() for file in hub.settings.data_dir.iterdir() if file.is_file())
    assert token not in kept
    assert token.encode() not in files
    roster = {row[0] for row in rows(hub, "SELECT roster_hash FROM invitation")}
    authors = {row[0] for row in rows(hub, "SELECT author_hash FROM response")}
    assert not roster & authors


def test_sections_sent_at_the_same_moment_are_all_kept(client: Client, hub: Hub, link: str) -> None:
    token = path_of(link).removeprefix("/r/")
    posts = []
    for section in default_questionnaire().sections:
        own = {name: values for name, values in FULL_ANSWER.items() if name in section_keys(section)}
        posts.append(("POST", "/r", {"data": {"jeton": token, "etape": section.key, **own}}))
    assert {answer.status_code for answer in client.at_once(*posts)} == {303}
    client.post("/r", data={"jeton": token, "etape": "envoi"})
    (response,) = hub.collector.responses_after("")
    assert set(response.answers.texts) == {"changement", "recherche.conseil"}
    assert {"recherche", "entreprise", "cfa", "satisfaction"} < set(response.answers.scales)


def test_what_comes_after_the_sending_is_given_back_and_not_lost_in_silence(client: Client, link: str) -> None:
    fill_everything(client, link)
    token = path_of(link).removeprefix("/r/")
    late = client.post("/r", data={"jeton": token, "etape": "choix", "changement": "Un remords tardif."})
    assert late.status_code == 409
    assert "Un remords tardif." in late.text


def after_the_end(clock: Clock, minutes: int) -> None:
    """Some minutes after midnight of the last day of a campaign opened at noon for sixty days."""
    clock.moment += timedelta(days=60, hours=12, minutes=minutes)


def test_who_had_begun_may_finish_within_an_hour_of_the_end(client: Client, clock: Clock, link: str) -> None:
    client.get(path_of(link))
    fill_section(client, "bilan")
    after_the_end(clock, 59)
    data = {"jeton": path_of(link).removeprefix("/r/"), "etape": "envoi"}
    assert client.post("/r", data=data).headers["location"] == "/r?etape=merci"


def test_who_was_on_the_first_screen_at_the_end_loses_nothing_of_it(client: Client, clock: Clock, link: str) -> None:
    client.get(path_of(link))
    form = hidden_fields(client.get("/r?etape=choix").text)
    after_the_end(clock, 30)
    assert client.post("/r", data={**form, "changement": "Tout."}).headers["location"] == "/r?etape=recherche"
    assert "Tout." in client.get("/r?etape=choix").text


def test_an_hour_after_the_end_nobody_writes_any_more(client: Client, clock: Clock, link: str) -> None:
    client.get(path_of(link))
    fill_section(client, "bilan")
    after_the_end(clock, 60)
    data = {"jeton": path_of(link).removeprefix("/r/"), "etape": "envoi"}
    assert client.post("/r", data=data).status_code == 404


def test_who_had_not_begun_comes_too_late_at_the_end(client: Client, clock: Clock, link: str) -> None:
    after_the_end(clock, 0)
    assert client.get(path_of(link)).status_code == 404


def test_a_campaign_closed_early_lets_who_had_begun_finish_for_an_hour(
    client: Client, hub: Hub, clock: Clock, open_campaign: Opener
) -> None:
    campaign = open_campaign()
    begun, fresh = hub.collector.issue_links(campaign, 2)
    client.get(path_of(begun))
    fill_section(client, "bilan")
    hub.collector.close_campaign(campaign)
    clock.moment += timedelta(minutes=59)
    assert client.get(path_of(fresh)).status_code == 404
    data = {"jeton": path_of(begun).removeprefix("/r/"), "etape": "envoi"}
    assert client.post("/r", data=data).headers["location"] == "/r?etape=merci"


def test_a_double_click_on_a_common_link_takes_one_seat(app: Any, hub: Hub, open_campaign: Opener) -> None:
    campaign = open_campaign(seats=5)
    path = path_of(hub.collector.common_link(campaign))
    person = Client(app)
    form = hidden_fields(person.get(path).text)
    answers = person.at_once(*[("POST", path, {"data": form})] * 4)
    assert {answer.status_code for answer in answers} == {303}
    assert len(rows(hub, "SELECT roster_hash FROM invitation")) == 1


@pytest.mark.parametrize("origin", ["http://[::1", "nimporte", "http://127.0.0.1:8000@ailleurs.example", "://"])
def test_a_mangled_origin_is_refused_and_breaks_nothing(client: Client, link: str, origin: str) -> None:
    data = {"jeton": path_of(link).removeprefix("/r/"), "etape": "bilan", "satisfaction": "mal"}
    assert client.post("/r", data=data, headers={"origin": origin}).status_code == 403
    assert client.post("/deconnexion", headers={"origin": origin}).status_code == 403
