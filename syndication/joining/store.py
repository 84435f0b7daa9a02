"""SQL of requests to take part. A decision is a conditional update: of two who decide, one does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from syndication import models
from syndication.database import table
from syndication.errors import AccessConflict

REQUEST = table(models.JoinRequest)
CENTRE = table(models.Centre)
WAITING = "attente"
KEPT = timedelta(days=365)
"""How long a request is kept once it was decided."""


@dataclass(frozen=True, slots=True)
class JoinRow:
    """Somebody asks that a centre takes part."""

    id: int
    email: str
    name: str
    centre_id: int
    centre: str
    city: str
    message: str
    asked_at: datetime


def add(connection: Connection, email: str, name: str, centre_id: int, message: str, now: datetime) -> bool:
    """Keep a request; False when the same one waits already."""
    same = select(REQUEST.c.id).where(
        REQUEST.c.email == email, REQUEST.c.centre_id == centre_id, REQUEST.c.state == WAITING
    )
    if connection.execute(same).first() is not None:
        return False
    row = {"email": email, "name": name, "centre_id": centre_id, "message": message, "asked_at": now}
    connection.execute(insert(REQUEST).values(**row, state=WAITING, reason=""))
    return True


def waiting(connection: Connection, limit: int) -> list[JoinRow]:
    """Requests that nobody has decided, the oldest first."""
    query = (
        select(
            REQUEST.c.id, REQUEST.c.email, REQUEST.c.name, REQUEST.c.centre_id, CENTRE.c.name.label("centre"),
            CENTRE.c.city, REQUEST.c.message, REQUEST.c.asked_at,
        )
        .join(CENTRE, CENTRE.c.id == REQUEST.c.centre_id)
        .where(REQUEST.c.state == WAITING)
    )  # fmt: skip
    return [JoinRow(*row) for row in connection.execute(query.order_by(REQUEST.c.asked_at, REQUEST.c.id).limit(limit))]


def count_waiting(connection: Connection) -> int:
    """How many requests nobody has decided."""
    return connection.execute(select(func.count()).select_from(REQUEST).where(REQUEST.c.state == WAITING)).scalar_one()


def decide(connection: Connection, request_id: int, state: str, reason: str, by: str, now: datetime) -> tuple[str, int]:
    """Accept or refuse a request: gives whose it is and for which centre; raises AccessConflict when it waits no
    more."""
    decided = connection.execute(
        update(REQUEST)
        .where(REQUEST.c.id == request_id, REQUEST.c.state == WAITING)
        .values(state=state, reason=reason, decided_by=by, decided_at=now)
    )
    if decided.rowcount != 1:
        raise AccessConflict(
            "Cette demande n'attend plus\u00a0: quelqu'un vient de répondre, ou la page a été envoyée deux fois."
        )
    row = connection.execute(select(REQUEST.c.email, REQUEST.c.centre_id).where(REQUEST.c.id == request_id)).one()
    return row.email, row.centre_id


def forget(connection: Connection, now: datetime) -> int:
    """Erase requests that were decided long ago; gives how many."""
    return connection.execute(delete(REQUEST).where(REQUEST.c.decided_at < now - KEPT)).rowcount
