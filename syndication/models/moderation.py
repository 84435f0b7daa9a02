"""Tables of moderation: every act, alerts, doubts, what the service learnt, and how fair it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field

from syndication.models.base import BY_KEY, Table, instant, reference


class Decision(Table, table=True):
    """An act on a verbatim, kept for good (a trigger refuses any change): who, when, from, to, why.

    ``act``: ``decision``, ``annulation`` (undone within seconds), ``pepite``, ``banal`` (no gem any more), ``masque``,
    ``sujets``, ``alerte``, ``fin_alerte``, ``doute``. ``note`` is what the actor wrote for colleagues.
    """

    __tablename__ = "decision"

    id: int | None = Field(default=None, primary_key=True)
    verbatim_id: str = reference("verbatim.id", index=True)
    actor: str
    at: datetime = instant()
    act: str = "decision"
    from_status: str
    to_status: str
    reason: str | None = None
    note: str = ""


class Alert(Table, table=True):
    """A text that tells of danger: a referent has it. It is a verbatim, or what was written to a centre's own question.

    ``kind``: ``danger``, ``harcelement``, ``detresse``; ``state``: ``ouverte`` or ``close``, with what was done
    (``outcome``); ``told``: its mails are owed, or have left.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_open", "raised_at", sqlite_where=text("state = 'ouverte'"),
              postgresql_where=text("state = 'ouverte'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    verbatim_id: str | None = reference("verbatim.id", nullable=True, index=True)
    own_text_id: str | None = reference("own_text.id", nullable=True, index=True)
    kind: str
    note: str = ""
    raised_by: str
    raised_at: datetime = instant()
    state: str = "ouverte"
    outcome: str = ""
    closed_by: str | None = None
    closed_at: datetime | None = instant(optional=True)
    told: bool = False


class Doubt(Table, table=True):
    """A centre doubts that a review is genuine, and says why. The review stays until somebody decides.

    ``state``: ``ouvert``, ``fonde`` (the text was refused), ``infonde``; ``outcome`` is told to the centre.
    """

    __tablename__ = "doubt"
    __table_args__ = (
        Index("ix_doubt_open", "reported_at", sqlite_where=text("state = 'ouvert'"),
              postgresql_where=text("state = 'ouvert'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    verbatim_id: str = reference("verbatim.id", index=True)
    centre_id: int = reference("centre.id", index=True)
    reason: str
    reported_by: str
    reported_at: datetime = instant()
    state: str = "ouvert"
    outcome: str = ""
    decided_by: str | None = None
    decided_at: datetime | None = instant(optional=True)


class Learnt(Table, table=True):
    """What was learnt from past decisions: the newest is used. ``told`` are its measures."""

    __tablename__ = "learnt"

    id: int | None = Field(default=None, primary_key=True)
    made_at: datetime = instant()
    told: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    body: bytes


class Flow(Table, table=True):
    """How many texts received in a month (empty: all) at a centre (0: all), from respondents of a rating, are in a
    state, or were first decided after so many days (``delai.N``): see ``fairness.store``."""

    __tablename__ = "flow"
    __table_args__ = (
        Index("ix_flow_centre", "measure", "centre_id", "count", "month", sqlite_where=text("month = ''"),
              postgresql_where=text("month = ''")),
        BY_KEY,
    )  # fmt: skip

    month: str = Field(primary_key=True)
    centre_id: int = Field(primary_key=True)
    rating: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    count: int
