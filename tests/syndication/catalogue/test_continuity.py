"""Lineages of codes that renew one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.catalogue.continuity import ends, lineages, renewals, stated_links, twins

Links = list[tuple[str, str]]


def groups(links: Links) -> set[str]:
    """Lineages as words: members in order."""
    return {"".join(sorted(members)) for members in lineages(links).values()}


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([], set()),
        ([("A", "B")], {"AB"}),
        ([("A", "B"), ("B", "C")], {"ABC"}),
        ([("B", "C"), ("A", "B"), ("C", "D")], {"ABCD"}),
        ([("A", "B"), ("C", "D")], {"AB", "CD"}),
        ([("A", "B"), ("A", "B")], {"AB"}),
    ],
    ids=["nothing", "one link", "a chain", "a chain out of order", "two chains", "a link said twice"],
)
def test_chains_are_one_lineage(links: Links, expected: set[str]) -> None:
    assert groups(links) == expected


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("A", "B"), ("A", "C")], set()),
        ([("A", "B"), ("A", "C"), ("C", "D")], {"CD"}),
        ([("Z", "A"), ("A", "B"), ("A", "C")], {"AZ"}),
    ],
    ids=["alone", "one branch goes on", "before the split"],
)
def test_a_split_passes_nothing_on(links: Links, expected: set[str]) -> None:
    assert groups(links) == expected


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("A", "C"), ("B", "C")], set()),
        ([("A", "C"), ("B", "C"), ("C", "D")], {"CD"}),
        ([("Z", "A"), ("A", "C"), ("B", "C")], {"AZ"}),
    ],
    ids=["alone", "after the merge", "before the merge"],
)
def test_a_merge_passes_nothing_on(links: Links, expected: set[str]) -> None:
    assert groups(links) == expected


def test_three_that_become_three_others_together_pass_nothing_on() -> None:
    assert groups([(old, new) for old in "ABC" for new in "XYZ"]) == set()


def test_a_split_that_merges_again_joins_neither_side() -> None:
    assert groups([("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")]) == set()


@pytest.mark.parametrize(
    ("links", "expected"),
    [([("A", "A")], set()), ([("A", "A"), ("A", "B")], {"AB"}), ([("A", "B"), ("B", "B"), ("B", "C")], {"ABC"})],
)
def test_a_code_that_renews_itself_counts_for_nothing(links: Links, expected: set[str]) -> None:
    assert groups(links) == expected


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("A", "B"), ("B", "A")], {"AB"}),
        ([("A", "B"), ("B", "C"), ("C", "A")], {"ABC"}),
        ([("A", "B"), ("B", "C"), ("C", "A"), ("C", "D")], {"ABC"}),
        ([("A", "B"), ("B", "C"), ("C", "A"), ("Z", "A")], {"ABC"}),
    ],
    ids=["two", "three", "with a way out", "with a way in"],
)
def test_a_cycle_is_one_lineage(links: Links, expected: set[str]) -> None:
    assert groups(links) == expected


@pytest.mark.parametrize(
    "stated",
    [
        [("A", "B"), ("B", "C")],
        [("A", "B"), ("A", "B"), ("B", "C"), ("B", "C")],
        [("A", "B"), ("B", "C"), ("A", "B")],
    ],
    ids=["each by one side", "each by both sides", "one of them by both sides"],
)
def test_a_link_counts_whichever_side_states_it(stated: Links) -> None:
    assert groups(stated) == {"ABC"}


def test_every_member_knows_the_same_lineage_and_is_in_it() -> None:
    found = lineages([("A", "B"), ("B", "C"), ("X", "Y")])
    assert set(found) == set("ABCXY")
    assert all(code in members for code, members in found.items())
    assert found["A"] == found["B"] == found["C"] == {"A", "B", "C"}


LINKS = st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.sampled_from("ABCDEFGH")), max_size=14)


@given(LINKS.flatmap(lambda links: st.tuples(st.just(links), st.permutations(links))))
def test_the_order_of_links_does_not_matter(both: tuple[Links, Links]) -> None:
    assert groups(both[0]) == groups(both[1])


@given(LINKS)
def test_lineages_are_apart_and_hold_exactly_the_codes_linked_one_to_one(links: Links) -> None:
    found = lineages(links)
    real = {(old, new) for old, new in links if old != new}
    alone = {
        (old, new) for old, new in real if sum(o == old for o, _ in real) == 1 and sum(n == new for _, n in real) == 1
    }
    assert set(found) == {code for link in alone for code in link}
    assert all(found[old] == found[new] for old, new in alone)
    apart = set(found.values())
    assert sum(len(members) for members in apart) == len(found)
    assert all(len(members) >= 2 for members in apart)


def test_the_end_of_a_chain_is_what_no_other_member_renews() -> None:
    links = [("A", "B"), ("B", "C"), ("C", "C"), ("C", "X"), ("C", "Y")]
    assert ends({"A", "B", "C"}, renewals(links)) == {"C"}
    assert ends({"A", "B"}, renewals([("A", "B"), ("B", "A")])) == set()


@pytest.mark.parametrize(
    ("links", "kept"),
    [
        ([("m", "B")], [("m", "B")]),
        ([("A", "B"), ("m", "B")], [("A", "B")]),
        ([("m", "B"), ("n", "B")], [("m", "B"), ("n", "B")]),
        ([("B", "B"), ("m", "B")], [("B", "B"), ("m", "B")]),
        ([("A", "m"), ("m", "B")], [("A", "m"), ("m", "B")]),
    ],
    ids=["alone", "beside a stated one", "two that are mentioned", "beside a self-loop", "in a chain"],
)
def test_what_is_only_mentioned_never_makes_a_merge_of_what_is_stated(links: Links, kept: Links) -> None:
    assert stated_links(links, {"m", "n"}) == set(kept)


FICHES = [("RNCP1", "own", "certifinfo:1"), ("RNCP1", "cfd", "cfd:1")]


def test_two_registers_that_know_one_diploma_under_a_number_know_the_same() -> None:
    assert twins(FICHES, {"own"}) == {"own": "cfd"}
    assert twins([*FICHES, *(("RNCP2", one, key) for _, one, key in FICHES)], {"own"}) == {"own": "cfd"}


@pytest.mark.parametrize(
    "more",
    [
        [("RNCP1", "other", "cfd:2")],
        [("RNCP1", "other", "certifinfo:2")],
        [("RNCP2", "own", "certifinfo:1"), ("RNCP2", "other", "cfd:2")],
        [("RNCP2", "other", "certifinfo:2"), ("RNCP2", "cfd", "cfd:1")],
    ],
    ids=["two CFDs", "two numbers", "another CFD elsewhere", "another number elsewhere"],
)
def test_more_than_two_diplomas_are_not_taken_for_one(more: list[tuple[str, str, str]]) -> None:
    assert twins([*FICHES, *more], {"own"}) == {}


def test_a_cfd_with_a_certif_info_number_of_its_own_has_no_twin() -> None:
    assert twins(FICHES, {"own", "cfd"}) == {}


@pytest.mark.parametrize("links", [[("own", "X"), ("cfd", "Y")], [("X", "own"), ("Y", "cfd")]])
def test_what_is_renewed_apart_is_not_joined(links: Links) -> None:
    assert twins(FICHES, {"own"}, links) == {}
    assert twins(FICHES, {"own"}, [("X", "own"), ("cfd", "Y")]) == {"own": "cfd"}
