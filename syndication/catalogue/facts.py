"""What official files state, row by row, before anything is stored. Pure data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

Row = Mapping[str, str]

MENTIONED = 0
"""Rank of a title that only passes: the formation is known by what others say of it."""


@dataclass(frozen=True, slots=True)
class FormationFact:
    """A formation exists. The title of the highest ``rank`` wins; dates and level fill what was unknown."""

    natural_key: str
    title: str
    rank: int
    level: int | None = None
    opened_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class CodeFact:
    """A formation bears a code, since and until when."""

    natural_key: str
    scheme: str
    value: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class RenewalFact:
    """A code took over from another."""

    scheme: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CentreFact:
    """A centre exists under a UAI, perhaps with one of its SIRET; or under a SIRET alone, ``uai`` being blank."""

    uai: str
    name: str
    rank: int
    siret: str | None = None
    city: str = ""
    department: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class OfferFact:
    """A formation, named by one of its codes, and what part a centre has in it (``lieu``, ``formateur``,
    ``gestionnaire``). A centre without a UAI is named by its ``siret``. ``place`` is the UAI of the centre where the
    formation is taught, when it is another one and known."""

    scheme: str
    value: str
    uai: str
    role: str
    capacity: int | None = None
    place: str | None = None
    siret: str | None = None


Fact = FormationFact | CodeFact | RenewalFact | CentreFact | OfferFact


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in a kept row that could not be used, and why."""

    reason: str


class RowReader(Protocol):
    """Reads the rows of one kind of file; raises CodeError or ValueError for a row that must be rejected."""

    def __call__(self, row: Row, /) -> Iterable[Fact | Remark]:
        """Facts and remarks of a row."""
        ...
