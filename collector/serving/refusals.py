"""What is refused before the application hears of it: counted each time, told in the log, with the headers of others.

The log has a line at once for the first of a kind, then one a minute for those that came meanwhile: a flood fills no
disk. No line says who was refused.
"""

import logging
from collections.abc import Mapping
from typing import Self

from collector.serving.bounds import STATUSES, Reason
from collector.watch.counts import Counts
from collector.watch.metrics import COUNTED, REFUSED

EVERY_SECONDS = 60.0
"""From one line of a kind to the next."""
UNANSWERED = "none"
"""Stands for the status of who was told nothing."""
log = logging.getLogger("sirius.refused")
PLAIN = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Headers where no application tells its own."""
_KEY = "sirius_refusals"
_Kind = tuple[str, Reason]


class Refusals:
    """Refusals of a process. ``headers`` are those of every answer.

    The application that is served makes them; its server finds them in the ``state`` of its lifespan, or makes its own.
    """

    def __init__(self, counts: Counts, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self.state: dict[str, object] = {_KEY: self}
        self._counts = counts
        self._untold: dict[_Kind, int] = {}
        self._told_at: dict[_Kind, float] = {}
        for reason in Reason:  # what is told from the start has a beginning to be compared with
            counts.place(REFUSED, _status(reason), reason)

    @classmethod
    def of(cls, state: Mapping[str, object]) -> Self:
        """Those of an application's state; others, that nobody else hears of, where it has none."""
        found = state.get(_KEY)
        return found if isinstance(found, cls) else cls(Counts(COUNTED), PLAIN)

    def note(self, reason: Reason, now: float, *, answered: bool = True) -> None:
        """Note that somebody was refused, ``now`` being the loop's time; ``answered``: and told so, where it has a
        status."""
        kind = _status(reason) if answered else UNANSWERED, reason
        self._counts.add(REFUSED, *kind)
        self._untold[kind] = self._untold.get(kind, 0) + 1
        self.tell(now)

    def tell(self, now: float) -> bool:
        """Write in the log what may be written; whether anything is left to be told later."""
        ripe = [one for one in self._untold if one not in self._told_at or now - self._told_at[one] >= EVERY_SECONDS]
        for kind in ripe:
            self._told_at[kind] = now
            told = {"status": kind[0], "reason": str(kind[1]), "times": self._untold.pop(kind)}
            log.info("refused unheard: %(reason)s, status %(status)s, counted %(times)d", told, extra={"told": told})
        return bool(self._untold)


def _status(reason: Reason) -> str:
    return str(STATUSES[reason].value) if reason in STATUSES else UNANSWERED
