"""News that people get without asking: a centre's week, its replies and doubts, a queue that ages. Never twice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from syndication import worker
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.context import Hub
from syndication.database import writing
from syndication.digests.owing import monday
from syndication.digests.store import VERBATIM
from syndication.doubts import store as doubts
from syndication.instants import PARIS
from syndication.letters import store as letters
from syndication.replies import store as replies
from tests.collector.post import parsed
from tests.conftest import LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Clock
from tests.syndication.test_publication import publish_everything

Answer = Callable[..., None]
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=PARIS)
LEA, ZOE, NOE = "lea@exemple.fr", "zoe@exemple.fr", "noe@exemple.fr"


def know(hub: Hub, email: str, *centres: str, role: str = "cfa", stopped: str = "") -> None:
    with writing(hub.engine).begin() as connection:
        ids: list[int | None] = [catalogue.centres_by_code(connection, Code("uai", uai))[0].id for uai in centres]
        for number in ids or [None]:
            person = accounts.grant(connection, Grant(email, role, number), "essai", hub.clock())
        if stopped:
            assert letters.set_stopped(connection, person, stopped, stopped=True)


def mails(hub: Hub) -> dict[str, list[EmailMessage]]:
    """What leaves now, by address; what left before is gone."""
    worker.letter_courier(hub).hand_over()
    folder = hub.settings.data_dir / "outbox"
    found: dict[str, list[EmailMessage]] = {}
    for path in sorted(folder.glob("*.eml")) if folder.is_dir() else ():
        message = parsed(path.read_bytes())
        found.setdefault(str(message["to"]), []).append(message)
        path.unlink()
    return found


def said(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\u00a0", " ").replace("\r\n", "\n")


@pytest.fixture
def weekly(hub: Hub, clock: Clock, answer: Answer) -> Clock:
    """A service that has run for a while: texts of the centre of Paris were published on Tuesday."""
    worker.owe_letters(hub)
    answer(6)
    publish_everything(hub)
    return clock


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2026-11-30T07:59", "2026-11-23"), ("2026-11-30T08:00", "2026-11-30"), ("2026-12-06T23:59", "2026-11-30"),
     ("2026-03-29T12:00", "2026-03-23"), ("2026-03-30T08:00", "2026-03-30")],
)  # fmt: skip
def test_a_week_ends_on_monday_at_eight_in_paris_summer_and_winter(now: str, expected: str) -> None:
    found = monday(datetime.fromisoformat(now).replace(tzinfo=PARIS))
    assert (found.date().isoformat(), found.hour) == (expected, 8)


def test_a_centre_s_week_is_told_on_monday_morning_to_each_of_its_people_once(hub: Hub, weekly: Clock) -> None:
    know(hub, LEA, PARIS_CENTRE)
    know(hub, ZOE, PARIS_CENTRE, LYON_CENTRE)
    know(hub, NOE, LYON_CENTRE)
    weekly.moment = MONDAY - timedelta(minutes=1)
    worker.owe_letters(hub)
    assert mails(hub) == {}
    weekly.moment = MONDAY
    assert worker.owe_letters(hub) == 2
    assert worker.owe_letters(hub) == 0
    sent = mails(hub)
    assert {address: len(found) for address, found in sent.items()} == {LEA: 1, ZOE: 1}
    (message,) = sent[LEA]
    assert message["subject"] == "Votre semaine sur Sirius\u00a0: CFA Exemple des Batignolles"
    body = said(message)
    assert "du 23 novembre 2026 au 29 novembre 2026" in body
    assert "- 12 avis publiés" in body
    assert f"/cfa/{PARIS_CENTRE}/avis" in body
    assert "/mails/" in body
    assert "Croix-Rousse" not in said(sent[ZOE][0])
    assert "Va voir les patrons" not in body
    weekly.moment = MONDAY + timedelta(days=6, hours=23)
    assert worker.owe_letters(hub) == 0
    weekly.moment = MONDAY + timedelta(days=7)
    assert worker.owe_letters(hub) == 0


@pytest.mark.parametrize(
    ("at", "monday_s", "next_one"),
    [("2026-11-22T23:59", 0, 0), ("2026-11-23T00:00", 1, 0), ("2026-11-29T23:59", 1, 0), ("2026-11-30T00:00", 0, 1),
     ("2026-11-30T07:59", 0, 1)],
)  # fmt: skip
def test_a_week_counts_the_days_that_it_names_and_no_hour_of_another(
    hub: Hub, weekly: Clock, at: str, monday_s: int, next_one: int
) -> None:
    know(hub, LEA, PARIS_CENTRE)
    with writing(hub.engine).begin() as connection:
        connection.execute(update(VERBATIM).values(published_at=datetime.fromisoformat(at).replace(tzinfo=PARIS)))
    weekly.moment = MONDAY
    assert worker.owe_letters(hub) == monday_s
    weekly.moment = MONDAY + timedelta(days=7)
    assert worker.owe_letters(hub) == next_one


def test_a_late_start_tells_the_week_all_the_same_and_two_processes_tell_it_once(hub: Hub, weekly: Clock) -> None:
    know(hub, LEA, PARIS_CENTRE)
    weekly.moment = MONDAY + timedelta(days=2)
    assert [worker.owe_letters(hub) for _ in range(3)] == [1, 0, 0]
    assert len(mails(hub)[LEA]) == 1


def test_a_week_in_which_no_process_ran_is_told_with_the_next(hub: Hub, weekly: Clock) -> None:
    know(hub, LEA, PARIS_CENTRE)
    weekly.moment = MONDAY + timedelta(days=7)
    assert [worker.owe_letters(hub) for _ in range(2)] == [1, 0]
    ((message,),) = mails(hub).values()
    assert "du 23 novembre 2026 au 6 décembre 2026" in said(message)
    assert "- 12 avis publiés" in said(message)


def test_a_service_that_has_just_been_installed_owes_no_past_week(hub: Hub, clock: Clock, answer: Answer) -> None:
    answer(6)
    publish_everything(hub)
    know(hub, LEA, PARIS_CENTRE)
    clock.moment = MONDAY
    assert worker.owe_letters(hub) == 0


def test_who_stopped_the_week_gets_none_and_their_colleague_does(hub: Hub, weekly: Clock) -> None:
    know(hub, LEA, PARIS_CENTRE, stopped="hebdo")
    know(hub, ZOE, PARIS_CENTRE)
    weekly.moment = MONDAY
    assert worker.owe_letters(hub) == 1
    assert list(mails(hub)) == [ZOE]


def reply(hub: Hub, wished: str, reason: str = "") -> str:
    """A reply to the first text of the centre of Paris, read."""
    with writing(hub.engine).begin() as connection:
        centre = catalogue.centres_by_code(connection, Code("uai", PARIS_CENTRE))[0]
        text = hub.publisher.require(None, PARIS_CENTRE).verbatims[0].id
        replies.write(connection, text, centre.id, "Merci à vous.", centre.name, LEA, hub.clock())
        replies.judge(connection, text, 1, wished, reason, "moderation", hub.clock())
    return text


def test_a_reply_that_was_read_is_told_at_once_and_in_the_week(hub: Hub, weekly: Clock) -> None:
    know(hub, LEA, PARIS_CENTRE)
    text = reply(hub, "publie")
    (message,) = mails(hub)[LEA]
    assert message["subject"] == "Votre réponse est publiée\u00a0: CFA Exemple des Batignolles"
    assert f"/cfa/{PARIS_CENTRE}/avis/{text}" in said(message)
    assert "Merci à vous" not in said(message)
    weekly.moment = MONDAY
    worker.owe_letters(hub)
    assert "- 1 réponse de votre centre publiée" in said(mails(hub)[LEA][0])


def test_a_refused_reply_tells_why(hub: Hub, weekly: Clock) -> None:
    know(hub, LEA, PARIS_CENTRE)
    know(hub, ZOE, PARIS_CENTRE, stopped="reponse")
    reply(hub, "refuse", "publicite")
    sent = mails(hub)
    assert list(sent) == [LEA]
    assert sent[LEA][0]["subject"] == "Votre réponse n'a pas été publiée\u00a0: CFA Exemple des Batignolles"
    assert "fait de la publicité ou contient un lien" in said(sent[LEA][0])


@pytest.mark.parametrize(("founded", "sentence"), [(True, "Le doute est fondé"), (False, "Le doute n'est pas fondé")])
def test_the_outcome_of_a_doubt_is_told(hub: Hub, weekly: Clock, founded: bool, sentence: str) -> None:
    know(hub, LEA, PARIS_CENTRE)
    with writing(hub.engine).begin() as connection:
        centre = catalogue.centres_by_code(connection, Code("uai", PARIS_CENTRE))[0]
        text = hub.publisher.require(None, PARIS_CENTRE).verbatims[0].id
        number = doubts.report(connection, text, centre.id, "Personne ici ne fait ce métier.", LEA, hub.clock())
        doubts.decide(connection, number, founded, "Nous avons relu\nl'invitation.", "moderation", hub.clock())
    (message,) = mails(hub)[LEA]
    assert message["subject"] == "Votre doute sur un avis a été examiné\u00a0: CFA Exemple des Batignolles"
    assert sentence in said(message)
    assert "> Nous avons relu\n> l'invitation." in said(message)
    assert f"/cfa/{PARIS_CENTRE}/avis#doutes" in said(message)


# -- a queue that ages -----------------------------------------------------------------------------------------------


def test_moderators_are_told_once_a_day_that_texts_wait(hub: Hub, clock: Clock, answer: Answer) -> None:
    know(hub, LEA, role="moderator")
    know(hub, ZOE, role="admin")
    know(hub, NOE, LYON_CENTRE)
    know(hub, "stop@exemple.fr", role="moderator", stopped="file")
    answer(2)
    clock.moment += timedelta(days=10)
    assert worker.owe_letters(hub) == 0
    clock.moment += timedelta(days=1)
    assert worker.owe_letters(hub) == 2
    clock.moment += timedelta(hours=11)
    assert worker.owe_letters(hub) == 0
    sent = mails(hub)
    assert sorted(sent) == [LEA, ZOE]
    message = sent[LEA][0]
    assert message["subject"] == "Des textes attendent depuis 11 jours"
    assert "4 textes attendent d'être lus" in said(message)
    assert "il reste 19 jours" in said(message)
    assert "/moderation" in said(message)
    clock.moment += timedelta(hours=6)
    assert worker.owe_letters(hub) == 0  # five in the morning
    clock.moment += timedelta(hours=3)
    assert worker.owe_letters(hub) == 2
    assert "depuis 12 jours" in str(mails(hub)[LEA][0]["subject"])
    publish_everything(hub)
    clock.moment += timedelta(days=1)
    assert worker.owe_letters(hub) == 0


def test_moderators_are_told_that_a_reply_waits_for_more_than_five_days(hub: Hub, weekly: Clock) -> None:
    know(hub, LEA, role="moderator")
    with writing(hub.engine).begin() as connection:
        centre = catalogue.centres_by_code(connection, Code("uai", PARIS_CENTRE))[0]
        text = hub.publisher.require(None, PARIS_CENTRE).verbatims[0].id
        replies.write(connection, text, centre.id, "Merci.", centre.name, "paris@exemple.fr", hub.clock())
    weekly.moment += timedelta(days=5)
    assert worker.owe_letters(hub) == 0
    weekly.moment += timedelta(days=1)
    assert worker.owe_letters(hub) == 1
    message = mails(hub)[LEA][0]
    assert message["subject"] == "Des réponses de centres attendent depuis 6 jours"
    assert "1 réponse de centre attend d'être lues" not in said(message)
    assert "/moderation/centres" in said(message)


def test_a_month_that_is_over_is_told_as_such(hub: Hub, clock: Clock, answer: Answer) -> None:
    know(hub, LEA, role="moderator")
    answer(1)
    clock.moment += timedelta(days=31)
    worker.owe_letters(hub)
    assert "ce mois est passé" in said(mails(hub)[LEA][0])
