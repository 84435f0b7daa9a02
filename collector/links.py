"""Tokens and links: pure, nothing stored here.

A personal token is 128 bits from ``secrets``, written in 22 URL-safe characters, and kept nowhere. Two hashes of it,
with different salts, stand in the database: the roster's (who was invited) and the author's (what was answered). A
token carries enough entropy that a plain SHA-256 cannot be searched, so no secret enters the hashes and rotating the
keys kills no link. A campaign's common link is the campaign's id, signed.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from itsdangerous import BadSignature, Signer

from collector.errors import LinkError

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_COMMON_SALT = "collector.common-link"


def new_token() -> str:
    """Make a personal token: 128 random bits, 22 characters."""
    return secrets.token_urlsafe(16)


def new_id() -> str:
    """Make an identifier that tells nothing of the order in which things were made: 96 random bits, 24 characters.

    Hexadecimal, so that it can be typed after a command without being taken for an option.
    """
    return secrets.token_hex(12)


def token_of_visit(keys: Sequence[str], campaign_id: str, visit: str) -> str:
    """The personal token that one visit of a common link gives, however often its form is posted: 128 bits."""
    digest = hmac.new(keys[0].encode(), f"sirius.common:{campaign_id}:{visit}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def is_token(value: str) -> bool:
    """Tell whether a text has the shape of a personal token."""
    return TOKEN.fullmatch(value) is not None


def roster_hash(token: str) -> str:
    """Hash under which the roster knows a token."""
    return _hash("sirius.roster", token)


def author_hash(token: str) -> str:
    """Hash under which a draft or a response knows its author's token."""
    return _hash("sirius.author", token)


def personal_link(public_url: str, token: str) -> str:
    """Address of a respondent's own page."""
    return f"{public_url}/r/{token}"


def common_link(public_url: str, keys: Sequence[str], campaign_id: str) -> str:
    """Address of a campaign's common link, signed with the newest key."""
    return f"{public_url}/c/{_signer(keys).sign(campaign_id).decode()}"


def read_common_token(keys: Sequence[str], value: str) -> str:
    """Give the campaign id behind a common link, whichever key signed it; raises LinkError when it was forged."""
    try:
        return _signer(keys).unsign(value).decode()
    except BadSignature:
        raise LinkError("Ce lien ne mène nulle part.") from None


def _hash(purpose: str, token: str) -> str:
    return hashlib.sha256(f"{purpose}:{token}".encode()).hexdigest()


def _signer(keys: Sequence[str]) -> Signer:
    oldest_first = list(reversed(keys))
    return Signer(oldest_first, salt=_COMMON_SALT)
