"""What results may show of a formation in a centre, by year, so that no two looks ever tell one person's answer. Pure.

Public figures of a formation, a centre, or both move with every answer: that is a promise of the public API, and
whoever watches them sees each answer come. (The newest few, which set them apart from a reading of the same cut at the
same moment, are those that a watcher saw come.) Results cut finer (by school year, by region, by any scope of an
observer) and must not give more than that. So they do not show what is there, but *readings*, one for each question,
that move on by lots of at least ``minimum`` respondents who came or left:

- a lot of one school year counts in that year; one that gathers remainders of several, or of no known year, counts in
  the whole alone;
- every figure of results is a sum of lots: a centre is the sum of its formations, a region of its centres, and so on.
  Hence a total less its parts, or a look less an earlier one, is nothing or several whole lots: there is no small
  remainder to be found, and nothing else needs hiding;
- people also leave. A reading that would come near to one it replaced (Alice left, Bob came) is therefore not taken,
  until it differs by a whole lot from *every* reading before it. ``PAST`` of them are kept, and of older ones the
  largest total;
- below ``minimum`` nothing is left of a reading, at once;
- a lot, or a reading, in which fewer than ``company`` people all said the same and it was not « bien » waits for
  another voice: five who all said « mal » would each be known to have said it.

Counts are all that is kept, not who was counted. Where a person gives one answer to a question, the sum of absolute
differences between two readings is at most the number of people who came or left, so that asking as much of it as of
people errs on the side of silence. A question with several answers is weighed by its respondents.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Counts = Mapping[str, int]
"""Answers to one question: how many by value; ``""`` counts the respondents to a question with several answers."""
UNDATED = ""
"""The year of those whose month is not known."""
PAST = 12
FAVOURABLE = "bien"


@dataclass(frozen=True, slots=True)
class Limits:
    """Respondents below which nothing is told, and below which they may not all be of one unfavourable mind."""

    minimum: int = 5
    company: int = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """What is shown of a cut, the readings before it, and the largest total among those too old to be kept."""

    shown: Counts = field(default_factory=dict)
    past: tuple[Counts, ...] = ()
    floor: int = 0

    def then(self, shown: Counts) -> "Cell":
        """The cell once it shows something else."""
        if not any(minus(shown, self.shown).values()):
            return self
        past = (*self.past, self.shown) if any(self.shown.values()) else self.past
        dropped = [people(one) for one in past[: -PAST or None]] if len(past) > PAST else []
        return Cell(shown, past[-PAST:], max(self.floor, *dropped, 0))

    def may_show(self, wished: Counts, limits: Limits) -> bool:
        """True when nobody is singled out by a reading, nor by what sets it apart from any before it."""
        if min(wished.values(), default=0) < 0:
            return False
        if not any(wished.values()):
            return True
        if self.floor and people(wished) < self.floor + limits.minimum:
            return False
        apart = (minus(wished, old) for old in (*self.past, self.shown, {}))
        return all(_enough(one, limits) for one in apart if any(one.values()))


@dataclass(frozen=True, slots=True)
class Lots:
    """One question of a formation in a centre: by year, what is in lots (``told``) and what is shown as that year's;
    what is in lots of no one year; and the whole, their sum."""

    told: Mapping[str, Counts] = field(default_factory=dict)
    years: Mapping[str, Cell] = field(default_factory=dict)
    rest: Cell = field(default_factory=Cell)
    whole: Cell = field(default_factory=Cell)


def moved_on(lots: Lots, live: Mapping[str, Counts], limits: Limits) -> Lots:
    """The lots after what is counted now (``live``: by year), or the same when nothing may move yet."""
    if people(total(live.values())) < limits.minimum:
        return _emptied(lots)
    lots = _without_small_years(lots, live, limits)
    for dated, mixed in _plans(lots, live, limits):
        wished = _taken(lots, live, dated, mixed)
        if _may_show(wished, lots, limits):
            return wished
    return lots


def _plans(lots: Lots, live: Mapping[str, Counts], limits: Limits) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Ways to move on, the fullest first: years that are lots of their own, years that are one lot together."""
    waiting = {year: minus(live.get(year, {}), lots.told.get(year, {})) for year in sorted({*live, *lots.told})}
    waiting = {year: one for year, one in waiting.items() if any(one.values())}
    large = [year for year, one in waiting.items() if year != UNDATED and _enough(one, limits)]
    small = [year for year in waiting if year not in large]
    together = sum(people(waiting[year]) for year in small) >= limits.minimum
    if together:
        yield large, small
    if large:
        yield large, ()
        yield from (([year], ()) for year in large)
        yield (), [*large, *small]
    if together:
        yield (), small


