"""What crosses the collector's door: orders in; links, progress and answers out; receipts back. Nobody's identity."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from collector.questionnaire import NO_OWN, Answers, OwnPart
from collector.records import Campaign, Counted

EventKind = Literal["sent", "rewritten", "withdrawn"]


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
    questionnaire_version: str = ""
    """Empty for the newest."""
    own: OwnPart = NO_OWN
    """Questions that the centre adds, for itself alone."""


@dataclass(frozen=True, slots=True)
class OpenedCampaign:
    """A campaign just opened, with its common link."""

    id: str
    link: str
    questionnaire_version: str


@dataclass(frozen=True, slots=True)
class CollectedResponse:
    """Something that happened to a response, with the response as it stands now.

    ``kind``: ``sent``, ``rewritten`` (the text under ``question``), ``withdrawn`` (that text, or all when it is None).
    ``month`` is YYYY-MM; ``marks`` are what triage found odd; ``cursor`` is the event's place among all.
    """

    kind: EventKind
    question: str | None
    id: str
    campaign_id: str
    formation_code: str
    centre_code: str
    month: str
    questionnaire_version: str
    answers: Answers
    marks: tuple[str, ...]
    withdrawn: bool
    cursor: str


@dataclass(frozen=True, slots=True)
class Invitations:
    """What came of a roster. ``rejected``: line of the file and why."""

    read: int
    invited: int
    known: int
    stopped: int
    rejected: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: events that the hub has not taken in, mails by state, and since when the oldest mail is due.

    States of mails: ``due``; ``put_off`` after a failure; ``later``; ``leaving``; ``uncertain``, which may have left.
    """

    events: int
    mails: Mapping[str, int]
    oldest_due_seconds: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How a campaign goes; ``invited`` is None when nobody can say how many were asked."""

    campaign_id: str
    invited: int | None
    started: int
    sent: int


@dataclass(frozen=True, slots=True)
class Followed:
    """A campaign as its centre follows it. ``ended_on`` is the day on which it stopped asking, None while it does not;
    ``seats_left`` is None without limit, ``rate`` (0 to 1) when it is known how many were asked. ``reached``: how many
    personal links were given or mailed, whatever the seats that were declared and the visits of a common link."""

    progress: Progress
    opens_on: date
    closes_on: date
    ended_on: date | None
    seats: int
    seats_left: int | None
    reached: int
    own: OwnPart

    @property
    def never_asked(self) -> bool:
        """True when it was closed before its first day."""
        return self.ended_on is not None and self.ended_on < self.opens_on

    @property
    def rate(self) -> float | None:
        """Share of those asked who sent an answer."""
        if self.never_asked:
            return None
        invited, sent = self.progress.invited, self.progress.sent
        return sent / invited if invited and invited >= sent else None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one text of a response; a higher ``version`` replaces a lower one.

    ``recrire``: its author is asked to say it anew; ``archive``: it is shown no longer. ``masks`` are spans of the text
    that the public does not read (start, end in code points, ``prenom`` or ``nom``).
    """

    response_id: str
    question: str
    status: Literal["attente", "publie", "refuse", "recrire", "archive"]
    reason: str | None
    decided_on: date | None
    version: int
    masks: tuple[tuple[int, int, str], ...] = ()


def invited_to(campaign: Campaign) -> int | None:
    """How many a campaign asked. Behind a common link, only declared seats say it."""
    return campaign.seats or (None if campaign.visits else campaign.links + campaign.mailed)


def progress_of(campaign: Campaign, counted: Counted) -> Progress:
    """How a campaign goes."""
    return Progress(campaign.id, invited_to(campaign), counted.drafts + counted.sent, counted.sent)


def followed(campaign: Campaign, counted: Counted, now: datetime) -> Followed:
    """A campaign as its centre follows it at a moment."""
    over = now.timestamp() >= campaign.ends_at.timestamp()
    last = campaign.closes_on if campaign.closed_at is None else campaign.ends_at.date()
    taken = campaign.links + campaign.visits + campaign.mailed
    return Followed(
        progress=progress_of(campaign, counted),
        opens_on=campaign.opens_on,
        closes_on=campaign.closes_on,
        ended_on=last if over else None,
        seats=campaign.seats,
        seats_left=max(campaign.seats - taken, 0) if campaign.seats else None,
        reached=campaign.links + campaign.mailed,
        own=campaign.own,
    )
