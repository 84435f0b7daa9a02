"""Readings are taken: by the background work, for what changed; no page takes one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from time import monotonic

from sqlalchemy import Connection, Engine

from collector.door import Answers, Collector, Questionnaire
from syndication import ratings
from syndication import store as hub_store
from syndication.database import one_moment, writing
from syndication.results import store
from syndication.results.disclosure import UNDATED, Counts, Limits, Lots, from_json, minus, moved_on, to_json, total
from syndication.results.store import WHOLE, Answered, Axes
from syndication.results.years import school_year

READ = "resultats"
"""Bookmark: up to where the change log was followed."""
CHANGES = 5000
MOMENT_SECONDS = 2.0
"""How long the step goes on before it lets the others work."""


def take_readings(engine: Engine, collector: Collector, limits: Limits, today: date) -> int:
    """Take readings of what changed, as far as a moment allows; gives how many moved on."""
    started, moved = monotonic(), 0
    documents = {document.version: document for document in collector.questionnaires()}
    while monotonic() - started < MOMENT_SECONDS:
        with engine.connect() as connection:
            after = int(hub_store.bookmark(connection, READ) or 0)
            scopes, last = store.changed_scopes(connection, after, CHANGES)
        if last == after:
            break
        for formation, centre in scopes:
            moved += take_reading(engine, documents, formation, centre, limits, today)
        with writing(engine).begin() as connection:
            hub_store.move_bookmark(connection, READ, str(last))
    return moved


def take_reading(
    engine: Engine, documents: Mapping[str, Questionnaire], formation: int, centre: int, limits: Limits, today: date
) -> bool:
    """Move the readings of a formation at a centre on, where they may; False when none moved."""
    with one_moment(engine).connect() as connection:
        live = counted_by_year(connection, documents, formation, centre)
    with writing(engine).begin() as connection:
        before = {axis: from_json(one) for axis, one in store.kept(connection, formation, centre).items()}
        after = {axis: moved_on(before.get(axis, Lots()), live.get(axis, {}), limits) for axis in {**before, **live}}
        after = {axis: lots for axis, lots in after.items() if lots != Lots()}
        if after == before:
            return False
        apart = _apart(before, after)
        kept = {axis: to_json(lots) for axis, lots in after.items()}
        store.keep(connection, formation, centre, kept, apart, today)
    return bool(apart)


def counted_by_year(
    connection: Connection, documents: Mapping[str, Questionnaire], formation: int, centre: int
) -> dict[str, dict[str, Counts]]:
    """What is counted of a formation at a centre, by question, then school year; what no response of a known month
    accounts for stands under no year."""
    dated: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for one in store.dated_answers(connection, formation, centre):
        if one.version in documents:
            _count(dated, one, documents[one.version])
    found: dict[str, dict[str, Counts]] = {}
    for axis, whole in store.counted(connection, formation, centre).items():
        years: dict[str, Counts] = {year: dict(counts) for year, counts in dated[axis].items()}
        undated = {value: max(count, 0) for value, count in minus(whole, total(years.values())).items()}
        found[axis] = {**years, UNDATED: undated} if any(undated.values()) else years
    return found


def _count(dated: Mapping[str, Mapping[str, dict[str, int]]], one: Answered, document: Questionnaire) -> None:
    answers = Answers(one.answers["scales"], {key: tuple(values) for key, values in one.answers["choices"].items()})
    year = school_year(one.month)
    for (axis, value), count in ratings.counts_of(answers, document, None).items():
        if axis == ratings.RESPONDENTS or not axis.startswith("@"):
            dated[axis][year][value] += count


def _apart(before: Mapping[str, Lots], after: Mapping[str, Lots]) -> dict[str, Axes]:
    """What sets readings apart from the ones before, by year and question, where anything does."""
    found: dict[str, dict[str, Counts]] = defaultdict(dict)
    for axis, lots in after.items():
        old = before.get(axis, Lots())
        cuts = {WHOLE: (lots.whole, old.whole)} | {
            year: (cell, old.years.get(year)) for year, cell in lots.years.items()
        }
        for year, (new_cell, old_cell) in cuts.items():
            difference = minus(new_cell.shown, old_cell.shown if old_cell else {})
            if any(difference.values()):
                found[year][axis] = difference
    return dict(found)


def sum_of(rows: Iterable[store.ReadingRow]) -> dict[str, dict[str, int]]:
    """Counts of several readings together, by question."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        for axis, counts in row.counts.items():
            known = found.setdefault(axis, {})
            for value, count in counts.items():
                known[value] = known.get(value, 0) + count
    return found
