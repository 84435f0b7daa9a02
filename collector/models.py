"""Tables of the collector. Identity (invitations) and answers (drafts, responses) share no key.

No fine timestamp stands beside an answer: a response carries the month it was given, a draft the day it was saved.
"""

from datetime import date
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, MetaData, String
from sqlmodel import Field, SQLModel

metadata = MetaData()


class Table(SQLModel):
    """Root of the collector's tables, on the collector's own metadata."""

    metadata = metadata


class Campaign(Table, table=True):
    """A call for responses: one formation, one centre, dates (both days included), seats (0: no limit)."""

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    formation_code: str
    formation_title: str
    centre_code: str
    centre_name: str
    opens_on: date
    closes_on: date
    seats: int = 0
    questionnaire_version: str


class Invitation(Table, table=True):
    """The roster: one row a token handed out, known by the roster's hash alone. ``origin``: ``link`` or ``common``."""

    __tablename__ = "invitation"

    roster_hash: str = Field(primary_key=True)
    campaign_id: str = Field(sa_column=Column(String, ForeignKey("campaign.id"), nullable=False, index=True))
    origin: str


class Draft(Table, table=True):
    """Answers being written, known by the author's hash alone."""

    __tablename__ = "draft"

    author_hash: str = Field(primary_key=True)
    campaign_id: str = Field(sa_column=Column(String, ForeignKey("campaign.id"), nullable=False, index=True))
    answers: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    saved_on: date


class Response(Table, table=True):
    """An answer that was sent. ``id`` is random and is the only name under which it crosses the door."""

    __tablename__ = "response"

    id: str = Field(primary_key=True)
    author_hash: str = Field(unique=True)
    campaign_id: str = Field(sa_column=Column(String, ForeignKey("campaign.id"), nullable=False, index=True))
    questionnaire_version: str
    month: str
    answers: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class Event(Table, table=True):
    """What the hub has yet to learn, in the order in which it was recorded."""

    __tablename__ = "event"
    __table_args__ = {"sqlite_autoincrement": True}

    seq: int | None = Field(default=None, primary_key=True)
    response_id: str = Field(index=True)


class Receipt(Table, table=True):
    """What became of one text, told by the hub: its author's page shows it."""

    __tablename__ = "receipt"

    response_id: str = Field(primary_key=True)
    question: str = Field(primary_key=True)
    status: str
    reason: str | None = None
    version: int
