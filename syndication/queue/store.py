"""SQL of the queue. Texts that wait are counted, placed and paged along one index that holds all that filters ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from syndication import models
from syndication.database import joined, table
from syndication.moderation import masking
from syndication.moderation.masking import Mask
from syndication.queue.wanted import STATES, Wanted

VERBATIM = table(models.Verbatim)
VERBATIM_SIGNAL = table(models.VerbatimSignal)
VERBATIM_SUBJECT = table(models.VerbatimSubject)
REVIEW = table(models.Review)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
COUNTED_MOST = 50_000
"""How far texts are counted: beyond, it is said that there are more."""
Place = tuple[date, str]
"""Where a text stands among those of a state: the day it was received, and its id."""


@dataclass(frozen=True, slots=True)
class QueuedText:
    """A text with all that surrounds it. ``signals`` are kinds kept at its arrival, ``marks`` its whole response's;
    ``formation_key`` and ``uai`` are codes by which others of the same may be asked for."""

    id: str
    question: str
    text: str
    masks: tuple[Mask, ...]
    month: str | None
    received_on: date
    published_at: datetime | None
    status: str
    reason: str | None
    gem: bool
    alerted: bool
    version: int
    edition: int
    digest: str
    marks: tuple[str, ...]
    signals: tuple[str, ...]
    subjects: tuple[str, ...]
    formation: str
    formation_key: str
    centre: str
    uai: str | None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.received_on, self.id


@dataclass(frozen=True, slots=True)
class Standing:
    """A text in the queue, without its words."""

    id: str
    received_on: date
    edition: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A formation or a centre with texts that wait; ``code`` is what it may be asked for by."""

    code: str
    name: str
    count: int


def count(connection: Connection, wanted: Wanted, before: Place | None = None) -> int:
    """How many texts are wanted, those before a place only when it is given; ``COUNTED_MOST`` at most."""
    one: Select[Any] = select(literal_column("1").label("one"))
    if before is None and wanted.signal and replace(wanted, signal="", backwards=False) == Wanted():
        # signals know which of their texts wait
        query = one.where(VERBATIM_SIGNAL.c.signal == wanted.signal, literal_column("verbatim_signal.waits"))
    else:
        query = _filtered(one, wanted)
    if before is not None:
        query = query.where(_beyond(before, rising=not wanted.rising))
    return connection.execute(select(func.count()).select_from(query.limit(COUNTED_MOST).subquery())).scalar_one()


def ids(
    connection: Connection, wanted: Wanted, start: Place | None, limit: int, *, inclusive: bool = True
) -> list[str]:
    """Ids of texts in the order of the queue, from a place on when it is given, which may stand in it or not."""
    query = _filtered(select(VERBATIM.c.id), wanted)
    if start is not None:
        query = query.where(_beyond(start, rising=wanted.rising, inclusive=inclusive))
    return list(connection.execute(_ordered(query, rising=wanted.rising).limit(limit)).scalars())


def standing(connection: Connection, wanted: Wanted, limit: int) -> list[Standing]:
    """The first texts of the queue: when each came, and which edition of it waits."""
    query = _filtered(select(VERBATIM.c.id, VERBATIM.c.received_on, VERBATIM.c.edition), wanted)
    return [Standing(*row) for row in connection.execute(_ordered(query, rising=wanted.rising).limit(limit))]


def id_before(connection: Connection, wanted: Wanted, place: Place) -> str | None:
    """The text just before a place, or None."""
    query = _filtered(select(VERBATIM.c.id), wanted).where(_beyond(place, rising=not wanted.rising))
    return connection.execute(_ordered(query, rising=not wanted.rising).limit(1)).scalar()


def place_of(connection: Connection, verbatim_id: str) -> Place | None:
    """Where a text stands, whatever its state, or None."""
    query = select(VERBATIM.c.received_on, VERBATIM.c.id).where(VERBATIM.c.id == verbatim_id)
    row = connection.execute(query).first()
    return (row.received_on, row.id) if row else None


def texts(connection: Connection, wanted_ids: Sequence[str]) -> list[QueuedText]:
    """Texts by id, whatever their state, in the order asked."""
    rows = connection.execute(_TEXT.where(VERBATIM.c.id.in_(wanted_ids))).mappings()
    found = {row["id"]: _text(row) for row in rows}
    return [found[one] for one in wanted_ids if one in found]


def counts_by_state(connection: Connection) -> dict[str, int]:
    """How many texts are in each state that may be asked for, ``COUNTED_MOST`` at most."""
    return {state: count(connection, Wanted(state)) for state in STATES if state != "pepite"}


