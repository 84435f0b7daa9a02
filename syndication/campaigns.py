"""Campaigns, from the hub's side: which formation, which centre, then the collector opens it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine

from collector.door import CampaignError, CampaignOrder, Collector, OpenedCampaign, OwnPart
from syndication import store
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve
from syndication.catalogue.store import CentreRow, FormationRow
from syndication.database import writing
from syndication.errors import CampaignRefused
from syndication.own import store as own
from syndication.store import CampaignRow
from widget.routes import words


@dataclass(frozen=True, slots=True)
class Pick:
    """What a campaign is opened about: a formation, the place where it counts, seats (0: no limit).

    ``code`` is how the formation was named.
    """

    formation: FormationRow
    place: CentreRow
    code: str
    seats: int = 0


def open_campaign(
    engine: Engine,
    collector: Collector,
    formation: str,
    centre: str,
    opens_on: date,
    closes_on: date,
    seats: int = 0,
    questionnaire: str = "",
    minimum: int = 5,
) -> OpenedCampaign:
    """Open a campaign; raises CodeError, UnknownCode, AmbiguousCode, CampaignRefused.

    ``minimum``: respondents from which the centre sees what was answered to its own questions.
    """
    with engine.connect() as connection:
        resolved = resolve(connection, formation, centre)
    if resolved.formation is None or resolved.centre is None or resolved.asked_centre is None:
        raise CampaignRefused("Une campagne porte sur une formation et un établissement.")
    pick = Pick(resolved.formation.asked, resolved.centre, str(resolved.formation.code), seats)
    opener = resolved.asked_centre.id
    return open_campaigns(engine, collector, [pick], opener, opens_on, closes_on, questionnaire, minimum)[0]


def open_campaigns(
    engine: Engine,
    collector: Collector,
    picks: Sequence[Pick],
    opener: int,
    opens_on: date,
    closes_on: date,
    questionnaire: str = "",
    minimum: int = 5,
    refuse: Callable[[Connection], None] = lambda _: None,
) -> list[OpenedCampaign]:
    """Open one campaign a pick for a centre, all or none; raises CampaignRefused, or what ``refuse`` raises, which is
    asked in the transaction that opens them.

    Each asks the questions of the centre that it is opened for, as they are now.
    """
    with writing(engine).begin() as connection:
        refuse_closed(connection, opens_on, opener, *(pick.place.id for pick in picks))
        refuse(connection)
        asked = OwnPart(own.accepted(connection, opener), minimum)
        orders = [_order(connection, pick, opens_on, closes_on, questionnaire, asked) for pick in picks]
        try:
            opened = collector.open_campaigns(orders)
        except CampaignError as error:
            raise CampaignRefused(str(error)) from None
        store.add_campaigns(
            connection,
            [
                CampaignRow(one.id, pick.formation.id, pick.place.id, pick.code, opens_on, closes_on, 0, 0, opener)
                for one, pick in zip(opened, picks, strict=True)
            ],
        )
    return opened


def refuse_closed(connection: Connection, on: date, *centre_ids: int) -> None:
    """Refuse to ask on some day for centres that will have closed, or that another will have taken over from; raises
    CampaignRefused."""
    for centre_id in dict.fromkeys(centre_ids):
        closed_on, successor = catalogue.end_of(connection, centre_id, on)
        name = catalogue.centre(connection, centre_id).name
        if successor:
            raise CampaignRefused(
                f"{name} a été repris par {successor}\u00a0: les campagnes s'ouvrent désormais dans son espace."
            )
        if closed_on:
            raise CampaignRefused(f"{name} a fermé le {words.day(closed_on)}\u00a0: aucune campagne ne s'y ouvre plus.")


def _order(
    connection: Connection, pick: Pick, opens_on: date, closes_on: date, questionnaire: str, asked: OwnPart
) -> CampaignOrder:
    return CampaignOrder(
        formation_code=pick.formation.natural_key,
        formation_title=pick.formation.title,
        centre_code=catalogue.centre_key(connection, pick.place),
        centre_name=pick.place.name,
        opens_on=opens_on,
        closes_on=closes_on,
        seats=pick.seats,
        questionnaire_version=questionnaire,
        own=asked,
    )


def common_link(collector: Collector, campaign_id: str) -> str:
    """The common link of a campaign; raises CampaignRefused."""
    try:
        collector.progress(campaign_id)
    except CampaignError as error:
        raise CampaignRefused(str(error)) from None
    return collector.common_link(campaign_id)


def close_campaign(collector: Collector, campaign_id: str) -> None:
    """Close a campaign now; raises CampaignRefused."""
    try:
        collector.close_campaign(campaign_id)
    except CampaignError as error:
        raise CampaignRefused(str(error)) from None


def refuse_closed_for(connection: Connection, on: date, campaign_id: str) -> None:
    """Refuse to ask more on some day in a campaign of a centre that will have closed; raises CampaignRefused."""
    campaign = store.campaign(connection, campaign_id)
    if campaign is not None:
        refuse_closed(connection, on, campaign.centre_id)


def extend_campaign(engine: Engine, collector: Collector, campaign_id: str, closes_on: date) -> None:
    """Give a campaign that runs, or is to come, a later last day; raises CampaignRefused."""
    try:
        with writing(engine).begin() as connection:
            refuse_closed_for(connection, closes_on, campaign_id)
            store.move_end(connection, campaign_id, closes_on)
            collector.extend_campaign(campaign_id, closes_on)
    except CampaignError as error:
        raise CampaignRefused(str(error)) from None


def issue_links(collector: Collector, campaign_id: str, count: int) -> list[str]:
    """New personal links of a campaign; raises CampaignRefused."""
    try:
        return collector.issue_links(campaign_id, count)
    except CampaignError as error:
        raise CampaignRefused(str(error)) from None
