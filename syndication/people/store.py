"""SQL of accesses as those who give and end them see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, exists, func, literal, or_, select, union_all

from syndication import models
from syndication.accounts import store as accounts
from syndication.database import table
from syndication.errors import AccessConflict, AccessRefused

PERSON = table(models.Person)
ACCESS = table(models.Access)
CENTRE = table(models.Centre)
_HELD = ACCESS.c.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class AccessRow:
    """An access that somebody has now: of whom, what for, since when and from whom."""

    id: int
    person_id: int
    email: str
    name: str
    role: str
    scope: str
    centre_id: int | None
    centre: str
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody with what they may open now, the latest given last."""

    id: int
    email: str
    name: str
    accesses: tuple[AccessRow, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """An access was given, or ended (``ended``): when, by whom, whose, what for."""

    at: datetime
    ended: bool
    by: str
    email: str
    role: str
    scope: str
    centre: str


def _accesses() -> Select[Any]:
    columns = (
        ACCESS.c.id, ACCESS.c.person_id, PERSON.c.email, PERSON.c.name, ACCESS.c.role, ACCESS.c.scope,
        ACCESS.c.centre_id, func.coalesce(CENTRE.c.name, "").label("centre"), ACCESS.c.granted_by, ACCESS.c.granted_at,
    )  # fmt: skip
    joined = ACCESS.join(PERSON, PERSON.c.id == ACCESS.c.person_id)
    return select(*columns).select_from(joined.outerjoin(CENTRE, CENTRE.c.id == ACCESS.c.centre_id)).where(_HELD)


def _found(role: str, words: str) -> ColumnElement[bool]:
    """The condition on a person that they have a role now (any, when empty) and are called, or belong to, so."""
    condition = exists().where(ACCESS.c.person_id == PERSON.c.id, _HELD, *([ACCESS.c.role == role] if role else []))
    if not words:
        return condition
    like = "%" + words.casefold().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    centres = select(ACCESS.c.person_id).join(CENTRE, CENTRE.c.id == ACCESS.c.centre_id)
    centres = centres.where(_HELD, func.lower(CENTRE.c.name).like(like, escape="\\"))
    named = (column.like(like, escape="\\") for column in (PERSON.c.email, func.lower(PERSON.c.name)))
    return condition & or_(*named, PERSON.c.id.in_(centres))


def people(connection: Connection, role: str, words: str, offset: int, limit: int) -> tuple[list[PersonRow], int]:
    """A page of the people who may open something, by address, and how many there are in all."""
    found = _found(role, words)
    total = connection.execute(select(func.count()).select_from(PERSON).where(found)).scalar_one()
    query = select(PERSON.c.id, PERSON.c.email, PERSON.c.name).where(found).order_by(PERSON.c.email)
    rows = connection.execute(query.offset(offset).limit(limit)).all()
    held: dict[int, list[AccessRow]] = {row.id: [] for row in rows}
    query = _accesses().where(ACCESS.c.person_id.in_(list(held))).order_by(ACCESS.c.id)
    for access in connection.execute(query).mappings():
        held[access["person_id"]].append(_row(access))
    return [PersonRow(row.id, row.email, row.name, tuple(held[row.id])) for row in rows], total


def count_by_role(connection: Connection) -> dict[str, int]:
    """How many people have each role now."""
    query = select(ACCESS.c.role, func.count(ACCESS.c.person_id.distinct())).where(_HELD).group_by(ACCESS.c.role)
    return dict(connection.execute(query).all())


def team(connection: Connection, centre_id: int) -> list[AccessRow]:
    """Who belongs to a centre now, the first to come first."""
    query = _accesses().where(ACCESS.c.role == "cfa", ACCESS.c.centre_id == centre_id)
    return [_row(row) for row in connection.execute(query.order_by(ACCESS.c.granted_at, ACCESS.c.id)).mappings()]


def held(connection: Connection, access_id: int) -> AccessRow | None:
    """An access that somebody has now, or None."""
    row = connection.execute(_accesses().where(ACCESS.c.id == access_id)).mappings().first()
    return _row(row) if row else None


def end(connection: Connection, access: AccessRow, by: str, now: datetime) -> None:
    """End an access; raises AccessRefused for the last one who administers, AccessConflict when it had ended."""
    if access.role == "admin" and len(accounts.people_with(connection, "admin")) == 1:
        raise AccessRefused(
            "C'est le dernier accès d'administration\u00a0: sans lui, plus personne ne pourrait en donner. "
            "Donnez-en d'abord un à quelqu'un d'autre."
        )
    if not accounts.end_access(connection, access.id, by, now):
        raise AccessConflict("Cet accès était déjà fini.")


def acts(connection: Connection, offset: int, limit: int) -> list[Act]:
    """What was given and ended, the latest first."""
    joined = ACCESS.join(PERSON, PERSON.c.id == ACCESS.c.person_id)
    joined = joined.outerjoin(CENTRE, CENTRE.c.id == ACCESS.c.centre_id)
    centre = func.coalesce(CENTRE.c.name, "").label("centre")
    shared = (ACCESS.c.id, PERSON.c.email, ACCESS.c.role, ACCESS.c.scope, centre)
    given = select(ACCESS.c.granted_at.label("at"), ACCESS.c.granted_by.label("by"), *shared).select_from(joined)
    ended = select(ACCESS.c.ended_at, ACCESS.c.ended_by, *shared).select_from(joined).where(~_HELD)
    both = union_all(given.add_columns(_flag(0)), ended.add_columns(_flag(1))).subquery()
    query = select(both).order_by(both.c.at.desc(), both.c.ended.desc(), both.c.id.desc()).offset(offset).limit(limit)
    return [
        Act(row.at, bool(row.ended), row.by or "", row.email, row.role, row.scope, row.centre)
        for row in connection.execute(query)
    ]


def count_acts(connection: Connection) -> int:
    """How many times an access was given or ended."""
    query = select(func.count(), func.count(ACCESS.c.ended_at)).select_from(ACCESS)
    given, ended = connection.execute(query).one()
    return int(given) + int(ended)


def _row(row: RowMapping) -> AccessRow:
    return AccessRow(**row)


def _flag(value: int) -> ColumnElement[int]:
    return literal(value).label("ended")
