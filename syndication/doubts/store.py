"""SQL of doubts: reported by a centre with a reason, decided by a moderator with a sentence for the centre."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, case, insert, select, update

from syndication import models, store
from syndication.database import table
from syndication.errors import DecisionConflict, DecisionError
from syndication.letters.centres import tell_centre
from syndication.moderation import store as moderation
from widget.routes import words

DOUBT = table(models.Doubt)
VERBATIM = table(models.Verbatim)
DECISION = table(models.Decision)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
OPEN, FOUNDED, UNFOUNDED = "ouvert", "fonde", "infonde"
LONGEST = 1500
"""Characters of an outcome."""
REASON_LENGTH = (20, 1000)
"""Fewest and most characters of a reason: less says nothing, more is not read."""
GROUNDS = ("douteux", "illicite")
"""Reasons for which a text is refused when a doubt was founded: see ``moderation.decide.REASONS``."""


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """A doubt with the text it is about; ``words`` are what the public reads, empty once the text is not published."""

    id: int
    verbatim_id: str
    centre_id: int
    reason: str
    reported_by: str
    reported_at: datetime
    state: str
    outcome: str
    decided_by: str | None
    decided_at: datetime | None
    words: str
    question: str
    status: str
    formation: str
    centre: str


def report(connection: Connection, verbatim_id: str, centre_id: int, reason: str, by: str, now: datetime) -> int:
    """Report a doubt on a published text of a centre and give its id; the text stays as it is. Raises DecisionError."""
    said = _reason(reason)
    query = select(VERBATIM.c.centre_id).where(VERBATIM.c.id == verbatim_id, VERBATIM.c.status == "publie")
    if connection.execute(query.with_for_update()).scalar() != centre_id:
        raise DecisionError("Ce texte n'est plus publié, ou n'est pas de votre centre.")
    pending = select(DOUBT.c.id).where(DOUBT.c.verbatim_id == verbatim_id, DOUBT.c.state == OPEN)
    if connection.execute(pending).first():
        raise DecisionConflict("Un doute est déjà signalé sur ce texte\u00a0: un modérateur l'examine.")
    fresh = insert(DOUBT).values(
        verbatim_id=verbatim_id, centre_id=centre_id, reason=said, reported_by=by, reported_at=now, state=OPEN,
        outcome="",
    )  # fmt: skip
    doubt_id = connection.execute(fresh.returning(DOUBT.c.id)).scalar_one()
    connection.execute(
        insert(DECISION).values(
            verbatim_id=verbatim_id, actor=by, at=now, act="doute", note=said, from_status="publie",
            to_status="publie", reason=None,
        )
    )  # fmt: skip
    return int(doubt_id)


def open(connection: Connection) -> list[DoubtRow]:
    """Doubts that wait for a decision, the oldest first."""
    return _rows(connection, _QUERY.where(DOUBT.c.state == OPEN).order_by(DOUBT.c.reported_at, DOUBT.c.id))


def of_centre(connection: Connection, centre_id: int) -> list[DoubtRow]:
    """Doubts that a centre reported, the newest first, each with what came of it."""
    query = _QUERY.where(DOUBT.c.centre_id == centre_id)
    return _rows(connection, query.order_by(DOUBT.c.reported_at.desc(), DOUBT.c.id.desc()))


def of_text(connection: Connection, verbatim_id: str) -> list[DoubtRow]:
    """Every doubt reported on a text, the oldest first."""
    return _rows(connection, _QUERY.where(DOUBT.c.verbatim_id == verbatim_id).order_by(DOUBT.c.id))


def decide(
    connection: Connection,
    doubt_id: int,
    founded: bool,
    outcome: str,
    by: str,
    now: datetime,
    ground: str = GROUNDS[0],
) -> str:
    """Decide a doubt with a sentence for the centre, and give its state; raises DecisionError, DecisionConflict.

    The text of a founded one is refused on a ``ground`` (one of ``GROUNDS``), unless it is not published any more.
    """
    said = _said(outcome, "Écrivez une phrase pour le centre\u00a0: il lira ce que vous avez décidé.", "La phrase")
    if founded and ground not in GROUNDS:
        raise DecisionError("Choisissez la raison du refus\u00a0: l'auteur la lira.")
    doubt = connection.execute(select(DOUBT).where(DOUBT.c.id == doubt_id)).first()
    if doubt is None:
        raise DecisionError("Ce doute n'existe pas.")
    state = FOUNDED if founded else UNFOUNDED
    decided = connection.execute(
        update(DOUBT)
        .where(DOUBT.c.id == doubt_id, DOUBT.c.state == OPEN)
        .values(state=state, outcome=said, decided_by=by, decided_at=now)
    )
    if decided.rowcount != 1:
        raise DecisionConflict("Quelqu'un d'autre vient de décider de ce doute\u00a0: rien n'a été changé.")
    if founded:
        query = select(VERBATIM.c.version).where(VERBATIM.c.id == doubt.verbatim_id, VERBATIM.c.status == "publie")
        version = connection.execute(query).scalar()
        if version is not None:
            moderation.record_decision(connection, doubt.verbatim_id, version, "refuse", ground, by, now, few=True)
    told = {"founded": founded, "outcome": said, "text": doubt.verbatim_id}
    tell_centre(connection, "doute", doubt.centre_id, told, now)
    return state


_QUERY = (
    select(
        *DOUBT.c,
        case((VERBATIM.c.status == "publie", store.words_shown()), else_="").label("words"),
        VERBATIM.c.question,
        VERBATIM.c.status,
        FORMATION.c.title.label("formation"),
        CENTRE.c.name.label("centre"),
    )
    .join(VERBATIM, VERBATIM.c.id == DOUBT.c.verbatim_id)
    .join(FORMATION, FORMATION.c.id == VERBATIM.c.formation_id)
    .join(CENTRE, CENTRE.c.id == VERBATIM.c.centre_id)
)


def _rows(connection: Connection, query: Select[tuple[object, ...]]) -> list[DoubtRow]:
    return [DoubtRow(**row) for row in connection.execute(query).mappings()]


def _reason(text: str) -> str:
    said = text.replace("\r\n", "\n").strip()
    fewest, most = REASON_LENGTH
    if not said:
        raise DecisionError("Dites pourquoi vous doutez de ce texte\u00a0: un modérateur le lira.")
    if len(said) < fewest:
        raise DecisionError(
            f"Votre raison fait {words.plural(len(said), 'caractère', 'caractères')}\u00a0: dites-en un peu plus, "
            f"{fewest} au moins, pour qu'un modérateur puisse en juger."
        )
    if len(said) > most:
        raise DecisionError(
            f"Votre raison fait {words.number(len(said))} caractères\u00a0: {words.number(most)} au plus."
        )
    return said


def _said(text: str, absent: str, what: str) -> str:
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise DecisionError(absent)
    if len(said) > LONGEST:
        raise DecisionError(f"{what} fait {words.number(len(said))} caractères\u00a0: {words.number(LONGEST)} au plus.")
    return said
