"""From the collector's door to reviews: idempotent, one transaction a batch."""

import logging
import secrets
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from collector.door import CollectedResponse, Collector, Questionnaire, questionnaire
from syndication import ratings, store
from syndication.catalogue.resolve import resolve
from syndication.database import writing
from syndication.errors import CampaignRefused, UnusableCode
from syndication.store import CampaignRow, NewReview, NewVerbatim, Scope

FOLLOWER = "collector"
log = logging.getLogger("sirius.intake")
BATCH = 500


def take_in(engine: Engine, collector: Collector, now: datetime) -> int:
    """Take in what the collector recorded since last time; gives how many reviews were new."""
    taken = 0
    while True:
        with writing(engine).begin() as connection:
            responses = collector.responses_after(store.bookmark(connection, FOLLOWER), BATCH)
            if not responses:
                return taken
            taken += len(_keep(connection, collector, responses, now))
            store.move_bookmark(connection, FOLLOWER, responses[-1].cursor)


def count_invitations(engine: Engine, collector: Collector, now: datetime) -> None:
    """Bring up to date how many were asked, for every open campaign."""
    with engine.connect() as connection:
        campaigns = store.open_campaigns(connection, now.date())
    invited = {campaign.id: collector.progress(campaign.id).invited for campaign in campaigns}
    stale = [campaign.id for campaign in campaigns if campaign.invited != invited[campaign.id]]
    if stale:
        with writing(engine).begin() as connection:
            for campaign_id in stale:
                _recount(connection, campaign_id, invited[campaign_id], 0, now)


def new_id() -> str:
    """An identifier that tells nothing of order: 96 random bits."""
    return secrets.token_hex(12)


def open_texts(document: Questionnaire, texts: dict[str, str]) -> list[tuple[str, str]]:
    """The texts that are verbatims, by question, in the questionnaire's order."""
    return [(q.key, texts[q.key]) for q in document.questions() if q.verbatim and q.key in texts]


def invitation_counts(invited: int | None, respondents: int) -> Counter[tuple[str, str]]:
    """What a campaign adds to the count of people asked: see ``ratings.INVITED``."""
    if invited is None:
        return Counter({(ratings.INVITED, "inconnus"): respondents})
    return Counter({(ratings.INVITED, "connus"): invited})


def _keep(
    connection: Connection, collector: Collector, responses: Sequence[CollectedResponse], now: datetime
) -> list[NewReview]:
    campaigns: dict[str, CampaignRow] = {}
    placed: list[NewReview] = []
    for response in responses:
        try:
            if response.campaign_id not in campaigns:
                campaigns[response.campaign_id] = _campaign(connection, response, now)
            placed.append(_review(response, campaigns[response.campaign_id]))
        except (CampaignRefused, UnusableCode) as error:
            log.error("a response could not be placed and is set aside: %s", error)
            store.set_aside(connection, response.id, str(error))
    fresh = store.keep_reviews(connection, placed, now)
    respondents: dict[str, int] = defaultdict(int)
    for review in fresh:
        respondents[str(review.campaign_id)] += review.counts.get((ratings.RESPONDENTS, ""), 0)
    for campaign_id, count in respondents.items():
        _recount(connection, campaign_id, collector.progress(campaign_id).invited, count, now)
    return fresh


def _review(response: CollectedResponse, campaign: CampaignRow) -> NewReview:
    document = questionnaire(response.questionnaire_version)
    answers = response.answers
    return NewReview(
        id=new_id(),
        origin="collecte",
        source_id=response.id,
        campaign_id=campaign.id,
        formation_id=campaign.formation_id,
        centre_id=campaign.centre_id,
        code_given=campaign.code_given,
        month=response.month,
        questionnaire_version=response.questionnaire_version,
        answers={"scales": dict(answers.scales), "choices": {k: list(v) for k, v in answers.choices.items()}},
        counts=ratings.counts_of(answers, document, response.month),
        verbatims=tuple(
            NewVerbatim(new_id(), question, text, "attente")
            for question, text in open_texts(document, dict(answers.texts))
        ),
    )


def _campaign(connection: Connection, response: CollectedResponse, now: datetime) -> CampaignRow:
    """The campaign of a response; one that the hub never stored is drawn again from the codes it bears."""
    known = store.campaign(connection, response.campaign_id)
    if known is not None:
        return known
    resolved = resolve(connection, response.formation_code, response.centre_code)
    if resolved.formation is None or resolved.centre is None:
        raise CampaignRefused(f"La campagne {response.campaign_id} ne dit pas sa formation et son établissement.")
    campaign = CampaignRow(
        response.campaign_id, resolved.formation.asked.id, resolved.centre.id, response.formation_code,
        now.date(), now.date(), 0, 0,
    )  # fmt: skip
    store.add_campaign(connection, campaign)
    return campaign


def _recount(connection: Connection, campaign_id: str, invited: int | None, added: int, now: datetime) -> None:
    before = store.campaign(connection, campaign_id)
    if before is None:
        raise CampaignRefused(f"Aucune campagne ne porte l'identifiant {campaign_id}.")
    after = replace(before, invited=invited, respondents=before.respondents + added)
    difference = invitation_counts(after.invited, after.respondents)
    difference.subtract(invitation_counts(before.invited, before.respondents))
    counts: dict[tuple[Scope, str, str], int] = {
        (before.scope, axis, value): count for (axis, value), count in difference.items()
    }
    store.add_to_tally(connection, counts)
    store.set_campaign_counts(connection, campaign_id, after.invited, after.respondents)
    store.note_changes(connection, [before.scope], now)
