"""What the thief guesses from orders, times and contents, when nothing leads from an address to an answer."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import product
from statistics import mean
from typing import Any

from collector import links
from tests.journeys.thief import (
    AGENT,
    FIRST_TEXT,
    FORWARDED,
    PHONE,
    SECOND_TEXT,
    Case,
    Row,
    is_answer,
    leaves,
    moment_in,
)

SHARE, LEAN = 0.25, 0.65
"""Pairs guessed right, and mean rank correlation, that chance does not reach: over 69 pairs it gives 3 right, and a
correlation of 0.12."""
Column = tuple[str, str, str, str]


# -- orders ----------------------------------------------------------------------------------------------------------


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


# -- times -----------------------------------------------------------------------------------------------------------

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


# -- contents --------------------------------------------------------------------------------------------------------


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
