"""How the steps of the background work go: each failure is counted, each last success is kept."""

from collections.abc import Callable
from datetime import datetime

from collector.watch.counts import Counts
from collector.watch.metrics import FAILURES


class Steps:
    """What became of each step in this process."""

    def __init__(self, counts: Counts, clock: Callable[[], datetime]) -> None:
        self._counts = counts
        self._clock = clock
        self.done: dict[str, datetime] = {}
        """When each last succeeded, to the minute."""

    def note(self, step: str, done: bool) -> None:
        """Note that a step was done, or failed."""
        self._counts.place(FAILURES, step)  # told from the start, as 0: a first failure is then an increase
        if done:
            self.done[step] = self._clock().replace(second=0, microsecond=0)
        else:
            self._counts.add(FAILURES, step)
