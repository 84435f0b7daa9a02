"""Where a request comes from, as limits count it."""

from functools import lru_cache
from ipaddress import ip_address

from starlette.types import Scope

from collector.door import network_of


def asking(scope: Scope) -> str:
    """The network of who asks; empty for this very machine, a proxy on which speaks for everybody."""
    return _network((scope.get("client") or ("",))[0])


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    try:
        return "" if ip_address(address).is_loopback else network_of(address)
    except ValueError:
        return ""
