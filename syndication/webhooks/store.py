"""SQL of webhooks and of the messages owed to them."""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, select, update

from syndication import models
from syndication.database import table
from syndication.errors import WebhookError

WEBHOOK = table(models.Webhook)
DELIVERY = table(models.Delivery)
PARTNER = table(models.Partner)
EVENTS = ("avis.publie", "avis.modifie", "avis.retire")
ACTIVE, STOPPED = "actif", "arrete"
DUE, RECEIVED, GIVEN_UP = "due", "recu", "abandonne"
CLAIM = timedelta(seconds=20)
"""How long a message stays claimed, twice what sending may take: then another takes what a dead process held."""
REST = timedelta(hours=30)
"""More than any message rests between two attempts."""
KEPT = timedelta(days=30)
"""How long what became of messages is kept."""
SALTS = 2
"""Secrets of one webhook that sign at the same time: the new one, and the one before until the next rotation."""


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook, and how its messages go."""

    id: str
    partner_id: int
    partner: str
    url: str
    events: tuple[str, ...]
    salts: tuple[str, ...]
    state: str
    reason: str
    due: int = 0
    received: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message to send, and where."""

    id: str
    webhook_id: str
    url: str
    salts: tuple[str, ...]
    body: str
    attempts: int
    created_at: datetime
    partner_id: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """What became of a message."""

    id: str
    event: str
    state: str
    attempts: int
    last_answer: str
    created_at: datetime
    settled_at: datetime | None


# -- webhooks --------------------------------------------------------------------------------------------------------


def add(connection: Connection, partner: int, url: str, events: Sequence[str], now: datetime) -> WebhookRow:
    """Let a partner hear of changes at an address; raises WebhookError when it does already, or of unknown events."""
    unknown = [event for event in events if event not in EVENTS]
    if unknown or not events:
        raise WebhookError(f"Événement inconnu : {', '.join(unknown) or 'aucun'}. Attendus : {', '.join(EVENTS)}.")
    standing = select(PARTNER.c.id).where(PARTNER.c.id == partner, PARTNER.c.revoked_at.is_(None))
    if connection.execute(standing).first() is None:
        raise WebhookError("Ce partenaire a été révoqué.")
    known = select(WEBHOOK.c.id).where(WEBHOOK.c.partner_id == partner, WEBHOOK.c.url == url, _ACTIVE)
    if connection.execute(known).first():
        raise WebhookError("Ce partenaire reçoit déjà les événements à cette adresse.")
    number = f"wh_{secrets.token_hex(6)}"
    connection.execute(
        insert(WEBHOOK).values(
            id=number, partner_id=partner, url=url, events=list(dict.fromkeys(events)), salts=[secrets.token_hex(16)],
            state=ACTIVE, reason="", created_at=now,
        )
    )  # fmt: skip
    return named(connection, number)


def named(connection: Connection, webhook: str) -> WebhookRow:
    """The webhook under an id; raises WebhookError."""
    found = [row for row in listed(connection) if row.id == webhook]
    if not found:
        raise WebhookError(f"Aucun webhook ne s'appelle « {webhook} ».")
    return found[0]


