"""What an answer means, how long to wait, and what a receiver may ask for."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.webhooks.schedule import WAITS, Answer, Fate, asked_wait, next_attempt, outcome_of
from tests.helpers import NOON

DAY = timedelta(days=1)
LAST = len(WAITS) + 1


def middle() -> float:
    return 0.5


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_success_delivers(status: int) -> None:
    assert outcome_of(Answer(status), NOON).fate is Fate.DELIVERED


def test_gone_stops_everything() -> None:
    outcome = outcome_of(Answer(410, retry_after="60"), NOON)
    assert outcome.fate is Fate.STOP
    assert "410" in outcome.sentence


@pytest.mark.parametrize(
    "status", [101, 300, 301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 502, 503, 504, 599, 999]
)
def test_everything_else_is_tried_again(status: int) -> None:
    outcome = outcome_of(Answer(status), NOON)
    assert outcome.fate is Fate.RETRY
    assert outcome.asked is None
    assert str(status) in outcome.sentence


def test_a_redirect_says_that_it_is_not_followed() -> None:
    assert "rien n'est envoyé" in outcome_of(Answer(301), NOON).sentence


def test_no_answer_is_tried_again_and_says_why() -> None:
    outcome = outcome_of(Answer(None, "Le récepteur n'a pas répondu à temps."), NOON)
    assert (outcome.fate, outcome.sentence) == (Fate.RETRY, "Le récepteur n'a pas répondu à temps.")


def test_only_a_receiver_that_is_too_busy_may_ask_to_wait() -> None:
    asked = {status: outcome_of(Answer(status, retry_after="120"), NOON).asked for status in (204, 302, 429, 500, 503)}
    minutes = timedelta(minutes=2)
    assert asked == {204: None, 302: None, 429: minutes, 500: None, 503: minutes}


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", timedelta(0)), ("120", timedelta(seconds=120)), (" 7 ", timedelta(seconds=7)), ("86400", DAY),
        ("86401", DAY), ("9" * 40, DAY),
        ("Tue, 24 Nov 2026 11:02:00 GMT", timedelta(minutes=2)), ("Tue Nov 24 11:02:00 2026", timedelta(minutes=2)),
        ("Tuesday, 24-Nov-26 11:02:00 GMT", timedelta(minutes=2)), ("Tue, 24 Nov 2026 10:00:00 GMT", timedelta(0)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", timedelta(0)), ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
    ],
)  # fmt: skip
def test_what_a_receiver_asks_for_is_seconds_or_a_date_within_a_day(header: str, wait: timedelta) -> None:
    assert asked_wait(header, NOON) == wait


@pytest.mark.parametrize(
    "header",
    ["", "-1", "1.5", "soon", "60, 120", "٣", "1e3", "9" * 41, "Tue, 24 Nov 99999 11:02:00 GMT", "Tue, 24 Nov"],
)
def test_what_makes_no_sense_is_no_request(header: str) -> None:
    assert asked_wait(header, NOON) is None


@given(
    header=st.text(max_size=60)
    | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{8} [-+A-Z0-9]*")
)
def test_no_header_asks_for_more_than_a_day_or_breaks_anything(header: str) -> None:
    wait = asked_wait(header, NOON)
    assert wait is None or timedelta(0) <= wait <= DAY


@given(moment=st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))
def test_every_http_date_is_read(moment: datetime) -> None:
    wait = asked_wait(format_datetime(moment, usegmt=True), NOON)
    assert wait == min(max(moment.replace(microsecond=0) - NOON, timedelta(0)), DAY)


def test_attempts_go_on_for_about_three_days_and_then_end() -> None:
    moment, attempts = NOON, 0
    while (then := next_attempt(attempts + 1, moment, middle)) is not None:
        attempts, moment = attempts + 1, then
    assert attempts + 1 == LAST == 11
    assert timedelta(days=2, hours=20) < moment - NOON < timedelta(days=3)


def test_waits_grow_and_are_spread_by_a_fifth() -> None:
    earliest = [next_attempt(attempts, NOON, lambda: 0.0) for attempts in range(1, LAST)]
    latest = [next_attempt(attempts, NOON, lambda: 1.0) for attempts in range(1, LAST)]
    assert earliest == sorted(earliest, key=str)
    assert earliest[0] == NOON + timedelta(seconds=4)
    assert latest[0] == NOON + timedelta(seconds=6)
    assert latest[-1] == NOON + timedelta(hours=28.8)


def test_two_messages_that_fail_together_do_not_come_back_together() -> None:
    chance = random.Random(7)
    assert len({next_attempt(5, NOON, chance.random) for _ in range(50)}) == 50


def test_what_the_receiver_asks_for_lengthens_a_wait() -> None:
    then = next_attempt(1, NOON, lambda: 0.0, timedelta(hours=2))
    assert then == NOON + timedelta(hours=2)


@given(
    attempts=st.integers(1, LAST - 1),
    chance=st.floats(0, 1),
    asked=st.timedeltas(timedelta(0), timedelta(days=400)) | st.none(),
)
def test_a_wait_is_never_shorter_than_planned_or_asked_nor_longer_than_a_day_asked(
    attempts: int, chance: float, asked: timedelta | None
) -> None:
    planned, then = next_attempt(attempts, NOON, lambda: chance), next_attempt(attempts, NOON, lambda: chance, asked)
    assert planned is not None
    assert then is not None
    assert then >= max(planned, NOON + min(asked or timedelta(0), DAY))
    assert then <= max(planned, NOON + DAY)


def test_asking_for_more_never_buys_an_attempt_beyond_the_last() -> None:
    assert next_attempt(LAST, NOON, middle, timedelta(seconds=1)) is None
