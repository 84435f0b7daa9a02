"""SQL of replies. A reply waits, is published, refused or taken back; writing it anew sends it back to be read.

Every act on a reply is kept in ``reply_decision``, and counted in the flow. A reply is shown beside a published text
alone: it disappears with it. When the author says the text anew, the reply is over, since it answered other words; when
the author takes the text back, the words of the reply are erased too, for they may repeat some of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, literal_column, select, update

from syndication import models, store
from syndication.database import table
from syndication.errors import DecisionConflict, DecisionError
from syndication.fairness import store as fairness
from syndication.instants import PARIS
from syndication.letters.centres import tell_centre
from syndication.replies.reading import Sought, seeks_author
from widget.routes import words

REPLY = table(models.Reply)
REPLY_DECISION = table(models.ReplyDecision)
VERBATIM = table(models.Verbatim)
FORMATION = table(models.Formation)
LONGEST = 1500
"""Characters of a reply."""
PAGE = 12
"""Texts on a page of a centre's space."""
DAYS = 7
"""Days within which a reply is promised to be read (NF Z74-501)."""
LATE_DAYS = 5
"""Days after which a reply that waits is told to moderators: two are left."""
AUTHOR = fairness.AUTHOR
REASONS = {
    "personne": "la réponse permet de reconnaître une personne, ou cherche à savoir qui a écrit",
    "injure": "la réponse est blessante",
    "illicite": "la loi ne permet pas de publier cette réponse",
    "publicite": "la réponse fait de la publicité ou contient un lien",
    "hors_sujet": "la réponse ne parle pas de ce que dit le texte",
}
"""Grounds on which a reply is refused, told to the centre."""
REWRITTEN, WITHDRAWN = "texte_recrit", "texte_retire"
ENDINGS = {
    REWRITTEN: "le texte a été réécrit par son auteur\u00a0: elle répondait à d'autres mots",
    WITHDRAWN: "son auteur a retiré le texte",
}
"""Why a reply ended without anybody of the centre."""


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

    @property
    def sought(self) -> tuple[Sought, ...]:
        """Where it seems to look for who wrote."""
        return seeks_author(self.text)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened to a reply."""

    at: datetime
    actor: str
    from_status: str
    to_status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which published texts of a centre are wanted: of a formation (0: any), to a question, ``avec`` or ``sans`` a
    reply, gems alone, one text alone; ``page`` counts from 0."""

    formation: int = 0
    question: str = ""
    replied: str = ""
    gems: bool = False
    only: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class CentreText:
    """A published text as its centre reads it."""

    id: str
    question: str
    words: str
    month: str | None
    published_on: date
    gem: bool
    formation: str


# -- writing and reading replies -------------------------------------------------------------------------------------


def write(
    connection: Connection,
    verbatim: str,
    centre: int,
    text: str,
    signed: str,
    author: str,
    now: datetime,
    seen: int = 0,
) -> None:
    """Keep a centre's reply to one of its published texts, to be read; raises DecisionError, DecisionConflict.

    ``seen``: the version of the reply that its author had read, in whose place it goes (0: there was none).
    """
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise DecisionError("Écrivez une réponse avant de l'envoyer.")
    if len(said) > LONGEST:
        raise DecisionError(
            f"Votre réponse fait {words.number(len(said))} caractères\u00a0: {words.number(LONGEST)} au plus."
        )
    scope = _scope(connection, verbatim)
    if scope is None or scope[1] != centre:
        raise DecisionError("Ce texte n'est plus publié, ou n'est pas de votre centre.")
    old = _reply(connection, verbatim)
    if (old.version if old else 0) != seen:
        raise DecisionConflict(
            "La réponse de votre centre vient de changer : lisez-la. La vôtre est gardée ci-dessous, "
            "envoyez-la de nouveau si elle doit la remplacer."
        )
    values = {
        "text": said, "signed": signed, "author": author, "status": "attente", "reason": None, "judge": None,
        "written_at": now, "published_at": None,
    }  # fmt: skip
    if old is None:
        connection.execute(insert(REPLY).values(verbatim_id=verbatim, version=1, **values))
    else:
        _change(connection, verbatim, old.version, **values)
    _note(connection, verbatim, centre, author, old.status if old else "", "attente", now)
    if old is not None and old.status == "publie":
        store.note_changes(connection, [], now, {verbatim: scope})


