"""What texts speak of: the subjects that a moderator may recognise in one, and that readers may choose by. Pure.

They hold the fourteen themes of the historic Sirius. Its two atmospheres (in the company, at the centre) are one
subject here, beside settling in, and so are its two typical days: the question that was asked tells them apart.
``accessibilite`` is what the axis ``cfa.accessibilite`` asks about: disability.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

SUBJECTS = MappingProxyType(
    {
        "recherche_entreprise": ("Trouver une entreprise", "Finding a company"),
        "integration": ("Les débuts et l'accueil", "Settling in"),
        "metier": ("L'apprentissage du métier", "Learning the trade"),
        "journee_type": ("Une journée type", "A typical day"),
        "horaires": ("Les horaires", "Working hours"),
        "rythme": ("Le rythme entre CFA et entreprise", "Going back and forth between centre and company"),
        "vacances": ("Moins de vacances", "Fewer holidays"),
        "ambiance": ("L'ambiance", "Atmosphere"),
        "enseignement": ("Les cours", "Teaching"),
        "difficulte": ("Le niveau des cours", "How hard the lessons are"),
        "charge": ("La charge de travail", "Workload"),
        "equipements": ("Les locaux et le matériel", "Buildings and equipment"),
        "accessibilite": ("L'accueil du handicap", "Welcome for people with disabilities"),
        "transports": ("Le trajet et les transports", "Getting there"),
        "vie_personnelle": ("Le rythme de vie", "Life beside work and study"),
        "remuneration": ("La paie et les aides", "Pay and grants"),
    }
)
"""Keys with their French and English names, in the order they are shown; keys are public and never change meaning."""


@cache
def labels(language: str = "fr") -> Mapping[str, str]:
    """Names by key, in one language, in the order they are shown."""
    return {key: names[language == "en"] for key, names in SUBJECTS.items()}


def label(key: str, language: str = "fr") -> str:
    """The name of a subject; its key when it has none."""
    return SUBJECTS.get(key, (key, key))[language == "en"]
