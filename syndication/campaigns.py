"""Campaigns, from the hub's side: which formation, which centre, then the collector opens it."""

from datetime import date

from sqlalchemy import Engine

from collector.door import CampaignError, CampaignOrder, Collector, OpenedCampaign
from syndication import store
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve
from syndication.database import writing
from syndication.errors import CampaignRefused
from syndication.store import CampaignRow


def open_campaign(
    engine: Engine,
    collector: Collector,
    formation: str,
    centre: str,
    opens_on: date,
    closes_on: date,
    seats: int = 0,
    questionnaire: str = "",
) -> OpenedCampaign:
    """Open a campaign; raises CodeError, UnknownCode, AmbiguousCode, CampaignRefused."""
    with engine.connect() as connection:
        resolved = resolve(connection, formation, centre)
        if resolved.formation is None or resolved.centre is None:
            raise CampaignRefused("Une campagne porte sur une formation et un établissement.")
        centre_code = catalogue.centre_key(connection, resolved.centre)
    asked, place = resolved.formation.asked, resolved.centre
    order = CampaignOrder(
        formation_code=asked.natural_key,
        formation_title=asked.title,
        centre_code=centre_code,
        centre_name=place.name,
        opens_on=opens_on,
        closes_on=closes_on,
        seats=seats,
        questionnaire_version=questionnaire,
    )
    try:
        opened = collector.open_campaign(order)
    except CampaignError as error:
        raise CampaignRefused(str(error)) from None
    row = CampaignRow(opened.id, asked.id, place.id, str(resolved.formation.code), opens_on, closes_on, 0, 0)
    with writing(engine).begin() as connection:
        store.add_campaign(connection, row)
    return opened


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


def issue_links(collector: Collector, campaign_id: str, count: int) -> list[str]:
    """New personal links of a campaign; raises CampaignRefused."""
    try:
        return collector.issue_links(campaign_id, count)
    except CampaignError as error:
        raise CampaignRefused(str(error)) from None
