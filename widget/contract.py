"""What the widget draws, frozen, and where it gets it from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

Reliability = Literal["insuffisante", "comptes", "fragile", "normale"]
ScopeName = Literal["formation", "formation@etablissement", "etablissement"]


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
    """What was asked for and what is served; ``centres`` is how many centres' respondents are counted."""

    requested: ScopeName
    served: ScopeName
    centres: int


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
class Verbatim:
    """A published text. ``centre`` is None while naming it could single somebody out."""

    id: str
    question: str
    question_label: str
    text: str
    published_on: date
    month: str | None
    subjects: tuple[str, ...]
    gem: bool
    useful: int
    centre: Centre | None
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything public about a scope at one moment. ``held`` counts published texts that wait for more respondents."""

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
    updated_at: datetime | None


class SnapshotSource(Protocol):
    """Where snapshots come from."""

    def snapshot(self, formation: str | None, centre: str | None) -> Snapshot | None:
        """The snapshot behind two codes as an integrator wrote them, or None when they mean nothing."""
        ...

    def frame_ancestors(self) -> str:
        """Value of the ``frame-ancestors`` directive for embeddable pages."""
        ...
