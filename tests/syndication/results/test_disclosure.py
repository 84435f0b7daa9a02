"""Readings of results: whoever records every look and subtracts any two finds nothing, or a whole lot.

Each respondent of these tests answers something that nobody else does, so that counts *are* people: the difference of
two looks names exactly those whom an attacker would isolate.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from syndication.results.disclosure import (
    UNDATED,
    Counts,
    Limits,
    Lots,
    from_json,
    minus,
    moved_on,
    people,
    to_json,
    total,
)

LIMITS = Limits()
YEARS = ("2023", "2024", "2025", UNDATED)
FORMATIONS = ("cuisine", "coiffure")
CENTRES = ("paris", "lyon")
Place = tuple[str, str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(CENTRES), st.sampled_from(FORMATIONS), st.sampled_from(YEARS),
        st.integers(-6, 9), st.booleans(),
    ),
    min_size=1, max_size=30,
)  # fmt: skip
"""At a place and in a year, so many people come (or the oldest leave), and then perhaps the readings are taken."""


class World:
    """Respondents who come and go, readings of them, and everything that an attacker saw."""

    def __init__(self) -> None:
        self.here: dict[tuple[Place, str], list[str]] = {}
        self.lots: dict[Place, Lots] = {(c, f): Lots() for c in CENTRES for f in FORMATIONS}
        self.looks: list[Counts] = [{}]
        self.number = 0

    def step(self, place: Place, year: str, moves: int, take: bool) -> None:
        people_there = self.here.setdefault((place, year), [])
        if moves < 0:
            del people_there[:-moves]
        for _ in range(max(moves, 0)):
            self.number += 1
            people_there.append(f"p{self.number}")
        if take:
            live = {y: Counter(self.here.get((place, y), ())) for y in YEARS}
            self.lots[place] = moved_on(self.lots[place], live, LIMITS)
            self.look()

    def look(self) -> None:
        """Everything that pages and files show at this moment: cuts by formation, by year, region and nation."""
        seen: list[Counts] = []
        for centre in (*CENTRES, *FORMATIONS, "all"):
            some = [lots for (c, f), lots in self.lots.items() if centre in {c, f, "all"}]
            seen += list(cuts(some))
        for lots in self.lots.values():
            seen += list(cuts([lots]))
        for one in seen:
            if one not in self.looks:
                self.looks.append(one)

    def remainders(self) -> Iterator[Counts]:
        """Totals less all of their parts."""
        for lots in self.lots.values():
            yield minus(lots.whole.shown, total(cell.shown for cell in lots.years.values()))
        whole = total(lots.whole.shown for lots in self.lots.values())
        for shown in combinations(self.lots.values(), len(self.lots) - 1):
            yield minus(whole, total(lots.whole.shown for lots in shown))


def cuts(some: list[Lots]) -> Iterator[Counts]:
    yield bare(total(lots.whole.shown for lots in some))
    for year in YEARS:
        yield bare(total(lots.years[year].shown for lots in some if year in lots.years))


def bare(counts: Counts) -> Counts:
    return {value: number for value, number in counts.items() if number}


def isolated(counts: Mapping[str, int]) -> int:
    return sum(1 for number in counts.values() if number)


@settings(max_examples=150)
@given(STEPS)
def test_the_difference_of_any_two_looks_is_nobody_or_a_whole_lot(steps: list[tuple[str, str, str, int, bool]]) -> None:
    world = World()
    for centre, formation, year, moves, take in steps:
        world.step((centre, formation), year, moves, take)
        for rest in world.remainders():
            assert isolated(rest) == 0 or isolated(rest) >= LIMITS.minimum
    for one, other in combinations(world.looks, 2):
        apart = isolated(minus(one, other))
        assert apart == 0 or apart >= LIMITS.minimum, (one, other)


def scale(good: int = 0, fair: int = 0, poor: int = 0) -> dict[str, int]:
    return {"bien": good, "moyen": fair, "mal": poor}


def test_figures_appear_with_the_fifth_respondent_and_move_on_by_five() -> None:
    lots = moved_on(Lots(), {"2025": scale(4)}, LIMITS)
    assert lots.whole.shown == {}
    lots = moved_on(lots, {"2025": scale(5)}, LIMITS)
    assert lots.whole.shown == lots.years["2025"].shown == scale(5)
    for more in range(1, 5):
        assert moved_on(lots, {"2025": scale(5, more)}, LIMITS) == lots
    assert moved_on(lots, {"2025": scale(7, 3)}, LIMITS).whole.shown == scale(7, 3)


def test_what_is_left_of_two_years_counts_in_the_whole_and_in_neither() -> None:
    lots = moved_on(Lots(), {"2024": scale(5)}, LIMITS)
    lots = moved_on(lots, {"2024": scale(7), "2025": scale(2, 1)}, LIMITS)
    assert lots.whole.shown == scale(9, 1)
    assert lots.years["2024"].shown == scale(5)
    assert "2025" not in lots.years


def test_a_reading_that_falls_below_the_minimum_is_gone_at_once() -> None:
    lots = moved_on(Lots(), {"2025": scale(5)}, LIMITS)
    lots = moved_on(lots, {"2025": scale(4)}, LIMITS)
    assert not any(lots.whole.shown.values())
    assert not any(lots.years["2025"].shown.values())
    assert not any(moved_on(lots, {"2025": scale(4, 1)}, LIMITS).whole.shown.values())  # Alice left, Bob came
    assert moved_on(lots, {"2025": scale(6, 4)}, LIMITS).whole.shown == scale(6, 4)


def test_a_year_of_which_too_few_are_left_is_told_no_more() -> None:
    lots = moved_on(Lots(), {"2024": scale(3, 2), "2025": scale(6, 2)}, LIMITS)
    lots = moved_on(lots, {"2024": scale(2, 2), "2025": scale(6, 2)}, LIMITS)
    assert not any(lots.years["2024"].shown.values())
    assert lots.whole.shown == scale(9, 4)


def test_five_who_all_said_mal_wait_for_another_voice_and_five_who_said_bien_do_not() -> None:
    assert moved_on(Lots(), {"2025": scale(poor=7)}, LIMITS).whole.shown == {}
    assert moved_on(Lots(), {"2025": scale(fair=1, poor=7)}, LIMITS).whole.shown == scale(fair=1, poor=7)
    assert moved_on(Lots(), {"2025": scale(poor=10)}, LIMITS).whole.shown == scale(poor=10)
    lots = moved_on(Lots(), {"2025": scale(good=8)}, LIMITS)
    assert lots.whole.shown == scale(good=8)
    assert moved_on(lots, {"2025": scale(good=8, poor=6)}, LIMITS) == lots


def test_a_question_with_several_answers_moves_by_its_respondents() -> None:
    first = {"2025": {"": 5, "cfa": 5, "seul": 4}}
    lots = moved_on(Lots(), first, LIMITS)
    assert lots.whole.shown == first["2025"]
    assert moved_on(lots, {"2025": {"": 6, "cfa": 6, "seul": 5, "autre": 1}}, LIMITS) == lots


def test_readings_too_old_to_be_kept_still_count() -> None:
    lots, live = Lots(), 0
    for live in range(5, 200, 5):
        lots = moved_on(lots, {"2025": scale(live)}, LIMITS)
    assert lots.whole.floor > 0
    for live in range(190, 0, -1):
        lots = moved_on(lots, {"2025": scale(live)}, LIMITS)
        shown = people(lots.whole.shown)
        assert shown == 0 or shown >= LIMITS.minimum
        assert shown >= lots.whole.floor or shown == 0


@settings(max_examples=25)
@given(STEPS)
def test_what_is_kept_is_read_back_as_it_was(steps: list[tuple[str, str, str, int, bool]]) -> None:
    world = World()
    for centre, formation, year, moves, take in steps:
        world.step((centre, formation), year, moves, take)
    for lots in world.lots.values():
        assert from_json(to_json(lots)) == lots
