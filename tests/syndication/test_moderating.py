"""Acts on texts: allowed edges, undo, gems, masks, alerts, doubts, archives, and that every one of them is kept."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from syndication import doctor, store, worker
from syndication.accounts.store import Grant, grant
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.database import writing
from syndication.doubts import store as doubts
from syndication.errors import DecisionConflict, DecisionError
from syndication.history import store as history
from syndication.moderation import masking
from syndication.moderation import store as moderation
from syndication.moderation.decide import MODERATOR, decide
from syndication.queue import store as queue
from syndication.queue.wanted import STATES, Wanted
from syndication.reviews import store as reviews
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE, answers
from tests.helpers import Client, Clock
from tests.syndication.test_desk import signed_in, waiting

Answer = Callable[..., None]
CatchUp = Callable[[], None]
URL = f"/api/v1/avis?formation={CUISINE}"
LEA, MAX = "lea@exemple.fr", "max@exemple.fr"
NAMED = "Mon tuteur Karim explique tout."
"""Too short to be taken for a copy when several say it."""


class Desk:
    """Acts of a moderator on texts, without pages."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def text(self, verbatim: str) -> queue.QueuedText:
        with self.hub.engine.connect() as connection:
            return queue.texts(connection, [verbatim])[0]

    def decide(self, verbatim: str, wished: str, reason: str | None = None, who: str = LEA, **more: Any) -> str:
        version, now = self.text(verbatim).version, self.hub.clock()
        with writing(self.hub.engine).begin() as connection:
            return moderation.record_decision(connection, verbatim, version, wished, reason, who, now, **more)

    def undo(self, verbatim: str, who: str = LEA) -> str:
        version = self.text(verbatim).version
        with writing(self.hub.engine).begin() as connection:
            return moderation.undo(connection, verbatim, version, who, self.hub.clock())

    def mask(self, verbatim: str, words: str, kind: str = "prenom") -> None:
        text = self.text(verbatim)
        with writing(self.hub.engine).begin() as connection:
            masks = masking.find(text.text, words, kind)
            moderation.lay_masks(connection, verbatim, text.version, LEA, self.hub.clock(), masks)

    def alert(self, verbatim: str, kind: str = "danger") -> int:
        version = self.text(verbatim).version
        with writing(self.hub.engine).begin() as connection:
            return alerts.sound(connection, verbatim, version, kind, "", LEA, self.hub.clock())

    def acts(self, verbatim: str) -> list[tuple[str, str, str]]:
        with self.hub.engine.connect() as connection:
            return [(act.act, act.from_status, act.to_status) for act in history.acts_on(connection, verbatim)]


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)


def told_by_five(hub: Hub, clock: Clock) -> None:
    """Five people answered with one text each."""
    answers(hub, clock, 5, changement=[NAMED], recherche__conseil=[""])


SCENES = {"five": told_by_five}


@pytest.fixture
def five(hub: Hub) -> list[str]:
    """Ids of five texts that wait, of five responses."""
    return [text.id for text in waiting(hub)]


def test_states_move_along_published_edges_and_no_other() -> None:
    states = {*MODERATOR, "archive", "retire"}
    allowed = {(start, end) for start, ends in MODERATOR.items() for end in ends}
    assert allowed == {
        ("attente", "publie"), ("attente", "refuse"), ("attente", "recrire"), ("recrire", "publie"),
        ("recrire", "refuse"), ("recrire", "archive"), ("publie", "refuse"), ("publie", "archive"),
        ("refuse", "publie"), ("refuse", "recrire"), ("refuse", "archive"),
    }  # fmt: skip
    for start in states:
        for end in states:
            if (start, end) in allowed:
                assert decide(start, end, "vide").status == end
            else:
                with pytest.raises(DecisionError):
                    decide(start, end, "vide")


