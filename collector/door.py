"""The collector's door: what the hub may call, frozen types in, frozen types out.

What crosses: which campaign, which formation and centre, the month, the answers. Who was invited never does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from starlette.routing import BaseRoute

from collector import database, links, store
from collector.errors import CampaignError, CollectorError, LinkError, SeatsTaken, SettingError
from collector.questionnaire import Answers, Question, Questionnaire, default_questionnaire, questionnaire, validate
from collector.questionnaire.document import SCALE
from collector.settings import Settings, checked_database_url, first_fault
from collector.views import Desk, routes
from collector.writer import Writer

__all__ = [
    "SCALE",
    "Answers",
    "CampaignError",
    "CampaignOrder",
    "CollectedResponse",
    "Collector",
    "CollectorError",
    "LinkError",
    "OpenedCampaign",
    "Progress",
    "Question",
    "Questionnaire",
    "Receipt",
    "SeatsTaken",
    "SettingError",
    "Settings",
    "checked_database_url",
    "default_questionnaire",
    "first_fault",
    "questionnaire",
]

PARIS = ZoneInfo("Europe/Paris")
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class CampaignOrder:
    """What a campaign is about. Dates are both included; ``seats`` 0 means no limit."""

    formation_code: str
    formation_title: str
    centre_code: str
    centre_name: str
    opens_on: date
    closes_on: date
    seats: int = 0


@dataclass(frozen=True, slots=True)
class OpenedCampaign:
    """A campaign just opened, with its common link."""

    id: str
    link: str
    questionnaire_version: str


@dataclass(frozen=True, slots=True)
class CollectedResponse:
    """One response as the hub receives it; ``month`` is YYYY-MM, ``cursor`` its place among the events."""

    id: str
    campaign_id: str
    formation_code: str
    centre_code: str
    month: str
    questionnaire_version: str
    answers: Answers
    cursor: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How a campaign goes; ``invited`` is None when nobody can say how many were asked."""

    campaign_id: str
    invited: int | None
    started: int
    sent: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one text of a response; a higher ``version`` replaces a lower one."""

    response_id: str
    question: str
    status: Literal["attente", "publie", "refuse"]
    reason: str | None
    version: int


def now_in_paris() -> datetime:
    """The clock used when none is given."""
    return datetime.now(PARIS)


class Collector:
    """The collector, opened on its database."""

    def __init__(self, settings: Settings, clock: Clock = now_in_paris) -> None:
        self.settings = settings
        self._clock = clock
        self._engine = database.open_engine(settings.database_url)
        self._writer = Writer(self._engine)
        self._store = store.Store(self._engine, self._writer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish the writes that wait, then let go of the database."""
        self._writer.close()
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the schema to this release."""
        database.migrate(self._engine)

    def is_current(self) -> bool:
        """True when no migration is pending."""
        return database.is_current(self._engine)

    def routes(self) -> list[BaseRoute]:
        """The pages of respondents: ``/r``, ``/r/TOKEN``, ``/c/TOKEN``."""
        return routes(Desk(self.settings, self._store, self._clock))

    def open_campaign(self, order: CampaignOrder) -> OpenedCampaign:
        """Open a campaign with the default questionnaire; raises CampaignError when it makes no sense."""
        if order.closes_on < order.opens_on:
            raise CampaignError("La campagne finirait avant d'avoir commencé.")
        if order.seats < 0:
            raise CampaignError("Le nombre de places ne peut pas être négatif.")
        version = default_questionnaire().version
        campaign = store.Campaign(
            id=links.new_id(),
            formation_code=order.formation_code,
            formation_title=order.formation_title,
            centre_code=order.centre_code,
            centre_name=order.centre_name,
            opens_on=order.opens_on,
            closes_on=order.closes_on,
            seats=order.seats,
            questionnaire_version=version,
        )
        self._store.add_campaign(campaign)
        return OpenedCampaign(campaign.id, self.common_link(campaign.id), version)

    def common_link(self, campaign_id: str) -> str:
        """Address of a campaign's common link."""
        return links.common_link(self.settings.public_url, self.settings.keys(), campaign_id)

    def issue_links(self, campaign_id: str, count: int) -> list[str]:
        """Make new personal links; raises CampaignError, SeatsTaken. The links are kept nowhere."""
        if count < 1:
            raise CampaignError("Au moins un lien est attendu.")
        tokens = [links.new_token() for _ in range(count)]
        self._store.issue(campaign_id, tokens)
        return [links.personal_link(self.settings.public_url, token) for token in tokens]

    def progress(self, campaign_id: str) -> Progress:
        """How a campaign goes. Behind a common link, only declared seats say how many were asked."""
        campaign = self._store.campaign(campaign_id)
        counted = self._store.counted(campaign_id)
        by_common_link = counted.taken > counted.links
        invited = campaign.seats or (None if by_common_link else counted.links)
        return Progress(campaign_id, invited, counted.drafts + counted.sent, counted.sent)

    def record(self, link: str, raw: dict[str, list[str]]) -> None:
        """Answer a personal link as its holder would, for demonstrations; raises LinkError, CampaignError."""
        token = link.rsplit("/", 1)[-1]
        seat = self._store.seat(token)
        answers, faults = validate(questionnaire(seat.campaign.questionnaire_version), raw)
        if faults:
            raise CampaignError(f"{faults[0].key} : {faults[0].message}")
        self._store.send_many([(token, seat.campaign, answers, self._clock().strftime("%Y-%m"))])

    def responses_after(self, cursor: str, limit: int = 500) -> list[CollectedResponse]:
        """Responses recorded after a cursor (empty: from the start), oldest first."""
        return [
            CollectedResponse(
                id=recorded.response_id,
                campaign_id=recorded.campaign.id,
                formation_code=recorded.campaign.formation_code,
                centre_code=recorded.campaign.centre_code,
                month=recorded.month,
                questionnaire_version=recorded.questionnaire_version,
                answers=recorded.answers,
                cursor=str(recorded.seq),
            )
            for recorded in self._store.events_after(int(cursor or 0), limit)
        ]

    def deliver_receipt(self, receipt: Receipt) -> None:
        """Let the author's page say what became of a text."""
        self._store.keep_receipt(receipt.response_id, receipt.question, receipt.status, receipt.reason, receipt.version)
