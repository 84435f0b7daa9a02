"""Tables of what was said: campaigns, responses, their texts, what became of them, and what was answered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from syndication.models.base import BY_KEY, Table, instant, reference
from syndication.packing import PackedJson


class Campaign(Table, table=True):
    """A campaign as the hub knows it; ``invited`` is what has been counted so far (None: nobody can say).

    ``opened_by`` is the centre that it was opened for: the place where it counts (``centre_id``), or one that trains
    or answers for what is taught there.
    """

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    formation_id: int = reference("formation.id", index=True)
    centre_id: int = reference("centre.id", index=True)
    code_given: str
    opens_on: date
    closes_on: date
    invited: int | None = 0
    respondents: int = 0
    opened_by: int | None = reference("centre.id", nullable=True, index=True)


class Review(Table, table=True):
    """One response received, whole; ``source_id`` is its name where it came from and makes intake idempotent.

    ``state``: ``comptee``; ``a_verifier``, held back because of its ``marks``; ``ecartee`` by a moderator; ``retiree``
    by its author. ``counts`` (axis, value, how many) is what one held back will add to figures once it is counted.
    """

    __tablename__ = "review"
    __table_args__ = (
        Index(
            "ix_review_held", "received_on", "id",
            sqlite_where=text("state = 'a_verifier'"), postgresql_where=text("state = 'a_verifier'"),
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    origin: str
    source_id: str = Field(unique=True)
    campaign_id: str | None = reference("campaign.id", nullable=True, index=True)
    formation_id: int = reference("formation.id", index=True)
    centre_id: int = reference("centre.id", index=True)
    code_given: str
    month: str | None = None
    questionnaire_version: str
    answers: dict[str, Any] = Field(sa_column=Column(PackedJson, nullable=False))
    state: str = "comptee"
    marks: list[str] = Field(sa_column=Column(JSON, nullable=False))
    counts: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    received_on: date


class ReviewDecision(Table, table=True):
    """What somebody decided on a whole response, kept for good."""

    __tablename__ = "review_decision"

    id: int | None = Field(default=None, primary_key=True)
    review_id: str = reference("review.id", index=True)
    actor: str
    at: datetime = instant()
    from_state: str
    to_state: str


class Verbatim(Table, table=True):
    """One open text of a review, with its state. ``version`` grows with every decision.

    ``status``: ``attente``, ``publie``, ``refuse``, ``recrire`` (its author was asked to write it anew), ``archive``,
    ``retire`` by its author (its words are then erased). ``alerted``: a referent has it, and few see it.

    Nobody edits the words: a trigger lets them change only as their author's next ``edition`` that waits to be read,
    or be erased when they are taken back; ``digest`` (SHA-256) tells whether anybody went round it. ``masks`` are spans
    that name a person ([start, end, kind], in code points), and ``shown`` is what the public reads instead of ``text``
    when there are any. ``fingerprint`` is shared by texts that say the same. ``rating`` is how content the respondent
    is (``bien``, ``moyen``, ``mal``, or empty): by it refusals and delays are compared.
    """

    __tablename__ = "verbatim"
    __table_args__ = (
        UniqueConstraint("review_id", "question"),
        Index(
            "ix_verbatim_published_formation", "formation_id", "published_at", "id",
            sqlite_where=text("status = 'publie'"), postgresql_where=text("status = 'publie'"),
        ),
        Index(
            "ix_verbatim_published_offer", "formation_id", "centre_id", "published_at", "id",
            sqlite_where=text("status = 'publie'"), postgresql_where=text("status = 'publie'"),
        ),
        Index(
            "ix_verbatim_published_centre", "centre_id", "published_at", "id",
            sqlite_where=text("status = 'publie'"), postgresql_where=text("status = 'publie'"),
        ),
        Index(
            "ix_verbatim_useful_formation", "formation_id", "usefulness", "published_at", "id",
            sqlite_where=text("status = 'publie'"), postgresql_where=text("status = 'publie'"),
        ),
        Index(
            "ix_verbatim_question_formation", "formation_id", "question", "published_at", "id",
            sqlite_where=text("status = 'publie'"), postgresql_where=text("status = 'publie'"),
        ),
        Index(
            "ix_verbatim_waiting", "received_on", "id", "question", "formation_id", "centre_id", "alerted", "status",
            sqlite_where=text("status = 'attente'"), postgresql_where=text("status = 'attente'"),
        ),
        Index(
            "ix_verbatim_waiting_centre",
            "centre_id", "formation_id", "received_on", "id", "question", "alerted", "status",
            sqlite_where=text("status = 'attente'"), postgresql_where=text("status = 'attente'"),
        ),
        Index(
            "ix_verbatim_gem", "gem", "published_at", "id",
            sqlite_where=text("status = 'publie' AND gem = 1"), postgresql_where=text("status = 'publie' AND gem"),
        ),
        *(
            Index(
                f"ix_verbatim_{status}", "received_on", "id", "alerted", "status",
                sqlite_where=text(f"status = '{status}'"), postgresql_where=text(f"status = '{status}'"),
            )
            for status in ("publie", "refuse", "recrire", "archive")
        ),
        Index(
            "ix_verbatim_fingerprint", "fingerprint",
            sqlite_where=text("fingerprint IS NOT NULL"), postgresql_where=text("fingerprint IS NOT NULL"),
        ),
        Index(
            "ix_verbatim_receipt_due", "id",
            sqlite_where=text("receipt_due = 1"), postgresql_where=text("receipt_due"),
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    review_id: str = reference("review.id")
    formation_id: int = reference("formation.id")
    centre_id: int = reference("centre.id")
    question: str
    text: str
    digest: str
    edition: int = 1
    shown: str | None = None
    masks: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    fingerprint: str | None = None
    month: str | None = None
    rating: str = ""
    status: str
    reason: str | None = None
    gem: bool = False
    alerted: bool = False
    received_on: date
    published_at: datetime | None = instant(optional=True)
    version: int = 1
    receipt_due: bool = False
    useful: int = 0
    useless: int = 0
    usefulness: int = 0


class VerbatimSignal(Table, table=True):
    """Something that a text shows before anybody reads it: see ``moderation.signals``. ``waits``: its text waits to be
    read, and no referent follows it."""

    __tablename__ = "verbatim_signal"
    __table_args__ = (
        Index("ix_verbatim_signal_signal", "signal", "verbatim_id"),
        Index(
            "ix_verbatim_signal_waiting", "signal", "verbatim_id",
            sqlite_where=text("waits"), postgresql_where=text("waits"),
        ),
        BY_KEY,
    )  # fmt: skip

    verbatim_id: str = reference("verbatim.id", primary_key=True)
    signal: str = Field(primary_key=True)
    waits: bool = False


class VerbatimSubject(Table, table=True):
    """A subject that a moderator recognised in a verbatim."""

    __tablename__ = "verbatim_subject"
    __table_args__ = BY_KEY

    verbatim_id: str = reference("verbatim.id", primary_key=True)
    subject: str = Field(primary_key=True, index=True)


class Reply(Table, table=True):
    """A centre's reply to a verbatim, read by a moderator before it appears.

    ``status``: ``attente``, ``publie``, ``refuse``, or ``retire`` by its centre, or with the text that it answered;
    ``reason`` tells the centre why.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "ix_reply_published", "verbatim_id",
            sqlite_where=text("status = 'publie'"), postgresql_where=text("status = 'publie'"),
        ),
        Index(
            "ix_reply_waiting", "written_at", "verbatim_id",
            sqlite_where=text("status = 'attente'"), postgresql_where=text("status = 'attente'"),
        ),
    )  # fmt: skip

    verbatim_id: str = reference("verbatim.id", primary_key=True)
    text: str
    signed: str
    author: str
    status: str = "attente"
    reason: str | None = None
    judge: str | None = None
    version: int = 1
    written_at: datetime = instant()
    published_at: datetime | None = instant(optional=True)