@pytest.mark.parametrize("wished", ["publie", "refuse", "recrire"])
def test_a_decision_is_undone_within_ten_seconds_by_who_took_it(
    hub: Hub, desk: Desk, five: list[str], clock: Clock, client: Client, catch_up: CatchUp, wished: str
) -> None:
    before = client.get(URL).json()
    desk.decide(five[0], wished, "vide", subjects=["ambiance"])
    with pytest.raises(DecisionError):
        desk.undo(five[0], MAX)
    clock.moment += timedelta(seconds=9)
    assert desk.undo(five[0]) == "attente"
    assert desk.acts(five[0]) == [("decision", "attente", wished), ("annulation", wished, "attente")]
    catch_up()
    assert client.get(URL).json()["verbatims"] == before["verbatims"]
    with pytest.raises(DecisionError):
        desk.undo(five[0])
    desk.decide(five[0], wished, "vide")
    clock.moment += timedelta(seconds=11)
    with pytest.raises(DecisionError):
        desk.undo(five[0])


def test_undoing_a_refusal_brings_a_published_text_back_as_it_was(
    desk: Desk, five: list[str], clock: Clock, client: Client, catch_up: CatchUp
) -> None:
    desk.decide(five[0], "publie", subjects=["ambiance"], gem=True)
    catch_up()
    before = client.get(URL).json()
    clock.moment += timedelta(days=3)
    desk.decide(five[0], "refuse", "personne")
    catch_up()
    assert client.get(URL).json()["verbatims"]["total"] == 0
    assert desk.undo(five[0]) == "publie"
    catch_up()
    assert client.get(URL).json()["verbatims"] == before["verbatims"]
    assert before["verbatims"]["extraits"][0]["pepite"]
    assert before["verbatims"]["extraits"][0]["sujets"] == ["ambiance"]


def test_undoing_a_publication_holds_its_response_back_again(
    hub: Hub, desk: Desk, five: list[str], client: Client, catch_up: CatchUp
) -> None:
    with writing(hub.engine).begin() as connection:
        connection.exec_driver_sql("UPDATE review SET state = 'a_verifier'")
    with hub.engine.connect() as connection:
        held = reviews.count_held(connection)
    desk.decide(five[0], "publie")
    desk.undo(five[0])
    with hub.engine.connect() as connection:
        assert reviews.count_held(connection) == held


def test_a_reason_comes_back_with_the_state_it_was_for(desk: Desk, five: list[str]) -> None:
    desk.decide(five[0], "refuse", "injure")
    desk.decide(five[0], "recrire", "vide")
    assert desk.undo(five[0]) == "refuse"
    assert desk.text(five[0]).reason == "injure"


def test_a_gem_is_marked_on_a_published_text_alone(
    hub: Hub, desk: Desk, five: list[str], clock: Clock, client: Client, catch_up: CatchUp
) -> None:
    with pytest.raises(DecisionError), writing(hub.engine).begin() as connection:
        moderation.mark_gem(connection, five[0], 1, LEA, hub.clock(), gem=True)
    desk.decide(five[0], "publie")
    clock.moment += timedelta(seconds=1)
    with writing(hub.engine).begin() as connection:
        moderation.mark_gem(connection, five[0], 2, LEA, hub.clock(), gem=True)
    catch_up()
    assert client.get(URL).json()["verbatims"]["extraits"][0]["pepite"]
    assert desk.undo(five[0]) == "publie"
    catch_up()
    assert not client.get(URL).json()["verbatims"]["extraits"][0]["pepite"]


def test_a_masked_name_is_read_nowhere_and_searched_by_nobody(
    desk: Desk, five: list[str], client: Client, catch_up: CatchUp
) -> None:
    for one in five[:2]:
        desk.decide(one, "publie")
    catch_up()
    search = f"/api/v1/verbatims?formation={CUISINE}&q=karim"
    assert client.get(search).json()["pagination"]["total"] == 2
    desk.mask(five[0], "Karim")
    desk.mask(five[1], "Karim")
    catch_up()
    assert client.get(search).json()["pagination"]["total"] == 0
    everywhere = client.get(URL).text + client.get(f"/widget?formation={CUISINE}").text
    assert "Karim" not in everywhere
    assert "Mon tuteur [prénom retiré] explique tout." in unescape(everywhere)
    assert desk.text(five[0]).text == NAMED


