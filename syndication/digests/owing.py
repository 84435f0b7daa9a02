"""When news are owed, and to whom: the week of each centre on Monday morning, a queue that ages at most once a day.

What was owed is marked in the same transaction, so that neither a restart nor a second process owes it again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from syndication import store
from syndication.accounts import store as accounts
from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.digests.store import Week, weeks
from syndication.fairness import figures
from syndication.fairness import store as fairness
from syndication.instants import PARIS
from syndication.letters.centres import space_of
from syndication.letters.store import owe
from syndication.own.answers import store as own
from syndication.replies.store import DAYS, LATE_DAYS
from widget.routes import words

WEEKLY, QUEUE = "hebdo", "file"
"""Kinds of mails, and the bookmarks that tell which was owed last."""
LONGEST = timedelta(weeks=8)
"""What a week may tell of, when none was told for long."""
HOUR = 8
"""Hour in Paris from which news are owed."""


def monday(now: datetime) -> datetime:
    """The last Monday at eight o'clock in Paris, until now."""
    local = now.astimezone(PARIS)
    this = local.replace(hour=HOUR, minute=0, second=0, microsecond=0) - timedelta(days=local.weekday())
    return this if this <= local else this - timedelta(days=7)


def is_due(connection: Connection, now: datetime) -> bool:
    """True when something may be owed that has not been looked at; changes nothing."""
    return store.bookmark(connection, WEEKLY) != _week_name(now) or (
        _is_morning(now) and store.bookmark(connection, QUEUE) != _day_name(now)
    )


def owe_letters(connection: Connection, now: datetime, waiting_days: int) -> int:
    """Owe what is due at this moment; gives how many mails. ``waiting_days``: see ``Settings``."""
    return _owe_weeks(connection, now) + _owe_queue(connection, now, waiting_days)


def _owe_weeks(connection: Connection, now: datetime) -> int:
    """The whole days from the last week that was told to last Sunday, to each person of a centre where something
    happened: one week, and those before it in which no process was there to tell.

    A service that has just been installed owes none: nobody waits for it.
    """
    last, name = store.bookmark(connection, WEEKLY), _week_name(now)
    if last == name or not store.turn_bookmark(connection, WEEKLY, last, name) or not last:
        return 0
    end = monday(now).replace(hour=0)
    start = max(datetime.fromisoformat(last).replace(tzinfo=PARIS), end - LONGEST)
    people = [one for one in accounts.people_with(connection, "cfa") if WEEKLY not in one.stopped]
    found = weeks(connection, [centre for one in people for centre in one.centre_ids], start, end)
    told = {centre: _told(connection, centre, week) for centre, week in found.items() if not week.empty}
    days = {"since": words.day(start.date()), "until": words.day(end.date() - timedelta(days=1))}
    return sum(_owe_week(connection, person, told, days, name, now) for person in people)


def _owe_week(
    connection: Connection, person: Person, told: Mapping[int, Any], days: Mapping[str, str], name: str, now: datetime
) -> int:
    centres = [told[centre] for centre in person.centre_ids if centre in told]
    if not centres:
        return 0
    once = f"{WEEKLY}:{name}:{person.id}"
    return owe(connection, WEEKLY, person.email, {**days, "centres": centres}, now, once)


def _told(connection: Connection, centre_id: int, week: Week) -> dict[str, Any]:
    return {
        "name": catalogue.centre(connection, centre_id).name, "path": space_of(connection, centre_id),
        "published": week.published, "replies_published": week.replies_published,
        "replies_refused": week.replies_refused,
    }  # fmt: skip


def _owe_queue(connection: Connection, now: datetime, waiting_days: int) -> int:
    """What waits for too long, and what may tell of danger and was told to a centre alone, to who moderates; from the
    morning on, once a day."""
    last, name = store.bookmark(connection, QUEUE), _day_name(now)
    if last == name or not _is_morning(now) or not store.turn_bookmark(connection, QUEUE, last, name):
        return 0
    waits, today = fairness.waiting(connection), now.astimezone(PARIS).date()
    days, reply_days = waits.days(today), waits.reply_days(today)
    alone = own.count_waiting(connection)
    own_days = alone.days(today)
    if days <= waiting_days and reply_days <= LATE_DAYS and own_days <= waiting_days and not alone.danger:
        return 0
    told = {
        "texts": waits.texts if days > waiting_days else 0, "days": days, "left": max(figures.LIMIT_DAYS - days, 0),
        "replies": waits.replies if reply_days > LATE_DAYS else 0, "reply_days": reply_days, "promised": DAYS,
        "own": alone.texts if own_days > waiting_days or alone.danger else 0, "own_days": own_days,
        "danger": alone.danger,
    }  # fmt: skip
    people: Sequence[Person] = accounts.people_with(connection, "moderator", "admin")
    return sum(
        owe(connection, QUEUE, person.email, told, now, f"{QUEUE}:{name}:{person.id}")
        for person in people
        if QUEUE not in person.stopped
    )


def _is_morning(now: datetime) -> bool:
    return now.astimezone(PARIS).hour >= HOUR


def _week_name(now: datetime) -> str:
    return monday(now).date().isoformat()


def _day_name(now: datetime) -> str:
    return now.astimezone(PARIS).date().isoformat()
