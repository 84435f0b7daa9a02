"""Figures: thresholds, shares, intervals, who is counted and who is not."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.door import Answers, default_questionnaire
from syndication import ratings
from syndication.ratings import CHOICE, HEADLINE, INVITED, MONTHS, RESPONDENTS, VERBATIMS, Rating
from syndication.settings import Thresholds
from widget.contract import Choice, Distribution, Period, Share

THRESHOLDS = Thresholds()
QUESTIONS = ratings.Questions([default_questionnaire()])
Counts = dict[str, dict[str, int]]


def rate(**axes: dict[str, int]) -> Rating:
    """Figures of some axes, ``entreprise__rythme`` for ``entreprise.rythme``, by the default questionnaire."""
    counts = {key.replace("__", "."): values for key, values in axes.items()}
    return ratings.rate(counts, QUESTIONS, THRESHOLDS)


def people(count: int, **more: dict[str, int]) -> Counts:
    """Counts of respondents who all are content."""
    return {RESPONDENTS: {"": count}, HEADLINE: {"bien": count}, **more}


def scope(count: int, **more: dict[str, int]) -> Rating:
    return ratings.rate(people(count) | more, QUESTIONS, THRESHOLDS)


def by_key(rating: Rating) -> dict[str, Distribution]:
    return {note.key: note.distribution for note in rating.notes}


def choices(rating: Rating) -> dict[str, Choice]:
    return {choice.key: choice for choice in rating.choices}


def spread(bien: int = 0, moyen: int = 0, mal: int = 0) -> dict[str, int]:
    return {"bien": bien, "moyen": moyen, "mal": mal}


BOUNDARIES = [(4, False, False), (5, True, False), (9, True, False), (10, True, True)]
"""Answers, whether they are shown, and whether with shares."""


# -- thresholds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("respondents", "reliability"),
    [
        (0, "insuffisante"),
        (1, "insuffisante"),
        (4, "insuffisante"),
        (5, "comptes"),
        (9, "comptes"),
        (10, "fragile"),
        (19, "fragile"),
        (20, "normale"),
        (200_000, "normale"),
    ],
)
def test_reliability_changes_at_five_ten_and_twenty_respondents(respondents: int, reliability: str) -> None:
    assert ratings.reliability_of(respondents, THRESHOLDS) == reliability
    assert scope(respondents).reliability == reliability


def test_thresholds_are_the_operators() -> None:
    strict = Thresholds(11, 15, 30)
    assert [ratings.reliability_of(count, strict) for count in (10, 11, 14, 15, 29, 30)] == [
        "insuffisante", "comptes", "comptes", "fragile", "fragile", "normale",
    ]  # fmt: skip


def test_four_respondents_show_neither_figure_nor_period_but_are_counted() -> None:
    rating = rate(
        **{RESPONDENTS: {"": 4}, HEADLINE: spread(4), "entreprise.rythme": spread(4), VERBATIMS: {"changement": 3}},
        **{MONTHS: {"2026-05": 4}, CHOICE + "avant": {"": 4, "college": 4}},
    )
    assert rating.respondents == 4
    assert rating.satisfaction is None
    assert rating.notes == ()
    assert rating.choices == ()
    assert rating.period is None
    assert rating.verbatims == 3


def test_five_respondents_show_counts_without_shares() -> None:
    rating = scope(5, **{"entreprise.rythme": spread(2, 2, 1), CHOICE + "avant": {"": 5, "college": 5}})
    assert rating.satisfaction == Distribution(Share(5, None), Share(0, None), Share(0, None), 0, None)
    assert by_key(rating)["entreprise.rythme"] == Distribution(Share(2, None), Share(2, None), Share(1, None), 0, None)
    assert {(option.count, option.percent) for option in choices(rating)["avant"].options} == {(5, None), (0, None)}


def test_nine_respondents_show_counts_and_ten_show_shares() -> None:
    nine, ten = scope(9).satisfaction, scope(10).satisfaction
    assert nine is not None
    assert ten is not None
    assert (nine.good, nine.good_interval) == (Share(9, None), None)
    assert ten.good == Share(10, 100)
    assert ten.good_interval is not None


@pytest.mark.parametrize(("answered", "shown", "with_shares"), BOUNDARIES)
def test_each_axis_meets_the_thresholds_by_its_own_answers(answered: int, shown: bool, with_shares: bool) -> None:
    notes = by_key(scope(30, cfa=spread(answered)))
    assert ("cfa" in notes) is shown
    if shown:
        assert (notes["cfa"].good.percent is not None) is with_shares
        assert notes["cfa"].answered == answered


@pytest.mark.parametrize(("answered", "shown", "with_shares"), BOUNDARIES)
def test_each_choice_meets_the_thresholds_by_its_own_answers(answered: int, shown: bool, with_shares: bool) -> None:
    found = choices(scope(30, **{CHOICE + "avant": {"": answered, "college": answered}}))
    assert ("avant" in found) is shown
    if shown:
        assert found["avant"].options[0].percent == (100 if with_shares else None)


def test_a_scope_without_any_count_is_insufficient_and_empty() -> None:
    assert rate() == Rating(0, None, None, None, "insuffisante", None, (), (), 0)


# -- percentages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ((1, 1, 1), [34, 33, 33]),
        ((3, 2, 2), [43, 29, 28]),
        ((17, 3, 2), [77, 14, 9]),
        ((36, 5, 1), [86, 12, 2]),
        ((0, 0, 7), [0, 0, 100]),
        ((0, 0, 0), [0, 0, 0]),
        ((1, 1), [50, 50]),
        ((1, 0, 1), [50, 0, 50]),
        ((1,) * 6, [17, 17, 17, 17, 16, 16]),
        ((1, 199_999, 0), [0, 100, 0]),
        ((), []),
    ],
)
def test_percentages_are_those_of_the_largest_remainder(counts: tuple[int, ...], shares: list[int]) -> None:
    assert ratings.percentages(counts) == shares


COUNTS = st.lists(st.integers(0, 300_000), min_size=1, max_size=8)


@given(COUNTS.filter(any))
def test_percentages_sum_to_a_hundred_and_stay_within_one_of_the_truth(counts: list[int]) -> None:
    shares = ratings.percentages(counts)
    assert sum(shares) == 100
    assert all(
        abs(share * sum(counts) - 100 * count) < sum(counts) for count, share in zip(counts, shares, strict=True)
    )


@given(COUNTS.filter(any))
def test_among_percentages_more_never_gives_less_and_equals_differ_in_favour_of_the_first(counts: list[int]) -> None:
    shares = ratings.percentages(counts)
    for first in range(len(counts)):
        for second in range(first + 1, len(counts)):
            if counts[first] > counts[second]:
                assert shares[first] >= shares[second]
            elif counts[first] < counts[second]:
                assert shares[first] <= shares[second]
            else:
                assert shares[first] - shares[second] in {0, 1}


@given(COUNTS, st.integers(2, 9))
def test_percentages_depend_on_proportions_alone(counts: list[int], factor: int) -> None:
    assert ratings.percentages([factor * count for count in counts]) == ratings.percentages(counts)


@given(COUNTS.filter(any))
def test_what_nobody_said_has_no_share(counts: list[int]) -> None:
    assert all(share == 0 for count, share in zip(counts, ratings.percentages(counts), strict=True) if not count)


# -- intervals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(9, 10, 59.6, 98.2), (16, 20, 58.4, 91.9), (40, 50, 67.0, 88.8), (0, 5, 0.0, 43.4)],
)
def test_the_wilson_interval_is_the_known_one(successes: int, total: int, low: float, high: float) -> None:
    found = ratings.wilson(successes, total)
    assert found[0] == pytest.approx(low, abs=0.1)
    assert found[1] == pytest.approx(high, abs=0.1)


@given(st.integers(1, 100_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_wilson_interval_holds_the_share_and_stays_between_0_and_100(pair: tuple[int, int]) -> None:
    successes, total = pair
    low, high = ratings.wilson(successes, total)
    share = 100 * successes / total
    assert 0 <= low <= share + 0.05
    assert share - 0.05 <= high <= 100


@given(st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_wilson_interval_is_the_same_seen_from_the_other_side(pair: tuple[int, int]) -> None:
    successes, total = pair
    low, high = ratings.wilson(successes, total)
    mirrored = ratings.wilson(total - successes, total)
    assert mirrored[0] == pytest.approx(100 - high, abs=0.11)
    assert mirrored[1] == pytest.approx(100 - low, abs=0.11)


def test_five_of_five_never_outranks_eighty_of_a_hundred() -> None:
    assert ratings.wilson(5, 5)[0] < ratings.wilson(80, 100)[0]


def test_only_the_share_of_bien_has_an_interval() -> None:
    satisfaction = rate(**{RESPONDENTS: {"": 20}, HEADLINE: spread(16, 3, 1)}).satisfaction
    assert satisfaction is not None
    assert satisfaction.good_interval == (58.4, 91.9)


# -- who is counted --------------------------------------------------------------------------------------------------


def test_the_contracts_example_is_counted_as_written() -> None:
    rating = scope(42, **{HEADLINE: spread(36, 5, 1), "entreprise.ambiance": spread(30, 8, 3)})
    assert rating.satisfaction == Distribution(Share(36, 86), Share(5, 12), Share(1, 2), 0, (72.2, 93.3))
    ambiance = by_key(rating)["entreprise.ambiance"]
    assert (ambiance.good, ambiance.fair, ambiance.poor) == (Share(30, 73), Share(8, 20), Share(3, 7))
    assert ambiance.unanswered == 1


def test_the_unanswered_are_counted_apart_and_stay_out_of_the_shares() -> None:
    cfa = by_key(scope(40, cfa=spread(5, 3, 2)))["cfa"]
    assert cfa == Distribution(Share(5, 50), Share(3, 30), Share(2, 20), 30, ratings.wilson(5, 10))


def test_a_headline_left_blank_by_nearly_all_is_not_shown_while_the_axes_are() -> None:
    rating = scope(20, **{HEADLINE: spread(2, 1, 1), "cfa": spread(20)})
    assert rating.satisfaction is None
    assert list(by_key(rating)) == ["cfa"]


def test_a_value_that_nobody_gave_is_shown_as_zero() -> None:
    satisfaction = scope(10).satisfaction
    assert satisfaction is not None
    assert satisfaction.poor == Share(0, 0)


def test_notes_come_in_the_order_of_the_questionnaire_with_their_group_and_without_the_headline() -> None:
    axes = list(QUESTIONS.scales)
    rating = scope(10, **{axis: spread(10) for axis in reversed(axes)})
    assert [note.key for note in rating.notes] == [axis for axis in axes if axis != "satisfaction"]
    assert len(rating.notes) == 20
    assert {note.group for note in rating.notes} == {"recherche", "entreprise", "cfa", "fierte"}
    assert all(note.label and note.group == note.key.split(".")[0] for note in rating.notes)


def test_shares_of_a_choice_are_of_its_respondents_and_may_exceed_100_together() -> None:
    counted = {"": 12, "college": 9, "lycee": 6, "autre": 1}
    avant = choices(scope(30, **{CHOICE + "avant": counted}))["avant"]
    assert avant.respondents == 12
    shown = {option.key: (option.count, option.percent) for option in avant.options}
    assert shown["college"] == (9, 75)
    assert shown["lycee"] == (6, 50)
    assert shown["autre"] == (1, 8)
    assert shown["reconversion"] == (0, 0)
    assert sum(option.percent or 0 for option in avant.options) > 100


@pytest.mark.parametrize(
    ("count", "respondents", "percent"), [(1, 40, 3), (3, 40, 8), (1, 200, 1), (1, 201, 0), (8, 12, 67), (12, 12, 100)]
)
def test_the_share_of_an_option_is_rounded_halves_up(count: int, respondents: int, percent: int) -> None:
    avant = choices(scope(300, **{CHOICE + "avant": {"": respondents, "college": count}}))["avant"]
    assert avant.options[0].percent == percent


def test_private_questions_and_rated_ones_are_not_among_the_choices() -> None:
    asked = ("avant", "aide_cfa.comment", "aide_entreprise.cause", "cfa.accompagnement")
    options = {q.key: q.options[0].key for q in default_questionnaire().questions() if q.options}
    rating = scope(20, **{CHOICE + key: {"": 20, options[key]: 20} for key in asked})
    assert list(choices(rating)) == ["avant"]


def test_an_option_that_the_questionnaire_does_not_hold_is_not_shown() -> None:
    avant = choices(scope(20, **{CHOICE + "avant": {"": 20, "maternelle": 20}}))["avant"]
    assert all(option.count == 0 for option in avant.options)


# -- invitations and period ------------------------------------------------------------------------------------------


def test_the_response_rate_is_of_all_who_were_asked() -> None:
    rating = scope(42, **{INVITED: {"connus": 60}})
    assert (rating.invited, rating.response_rate) == (60, 0.7)


@pytest.mark.parametrize("unknown", [1, 40])
def test_there_is_no_response_rate_as_soon_as_somebodys_invitation_is_unknown(unknown: int) -> None:
    rating = scope(42, **{INVITED: {"connus": 60, "inconnus": unknown}})
    assert (rating.invited, rating.response_rate) == (None, None)


def test_an_invitation_that_is_unknown_no_more_counts_no_more() -> None:
    rating = scope(42, **{INVITED: {"connus": 60, "inconnus": 0}})
    assert (rating.invited, rating.response_rate) == (60, 0.7)


@pytest.mark.parametrize("invited", [{}, {"connus": 0}])
def test_there_is_no_response_rate_when_nobody_is_known_to_have_been_asked(invited: dict[str, int]) -> None:
    rating = scope(42, **{INVITED: invited})
    assert (rating.invited, rating.response_rate) == (None, None)


def test_there_is_no_response_rate_above_one() -> None:
    assert scope(10, **{INVITED: {"connus": 8}}).response_rate is None
    assert scope(10, **{INVITED: {"connus": 10}}).response_rate == 1.0


def test_the_period_runs_from_the_first_to_the_last_month() -> None:
    months = {"2026-06": 3, "2025-09": 2, "2026-01": 5}
    assert scope(10, **{MONTHS: months}).period == Period("2025-09", "2026-06")


def test_a_month_of_which_nothing_is_left_is_not_in_the_period() -> None:
    assert scope(10, **{MONTHS: {"2025-09": 0, "2026-01": 10, "2026-06": 0}}).period == Period("2026-01", "2026-01")


def test_without_months_there_is_no_period() -> None:
    assert scope(10).period is None


# -- what a testimony adds -------------------------------------------------------------------------------------------


def added(month: str | None = "2026-06", **said: Any) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (axis, value), count in ratings.counts_of(Answers(**said), default_questionnaire(), month).items():
        counts[axis][value] = count
    return dict(counts)


def test_a_testimony_adds_its_scales_its_month_and_a_respondent() -> None:
    assert added(scales={"satisfaction": "bien", "cfa.charge": "mal"}) == {
        "satisfaction": {"bien": 1},
        "cfa.charge": {"mal": 1},
        RESPONDENTS: {"": 1},
        MONTHS: {"2026-06": 1},
    }


def test_a_testimony_without_any_scale_is_no_respondent() -> None:
    counts = added(choices={"avant": ("college", "autre")}, texts={"changement": "Tout."})
    assert counts == {CHOICE + "avant": {"": 1, "college": 1, "autre": 1}}


def test_a_rated_choice_is_counted_on_its_scale_alone() -> None:
    counts = added(scales={"cfa.accompagnement": "bien"}, choices={"cfa.accompagnement": ("tres_disponible",)})
    assert counts == {"cfa.accompagnement": {"bien": 1}, RESPONDENTS: {"": 1}, MONTHS: {"2026-06": 1}}


def test_a_testimony_of_an_unknown_month_adds_to_no_month() -> None:
    assert MONTHS not in added(None, scales={"satisfaction": "bien"})


def test_saying_nothing_adds_nothing() -> None:
    assert added() == {}


def test_testimonies_added_up_give_the_figures_of_all() -> None:
    said = [Answers({"satisfaction": value}, {"avant": ("college",)}, {}) for value in ["bien"] * 8 + ["mal"] * 4]
    asked = default_questionnaire()
    counts: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for answers in said:
        for (axis, value), count in ratings.counts_of(answers, asked, "2026-06").items():
            counts[axis][value] += count
    rating = ratings.rate(counts, QUESTIONS, THRESHOLDS)
    assert rating.respondents == 12
    assert rating.satisfaction is not None
    assert (rating.satisfaction.good, rating.satisfaction.poor) == (Share(8, 67), Share(4, 33))
    assert choices(rating)["avant"].options[0].count == 12
    assert rating.period == Period("2026-06", "2026-06")
