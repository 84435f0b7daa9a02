"""How often something may come from one network: pure counts, then links that lead nowhere, common links."""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp

from collector.context import COMMON_FLOOD, HOUR, MISSES
from collector.limits import NETWORKS, Arrivals, network_of
from syndication import asgi
from syndication.context import Hub
from tests.conftest import settings_in
from tests.databases import Databases
from tests.helpers import Client, Clock, hidden_fields

Opener = Callable[..., str]
SEATS = 2
"""Seats that one network may take here in an hour before they are marked."""
HERE, NEIGHBOUR, ELSEWHERE = "192.0.2.7", "192.0.2.250", "198.51.100.7"


class Visitor(Client):
    """A browser at an address."""

    def __init__(self, app: ASGIApp, address: str = HERE) -> None:
        super().__init__(app)
        self.address = address

    async def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, client=(self.address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=self._base_url, cookies=self.cookies) as client:
            response = await client.request(method, url, **options)
            self.cookies.update(client.cookies)
            return response


@pytest.fixture
def hub(databases: Databases, migrated: Path, tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """A hub that marks seats from the third that one network takes within the hour."""
    settings = settings_in(databases.copy(migrated, tmp_path), network_seats=SEATS)
    opened = asgi.open_hub(settings, clock)
    yield opened
    opened.close()


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def unknown(number: int) -> str:
    """A link that was never handed out."""
    return f"/r/{number:022d}"


def seated(visitor: Visitor, path: str) -> httpx.Response:
    """Take a seat behind a common link as a browser does: look, then post."""
    return visitor.post(path, data=hidden_fields(visitor.get(path).text))


# -- networks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("192.0.2.255", "192.0.2.0/24"),
        ("0.0.0.0", "0.0.0.0/24"),
        ("127.0.0.1", "127.0.0.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:DB8:1:ffff::", "2001:db8:1::/48"),
        ("2001:db8:2::1", "2001:db8:2::/48"),
        ("::1", "::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("::ffff:c000:207", "192.0.2.0/24"),
    ],
)
def test_an_address_belongs_to_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    "address", ["", "testclient", "unix:", "192.0.2", "192.0.2.7:80", "[::1]", "999.0.0.1", "192.0.2.7/24", "é", "\x00"]
)
def test_what_is_no_address_belongs_to_no_network(address: str) -> None:
    assert network_of(address) == ""


@given(st.ip_addresses(v=4))
def test_an_address_written_as_ipv6_belongs_to_the_same_network(address: Any) -> None:
    assert network_of(f"::ffff:{address}") == network_of(str(address)) != ""


# -- arrivals --------------------------------------------------------------------------------------------------------


def test_as_many_as_allowed_are_let_through_and_one_more_is_too_many() -> None:
    arrivals = Arrivals(60, 3)
    assert [arrivals.note("a", 0) for _ in range(5)] == [False, False, False, True, True]


def test_networks_are_counted_apart() -> None:
    arrivals = Arrivals(60, 1)
    assert [arrivals.note(network, 0) for network in ("a", "b", "a", "c", "b")] == [False, False, True, False, True]


def test_the_window_slides() -> None:
    arrivals = Arrivals(60, 2)
    assert [arrivals.note("a", moment) for moment in (0, 30, 59)] == [False, False, True]
    arrivals = Arrivals(60, 2)
    assert [arrivals.note("a", moment) for moment in (0, 30, 60, 89)] == [False, False, False, True]
    assert [arrivals.note("a", moment) for moment in (160, 161, 162)] == [False, False, True]


def test_after_a_quiet_window_everything_is_forgotten() -> None:
    arrivals = Arrivals(60, 2)
    assert [arrivals.note("a", moment) for moment in (0, 1, 2, 3)] == [False, False, True, True]
    assert [arrivals.note("a", 63 + moment) for moment in range(2)] == [False, False]


def test_the_wait_is_at_least_a_second_and_at_most_the_window() -> None:
    arrivals = Arrivals(60, 2)
    assert arrivals.wait("a", 0) == 1
    for moment in (0, 0, 0):
        arrivals.note("a", moment)
    assert 60 <= arrivals.wait("a", 0) <= 61
    assert 1 <= arrivals.wait("a", 59.5) <= 2
    assert arrivals.wait("a", 1000) == 1


