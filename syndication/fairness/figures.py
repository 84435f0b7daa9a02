"""What counts of the flow say: shares with their intervals, delays, and whether ratings are treated alike. Pure.

Sources: ISO 20488 and NF Z74-501 want reviews published alike and as fast whether they praise or not; intervals are
Wilson's at 95 %; a difference is called established only where two intervals do not overlap, which is stricter than a
test of the difference.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from syndication.ratings import percentages, wilson

RATINGS = ("bien", "moyen", "mal", "")
NAMES = {"bien": "bien", "moyen": "moyen", "mal": "mal", "": "sans réponse"}
"""How respondents of each rating are called."""
STATES = ("publie", "refuse", "attente", "recrire", "archive", "retire")
DELAY, REASON = "delai.", "motif."
ENOUGH = 20
"""Texts decided under which a share is not told: chance alone would make it."""
SMALL = 5
"""A count under this, of a part of everybody, is not told: it could tell of somebody."""
LIMIT_DAYS = 30
"""Days within which every text is promised a decision (NF Z74-501: a month)."""
ALARM_DAYS = 25
"""Days from which the desk's warning becomes an alarm: what is left of the month is short."""


Line = TypeVar("Line", bound=Hashable)
Counts = Mapping[str, int]
"""How many, by measure."""


@dataclass(frozen=True, slots=True)
class CentreFlow:
    """The counts of a centre, whatever the month and rating."""

    id: int
    code: str
    name: str
    city: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits now: how many texts and since when, and the same of replies from centres."""

    texts: int
    oldest: date | None
    replies: int
    oldest_reply: date | None

    def days(self, today: date) -> int:
        """Days that the oldest text has waited; 0 when none waits."""
        return (today - self.oldest).days if self.oldest else 0

    def reply_days(self, today: date) -> int:
        """Days that the oldest reply has waited; 0 when none waits."""
        return (today - self.oldest_reply).days if self.oldest_reply else 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that statistics are made from. ``listed`` are the counts of every centre that may be named, by its id
    and in their order, of which ``centres`` are the first."""

    today: date
    ratings: Mapping[str, Counts]
    months: Mapping[str, Counts]
    listed: Mapping[int, Counts]
    centres: Sequence[CentreFlow]
    waiting: Waiting
    doubts: Counts
    campaigns: Counts
    covered: Counts
    served: Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with its interval, in percent; ``interval`` is None under ``ENOUGH``."""

    count: int
    total: int
    percent: int | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Delays:
    """Days until the first decision: the median, those within which nine texts in ten were decided, the longest."""

    decided: int
    median: int | None
    nine_in_ten: int | None
    longest: int | None
    late: int


@dataclass(frozen=True, slots=True)
class RatingLine:
    """What became of the texts of respondents of a rating."""

    rating: str
    received: int
    states: Mapping[str, int]
    refused: Share
    delays: Delays

    @property
    def name(self) -> str:
        """How respondents of this rating are called."""
        return NAMES[self.rating]


def total(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Counts added up, by measure."""
    found: dict[str, int] = {}
    for one in counts:
        for measure, count in one.items():
            found[measure] = found.get(measure, 0) + count
    return found


def share(count: int, whole: int) -> Share:
    """A share, told only of a whole of at least ``ENOUGH``."""
    if whole < ENOUGH:
        return Share(count, whole, None, None)
    return Share(count, whole, percentages([count, whole - count])[0], wilson(count, whole))


def withheld(counts: Mapping[Line, int], rest: int = 0, already: Collection[Line] = ()) -> frozenset[Line]:
    """Lines of a table that are not told beside their total: small ones, those withheld ``already``, and with them the
    smallest others, until what is left of the total is of two lines and not small itself.

    Without these others a single small line would be the total less what is told. ``rest`` is what the total counts
    beyond the lines.
    """
    hidden = {line for line, count in counts.items() if 0 < count < SMALL or line in already}
    left = rest + sum(counts[line] for line in hidden)
    others = sorted((line for line in counts if line not in hidden), key=lambda line: (not counts[line], counts[line]))
    for line in others:
        alone = len(hidden) == 1 and not rest
        if not left or not (alone or left < SMALL):
            break
        hidden.add(line)
        left += counts[line]
    return frozenset(hidden)


def judged(counts: Mapping[str, int]) -> int:
    """How many texts are published or refused."""
    return counts.get("publie", 0) + counts.get("refuse", 0)


def refused(counts: Mapping[str, int]) -> Share:
    """The share refused of the texts that are published or refused."""
    return share(counts.get("refuse", 0), judged(counts))


def delays(counts: Mapping[str, int], prefix: str = DELAY) -> Delays:
    """Delays from how many texts were decided after each number of days (measures ``prefix`` and the days)."""
    days = sorted(
        (int(measure.removeprefix(prefix)), count)
        for measure, count in counts.items()
        if measure.startswith(prefix) and count > 0
    )
    decided = sum(count for _, count in days)
    if not decided:
        return Delays(0, None, None, None, 0)
    late = sum(count for day, count in days if day > LIMIT_DAYS)
    return Delays(decided, _reached(days, 0.5 * decided), _reached(days, 0.9 * decided), days[-1][0], late)


def within(counts: Mapping[str, int], days: int, prefix: str = DELAY) -> Share:
    """The share decided within so many days."""
    told = {int(name.removeprefix(prefix)): count for name, count in counts.items() if name.startswith(prefix)}
    return share(sum(count for day, count in told.items() if day <= days), sum(told.values()))


def by_rating(counts: Mapping[str, Mapping[str, int]]) -> list[RatingLine]:
    """A line for each rating, in their fixed order."""
    lines: list[RatingLine] = []
    for rating in RATINGS:
        own = counts.get(rating, {})
        states = {state: own.get(state, 0) for state in STATES}
        lines.append(RatingLine(rating, own.get("recu", 0), states, refused(own), delays(own)))
    return lines


def verdict(lines: Sequence[RatingLine]) -> str:
    """Whether refusals differ between ratings, in a sentence."""
    told = [line for line in lines if line.rating and line.refused.interval is not None]
    if len(told) < 2:
        return (
            f"Trop peu de textes sont décidés pour comparer les notes\u00a0: il en faut {ENOUGH} pour deux d'entre "
            "elles au moins."
        )
    most = max(told, key=lambda line: _bounds(line)[0])
    least = min(told, key=lambda line: _bounds(line)[1])
    if _bounds(most)[0] <= _bounds(least)[1]:
        return (
            "Aucune différence n'est établie\u00a0: les fourchettes se recouvrent, les écarts peuvent venir du hasard."
        )
    return (
        f"Une différence est établie\u00a0: les textes de qui répond «\u00a0{most.name}\u00a0» sont refusés plus "
        f"souvent ({most.refused.percent}\u00a0%) que ceux de qui répond «\u00a0{least.name}\u00a0» "
        f"({least.refused.percent}\u00a0%), et leurs fourchettes ne se recouvrent pas."
    )


def reasons(counts: Mapping[str, int]) -> dict[str, int]:
    """How many texts are refused for each reason, the most frequent first."""
    told = {name.removeprefix(REASON): count for name, count in counts.items() if name.startswith(REASON) and count > 0}
    return dict(sorted(told.items(), key=lambda one: (-one[1], one[0])))


def _bounds(line: RatingLine) -> tuple[float, float]:
    return line.refused.interval or (0.0, 100.0)


def _reached(days: Sequence[tuple[int, int]], wanted: float) -> int:
    """The first number of days by which so many were decided."""
    seen = 0
    for day, count in days:
        seen += count
        if seen >= wanted:
            return day
    return days[-1][0]
