"""Tables of the centres' space: previews to share, questions of their own, and readings of their results."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field

from syndication.models.base import Table, instant, reference
from syndication.packing import PackedJson


class PreviewLink(Table, table=True):
    """A link by which a centre shows its widget to colleagues, for a formation (None: the centre as a whole); its
    signature carries ``id`` alone. It dies with the access of whoever made it, or when ``last_day`` is over; ``look``
    are the parameters of the preview that it was made from."""

    __tablename__ = "preview_link"

    id: str = Field(primary_key=True)
    centre_id: int = reference("centre.id", index=True)
    formation_id: int | None = reference("formation.id", nullable=True)
    access_id: int = reference("access.id", index=True)
    look: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    made_at: datetime = instant()
    last_day: date
    revoked_at: datetime | None = instant(optional=True)


class OwnQuestion(Table, table=True):
    """A question that a centre adds to its campaigns, for itself alone, once a moderator has read it.

    ``kind``: ``one``, ``several`` or ``open``; ``options`` are labels. ``state``: ``attente``, ``acceptee``,
    ``refusee`` (with a ``reason``), ``retiree`` by the centre.
    """

    __tablename__ = "own_question"
    __table_args__ = (
        Index("ix_own_question_waiting", "written_at", sqlite_where=text("state = 'attente'"),
              postgresql_where=text("state = 'attente'")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    centre_id: int = reference("centre.id", index=True)
    kind: str
    label: str
    options: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: str = "attente"
    reason: str = ""
    version: int = 1
    written_by: str
    written_at: datetime = instant()
    judged_by: str | None = None
    judged_at: datetime | None = instant(optional=True)


class OwnText(Table, table=True):
    """What a respondent wrote to an open question of their centre: read by a moderator before the centre sees it.

    ``status``: ``attente``, ``montre``, ``refuse``, ``retire`` by its author (its words are then erased). ``danger``:
    its words may tell of danger; ``alerted``: a referent has it, and few see it.
    """

    __tablename__ = "own_text"
    __table_args__ = (
        Index("ix_own_text_waiting", "danger", "received_on", "id", sqlite_where=text("status = 'attente'"),
              postgresql_where=text("status = 'attente'")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    review_id: str = reference("review.id", index=True)
    question_id: int = reference("own_question.id", index=True)
    text: str
    danger: bool = False
    alerted: bool = False
    status: str = "attente"
    reason: str | None = None
    version: int = 1
    judged_by: str | None = None
    judged_at: datetime | None = instant(optional=True)
    received_on: date


class Reading(Table, table=True):
    """Counts of a scope as results show them, by question: they move on by several respondents at a time, so that two
    looks never tell one answer (see ``results.disclosure``).

    ``centre_id`` 0 stands for every centre, ``formation_id`` 0 for every formation; ``year`` is a school year, empty
    for all of them, or ``~`` for what the others are made from, which nobody is shown.
    """

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_formation", "formation_id", "year"),)

    centre_id: int = Field(primary_key=True)
    formation_id: int = Field(primary_key=True)
    year: str = Field(primary_key=True)
    respondents: int
    counts: dict[str, Any] = Field(sa_column=Column(PackedJson, nullable=False))
    taken_on: date
