"""The desk: sign-in, decisions, conflicts, receipts."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from syndication import worker
from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.context import Hub
from syndication.errors import DecisionConflict, DecisionError, SignInError
from syndication.moderation import store as moderation
from syndication.moderation.decide import REASONS, decide
from tests.conftest import CUISINE, PARIS_CENTRE
from tests.helpers import Client, Clock, hidden_fields

Answer = Callable[..., None]
URL = f"/api/v1/avis?formation={CUISINE}"
MODERATOR = Grant("lea@exemple.fr", "moderator", None)


def signed_in(hub: Hub, app: Any, person: Grant = MODERATOR) -> Client:
    browser = Client(app)
    link = signin.make_link(hub.engine, hub.settings.public_url, person, hub.clock())
    assert browser.post(link.removeprefix(hub.settings.public_url)).status_code == 303
    return browser


def waiting(hub: Hub) -> list[moderation.WaitingText]:
    with hub.engine.connect() as connection:
        return moderation.waiting(connection, 100)


@pytest.mark.parametrize(
    ("current", "wished", "reason"),
    [("attente", "refuse", None), ("attente", "refuse", "parce que"), ("publie", "publie", None),
     ("attente", "archive", None), ("attente", "", None), ("retire", "publie", None)],
)  # fmt: skip
def test_what_is_not_allowed_cannot_be_decided(current: str, wished: str, reason: str | None) -> None:
    with pytest.raises(DecisionError):
        decide(current, wished, reason)


def test_a_refusal_carries_one_of_the_published_reasons() -> None:
    for reason in REASONS:
        assert decide("attente", "refuse", reason).reason == reason


def test_a_sign_in_link_serves_once_and_only_by_a_post(hub: Hub, app: Any) -> None:
    path = signin.make_link(hub.engine, "", MODERATOR, hub.clock())
    for _ in range(50):
        scanner = Client(app)
        scanner.get(path)
        scanner.request("HEAD", path)
        assert scanner.get("/moderation").status_code == 401
    person = Client(app)
    assert "Me connecter" in person.get(path).text
    assert person.post(path).headers["location"] == "/moderation"
    assert person.get("/moderation").status_code == 200
    late = Client(app)
    assert late.post(path).status_code == 404
    assert late.get("/moderation").status_code == 401


def test_of_many_who_use_a_link_at_once_one_gets_in(hub: Hub, client: Client) -> None:
    path = signin.make_link(hub.engine, "", MODERATOR, hub.clock())
    answers = client.at_once(*[("POST", path, {})] * 10)
    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 9


def test_a_sign_in_link_and_a_session_end(hub: Hub, app: Any, clock: Clock) -> None:
    path = signin.make_link(hub.engine, "", MODERATOR, clock())
    person = signed_in(hub, app)
    clock.moment += timedelta(minutes=16)
    assert Client(app).post(path).status_code == 404
    assert person.get("/moderation").status_code == 200
    clock.moment += timedelta(hours=12)
    assert person.get("/moderation").status_code == 401


def test_signing_out_ends_the_session_itself(hub: Hub, app: Any) -> None:
    person = signed_in(hub, app)
    stolen = Client(app)
    stolen.cookies.update(person.cookies)
    person.post("/deconnexion")
    assert stolen.get("/moderation").status_code == 401


def test_nobody_signs_in_with_a_role_that_makes_no_sense(hub: Hub) -> None:
    for person in (
        Grant("lea@exemple.fr", "reine", None),
        Grant("lea", "moderator", None),
        Grant("a@b.fr", "cfa", None),
        Grant("a@b.fr", "admin", 1),
    ):
        with pytest.raises(SignInError):
            signin.make_link(hub.engine, "", person, hub.clock())


@pytest.mark.parametrize(("role", "status"), [("moderator", 200), ("admin", 200), ("observer", 403), ("cfa", 403)])
def test_only_moderators_and_admins_see_the_desk(hub: Hub, app: Any, role: str, status: int) -> None:
    with hub.engine.connect() as connection:
        centre = catalogue.centres_by_code(connection, Code("uai", PARIS_CENTRE))[0]
    person = Grant("x@exemple.fr", role, centre.id if role == "cfa" else None)
    assert signed_in(hub, app, person).get("/moderation").status_code == status


DESK = (
    "", "/lot", "/verifier", "/centres", "/centres/questions", "/doutes", "/alertes", "/participation", "/equite",
    "/acces", "/acces/journal", "/partenaires",
)  # fmt: skip


def test_pages_of_the_desk_are_of_one_width_and_lead_to_the_same_places_as_the_account(hub: Hub, app: Any) -> None:
    def ways(path: str) -> list[str]:
        return re.findall('<a href="([^"]+)"', admin.get(path).text.partition("<nav")[2].partition("</nav>")[0])

    admin = signed_in(hub, app, Grant("ada@exemple.fr", "admin"))
    for page in DESK:
        assert '<body class="wide">' in admin.get(f"/moderation{page}").text, page
        assert ways(f"/moderation{page}") == ways("/compte"), page
    assert "/moderation/acces" in ways("/compte")
    assert "/moderation/acces" not in signed_in(hub, app).get("/compte").text


def test_the_account_shows_the_navigation_of_one_s_own_space(hub: Hub, app: Any) -> None:
    with hub.engine.connect() as connection:
        centre = catalogue.centres_by_code(connection, Code("uai", PARIS_CENTRE))[0]
    page = signed_in(hub, app, Grant("cfa@exemple.fr", "cfa", centre.id)).get("/compte").text
    assert f'<a href="/cfa/{PARIS_CENTRE}/campagnes">Campagnes</a>' in page
    assert '<a href="/compte" aria-current="page">Mon compte</a>' in page
    observer = signed_in(hub, app, Grant("obs@exemple.fr", "observer", None, "nation")).get("/compte").text
    assert '<a href="/observatoire">Observatoire</a>' in observer
    assert "/moderation" not in observer.partition("</nav>")[0]


def test_publishing_shows_the_very_words_and_refusing_never_does(
    hub: Hub, app: Any, client: Client, answer: Answer, catch_up: Callable[[], None]
) -> None:
    kept = "  Des mots <b>à moi</b> 👩🏽‍🍳\n\nsur deux lignes, à l’octet près. "
    answer(5, changement=[kept], recherche__conseil=["Ne pas montrer ceci."])
    desk = signed_in(hub, app)
    for text in waiting(hub):
        good = text.question == "changement"
        decision = {"decision": "publie"} if good else {"decision": "refuse", "raison": "hors_sujet"}
        answered = desk.post(f"/moderation/{text.id}", data={"version": str(text.version), **decision})
        assert answered.status_code == 303
    catch_up()
    avis = client.get(URL).json()
    assert [extract["texte"] for extract in avis["verbatims"]["extraits"]] == [kept] * 5
    assert avis["verbatims"]["total"] == 5
    everywhere = client.get(URL).text + client.get(f"/widget?formation={CUISINE}").text
    assert "Ne pas montrer ceci." not in everywhere


def test_the_desk_shows_texts_as_text(hub: Hub, app: Any, answer: Answer) -> None:
    answer(1, changement=["<img src=x onerror=alert(1)>"])
    page = signed_in(hub, app).get("/moderation").text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_refusal_without_a_reason_changes_nothing_and_says_so(hub: Hub, app: Any, answer: Answer) -> None:
    answer(1)
    desk, text = signed_in(hub, app), waiting(hub)[0]
    refused = desk.post(f"/moderation/{text.id}", data={"version": "1", "decision": "refuse"})
    assert refused.status_code == 422
    assert "Choisissez la raison du refus" in refused.text
    assert text.id in {one.id for one in waiting(hub)}


@pytest.mark.parametrize(
    "form",
    [{}, {"version": "x"}, {"version": "²"}, {"version": "9" * 30}, {"version": "1", "decision": "brûler"},
     {"version": "-1", "decision": "publie"}],
)  # fmt: skip
def test_a_mangled_decision_is_refused_with_a_sentence(
    hub: Hub, app: Any, answer: Answer, form: dict[str, str]
) -> None:
    answer(1)
    desk = signed_in(hub, app)
    assert desk.post(f"/moderation/{waiting(hub)[0].id}", data=form).status_code == 422
    assert desk.post("/moderation/nulle-part", data={"version": "1", "decision": "publie"}).status_code == 422


def test_two_moderators_never_overwrite_each_other(hub: Hub, app: Any, answer: Answer) -> None:
    answer(1)
    text = waiting(hub)[0]
    one, two = signed_in(hub, app), signed_in(hub, app, Grant("max@exemple.fr", "moderator", None))
    publish = {"version": "1", "decision": "publie"}
    refuse = {"version": "1", "decision": "refuse", "raison": "injure"}
    assert one.post(f"/moderation/{text.id}", data=publish).status_code == 303
    late = two.post(f"/moderation/{text.id}", data=refuse)
    assert late.status_code == 409
    assert "Quelqu&#39;un d&#39;autre" in late.text
    with hub.engine.connect() as connection, pytest.raises(DecisionConflict):
        moderation.record_decision(connection, text.id, 1, "refuse", "injure", "x", hub.clock())


def test_every_decision_is_kept_with_who_when_and_why(hub: Hub, app: Any, answer: Answer) -> None:
    answer(1)
    text = waiting(hub)[0]
    refuse = {"version": "1", "decision": "refuse", "raison": "personne"}
    signed_in(hub, app).post(f"/moderation/{text.id}", data=refuse)
    with hub.engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT verbatim_id, actor, from_status, to_status, reason FROM decision"
        ).fetchall()
    assert [tuple(row) for row in kept] == [(text.id, "lea@exemple.fr", "attente", "refuse", "personne")]


def test_the_author_learns_what_became_of_each_text(hub: Hub, app: Any, open_campaign: Callable[..., str]) -> None:
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    said = {"satisfaction": ["bien"], "changement": ["Un."], "a_savoir": ["Deux."], "journee_cfa": ["Trois."]}
    hub.collector.record(link, said)
    worker.work_once(hub)
    desk = signed_in(hub, app)
    for text in waiting(hub):
        decision = {"changement": {"decision": "publie"}, "a_savoir": {"decision": "refuse", "raison": "vide"}}
        if text.question in decision:
            desk.post(f"/moderation/{text.id}", data={"version": "1", **decision[text.question]})
    worker.work_once(hub)
    author = Client(app)
    author.get(link.removeprefix("http://127.0.0.1:8000"))
    page = unescape(author.get("/r").text)
    assert "<b>Publié le 24 novembre 2026</b>" in page
    assert REASONS["vide"] in page
    assert "<b>En attente</b>" in page


def test_a_post_from_another_site_decides_nothing(hub: Hub, app: Any, answer: Answer) -> None:
    answer(1)
    desk, text = signed_in(hub, app), waiting(hub)[0]
    publish = {"version": "1", "decision": "publie"}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://ailleurs.example"}, {"origin": "null"}):
        assert desk.post(f"/moderation/{text.id}", data=publish, headers=headers).status_code == 403
    assert text.id in {one.id for one in waiting(hub)}


def test_a_body_beyond_its_bound_is_refused(hub: Hub, app: Any) -> None:
    assert signed_in(hub, app).post("/moderation/x", data={"raison": "x" * 100_000}).status_code == 413


def test_the_queue_shows_the_oldest_first_with_its_form(hub: Hub, app: Any, clock: Clock, answer: Answer) -> None:
    answer(1, changement=["Le premier."], recherche__conseil=[""])
    clock.moment += timedelta(days=2)
    answer(1, changement=["Le second."], recherche__conseil=[""])
    page = signed_in(hub, app).get("/moderation").text
    assert page.index("Le premier.") < page.index("Le second.")
    assert hidden_fields(page)["version"] == "1"
