"""SQL of what is public. Reading a scope costs the same however many responses it holds."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    false,
    func,
    literal_column,
    select,
    text,
    union_all,
)

from syndication import models, ratings
from syndication.database import Prepared, joined, table
from syndication.instants import day_of, instant_of
from syndication.search import store as search
from syndication.store import words_shown
from widget.contract import Order

TALLY = table(models.Tally)
VERBATIM = table(models.Verbatim)
VERBATIM_SUBJECT = table(models.VerbatimSubject)
REPLY = table(models.Reply)
CENTRE = table(models.Centre)
CHANGE = table(models.Change)
FORMATION = table(models.Formation)
FORMATION_CODE = table(models.FormationCode)
CENTRE_CODE = table(models.CentreCode)
ANY = (0,)
"""Every formation, or every centre."""


class PublishedReply(NamedTuple):
    """A centre's reply as stored."""

    text: str
    signed: str
    published_on: date


class PublishedText(NamedTuple):
    """A published text as stored."""

    id: str
    question: str
    text: str
    month: str | None
    published_on: date
    gem: bool
    formation_id: int
    centre_id: int
    useful: int
    subjects: tuple[str, ...]
    reply: PublishedReply | None


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Which published texts are wanted: a scope (formations, centre 0 for any), what narrows it, an order, a page."""

    formations: tuple[int, ...]
    centre: int
    question: str = ""
    subject: str = ""
    words: str = ""
    order: Order = "recent"
    limit: int = 12
    offset: int = 0


@dataclass(frozen=True, slots=True)
class CentreCount:
    """A centre with its respondents for some formations."""

    respondents: int
    id: int
    uai: str | None
    name: str
    city: str


class SummaryRow(NamedTuple):
    """A line of the batch of summaries. ``kind`` says what the others are:

    - ``formation``: key number, lineage, 1 when read out of a clé, scheme, title, 1 when the code is its very key;
    - ``centre``: key number, centre, 0, UAI, name, 0;
    - ``place``: 0, centre, 0, UAI, name, 0;
    - ``part``: lineage, centre, the place it leads to, role, nothing, 0;
    - ``member``: lineage, formation of it, 0, the instant of its last change as stored, nothing, 0;
    - ``count``: lineage (0: any formation), centre (0: all), 0, axis, value, count;
    - ``change``: 0, centre asked for alone, 0, the instant of its last change as stored, nothing, 0.
    """

    kind: str
    one: int
    two: int
    three: int
    text: str | None
    more: str | None
    number: int


# Written out, not bound: SQLite plans a statement anew at each run when a bound value decides on a partial index.
_PUBLISHED = VERBATIM.c.status == literal_column("'publie'")
_REPLYING = REPLY.c.status == literal_column("'publie'")
_RESPONDING = TALLY.c.axis == literal_column(f"'{ratings.RESPONDENTS}'")

_BY_CENTRE = (
    select(TALLY.c.centre_id, func.sum(TALLY.c.count).label("respondents"))
    .where(_RESPONDING, TALLY.c.centre_id != 0, TALLY.c.count > 0)
    .group_by(TALLY.c.centre_id)
)
_RESPONDENTS = (
    select(TALLY.c.centre_id, func.sum(TALLY.c.count))
    .where(
        _RESPONDING,
        TALLY.c.formation_id.in_(bindparam("formations", expanding=True)),
        TALLY.c.centre_id.in_(bindparam("centres", expanding=True)),
    )
    .group_by(TALLY.c.centre_id)
)


def tally(connection: Connection, formations: Sequence[int], centre: int) -> dict[str, dict[str, int]]:
    """Counts of a scope, by axis and value; formations of one lineage are added up."""
    counts: dict[str, dict[str, int]] = {}
    for axis, value, count in _tally(len(formations)).rows(connection, **_scope(formations, centre)):
        values = counts.setdefault(axis, {})
        values[value] = values.get(value, 0) + count
    return counts


@cache
def _tally(members: int) -> Prepared:
    query = select(TALLY.c.axis, TALLY.c.value, TALLY.c.count)
    return Prepared(query.where(_among(TALLY, members), TALLY.c.centre_id == bindparam("centre")))


def centres_counted(connection: Connection, formations: Sequence[int], limit: int) -> tuple[int, list[CentreCount]]:
    """How many centres have respondents for these formations, and those with most."""
    rows = _centres(len(formations)).rows(connection, **_scope(formations, 0), limit=limit)
    return (rows[0][0] if rows else 0), [CentreCount(int(row[1]), *row[2:]) for row in rows]


@cache
def _centres(members: int) -> Prepared:
    counted = _BY_CENTRE.where(_among(TALLY, members)).subquery()
    return Prepared(
        select(func.count().over(), counted.c.respondents, CENTRE.c.id, CENTRE.c.uai, CENTRE.c.name, CENTRE.c.city)
        .join(CENTRE, CENTRE.c.id == counted.c.centre_id)
        .order_by(counted.c.respondents.desc(), CENTRE.c.id)
        .limit(bindparam("limit"))
    )


def respondents_by_centre(connection: Connection, formations: Sequence[int], centres: Sequence[int]) -> dict[int, int]:
    """Respondents of some centres for these formations."""
    rows = connection.execute(_RESPONDENTS, {"formations": formations, "centres": centres}).all()
    return dict(rows)


def formations_nameable(connection: Connection, centre: int, minimum: int) -> tuple[int, ...]:
    """Formations whose lineage has at least so many respondents in a centre: its name may stand beside their words."""
    lineage = func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id)
    counted = (
        select(FORMATION.c.id, func.sum(TALLY.c.count).over(partition_by=lineage).label("respondents"))
        .join(TALLY, TALLY.c.formation_id == FORMATION.c.id)
        .where(_RESPONDING, TALLY.c.centre_id == centre)
        .subquery()
    )
    rows = connection.execute(select(counted.c.id).where(counted.c.respondents >= minimum).order_by(counted.c.id))
    return tuple(rows.scalars())


def published(connection: Connection, wanted: TextQuery) -> list[PublishedText]:
    """A page of the published texts of a scope: one index walk for each formation of the lineage, then merged; a single
    one for a centre whose texts are looked through."""
    extra, formations = _extra(connection, wanted), wanted.formations
    if extra and wanted.centre and len(formations) > 1:
        extra, formations = (*extra, VERBATIM.c.formation_id.in_(formations)), ANY
    shape = (formations == ANY, wanted.centre != 0, wanted.order, bool(wanted.question))
    values = {"centre": wanted.centre, "question": wanted.question, "limit": wanted.limit + wanted.offset}
    rows: list[tuple[Any, ...]] = []
    for formation in formations:
        if extra:
            found = connection.execute(_text_query(*shape, extra), {**values, "formation0": formation})
            rows += [tuple(row) for row in found]
        else:
            rows += _plain_query(*shape).rows(connection, **values, formation0=formation)
    if len(formations) > 1:
        rows.sort(key=_BY_RANK[wanted.order], reverse=True)
    return [_text(row) for row in rows[wanted.offset : wanted.offset + wanted.limit]]


def _text(row: tuple[Any, ...]) -> PublishedText:
    number, published, _, question, text, month, gem, formation, centre, useful, subjects, said, signed, replied = row
    return PublishedText(
        number, question, text, month, day_of(published), bool(gem), formation, centre, useful,
        tuple(sorted(subjects.split(","))) if subjects else (),
        PublishedReply(said, signed, day_of(replied)) if said is not None else None,
    )  # fmt: skip


def count_published(connection: Connection, wanted: TextQuery) -> int:
    """How many published texts there are on all pages."""
    formations = () if wanted.formations == ANY else wanted.formations
    if wanted.words and (formations or wanted.centre) and not (wanted.question or wanted.subject):
        return search.count_saying(connection, wanted.words, formations, wanted.centre)
    query = select(func.count()).select_from(VERBATIM).where(_PUBLISHED)
    if formations:
        query = query.where(VERBATIM.c.formation_id.in_(formations))
    if wanted.centre:
        query = query.where(VERBATIM.c.centre_id == wanted.centre)
    if wanted.question:
        query = query.where(VERBATIM.c.question == wanted.question)
    for condition in _extra(connection, wanted):
        query = query.where(condition)
    return connection.execute(query).scalar_one()


def published_scope(connection: Connection, verbatim: str) -> tuple[int, int] | None:
    """The formation and centre of a text, when it is published."""
    query = select(VERBATIM.c.formation_id, VERBATIM.c.centre_id)
    row = connection.execute(query.where(VERBATIM.c.id == verbatim, _PUBLISHED)).first()
    return (row.formation_id, row.centre_id) if row else None


def _extra(connection: Connection, wanted: TextQuery) -> tuple[Any, ...]:
    """Conditions of a subject and of words."""
    conditions: list[Any] = []
    if wanted.subject:
        speaking = select(VERBATIM_SUBJECT.c.verbatim_id).where(VERBATIM_SUBJECT.c.subject == wanted.subject)
        conditions.append(VERBATIM.c.id.in_(speaking))
    if wanted.words:
        formations = () if wanted.formations == ANY else wanted.formations
        saying = search.verbatims_saying(connection, wanted.words, formations, wanted.centre)
        conditions.append(false() if saying is None else VERBATIM.c.id.in_(saying))
    return tuple(conditions)


def formations(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Titles and natural keys of some formations."""
    found: dict[int, tuple[str, str]] = {}
    for number in sorted(ids):
        ((title, key),) = _FORMATION.rows(connection, formation0=number)
        found[number] = (title, key)
    return found


