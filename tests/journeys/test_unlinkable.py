"""Nobody can tell who said what: a thief with both databases, the keys, the list of addresses and this very code.

Three campaigns of thirty are lived through from the roster to a withdrawn text; then the thief tries joins, orders,
times and contents on what was left. Identifiers are drawn anew each time, so what is told by chance differs from one
campaign to the next: a pairing counts when it holds over all three. Leaks planted in copies show that the thief wins
when there is something to win.
"""

import asyncio
import hashlib
import json
import pickle
import re
import shutil
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import pytest

from collector import links
from collector.collector import MAIL_PAUSE_SECONDS
from syndication import asgi, worker
from syndication.context import Hub
from tests.conftest import settings_in
from tests.databases import Databases
from tests.helpers import Clock
from tests.journeys.guesses import (
    LEAN,
    best_guess,
    correlation,
    fewest_candidates,
    fine_times,
    holds,
    known_of_addresses,
    known_of_answers,
    known_of_invitations,
    ranked,
    ties_by_replay,
    times_of_authors,
    traces,
    words_taken_back,
)
from tests.journeys.lived import (
    EARLY,
    FILES,
    INVITED,
    LATE,
    SWITCHED,
    UNFINISHED,
    Story,
    checkpoint,
    dump,
    live_through,
)
from tests.journeys.thief import AGENT, FIRST_TEXT, Case, Person, is_answer, leaves, moment_in, ties_by_joins

SEEDS = (11, 23, 47)
ANSWERED = EARLY + LATE + SWITCHED
CANDIDATES = 5
HOUR = 3_600_000_000
"""Of microseconds, which moments are kept in."""


@pytest.fixture(scope="module")
def cases(databases: Databases, migrated: Path) -> list[Case]:
    """The same campaign of thirty, three times, each with its own roster, order and days."""

    def make(folder: Path) -> None:
        lived = [live_through(databases.copy(migrated, folder / str(seed)), seed) for seed in SEEDS]
        (folder / "cases").write_bytes(pickle.dumps(lived))

    found: list[Case] = pickle.loads((databases.once("unlinkable", make) / "cases").read_bytes())
    return found


# -- what the thief finds --------------------------------------------------------------------------------------------


def test_the_campaign_was_lived_through(cases: list[Case]) -> None:
    for case in cases:
        count = dict.fromkeys(("contact", "invited", "response", "draft", "mail", "opt_out"), 0)
        for row in case.rows:
            if row.table[0] == "collector.db" and row.table[1] in count:
                count[row.table[1]] += 1
        assert count == {
            "contact": INVITED - ANSWERED, "invited": INVITED, "response": ANSWERED, "draft": UNFINISHED + SWITCHED,
            "mail": INVITED - ANSWERED - 1, "opt_out": 1,
        }  # fmt: skip
        assert {len(person.tokens) for person in case.people} == {1, 2}
        states = {row.values["status"] for row in case.rows if row.table[1] == "verbatim"}
        assert states == {"attente", "publie", "refuse", "retire"}
        months = {row.values["month"] for row in case.rows if row.table[1] == "response"}
        assert len(months) == 2
        reviews = [row for row in case.rows if row.table[1] == "review"]
        assert {row.values["source_id"] for row in reviews} == {person.response_id for person in case.authors}
        published = {row.values["text"] for row in case.rows if row.table[1] == "verbatim"}
        assert sum(person.text(FIRST_TEXT) in published for person in case.authors) >= ANSWERED - 3


def test_no_chain_of_equal_or_derived_values_leads_from_an_address_to_an_answer(cases: list[Case]) -> None:
    assert [ties_by_joins(case) for case in cases] == [[], [], []]


def test_the_thief_knows_whom_was_written_to_and_finds_all_that_belongs_to_an_answer(cases: list[Case]) -> None:
    for case in cases:
        web = case.web
        for person in case.people:
            assert "invited" in {row.table[1] for row in web.of_address(person.address)}
        for person in case.authors:
            found = {row.table[1] for row in web.of_answer(person.response_id)}
            assert {"response", "event", "review", "verbatim"} <= found
        waiting = [row.values["address"] for row in case.rows if row.table[1] == "contact" and row.values["address"]]
        for address in waiting:
            assert {"contact", "invitation", "mail"} <= {row.table[1] for row in web.of_address(address)}


