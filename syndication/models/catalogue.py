"""Tables of the catalogue: formations, centres, who offers what."""

from datetime import date

from sqlmodel import Field

from syndication.models.base import Table, reference


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
    formation_id: int = reference("formation.id", primary_key=True, index=True)
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
    """A training centre. ``closed_on`` is when it closed, ``merged_into`` the centre that took over from it."""

    __tablename__ = "centre"

    id: int | None = Field(default=None, primary_key=True)
    uai: str | None = Field(default=None, unique=True)
    name: str
    name_rank: int = 0
    city: str = ""
    department: str = ""
    region: str = ""
    closed_on: date | None = None
    merged_into: int | None = reference("centre.id", nullable=True)


class CentreCode(Table, table=True):
    """An identifier of a centre (``uai``, ``siret``); one UAI covers several SIRET."""

    __tablename__ = "centre_code"

    scheme: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    centre_id: int = reference("centre.id", primary_key=True, index=True)
    source: str


class Offer(Table, table=True):
    """A formation that a centre has a part in. ``role`` says which: ``lieu`` where it is taught, ``formateur`` who
    teaches it, ``gestionnaire`` who answers for it. ``place_id`` is the centre where it is taught: the same one in the
    first role, and in the others too as long as nobody said where."""

    __tablename__ = "offer"

    formation_id: int = reference("formation.id", primary_key=True)
    centre_id: int = reference("centre.id", primary_key=True, index=True)
    role: str = Field(primary_key=True)
    place_id: int = reference("centre.id", primary_key=True)
    capacity: int | None = None
    source: str


class Opco(Table, table=True):
    """A skills operator (OPCO) is that of a formation, by its RNCP number: what its observers see."""

    __tablename__ = "opco"

    name: str = Field(primary_key=True)
    rncp: str = Field(primary_key=True, index=True)
