"""SQL of preview links, of the formations of a centre, and of how many texts wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, exists, func, insert, or_, select, union, update

from syndication import models
from syndication.catalogue.store import FormationRow
from syndication.database import table
from syndication.errors import PreviewError
from syndication.instants import day_of
from syndication.previews.links import MOST_LINKS, new_id

LINK = table(models.PreviewLink)
ACCESS = table(models.Access)
PERSON = table(models.Person)
FORMATION = table(models.Formation)
CAMPAIGN = table(models.Campaign)
OFFER = table(models.Offer)
TALLY = table(models.Tally)
VERBATIM = table(models.Verbatim)
SHOWN_AFTER = timedelta(days=30)
"""How long a link that ended is still listed."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A preview link to make: of a formation at a centre, or of the centre as a whole (``formation_id`` None), by
    somebody who belongs to it, with the parameters of the preview that it shows (``look``)."""

    centre_id: int
    person_id: int
    formation_id: int | None
    look: Mapping[str, str]
    last_day: date


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A preview link, with the address of who made it; ``orphaned_at``: their access to the centre ended."""

    id: str
    centre_id: int
    formation_id: int | None
    access_id: int
    title: str
    look: Mapping[str, str]
    made_by: str
    made_at: datetime
    last_day: date
    revoked_at: datetime | None
    orphaned_at: datetime | None

    def works(self, now: datetime) -> bool:
        """True until its last day is over, it is revoked, or the access of who made it ends."""
        return self.revoked_at is None and self.orphaned_at is None and day_of(now) <= self.last_day


def add(connection: Connection, made: NewLink, now: datetime) -> str:
    """Keep a new link and give its id; raises PreviewError when the centre has too many that work, or when who makes
    it has just lost their access."""
    held = select(ACCESS.c.id).where(
        ACCESS.c.person_id == made.person_id, ACCESS.c.role == "cfa", ACCESS.c.centre_id == made.centre_id,
        ACCESS.c.ended_at.is_(None),
    )  # fmt: skip
    access_id = connection.execute(held).scalar()
    if access_id is None:
        raise PreviewError("Vous n'avez plus accès à l'espace de ce centre.")
    alive = select(func.count()).select_from(LINK).where(LINK.c.centre_id == made.centre_id, _works(now))
    if connection.execute(alive).scalar_one() >= MOST_LINKS:
        raise PreviewError(f"Votre centre a déjà {MOST_LINKS} liens en cours\u00a0: retirez ceux qui ne servent plus.")
    number = new_id()
    connection.execute(
        insert(LINK).values(
            id=number, centre_id=made.centre_id, access_id=access_id, formation_id=made.formation_id,
            look=dict(made.look), made_at=now, last_day=made.last_day, revoked_at=None,
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
        LINK.c.centre_id == centre_id, LINK.c.last_day > day_of(since),
        *(or_(ended.is_(None), ended > since) for ended in (LINK.c.revoked_at, ACCESS.c.ended_at)),
    )  # fmt: skip
    return [LinkRow(*row) for row in connection.execute(query.order_by(LINK.c.made_at.desc(), LINK.c.id))]


def working_by_access(connection: Connection, accesses: Sequence[int], now: datetime) -> dict[int, list[LinkRow]]:
    """Links that work, by the access of who made them, the newest first; of these accesses alone."""
    query = _LINKS.where(LINK.c.access_id.in_(accesses), _works(now)).order_by(LINK.c.made_at.desc(), LINK.c.id)
    found: dict[int, list[LinkRow]] = {}
    for row in connection.execute(query):
        found.setdefault(row.access_id, []).append(LinkRow(*row))
    return found


def revoke(connection: Connection, number: str, now: datetime, centre_id: int | None = None) -> None:
    """Stop a link at once, one of a centre when it is said; raises PreviewError when none works under the id."""
    wanted = update(LINK).where(LINK.c.id == number, _works(now)).values(revoked_at=now)
    if centre_id is not None:
        wanted = wanted.where(LINK.c.centre_id == centre_id)
    if connection.execute(wanted).rowcount != 1:
        raise PreviewError("Ce lien ne marche plus\u00a0: il n'y a rien à retirer.")


def _works(now: datetime) -> ColumnElement[bool]:
    """The condition on a link that it works."""
    access = ACCESS.alias()
    held = exists().where(access.c.id == LINK.c.access_id, access.c.ended_at.is_(None))
    return LINK.c.revoked_at.is_(None) & held & (LINK.c.last_day >= day_of(now))


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
    LINK.c.id, LINK.c.centre_id, LINK.c.formation_id, LINK.c.access_id, func.coalesce(FORMATION.c.title, ""),
    LINK.c.look, PERSON.c.email, LINK.c.made_at, LINK.c.last_day, LINK.c.revoked_at, ACCESS.c.ended_at,
).select_from(
    LINK.join(ACCESS, ACCESS.c.id == LINK.c.access_id)
    .join(PERSON, PERSON.c.id == ACCESS.c.person_id)
    .outerjoin(FORMATION, FORMATION.c.id == LINK.c.formation_id)
)  # fmt: skip
