"""A centre's own questions: written, checked, frozen into campaigns, answered, counted, taken back, never public."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from syndication import asgi, campaigns, models, worker
from syndication import store as hub_store
from syndication.accounts.store import Grant
from syndication.app import Service, create_app
from syndication.context import Hub
from syndication.database import table, writing
from syndication.errors import DecisionConflict
from syndication.own import store
from syndication.own.answers import store as answers
from syndication.own.readings import Counted, Shown, moved
from syndication.own.wording import Draft
from syndication.reviews import store as reviews
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE, settings_in
from tests.databases import Databases, examples, held, on_postgresql, rows
from tests.helpers import FULL_ANSWER, Client, Clock, signalled
from tests.syndication.cfa.people import SPACE, centre_id, dates, neighbour, of_centre, picks, read
from tests.syndication.test_desk import signed_in
from tests.syndication.test_digests import mails, said
from tests.syndication.test_publication import publish_everything

PAGE, DESK = f"{SPACE}/questions", "/moderation/centres/questions"
CHOICE = {"question": "Tu viens comment au CFA ?", "genre": "one", "choix": "En bus\nÀ pied\n\n En voiture "}
SEVERAL = {"question": "Qu'est-ce qui t'aiderait ?", "genre": "several", "choix": "Un internat\nLe permis"}
FREE = {"question": "Que changer à la cantine ?", "genre": "open", "choix": ""}
OWN_TEXT, REVIEW, QUESTION = table(models.OwnText), table(models.Review), table(models.OwnQuestion)
CatchUp = Callable[[], None]
WORDS = "Plus de légumes, s'il vous plaît"


class School:
    """A centre with three accepted questions, one running campaign, and apprentices who answer."""

    def __init__(self, hub: Hub, app: Service) -> None:
        self.hub, self.app = hub, app
        self.centre = centre_id(hub, PARIS_CENTRE)
        drafts = (
            Draft("one", CHOICE["question"], ("En bus", "À pied", "En voiture")),
            Draft("several", SEVERAL["question"], ("Un internat", "Le permis")),
            Draft("open", FREE["question"], ()),
        )
        with writing(hub.engine).begin() as connection:
            self.ids = [store.write(connection, self.centre, draft, "cfa", hub.clock()) for draft in drafts]
            for number in self.ids:
                store.judge(connection, number, 1, "acceptee", "", "lea", hub.clock())
        self.campaign = self.open()
        self.browser = Client(app)
        self.tokens: list[str] = []

    def open(self) -> str:
        today = self.hub.clock().date()
        last = today + timedelta(days=30)
        return campaigns.open_campaign(self.hub.engine, self.hub.collector, CUISINE, PARIS_CENTRE, today, last).id

    def answer(self, one: str = "", several: tuple[str, ...] = (), text: str = "", **said: list[str]) -> str:
        """Somebody answers; gives their token."""
        link = self.hub.collector.issue_links(self.campaign, 1)[0]
        own = {
            f"centre.{self.ids[0]}": [one] if one else [],
            f"centre.{self.ids[1]}": list(several),
            f"centre.{self.ids[2]}": [text] if text else [],
        }
        self.hub.collector.record(link, {**FULL_ANSWER, **own, **said})
        self.tokens.append(link.rpartition("/")[2])
        return self.tokens[-1]

    def withdraw(self, token: str, question: str = "") -> None:
        data = {"jeton": token, "etape": "retirer", "question": question}
        assert self.browser.post("/r/auteur", data=data).status_code == 303

    def read_all(self) -> None:
        """A moderator lets the centre see every text."""
        with writing(self.hub.engine).begin() as connection:
            for text in answers.waiting(connection, 100):
                answers.judge(connection, text.id, text.version, "montre", "", "lea", self.hub.clock())

    def counts(self) -> dict[int, Counted]:
        with self.hub.engine.connect() as connection:
            return answers.counts(connection, self.centre)

    def results(self) -> dict[int, answers.Result]:
        with self.hub.engine.connect() as connection:
            return answers.results(connection, self.centre, self.ids)


@pytest.fixture
def school(hub: Hub, app: Service) -> School:
    return School(hub, app)


@pytest.fixture
def owner(hub: Hub, app: Service) -> Client:
    return of_centre(hub, app)


def questions(hub: Hub, uai: str = PARIS_CENTRE) -> list[store.QuestionRow]:
    with hub.engine.connect() as connection:
        return store.questions_of(connection, centre_id(hub, uai))


def judge(desk: Client, question: int, version: int = 1, wished: str = "acceptee", reason: str = "") -> int:
    data = {"version": str(version), "decision": wished, "raison": reason}
    return desk.post(f"{DESK}/{question}", data=data).status_code


# -- writing and checking --------------------------------------------------------------------------------------------


def test_a_question_waits_is_accepted_and_is_asked_by_campaigns_opened_afterwards(
    hub: Hub, app: Service, owner: Client
) -> None:
    assert "Votre première question" in read(owner.get(PAGE))
    assert owner.post(PAGE, data=CHOICE).headers["location"] == f"{PAGE}?fait=ecrite"
    assert "Attend d'être lue" in read(owner.get(PAGE))
    (question,) = questions(hub)
    assert question.options == ("En bus", "À pied", "En voiture")
    form = {**dates(hub), **picks(hub, CUISINE)}
    owner.post(f"{SPACE}/campagnes/nouvelles", data=form)
    desk = signed_in(hub, app)
    assert "CFA Exemple des Batignolles" in read(desk.get(DESK))
    assert judge(desk, question.id) == 303
    assert "Acceptée" in read(owner.get(PAGE))
    assert CHOICE["question"] in read(owner.get(f"{SPACE}/campagnes/nouvelles"))
    owner.post(f"{SPACE}/campagnes/nouvelles", data=form | dates(hub, 0, 31))
    with hub.engine.connect() as connection:
        ids = [row.id for row in hub_store.centre_campaigns(connection, centre_id(hub, PARIS_CENTRE))]
    asked = [len(one.own.questions) for one in hub.collector.follow(ids).values()]
    assert sorted(asked) == [0, 1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"question": "  "}, "Écrivez votre question"), ({"question": "x" * 201}, "fait 201 caractères"),
        ({"genre": "scale"}, "Dites comment on répond"), ({"choix": "Un seul"}, "de 2 à 8 choix"),
        ({"choix": "\n".join("abcdefghi")}, "il y en a 9"), ({"choix": "Oui\noui"}, "Deux choix sont les mêmes"),
        ({"choix": f"{'x' * 101}\nNon"}, "fait 101 caractères"), ({"genre": "open"}, "effacez les choix"),
    ],
)  # fmt: skip
def test_a_question_of_the_wrong_shape_is_told_and_what_was_typed_is_kept(
    hub: Hub, owner: Client, changes: dict[str, str], told: str
) -> None:
    answer = owner.post(PAGE, data={**CHOICE, **changes})
    assert answer.status_code == 422
    page = read(answer)
    assert told in page
    assert (changes.get("choix") or CHOICE["choix"]) in page.replace("\r", "")
    assert questions(hub) == []


def test_three_at_a_time_and_no_more(hub: Hub, owner: Client) -> None:
    for one in (CHOICE, SEVERAL, FREE):
        assert owner.post(PAGE, data=one).status_code == 303
    refused = owner.post(PAGE, data=CHOICE)
    assert refused.status_code == 422
    assert "déjà 3 questions" in read(refused)
    first = questions(hub)[0]
    owner.post(f"{PAGE}/{first.id}/retirer", data={"version": "1"})
    assert owner.post(PAGE, data=CHOICE).status_code == 303
    assert len(questions(hub)) == 3


def test_a_refusal_gives_its_reason_and_what_is_changed_waits_anew(hub: Hub, app: Service, owner: Client) -> None:
    owner.post(PAGE, data=CHOICE)
    (question,) = questions(hub)
    desk = signed_in(hub, app)
    assert judge(desk, question.id, wished="refusee") == 422
    assert judge(desk, question.id, wished="autre") == 422
    assert judge(desk, question.id, wished="refusee", reason="identite") == 303
    page = read(owner.get(PAGE))
    assert "La question cherche à savoir qui répond" in page
    assert "a été refusée" in read(owner.get(SPACE))
    assert owner.post(f"{PAGE}/{question.id}", data={**FREE, "version": "2"}).status_code == 303
    (again,) = questions(hub)
    assert (again.id, again.state, again.kind, again.version) == (question.id, "attente", "open", 3)


def test_what_is_changed_while_it_is_read_is_not_judged_as_it_was(hub: Hub, app: Service, owner: Client) -> None:
    owner.post(PAGE, data=CHOICE)
    (question,) = questions(hub)
    owner.post(f"{PAGE}/{question.id}", data={**FREE, "version": "1"})
    desk = signed_in(hub, app)
    assert judge(desk, question.id, version=1) == 409
    assert judge(desk, question.id, version=2) == 303
    assert judge(desk, question.id, version=2) == 409
    assert owner.post(f"{PAGE}/{question.id}", data={**CHOICE, "version": "1"}).status_code == 409
    assert owner.post(f"{PAGE}/{question.id}/retirer", data={"version": "1"}).status_code == 409
    assert owner.post(f"{PAGE}/{question.id}/retirer", data={}).status_code == 422


def test_an_accepted_question_keeps_its_words_for_good(hub: Hub, school: School, owner: Client) -> None:
    first = questions(hub)[0]
    assert (
        owner.post(f"{PAGE}/{first.id}", data={**CHOICE, "question": "Et le soir ?", "version": "2"}).status_code == 303
    )
    rows = {row.label: row.state for row in questions(hub)}
    assert rows[CHOICE["question"]] == "retiree"
    assert rows["Et le soir ?"] == "attente"
    assert hub.collector.follow([school.campaign])[school.campaign].own.questions[0].label == CHOICE["question"]
    assert "Posées avant" in read(owner.get(PAGE))


def test_two_moderators_at_once_decide_once(hub: Hub, school: School) -> None:
    with writing(hub.engine).begin() as connection:
        store.retire(connection, school.centre, school.ids[0], 2)
        number = store.write(connection, school.centre, Draft("open", "Encore ?", ()), "cfa", hub.clock())
        store.judge(connection, number, 1, "acceptee", "", "lea", hub.clock())
        with pytest.raises(DecisionConflict):
            store.judge(connection, number, 1, "refusee", "sensible", "max", hub.clock())


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PAGE), ("POST", PAGE), ("POST", f"{PAGE}/1"), ("POST", f"{PAGE}/1/retirer")],
)
def test_a_neighbour_a_stranger_and_a_moderator_get_nowhere(hub: Hub, app: Service, method: str, path: str) -> None:
    assert neighbour(hub, app).request(method, path).status_code == 403
    assert Client(app).request(method, path).status_code == 401
    assert signed_in(hub, app).request(method, path).status_code == 403


def test_a_neighbour_changes_no_question_through_its_own_space(hub: Hub, app: Service, school: School) -> None:
    other, number = neighbour(hub, app), school.ids[0]
    for path in (f"/cfa/{LYON_CENTRE}/questions/{number}", f"/cfa/{LYON_CENTRE}/questions/{number}/retirer"):
        answer = other.post(path, data={**CHOICE, "version": "2"})
        assert answer.status_code == 422
        assert "n'existe plus" in read(answer)
    assert CHOICE["question"] not in read(other.get(f"/cfa/{LYON_CENTRE}/questions"))
    assert [row.state for row in questions(hub)] == ["acceptee"] * 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", DESK),
        ("POST", f"{DESK}/1"),
        ("POST", "/moderation/centres/textes/1"),
        ("POST", "/moderation/centres/textes/1/alerte"),
    ],
)
def test_centres_and_strangers_judge_nothing(hub: Hub, app: Service, owner: Client, method: str, path: str) -> None:
    assert owner.request(method, path).status_code == 403
    assert Client(app).request(method, path).status_code == 401


# -- answers ---------------------------------------------------------------------------------------------------------


def test_counts_and_texts_appear_with_the_fifth_respondent_and_a_moderator_s_reading(
    hub: Hub, app: Service, school: School, owner: Client, catch_up: CatchUp
) -> None:
    for number in range(4):
        school.answer("o2", ("o1",), f"{WORDS} {number}.")
    catch_up()
    school.read_all()
    page = read(owner.get(PAGE))
    assert page.count("Moins de 5 réponses pour l'instant") == 3
    assert WORDS not in page
    school.answer("o1", ("o1", "o2"), f"{WORDS} 4.")
    catch_up()
    page = read(owner.get(PAGE))
    assert page.count("5\u00a0personnes ont répondu") == 3
    assert re.findall(r'<th scope="row">(.*?)</th><td>(\d+)</td>', page) == [
        ("En bus", "1"), ("À pied", "4"), ("En voiture", "0"), ("Un internat", "5"), ("Le permis", "1"),
    ]  # fmt: skip
    assert page.count(WORDS) == 4
    assert f"{WORDS} 4." not in page
    desk = signed_in(hub, app)
    screen = read(desk.get(DESK))
    (text,) = re.findall(r"/moderation/centres/textes/(\w+)\"", screen)
    data = {"version": "1", "decision": "refuse"}
    assert desk.post(f"/moderation/centres/textes/{text}", data=data).status_code == 422
    assert desk.post(f"/moderation/centres/textes/{text}", data={**data, "decision": "montre"}).status_code == 303
    assert desk.post(f"/moderation/centres/textes/{text}", data={**data, "decision": "montre"}).status_code == 409
    assert f"{WORDS} 4." in read(owner.get(PAGE))


def test_a_refused_text_is_never_shown(hub: Hub, school: School, owner: Client, catch_up: CatchUp) -> None:
    for number in range(6):
        school.answer(text=f"{WORDS} {number}.")
    catch_up()
    with writing(hub.engine).begin() as connection:
        for text in answers.waiting(connection, 100):
            wished = "refuse" if text.text.endswith(" 3.") else "montre"
            answers.judge(connection, text.id, text.version, wished, "injure", "lea", hub.clock())
    page = read(owner.get(PAGE))
    assert page.count(WORDS) == 5
    assert f"{WORDS} 3." not in page


def test_two_looks_never_tell_one_answer(school: School, catch_up: CatchUp) -> None:
    seen: list[int] = []
    for number in range(17):
        school.answer("o1" if number % 2 else "o3")
        catch_up()
        shown = school.results()[school.ids[0]].shown
        seen.append(0 if shown.hidden else shown.counted.respondents)
    assert seen == [0] * 4 + [5] * 5 + [10] * 5 + [15] * 3


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(2, 9))
def test_between_two_states_that_are_seen_a_minimum_came_or_went(counted: list[int], minimum: int) -> None:
    shown, seen = Shown(), []
    for respondents in counted:
        shown = moved(shown, Counted(respondents), minimum)
        assert shown.hidden == (respondents < minimum or shown.counted.respondents == 0)
        if not shown.hidden:
            assert shown.counted.respondents >= minimum
            seen.append(shown.counted.respondents)
    for one, other in pairwise(seen):
        assert one == other or abs(one - other) >= minimum


def test_what_goes_below_the_minimum_is_hidden_again(school: School, catch_up: CatchUp) -> None:
    tokens = [school.answer("o1") for _ in range(5)]
    catch_up()
    assert not school.results()[school.ids[0]].shown.hidden
    school.withdraw(tokens[0])
    catch_up()
    assert school.results()[school.ids[0]].shown.hidden


def test_a_response_held_back_is_counted_once_somebody_says_so(hub: Hub, school: School, catch_up: CatchUp) -> None:
    for _ in range(4):
        school.answer("o1", text=WORDS)
    link = hub.collector.issue_links(school.campaign, 1)[0]
    hub.collector.record(link, {f"centre.{school.ids[0]}": ["o1"], f"centre.{school.ids[2]}": [WORDS]})
    catch_up()
    with writing(hub.engine).begin() as connection:
        said = {row.id: row.answers for row in connection.execute(select(REVIEW.c.id, REVIEW.c.answers))}
        (without,) = [number for number, answers in said.items() if not answers["scales"]]
        connection.execute(REVIEW.update().where(REVIEW.c.id == without).values(state="a_verifier"))
    catch_up()
    assert school.counts()[school.ids[0]].respondents == 4
    with writing(hub.engine).begin() as connection:
        assert answers.count_waiting(connection).texts == 4
        held = connection.execute(select(REVIEW.c.id).where(REVIEW.c.state == "a_verifier")).scalar_one()
        reviews.judge(connection, held, "comptee", "lea", hub.clock())
    catch_up()
    assert school.results()[school.ids[0]].shown.counted.respondents == 5


def test_who_answered_nothing_but_own_questions_is_no_respondent_in_public(
    hub: Hub, school: School, client: Client, catch_up: CatchUp
) -> None:
    for _ in range(6):
        link = hub.collector.issue_links(school.campaign, 1)[0]
        hub.collector.record(link, {f"centre.{school.ids[0]}": ["o1"]})
    catch_up()
    assert client.get(f"/api/v1/avis?formation={CUISINE}").json()["repondants"] == 0
    assert school.counts()[school.ids[0]].respondents == 6


def test_nothing_of_them_is_public(hub: Hub, school: School, client: Client, catch_up: CatchUp) -> None:
    for number in range(12):
        school.answer("o2", ("o2",), f"{WORDS} {number}.")
    catch_up()
    school.read_all()
    catch_up()
    paths = (
        f"/api/v1/avis?formation={CUISINE}&etablissement={PARIS_CENTRE}", f"/widget?formation={CUISINE}",
        f"/api/v1/verbatims?formation={CUISINE}", "/api/v1/questions", f"/formations/{CUISINE}",
        f"/widget?formation={CUISINE}&etablissement={PARIS_CENTRE}", f"/etablissements/{PARIS_CENTRE}",
    )  # fmt: skip
    public = "".join(read(client.get(path)) for path in paths)
    for secret in (WORDS, "cantine", "En bus", "internat", f"centre.{school.ids[0]}"):
        assert secret not in public, secret
    counted = rows(hub.settings.database_url, "SELECT axis, value FROM tally")
    assert not [row for row in counted if "centre." in "".join(row) or "own" in "".join(row)]
    assert rows(hub.settings.database_url, "SELECT id FROM verbatim WHERE question LIKE 'centre.%'") == []


# -- taking back -----------------------------------------------------------------------------------------------------


def bytes_of(hub: Hub) -> bytes:
    return held(hub.settings.database_url)


def test_a_text_taken_back_leaves_the_page_the_desk_and_the_file(
    hub: Hub, app: Service, school: School, owner: Client, catch_up: CatchUp
) -> None:
    tokens = [school.answer("o1", text=f"{WORDS} {number}.") for number in range(6)]
    catch_up()
    school.read_all()
    assert f"{WORDS} 2.".encode() in bytes_of(hub)
    school.withdraw(tokens[2], f"centre.{school.ids[2]}")
    catch_up()
    page = read(owner.get(PAGE))
    assert f"{WORDS} 2." not in page
    assert page.count(WORDS) == 5
    assert f"{WORDS} 2.".encode() not in bytes_of(hub)
    assert school.counts()[school.ids[2]].respondents == 5
    assert school.counts()[school.ids[0]].respondents == 6


def test_a_whole_response_taken_back_erases_choices_and_texts(hub: Hub, school: School, catch_up: CatchUp) -> None:
    tokens = [school.answer("o3", ("o1",), f"{WORDS} {number}.") for number in range(7)]
    catch_up()
    school.withdraw(tokens[4])
    catch_up()
    assert f"{WORDS} 4.".encode() not in bytes_of(hub)
    assert [school.counts()[number].respondents for number in school.ids] == [6, 6, 6]
    with hub.engine.connect() as connection:
        kept = connection.execute(select(REVIEW.c.answers).where(REVIEW.c.state == "retiree")).scalar_one()
        gone = connection.execute(select(OWN_TEXT).where(OWN_TEXT.c.status == "retire")).one()
    assert kept == {"scales": {}, "choices": {}}
    assert gone.text == ""
    assert answers.SHOWN not in {gone.status}


def test_what_was_taken_back_before_it_was_taken_in_is_never_stored(
    hub: Hub, school: School, catch_up: CatchUp
) -> None:
    token = school.answer("o1", text=WORDS)
    school.withdraw(token, f"centre.{school.ids[2]}")
    catch_up()
    assert WORDS.encode() not in bytes_of(hub)
    assert school.counts()[school.ids[0]].respondents == 1
    assert school.ids[2] not in school.counts()


def test_a_moderator_who_reads_a_text_just_taken_back_decides_nothing(
    hub: Hub, school: School, catch_up: CatchUp
) -> None:
    token = school.answer(text=WORDS)
    catch_up()
    with hub.engine.connect() as connection:
        (text,) = answers.waiting(connection, 10)
    school.withdraw(token)
    catch_up()
    with writing(hub.engine).begin() as connection, pytest.raises(DecisionConflict):
        answers.judge(connection, text.id, text.version, "montre", "", "lea", hub.clock())


def test_nothing_finer_than_a_day_and_no_order_stands_beside_what_was_written(
    hub: Hub, school: School, catch_up: CatchUp
) -> None:
    for number in range(20):
        school.answer("o1", text=f"{WORDS} {number:02}.")
    catch_up()
    lying = "ctid" if on_postgresql() else "rowid"
    kept = rows(hub.settings.database_url, f"SELECT id, text, judged_at, received_on FROM own_text ORDER BY {lying}")
    assert [row[1] for row in kept] != sorted(row[1] for row in kept)
    assert [row[0] for row in kept] == sorted(row[0] for row in kept)
    assert {row[2] for row in kept} == {None}
    assert {str(row[3]) for row in kept} == {"2026-11-24"}


# -- what they show, and danger --------------------------------------------------------------------------------------

VIOLENCE = "Mon chef me frappe tous les jours devant les autres."
TEXTS = "/moderation/centres/textes"


def test_a_question_shows_where_and_why_it_is_signalled(hub: Hub, app: Service, owner: Client) -> None:
    named = {"question": "Que penses-tu de Mme Durand ?", "genre": "one", "choix": "Bien\nÉcrire à chef@exemple.fr"}
    owner.post(PAGE, data=named)
    page = read(signed_in(hub, app).get(DESK))
    assert [words for words, _ in signalled(page)] == ["Mme Durand", "chef@exemple.fr"]
    assert "Trop court" not in page
    assert questions(hub)[0].state == "attente"


def test_what_was_answered_shows_where_and_why_it_is_signalled(
    hub: Hub, app: Service, school: School, catch_up: CatchUp
) -> None:
    school.answer(text="Appelle-moi au 06 12 34 56 78.")
    school.answer(text="Du pain.")
    catch_up()
    page = read(signed_in(hub, app).get(DESK))
    assert [words for words, _ in signalled(page)] == ["06 12 34 56 78"]
    assert "<blockquote>Du pain.</blockquote>" in page
    assert page.count("À regarder") == 1


def test_who_tells_a_centre_of_violence_is_read_before_anybody_else(
    hub: Hub, app: Service, clock: Clock, school: School, catch_up: CatchUp
) -> None:
    for number in range(25):
        school.answer(text=f"{WORDS} {number}.")
    catch_up()
    desk = signed_in(hub, app)
    front = read(desk.get("/moderation"))
    assert "25\u00a0textes écrits pour un centre attendent" in front
    assert "Danger possible</strong>" not in front
    clock.moment += timedelta(days=1)
    school.answer(text=VIOLENCE)
    catch_up()
    desk = signed_in(hub, app)
    front = read(desk.get("/moderation"))
    assert "<strong>Danger possible</strong> dans 1\u00a0texte écrit pour un centre" in front
    assert f'href="{DESK}#textes"' in front
    page = read(desk.get(DESK))
    assert page.index("me frappe") < page.index(WORDS)
    ((words, why),) = signalled(page)
    assert (words, why.partition("\u00a0")[0]) == ("me frappe", "Violence")


@pytest.mark.parametrize("state", ["a_verifier", "ecartee"])
def test_danger_does_not_wait_for_a_response_to_be_counted(
    hub: Hub, app: Service, school: School, catch_up: CatchUp, state: str
) -> None:
    school.answer(text=VIOLENCE)
    school.answer(text=f"{WORDS}.")
    catch_up()
    with writing(hub.engine).begin() as connection:
        connection.execute(REVIEW.update().values(state=state))
    desk = signed_in(hub, app)
    page = read(desk.get(DESK))
    assert "me frappe" in page
    assert "le centre ne le lira que si elle est comptée" in page
    assert WORDS not in page
    with hub.engine.connect() as connection:
        assert answers.count_waiting(connection) == answers.Waits(1, 1, hub.clock().date())


def test_moderators_are_told_by_mail_the_next_morning_of_danger_that_nobody_read(
    hub: Hub, app: Service, clock: Clock, school: School, catch_up: CatchUp
) -> None:
    signed_in(hub, app)
    school.answer(text=f"{WORDS}.")
    catch_up()
    clock.moment += timedelta(days=1)
    assert worker.owe_letters(hub) == 0
    school.answer(text=VIOLENCE)
    catch_up()
    clock.moment += timedelta(days=1)
    assert worker.owe_letters(hub) == 1
    (mail,) = mails(hub)["lea@exemple.fr"]
    assert mail["subject"] == "Un texte écrit pour un centre parle peut-être d'un danger"
    assert "2 textes écrits pour des centres attendent d'être lus, le plus ancien depuis 2 jours." in said(mail)
    assert "1 d'entre eux parle peut-être d'un danger" in said(mail)
    assert f"{DESK}#textes" in said(mail)
    assert "frappe" not in said(mail)
    school.read_all()
    clock.moment += timedelta(days=1)
    assert worker.owe_letters(hub) == 0


def test_texts_for_a_centre_that_wait_for_long_are_told_by_mail(
    hub: Hub, app: Service, clock: Clock, school: School, catch_up: CatchUp
) -> None:
    signed_in(hub, app)
    school.answer(text=f"{WORDS}.")
    catch_up()
    publish_everything(hub)
    clock.moment += timedelta(days=10)
    assert worker.owe_letters(hub) == 0
    clock.moment += timedelta(days=1)
    assert worker.owe_letters(hub) == 1
    (mail,) = mails(hub)["lea@exemple.fr"]
    assert mail["subject"] == "Des textes écrits pour des centres attendent depuis 11 jours"
    assert "1 texte écrit pour un centre attend d'être lu, le plus ancien depuis 11 jours." in said(mail)


def alerted(hub: Hub, app: Service, school: School, catch_up: CatchUp) -> tuple[str, Client]:
    """The id of a text that tells of violence, which a moderator gave to a referent, and that moderator's browser."""
    school.answer(text=VIOLENCE)
    catch_up()
    with hub.engine.connect() as connection:
        (text,) = answers.waiting(connection, 10)
    desk, form = signed_in(hub, app), {"version": "1", "genre": "danger", "note": "À lire vite."}
    assert desk.post(f"{TEXTS}/{text.id}/alerte", data={**form, "genre": ""}).status_code == 422
    assert desk.post(f"{TEXTS}/{text.id}/alerte", data={**form, "version": "7"}).status_code == 409
    assert desk.post(f"{TEXTS}/{text.id}/alerte", data=form).headers["location"] == f"{DESK}?fait=alerte"
    assert desk.post(f"{TEXTS}/{text.id}/alerte", data={**form, "version": "2"}).status_code == 409
    return text.id, desk


