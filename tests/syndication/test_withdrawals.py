"""What authors take back or say anew, as the hub hears of it: gone everywhere within one round, counted nowhere."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from collector.door import Receipt, default_questionnaire
from syndication import asgi, campaigns, database, intake, models, store, worker
from syndication.app import Service, create_app
from syndication.context import Hub
from syndication.database import table, writing
from syndication.errors import DecisionError
from syndication.moderation import store as moderation
from syndication.moderation.decide import REASONS
from syndication.reviews import store as reviews
from tests import databases as databases_of
from tests.conftest import CUISINE, PARIS_CENTRE, open_one, recall, settings_in
from tests.databases import Databases, examples
from tests.helpers import FULL_ANSWER, Client, Clock
from tests.syndication.test_desk import signed_in, waiting

AVIS = f"/api/v1/avis?formation={CUISINE}"
WIDGET = f"/widget?formation={CUISINE}"
SUMMARIES = f"/api/v1/resumes?cles={CUISINE}"
SURFACES = (
    AVIS, f"{AVIS}&etablissement={PARIS_CENTRE}", f"/api/v1/avis?etablissement={PARIS_CENTRE}", WIDGET,
    f"{WIDGET}&etablissement={PARIS_CENTRE}", f"{WIDGET}&si-vide=message", f"/integrer?formation={CUISINE}", "/",
)  # fmt: skip
FIRST, SECOND = "changement", "recherche.conseil"
REVIEW, VERBATIM, CAMPAIGN = (
    table(models.Review), table(models.Verbatim), table(models.Campaign),
)  # fmt: skip
CatchUp = Callable[[], None]


@dataclass(frozen=True)
class Author:
    """Somebody who answered, and the words that nobody else wrote."""

    number: int
    token: str
    id: str

    @property
    def words(self) -> dict[str, str]:
        return {FIRST: f"Premier texte de n°{self.number}.", SECOND: f"Second texte de n°{self.number}."}

    @property
    def rewritten(self) -> str:
        return f"Texte réécrit par n°{self.number}."


class Group:
    """People who answered one campaign, and one desk."""

    def __init__(self, hub: Hub, app: Service) -> None:
        self.hub = hub
        self.browser = Client(app)
        self.people: list[Author] = []
        self.campaign = ""

    def answer(self, campaign: str, times: int, **said: list[str]) -> list[Author]:
        """So many more people answer."""
        self.campaign = campaign
        links = self.hub.collector.issue_links(campaign, times)
        for link in links:
            person = Author(len(self.people), link.rpartition("/")[2], "")
            own = {key: [text] for key, text in person.words.items()}
            self.hub.collector.record(
                link, {**FULL_ANSWER, **own, **{k.replace("__", "."): v for k, v in said.items()}}
            )
            sent = [event for event in self.hub.collector.responses_after("") if event.kind == "sent"]
            self.people.append(Author(person.number, person.token, sent[-1].id))
        return self.people[-times:]

    def withdraw(self, person: Author, question: str = "") -> None:
        data = {"jeton": person.token, "etape": "retirer", "question": question}
        assert self.browser.post("/r/auteur", data=data).status_code == 303

    def rewrite(self, person: Author, question: str = FIRST, text: str = "") -> int:
        """Post a rewriting; gives what is answered: 303 when it was kept."""
        data = {"jeton": person.token, "etape": "recrire", "question": question, "texte": text or person.rewritten}
        return self.browser.post("/r/auteur", data=data).status_code

    def page(self, person: Author) -> str:
        """The author's own page."""
        return unescape(self.browser.get("/r", headers={"cookie": f"sirius-lien={person.token}"}).text)

    def verbatim(self, person: Author, question: str = FIRST) -> Any:
        """The row of a text in the hub, or None."""
        query = select(VERBATIM).join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
        with self.hub.engine.connect() as connection:
            return connection.execute(
                query.where(REVIEW.c.source_id == person.id, VERBATIM.c.question == question)
            ).first()

    def state(self, person: Author) -> str:
        """The state of a response in the hub."""
        with self.hub.engine.connect() as connection:
            query = select(REVIEW.c.state).where(REVIEW.c.source_id == person.id)
            return str(connection.execute(query).scalar_one())

    def publish(self, *people: Author, question: str = FIRST) -> None:
        self._decide(people, question, "publie", None)

    def refuse(self, person: Author, question: str = FIRST, reason: str = "personne") -> None:
        self._decide((person,), question, "refuse", reason)

    def judge(self, person: Author, wished: str) -> None:
        with writing(self.hub.engine).begin() as connection:
            query = select(REVIEW.c.id).where(REVIEW.c.source_id == person.id)
            reviews.judge(connection, connection.execute(query).scalar_one(), wished, "lea", self.hub.clock())

    def _decide(self, people: Sequence[Author], question: str, wished: str, reason: str | None) -> None:
        texts = [self.verbatim(person, question) for person in people]
        with writing(self.hub.engine).begin() as connection:
            for text in texts:
                moderation.record_decision(connection, text.id, text.version, wished, reason, "lea", self.hub.clock())