def listed(connection: Connection) -> list[WebhookRow]:
    """Every webhook, by partner, the oldest first."""
    counts = (
        select(
            DELIVERY.c.webhook_id,
            *(func.sum(case((DELIVERY.c.state == state, 1), else_=0)).label(state)
              for state in (DUE, RECEIVED, GIVEN_UP)),
        ).group_by(DELIVERY.c.webhook_id).subquery()
    )  # fmt: skip
    query = (
        select(WEBHOOK, PARTNER.c.name, *(func.coalesce(counts.c[state], 0) for state in (DUE, RECEIVED, GIVEN_UP)))
        .join(PARTNER, PARTNER.c.id == WEBHOOK.c.partner_id)
        .outerjoin(counts, counts.c.webhook_id == WEBHOOK.c.id)
        .order_by(PARTNER.c.name, WEBHOOK.c.created_at, WEBHOOK.c.id)
    )
    return [
        WebhookRow(
            row.id, row.partner_id, row.name, row.url, tuple(row.events), tuple(row.salts), row.state, row.reason,
            *row[-3:],
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def rotate(connection: Connection, webhook: str) -> WebhookRow:
    """Sign with a new secret, and with the one before until the next rotation; raises WebhookError."""
    row = named(connection, webhook)
    salts = [secrets.token_hex(16), *row.salts][:SALTS]
    connection.execute(update(WEBHOOK).where(WEBHOOK.c.id == webhook).values(salts=salts))
    return named(connection, webhook)


def stop(connection: Connection, webhook: str, reason: str, now: datetime) -> None:
    """Send nothing more to a webhook; what was due is given up. Raises WebhookError when it does not run."""
    running = update(WEBHOOK).where(WEBHOOK.c.id == webhook, _ACTIVE)
    if not connection.execute(running.values(state=STOPPED, reason=reason)).rowcount:
        raise WebhookError(f"Aucun webhook en marche ne s'appelle « {webhook} ».")
    due = update(DELIVERY).where(DELIVERY.c.webhook_id == webhook, _DUE)
    given_up = {"state": GIVEN_UP, "last_answer": reason, "settled_at": _hour(now), "claimed_until": None}
    connection.execute(due.values(next_at=_hour(now), **given_up))


def stop_all(connection: Connection, partner: int, now: datetime) -> None:
    """Send nothing more to any webhook of a partner."""
    running = select(WEBHOOK.c.id).where(WEBHOOK.c.partner_id == partner, _ACTIVE)
    for webhook in connection.execute(running).scalars().all():
        stop(connection, webhook, "Le partenaire a été révoqué.", now)


def start(connection: Connection, webhook: str, changes_url: str, now: datetime) -> None:
    """Send to a webhook again, first that there is something to follow; raises WebhookError."""
    standing = select(PARTNER.c.id).where(PARTNER.c.revoked_at.is_(None))
    stopped = update(WEBHOOK).where(
        WEBHOOK.c.id == webhook, WEBHOOK.c.state == STOPPED, WEBHOOK.c.partner_id.in_(standing)
    )
    if not connection.execute(stopped.values(state=ACTIVE, reason="")).rowcount:
        raise WebhookError(f"Aucun webhook arrêté d'un partenaire en cours ne s'appelle « {webhook} ».")
    replay(connection, webhook, changes_url, now)


# -- messages --------------------------------------------------------------------------------------------------------


def owe(connection: Connection, events: Collection[str], changes_url: str, now: datetime) -> int:
    """Owe a message for each event to every webhook that wants it, in the transaction of the fact; gives how many.

    One that is already owed and has not begun to leave says it all: it only tells that there is something to follow. So
    what is owed to a webhook that does not answer never grows. Nothing in it names what changed, nor when but to the
    hour: beside the log of changes that would help to tell who did what.
    """
    if not events:
        return 0
    running = select(WEBHOOK.c.id, WEBHOOK.c.events).join(PARTNER, PARTNER.c.id == WEBHOOK.c.partner_id)
    wanted = {
        (row.id, event)
        for row in connection.execute(running.where(_ACTIVE, PARTNER.c.revoked_at.is_(None)))
        for event in row.events
        if event in events
    }
    owed = select(DELIVERY.c.webhook_id, DELIVERY.c.event).where(_DUE, DELIVERY.c.claimed_until.is_(None))
    wanted -= {(row.webhook_id, row.event) for row in connection.execute(owed.with_for_update())}
    rows = [_message(webhook, event, changes_url, now) for webhook, event in sorted(wanted)]
    if rows:
        connection.execute(insert(DELIVERY), rows)
    return len(rows)


def _message(webhook: str, event: str, changes_url: str, now: datetime) -> dict[str, object]:
    hour = _hour(now)
    body = {"type": event, "timestamp": hour.isoformat(), "data": {"changements": changes_url}}
    return {
        "id": f"msg_{secrets.token_hex(12)}", "webhook_id": webhook, "event": event, "attempts": 0, "state": DUE,
        "body": json.dumps(body, ensure_ascii=False), "next_at": now, "created_at": hour, "last_answer": "",
    }  # fmt: skip


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def waiting(connection: Connection, now: datetime, busy: Sequence[str] = ()) -> list[str]:
    """Ids of the webhooks that have a message due, but for those that are ``busy``."""
    query = select(DELIVERY.c.webhook_id).distinct().where(_DUE, _rested(now), _free(now))
    return list(connection.execute(query.where(DELIVERY.c.webhook_id.not_in(busy))).scalars())


def claim(connection: Connection, webhook: str, now: datetime) -> DueMessage | None:
    """Take the oldest message due to a webhook, unless one is being sent to it: nobody else sends before the claim
    ends. None when there is none."""
    under_way = select(DELIVERY.c.id).where(DELIVERY.c.webhook_id == webhook, _DUE, ~_free(now)).limit(1)
    if connection.execute(under_way).first() is not None:
        return None
    query = (
        select(DELIVERY.c.id, DELIVERY.c.webhook_id, WEBHOOK.c.url, WEBHOOK.c.salts, DELIVERY.c.body,
               DELIVERY.c.attempts, DELIVERY.c.created_at, WEBHOOK.c.partner_id)
        .join(WEBHOOK, WEBHOOK.c.id == DELIVERY.c.webhook_id)
        .where(DELIVERY.c.webhook_id == webhook, _DUE, _rested(now), _free(now))
        .order_by(DELIVERY.c.attempts, DELIVERY.c.next_at, DELIVERY.c.id)  # one that always fails comes last
        .limit(1)
    )  # fmt: skip
    row = connection.execute(query).first()
    mine = update(DELIVERY).where(DELIVERY.c.id == (row.id if row else ""), _DUE, _free(now))
    if row is None or not connection.execute(mine.values(claimed_until=now + CLAIM)).rowcount:
        return None
    return DueMessage(
        row.id, row.webhook_id, row.url, tuple(row.salts), row.body, row.attempts, row.created_at, row.partner_id
    )


def received(connection: Connection, message: str, answer: str, now: datetime) -> None:
    """Note that a message was received."""
    _settle(connection, message, RECEIVED, answer, now)


def put_off(connection: Connection, message: DueMessage, answer: str, until: datetime) -> None:
    """Note that a message failed, to be sent again at a moment; the others of its webhook rest as long."""
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == message.id, _DUE)
        .values(attempts=message.attempts + 1, next_at=until, claimed_until=None, last_answer=answer)
    )
    others = update(DELIVERY).where(DELIVERY.c.webhook_id == message.webhook_id, _DUE, DELIVERY.c.next_at < until)
    connection.execute(others.where(DELIVERY.c.claimed_until.is_(None)).values(next_at=until))


