"""Texts marked by hand, invented but for the twenty real testimonies, and how well something finds what is marked.

``marked.jsonl`` holds one object a line: ``text``, ``question``, ``kinds`` (signals expected), ``subjects`` (expected
too, absent where nobody would choose any: the text would not be published) and ``apart`` for those that were written
before anything was tuned and are never tuned on. Numbers are from ranges kept for fiction, addresses from reserved
domains.
"""

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("marked.jsonl")
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "temoignages_sirius_1.csv"
COLUMNS = {
    "peurChangementConseil": "changement",
    "trouverEntrepriseConseil": "recherche.conseil",
    "choseMarquanteConseil": "a_savoir",
    "differenceCollegeCfaConseil": "journee_cfa",
    "descriptionMetierConseil": "journee_entreprise",
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with what is expected of it; ``subjects`` is None when nobody would choose any."""

    text: str
    question: str
    kinds: frozenset[str]
    subjects: frozenset[str] | None
    apart: bool


@dataclass(slots=True)
class Score:
    """How often something was rightly found, found in vain, and missed."""

    right: int = 0
    vain: int = 0
    missed: int = 0

    @property
    def expected(self) -> int:
        return self.right + self.missed

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.vain) if self.right + self.vain else 1.0

    @property
    def f1(self) -> float:
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0

    def add(self, other: "Score") -> None:
        self.right, self.vain, self.missed = (
            self.right + other.right,
            self.vain + other.vain,
            self.missed + other.missed,
        )


@dataclass(slots=True)
class Scores:
    """Scores by key, with their sum."""

    by_key: dict[str, Score] = field(default_factory=dict)

    def count(self, expected: Collection[str], found: Collection[str]) -> None:
        for key in {*expected, *found}:
            score = self.by_key.setdefault(key, Score())
            score.right += key in expected and key in found
            score.vain += key not in expected
            score.missed += key not in found

    def of(self, key: str) -> Score:
        return self.by_key.get(key, Score())

    @property
    def micro(self) -> Score:
        total = Score()
        for score in self.by_key.values():
            total.add(score)
        return total

    def macro(self, measure: Callable[[Score], float]) -> float:
        scores = [score for score in self.by_key.values() if score.expected]
        return sum(map(measure, scores)) / len(scores) if scores else 1.0


@cache
def marked() -> tuple[Marked, ...]:
    """Every marked text of the file, in its order."""
    return tuple(_read(json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines())


def part(*, apart: bool) -> tuple[Marked, ...]:
    """Texts on which rules were tuned, or those held apart."""
    return tuple(one for one in marked() if one.apart is apart)


def measure(
    texts: Iterable[Marked], find: Callable[[Marked], Collection[str]], expected: Callable[[Marked], Collection[str]]
) -> Scores:
    """Scores of what ``find`` gives against what is expected."""
    scores = Scores()
    for one in texts:
        scores.count(expected(one), find(one))
    return scores


def real(path: Path) -> Iterator[tuple[int, str, str]]:
    """Texts of the real testimonies: row from 0, question, words."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            for column, question in COLUMNS.items():
                text = row.get(f"temoignage.{column}.content") or row.get(f"temoignage.{column}") or ""
                if text.strip():
                    yield number, question, text


def _read(document: dict[str, object]) -> Marked:
    kinds, subjects = document["kinds"], document.get("subjects")
    assert isinstance(kinds, list)
    return Marked(
        str(document["text"]),
        str(document["question"]),
        frozenset(kinds),
        frozenset(subjects) if isinstance(subjects, list) else None,
        document.get("apart") is True,
    )


REAL_SIGNALS: dict[tuple[int, str], tuple[str, ...]] = {
    (3, "recherche.conseil"): ("court",),
    (3, "a_savoir"): ("court",),
    (4, "journee_cfa"): ("court",),
    (7, "a_savoir"): ("court",),
    (10, "a_savoir"): ("court",),
    (12, "changement"): ("court",),
    (12, "recherche.conseil"): ("court",),
    (12, "a_savoir"): ("court",),
    (12, "journee_cfa"): ("injure",),
    (14, "recherche.conseil"): ("court",),
    (14, "a_savoir"): ("court",),
    (15, "a_savoir"): ("court",),
    (15, "journee_cfa"): ("court",),
    (15, "journee_entreprise"): ("court",),
    (19, "a_savoir"): ("court",),
}
"""What is expected of the real testimonies, by row and question; nothing of any other."""
REAL_SUBJECTS: dict[tuple[int, str], tuple[str, ...]] = {
    (1, "recherche.conseil"): ("recherche_entreprise",),
    (1, "a_savoir"): ("metier",),
    (1, "journee_cfa"): ("journee_type",),
    (1, "journee_entreprise"): ("metier",),
    (2, "changement"): ("remuneration",),
    (2, "recherche.conseil"): ("recherche_entreprise",),
    (2, "a_savoir"): ("vie_personnelle",),
    (2, "journee_cfa"): ("enseignement",),
    (2, "journee_entreprise"): ("metier",),
    (3, "changement"): ("rythme",),
    (4, "changement"): ("remuneration", "rythme"),
    (4, "recherche.conseil"): ("recherche_entreprise",),
    (5, "changement"): ("rythme",),
    (6, "recherche.conseil"): ("recherche_entreprise",),
    (6, "a_savoir"): ("recherche_entreprise",),
    (6, "journee_cfa"): ("enseignement",),
    (6, "journee_entreprise"): ("metier",),
    (7, "changement"): ("remuneration", "charge"),
    (7, "recherche.conseil"): ("recherche_entreprise",),
    (7, "journee_cfa"): ("horaires",),
    (7, "journee_entreprise"): ("metier",),
    (8, "changement"): ("rythme",),
    (8, "recherche.conseil"): ("recherche_entreprise",),
    (8, "a_savoir"): ("ambiance",),
    (8, "journee_cfa"): ("enseignement", "charge"),
    (9, "changement"): ("rythme",),
    (10, "changement"): ("rythme",),
    (10, "journee_cfa"): ("journee_type", "horaires"),
    (10, "journee_entreprise"): ("journee_type", "horaires"),
    (11, "changement"): ("rythme",),
    (11, "recherche.conseil"): ("recherche_entreprise",),
    (11, "journee_entreprise"): ("journee_type", "horaires"),
    (14, "changement"): ("remuneration",),
    (14, "journee_cfa"): ("journee_type", "horaires"),
    (14, "journee_entreprise"): ("metier",),
    (15, "changement"): ("remuneration", "rythme"),
    (15, "recherche.conseil"): ("recherche_entreprise",),
    (16, "changement"): ("metier",),
    (16, "recherche.conseil"): ("recherche_entreprise",),
    (16, "journee_cfa"): ("ambiance",),
    (17, "recherche.conseil"): ("recherche_entreprise",),
    (19, "changement"): ("remuneration", "rythme"),
    (19, "journee_cfa"): ("enseignement",),
    (19, "journee_entreprise"): ("metier",),
}
"""Subjects that a moderator would confirm in the real testimonies; none in those of other rows and questions."""
