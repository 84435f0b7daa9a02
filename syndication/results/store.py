"""SQL of results: what is counted of a formation in a centre by school year, readings of it, scopes of observers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select

from syndication import models, ratings
from syndication.catalogue.store import CentreRow
from syndication.database import table, upsert
from syndication.results.disclosure import UNDATED, Counts, plus
from syndication.reviews.store import COUNTED
from syndication.scopes import store as scopes

REVIEW = table(models.Review)
TALLY = table(models.Tally)
CHANGE = table(models.Change)
READING = table(models.Reading)
CENTRE = table(models.Centre)
FORMATION = table(models.Formation)
CAMPAIGN = table(models.Campaign)
EVERY = 0
"""Every centre, or every formation."""
WHOLE, KEPT = UNDATED, "~"
"""Instead of a year: all of them, and what readings are made from."""
Axes = Mapping[str, Counts]
"""Counts by question."""
_RESPONDING = TALLY.c.axis == literal_column(f"'{ratings.RESPONDENTS}'")


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers of one counted response, as stored."""

    answers: Mapping[str, Any]
    version: str
    month: str


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A reading: the respondents counted in it, the counts by question, and the day it last moved on."""

    centre_id: int
    formation_id: int
    year: str
    respondents: int
    counts: Axes
    taken_on: date


@dataclass(frozen=True, slots=True)
class CentreLine:
    """A centre in a scope: its respondents in readings, its campaigns, how many were invited and answered (None: not
    known)."""

    centre: CentreRow
    region: str
    respondents: int
    campaigns: int
    open_campaigns: int
    invited: int | None
    answered: int


# -- what is counted -------------------------------------------------------------------------------------------------


def changed_scopes(connection: Connection, after: int, limit: int) -> tuple[list[tuple[int, int]], int]:
    """Formations at centres that changed after a place in the change log, and the place up to which that is told."""
    seen = select(CHANGE.c.seq).where(CHANGE.c.seq > after).order_by(CHANGE.c.seq).limit(limit).subquery()
    last = connection.execute(select(func.max(seen.c.seq))).scalar()
    if last is None:
        return [], after
    query = select(CHANGE.c.formation_id, CHANGE.c.centre_id).distinct()
    query = query.where(CHANGE.c.seq > after, CHANGE.c.seq <= last, CHANGE.c.formation_id > 0, CHANGE.c.centre_id > 0)
    return sorted((row.formation_id, row.centre_id) for row in connection.execute(query)), last


def has_changed(connection: Connection, formation_id: int, centre_id: int, after: int) -> bool:
    """Whether a formation at a centre changed after a place in the change log."""
    later = select(CHANGE.c.seq).where(CHANGE.c.seq > after, CHANGE.c.formation_id == formation_id)
    return connection.execute(later.where(CHANGE.c.centre_id == centre_id).limit(1)).first() is not None


def dated_answers(connection: Connection, formation_id: int, centre_id: int) -> list[Answered]:
    """Answers of the responses counted for a formation at a centre whose month is known."""
    query = select(REVIEW.c.answers, REVIEW.c.questionnaire_version, REVIEW.c.month).where(
        REVIEW.c.formation_id == formation_id, REVIEW.c.centre_id == centre_id, REVIEW.c.state == COUNTED,
        REVIEW.c.month.is_not(None),
    )  # fmt: skip
    return [Answered(*row) for row in connection.execute(query)]


def counted(connection: Connection, formation_id: int, centre_id: int) -> dict[str, dict[str, int]]:
    """Counts of respondents and of their answers to questions, of a formation at a centre, as the tally holds them."""
    query = select(TALLY.c.axis, TALLY.c.value, TALLY.c.count).where(
        TALLY.c.formation_id == formation_id, TALLY.c.centre_id == centre_id,
    )  # fmt: skip
    found: dict[str, dict[str, int]] = {}
    for axis, value, count in connection.execute(query):
        if axis == ratings.RESPONDENTS or not axis.startswith("@"):
            found.setdefault(axis, {})[value] = count
    return found


# -- readings --------------------------------------------------------------------------------------------------------


def kept(connection: Connection, formation_id: int, centre_id: int) -> Mapping[str, Any]:
    """What readings of a formation at a centre are made from, by question; nothing before the first."""
    query = select(READING.c.counts).where(_is(centre_id, formation_id), READING.c.year == KEPT)
    return connection.execute(query).scalar() or {}


def keep(
    connection: Connection, formation_id: int, centre_id: int, lots: Mapping[str, Any], apart: Mapping[str, Axes],
    today: date,
) -> None:  # fmt: skip
    """Keep what readings are made from, and add what sets them apart from the ones before (by year, then question) to
    the formation at the centre, to the centre, to the formation everywhere, and to the nation."""
    row = {
        "centre_id": centre_id, "formation_id": formation_id, "year": KEPT, "respondents": 0, "counts": dict(lots),
        "taken_on": today,
    }  # fmt: skip
    upsert(connection, READING, [row], replace=("counts", "taken_on"))
    for centre, formation in ((centre_id, formation_id), (centre_id, EVERY), (EVERY, formation_id), (EVERY, EVERY)):
        query = select(READING).where(_is(centre, formation), READING.c.year.in_(list(apart)))
        before = {one.year: one.counts for one in _rows(connection, query)}
        for year, axes in apart.items():
            counts = {axis: plus(before.get(year, {}).get(axis, {}), moved) for axis, moved in axes.items()}
            whole = {**before.get(year, {}), **counts}
            row = {
                "centre_id": centre, "formation_id": formation, "year": year, "counts": whole, "taken_on": today,
                "respondents": whole.get(ratings.RESPONDENTS, {}).get("", 0),
            }  # fmt: skip
            upsert(connection, READING, [row], replace=("counts", "respondents", "taken_on"))


def readings(
    connection: Connection, centres: Collection[int], formations: Collection[int], year: str
) -> list[ReadingRow]:
    """Readings of some formations (``EVERY``: of all together) at some centres (``EVERY``: at all together)."""
    query = select(READING).where(READING.c.formation_id.in_(formations), READING.c.year == year)
    wanted: list[int] = sorted(centres)
    found: list[ReadingRow] = []
    for start in range(0, len(wanted), 500):
        found += _rows(connection, query.where(READING.c.centre_id.in_(wanted[start : start + 500])))
    return found


def formations_read(connection: Connection, centres: Collection[int]) -> list[tuple[int, str, str, int]]:
    """Formations with respondents in the readings of some centres: head of lineage, its title, its key, respondents."""
    member, head = FORMATION.alias("member"), FORMATION.alias("head")
    lineage = func.coalesce(member.c.lineage_id, member.c.id)
    query = (
        select(head.c.id, head.c.title, head.c.natural_key, func.sum(READING.c.respondents))
        .join(member, member.c.id == READING.c.formation_id)
        .join(head, head.c.id == lineage)
        .where(READING.c.year == WHOLE, READING.c.respondents > 0, READING.c.centre_id.in_(sorted(centres)))
        .group_by(head.c.id, head.c.title, head.c.natural_key)
        .order_by(head.c.title, head.c.id)
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in connection.execute(query)]


def years_read(connection: Connection, centres: Collection[int], formations: Collection[int]) -> list[str]:
    """School years that readings tell of, the latest first."""
    query = select(READING.c.year).distinct().where(
        READING.c.formation_id.in_(formations), READING.c.centre_id.in_(sorted(centres)), READING.c.respondents > 0,
        READING.c.year.not_in([WHOLE, KEPT]),
    )  # fmt: skip
    return sorted(connection.execute(query).scalars(), reverse=True)


def centres_read(connection: Connection, formations: Collection[int], year: str) -> int:
    """How many centres have respondents in the readings of some formations (``EVERY``: of all together) in a year."""
    query = select(func.count(READING.c.centre_id.distinct())).where(
        READING.c.formation_id.in_(formations), READING.c.year == year, READING.c.centre_id != EVERY,
        READING.c.respondents > 0,
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def _is(centre_id: int, formation_id: int) -> ColumnElement[bool]:
    return (READING.c.centre_id == centre_id) & (READING.c.formation_id == formation_id)


def _rows(connection: Connection, query: Select[Any]) -> list[ReadingRow]:
    return [
        ReadingRow(row.centre_id, row.formation_id, row.year, row.respondents, row.counts, row.taken_on)
        for row in connection.execute(query)
    ]


# -- places ----------------------------------------------------------------------------------------------------------


def region_of(connection: Connection, centre_id: int) -> str:
    """The region of a centre; empty when it is not known."""
    return connection.execute(select(CENTRE.c.region).where(CENTRE.c.id == centre_id)).scalar() or ""


def centres_within(connection: Connection, scope: str) -> list[int]:
    """Ids of the centres of an observer's scope, or of a region (``region:…``)."""
    query = select(CENTRE.c.id).where(scopes.centres_within([scope]))
    return list(connection.execute(query.order_by(CENTRE.c.id)).scalars())