_FORMATION = Prepared(
    select(FORMATION.c.title, FORMATION.c.natural_key).where(FORMATION.c.id == bindparam("formation0"))
)


def centres(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str | None, str, str]]:
    """UAI, name and city of some centres."""
    rows = connection.execute(
        select(CENTRE.c.id, CENTRE.c.uai, CENTRE.c.name, CENTRE.c.city).where(CENTRE.c.id.in_(ids))
    )
    return {row.id: (row.uai, row.name, row.city) for row in rows}


def last_change(connection: Connection, formations: Sequence[int], centre: int) -> datetime | None:
    """The hour in which what is public of a scope last changed; None when it never did."""
    query = _last_change_query(len(formations), formations == ANY, centre != 0)
    ((at,),) = query.rows(connection, **_scope(formations, centre))
    return instant_of(at)


def summaries(
    connection: Connection,
    formations: Sequence[tuple[int, str, str, int]],
    centres: Sequence[tuple[int, str, str]],
) -> list[SummaryRow]:
    """Everything a batch of summaries needs, in one statement.

    ``formations`` are readings of the keys asked for (key number, scheme, value, 1 when read out of another code),
    ``centres`` those of centres (key number, scheme, value).
    """
    wanted, places = json.dumps(formations), json.dumps(centres)
    rows = _SUMMARIES[connection.dialect.name].rows(connection, wanted=wanted, places=places)
    return [SummaryRow(*row) for row in rows]


