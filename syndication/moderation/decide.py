"""What may be decided on a verbatim, and by whom. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from syndication.errors import DecisionError
from widget.routes import words

Status = Literal["attente", "publie", "refuse", "recrire", "archive", "retire"]

REASONS = MappingProxyType(
    {
        "personne": "le texte permet de reconnaître une personne",
        "injure": "le texte contient une injure ou des propos discriminatoires",
        "illicite": "le texte accuse quelqu'un ou dit une chose que la loi ne permet pas de publier",
        "hors_sujet": "le texte ne parle pas de la formation ni de l'apprentissage",
        "vide": "le texte est trop court ou trop confus pour aider quelqu'un à choisir",
        "publicite": "le texte fait de la publicité ou contient un lien",
        "copie": "le texte est copié d'un autre",
        "douteux": "la réponse n'a pas l'air de venir de quelqu'un qui raconte sa formation",
    }
)
"""Grounds of refusal and of asking for a rewrite, published on ``/methode`` and told to the author."""
NOISE = ("vide", "copie", "publicite", "hors_sujet", "douteux")
"""Reasons for which several texts may be refused at one time: nobody is accused of anything, nobody is at risk."""
ALERTS = MappingProxyType(
    {
        "danger": "quelqu'un peut être en danger",
        "harcelement": "harcèlement, violences ou discrimination",
        "detresse": "détresse ou idées suicidaires",
    }
)
"""What a text may tell that a referent must know at once."""
MODERATOR: Mapping[str, tuple[Status, ...]] = MappingProxyType(
    {
        "attente": ("publie", "refuse", "recrire"),
        "recrire": ("publie", "refuse", "archive"),
        "publie": ("refuse", "archive"),
        "refuse": ("publie", "recrire", "archive"),
    }
)
"""Where a moderator may move a text, by its state."""
AUTHOR: Mapping[str, tuple[Status, ...]] = MappingProxyType(
    {
        "attente": ("attente", "retire"),
        "recrire": ("attente", "retire"),
        "publie": ("attente", "retire"),
        "refuse": ("attente", "retire"),
        "archive": ("retire",),
    }
)
"""Where its author may: new words wait to be read, and any may be taken back."""
UNDO_SECONDS = 10
LONGEST_NOTE = 1000
"""Characters of what somebody writes for colleagues."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision that may be recorded."""

    status: Status
    reason: str | None


def decide(current: str, wished: str, reason: str | None) -> Outcome:
    """Check a moderator's wish against the state of a text; raises DecisionError with the sentence to show."""
    status = next((to for allowed in MODERATOR.values() for to in allowed if to == wished), None)
    if status is None:
        raise DecisionError("Choisissez de publier, de refuser, de demander une réécriture ou d'archiver.")
    if current == wished:
        raise DecisionError("Ce texte est déjà dans cet état.")
    if status not in MODERATOR.get(current, ()):
        raise DecisionError("Ce texte ne peut pas passer de son état à celui-là.")
    if wished not in {"refuse", "recrire"}:
        return Outcome(status, None)
    if reason not in REASONS:
        asked = "du refus" if wished == "refuse" else "de la réécriture"
        raise DecisionError(f"Choisissez la raison {asked}\u00a0: l'auteur la lira.")
    return Outcome(status, reason)


def may_undo(actor: str, by: str, at: datetime, now: datetime) -> bool:
    """True when who asks may undo what was decided ``by`` somebody ``at`` a moment: their own act, seconds ago."""
    return actor == by and timedelta() <= now - at <= timedelta(seconds=UNDO_SECONDS)


def checked_note(note: str) -> str:
    """A note for colleagues, trimmed; raises DecisionError for one that is too long."""
    said = note.replace("\r\n", "\n").strip()
    if len(said) > LONGEST_NOTE:
        raise DecisionError(
            f"Votre note fait {words.number(len(said))} caractères\u00a0: {words.number(LONGEST_NOTE)} au plus."
        )
    return said
