"""SQL of what is public. Reading a scope costs the same however many responses it holds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, false, func, select, union_all, values
from sqlalchemy import column as sql_column
from sqlalchemy.types import Integer, Text

from syndication import models, ratings
from syndication.database import table
from syndication.search import store as search
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


@dataclass(frozen=True, slots=True)
class PublishedText:
    """A published text as stored."""

    id: str
    question: str
    text: str
    month: str | None
    published_at: datetime
    gem: bool
    centre_id: int
    useful: int


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
class PublishedReply:
    """A centre's reply as stored."""

    text: str
    signed: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class CentreCount:
    """A centre with its respondents for some formations."""

    respondents: int
    id: int
    uai: str | None
    name: str
    city: str


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A line of the batch of summaries: one reading of a key, and one count of its scope.

    ``own`` is true when the code is the very key of its formation; ``member_id`` is a formation of the lineage.
    """

    number: int
    scheme: str | None
    own: bool | None
    lineage_id: int | None
    title: str | None
    member_id: int | None
    centre_id: int | None
    centre_name: str | None
    uai: str | None
    tally_centre: int | None
    axis: str | None
    value: str | None
    count: int | None


_TALLY = (
    select(TALLY.c.axis, TALLY.c.value, func.sum(TALLY.c.count))
    .where(TALLY.c.formation_id.in_(bindparam("formations", expanding=True)), TALLY.c.centre_id == bindparam("centre"))
    .group_by(TALLY.c.axis, TALLY.c.value)
)
_BY_CENTRE = (
    select(TALLY.c.centre_id, func.sum(TALLY.c.count).label("respondents"))
    .where(
        TALLY.c.axis == ratings.RESPONDENTS,
        TALLY.c.formation_id.in_(bindparam("formations", expanding=True)),
        TALLY.c.centre_id != 0,
        TALLY.c.count > 0,
    )
    .group_by(TALLY.c.centre_id)
    .subquery()
)
_CENTRES = (
    select(
        func.count().over().label("centres"), _BY_CENTRE.c.respondents,
        CENTRE.c.id, CENTRE.c.uai, CENTRE.c.name, CENTRE.c.city,
    )
    .join(CENTRE, CENTRE.c.id == _BY_CENTRE.c.centre_id)
    .order_by(_BY_CENTRE.c.respondents.desc(), CENTRE.c.id)
    .limit(bindparam("limit"))
)  # fmt: skip
_RESPONDENTS = (
    select(TALLY.c.centre_id, func.sum(TALLY.c.count))
    .where(
        TALLY.c.axis == ratings.RESPONDENTS,
        TALLY.c.formation_id.in_(bindparam("formations", expanding=True)),
        TALLY.c.centre_id.in_(bindparam("centres", expanding=True)),
    )
    .group_by(TALLY.c.centre_id)
)


_SUBJECTS = (
    select(VERBATIM_SUBJECT.c.verbatim_id, VERBATIM_SUBJECT.c.subject)
    .where(VERBATIM_SUBJECT.c.verbatim_id.in_(bindparam("verbatims", expanding=True)))
    .order_by(VERBATIM_SUBJECT.c.subject)
)
_REPLIES = select(REPLY.c.verbatim_id, REPLY.c.text, REPLY.c.signed, REPLY.c.published_at).where(
    REPLY.c.verbatim_id.in_(bindparam("verbatims", expanding=True)), REPLY.c.status == "publie"
)


def tally(connection: Connection, formations: Sequence[int], centre: int) -> dict[str, dict[str, int]]:
    """Counts of a scope, by axis and value; formations of one lineage are added up."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for axis, value, count in connection.execute(_TALLY, {"formations": formations, "centre": centre}):
        counts[axis][value] = count
    return counts


def centres_counted(connection: Connection, formations: Sequence[int], limit: int) -> tuple[int, list[CentreCount]]:
    """How many centres have respondents for these formations, and those with most."""
    rows = connection.execute(_CENTRES, {"formations": formations, "limit": limit}).all()
    return (rows[0].centres if rows else 0), [CentreCount(*row[1:]) for row in rows]


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
        .where(TALLY.c.axis == ratings.RESPONDENTS, TALLY.c.centre_id == centre)
        .subquery()
    )
    rows = connection.execute(select(counted.c.id).where(counted.c.respondents >= minimum).order_by(counted.c.id))
    return tuple(rows.scalars())