def judge(
    connection: Connection, verbatim: str, version: int, wished: str, reason: str, judge: str, now: datetime
) -> str:
    """Publish or refuse the version of a reply that was read; raises DecisionError, DecisionConflict.

    The people of the centre are owed a mail that tells them.
    """
    if wished not in {"publie", "refuse"}:
        raise DecisionError("Choisissez de publier ou de refuser.")
    if wished == "refuse" and reason not in REASONS:
        raise DecisionError("Choisissez la raison du refus\u00a0: le centre la lira.")
    told = reason if wished == "refuse" else None
    old = _reply(connection, verbatim)
    scope = _scope(connection, verbatim)
    if old is None or scope is None or old.status != "attente" or old.version != version:
        raise DecisionConflict("Cette réponse vient de changer\u00a0: rien n'a été fait.")
    _change(
        connection, verbatim, version, status=wished, reason=told, judge=judge,
        published_at=now if wished == "publie" else None,
    )  # fmt: skip
    _note(connection, verbatim, scope[1], judge, "attente", wished, now, told, old.written_at)
    if wished == "publie":
        store.note_changes(connection, [], now, {verbatim: scope})
    news = {"status": wished, "reason": REASONS[reason] if told else "", "text": verbatim}
    tell_centre(connection, "reponse", scope[1], news, now)
    return wished


def take_back(connection: Connection, verbatim: str, centre: int, by: str, now: datetime) -> None:
    """Take a centre's reply back, wherever it stands; its words stay for the centre alone. Raises DecisionError."""
    old = _reply(connection, verbatim)
    query = select(VERBATIM.c.centre_id, VERBATIM.c.formation_id, VERBATIM.c.status).where(VERBATIM.c.id == verbatim)
    text = connection.execute(query).first()
    if old is None or text is None or text.centre_id != centre or old.status == "retire":
        raise DecisionError("Il n'y a pas de réponse de votre centre à retirer ici.")
    _end(connection, verbatim, centre, old, by, now)
    if old.status == "publie" and text.status == "publie":
        store.note_changes(connection, [], now, {verbatim: (text.formation_id, centre)})


def end_with_text(connection: Connection, verbatim: str, centre: int, why: str, now: datetime) -> None:
    """End the reply to a text that its author said anew or took back (``why``: a key of ``ENDINGS``), if there is one.

    Of a text taken back, the words of the reply are erased.
    """
    old = _reply(connection, verbatim)
    if old is None:
        return
    if old.status != "retire":
        _end(connection, verbatim, centre, old, AUTHOR, now, why)
    if why == WITHDRAWN:
        connection.execute(update(REPLY).where(REPLY.c.verbatim_id == verbatim).values(text=""))


def take_over(connection: Connection, verbatim: str, text: str, signed: str, published_at: datetime) -> None:
    """Keep a reply that another service published."""
    connection.execute(
        insert(REPLY).values(
            verbatim_id=verbatim, text=text, signed=signed, author="", status="publie", version=1,
            written_at=published_at, published_at=published_at,
        )
    )  # fmt: skip


# -- what the desk and the centre read -------------------------------------------------------------------------------


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


def acts_on(connection: Connection, verbatims: Sequence[str]) -> Mapping[str, Sequence[Act]]:
    """What happened to the replies to some texts, in order."""
    found: dict[str, list[Act]] = defaultdict(list)
    query = select(REPLY_DECISION).where(REPLY_DECISION.c.verbatim_id.in_(verbatims)).order_by(REPLY_DECISION.c.id)
    for row in connection.execute(query):
        found[row.verbatim_id].append(Act(row.at, row.actor, row.from_status, row.to_status, row.reason))
    return found