@pytest.fixture
def group(hub: Hub, app: Service) -> Group:
    return Group(hub, app)


def read_of_seven(hub: Hub, clock: Clock) -> Any:
    """Seven people answered, and their first texts were published."""
    group = Group(hub, create_app(hub, background=False))
    people = group.answer(open_one(hub, clock), 7)
    worker.work_once(hub)
    group.publish(*people)
    worker.work_once(hub)
    return group.campaign, [astuple(person) for person in people]


SCENES = {"seven": read_of_seven}


@pytest.fixture
def seven(group: Group, clock: Clock) -> list[Author]:
    """Seven people whose first texts are published; the second ones wait."""
    group.campaign, people = recall(group.hub, clock)
    group.people = [Author(*told) for told in people]
    return list(group.people)


def dump(hub: Hub, *but: str) -> list[str]:
    """Everything in the hub's database, but for some tables."""
    lines = databases_of.dump(hub.settings.database_url)
    return [line for line in lines if not line.startswith(tuple(f"{name} " for name in but))]


def rows(hub: Hub, query: str) -> list[tuple[Any, ...]]:
    with hub.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def everywhere(client: Client) -> str:
    """All that the world may read."""
    return unescape("".join(client.get(url).text for url in SURFACES))


def recounted(hub: Hub) -> dict[tuple[int, int, str, str], int]:
    """Figures counted anew from what is stored of each response, of each text and of each campaign."""
    axes = {
        part.key
        for question in default_questionnaire().questions()
        if question.feeds == "axis"
        for part in (question.rows or (question,))
    }
    public = {question.key for question in default_questionnaire().questions() if question.feeds == "choice"}
    counts: Counter[tuple[int, int, str, str]] = Counter()

    def add(row: Any, axis: str, value: str, count: int = 1) -> None:
        for scope in ((row.formation_id, row.centre_id), (row.formation_id, 0), (0, row.centre_id)):
            counts[(*scope, axis, value)] += count

    respondents: Counter[str] = Counter()
    with hub.engine.connect() as connection:
        for review in connection.execute(select(REVIEW).where(REVIEW.c.state == "comptee")):
            scales = {key: value for key, value in review.answers["scales"].items() if key in axes}
            for key, value in scales.items():
                add(review, key, value)
            for key, values in review.answers["choices"].items():
                for value in ("", *values) if key in public else ():
                    add(review, f"choix.{key}", value)
            if scales:
                add(review, "@repondants", "")
                add(review, "@mois", review.month)
                respondents[review.campaign_id] += 1
        for verbatim in connection.execute(select(VERBATIM).where(VERBATIM.c.status == "publie")):
            add(verbatim, "@verbatims", verbatim.question)
        for campaign in connection.execute(select(CAMPAIGN)):
            assert campaign.respondents == respondents[campaign.id]
            known = campaign.invited is not None
            add(campaign, "@invites", *(("connus", campaign.invited) if known else ("inconnus", campaign.respondents)))
    return {key: count for key, count in counts.items() if count}


def tallied(hub: Hub) -> dict[tuple[int, int, str, str], int]:
    """Figures as they are kept; none may ever be below zero."""
    found = {
        (formation, centre, axis, value): count
        for formation, centre, axis, value, count in rows(
            hub, "SELECT formation_id, centre_id, axis, value, count FROM tally"
        )
    }
    assert min(found.values(), default=0) >= 0
    return {key: count for key, count in found.items() if count}


# -- a text ----------------------------------------------------------------------------------------------------------


