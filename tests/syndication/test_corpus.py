"""The public corpus as others keep it: mirrors that follow it, cut off anywhere, end equal to the export."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy import text as sql

from syndication import asgi, campaigns, store, worker
from syndication.app import Service, create_app
from syndication.catalogue import importer
from syndication.catalogue.facts import RenewalFact
from syndication.catalogue.store import note_catalogue_change
from syndication.context import Hub
from syndication.corpus import follow
from syndication.corpus import reading as corpus
from syndication.corpus.cursor import read_cursor, write_cursor
from syndication.database import writing
from syndication.gestures import store as gestures
from syndication.moderation import store as moderation
from syndication.partners import store as partners
from syndication.replies import store as replies
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE, settings_in
from tests.databases import Databases, examples
from tests.helpers import FULL_ANSWER, Client, Clock
from tests.syndication.test_api import checked
from tests.syndication.test_publication import publish_everything

Answer = Callable[..., None]
CatchUp = Callable[[], None]
CHANGES = "/api/v1/changements"
TEXTS = 2
"""Open texts in a full answer."""


def with_key(hub: Hub, name: str = "Catalogue") -> dict[str, str]:
    """Headers of a new partner."""
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, name, (), hub.clock())
    return {"authorization": f"Bearer {key}"}


class Mirror:
    """What a catalogue keeps of the corpus by following it."""

    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers
        self.held: dict[tuple[str, str], Any] = {}
        self.cursor = ""

    def read(self, size: int = 1000) -> bool:
        """Read one page; True when there is more."""
        asked = {"page_size": str(size)} | ({"depuis": self.cursor} if self.cursor else {})
        answer = self.client.get(CHANGES, params=asked, headers=self.headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for change in page["data"]:
            name = (change["genre"], change["cle"])
            if change["action"] == "retire":
                self.held.pop(name, None)
            else:
                self.held[name] = change[change["genre"]]
        self.cursor = page["curseur"]
        return bool(page["suite"])

    def follow(self) -> None:
        while self.read():
            pass


def exported(client: Client, headers: dict[str, str]) -> dict[tuple[str, str], Any]:
    """The full export, by kind and key."""
    found: dict[tuple[str, str], Any] = {}
    for kind, path, key in (("avis", "avis", "cle"), ("verbatim", "verbatims", "id")):
        answer = client.get(f"/api/v1/exports/{path}.ndjson", headers=headers)
        assert answer.status_code == 200
        lines = [json.loads(line) for line in answer.text.splitlines()]
        found |= {(kind, line[key]): line for line in lines}
        assert len(lines) == len({line[key] for line in lines})
    return found


@pytest.fixture
def headers(hub: Hub) -> dict[str, str]:
    return with_key(hub)


@pytest.fixture
def mirror(client: Client, headers: dict[str, str]) -> Mirror:
    return Mirror(client, headers)


def test_a_mirror_that_starts_empty_ends_equal_to_the_export(
    hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(7)
    answer(6, centre=LYON_CENTRE)
    publish_everything(hub)
    catch_up()
    mirror.follow()
    assert mirror.held == exported(client, mirror.headers)
    kinds = [kind for kind, _ in mirror.held]
    assert (kinds.count("avis"), kinds.count("verbatim")) == (5, 13 * TEXTS)
    assert ("avis", f"cfd:{CUISINE}@{PARIS_CENTRE}") in mirror.held


def test_what_is_exported_says_what_the_api_says(
    hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(12)
    publish_everything(hub)
    catch_up()
    mirror.follow()
    avis = client.get(f"/api/v1/avis?formation={CUISINE}&etablissement={PARIS_CENTRE}").json()
    held = mirror.held["avis", f"cfd:{CUISINE}@{PARIS_CENTRE}"]
    own = {"cle", "codes_anterieurs", "verbatims", "mis_a_jour_le"}
    assert {name: held[name] for name in held if name not in own} == {
        name: avis[name] for name in held if name not in own
    }
    assert "RNCP37553" in held["codes_anterieurs"]["rncp"]
    assert held["verbatims"]["total"] == avis["verbatims"]["total"]
    for text in avis["verbatims"]["extraits"]:
        kept = mirror.held["verbatim", text["id"]]
        assert all(kept[name] == text[name] for name in text)


def test_too_few_respondents_leave_no_trace_in_the_corpus(
    hub: Hub, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(4)
    publish_everything(hub)
    catch_up()
    mirror.follow()
    assert mirror.held == {}


def test_texts_appear_with_the_fifth_respondent_and_centres_are_named_with_theirs(
    hub: Hub, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(4)
    answer(3, centre=LYON_CENTRE)
    publish_everything(hub)
    catch_up()
    mirror.follow()
    texts = [item for (kind, _), item in mirror.held.items() if kind == "verbatim"]
    assert len(texts) == 7 * TEXTS
    assert all(text["etablissement"] is None for text in texts)
    answer(1)
    catch_up()
    mirror.follow()
    texts = [item for (kind, _), item in mirror.held.items() if kind == "verbatim"]
    assert {text["etablissement"]["uai"] for text in texts if text["etablissement"]} == {PARIS_CENTRE}
    assert sum(text["etablissement"] is None for text in texts) == 3 * TEXTS


def test_a_withdrawn_text_leaves_a_tombstone_without_its_words(
    hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(6)
    publish_everything(hub)
    catch_up()
    mirror.follow()
    before = mirror.cursor
    one = next(key for kind, key in mirror.held if kind == "verbatim")
    refuse(hub, one)
    page = client.get(f"{CHANGES}?depuis={before}", headers=mirror.headers).json()
    assert page["data"] == []
    text = client.get("/api/v1/exports/verbatims.ndjson", headers=mirror.headers).text
    assert one not in text
    catch_up()
    page = client.get(f"{CHANGES}?depuis={before}", headers=mirror.headers).json()
    told = {(change["genre"], change["cle"]): change for change in page["data"]}
    assert told["verbatim", one] == {
        "genre": "verbatim",
        "cle": one,
        "action": "retire",
        "avis": None,
        "verbatim": None,
    }
    mirror.follow()
    assert mirror.held == exported(client, mirror.headers)


def test_what_is_new_is_told_from_what_changed(
    hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(6)
    publish_everything(hub)
    catch_up()
    first = client.get(CHANGES, headers=mirror.headers).json()
    assert {change["action"] for change in first["data"]} == {"publie"}
    answer(1)
    publish_everything(hub)
    catch_up()
    then = client.get(f"{CHANGES}?depuis={first['curseur']}", headers=mirror.headers).json()
    assert {(change["genre"], change["action"]) for change in then["data"]} == {
        ("avis", "modifie"), ("verbatim", "publie"),
    }  # fmt: skip
    assert client.get(f"{CHANGES}?depuis={then['curseur']}", headers=mirror.headers).json()["data"] == []
    document = client.get("/api/v1/openapi.json").json()
    refuse(hub, next(change["cle"] for change in then["data"] if change["genre"] == "verbatim"))
    catch_up()
    last = client.get(f"{CHANGES}?depuis={then['curseur']}", headers=mirror.headers).json()
    assert {change["action"] for change in last["data"]} == {"modifie", "retire"}
    for page in (first, then, last):
        checked(document, CHANGES, 200).validate(page)


def test_nothing_changes_when_nothing_public_did(hub: Hub, mirror: Mirror, answer: Answer, catch_up: CatchUp) -> None:
    answer(6)
    publish_everything(hub)
    catch_up()
    mirror.follow()
    with writing(hub.engine).begin() as connection:
        note_catalogue_change(connection, hub.clock())
    catch_up()
    before, mirror.held = mirror.held, {}
    mirror.follow()
    assert (before != {}, mirror.held) == (True, {})


def test_the_log_forgets_which_text_changed_once_the_corpus_has_followed(
    hub: Hub, answer: Answer, catch_up: CatchUp
) -> None:
    answer(6)
    publish_everything(hub)
    with hub.engine.connect() as connection:
        named = "SELECT count(*) FROM change WHERE verbatim_id IS NOT NULL"
        assert connection.exec_driver_sql(named).scalar() == 6 * TEXTS
    catch_up()
    with hub.engine.connect() as connection:
        assert connection.exec_driver_sql(named).scalar() == 0


def test_a_renewal_moves_what_was_said_under_the_new_code_and_says_the_old_one(
    hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(6, formation="50025524")
    publish_everything(hub)
    catch_up()
    mirror.follow()
    assert ("avis", "cfd:50025524") in mirror.held
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, [RenewalFact("cfd", "50025524", "50022137")], "essai", hub.clock())
        importer.link_lineages(connection)
        note_catalogue_change(connection, hub.clock())
    catch_up()
    mirror.follow()
    keys = {key for kind, key in mirror.held if kind == "avis"}
    assert keys == {"cfd:50022137", f"cfd:50022137@{PARIS_CENTRE}", f"@{PARIS_CENTRE}"}
    texts = [item for (kind, _), item in mirror.held.items() if kind == "verbatim"]
    assert {(text["formation"]["cle"], text["donne_sous"]) for text in texts} == {("cfd:50022137", "cfd:50025524")}
    assert mirror.held == exported(client, mirror.headers)


# -- cursors ---------------------------------------------------------------------------------------------------------


def test_a_cursor_of_another_hand_is_refused(client: Client, headers: dict[str, str]) -> None:
    for made_up in ("x", "W10.abc", "1", "é", "a" * 200):
        answer = client.get(CHANGES, params={"depuis": made_up}, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parametre"] == "depuis"


def test_a_cursor_of_another_corpus_or_of_a_day_that_was_undone_says_to_start_anew(
    hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(6)
    catch_up()
    mirror.follow()
    with writing(hub.engine).begin() as connection:
        name = store.bookmark(connection, "corpus.name")
        store.move_bookmark(connection, "corpus.name", "un-autre")
    refused = client.get(CHANGES, params={"depuis": mirror.cursor}, headers=mirror.headers)
    assert (refused.status_code, refused.headers["content-type"]) == (410, "application/problem+json")
    with writing(hub.engine).begin() as connection:
        store.move_bookmark(connection, "corpus.name", name)
        connection.exec_driver_sql("DELETE FROM published WHERE seq = (SELECT max(seq) FROM published)")
    assert client.get(CHANGES, params={"depuis": mirror.cursor}, headers=mirror.headers).status_code == 410


def test_a_cursor_outlives_the_rotation_of_keys() -> None:
    old = write_cursor(("a" * 40,), "nom", "", 3)
    assert read_cursor(("b" * 40, "a" * 40), "nom", lambda _: "", 5, old) == 3


def test_a_cursor_given_after_the_backup_that_was_restored_says_to_start_anew(
    databases: Databases, hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    corpus.mark(hub.engine)
    answer(6)
    catch_up()
    mirror.follow()
    early = mirror.cursor
    hub.engine.dispose()
    restore = databases.save(hub.settings.database_url)
    answer(1)
    catch_up()
    mirror.follow()
    late = mirror.cursor
    hub.engine.dispose()
    restore()
    corpus.mark(hub.engine)  # as the background work does when it starts
    answer(2, centre=LYON_CENTRE)
    answer(1, formation="50022137")
    catch_up()
    answer(1)
    catch_up()
    statuses = [
        client.get(CHANGES, params={"depuis": one}, headers=mirror.headers).status_code for one in (early, late)
    ]
    assert statuses == [200, 410]
    mirror.held, mirror.cursor = {}, ""
    mirror.follow()
    assert mirror.held == exported(client, mirror.headers)


# -- whatever happens ------------------------------------------------------------------------------------------------

Step = tuple[str, int]
ACTS = (
    "answer",
    "answer elsewhere",
    "publish",
    "refuse",
    "withdraw",
    "withdraw all",
    "reply",
    "useful",
    "work",
    "read",
)


def refuse(hub: Hub, verbatim: str) -> None:
    with writing(hub.engine).begin() as connection:
        texts = moderation.VERBATIM
        version = connection.execute(select(texts.c.version).where(texts.c.id == verbatim)).scalar_one()
        moderation.record_decision(connection, verbatim, version, "refuse", "vide", "lea@exemple.fr", hub.clock())


class Life:
    """A hub where anything may happen, with a mirror that reads a page now and then."""

    def __init__(self, hub: Hub, app: Service) -> None:
        self.hub, self.app, self.client = hub, app, Client(app)
        self.mirror = Mirror(self.client, with_key(hub))
        self.tokens: list[str] = []
        today = hub.clock().date()
        self.campaigns = [
            campaigns.open_campaign(hub.engine, hub.collector, CUISINE, centre, today, today).id
            for centre in (PARIS_CENTRE, LYON_CENTRE)
        ]
        for _ in range(4):
            self.answer(0)
        self.answer(1)

    def answer(self, place: int) -> None:
        (link,) = self.hub.collector.issue_links(self.campaigns[place], 1)
        token = link.rpartition("/")[2]
        self.hub.collector.record(link, {**FULL_ANSWER, "changement": [f"Les mots du numéro {len(self.tokens)}."]})
        self.tokens.append(token)

    def texts(self, status: str) -> list[tuple[str, int, int]]:
        with self.hub.engine.connect() as connection:
            query = sql("SELECT id, version, centre_id FROM verbatim WHERE status = :status ORDER BY id")
            return [tuple(row) for row in connection.execute(query, {"status": status})]

    def play(self, act: str, number: int) -> None:
        clock = self.hub.clock()
        if act.startswith("answer"):
            self.answer(int(act.endswith("elsewhere")))
        elif act == "work":
            worker.work_once(self.hub)
        elif act == "read":
            self.mirror.read(size=1 + number)
        elif act.startswith("withdraw"):
            question = "changement" if act == "withdraw" else ""
            data = {"jeton": self.tokens[number % len(self.tokens)], "etape": "retirer", "question": question}
            assert self.client.post("/r/auteur", data=data).status_code in {303, 404, 409, 422}
        else:
            self.judge(act, number, clock)

    def judge(self, act: str, number: int, now: Any) -> None:
        texts = self.texts("attente" if act == "publish" else "publie")
        if not texts:
            return
        verbatim, version, centre = texts[number % len(texts)]
        with writing(self.hub.engine).begin() as connection:
            if act == "publish":
                moderation.record_decision(connection, verbatim, version, "publie", None, "lea", now, ["ambiance"])
            elif act == "refuse":
                moderation.record_decision(connection, verbatim, version, "refuse", "vide", "lea", now)
            elif act == "useful":
                gestures._add(connection, verbatim, 1, 0, now)
            else:
                known = replies.replies_to(connection, [verbatim]).get(verbatim)
                seen, words = known.version if known else 0, f"Merci {number}."
                replies.write(connection, verbatim, centre, words, "Le centre", "cfa@exemple.fr", now, seen)
                replies.judge(connection, verbatim, seen + 1, "publie", "", "lea", now)


@contextmanager
def a_life(databases: Databases, migrated: Path) -> Iterator[Life]:
    with databases.fresh(migrated) as folder:
        hub = asgi.open_hub(settings_in(folder), Clock())
        try:
            yield Life(hub, create_app(hub, background=False))
        finally:
            hub.close()


@settings(max_examples=examples(25))
@given(steps=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 30)), min_size=8, max_size=40))
def test_whatever_happens_a_mirror_cut_off_anywhere_ends_equal_to_the_export(
    databases: Databases, migrated: Path, steps: list[Step]
) -> None:
    with a_life(databases, migrated) as life:
        for act, number in steps:
            life.play(act, number)
        worker.work_once(life.hub)
        life.mirror.follow()
        assert life.mirror.held == exported(life.client, life.mirror.headers)
        afresh = Mirror(life.client, life.mirror.headers)
        while afresh.read(size=3):
            pass
        assert afresh.held == life.mirror.held
        assert_it_tells_what_is_public(life)


def test_a_mirror_ends_equal_to_the_export_though_everything_happens_at_once(
    databases: Databases, migrated: Path
) -> None:
    with a_life(databases, migrated) as life:
        for _ in range(12):
            life.answer(0)
        worker.work_once(life.hub)
        stopping = threading.Event()

        def until_told(act: Callable[[], object]) -> None:
            while not stopping.is_set():
                act()

        def follow_and_read() -> None:
            worker.work_once(life.hub)
            life.mirror.read(size=4)

        beside = [threading.Thread(target=until_told, args=(act,)) for act in (follow_and_read, life.app.catch_up)]
        for thread in beside:
            thread.start()
        for number in range(40):
            for act in ("publish", "useful", "refuse" if number % 3 == 0 else "reply"):
                life.judge(act, number * 7, life.hub.clock())
        stopping.set()
        for thread in beside:
            thread.join()
        worker.work_once(life.hub)
        life.mirror.follow()
        assert len(life.mirror.held) > 5
        assert life.mirror.held == exported(life.client, life.mirror.headers)
        assert_it_tells_what_is_public(life)


def assert_it_tells_what_is_public(life: Life) -> None:
    """The corpus holds what the API shows of every scope, and nothing else."""
    held = life.mirror.held
    shown = {f"cfd:{CUISINE}", *(f"cfd:{CUISINE}@{uai}" for uai in (PARIS_CENTRE, LYON_CENTRE))}
    for key in shown:
        formation, _, centre = key.partition("@")
        asked = {"formation": formation} | ({"etablissement": centre} if centre else {})
        avis = life.client.get("/api/v1/avis", params=asked).json()
        own = avis["fiabilite"] != "insuffisante" and avis["portee"]["servie"] == avis["portee"]["demandee"]
        assert (("avis", key) in held) == own
        if own:
            assert held["avis", key]["satisfaction"] == avis["satisfaction"]
            assert held["avis", key]["repondants"] == avis["repondants"]
    texts = life.client.get("/api/v1/verbatims", params={"formation": CUISINE, "page_size": "100"}).json()["data"]
    assert {text["id"] for text in texts} == {key for kind, key in held if kind == "verbatim"}
    for text in texts:
        assert {name: held["verbatim", text["id"]][name] for name in text} == text


def test_the_whole_corpus_is_gone_through_again_when_what_it_is_made_with_changes(
    hub: Hub, client: Client, mirror: Mirror, answer: Answer, catch_up: CatchUp
) -> None:
    answer(6)
    publish_everything(hub)
    catch_up()
    mirror.follow()
    assert mirror.held
    with hub.engine.connect() as connection:
        before = store.bookmark(connection, follow.EDITION)
    other = follow.Follower(hub.engine, hub.publisher, 5, "autre chose", "http://ailleurs/methode", lambda _c, _i: None)
    assert other.is_behind()
    other.follow()
    assert not other.is_behind()
    with hub.engine.connect() as connection:
        assert store.bookmark(connection, follow.WHOLE) == ""
        assert store.bookmark(connection, follow.EDITION) not in {before, ""}
    texts = {key for key in mirror.held if key[0] == "verbatim"}
    mirror.held = {}
    mirror.follow()
    assert set(mirror.held) == texts
