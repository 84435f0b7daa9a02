"""SQL of people, of what they may open, of sign-in links and sessions; only hashes of what opens a door are stored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from syndication import models
from syndication.database import table

PERSON = table(models.Person)
ACCESS = table(models.Access)
LINK = table(models.SignInLink)
SESSION = table(models.Session)


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody is given: a role, for a centre (``cfa``) or within a scope (``observer``)."""

    email: str
    role: str
    centre_id: int | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Something that a person may open now."""

    id: int
    role: str
    centre_id: int | None
    scope: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody known, with what they may open now."""

    id: int
    email: str
    name: str
    stopped: tuple[str, ...]
    accesses: tuple[Access, ...]

    def may(self, *roles: str) -> bool:
        """True when they have one of these roles; who administers also moderates."""
        held = {access.role for access in self.accesses}
        return bool(held & set(roles)) or ("moderator" in roles and "admin" in held)

    def may_open(self, centre_id: int) -> bool:
        """True when they belong to a centre."""
        return any(access.role == "cfa" and access.centre_id == centre_id for access in self.accesses)

    @property
    def centre_ids(self) -> tuple[int, ...]:
        """The centres they belong to."""
        return tuple(access.centre_id for access in self.accesses if access.role == "cfa" and access.centre_id)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What they may observe."""
        return tuple(access.scope for access in self.accesses if access.role == "observer")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as its owner sees it."""

    number: str
    device: str
    created_at: datetime
    expires_at: datetime
    current: bool


# -- people and what they may open -----------------------------------------------------------------------------------


def grant(connection: Connection, given: Grant, by: str, now: datetime) -> int:
    """Give somebody an access, unless they have it; gives the person's id, who is made known when they were not."""
    email = given.email.lower()
    person_id = connection.execute(select(PERSON.c.id).where(PERSON.c.email == email)).scalar()
    if person_id is None:
        fresh = insert(PERSON).values(email=email, name="", stopped=[], created_at=now).returning(PERSON.c.id)
        person_id = connection.execute(fresh).scalar_one()
    held = select(ACCESS.c.id).where(
        ACCESS.c.person_id == person_id, ACCESS.c.role == given.role, ACCESS.c.scope == given.scope,
        ACCESS.c.centre_id.is_not_distinct_from(given.centre_id), ACCESS.c.ended_at.is_(None),
    )  # fmt: skip
    if connection.execute(held).first() is None:
        connection.execute(
            insert(ACCESS).values(
                person_id=person_id, role=given.role, centre_id=given.centre_id, scope=given.scope, granted_by=by,
                granted_at=now,
            )
        )  # fmt: skip
    return int(person_id)


def end_access(connection: Connection, access_id: int, by: str, now: datetime) -> bool:
    """End an access; False when it had ended or never was. Who has none left is signed out everywhere."""
    ended = connection.execute(
        update(ACCESS).where(ACCESS.c.id == access_id, ACCESS.c.ended_at.is_(None)).values(ended_by=by, ended_at=now)
    )
    if ended.rowcount != 1:
        return False
    person_id = connection.execute(select(ACCESS.c.person_id).where(ACCESS.c.id == access_id)).scalar_one()
    left = select(ACCESS.c.id).where(ACCESS.c.person_id == person_id, ACCESS.c.ended_at.is_(None))
    if connection.execute(left).first() is None:
        connection.execute(delete(SESSION).where(SESSION.c.person_id == person_id))
        connection.execute(delete(LINK).where(LINK.c.person_id == person_id, LINK.c.used_at.is_(None)))
    return True


def set_name(connection: Connection, person_id: int, name: str) -> None:
    """Keep what somebody is called."""
    connection.execute(update(PERSON).where(PERSON.c.id == person_id).values(name=name))


def person(connection: Connection, person_id: int) -> Person | None:
    """The person under an id, or None."""
    found = people(connection, [person_id])
    return found[0] if found else None


def person_by_email(connection: Connection, email: str) -> Person | None:
    """The person who has an address, or None."""
    person_id = connection.execute(select(PERSON.c.id).where(PERSON.c.email == email.lower())).scalar()
    return person(connection, person_id) if person_id is not None else None


def people_with(connection: Connection, *roles: str, centre_id: int | None = None) -> list[Person]:
    """People who have one of these roles now, for one centre when it is given, by address."""
    query = select(ACCESS.c.person_id).distinct().where(ACCESS.c.role.in_(roles), ACCESS.c.ended_at.is_(None))
    if centre_id is not None:
        query = query.where(ACCESS.c.centre_id == centre_id)
    return people(connection, list(connection.execute(query).scalars()))


