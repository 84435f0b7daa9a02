"""How the steps of the background work go, as the database tells every host."""

from collections.abc import Callable
from datetime import datetime

from collector.door import Counts, Steps
from syndication.context import Hub
from syndication.database import writing
from syndication.watch import store


class ToldSteps(Steps):
    """What became of each step in this process, told to others."""

    def __init__(self, counts: Counts, clock: Callable[[], datetime]) -> None:
        super().__init__(counts, clock)
        self._told: dict[str, datetime] = {}

    def tell(self, hub: Hub) -> None:
        """Write in the database when steps last succeeded, those that did since last time."""
        fresh = {step: at for step, at in self.done.copy().items() if self._told.get(step) != at}
        if fresh:
            with writing(hub.engine).begin() as connection:
                store.keep_successes(connection, fresh)
            self._told |= fresh
