"""What the widget draws, frozen, and where it gets it from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

Reliability = Literal["insuffisante", "comptes", "fragile", "normale"]
ScopeName = Literal["formation", "formation@etablissement", "etablissement"]
Language = Literal["fr", "en"]
Order = Literal["recent", "utile"]
Role = Literal["lieu", "formateur", "gestionnaire"]


@dataclass(frozen=True, slots=True)
class Share:
    """A count with its whole percentage, None below the threshold of percentages."""

    count: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """How respondents answered a scale; ``good_interval`` is the 95 % interval of « bien », in percent."""

    good: Share
    fair: Share
    poor: Share
    unanswered: int
    good_interval: tuple[float, float] | None

    @property
    def answered(self) -> int:
        """How many answered."""
        return self.good.count + self.fair.count + self.poor.count


@dataclass(frozen=True, slots=True)
class Note:
    """A rating axis."""

    key: str
    label: str
    group: str
    distribution: Distribution


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a choice, with its share of the respondents to the question."""

    key: str
    label: str
    count: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with several options."""

    key: str
    label: str
    respondents: int
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Formation:
    """A formation, with its codes by scheme."""

    title: str
    level: int | None
    codes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Centre:
    """A training centre."""

    uai: str | None
    siret: str | None
    name: str
    city: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for and what is served; ``centres`` is how many centres' respondents are counted.

    ``role`` is the part in the formation of the centre asked for, None when nobody says; ``asked`` is that centre when
    it is not the place, which is served.
    """

    requested: ScopeName
    served: ScopeName
    centres: int
    role: Role | None = None
    asked: Centre | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """First and last month of the experiences counted, YYYY-MM."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A centre's reply to a verbatim."""

    text: str
    signed: str
    published_on: date


@dataclass(frozen=True, slots=True)
class Subject:
    """What a text speaks of."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow the texts of a scope, with how many it leaves (for a centre: its respondents), when known."""

    key: str
    label: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Strength:
    """A question where a centre stands above others beyond doubt, for a formation: the share of « bien » of its
    respondents (whole percentage, of how many) and of those of other centres."""

    key: str
    label: str
    formation: str
    percent: int
    answered: int
    elsewhere_percent: int
    elsewhere_answered: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Which texts of a scope a reader wants: every blank means any; ``page`` counts from 0, ``size`` texts on each.

    ``strengths``: what the centre does well is wanted too.
    """

    question: str = ""
    subject: str = ""
    words: str = ""
    centre: str = ""
    order: Order = "recent"
    page: int = 0
    size: int = 12
    strengths: bool = False

    @property
    def narrows(self) -> bool:
        """True when some texts of the scope are left out."""
        return bool(self.question or self.subject or self.words or self.centre)


NOTHING_ASKED = Ask()
"""The first page of every text, newest first."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A published text. ``centre`` is None while naming it could single somebody out; ``formation`` is the title of the
    one it tells of, where several are told of together; ``given_under`` the code (``cfd:…``) it was given under."""

    id: str
    question: str
    question_label: str
    text: str
    published_on: date
    month: str | None
    subjects: tuple[Subject, ...]
    gem: bool
    useful: int
    centre: Centre | None
    reply: Reply | None
    formation: str | None = None
    given_under: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything public about a scope at one moment. ``held`` counts published texts that wait for more respondents.

    ``verbatims`` is the page of texts that ``ask`` names, ``found`` how many there are on all ``pages``; ``questions``,
    ``subjects`` and ``centres_named`` are the ways to narrow them. ``strengths``, the widest gap first, are there when
    they were asked for.
    """

    formation: Formation | None
    centre: Centre | None
    scope: Scope
    respondents: int
    held: int
    invited: int | None
    response_rate: float | None
    period: Period | None
    reliability: Reliability
    satisfaction: Distribution | None
    notes: tuple[Note, ...]
    choices: tuple[Choice, ...]
    verbatim_total: int
    verbatims: tuple[Verbatim, ...]
    method_url: str
    page_url: str
    updated_at: datetime | None
    ask: Ask = NOTHING_ASKED
    found: int = 0
    pages: int = 0
    questions: tuple[Facet, ...] = ()
    subjects: tuple[Facet, ...] = ()
    centres_named: tuple[Facet, ...] = ()
    strengths: tuple[Strength, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """The one line of a result list: what was asked for, what is served, how many answered, and their satisfaction."""

    key: str
    scope: Scope
    respondents: int
    reliability: Reliability
    satisfaction: Distribution | None
    page_url: str


class SnapshotSource(Protocol):
    """Where snapshots come from."""

    def snapshot(
        self, formation: str | None, centre: str | None, language: Language = "fr", ask: Ask = NOTHING_ASKED
    ) -> Snapshot | None:
        """The snapshot behind two codes as an integrator wrote them, or None when they mean nothing."""
        ...

    def scores(self, keys: Sequence[str]) -> Sequence[Score]:
        """Scores of keys (``formation@etablissement``, either part alone); those that mean nothing are left out."""
        ...

    def frame_ancestors(self) -> str:
        """Value of the ``frame-ancestors`` directive for embeddable pages."""
        ...

    def may_embed(self, origin: str) -> bool:
        """True when pages of an origin (``https://example.fr``) may show widgets."""
        ...


class Gestures(Protocol):
    """Where readers' « useful or not » goes."""

    def note(self, verbatim: str, useful: bool, network: str, browser: str) -> bool:
        """Note a reader's gesture, once for a reader and text; False when too many came from the network."""
        ...