def people(connection: Connection, ids: Sequence[int]) -> list[Person]:
    """Some people, by address, each with what they may open now."""
    accesses: dict[int, list[Access]] = defaultdict(list)
    held = select(ACCESS).where(ACCESS.c.person_id.in_(ids), ACCESS.c.ended_at.is_(None)).order_by(ACCESS.c.id)
    for row in connection.execute(held):
        accesses[row.person_id].append(Access(row.id, row.role, row.centre_id, row.scope))
    rows = connection.execute(select(PERSON).where(PERSON.c.id.in_(ids)).order_by(PERSON.c.email))
    return [Person(row.id, row.email, row.name, tuple(row.stopped), tuple(accesses[row.id])) for row in rows]


# -- links and sessions ----------------------------------------------------------------------------------------------


def add_link(connection: Connection, token_hash: str, person_id: int, lands: str, expires_at: datetime) -> None:
    """Store a sign-in link."""
    connection.execute(
        insert(LINK).values(token_hash=token_hash, person_id=person_id, lands=lands, expires_at=expires_at)
    )


def count_open_links(connection: Connection, person_id: int, now: datetime) -> int:
    """How many links somebody may still use."""
    alive = (LINK.c.person_id == person_id, LINK.c.used_at.is_(None), LINK.c.expires_at > now)
    return connection.execute(select(func.count()).select_from(LINK).where(*alive)).scalar_one()


def forget_link(connection: Connection, token_hash: str) -> None:
    """Erase a link that nobody received."""
    connection.execute(delete(LINK).where(LINK.c.token_hash == token_hash))


def link_is_open(connection: Connection, token_hash: str, now: datetime) -> bool:
    """True when a link exists, was not used and has not expired."""
    query = select(LINK.c.token_hash).where(
        LINK.c.token_hash == token_hash, LINK.c.used_at.is_(None), LINK.c.expires_at > now
    )
    return connection.execute(query).first() is not None


def use_link(connection: Connection, token_hash: str, now: datetime) -> tuple[int, str] | None:
    """Spend a link, once: of any number who try, one gets the person's id and where it leads, the others None."""
    spent = connection.execute(
        update(LINK)
        .where(LINK.c.token_hash == token_hash, LINK.c.used_at.is_(None), LINK.c.expires_at > now)
        .values(used_at=now)
    )
    if spent.rowcount != 1:
        return None
    row = connection.execute(select(LINK).where(LINK.c.token_hash == token_hash)).one()
    return row.person_id, row.lands


def add_session(
    connection: Connection, token_hash: str, number: str, person_id: int, device: str, now: datetime, until: datetime
) -> None:
    """Store a session, and drop the sessions and links whose time is over."""
    connection.execute(delete(SESSION).where(SESSION.c.expires_at <= now))
    connection.execute(delete(LINK).where(LINK.c.expires_at <= now))
    connection.execute(
        insert(SESSION).values(
            token_hash=token_hash, number=number, person_id=person_id, device=device, created_at=now, expires_at=until
        )
    )


def person_of(connection: Connection, token_hash: str, now: datetime) -> Person | None:
    """Who holds a session, or None."""
    query = select(SESSION.c.person_id).where(SESSION.c.token_hash == token_hash, SESSION.c.expires_at > now)
    person_id = connection.execute(query).scalar()
    return person(connection, person_id) if person_id is not None else None


def sessions(connection: Connection, person_id: int, current_hash: str, now: datetime) -> list[SessionRow]:
    """A person's sessions that have not ended, the newest first; ``current_hash`` is the one that asks."""
    query = select(SESSION).where(SESSION.c.person_id == person_id, SESSION.c.expires_at > now)
    return [
        SessionRow(row.number, row.device, row.created_at, row.expires_at, row.token_hash == current_hash)
        for row in connection.execute(query.order_by(SESSION.c.created_at.desc(), SESSION.c.number))
    ]


def end_session(connection: Connection, token_hash: str) -> None:
    """Sign out."""
    connection.execute(delete(SESSION).where(SESSION.c.token_hash == token_hash))


def end_numbered_session(connection: Connection, person_id: int, number: str) -> bool:
    """End one of a person's own sessions; False when it is not theirs, or has ended."""
    ended = connection.execute(delete(SESSION).where(SESSION.c.person_id == person_id, SESSION.c.number == number))
    return ended.rowcount == 1


def end_other_sessions(connection: Connection, person_id: int, current_hash: str) -> int:
    """End all of a person's sessions but the one that asks; gives how many."""
    others = delete(SESSION).where(SESSION.c.person_id == person_id, SESSION.c.token_hash != current_hash)
    return connection.execute(others).rowcount
