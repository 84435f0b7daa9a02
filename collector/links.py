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
from functools import cache

from itsdangerous import BadSignature, Signer

from collector.errors import LinkError

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_HEXADECIMAL = re.compile(r"[0-9a-f]{1,12}")
_COMMON_SALT = "collector.common-link"
_SEEN_SALT = "collector.seen"
_OPT_OUT_SALT = "collector.opt-out"


def new_token() -> str:
    """Make a personal token: 128 random bits, 22 characters."""
    return secrets.token_urlsafe(16)


def new_id() -> str:
    """Make an identifier that tells nothing of the order in which things were made: 80 random bits, 16 characters.

    Small letters and digits, so that it can be typed after a command without being taken for an option.
    """
    return _small(secrets.token_bytes(10))


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
    return f"{public_url}/c/{_signer(keys, _COMMON_SALT).sign(campaign_id).decode()}"


def read_common_token(keys: Sequence[str], value: str) -> str:
    """Give the campaign id behind a common link, whichever key signed it; raises LinkError when it was forged."""
    return _unsigned(keys, _COMMON_SALT, value)


def seen_stamp(keys: Sequence[str], moment: int, *about: str) -> str:
    """A signed time (seconds since 1970) at which a form was shown; ``about`` says which form, to whom."""
    signature = _signer(keys, _SEEN_SALT).get_signature("|".join((str(moment), *about))).decode()
    return f"{moment:x}.{signature}"


def read_seen_stamp(keys: Sequence[str], value: str, *about: str) -> int | None:
    """The time on a stamp made for this very form, or None when it was not."""
    head, _, signature = value.partition(".")
    if not _HEXADECIMAL.fullmatch(head):
        return None
    moment = int(head, 16)
    genuine = _signer(keys, _SEEN_SALT).verify_signature("|".join((str(moment), *about)), signature)
    return moment if genuine else None


def address_hashes(keys: Sequence[str], address: str) -> list[str]:
    """Hashes of a mail address, under the newest key first: addresses are few enough to be guessed without one."""
    folded = address.strip().casefold().encode()
    return [hmac.new(key.encode(), b"sirius.address:" + folded, hashlib.sha256).hexdigest()[:24] for key in keys]


def opt_out_link(public_url: str, keys: Sequence[str], address_hash: str) -> str:
    """Address by which somebody stops every mail."""
    return f"{public_url}/d/{_signer(keys, _OPT_OUT_SALT).sign(address_hash).decode()}"


def read_opt_out_token(keys: Sequence[str], value: str) -> str:
    """The address hash behind an opt-out link; raises LinkError when it was forged."""
    return _unsigned(keys, _OPT_OUT_SALT, value)


def _unsigned(keys: Sequence[str], salt: str, value: str) -> str:
    try:
        return _signer(keys, salt).unsign(value).decode()
    except BadSignature:
        raise LinkError("Ce lien ne mène nulle part.") from None


def _hash(purpose: str, token: str) -> str:
    """160 bits, more than a token has itself, in 32 small letters and digits: every respondent has two."""
    digest = hashlib.sha256(f"{purpose}:{token}".encode()).digest()
    return _small(digest[:20])


def _small(bits: bytes) -> str:
    return base64.b32encode(bits).decode().lower()


def _signer(keys: Sequence[str], salt: str) -> Signer:
    return _made_signer(tuple(keys), salt)


@cache
def _made_signer(keys: tuple[str, ...], salt: str) -> Signer:
    return Signer(list(reversed(keys)), salt=salt)  # the library wants the oldest key first
