"""SQL of sign-in links and sessions; only hashes of what opens a door are stored."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from syndication import models
from syndication.database import table

LINK = table(models.SignInLink)
SESSION = table(models.Session)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in; a CFA's person belongs to a centre."""

    email: str
    role: str
    centre_id: int | None


def add_link(connection: Connection, token_hash: str, person: Person, expires_at: datetime) -> None:
    """Store a sign-in link."""
    connection.execute(
        insert(LINK).values(
            token_hash=token_hash, email=person.email, role=person.role, centre_id=person.centre_id,
            expires_at=expires_at,
        )
    )  # fmt: skip


def link_is_open(connection: Connection, token_hash: str, now: datetime) -> bool:
    """True when a link exists, was not used and has not expired."""
    query = select(LINK.c.token_hash).where(
        LINK.c.token_hash == token_hash, LINK.c.used_at.is_(None), LINK.c.expires_at > now
    )
    return connection.execute(query).first() is not None


def use_link(connection: Connection, token_hash: str, now: datetime) -> Person | None:
    """Spend a link, once: of any number who try, one gets the person, the others None."""
    spent = connection.execute(
        update(LINK)
        .where(LINK.c.token_hash == token_hash, LINK.c.used_at.is_(None), LINK.c.expires_at > now)
        .values(used_at=now)
    )
    if spent.rowcount != 1:
        return None
    row = connection.execute(select(LINK).where(LINK.c.token_hash == token_hash)).one()
    return Person(row.email, row.role, row.centre_id)


def add_session(connection: Connection, token_hash: str, person: Person, now: datetime, expires_at: datetime) -> None:
    """Store a session, and drop those that have ended."""
    connection.execute(delete(SESSION).where(SESSION.c.expires_at <= now))
    connection.execute(
        insert(SESSION).values(
            token_hash=token_hash, email=person.email, role=person.role, centre_id=person.centre_id,
            created_at=now, expires_at=expires_at,
        )
    )  # fmt: skip


def person_of(connection: Connection, token_hash: str, now: datetime) -> Person | None:
    """Who holds a session, or None."""
    query = select(SESSION.c.email, SESSION.c.role, SESSION.c.centre_id)
    row = connection.execute(query.where(SESSION.c.token_hash == token_hash, SESSION.c.expires_at > now)).first()
    return Person(*row) if row else None


def end_session(connection: Connection, token_hash: str) -> None:
    """Sign out."""
    connection.execute(delete(SESSION).where(SESSION.c.token_hash == token_hash))
