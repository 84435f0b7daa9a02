"""What is shown of a text, and what each kind of it means. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "danger": "Danger possible\u00a0: violence, harcèlement, agression, détresse, accident, exploitation, alcool "
        "ou drogue",
        "injure": "Injure, mot grossier ou propos discriminatoire",
        "personne": "Quelqu'un paraît nommé",
        "telephone": "Numéro de téléphone",
        "mail": "Adresse électronique",
        "adresse": "Adresse postale ou nom de rue",
        "reseau_social": "Compte d'un réseau social",
        "lien": "Lien ou nom de site",
        "invisible": "Caractère invisible",
        "langue": "Écrit pour l'essentiel dans une autre langue que le français",
        "capitales": "Écrit presque tout en capitales",
        "repete": "Mots, phrases ou lettres répétés",
        "court": "Trop court pour aider quelqu'un à choisir",
    }
)
"""What each kind means, the gravest first. Keys are kept with texts and never change meaning."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something seen in a text: its kind (a key of ``KINDS``), where, and why, in French.

    ``start`` and ``end`` count code points of the text as it is, ``end`` excluded; both are 0 for the whole text.
    """

    kind: str
    start: int
    end: int
    why: str
