"""The accessibility statement, made from the checklist of RGAA criteria that the tests keep true."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

STATES = {
    "conforme": "contrôlé par des tests à chaque changement",
    "relu": "relu par l'équipe",
    "sans-objet": "sans objet",
    "a-verifier": "à vérifier",
    "non-conforme": "non conforme",
}
"""States of a criterion, as they are said."""
THEMES = (
    "Images", "Cadres", "Couleurs", "Multimédia", "Tableaux", "Liens", "Scripts", "Éléments obligatoires",
    "Structuration de l'information", "Présentation de l'information", "Formulaires", "Navigation", "Consultation",
)  # fmt: skip
"""Themes of the RGAA, in its order."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion of the RGAA: its number (``10.4``), what it asks, its state, the tests that show it."""

    number: str
    subject: str
    state: str
    tests: tuple[str, ...]

    @property
    def theme(self) -> str:
        """The theme it belongs to."""
        return THEMES[int(self.number.partition(".")[0]) - 1]


@dataclass(frozen=True, slots=True)
class Statement:
    """What can be said of the conformity of the service, and from what."""

    version: str
    checked_on: date
    screens: tuple[str, ...]
    criteria: tuple[Criterion, ...]

    def count(self, *states: str) -> int:
        """How many criteria are in some states."""
        return sum(criterion.state in states for criterion in self.criteria)

    @property
    def held(self) -> int:
        """Criteria that hold, of those that apply, in whole percent rounded down."""
        return 100 * self.count("conforme", "relu") // (len(self.criteria) - self.count("sans-objet"))

    @property
    def mention(self) -> str:
        """The mention that the law wants on every page (décret n° 2019-768, article 5)."""
        if not self.count("non-conforme", "a-verifier"):
            return "totalement conforme"
        return "partiellement conforme" if self.held >= 50 else "non conforme"

    def by_theme(self) -> dict[str, list[Criterion]]:
        """Criteria under their themes."""
        return {theme: [one for one in self.criteria if one.theme == theme] for theme in THEMES}


@cache
def statement() -> Statement:
    """The statement of this release."""
    read = tomllib.loads(files("syndication").joinpath("site", "rgaa.toml").read_text(encoding="utf-8"))
    named = read["tests"]
    criteria = tuple(
        Criterion(number, one["sujet"], one["etat"], tuple(named[test] for test in one.get("tests", ())))
        for number, one in read["criteres"].items()
    )
    return Statement(read["version"], read["controle_le"], tuple(read["ecrans"]), criteria)
