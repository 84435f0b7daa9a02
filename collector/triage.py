"""What looks odd in an answer. Pure: it marks and gives its reasons; a moderator decides.

Marks of a response: ``rapide`` (most answers were given faster than anybody reads), ``vide`` (too few answers and no
text), ``mecanique`` (a field that people do not see was filled in, a form that we never showed was sent, or a text is
no words), ``reseau`` (many seats taken from one network within an hour), ``repete`` (one text given to several
questions). While a section is filled in, its own marks end with ``:`` and its key.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collector.questionnaire import Answers, Questionnaire, Section
from collector.questionnaire.answers import section_keys

QUICK, EMPTY, MACHINE, NETWORK, REPEATED = "rapide", "vide", "mecanique", "reseau", "repete"
QUICK_FROM = 3
"""Answers of one section from which its pace says something: one or two may be ticked before they are looked for."""
SUBSTANCE = 20
"""Characters from which a text says something by itself."""
_VOWELS = set("aeiouyàâäéèêëîïôöùûüœæ")
_WORDS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-zàâäéèêëîïôöùûüœæçñ]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds: seconds an answer, answers a response; 0 marks nothing."""

    quick_seconds: float
    few_answers: int


def judge_of_pace(
    section: Section, elapsed: float | None, limits: Limits
) -> Callable[[Answers, Answers], list[str] | None]:
    """How a section was filled in: given what it said before and what it says now, its marks, None to leave them.

    ``elapsed``: seconds since the form was shown, None when it was never shown by us. A clock that went back gives a
    negative time, and no mark.
    """

    def judge(before: Answers, said: Answers) -> list[str] | None:
        if elapsed is None:
            return [f"{MACHINE}:{section.key}"]
        changed = _changes(section, before, said)
        if not changed:
            return None
        quick = changed >= QUICK_FROM and 0 <= elapsed < changed * limits.quick_seconds
        return [f"{QUICK}:{section.key}"] if quick else []

    return judge


def marks_of(
    document: Questionnaire, answers: Answers, draft_marks: Sequence[str], seat_marks: Sequence[str], limits: Limits
) -> tuple[str, ...]:
    """Marks of a whole response about to be sent, in order of name."""
    found = set(seat_marks)
    by_section = {mark.partition(":")[::2] for mark in draft_marks}
    quick = sum(_given(section, answers) for section in document.sections if (QUICK, section.key) in by_section)
    if quick and 2 * quick >= answers.given:
        found.add(QUICK)
    texts = list(answers.texts.values())
    if any(kind == MACHINE for kind, _ in by_section) or any(is_noise(text) for text in texts):
        found.add(MACHINE)
    if answers.given < limits.few_answers and not any(len(text.strip()) >= SUBSTANCE for text in texts):
        found.add(EMPTY)
    longer = [_folded(text) for text in texts if len(text.strip()) >= SUBSTANCE]
    if len(set(longer)) < len(longer):
        found.add(REPEATED)
    return tuple(sorted(found))


def is_noise(text: str) -> bool:
    """True for a text that is no words: one character over and over, or long runs of letters without a vowel."""
    words = _WORDS.findall(text.casefold())
    letters = "".join(words)
    if len(letters) < 8:
        return False
    if max(letters.count(letter) for letter in set(letters)) > 0.6 * len(letters):
        return True
    unsayable = [word for word in words if len(word) >= 6 and _LATIN.fullmatch(word) and _VOWELS.isdisjoint(word)]
    return sum(map(len, unsayable)) > 0.5 * len(letters)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _changes(section: Section, before: Answers, said: Answers) -> int:
    return sum(_said(before, key) != _said(said, key) for key in section_keys(section))


def _said(answers: Answers, key: str) -> object:
    return answers.choices.get(key) or answers.scales.get(key) or answers.texts.get(key)


def _given(section: Section, answers: Answers) -> int:
    return sum(_said(answers, key) is not None for key in section_keys(section))
