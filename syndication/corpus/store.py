"""SQL of the public corpus: its items, what they say today, and what became of them since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    false,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)

from syndication import models, ratings
from syndication.corpus.items import FIGURES, TEXT, Item, Line, Text
from syndication.database import Prepared, joined, table
from syndication.instants import day_of
from syndication.store import words_shown

PUBLISHED = table(models.Published)
CHANGE = table(models.Change)
VERBATIM = table(models.Verbatim)
VERBATIM_SUBJECT = table(models.VerbatimSubject)
REPLY = table(models.Reply)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
TALLY = table(models.Tally)
_HELD = (
    PUBLISHED.c.kind, PUBLISHED.c.key, PUBLISHED.c.formation_id, PUBLISHED.c.centre_id, PUBLISHED.c.digest,
    PUBLISHED.c.removed,
)  # fmt: skip
_SLICE = 500


class Touched(NamedTuple):
    """What changed in a part of the log: its last place, scopes, texts, and whether the catalogue itself did."""

    seq: int
    scopes: frozenset[tuple[int, int]]
    texts: frozenset[str]

    @property
    def catalogue(self) -> bool:
        """True when any item may have changed."""
        return (0, 0) in self.scopes


# -- the log of changes ----------------------------------------------------------------------------------------------


def changes(connection: Connection, after: int, limit: int) -> Touched | None:
    """What changed after a place of the log, at most so many lines of it; None when nothing did."""
    query = select(CHANGE.c.seq, CHANGE.c.formation_id, CHANGE.c.centre_id, CHANGE.c.verbatim_id)
    rows = connection.execute(query.where(CHANGE.c.seq > after).order_by(CHANGE.c.seq).limit(limit)).all()
    if not rows:
        return None
    scopes = frozenset((row.formation_id, row.centre_id) for row in rows)
    return Touched(rows[-1].seq, scopes, frozenset(row.verbatim_id for row in rows if row.verbatim_id))


def forget_texts(connection: Connection, after: int, until: int) -> None:
    """Leave in the log, after a place and up to another, nothing that names a text."""
    named = CHANGE.c.verbatim_id.is_not(None) & (CHANGE.c.seq > after) & (CHANGE.c.seq <= until)
    connection.execute(update(CHANGE).where(named).values(verbatim_id=None))


# -- what may be published -------------------------------------------------------------------------------------------


def lineages(connection: Connection, formations: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The lineages of some formations: ids of their members, by id of the head."""
    head = func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id)
    found: dict[int, list[int]] = {}
    for some in _slices(sorted(formations)):
        heads = select(head).where(FORMATION.c.id.in_(some))
        query = select(head, FORMATION.c.id).where(head.in_(heads)).order_by(FORMATION.c.id)
        for lineage, member in connection.execute(query):
            found.setdefault(lineage, []).append(member)
    return {lineage: tuple(dict.fromkeys(members)) for lineage, members in found.items()}


def formations_after(connection: Connection, formation: int, limit: int) -> list[int]:
    """Ids of the next formations, by id, that anybody answered about or that the corpus holds."""
    return _next(connection, (_FORMATIONS_ANSWERED, _FORMATIONS_HELD), formation, limit)


def centres_after(connection: Connection, centre: int, limit: int) -> list[int]:
    """Ids of the next centres, by id, of which anybody answered or that the corpus holds as a whole."""
    return _next(connection, (_CENTRES_ANSWERED, _CENTRES_HELD), centre, limit)


def _next(connection: Connection, queries: Sequence[Prepared], after: int, limit: int) -> list[int]:
    found = {number for query in queries for (number,) in query.rows(connection, after=after, limit=limit)}
    return sorted(found)[:limit]


def _walk(column: Any, *conditions: Any) -> Prepared:
    """The next values of a column along its index; what decides on a partial index is written out."""
    query = select(column).distinct().where(column > bindparam("after"), *conditions).order_by(column)
    return Prepared(query.limit(bindparam("limit", type_=Integer)))


_ANSWERED = TALLY.c.axis == literal_column(f"'{ratings.RESPONDENTS}'")
_OF_FIGURES = PUBLISHED.c.kind == literal_column(f"'{FIGURES}'")
_FORMATIONS_ANSWERED = _walk(TALLY.c.formation_id, _ANSWERED, TALLY.c.centre_id == literal_column("0"))
_FORMATIONS_HELD = _walk(PUBLISHED.c.formation_id, _OF_FIGURES)
_CENTRES_ANSWERED = _walk(TALLY.c.centre_id, _ANSWERED, TALLY.c.formation_id == literal_column("0"))
_CENTRES_HELD = _walk(PUBLISHED.c.centre_id, _OF_FIGURES, PUBLISHED.c.formation_id == literal_column("0"))