def test_a_withdrawn_text_is_gone_from_every_surface_within_one_round(
    group: Group, client: Client, seven: list[Author], catch_up: CatchUp
) -> None:
    gone = seven[3]
    for surface in SURFACES[:4]:
        assert gone.words[FIRST] in unescape(client.get(surface).text)
    assert client.get(SUMMARIES).json()["data"][0]["verbatims"] == {"total": 7}
    group.withdraw(gone, FIRST)
    catch_up()
    assert gone.words[FIRST] not in everywhere(client)
    avis = client.get(AVIS).json()
    assert avis["verbatims"]["total"] == 6
    assert len(avis["verbatims"]["extraits"]) == 6
    assert client.get(SUMMARIES).json()["data"][0]["verbatims"] == {"total": 6}
    assert avis["repondants"] == 7
    assert tallied(group.hub) == recounted(group.hub)


def test_a_withdrawn_text_leaves_the_desk(
    group: Group, hub: Hub, app: Service, seven: list[Author], catch_up: CatchUp
) -> None:
    desk = signed_in(hub, app)
    assert seven[0].words[SECOND] in unescape(desk.get("/moderation").text)
    group.withdraw(seven[0], SECOND)
    catch_up()
    page = unescape(desk.get("/moderation").text)
    assert seven[0].words[SECOND] not in page
    assert seven[1].words[SECOND] in page
    assert len(waiting(hub)) == 6


@pytest.mark.parametrize("before", ["attente", "publie", "refuse"])
def test_the_words_of_a_withdrawn_text_are_erased_and_what_was_decided_stays(
    group: Group, hub: Hub, seven: list[Author], catch_up: CatchUp, before: str
) -> None:
    gone = seven[0]
    question = FIRST if before == "publie" else SECOND
    if before == "refuse":
        group.refuse(gone, SECOND)
    group.withdraw(gone, question)
    catch_up()
    kept = group.verbatim(gone, question)
    assert (kept.status, kept.text, kept.fingerprint, kept.reason, kept.published_at) == (
        "retire",
        "",
        None,
        None,
        None,
    )
    assert gone.words[question] not in "\n".join(dump(hub))
    decided = rows(hub, f"SELECT from_status, to_status, actor FROM decision WHERE verbatim_id = '{kept.id}'")
    former = {"publie": [("attente", "publie", "lea")], "refuse": [("attente", "refuse", "lea")]}.get(before, [])
    assert decided == [*former, (before, "retire", "auteur")]
    assert group.state(gone) == "comptee"


def test_what_was_decided_on_a_withdrawn_text_is_told_to_nobody(
    group: Group, hub: Hub, seven: list[Author], catch_up: CatchUp
) -> None:
    group.refuse(seven[0], SECOND)
    group.withdraw(seven[0], SECOND)
    catch_up()
    assert REASONS["personne"] not in group.page(seven[0])
    assert rows(hub, "SELECT count(*) FROM verbatim WHERE receipt_due") == [(0,)]


def test_a_text_withdrawn_before_it_was_taken_in_is_never_stored(
    group: Group, hub: Hub, open_campaign: Callable[..., str], catch_up: CatchUp
) -> None:
    (person,) = group.answer(open_campaign(), 1)
    group.withdraw(person, FIRST)
    catch_up()
    assert group.verbatim(person, FIRST) is None
    assert group.verbatim(person, SECOND).status == "attente"
    assert person.words[FIRST] not in "\n".join(dump(hub))
    assert group.state(person) == "comptee"


@pytest.mark.sqlite
def test_the_bytes_of_the_hub_s_database_forget_withdrawn_words(
    group: Group, hub: Hub, seven: list[Author], catch_up: CatchUp
) -> None:
    words = seven[2].words[FIRST].encode()
    assert words in checkpointed(hub)
    group.withdraw(seven[2])
    catch_up()
    assert words not in checkpointed(hub)


def checkpointed(hub: Hub) -> bytes:
    """The bytes of the hub's database, its log written into it."""
    path = hub.settings.data_dir / "syndication.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


# -- a whole response ------------------------------------------------------------------------------------------------