def _taken(lots: Lots, live: Mapping[str, Counts], dated: Sequence[str], mixed: Sequence[str]) -> Lots:
    """The lots once some years have moved to what is counted now, as lots of their own or as one together."""
    come = {year: minus(live.get(year, {}), lots.told.get(year, {})) for year in (*dated, *mixed)}
    years = dict(lots.years)
    for year in dated:
        cell = years.get(year, Cell())
        years[year] = cell.then(plus(cell.shown, come[year]))
    rest = lots.rest.then(total([lots.rest.shown, *(come[year] for year in mixed)]))
    told = {**lots.told, **{year: dict(live.get(year, {})) for year in come}}
    whole = lots.whole.then(total([rest.shown, *(cell.shown for cell in years.values())]))
    return Lots(told, years, rest, whole)


def _may_show(wished: Lots, before: Lots, limits: Limits) -> bool:
    """True when each cut may show what it would."""
    cuts = [(before.rest, wished.rest), (before.whole, wished.whole)]
    cuts += [(before.years.get(year, Cell()), cell) for year, cell in wished.years.items()]
    return all(old.may_show(new.shown, limits) for old, new in cuts)


def _without_small_years(lots: Lots, live: Mapping[str, Counts], limits: Limits) -> Lots:
    """The lots without the years of which too few people are left: they count in the whole alone from now on."""
    for year, cell in lots.years.items():
        if any(cell.shown.values()) and people(live.get(year, {})) < limits.minimum:
            rest = lots.rest.then(plus(lots.rest.shown, cell.shown))
            wished = replace(lots, years={**lots.years, year: cell.then({})}, rest=rest)
            lots = wished if _may_show(wished, lots, limits) else lots
    return lots


def _emptied(lots: Lots) -> Lots:
    years = {year: cell.then({}) for year, cell in lots.years.items()}
    return Lots({}, years, lots.rest.then({}), lots.whole.then({}))


def _enough(apart: Counts, limits: Limits) -> bool:
    """True for a difference made of enough people, not all of one unfavourable mind unless they are many."""
    count, values = people(apart), [value for value, number in apart.items() if number]
    alike = "" not in apart and len(values) == 1 and values[0] != FAVOURABLE
    return count >= (limits.company if alike else limits.minimum)


# -- counts ----------------------------------------------------------------------------------------------------------


def people(counts: Counts) -> int:
    """How many people counts are about, at least: of a difference, those who came or left."""
    return abs(counts[""]) if "" in counts else sum(map(abs, counts.values()))


def plus(one: Counts, other: Counts) -> dict[str, int]:
    """Counts added up."""
    found = dict(one)
    for value, count in other.items():
        found[value] = found.get(value, 0) + count
    return found


def minus(one: Counts, other: Counts) -> dict[str, int]:
    """Counts taken away from others."""
    found = dict(one)
    for value, count in other.items():
        found[value] = found.get(value, 0) - count
    return found


def total(parts: Iterable[Counts]) -> dict[str, int]:
    """The sum of counts."""
    found: dict[str, int] = {}
    for part in parts:
        for value, count in part.items():
            found[value] = found.get(value, 0) + count
    return found


# -- as kept ---------------------------------------------------------------------------------------------------------


def to_json(lots: Lots) -> dict[str, Any]:
    """The lots as JSON."""
    return {
        "told": {year: dict(counts) for year, counts in lots.told.items()},
        "years": {year: _cell_to_json(cell) for year, cell in lots.years.items()},
        "rest": _cell_to_json(lots.rest),
        "whole": _cell_to_json(lots.whole),
    }


def from_json(kept: Mapping[str, Any]) -> Lots:
    """The lots that ``to_json`` wrote."""
    years = {year: _cell_from_json(cell) for year, cell in kept["years"].items()}
    return Lots(kept["told"], years, _cell_from_json(kept["rest"]), _cell_from_json(kept["whole"]))


def _cell_to_json(cell: Cell) -> list[Any]:
    return [dict(cell.shown), [dict(one) for one in cell.past], cell.floor]


def _cell_from_json(kept: Sequence[Any]) -> Cell:
    return Cell(kept[0], tuple(kept[1]), kept[2])