def test_no_order_on_the_roster_s_side_goes_with_an_order_of_answers(cases: list[Case]) -> None:
    guess = best_guess(cases, known_of_addresses, known_of_answers)
    assert guess.tried > 200
    assert not guess.wins, guess


def test_no_order_tells_which_invitation_went_to_whom(cases: list[Case]) -> None:
    guess = best_guess(cases, known_of_addresses, known_of_invitations)
    assert guess.tried > 10
    assert not guess.wins, guess


def test_no_time_is_kept_of_anybody_who_answered(cases: list[Case]) -> None:
    assert [times_of_authors(case) for case in cases] == [[], [], []]


def test_no_combination_of_times_narrows_an_address_to_a_few_answers(cases: list[Case]) -> None:
    assert min(map(fewest_candidates, cases)) >= CANDIDATES


def test_nothing_finer_than_a_day_stands_beside_an_answer_but_what_moderators_do(cases: list[Case]) -> None:
    allowed = {("decision", "at"), ("verbatim", "published_at"), ("review_decision", "at"), ("change", "at")}
    for case in cases:
        assert {(table, column) for table, column, _ in fine_times(case)} <= allowed


def test_what_changed_is_told_to_the_hour(cases: list[Case]) -> None:
    hours = [row.values["at"] for case in cases for row in case.rows if row.table[1] == "change"]
    assert len(hours) > 3 * ANSWERED
    assert {at % HOUR for at in hours} == {0}


@pytest.mark.parametrize("table", ["decision", "review_decision"])
def test_what_an_author_does_is_told_to_the_day_only(cases: list[Case], table: str) -> None:
    acts = [row.values for case in cases for row in case.rows if row.table[1] == table]
    own = [moment_in(act["at"]) for act in acts if act["actor"] == "auteur"]
    assert len(own) >= len(cases)
    assert {at.strftime("%H:%M:%S") for at, _ in filter(None, own)} == {"00:00:00"}


def test_no_address_of_who_answered_no_token_and_no_telephone_is_in_the_files(cases: list[Case]) -> None:
    for case in cases:
        assert traces(case) == []
        assert {content for name, content in case.raw.items() if name.endswith("-wal")} <= {b""}


def test_no_value_looks_like_an_ip_address_or_a_browser(cases: list[Case]) -> None:
    shape = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){4,}|mozilla|iphone")
    for case in cases:
        said = [leaf for row in case.rows for value in row.values.values() for leaf in leaves(value)]
        assert [leaf for leaf in said if isinstance(leaf, str) and shape.search(leaf.lower())] == []


ROSTER = {"contact", "invited", "mail", "opt_out"}


@pytest.mark.postgresql
def test_no_transaction_wrote_on_the_roster_and_beside_an_answer(cases: list[Case]) -> None:
    for case in cases:
        wrote: dict[bool, set[int]] = {True: set(), False: set()}
        for row in case.rows:
            if row.table[0] == FILES[0] and (row.table[1] in ROSTER or is_answer(row.table)):
                wrote[is_answer(row.table)].add(row.values["its transaction"])
        assert min(map(len, wrote.values())) > 1
        assert not wrote[True] & wrote[False]


def test_words_taken_back_are_in_no_file(cases: list[Case]) -> None:
    for case in cases:
        assert len(words_taken_back(case)) == 3
        assert holds(case.raw, words_taken_back(case)) == []


def test_addresses_leave_the_disk_once_the_background_work_has_run(cases: list[Case]) -> None:
    assert [holds(case.lying, [person.address for person in case.authors]) for case in cases] == [[], [], []]


def test_words_taken_back_leave_the_disk_once_the_background_work_has_run(cases: list[Case]) -> None:
    assert [holds(case.lying, words_taken_back(case)) for case in cases] == [[], [], []]


@pytest.mark.sqlite
def test_the_log_of_writes_ties_nobody_to_an_answer_once_the_background_work_has_run(cases: list[Case]) -> None:
    assert ties_by_replay(cases[0].lying["collector.db"], cases[0].lying.get("collector.db-wal", b"")) == {}


@pytest.mark.sqlite
def test_the_log_of_writes_ties_nobody_a_moment_after_they_answered(
    databases: Databases, migrated: Path, tmp_path: Path
) -> None:
    clock = Clock()
    hub = asgi.open_hub(settings_in(databases.copy(migrated, tmp_path)), clock)
    with closing(hub):
        story = Story(hub, clock, Random(5))
        story.invite()
        with working(hub):
            time.sleep(0.5)  # what the background does when it starts is done
            for person in story.people[:4]:
                story.answer(person)
            deadline = time.monotonic() + 2 * MAIL_PAUSE_SECONDS
            left = ties_now(tmp_path)
            while left and time.monotonic() < deadline:
                time.sleep(0.2)
                left = ties_now(tmp_path)
    assert left == {}


