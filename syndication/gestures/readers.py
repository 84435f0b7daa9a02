"""Readers' gestures: one for a reader and a text, bounded by network, and nothing kept that tells who.

A reader is told from another by network and browser, mixed with the text and with a secret of the month into a mark.
Nothing else is kept: marks of two texts cannot be matched, and once the month is over its secret and marks are erased.
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


class Readers:
    """Notes gestures; the widget's Gestures."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._arrivals = Arrivals(3600, PER_HOUR)

    def note(self, verbatim: str, useful: bool, network: str, browser: str) -> None:
        """Note a reader's gesture, once for a reader and text; what is too much, or about no text, is dropped."""
        now, where = self._clock(), network_of(network)
        if self._arrivals.note(where, now.timestamp()):
            return
        with self._engine.connect() as connection:
            if not store.is_published(connection, verbatim):
                return
        month = now.strftime("%Y-%m")
        with writing(self._engine).begin() as connection:
            secret = store.secret_of(connection, month, secrets.token_hex(32))
            store.keep(connection, mark(secret, verbatim, where, browser), month, verbatim, useful)


def mark(secret: str, verbatim: str, network: str, browser: str) -> str:
    """What stands for a reader before one text during a month."""
    text = "\x1f".join((verbatim, network, browser))
    return hmac.new(secret.encode(), text.encode(errors="replace"), hashlib.sha256).hexdigest()[:32]