@given(st.lists(st.integers(0, 90), min_size=3, max_size=12).map(sorted), st.integers(1, 4))
def test_who_waits_as_long_as_they_are_told_is_let_through(moments: list[int], most: int) -> None:
    arrivals = Arrivals(60, most)
    for moment in moments:
        if arrivals.note("a", moment):
            told = arrivals.wait("a", moment)
            assert 1 <= told <= 61
            assert not arrivals.note("a", moment + told)
            return


@given(st.lists(st.floats(0, 300), min_size=1, max_size=60), st.integers(0, 5))
def test_a_clock_that_goes_back_and_forth_breaks_nothing_and_never_counts_twice(
    moments: list[float], most: int
) -> None:
    arrivals = Arrivals(60, most)
    for place, moment in enumerate(moments):
        too_many = arrivals.note("a", moment)
        assert not (too_many and place < most)
        assert 1 <= arrivals.wait("a", moment) <= 360 + 1


def test_what_was_noted_before_the_clock_went_back_does_not_lock_a_network_out() -> None:
    arrivals = Arrivals(60, 2)
    for _ in range(5):
        arrivals.note("a", 1_000_000)
    assert [arrivals.note("a", moment) for moment in (0, 1)] == [False, False]


def test_what_is_remembered_is_bounded_for_one_network_and_for_all() -> None:
    arrivals = Arrivals(HOUR, MISSES)
    for number in range(NETWORKS + 500):
        arrivals.note("busy", 0)
        arrivals.note(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}/24", 0)
    held = vars(arrivals)["_seen"]
    assert len(held) == NETWORKS
    assert len(held["busy"]) == MISSES + 1
    assert sum(map(len, held.values())) == MISSES + NETWORKS
    assert sum(sys.getsizeof(times) for times in held.values()) < 20_000_000


def test_the_network_unseen_for_longest_is_forgotten_first() -> None:
    arrivals = Arrivals(HOUR, 1)
    assert [arrivals.note(network, 0) for network in ("a", "b", "a")] == [False, False, True]
    for number in range(NETWORKS - 1):
        arrivals.note(f"network {number}", 0)
    assert arrivals.note("a", 0)
    assert not arrivals.note("b", 0)


# -- links that lead nowhere -----------------------------------------------------------------------------------------


def test_who_tries_very_many_unknown_links_is_told_to_wait_and_valid_ones_go_on(
    hub: Hub, app: Any, open_campaign: Opener
) -> None:
    campaign = open_campaign()
    mine, neighbours = hub.collector.issue_links(campaign, 2)
    stranger = Visitor(app)
    assert {stranger.get(unknown(number)).status_code for number in range(MISSES)} == {404}
    refused = stranger.get(unknown(MISSES))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= HOUR + 1
    assert "Un instant" in refused.text
    for link, address in ((mine, HERE), (neighbours, NEIGHBOUR)):
        person = Visitor(app, address)
        assert person.get(path_of(link)).status_code == 303
        assert person.get("/r").status_code == 200
        form = hidden_fields(person.get("/r?etape=bilan").text)
        assert person.post("/r", data={**form, "satisfaction": "bien"}).status_code == 303
        assert Visitor(app, address).get(unknown(0)).status_code == 429
    assert seated(Visitor(app), path_of(hub.collector.common_link(campaign))).status_code == 303


def test_unknown_and_forged_links_of_every_sort_are_counted_together(app: Any) -> None:
    ways: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", unknown(1), {}), ("HEAD", unknown(2), {}), ("GET", "/r/pas-un-jeton", {}), ("GET", "/r", {}),
        ("GET", "/c/faux.lien", {}), ("POST", "/c/faux.lien", {}),
        ("POST", "/r", {"data": {"jeton": "A" * 22, "etape": "bilan"}}),
    ]  # fmt: skip
    stranger, said = Visitor(app), list[int]()
    while len(said) <= MISSES:
        method, path, options = ways[len(said) % len(ways)]
        said.append(stranger.request(method, path, **options).status_code)
    assert said == [404] * MISSES + [429]
    assert {stranger.request(method, path, **options).status_code for method, path, options in ways} == {429}


def test_an_unknown_link_is_answered_alike_whether_or_not_somebody_else_tried_many(app: Any) -> None:
    stranger = Visitor(app)
    for number in range(MISSES + 5):
        stranger.get(unknown(number))
    for address in (ELSEWHERE, "2001:db8::1", "192.0.3.7"):
        assert Visitor(app, address).get(unknown(0)).status_code == 404


