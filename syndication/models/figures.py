"""Tables of figures and of what is public.

``tally`` holds every figure as a count by scope: figures are added to, never recounted, so that reading a formation
costs the same for twenty responses as for two hundred thousand. ``centre_id`` 0 stands for every centre of the
formation, ``formation_id`` 0 for every formation of the centre.
"""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from syndication.models.base import BY_KEY, Table, instant


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
        BY_KEY,
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
    at: datetime = instant()


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
