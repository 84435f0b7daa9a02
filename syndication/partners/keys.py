"""Keys of catalogue sites: made, told apart, allowed. Pure but for chance.

A key is ``sirius_`` and 256 random bits, so that a plain hash is enough to keep it by, and that scanners of leaked
secrets know it at sight.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

PREFIX = "sirius_"
READING, CHANGES, EXPORTS = "lecture", "changements", "exports"
SCOPES = (READING, CHANGES, EXPORTS)
"""What a key may allow: larger pages and one's own figures, following changes, full exports."""
ALIVE = 2
"""Keys of one site that may work at the same time: the one in use, and the one that takes over."""
OVERLAP = timedelta(days=7)
"""How long a key works once another took over."""
DEFAULT_QUOTA = 6000
"""Requests a minute."""
_SHAPE = re.compile(r"sirius_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is kept of a key."""

    digest: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        """True when it opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_key() -> str:
    """A key, to be shown once."""
    return PREFIX + secrets.token_urlsafe(32)


def looks_like_one(text: str) -> bool:
    """True when a text has the shape of a key."""
    return _SHAPE.fullmatch(text) is not None


def digest(key: str) -> str:
    """What a key is kept by."""
    return hashlib.sha256(key.encode()).hexdigest()


def hint(key: str) -> str:
    """The end of a key, by which people tell it from another."""
    return key[-4:]
