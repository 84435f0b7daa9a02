"""SQL of centres' own questions. One waits, is accepted or refused; its centre may take it back.

A question that was accepted keeps its words for good, since answers were given to them: written anew, it is taken back
and another one waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, func, insert, select, update

from collector.door import OwnKind, OwnQuestion
from syndication import models
from syndication.database import table
from syndication.errors import DecisionConflict, DecisionError, QuestionRefused
from syndication.own.wording import ACTIVE_MOST, REASONS, Draft, key_of

QUESTION = table(models.OwnQuestion)
CENTRE = table(models.Centre)
WAITING, ACCEPTED, REFUSED, RETIRED = "attente", "acceptee", "refusee", "retiree"
CHANGED = "Cette question vient de changer\u00a0: rien n'a été fait."


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as its centre sees it. ``asked``: it was accepted once, so that campaigns may have asked it."""

    id: int
    kind: OwnKind
    label: str
    options: tuple[str, ...]
    state: str
    reason: str
    version: int
    asked: bool


@dataclass(frozen=True, slots=True)
class WaitingQuestion:
    """A question to be checked by a moderator."""

    id: int
    kind: OwnKind
    label: str
    options: tuple[str, ...]
    version: int
    centre: str
    written_at: datetime


def questions_of(connection: Connection, centre_id: int) -> list[QuestionRow]:
    """Questions of a centre, the oldest first, those never accepted and taken back left out."""
    query = select(QUESTION).where(QUESTION.c.centre_id == centre_id).order_by(QUESTION.c.id)
    rows = [
        QuestionRow(
            row.id, cast(OwnKind, row.kind), row.label, tuple(row.options), row.state, row.reason, row.version,
            row.state == ACCEPTED or (row.state == RETIRED and row.reason == ACCEPTED),
        )
        for row in connection.execute(query)
    ]  # fmt: skip
    return [row for row in rows if row.asked or row.state != RETIRED]


def accepted(connection: Connection, centre_id: int) -> tuple[OwnQuestion, ...]:
    """Questions that a campaign opened now for a centre asks."""
    query = select(QUESTION).where(QUESTION.c.centre_id == centre_id, QUESTION.c.state == ACCEPTED)
    return tuple(
        OwnQuestion(key_of(row.id), cast(OwnKind, row.kind), row.label, tuple(row.options))
        for row in connection.execute(query.order_by(QUESTION.c.id))
    )


def write(connection: Connection, centre_id: int, draft: Draft, author: str, now: datetime) -> int:
    """Keep a new question, to be checked; gives its id. Raises QuestionRefused."""
    _refuse_more(connection, centre_id)
    statement = insert(QUESTION).values(
        centre_id=centre_id, kind=draft.kind, label=draft.label, options=list(draft.options), state=WAITING, reason="",
        version=1, written_by=author, written_at=now,
    )  # fmt: skip
    return int(connection.execute(statement.returning(QUESTION.c.id)).scalar_one())


def rewrite(
    connection: Connection, centre_id: int, question: int, version: int, draft: Draft, author: str, now: datetime
) -> int:
    """Write anew the version of a question that was read, to be checked; gives the id under which it waits.

    Raises QuestionRefused, DecisionConflict.
    """
    row = _own(connection, centre_id, question)
    if row.version != version or row.state == RETIRED:
        raise DecisionConflict(CHANGED)
    if row.asked:
        retire(connection, centre_id, question, version)
        return write(connection, centre_id, draft, author, now)
    if row.state == REFUSED:
        _refuse_more(connection, centre_id)
    _move(
        connection, question, version, row.state,
        {
            "kind": draft.kind, "label": draft.label, "options": list(draft.options), "state": WAITING, "reason": "",
            "written_by": author, "written_at": now, "judged_by": None, "judged_at": None,
        },
    )  # fmt: skip
    return question


def retire(connection: Connection, centre_id: int, question: int, version: int) -> None:
    """Ask a question no more in campaigns to come; raises QuestionRefused, DecisionConflict."""
    row = _own(connection, centre_id, question)
    if row.version != version or row.state == RETIRED:
        raise DecisionConflict(CHANGED)
    _move(connection, question, version, row.state, {"state": RETIRED, "reason": ACCEPTED if row.asked else ""})


# -- moderators ------------------------------------------------------------------------------------------------------


def waiting(connection: Connection, limit: int) -> list[WaitingQuestion]:
    """Questions to be checked, the oldest first."""
    query = (
        select(QUESTION, CENTRE.c.name.label("centre"))
        .join(CENTRE, CENTRE.c.id == QUESTION.c.centre_id)
        .where(QUESTION.c.state == WAITING)
        .order_by(QUESTION.c.written_at, QUESTION.c.id)
        .limit(limit)
    )
    return [
        WaitingQuestion(
            row.id, cast(OwnKind, row.kind), row.label, tuple(row.options), row.version, row.centre, row.written_at
        )
        for row in connection.execute(query)
    ]


def count_waiting(connection: Connection) -> int:
    """How many questions wait to be checked."""
    return connection.execute(select(func.count()).where(QUESTION.c.state == WAITING)).scalar_one()


def judge(
    connection: Connection, question: int, version: int, wished: str, reason: str, judge: str, now: datetime
) -> str:
    """Accept or refuse (``acceptee``, ``refusee``) the version of a question that was read; gives its state.

    Raises DecisionError, DecisionConflict.
    """
    if wished not in {ACCEPTED, REFUSED}:
        raise DecisionError("Choisissez d'accepter ou de refuser.")
    if wished == REFUSED and reason not in REASONS:
        raise DecisionError("Choisissez la raison du refus\u00a0: le centre la lira.")
    news = {"state": wished, "reason": reason if wished == REFUSED else "", "judged_by": judge, "judged_at": now}
    _move(connection, question, version, WAITING, news)
    return wished


# -- helpers ---------------------------------------------------------------------------------------------------------


def _own(connection: Connection, centre_id: int, question: int) -> QuestionRow:
    found = next((row for row in questions_of(connection, centre_id) if row.id == question), None)
    if found is None:
        raise QuestionRefused("Cette question n'existe plus.")
    return found


def _refuse_more(connection: Connection, centre_id: int) -> None:
    held = select(func.count()).where(QUESTION.c.centre_id == centre_id, QUESTION.c.state.in_((WAITING, ACCEPTED)))
    if connection.execute(held).scalar_one() >= ACTIVE_MOST:
        raise QuestionRefused(f"Vous avez déjà {ACTIVE_MOST} questions\u00a0: retirez-en une d'abord.")


def _move(connection: Connection, question: int, version: int, state: str, news: dict[str, object]) -> None:
    moved = connection.execute(
        update(QUESTION)
        .where(QUESTION.c.id == question, QUESTION.c.version == version, QUESTION.c.state == state)
        .values(version=version + 1, **news)
    )
    if moved.rowcount != 1:
        raise DecisionConflict(CHANGED)


def known(connection: Connection, ids: Sequence[int]) -> dict[int, OwnKind]:
    """Those among questions that are kept here, with their kind."""
    rows = connection.execute(select(QUESTION.c.id, QUESTION.c.kind).where(QUESTION.c.id.in_(ids)))
    return {row.id: cast(OwnKind, row.kind) for row in rows}
