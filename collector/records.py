"""What the collector keeps, as its code handles it: campaigns, seats, answers, what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from collector.database import to_json
from collector.questionnaire import NO_OWN, Answers, OwnPart

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as stored; both dates are included, ``closed_at`` is in seconds since 1970."""

    id: str
    formation_code: str
    formation_title: str
    centre_code: str
    centre_name: str
    opens_on: date
    closes_on: date
    closed_at: int | None
    seats: int
    questionnaire_version: str
    links: int = 0
    visits: int = 0
    mailed: int = 0
    reminders: int = 0
    reminder_days: int = 0
    own: OwnPart = NO_OWN

    @property
    def ends_at(self) -> datetime:
        """When it stops asking: when somebody closed it, else at midnight after its last day."""
        if self.closed_at is not None:
            return datetime.fromtimestamp(self.closed_at, PARIS)
        return datetime.combine(self.closes_on + timedelta(days=1), time(), PARIS)

    def is_open(self, now: datetime) -> bool:
        """True between its two dates, until somebody closes it."""
        begun = self.opens_on <= now.astimezone(PARIS).date()
        return begun and now.timestamp() < self.ends_at.timestamp()  # clock times of one zone compare wrongly at night


@dataclass(frozen=True, slots=True)
class News:
    """What became of a text: ``attente``, ``publie``, ``refuse``, ``recrire`` (its author is asked to) or ``archive``,
    why, since which day, and the spans that the public does not read: start, end, kind."""

    status: str
    reason: str | None
    decided_on: date | None
    masks: tuple[tuple[int, int, str], ...] = ()

    @property
    def may_be_rewritten(self) -> bool:
        """True when its author may say it anew: it is not published, or not as it was written."""
        return self.status in {"refuse", "recrire"} or (self.status == "publie" and bool(self.masks))


@dataclass(frozen=True, slots=True)
class Sent:
    """A response as its author may read it again; ``news`` by question."""

    id: str
    month: str
    questionnaire_version: str
    answers: Answers
    withdrawn: bool
    news: Mapping[str, News]


@dataclass(frozen=True, slots=True)
class Seat:
    """What stands behind a personal token. ``marks``: what looked odd when it was taken; ``draft_marks``: while it was
    filled in. ``draft_stored`` is the draft as the database holds it, when it holds text."""

    campaign: Campaign
    author_hash: str
    roster_hash: str
    origin: str
    contact_id: str | None
    marks: tuple[str, ...]
    draft: Answers | None
    draft_stored: str | None
    draft_marks: tuple[str, ...]
    sent: Sent | None


@dataclass(frozen=True, slots=True)
class Sending:
    """An answer about to be recorded."""

    author_hash: str
    roster_hash: str
    contact_id: str | None
    campaign_id: str
    questionnaire_version: str
    month: str
    stored: str
    """The answers as JSON."""
    marks: tuple[str, ...] = ()

    @classmethod
    def of(cls, seat: Seat, answers: Answers, month: str, marks: Sequence[str] = ()) -> "Sending":
        """The answer of who holds a seat."""
        campaign = seat.campaign
        version = campaign.questionnaire_version
        same = seat.draft_stored is not None and answers == seat.draft
        stored = str(seat.draft_stored) if same else to_json(answers_to(answers))
        return cls(
            seat.author_hash, seat.roster_hash, seat.contact_id, campaign.id, version, month, stored, tuple(marks)
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with the response that it is about, as that response stands now."""

    seq: int
    kind: str
    question: str | None
    response_id: str
    campaign: Campaign
    month: str
    questionnaire_version: str
    answers: Answers
    marks: tuple[str, ...]
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """Drafts and responses of a campaign."""

    drafts: int
    sent: int


def answers_to(answers: Answers) -> dict[str, Any]:
    """Answers as stored."""
    return {
        "scales": dict(answers.scales),
        "choices": {key: list(values) for key, values in answers.choices.items()},
        "texts": dict(answers.texts),
    }


def answers_from(stored: Mapping[str, Any]) -> Answers:
    """Answers as read back."""
    return Answers(
        dict(stored["scales"]),
        {key: tuple(values) for key, values in stored["choices"].items()},
        dict(stored["texts"]),
    )
