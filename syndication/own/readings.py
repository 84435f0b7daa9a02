"""When a centre sees what was answered to its own questions. Pure.

Figures move on by several respondents at a time: a centre that looks twice never sees one answer come or go. What was
shown stays until so many more (or fewer) have answered; below the minimum nothing is shown.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Counted:
    """Respondents to a question, and how many chose each option (``o1``, ``o2``…); an open one has no options."""

    respondents: int = 0
    options: Mapping[str, int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a centre sees of a question: counts as they stood when they last moved, nothing while it is ``hidden``."""

    counted: Counted = field(default_factory=Counted)
    hidden: bool = True


def moved(shown: Shown, counted: Counted, minimum: int) -> Shown:
    """What is to be seen, from what was and from what is counted now.

    Between two states that are both seen at least ``minimum`` respondents came or went.
    """
    if counted.respondents < minimum:
        return Shown(shown.counted, hidden=True)
    if abs(counted.respondents - shown.counted.respondents) >= minimum:
        return Shown(counted, hidden=False)
    return Shown(shown.counted, hidden=shown.counted.respondents < minimum)
