"""Subjects that a text seems to speak of, from its words and the question that was asked. Pure.

Each subject has words (met by their stem), phrases, and what the question itself says (``subjects.toml``); what weighs
enough is proposed, the heaviest first, and a moderator confirms. Figures: ``python -m tests.bench subjects``.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from syndication.moderation.signals.phrases import compile_patterns
from syndication.moderation.signals.reading import Reading
from syndication.reviews.subjects import SUBJECTS
from syndication.search.words import terms_of

WORD, HINT, PHRASE, AGAINST = 2, 1, 2, -2
"""What a word, a hint, a phrase and a phrase that speaks against add."""
ENOUGH = 2
"""Weight from which a subject is proposed, unless its entry says otherwise under ``needs``."""
MOST = 4
"""Subjects proposed for one text."""
ASSUMED = MappingProxyType({"journee_entreprise": "metier"})
"""What an answer to a question speaks of when its words tell of nothing: tasks have too many names to be listed."""
FEWEST_TO_ASSUME = 7
"""Words from which that is assumed."""
FEWEST_WORDS = 3
"""Words under which nothing is proposed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A subject (a key of ``SUBJECTS``) and where its weightiest sign stands, in code points; 0 and 0: the question."""

    subject: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Subject:
    key: str
    phrases: re.Pattern[str]
    against: re.Pattern[str]
    asked: dict[str, int]
    needs: int


def propose(text: str, question: str) -> tuple[Proposal, ...]:
    """Subjects of a text that answers a question (its key), the likeliest first; none for a text of a word or two."""
    reading = Reading(text)
    if len(reading) < FEWEST_WORDS:
        return ()
    weights: dict[str, int] = {}
    places: dict[str, tuple[int, int, int]] = {}
    line = reading.stretch(0, len(reading))
    for subject in _subjects():
        weights[subject.key] = subject.asked.get(question, 0)
    for word in dict.fromkeys(reading.folded):
        for key, weight in _told_by(word):
            weights[key] += weight
            _keep(places, key, weight, reading.places[reading.folded.index(word)])
    for subject in _subjects():
        for match in _distinct(subject.phrases, line.line):
            weights[subject.key] += PHRASE
            _keep(places, subject.key, PHRASE, line.place(match.start(), match.end()))
        weights[subject.key] += AGAINST * len(_distinct(subject.against, line.line))
    enough = [subject for subject in _subjects() if weights[subject.key] >= subject.needs]
    chosen = sorted(enough, key=lambda subject: -weights[subject.key])[:MOST]
    if not chosen and len(reading) >= FEWEST_TO_ASSUME and question in ASSUMED:
        return (Proposal(ASSUMED[question], 0, 0),)
    told = [(one.key, places.get(one.key, (0, 0, 0))) for one in chosen]
    return tuple(Proposal(key, *reading.as_written(start, end)) for key, (_, start, end) in told)


def _keep(places: dict[str, tuple[int, int, int]], key: str, weight: int, place: tuple[int, int]) -> None:
    if key not in places or places[key][0] < weight:
        places[key] = (weight, *place)


def _distinct(pattern: re.Pattern[str], line: str) -> list[re.Match[str]]:
    return list({match.group(): match for match in pattern.finditer(line)}.values())


@lru_cache(maxsize=20_000)
def _told_by(word: str) -> tuple[tuple[str, int], ...]:
    """Subjects of which a word tells, with its weight."""
    found: dict[str, int] = {}
    for stem in terms_of(word).split():
        for key, weight in _by_stem().get(stem, {}).items():
            found[key] = max(found.get(key, 0), weight)
    return tuple(found.items())


@cache
def _by_stem() -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for key, entry in _document().items():
        for weight, words in ((HINT, entry.get("hints", "")), (WORD, entry["words"])):
            for stem in (stem for word in words.split() for stem in terms_of(word).split()):
                table.setdefault(stem, {})[key] = weight
    return table


@cache
def _subjects() -> tuple[_Subject, ...]:
    document = _document()
    return tuple(
        _Subject(
            key,
            compile_patterns(tuple(document[key].get("phrases", ()))),
            compile_patterns(tuple(document[key].get("against", ()))),
            document[key].get("asked", {}),
            document[key].get("needs", ENOUGH),
        )
        for key in SUBJECTS
    )


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "subjects.toml").read_text(encoding="utf-8"))
