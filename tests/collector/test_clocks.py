"""Clocks that jump, that are wrong, that change for summer: nothing is lost, and a campaign ends when it said."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from syndication.context import Hub
from syndication.instants import PARIS
from tests.collector.respondent import AVIS, TEXT, Opener, Respondent, sent, token_of, words
from tests.helpers import Client, Clock


@pytest.mark.parametrize(
    "shift", [timedelta(hours=-3), timedelta(hours=3), timedelta(seconds=-1), timedelta(days=1), timedelta(minutes=-59)]
)
def test_a_clock_that_jumps_between_two_steps_loses_and_marks_nothing(
    hub: Hub, clock: Clock, respondent: Respondent, shift: timedelta
) -> None:
    clock.moment += timedelta(minutes=10)
    form = respondent.form("choix")
    clock.moment += shift
    said = {TEXT: "Gardé quand même, voilà tout.", "avant": ["college", "autre"], "pourquoi": ["metier", "autre"]}
    assert respondent.browser.post("/r", data={**form, **said}).status_code == 303
    clock.moment -= shift
    assert respondent.saves("bilan", {"satisfaction": "bien"}).status_code == 303
    clock.moment += shift
    assert respondent.sends().headers["location"] == "/r?etape=merci"
    clock.moment -= shift
    assert "Gardé quand même" in respondent.shows().text
    assert sent(hub)[0].marks == ()


@pytest.mark.parametrize("year", [1950, 1970, 2000, 2100, 9990])
def test_a_clock_that_is_wholly_wrong_breaks_nothing(hub: Hub, clock: Clock, respondent: Respondent, year: int) -> None:
    form = respondent.form("choix")
    respondent.saves("bilan", {"satisfaction": "bien"})
    noon, clock.moment = clock.moment, datetime(year, 7, 1, 12, tzinfo=PARIS)
    for answered in (
        respondent.shows(), respondent.shows("choix"), respondent.sends(),
        respondent.browser.post("/r", data={**form, TEXT: "Gardé."}),
        respondent.browser.get(f"/r/{respondent.token}"), respondent.browser.get("/r/apercu"),
    ):  # fmt: skip
        assert answered.status_code < 500
    clock.moment = noon
    assert respondent.browser.post("/r", data={**form, TEXT: "Gardé."}).status_code == 303
    assert respondent.sends().headers["location"] == "/r?etape=merci"


def at(moment: datetime) -> Callable[[timedelta], datetime]:
    """Moments counted from one in real time, as a clock on a wall in Paris shows them."""
    return lambda later: (moment.astimezone(UTC) + later).astimezone(PARIS)


@pytest.mark.parametrize(
    ("midnight", "days"),
    [
        (datetime(2026, 10, 26, tzinfo=PARIS), 5),  # the day that has 25 hours is the last one
        (datetime(2026, 10, 25, tzinfo=PARIS), 4),  # …and the day before it
        (datetime(2027, 3, 29, tzinfo=PARIS), 5),  # the day that has 23 hours
        (datetime(2027, 3, 28, tzinfo=PARIS), 4),
    ],
)
@pytest.mark.parametrize("zone", [PARIS, UTC])
def test_a_campaign_ends_at_midnight_in_paris_when_the_clocks_change_and_waits_an_hour(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener, midnight: datetime, days: int, zone: Any
) -> None:
    clock.moment = midnight - timedelta(days=days, hours=12)
    campaign = open_campaign(days=days)
    begun, shown, fresh = (Respondent(Client(app), token_of(hub, campaign)) for _ in range(3))
    moment = at(midnight)

    def now_is(later: timedelta) -> None:
        clock.moment = moment(later).astimezone(zone)

    now_is(timedelta(seconds=-1))
    last_day = moment(timedelta(seconds=-1))
    assert f"Jusqu'au {last_day.day} {'octobre' if last_day.month == 10 else 'mars'}" in unescape(fresh.shows().text)
    assert begun.saves("bilan", {"satisfaction": "bien"}).status_code == 303
    form = shown.form("choix")
    now_is(timedelta(0))
    assert fresh.shows().status_code == 404
    assert begun.shows("envoi").status_code == 200
    now_is(timedelta(minutes=59, seconds=59))
    assert shown.browser.post("/r", data={**form, TEXT: "De justesse."}).status_code == 303
    assert begun.sends().headers["location"] == "/r?etape=merci"
    now_is(timedelta(hours=1))
    assert shown.sends().status_code == 404
    assert begun.shows().status_code == 200
    assert len(sent(hub)) == 1


def test_a_campaign_closed_within_the_hour_that_comes_twice_stays_closed(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener
) -> None:
    moment = at(datetime(2026, 10, 25, 2, 30, tzinfo=PARIS))
    clock.moment = moment(timedelta(hours=-20))
    campaign = open_campaign(days=5)
    begun, fresh = (Respondent(Client(app), token_of(hub, campaign)) for _ in range(2))
    begun.saves("bilan", {"satisfaction": "bien"})
    clock.moment = moment(timedelta(0))
    hub.collector.close_campaign(campaign)
    assert fresh.shows().status_code == 404
    clock.moment = moment(timedelta(minutes=45))
    assert fresh.shows().status_code == 404
    clock.moment = moment(timedelta(minutes=59))
    assert begun.shows("envoi").status_code == 200
    clock.moment = moment(timedelta(minutes=61))
    assert begun.sends().status_code == 404


def test_who_is_finishing_has_a_whole_hour_in_the_night_that_lacks_one(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener
) -> None:
    moment = at(datetime(2027, 3, 28, 1, 30, tzinfo=PARIS))
    clock.moment = moment(timedelta(hours=-20))
    campaign = open_campaign(days=5)
    begun = Respondent(Client(app), token_of(hub, campaign))
    begun.saves("bilan", {"satisfaction": "bien"})
    clock.moment = moment(timedelta(0))
    hub.collector.close_campaign(campaign)
    clock.moment = moment(timedelta(minutes=45))
    assert begun.sends().status_code == 303


def test_a_version_withdrawn_while_somebody_writes_stops_nobody(
    hub: Hub, client: Client, respondent: Respondent, catch_up: Callable[[], None]
) -> None:
    form = respondent.form("choix")
    respondent.saves("bilan", {"satisfaction": "bien"})
    hub.collector.withdraw_questionnaire("2026-1")
    assert respondent.browser.post("/r", data={**form, TEXT: "Jusqu'au bout."}).status_code == 303
    assert "Jusqu'au bout." in unescape(respondent.shows("envoi").text)
    assert respondent.shows("choix", langue="en").status_code == 200
    assert respondent.sends().headers["location"] == "/r?etape=merci"
    catch_up()
    assert client.get(AVIS).json()["repondants"] == 1
    assert words(respondent.shows().text) == ["Jusqu'au bout."]
    assert client.get("/r/apercu").status_code == 404
    assert client.get("/r/apercu", params={"version": "2026-1"}).status_code == 200
