"""Who is reminded, and whom an answer leaves alone."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector.door import Collector
from tests.collector.post import (
    LEA,
    NOE,
    deliver_for,
    dump,
    invited,
    lands,
    link_in,
    mails_to,
    order,
    part,
    path_of,
    roster,
    rows,
    stage_of,
    written,
)
from tests.helpers import FULL_ANSWER, Client, Clock


def test_who_does_not_answer_is_reminded_twice_at_most(collector: Collector, folder: Path, clock: Clock) -> None:
    invited(collector, folder, LEA, every_days=5)
    moments: list[tuple[int, datetime]] = []
    for hours in [12] * 24 + [24] * 20:
        collector.hand_over_mails()
        moments += [(stage_of(mail), clock()) for mail in mails_to(folder, LEA)[len(moments) :]]
        clock.moment += timedelta(hours=hours)
    first = moments[0][1]
    assert moments == [(1, first), (2, first + timedelta(days=5)), (3, first + timedelta(days=10))]
    assert rows(folder, "SELECT * FROM mail") == []
    assert "dernier message" in part(mails_to(folder, LEA)[2], "html")


@pytest.mark.parametrize("reminders", [0, 1, 2])
def test_there_are_as_many_reminders_as_were_asked_for(
    collector: Collector, folder: Path, clock: Clock, reminders: int
) -> None:
    invited(collector, folder, LEA, reminders=reminders, every_days=1)
    deliver_for(collector, clock, 8)
    assert [stage_of(mail) for mail in mails_to(folder, LEA)] == list(range(1, reminders + 2))


@pytest.mark.parametrize("after", [1, 2])
def test_an_answer_stops_reminders_and_erases_the_address(
    collector: Collector, folder: Path, clock: Clock, after: int
) -> None:
    invited(collector, folder, LEA, NOE, every_days=7)
    deliver_for(collector, clock, 1 + 7 * (after - 1))
    collector.record(link_in(mails_to(folder, LEA)[-1]), FULL_ANSWER)
    assert LEA not in dump(folder)
    assert NOE in dump(folder)
    deliver_for(collector, clock, 30)
    assert len(mails_to(folder, LEA)) == after
    assert len(mails_to(folder, NOE)) == 3


def test_nothing_of_an_answer_leads_to_who_gave_it(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    ((contact,),) = rows(folder, "SELECT id FROM contact")
    collector.hand_over_mails()
    collector.record(link_in(mails_to(folder, LEA)[0]), FULL_ANSWER)
    assert contact not in dump(folder)
    assert rows(folder, "SELECT contact_id FROM invitation") == [(None,)]


@pytest.mark.parametrize("used", [0, 1, 2])
def test_a_person_with_three_links_answers_once(
    collector: Collector, folder: Path, clock: Clock, visitor: Client, used: int
) -> None:
    campaign = invited(collector, folder, LEA, every_days=7)
    deliver_for(collector, clock, 15)
    given = [link_in(mail) for mail in mails_to(folder, LEA)]
    assert all(lands(visitor, link) for link in given)
    collector.record(given[used], FULL_ANSWER)
    for link in given:
        if link == given[used]:
            assert lands(visitor, link)
            assert "Tu as déjà répondu" in visitor.get("/r").text
        else:
            page = visitor.get(path_of(link))
            assert page.status_code == 404
            assert "Ce lien ne mène à aucun questionnaire ouvert" in page.text
    assert LEA not in dump(folder)
    assert collector.progress(campaign).sent == len(collector.responses_after("")) == 1


def test_two_forms_open_behind_two_links_of_one_person_count_once(
    collector: Collector, folder: Path, clock: Clock, visitor: Client
) -> None:
    invited(collector, folder, LEA, every_days=7)
    deliver_for(collector, clock, 8)
    posts = []
    for mail in mails_to(folder, LEA):
        token = link_in(mail).rpartition("/")[2]
        visitor.post("/r", data={"jeton": token, "etape": "bilan", "satisfaction": "bien"})
        posts.append(("POST", "/r", {"data": {"jeton": token, "etape": "envoi"}}))
    visitor.at_once(*posts * 5)
    assert len(collector.responses_after("")) == 1
    assert LEA not in dump(folder)


def test_the_end_of_a_campaign_is_the_end_of_its_mails(collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = collector.open_campaign(order(days=10)).id
    collector.invite(campaign, roster(folder, LEA), every_days=7)
    deliver_for(collector, clock, 40)
    assert [stage_of(mail) for mail in mails_to(folder, LEA)] == [1, 2]
    assert rows(folder, "SELECT * FROM mail") == []


def test_a_campaign_closed_by_hand_writes_to_nobody_any_more(collector: Collector, folder: Path, clock: Clock) -> None:
    closed, due = invited(collector, folder, LEA), invited(collector, folder, NOE)
    assert collector.hand_over_mails(1) == 1
    for campaign in (closed, due):
        collector.close_campaign(campaign)
    deliver_for(collector, clock, 20)
    assert len(written(folder)) == 1
    assert rows(folder, "SELECT * FROM mail") == []
