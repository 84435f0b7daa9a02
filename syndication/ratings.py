"""From counts to ratings: shares, intervals, thresholds. Pure.

Axes of a tally, and the values counted on each:

- a scale's key (``satisfaction``, ``entreprise.rythme``…): ``bien``, ``moyen``, ``mal``;
- ``choix.`` and a choice's key: its options, and ``""`` for the respondents to the question;
- ``@repondants``: ``""`` for respondents, that is testimonies with at least one scale answered;
- ``@mois``: YYYY-MM, respondents of that month;
- ``@invites``: ``connus`` for people known to have been asked, ``inconnus`` for respondents of whom it is not known
  how many were asked beside them;
- ``@verbatims``: a question's key, for its published texts;
- ``@sujets``: a subject's key, for published texts that speak of it;
- ``@version``: a version of the questionnaire, respondents who answered it; those of the first version are the rest.

Answers on different scales, or among different options, are never added together: each such *series* of a key has an
axis of its own. The series of the first version, which historic answers belong to, has the bare key for a name;
another has ``~`` and its fingerprint behind it.

Sources: largest remainder for whole percentages; the Wilson score interval at 95 % for shares.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import sqrt
from typing import Literal

from collector.door import SCALE, Answers, Axis, Question, Questionnaire, default_questionnaire
from syndication.settings import Thresholds
from widget.contract import Choice, Distribution, Note, Option, Period, Reliability, Share

Counts = Mapping[str, Mapping[str, int]]
RESPONDENTS, MONTHS, INVITED, VERBATIMS, VERSIONS = "@repondants", "@mois", "@invites", "@verbatims", "@version"
SUBJECTS = "@sujets"
CHOICE, SERIES = "choix.", "~"
HEADLINE = "satisfaction"
Z = 1.959963984540054
"""Quantile of the normal law for 95 %."""
_FIRST = default_questionnaire()
_FIRST_SERIES = {axis.key: axis.series for question in _FIRST.questions() for axis in question.axes()}


@dataclass(slots=True)
class Series:
    """Answers that may be added together: the axis they are counted on, the newest question that gathers them."""

    name: str
    label: str
    question: Question
    versions: set[str]


QuestionKind = Literal["echelle", "choix", "texte"]


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A public question in its newest wording, and the versions of the questionnaire that ask it.

    ``options`` are keys with their labels: the values of a scale, or what may be chosen.
    """

    key: str
    label: str
    kind: QuestionKind
    group: str
    options: tuple[tuple[str, str], ...]
    versions: tuple[str, ...]


class Questions:
    """What figures are figures of: every version of the questionnaire, the newest first."""

    def __init__(self, documents: Sequence[Questionnaire]) -> None:
        self.asked = tuple(_asked_questions(documents))
        self.versions = tuple(document.version for document in documents)
        self.scales: dict[str, list[Series]] = {}
        self.choices: dict[str, list[Series]] = {}
        self.labels: dict[str, str] = {}
        for document in documents:
            for question in document.questions():
                self.labels.setdefault(question.key, question.public_label)
                for axis in question.axes():
                    self._add(document.version, question, axis)

    def _add(self, version: str, question: Question, axis: Axis) -> None:
        known = (self.scales if question.feeds == "axis" else self.choices).setdefault(axis.key, [])
        name = tally_axis(question, axis)
        for series in known:
            if series.name == name:
                series.versions.add(version)
                return
        known.append(Series(name, axis.label, question, {version}))


def _asked_questions(documents: Sequence[Questionnaire]) -> Iterator[QuestionAsked]:
    found: dict[tuple[str, QuestionKind], QuestionAsked] = {}
    for document in documents:
        for one in (one for question in document.questions() for one in _asked_by(document, question)):
            known = found.get((one.key, one.kind))
            found[one.key, one.kind] = replace(known, versions=known.versions + one.versions) if known else one
    yield from found.values()


def _asked_by(document: Questionnaire, question: Question) -> Iterator[QuestionAsked]:
    versions = (document.version,)
    if question.feeds == "verbatim":
        group = question.key.partition(".")[0]
        yield QuestionAsked(question.key, question.public_label, "texte", group, (), versions)
    scale = question.scale_labels or document.scale_labels
    for axis in question.axes():
        group = axis.key.partition(".")[0]
        if question.feeds == "axis":
            values = tuple((value, scale[value]) for value in SCALE)
            yield QuestionAsked(axis.key, axis.label, "echelle", group, values, versions)
        else:
            options = tuple((option.key, option.label) for option in question.options)
            yield QuestionAsked(axis.key, axis.label, "choix", group, options, versions)


