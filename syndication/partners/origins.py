"""Origins as integrators write them. Pure."""

import re
from urllib.parse import urlsplit

from syndication.errors import PartnerError

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_LOCAL = frozenset({"localhost", "127.0.0.1"})
_PORTS = {"https": 443, "http": 80}


def read_origin(text: str) -> str:
    """An origin as browsers say it: scheme, host, port when it is not the usual one; raises PartnerError.

    Nothing but an origin is taken: a star would let anybody in, a path would be ignored by browsers.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise _fault(text) from None
    if port == 0:
        raise _fault(text)
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)
    if not (bare and safe and _HOST.fullmatch(host)):
        raise _fault(text)
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _PORTS[parts.scheme] else "")


def _fault(text: str) -> PartnerError:
    return PartnerError(
        f"« {text} » n'est pas une origine : https:// et un nom de site, sans chemin ni étoile (https://www.exemple.fr)."
    )
