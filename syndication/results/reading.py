"""Readings are taken: by the background work, for what changed; no page takes one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from time import monotonic

from sqlalchemy import Connection, Engine

from collector.door import Collector, Questionnaire
from syndication import ratings
from syndication import store as hub_store
from syndication.database import one_moment, writing
from syndication.results import store
from syndication.results.disclosure import (
    UNDATED,
    Counts,
    Limits,
    Lots,
    from_json,
    minus,
    moved_on,
    people,
    to_json,
    total,
)
from syndication.results.store import WHOLE, Answered, Axes
from syndication.results.years import school_year

READ = "resultats"
"""Bookmark: up to where the change log was followed."""
CHANGES = 5000
_Dated = defaultdict[str, defaultdict[str, defaultdict[str, int]]]
"""Counts by question, school year and value."""
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
            if not hub_store.turn_bookmark(connection, READ, str(after or ""), str(last)):
                break  # another process follows too: it goes on from where it is
    return moved


def take_reading(
    engine: Engine, documents: Mapping[str, Questionnaire], formation: int, centre: int, limits: Limits, today: date
) -> bool:
    """Move the readings of a formation at a centre on, where they may; False when none moved.

    What was counted is kept unless more happened since: another process may have counted it meanwhile, and a reading
    that went back would tell by how much. What happened is in the log, where it will be followed.
    """
    with one_moment(engine).connect() as connection:
        seen = hub_store.last_change(connection)
        if not _may_move(connection, formation, centre, limits):
            return False
        live = counted_by_year(connection, documents, formation, centre)
    with writing(engine).begin() as connection:
        if store.has_changed(connection, formation, centre, seen):
            return False
        before = {axis: from_json(one) for axis, one in store.kept(connection, formation, centre).items()}
        after, apart = next_reading(before, live, limits)
        if after == before:
            return False
        kept = {axis: to_json(lots) for axis, lots in after.items()}
        store.keep(connection, formation, centre, kept, apart, today)
    return bool(apart)


def next_reading(
    before: Mapping[str, Lots], live: Mapping[str, Mapping[str, Counts]], limits: Limits
) -> tuple[dict[str, Lots], dict[str, Axes]]:
    """The lots of a formation at a centre once they have moved on to what is counted now (``live``: by question, then
    year), and what sets their readings apart from the ones before, by year and question."""
    moved = {axis: moved_on(before.get(axis, Lots()), live.get(axis, {}), limits) for axis in {**before, **live}}
    after = {axis: lots for axis, lots in moved.items() if lots != Lots()}
    return after, _apart(before, after)


def _may_move(connection: Connection, formation: int, centre: int, limits: Limits) -> bool:
    """False when the tally alone shows that no reading moves on, so that responses need not be read one by one."""
    before = store.kept(connection, formation, centre)
    now = store.counted(connection, formation, centre)
    for axis in {**before, **now}:
        told, counts = total(from_json(before[axis]).told.values()) if axis in before else {}, now.get(axis, {})
        fallen = bool(told) and people(counts) < limits.minimum
        if fallen or people(minus(counts, told)) >= limits.minimum:
            return True
    return False


def counted_by_year(
    connection: Connection, documents: Mapping[str, Questionnaire], formation: int, centre: int
) -> dict[str, dict[str, Counts]]:
    """What is counted of a formation at a centre, by question, then school year; what no response of a known month
    accounts for stands under no year."""
    dated: _Dated = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    names = {version: _Names(document) for version, document in documents.items()}
    for one in store.dated_answers(connection, formation, centre):
        if one.version in names:
            names[one.version].count(one, dated)
    found: dict[str, dict[str, Counts]] = {}
    for axis, whole in store.counted(connection, formation, centre).items():
        years: dict[str, Counts] = {year: dict(counts) for year, counts in dated[axis].items()}
        undated = {value: max(count, 0) for value, count in minus(whole, total(years.values())).items()}
        found[axis] = {**years, UNDATED: undated} if any(undated.values()) else years
    return found


class _Names:
    """On what answers to a version of the questionnaire are counted, as ``ratings.counts_of`` does for one response."""

    def __init__(self, document: Questionnaire) -> None:
        asked = [(question, axis) for question in document.questions() for axis in question.axes()]
        self._scales = {axis.key: ratings.tally_axis(one, axis) for one, axis in asked if one.feeds == "axis"}
        self._choices = {axis.key: ratings.tally_axis(one, axis) for one, axis in asked if one.feeds == "choice"}

    def count(self, one: Answered, dated: _Dated) -> None:
        """Add a response to counts by question, year and value."""
        year, rated = school_year(one.month), False
        for key, value in one.answers["scales"].items():
            if key in self._scales:
                dated[self._scales[key]][year][value] += 1
                rated = True
        for key, options in one.answers["choices"].items():
            if key in self._choices:
                counts = dated[self._choices[key]][year]
                counts[""] += 1
                for option in options:
                    counts[option] += 1
        if rated:
            dated[ratings.RESPONDENTS][year][""] += 1


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
