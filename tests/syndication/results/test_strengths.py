"""What a centre does well: beyond doubt, for the same formation, and nowhere else."""

from math import comb
from typing import Any

import pytest

from collector.door import default_questionnaire
from syndication.ratings import Questions, distribution
from syndication.results.compare import compared, interval
from syndication.results.strengths import Z, strengths
from syndication.settings import Thresholds

QUESTIONS = Questions([default_questionnaire()])
SCALES = 22


def told(key: str, own: tuple[int, int, int], everywhere: tuple[int, int, int]) -> tuple[Any, ...]:
    names = ("bien", "moyen", "mal")
    here, there = dict(zip(names, own, strict=True)), dict(zip(names, everywhere, strict=True))
    return strengths({key: here}, {key: there}, "CAP cuisine", QUESTIONS, Thresholds())


def chance_of_one(respondents: int, share: float) -> float:
    """The probability that a centre like all others is given a point fort by chance, on one question at least.

    Elsewhere is taken as known exactly, and questions as independent: both make it larger than it is.
    """
    lucky = sum(
        comb(respondents, good) * share**good * (1 - share) ** (respondents - good)
        for good in range(respondents + 1)
        if interval(good, respondents, Z)[0] > share and 3 * good >= 2 * respondents
    )
    return 1 - (1 - lucky) ** SCALES


def test_the_questionnaire_asks_as_many_scales_as_the_bound_is_computed_for() -> None:
    assert len(QUESTIONS.scales) <= SCALES


@pytest.mark.parametrize("respondents", [20, 21, 23, 26, 30, 40, 60, 100, 200, 500])
def test_fewer_than_one_centre_in_a_hundred_is_given_a_point_fort_by_chance(respondents: int) -> None:
    assert max(chance_of_one(respondents, percent / 100) for percent in range(1, 100)) < 0.01


def test_intervals_at_95_percent_would_give_points_forts_out_of_chance() -> None:
    lucky = sum(comb(20, good) * 0.5**20 for good in range(21) if interval(good, 20)[0] > 0.5)
    assert 1 - (1 - lucky) ** SCALES > 0.2


def test_a_clear_advance_is_a_point_fort_with_its_figures() -> None:
    (one,) = told("cfa.ambiance", (59, 1, 0), (59 + 120, 41, 40))
    assert (one.key, one.formation, one.percent, one.answered) == ("cfa.ambiance", "CAP cuisine", 98, 60)
    assert (one.elsewhere_percent, one.elsewhere_answered) == (60, 200)  # the centre's own are taken out


@pytest.mark.parametrize(
    ("own", "everywhere"),
    [
        ((19, 0, 0), (19 + 100, 100, 100)),  # too few here
        ((50, 0, 0), (50 + 5, 7, 7)),  # too few elsewhere
        ((40, 5, 5), (40 + 150, 25, 25)),  # a difference that chance may make
        ((10, 20, 20), (10 + 150, 40, 40)),  # below the others
        ((50, 0, 0), (50, 0, 0)),  # nobody elsewhere
        ((90, 60, 60), (90 + 20, 300, 300)),  # above the others, and not good for all that
    ],
)
def test_what_may_be_chance_is_no_point_fort(own: tuple[int, int, int], everywhere: tuple[int, int, int]) -> None:
    assert told("cfa.ambiance", own, everywhere) == ()


def test_two_shares_are_compared_only_where_their_intervals_do_not_meet() -> None:
    def spread(good: int, poor: int) -> Any:
        return distribution({"bien": good, "mal": poor}, 0, Thresholds())

    assert compared(spread(90, 10), spread(600, 400)) == "plus"
    assert compared(spread(30, 70), spread(600, 400)) == "moins"
    assert compared(spread(65, 35), spread(600, 400)) == "non_etablie"
    assert compared(spread(9, 0), spread(600, 400)) == ""  # counts without percentages
    assert compared(None, spread(600, 400)) == ""
