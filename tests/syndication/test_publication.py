"""What is public: thresholds, scopes, names of centres, and answers that are ready."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from syndication.app import Service
from syndication.context import Hub
from syndication.database import writing
from syndication.moderation import store as moderation
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.databases import change
from tests.helpers import Client

Answer = Callable[..., None]
URL = f"/api/v1/avis?formation={CUISINE}"
WIDGET = f"/widget?formation={CUISINE}"


def publish_everything(hub: Hub) -> None:
    with writing(hub.engine).begin() as connection:
        for text in moderation.waiting(connection, 1000):
            moderation.record_decision(connection, text.id, text.version, "publie", None, "lea", hub.clock())


@pytest.mark.parametrize(
    ("respondents", "reliability"),
    [(0, "insuffisante"), (4, "insuffisante"), (5, "comptes"), (9, "comptes"), (10, "fragile"), (19, "fragile"),
     (20, "normale")],
)  # fmt: skip
def test_figures_appear_by_thresholds(
    hub: Hub, client: Client, answer: Answer, respondents: int, reliability: str
) -> None:
    if respondents:
        answer(respondents)
        publish_everything(hub)
    avis = client.get(URL).json()
    assert (avis["repondants"], avis["fiabilite"]) == (respondents, reliability)
    if reliability == "insuffisante":
        assert (avis["satisfaction"], avis["notes"], avis["choix"]) == (None, [], [])
        assert avis["verbatims"] == {"total": 0, "extraits": []}
        assert avis["retenus"] == 2 * respondents
    else:
        assert (avis["satisfaction"]["bien"]["part"] is None) == (reliability == "comptes")
        assert avis["verbatims"]["total"] == 2 * respondents
        assert avis["retenus"] == 0


def test_below_the_threshold_no_surface_shows_words(hub: Hub, client: Client, answer: Answer) -> None:
    answer(4, changement=["Un secret bien gardé."])
    publish_everything(hub)
    for url in (URL, WIDGET, WIDGET + "&si-vide=message", f"{URL}&etablissement={PARIS_CENTRE}"):
        assert "Un secret bien gardé." not in client.get(url).text


def test_a_centre_with_too_few_answers_gives_way_to_its_formation(client: Client, answer: Answer) -> None:
    answer(6)
    answer(3, centre=LYON_CENTRE)
    avis = client.get(f"{URL}&etablissement={LYON_CENTRE}").json()
    assert avis["portee"] == {"demandee": "formation@etablissement", "servie": "formation", "etablissements": 2}
    assert avis["repondants"] == 9
    assert avis["etablissement"]["uai"] == LYON_CENTRE
    assert (
        "Trop peu de réponses encore pour CFA Exemple de la Croix-Rousse"
        in client.get(f"{WIDGET}&etablissement={LYON_CENTRE}").text
    )


def test_a_centre_is_named_only_when_it_has_enough_respondents(hub: Hub, client: Client, answer: Answer) -> None:
    answer(5, changement=["De Paris."], recherche__conseil=[""])
    answer(4, centre=LYON_CENTRE, changement=["De Lyon."], recherche__conseil=[""])
    publish_everything(hub)
    named = {e["texte"]: e["etablissement"] for e in client.get(URL).json()["verbatims"]["extraits"]}
    assert named["De Paris."] == {"uai": PARIS_CENTRE, "nom": "CFA Exemple des Batignolles"}
    assert named["De Lyon."] is None


def test_a_centre_s_page_tells_no_words_of_a_formation_with_too_few_there(
    hub: Hub, client: Client, answer: Answer
) -> None:
    answer(2, formation="32031213", changement=["Nous ne sommes que deux."], recherche__conseil=[""])
    answer(6, formation="32031213", centre=LYON_CENTRE, changement=["Nous sommes six."], recherche__conseil=[""])
    answer(5, formation="32032003", changement=["Nous sommes cinq."], recherche__conseil=[""])
    publish_everything(hub)
    centre = client.get(f"/api/v1/avis?etablissement={PARIS_CENTRE}").json()
    assert {e["texte"] for e in centre["verbatims"]["extraits"] if "Nous" in e["texte"]} == {"Nous sommes cinq."}
    assert (centre["repondants"], centre["retenus"]) == (7, 2)
    formation = client.get("/api/v1/avis?formation=32031213").json()["verbatims"]["extraits"]
    named = {e["texte"]: e["etablissement"] for e in formation}
    assert named["Nous ne sommes que deux."] is None


def test_answers_of_a_renewed_diploma_are_counted_together(client: Client, answer: Answer) -> None:
    answer(5, formation="50022139")
    answer(5, formation="50022146", centre=LYON_CENTRE)
    old, new = (client.get(f"/api/v1/avis?formation={code}").json() for code in ("RNCP37553", "FOR.9664"))
    assert old == new
    assert (old["repondants"], old["portee"]["etablissements"]) == (10, 2)
    assert old["formation"]["codes"]["cfd"] == ["50022146"]


def test_texts_of_both_diplomas_come_newest_first(hub: Hub, client: Client, clock: Any, answer: Answer) -> None:
    for place, formation in enumerate(("50022139", "50022146", "50022139")):
        clock.moment = clock.moment.replace(day=20 + place)
        answer(2, formation=formation, changement=[f"Texte {place}."], recherche__conseil=[""])
        publish_everything(hub)
    texts = [extract["texte"] for extract in client.get(URL).json()["verbatims"]["extraits"]]
    assert texts == ["Texte 2."] * 2 + ["Texte 1."] * 2 + ["Texte 0."] * 2


def test_the_same_figures_stand_on_every_surface(client: Client, answer: Answer) -> None:
    answer(17)
    answer(3, satisfaction=["moyen"])
    answer(2, satisfaction=["mal"])
    avis = client.get(URL).json()
    assert [avis["satisfaction"][value]["part"] for value in ("bien", "moyen", "mal")] == [77, 14, 9]
    assert avis["satisfaction"]["intervalle_bien"] == [56.6, 89.9]
    assert "77\u00a0% des 22\u00a0répondants sont contents de leur apprentissage." in client.get(WIDGET).text
    (summary,) = client.get(f"/api/v1/resumes?cles={CUISINE}").json()["data"]
    assert summary["satisfaction"] == avis["satisfaction"]


# -- ready answers ---------------------------------------------------------------------------------------------------


def test_a_ready_answer_asks_the_database_nothing(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6)
    statements: list[str] = []
    client.get(WIDGET)
    event.listen(hub.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert client.get(WIDGET).status_code == 200
    assert statements == []


def test_what_has_not_changed_is_a_304(client: Client, answer: Answer) -> None:
    answer(6)
    for url in (URL, WIDGET, "/widget/1.js"):
        first = client.get(url)
        again = client.get(url, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


def test_a_decision_changes_what_is_ready_and_nothing_else(
    hub: Hub, app: Service, client: Client, answer: Answer
) -> None:
    other = "/widget?formation=50025524"
    answer(6)
    before, kept = client.get(WIDGET).headers["etag"], client.get(other).headers["etag"]
    app.catch_up()
    client.get(WIDGET), client.get(other)
    publish_everything(hub)
    assert client.get(WIDGET).headers["etag"] == before
    app.catch_up()
    assert client.get(WIDGET).headers["etag"] != before
    assert ("/widget", b"formation=50025524") in app.ready._ready
    assert client.get(other).headers["etag"] == kept


def test_answers_come_compressed_to_who_can_read_them(client: Client, answer: Answer) -> None:
    answer(6)
    sizes = {}
    for encoding in ("identity", "gzip", "br"):
        response = client.get(WIDGET, headers={"accept-encoding": encoding})
        assert response.headers.get("content-encoding", "identity") == encoding
        assert response.headers["vary"] == "accept-encoding"
        sizes[encoding] = int(response.headers["content-length"])
    assert sizes["br"] < sizes["gzip"] < sizes["identity"]


def test_memory_is_bounded(hub: Hub, app: Service, client: Client) -> None:
    app.ready._bound = 100_000
    for number in range(200):
        client.get(f"/widget?formation=50022146&x={number}")
    assert app.ready._size <= 100_000
    assert 0 < len(app.ready._ready) < 200


def test_readers_are_served_what_is_ready_when_the_database_is_gone(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6)
    page = client.get(WIDGET).text
    change(hub.settings.database_url, "ALTER TABLE formation RENAME TO gone")
    assert client.get(WIDGET).text == page


def test_a_view_costs_the_same_number_of_statements_however_many_reviews(
    hub: Hub, client: Client, answer: Answer
) -> None:
    statements: list[str] = []
    event.listen(hub.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for times in (6, 30):
        answer(times)
        publish_everything(hub)
        statements.clear()
        hub.publisher.require(CUISINE, None)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12
