"""SQL of the centres' space: what a centre offers, and its campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, exists, func, select

from syndication import models
from syndication.catalogue.store import FormationRow
from syndication.cfa.opening import OfferLine
from syndication.database import table
from syndication.ratings import RESPONDENTS
from syndication.store import of_centre

FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
OFFER = table(models.Offer)
CAMPAIGN = table(models.Campaign)
VERBATIM = table(models.Verbatim)
TALLY = table(models.Tally)
_LINEAGE = func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id)


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign with the names of what it is about; ``place`` is empty when it counts for the centre that looks."""

    id: str
    formation_id: int
    formation: str
    place_id: int
    place: str
    opens_on: date
    closes_on: date


@dataclass(frozen=True, slots=True)
class BeyondOffer:
    """A campaign about a formation of which no file says that its centre has a part in it."""

    id: str
    formation: str
    centre: str
    opens_on: date
    closes_on: date
    respondents: int


def offers(connection: Connection, centre_id: int) -> list[OfferLine]:
    """What a centre offers in any role, by title: each formation where it is taught, the newest of a lineage."""
    query = (
        select(
            FORMATION.c.id, FORMATION.c.natural_key, FORMATION.c.title, FORMATION.c.level, _LINEAGE.label("lineage_id"),
            OFFER.c.place_id, CENTRE.c.name, CENTRE.c.city,
        )
        .distinct()
        .join(FORMATION, FORMATION.c.id == OFFER.c.formation_id)
        .join(CENTRE, CENTRE.c.id == OFFER.c.place_id)
        .where(OFFER.c.centre_id == centre_id)
        .order_by(FORMATION.c.id)
    )  # fmt: skip
    found: dict[tuple[int, int], OfferLine] = {}
    for row in connection.execute(query):
        formation = FormationRow(*row[:5])
        known = found.get((formation.lineage_id, row.place_id))
        if known is None or known.formation.id != formation.lineage_id:
            elsewhere = row.place_id != centre_id
            line = OfferLine(formation, row.place_id, row.name if elsewhere else "", row.city if elsewhere else "")
            found[formation.lineage_id, row.place_id] = line
    return sorted(found.values(), key=lambda line: (line.formation.title.casefold(), line.formation.id, line.place))


def formations(connection: Connection, ids: Sequence[int]) -> list[FormationRow]:
    """The formations under some ids, by title; those that do not exist are left out."""
    query = select(FORMATION.c.id, FORMATION.c.natural_key, FORMATION.c.title, FORMATION.c.level, _LINEAGE)
    rows = connection.execute(query.where(FORMATION.c.id.in_(ids)).order_by(FORMATION.c.title, FORMATION.c.id))
    return [FormationRow(*row) for row in rows]


def campaigns(connection: Connection, centre_id: int) -> list[CampaignLine]:
    """Campaigns that a centre follows, the last to end first."""
    return _lines(connection, centre_id, of_centre(centre_id))


def campaign(connection: Connection, centre_id: int, campaign_id: str) -> CampaignLine | None:
    """The campaign under an id when a centre follows it, else None."""
    found = _lines(connection, centre_id, of_centre(centre_id) & (CAMPAIGN.c.id == campaign_id))
    return found[0] if found else None


def _lines(connection: Connection, centre_id: int, which: ColumnElement[bool]) -> list[CampaignLine]:
    query = (
        select(
            CAMPAIGN.c.id, CAMPAIGN.c.formation_id, FORMATION.c.title, CAMPAIGN.c.centre_id, CENTRE.c.name,
            CAMPAIGN.c.opens_on, CAMPAIGN.c.closes_on,
        )
        .join(FORMATION, FORMATION.c.id == CAMPAIGN.c.formation_id)
        .join(CENTRE, CENTRE.c.id == CAMPAIGN.c.centre_id)
        .where(which)
        .order_by(CAMPAIGN.c.closes_on.desc(), FORMATION.c.title, CAMPAIGN.c.id)
    )  # fmt: skip
    return [
        CampaignLine(row[0], row[1], row[2], row[3], "" if row[3] == centre_id else row[4], row[5], row[6])
        for row in connection.execute(query)
    ]


def same(connection: Connection, opener: int, opens_on: date, closes_on: date) -> set[tuple[int, int]]:
    """What a centre has opened already between two days: ids of formations and places."""
    query = select(CAMPAIGN.c.formation_id, CAMPAIGN.c.centre_id).where(
        CAMPAIGN.c.opened_by == opener, CAMPAIGN.c.opens_on == opens_on, CAMPAIGN.c.closes_on == closes_on
    )
    return {(row[0], row[1]) for row in connection.execute(query)}


def beyond_offers(connection: Connection, limit: int) -> list[BeyondOffer]:
    """Campaigns about a formation that no file says their centre has a part in, the latest first."""
    query = (
        select(
            CAMPAIGN.c.id, FORMATION.c.title, CENTRE.c.name, CAMPAIGN.c.opens_on, CAMPAIGN.c.closes_on,
            CAMPAIGN.c.respondents,
        )
        .join(FORMATION, FORMATION.c.id == CAMPAIGN.c.formation_id)
        .join(CENTRE, CENTRE.c.id == CAMPAIGN.c.centre_id)
        .where(_beyond())
        .order_by(CAMPAIGN.c.opens_on.desc(), CAMPAIGN.c.id)
        .limit(limit)
    )  # fmt: skip
    return [BeyondOffer(*row) for row in connection.execute(query)]


def is_beyond_offers(connection: Connection, campaign_id: str) -> bool:
    """True of a campaign about a formation that no file says its centre has a part in."""
    query = select(CAMPAIGN.c.id).join(FORMATION, FORMATION.c.id == CAMPAIGN.c.formation_id)
    return connection.execute(query.where(CAMPAIGN.c.id == campaign_id, _beyond())).first() is not None


def _beyond() -> ColumnElement[bool]:
    """True of a campaign that was opened for a centre which has no part in its formation's lineage."""
    offered = FORMATION.alias("offered")
    part = exists().where(
        OFFER.c.centre_id.in_((CAMPAIGN.c.opened_by, CAMPAIGN.c.centre_id)),
        offered.c.id == OFFER.c.formation_id,
        func.coalesce(offered.c.lineage_id, offered.c.id) == _LINEAGE,
    )
    return CAMPAIGN.c.opened_by.is_not(None) & ~part


def waiting_by_formation(connection: Connection, centre_id: int) -> list[tuple[str, int]]:
    """How many texts about a centre wait to be read, by title of the formation."""
    query = (
        select(FORMATION.c.title, func.count())
        .join(VERBATIM, VERBATIM.c.formation_id == FORMATION.c.id)
        .where(VERBATIM.c.status == "attente", VERBATIM.c.centre_id == centre_id)
        .group_by(FORMATION.c.title)
        .order_by(FORMATION.c.title)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def respondents(connection: Connection, centre_id: int) -> int:
    """How many respondents are counted for a centre, all formations together."""
    query = select(func.coalesce(func.sum(TALLY.c.count), 0)).where(
        TALLY.c.formation_id == 0, TALLY.c.centre_id == centre_id, TALLY.c.axis == RESPONDENTS, TALLY.c.value == ""
    )
    return int(connection.execute(query).scalar_one())
