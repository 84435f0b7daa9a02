"""Readings of a scope gathered with those of its region and of the nation, and what may be chosen among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from syndication.catalogue.resolve import resolve_formation
from syndication.catalogue.store import CentreRow
from syndication.errors import CodeError
from syndication.ratings import RESPONDENTS, Questions
from syndication.results import store
from syndication.results.figures import Beside, Figures, figures
from syndication.results.reading import sum_of
from syndication.results.scopes import NATION, Observed, within
from syndication.results.store import EVERY, WHOLE, ReadingRow
from syndication.results.years import named, read_year
from syndication.settings import Thresholds

COMPANY_CENTRES = 3
"""Centres with respondents that figures of others gather at least: with two, each would read the other's."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page is asked for: a formation's code (empty: all), a school year (empty: all)."""

    formation: str = ""
    year: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """A wish understood: formations that count (``EVERY``: all), the title of the one asked for, the year."""

    members: tuple[int, ...]
    code: str = ""
    title: str = ""
    year: str = WHOLE

    @property
    def words(self) -> str:
        """« CAP cuisine, année scolaire 2025-2026 »."""
        when = f"année scolaire {named(self.year)}" if self.year else "toutes les années"
        return f"{self.title or 'Toutes les formations'}, {when}"


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen: formations (code, title, respondents) and school years (year, name)."""

    formations: tuple[tuple[str, str, int], ...]
    years: tuple[tuple[str, str], ...]


def understood(connection: Connection, wish: Wish) -> Cut:
    """The cut that a wish names; raises UnusableCode for a formation or a year that means nothing."""
    year = read_year(wish.year)
    if wish.year and not year:
        raise CodeError(
            f"«\u00a0{wish.year[:40]}\u00a0» n'est pas une année scolaire\u00a0: elle s'écrit 2025 ou 2025-2026."
        )
    if not wish.formation:
        return Cut((EVERY,), year=year)
    found = resolve_formation(connection, wish.formation)
    head = found.formation
    return Cut(found.members, head.natural_key.removeprefix("cfd:"), head.title, year)


def choices(connection: Connection, centres: Collection[int], cut: Cut) -> Choices:
    """What readings of some centres (``EVERY``: of the nation) tell of."""
    listed = store.formations_read(connection, centres)
    years = store.years_read(connection, centres, cut.members)
    return Choices(
        tuple((key.removeprefix("cfd:"), title, respondents) for _, title, key, respondents in listed),
        tuple((year, named(year)) for year in years),
    )


def of_centre(
    connection: Connection, centre: CentreRow, cut: Cut, questions: Questions, thresholds: Thresholds
) -> Figures:
    """Results of a centre beside those of its region and of the nation, for the same formations and the same year."""
    own = store.readings(connection, [centre.id], cut.members, cut.year)
    beside = _nation(connection, cut)
    region = store.region_of(connection, centre.id)
    if region:
        beside = [*_region(connection, centre.id, region, cut, thresholds), *beside]
    return _figures(connection, own, [centre.id], beside, cut, questions, thresholds)


def of_scope(
    connection: Connection, observed: Observed, cut: Cut, questions: Questions, thresholds: Thresholds
) -> Figures:
    """Results of all that somebody observes, beside the nation's where they are not the nation."""
    cut = replace(cut, members=within(observed, cut.members))
    centres = [EVERY] if observed.everywhere else list(observed.centres)
    own = store.readings(connection, centres, cut.members, cut.year)
    beside = [] if observed.scope == NATION else _nation(connection, replace(cut, members=_same(cut)))
    return _figures(connection, own, centres, beside, cut, questions, thresholds)


def _same(cut: Cut) -> tuple[int, ...]:
    """What the nation is told of: one formation where one is asked for, all of them otherwise."""
    return cut.members if cut.code else (EVERY,)


def _figures(
    connection: Connection, own: Sequence[ReadingRow], centres: Sequence[int], beside: Sequence[Beside], cut: Cut,
    questions: Questions, thresholds: Thresholds,
) -> Figures:  # fmt: skip
    told = [] if cut.year else store.years_read(connection, centres, cut.members)
    years = {year: sum_of(store.readings(connection, centres, cut.members, year)) for year in told[:YEARS]}
    taken_on: date | None = max((row.taken_on for row in own), default=None)
    return figures(sum_of(own), beside, years, questions, thresholds, taken_on)


YEARS = 4
"""School years told side by side."""


def _nation(connection: Connection, cut: Cut) -> list[Beside]:
    """The nation's figures; of a school year, which is public nowhere else, when they gather enough centres."""
    if cut.year and store.centres_read(connection, cut.members, cut.year) < COMPANY_CENTRES:
        return []
    counts = sum_of(store.readings(connection, [EVERY], cut.members, cut.year))
    return [Beside("France", "qu'en France", "avec la France", counts)]


def _region(connection: Connection, centre: int, region: str, cut: Cut, thresholds: Thresholds) -> list[Beside]:
    """The region's figures, when they gather enough centres, and enough respondents without the one that reads."""
    rows = store.readings(connection, store.centres_within(connection, f"region:{region}"), cut.members, cut.year)
    told = [row for row in rows if row.respondents]
    others = sum_of(row for row in told if row.centre_id != centre).get(RESPONDENTS, {}).get("", 0)
    if len({row.centre_id for row in told}) < COMPANY_CENTRES or others < thresholds.minimum:
        return []
    return [Beside(region, "que dans la région", "avec la région", sum_of(told))]
