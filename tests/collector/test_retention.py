"""Forgetting in time: rosters, links, unfinished answers, wishes; by hand, by the background work, by the command."""

import asyncio
import json
import os
import re
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import database as collector_database
from collector import links
from collector import store as collector_store
from collector.app import create_app as create_collector_app
from collector.door import CLOCK_FILE, Purged
from collector.retention import months_before
from syndication import asgi, campaigns, intake, worker
from syndication import database as hub_database
from syndication.app import create_app
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import ConfigurationError
from syndication.instants import PARIS, now_in_paris
from syndication.moderation import store as moderation
from syndication.settings import Settings
from tests import databases as databases_of
from tests.commands import sirius
from tests.conftest import CUISINE, PARIS_CENTRE, settings_in
from tests.databases import Databases
from tests.helpers import FULL_ANSWER, Client, Clock, hidden_fields

NOTHING = Purged(0, 0, 0, 0)
URL = f"/api/v1/avis?formation={CUISINE}"
DURATIONS = {
    "SIRIUS_CONTACT_MONTHS": "7", "SIRIUS_TOKEN_MONTHS": "19", "SIRIUS_DRAFT_DAYS": "23", "SIRIUS_OPTOUT_MONTHS": "41",
}  # fmt: skip
Commanded = Callable[[str], dict[str, int]]


@dataclass
class House:
    """A hub on databases of its own, and what happens around it."""

    hub: Hub
    clock: Clock
    tokens: dict[str, str] = field(default_factory=dict)
    opt_outs: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.hub.settings.data_dir

    def on(self, day: date, hour: int = 12) -> None:
        """Let a day come."""
        self.clock.moment = datetime.combine(day, time(hour), PARIS)

    def open(self, last: date) -> str:
        """Open a campaign from today to a last day."""
        today = self.clock().date()
        hub = self.hub
        return campaigns.open_campaign(hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, last).id

    def invite(self, campaign: str, *addresses: str) -> None:
        """Invite addresses, and have their mails reach them."""
        roster = self.folder / "liste.csv"
        roster.write_text("mail\n" + "\n".join(addresses))
        assert self.hub.collector.invite(campaign, roster).invited == len(addresses)
        roster.unlink()
        self.deliver()

    def deliver(self) -> None:
        """Hand over the mails that are due; what they hold is remembered by who received them alone."""
        self.hub.collector.hand_over_mails()
        for file in (self.folder / "outbox").glob("*.eml"):
            letter: Any = message_from_bytes(file.read_bytes(), policy=default)
            said = letter.get_body(("plain",)).get_content()
            self.tokens[letter["To"]] = re.findall(r"/r/([\w-]{22})\b", said)[0]
            self.opt_outs[letter["To"]] = re.findall(r"/d/[\w.-]+", said)[0]
            file.unlink()

    def answer(self, token: str, **said: str) -> None:
        """Answer a link, and have the hub take it in."""
        self.hub.collector.record(f"/r/{token}", {**FULL_ANSWER, **{key: [text] for key, text in said.items()}})
        worker.work_once(self.hub)

    def begin(self, token: str, text: str = "Je commence.") -> None:
        """Fill in a section, and leave."""
        client = self.client()
        assert client.get(f"/r/{token}").status_code == 303
        form = hidden_fields(client.get("/r?etape=choix").text)
        assert client.post("/r", data={**form, "changement": text, "action": "continuer"}).status_code == 303

    def client(self) -> Client:
        """A visitor of the whole service, what is public being up to date."""
        app = create_app(self.hub, background=False)
        app.catch_up()
        return Client(app)

    def purge(self) -> Purged:
        return self.hub.collector.purge()

    def count(self, table: str, condition: str = "TRUE") -> int:
        return int(self.rows(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])

    def rows(self, query: str) -> list[Any]:
        return databases_of.rows(self.hub.settings.collector.database_url, query)

    def dump(self) -> list[str]:
        """Everything that both databases say."""
        settings = self.hub.settings
        return [*databases_of.dump(settings.collector.database_url), *databases_of.dump(settings.database_url)]

    def files(self) -> dict[str, bytes]:
        """The collector's files as they lie on the disk."""
        return {file.name: file.read_bytes() for file in self.folder.glob("collector.db*")}