def deliveries(connection: Connection, webhook: str, limit: int) -> list[DeliveryRow]:
    """The last messages of a webhook, the newest first."""
    columns = (
        DELIVERY.c.id, DELIVERY.c.event, DELIVERY.c.state, DELIVERY.c.attempts, DELIVERY.c.last_answer,
        DELIVERY.c.created_at, DELIVERY.c.settled_at,
    )  # fmt: skip
    query = select(*columns).where(DELIVERY.c.webhook_id == webhook)
    rows = connection.execute(query.order_by(DELIVERY.c.created_at.desc(), DELIVERY.c.id).limit(limit))
    return [DeliveryRow(*row) for row in rows]


def replay(connection: Connection, webhook: str, changes_url: str, now: datetime) -> int:
    """Owe a webhook a message for each event it wants, whatever it received; gives how many. Raises WebhookError when
    it does not run."""
    row = named(connection, webhook)
    if row.state != ACTIVE:
        raise WebhookError("Ce webhook est arrêté : remettez-le en marche d'abord.")
    at_once = update(DELIVERY).where(DELIVERY.c.webhook_id == webhook, _DUE, DELIVERY.c.claimed_until.is_(None))
    connection.execute(at_once.values(next_at=now, attempts=0))
    owed = select(DELIVERY.c.event).where(DELIVERY.c.webhook_id == webhook, _DUE, DELIVERY.c.claimed_until.is_(None))
    missing = set(row.events) - set(connection.execute(owed).scalars())
    for event in sorted(missing):
        connection.execute(insert(DELIVERY).values(_message(webhook, event, changes_url, now)))
    return len(row.events)


def forget(connection: Connection, now: datetime) -> int:
    """Erase messages settled long ago; gives how many."""
    old = delete(DELIVERY).where(DELIVERY.c.state != DUE, DELIVERY.c.settled_at < now - KEPT)
    return connection.execute(old).rowcount


def _settle(connection: Connection, message: str, state: str, answer: str, now: datetime) -> None:
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == message, _DUE)
        .values(
            state=state, attempts=DELIVERY.c.attempts + 1, last_answer=answer, settled_at=_hour(now),
            next_at=_hour(now), claimed_until=None,
        )
    )  # fmt: skip


_ACTIVE = WEBHOOK.c.state == ACTIVE
_DUE = DELIVERY.c.state == DUE


def _free(now: datetime) -> ColumnElement[bool]:
    """That nobody is sending a message. A claim that ends later than one made now was made by a clock that was ahead,
    and has come back: it would last as long as that."""
    until = DELIVERY.c.claimed_until
    return until.is_(None) | (until <= now) | (until > now + 2 * CLAIM)


def _rested(now: datetime) -> ColumnElement[bool]:
    """That a message may leave; a moment beyond every rest comes from a clock that was ahead."""
    return (DELIVERY.c.next_at <= now) | (DELIVERY.c.next_at > now + REST)
