"""What a process can hold, and who goes first when it holds too much."""

import pytest

from collector.serving import bounds
from collector.serving.bounds import Allowance, Phase
from collector.serving.proxies import Proxies
from collector.serving.room import Room


class Guest:
    """A connection that tells whether it was closed."""

    def __init__(self, network: str = "203.0.113.0/24", phase: Phase = Phase.IDLE) -> None:
        self.network, self.phase, self.here = network, phase, True

    def look(self, now: float) -> None:
        raise AssertionError("nobody looks at it")

    def leave(self) -> None:
        self.here = False


def filled(room: Room, *guests: Guest) -> list[Guest]:
    assert all(room.enter(one) for one in guests)
    return list(guests)


def here(guests: list[Guest]) -> list[bool]:
    return [one.here for one in guests]


@pytest.mark.parametrize("files", [16, 64, 256, 1024, 4096, 20_000, 1 << 20])
def test_what_comes_between_two_looks_leaves_files_for_the_rest(files: int) -> None:
    given = bounds.allowance(files)
    assert given.most + given.backlog + min(bounds.FILES, files // 2) <= files
    assert 1 <= given.share <= given.most <= bounds.MOST
    assert given.backlog >= 1


def test_a_network_that_has_its_share_loses_its_own_oldest() -> None:
    room = Room(Allowance(most=100, share=3, backlog=1))
    others = filled(room, *(Guest(f"198.51.{number}.0/24") for number in range(3)))
    first, second, third, fourth = filled(room, Guest(), Guest(), Guest(), Guest())
    assert here([first, second, third, fourth]) == [False, True, True, True]
    assert all(here(others))
    assert len(room) == 6


def test_what_never_asked_goes_before_what_waits_for_more_and_answers_are_never_cut() -> None:
    room = Room(Allowance(most=4, share=100, backlog=1))
    kept = filled(room, Guest(phase=Phase.WORK), Guest("a"), Guest("b", Phase.BODY), Guest("c", Phase.HEAD))
    filled(room, Guest("d", Phase.WORK))
    assert here(kept) == [True, True, True, False]
    filled(room, Guest("e", Phase.WORK))
    assert here(kept) == [True, False, True, False]
    filled(room, Guest("f", Phase.WORK))
    assert here(kept) == [True, False, False, False]
    assert not room.enter(Guest("g"))
    assert (len(room), room.crowded("g")) == (4, False)


def test_a_crowd_goes_before_a_browser_and_a_proxy_last() -> None:
    room = Room(Allowance(most=23, share=100, backlog=1))
    proxy, browser, *crowd = filled(
        room, Guest(""), *(Guest("one browser") for _ in range(2)), *(Guest("a crowd") for _ in range(20))
    )
    filled(room, Guest("new", Phase.WORK))
    assert here([proxy, browser, *crowd]).index(False) == 3
    for one in [browser, *crowd]:
        one.phase = Phase.WORK
    filled(room, Guest("newer", Phase.WORK))
    assert not proxy.here


def test_who_came_last_stays_though_its_network_was_there_first() -> None:
    room = Room(Allowance(most=4, share=100, backlog=1))
    filled(room, Guest("a", Phase.WORK))
    others = filled(room, Guest("b", Phase.HEAD), Guest("c", Phase.HEAD))
    (last,) = filled(room, Guest("a", Phase.HEAD))
    filled(room, Guest("d", Phase.HEAD))
    assert here([*others, last]) == [False, True, True]


def test_a_proxy_has_no_share() -> None:
    room = Room(Allowance(most=100, share=2, backlog=1))
    assert all(here(filled(room, *(Guest("", Phase.WORK) for _ in range(50)))))
    room_of_one_network = Room(Allowance(most=100, share=2, backlog=1))
    filled(room_of_one_network, *(Guest(phase=Phase.WORK) for _ in range(2)))
    assert not room_of_one_network.enter(Guest())
    assert room_of_one_network.crowded(Guest().network)


def test_what_has_left_is_forgotten_once() -> None:
    room = Room(Allowance(most=2, share=2, backlog=1))
    one, _ = filled(room, Guest(), Guest())
    room.remove(one)
    room.remove(one)
    room.remove(Guest("nobody"))
    assert len(room) == 1


@pytest.mark.parametrize(
    ("phase", "seconds", "received", "late"),
    [
        (Phase.HEAD, 9, 0, False), (Phase.HEAD, 11, 0, True), (Phase.IDLE, 4, 0, False), (Phase.IDLE, 6, 0, True),
        (Phase.BODY, 19, 0, False), (Phase.BODY, 21, 0, True), (Phase.BODY, 120, 60_000, False),
        (Phase.BODY, 141, 60_000, True), (Phase.REST, 6, 0, True), (Phase.WORK, 1e9, 0, False),
        (Phase.ANSWER, 1e9, 0, False),
    ],
)  # fmt: skip
def test_what_is_late_depends_on_what_is_awaited(phase: Phase, seconds: float, received: int, late: bool) -> None:
    assert bounds.overdue(phase, seconds, received, 5) is late


@pytest.mark.parametrize(
    ("named", "host", "known"),
    [
        ("127.0.0.1,::1", "127.0.0.1", True), ("127.0.0.1,::1", "127.0.0.2", False), ("127.0.0.1,::1", "::1", True),
        ("10.0.0.0/8, /run/proxy", "10.9.8.7", True), (["10.0.0.1"], "10.0.0.2", False), ("*", "203.0.113.7", True),
        ("10.0.0.1/8", "10.9.9.9", False), ("", "10.0.0.1", False), (None, "10.0.0.1", False), ("::1", "x", False),
    ],
)  # fmt: skip
def test_proxies_are_read_as_uvicorn_reads_them(named: str | list[str] | None, host: str, known: bool) -> None:
    assert (host in Proxies(named)) is known