def test_an_author_sees_the_mask_and_may_write_anew(hub: Hub, app: Any, open_campaign: Any, catch_up: CatchUp) -> None:
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    hub.collector.record(link, {"satisfaction": ["bien"], "changement": [NAMED]})
    catch_up()
    desk, text = Desk(hub), waiting(hub)[0]
    desk.mask(text.id, "Karim")
    desk.decide(text.id, "publie")
    catch_up()
    author, token = Client(app), link.rpartition("/")[2]
    author.get(f"/r/{token}")
    page = unescape(author.get("/r").text).replace("\u00a0", " ")
    assert '<mark title="Les autres lisent : [prénom retiré]">Karim</mark>' in page
    assert "« <bdi>Karim</bdi> » se lit [prénom retiré]" in page
    assert "Le réécrire" in page
    kept = author.get("/r?etape=donnees").json()["reponses"]
    assert next(one for one in kept if one["cle"] == "changement")["masques"] == [
        {"debut": 11, "fin": 16, "montre": "[prénom retiré]"}
    ]
    form = {"jeton": token, "etape": "recrire", "question": "changement", "texte": "Mon tuteur explique tout."}
    assert author.post("/r/auteur", data=form).status_code == 303
    catch_up()
    again = desk.text(text.id)
    assert (again.status, again.text, again.masks, again.edition) == ("attente", "Mon tuteur explique tout.", (), 2)
    assert "En attente" in author.get("/r").text


def test_an_author_who_is_asked_writes_anew(hub: Hub, app: Any, open_campaign: Any, catch_up: CatchUp) -> None:
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    hub.collector.record(link, {"satisfaction": ["bien"], "changement": [NAMED]})
    catch_up()
    desk, text = Desk(hub), waiting(hub)[0]
    desk.decide(text.id, "recrire", "personne")
    catch_up()
    author, token = Client(app), link.rpartition("/")[2]
    author.get(f"/r/{token}")
    assert "À réécrire" in author.get("/r").text
    form = {"jeton": token, "etape": "recrire", "question": "changement", "texte": "Il explique tout."}
    assert author.post("/r/auteur", data=form).status_code == 303
    catch_up()
    assert (desk.text(text.id).status, desk.text(text.id).text) == ("attente", "Il explique tout.")


def test_an_alert_is_mailed_without_a_word_of_the_text(hub: Hub, desk: Desk, five: list[str]) -> None:
    with writing(hub.engine).begin() as connection:
        grant(connection, Grant("ref@exemple.fr", "referent"), "admin", hub.clock())
        grant(connection, Grant("chef@exemple.fr", "admin"), "admin", hub.clock())
    desk.alert(five[0])
    with hub.engine.connect() as connection:
        letters = connection.exec_driver_sql("SELECT kind, address, data FROM letter").fetchall()
    assert [(kind, address) for kind, address, _ in letters] == [("alerte", "ref@exemple.fr")]
    assert not [word for word in NAMED.split() if len(word) > 5 and word in str(letters)]


def test_without_a_referent_those_who_administer_are_told(hub: Hub, app: Any, desk: Desk, five: list[str]) -> None:
    chief = signed_in(hub, app, Grant("chef@exemple.fr", "admin"))
    desk.alert(five[0])
    with hub.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT address FROM letter").scalars().all() == ["chef@exemple.fr"]
    assert "Personne n'a le rôle de référent" in unescape(chief.get("/moderation/alertes").text)


DESK = ("", "/lot", "/verifier", "/doutes", "/centres", "/centres/questions")


@pytest.mark.parametrize("path", DESK)
def test_a_service_where_nobody_is_told_of_alerts_says_so(hub: Hub, app: Any, five: list[str], path: str) -> None:
    moderator = signed_in(hub, app)
    warning, promise = "Personne ne reçoit les alertes par mail", "Les référents reçoivent aussitôt un mail"
    seen = unescape(moderator.get(f"/moderation{path}").text)
    assert (warning in seen, promise in seen) == (True, False)
    assert [warning in fault for fault in doctor.unheard(hub)] == [True]
    with writing(hub.engine).begin() as connection:
        grant(connection, Grant("ref@exemple.fr", "referent"), "essai", hub.clock())
    seen = unescape(moderator.get(f"/moderation{path}").text)
    assert (warning in seen, promise in seen) == (False, path == "")
    assert doctor.unheard(hub) == []


