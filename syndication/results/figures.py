"""Results as they are told: each question's figures beside those of others, and over the years. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from syndication import ratings
from syndication.ratings import HEADLINE, RESPONDENTS, Counts, Questions
from syndication.results.compare import Verdict, compared, said
from syndication.results.years import named
from syndication.settings import Thresholds
from widget.contract import Distribution, Reliability

GROUPS = (
    ("satisfaction", "Dans l'ensemble"), ("recherche", "Trouver une entreprise"), ("entreprise", "En entreprise"),
    ("cfa", "Au CFA"), ("fierte", "Ce que l'apprentissage leur apporte"),
)  # fmt: skip
"""Groups of questions in the order they are told, with their titles."""
WHERE = {
    "entreprise": "en entreprise", "cfa": "au CFA", "fierte": "ce que l'apprentissage apporte",
    "recherche": "pour trouver une entreprise",
}  # fmt: skip
"""How a group is said behind one of its questions."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Others that figures stand beside: their name, how they are said in a comparison (« qu'en France », « avec la
    France »), their counts, how many respondents."""

    name: str
    than: str
    against: str
    counts: Counts

    @property
    def respondents(self) -> int:
        """How many answered."""
        return self.counts.get(RESPONDENTS, {}).get("", 0)


@dataclass(frozen=True, slots=True)
class Compared:
    """The figures of others to a question, and how one's own stand to them."""

    name: str
    distribution: Distribution | None
    verdict: Verdict
    said: str


@dataclass(frozen=True, slots=True)
class YearFigure:
    """The figures of a school year to a question."""

    year: str
    distribution: Distribution | None


@dataclass(frozen=True, slots=True)
class Line:
    """A question: its figures (None: too few answered), those of others, and by year, the latest first.

    ``trend`` says how the latest year stands to the one before.
    """

    key: str
    label: str
    group: str
    own: Distribution | None
    beside: tuple[Compared, ...]
    years: tuple[YearFigure, ...] = ()
    trend: Verdict = ""


@dataclass(frozen=True, slots=True)
class OptionLine:
    """An option of a question with several answers: how many chose it, and the share of others who did."""

    label: str
    count: int
    percent: int | None
    beside: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """A question with several answers: its respondents and its options, those most given first."""

    key: str
    label: str
    respondents: int
    options: tuple[OptionLine, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Results of a scope: respondents, how far their figures may be trusted, and every question with answers enough."""

    respondents: int
    reliability: Reliability
    taken_on: date | None
    beside: tuple[Beside, ...]
    lines: tuple[Line, ...]
    choices: tuple[ChoiceLine, ...]
    years: tuple[tuple[str, int], ...]

    @property
    def headline(self) -> Line | None:
        """How content respondents are on the whole."""
        return next((line for line in self.lines if line.key == HEADLINE), None)

    @property
    def groups(self) -> list[tuple[str, list[Line]]]:
        """Questions under the titles of their groups."""
        found = [(title, [line for line in self.lines if line.group == key]) for key, title in GROUPS]
        return [(title, lines) for title, lines in found if lines]


def figures(
    counts: Counts,
    beside: Sequence[Beside],
    years: Mapping[str, Counts],
    questions: Questions,
    thresholds: Thresholds,
    taken_on: date | None = None,
) -> Figures:
    """Results from readings: a scope's, those of others, and the scope's own by school year."""
    respondents = counts.get(RESPONDENTS, {}).get("", 0)
    reliability = ratings.reliability_of(respondents, thresholds)
    told = sorted(years, reverse=True)
    enough = reliability != "insuffisante"
    return Figures(
        respondents,
        reliability,
        taken_on,
        tuple(beside),
        tuple(_lines(counts, beside, [(year, years[year]) for year in told], questions, thresholds)) if enough else (),
        tuple(_choices(counts, beside, questions, thresholds)) if enough else (),
        tuple((named(year), years[year].get(RESPONDENTS, {}).get("", 0)) for year in told) if enough else (),
    )


def _lines(
    counts: Counts,
    beside: Sequence[Beside],
    years: Sequence[tuple[str, Counts]],
    questions: Questions,
    thresholds: Thresholds,
) -> list[Line]:
    found: list[Line] = []
    for key, known in questions.scales.items():
        series, answers = ratings.chosen(counts, known, thresholds.minimum)
        own = _spread(answers, thresholds)
        if own is None:
            continue
        others = [(one, _spread(one.counts.get(series.name, {}), thresholds)) for one in beside]
        by_year = tuple(YearFigure(named(year), _spread(told.get(series.name, {}), thresholds)) for year, told in years)
        trend = compared(by_year[0].distribution, by_year[1].distribution) if len(by_year) > 1 else ""
        found.append(
            Line(
                key, series.label, key.partition(".")[0], own,
                tuple(_compared(own, one, spread) for one, spread in others),
                by_year, trend,
            )
        )  # fmt: skip
    return found


def _compared(own: Distribution, others: Beside, spread: Distribution | None) -> Compared:
    verdict = compared(own, spread)
    return Compared(others.name, spread, verdict, said(verdict, others.than, others.against))


def _spread(answers: Mapping[str, int], thresholds: Thresholds) -> Distribution | None:
    """A distribution; blanks are not told, for readings of questions move on each by itself."""
    found = ratings.distribution(answers, 0, thresholds)
    return replace(found, unanswered=0) if found else None


def _choices(
    counts: Counts, beside: Sequence[Beside], questions: Questions, thresholds: Thresholds
) -> list[ChoiceLine]:
    found: list[ChoiceLine] = []
    for key, known in questions.choices.items():
        series, answers = ratings.chosen(counts, known, thresholds.minimum)
        respondents = answers.get("", 0)
        if respondents < thresholds.minimum:
            continue
        options = [
            OptionLine(
                option.label, answers.get(option.key, 0), _part(answers, option.key, thresholds),
                tuple((one.name, _part(one.counts.get(series.name, {}), option.key, thresholds)) for one in beside),
            )
            for option in series.question.options
        ]  # fmt: skip
        told = tuple(sorted(options, key=lambda one: -one.count))
        found.append(ChoiceLine(key, series.question.public_label, respondents, told))
    return found


def _part(answers: Mapping[str, int], option: str, thresholds: Thresholds) -> int | None:
    """Whole percentage of the respondents to a question who chose an option; None below the threshold of shares."""
    respondents = answers.get("", 0)
    if respondents < thresholds.minimum_percent:
        return None
    return (200 * answers.get(option, 0) + respondents) // (2 * respondents)
