"""SQL of the news that authors are owed."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select, update

from syndication import models
from syndication.database import table
from syndication.instants import PARIS
from syndication.moderation import masking
from syndication.moderation.masking import Mask

VERBATIM = table(models.Verbatim)
REVIEW = table(models.Review)
DECISION = table(models.Decision)
MOVES = ("decision", "annulation")


@dataclass(frozen=True, slots=True)
class DueReceipt:
    """News for an author that the collector has yet to be told; ``masks`` are laid on the words as they stand."""

    verbatim_id: str
    response_id: str
    question: str
    status: str
    reason: str | None
    decided_on: date | None
    version: int
    masks: tuple[Mask, ...]


def due(connection: Connection, limit: int) -> list[DueReceipt]:
    """News for authors whose response came through the collector."""
    latest = (
        select(func.max(DECISION.c.at))
        .where(DECISION.c.verbatim_id == VERBATIM.c.id, DECISION.c.act.in_(MOVES))
        .scalar_subquery()
    )
    query = (
        select(
            VERBATIM.c.id, REVIEW.c.source_id, VERBATIM.c.question, VERBATIM.c.status, VERBATIM.c.reason,
            VERBATIM.c.version, VERBATIM.c.masks, latest.label("decided_at"),
        )
        .join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
        .where(VERBATIM.c.receipt_due)
        .order_by(VERBATIM.c.id)
        .limit(limit)
    )  # fmt: skip
    found: list[DueReceipt] = []
    for row in connection.execute(query):
        waits = row.status == "attente"
        day = None if waits or row.decided_at is None else row.decided_at.astimezone(PARIS).date()
        laid = masking.read(row.masks) if row.status == "publie" else ()
        found.append(DueReceipt(row.id, row.source_id, row.question, row.status, row.reason, day, row.version, laid))
    return found


def settle(connection: Connection, verbatim_id: str, version: int) -> None:
    """Note that the collector was told of a version; a newer decision stays due."""
    connection.execute(
        update(VERBATIM).where(VERBATIM.c.id == verbatim_id, VERBATIM.c.version == version).values(receipt_due=False)
    )