def formations_waiting(connection: Connection, limit: int) -> list[Choice]:
    """Formations with texts that wait, those with the most first."""
    return _choices(connection, VERBATIM.c.formation_id, FORMATION, FORMATION.c.natural_key, FORMATION.c.title, limit)


def centres_waiting(connection: Connection, limit: int) -> list[Choice]:
    """Centres with texts that wait and a code of their own, those with the most first."""
    return _choices(connection, VERBATIM.c.centre_id, CENTRE, CENTRE.c.uai, CENTRE.c.name, limit)


_SIGNALS = (
    select(joined(VERBATIM_SIGNAL.c.signal)).where(VERBATIM_SIGNAL.c.verbatim_id == VERBATIM.c.id).scalar_subquery()
)
_SUBJECTS = (
    select(joined(VERBATIM_SUBJECT.c.subject)).where(VERBATIM_SUBJECT.c.verbatim_id == VERBATIM.c.id).scalar_subquery()
)
_TEXT = (
    select(
        VERBATIM.c.id, VERBATIM.c.question, VERBATIM.c.text, VERBATIM.c.masks, VERBATIM.c.month,
        VERBATIM.c.received_on, VERBATIM.c.published_at, VERBATIM.c.status, VERBATIM.c.reason, VERBATIM.c.gem,
        VERBATIM.c.alerted, VERBATIM.c.version, VERBATIM.c.edition, VERBATIM.c.digest, REVIEW.c.marks,
        _SIGNALS.label("signals"), _SUBJECTS.label("subjects"), FORMATION.c.title.label("formation"),
        FORMATION.c.natural_key.label("formation_key"), CENTRE.c.name.label("centre"), CENTRE.c.uai,
    )
    .join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
    .join(FORMATION, FORMATION.c.id == VERBATIM.c.formation_id)
    .join(CENTRE, CENTRE.c.id == VERBATIM.c.centre_id)
)  # fmt: skip


def _text(row: Mapping[Any, Any]) -> QueuedText:
    lists = {name: tuple(sorted(filter(None, (row[name] or "").split(",")))) for name in ("signals", "subjects")}
    return QueuedText(**{**row, **lists, "marks": tuple(row["marks"]), "masks": masking.read(row["masks"])})


def _filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    # the state is written out, so that the partial index is seen to fit
    status: ColumnElement[str] = literal_column(f"'{wanted.status if wanted.state in STATES else 'attente'}'")
    query = query.where(VERBATIM.c.status == status, VERBATIM.c.alerted.is_(False))
    if wanted.state == "pepite":
        query = query.where(VERBATIM.c.gem)
    if wanted.question:
        query = query.where(VERBATIM.c.question == wanted.question)
    if wanted.formations:
        query = query.where(VERBATIM.c.formation_id.in_(wanted.formations))
    if wanted.centre:
        query = query.where(VERBATIM.c.centre_id == wanted.centre)
    if wanted.signal:
        shows = select(VERBATIM_SIGNAL.c.verbatim_id).where(VERBATIM_SIGNAL.c.signal == wanted.signal)
        if wanted.state == "attente":
            shows = shows.where(literal_column("verbatim_signal.waits"))
        # an id that is computed is looked for among those that show it: SQLite then walks the queue in its order,
        # where it would fetch and sort every text that shows it
        query = query.where(VERBATIM.c.id.concat("").in_(shows))
    return query


def _ordered(query: Select[Any], *, rising: bool) -> Select[Any]:
    if rising:
        return query.order_by(VERBATIM.c.received_on, VERBATIM.c.id)
    return query.order_by(VERBATIM.c.received_on.desc(), VERBATIM.c.id.desc())


def _beyond(place: Place, *, rising: bool, inclusive: bool = False) -> ColumnElement[bool]:
    """After a place in the order of days and ids, or before it; said so that an index is walked from there."""
    (day, one), on, key = place, VERBATIM.c.received_on, VERBATIM.c.id
    if rising:
        tied = key >= one if inclusive else key > one
        return and_(on >= day, or_(on > day, tied))
    tied = key <= one if inclusive else key < one
    return and_(on <= day, or_(on < day, tied))


def _choices(
    connection: Connection, key: ColumnElement[Any], named: Any, code: ColumnElement[Any], name: ColumnElement[Any],
    limit: int,
) -> list[Choice]:  # fmt: skip
    waits = VERBATIM.c.status == literal_column("'attente'")
    counted = select(key.label("key"), func.count().label("count")).where(waits, VERBATIM.c.alerted.is_(False))
    groups = counted.group_by(key).order_by(func.count().desc(), key).limit(limit).subquery()
    query = select(code, name, groups.c.count).join(named, named.c.id == groups.c.key).where(code.is_not(None))
    return [Choice(*row) for row in connection.execute(query.order_by(groups.c.count.desc(), name))]
