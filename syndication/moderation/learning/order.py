"""In which order texts are read: nobody waits for ever, and of the others what is quick to decide comes first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

AGED_DAYS = 7
"""Days from which a text comes before every younger one, whatever its score: a week before the ten-day promise ends."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A text that waits; ``score`` is None while no model is on."""

    id: str
    received_on: date
    score: float | None = None


def ordered(items: Iterable[Queued], now: datetime) -> list[Queued]:
    """Texts in the order in which to read them.

    Those of ``AGED_DAYS`` and more come first, the oldest first. Then those about which the model is surest either way,
    which take a moderator least time; those without a score last. Equal ones stay by age.
    """
    limit = now.date() - timedelta(days=AGED_DAYS)

    def place(item: Queued) -> tuple[bool, float, date, str]:
        aged = item.received_on <= limit
        sure = 0.0 if aged or item.score is None else abs(item.score - 0.5)
        return not aged, -sure, item.received_on, item.id

    return sorted(items, key=place)
