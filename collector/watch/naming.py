"""What a request is called by: the id that whoever writes to us may quote, and that every line of the log bears."""

import os
import re
from contextvars import ContextVar

HEADER = b"x-request-id"
_WELL_FORMED = re.compile(rb"[0-9a-f]{16,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""What proxies draw at random, a number in base 16 or a UUID: neither a link nor a network address is one, and what
anybody sends goes to the log."""
_CURRENT: ContextVar[str] = ContextVar("sirius.request", default="")


def current() -> str:
    """The id of the request that is being worked on; empty beside any."""
    return _CURRENT.get()


def begin(given: bytes) -> str:
    """Name the request that this task works on: by the id that a proxy gave when it is well formed, else by a new one.

    It stays for as long as the task lives: a server logs what went wrong after we are done.
    """
    name = given.decode() if _WELL_FORMED.fullmatch(given) else os.urandom(8).hex()
    _CURRENT.set(name)
    return name
