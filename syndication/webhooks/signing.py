"""Standard Webhooks: how a message says who sent it, and when. Pure.

The rules are those of the specification, version 1.0.0 (github.com/standard-webhooks/standard-webhooks,
``spec/standard-webhooks.md``): an HMAC-SHA256 of ``id.timestamp.body`` under a secret that the receiver and we share.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from syndication.errors import WebhookError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
"""Names of the headers."""
TOLERANCE = timedelta(minutes=5)
"""How far a message's timestamp may stand from the receiver's clock, before or after."""
_PREFIX, _VERSION = "whsec_", "v1,"
_FEWEST_BYTES, _MOST_BYTES = 24, 64
_NEW_BYTES = 30
"""Bytes of a secret we make: a multiple of three, so that no ``=`` ends it and gets lost when it is copied."""
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SECONDS = re.compile(r"[0-9]{1,11}")


def secret_of(key: str, salt: str) -> str:
    """The secret that a key of the service and a salt make: ``whsec_`` and 240 bits in base64, 46 characters in all.

    Nothing but the salt needs storing: who reads the database cannot sign in our name.
    """
    made = hmac.new(key.encode(), f"webhook {salt}".encode(), hashlib.sha256).digest()
    return _PREFIX + base64.b64encode(made[:_NEW_BYTES]).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature ``v1,<base64>`` of a message; ``timestamp`` is in seconds since 1970.

    Raises WebhookError for a secret that is none, ValueError for an id that another message could be confused with (the
    specification wants no full stop in it).
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("a message's id is made of letters, digits, _ and -")
    return _signature(_key_of(secret), message_id, str(timestamp), body)


def signed_headers(secrets: Sequence[str], message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message sent now, signed under each secret: two during a rotation; raises as ``sign``."""
    timestamp = int(now.timestamp())
    signatures = " ".join(sign(secret, message_id, timestamp, body) for secret in secrets)
    return {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: signatures}


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of a message that one of these secrets signed, at most five minutes ago; raises WebhookError.

    For whoever receives messages. The same message may come several times: its id tells.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp, signatures = (given.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not (message_id and timestamp and signatures):
        raise WebhookError(f"Il manque un en-tête : {ID}, {TIMESTAMP} et {SIGNATURE} vont ensemble.")
    if not _SECONDS.fullmatch(timestamp):
        raise WebhookError(f"{TIMESTAMP} est un nombre de secondes depuis 1970.")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise WebhookError("Le message est daté à plus de cinq minutes de l'heure qu'il est.")
    expected = [_signature(_key_of(secret), message_id, timestamp, body).encode() for secret in secrets]
    if not any(hmac.compare_digest(ours, theirs.encode()) for ours in expected for theirs in signatures.split(" ")):
        raise WebhookError("Aucune signature du message n'est faite avec ce secret.")
    return message_id


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return _VERSION + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key_of(secret: str) -> bytes:
    """The bytes of a secret."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        key = b""
    if not (secret.startswith(_PREFIX) and _FEWEST_BYTES <= len(key) <= _MOST_BYTES):
        raise WebhookError(f"Un secret s'écrit {_PREFIX} puis {_FEWEST_BYTES} à {_MOST_BYTES} octets en base64.")
    return key
