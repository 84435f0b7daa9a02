"""Learning from decisions: a logistic regression on TF-IDF, and what it is worth on decisions it has not seen.

scikit-learn is imported when a model is trained and only then. Everything is drawn from a fixed seed: the same
decisions give the same model.
"""

import importlib.util
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from syndication.moderation.learning.features import rarities, terms, weigh
from syndication.moderation.learning.model import Measure, Model, sigmoid
from syndication.reviews.triage import fingerprint

MINIMUM, MINIMUM_EACH = 200, 30
"""Decisions, and decisions of either kind, under which nothing is learnt: five folds then hold six refusals each."""
LEAST_SOURCES = 5
"""Responses in which a term must stand to be learnt: what fewer people wrote may tell who they are."""
MOST_TERMS = 20_000
MOST_TIMES = 65_535
"""How often a term may be counted in a text."""
PRECISION = 0.95
"""Share of suggestions that must agree with the moderators for any to be made."""
EVEN = 0.5
"""Score up to which publishing, and from which refusing, is never suggested."""
LEAST_SUGGESTED = 20
"""Suggestions under which their precision says nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """A past decision; ``source`` is the response that the text came from (empty: of its own).

    Texts of one response are never on both sides of a measure, nor counted as several people's words.
    """

    text: str
    question: str
    published: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """A decision on terms that are told by their numbers, how often each stands there beside: a tenth of the memory of
    a mapping by name."""

    numbers: "array[int]"
    times: "array[int]"
    published: bool
    source: str

    @property
    def counts(self) -> dict[int, int]:
        """How often each term stands in the text, by its number."""
        return dict(zip(self.numbers, self.times, strict=True))


def obstacle(examples: Sequence[Example]) -> str | None:
    """Why nothing can be learnt yet, in a French sentence; None when a model can be trained."""
    if importlib.util.find_spec("sklearn") is None:
        return "L'apprentissage est éteint\u00a0: installez scikit-learn (pip install 'sirius-avis[learning]')."
    published = sum(example.published for example in examples)
    refused = len(examples) - published
    if len(examples) < MINIMUM or min(published, refused) < MINIMUM_EACH:
        return (
            f"L'apprentissage attend au moins {MINIMUM} décisions, dont {MINIMUM_EACH} de chaque sorte\u00a0: "
            f"il y a {published} publications et {refused} refus."
        )
    return None


def train(examples: Sequence[Example], now: datetime) -> Model | None:
    """A model of past decisions, with its measure on decisions it had not seen; None while ``obstacle`` says why."""
    if obstacle(examples):
        return None
    names, cases = _cases(examples)
    scores = _scores_out_of_fold(cases)
    published = [case.published for case in cases]
    fitted = _fit(cases)
    total = sum(published)
    return Model(
        rarity={names[number]: rarity for number, rarity in fitted.rarity.items()},
        weights={names[number]: weight for number, weight in fitted.weights.items()},
        intercept=fitted.intercept,
        trained_at=now,
        published=total,
        refused=len(cases) - total,
        area=area_under(scores, published),
        publish=measure_suggestions(scores, published, EVEN),
        refuse=_mirrored(measure_suggestions([-score for score in scores], [not one for one in published], -EVEN)),
    )


def measure_suggestions(scores: Sequence[float], wanted: Sequence[bool], floor: float) -> Measure | None:
    """The lowest threshold, no lower than ``floor``, from which suggestions are precise enough; None without one.

    All suggestions together must be, and so must the least sure ``LEAST_SUGGESTED`` of them: many easy ones do not make
    up for those about which nothing is known.
    """
    pairs = sorted(zip(scores, wanted, strict=True), key=lambda pair: -pair[0])
    best, right = None, [0]
    for number, (score, is_right) in enumerate(pairs, 1):
        right.append(right[-1] + is_right)
        is_last_of_its_score = number == len(pairs) or pairs[number][0] != score
        if score < floor or number < LEAST_SUGGESTED or not is_last_of_its_score:
            continue
        least_sure = (right[number] - right[number - LEAST_SUGGESTED]) / LEAST_SUGGESTED
        if min(right[number] / number, least_sure) >= PRECISION:
            best = Measure(score, right[number] / number, right[number] / sum(wanted), number)
    return best


def area_under(scores: Sequence[float], wanted: Sequence[bool]) -> float:
    """Area under the ROC curve: how often a wanted one scores above another (Mann and Whitney), ties counting half."""
    pairs = sorted(zip(scores, wanted, strict=True))
    below, total = 0.0, 0.0
    for _, tied in groupby(pairs, key=lambda pair: pair[0]):
        right = [is_right for _, is_right in tied]
        total += sum(right) * (below + (len(right) - sum(right)) / 2)
        below += len(right) - sum(right)
    return total / (below * sum(wanted))


@dataclass(frozen=True, slots=True)
class _Fitted:
    rarity: Mapping[int, float]
    weights: Mapping[int, float]
    intercept: float

    def score(self, case: _Case) -> float:
        found = weigh(case.counts, self.rarity)
        return sigmoid(self.intercept + sum(weight * self.weights[term] for term, weight in found.items()))


def _cases(examples: Sequence[Example]) -> tuple[list[str], list[_Case]]:
    """Every term in order, and examples as counts of these by their places, those of a source one after another.

    The same words of several people are one source, so that no copy measures itself.
    """
    met: dict[str, int] = {}
    cases: list[_Case] = []
    for place, example in enumerate(examples):
        found = terms(example.text, example.question)
        numbers = array("I", [met.setdefault(term, len(met)) for term in found])
        source = example.source or fingerprint(example.text, 1) or f"@{place}"
        cases.append(
            _Case(numbers, array("H", (min(times, MOST_TIMES) for times in found.values())), example.published, source)
        )
    names = sorted(met)
    places = dict(zip(map(met.__getitem__, names), range(len(names)), strict=True))
    for case in cases:
        case.numbers[:] = array("I", map(places.__getitem__, case.numbers))
    return names, sorted(cases, key=attrgetter("source"))


def _fit(cases: Sequence[_Case]) -> _Fitted:
    from syndication.moderation.learning import regression  # noqa: PLC0415 the extra is imported when it is used

    rarity = rarities(((case.source, case.numbers) for case in cases), LEAST_SOURCES, MOST_TERMS)
    rows = (weigh(case.counts, rarity) for case in cases)
    weights, intercept = regression.fit(rows, list(rarity), [case.published for case in cases])
    return _Fitted(rarity, weights, intercept)


def _scores_out_of_fold(cases: Sequence[_Case]) -> list[float]:
    """The score of each decision by a model that was trained without its fold."""
    from syndication.moderation.learning import regression  # noqa: PLC0415

    scores = [0.0] * len(cases)
    published, sources = [case.published for case in cases], [case.source for case in cases]
    for learnt, unseen in regression.folds(published, sources):
        fitted = _fit([cases[number] for number in learnt])
        for number in unseen:
            scores[number] = fitted.score(cases[number])
    return scores


def _mirrored(measure: Measure | None) -> Measure | None:
    """A measure on opposite scores, on scores."""
    if measure is None:
        return None
    return Measure(-measure.threshold, measure.precision, measure.recall, measure.suggested)
