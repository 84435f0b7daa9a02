"""Tables of people who sign in, what they may open, and the mails they get."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from syndication.models.base import Table, instant, reference


class Person(Table, table=True):
    """Somebody who may sign in. ``stopped`` names the kinds of mail that they no longer want."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    name: str = ""
    stopped: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = instant()


class Access(Table, table=True):
    """What somebody may open: a role, for a centre (``cfa``) or within a scope (``observer``: ``nation``,
    ``region:…``, ``departement:…``, ``opco:…``). It is ended, never erased."""

    __tablename__ = "access"
    __table_args__ = (
        Index(
            "ix_access_current", "person_id", "role", "scope", unique=True,
            sqlite_where=text("ended_at IS NULL AND centre_id IS NULL"),
            postgresql_where=text("ended_at IS NULL AND centre_id IS NULL"),
        ),
        Index(
            "ix_access_current_centre", "person_id", "role", "centre_id", unique=True,
            sqlite_where=text("ended_at IS NULL AND centre_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND centre_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = reference("person.id")
    role: str
    centre_id: int | None = reference("centre.id", nullable=True, index=True)
    scope: str = ""
    granted_by: str
    granted_at: datetime = instant()
    ended_by: str | None = None
    ended_at: datetime | None = instant(optional=True)


class SignInLink(Table, table=True):
    """A one-time sign-in link, known by its hash. ``lands`` is the page that it leads to."""

    __tablename__ = "sign_in_link"

    token_hash: str = Field(primary_key=True)
    person_id: int = reference("person.id", index=True)
    lands: str
    expires_at: datetime = instant()
    used_at: datetime | None = instant(optional=True)


class Session(Table, table=True):
    """Somebody signed in, known by the hash of the cookie; ``number`` names it to its owner, with the ``device`` that
    opened it."""

    __tablename__ = "session"

    token_hash: str = Field(primary_key=True)
    number: str = Field(unique=True)
    person_id: int = reference("person.id", index=True)
    device: str = ""
    created_at: datetime = instant()
    expires_at: datetime = instant()


class JoinRequest(Table, table=True):
    """A centre asks to take part. ``state``: ``attente``, ``acceptee``, ``refusee`` (``reason`` is told)."""

    __tablename__ = "join_request"
    __table_args__ = (
        Index("ix_join_request_waiting", "asked_at", sqlite_where=text("state = 'attente'"),
              postgresql_where=text("state = 'attente'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    email: str
    name: str
    centre_id: int = reference("centre.id")
    message: str = ""
    asked_at: datetime = instant()
    state: str = "attente"
    reason: str = ""
    decided_by: str | None = None
    decided_at: datetime | None = instant(optional=True)


class Letter(Table, table=True):
    """A mail owed to somebody: what it is about, never a secret, since it is composed when it leaves. The row goes
    when it has left. ``once`` keeps the same news from being owed twice.

    ``state``: ``due``, ``claimed`` until ``claimed_until``, ``handing`` (the last step, after which it is not sent
    again).
    """

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("once"), Index("ix_letter_due", "state", "not_before"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    address: str
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    once: str | None = None
    state: str = "due"
    attempts: int = 0
    not_before: datetime = instant()
    claimed_until: datetime | None = instant(optional=True)
