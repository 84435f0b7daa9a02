"""Tables of the collector. Identity (contacts, invitations) and answers (drafts, responses) share no key.

No fine timestamp stands beside an answer: a response carries the month it was given, a draft the day it was saved.
Moments that machines need (the outbox, the closing of a campaign) are whole seconds since 1970, UTC.
"""

from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, MetaData, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from collector.packing import PackedAnswers

metadata = MetaData()
BY_KEY = {"sqlite_with_rowid": False}
"""Table option: short rows stand in the index of their key and nowhere else, which halves what they take in SQLite."""


class Table(SQLModel):
    """Root of the collector's tables, on the collector's own metadata."""

    metadata = metadata


def _campaign() -> Any:
    return Field(sa_column=Column(String, ForeignKey("campaign.id"), nullable=False, index=True))


def _json() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


def _moment(*, optional: bool = False) -> Any:
    return Field(default=None, sa_column=Column(BigInteger, nullable=optional))


class PublishedQuestionnaire(Table, table=True):
    """A questionnaire published here, whole and for good; a withdrawn one opens no new campaign."""

    __tablename__ = "questionnaire"

    seq: int | None = Field(default=None, primary_key=True)
    version: str = Field(unique=True)
    document: dict[str, Any] = _json()
    published_on: date
    withdrawn: bool = False


class Campaign(Table, table=True):
    """A call for responses: one formation, one centre, dates (both days included), seats (0: no limit).

    ``closed_at`` is set when it is closed before its last day. ``links``, ``visits`` and ``mailed`` count the links
    handed out one by one, the seats taken behind the common link, the addresses invited. ``own`` are the questions that
    its centre adds, as they stood when it opened.
    """

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    formation_code: str
    formation_title: str
    centre_code: str
    centre_name: str
    opens_on: date
    closes_on: date
    closed_at: int | None = _moment(optional=True)
    seats: int = 0
    questionnaire_version: str
    links: int = 0
    visits: int = 0
    mailed: int = 0
    reminders: int = 0
    reminder_days: int = 0
    own: dict[str, Any] = _json()


class Invitation(Table, table=True):
    """One row a token handed out, known by the roster's hash alone. ``origin``: ``link``, ``common`` or ``mail``.

    ``marks`` are what looked odd when a seat behind a common link was taken; a mailed token has none.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index(
            "ix_invitation_contact_id", "contact_id",
            sqlite_where=text("contact_id IS NOT NULL"), postgresql_where=text("contact_id IS NOT NULL"),
        ),
    )  # fmt: skip

    roster_hash: str = Field(primary_key=True)
    campaign_id: str = _campaign()
    origin: str
    contact_id: str | None = None
    marks: list[str] = _json()


class Contact(Table, table=True):
    """The roster: somebody to write to. The row goes when they answer: who is left has not.

    ``stage`` counts the mails handed over; ``state`` is ``active``, ``bounced`` or ``optout`` (the address is then
    blank).
    """

    __tablename__ = "contact"

    id: str = Field(primary_key=True)
    campaign_id: str = _campaign()
    address: str
    stage: int = 0
    state: str = "active"


class Invited(Table, table=True):
    """Addresses of a campaign, hashed with a secret: nobody is invited twice, answered or not."""

    __tablename__ = "invited"
    __table_args__ = BY_KEY

    campaign_id: str = Field(sa_column=Column(String, ForeignKey("campaign.id"), primary_key=True))
    address_hash: str = Field(primary_key=True)


class OptOut(Table, table=True):
    """Addresses, hashed with a secret, that want no more mail of any campaign; ``month`` is YYYY-MM."""

    __tablename__ = "opt_out"

    address_hash: str = Field(primary_key=True)
    month: str


class Mail(Table, table=True):
    """The outbox: a mail to be written to a contact. Rows go when the mail has been handed over.

    ``state``: ``due``; ``claimed`` by a process until ``claimed_until``; ``handing``, the last step before the server
    takes it, after which it is never sent again; ``uncertain``, when that step was cut short.
    """

    __tablename__ = "mail"
    __table_args__ = (UniqueConstraint("contact_id", "stage"), Index("ix_mail_state", "state", "claimed_until"))

    id: str = Field(primary_key=True)
    campaign_id: str = _campaign()
    contact_id: str
    stage: int
    state: str = "due"
    attempts: int = 0
    not_before: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    claimed_until: int | None = _moment(optional=True)


class Draft(Table, table=True):
    """Answers being written, known by the author's hash alone; ``marks`` name the sections filled in too quickly."""

    __tablename__ = "draft"

    author_hash: str = Field(primary_key=True)
    campaign_id: str = _campaign()
    answers: dict[str, Any] = _json()
    marks: list[str] = _json()
    saved_on: date


class Response(Table, table=True):
    """An answer that was sent. ``id`` is random and is the only name under which it crosses the door.

    ``author_hash`` is erased in time: the answer then belongs to nobody who could be found.
    """

    __tablename__ = "response"
    __table_args__ = (
        Index(
            "ix_response_linked", "campaign_id",
            sqlite_where=text("author_hash IS NOT NULL"), postgresql_where=text("author_hash IS NOT NULL"),
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    author_hash: str | None = Field(default=None, unique=True)
    campaign_id: str = _campaign()
    questionnaire_version: str
    month: str
    answers: dict[str, Any] = Field(sa_column=Column(PackedAnswers, nullable=False))
    marks: list[str] = _json()
    withdrawn: bool = False


class Event(Table, table=True):
    """What the hub has yet to learn, in the order in which it was recorded.

    ``kind``: ``sent``; ``rewritten`` (one text); ``withdrawn`` (one text, or all when ``question`` is null).
    """

    __tablename__ = "event"
    __table_args__ = {"sqlite_autoincrement": True}

    seq: int | None = Field(default=None, primary_key=True)
    response_id: str
    kind: str
    question: str | None = None


class Receipt(Table, table=True):
    """What became of one text, told by the hub: its author's page shows it. ``masks`` are spans of the text that the
    public does not read ([start, end, kind], in code points): it holds none of its words."""

    __tablename__ = "receipt"
    __table_args__ = BY_KEY

    response_id: str = Field(primary_key=True)
    question: str = Field(primary_key=True)
    status: str
    reason: str | None = None
    decided_on: date | None = None
    version: int
    masks: list[Any] = _json()