def ties_now(folder: Path) -> dict[str, str]:
    """What the log tells at this moment."""
    log, database = ((folder / f"collector.db{end}").read_bytes() for end in ("-wal", ""))
    return ties_by_replay(database, log)


@contextmanager
def working(hub: Hub) -> Iterator[None]:
    """The background work, beside, for as long as it lasts."""
    stopping = threading.Event()

    async def work() -> None:
        task = asyncio.create_task(worker.work_for_ever(hub))
        while not stopping.is_set():
            await asyncio.sleep(0.02)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def test_ids_tell_nothing_of_the_order_in_which_things_were_made(cases: list[Case]) -> None:
    drawn: dict[str, list[list[str]]] = defaultdict(list)
    for case in cases:
        drawn["contact"].append(list(case.contact_ids))
        drawn["mail"].append(list(case.mail_ids))
        drawn["roster hash"].append([links.roster_hash(person.used) for person in case.authors])
        reviews = {row.values["source_id"]: row.values["id"] for row in case.rows if row.table[1] == "review"}
        texts = {row.values["review_id"]: row.values["id"] for row in case.rows if row.table[1] == "verbatim"}
        responses = [person.response_id for person in case.authors]
        drawn["response"].append(responses)
        drawn["review"].append([reviews[one] for one in responses])
        drawn["verbatim"].append([texts[reviews[one]] for one in responses])
    everything = [one for kind in drawn.values() for ids in kind for one in ids]
    assert len(set(everything)) == len(everything)
    assert all(len(set(ids)) == len(ids) for kind in drawn.values() for ids in kind)
    for kind, lists in drawn.items():
        assert all(re.fullmatch(r"[a-z2-7]{16}|[a-z2-7]{32}", one) for ids in lists for one in ids), kind
        in_order = [ranked({str(n): n for n in range(len(ids))}, list(map(str, range(len(ids))))) for ids in lists]
        by_id = [
            ranked(dict(zip(map(str, range(len(ids))), ids, strict=True)), list(map(str, range(len(ids)))))
            for ids in lists
        ]
        leans = [correlation(a, b) for a, b in zip(in_order, by_id, strict=True) if a and b]
        assert abs(mean(leans)) < LEAN, kind
        rising = mean(a < b for ids in lists for a, b in pairwise(ids))
        assert 0.2 < rising < 0.8, kind


# -- the thief can win -----------------------------------------------------------------------------------------------

# leaks are planted in copies of SQLite's files: what the thief makes of rows does not depend on where they lay

Plant = Callable[[sqlite3.Connection, sqlite3.Connection, Case], None]
Planted = Callable[..., list[Case]]


@pytest.fixture
def planted(cases: list[Case], tmp_path: Path) -> Planted:
    """Copies of one campaign, or of more, with a leak in each."""

    def run(plant: Plant, copies: int = 1) -> list[Case]:
        found: list[Case] = []
        for place, case in enumerate(cases[:copies]):
            folder = tmp_path / str(place)
            folder.mkdir()
            for name in FILES:
                shutil.copy(case.folder / name, folder)
            with closing(sqlite3.connect(folder / FILES[0])) as own, closing(sqlite3.connect(folder / FILES[1])) as hub:
                plant(own, hub, case)
                own.commit()
                hub.commit()
            for name in FILES:
                checkpoint(folder / name)
            raw = {file.name: file.read_bytes() for file in folder.iterdir()}
            found.append(replace(case, folder=folder, raw=raw, rows=dump(folder)))
        return found

    return run


def hash_of(case: Case, person: Person) -> str:
    return links.address_hashes(case.keys, person.address)[0]


def on_roster(own: sqlite3.Connection, case: Case, said: dict[str, Any]) -> None:
    """Write something beside the hashes of some addresses."""
    own.execute("ALTER TABLE invited ADD COLUMN more")
    by_address = {person.address: person for person in case.people}
    for address, value in said.items():
        own.execute("UPDATE invited SET more = ? WHERE address_hash = ?", (value, hash_of(case, by_address[address])))