def texts(
    connection: Connection, centre: int, formations: Sequence[int], wanted: Wanted
) -> tuple[int, list[CentreText]]:
    """Published texts of a centre for some formations: how many are wanted, and a page of them, the newest first."""
    conditions = _wanted(centre, formations, wanted)
    joined = VERBATIM.outerjoin(REPLY, REPLY.c.verbatim_id == VERBATIM.c.id)
    total = connection.execute(select(func.count()).select_from(joined).where(*conditions)).scalar_one()
    head = FORMATION.alias("head")
    query = (
        select(
            VERBATIM.c.id, VERBATIM.c.question, store.words_shown(), VERBATIM.c.month, VERBATIM.c.published_at,
            VERBATIM.c.gem, head.c.title,
        )
        .select_from(
            joined.join(FORMATION, FORMATION.c.id == VERBATIM.c.formation_id).join(
                head, head.c.id == func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id)
            )
        )
        .where(*conditions)
        .order_by(VERBATIM.c.published_at.desc(), VERBATIM.c.id.desc())
        .limit(PAGE)
        .offset(wanted.page * PAGE)
    )  # fmt: skip
    return total, [
        CentreText(number, question, words, month, published.astimezone(PARIS).date(), gem, title)
        for number, question, words, month, published, gem, title in connection.execute(query)
    ]


def heads(connection: Connection, formations: Sequence[int]) -> list[tuple[int, str]]:
    """The lineages of some formations, each by its head's id and title, by title."""
    head = FORMATION.alias("head")
    query = (
        select(head.c.id, head.c.title)
        .distinct()
        .join(FORMATION, func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id) == head.c.id)
        .where(FORMATION.c.id.in_(formations))
        .order_by(head.c.title, head.c.id)
    )
    return [(row.id, row.title) for row in connection.execute(query)]


def _wanted(centre: int, formations: Sequence[int], wanted: Wanted) -> list[ColumnElement[bool]]:
    replied = REPLY.c.status.in_(("publie", "attente"))
    lineage = select(FORMATION.c.id).where(func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id) == wanted.formation)
    asked: list[tuple[object, ColumnElement[bool]]] = [
        (wanted.formation, VERBATIM.c.formation_id.in_(lineage)),
        (wanted.question, VERBATIM.c.question == wanted.question),
        (wanted.replied == "avec", replied),
        (wanted.replied == "sans", func.coalesce(REPLY.c.status, "").not_in(("publie", "attente"))),
        (wanted.gems, VERBATIM.c.gem.is_(True)),
        (wanted.only, VERBATIM.c.id == wanted.only),
    ]
    return [
        VERBATIM.c.status == literal_column("'publie'"), VERBATIM.c.centre_id == centre,
        VERBATIM.c.formation_id.in_(formations), *(condition for wish, condition in asked if wish),
    ]  # fmt: skip


def _reply(connection: Connection, verbatim: str) -> Row[Any] | None:
    return connection.execute(select(REPLY).where(REPLY.c.verbatim_id == verbatim)).first()


def _change(connection: Connection, verbatim: str, version: int, **values: Any) -> None:
    changed = connection.execute(
        update(REPLY)
        .where(REPLY.c.verbatim_id == verbatim, REPLY.c.version == version)
        .values(version=version + 1, **values)
    )
    if changed.rowcount != 1:
        raise DecisionConflict("Cette réponse vient de changer\u00a0: rien n'a été fait.")


def _end(
    connection: Connection, verbatim: str, centre: int, old: Row[Any], by: str, now: datetime, why: str | None = None
) -> None:
    _change(connection, verbatim, old.version, status="retire", reason=why, published_at=None)
    _note(connection, verbatim, centre, by, old.status, "retire", now, why)


def _note(
    connection: Connection, verbatim: str, centre: int, actor: str, before: str, after: str, now: datetime,
    reason: str | None = None, written_at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep an act, and count it; an author's is kept to the day, since a finer time would help to tell who."""
    at = now.replace(hour=0, minute=0, second=0, microsecond=0) if actor == AUTHOR else now
    connection.execute(
        insert(REPLY_DECISION).values(
            verbatim_id=verbatim, actor=actor, at=at, from_status=before, to_status=after, reason=reason
        )
    )
    fairness.replied(connection, centre, after, now, written_at)


def _scope(connection: Connection, verbatim: str) -> tuple[int, int] | None:
    query = select(VERBATIM.c.formation_id, VERBATIM.c.centre_id)
    row = connection.execute(query.where(VERBATIM.c.id == verbatim, VERBATIM.c.status == "publie")).first()
    return (row.formation_id, row.centre_id) if row else None
