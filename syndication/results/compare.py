"""Whether one share is above another beyond doubt. Pure.

Two 95 % Wilson intervals that do not overlap: then, and only then, results say « plus » or « moins ». With samples of
like size this is stricter than a test at 5 % (about 0.6 %: Schenker and Gentleman, *The American Statistician*, 2001);
where one side is far larger than the other it comes down to that test, 2.5 % on each side. Over twenty-two questions
one difference out of chance is therefore to be expected now and then, and pages say so. What a centre *shows* of itself
is held to far more: see ``strengths``.
"""

from math import sqrt
from typing import Literal

from syndication.ratings import Z
from widget.contract import Distribution

Verdict = Literal["plus", "moins", "non_etablie", ""]
"""« plus » or « moins » often « bien » than the others; a difference that is not established; nothing to compare."""


def interval(successes: int, total: int, z: float = Z) -> tuple[float, float]:
    """Wilson's interval of a share at a quantile of the normal law, between 0 and 1, not rounded; ``total`` > 0."""
    share, spread = successes / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    margin = z / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    return max(centre - margin, 0.0), min(centre + margin, 1.0)


def compared(own: Distribution | None, others: Distribution | None) -> Verdict:
    """How the share of « bien » stands to that of others; nothing where either has no percentages."""
    if own is None or others is None or own.good_interval is None or others.good_interval is None:
        return ""
    here = interval(own.good.count, own.answered)
    there = interval(others.good.count, others.answered)
    if here[0] > there[1]:
        return "plus"
    return "moins" if here[1] < there[0] else "non_etablie"


def said(verdict: Verdict, than: str, against: str) -> str:
    """A verdict in words: « plus souvent « bien » qu'en France », « pas de différence établie avec la France »."""
    if verdict == "non_etablie":
        return f"pas de différence établie {against}"
    return f"{verdict} souvent «\u00a0bien\u00a0» {than}" if verdict else ""
