"""What a reply must not do: look for who wrote, or call them to account. Pure; none decides, a moderator reads."""

import re
from typing import NamedTuple

_SEEKS = (
    (
        r"\bqui (?:a|as|avez|aurait|aurais|auriez|a bien pu) (?:pu )?(?:écri|ecri|dit|laiss|post|rédig|redig)\w*",
        "Demande qui a écrit",
    ),
    (
        r"\b(?:nous|on|je) (?:t'|te |vous |l'|le |la |les )(?:avons |a |ai )?(?:bien |parfaitement |très bien )?"
        r"(?:reconnu|reconnais|reconna[iî]t|identifi)\w*",
        "Dit reconnaître l'auteur",
    ),
    (
        r"\b(?:nous|on|je) (?:savons|sait|sais) (?:bien |parfaitement |très bien )?(?:de )?qui\b",
        "Dit savoir qui a écrit",
    ),
    (
        r"\b(?:ton|votre) (?:nom|prénom|prenom|identité|identite|numéro|numero|téléphone|telephone|adresse|groupe|"
        r"classe|promotion|promo|maître|maitre|tuteur|entreprise|employeur)\b",
        "Parle de ce qui désigne l'auteur",
    ),
    (
        r"\b(?:donne[zr]?|dis|dites|précise[zr]?|precise[zr]?|indique[zr]?|communique[zr]?)[ -]*(?:nous|moi)\b",
        "Demande à l'auteur d'en dire plus",
    ),
    (
        r"\b(?:viens|venez|passe[zr]?|contacte[zr]?|appelle[zr]?|appelez|écri[st]|écrivez|ecri[st]|ecrivez|"
        r"manifeste[zr]?|présente[zr]?|presente[zr]?|rapproche[zr]?)[ -]+(?:nous|moi|vous|toi|te|me)\b"
        r"(?: (?:voir|parler|trouver))?|\bnous (?:contacter|rencontrer|appeler|écrire|ecrire)\b",
        "Appelle l'auteur à se faire connaître",
    ),
    (r"\b(?:cet|cette|l[' ]?)\s?(?:apprenti|apprentie|élève|eleve|jeune|étudiant|etudiant)e? (?:en|de|qui)\b",
     "Désigne un apprenti en particulier"),
    (r"\ble \d{1,2} (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|"
     r"décembre)\b", "Donne un jour, qui peut dire de qui il s'agit"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), why) for pattern, why in _SEEKS)


class Sought(NamedTuple):
    """Where a reply seems to look for its author, and why; ``start`` and ``end`` count code points."""

    start: int
    end: int
    why: str


def seeks_author(reply: str) -> tuple[Sought, ...]:
    """Every place where a reply seems to look for who wrote the text, in their order."""
    plain = reply.replace("’", "'")
    found = {
        (match.start(), match.end()): Sought(match.start(), match.end(), why)
        for pattern, why in _PATTERNS
        for match in pattern.finditer(plain)
    }
    return tuple(found[place] for place in sorted(found))
