"""Nobody can tell who said what: a thief with both databases, the keys, the list of addresses and this very code.

Three campaigns of thirty are lived through from the roster to a withdrawn text; then the thief tries joins, orders,
times and contents on what was left. Identifiers are drawn anew each time, so what is told by chance differs from one
campaign to the next: a pairing counts when it holds over all three. Leaks planted in copies show that the thief wins
when there is something to win.
"""

import asyncio
import hashlib
import json
import re
import shutil
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import cache, cached_property
from itertools import pairwise, product
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from collector import links
from collector.door import MAIL_PAUSE_SECONDS
from syndication import asgi, campaigns, worker
from syndication.app import create_app
from syndication.catalogue.resolve import resolve_centre
from syndication.context import Hub
from syndication.database import writing
from syndication.instants import PARIS
from syndication.moderation import store as moderation
from syndication.own import store as own
from syndication.own.wording import Draft
from syndication.reviews.triage import fingerprint
from tests.conftest import CUISINE, PARIS_CENTRE, settings_in
from tests.helpers import NOON, Client, Clock, hidden_fields

SEEDS = (11, 23, 47)
INVITED, EARLY, LATE, SWITCHED, UNFINISHED = 30, 12, 9, 2, 5
ANSWERED = EARLY + LATE + SWITCHED
PHONE, FORWARDED = "198.51.100.23", "203.0.113.77"
AGENT = "Mozilla/5.0 (Telephone; Espion 7.1)"
FIRST_TEXT, SECOND_TEXT = "changement", "journee_entreprise"
OWN_TEXT = "À la cantine comme en classe"
FILES = ("collector.db", "syndication.db")
ANSWER_TABLES = {
    ("collector.db", "draft"), ("collector.db", "response"), ("collector.db", "event"), ("collector.db", "receipt"),
    ("syndication.db", "review"), ("syndication.db", "review_decision"), ("syndication.db", "verbatim"),
    ("syndication.db", "decision"), ("syndication.db", "own_text"),
}  # fmt: skip
CROWD = 8
"""A value that more rows of one table share tells nobody apart."""
SHARE, LEAN = 0.25, 0.65
"""Pairs guessed right, and mean rank correlation, that chance does not reach: over 69 pairs it gives 3 right, and a
correlation of 0.12."""
CANDIDATES = 5
Table = tuple[str, str]
Column = tuple[str, str, str, str]


# -- the campaign ----------------------------------------------------------------------------------------------------


@dataclass
class Person:
    """Somebody invited, with what the test alone knows of them."""

    address: str
    word: str
    tokens: list[str] = field(default_factory=list)
    opt_out: str = ""
    response_id: str = ""
    draft: str = ""
    used: str = ""
    answered_at: datetime = NOON

    def text(self, question: str) -> str:
        """What they say to a question: nobody else says it."""
        opening = {FIRST_TEXT: "Depuis mon arrivée", SECOND_TEXT: "Le matin avant huit heures"}.get(question, OWN_TEXT)
        return f"{opening}, {self.word} me fait rire, et j'apprends à cuire sans brûler."


Act = Callable[[Person], object]


@dataclass(frozen=True)
class Case:
    """A campaign lived through, what is left of it on the disk, and the truth."""

    folder: Path
    people: tuple[Person, ...]
    campaign: str
    keys: tuple[str, ...]
    contact_ids: tuple[str, ...]
    mail_ids: tuple[str, ...]
    lying: dict[str, bytes] = field(repr=False)
    raw: dict[str, bytes] = field(repr=False)
    rows: tuple["Row", ...] = field(repr=False)

    @property
    def addresses(self) -> list[str]:
        """The roster, in the order of its file."""
        return [person.address for person in self.people]

    @property
    def authors(self) -> list[Person]:
        """Who answered, in the order in which they did."""
        return sorted((p for p in self.people if p.response_id), key=lambda person: person.answered_at)

    @property
    def tokens(self) -> list[str]:
        """Every token that was ever mailed."""
        return [token for person in self.people for token in person.tokens]

    @cached_property
    def web(self) -> "Web":
        """What the thief makes of the rows."""
        return Web(self)


@dataclass(frozen=True)
class Row:
    """A row of a dump, its rowid among its values."""

    table: Table
    values: dict[str, Any]