def test_a_withdrawn_response_counts_nowhere_any_more(
    group: Group, client: Client, clock: Clock, open_campaign: Callable[..., str], catch_up: CatchUp
) -> None:
    people = group.answer(open_campaign(), 6)
    clock.moment += timedelta(days=40)
    (gone,) = group.answer(group.campaign, 1, satisfaction=["mal"], avant=["reconversion"])
    catch_up()
    group.publish(*people, gone)
    catch_up()
    before = client.get(AVIS).json()
    assert (before["repondants"], before["invites"], before["taux_reponse"]) == (7, 7, 1.0)
    assert before["periode"] == {"debut": "2026-11", "fin": "2027-01"}
    group.withdraw(gone)
    catch_up()
    for url in (AVIS, f"{AVIS}&etablissement={PARIS_CENTRE}", f"/api/v1/avis?etablissement={PARIS_CENTRE}"):
        avis = client.get(url).json()
        assert (avis["repondants"], avis["invites"], avis["taux_reponse"]) == (6, 7, 0.86)
        assert avis["periode"] == {"debut": "2026-11", "fin": "2026-11"}
        assert avis["satisfaction"]["mal"]["nombre"] == 0
        assert avis["satisfaction"]["bien"]["nombre"] == 6
        options = {o["cle"]: o["nombre"] for c in avis["choix"] if c["cle"] == "avant" for o in c["options"]}
        assert (options["reconversion"], options["college"]) == (0, 6)
        assert avis["verbatims"]["total"] == 6
    summary = client.get(SUMMARIES).json()["data"][0]
    assert (summary["repondants"], summary["verbatims"]["total"], summary["taux_reponse"]) == (6, 6, 0.86)
    assert gone.words[FIRST] not in everywhere(client)
    assert tallied(group.hub) == recounted(group.hub)


def test_a_withdrawn_response_takes_everything_below_the_threshold_with_it(
    group: Group, client: Client, open_campaign: Callable[..., str], catch_up: CatchUp
) -> None:
    people = group.answer(open_campaign(), 5)
    catch_up()
    group.publish(*people)
    catch_up()
    assert people[1].words[FIRST] in everywhere(client)
    group.withdraw(people[0])
    catch_up()
    avis = client.get(AVIS).json()
    assert (avis["repondants"], avis["satisfaction"], avis["notes"], avis["choix"]) == (4, None, [], [])
    assert avis["verbatims"] == {"total": 0, "extraits": []}
    for person in people:
        assert person.words[FIRST] not in everywhere(client)


def test_the_answers_and_words_of_a_withdrawn_response_are_erased_and_what_was_decided_stays(
    group: Group, hub: Hub, seven: list[Author], catch_up: CatchUp
) -> None:
    (gone,) = group.answer(group.campaign, 1, avant=["pas_scolarise"], **{"fierte__voie": ["mal"]})
    catch_up()
    group.publish(gone)
    group.refuse(gone, SECOND)
    group.withdraw(gone)
    catch_up()
    everything = "\n".join(dump(hub))
    for text in gone.words.values():
        assert text not in everything
    review = reviews.REVIEW.c
    with hub.engine.connect() as connection:
        kept = select(review.answers, review.marks, review.counts, review.state).where(review.source_id == gone.id)
        assert connection.execute(kept).one() == ({"scales": {}, "choices": {}}, [], [], "retiree")
    ids = {group.verbatim(gone, question).id for question in (FIRST, SECOND)}
    decided = Counter(
        row[1:] for row in rows(hub, "SELECT verbatim_id, actor, to_status FROM decision") if row[0] in ids
    )
    assert decided == {("lea", "publie"): 1, ("lea", "refuse"): 1, ("auteur", "retire"): 2}
    moved = rows(hub, "SELECT actor, from_state, to_state FROM review_decision")
    assert moved == [("auteur", "comptee", "retiree")]


def test_a_response_withdrawn_before_it_was_taken_in_is_never_stored(
    group: Group, hub: Hub, client: Client, open_campaign: Callable[..., str], catch_up: CatchUp
) -> None:
    before = dump(hub, "bookmark", "campaign", "tally", "change")
    people = group.answer(open_campaign(), 2)
    group.withdraw(people[0], FIRST)
    for person in people:
        group.withdraw(person)
    catch_up()
    assert dump(hub, "bookmark", "campaign", "tally", "change") == before
    assert client.get(AVIS).json()["repondants"] == 0
    assert tallied(hub) == recounted(hub)


def test_behind_a_common_link_a_withdrawn_response_is_not_counted_as_asked(
    group: Group, hub: Hub, app: Service, client: Client, seven: list[Author],
    open_campaign: Callable[..., str], catch_up: CatchUp,
) -> None:  # fmt: skip
    path = hub.collector.common_link(open_campaign()).removeprefix("http://127.0.0.1:8000")
    visitor = Client(app)
    visitor.post(path)
    hub.collector.record(f"/r/{visitor.cookies['sirius-lien']}", FULL_ANSWER)
    catch_up()
    assert (client.get(AVIS).json()["repondants"], client.get(AVIS).json()["invites"]) == (8, None)
    visitor.post("/r/auteur", data={"jeton": visitor.cookies["sirius-lien"], "etape": "retirer", "question": ""})
    catch_up()
    assert (client.get(AVIS).json()["repondants"], client.get(AVIS).json()["invites"]) == (7, 7)
    assert tallied(hub) == recounted(hub)