def tally_axis(question: Question, axis: Axis) -> str:
    """The axis of the tally on which answers to a question, or to a row of it, are counted."""
    own = axis.key if _FIRST_SERIES.get(axis.key) == axis.series else f"{axis.key}{SERIES}{axis.series}"
    return own if question.feeds == "axis" else CHOICE + own


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
    rated = False
    for question in questionnaire.questions():
        for axis in question.axes():
            name = tally_axis(question, axis)
            if question.feeds == "choice" and axis.key in answers.choices:
                counts[name, ""] += 1
                counts.update((name, option) for option in answers.choices[axis.key])
            elif question.feeds == "axis" and axis.key in answers.scales:
                counts[name, answers.scales[axis.key]] += 1
                rated = True
    if rated:
        counts[RESPONDENTS, ""] += 1
        if questionnaire.version != _FIRST.version:
            counts[VERSIONS, questionnaire.version] += 1
        if month:
            counts[MONTHS, month] += 1
    return counts


def invitation_counts(invited: int | None, respondents: int) -> Counter[tuple[str, str]]:
    """What a campaign adds to the count of people asked: see ``INVITED``."""
    if invited is None:
        return Counter({(INVITED, "inconnus"): respondents})
    return Counter({(INVITED, "connus"): invited})


def rate(counts: Counts, questions: Questions, thresholds: Thresholds) -> Rating:
    """Figures of a scope: none below the minimum, counts without shares below the next, all of them above."""
    respondents = counts.get(RESPONDENTS, {}).get("", 0)
    reliability = reliability_of(respondents, thresholds)
    invited = _invited(counts.get(INVITED, {}))
    rated_enough = reliability != "insuffisante"
    notes = _notes(counts, respondents, questions, thresholds) if rated_enough else []
    return Rating(
        respondents=respondents,
        invited=invited if rated_enough else None,
        response_rate=round(respondents / invited, 2) if rated_enough and invited and invited >= respondents else None,
        period=_period(counts.get(MONTHS, {})) if rated_enough else None,
        reliability=reliability,
        satisfaction=next((note.distribution for note in notes if note.key == HEADLINE), None),
        notes=tuple(note for note in notes if note.key != HEADLINE),
        choices=tuple(_choices(counts, questions, thresholds)) if rated_enough else (),
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
    good, fair, poor = (answers.get(value, 0) for value in SCALE)
    total = good + fair + poor
    if total < thresholds.minimum:
        return None
    return _spread(good, fair, poor, max(respondents - total, 0), total >= thresholds.minimum_percent)


@lru_cache(maxsize=1 << 12)
def _spread(good: int, fair: int, poor: int, unanswered: int, with_shares: bool) -> Distribution:
    """A distribution from its counts, which are small and come again from scope to scope."""
    counts, total = (good, fair, poor), good + fair + poor
    shares: Sequence[int | None] = percentages(counts) if with_shares else (None, None, None)
    interval = wilson(good, total) if with_shares else None
    of_good, of_fair, of_poor = map(Share, counts, shares)
    return Distribution(of_good, of_fair, of_poor, unanswered, interval)


def percentages(counts: Sequence[int]) -> list[int]:
    """Whole percentages that sum to 100 (largest remainder; among equal remainders the first wins), or zeros."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    floors = [100 * count // total for count in counts]
    remainders = [100 * count % total for count in counts]
    by_remainder = sorted(range(len(counts)), key=remainders.__getitem__, reverse=True)
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


def chosen(counts: Counts, known: Sequence[Series], minimum: int) -> tuple[Series, Mapping[str, int]]:
    """The series of a key to show: the newest with enough answers, else the one with most."""

    if len(known) == 1:
        return known[0], counts.get(known[0].name, {})

    def answered(series: Series) -> int:
        found = counts.get(series.name, {})
        return found.get("", 0) if series.question.feeds == "choice" else sum(found.get(value, 0) for value in SCALE)

    series = next((one for one in known if answered(one) >= minimum), None) or max(known, key=answered)
    return series, counts.get(series.name, {})


def _asked(counts: Counts, respondents: int, series: Series) -> int:
    """Respondents whose version of the questionnaire asked for this series."""
    later = counts.get(VERSIONS)
    if not later:
        return respondents if _FIRST.version in series.versions else 0
    asked = sum(later.get(version, 0) for version in series.versions)
    return asked + (respondents - sum(later.values()) if _FIRST.version in series.versions else 0)


def _notes(counts: Counts, respondents: int, questions: Questions, thresholds: Thresholds) -> list[Note]:
    found: list[Note] = []
    for key, known in questions.scales.items():
        series, answers = chosen(counts, known, thresholds.minimum)
        spread = distribution(answers, _asked(counts, respondents, series), thresholds)
        if spread is not None:
            found.append(Note(key, series.label, key.partition(".")[0], spread))
    return found


def _choices(counts: Counts, questions: Questions, thresholds: Thresholds) -> list[Choice]:
    shown = (chosen(counts, known, thresholds.minimum) for known in questions.choices.values())
    choices = [_choice(series.question, answers, thresholds) for series, answers in shown]
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
