"""The connections that a process holds: never more than it can, and nobody's share taken by one network."""

import heapq
from collections.abc import Iterator
from typing import Protocol

from collector.serving.bounds import Allowance, Phase

AT_ONCE = 32
"""One part in so many is closed when there are too many: looking them over costs, and a flood goes on."""
CROWD = 8
"""Networks that hold fewer connections than this are alike."""


class Guest(Protocol):
    """A connection."""

    network: str
    """Where it comes from; empty for a proxy of ours, which brings everybody's requests."""

    @property
    def phase(self) -> Phase:
        """What it is at."""

    def look(self, now: float) -> None:
        """Close if it is late."""

    def leave(self) -> None:
        """Close: there is no room."""


class Room:
    """Connections by network, with the order in which they came."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._crowds: dict[str, dict[Guest, int]] = {}
        self._count = 0
        self._came = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Guest]:
        for crowd in list(self._crowds.values()):
            yield from list(crowd)

    def look(self, now: float) -> None:
        """Have each look whether it is late."""
        for guest in self:
            guest.look(now)

    def enter(self, guest: Guest) -> bool:
        """Take a connection in, in place of others where there are too many; False when all of these are being
        answered: it is then not taken in."""
        crowd = self._crowds.get(guest.network, {})
        full = bool(guest.network) and len(crowd) >= self._allowance.share
        if full and not self._make_room(list(crowd), self._allowance.share):
            return False
        if self._count >= self._allowance.most and not self._make_room(list(self), self._allowance.most):
            return False
        self._came += 1
        self._crowds.setdefault(guest.network, {})[guest] = self._came
        self._count += 1
        return True

    def crowded(self, network: str) -> bool:
        """Whether a network has all of its share."""
        return bool(network) and len(self._crowds.get(network, ())) >= self._allowance.share

    def remove(self, guest: Guest) -> None:
        """Forget a connection that is over, if it is known."""
        crowd = self._crowds.get(guest.network)
        if crowd is None or guest not in crowd:
            return
        del crowd[guest]
        self._count -= 1
        if not crowd:
            del self._crowds[guest.network]

    def _make_room(self, guests: list[Guest], bound: int) -> bool:
        """Close some of those that wait: a proxy's last, then by what they are at, those of crowded networks first,
        then the oldest."""
        waiting = [guest for guest in guests if guest.phase is not Phase.WORK]
        leaving = heapq.nsmallest(max(bound // AT_ONCE, 1), waiting, key=self._rank)
        for guest in leaving:
            self.remove(guest)
            guest.leave()
        return bool(leaving)

    def _rank(self, guest: Guest) -> tuple[bool, Phase, int, int]:
        crowd = self._crowds[guest.network]
        return not guest.network, guest.phase, -(len(crowd) // CROWD), crowd[guest]