def test_a_campaign_goes_on_being_counted_after_a_withdrawal(
    group: Group, hub: Hub, client: Client, clock: Clock, seven: list[Author], catch_up: CatchUp
) -> None:
    group.withdraw(seven[0])
    catch_up()
    group.answer(group.campaign, 2)
    catch_up()
    intake.count_invitations(hub.engine, hub.collector, clock())
    catch_up()
    avis = client.get(AVIS).json()
    assert (avis["repondants"], avis["invites"], avis["taux_reponse"]) == (8, 9, 0.89)
    assert tallied(hub) == recounted(hub)


# -- responses held back ---------------------------------------------------------------------------------------------

COPY = "Exactement les mêmes quarante lettres que tout le monde, au moins."


@pytest.fixture
def held(group: Group, seven: list[Author], catch_up: CatchUp) -> Author:
    """Somebody whose response waits to be counted, because it repeats somebody else's text."""
    _, copied = group.answer(group.campaign, 2, changement=[COPY])
    catch_up()
    assert group.state(copied) == "a_verifier"
    return copied


def test_a_response_held_back_and_withdrawn_leaves_the_desk_and_changes_no_figure(
    group: Group, hub: Hub, app: Service, held: Author, catch_up: CatchUp
) -> None:
    desk = signed_in(hub, app)
    assert "Compter cette réponse" in unescape(desk.get("/moderation/verifier").text)
    before = tallied(hub)
    group.withdraw(held)
    catch_up()
    page = unescape(desk.get("/moderation").text + desk.get("/moderation/verifier").text)
    assert "Compter cette réponse" not in page
    assert held.words[SECOND] not in page
    assert tallied(hub) == before == recounted(hub)
    assert group.state(held) == "retiree"
    assert held.words[SECOND] not in "\n".join(dump(hub))


def test_a_response_held_back_that_loses_a_text_is_still_held_back(
    group: Group, hub: Hub, held: Author, catch_up: CatchUp
) -> None:
    before = tallied(hub)
    group.withdraw(held, FIRST)
    catch_up()
    assert group.state(held) == "a_verifier"
    assert tallied(hub) == before == recounted(hub)
    group.judge(held, "comptee")
    assert tallied(hub) == recounted(hub) != before


@pytest.mark.parametrize("judged", ["comptee", "ecartee", "published"])
def test_a_response_held_back_then_judged_is_withdrawn_to_the_last_figure(
    group: Group, hub: Hub, held: Author, catch_up: CatchUp, judged: str
) -> None:
    before = tallied(hub)
    if judged == "published":
        group.publish(held)
    else:
        group.judge(held, judged)
    catch_up()
    assert tallied(hub) == recounted(hub)
    assert (tallied(hub) == before) is (judged == "ecartee")
    group.withdraw(held)
    catch_up()
    assert tallied(hub) == before == recounted(hub)
    assert group.state(held) == "retiree"


def test_who_was_set_aside_rewrites_and_is_counted_once_published(
    group: Group, hub: Hub, held: Author, catch_up: CatchUp
) -> None:
    group.judge(held, "ecartee")
    catch_up()
    assert REASONS["douteux"] in group.page(held)
    assert group.rewrite(held) == 303
    catch_up()
    assert held.rewritten in {text.text for text in waiting(hub)}
    group.publish(held)
    assert group.state(held) == "comptee"
    assert tallied(hub) == recounted(hub)
    group.withdraw(held)
    catch_up()
    assert tallied(hub) == recounted(hub)


# -- rewriting -------------------------------------------------------------------------------------------------------


def test_the_history_of_a_text_rewritten_the_day_it_was_refused_is_in_order(
    group: Group, hub: Hub, app: Service, seven: list[Author], catch_up: CatchUp
) -> None:
    person = seven[0]
    group.refuse(person, SECOND)
    catch_up()
    assert group.rewrite(person, SECOND) == 303
    catch_up()
    (text,) = [one for one in waiting(hub) if one.text == person.rewritten]
    page = unescape(signed_in(hub, app).get(f"/moderation/textes/{text.id}").text)
    moves = re.findall(r'data-nom="De">(.*?)</td><td data-nom="À">(.*?)</td>', page)
    assert moves == [("en attente", "refusé"), ("refusé", "en attente")]