def test_a_service_where_only_administrators_are_left_and_want_no_mail_says_so(hub: Hub, app: Any) -> None:
    chief = signed_in(hub, app, Grant("chef@exemple.fr", "admin"))
    assert doctor.unheard(hub) == []
    assert chief.post("/compte", data={"acte": "arreter", "mails": "alerte"}).status_code == 303
    assert len(doctor.unheard(hub)) == 1


def test_an_alert_raised_while_nobody_hears_is_mailed_once_somebody_does(hub: Hub, desk: Desk, five: list[str]) -> None:
    desk.alert(five[0])
    desk.alert(five[1])
    assert "personne n'a reçues par mail : 2" in " ".join(doctor.unheard(hub))
    assert worker.tell_late_alerts(hub) == 0
    with writing(hub.engine).begin() as connection:
        grant(connection, Grant("ref@exemple.fr", "referent"), "essai", hub.clock())
    assert [worker.tell_late_alerts(hub), worker.tell_late_alerts(hub)] == [2, 0]
    with hub.engine.connect() as connection:
        letters = connection.exec_driver_sql("SELECT kind, address FROM letter").fetchall()
    assert [tuple(letter) for letter in letters] == [("alerte", "ref@exemple.fr")] * 2
    assert doctor.unheard(hub) == []


def test_an_alerted_text_is_seen_by_few_until_it_is_given_back(hub: Hub, app: Any, desk: Desk, five: list[str]) -> None:
    moderator = signed_in(hub, app)
    referent = signed_in(hub, app, Grant("ref@exemple.fr", "referent"))
    alert = desk.alert(five[0])
    assert five[0] not in moderator.get("/moderation").text + moderator.get("/moderation/lot").text
    seen = moderator.get(f"/moderation/textes/{five[0]}")
    assert (seen.status_code, NAMED in unescape(seen.text)) == (403, False)
    late = moderator.post(f"/moderation/{five[0]}", data={"version": "2", "decision": "publie"})
    assert (late.status_code, desk.text(five[0]).status) == (409, "attente")
    assert moderator.get("/moderation/alertes").status_code == 403
    assert referent.get("/moderation").status_code == 403
    assert NAMED in unescape(referent.get("/moderation/alertes").text)
    assert referent.get(f"/moderation/textes/{five[0]}").status_code == 200
    assert referent.get(f"/moderation/textes/{five[1]}").status_code == 403
    empty = referent.post(f"/moderation/alertes/{alert}", data={"version": "2", "decision": "rendre", "suite": " "})
    assert empty.status_code == 422
    closed = {"version": "2", "decision": "rendre", "suite": "Le 119 a été appelé."}
    assert referent.post(f"/moderation/alertes/{alert}", data=closed).status_code == 303
    assert referent.post(f"/moderation/alertes/{alert}", data=closed).status_code == 409
    assert five[0] in moderator.get("/moderation").text
    assert [act for act, _, _ in desk.acts(five[0])] == ["alerte", "fin_alerte"]


def test_a_published_text_that_is_alerted_waits_from_that_day_on(
    hub: Hub, app: Any, desk: Desk, five: list[str], clock: Clock
) -> None:
    desk.decide(five[0], "publie")
    clock.moment += timedelta(days=300)
    moderator = signed_in(hub, app)
    shown = unescape(moderator.get(f"/moderation?etat=publie&texte={five[0]}").text)
    assert "Il n'est plus publié, jusqu'à ce qu'un référent en décide." in shown
    desk.alert(five[0])
    assert (desk.text(five[0]).status, desk.text(five[0]).received_on) == ("attente", clock().date())


def test_what_a_referent_refuses_stays_hidden(hub: Hub, app: Any, desk: Desk, five: list[str]) -> None:
    referent = signed_in(hub, app, Grant("ref@exemple.fr", "referent"))
    alert = desk.alert(five[0], "detresse")
    refuse = {"version": "2", "decision": "refuse", "suite": "Signalé au 3114.", "raison": ""}
    again = referent.post(f"/moderation/alertes/{alert}", data=refuse)
    assert again.status_code == 422
    assert "Signalé au 3114." in again.text
    assert referent.post(f"/moderation/alertes/{alert}", data={**refuse, "raison": "personne"}).status_code == 303
    assert (desk.text(five[0]).status, desk.text(five[0]).alerted) == ("refuse", True)
    assert five[0] not in signed_in(hub, app).get("/moderation?etat=refuse").text


