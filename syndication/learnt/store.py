"""SQL of what is learnt: past decisions to learn from, and the models that were made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select

from syndication import models
from syndication.database import table
from syndication.moderation.learning import Example

LEARNT = table(models.Learnt)
VERBATIM = table(models.Verbatim)
DECISION = table(models.Decision)
MOST_EXAMPLES, MOST_CHARACTERS = 20_000, 1_000_000
"""Training takes some 100 bytes of memory a character, and a few thousand texts teach as much as all."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as it is kept; ``told`` are its measures."""

    id: int
    made_at: datetime
    told: Mapping[str, Any]
    body: bytes


def examples(connection: Connection) -> list[Example]:
    """What people decided here on texts whose words are still there, the latest received first, up to
    ``MOST_EXAMPLES`` of ``MOST_CHARACTERS`` together; a text that was written anew counts as it stands."""
    decided = exists().where(DECISION.c.verbatim_id == VERBATIM.c.id, DECISION.c.act == "decision")
    query = (
        select(VERBATIM.c.text, VERBATIM.c.question, VERBATIM.c.status, VERBATIM.c.review_id)
        .where(VERBATIM.c.status.in_(("publie", "refuse")), VERBATIM.c.alerted.is_(False), decided)
        .order_by(VERBATIM.c.received_on.desc(), VERBATIM.c.id)
        .limit(MOST_EXAMPLES)
    )
    found: list[Example] = []
    room = MOST_CHARACTERS
    for row in connection.execute(query):
        room -= len(row.text)
        if room < 0:
            break
        found.append(Example(row.text, row.question, row.status == "publie", row.review_id))
    return found


def keep(connection: Connection, made_at: datetime, told: Mapping[str, Any], body: bytes) -> None:
    """Keep a model in the place of those before it."""
    connection.execute(delete(LEARNT))
    connection.execute(insert(LEARNT).values(made_at=made_at, told=dict(told), body=body))


def newest_id(connection: Connection) -> int | None:
    """Number of the model that is used, or None."""
    return connection.execute(select(LEARNT.c.id).order_by(LEARNT.c.id.desc()).limit(1)).scalar()


def kept(connection: Connection, number: int) -> Kept | None:
    """The model under a number, or None when another took its place."""
    row = connection.execute(select(LEARNT).where(LEARNT.c.id == number)).first()
    return Kept(row.id, row.made_at, row.told, row.body) if row else None


def forget(connection: Connection) -> bool:
    """Forget every model; False when there was none."""
    return connection.execute(delete(LEARNT)).rowcount > 0
