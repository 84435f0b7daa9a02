"""Filled questionnaires, drawn once and given by many respondents: every closed answer, no text. Pure.

A respondent takes a sheet at random among those of people who are about as content: there are enough of them that no
two responses need be alike, and what each adds to figures is reckoned once.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from collector.door import Answers, Questionnaire, validate
from syndication import ratings

LEVELS, SHEETS = 12, 500
"""Degrees of content, and sheets of each."""
_SPOILT = 0.03
"""Share of scales that somebody leaves out."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Answers, as the form gives them and as they are read; ``counts``: what they add to figures, whatever the month;
    ``rating``: how content the respondent is."""

    raw: Mapping[str, list[str]]
    answers: Answers
    counts: tuple[tuple[str, str], ...]
    rating: str


def draw_sheets(document: Questionnaire, chance: random.Random, each: int = SHEETS) -> list[list[Sheet]]:
    """Sheets by degree of content, the least first."""
    return [[_sheet(document, chance, (level + 0.5) / LEVELS) for _ in range(each)] for level in range(LEVELS)]


def level_of(content: float) -> int:
    """The degree of a group's content (0 to 1)."""
    return min(int(content * LEVELS), LEVELS - 1)


def _sheet(document: Questionnaire, chance: random.Random, content: float) -> Sheet:
    raw: dict[str, list[str]] = {}
    for question in document.questions():
        if question.kind == "scale" and chance.random() > _SPOILT:
            raw[question.key] = [_draw(chance, content)]
        elif question.kind == "grid":
            shift = chance.gauss(-0.05, 0.12)
            raw |= {row.key: [_draw(chance, content + shift)] for row in question.rows if chance.random() > _SPOILT}
        elif question.kind in {"one", "rated"}:
            raw[question.key] = [question.options[min(int(chance.expovariate(1.1)), len(question.options) - 1)].key]
        elif question.kind == "several" and question.show_if is None:
            picked = chance.sample(question.options[:-1], min(chance.choice((1, 1, 2, 3)), len(question.options) - 1))
            raw[question.key] = [option.key for option in picked]
    answers, faults = validate(document, raw)
    if faults:
        raise ValueError(f"{faults[0].key}: {faults[0].message}")
    counts = ratings.counts_of(answers, document, None)
    return Sheet(raw, answers, tuple(counts.elements()), answers.scales.get(ratings.HEADLINE, ""))


def _draw(chance: random.Random, content: float) -> str:
    luck = chance.random()
    return "bien" if luck < content else "moyen" if luck < content + 0.7 * (1 - content) else "mal"
