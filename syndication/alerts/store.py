"""SQL of alerts: raised with a mail to every referent in the same transaction, closed with what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from syndication import models, store
from syndication.accounts.store import Person, people_with
from syndication.database import table
from syndication.errors import DecisionConflict, DecisionError
from syndication.letters import store as letters
from syndication.moderation import store as moderation
from syndication.moderation.decide import ALERTS, checked_note
from syndication.own.answers import store as own

ALERT = table(models.Alert)
VERBATIM = table(models.Verbatim)
OWN_TEXT = table(models.OwnText)
OWN_QUESTION = table(models.OwnQuestion)
REVIEW = table(models.Review)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
OPEN, CLOSED = "ouverte", "close"
RAISED, ENDED = "alerte", "fin_alerte"
NOBODY, LOST = "personne", "perdues"
MAIL = "alerte"
"""Kind of the mail that tells of an alert, which who gets it may stop."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with its text, for the few who may see both: a verbatim, or what was written to the question of a
    centre, which ``question`` then gives in its own words."""

    id: int
    verbatim_id: str | None
    own_text_id: str | None
    kind: str
    note: str
    raised_by: str
    raised_at: datetime
    state: str
    outcome: str
    closed_by: str | None
    closed_at: datetime | None
    told: bool
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
    said = _checked(kind, note)
    current = moderation.current_text(connection, verbatim_id, version, few=False)
    if current.status == "retire":
        raise DecisionError("Ce texte a été retiré par son auteur\u00a0: ses mots n'existent plus.")
    alert_id = _raise(connection, kind, said, actor, now, verbatim_id=verbatim_id)
    act = (RAISED, kind, said)
    if current.status == "publie":
        version = moderation.suspend(connection, current, actor, now, act)
    else:
        moderation.keep_acts(connection, verbatim_id, (current.status, current.status), actor, now, [act])
    _follow(connection, verbatim_id, version, followed=True)
    return alert_id


def sound_own(
    connection: Connection, own_text_id: str, version: int, kind: str, note: str, actor: str, now: datetime
) -> int:
    """The same of what was written to a centre's own question, which its centre does not see meanwhile."""
    said = _checked(kind, note)
    own.follow(connection, own_text_id, version, followed=True)
    return _raise(connection, kind, said, actor, now, own_text_id=own_text_id)