def test_a_rewritten_text_waits_again_is_published_and_its_author_is_told(
    group: Group, hub: Hub, app: Service, client: Client, clock: Clock, seven: list[Author], catch_up: CatchUp
) -> None:
    person = seven[0]
    group.refuse(person, SECOND)
    catch_up()
    assert REASONS["personne"] in group.page(person)
    clock.moment += timedelta(days=3)
    assert group.rewrite(person, SECOND) == 303
    assert "<b>En attente</b>" in group.page(person)
    catch_up()
    assert "<b>En attente</b>" in group.page(person)
    assert person.words[SECOND] not in "\n".join(dump(hub))
    (text,) = [one for one in waiting(hub) if one.text == person.rewritten]
    assert text.received_on == clock().date()
    clock.moment += timedelta(days=1)
    desk = signed_in(hub, app)
    assert person.rewritten in unescape(desk.get("/moderation").text)
    published = desk.post(f"/moderation/{text.id}", data={"version": str(text.version), "decision": "publie"})
    assert published.status_code == 303
    catch_up()
    assert person.rewritten in everywhere(client)
    assert person.words[SECOND] not in everywhere(client)
    assert "<b>Publié le 28 novembre 2026</b>" in group.page(person)
    assert tallied(hub) == recounted(hub)


def test_refused_rewritten_and_refused_again_leaves_the_last_word_with_its_reason(
    group: Group, hub: Hub, client: Client, seven: list[Author], catch_up: CatchUp
) -> None:
    person = seven[0]
    for round_number, reason in enumerate(("personne", "injure", "publicite")):
        group.refuse(person, SECOND, reason)
        catch_up()
        assert REASONS[reason] in group.page(person)
        assert group.rewrite(person, SECOND, f"Nouvel essai n°{round_number}.") == 303
        catch_up()
        assert REASONS[reason] not in group.page(person)
        assert group.verbatim(person, SECOND).text == f"Nouvel essai n°{round_number}."
    group.refuse(person, SECOND, "vide")
    catch_up()
    assert REASONS["vide"] in group.page(person)
    assert "Nouvel essai" not in everywhere(client)
    assert tallied(hub) == recounted(hub)


def test_late_receipts_never_overwrite_what_came_after_them(
    group: Group, hub: Hub, clock: Clock, seven: list[Author], catch_up: CatchUp
) -> None:
    person = seven[0]
    group.refuse(person, SECOND)
    late = Receipt(person.id, SECOND, "refuse", REASONS["personne"], clock().date(), 2)
    catch_up()
    group.rewrite(person, SECOND)
    hub.collector.deliver_receipt(late)
    assert "<b>En attente</b>" in group.page(person)
    catch_up()
    group.publish(person, question=SECOND)
    catch_up()
    hub.collector.deliver_receipt(late)
    assert REASONS["personne"] not in group.page(person)
    group.withdraw(person, SECOND)
    hub.collector.deliver_receipt(late)
    assert REASONS["personne"] not in group.page(person)
    assert person.rewritten not in group.page(person)


def test_a_receipt_that_was_delivered_but_not_noted_is_delivered_again_without_harm(
    group: Group, hub: Hub, seven: list[Author], catch_up: CatchUp
) -> None:
    person = seven[0]
    group.refuse(person, SECOND)
    catch_up()
    group.rewrite(person, SECOND)
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE verbatim SET receipt_due = TRUE WHERE status = 'refuse'")
    worker.deliver_receipts(hub)
    assert "<b>En attente</b>" in group.page(person)
    assert group.verbatim(person, SECOND).status == "refuse"
    catch_up()
    assert group.verbatim(person, SECOND).text == person.rewritten


def test_words_published_after_all_while_their_author_rewrote_them_give_way_to_the_new_ones(
    group: Group, hub: Hub, client: Client, seven: list[Author], catch_up: CatchUp
) -> None:
    person = seven[0]
    group.refuse(person, SECOND)
    catch_up()
    assert group.rewrite(person, SECOND) == 303  # the author is told that it is done
    group.publish(person, question=SECOND)  # a moderator changes their mind before the hub has heard of it
    catch_up()
    shown = everywhere(client)
    told = group.page(person)
    assert tallied(hub) == recounted(hub)
    assert person.rewritten in told
    assert person.words[SECOND] not in shown
    assert person.rewritten in shown or person.rewritten in {text.text for text in waiting(hub)}