def published(connection: Connection, wanted: TextQuery) -> list[PublishedText]:
    """A page of the published texts of a scope: one index walk for each formation of the lineage, then merged."""
    members, anywhere = len(wanted.formations), wanted.formations == ANY
    query = _published_query(
        members, anywhere, wanted.centre != 0, wanted.order, bool(wanted.question), _extra(connection, wanted)
    )
    scope = _scope(wanted.formations, wanted.centre) | ({"question": wanted.question} if wanted.question else {})
    reach = {"reach": wanted.limit + wanted.offset, "limit": wanted.limit, "offset": wanted.offset}
    return [PublishedText(*row) for row in connection.execute(query, scope | reach)]


def count_published(connection: Connection, wanted: TextQuery) -> int:
    """How many published texts there are on all pages."""
    query = select(func.count()).select_from(VERBATIM).where(VERBATIM.c.status == "publie")
    if wanted.formations != ANY:
        query = query.where(VERBATIM.c.formation_id.in_(wanted.formations))
    if wanted.centre:
        query = query.where(VERBATIM.c.centre_id == wanted.centre)
    if wanted.question:
        query = query.where(VERBATIM.c.question == wanted.question)
    for condition in _extra(connection, wanted):
        query = query.where(condition)
    return connection.execute(query).scalar_one()


def subjects_of(connection: Connection, verbatims: Sequence[str]) -> dict[str, list[str]]:
    """Subjects of some texts."""
    found: dict[str, list[str]] = defaultdict(list)
    for verbatim, subject in connection.execute(_SUBJECTS, {"verbatims": verbatims}):
        found[verbatim].append(subject)
    return found


def replies_to(connection: Connection, verbatims: Sequence[str]) -> dict[str, PublishedReply]:
    """Published replies to some texts."""
    return {row[0]: PublishedReply(*row[1:]) for row in connection.execute(_REPLIES, {"verbatims": verbatims})}


def published_scope(connection: Connection, verbatim: str) -> tuple[int, int] | None:
    """The formation and centre of a text, when it is published."""
    query = select(VERBATIM.c.formation_id, VERBATIM.c.centre_id)
    row = connection.execute(query.where(VERBATIM.c.id == verbatim, VERBATIM.c.status == "publie")).first()
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


def centres(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str | None, str, str]]:
    """UAI, name and city of some centres."""
    rows = connection.execute(
        select(CENTRE.c.id, CENTRE.c.uai, CENTRE.c.name, CENTRE.c.city).where(CENTRE.c.id.in_(ids))
    )
    return {row.id: (row.uai, row.name, row.city) for row in rows}


def last_change(connection: Connection, formations: Sequence[int], centre: int) -> datetime | None:
    """The hour in which what is public of a scope last changed; None when it never did."""
    query = _last_change_query(len(formations), formations == ANY, centre != 0)
    return connection.execute(query, _scope(formations, centre)).scalar()


def summaries(
    connection: Connection, formations: Sequence[tuple[int, str, str]], centres: Sequence[tuple[int, str, str]]
) -> list[SummaryRow]:
    """Everything a batch of summaries needs, in one statement.

    ``formations`` and ``centres`` are readings (key number, scheme, value) of the keys asked for.
    """
    wanted, places = _readings("wanted", formations), _readings("places", centres)
    own_key = wanted.c.scheme + ":" + wanted.c.value
    found = (
        select(
            wanted.c.number, wanted.c.scheme,
            func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id).label("lineage_id"),
            (FORMATION.c.natural_key == own_key).label("own"),
        )
        .join(FORMATION_CODE, (FORMATION_CODE.c.scheme == wanted.c.scheme) & (FORMATION_CODE.c.value == wanted.c.value))
        .join(FORMATION, FORMATION.c.id == FORMATION_CODE.c.formation_id)
        .cte("found")
    )  # fmt: skip
    at = (
        select(places.c.number, CENTRE.c.id, CENTRE.c.name, CENTRE.c.uai)
        .join(CENTRE_CODE, (CENTRE_CODE.c.scheme == places.c.scheme) & (CENTRE_CODE.c.value == places.c.value))
        .join(CENTRE, CENTRE.c.id == CENTRE_CODE.c.centre_id)
        .cte("at")
    )
    head, member = FORMATION.alias("head"), FORMATION.alias("member")
    axes = (ratings.RESPONDENTS, ratings.HEADLINE, ratings.INVITED, ratings.VERBATIMS, ratings.VERSIONS)
    numbers = select(wanted.c.number).union(select(places.c.number)).subquery()
    query = (
        select(
            numbers.c.number, found.c.scheme, found.c.own, found.c.lineage_id, head.c.title, member.c.id,
            at.c.id, at.c.name, at.c.uai, TALLY.c.centre_id, TALLY.c.axis, TALLY.c.value, TALLY.c.count,
        )
        .select_from(numbers)
        .outerjoin(found, found.c.number == numbers.c.number)
        .outerjoin(at, at.c.number == numbers.c.number)
        .outerjoin(head, head.c.id == found.c.lineage_id)
        .outerjoin(member, func.coalesce(member.c.lineage_id, member.c.id) == found.c.lineage_id)
        .outerjoin(
            TALLY,
            (TALLY.c.formation_id == func.coalesce(member.c.id, 0))
            & ((TALLY.c.centre_id == func.coalesce(at.c.id, 0)) | ((TALLY.c.centre_id == 0) & member.c.id.is_not(None)))
            & (TALLY.c.axis.in_(axes) | TALLY.c.axis.like(f"{ratings.HEADLINE}{ratings.SERIES}%")),
        )
    )  # fmt: skip
    return [SummaryRow(*tuple(row)) for row in connection.execute(query)]