@pytest.fixture(scope="module")
def cases(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """The same campaign of thirty, three times, each with its own roster, order and days."""
    return [live_through(migrated, tmp_path_factory.mktemp("campaign"), seed) for seed in SEEDS]


def live_through(migrated: Path, folder: Path, seed: int) -> Case:
    for file in migrated.glob("*.db"):
        shutil.copy(file, folder)
    clock = Clock()
    hub = asgi.open_hub(settings_in(folder), clock)
    try:
        story = Story(hub, clock, Random(seed))
        story.tell()
        lying = {file.name: file.read_bytes() for file in folder.glob("*.db*")}
        for name in FILES:
            checkpoint(folder / name)
        raw = {file.name: file.read_bytes() for file in folder.glob("*.db*")}
        keys = hub.settings.keys()
    finally:
        hub.close()
    return Case(
        folder, tuple(story.people), story.campaign, keys, story.contact_ids, story.mail_ids, lying, raw, dump(folder)
    )


class Story:
    """Fourteen days: two mails, answers in no order, moderation, second thoughts."""

    def __init__(self, hub: Hub, clock: Clock, rng: Random) -> None:
        self.hub, self.clock, self.rng = hub, clock, rng
        self.app = create_app(hub, background=False)
        self.folder = hub.settings.data_dir
        invented = words(rng, 2 * INVITED)
        self.people = [
            Person(f"{name}.{rng.randrange(100)}@lycee-imaginaire.fr", word)
            for name, word in zip(invented[:INVITED], invented[INVITED:], strict=True)
        ]
        self.campaign = ""
        self.asked: list[str] = []
        self.contact_ids: tuple[str, ...] = ()
        self.mail_ids: tuple[str, ...] = ()

    def tell(self) -> None:
        self.invite()
        people = self.rng.sample(self.people, len(self.people))
        early, people = people[:EARLY], people[EARLY:]
        late, people = people[:LATE], people[LATE:]
        switched, people = people[:SWITCHED], people[SWITCHED:]
        unfinished, (_, unwilling) = people[:UNFINISHED], people[UNFINISHED:]
        began, begin_late = (*switched, *unfinished[:3]), unfinished[3:]
        self.live(0, [*with_each(self.answer, early), *with_each(self.begin, began), (self.stop, unwilling)])
        self.moderate(7)
        self.deliver(7)
        self.live(7, [*with_each(self.answer, (*late, *switched)), *with_each(self.begin, begin_late)])
        self.moderate(14)
        self.think_again(early)
        asyncio.run(self.work())

    def ask(self) -> None:
        """The centre adds questions of its own, that a moderator accepts: one to choose, one to write."""
        with writing(self.hub.engine).begin() as connection:
            centre = resolve_centre(connection, PARIS_CENTRE).id
            drafts = (Draft("one", "Tu viens comment ?", ("En bus", "À pied")), Draft("open", "Que changer ?", ()))
            for draft in drafts:
                number = own.write(connection, centre, draft, "cfa@exemple.fr", self.clock())
                own.judge(connection, number, 1, "acceptee", "", "lea@exemple.fr", self.clock())
                self.asked.append(f"centre.{number}")

    def invite(self) -> None:
        today = self.clock().date()
        self.ask()
        opened = campaigns.open_campaign(
            self.hub.engine, self.hub.collector, CUISINE, PARIS_CENTRE, today, today + timedelta(days=60)
        )
        self.campaign = opened.id
        roster = self.folder / "liste.csv"
        roster.write_text("nom;courriel\n" + "".join(f"X;{person.address}\n" for person in self.people))
        report = self.hub.collector.invite(self.campaign, roster, reminders=2, every_days=7)
        assert (report.invited, report.rejected) == (INVITED, ())
        roster.unlink()
        with closing(sqlite3.connect(self.folder / "collector.db")) as connection:
            self.contact_ids = tuple(row[0] for row in connection.execute("SELECT id FROM contact ORDER BY rowid"))
            self.mail_ids = tuple(row[0] for row in connection.execute("SELECT id FROM mail ORDER BY rowid"))
        self.deliver(0)

    def deliver(self, day: int) -> None:
        """Hand mails over, and have each reach its person."""
        self.clock.moment = NOON + timedelta(days=day)
        self.hub.collector.hand_over_mails()
        by_address = {person.address: person for person in self.people}
        outbox = self.folder / "outbox"
        for file in sorted(outbox.iterdir()):
            letter: Any = message_from_bytes(file.read_bytes(), policy=default)
            words_of_it = letter.get_body(("plain",)).get_content()
            person = by_address[letter["To"]]
            person.tokens.append(re.findall(r"/r/([\w-]{22})\b", words_of_it)[0])
            person.opt_out = re.findall(r"/d/[\w.-]+", words_of_it)[0]
            file.unlink()
        outbox.rmdir()

    def live(self, day: int, acts: Sequence[tuple[Act, Person]]) -> None:
        """Let things happen at moments of the week that follows, the background work after each."""
        due = [(NOON + timedelta(days=day, seconds=self.rng.randrange(500_000)), act, person) for act, person in acts]
        for moment, act, person in sorted(due, key=lambda one: one[0]):
            self.clock.moment = moment
            act(person)
            worker.work_once(self.hub)

    # -- what people do ----------------------------------------------------------------------------------------------

    def begin(self, person: Person) -> "Phone":
        """Open the newest mail and fill in a section."""
        phone, token = Phone(self.app, self.clock), person.tokens[-1]
        assert phone.get(f"/r/{token}").status_code == 303
        phone.fill("choix", {"avant": "college", FIRST_TEXT: person.text(FIRST_TEXT)})
        person.draft = links.author_hash(token)
        return phone

    def answer(self, person: Person) -> None:
        phone, token = self.begin(person), person.tokens[-1]
        phone.fill("bilan", {"satisfaction": self.rng.choice(("bien", "mal")), SECOND_TEXT: person.text(SECOND_TEXT)})
        choice, text = self.asked
        phone.fill("questions-centre", {choice: self.rng.choice(("o1", "o2")), text: person.text(text)})
        review = phone.get("/r?etape=envoi")
        sent = phone.post("/r", data={**hidden_fields(review.text), "action": "envoyer"})
        assert sent.headers["location"] == "/r?etape=merci"
        with closing(sqlite3.connect(self.folder / "collector.db")) as connection:
            (found,) = connection.execute(
                "SELECT id FROM response WHERE author_hash = ?", (links.author_hash(token),)
            ).fetchall()
        person.response_id, person.draft, person.used, person.answered_at = found[0], "", token, self.clock()

    def stop(self, person: Person) -> None:
        assert Phone(self.app, self.clock).post(person.opt_out).status_code == 200

    def think_again(self, authors: Sequence[Person]) -> None:
        """One takes a text back, one takes everything back, one says a refused text anew."""
        published = self.texts_of(authors, "publie")
        refused = self.texts_of(authors, "refuse")
        one, another = self.rng.sample(sorted(published), 2)
        third = next(address for address in sorted(refused) if address not in {one, another})
        by_address = {person.address: person for person in authors}
        for address, step, question, said in (
            (one, "retirer", published[one], {}),
            (another, "retirer", "", {}),
            (third, "recrire", refused[third], {"texte": f"{by_address[third].word} rit, et je le redis mieux."}),
        ):
            self.clock.moment += timedelta(minutes=17, seconds=23)
            phone = Phone(self.app, self.clock)
            phone.get(f"/r/{by_address[address].used}")
            page = phone.get("/r", params={"etape": step, "question": question})
            done = phone.post("/r/auteur", data={**hidden_fields(page.text), **said})
            assert done.headers["location"] == "/r?etape=fait"
            worker.work_once(self.hub)

    def texts_of(self, authors: Sequence[Person], status: str) -> dict[str, str]:
        """By address, a question whose text is in a state."""
        with closing(sqlite3.connect(self.folder / "collector.db")) as connection:
            rows = connection.execute("SELECT response_id, question FROM receipt WHERE status = ?", (status,))
            found = dict(rows.fetchall())
        return {person.address: found[person.response_id] for person in authors if person.response_id in found}

    # -- what the house does -----------------------------------------------------------------------------------------

    def moderate(self, day: int) -> None:
        """A moderator reads, one morning, in no order; a few texts are left waiting."""
        self.clock.moment = NOON + timedelta(days=day, hours=-3)
        with writing(self.hub.engine).begin() as connection:
            texts = moderation.waiting(connection, 100)
            for text in self.rng.sample(texts, len(texts) - 3):
                self.clock.moment += timedelta(seconds=self.rng.randrange(3, 40))
                wished, reason = self.rng.choice((("publie", None), ("publie", None), ("refuse", "vide")))
                moderation.record_decision(
                    connection, text.id, text.version, wished, reason, "lea@exemple.fr", self.clock()
                )
        worker.work_once(self.hub)

    async def work(self) -> None:
        """A round of the background work, as the service does it."""
        task = asyncio.create_task(worker.work_for_ever(self.hub))
        for _ in range(20):
            await asyncio.sleep(0.05)
            if not any(file.stat().st_size for file in self.folder.glob("*.db-wal")):
                break
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Phone(Client):
    """A telephone that says who it is in every way it can."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        async def from_afar(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "client": (PHONE, 40_123)}, receive, send)

        super().__init__(from_afar)
        self.clock = clock

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        said = {"user-agent": AGENT, "x-forwarded-for": FORWARDED, "forwarded": f"for={FORWARDED}"}
        return super().request(method, url, headers=said, **options)

    def fill(self, section: str, said: dict[str, str]) -> None:
        form = hidden_fields(self.get(f"/r?etape={section}").text)
        self.clock.moment += timedelta(seconds=41)
        assert self.post("/r", data={**form, **said, "action": "continuer"}).status_code == 303


def with_each(act: Act, people: Iterable[Person]) -> list[tuple[Act, Person]]:
    return [(act, person) for person in people]


def words(rng: Random, count: int) -> list[str]:
    """Invented words, each once."""
    found: set[str] = set()
    while len(found) < count:
        found.add("".join(rng.choice("bcdfglmnprstv") + rng.choice("aeiou") for _ in range(5)))
    return rng.sample(sorted(found), count)


def checkpoint(file: Path) -> None:
    """Bring what waits in the log into the file, and empty the log."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def dump(folder: Path) -> tuple[Row, ...]:
    """Every row of every table of both databases."""
    rows: list[Row] = []
    for name in FILES:
        with closing(sqlite3.connect(folder / name)) as connection:
            connection.row_factory = sqlite3.Row
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                with suppress(sqlite3.OperationalError):  # a table without rowid
                    for row in connection.execute(f'SELECT rowid AS "its rowid", * FROM "{table}"'):
                        rows.append(Row((name, table), dict(row)))
                    continue
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    rows.append(Row((name, table), dict(row)))
    return tuple(rows)


# -- the thief: what values say --------------------------------------------------------------------------------------


def leaves(value: Any) -> Iterator[Any]:
    """What a value is made of: columns of JSON are opened."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield value


def moment_in(value: Any) -> tuple[datetime, str] | None:
    """The time that a value tells, in Paris, and how finely: ``month``, ``day`` or ``minute``."""
    if isinstance(value, str) and re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", value):
        value = float(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        seconds = value / 1000 if value > 1e12 else value
        return (datetime.fromtimestamp(seconds, PARIS), "minute") if 1e9 < seconds < 4e9 else None
    if not isinstance(value, str):
        return None
    if re.fullmatch(r"\d{4}-\d{2}", value):
        return datetime.fromisoformat(f"{value}-01").replace(tzinfo=PARIS), "month"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return datetime.fromisoformat(value).replace(tzinfo=PARIS), "day"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*", value):
        told = datetime.fromisoformat(value)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(PARIS), "minute"
    return None


def names_in(value: Any) -> set[str]:
    """What a value holds that may name one thing among others: long enough, and no time."""
    found: set[str] = set()
    for leaf in leaves(value):
        if isinstance(leaf, str):
            parts = {leaf, *re.findall(r"[\w@.+/=-]{8,}", leaf), *re.findall(r"[A-Za-z0-9_-]{8,}", leaf)}
            found |= {part for part in parts if len(part) >= 8 and moment_in(part) is None}
        elif isinstance(leaf, bytes):
            found.add(leaf.hex())
        elif isinstance(leaf, int) and leaf >= 1_000_000 and moment_in(leaf) is None:
            found.add(str(leaf))
    return found


@cache
def disguises(keys: tuple[str, ...], campaign: str, name: str) -> frozenset[str]:
    """Everything that this project's code, its keys and plain hashes make of a value."""
    made = {name.casefold(), fingerprint(name, 1) or "", *links.address_hashes(keys, name)}
    for known in (name, name.casefold(), links.token_of_visit(keys, campaign, name)):
        made |= {known, links.roster_hash(known), links.author_hash(known)}
        made |= {hashlib.new(kind, known.encode()).hexdigest() for kind in ("md5", "sha1", "sha256")}
    made |= {links.common_link("", keys, name)[3:], links.opt_out_link("", keys, name)[3:]}
    return frozenset(made - {name})


class Web:
    """Rows tied by what they name, disguised or not."""

    def __init__(self, case: Case) -> None:
        self.case = case
        crowds: dict[tuple[str, Table], int] = defaultdict(int)
        named = [set().union(*map(names_in, row.values.values())) for row in case.rows]
        for row, names in zip(case.rows, named, strict=True):
            for name in names:
                crowds[name, row.table] += 1
        common = {name for (name, _), count in crowds.items() if count > CROWD}
        self.names = [names - common for names in named]
        self.rows: dict[str, set[int]] = defaultdict(set)
        for place, names in enumerate(self.names):
            for name in names:
                self.rows[name].add(place)
        self.tied: dict[str, set[str]] = defaultdict(set)
        for name in [*self.rows, *case.addresses]:
            for disguise in disguises(case.keys, case.campaign, name):
                if disguise in self.rows:
                    self.tied[name].add(disguise)
                    self.tied[disguise].add(name)

    def reach(self, name: str, within: Callable[[Table], bool], by: Callable[[str], bool]) -> list[Row]:
        """Rows that a name leads to, step by step, through tables that are let through and names that are followed."""
        seen, ahead, found = {name}, [name], set[int]()
        while ahead:
            step = ahead.pop()
            fresh = self.rows.get(step, set()) - found
            fresh = {place for place in fresh if within(self.case.rows[place].table)}
            found |= fresh
            for other in self.tied.get(step, set()).union(*(self.names[place] for place in fresh)) - seen:
                if by(other):
                    seen.add(other)
                    ahead.append(other)
        return [self.case.rows[place] for place in sorted(found)]

    def of_address(self, address: str) -> list[Row]:
        """What belongs to an address on the roster's side."""
        return self.reach(address, lambda table: table not in ANSWER_TABLES, is_key)

    def of_answer(self, response_id: str) -> list[Row]:
        """What belongs to an answer."""
        return self.reach(response_id, is_answer, is_key)


def is_key(name: str) -> bool:
    """True for what looks like an id, a hash or an address, and not like a word."""
    return len(name) >= 12 and any(map(str.isdigit, name)) and " " not in name


def is_answer(table: Table) -> bool:
    return table in ANSWER_TABLES


# -- the thief: joins ------------------------------------------------------------------------------------------------


def ties_by_joins(case: Case) -> list[str]:
    """Paths from an address, or any of its disguises, to a row of an answer."""
    web = case.web
    return [
        f"{address} -> {row.table[1]}"
        for address in case.addresses
        for row in web.reach(address, lambda _: True, lambda _: True)
        if is_answer(row.table)
    ]


# -- the thief: orders -----------------------------------------------------------------------------------------------


def sort_key(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 0, float(value), ""
    return (1, 0.0, value) if isinstance(value, str) else (2, 0.0, repr(value))


def columns_of(rows: Iterable[Row]) -> dict[Column, Any]:
    """What rows say, column by column: the least value and the greatest."""
    said: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in rows:
        for name, value in row.values.items():
            if value is not None:
                said[*row.table, name].append(value)
    return {
        (*column, kind): pick(values, key=sort_key)
        for column, values in said.items()
        for kind, pick in (("least", min), ("greatest", max))
    }


def known_of_addresses(case: Case) -> dict[Column, dict[str, Any]]:
    """By column, what it says of each address of who answered: on the roster's side, and in the list itself."""
    web, known = case.web, defaultdict[Column, dict[str, Any]](dict)
    for place, person in enumerate(case.people):
        if person.response_id:
            known["", "list", "place", ""][person.address] = place
            known["", "list", "address", ""][person.address] = person.address
            for column, value in columns_of(web.of_address(person.address)).items():
                known[column][person.address] = value
    return known


def known_of_answers(case: Case) -> dict[Column, dict[str, Any]]:
    """By column, what it says of each answer, under the address of its author: the truth that guesses are held to."""
    web, known = case.web, defaultdict[Column, dict[str, Any]](dict)
    for person in case.authors:
        for column, value in columns_of(web.of_answer(person.response_id)).items():
            known[column][person.address] = value
    return known


def known_of_invitations(case: Case) -> dict[Column, dict[str, Any]]:
    """By column, what it says of each invitation that was answered by, under the address that it went to."""
    known = defaultdict[Column, dict[str, Any]](dict)
    owners = {links.roster_hash(person.used): person.address for person in case.authors}
    for row in case.rows:
        if row.table == ("collector.db", "invitation") and row.values["roster_hash"] in owners:
            for column, value in columns_of([row]).items():
                known[column][owners[row.values["roster_hash"]]] = value
    return known


Ranks = dict[str, tuple[int, int]]
"""By address, the first and last-but-one place that it may have in an order with ties."""


def ranked(said: dict[str, Any], everybody: Sequence[str]) -> Ranks | None:
    """The order that a column puts people in; None when it hardly knows them or says the same of all."""
    if len(said) < 0.8 * len(everybody):
        return None
    keys = {who: (0, *sort_key(said[who])) if who in said else (1, 0, 0.0, "") for who in everybody}
    order = sorted(keys.values())
    if order[0] == order[-1]:
        return None
    starts = {key: order.index(key) for key in set(order)}
    return {who: (starts[key], starts[key] + order.count(key)) for who, key in keys.items()}


def hits(ours: Ranks, theirs: Ranks, *, backwards: bool) -> float:
    """How many are at the same rank on both sides, ties broken by lot."""
    right = 0.0
    for who, (start, end) in ours.items():
        first, last = theirs[who]
        if backwards:
            first, last = len(ours) - last, len(ours) - first
        right += max(0, min(end, last) - max(start, first)) / ((end - start) * (last - first))
    return right


def correlation(ours: Ranks, theirs: Ranks) -> float:
    """Spearman's, ties at their middle."""
    pairs = [(sum(ours[who]), sum(theirs[who])) for who in ours]
    left, right = mean(x for x, _ in pairs), mean(y for _, y in pairs)
    spread = sum((x - left) ** 2 for x, _ in pairs) * sum((y - right) ** 2 for _, y in pairs)
    return float(sum((x - left) * (y - right) for x, y in pairs) / spread**0.5)


@dataclass(frozen=True)
class Guess:
    """How well the best pairing of two orders tells who is who, and which it is."""

    share: float
    lean: float
    how: tuple[Any, ...]
    tried: int

    @property
    def wins(self) -> bool:
        """Better than chance."""
        return self.share > SHARE or self.lean > LEAN


Known = Callable[[Case], dict[Column, dict[str, Any]]]


def best_guess(cases: Sequence[Case], ours: Known, theirs: Known) -> Guess:
    """Pair every order of one side with every order of the other, both ways round, over all campaigns."""
    orders = []
    for case in cases:
        everybody = [person.address for person in case.authors]
        sides = [{c: ranked(said, everybody) for c, said in side(case).items()} for side in (ours, theirs)]
        orders.append([{column: ranks for column, ranks in side.items() if ranks} for side in sides])
    left, right = (set.intersection(*(set(sides[place]) for sides in orders)) for place in (0, 1))
    found: list[Guess] = []
    for one in left:
        for other in right:
            pairs = [(sides[0][one], sides[1][other]) for sides in orders]
            people = sum(len(ranks) for ranks, _ in pairs)
            right_ones = max(sum(hits(a, b, backwards=way) for a, b in pairs) for way in (False, True))
            lean = abs(mean(correlation(a, b) for a, b in pairs))
            found.append(Guess(right_ones / people, lean, (one, other), 0))
    worst = max(found, key=lambda guess: (guess.wins, guess.share / SHARE + guess.lean / LEAN))
    return replace(worst, tried=len(found))


# -- the thief: times ------------------------------------------------------------------------------------------------

GRAINS = {"minute": "%Y-%m-%d %H:%M", "hour": "%Y-%m-%d %H", "day": "%Y-%m-%d", "month": "%Y-%m"}


def told(value: Any, grain: str) -> set[str]:
    """Times in a value, as finely as a grain wants them."""
    order = list(GRAINS)
    found = (moment_in(leaf) for leaf in leaves(value))
    return {at.strftime(GRAINS[grain]) for at, kind in filter(None, found) if order.index(kind) <= order.index(grain)}


def fewest_candidates(case: Case) -> int:
    """The fewest answers that an address is left with, once every coincidence of times that is true has been used."""
    everybody = [person.address for person in case.authors]
    left: dict[str, set[str]] = {who: set(everybody) for who in everybody}
    both = [list(side(case).values()) for side in (known_of_addresses, known_of_answers)]
    for grain in GRAINS:
        sides = [[{who: told(value, grain) for who, value in said.items()} for said in side] for side in both]
        one_side, other_side = ([times for times in side if any(times.values())] for side in sides)
        for one, other in product(one_side, other_side):
            known = {who for who, times in one.items() if times}
            true = [who for who in known if one[who] & other.get(who, set())]
            if len(true) >= 0.8 * len(known):
                for who in true:
                    left[who] &= {author for author, times in other.items() if one[who] & times}
    return min(map(len, left.values()))


def fine_times(case: Case) -> set[tuple[str, str, str]]:
    """Times finer than a day in tables of answers and in the log of changes: table, column, who acted."""
    found: set[tuple[str, str, str]] = set()
    for row in case.rows:
        if is_answer(row.table) or row.table[1] == "change":
            for column, value in row.values.items():
                moments = (moment_in(leaf) for leaf in leaves(value))
                if any(at.strftime("%H:%M:%S") != "00:00:00" for at, kind in filter(None, moments) if kind == "minute"):
                    found.add((row.table[1], column, str(row.values.get("actor", ""))))
    return found


def times_of_authors(case: Case) -> list[str]:
    """Times that stand in rows which an address of somebody who answered leads to."""
    web = case.web
    return [
        f"{row.table[1]}.{column} of {person.address}"
        for person in case.authors
        for row in web.of_address(person.address)
        for column, value in row.values.items()
        if any(moment_in(leaf) for leaf in leaves(value))
    ]


# -- the thief: contents ---------------------------------------------------------------------------------------------


def holds(files: dict[str, bytes], wanted: Iterable[str]) -> list[str]:
    """Of some words, those that stand in some files, in any case, as UTF-8, UTF-16 or JSON write them."""
    contents = [content.lower() for content in files.values()]

    def writings(word: str) -> set[bytes]:
        escaped = json.dumps(word)[1:-1].lower()
        return {word.lower().encode(), word.lower().encode("utf-16-le"), escaped.encode()}

    return [word for word in wanted if any(way in content for content in contents for way in writings(word))]


def traces(case: Case) -> list[str]:
    """What the files hold that they must not: addresses of who answered, tokens, whatever tells a telephone."""
    phone = (PHONE, PHONE.rpartition(".")[0], FORWARDED, FORWARDED.rpartition(".")[0], AGENT, "Mozilla", "Espion")
    return holds(case.raw, [*(person.address for person in case.authors), *case.tokens, *phone])


def words_taken_back(case: Case) -> list[str]:
    """Texts that were sent, and that no response holds any more."""
    kept: dict[str, set[str]] = {
        row.values["id"]: set(json.loads(row.values["answers"])["texts"])
        for row in case.rows
        if row.table == ("collector.db", "response")
    }
    said = [(person, question) for person in case.authors for question in (FIRST_TEXT, SECOND_TEXT)]
    return [person.text(question) for person, question in said if question not in kept[person.response_id]]


def ties_by_replay(database: bytes, log: bytes) -> dict[str, str]:
    """Address by response, from SQLite's log of writes: who left the roster in the commit that brought an answer."""
    found: dict[str, str] = {}
    size = int.from_bytes(log[8:12])
    contacts: dict[str, str] = {}
    answers: set[str] = set()
    pages = bytearray(database)
    for start in range(32, len(log), 24 + size):
        page, committed = (int.from_bytes(log[start + place : start + place + 4]) for place in (0, 4))
        if log[start + 8 : start + 16] != log[16:24]:
            break  # left from an earlier round of the log
        pages.extend(bytes(max(0, page * size - len(pages))))
        pages[(page - 1) * size : page * size] = log[start + 24 : start + 24 + size]
        if committed:
            pages[18:20] = b"\x01\x01"  # read it as it is, without its log
            with closing(sqlite3.connect(":memory:")) as state:
                state.deserialize(bytes(pages))
                now = dict(state.execute("SELECT id, address FROM contact"))
                fresh = {row[0] for row in state.execute("SELECT id FROM response")} - answers
            gone = contacts.keys() - now.keys()
            if len(gone) == len(fresh) == 1:
                found[fresh.pop()] = contacts[gone.pop()]
            contacts, answers = now, answers | fresh
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
    assert {at.partition(":")[2].rstrip("0") for at in hours} == {"00:00."}


@pytest.mark.parametrize("table", ["decision", "review_decision"])
def test_what_an_author_does_is_told_to_the_day_only(cases: list[Case], table: str) -> None:
    acts = [row.values for case in cases for row in case.rows if row.table[1] == table]
    own = [moment_in(act["at"]) for act in acts if act["actor"] == "auteur"]
    assert len(own) >= len(cases)
    assert {at.strftime("%H:%M:%S") for at, _ in filter(None, own)} == {"00:00:00"}


def test_no_address_of_who_answered_no_token_and_no_telephone_is_in_the_files(cases: list[Case]) -> None:
    for case in cases:
        assert traces(case) == []
        assert case.raw["collector.db-wal"] == case.raw["syndication.db-wal"] == b""


def test_no_value_looks_like_an_ip_address_or_a_browser(cases: list[Case]) -> None:
    shape = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){4,}|mozilla|iphone")
    for case in cases:
        said = [leaf for row in case.rows for value in row.values.values() for leaf in leaves(value)]
        assert [leaf for leaf in said if isinstance(leaf, str) and shape.search(leaf.lower())] == []


def test_words_taken_back_are_in_no_file(cases: list[Case]) -> None:
    for case in cases:
        assert len(words_taken_back(case)) == 3
        assert holds(case.raw, words_taken_back(case)) == []


def test_addresses_leave_the_disk_once_the_background_work_has_run(cases: list[Case]) -> None:
    assert [holds(case.lying, [person.address for person in case.authors]) for case in cases] == [[], [], []]


def test_words_taken_back_leave_the_disk_once_the_background_work_has_run(cases: list[Case]) -> None:
    assert [holds(case.lying, words_taken_back(case)) for case in cases] == [[], [], []]


def test_the_log_of_writes_ties_nobody_to_an_answer_once_the_background_work_has_run(cases: list[Case]) -> None:
    assert ties_by_replay(cases[0].lying["collector.db"], cases[0].lying.get("collector.db-wal", b"")) == {}


def test_the_log_of_writes_ties_nobody_a_moment_after_they_answered(migrated: Path, tmp_path: Path) -> None:
    for file in migrated.glob("*.db"):
        shutil.copy(file, tmp_path)
    clock = Clock()
    hub = asgi.open_hub(settings_in(tmp_path), clock)
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
        assert all(re.fullmatch(r"[0-9a-f]{24}|[0-9a-f]{64}", one) for ids in lists for one in ids), kind
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


def rows_moved_by_order_of_answer(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    for place, person in enumerate(case.authors):
        own.execute("UPDATE invited SET rowid = ? WHERE address_hash = ?", (1000 + place, hash_of(case, person)))


def answers_in_the_order_of_the_list(own: sqlite3.Connection, _: sqlite3.Connection, case: Case) -> None:
    for place, person in enumerate(one for one in case.people if one.response_id):
        own.execute(
            "UPDATE event SET seq = ? WHERE response_id = ? AND kind = 'sent'", (1000 + place, person.response_id)
        )


def reviews_in_the_order_of_hashes(_: sqlite3.Connection, hub: sqlite3.Connection, case: Case) -> None:
    for place, person in enumerate(sorted(case.authors, key=lambda one: hash_of(case, one))):
        hub.execute("UPDATE review SET rowid = ? WHERE source_id = ?", (1000 - place, person.response_id))


@pytest.mark.parametrize(
    "plant",
    [a_number_by_order_of_answer, a_countdown_by_order_of_answer, a_rough_order_of_answer,
     rows_moved_by_order_of_answer, answers_in_the_order_of_the_list, reviews_in_the_order_of_hashes],
)  # fmt: skip
def test_the_thief_finds_a_planted_order(planted: Planted, plant: Plant) -> None:
    assert best_guess(planted(plant, len(SEEDS)), known_of_addresses, known_of_answers).wins


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


@pytest.mark.parametrize("plant", [the_second_on_both_sides, the_day_on_the_roster, the_moment_of_one_alone])
def test_the_thief_finds_a_planted_time(planted: Planted, plant: Plant) -> None:
    for case in planted(plant):
        assert fewest_candidates(case) < CANDIDATES
        assert times_of_authors(case)


def test_a_month_on_both_sides_is_seen_but_singles_nobody_out(planted: Planted) -> None:
    for case in planted(the_month_on_the_roster):
        assert CANDIDATES <= fewest_candidates(case) < ANSWERED
        assert times_of_authors(case)


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


@pytest.mark.parametrize(
    "plant",
    [an_address_in_a_draft, an_address_deleted_carelessly, a_token_in_an_event, a_telephone_in_a_review,
     a_network_in_a_response],
)  # fmt: skip
def test_the_thief_finds_planted_contents(planted: Planted, plant: Plant) -> None:
    assert all(traces(case) for case in planted(plant))


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
