"""What a centre does well: questions where it stands above the others beyond doubt, for one formation. Pure.

For each question, the share of « bien » of the centre's respondents is held against that of the other centres'
respondents for the same formation (same lineage; the centre's own are taken out). It is a *point fort* when its Wilson
interval lies wholly above theirs, both at ``Z``, and at least two thirds of its respondents said « bien ».

Twenty-two questions are looked at, so 95 % intervals would not do: of centres that do neither better nor worse than
others, up to a third would still be given a point fort by chance. At ``Z`` = 3.8 (99.99 % intervals) it is fewer than
one in a hundred for a formation, whatever the share and the number of respondents (computed exactly in
``tests/syndication/results/test_strengths.py``, questions taken as independent, which is the worst case). No sequential
procedure (Holm's) is needed on top: the bound already covers all questions at once.
"""

from collections.abc import Iterable, Mapping

from syndication import ratings
from syndication.ratings import Counts, Questions
from syndication.results.compare import interval
from syndication.settings import Thresholds
from widget.contract import Distribution, Strength

Z = 3.8
OTHER_CENTRES = 2
"""Other centres with enough respondents of their own, below which « elsewhere » would be one neighbour."""


def strengths(
    own: Counts, everywhere: Counts, formation: str, questions: Questions, thresholds: Thresholds
) -> tuple[Strength, ...]:
    """The points forts of a centre for a formation, the widest gap first.

    ``own`` are its counts, ``everywhere`` those of every centre, its own included. Either side of a comparison has at
    least ``thresholds.fragile_below`` answers.
    """
    found: list[Strength] = []
    for key, known in questions.scales.items():
        series, answers = ratings.chosen(own, known, thresholds.minimum)
        elsewhere = _without(everywhere.get(series.name, {}), answers)
        here, there = (_enough(one, thresholds) for one in (answers, elsewhere))
        if here is None or there is None:
            continue
        lowest = interval(here.good.count, here.answered, Z)[0]
        highest = interval(there.good.count, there.answered, Z)[1]
        if lowest > highest and 3 * here.good.count >= 2 * here.answered:
            found.append(
                Strength(
                    key, series.label, formation, here.good.percent or 0, here.answered, there.good.percent or 0,
                    there.answered,
                )
            )  # fmt: skip
    return ranked(found)


def ranked(found: Iterable[Strength]) -> tuple[Strength, ...]:
    """Points forts of one or several formations, the widest gap first."""
    return tuple(sorted(found, key=lambda one: (one.elsewhere_percent - one.percent, one.formation, one.key)))


def _without(everywhere: Mapping[str, int], own: Mapping[str, int]) -> dict[str, int]:
    return {value: max(count - own.get(value, 0), 0) for value, count in everywhere.items()}


def _enough(answers: Mapping[str, int], thresholds: Thresholds) -> Distribution | None:
    found = ratings.distribution(answers, 0, thresholds)
    return found if found and found.answered >= thresholds.fragile_below else None