def test_an_alert_on_what_was_told_to_a_centre_is_mailed_without_a_word_of_it(
    hub: Hub, app: Service, school: School, catch_up: CatchUp
) -> None:
    signed_in(hub, app, Grant("ref@exemple.fr", "referent"))
    alerted(hub, app, school, catch_up)
    with hub.engine.connect() as connection:
        letters = connection.exec_driver_sql("SELECT kind, address, data FROM letter").fetchall()
    assert [(kind, address) for kind, address, _ in letters] == [("alerte", "ref@exemple.fr")]
    assert "frappe" not in str(letters)


@pytest.mark.parametrize(("wished", "shown"), [("rendre", 0), ("montre", 1), ("refuse", 0)])
def test_a_referent_alone_sees_what_is_alerted_and_says_what_was_done(
    hub: Hub, app: Service, school: School, owner: Client, catch_up: CatchUp, wished: str, shown: int
) -> None:
    for _ in range(5):
        school.answer(text=f"{WORDS}.")
    catch_up()
    school.read_all()
    referent = signed_in(hub, app, Grant("ref@exemple.fr", "referent"))
    text, desk = alerted(hub, app, school, catch_up)
    assert "me frappe" not in read(desk.get(DESK)) + read(desk.get("/moderation"))
    seen = {"version": "2", "decision": "montre"}
    assert desk.post(f"{TEXTS}/{text}", data=seen).status_code == 409
    page = read(referent.get("/moderation/alertes"))
    assert VIOLENCE in page
    assert FREE["question"] in page
    closed = {"version": "2", "decision": wished, "raison": "personne", "suite": "Le 119 a été appelé."}
    assert referent.post("/moderation/alertes/1", data={**closed, "suite": " "}).status_code == 422
    assert referent.post("/moderation/alertes/1", data={**closed, "decision": "publie"}).status_code == 422
    assert referent.post("/moderation/alertes/1", data=closed).status_code == 303
    assert referent.post("/moderation/alertes/1", data=closed).status_code == 409
    page = read(referent.get("/moderation/alertes"))
    assert "Le 119 a été appelé." in page
    assert VIOLENCE not in page
    assert ("me frappe" in read(desk.get(DESK))) == (wished == "rendre")
    assert read(owner.get(PAGE)).count(VIOLENCE) == shown


