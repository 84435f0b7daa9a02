"""Where a partner wants messages: the URL of a receiver, and the addresses its name stands for.

Whoever names a receiver makes this machine call it. So that nobody calls our own network through us (server-side
request forgery), a URL says https and a public name, and every address that the name stands for must be public.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from syndication.errors import WebhookError
from widget.routes import words

LONGEST_URL = 2000
"""Characters of a URL, once written in ASCII."""
_TOO_LONG = f"Une adresse de réception compte au plus {words.number(LONGEST_URL)} caractères."
PORTS = {"https": 443, "http": 80}
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses, as text, of a name and a port; raises OSError when there is none."""
_LOCAL = frozenset({"localhost", "127.0.0.1"})
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{4,253}}\Z)({_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
"""A whole name. Its last part begins with a letter: ``127.1`` and ``0x7f.1`` are addresses in disguise."""
_DELEGATED = ip_network("2000::/3")
"""All of IPv6 that is given to networks (RFC 4291 §2.4): what maps, translates or stays local stands outside."""
_NAT64 = ip_network("64:ff9b::/96")
"""An IPv4 address in its last 32 bits, which a translator reaches for hosts without IPv4 (RFC 6052)."""
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_SPECIAL = tuple(
    ip_network(block)
    for block in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""IANA's special-purpose blocks on which versions of Python disagree: protocols, 6to4 (which wraps any IPv4 address)
and its relays, Teredo, documentation."""


def read_url(text: str, *, allow_local: bool = False) -> httpx.URL:
    """The URL of a receiver, its name in ASCII; raises WebhookError.

    ``allow_local`` lets a demonstration name this machine, by http too (``http://127.0.0.1:8001/recu``).
    """
    written = text.strip()
    if len(written) > LONGEST_URL:
        raise WebhookError(_TOO_LONG)
    try:
        url = httpx.URL(written)
        host = url.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise WebhookError("Cette adresse de réception ne se lit pas (attendu : https://www.exemple.fr/…).") from None
    local = allow_local and host in _LOCAL
    if url.scheme != "https" and not (local and url.scheme == "http"):
        raise WebhookError("Une adresse de réception commence par https:// : les messages voyagent chiffrés.")
    if url.userinfo:
        raise WebhookError("Une adresse de réception ne contient ni identifiant ni mot de passe : la signature suffit.")
    if "#" in written:
        raise WebhookError("Une adresse de réception s'arrête avant le « # ».")
    if any(character.isspace() for character in written):
        raise WebhookError("Une adresse de réception ne contient pas d'espace.")
    if len(str(url)) > LONGEST_URL:
        raise WebhookError(_TOO_LONG)
    if url.port is not None and not 0 < url.port < 2**16:
        raise WebhookError("Un port est un nombre de 1 à 65535.")
    if not local:
        _check_host(host)
    return url


def port_of(url: httpx.URL) -> int:
    """The port that a receiver's URL leads to."""
    return url.port or PORTS[url.scheme]


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine knows them, in the order in which to try them; raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def public_addresses(
    host: str, port: int, resolver: Resolver = resolve, *, allow_local: bool = False
) -> tuple[str, ...]:
    """The addresses of a name, each once, in the resolver's order; raises WebhookError.

    One that is not public condemns them all: a name that leads to both is a trap. ``allow_local`` lets this machine's
    own addresses pass, no others. Whoever connects must connect to one of these, and ask no resolver again: its second
    answer could differ (DNS rebinding). The sentence raised does not tell the address, which may be a secret of our
    network.
    """
    try:
        found = tuple(dict.fromkeys(await resolver(host, port)))
    except OSError:
        found = ()
    if not found:
        raise WebhookError(f"Le nom « {host} » ne mène nulle part.")
    if not all(_may_be_called(address, allow_local) for address in found):
        raise WebhookError(f"« {host} » mène à une adresse qui n'est pas publique.")
    return found


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """True for an address of a host that anybody may reach, and of one host only (not multicast).

    From IANA's registries of special-purpose addresses: private, shared (CGNAT), loopback, link-local, documentation,
    benchmark and reserved blocks are not public, nor is an IPv6 address that wraps an IPv4 one. Only NAT64's are as
    public as what they wrap.
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _DELEGATED:
            return False
    special = any(address in block for block in _SPECIAL)
    return address.is_global and not address.is_multicast and not special


def _check_host(host: str) -> None:
    try:
        public = is_public(ip_address(host))
    except ValueError:
        if not _NAME.fullmatch(host):
            raise WebhookError("Une adresse de réception porte un nom de site complet (www.exemple.fr).") from None
        return
    if not public:
        raise WebhookError("Cette adresse de réception n'est pas sur l'internet public.")


def _may_be_called(text: str, allow_local: bool) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return is_public(address) or (allow_local and any(address in block for block in _LOOPBACK))
