"""How often something came from one network lately: counts kept in memory, bounded, forgotten within the hour."""

import ipaddress
from collections import OrderedDict, deque
from math import ceil

NETWORKS = 10_000
"""Most networks remembered: beyond, the one unseen for longest is forgotten."""


def network_of(address: str) -> str:
    """The network an address belongs to: a /24 of IPv4, a /48 of IPv6; empty when it cannot be told."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    width = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, width), strict=False))


class Arrivals:
    """Counts arrivals by network over a window of time; ``most`` bounds what is remembered of one network."""

    def __init__(self, window_seconds: float, most: int) -> None:
        self._window = window_seconds
        self._most = most
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, network: str, moment: float) -> bool:
        """Note an arrival at a moment (seconds); True when it is one too many within the window.

        Arrivals from nobody knows where ("") are never too many: the whole world would share one count.
        """
        if not network:
            return False
        times = self._seen.setdefault(network, deque(maxlen=self._most + 1))
        self._seen.move_to_end(network)
        while len(self._seen) > NETWORKS:
            self._seen.popitem(last=False)
        while times and not moment - self._window < times[0] <= moment:
            times.popleft()
        times.append(moment)
        return len(times) > self._most

    def wait(self, network: str, moment: float) -> int:
        """Seconds until one more would be allowed, at least 1."""
        times = self._seen.get(network)
        if not times or len(times) < self._most:
            return 1
        return max(ceil(times[-self._most] + self._window - moment), 1)