_LISTED = {
    "sqlite": (
        "SELECT json_extract(value, '$[0]') AS number, json_extract(value, '$[1]') AS scheme, "
        "json_extract(value, '$[2]') AS code, json_extract(value, '$[3]') AS within FROM json_each(:{name})"
    ),
    "postgresql": (
        "SELECT (value->>0)::int AS number, value->>1 AS scheme, value->>2 AS code, (value->>3)::int AS within "
        "FROM jsonb_array_elements(CAST(:{name} AS jsonb))"
    ),
}
"""Readings, sent as one value: the statement is the same however many there are, and is compiled once."""
_AXES = ", ".join(
    f"'{axis}'"
    for axis in (ratings.RESPONDENTS, ratings.HEADLINE, ratings.INVITED, ratings.VERBATIMS, ratings.VERSIONS)
)
_SUMMARIES_SQL = f"""
WITH wanted AS ({{wanted}}), places AS ({{places}}),
found AS (
  SELECT DISTINCT w.number, w.scheme, w.within, coalesce(f.lineage_id, f.id) AS lineage_id,
    CASE WHEN f.natural_key = w.scheme || ':' || w.code THEN 1 ELSE 0 END AS own
  FROM wanted w JOIN formation_code c ON c.scheme = w.scheme AND c.value = w.code
    JOIN formation f ON f.id = c.formation_id
), asked AS (
  SELECT DISTINCT p.number, c.id, c.uai, c.name
  FROM places p JOIN centre_code k ON k.scheme = p.scheme AND k.value = p.code JOIN centre c ON c.id = k.centre_id
), part AS (
  SELECT DISTINCT f.lineage_id, a.id AS centre_id, o.role, o.place_id
  FROM found f JOIN asked a ON a.number = f.number JOIN formation m ON m.lineage_id = f.lineage_id
    JOIN offer o ON o.formation_id = m.id AND o.centre_id = a.id
), scope AS (
  SELECT lineage_id, 0 AS centre_id FROM found
  UNION SELECT f.lineage_id, a.id FROM found f JOIN asked a ON a.number = f.number
  UNION SELECT lineage_id, place_id FROM part
), member AS (
  SELECT DISTINCT f.lineage_id, m.id FROM found f JOIN formation m ON m.lineage_id = f.lineage_id
), counted AS (
  SELECT s.lineage_id, s.centre_id, t.axis, t.value, t.count
  FROM scope s CROSS JOIN member m CROSS JOIN tally t
  WHERE m.lineage_id = s.lineage_id AND t.formation_id = m.id AND t.centre_id = s.centre_id
  UNION ALL
  SELECT 0, a.id, t.axis, t.value, t.count
  FROM (SELECT DISTINCT id FROM asked WHERE number NOT IN (SELECT number FROM wanted)) a CROSS JOIN tally t
  WHERE t.formation_id = 0 AND t.centre_id = a.id
)
SELECT 'formation', f.number, f.lineage_id, f.within, f.scheme, h.title, f.own
FROM found f JOIN formation h ON h.id = f.lineage_id
UNION ALL SELECT 'centre', number, id, 0, uai, name, 0 FROM asked
UNION ALL SELECT 'place', 0, c.id, 0, c.uai, c.name, 0 FROM centre c WHERE c.id IN (SELECT place_id FROM part)
UNION ALL SELECT 'part', lineage_id, centre_id, place_id, role, NULL, 0 FROM part
UNION ALL SELECT 'member', lineage_id, id, 0, (
    SELECT CAST(at AS TEXT) FROM change WHERE formation_id = member.id ORDER BY seq DESC LIMIT 1
  ), NULL, 0 FROM member
UNION ALL SELECT 'count', lineage_id, centre_id, 0, axis, value, CAST(sum(count) AS INTEGER) FROM counted
  WHERE axis IN ({_AXES}) OR axis LIKE '{ratings.HEADLINE}{ratings.SERIES}%' GROUP BY lineage_id, centre_id, axis, value
UNION ALL SELECT 'change', 0, a.id, 0, (
    SELECT CAST(at AS TEXT) FROM change WHERE centre_id = a.id ORDER BY seq DESC LIMIT 1
  ), NULL, 0 FROM (SELECT DISTINCT id FROM asked WHERE number NOT IN (SELECT number FROM wanted)) a
"""  # noqa: S608 made of our own names
# CROSS JOIN: SQLite joins in the order that is written. It would go through a formation's figures at every centre.
_SUMMARIES = {
    dialect: Prepared(
        text(_SUMMARIES_SQL.format(wanted=listed.format(name="wanted"), places=listed.format(name="places")))
    )
    for dialect, listed in _LISTED.items()
}