@pytest.fixture
def doubted(hub: Hub, desk: Desk, five: list[str]) -> tuple[str, int, int]:
    """A published text, its centre, and the doubt that it reported."""
    desk.decide(five[0], "publie")
    with writing(hub.engine).begin() as connection:
        centre = connection.exec_driver_sql("SELECT centre_id FROM verbatim LIMIT 1").scalar_one()
        doubt = doubts.report(
            connection, five[0], centre, "Ce prénom n'est pas chez nous.", "cfa@exemple.fr", hub.clock()
        )
    return five[0], centre, doubt


def test_a_doubt_leaves_the_text_until_somebody_decides(
    hub: Hub, app: Any, desk: Desk, doubted: tuple[str, int, int]
) -> None:
    text, centre, doubt = doubted
    assert desk.text(text).status == "publie"
    moderator = signed_in(hub, app)
    assert "Ce prénom n'est pas chez nous." in unescape(moderator.get("/moderation/doutes").text)
    path = f"/moderation/doutes/{doubt}"
    assert moderator.post(path, data={"decision": "fonde.douteux", "suite": " "}).status_code == 422
    assert moderator.post(path, data={"decision": "peut-être", "suite": "Bon."}).status_code == 422
    assert moderator.post(path, data={"decision": "fonde.vide", "suite": "Bon."}).status_code == 422
    assert desk.text(text).status == "publie"
    founded = {"decision": "fonde.douteux", "suite": "Nous l'avons retiré."}
    assert moderator.post(path, data=founded).status_code == 303
    assert moderator.post(path, data=founded).status_code == 409
    assert (desk.text(text).status, desk.text(text).reason) == ("refuse", "douteux")
    with hub.engine.connect() as connection:
        (told,) = doubts.of_centre(connection, centre)
    assert (told.state, told.outcome, told.words) == ("fonde", "Nous l'avons retiré.", "")


def test_an_unfounded_doubt_changes_nothing_but_what_the_centre_is_told(
    hub: Hub, app: Any, desk: Desk, doubted: tuple[str, int, int]
) -> None:
    text, centre, doubt = doubted
    answer = signed_in(hub, app).post(
        f"/moderation/doutes/{doubt}", data={"decision": "infonde", "suite": "Il est vrai."}
    )
    assert answer.headers["location"] == "/moderation/doutes?fait=infonde"
    assert desk.text(text).status == "publie"
    with hub.engine.connect() as connection:
        assert [(one.state, one.outcome) for one in doubts.of_centre(connection, centre)] == [
            ("infonde", "Il est vrai.")
        ]


def test_a_doubt_needs_a_reason_a_published_text_and_its_own_centre(
    hub: Hub, five: list[str], desk: Desk, doubted: tuple[str, int, int]
) -> None:
    text, centre, _ = doubted
    for verbatim, place, reason in ((text, centre, " "), (text, centre, "x" * 2000), (five[1], centre, "Non."),
                                    (text, centre + 1, "Non."), (text, centre, "Encore.")):  # fmt: skip
        with pytest.raises(DecisionError), writing(hub.engine).begin() as connection:
            doubts.report(connection, verbatim, place, reason, "cfa@exemple.fr", hub.clock())