def test_a_text_taken_back_while_a_referent_has_it_is_erased_and_its_alert_can_be_closed(
    hub: Hub, app: Service, school: School, catch_up: CatchUp
) -> None:
    referent = signed_in(hub, app, Grant("ref@exemple.fr", "referent"))
    alerted(hub, app, school, catch_up)
    school.withdraw(school.tokens[0], f"centre.{school.ids[2]}")
    catch_up()
    page = read(referent.get("/moderation/alertes"))
    assert "Ce texte a été retiré par son auteur" in page
    assert "frappe" not in page
    assert b"me frappe" not in bytes_of(hub)
    closed = {"version": "3", "decision": "rendre", "suite": "Le 119 a été appelé."}
    assert referent.post("/moderation/alertes/1", data=closed).status_code == 303


# -- counted alike by somebody else ----------------------------------------------------------------------------------


def recounted(hub: Hub) -> dict[str, Any]:
    """Answers that stand in the collector, counted by the test."""
    last: dict[str, Any] = {}
    for event in hub.collector.responses_after("", 10_000):
        last[event.id] = event
    respondents: Counter[str] = Counter()
    options: Counter[tuple[str, str]] = Counter()
    for event in last.values():
        if not event.withdrawn:
            for key, chosen in event.answers.choices.items():
                respondents[key] += key.startswith("centre.")
                options.update((key, one) for one in chosen if key.startswith("centre."))
            respondents.update(key for key in event.answers.texts if key.startswith("centre."))
    return {"respondents": +respondents, "options": +options}


