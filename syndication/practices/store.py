"""SQL of good practices: gems and texts that a centre replied to, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, exists, func, literal_column, select

from syndication import models
from syndication.database import joined, table
from syndication.instants import day_of
from syndication.publication.store import PublishedReply
from syndication.store import words_shown

VERBATIM = table(models.Verbatim)
SUBJECT = table(models.VerbatimSubject)
REPLY = table(models.Reply)
CENTRE = table(models.Centre)
FORMATION = table(models.Formation)
_PUBLISHED = VERBATIM.c.status == literal_column("'publie'")
_REPLIED = REPLY.c.status == literal_column("'publie'")
Place = tuple[datetime, str]
"""Where a text stands: when it was published, its id."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text that may be a good practice, with its formation, its centre and the centre's reply."""

    id: str
    question: str
    text: str
    month: str | None
    gem: bool
    formation_id: int
    lineage_id: int
    formation: str
    formation_key: str
    centre_id: int
    uai: str | None
    centre: str
    city: str
    subjects: tuple[str, ...]
    reply: PublishedReply | None


def place_of(connection: Connection, verbatim: str) -> Place | None:
    """Where a published text stands; None for any other."""
    row = connection.execute(
        select(VERBATIM.c.published_at, VERBATIM.c.id).where(VERBATIM.c.id == verbatim, _PUBLISHED)
    ).first()
    return (row.published_at, row.id) if row else None


def places(connection: Connection, subject: str, after: Place | None, limit: int) -> list[Place]:
    """Places of the gems and of the texts replied to that speak of a subject (empty: any), after one, newest first."""
    gems = select(VERBATIM.c.published_at, VERBATIM.c.id).where(_PUBLISHED, VERBATIM.c.gem)
    replied = (
        select(VERBATIM.c.published_at, VERBATIM.c.id).join(REPLY, REPLY.c.verbatim_id == VERBATIM.c.id)
        .where(_PUBLISHED, _REPLIED)
    )  # fmt: skip
    found: set[Place] = set()
    for query in (gems, replied):
        rows = connection.execute(_narrowed(query, subject, after).limit(limit))
        found.update((row.published_at, row.id) for row in rows)
    return sorted(found, reverse=True)[:limit]


def _narrowed(query: Select[tuple[datetime, str]], subject: str, after: Place | None) -> Select[tuple[datetime, str]]:
    if subject:
        speaks = exists().where(SUBJECT.c.verbatim_id == VERBATIM.c.id, SUBJECT.c.subject == subject)
        query = query.where(speaks)
    if after:
        moment, number = after
        at = VERBATIM.c.published_at
        query = query.where((at < moment) | ((at == moment) & (VERBATIM.c.id < number)))
    return query.order_by(VERBATIM.c.published_at.desc(), VERBATIM.c.id.desc())


def told(connection: Connection, ids: Sequence[str]) -> list[Told]:
    """Some texts, in the order of their ids as given."""
    head = FORMATION.alias("head")
    speaks = select(joined(SUBJECT.c.subject)).where(SUBJECT.c.verbatim_id == VERBATIM.c.id).scalar_subquery()
    query = (
        select(
            VERBATIM.c.id, VERBATIM.c.question, words_shown().label("words"), VERBATIM.c.month, VERBATIM.c.gem,
            VERBATIM.c.formation_id, head.c.id.label("lineage_id"), head.c.title, head.c.natural_key,
            VERBATIM.c.centre_id, CENTRE.c.uai, CENTRE.c.name, CENTRE.c.city, speaks.label("subjects"),
            REPLY.c.text.label("said"), REPLY.c.signed, REPLY.c.published_at.label("replied_at"),
        )
        .join(FORMATION, FORMATION.c.id == VERBATIM.c.formation_id)
        .join(head, head.c.id == func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id))
        .join(CENTRE, CENTRE.c.id == VERBATIM.c.centre_id)
        .outerjoin(REPLY, (REPLY.c.verbatim_id == VERBATIM.c.id) & _REPLIED)
        .where(VERBATIM.c.id.in_(ids), _PUBLISHED)
    )  # fmt: skip
    found = {
        row.id: Told(
            row.id, row.question, row.words, row.month, bool(row.gem), row.formation_id, row.lineage_id, row.title,
            row.natural_key, row.centre_id, row.uai, row.name, row.city,
            tuple(sorted((row.subjects or "").split(","))),
            PublishedReply(row.said, row.signed, day_of(row.replied_at)) if row.said is not None else None,
        )
        for row in connection.execute(query)
    }  # fmt: skip
    return [found[one] for one in ids if one in found]
