"""SQL of what observers may see."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, distinct, false, func, insert, or_, select, true

from syndication import models
from syndication.catalogue.territories import DEPARTMENTS
from syndication.database import table
from syndication.errors import AccessRefused

CENTRE = table(models.Centre)
OFFER = table(models.Offer)
FORMATION_CODE = table(models.FormationCode)
OPCO = table(models.Opco)


@dataclass(frozen=True, slots=True)
class Choices:
    """Scopes that the catalogue knows: names of regions, of departments by number, of OPCO."""

    regions: tuple[str, ...]
    departments: dict[str, str]
    opcos: tuple[str, ...]

    def checked(self, scope: str) -> str:
        """A scope that can be given; raises AccessRefused."""
        kind, _, name = scope.partition(":")
        known = {"region": self.regions, "departement": self.departments, "opco": self.opcos}.get(kind, ())
        if scope != "nation" and name not in known:
            raise AccessRefused(
                f"Le catalogue ne connaît pas le périmètre «\u00a0{scope}\u00a0». Choisissez ce que l'observateur "
                "verra\u00a0: la France, une région, un département ou un OPCO."
            )
        return scope


def choices(connection: Connection) -> Choices:
    """What an observer may be given, of what the catalogue holds."""
    places = connection.execute(select(CENTRE.c.department, CENTRE.c.region).distinct()).all()
    numbers = sorted({department for department, _ in places if department})
    opcos = connection.execute(select(OPCO.c.name).distinct().order_by(OPCO.c.name)).scalars()
    return Choices(
        tuple(sorted({region for _, region in places if region})),
        {number: DEPARTMENTS.get(number, number) for number in numbers},
        tuple(opcos),
    )


def replace_opcos(connection: Connection, pairs: Collection[tuple[str, str]]) -> None:
    """Keep which OPCO is that of which RNCP number, in the place of what was kept."""
    connection.execute(delete(OPCO))
    connection.execute(insert(OPCO), [{"name": name, "rncp": rncp} for name, rncp in sorted(pairs)])


def count_unborne(connection: Connection) -> int:
    """How many RNCP numbers of OPCO no formation of the catalogue bears."""
    borne = select(FORMATION_CODE.c.value).where(FORMATION_CODE.c.scheme == "rncp")
    query = select(func.count(distinct(OPCO.c.rncp))).where(OPCO.c.rncp.not_in(borne))
    return connection.execute(query).scalar_one()


def opco_formations(name: str) -> Select[Any]:
    """Ids of the formations of an OPCO, as a query to look among."""
    return (
        select(FORMATION_CODE.c.formation_id)
        .join(OPCO, OPCO.c.rncp == FORMATION_CODE.c.value)
        .where(FORMATION_CODE.c.scheme == "rncp", OPCO.c.name == name)
    )


def centres_within(scopes: Collection[str]) -> ColumnElement[bool]:
    """The condition on ``centre`` that it lies within one of some scopes; within an OPCO, that it offers one of its
    formations."""
    conditions: list[ColumnElement[bool]] = []
    for scope in scopes:
        kind, _, name = scope.partition(":")
        if kind == "nation":
            return true()
        if kind == "region":
            conditions.append(CENTRE.c.region == name)
        elif kind == "departement":
            conditions.append(CENTRE.c.department == name)
        elif kind == "opco":
            offers = select(OFFER.c.centre_id).where(OFFER.c.formation_id.in_(opco_formations(name)))
            conditions.append(CENTRE.c.id.in_(offers))
    return or_(*conditions) if conditions else false()