def a_response_id_on_the_roster(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {case.authors[4].address: case.authors[4].response_id})


def a_token_on_the_roster(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {case.authors[4].address: f"https://exemple.fr/r/{case.authors[4].used}"})


def a_signed_id_on_the_roster(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    sealed = links.opt_out_link("", case.keys, case.authors[4].response_id)
    on_roster(own, case, {case.authors[4].address: json.dumps({"seal": [sealed.removeprefix("/d/")]})})


def a_visit_on_the_roster(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    visit, author = "uneVisiteQuelconque-22", case.authors[4]
    on_roster(own, case, {author.address: visit})
    hidden = links.author_hash(links.token_of_visit(case.keys, case.campaign, visit))
    own.execute("UPDATE response SET author_hash = ? WHERE id = ?", (hidden, author.response_id))


def an_address_hash_in_a_review(_: sqlite3.Connection, hub: sqlite3.Connection, case: Case) -> None:
    author = case.authors[4]
    hub.execute("UPDATE review SET code_given = ? WHERE source_id = ?", (hash_of(case, author), author.response_id))


def a_plain_hash_beside_a_response(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    plain = hashlib.sha256(case.authors[4].address.encode()).hexdigest()
    own.execute("UPDATE response SET marks = ? WHERE id = ?", (json.dumps([plain]), case.authors[4].response_id))


def a_contact_in_a_draft(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    person = next(one for one in case.people if one.draft and not one.response_id)
    contact = own.execute("SELECT id FROM contact WHERE address = ?", (person.address,)).fetchone()[0]
    own.execute("UPDATE draft SET marks = ? WHERE author_hash = ?", (json.dumps([contact]), person.draft))


def an_invitation_in_a_draft(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    person = next(one for one in case.people if one.draft and not one.response_id)
    roster = links.roster_hash(next(one for one in person.tokens if links.author_hash(one) == person.draft))
    own.execute("UPDATE draft SET marks = ? WHERE author_hash = ?", (json.dumps({"de": roster}), person.draft))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "plant",
    [a_response_id_on_the_roster, a_token_on_the_roster, a_signed_id_on_the_roster, a_visit_on_the_roster,
     an_address_hash_in_a_review, a_plain_hash_beside_a_response, a_contact_in_a_draft, an_invitation_in_a_draft],
)  # fmt: skip
def test_the_thief_finds_a_planted_join(planted: Planted, plant: Plant) -> None:
    assert all(ties_by_joins(case) for case in planted(plant))


def a_number_by_order_of_answer(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {person.address: 40 + place for place, person in enumerate(case.authors)})


def a_countdown_by_order_of_answer(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {person.address: f"n{90 - place}" for place, person in enumerate(case.authors)})


def a_rough_order_of_answer(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    rng = Random(5)
    on_roster(own, case, {person.address: place + rng.randrange(6) for place, person in enumerate(case.authors)})


def rows_in_the_order_of_answer(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    own.execute("CREATE TABLE met (address_hash)")
    for person in case.authors:
        own.execute("INSERT INTO met VALUES (?)", (hash_of(case, person),))


def answers_in_the_order_of_the_list(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    for place, person in enumerate(one for one in case.people if one.response_id):
        own.execute(
            "UPDATE event SET seq = ? WHERE response_id = ? AND kind = 'sent'", (1000 + place, person.response_id)
        )


def reviews_in_the_order_of_hashes(_: sqlite3.Connection, hub: sqlite3.Connection, case: Case) -> None:
    for place, person in enumerate(sorted(case.authors, key=lambda one: hash_of(case, one))):
        hub.execute("UPDATE review SET rowid = ? WHERE source_id = ?", (1000 - place, person.response_id))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "plant",
    [a_number_by_order_of_answer, a_countdown_by_order_of_answer, a_rough_order_of_answer,
     rows_in_the_order_of_answer, answers_in_the_order_of_the_list, reviews_in_the_order_of_hashes],
)  # fmt: skip
def test_the_thief_finds_a_planted_order(planted: Planted, plant: Plant) -> None:
    assert best_guess(planted(plant, len(SEEDS)), known_of_addresses, known_of_answers).wins


@pytest.mark.sqlite
def test_the_thief_finds_invitations_that_follow_the_list(planted: Planted) -> None:
    def in_order(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
        for place, person in enumerate(one for one in case.people if one.response_id):
            hidden = links.roster_hash(person.used)
            own.execute("UPDATE invitation SET rowid = ? WHERE roster_hash = ?", (1000 + place, hidden))

    assert best_guess(planted(in_order, len(SEEDS)), known_of_addresses, known_of_invitations).wins


def the_second_on_both_sides(own: sqlite3.Connection, hub: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {person.address: int(person.answered_at.timestamp()) for person in case.authors})
    hub.execute("ALTER TABLE review ADD COLUMN at")
    for person in case.authors:
        at = person.answered_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        hub.execute("UPDATE review SET at = ? WHERE source_id = ?", (at, person.response_id))


def the_day_on_the_roster(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {person.address: person.answered_at.date().isoformat() for person in case.authors})


def the_moment_of_one_alone(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {case.authors[4].address: case.authors[4].answered_at.isoformat()})


def the_month_on_the_roster(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    on_roster(own, case, {person.address: person.answered_at.strftime("%Y-%m") for person in case.authors})


@pytest.mark.sqlite
@pytest.mark.parametrize("plant", [the_second_on_both_sides, the_day_on_the_roster, the_moment_of_one_alone])
def test_the_thief_finds_a_planted_time(planted: Planted, plant: Plant) -> None:
    for case in planted(plant):
        assert fewest_candidates(case) < CANDIDATES
        assert times_of_authors(case)


@pytest.mark.sqlite
def test_a_month_on_both_sides_is_seen_but_singles_nobody_out(planted: Planted) -> None:
    for case in planted(the_month_on_the_roster):
        assert CANDIDATES <= fewest_candidates(case) < ANSWERED
        assert times_of_authors(case)


@pytest.mark.sqlite
def test_the_thief_finds_a_planted_minute_beside_an_answer(planted: Planted) -> None:
    def minute(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
        own.execute("UPDATE draft SET saved_on = '2026-11-25 08:12'")
        own.execute(
            "UPDATE response SET marks = ? WHERE id = ?", (json.dumps([1_795_000_123]), case.authors[0].response_id)
        )

    for case in planted(minute):
        assert {("draft", "saved_on", ""), ("response", "marks", "")} <= fine_times(case)


def an_address_in_a_draft(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    own.execute("UPDATE draft SET answers = ?", (json.dumps({"texts": {"x": case.authors[0].address.upper()}}),))


def an_address_deleted_carelessly(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    own.execute("PRAGMA secure_delete = OFF")
    row = ("f" * 24, case.campaign, case.authors[0].address, 1, "active")
    own.execute("INSERT INTO contact (id, campaign_id, address, stage, state) VALUES (?, ?, ?, ?, ?)", row)
    own.commit()
    own.execute("DELETE FROM contact WHERE id = ?", row[:1])


def a_token_in_an_event(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    own.execute("UPDATE event SET question = ? WHERE seq = 3", (case.tokens[0],))


def a_telephone_in_a_review(_: sqlite3.Connection, hub: sqlite3.Connection, case: Case) -> None:
    hub.execute("UPDATE review SET marks = ?", (json.dumps([AGENT]),))


def a_network_in_a_response(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    own.execute("UPDATE response SET marks = ?", (json.dumps(["203.0.113.0/24"]),))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "plant",
    [an_address_in_a_draft, an_address_deleted_carelessly, a_token_in_an_event, a_telephone_in_a_review,
     a_network_in_a_response],
)  # fmt: skip
def test_the_thief_finds_planted_contents(planted: Planted, plant: Plant) -> None:
    assert all(traces(case) for case in planted(plant))


@pytest.mark.sqlite
def test_the_thief_reads_the_log_of_writes(cases: list[Case], tmp_path: Path) -> None:
    case, file = cases[0], tmp_path / "collector.db"
    shutil.copy(case.folder / file.name, file)
    address = next(one.address for one in case.people if one.draft and not one.response_id)
    with closing(sqlite3.connect(file)) as own:
        own.execute("PRAGMA journal_mode = WAL")
        own.execute("UPDATE campaign SET seats = 60")
        own.commit()
        own.execute("DELETE FROM contact WHERE address = ?", (address,))
        own.execute("UPDATE response SET id = 'nouvelle' WHERE id = ?", (case.authors[0].response_id,))
        own.commit()
        left = file.read_bytes(), file.with_name("collector.db-wal").read_bytes()
    assert ties_by_replay(*left) == {"nouvelle": address}