def told(school: School) -> dict[str, Any]:
    found = school.counts()
    return {
        "respondents": +Counter({f"centre.{n}": one.respondents for n, one in found.items()}),
        "options": +Counter({(f"centre.{n}", key): c for n, one in found.items() for key, c in one.options.items()}),
    }


Step = tuple[str, int, str, tuple[str, ...], bool]
STEPS = st.tuples(
    st.sampled_from(["answer", "answer", "answer", "withdraw", "withdraw text", "take in"]),
    st.integers(0, 30),
    st.sampled_from(["", "o1", "o2", "o3"]),
    st.sampled_from([(), ("o1",), ("o2",), ("o1", "o2")]),
    st.booleans(),
)


@settings(max_examples=examples(12))
@given(st.lists(STEPS, max_size=14))
def test_whatever_is_sent_and_taken_back_counts_are_those_of_an_independent_recount(
    databases: Databases, migrated: Path, steps: list[Step]
) -> None:
    with databases.fresh(migrated) as folder:
        hub = asgi.open_hub(settings_in(folder), Clock())
        try:
            school = School(hub, create_app(hub, background=False))
            gone: set[str] = set()
            wrote: set[str] = set()
            for act, which, one, several, writes in steps:
                if act == "answer":
                    token = school.answer(one, several, f"{WORDS} {which}." if writes else "")
                    wrote |= {token} if writes else set()
                elif act == "take in":
                    worker.work_once(hub)
                elif school.tokens:
                    token = school.tokens[which % len(school.tokens)]
                    if act == "withdraw" and token not in gone:
                        school.withdraw(token)
                        gone.add(token)
                        wrote.discard(token)
                    elif act == "withdraw text" and token in wrote:
                        school.withdraw(token, f"centre.{school.ids[2]}")
                        wrote.discard(token)
            worker.work_once(hub)
            assert told(school) == recounted(hub)
            assert sum(one.respondents for one in school.counts().values()) >= len(wrote)
        finally:
            hub.close()