# -- moderators and authors at the same time -------------------------------------------------------------------------


@pytest.mark.parametrize("wished", ["publie", "refuse"])
@pytest.mark.parametrize("act", ["withdraws the text", "withdraws everything", "rewrites"])
def test_a_moderator_who_decides_on_a_text_that_has_just_changed_changes_nothing(
    group: Group, hub: Hub, app: Service, seven: list[Author], catch_up: CatchUp, act: str, wished: str
) -> None:
    person = seven[0]
    if act == "rewrites":
        group.refuse(person, SECOND)
        catch_up()
    desk, seen = signed_in(hub, app), group.verbatim(person, SECOND)
    if act == "rewrites":
        assert group.rewrite(person, SECOND) == 303
    else:
        group.withdraw(person, SECOND if act == "withdraws the text" else "")
    catch_up()
    before = dump(hub)
    data = {"version": str(seen.version), "decision": wished, "raison": "injure"}
    late = desk.post(f"/moderation/{seen.id}", data=data)
    assert late.status_code == 409
    assert "rien n'a été changé" in unescape(late.text)
    assert dump(hub) == before


def test_a_withdrawn_text_is_published_by_nobody(
    group: Group, hub: Hub, seven: list[Author], catch_up: CatchUp
) -> None:
    group.withdraw(seven[0])
    catch_up()
    for question in (FIRST, SECOND):
        with pytest.raises(DecisionError):
            group.publish(seven[0], question=question)
        with pytest.raises(DecisionError):
            group.refuse(seven[0], question)
    assert tallied(hub) == recounted(hub)


@pytest.mark.parametrize("wished", ["comptee", "ecartee"])
def test_a_moderator_who_judges_a_response_just_withdrawn_changes_nothing(
    group: Group, hub: Hub, app: Service, held: Author, catch_up: CatchUp, wished: str
) -> None:
    desk = signed_in(hub, app)
    ((review,),) = rows(hub, f"SELECT id FROM review WHERE source_id = '{held.id}'")
    group.withdraw(held)
    catch_up()
    before = dump(hub)
    late = desk.post(f"/moderation/reponses/{review}", data={"decision": wished})
    assert late.status_code == 409
    assert "rien n'a été changé" in unescape(late.text)
    assert dump(hub) == before


def test_a_decision_taken_while_the_withdrawal_is_on_its_way_does_not_outlive_it(
    group: Group, hub: Hub, client: Client, seven: list[Author], catch_up: CatchUp
) -> None:
    group.withdraw(seven[0], SECOND)
    group.publish(seven[0], question=SECOND)  # the hub has not heard yet
    catch_up()
    assert group.verbatim(seven[0], SECOND).status == "retire"
    assert seven[0].words[SECOND] not in everywhere(client)
    assert client.get(AVIS).json()["verbatims"]["total"] == 7
    assert tallied(hub) == recounted(hub)


def test_what_an_author_does_is_dated_no_closer_than_to_the_hour(
    group: Group, hub: Hub, clock: Clock, seven: list[Author], catch_up: CatchUp
) -> None:
    clock.moment += timedelta(minutes=17, seconds=23)
    group.refuse(seven[1], SECOND)
    catch_up()
    group.rewrite(seven[1], SECOND)
    group.withdraw(seven[0])
    group.withdraw(seven[2], SECOND)
    catch_up()
    moments = rows(hub, "SELECT at FROM decision WHERE actor = 'auteur'")
    moments += rows(hub, "SELECT at FROM review_decision WHERE actor = 'auteur'")
    assert len(moments) == 5
    assert [moment for (moment,) in moments if ":17" in str(moment)] == []


# -- again, and in any order -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "history",
    [
        (),
        ("withdraw",),
        ("withdraw everything",),
        ("withdraw", "withdraw everything"),
        ("refuse",),
        ("refuse", "rewrite"),
        ("refuse", "rewrite", "publish"),
        ("refuse", "rewrite", "refuse"),
        ("refuse", "rewrite", "refuse", "rewrite", "publish"),
        ("refuse", "rewrite", "withdraw"),
        ("refuse", "rewrite", "refuse", "withdraw everything"),
        ("publish", "refuse"),
        ("publish", "withdraw"),
    ],
)
def test_all_events_taken_in_again_change_nothing(
    group: Group, hub: Hub, seven: list[Author], catch_up: CatchUp, history: tuple[str, ...]
) -> None:
    person = seven[0]
    for step, act in enumerate(history):
        if act == "publish":
            group.publish(person, question=SECOND)
        elif act == "refuse":
            group.refuse(person, SECOND)
        elif act == "rewrite":
            assert group.rewrite(person, SECOND, f"Version {step}.") == 303
        else:
            group.withdraw(person, SECOND if act == "withdraw" else "")
        catch_up()
    before = dump(hub)
    with hub.engine.begin() as connection:
        store.move_bookmark(connection, intake.FOLLOWER, "")
    assert worker.work_once(hub) == 0
    assert dump(hub) == before


