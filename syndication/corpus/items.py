"""What the corpus is made of. Pure data."""

from datetime import date
from typing import NamedTuple

FIGURES, TEXT = "avis", "verbatim"
"""Kinds of items."""


class Item(NamedTuple):
    """An item as the corpus holds it: see ``models.Published``."""

    kind: str
    key: str
    formation_id: int
    centre_id: int
    digest: str
    removed: bool = False
    body: bytes | None = None
    fresh: bool = False
    """True when the corpus did not hold it a moment ago."""


class Text(NamedTuple):
    """A text with everything that is public of it; ``removed`` when nobody may read it any more."""

    id: str
    removed: bool
    formation_key: str
    formation_title: str
    given_under: str
    uai: str | None
    centre_name: str | None
    question: str
    words: str
    month: str | None
    published_on: date
    gem: bool
    useful: int
    subjects: tuple[str, ...]
    reply: str | None
    signed: str | None
    replied_on: date | None


class Line(NamedTuple):
    """An item as followers read it: its place, when it appeared, and what it says today."""

    seq: int
    first: int
    kind: str
    key: str
    removed: bool
    body: bytes | None
    text: Text | None