def close(
    connection: Connection, alert_id: int, version: int, outcome: str, wished: str, reason: str | None, actor: str,
    now: datetime,
) -> str:  # fmt: skip
    """Close an alert with what was done, and give the text's state; raises DecisionError, DecisionConflict.

    ``wished`` is the state that the text goes to, or empty to give it back to the queue as it is. A verbatim that is
    refused or sent back to its author stays hidden from others.
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
    if alert.own_text_id is not None:
        return _close_own(connection, alert.own_text_id, version, wished, reason, actor, now)
    current = moderation.current_text(connection, alert.verbatim_id, version, few=True)
    states = (current.status, current.status)
    moderation.keep_acts(connection, current.id, states, actor, now, [(ENDED, alert.kind, said)])
    if wished:
        return moderation.record_decision(connection, current.id, version, wished, reason, actor, now, few=True)
    _follow(connection, current.id, version, followed=False)
    return str(current.status)


def _close_own(
    connection: Connection, own_text_id: str, version: int, wished: str, reason: str | None, actor: str, now: datetime
) -> str:
    if wished:
        return own.judge(connection, own_text_id, version, wished, reason or "", actor, now, few=True)
    own.follow(connection, own_text_id, version, followed=False)
    return own.WAITING


def opened(connection: Connection) -> list[AlertRow]:
    """Alerts that nobody closed, the oldest first."""
    return _rows(connection, OPEN)


def closed(connection: Connection, limit: int) -> list[AlertRow]:
    """Alerts that were closed, the latest first."""
    return sorted(_rows(connection, CLOSED, limit), key=lambda alert: alert.id, reverse=True)


def count_open(connection: Connection) -> int:
    """How many alerts nobody closed."""
    return len(connection.execute(select(ALERT.c.id).where(ALERT.c.state == OPEN)).all())


def unheard(connection: Connection) -> str:
    """Why alerts may reach nobody: NOBODY is told of them, or mails of open ones were LOST; empty when all is well."""
    if not told(connection):
        return NOBODY
    return LOST if untold(connection) else ""


def untold(connection: Connection) -> list[int]:
    """Open alerts of which nobody was told, the oldest first."""
    return list(connection.execute(_UNTOLD.order_by(ALERT.c.raised_at, ALERT.c.id)).scalars())


def note_lost(connection: Connection) -> int:
    """Note that nobody was told of open alerts whose mails are all lost; gives how many."""
    open_ones = select(ALERT.c.id).where(ALERT.c.state == OPEN, ALERT.c.told.is_(True))
    lost = [
        one for one in connection.execute(open_ones).scalars() if letters.reached_nobody(connection, _mails_of(one))
    ]
    if lost:
        connection.execute(update(ALERT).where(ALERT.c.id.in_(lost)).values(told=False))
    return len(lost)


def tell_late(connection: Connection, now: datetime) -> int:
    """Owe the mails of open alerts of which nobody was told, as soon as somebody can be; gives how many alerts."""
    late = connection.execute(_UNTOLD.add_columns(ALERT.c.kind)).all()
    return sum(_tell(connection, one.id, one.kind, now) for one in late)


_UNTOLD = select(ALERT.c.id).where(ALERT.c.state == OPEN, ALERT.c.told.is_(False))


def of_text(connection: Connection, verbatim_id: str) -> Sequence[AlertRow]:
    """Every alert raised on a text, the oldest first."""
    query = _QUERY.where(ALERT.c.verbatim_id == verbatim_id).order_by(ALERT.c.id)
    return [AlertRow(**row) for row in connection.execute(query).mappings()]


_QUERY = (
    select(
        *ALERT.c, func.coalesce(VERBATIM.c.text, OWN_TEXT.c.text).label("text"),
        func.coalesce(VERBATIM.c.question, OWN_QUESTION.c.label).label("question"),
        func.coalesce(VERBATIM.c.status, OWN_TEXT.c.status).label("status"),
        func.coalesce(VERBATIM.c.version, OWN_TEXT.c.version).label("version"),
        REVIEW.c.month, FORMATION.c.title.label("formation"), CENTRE.c.name.label("centre"),
    )
    .outerjoin(VERBATIM, VERBATIM.c.id == ALERT.c.verbatim_id)
    .outerjoin(OWN_TEXT, OWN_TEXT.c.id == ALERT.c.own_text_id)
    .outerjoin(OWN_QUESTION, OWN_QUESTION.c.id == OWN_TEXT.c.question_id)
    .join(REVIEW, REVIEW.c.id == func.coalesce(VERBATIM.c.review_id, OWN_TEXT.c.review_id))
    .join(FORMATION, FORMATION.c.id == REVIEW.c.formation_id)
    .join(CENTRE, CENTRE.c.id == REVIEW.c.centre_id)
)  # fmt: skip


def _checked(kind: str, note: str) -> str:
    """A note that goes with an alert of some kind; raises DecisionError."""
    if kind not in ALERTS:
        raise DecisionError("Dites ce qui vous alerte\u00a0: danger, harcèlement ou détresse.")
    return checked_note(note)


def _raise(connection: Connection, kind: str, note: str, actor: str, now: datetime, **text: str) -> int:
    """Keep an alert on a text and owe its mails; gives its id."""
    raised = insert(ALERT).values(
        **text, kind=kind, note=note, raised_by=actor, raised_at=now, state=OPEN, outcome="", told=False
    )
    alert_id = int(connection.execute(raised.returning(ALERT.c.id)).scalar_one())
    _tell(connection, alert_id, kind, now)
    return alert_id


def _tell(connection: Connection, alert_id: int, kind: str, now: datetime) -> bool:
    """Owe the mails of an alert that nobody was told of, once; False when nobody else can be told."""
    people = told(connection)
    first = update(ALERT).where(ALERT.c.id == alert_id, ALERT.c.told.is_(False)).values(told=True)
    if not people or connection.execute(first).rowcount != 1:
        return False
    data = {"kind": kind, "what": ALERTS[kind]}
    owed = [letters.owe(connection, MAIL, one.email, data, now, f"{_mails_of(alert_id)}{one.id}") for one in people]
    if not any(owed):  # each of them was written to, and no server took it
        connection.execute(update(ALERT).where(ALERT.c.id == alert_id).values(told=False))
    return any(owed)


def _mails_of(alert_id: int) -> str:
    """How the names of an alert's mails begin, under which each is owed once."""
    return f"{MAIL}.{alert_id}."


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
    store.mark_signals(connection, [verbatim_id])