@pytest.fixture
def house(hub: Hub, clock: Clock) -> House:
    return House(hub, clock)


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No variable of ours is set but by the test itself."""
    for name in list(os.environ):
        if name.startswith("SIRIUS_"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def house_set(
    databases: Databases, migrated: Path, tmp_path: Path, clock: Clock, bare_environment: pytest.MonkeyPatch
) -> Iterator[Callable[..., House]]:
    """A house on the settings of the environment, given some variables."""
    opened: list[Hub] = []

    def run(**variables: str) -> House:
        folder = databases.copy(migrated, tmp_path / "reglages")
        where = {"SIRIUS_DATA_DIR": str(folder), **databases.at(folder).settings}
        for name, value in {**where, **variables}.items():
            bare_environment.setenv(name, value)
        opened.append(asgi.open_hub(Settings.from_environment(), clock))
        return House(opened[-1], clock)

    yield run
    for hub in opened:
        hub.close()


def mailbox(number: int) -> str:
    return f"apprenti.{number}@lycee-imaginaire.fr"


# -- rosters: three months -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "kept_on", "gone_on"),
    [
        (date(2026, 12, 31), date(2027, 3, 31), date(2027, 4, 1)),
        (date(2027, 1, 15), date(2027, 4, 15), date(2027, 4, 16)),
        (date(2026, 11, 30), date(2027, 2, 28), date(2027, 3, 1)),
        (date(2027, 11, 30), date(2028, 2, 29), date(2028, 3, 1)),
    ],
)
def test_a_roster_is_erased_three_months_after_the_last_day_and_not_a_day_before(
    house: House, last: date, kept_on: date, gone_on: date
) -> None:
    campaign = house.open(last)
    house.invite(campaign, *map(mailbox, range(5)))
    house.answer(house.tokens[mailbox(0)])
    house.client().post(house.opt_outs[mailbox(1)])
    house.on(kept_on, 23)
    before = house.dump()
    assert house.purge() == NOTHING
    assert house.dump() == before
    assert (house.count("contact"), house.count("invited")) == (4, 5)
    house.on(gone_on, 0)
    assert house.purge() == Purged(contacts=5, links=0, drafts=0, opt_outs=0)
    assert (house.count("contact"), house.count("invited"), house.count("mail")) == (0, 0, 0)
    assert house.count("invitation") == 5
    assert house.count("invitation", "contact_id IS NOT NULL") == 0
    assert house.count("opt_out") == 1


def test_a_campaign_closed_early_is_forgotten_three_months_after_its_closing(house: House) -> None:
    campaign = house.open(date(2028, 12, 31))
    house.invite(campaign, *map(mailbox, range(3)))
    house.hub.collector.close_campaign(campaign)
    house.on(date(2027, 2, 24), 23)
    assert house.purge() == NOTHING
    house.on(date(2027, 2, 25), 0)
    assert house.purge().contacts == 3
    assert (house.count("contact"), house.count("invited"), house.count("mail")) == (0, 0, 0)


def test_closing_again_or_after_the_end_keeps_nothing_longer(house: House) -> None:
    early, late = house.open(date(2027, 6, 30)), house.open(date(2026, 12, 31))
    house.invite(early, mailbox(1))
    house.invite(late, mailbox(2))
    house.hub.collector.close_campaign(early)
    house.on(date(2027, 2, 20))
    house.hub.collector.close_campaign(early)
    house.hub.collector.close_campaign(late)
    house.on(date(2027, 2, 25))
    assert house.purge().contacts == 1
    house.on(date(2027, 4, 1))
    assert house.purge().contacts == 1
    assert house.count("contact") == 0


def test_an_uncertain_mail_goes_with_its_roster(house: House) -> None:
    campaign = house.open(date(2026, 12, 31))
    house.invite(campaign, mailbox(1))
    databases_of.change(house.hub.settings.collector.database_url, "UPDATE mail SET state = 'uncertain'")
    house.on(date(2027, 4, 1))
    house.purge()
    assert house.count("mail") == 0


def test_only_the_campaign_that_is_over_is_forgotten(house: House) -> None:
    over, current = house.open(date(2026, 12, 31)), house.open(date(2027, 12, 31))
    house.invite(over, *map(mailbox, range(2)))
    house.invite(current, *map(mailbox, range(3)))
    house.on(date(2027, 4, 1))
    assert house.purge().contacts == 2
    assert {row[0] for row in house.rows("SELECT campaign_id FROM contact")} == {current}
    assert (house.count("contact"), house.count("invited"), house.count("mail")) == (3, 3, 3)


# -- links: twelve months --------------------------------------------------------------------------------------------


def closed_campaign(house: House) -> str:
    """A campaign of which six answered by mail, one by a link handed out, and two not at all."""
    campaign = house.open(date(2026, 12, 31))
    house.invite(campaign, *map(mailbox, range(8)))
    handed = house.hub.collector.issue_links(campaign, 1)[0]
    house.tokens["remis"] = handed.rpartition("/")[2]
    for who in (*map(mailbox, range(6)), "remis"):
        house.answer(house.tokens[who], changement=f"Tout a changé, dit {who.partition('@')[0]}.")
    with writing(house.hub.engine).begin() as connection:
        for text in moderation.waiting(connection, 100):
            moderation.record_decision(
                connection, text.id, text.version, "publie", None, "lea@exemple.fr", house.clock()
            )
    worker.work_once(house.hub)
    return campaign


@pytest.mark.parametrize("closed", [False, True])
def test_links_are_erased_after_twelve_months_and_not_a_day_before(house: House, closed: bool) -> None:
    campaign = closed_campaign(house)
    kept_on, gone_on = date(2027, 12, 31), date(2028, 1, 1)
    if closed:
        house.hub.collector.close_campaign(campaign)
        kept_on, gone_on = date(2027, 11, 24), date(2027, 11, 25)
    house.on(kept_on, 23)
    assert house.purge() == Purged(contacts=8, links=0, drafts=0, opt_outs=0)
    assert house.count("response", "author_hash IS NULL") == 0
    assert house.count("invitation") == 9
    house.on(gone_on, 0)
    assert house.purge() == Purged(contacts=0, links=9, drafts=0, opt_outs=0)
    assert house.count("response", "author_hash IS NOT NULL") == 0
    assert house.count("response") == 7
    assert house.count("invitation") == 0


@pytest.mark.parametrize("who", [mailbox(0), "remis"])
def test_an_author_s_link_works_to_the_last_day_then_leads_nowhere_and_the_answer_still_counts(
    house: House, who: str
) -> None:
    campaign = closed_campaign(house)
    before = house.client().get(URL).json()
    said, token = f"Tout a changé, dit {who.partition('@')[0]}.", house.tokens[who]
    house.on(date(2027, 12, 31), 23)
    house.purge()
    author = house.client()
    assert author.get(f"/r/{token}").status_code == 303
    assert said in author.get("/r").text
    house.on(date(2028, 1, 1), 0)
    house.purge()
    visitor = house.client()
    for page in (visitor.get(f"/r/{token}"), author.get("/r"), author.get("/r?etape=donnees")):
        assert (page.status_code, page.text) == (404, visitor.get("/r/" + "A" * 22).text)
    withdrawal = {"jeton": token, "etape": "retirer", "question": ""}
    assert author.post("/r/auteur", data=withdrawal).status_code == 404
    assert author.post("/r", data={"jeton": token, "etape": "bilan", "satisfaction": "mal"}).status_code == 404
    after = visitor.get(URL).json()
    assert (after["repondants"], after["satisfaction"]) == (7, before["satisfaction"])
    assert after["verbatims"]["total"] == before["verbatims"]["total"] == 14
    assert house.hub.collector.progress(campaign).sent == 7
    responses = house.hub.collector.responses_after("")
    assert {response.answers.texts["changement"] for response in responses} >= {said}


def test_an_unspent_link_of_a_campaign_that_is_over_is_erased_too(house: House) -> None:
    token = house.hub.collector.issue_links(house.open(date(2026, 12, 31)), 1)[0].rpartition("/")[2]
    house.on(date(2028, 1, 1))
    assert house.purge().links == 1
    assert house.client().get(f"/r/{token}").status_code == 404


def test_a_receipt_that_comes_after_the_links_are_gone_harms_nothing(house: House) -> None:
    campaign = house.open(date(2026, 12, 31))
    house.answer(house.hub.collector.issue_links(campaign, 1)[0].rpartition("/")[2])
    house.on(date(2028, 1, 1))
    house.purge()
    with writing(house.hub.engine).begin() as connection:
        text = moderation.waiting(connection, 1)[0]
        moderation.record_decision(connection, text.id, text.version, "publie", None, "lea@exemple.fr", house.clock())
    assert worker.deliver_receipts(house.hub) == 1
    assert house.purge() == NOTHING


# -- unfinished answers: thirty days ---------------------------------------------------------------------------------


def test_an_unfinished_answer_is_erased_after_thirty_days(house: House) -> None:
    token = house.hub.collector.issue_links(house.open(date(2027, 6, 30)), 1)[0].rpartition("/")[2]
    house.begin(token, "Un début.")
    house.on(date(2026, 12, 24), 23)
    assert house.purge() == NOTHING
    visitor = house.client()
    visitor.get(f"/r/{token}")
    assert "Un début." in visitor.get("/r?etape=choix").text
    house.on(date(2026, 12, 25), 0)
    assert house.purge() == Purged(contacts=0, links=0, drafts=1, opt_outs=0)
    assert "Un début." not in visitor.get("/r?etape=choix").text
    house.begin(token, "Un autre début.")
    assert house.count("draft") == 1


def test_who_comes_back_to_an_unfinished_answer_gets_thirty_days_more(house: House) -> None:
    token = house.hub.collector.issue_links(house.open(date(2027, 6, 30)), 1)[0].rpartition("/")[2]
    house.begin(token)
    house.on(date(2026, 12, 20))
    house.begin(token, "Je continue.")
    house.on(date(2027, 1, 19))
    assert house.purge() == NOTHING
    house.on(date(2027, 1, 20))
    assert house.purge().drafts == 1


def test_an_unfinished_answer_never_outlives_the_links_of_its_campaign(house_set: Callable[..., House]) -> None:
    house = house_set(SIRIUS_DRAFT_DAYS="365", SIRIUS_TOKEN_MONTHS="1")
    token = house.hub.collector.issue_links(house.open(date(2026, 12, 31)), 1)[0].rpartition("/")[2]
    house.on(date(2026, 12, 30))
    house.begin(token)
    house.on(date(2027, 1, 31))
    assert house.purge() == NOTHING
    house.on(date(2027, 2, 1))
    house.purge()
    assert house.count("draft") == 0


# -- wishes to get no mail: thirty-six months ------------------------------------------------------------------------


def test_a_wish_to_get_no_mail_is_kept_thirty_six_months(house: House) -> None:
    campaign = house.open(date(2026, 12, 31))
    house.invite(campaign, mailbox(1))
    house.client().post(house.opt_outs[mailbox(1)])
    house.on(date(2029, 11, 30), 23)
    house.purge()
    assert house.count("opt_out") == 1
    later = house.open(date(2030, 6, 30))
    roster = house.folder / "liste.csv"
    roster.write_text(f"mail\n{mailbox(1)}\n")
    assert house.hub.collector.invite(later, roster).stopped == 1
    house.on(date(2029, 12, 1), 0)
    assert house.purge() == Purged(contacts=0, links=0, drafts=0, opt_outs=1)
    assert house.count("opt_out") == 0
    assert house.hub.collector.invite(later, roster).invited == 1


# -- what stays ------------------------------------------------------------------------------------------------------


def test_a_campaign_still_open_loses_nothing_however_old(house: House) -> None:
    campaign = house.open(date(2029, 6, 30))
    house.invite(campaign, *map(mailbox, range(4)))
    house.answer(house.tokens[mailbox(0)])
    for day in (date(2027, 2, 25), date(2028, 3, 1), date(2029, 6, 1), date(2029, 6, 30)):
        house.on(day)
        house.begin(house.tokens[mailbox(1)], f"Encore le {day}.")
        before = house.dump()
        assert house.purge() == NOTHING
        assert house.dump() == before
    assert (house.count("contact"), house.count("invited"), house.count("draft")) == (3, 4, 1)


def test_how_many_were_asked_and_every_figure_survive(house: House) -> None:
    campaign = closed_campaign(house)
    intake.count_invitations(house.hub.engine, house.hub.collector, house.clock())
    before, progress = house.client().get(URL).json(), house.hub.collector.progress(campaign)
    assert (progress.invited, progress.sent, before["repondants"], before["invites"]) == (9, 7, 7, 9)
    for day in (date(2027, 4, 1), date(2028, 1, 1), date(2031, 1, 1)):
        house.on(day)
        house.purge()
        intake.count_invitations(house.hub.engine, house.hub.collector, house.clock())
        worker.work_once(house.hub)
        assert house.hub.collector.progress(campaign) == progress
        assert house.hub.collector.mails(campaign).mailed == 8
        after = house.client().get(URL).json()
        assert {key: after[key] for key in before} == before


# -- how it is run ---------------------------------------------------------------------------------------------------


def everything_past(house: House) -> None:
    """Something of each kind, all of it long past."""
    house.invite(house.open(date(2026, 12, 31)), *map(mailbox, range(3)))
    house.answer(house.tokens[mailbox(0)])
    house.client().post(house.opt_outs[mailbox(1)])
    house.begin(house.tokens[mailbox(2)])
    house.on(date(2031, 1, 1))


def nothing_left(house: House) -> bool:
    tables = ("contact", "invited", "mail", "invitation", "draft", "opt_out")
    return not any(map(house.count, tables)) and not house.count("response", "author_hash IS NOT NULL")


def test_running_twice_changes_nothing(house: House) -> None:
    everything_past(house)
    first = house.purge()
    assert (first.contacts, first.links, first.opt_outs) == (3, 3, 1)
    assert nothing_left(house)
    before = house.dump()
    assert [house.purge() for _ in range(3)] == [NOTHING] * 3
    assert house.dump() == before
    assert house.count("response") == 1


def test_it_says_how_many_unfinished_answers_went_though_their_links_went_with_them(house: House) -> None:
    everything_past(house)
    assert house.purge().drafts == 1


@pytest.mark.parametrize("work", [lambda hub: hub.collector.work_for_ever(), worker.work_for_ever])
def test_the_background_work_forgets_by_itself(
    house: House, work: Callable[[Hub], Coroutine[Any, Any, None]], caplog: pytest.LogCaptureFixture
) -> None:
    everything_past(house)

    async def briefly() -> None:
        task = asyncio.create_task(work(house.hub))
        for _ in range(100):
            await asyncio.sleep(0.05)
            if nothing_left(house):
                break
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(briefly())
    assert nothing_left(house)
    assert house.count("response") == 1
    assert caplog.records == []


@pytest.mark.parametrize("work", [lambda hub: hub.collector.work_for_ever(), worker.work_for_ever])
def test_a_clock_that_comes_back_between_two_readings_has_nothing_erased(
    house: House, work: Callable[[Hub], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.invite(house.open(date(2026, 12, 31)), *map(mailbox, range(3)))
    before, readings = (house.count("contact"), house.count("mail")), count()
    right, ahead = house.clock.moment, house.clock.moment + timedelta(days=5000)
    monkeypatch.setattr(Clock, "__call__", lambda _: ahead if next(readings) % 2 else right)
    monkeypatch.setattr("collector.collector.MAIL_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("collector.collector.PURGE_EVERY_SECONDS", 0.01)

    async def briefly() -> None:
        task = asyncio.create_task(work(house.hub))
        while next(readings) < 200:
            await asyncio.sleep(0.05)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(briefly())
    assert (house.count("contact"), house.count("mail")) == before
    assert all(before)


@pytest.fixture
def long_ago(databases: Databases, migrated: Path, tmp_path: Path) -> House:
    """A house whose campaign ended seventy days before today, and that was left."""
    folder = databases.copy(migrated, tmp_path / "autrefois")
    started = datetime.combine(now_in_paris().date() - timedelta(days=100), time(12), PARIS)
    clock = Clock(started)
    house = House(asgi.open_hub(settings_in(folder), clock), clock)
    campaign = house.open(started.date() + timedelta(days=30))
    house.invite(campaign, *map(mailbox, range(3)))
    house.answer(house.tokens[mailbox(0)])
    house.client().post(house.opt_outs[mailbox(1)])
    house.begin(house.tokens[mailbox(2)])
    house.hub.close()
    return house


def purge_command(folder: Path, *words: str, **variables: str) -> str:
    done = sirius(folder, "purge", *words, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_command_forgets_what_is_past_its_time_and_says_how_much(long_ago: House) -> None:
    nothing = {"adresses": 0, "liens": 0, "brouillons": 0, "desinscriptions": 0}
    assert json.loads(purge_command(long_ago.folder, "--json")) == {**nothing, "brouillons": 1}
    assert (long_ago.count("contact"), long_ago.count("invitation"), long_ago.count("draft")) == (2, 3, 0)
    shorter = {"SIRIUS_CONTACT_MONTHS": "2", "SIRIUS_TOKEN_MONTHS": "2", "SIRIUS_OPTOUT_MONTHS": "1"}
    said = purge_command(long_ago.folder, **shorter)
    assert said == "Effacés : adresses 3, liens 3, brouillons 0, desinscriptions 1\n"
    assert nothing_left(long_ago)
    assert long_ago.count("response") == 1
    assert json.loads(purge_command(long_ago.folder, "--json", **shorter)) == nothing


def test_the_command_erases_nothing_while_the_clock_is_far_ahead_of_what_was_sure(long_ago: House) -> None:
    kept = long_ago.folder / CLOCK_FILE
    kept.write_text((now_in_paris() - timedelta(days=30)).isoformat())
    refused = sirius(long_ago.folder, "purge")
    assert (refused.returncode, refused.stdout) == (1, "")
    (sentence,) = refused.stderr.splitlines()
    assert str(kept) in sentence
    assert sentence.removeprefix("Erreur : ") in sirius(long_ago.folder, "doctor").stderr.splitlines()
    assert long_ago.count("draft") == 1
    kept.unlink()
    assert "brouillons 1" in purge_command(long_ago.folder)


# -- durations are settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("months", "kept_on", "gone_on"),
    [
        ("0", date(2026, 12, 31), date(2027, 1, 1)),
        ("1", date(2027, 1, 31), date(2027, 2, 1)),
        ("7", date(2027, 7, 31), date(2027, 8, 1)),
    ],
)
def test_how_long_a_roster_is_kept_is_a_setting(
    house_set: Callable[..., House], months: str, kept_on: date, gone_on: date
) -> None:
    house = house_set(SIRIUS_CONTACT_MONTHS=months)
    house.invite(house.open(date(2026, 12, 31)), mailbox(1))
    house.on(kept_on, 23)
    assert house.purge() == NOTHING
    house.on(gone_on, 0)
    assert house.purge() == Purged(contacts=1, links=0, drafts=0, opt_outs=0)


def test_how_long_links_drafts_and_wishes_are_kept_are_settings(house_set: Callable[..., House]) -> None:
    house = house_set(**DURATIONS)
    campaign = house.open(date(2026, 12, 31))
    house.invite(campaign, mailbox(1), mailbox(2))
    house.begin(house.tokens[mailbox(1)])
    house.client().post(house.opt_outs[mailbox(2)])
    steps = [
        (date(2026, 12, 17), NOTHING),
        (date(2026, 12, 18), Purged(0, 0, 1, 0)),
        (date(2027, 7, 31), NOTHING),
        (date(2027, 8, 1), Purged(2, 0, 0, 0)),
        (date(2028, 7, 31), NOTHING),
        (date(2028, 8, 1), Purged(0, 2, 0, 0)),
        (date(2030, 4, 30), NOTHING),
        (date(2030, 5, 1), Purged(0, 0, 0, 1)),
    ]
    for day, purged in steps:
        house.on(day)
        assert (day, house.purge()) == (day, purged)


@pytest.mark.parametrize(
    ("variables", "told"),
    [({}, ("3 mois", "12 mois", "30 jours", "36 mois")), (DURATIONS, ("7 mois", "19 mois", "23 jours", "41 mois"))],
)
def test_the_pages_on_personal_data_tell_the_durations_that_hold(
    house_set: Callable[..., House], variables: dict[str, str], told: tuple[str, ...]
) -> None:
    house = house_set(**variables)
    for client in (house.client(), Client(create_collector_app(house.hub.collector))):
        page = client.get("/donnees-personnelles")
        assert page.status_code == 200
        words = " ".join(re.sub(r"<[^>]+>", " ", unescape(page.text)).split())
        assert re.findall(r"\b\d+ (?:mois|jours)\b", words) == list(told)
        address, link, draft, wish = (words.index(f" {duration}") for duration in told)
        assert words.index("Ton adresse, si") < address < words.index("Ton lien, qui") < link
        assert link < words.rindex("commencée et pas envoyée") < draft < words.rindex("Ton souhait") < wish


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SIRIUS_CONTACT_MONTHS", "-1"), ("SIRIUS_CONTACT_MONTHS", "37"), ("SIRIUS_TOKEN_MONTHS", "0"),
     ("SIRIUS_TOKEN_MONTHS", "toujours"), ("SIRIUS_DRAFT_DAYS", "0"), ("SIRIUS_DRAFT_DAYS", "366"),
     ("SIRIUS_OPTOUT_MONTHS", "0"), ("SIRIUS_OPTOUT_MONTHS", "1.5")],
)  # fmt: skip
def test_a_duration_that_makes_no_sense_is_refused_by_its_name(
    bare_environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    bare_environment.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        Settings.from_environment()


# -- months ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 24), 0, date(2026, 11, 24)),
        (date(2026, 11, 24), 3, date(2026, 8, 24)),
        (date(2027, 1, 31), 1, date(2026, 12, 31)),
        (date(2027, 1, 1), 12, date(2026, 1, 1)),
        (date(2027, 3, 31), 1, date(2027, 2, 28)),
        (date(2028, 3, 31), 1, date(2028, 2, 29)),
        (date(2028, 3, 30), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
        (date(2028, 2, 29), 48, date(2024, 2, 29)),
        (date(2027, 12, 31), 1, date(2027, 11, 30)),
        (date(2027, 12, 31), 12, date(2026, 12, 31)),
        (date(2027, 5, 31), 3, date(2027, 2, 28)),
        (date(2100, 3, 31), 1, date(2100, 2, 28)),
    ],
)
def test_months_are_counted_back_to_the_same_day_or_the_last(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


@given(st.dates(date(2000, 1, 1), date(2150, 1, 1)), st.integers(0, 120))
def test_counting_months_back_never_skips_a_month_nor_turns_round(day: date, months: int) -> None:
    before = months_before(day, months)
    assert (day.year - before.year) * 12 + day.month - before.month == months
    assert before.day == day.day or (before.day < day.day and (before + timedelta(days=1)).day == 1)
    assert before <= months_before(day + timedelta(days=1), months)


# -- on the disk -----------------------------------------------------------------------------------------------------

CROWD = 100


def secrets_of_a_crowd(house: House) -> list[bytes]:
    """A roster that fills many pages of the file, half of it answered, a few begun; everything that must go in time."""
    campaign = house.open(date(2026, 12, 31))
    addresses = [mailbox(number) for number in range(CROWD)]
    house.invite(campaign, *addresses)
    hashes = [links.address_hashes(house.hub.settings.keys(), address)[0] for address in addresses]
    for address in addresses[: CROWD // 2]:
        house.hub.collector.record(f"/r/{house.tokens[address]}", FULL_ANSWER)
    drafts = [f"Brouillon de la personne {number}." for number in range(5)]
    for address, text in zip(addresses[-5:], drafts, strict=True):
        house.begin(house.tokens[address], text)
    tokens = [house.tokens[address] for address in addresses]
    authors = [links.author_hash(token) for token in (*tokens[: CROWD // 2], *tokens[-5:])]
    return [secret.encode() for secret in (*addresses, *hashes, *authors, *map(links.roster_hash, tokens), *drafts)]


def found_in(files: dict[str, bytes], secrets: list[bytes]) -> list[bytes]:
    return [secret for secret in secrets if any(secret in content for content in files.values())]


@pytest.mark.sqlite
def test_what_is_erased_is_gone_from_the_file_and_not_only_from_its_tables(house: House) -> None:
    secrets = secrets_of_a_crowd(house)
    assert found_in(house.files(), secrets) == secrets
    house.on(date(2031, 1, 1))
    purged = house.purge()
    assert (purged.contacts, purged.links) == (CROWD, CROWD)
    with closing(sqlite3.connect(house.folder / "collector.db")) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    assert found_in(house.files(), secrets) == []


@pytest.mark.sqlite
def test_what_is_erased_does_not_stay_in_the_log_of_writes_while_the_service_runs(house: House) -> None:
    campaign = house.open(date(2026, 12, 31))
    house.invite(campaign, *map(mailbox, range(20)))
    house.answer(house.tokens[mailbox(0)])
    house.on(date(2031, 1, 1))
    house.purge()
    assert found_in(house.files(), [mailbox(number).encode() for number in range(20)]) == []


@pytest.mark.sqlite
def test_both_databases_overwrite_what_they_erase(hub: Hub) -> None:
    for module, url in (
        (collector_database, hub.settings.collector.database_url),
        (hub_database, hub.settings.database_url),
    ):
        engine = module.open_engine(url)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        engine.dispose()


DATABASES = pytest.mark.parametrize("module", [collector_database, hub_database])


def moved_and_erased(module: Any, file: Path) -> Callable[[], list[str]]:
    """A database whose rows grew and moved before their words were erased; gives how to find those still in it."""
    words = [f"mot{number:04d}fin" for number in range(200)]
    engine = module.open_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        run = connection.exec_driver_sql
        run("CREATE TABLE said (id INTEGER PRIMARY KEY, words TEXT)")
        for number, word in enumerate(words):
            run("INSERT INTO said VALUES (?, ?)", (number, word + "a" * 200))
        for number in Random(3).sample(range(200), 150):
            run("UPDATE said SET words = words || ? WHERE id = ?", ("b" * 300, number))
        run("UPDATE said SET words = ''")
        connection.commit()
    engine.dispose()
    return lambda: [word for word in words if any(word.encode() in one.read_bytes() for one in file.parent.iterdir())]


@DATABASES
def test_a_file_written_anew_holds_no_copy_of_rows_that_moved(module: Any, tmp_path: Path) -> None:
    left = moved_and_erased(module, tmp_path / "one.db")
    assert left() != []
    engine = module.open_engine(f"sqlite:///{tmp_path}/one.db")
    assert module.write_anew(engine, night=False)
    assert left() == []
    engine.dispose()


@DATABASES
def test_a_large_file_is_written_anew_by_night_only(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANEW_AT_ONCE_BYTES", 4096)
    left = moved_and_erased(module, tmp_path / "one.db")
    engine = module.open_engine(f"sqlite:///{tmp_path}/one.db")
    assert not module.write_anew(engine, night=False)
    assert left() != []
    assert module.write_anew(engine, night=True)
    assert left() == []
    engine.dispose()


@DATABASES
def test_a_file_that_somebody_writes_is_written_anew_another_time(module: Any, tmp_path: Path) -> None:
    left = moved_and_erased(module, tmp_path / "one.db")
    engine = module.open_engine(f"sqlite:///{tmp_path}/one.db")
    with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not module.write_anew(engine, night=False)
        other.execute("COMMIT")
    assert module.write_anew(engine, night=False)
    assert left() == []
    engine.dispose()


@DATABASES
def test_a_file_that_somebody_reads_is_written_anew_once_and_its_log_emptied_later(module: Any, tmp_path: Path) -> None:
    left = moved_and_erased(module, tmp_path / "one.db")
    engine = module.open_engine(f"sqlite:///{tmp_path}/one.db")
    with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM said").fetchall()
        assert module.write_anew(engine, night=False)
        other.execute("COMMIT")
    assert module.overwrite_log(engine)
    assert left() == []
    engine.dispose()


@pytest.mark.sqlite
def test_the_collector_s_file_is_written_anew_when_something_changed_and_once_a_night(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[bool] = []

    def write_anew(engine: Any, *, night: bool) -> bool:
        times.append(night)
        return collector_database.write_anew(engine, night=night)

    monkeypatch.setattr(collector_store, "write_anew", write_anew)
    house.on(date(2026, 12, 1))
    house.purge()
    house.purge()
    assert len(times) == 1
    house.open(date(2026, 12, 31))
    house.purge()
    assert len(times) == 2


def test_mails_written_as_files_are_erased_after_some_days(hub: Hub, clock: Clock, tmp_path: Path) -> None:
    outbox = hub.settings.data_dir / "outbox"
    outbox.mkdir()
    for name, days in (("old.eml", 8), (".half-written", 8), ("new.eml", 6)):
        (outbox / name).write_text("À une adresse, avec un lien.")
        moment = clock().timestamp() - days * 86_400
        os.utime(outbox / name, (moment, moment))
    hub.collector.purge()
    assert [path.name for path in outbox.iterdir()] == ["new.eml"]
