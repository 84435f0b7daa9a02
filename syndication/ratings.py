"""From counts to ratings: shares, intervals, thresholds. Pure.

Axes of a tally, and the values counted on each:

- a scale's key (``satisfaction``, ``entreprise.rythme``…): ``bien``, ``moyen``, ``mal``;
- ``choix.`` and a choice's key: its options, and ``""`` for the respondents to the question;
- ``@repondants``: ``""`` for respondents, that is testimonies with at least one scale answered;
- ``@mois``: YYYY-MM, respondents of that month;
- ``@invites``: ``connus`` for people known to have been asked, ``inconnus`` for respondents of whom it is not known
  how many were asked beside them;
- ``@verbatims``: a question's key, for its published texts.

Sources: largest remainder for whole percentages; the Wilson score interval at 95 % for shares.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from collector.door import SCALE, Answers, Question, Questionnaire
from syndication.settings import Thresholds
from widget.contract import Choice, Distribution, Note, Option, Period, Reliability, Share

Counts = Mapping[str, Mapping[str, int]]
RESPONDENTS, MONTHS, INVITED, VERBATIMS, CHOICE = "@repondants", "@mois", "@invites", "@verbatims", "choix."
HEADLINE = "satisfaction"
Z = 1.959963984540054
"""Quantile of the normal law for 95 %."""


@dataclass(frozen=True, slots=True)
class Rating:
    """Figures of one scope. ``verbatims`` counts published texts, shown or not."""

    respondents: int
    invited: int | None
    response_rate: float | None
    period: Period | None
    reliability: Reliability
    satisfaction: Distribution | None
    notes: tuple[Note, ...]
    choices: tuple[Choice, ...]
    verbatims: int


def counts_of(answers: Answers, questionnaire: Questionnaire, month: str | None) -> Counter[tuple[str, str]]:
    """What one testimony adds to the counts of its scopes, by (axis, value)."""
    counts: Counter[tuple[str, str]] = Counter()
    rated = {question.key for question in questionnaire.questions() if question.kind == "rated"}
    for key, options in answers.choices.items():
        if key not in rated:
            counts[CHOICE + key, ""] += 1
            counts.update((CHOICE + key, option) for option in options)
    counts.update(answers.scales.items())
    if answers.scales:
        counts[RESPONDENTS, ""] += 1
        if month:
            counts[MONTHS, month] += 1
    return counts


def rate(counts: Counts, questionnaire: Questionnaire, thresholds: Thresholds) -> Rating:
    """Figures of a scope: none below the minimum, counts without shares below the next, all of them above."""
    respondents = counts.get(RESPONDENTS, {}).get("", 0)
    reliability = reliability_of(respondents, thresholds)
    invited = _invited(counts.get(INVITED, {}))
    rated_enough = reliability != "insuffisante"
    return Rating(
        respondents=respondents,
        invited=invited if rated_enough else None,
        response_rate=round(respondents / invited, 2) if rated_enough and invited and invited >= respondents else None,
        period=_period(counts.get(MONTHS, {})) if rated_enough else None,
        reliability=reliability,
        satisfaction=distribution(counts.get(HEADLINE, {}), respondents, thresholds) if rated_enough else None,
        notes=tuple(_notes(counts, respondents, questionnaire, thresholds)) if rated_enough else (),
        choices=tuple(_choices(counts, questionnaire, thresholds)) if rated_enough else (),
        verbatims=sum(counts.get(VERBATIMS, {}).values()),
    )


def reliability_of(respondents: int, thresholds: Thresholds) -> Reliability:
    """How far figures on so many respondents may be trusted and shown."""
    if respondents < thresholds.minimum:
        return "insuffisante"
    if respondents < thresholds.minimum_percent:
        return "comptes"
    return "fragile" if respondents < thresholds.fragile_below else "normale"


def distribution(answers: Mapping[str, int], respondents: int, thresholds: Thresholds) -> Distribution | None:
    """How respondents answered a scale; None when too few of them did to be shown."""
    counted = [answers.get(value, 0) for value in SCALE]
    total = sum(counted)
    if total < thresholds.minimum:
        return None
    with_shares = total >= thresholds.minimum_percent
    shares: Sequence[int | None] = percentages(counted) if with_shares else (None, None, None)
    good, fair, poor = (Share(count, share) for count, share in zip(counted, shares, strict=True))
    interval = wilson(counted[0], total) if with_shares else None
    return Distribution(good, fair, poor, max(respondents - total, 0), interval)


def percentages(counts: Sequence[int]) -> list[int]:
    """Whole percentages that sum to 100 (largest remainder; among equal remainders the first wins), or zeros."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    floors = [100 * count // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda place: (-(100 * counts[place] % total), place))
    for place in by_remainder[: 100 - sum(floors)]:
        floors[place] += 1
    return floors


def wilson(successes: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share, in percent, to one decimal."""
    share, spread = successes / total, Z * Z / total
    centre = (share + spread / 2) / (1 + spread)
    margin = Z / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    return round(100 * max(centre - margin, 0), 1), round(100 * min(centre + margin, 1), 1)


def _invited(counts: Mapping[str, int]) -> int | None:
    return counts.get("connus") or None if not counts.get("inconnus") else None


def _period(months: Mapping[str, int]) -> Period | None:
    present = sorted(month for month, count in months.items() if count > 0)
    return Period(present[0], present[-1]) if present else None


def _notes(counts: Counts, respondents: int, questionnaire: Questionnaire, thresholds: Thresholds) -> list[Note]:
    found: list[Note] = []
    for key, label in scale_labels(questionnaire):
        spread = distribution(counts.get(key, {}), respondents, thresholds)
        if key != HEADLINE and spread is not None:
            found.append(Note(key, label, key.partition(".")[0], spread))
    return found


def scale_labels(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """Every scale of a questionnaire: key and public name, in order."""
    found: list[tuple[str, str]] = []
    for question in questionnaire.questions():
        if question.kind in {"scale", "rated"}:
            found.append((question.key, question.public_label))
        found += [(row.key, row.public_label) for row in question.rows]
    return found


def _choices(counts: Counts, questionnaire: Questionnaire, thresholds: Thresholds) -> list[Choice]:
    questions = [q for q in questionnaire.questions() if q.kind in {"one", "several"} and q.public]
    choices = [_choice(question, counts.get(CHOICE + question.key, {}), thresholds) for question in questions]
    return [choice for choice in choices if choice is not None]


def _choice(question: Question, counted: Mapping[str, int], thresholds: Thresholds) -> Choice | None:
    respondents = counted.get("", 0)
    if respondents < thresholds.minimum:
        return None
    with_shares = respondents >= thresholds.minimum_percent
    options = tuple(
        Option(
            option.key,
            option.label,
            counted.get(option.key, 0),
            _share(counted.get(option.key, 0), respondents) if with_shares else None,
        )
        for option in question.options
    )
    return Choice(question.key, question.public_label, respondents, options)


def _share(count: int, respondents: int) -> int:
    """Whole percentage of respondents, halves rounded up."""
    return (200 * count + respondents) // (2 * respondents)