def test_old_experiences_are_archived_once_a_day(
    hub: Hub, desk: Desk, five: list[str], clock: Clock, client: Client, catch_up: CatchUp
) -> None:
    for one in five:
        desk.decide(one, "publie")
    catch_up()
    assert client.get(URL).json()["verbatims"]["total"] == 5
    assert worker.archive_old(hub) == 0
    clock.moment += timedelta(days=365 * 2 + 5)
    assert worker.archive_old(hub) == 0
    clock.moment += timedelta(days=31)
    assert worker.archive_old(hub) == 5
    assert worker.archive_old(hub) == 0
    catch_up()
    assert client.get(URL).json()["verbatims"]["total"] == 0
    assert desk.acts(five[0])[-1] == ("decision", "publie", "archive")
    with hub.engine.connect() as connection:
        assert history.acts_on(connection, five[0])[-1].actor == "service"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE verbatim SET text = 'Autre chose.'", "UPDATE verbatim SET digest = 'x'", "UPDATE decision SET actor = 'x'",
     "UPDATE verbatim SET text = 'Autre.', edition = edition + 1", "DELETE FROM decision",
     "DELETE FROM review_decision"],
)  # fmt: skip
def test_nobody_edits_words_nor_acts(hub: Hub, desk: Desk, five: list[str], statement: str) -> None:
    desk.decide(five[0], "publie")
    with writing(hub.engine).begin() as connection:
        row = {"actor": "lea", "at": hub.clock(), "from_state": "a_verifier", "to_state": "comptee"}
        review = select(reviews.VERBATIM.c.review_id).limit(1).scalar_subquery()
        connection.execute(insert(reviews.REVIEW_DECISION).values(review_id=review, **row))
        connection.exec_driver_sql("UPDATE verbatim SET version = version")
    with pytest.raises(DBAPIError), hub.engine.begin() as connection:
        connection.exec_driver_sql(statement + (f" WHERE id = '{five[0]}'" if "verbatim" in statement else ""))


@pytest.mark.sqlite
@pytest.mark.parametrize("table", ["verbatim", "decision"])
def test_another_tool_than_the_service_replaces_no_row_either(
    hub: Hub, desk: Desk, five: list[str], table: str
) -> None:
    desk.decide(five[0], "publie")
    with closing(sqlite3.connect(hub.settings.data_dir / "syndication.db")) as other:
        with pytest.raises(sqlite3.IntegrityError, match=r"nobody's to edit|as they were recorded"):
            other.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        other.rollback()


def test_a_digest_tells_words_that_were_changed_behind_the_service(
    hub: Hub, app: Any, desk: Desk, five: list[str]
) -> None:
    for one in five:
        desk.decide(one, "publie")
    moderator = signed_in(hub, app)
    assert "conforme : les mots" in unescape(moderator.get(f"/moderation/textes/{five[0]}").text).replace("\u00a0", " ")
    with writing(hub.engine).begin() as connection:
        grant(connection, Grant("ref@exemple.fr", "referent"), "essai", hub.clock())
    assert doctor.examine(lambda: hub.settings) == []
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER words_kept" + (" ON verbatim" if hub.engine.name != "sqlite" else ""))
        connection.exec_driver_sql(f"UPDATE verbatim SET text = 'Un faux.' WHERE id = '{five[0]}'")
    assert "non conforme" in moderator.get(f"/moderation/textes/{five[0]}").text
    (fault,) = doctor.examine(lambda: hub.settings)
    assert "1 texte(s) publié(s) sur 5" in fault
    assert five[0] in fault


def test_the_history_says_who_did_what_when_and_why(hub: Hub, app: Any, desk: Desk, five: list[str]) -> None:
    desk.decide(five[0], "refuse", "vide", note="Relu à deux.")
    page = unescape(signed_in(hub, app).get(f"/moderation/textes/{five[0]}").text)
    told = ("lea@exemple.fr", "en attente", "refusé", "trop court ou trop confus", "Relu à deux.", "12\u00a0h\u00a000")
    for words in told:
        assert words in page
    assert "<textarea" not in page


def test_noise_is_refused_together_each_by_itself_and_undone_together(
    hub: Hub, app: Any, desk: Desk, five: list[str], clock: Clock
) -> None:
    moderator = signed_in(hub, app)
    assert NAMED in unescape(moderator.get("/moderation/lot").text)
    desk.decide(five[4], "publie", who=MAX)
    chosen = {f"texte.{one}": "2" if one == five[4] else "1" for one in five}
    for wrong in ({"raison": "vide"}, {**chosen, "raison": ""}, {**chosen, "raison": "injure"},
                  {**{f"texte.{n}": "1" for n in range(101)}, "raison": "vide"}):  # fmt: skip
        assert moderator.post("/moderation/lot", data=wrong).status_code == 422
    done = unescape(moderator.post("/moderation/lot", data={**chosen, "raison": "vide"}).text).replace("\u00a0", " ")
    assert "4 textes refusés" in done
    assert "1 texte n'a pas changé" in done
    assert "n'attend plus : il se décide un par un" in done
    assert [desk.text(one).status for one in five] == ["refuse"] * 4 + ["publie"]
    assert all(desk.acts(one) == [("decision", "attente", "refuse")] for one in five[:4])
    clock.moment += timedelta(seconds=5)
    moderator.post("/moderation/lot/annuler", data={f"texte.{one}": "2" for one in five[:4]})
    assert [desk.text(one).status for one in five] == ["attente"] * 4 + ["publie"]