def _readings(name: str, rows: Sequence[tuple[int, str, str]]) -> Any:
    columns = (sql_column("number", Integer), sql_column("scheme", Text), sql_column("value", Text))
    return values(*columns, name=f"{name}_values").data(list(rows) or [(-1, "", "")]).cte(name)


def _scope(formations: Sequence[int], centre: int) -> dict[str, int]:
    """Parameters of a statement on a scope: ``formation0``, ``formation1``… and ``centre``."""
    return {f"formation{place}": formation for place, formation in enumerate(formations)} | {"centre": centre}


def _published_query(
    members: int, any_formation: bool, one_centre: bool, order: Order, one_question: bool, extra: tuple[Any, ...]
) -> Select[Any]:
    if not extra:
        return _plain_query(members, any_formation, one_centre, order, one_question)
    return _text_query(members, any_formation, one_centre, order, one_question, extra)


@cache
def _plain_query(members: int, any_formation: bool, one_centre: bool, order: Order, one_question: bool) -> Select[Any]:
    return _text_query(members, any_formation, one_centre, order, one_question, ())


def _text_query(
    members: int, any_formation: bool, one_centre: bool, order: Order, one_question: bool, extra: tuple[Any, ...]
) -> Select[Any]:
    columns = ("id", "question", "text", "month", "published_at", "gem", "centre_id", "useful")
    ranks = ("usefulness", "published_at", "id") if order == "utile" else ("published_at", "id")
    parts: list[Any] = []
    for place in range(members):
        chosen: Select[Any] = select(*(VERBATIM.c[name] for name in columns), VERBATIM.c.usefulness)
        part = chosen.where(VERBATIM.c.status == "publie", *extra)
        part = _within(part, VERBATIM, place, any_formation, one_centre)
        if one_question:
            part = part.where(VERBATIM.c.question == bindparam("question"))
        ranked = part.order_by(*(VERBATIM.c[name].desc() for name in ranks)).limit(bindparam("reach"))
        parts.append(select(ranked.subquery()))
    merged = union_all(*parts).subquery()
    ordered = select(*(merged.c[name] for name in columns)).order_by(*(merged.c[name].desc() for name in ranks))
    return ordered.limit(bindparam("limit")).offset(bindparam("offset"))


@cache
def _last_change_query(members: int, any_formation: bool, one_centre: bool) -> Select[Any]:
    parts: list[Any] = []
    for place in range(members):
        part = _within(select(CHANGE.c.at), CHANGE, place, any_formation, one_centre)
        parts.append(select(part.order_by(CHANGE.c.seq.desc()).limit(1).subquery()))
    return select(func.max(union_all(*parts).subquery().c.at))


def _within(query: Select[Any], target: Table, place: int, any_formation: bool, one_centre: bool) -> Select[Any]:
    if not any_formation:
        query = query.where(target.c.formation_id == bindparam(f"formation{place}"))
    if one_centre:
        query = query.where(target.c.centre_id == bindparam("centre"))
    return query
