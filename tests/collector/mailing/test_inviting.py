"""Inviting by mail: who is invited, once, within seats and dates."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from collector import links
from collector.door import CampaignError, Collector, RosterError, SeatsTaken
from tests.collector.post import (
    KEY,
    LEA,
    NEW_KEY,
    NOE,
    ZOE,
    collector_on,
    deliver_for,
    dump,
    execute,
    invited,
    link_in,
    mails_to,
    order,
    people,
    roster,
    rows,
    written,
)
from tests.databases import on_postgresql
from tests.helpers import FULL_ANSWER, Clock


def test_a_roster_becomes_contacts_and_mails_that_are_due(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order()).id
    report = collector.invite(campaign, roster(folder, LEA, "rien", NOE, LEA.upper()))
    assert (report.read, report.invited, report.known, report.stopped) == (4, 2, 0, 0)
    assert report.rejected == ((3, "« rien » n'est pas une adresse électronique"), (5, "adresse déjà lue ligne 2"))
    assert sorted(rows(folder, "SELECT address, stage, state FROM contact")) == [(LEA, 0, "active"), (NOE, 0, "active")]
    assert rows(folder, "SELECT stage, state, attempts FROM mail") == [(1, "due", 0)] * 2
    counts = collector.mails(campaign)
    assert (counts.mailed, counts.waiting, counts.uncertain, counts.bounced) == (2, 2, 0, 0)
    assert collector.progress(campaign).invited == 2


def test_the_same_roster_again_invites_nobody(collector: Collector, folder: Path) -> None:
    campaign = invited(collector, folder, LEA, NOE)
    again = collector.invite(campaign, roster(folder, NOE.upper(), LEA, ZOE))
    assert (again.invited, again.known, again.stopped) == (1, 2, 0)
    collector.hand_over_mails()
    once_more = collector.invite(campaign, roster(folder, LEA, NOE, ZOE))
    assert (once_more.invited, once_more.known) == (0, 3)
    collector.hand_over_mails()
    assert sorted(str(mail["To"]) for mail in written(folder)) == [LEA, NOE, ZOE]


def test_who_answered_is_not_invited_again(collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = invited(collector, folder, LEA, NOE)
    collector.hand_over_mails()
    collector.record(link_in(mails_to(folder, LEA)[0]), FULL_ANSWER)
    again = collector.invite(campaign, roster(folder, LEA, NOE))
    assert (again.invited, again.known) == (0, 2)
    deliver_for(collector, clock, 30)
    assert len(mails_to(folder, LEA)) == 1


def test_a_new_key_does_not_invite_anybody_twice(folder: Path, clock: Clock) -> None:
    with collector_on(folder, clock) as before:
        campaign = invited(before, folder, LEA, NOE)
        before.hand_over_mails()
        before.record(link_in(mails_to(folder, LEA)[0]), FULL_ANSWER)
    with collector_on(folder, clock, keys=(NEW_KEY, KEY)) as after:
        again = after.invite(campaign, roster(folder, LEA, NOE, ZOE))
        assert (again.invited, again.known) == (1, 2)
        once_more = after.invite(campaign, roster(folder, LEA, NOE, ZOE))
        assert (once_more.invited, once_more.known) == (0, 3)


def test_another_campaign_may_invite_the_same_people(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    other = collector.open_campaign(order("BP Boulanger")).id
    assert collector.invite(other, roster(folder, LEA)).invited == 1
    collector.hand_over_mails()
    assert len({link_in(mail) for mail in mails_to(folder, LEA)}) == 2


def test_seats_are_all_or_nothing(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order(seats=3)).id
    collector.issue_links(campaign, 1)
    before = dump(folder)
    for dry_run in (True, False):
        with pytest.raises(SeatsTaken, match="2 place"):
            collector.invite(campaign, roster(folder, LEA, NOE, ZOE), dry_run=dry_run)
    assert dump(folder) == before
    assert collector.invite(campaign, roster(folder, LEA, NOE)).invited == 2
    assert collector.invite(campaign, roster(folder, LEA, NOE)).known == 2  # who has a seat takes no other
    with pytest.raises(SeatsTaken):
        collector.invite(campaign, roster(folder, ZOE))
    with pytest.raises(SeatsTaken):
        collector.issue_links(campaign, 1)


def test_a_finished_campaign_invites_nobody(collector: Collector, folder: Path, clock: Clock) -> None:
    over = collector.open_campaign(order(days=1)).id
    closed = collector.open_campaign(order()).id
    clock.moment += timedelta(days=2)
    collector.close_campaign(closed)
    before = dump(folder)
    for campaign in (over, closed):
        with pytest.raises(CampaignError, match="finie"):
            collector.invite(campaign, roster(folder, LEA))
    with pytest.raises(CampaignError, match="Aucune campagne"):
        collector.invite("inconnue", roster(folder, LEA))
    with pytest.raises(CampaignError, match="Aucune campagne"):
        collector.mails("inconnue")
    assert dump(folder) == before


@pytest.mark.parametrize("terms", [{"reminders": 3}, {"reminders": -1}, {"every_days": 0}, {"every_days": 61}])
def test_reminders_out_of_bounds_are_refused(collector: Collector, folder: Path, terms: dict[str, int]) -> None:
    campaign = collector.open_campaign(order()).id
    with pytest.raises(CampaignError):
        collector.invite(campaign, roster(folder, LEA), **terms)  # type: ignore[arg-type]
    assert collector.mails(campaign).mailed == 0


def test_a_dry_run_reads_everything_and_changes_nothing(collector: Collector, folder: Path) -> None:
    campaign = invited(collector, folder, LEA)
    before = dump(folder)
    report = collector.invite(campaign, roster(folder, LEA, NOE, "rien", ZOE), dry_run=True)
    assert (report.read, report.invited, report.known) == (4, 2, 1)
    assert len(report.rejected) == 1
    assert dump(folder) == before


def test_a_roster_of_no_use_changes_nothing(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order()).id
    before, noise = dump(folder), folder / "image.csv"
    noise.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 16)
    with pytest.raises(RosterError):
        collector.invite(campaign, noise)
    with pytest.raises(OSError, match=r"absent\.csv"):
        collector.invite(campaign, folder / "absent.csv")
    assert dump(folder) == before


SQLITE_FILLS = (
    "CREATE TRIGGER no_room BEFORE INSERT ON mail WHEN (SELECT count(*) FROM mail) > 4 "
    "BEGIN SELECT RAISE(ABORT, 'no room'); END",
)
POSTGRESQL_FILLS = (
    "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF (SELECT count(*) FROM mail) > 4 THEN RAISE EXCEPTION 'no room'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER no_room BEFORE INSERT ON mail FOR EACH ROW EXECUTE FUNCTION no_room()",
)


def test_an_import_that_breaks_in_the_middle_leaves_nothing(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order()).id
    for statement in POSTGRESQL_FILLS if on_postgresql() else SQLITE_FILLS:
        execute(folder, statement)
    before = dump(folder)
    with pytest.raises(Exception, match="no room"):
        collector.invite(campaign, roster(folder, *people(10)))
    assert dump(folder) == before
    execute(folder, "DROP TRIGGER no_room" + (" ON mail" if on_postgresql() else ""))
    assert collector.invite(campaign, roster(folder, *people(10))).invited == 10


def test_two_imports_at_once_invite_everybody_once(collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = collector.open_campaign(order()).id
    path = roster(folder, *people(60))
    with collector_on(folder, clock) as other, ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda one: one.invite(campaign, path), [collector, other] * 4))
    assert sorted(report.invited for report in reports) == [0] * 7 + [60]
    assert rows(folder, "SELECT count(*), count(DISTINCT address) FROM contact") == [(60, 60)]
    assert collector.mails(campaign).mailed == 60


def test_no_address_stands_beside_its_hash(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    ((hashed,),) = rows(folder, "SELECT address_hash FROM invited")
    assert hashed == links.address_hashes((KEY,), LEA)[0]
    assert rows(folder, "SELECT count(*) FROM contact WHERE id = (SELECT address_hash FROM invited)") == [(0,)]
