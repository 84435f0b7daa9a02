"""SQL of alerts: raised with a mail to every referent in the same transaction, closed with what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from syndication import models
from syndication.accounts.store import Person, people_with
from syndication.database import table
from syndication.errors import DecisionConflict, DecisionError
from syndication.letters import store as letters
from syndication.moderation import store as moderation
from syndication.moderation.decide import ALERTS, checked_note

ALERT = table(models.Alert)
VERBATIM = table(models.Verbatim)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
OPEN, CLOSED = "ouverte", "close"
RAISED, ENDED = "alerte", "fin_alerte"
MAIL = "alerte"
"""Kind of the mail that tells of an alert, which who gets it may stop."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with its text, for the few who may see both."""

    id: int
    verbatim_id: str
    kind: str
    note: str
    raised_by: str
    raised_at: datetime
    state: str
    outcome: str
    closed_by: str | None
    closed_at: datetime | None
    text: str
    question: str
    status: str
    version: int
    month: str | None
    formation: str
    centre: str


def told(connection: Connection) -> list[Person]:
    """Who is told of alerts: referents who want it; if there are none, those who administer and want it."""
    for role in ("referent", "admin"):
        people = [person for person in people_with(connection, role) if MAIL not in person.stopped]
        if people:
            return people
    return []


def sound(
    connection: Connection, verbatim_id: str, version: int, kind: str, note: str, actor: str, now: datetime
) -> int:
    """Raise an alert on the version of a text that was read and give its id; raises DecisionError, DecisionConflict.

    The text leaves what others see; one that was published waits again. The mails owed say no word of it.
    """
    if kind not in ALERTS:
        raise DecisionError("Dites ce qui vous alerte\u00a0: danger, harcèlement ou détresse.")
    said = checked_note(note)
    current = moderation.current_text(connection, verbatim_id, version, few=False)
    if current.status == "retire":
        raise DecisionError("Ce texte a été retiré par son auteur\u00a0: ses mots n'existent plus.")
    raised = insert(ALERT).values(
        verbatim_id=verbatim_id, kind=kind, note=said, raised_by=actor, raised_at=now, state=OPEN, outcome=""
    )
    alert_id = int(connection.execute(raised.returning(ALERT.c.id)).scalar_one())
    act = (RAISED, kind, said)
    if current.status == "publie":
        version = moderation.suspend(connection, current, actor, now, act)
    else:
        moderation.keep_acts(connection, verbatim_id, (current.status, current.status), actor, now, [act])
    _follow(connection, verbatim_id, version, followed=True)
    for person in told(connection):
        data = {"kind": kind, "what": ALERTS[kind]}
        letters.owe(connection, MAIL, person.email, data, now, f"{MAIL}.{alert_id}.{person.id}")
    return alert_id


def close(
    connection: Connection, alert_id: int, version: int, outcome: str, wished: str, reason: str | None, actor: str,
    now: datetime,
) -> str:  # fmt: skip
    """Close an alert with what was done, and give the text's state; raises DecisionError, DecisionConflict.

    ``wished`` is the state that the text goes to, or empty to give it back to the queue as it is. One that is refused
    or sent back to its author stays hidden from others.
    """
    alert = connection.execute(select(ALERT).where(ALERT.c.id == alert_id)).first()
    if alert is None:
        raise DecisionError("Cette alerte n'existe pas.")
    said = checked_note(outcome)
    if not said:
        raise DecisionError("Écrivez ce qui a été fait\u00a0: c'est ce qui restera de cette alerte.")
    closed = connection.execute(
        update(ALERT)
        .where(ALERT.c.id == alert_id, ALERT.c.state == OPEN)
        .values(state=CLOSED, outcome=said, closed_by=actor, closed_at=now)
    )
    if closed.rowcount != 1:
        raise DecisionConflict("Quelqu'un d'autre vient de clore cette alerte\u00a0: rien n'a été changé.")
    current = moderation.current_text(connection, alert.verbatim_id, version, few=True)
    states = (current.status, current.status)
    moderation.keep_acts(connection, current.id, states, actor, now, [(ENDED, alert.kind, said)])
    if wished:
        return moderation.record_decision(connection, current.id, version, wished, reason, actor, now, few=True)
    _follow(connection, current.id, version, followed=False)
    return str(current.status)


def opened(connection: Connection) -> list[AlertRow]:
    """Alerts that nobody closed, the oldest first."""
    return _rows(connection, OPEN)


def closed(connection: Connection, limit: int) -> list[AlertRow]:
    """Alerts that were closed, the latest first."""
    return sorted(_rows(connection, CLOSED, limit), key=lambda alert: alert.id, reverse=True)


def count_open(connection: Connection) -> int:
    """How many alerts nobody closed."""
    return len(connection.execute(select(ALERT.c.id).where(ALERT.c.state == OPEN)).all())


def of_text(connection: Connection, verbatim_id: str) -> Sequence[AlertRow]:
    """Every alert raised on a text, the oldest first."""
    query = _QUERY.where(ALERT.c.verbatim_id == verbatim_id).order_by(ALERT.c.id)
    return [AlertRow(**row) for row in connection.execute(query).mappings()]


_QUERY = (
    select(
        *ALERT.c, VERBATIM.c.text, VERBATIM.c.question, VERBATIM.c.status, VERBATIM.c.version, VERBATIM.c.month,
        FORMATION.c.title.label("formation"), CENTRE.c.name.label("centre"),
    )
    .join(VERBATIM, VERBATIM.c.id == ALERT.c.verbatim_id)
    .join(FORMATION, FORMATION.c.id == VERBATIM.c.formation_id)
    .join(CENTRE, CENTRE.c.id == VERBATIM.c.centre_id)
)  # fmt: skip


def _rows(connection: Connection, state: str, limit: int | None = None) -> list[AlertRow]:
    query = _QUERY.where(ALERT.c.state == state)
    query = query.order_by(ALERT.c.raised_at, ALERT.c.id) if limit is None else query.order_by(ALERT.c.id.desc())
    return [AlertRow(**row) for row in connection.execute(query.limit(limit)).mappings()]


def _follow(connection: Connection, verbatim_id: str, version: int, *, followed: bool) -> None:
    """Hide a text from all but a few, or give it back; raises DecisionConflict."""
    changed = connection.execute(
        update(VERBATIM)
        .where(VERBATIM.c.id == verbatim_id, VERBATIM.c.version == version)
        .values(alerted=followed, version=version + 1)
    )
    if changed.rowcount != 1:
        raise DecisionConflict(moderation.CHANGED)