def opco_formations(connection: Connection, name: str) -> list[int]:
    """Ids of the formations of an OPCO."""
    found: Any = connection.execute(scopes.opco_formations(name)).scalars()
    return sorted(set(found))


def centre_lines(
    connection: Connection, centres: Collection[int], formations: Collection[int], today: date
) -> list[CentreLine]:
    """Centres that have respondents in readings of some formations, or a campaign for one, by name."""
    wanted = sorted(centres)
    lines: list[CentreLine] = []
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        read = dict(
            connection.execute(
                select(READING.c.centre_id, func.sum(READING.c.respondents))
                .where(READING.c.centre_id.in_(some), READING.c.year == WHOLE, READING.c.formation_id.in_(formations))
                .group_by(READING.c.centre_id)
            ).all()
        )
        asked = _campaigns(connection, some, formations, today)
        rows = connection.execute(select(CENTRE).where(CENTRE.c.id.in_([n for n in some if read.get(n) or n in asked])))
        for row in rows:
            campaigns, running, invited, answered = asked.get(row.id, (0, 0, None, 0))
            centre = CentreRow(row.id, row.uai, row.name, row.city)
            told = int(read.get(row.id) or 0)
            lines.append(CentreLine(centre, row.region, told, campaigns, running, invited, answered))
    return sorted(lines, key=lambda line: (line.centre.name, line.centre.id))


def _campaigns(
    connection: Connection, centres: Sequence[int], formations: Collection[int], today: date
) -> dict[int, tuple[int, int, int | None, int]]:
    """By centre: campaigns, those open, people invited (None when that of one is not known), those who answered."""
    query = select(CAMPAIGN).where(CAMPAIGN.c.centre_id.in_(centres))
    if EVERY not in formations:
        query = query.where(CAMPAIGN.c.formation_id.in_(formations))
    found: dict[int, tuple[int, int, int | None, int]] = {}
    for row in connection.execute(query):
        campaigns, running, invited, answered = found.get(row.centre_id, (0, 0, 0, 0))
        is_open = row.opens_on <= today <= row.closes_on
        known = None if invited is None or row.invited is None else invited + row.invited
        found[row.centre_id] = (campaigns + 1, running + is_open, known, answered + row.respondents)
    return found