ACTS = ("publish", "refuse", "rewrite", "withdraw", "withdraw everything", "count", "discard", "take in", "answer")
Step = tuple[str, int, str]


@contextmanager
def fresh_group(databases: Databases, migrated: Path) -> Iterator[tuple[Group, CatchUp]]:
    """Four people of one campaign, two of whom gave the same text, in databases of their own."""
    with databases.fresh(migrated) as folder:
        clock = Clock()
        hub = asgi.open_hub(settings_in(folder), clock)
        try:
            app = create_app(hub, background=False)
            app.catch_up()
            today = clock().date()
            campaign = campaigns.open_campaign(
                hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, today + timedelta(days=60), 0
            )
            group = Group(hub, app)
            group.answer(campaign.id, 2)
            group.answer(campaign.id, 2, changement=[COPY])

            def catch_up() -> None:
                worker.work_once(hub)
                app.catch_up()

            catch_up()
            yield group, catch_up
        finally:
            hub.close()


def play(group: Group, catch_up: CatchUp, step: Step) -> None:
    """One thing that a moderator, an author or the background does, when it may be done."""
    act, number, question = step
    person = group.people[number % len(group.people)]
    if act == "take in":
        catch_up()
    elif act == "answer" and len(group.people) < 8:
        group.answer(group.campaign, 1)
    elif act == "rewrite":
        group.rewrite(person, question, f"Réécrit par n°{person.number}.")
    elif act == "withdraw":
        group.withdraw(person, question)
    elif act == "withdraw everything":
        group.withdraw(person)
    elif act in {"publish", "refuse"} and group.verbatim(person, question) is not None:
        try:
            if act == "publish":
                group.publish(person, question=question)
            else:
                group.refuse(person, question)
        except DecisionError:
            return
    elif act in {"count", "discard"} and group.verbatim(person, SECOND) is not None:
        try:
            group.judge(person, "comptee" if act == "count" else "ecartee")
        except DecisionError:
            return


@pytest.mark.sqlite
def test_the_file_of_a_large_database_is_written_anew_the_night_after_words_were_taken_back(
    hub: Hub, group: Group, seven: list[Author], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ANEW_AT_ONCE_BYTES", 4096)

    def work_at(hour: int) -> tuple[str, str]:
        clock.moment = clock().replace(hour=hour)
        worker.work_once(hub)
        worker.forget_copies(hub)
        with hub.engine.connect() as connection:
            return store.bookmark(connection, intake.ERASED), store.bookmark(connection, intake.FORGOTTEN)

    assert work_at(14) == ("", "")
    group.withdraw(seven[0], FIRST)
    erased = work_at(15)[0]
    assert erased
    assert work_at(23) == (erased, "")
    assert work_at(3) == (erased, erased)


@settings(max_examples=examples(20))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.sampled_from((FIRST, SECOND))), min_size=4, max_size=16
    )
)
def test_in_whatever_order_things_happen_figures_are_those_of_what_is_stored(
    databases: Databases, migrated: Path, steps: list[Step]
) -> None:
    with fresh_group(databases, migrated) as (group, catch_up):
        for step in steps:
            play(group, catch_up, step)
            assert tallied(group.hub) == recounted(group.hub)
        catch_up()
        assert tallied(group.hub) == recounted(group.hub)
        last = {event.id: event for event in group.hub.collector.responses_after("")}
        for person in group.people:
            kept = last[person.id].answers.texts
            for question in (FIRST, SECOND):
                verbatim = group.verbatim(person, question)
                if verbatim is None:
                    assert question not in kept
                elif verbatim.status == "retire":
                    assert verbatim.text == ""
                    assert question not in kept
                else:
                    assert verbatim.text == kept[question]
            if last[person.id].withdrawn:
                assert group.verbatim(person) is None or group.state(person) == "retiree"
