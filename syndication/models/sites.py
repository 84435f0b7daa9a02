"""Tables of catalogue sites: keys, usage, webhooks."""

from datetime import date, datetime

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field

from syndication.models.base import Table, instant, reference


class Partner(Table, table=True):
    """A catalogue site known to the service."""

    __tablename__ = "partner"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    quota: int = 6000
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(optional=True)


class PartnerKey(Table, table=True):
    """A key of a catalogue site, known by its hash; ``hint`` is its end, by which people tell it from another.

    ``expires_at`` is when a key that another took over from stops working.
    """

    __tablename__ = "partner_key"

    digest: str = Field(primary_key=True)
    partner_id: int = reference("partner.id", index=True)
    hint: str
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = instant()
    expires_at: datetime | None = instant(optional=True)
    revoked_at: datetime | None = instant(optional=True)


class Usage(Table, table=True):
    """How many times something was served on a day, to the pages of a catalogue site or with its key (0: to others).

    Nothing of readers is kept.
    """

    __tablename__ = "usage"
    __table_args__ = (Index("ix_usage_served", "day", "kind", "count"),)

    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    partner_id: int = Field(primary_key=True)
    count: int


class Webhook(Table, table=True):
    """Where a catalogue site wants to hear of changes. What is sent is signed with secrets made from the service's own
    keys and each of ``salts``, the newest first: none is stored.

    ``state``: ``actif`` or ``arrete``, with the ``reason`` in French.
    """

    __tablename__ = "webhook"

    id: str = Field(primary_key=True)
    partner_id: int = reference("partner.id", index=True)
    url: str
    events: list[str] = Field(sa_column=Column(JSON, nullable=False))
    salts: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: str = "actif"
    reason: str = ""
    created_at: datetime = instant()


class Delivery(Table, table=True):
    """A message owed to a webhook: written with the fact it tells, sent until it is received.

    ``state``: ``due``, ``recu``, ``abandonne``. ``claimed_until``: somebody is sending it, until then at most.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_due", "next_at", "id",
            sqlite_where=text("state = 'due'"), postgresql_where=text("state = 'due'"),
        ),
        Index("ix_delivery_webhook", "webhook_id", "created_at"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    webhook_id: str = reference("webhook.id")
    event: str
    body: str
    state: str = "due"
    attempts: int = 0
    next_at: datetime = instant()
    claimed_until: datetime | None = instant(optional=True)
    last_answer: str = ""
    created_at: datetime = instant()
    settled_at: datetime | None = instant(optional=True)


class PartnerOrigin(Table, table=True):
    """An origin whose pages may show widgets when only partners may."""

    __tablename__ = "partner_origin"

    partner_id: int = reference("partner.id", primary_key=True)
    origin: str = Field(primary_key=True)
