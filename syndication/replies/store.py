"""SQL of replies. A reply waits, is published or refused; writing it anew sends it back to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from syndication import models, store
from syndication.database import table
from syndication.errors import DecisionConflict, DecisionError

REPLY = table(models.Reply)
VERBATIM = table(models.Verbatim)
CENTRE = table(models.Centre)
LONGEST = 1500
"""Characters of a reply."""
REASONS = {
    "personne": "la réponse permet de reconnaître une personne, ou cherche à savoir qui a écrit",
    "injure": "la réponse est blessante",
    "illicite": "la loi ne permet pas de publier cette réponse",
    "publicite": "la réponse fait de la publicité ou contient un lien",
    "hors_sujet": "la réponse ne parle pas de ce que dit le texte",
}
"""Grounds on which a reply is refused, told to the centre."""


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A reply as its centre sees it."""

    verbatim_id: str
    text: str
    status: str
    reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class WaitingReply:
    """A reply to be read, beside the text it answers."""

    verbatim_id: str
    text: str
    signed: str
    version: int
    written_at: datetime
    words: str


def write(
    connection: Connection, verbatim: str, centre: int, text: str, signed: str, author: str, now: datetime
) -> None:
    """Keep a centre's reply to one of its published texts, to be read; raises DecisionError."""
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise DecisionError("Écrivez une réponse avant de l'envoyer.")
    if len(said) > LONGEST:
        raise DecisionError(f"Votre réponse fait {len(said)} caractères\u00a0: {LONGEST} au plus.")
    scope = _scope(connection, verbatim)
    if scope is None or scope[1] != centre:
        raise DecisionError("Ce texte n'est plus publié, ou n'est pas de votre centre.")
    old = connection.execute(select(REPLY).where(REPLY.c.verbatim_id == verbatim)).first()
    values = {
        "text": said, "signed": signed, "author": author, "status": "attente", "reason": None, "judge": None,
        "written_at": now, "published_at": None,
    }  # fmt: skip
    if old is None:
        connection.execute(insert(REPLY).values(verbatim_id=verbatim, version=1, **values))
        return
    connection.execute(update(REPLY).where(REPLY.c.verbatim_id == verbatim).values(version=old.version + 1, **values))
    if old.status == "publie":
        store.note_changes(connection, [], now, {verbatim: scope})


def judge(
    connection: Connection, verbatim: str, version: int, wished: str, reason: str, judge: str, now: datetime
) -> str:
    """Publish or refuse the version of a reply that was read; raises DecisionError, DecisionConflict."""
    if wished not in {"publie", "refuse"}:
        raise DecisionError("Choisissez de publier ou de refuser.")
    if wished == "refuse" and reason not in REASONS:
        raise DecisionError("Choisissez la raison du refus\u00a0: le centre la lira.")
    judged = connection.execute(
        update(REPLY)
        .where(REPLY.c.verbatim_id == verbatim, REPLY.c.version == version, REPLY.c.status == "attente")
        .values(
            status=wished, reason=reason if wished == "refuse" else None, judge=judge, version=version + 1,
            published_at=now if wished == "publie" else None,
        )
    )  # fmt: skip
    if judged.rowcount != 1:
        raise DecisionConflict("Cette réponse vient de changer\u00a0: rien n'a été fait.")
    scope = _scope(connection, verbatim)
    if wished == "publie" and scope:
        store.note_changes(connection, [], now, {verbatim: scope})
    return wished


def take_over(connection: Connection, verbatim: str, text: str, signed: str, published_at: datetime) -> None:
    """Keep a reply that another service published."""
    connection.execute(
        insert(REPLY).values(
            verbatim_id=verbatim, text=text, signed=signed, author="", status="publie", version=1,
            written_at=published_at, published_at=published_at,
        )
    )  # fmt: skip


def waiting(connection: Connection, limit: int) -> list[WaitingReply]:
    """Replies to be read, the oldest first, to texts that are still published."""
    query = (
        select(
            REPLY.c.verbatim_id, REPLY.c.text, REPLY.c.signed, REPLY.c.version, REPLY.c.written_at, store.words_shown()
        )
        .join(VERBATIM, VERBATIM.c.id == REPLY.c.verbatim_id)
        .where(REPLY.c.status == "attente", VERBATIM.c.status == "publie")
        .order_by(REPLY.c.written_at, REPLY.c.verbatim_id)
        .limit(limit)
    )  # fmt: skip
    return [WaitingReply(*row) for row in connection.execute(query)]


def replies_to(connection: Connection, verbatims: Sequence[str]) -> dict[str, ReplyRow]:
    """Replies to some texts, whatever their state."""
    query = select(REPLY.c.verbatim_id, REPLY.c.text, REPLY.c.status, REPLY.c.reason, REPLY.c.version)
    rows = connection.execute(query.where(REPLY.c.verbatim_id.in_(verbatims)))
    return {row.verbatim_id: ReplyRow(*row) for row in rows}


def _scope(connection: Connection, verbatim: str) -> tuple[int, int] | None:
    query = select(VERBATIM.c.formation_id, VERBATIM.c.centre_id)
    row = connection.execute(query.where(VERBATIM.c.id == verbatim, VERBATIM.c.status == "publie")).first()
    return (row.formation_id, row.centre_id) if row else None