def _scope(formations: Sequence[int], centre: int) -> dict[str, int]:
    """Parameters of a statement on a scope: ``formation0``, ``formation1``… and ``centre``."""
    return {f"formation{place}": formation for place, formation in enumerate(formations)} | {"centre": centre}


@cache
def _plain_query(any_formation: bool, one_centre: bool, order: Order, one_question: bool) -> Prepared:
    return Prepared(_text_query(any_formation, one_centre, order, one_question, ()))


def _text_query(
    any_formation: bool, one_centre: bool, order: Order, one_question: bool, extra: tuple[Any, ...]
) -> Select[Any]:
    spoken_of = select(joined(VERBATIM_SUBJECT.c.subject)).where(VERBATIM_SUBJECT.c.verbatim_id == VERBATIM.c.id)
    query: Select[Any] = select(
        VERBATIM.c.id, VERBATIM.c.published_at, VERBATIM.c.usefulness, VERBATIM.c.question, words_shown(),
        VERBATIM.c.month, VERBATIM.c.gem, VERBATIM.c.formation_id, VERBATIM.c.centre_id, VERBATIM.c.useful,
        spoken_of.scalar_subquery(),
        REPLY.c.text, REPLY.c.signed, REPLY.c.published_at,
    )  # fmt: skip
    query = query.select_from(VERBATIM).outerjoin(REPLY, (REPLY.c.verbatim_id == VERBATIM.c.id) & _REPLYING)
    query = _within(query.where(_PUBLISHED, *extra), VERBATIM, 0, any_formation, one_centre)
    if one_question:
        query = query.where(VERBATIM.c.question == bindparam("question"))
    ranks = ("usefulness", "published_at", "id") if order == "utile" else ("published_at", "id")
    return query.order_by(*(VERBATIM.c[name].desc() for name in ranks)).limit(bindparam("limit"))


_BY_RANK: Mapping[Order, Any] = {"recent": itemgetter(1, 0), "utile": itemgetter(2, 1, 0)}
"""What rows of ``_text_query`` are ranked by."""


@cache
def _last_change_query(members: int, any_formation: bool, one_centre: bool) -> Prepared:
    parts: list[Any] = []
    for place in range(members):
        part = _within(select(CHANGE.c.at), CHANGE, place, any_formation, one_centre)
        parts.append(select(part.order_by(CHANGE.c.seq.desc()).limit(1).subquery()))
    return Prepared(select(func.max(union_all(*parts).subquery().c.at)))


def _among(target: Table, members: int) -> ColumnElement[bool]:
    return target.c.formation_id.in_([bindparam(f"formation{place}") for place in range(members)])


def _within(query: Select[Any], target: Table, place: int, any_formation: bool, one_centre: bool) -> Select[Any]:
    if not any_formation:
        query = query.where(target.c.formation_id == bindparam(f"formation{place}"))
    if one_centre:
        query = query.where(target.c.centre_id == bindparam("centre"))
    return query
