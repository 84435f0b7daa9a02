"""SQL of readers' gestures."""

from datetime import datetime

from sqlalchemy import Connection, case, delete, func, select, update

from syndication import models, store
from syndication.database import insert_new, table

GESTURE = table(models.Gesture)
SECRET = table(models.GestureSecret)
VERBATIM = table(models.Verbatim)
BATCH = 5000


def is_published(connection: Connection, verbatim: str) -> bool:
    """True when a text is before the public."""
    query = select(VERBATIM.c.id).where(VERBATIM.c.id == verbatim, VERBATIM.c.status == "publie")
    return connection.execute(query).first() is not None


def secret_of(connection: Connection, month: str, fresh: str) -> str:
    """The secret of a month: the one kept, or ``fresh`` from now on."""
    insert_new(connection, SECRET, [{"month": month, "secret": fresh}])
    return str(connection.execute(select(SECRET.c.secret).where(SECRET.c.month == month)).scalar_one())


def keep(connection: Connection, mark: str, month: str, verbatim: str, useful: bool) -> None:
    """Keep a gesture, unless the same reader has made one before this text."""
    row = {"mark": mark, "month": month, "verbatim_id": verbatim, "useful": useful, "counted": False}
    insert_new(connection, GESTURE, [row])


def count(connection: Connection, now: datetime) -> int:
    """Add gestures to what is shown of their texts, and erase what past months leave; gives how many were counted."""
    marks = connection.execute(select(GESTURE.c.mark).where(~GESTURE.c.counted).limit(BATCH)).scalars().all()
    if marks:
        useful = func.sum(case((GESTURE.c.useful, 1), else_=0))
        query = select(GESTURE.c.verbatim_id, useful, func.count()).where(~GESTURE.c.counted, GESTURE.c.mark.in_(marks))
        for verbatim, good, total in connection.execute(query.group_by(GESTURE.c.verbatim_id)).all():
            _add(connection, verbatim, good, total - good, now)
        connection.execute(update(GESTURE).where(GESTURE.c.mark.in_(marks)).values(counted=True))
    month = now.strftime("%Y-%m")
    connection.execute(delete(GESTURE).where(GESTURE.c.month < month, GESTURE.c.counted))
    connection.execute(delete(SECRET).where(SECRET.c.month < month))
    return len(marks)


def _add(connection: Connection, verbatim: str, useful: int, useless: int, now: datetime) -> None:
    changed = update(VERBATIM).where(VERBATIM.c.id == verbatim, VERBATIM.c.status == "publie")
    counts = {
        "useful": VERBATIM.c.useful + useful,
        "useless": VERBATIM.c.useless + useless,
        "usefulness": VERBATIM.c.usefulness + useful - useless,
    }
    connection.execute(changed.values(counts))
    scope = select(VERBATIM.c.formation_id, VERBATIM.c.centre_id).where(VERBATIM.c.id == verbatim)
    row = connection.execute(scope).one()
    store.note_changes(connection, [], now, {verbatim: (row.formation_id, row.centre_id)})
