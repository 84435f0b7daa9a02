"""Tables of the hub.

``tally`` holds every figure as a count by scope: figures are added to, never recounted, so that reading a formation
costs the same for twenty responses as for two hundred thousand. ``centre_id`` 0 stands for every centre of the
formation, ``formation_id`` 0 for every formation of the centre.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, MetaData, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from syndication.instants import Instant

metadata = MetaData()


class Table(SQLModel):
    """Root of the hub's tables, on the hub's own metadata."""

    metadata = metadata


def _reference(target: str, **options: Any) -> Any:
    kind = String if target.split(".", maxsplit=1)[0] in {"review", "verbatim", "campaign", "webhook"} else Integer
    options.setdefault("nullable", False)
    return Field(default=None, sa_column=Column(kind, ForeignKey(target), **options))


# -- catalogue -------------------------------------------------------------------------------------------------------


class Formation(Table, table=True):
    """A formation. ``natural_key`` is the code that makes it one (``cfd:…``, else ``certifinfo:…`` or ``rncp:…``);
    ``lineage_id`` is shared by formations that renewed one another, one to one."""

    __tablename__ = "formation"

    id: int | None = Field(default=None, primary_key=True)
    natural_key: str = Field(unique=True)
    title: str
    title_rank: int = 0
    level: int | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    lineage_id: int | None = Field(default=None, index=True)


class FormationCode(Table, table=True):
    """A code of a formation: scheme, value, since when, until when, and which file said so."""

    __tablename__ = "formation_code"

    scheme: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    formation_id: int = _reference("formation.id", primary_key=True, index=True)
    since: date | None = None
    until: date | None = None
    source: str


class Renewal(Table, table=True):
    """One code took over from another, as a file said on the day of its import."""

    __tablename__ = "renewal"

    scheme: str = Field(primary_key=True)
    old: str = Field(primary_key=True)
    new: str = Field(primary_key=True)
    source: str
    imported_on: date


class Centre(Table, table=True):
    """A training centre."""

    __tablename__ = "centre"

    id: int | None = Field(default=None, primary_key=True)
    uai: str | None = Field(default=None, unique=True)
    name: str
    name_rank: int = 0
    city: str = ""
    department: str = ""
    region: str = ""


class CentreCode(Table, table=True):
    """An identifier of a centre (``uai``, ``siret``); one UAI covers several SIRET."""

    __tablename__ = "centre_code"

    scheme: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    centre_id: int = _reference("centre.id", primary_key=True, index=True)
    source: str


class Offer(Table, table=True):
    """A formation that a centre has a part in. ``role`` says which: ``lieu`` where it is taught, ``formateur`` who
    teaches it, ``gestionnaire`` who answers for it. ``place_id`` is the centre where it is taught: the same one in the
    first role, and in the others too as long as nobody said where."""

    __tablename__ = "offer"

    formation_id: int = _reference("formation.id", primary_key=True)
    centre_id: int = _reference("centre.id", primary_key=True, index=True)
    role: str = Field(primary_key=True)
    place_id: int = _reference("centre.id", primary_key=True)
    capacity: int | None = None
    source: str


# -- what was said ---------------------------------------------------------------------------------------------------


class Campaign(Table, table=True):
    """A campaign as the hub knows it; ``invited`` is what has been counted so far (None: nobody can say)."""

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    formation_id: int = _reference("formation.id", index=True)
    centre_id: int = _reference("centre.id", index=True)
    code_given: str
    opens_on: date
    closes_on: date
    invited: int | None = 0
    respondents: int = 0


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
    campaign_id: str | None = _reference("campaign.id", nullable=True, index=True)
    formation_id: int = _reference("formation.id", index=True)
    centre_id: int = _reference("centre.id", index=True)
    code_given: str
    month: str | None = None
    questionnaire_version: str
    answers: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    state: str = "comptee"
    marks: list[str] = Field(sa_column=Column(JSON, nullable=False))
    counts: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    received_on: date


class ReviewDecision(Table, table=True):
    """What somebody decided on a whole response, kept for good."""

    __tablename__ = "review_decision"

    id: int | None = Field(default=None, primary_key=True)
    review_id: str = _reference("review.id", index=True)
    actor: str
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    from_state: str
    to_state: str


class Verbatim(Table, table=True):
    """One open text of a review, with its state. ``version`` grows with every decision.

    ``status``: ``attente``, ``publie``, ``refuse``, ``retire`` by its author (its words are then erased).
    ``fingerprint`` is shared by texts that say the same.
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
            "ix_verbatim_waiting", "received_on", "id",
            sqlite_where=text("status = 'attente'"), postgresql_where=text("status = 'attente'"),
        ),
        Index(
            "ix_verbatim_receipt_due", "id",
            sqlite_where=text("receipt_due"), postgresql_where=text("receipt_due"),
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    review_id: str = _reference("review.id")
    formation_id: int = _reference("formation.id")
    centre_id: int = _reference("centre.id")
    question: str
    text: str
    fingerprint: str | None = Field(default=None, index=True)
    month: str | None = None
    status: str
    reason: str | None = None
    gem: bool = False
    signals: list[str] = Field(sa_column=Column(JSON, nullable=False))
    received_on: date
    published_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    version: int = 1
    receipt_due: bool = False
    useful: int = 0
    useless: int = 0
    usefulness: int = 0


class VerbatimSubject(Table, table=True):
    """A subject that a moderator recognised in a verbatim."""

    __tablename__ = "verbatim_subject"

    verbatim_id: str = _reference("verbatim.id", primary_key=True)
    subject: str = Field(primary_key=True, index=True)


class Reply(Table, table=True):
    """A centre's reply to a verbatim, read by a moderator before it appears.

    ``status``: ``attente``, ``publie`` or ``refuse``; ``reason`` tells the centre why it was refused.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "ix_reply_waiting", "written_at", "verbatim_id",
            sqlite_where=text("status = 'attente'"), postgresql_where=text("status = 'attente'"),
        ),
    )  # fmt: skip

    verbatim_id: str = _reference("verbatim.id", primary_key=True)
    text: str
    signed: str
    author: str
    status: str = "attente"
    reason: str | None = None
    judge: str | None = None
    version: int = 1
    written_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    published_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class Gesture(Table, table=True):
    """A reader found a verbatim useful, or not. ``mark`` is the same for the same reader and verbatim within a month,
    and tells nothing of the reader once the month's secret is erased."""

    __tablename__ = "gesture"
    __table_args__ = (
        Index(
            "ix_gesture_uncounted", "mark",
            sqlite_where=text("NOT counted"), postgresql_where=text("NOT counted"),
        ),
    )  # fmt: skip

    mark: str = Field(primary_key=True)
    month: str = Field(index=True)
    verbatim_id: str = _reference("verbatim.id")
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


class Decision(Table, table=True):
    """What somebody decided on a verbatim, kept for good."""

    __tablename__ = "decision"

    id: int | None = Field(default=None, primary_key=True)
    verbatim_id: str = _reference("verbatim.id", index=True)
    actor: str
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    from_status: str
    to_status: str
    reason: str | None = None


# -- figures and publication -----------------------------------------------------------------------------------------


class Tally(Table, table=True):
    """A count: how many answered ``value`` on ``axis`` in a scope. Axes are listed in ``syndication.ratings``."""

    __tablename__ = "tally"
    __table_args__ = (
        Index(
            "ix_tally_respondents", "formation_id", "centre_id", "count",
            sqlite_where=text("axis = '@repondants'"), postgresql_where=text("axis = '@repondants'"),
        ),
        Index(
            "ix_tally_centre_respondents", "centre_id", "formation_id", "count",
            sqlite_where=text("axis = '@repondants'"), postgresql_where=text("axis = '@repondants'"),
        ),
    )  # fmt: skip

    formation_id: int = Field(primary_key=True)
    centre_id: int = Field(primary_key=True)
    axis: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    count: int


class Change(Table, table=True):
    """Something public changed for a formation at a centre. Both 0: the catalogue itself. Both -1: who may frame pages.

    ``verbatim_id`` names the text that changed, until ``syndication.corpus`` has followed: beside an hour it would help
    to tell who wrote it.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_formation", "formation_id", "seq"),
        Index("ix_change_centre", "centre_id", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True)
    formation_id: int
    centre_id: int
    verbatim_id: str | None = None
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Published(Table, table=True):
    """An item of the public corpus: the figures of a scope (``avis``) or a text (``verbatim``), or its tombstone.

    ``seq`` grows each time the item changes, so that who follows reads each item once, as it stands; ``first`` is what
    it was when the item appeared. ``key`` is the scope's (``cfd:50022146@0751234J``) or the text's id. ``formation_id``
    is the head of the scope's lineage (0: every formation), or the text's own; ``centre_id`` the scope's centre, or the
    one that may be named beside the text (0: none). ``body`` holds figures as JSON, compressed; words stand in
    ``verbatim`` alone.
    """

    __tablename__ = "published"
    __table_args__ = (
        UniqueConstraint("key", "kind"),
        Index(
            "ix_published_scope", "formation_id", "centre_id",
            sqlite_where=text("kind = 'avis'"), postgresql_where=text("kind = 'avis'"),
        ),
        Index(
            "ix_published_text", "formation_id",
            sqlite_where=text("kind = 'verbatim' AND NOT removed"),
            postgresql_where=text("kind = 'verbatim' AND NOT removed"),
        ),
        Index(
            "ix_published_centre", "centre_id",
            sqlite_where=text("kind = 'avis' AND formation_id = 0"),
            postgresql_where=text("kind = 'avis' AND formation_id = 0"),
        ),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    seq: int | None = Field(default=None, primary_key=True)
    first: int = 0
    kind: str
    key: str
    formation_id: int
    centre_id: int
    removed: bool = False
    digest: str
    body: bytes | None = None


class SetAside(Table, table=True):
    """A response that intake could not place: it waits in the collector, and stops nobody else."""

    __tablename__ = "set_aside"

    source_id: str = Field(primary_key=True)
    reason: str


class Bookmark(Table, table=True):
    """Where a follower of events stands."""

    __tablename__ = "bookmark"

    name: str = Field(primary_key=True)
    cursor: str


# -- catalogue sites -------------------------------------------------------------------------------------------------


class Partner(Table, table=True):
    """A catalogue site known to the service."""

    __tablename__ = "partner"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    quota: int = 6000
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class PartnerKey(Table, table=True):
    """A key of a catalogue site, known by its hash; ``hint`` is its end, by which people tell it from another.

    ``expires_at`` is when a key that another took over from stops working.
    """

    __tablename__ = "partner_key"

    digest: str = Field(primary_key=True)
    partner_id: int = _reference("partner.id", index=True)
    hint: str
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class Usage(Table, table=True):
    """How many times something was served on a day, to the pages of a catalogue site or with its key (0: to others).

    Nothing of readers is kept.
    """

    __tablename__ = "usage"

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
    partner_id: int = _reference("partner.id", index=True)
    url: str
    events: list[str] = Field(sa_column=Column(JSON, nullable=False))
    salts: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: str = "actif"
    reason: str = ""
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))


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
    webhook_id: str = _reference("webhook.id")
    event: str
    body: str
    state: str = "due"
    attempts: int = 0
    next_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    claimed_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    last_answer: str = ""
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    settled_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class PartnerOrigin(Table, table=True):
    """An origin whose pages may show widgets when only partners may."""

    __tablename__ = "partner_origin"

    partner_id: int = _reference("partner.id", primary_key=True)
    origin: str = Field(primary_key=True)


# -- people ----------------------------------------------------------------------------------------------------------


class SignInLink(Table, table=True):
    """A one-time sign-in link, known by its hash."""

    __tablename__ = "sign_in_link"

    token_hash: str = Field(primary_key=True)
    email: str
    role: str
    centre_id: int | None = _reference("centre.id", nullable=True)
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class Session(Table, table=True):
    """Somebody signed in, known by the hash of the cookie."""

    __tablename__ = "session"

    token_hash: str = Field(primary_key=True)
    email: str
    role: str
    centre_id: int | None = _reference("centre.id", nullable=True)
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