def centres_answered(connection: Connection, members: Sequence[int], minimum: int) -> list[int]:
    """Centres with at least so many respondents for the formations of a lineage."""
    query = select(TALLY.c.centre_id).where(
        TALLY.c.formation_id.in_(members), TALLY.c.axis == ratings.RESPONDENTS, TALLY.c.centre_id != 0
    )
    query = query.group_by(TALLY.c.centre_id).having(func.sum(TALLY.c.count) >= minimum)
    return list(connection.execute(query.order_by(TALLY.c.centre_id)).scalars())


def texts_of(connection: Connection, members: Sequence[int], centres: Collection[int] | None) -> set[str]:
    """Ids of texts of a lineage, everywhere or in some centres, that are published or that the corpus holds."""
    shown = select(VERBATIM.c.id).where(_SHOWN, VERBATIM.c.formation_id.in_(members))
    held = select(VERBATIM.c.id).join(PUBLISHED, PUBLISHED.c.key == VERBATIM.c.id)
    held = held.where(_STANDING_TEXT, PUBLISHED.c.formation_id.in_(members))
    if centres is not None:
        shown, held = (query.where(VERBATIM.c.centre_id.in_(centres)) for query in (shown, held))
    return {*connection.execute(shown).scalars(), *connection.execute(held).scalars()}


_SHOWN = VERBATIM.c.status == literal_column("'publie'")
_STANDING_TEXT = and_(PUBLISHED.c.kind == literal_column(f"'{TEXT}'"), text("NOT published.removed"))
"""Written out, so that they decide on partial indexes."""


def places_of(connection: Connection, texts: Collection[str]) -> dict[str, tuple[int, int]]:
    """Formation and centre of some texts, whatever their state."""
    found: dict[str, tuple[int, int]] = {}
    for some in _slices(sorted(texts)):
        query = select(VERBATIM.c.id, VERBATIM.c.formation_id, VERBATIM.c.centre_id).where(VERBATIM.c.id.in_(some))
        found.update({row.id: (row.formation_id, row.centre_id) for row in connection.execute(query)})
    return found


def texts(connection: Connection, ids: Iterable[str], named: Mapping[str, int]) -> dict[str, Text]:
    """Some texts as they stand; ``named`` is the centre to name beside each (absent: none)."""
    found: dict[str, Text] = {}
    for some in _slices(sorted(ids)):
        query = _spoken(
            select(VERBATIM.c.id, *_TEXT_COLUMNS).select_from(VERBATIM), CENTRE.c.id == VERBATIM.c.centre_id
        )
        for key, *rest in connection.execute(query.where(VERBATIM.c.id.in_(some))):
            text = _text(key, False, rest)
            found[key] = text if key in named else text._replace(uai=None, centre_name=None)
    return found


def anybody_answered(connection: Connection) -> bool:
    """True when the hub counts any respondent."""
    return (
        connection.execute(select(TALLY.c.count).where(TALLY.c.axis == ratings.RESPONDENTS).limit(1)).first()
        is not None
    )


def texts_counted(connection: Connection, formation: int, centre: int) -> int:
    """Published texts that the figures of a scope count."""
    query = select(func.coalesce(func.sum(TALLY.c.count), 0)).where(
        TALLY.c.formation_id == formation, TALLY.c.centre_id == centre, TALLY.c.axis == ratings.VERBATIMS
    )
    return int(connection.execute(query).scalar_one())


def set_useful(connection: Connection, text: str, useful: int) -> None:
    """Keep how many readers found a text useful, as another service counted them."""
    connection.execute(update(VERBATIM).where(VERBATIM.c.id == text).values(useful=useful, usefulness=useful))


# -- items -----------------------------------------------------------------------------------------------------------


def scopes_held(connection: Connection, formations: Sequence[int], centres: Collection[int] | None) -> dict[str, Item]:
    """Figures that the corpus holds of some formations, everywhere or in some centres, by key, tombstones included."""
    query = select(*_HELD).where(PUBLISHED.c.kind == FIGURES, PUBLISHED.c.formation_id.in_(formations))
    if centres is not None:
        query = query.where(PUBLISHED.c.centre_id.in_(centres))
    return {row.key: Item(*row) for row in connection.execute(query)}


def texts_held(connection: Connection, ids: Iterable[str]) -> dict[str, Item]:
    """Texts that the corpus holds among some, by id, tombstones included."""
    found: dict[str, Item] = {}
    for some in _slices(sorted(ids)):
        query = select(*_HELD).where(PUBLISHED.c.kind == TEXT, PUBLISHED.c.key.in_(some))
        found.update({row.key: Item(*row) for row in connection.execute(query)})
    return found


