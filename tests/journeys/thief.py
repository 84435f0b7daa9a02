"""A thief with both databases, the keys, the list of addresses and this very code: what each value leads to."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from collector import links
from syndication.instants import PARIS
from syndication.reviews.triage import fingerprint
from tests.helpers import NOON

PHONE, FORWARDED = "198.51.100.23", "203.0.113.77"
AGENT = "Mozilla/5.0 (Telephone; Espion 7.1)"
FIRST_TEXT, SECOND_TEXT = "changement", "journee_entreprise"
OWN_TEXT = "À la cantine comme en classe"
ANSWER_TABLES = {
    ("collector.db", "draft"), ("collector.db", "response"), ("collector.db", "event"), ("collector.db", "receipt"),
    ("syndication.db", "review"), ("syndication.db", "review_decision"), ("syndication.db", "verbatim"),
    ("syndication.db", "decision"), ("syndication.db", "own_text"),
}  # fmt: skip
CROWD = 8
"""A value that more rows of one table share tells nobody apart."""
Table = tuple[str, str]


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
    if isinstance(value, str) and re.fullmatch(r"\d{10}(\.\d+)?|\d{13}|\d{16}", value):
        value = float(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        seconds = value / 1_000_000 if value > 1e15 else value / 1000 if value > 1e12 else value
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
    ours = re.fullmatch(r"[a-z2-7]{16}|[a-z2-7]{32}", name) is not None
    return ours or (len(name) >= 12 and any(map(str.isdigit, name)) and " " not in name)


def is_answer(table: Table) -> bool:
    return table in ANSWER_TABLES


def ties_by_joins(case: Case) -> list[str]:
    """Paths from an address, or any of its disguises, to a row of an answer."""
    web = case.web
    return [
        f"{address} -> {row.table[1]}"
        for address in case.addresses
        for row in web.reach(address, lambda _: True, lambda _: True)
        if is_answer(row.table)
    ]
