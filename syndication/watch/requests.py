"""Requests whose answers are ready: counted, and neither named nor logged.

Such an answer takes a few hundredths of a millisecond, of which little may go into counting, so what it took is put
aside and added up with others twice a second.
"""

import asyncio
from collections import defaultdict
from time import perf_counter_ns

from starlette.types import Scope

from collector.door import BEGAN, Counts, Requests
from syndication.watch.metrics import HITS

SETTLE_EVERY_SECONDS = 0.5


class ReadyRequests(Requests):
    """Measures requests, those too whose answers are ready."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(counts)
        self._hits = counts.place(HITS)
        self._ready: defaultdict[tuple[str, str, int], list[int]] = defaultdict(list)

    def note_ready(self, scope: Scope, status: int) -> None:
        """Note a request whose answer was ready."""
        now = perf_counter_ns()
        self._ready[scope["path"], scope["method"], status].append(now - scope.get(BEGAN, now))

    async def follow(self) -> None:
        """Settle now and then, for ever; run it as a task."""
        while True:
            await asyncio.sleep(SETTLE_EVERY_SECONDS)
            self.settle()

    def settle(self) -> None:
        """Add up what was put aside."""
        for kind, spent in self._ready.items():
            self.add(*kind, spent)
            self.counts.slots[self._hits] += len(spent)
            spent.clear()
