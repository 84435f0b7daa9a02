"""SQL of catalogue sites."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from syndication import models
from syndication.catalogue.store import note_catalogue_change
from syndication.database import table
from syndication.errors import PartnerError

PARTNER = table(models.Partner)
ORIGIN = table(models.PartnerOrigin)


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A catalogue site and its origins."""

    name: str
    origins: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


def add(connection: Connection, name: str, origins: Sequence[str], now: datetime) -> None:
    """Make a site known, or give it these origins when it is; raises PartnerError when it was revoked."""
    row = connection.execute(select(PARTNER).where(PARTNER.c.name == name)).first()
    if row is not None and row.revoked_at is not None:
        raise PartnerError(f"« {name} » a été révoqué : donnez-lui un autre nom.")
    if row is None:
        connection.execute(insert(PARTNER).values(name=name, created_at=now))
    number = connection.execute(select(PARTNER.c.id).where(PARTNER.c.name == name)).scalar_one()
    known = set(connection.execute(select(ORIGIN.c.origin).where(ORIGIN.c.partner_id == number)).scalars())
    fresh = [{"partner_id": number, "origin": one} for one in dict.fromkeys(origins) if one not in known]
    if fresh:
        connection.execute(insert(ORIGIN), fresh)
    note_catalogue_change(connection, now)


def revoke(connection: Connection, name: str, now: datetime) -> None:
    """Stop a site from showing widgets; raises PartnerError when there is none of that name."""
    changed = connection.execute(
        update(PARTNER).where(PARTNER.c.name == name, PARTNER.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if changed.rowcount != 1:
        raise PartnerError(f"Aucun partenaire en cours ne s'appelle « {name} ».")
    note_catalogue_change(connection, now)


def listed(connection: Connection) -> list[PartnerRow]:
    """Every site, by name."""
    origins: dict[int, list[str]] = {}
    for partner, origin in connection.execute(select(ORIGIN).order_by(ORIGIN.c.origin)):
        origins.setdefault(partner, []).append(origin)
    rows = connection.execute(select(PARTNER).order_by(PARTNER.c.name)).all()
    return [PartnerRow(row.name, tuple(origins.get(row.id, ())), row.created_at, row.revoked_at) for row in rows]


def origins(connection: Connection) -> list[str]:
    """Origins whose pages may show widgets."""
    query = select(ORIGIN.c.origin).distinct().join(PARTNER, PARTNER.c.id == ORIGIN.c.partner_id)
    return list(connection.execute(query.where(PARTNER.c.revoked_at.is_(None)).order_by(ORIGIN.c.origin)).scalars())
