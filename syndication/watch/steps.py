"""How the steps of the background work go: each failure is counted, each last success is told."""

from collections.abc import Callable
from datetime import datetime

from syndication.context import Hub
from syndication.database import writing
from syndication.watch import store
from syndication.watch.counts import Counts
from syndication.watch.metrics import FAILURES


class Steps:
    """What became of each step in this process."""

    def __init__(self, counts: Counts, clock: Callable[[], datetime]) -> None:
        self._counts = counts
        self._clock = clock
        self._done: dict[str, datetime] = {}
        self._told: dict[str, datetime] = {}

    def note(self, step: str, done: bool) -> None:
        """Note that a step was done, or failed."""
        self._counts.place(FAILURES, step)  # told from the start, as 0: a first failure is then an increase
        if done:
            self._done[step] = self._clock().replace(second=0, microsecond=0)
        else:
            self._counts.add(FAILURES, step)

    def tell(self, hub: Hub) -> None:
        """Write in the database when steps last succeeded, those that did since last time."""
        fresh = {step: at for step, at in self._done.copy().items() if self._told.get(step) != at}
        if fresh:
            with writing(hub.engine).begin() as connection:
                store.keep_successes(connection, fresh)
            self._told |= fresh
