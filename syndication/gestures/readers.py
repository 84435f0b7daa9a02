"""Readers' gestures: one for a reader and a text, bounded by network, and nothing kept that tells who.

Readers of one network are told apart by their browser, coarsely: it falls into one of ``PLACES``, so that a network has
so many voices on a text however many browsers it pretends to have. Network, place, text and a secret of the month make
a mark, and nothing else is kept: marks of two texts cannot be matched, and once the month is over its secret and marks
are erased.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from collector.door import Arrivals, network_of
from syndication.database import writing
from syndication.gestures import store

PER_HOUR = 60
"""Gestures that one network may make in an hour."""
PLACES = 8
"""Gestures that one network may make on a text in a month."""


class Readers:
    """Notes gestures; the widget's Gestures."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._arrivals = Arrivals(3600, PER_HOUR)

    def note(self, verbatim: str, useful: bool, network: str, browser: str) -> bool:
        """Note a reader's gesture, once for a reader and text; False when too many came from the network.

        One about no published text is dropped.
        """
        now, where = self._clock(), network_of(network)
        with self._engine.connect() as connection:
            if not store.is_published(connection, verbatim):
                return True
        if self._arrivals.note(where, now.timestamp()):
            return False
        month = now.strftime("%Y-%m")
        with writing(self._engine).begin() as connection:
            secret = store.secret_of(connection, month, secrets.token_hex(32))
            store.keep(connection, mark(secret, verbatim, where, browser), month, verbatim, useful)
        return True


def mark(secret: str, verbatim: str, network: str, browser: str) -> str:
    """What stands for a reader before one text during a month."""
    place = int(_digest(secret, browser)[:8], 16) % PLACES
    return _digest(secret, f"{verbatim}\x1f{network}\x1f{place}")[:32]


def _digest(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(errors="replace"), hashlib.sha256).hexdigest()
