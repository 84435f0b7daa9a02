"""SQL of preview links, of the formations of a centre, and of how many texts wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, or_, select, union, update

from syndication import models
from syndication.catalogue.store import FormationRow
from syndication.database import table
from syndication.errors import PreviewError
from syndication.previews.links import MOST_LINKS, new_id

LINK = table(models.PreviewLink)
FORMATION = table(models.Formation)
CAMPAIGN = table(models.Campaign)
OFFER = table(models.Offer)
TALLY = table(models.Tally)
VERBATIM = table(models.Verbatim)
SHOWN_AFTER = timedelta(days=30)
"""How long a link that ended is still listed."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A preview link: of a formation at a centre, or of the centre as a whole (``formation_id`` None)."""

    id: str
    centre_id: int
    formation_id: int | None
    title: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        """True until it expires or is revoked."""
        return self.revoked_at is None and now < self.expires_at


def add(connection: Connection, centre_id: int, formation_id: int | None, by: str, days: int, now: datetime) -> str:
    """Keep a new link and give its id; raises PreviewError when the centre has too many that work."""
    alive = select(func.count()).where(
        LINK.c.centre_id == centre_id, LINK.c.revoked_at.is_(None), LINK.c.expires_at > now
    )
    if connection.execute(alive).scalar_one() >= MOST_LINKS:
        raise PreviewError(f"Votre centre a déjà {MOST_LINKS} liens en cours\u00a0: retirez ceux qui ne servent plus.")
    number = new_id()
    connection.execute(
        insert(LINK).values(
            id=number, centre_id=centre_id, formation_id=formation_id, made_by=by, made_at=now,
            expires_at=now + timedelta(days=days), revoked_at=None,
        )
    )  # fmt: skip
    return number


def link(connection: Connection, number: str) -> LinkRow | None:
    """The link of an id, whether or not it still works."""
    row = connection.execute(_LINKS.where(LINK.c.id == number)).first()
    return LinkRow(*row) if row else None


def links_of(connection: Connection, centre_id: int, now: datetime) -> list[LinkRow]:
    """Links of a centre that work or ended lately, the newest first."""
    since = now - SHOWN_AFTER
    query = _LINKS.where(
        LINK.c.centre_id == centre_id, LINK.c.expires_at > since,
        or_(LINK.c.revoked_at.is_(None), LINK.c.revoked_at > since),
    )  # fmt: skip
    return [LinkRow(*row) for row in connection.execute(query.order_by(LINK.c.made_at.desc(), LINK.c.id))]


def revoke(connection: Connection, centre_id: int, number: str, now: datetime) -> None:
    """Stop a link of a centre at once; raises PreviewError when it has none that works under the id."""
    stopped = connection.execute(
        update(LINK)
        .where(LINK.c.id == number, LINK.c.centre_id == centre_id, LINK.c.revoked_at.is_(None), LINK.c.expires_at > now)
        .values(revoked_at=now)
    )
    if stopped.rowcount != 1:
        raise PreviewError("Ce lien ne marche déjà plus, ou n'est pas de votre centre.")


def formations_of(connection: Connection, centre_id: int) -> list[FormationRow]:
    """Formations that a centre has a part in, has had campaigns for or was answered about, by title; of diplomas that
    were renewed, the newest."""
    own = union(
        select(OFFER.c.formation_id).where(or_(OFFER.c.centre_id == centre_id, OFFER.c.place_id == centre_id)),
        select(CAMPAIGN.c.formation_id).where(CAMPAIGN.c.centre_id == centre_id),
        select(TALLY.c.formation_id).where(
            TALLY.c.axis == "@repondants", TALLY.c.centre_id == centre_id, TALLY.c.formation_id != 0
        ),
    ).subquery()
    member, head = FORMATION.alias("member"), func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id)
    heads = select(func.coalesce(member.c.lineage_id, member.c.id)).join(own, own.c.formation_id == member.c.id)
    query = select(FORMATION.c.id, FORMATION.c.natural_key, FORMATION.c.title, FORMATION.c.level, head)
    rows = connection.execute(query.where(FORMATION.c.id.in_(heads)).order_by(FORMATION.c.title, FORMATION.c.id))
    return [FormationRow(*row) for row in rows]


def waiting(connection: Connection, centre_id: int, members: Sequence[int] = ()) -> int:
    """How many texts wait to be read at a centre, of some formations when they are given."""
    query = select(func.count()).where(VERBATIM.c.status == "attente", VERBATIM.c.centre_id == centre_id)
    if members:
        query = query.where(VERBATIM.c.formation_id.in_(members))
    return connection.execute(query).scalar_one()


_LINKS = select(
    LINK.c.id, LINK.c.centre_id, LINK.c.formation_id, func.coalesce(FORMATION.c.title, ""), LINK.c.made_by,
    LINK.c.made_at, LINK.c.expires_at, LINK.c.revoked_at,
).outerjoin(FORMATION, FORMATION.c.id == LINK.c.formation_id)  # fmt: skip