class ReplyDecision(Table, table=True):
    """What happened to a centre's reply, kept for good: written, written anew, published, refused, taken back."""

    __tablename__ = "reply_decision"

    id: int | None = Field(default=None, primary_key=True)
    verbatim_id: str = reference("verbatim.id", index=True)
    actor: str
    at: datetime = instant()
    from_status: str
    to_status: str
    reason: str | None = None


class Gesture(Table, table=True):
    """A reader found a verbatim useful, or not. ``mark`` is the same for the same reader and verbatim within a month,
    and tells nothing of the reader once the month's secret is erased."""

    __tablename__ = "gesture"
    __table_args__ = (
        Index(
            "ix_gesture_uncounted", "mark",
            sqlite_where=text("counted = 0"), postgresql_where=text("NOT counted"),
        ),
    )  # fmt: skip

    mark: str = Field(primary_key=True)
    month: str = Field(index=True)
    verbatim_id: str = reference("verbatim.id")
    useful: bool
    counted: bool = False


class GestureSecret(Table, table=True):
    """What marks of a month are made with, erased with them."""

    __tablename__ = "gesture_secret"

    month: str = Field(primary_key=True)
    secret: str


class IndexedText(Table, table=True):
    """A text that can be searched: a published verbatim, a formation's title, a centre's name. Its words stand in the
    database's own full text (``indexed_words``, see ``syndication.search.store``) under the same id, in the order of
    publication."""

    __tablename__ = "indexed_text"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    key: str
