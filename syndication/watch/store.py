"""SQL of what is seen from outside: how much waits, for how long, and how the background work goes."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from collector.door import MAIL_OLDEST, MAILS, SUCCESS, Figures
from syndication import models
from syndication import store as hub
from syndication.corpus.follow import FOLLOWER as CORPUS
from syndication.database import table
from syndication.instants import PARIS
from syndication.intake import FOLLOWER as INTAKE
from syndication.watch import metrics

VERBATIM = table(models.Verbatim)
REPLY = table(models.Reply)
REVIEW = table(models.Review)
OWN_QUESTION = table(models.OwnQuestion)
OWN_TEXT = table(models.OwnText)
DOUBT = table(models.Doubt)
ALERT = table(models.Alert)
JOIN_REQUEST = table(models.JoinRequest)
LETTER = table(models.Letter)
DELIVERY = table(models.Delivery)
WEBHOOK = table(models.Webhook)
BOOKMARK = table(models.Bookmark)
DONE = "done."
"""What begins the bookmark of a step of the background work: when it last succeeded."""
_WAITING: dict[str, tuple[ColumnElement[Any], ColumnElement[bool]]] = {
    "text": (VERBATIM.c.received_on, VERBATIM.c.status == "attente"),
    "reply": (REPLY.c.written_at, REPLY.c.status == "attente"),
    "own_question": (OWN_QUESTION.c.written_at, OWN_QUESTION.c.state == "attente"),
    "own_text": (OWN_TEXT.c.received_on, OWN_TEXT.c.status == "attente"),
    "doubt": (DOUBT.c.reported_at, DOUBT.c.state == "ouvert"),
    "held_review": (REVIEW.c.received_on, REVIEW.c.state == "a_verifier"),
    "join_request": (JOIN_REQUEST.c.asked_at, JOIN_REQUEST.c.state == "attente"),
    "alert": (ALERT.c.raised_at, ALERT.c.state == "ouverte"),
}
"""What waits for people: since when, and what says that it does."""


def intake_cursor(connection: Connection) -> str:
    """The last event of the collector that was taken in; empty at the start."""
    return hub.bookmark(connection, INTAKE)


def keep_successes(connection: Connection, done: Mapping[str, datetime]) -> None:
    """Keep when steps last succeeded."""
    for step, at in done.items():
        hub.move_bookmark(connection, f"{DONE}{step}", at.isoformat())


def read(connection: Connection, now: datetime) -> Figures:
    """Every figure that the hub's database gives."""
    figures: Figures = {metrics.WAITING: {}, metrics.WAITING_OLDEST: {}}
    for what, (since, waits) in _WAITING.items():
        count, oldest = connection.execute(select(func.count(), func.min(since)).where(waits)).one()
        figures[metrics.WAITING][what,] = count
        figures[metrics.WAITING_OLDEST][what,] = _age(oldest, now)
    last = hub.last_change(connection)
    followed = int(hub.bookmark(connection, CORPUS) or 0)
    figures[metrics.CHANGE_LAST] = {(): last}
    figures[metrics.CHANGES_BEHIND] = {(): max(last - followed, 0)}
    figures[metrics.SET_ASIDE] = {(): hub.count_set_aside(connection)}
    figures[SUCCESS] = _successes(connection)
    return figures | _letters(connection, now) | _messages(connection, now)


def _age(since: date | datetime | None, now: datetime) -> float:
    """Seconds since an instant, or since a day, to the day."""
    if since is None:
        return 0
    if isinstance(since, datetime):
        return max((now - since).total_seconds(), 0)
    return max((now.astimezone(PARIS).date() - since) / timedelta(seconds=1), 0)


def _successes(connection: Connection) -> dict[tuple[str, ...], float]:
    query = select(BOOKMARK.c.name, BOOKMARK.c.cursor).where(BOOKMARK.c.name.startswith(DONE, autoescape=True))
    return {
        (row.name.removeprefix(DONE),): datetime.fromisoformat(row.cursor).timestamp()
        for row in connection.execute(query)
    }


def _letters(connection: Connection, now: datetime) -> Figures:
    """The hub's own outbox."""
    due = LETTER.c.state == "due"
    ripe = and_(due, LETTER.c.not_before <= now)
    counts = _counts(
        connection,
        {
            "due": and_(ripe, LETTER.c.attempts == 0),
            "put_off": and_(due, LETTER.c.attempts > 0),
            "later": and_(due, LETTER.c.attempts == 0, LETTER.c.not_before > now),
            "leaving": LETTER.c.state.in_(("claimed", "handing")),
        },
        LETTER.c.state.in_(("due", "claimed", "handing")),
    )
    oldest = connection.execute(select(func.min(LETTER.c.not_before)).where(ripe)).scalar()
    return {
        MAILS: {("hub", state): count for state, count in counts.items()},
        MAIL_OLDEST: {("hub",): _age(oldest, now)},
    }


def _messages(connection: Connection, now: datetime) -> Figures:
    """What is owed to webhooks, and how many of these run."""
    owed, leaving = DELIVERY.c.state == "due", DELIVERY.c.claimed_until > now
    free = DELIVERY.c.claimed_until.is_(None) | (DELIVERY.c.claimed_until <= now)
    counts = _counts(connection, {"due": free, "leaving": leaving}, owed)
    oldest = connection.execute(select(func.min(DELIVERY.c.created_at)).where(owed)).scalar()
    states = _counts(connection, {"running": WEBHOOK.c.state == "actif", "stopped": WEBHOOK.c.state == "arrete"})
    return {
        metrics.MESSAGES: {(state,): count for state, count in counts.items()},
        metrics.MESSAGE_OLDEST: {(): _age(oldest, now)},
        metrics.WEBHOOKS: {(state,): count for state, count in states.items()},
    }


def _counts(
    connection: Connection, wanted: Mapping[str, ColumnElement[bool]], among: ColumnElement[bool] | None = None
) -> dict[str, int]:
    """How many rows of a table, those that are ``among`` what an index finds, are in each state."""
    sums = (func.coalesce(func.sum(case((test, 1), else_=0)), 0).label(name) for name, test in wanted.items())
    query = select(*sums) if among is None else select(*sums).where(among)
    row = connection.execute(query).mappings().one()
    return {name: int(row[name]) for name in wanted}
