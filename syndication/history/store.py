"""SQL of what is kept of a text for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from syndication import models, store
from syndication.database import table
from syndication.moderation import masking

DECISION = table(models.Decision)
REVIEW = table(models.Review)
REVIEW_DECISION = table(models.ReviewDecision)
VERBATIM = table(models.Verbatim)


@dataclass(frozen=True, slots=True)
class ActRow:
    """Something that was done to a text: who, when, from, to, why."""

    actor: str
    at: datetime
    act: str
    from_status: str
    to_status: str
    reason: str | None
    note: str


def acts_on(connection: Connection, verbatim_id: str) -> list[ActRow]:
    """Everything that was done to a text, in order."""
    columns = [getattr(DECISION.c, name) for name in ActRow.__slots__]
    query = select(*columns).where(DECISION.c.verbatim_id == verbatim_id).order_by(DECISION.c.id)
    return [ActRow(*row) for row in connection.execute(query)]


def acts_on_response(connection: Connection, verbatim_id: str) -> list[ActRow]:
    """Everything that was done to the whole response that a text belongs to, in order."""
    query = (
        select(REVIEW_DECISION)
        .join(VERBATIM, VERBATIM.c.review_id == REVIEW_DECISION.c.review_id)
        .where(VERBATIM.c.id == verbatim_id)
        .order_by(REVIEW_DECISION.c.id)
    )
    return [
        ActRow(row.actor, row.at, "reponse", row.from_state, row.to_state, None, "")
        for row in connection.execute(query)
    ]


def is_intact(text: str, digest: str) -> bool:
    """True when words are those that were written; of words that their author took back nothing is left to check."""
    return not text or store.digest(text) == digest


def altered(connection: Connection, start: str, limit: int) -> tuple[int, list[str]]:
    """Looks at published texts from an id on, then from the first: how many, and ids of those whose words changed."""
    columns = (VERBATIM.c.id, VERBATIM.c.text, VERBATIM.c.digest, VERBATIM.c.masks, VERBATIM.c.shown)
    query = select(*columns).where(VERBATIM.c.status == "publie")
    rows = connection.execute(query.where(VERBATIM.c.id >= start).order_by(VERBATIM.c.id).limit(limit)).all()
    if len(rows) < limit:
        more = query.where(VERBATIM.c.id < start).order_by(VERBATIM.c.id).limit(limit - len(rows))
        rows = [*rows, *connection.execute(more)]
    return len(rows), [row.id for row in rows if not (is_intact(row.text, row.digest) and _is_shown_as_masked(row))]


def _is_shown_as_masked(row: Any) -> bool:
    """True when readers read a text's own words but for its masks."""
    return bool(row.shown == (masking.shown(row.text, masking.read(row.masks)) if row.masks else None))