def test_an_hour_later_unknown_links_are_answered_again(app: Any, clock: Clock) -> None:
    stranger = Visitor(app)
    for number in range(MISSES + 1):
        stranger.get(unknown(number))
    clock.moment += timedelta(minutes=59)
    assert stranger.get(unknown(0)).status_code == 429
    clock.moment += timedelta(hours=1, seconds=1)
    assert {stranger.get(unknown(number)).status_code for number in range(MISSES)} == {404}


def test_who_comes_back_when_told_to_is_answered(app: Any, clock: Clock) -> None:
    stranger = Visitor(app)
    for number in range(MISSES):
        stranger.get(unknown(number))
        clock.moment += timedelta(seconds=10)
    refused = stranger.get(unknown(MISSES))
    assert refused.status_code == 429
    clock.moment += timedelta(seconds=int(refused.headers["retry-after"]))
    assert stranger.get(unknown(0)).status_code == 404


def test_fifty_nine_a_day_never_lock_anybody_out(app: Any, clock: Clock) -> None:
    stranger = Visitor(app)
    for _ in range(2):
        assert {stranger.get(unknown(number)).status_code for number in range(MISSES - 1)} == {404}
        clock.moment += timedelta(days=1)


# -- common links ----------------------------------------------------------------------------------------------------


def flood(visitor: Visitor, path: str) -> list[int]:
    """Take seats until one more than a network may, and give what was answered."""
    posts: list[tuple[str, str, dict[str, Any]]] = [("POST", path, {})] * (COMMON_FLOOD * SEATS)
    return [answer.status_code for answer in visitor.at_once(*posts)] + [visitor.post(path).status_code]


def test_a_flood_of_seats_is_told_to_wait_and_recovers(hub: Hub, app: Any, clock: Clock, open_campaign: Opener) -> None:
    path = path_of(hub.collector.common_link(open_campaign()))
    assert flood(Visitor(app), path) == [303] * (COMMON_FLOOD * SEATS) + [429]
    refused = Visitor(app, NEIGHBOUR).post(path)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= HOUR + 1
    assert "sirius-lien" not in refused.headers.get("set-cookie", "")
    assert Visitor(app).get(path).status_code == 200
    clock.moment += timedelta(hours=1, seconds=1)
    assert seated(Visitor(app), path).status_code == 303


def test_a_flood_takes_no_seat_more_and_touches_neither_other_networks_nor_personal_links(
    hub: Hub, app: Any, open_campaign: Opener
) -> None:
    campaign = open_campaign(seats=COMMON_FLOOD * SEATS + 2)
    path, link = path_of(hub.collector.common_link(campaign)), hub.collector.issue_links(campaign, 1)[0]
    assert flood(Visitor(app), path)[-1] == 429
    for _ in range(5):
        assert Visitor(app).post(path).status_code == 429
    assert Visitor(app).get(path_of(link)).status_code == 303
    assert seated(Visitor(app, ELSEWHERE), path).status_code == 303
    assert seated(Visitor(app, "203.0.113.9"), path).status_code == 409


def test_who_has_a_seat_already_goes_on_through_a_flood(hub: Hub, app: Any, open_campaign: Opener) -> None:
    path = path_of(hub.collector.common_link(open_campaign()))
    person = Visitor(app)
    assert seated(person, path).status_code == 303
    flood(Visitor(app), path)
    form = hidden_fields(person.get("/r?etape=bilan").text)
    assert person.post("/r", data={**form, "satisfaction": "bien"}).status_code == 303


def test_a_flood_of_ipv6_addresses_of_one_network_is_one_flood(hub: Hub, app: Any, open_campaign: Opener) -> None:
    path = path_of(hub.collector.common_link(open_campaign()))
    said = [
        Visitor(app, f"2001:db8:7:{number:x}::1").post(path).status_code for number in range(COMMON_FLOOD * SEATS + 1)
    ]
    assert said == [303] * (COMMON_FLOOD * SEATS) + [429]
    assert Visitor(app, "2001:db8:8::1").post(path).status_code == 303


def test_a_flood_of_seats_does_not_use_up_the_unknown_links_of_a_network(
    hub: Hub, app: Any, open_campaign: Opener
) -> None:
    flood(Visitor(app), path_of(hub.collector.common_link(open_campaign())))
    assert Visitor(app).get(unknown(0)).status_code == 404
