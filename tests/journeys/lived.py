"""A campaign of thirty, lived through from the roster to a withdrawn text."""

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from random import Random
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from collector import links
from collector.packing import unpack as unpack_answers
from syndication import asgi, campaigns, worker
from syndication.app import create_app
from syndication.catalogue.resolve import resolve_centre
from syndication.context import Hub
from syndication.database import writing
from syndication.moderation import store as moderation
from syndication.own import store as own
from syndication.own.wording import Draft
from syndication.packing import unpack
from tests.conftest import CUISINE, PARIS_CENTRE, settings_in
from tests.databases import held, on_postgresql, rows
from tests.helpers import NOON, Client, Clock, hidden_fields
from tests.journeys.thief import AGENT, FIRST_TEXT, FORWARDED, PHONE, SECOND_TEXT, Act, Case, Person, Row

INVITED, EARLY, LATE, SWITCHED, UNFINISHED = 30, 12, 9, 2, 5
FILES = ("collector.db", "syndication.db")
PACKED: dict[str, dict[str, Callable[[bytes], Any]]] = {
    "response": {"answers": unpack_answers}, "review": {"answers": unpack}, "reading": {"counts": unpack},
}  # fmt: skip
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :name"


def live_through(folder: Path, seed: int) -> Case:
    """Live a campaign through in a folder of migrated databases; what is left of it before and after its logs are
    emptied."""
    clock = Clock()
    with closing(asgi.open_hub(settings_in(folder), clock)) as hub:
        story = Story(hub, clock, Random(seed))
        story.tell()
        if on_postgresql():
            addresses = dict(zip(FILES, addresses_of(hub), strict=True))
            lying = raw = {name: held(address) for name, address in addresses.items()}
            rows = tuple(row for name, address in addresses.items() for row in read_rows(name, address))
        else:
            lying = {file.name: file.read_bytes() for file in folder.glob("*.db*")}
            for name in FILES:
                checkpoint(folder / name)
            raw = {file.name: file.read_bytes() for file in folder.glob("*.db*")}
            rows = dump(folder)
        keys = hub.settings.keys()
    return Case(folder, tuple(story.people), story.campaign, keys, story.contact_ids, story.mail_ids, lying, raw, rows)


def addresses_of(hub: Hub) -> tuple[str, str]:
    """Addresses of both databases, in the order of ``FILES``."""
    return hub.settings.collector.database_url, hub.settings.database_url


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

    def collected(self, query: str, **values: str) -> list[tuple[Any, ...]]:
        """What the collector's database says."""
        return rows(self.hub.settings.collector.database_url, query, **values)

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
        lying = "ctid" if on_postgresql() else "rowid"
        self.contact_ids = tuple(row[0] for row in self.collected(f"SELECT id FROM contact ORDER BY {lying}"))
        self.mail_ids = tuple(row[0] for row in self.collected(f"SELECT id FROM mail ORDER BY {lying}"))
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
        mine = "SELECT id FROM response WHERE author_hash = :author"
        (found,) = self.collected(mine, author=links.author_hash(token))
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
        told = self.collected("SELECT response_id, question FROM receipt WHERE status = :status", status=status)
        found: dict[str, str] = dict(told)
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
            logs = [file.stat().st_size for file in self.folder.glob("*.db-wal")]
            if logs and not any(logs):
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


def read_rows(name: str, address: str) -> list[Row]:
    """Every row of every table of a PostgreSQL database, with its place among those of its table and the transaction
    that wrote it, which anybody who may read the table is told."""
    found: list[Row] = []
    for (table,) in rows(address, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        columns = [one for (one,) in rows(address, COLUMNS, name=table)]
        selected = ", ".join(f'"{one}"' for one in columns)
        query = f'SELECT CAST(CAST(xmin AS VARCHAR) AS BIGINT), {selected} FROM "{table}" ORDER BY ctid'
        for place, (transaction, *values) in enumerate(rows(address, query)):
            said = dict(zip(columns, map(plain, values), strict=True))
            found.append(Row((name, table), {"its rowid": place, "its transaction": transaction, **said}))
    return found


def plain(value: Any) -> Any:
    """A value as SQLite would give it."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def dump(folder: Path) -> tuple[Row, ...]:
    """Every row of every table of both databases, in SQLite's files."""
    found: list[Row] = []
    for name in FILES:
        with closing(sqlite3.connect(folder / name)) as connection:
            connection.row_factory = sqlite3.Row
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                with suppress(sqlite3.OperationalError):  # a table without rowid
                    for row in connection.execute(f'SELECT rowid AS "its rowid", * FROM "{table}"'):
                        found.append(Row((name, table), unpacked(table, dict(row))))
                    continue
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    found.append(Row((name, table), unpacked(table, dict(row))))
    return tuple(found)


def unpacked(table: str, values: dict[str, Any]) -> dict[str, Any]:
    """A row of SQLite with what is packed in it as JSON."""
    for column, opened in PACKED.get(table, {}).items():
        values[column] = json.dumps(opened(values[column]), ensure_ascii=False)
    return values
