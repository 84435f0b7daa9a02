"""SQL of the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select, update

from syndication import models, store
from syndication.database import joined, table
from syndication.errors import DecisionConflict, DecisionError
from syndication.fairness import store as fairness
from syndication.instants import PARIS
from syndication.moderation.decide import decide
from syndication.reviews import store as reviews

VERBATIM = table(models.Verbatim)
REVIEW = table(models.Review)
DECISION = table(models.Decision)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
VERBATIM_SIGNAL = table(models.VerbatimSignal)
_SIGNALS = (
    select(joined(VERBATIM_SIGNAL.c.signal)).where(VERBATIM_SIGNAL.c.verbatim_id == VERBATIM.c.id).scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class WaitingText:
    """A text to judge, with what surrounds it."""

    id: str
    question: str
    text: str
    month: str | None
    received_on: date
    signals: list[str]
    version: int
    marks: list[str]
    formation: str
    centre: str


@dataclass(frozen=True, slots=True)
class DueReceipt:
    """News for an author that the collector has yet to be told."""

    verbatim_id: str
    response_id: str
    question: str
    status: str
    reason: str | None
    decided_on: date
    version: int


def waiting(connection: Connection, limit: int, offset: int = 0) -> list[WaitingText]:
    """Texts that wait, the oldest first."""
    query = (
        select(
            VERBATIM.c.id,
            VERBATIM.c.question,
            VERBATIM.c.text,
            VERBATIM.c.month,
            VERBATIM.c.received_on,
            _SIGNALS.label("signals"),
            VERBATIM.c.version,
            REVIEW.c.marks,
            FORMATION.c.title.label("formation"),
            CENTRE.c.name.label("centre"),
        )
        .join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
        .join(FORMATION, FORMATION.c.id == VERBATIM.c.formation_id)
        .join(CENTRE, CENTRE.c.id == VERBATIM.c.centre_id)
        .where(VERBATIM.c.status == "attente")
        .order_by(VERBATIM.c.received_on, VERBATIM.c.id)
        .limit(limit)
        .offset(offset)
    )
    rows = connection.execute(query).mappings()
    return [
        WaitingText(**{**row, "signals": sorted((row["signals"] or "").split(",")) if row["signals"] else []})
        for row in rows
    ]


def counts_by_status(connection: Connection) -> dict[str, int]:
    """How many texts are in each state."""
    return dict(connection.execute(select(VERBATIM.c.status, func.count()).group_by(VERBATIM.c.status)).all())


def waiting_count(connection: Connection, formation_ids: tuple[int, ...], centre_id: int) -> int:
    """How many texts wait for a formation in a centre."""
    query = select(func.count()).where(
        VERBATIM.c.status == "attente", VERBATIM.c.formation_id.in_(formation_ids), VERBATIM.c.centre_id == centre_id
    )
    return connection.execute(query).scalar_one()


def record_decision(
    connection: Connection,
    verbatim_id: str,
    version: int,
    wished: str,
    reason: str | None,
    actor: str,
    now: datetime,
    subjects: Sequence[str] = (),
) -> str:
    """Apply a decision to the version that was read, and give the new state; raises DecisionError, DecisionConflict.

    ``subjects`` are what a published text speaks of. Who publishes a text says that its response is genuine: one that
    was held back is counted.
    """
    query = select(VERBATIM, REVIEW.c.origin).join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
    current = connection.execute(query.where(VERBATIM.c.id == verbatim_id)).mappings().first()
    if current is None:
        raise DecisionError("Ce texte n'existe plus.")
    if current["version"] != version:
        raise DecisionConflict("Quelqu'un d'autre vient de décider de ce texte\u00a0: rien n'a été changé.")
    outcome = decide(current["status"], wished, reason)
    applied = connection.execute(
        update(VERBATIM)
        .where(VERBATIM.c.id == verbatim_id, VERBATIM.c.version == version)
        .values(
            status=outcome.status,
            reason=outcome.reason,
            published_at=now if outcome.status == "publie" else None,
            version=version + 1,
            receipt_due=current["origin"] == "collecte",
        )
    )
    if applied.rowcount != 1:
        raise DecisionConflict("Quelqu'un d'autre vient de décider de ce texte\u00a0: rien n'a été changé.")
    connection.execute(
        insert(DECISION).values(
            verbatim_id=verbatim_id, actor=actor, at=now, act="decision", note="",
            from_status=current["status"], to_status=outcome.status, reason=outcome.reason,
        )
    )  # fmt: skip
    fairness.moved(connection, current, {"status": outcome.status, "reason": outcome.reason}, actor, now)
    scope = (current["formation_id"], current["centre_id"])
    if outcome.status == "publie":
        reviews.count_in(connection, current["review_id"], actor, now)
    step = (outcome.status == "publie") - (current["status"] == "publie")
    if step > 0:
        words = current["shown"] or current["text"]
        reviews.show(connection, verbatim_id, current["question"], words, scope, subjects)
    elif step:
        reviews.hide(connection, verbatim_id, current["question"], scope)
    if step:
        store.note_changes(connection, [], now, {verbatim_id: scope})
    return outcome.status


def due_receipts(connection: Connection, limit: int) -> list[DueReceipt]:
    """News for authors whose response came through the collector."""
    latest = select(func.max(DECISION.c.at)).where(DECISION.c.verbatim_id == VERBATIM.c.id).scalar_subquery()
    query = (
        select(
            VERBATIM.c.id.label("verbatim_id"),
            REVIEW.c.source_id.label("response_id"),
            VERBATIM.c.question,
            VERBATIM.c.status,
            VERBATIM.c.reason,
            VERBATIM.c.version,
            latest.label("decided_at"),
        )
        .join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
        .where(VERBATIM.c.receipt_due)
        .order_by(VERBATIM.c.id)
        .limit(limit)
    )
    return [
        DueReceipt(*row[:5], decided_on=row.decided_at.astimezone(PARIS).date(), version=row.version)
        for row in connection.execute(query)
    ]


def settle_receipt(connection: Connection, verbatim_id: str, version: int) -> None:
    """Note that the collector was told of a version; a newer decision stays due."""
    connection.execute(
        update(VERBATIM).where(VERBATIM.c.id == verbatim_id, VERBATIM.c.version == version).values(receipt_due=False)
    )