def keep(connection: Connection, items: Sequence[Item]) -> None:
    """Give items their new place, at the end; those that appear, or appear again, are new from there on.

    One process at a time, as whoever moves the follower's bookmark in the same transaction is: places follow commits.
    """
    if not items:
        return
    before = last_place(connection)
    first: dict[tuple[str, str], int] = {}
    for kind in (FIGURES, TEXT):
        for some in _slices(sorted(item.key for item in items if item.kind == kind)):
            held = (PUBLISHED.c.kind == kind) & PUBLISHED.c.key.in_(some)
            rows = connection.execute(select(PUBLISHED.c.key, PUBLISHED.c.first).where(held)).all()
            first |= {(kind, row.key): row.first for row in rows}
            connection.execute(delete(PUBLISHED).where(held))
    connection.execute(
        insert(PUBLISHED),
        [
            {
                "kind": item.kind, "key": item.key, "formation_id": item.formation_id, "centre_id": item.centre_id,
                "digest": item.digest, "removed": item.removed, "body": item.body,
                "first": 0 if item.fresh else first.get((item.kind, item.key), 0),
            }
            for item in items
        ],
    )  # fmt: skip
    fresh = (PUBLISHED.c.seq > before) & (PUBLISHED.c.first == 0)
    connection.execute(update(PUBLISHED).where(fresh).values(first=PUBLISHED.c.seq))


def last_place(connection: Connection) -> int:
    """Place of the item that changed last, 0 when there is none."""
    return connection.execute(select(func.max(PUBLISHED.c.seq))).scalar() or 0


def lines(connection: Connection, after: int, limit: int) -> list[Line]:
    """Items that changed after a place, tombstones included, as they stand."""
    return [_line(row) for row in _lines(None, False).rows(connection, after=after, limit=limit)]


def standing(connection: Connection, kind: str, after: int, limit: int) -> list[Line]:
    """Items of a kind that stand, by place, after one; a text taken back a moment ago is there, ``removed``."""
    return [_line(row) for row in _lines(kind, True).rows(connection, after=after, limit=limit)]


@cache
def _lines(kind: str | None, standing: bool) -> Prepared:
    query: Select[Any] = select(
        PUBLISHED.c.seq, PUBLISHED.c.first, PUBLISHED.c.kind, PUBLISHED.c.key, PUBLISHED.c.removed, PUBLISHED.c.body,
        *_TEXT_COLUMNS,
    )  # fmt: skip
    mine = (VERBATIM.c.id == PUBLISHED.c.key) & (PUBLISHED.c.kind == literal_column(f"'{TEXT}'"))
    query = query.select_from(PUBLISHED).outerjoin(VERBATIM, mine)
    query = _spoken(query, CENTRE.c.id == PUBLISHED.c.centre_id).where(PUBLISHED.c.seq > bindparam("after"))
    if kind:
        query = query.where(PUBLISHED.c.kind == literal_column(f"'{kind}'"))
    if standing:
        query = query.where(PUBLISHED.c.removed == false())
    return Prepared(query.order_by(PUBLISHED.c.seq).limit(bindparam("limit", type_=Integer)))


_OWN, _HEAD = FORMATION.alias("own"), FORMATION.alias("head")
_TEXT_COLUMNS = (
    VERBATIM.c.status, _HEAD.c.natural_key, _HEAD.c.title, _OWN.c.natural_key, CENTRE.c.uai, CENTRE.c.name,
    VERBATIM.c.question, words_shown(), VERBATIM.c.month, VERBATIM.c.published_at, VERBATIM.c.gem, VERBATIM.c.useful,
    select(joined(VERBATIM_SUBJECT.c.subject))
    .where(VERBATIM_SUBJECT.c.verbatim_id == VERBATIM.c.id)
    .correlate(VERBATIM)
    .scalar_subquery(),
    REPLY.c.text, REPLY.c.signed, REPLY.c.published_at,
)  # fmt: skip


def _spoken(query: Select[Any], named: Any) -> Select[Any]:
    """Join to texts their formations, the centre to name, and the reply that may be read."""
    replying = (REPLY.c.verbatim_id == VERBATIM.c.id) & (REPLY.c.status == literal_column("'publie'"))
    return (
        query.outerjoin(_OWN, _OWN.c.id == VERBATIM.c.formation_id)
        .outerjoin(_HEAD, _HEAD.c.id == func.coalesce(_OWN.c.lineage_id, _OWN.c.id))
        .outerjoin(CENTRE, named)
        .outerjoin(REPLY, replying)
    )


def _line(row: tuple[Any, ...]) -> Line:
    seq, first, kind, key, removed, body, *rest = row
    if kind == FIGURES:
        return Line(seq, first, kind, key, bool(removed), body, None)
    text = _text(key, bool(removed), rest)
    return Line(seq, first, kind, key, text.removed, None, text)


def _text(key: str, removed: bool, row: Sequence[Any]) -> Text:
    (
        status, head, title, own, uai, centre, question, words, month, published, gem, useful, subjects, reply, signed,
        replied,
    ) = row  # fmt: skip
    gone = removed or status != "publie"  # taken back a moment ago: nobody reads it here, before the item says so
    return Text(
        key, gone, head, title, own, uai, centre, question, "" if gone else words, month,
        date.min if gone else day_of(published), bool(gem), useful or 0,
        tuple(sorted(subjects.split(","))) if subjects else (),
        reply if uai or centre else None, signed, day_of(replied) if replied is not None else None,
    )  # fmt: skip


def _slices(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _SLICE] for start in range(0, len(values), _SLICE))
