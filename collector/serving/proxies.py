"""Proxies whose word is taken for where requests come from, as uvicorn reads them in ``FORWARDED_ALLOW_IPS``."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


class Proxies:
    """Addresses and networks; ``*`` is everybody."""

    def __init__(self, named: str | Iterable[str] | None) -> None:
        words = named.split(",") if isinstance(named, str) else list(named or ())
        told = {word.strip() for word in words}
        self._everybody = "*" in told
        self._networks = []
        for word in told:
            try:
                self._networks.append(ip_network(word))
            except ValueError:  # a socket of this machine, or no address: uvicorn takes it literally
                continue

    def __contains__(self, host: str) -> bool:
        """Whether an address is a proxy's."""
        if self._everybody:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)