def test_filters_narrow_the_queue_and_follow_posts(hub: Hub, app: Any, answer: Answer, desk: Desk) -> None:
    answer(2, changement=["Une histoire de Paris, longue et douce."], recherche__conseil=["Va voir le matin, vite."])
    answer(1, centre=LYON_CENTRE, changement=["Une histoire de Lyon, longue et douce."], recherche__conseil=[""])
    moderator = signed_in(hub, app)
    page = moderator.get(f"/moderation?etablissement={LYON_CENTRE}").text
    assert ("de Lyon" in page, "de Paris" in page, "1 sur 1" in page) == (True, False, True)
    page = moderator.get(f"/moderation?question=changement&formation={CUISINE}&etablissement={PARIS_CENTRE}").text
    assert ("1 sur 2" in page, "Va voir" in page) == (True, False)
    assert moderator.get("/moderation?etat=publie").status_code == 200
    text = next(one for one in waiting(hub) if one.question == "changement")
    form = {"version": "1", "decision": "publie", "retour": "question=changement"}
    done = moderator.post(f"/moderation/{text.id}", data=form).headers["location"]
    assert done == f"/moderation?question=changement&texte={text.id}&fait=publie&version=2"
    nowhere = moderator.get("/moderation?formation=99999999")
    assert nowhere.status_code == 422
    assert 'role="alert"' in nowhere.text


def test_a_text_shows_where_and_why_it_is_signalled(hub: Hub, app: Any, five: list[str]) -> None:
    moderator = signed_in(hub, app)
    page = unescape(moderator.get("/moderation").text)
    assert '<mark title="Rôle suivi d\'un nom" aria-describedby="signal-0">Karim</mark>' in page
    with hub.engine.connect() as connection:
        assert queue.count(connection, Wanted(signal="personne")) == 5
        assert queue.count(connection, Wanted(signal="injure")) == 0


TURNED = "Ici \u202etsuj erid tuav\u202c rien\u200b, mon tuteur Karim explique."


def test_what_nobody_sees_is_named_on_the_desk_and_stays_in_the_words(
    hub: Hub, app: Any, answer: Answer, desk: Desk
) -> None:
    answer(1, changement=[TURNED], recherche__conseil=[""])
    one = waiting(hub)[0].id
    assert desk.text(one).text == TURNED
    moderator = signed_in(hub, app)
    for path in ("/moderation", "/moderation/lot", f"/moderation/textes/{one}"):
        page = unescape(moderator.get(path).text)
        assert '<span class="unseen" title="Caractère invisible U+202E" data-nom="U+202E">\u202e</span>' in page, path
        assert '<span class="unseen" title="Caractère invisible U+200B" data-nom="U+200B">\u200b</span>' in page, path
        assert re.sub("<[^>]*>", "", page).count("rien\u200b, mon tuteur") >= 1
        assert not re.search('(?<!">)[\u202e\u200b]', page.replace("</title>", "")), path
    page = unescape(moderator.get("/moderation?signal=invisible").text)
    assert "Caractère invisible U+202E (il change le sens de lecture)" in page
    assert "1 sur 1" in page
    alert = desk.alert(one)
    page = unescape(signed_in(hub, app, Grant("ref@exemple.fr", "referent")).get("/moderation/alertes").text)
    assert f'id="a-{alert}"' in page
    assert 'data-nom="U+202E"' in page


