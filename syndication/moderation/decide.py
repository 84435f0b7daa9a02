"""What may be decided on a verbatim. Pure."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from syndication.errors import DecisionError

Status = Literal["attente", "publie", "refuse", "retire"]

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
"""Grounds of refusal, published on ``/methode`` and told to the author."""

EDGES: frozenset[tuple[str, str]] = frozenset(
    {("attente", "publie"), ("attente", "refuse"), ("publie", "refuse"), ("refuse", "publie")}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision that may be recorded."""

    status: Status
    reason: str | None


def decide(current: str, wished: str, reason: str | None) -> Outcome:
    """Check a wish against the state of a text; raises DecisionError with the sentence to show."""
    if wished not in {"publie", "refuse"}:
        raise DecisionError("Choisissez de publier ou de refuser.")
    if (current, wished) not in EDGES:
        raise DecisionError("Ce texte est déjà dans cet état.")
    if wished == "publie":
        return Outcome("publie", None)
    if reason not in REASONS:
        raise DecisionError("Choisissez la raison du refus\u00a0: l'auteur la lira.")
    return Outcome("refuse", reason)
