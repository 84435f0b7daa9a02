"""SQL of the mails that are owed. Claims are conditional updates whose row count is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, update

from syndication import models
from syndication.database import insert_one, table
from syndication.letters.kinds import KINDS

LETTER = table(models.Letter)
PERSON = table(models.Person)
LEASE = timedelta(minutes=5)
"""How long a process may keep a mail that it claimed: longer than a server may take over one."""
REST = timedelta(hours=8)
"""More than any mail rests between two attempts."""
REMEMBERED = timedelta(days=60)
"""How long it is remembered that news left, so that they are not owed twice."""
ALERT = "alerte"
LEFT, LOST = "left", "lost"
"""What became of news: they left, or no server took them, or nobody wanted them any more."""
_OVER = (LEFT, LOST)
_URGENT = [name for name, kind in KINDS.items() if kind.urgent]
_AGAIN = [name for name, kind in KINDS.items() if kind.again]


@dataclass(frozen=True, slots=True)
class DueLetter:
    """A mail claimed by this process; ``until`` tells this claim from others: each ends later than the one that it took
    over."""

    id: int
    until: datetime
    kind: str
    address: str
    data: Mapping[str, Any]
    attempts: int


def owe(
    connection: Connection,
    kind: str,
    address: str,
    data: Mapping[str, Any],
    now: datetime,
    once: str | None = None,
) -> bool:
    """Owe somebody a mail, in the caller's transaction; False when one was already owed, or has left, under ``once``.

    ``kind`` is one of KINDS and names its template, ``data`` what it tells, and never a secret. ``once`` is kept for
    a while after the mail has left: it must not tell who it was for. Raises KeyError for an unknown kind.
    """
    KINDS[kind]
    row = {
        "kind": kind, "address": address, "data": dict(data), "once": once, "state": "due", "attempts": 0,
        "not_before": now, "claimed_until": None,
    }  # fmt: skip
    return insert_one(connection, LETTER, row)


def claim(connection: Connection, now: datetime) -> DueLetter | None:
    """Claim the mail that has been due for longest, urgent ones first; None when nothing is due.

    A mail that a process which died was handing over may have left: it is due again when its kind may be sent twice,
    else it counts as sent.
    """
    lost = and_(LETTER.c.state == "handing", _ended(now))
    for letter_id in connection.execute(select(LETTER.c.id).where(lost, LETTER.c.kind.not_in(_AGAIN))).scalars().all():
        settle(connection, letter_id, now)
    connection.execute(update(LETTER).where(lost).values(state="due", claimed_until=None))
    due = or_(LETTER.c.state == "due", and_(LETTER.c.state == "claimed", _ended(now)))
    rested = or_(LETTER.c.not_before <= now, LETTER.c.not_before > now + REST)  # that one: by a clock that was ahead
    rank = case((LETTER.c.kind.in_(_URGENT), 0), else_=1)
    row = connection.execute(
        select(LETTER).where(due, rested).order_by(rank, LETTER.c.not_before, LETTER.c.id).limit(1)
    ).first()
    if row is None:
        return None
    until = now + LEASE
    taken = update(LETTER).where(LETTER.c.id == row.id, due).values(state="claimed", claimed_until=until)
    if connection.execute(taken).rowcount != 1:
        return None
    return DueLetter(row.id, until, row.kind, row.address, row.data, row.attempts)


def begin_handing(connection: Connection, letter: DueLetter, now: datetime) -> bool:
    """The last step before a mail leaves; False when another process has it."""
    taken = update(LETTER).where(*_still(letter, "claimed"), LETTER.c.claimed_until >= now)
    return connection.execute(taken.values(state="handing")).rowcount == 1


def _ended(now: datetime) -> ColumnElement[bool]:
    """That a claim is over. One that ends later than a claim made now was made by a clock that was ahead, and has come
    back: it would last as long as that."""
    return or_(LETTER.c.claimed_until < now, LETTER.c.claimed_until > now + 2 * LEASE)


def _still(letter: DueLetter, *states: str) -> tuple[ColumnElement[bool], ...]:
    """That a mail is in the claim of this process yet: one that was held up may have lost it to another."""
    return LETTER.c.id == letter.id, LETTER.c.state.in_(states), LETTER.c.claimed_until == letter.until


def settle(connection: Connection, letter_id: int, now: datetime, *, left: bool = True) -> None:
    """A mail has ``left``, or never will: its row goes, and of news only what became of them stays."""
    connection.execute(delete(LETTER).where(LETTER.c.id == letter_id, LETTER.c.once.is_(None)))
    husk = {"state": LEFT if left else LOST, "address": "", "data": {}, "not_before": now, "claimed_until": None}
    connection.execute(update(LETTER).where(LETTER.c.id == letter_id).values(husk))


def reached_nobody(connection: Connection, once: str) -> bool:
    """True when mails were owed under names that begin so, and every one of them is lost."""
    states = select(LETTER.c.state).where(LETTER.c.once.startswith(once, autoescape=True)).distinct()
    return connection.execute(states).scalars().all() == [LOST]


def put_off(connection: Connection, letter: DueLetter, until: datetime) -> None:
    """A mail surely did not leave: it is due again later."""
    connection.execute(
        update(LETTER)
        .where(*_still(letter, "claimed", "handing"))
        .values(state="due", claimed_until=None, attempts=letter.attempts + 1, not_before=until)
    )


def forget(connection: Connection, now: datetime) -> int:
    """Erase what became of news long ago; gives how many."""
    old = delete(LETTER).where(LETTER.c.state.in_(_OVER), LETTER.c.not_before < now - REMEMBERED)
    return connection.execute(old).rowcount


def count_as_sent(connection: Connection, now: datetime) -> int:
    """Count as sent every mail that was to leave by now, since it may have; gives how many.

    Alerts are kept: somebody may be in danger, and twice is better than never.
    """
    query = select(LETTER.c.id).where(LETTER.c.state.not_in(_OVER), LETTER.c.not_before <= now, LETTER.c.kind != ALERT)
    doubtful = connection.execute(query).scalars().all()
    for letter_id in doubtful:
        settle(connection, letter_id, now)
    return len(doubtful)


def count_waiting(connection: Connection) -> int:
    """How many mails have not left."""
    query = select(func.count()).select_from(LETTER).where(LETTER.c.state.not_in(_OVER))
    return connection.execute(query).scalar_one()


def address_of(connection: Connection, person_id: int) -> str:
    """The address of somebody, empty when nobody is known under the id."""
    return connection.execute(select(PERSON.c.email).where(PERSON.c.id == person_id)).scalar() or ""


def people(connection: Connection) -> list[tuple[int, str]]:
    """Everybody who may get mails of the hub: id, address."""
    return [(row.id, row.email) for row in connection.execute(select(PERSON.c.id, PERSON.c.email))]


def set_stopped(connection: Connection, person_id: int, kind: str, *, stopped: bool) -> bool:
    """Stop a kind of mail for somebody, or let it come again; False when nobody is known under the id."""
    query = select(PERSON.c.stopped).where(PERSON.c.id == person_id)
    kinds = connection.execute(query).scalar()
    if kinds is None:
        return False
    wished = sorted({*kinds, kind} if stopped else {*kinds} - {kind})
    if wished != list(kinds):
        connection.execute(update(PERSON).where(PERSON.c.id == person_id).values(stopped=wished))
    return True