def test_texts_are_found_by_signal_in_the_state_they_are_in(hub: Hub, five: list[str], desk: Desk) -> None:
    def found() -> list[int]:
        with hub.engine.connect() as connection:
            return [queue.count(connection, Wanted(state, signal="personne")) for state in ("attente", "publie")]

    desk.decide(five[0], "publie")
    assert found() == [4, 1]
    desk.undo(five[0])
    assert found() == [5, 0]
    desk.alert(five[1])
    assert found() == [4, 0]
    desk.decide(five[2], "refuse", "vide")
    with hub.engine.connect() as connection:
        assert five[1] not in queue.ids(connection, Wanted(signal="personne"), None, 9)
        assert len(queue.ids(connection, Wanted(signal="personne"), None, 9)) == 3


def test_a_signal_that_does_not_exist_is_named_and_nothing_is_looked_for(hub: Hub, app: Any, five: list[str]) -> None:
    answer = signed_in(hub, app).get("/moderation?signal=licorne")
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "«\u00a0licorne\u00a0» n'est pas un signal\u00a0: choisissez-en un dans la liste." in page
    assert "Karim" not in page


def test_a_signal_that_no_waiting_text_shows_is_looked_for_once_among_those_that_wait(
    hub: Hub, app: Any, five: list[str], desk: Desk
) -> None:
    from sqlalchemy import event

    for one in five:
        desk.decide(one, "refuse", "vide")
    moderator = signed_in(hub, app)
    moderator.get("/moderation")
    asked: list[str] = []
    event.listen(hub.engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    assert "Aucun texte ne répond à ces filtres." in moderator.get("/moderation?signal=personne").text
    looked = [statement for statement in asked if "verbatim_signal.signal =" in statement]
    assert len(looked) == 1
    assert "verbatim_signal.waits" in looked[0]


def test_everything_asked_of_the_queue_is_read_off_an_index(hub: Hub, five: list[str]) -> None:
    if hub.engine.dialect.name != "sqlite":
        return
    asked: list[tuple[str, Any]] = []
    from sqlalchemy import event

    event.listen(hub.engine, "before_cursor_execute", lambda *seen: asked.append((seen[2], seen[3])))
    with hub.engine.connect() as connection:
        place = queue.place_of(connection, five[2])
        asked.clear()
        for wanted in (Wanted(), Wanted(question="changement"), Wanted(formations=(1, 2)), Wanted(centre=1),
                       Wanted(signal="personne")):  # fmt: skip
            queue.count(connection, wanted)
            queue.count(connection, wanted, place)
            queue.ids(connection, wanted, place, 9)
            queue.id_before(connection, wanted, place or pytest.fail("no place"))
        queue.formations_waiting(connection, 9)
        queue.centres_waiting(connection, 9)
        for statement, values in list(asked):
            plan = " ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))
            off_texts = "COVERING INDEX ix_verbatim_waiting" in plan
            off_signals = "INDEX ix_verbatim_signal_waiting (signal=?)" in plan and " verbatim " not in plan
            assert off_texts or off_signals, plan
            assert "OFFSET" not in statement.replace("LIMIT ? OFFSET ?", "")


def test_what_is_asked_of_other_states_walks_their_own_index(hub: Hub, five: list[str]) -> None:
    with hub.engine.connect() as connection:
        for state in STATES:
            assert queue.count(connection, Wanted(state)) == (5 if state == "attente" else 0)


def test_digests_are_those_of_the_words(hub: Hub, five: list[str], desk: Desk) -> None:
    assert desk.text(five[0]).digest == store.digest(NAMED)


def test_two_decisions_at_once_leave_one(hub: Hub, app: Any, five: list[str], desk: Desk) -> None:
    one, two = signed_in(hub, app), signed_in(hub, app, Grant(MAX, "moderator"))
    done = [
        person.post(f"/moderation/{five[0]}", data={"version": "1", "decision": wished, "note": "Mon avis."})
        for person, wished in ((one, "refuse.vide"), (two, "publie"))
    ]
    assert [answer.status_code for answer in done] == [303, 409]
    assert "Mon avis." in done[1].text
    assert "Refusé" in done[1].text
    assert f'data-id="{five[0]}"' in done[1].text
    with pytest.raises(DecisionConflict), writing(hub.engine).begin() as connection:
        moderation.lay_masks(connection, five[0], 1, LEA, hub.clock(), [])
