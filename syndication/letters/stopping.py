"""Links that stop a kind of mail: signed, they name a kind and a person, and do nothing else. Pure."""

from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeSerializer

from syndication.errors import SignInError
from syndication.letters.kinds import KINDS

_SALT = "syndication.stop"


def stop_link(public_url: str, keys: Sequence[str], kind: str, person_id: int) -> str:
    """Where somebody stops a kind of mail; it works as long as the key does: a mail may be read years later."""
    return f"{public_url}/mails/{_serializer(keys).dumps([kind, person_id])}"


def read_stop(keys: Sequence[str], token: str) -> tuple[str, int]:
    """The kind and the person that a token names; raises SignInError when it was not made here."""
    try:
        kind, person_id = _serializer(keys).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise SignInError("Ce lien a été coupé en le copiant, ou n'est pas de nous.") from None
    if kind not in KINDS or not KINDS[kind].stoppable:
        raise SignInError("Ces mails ne sont plus envoyés.")
    return str(kind), int(person_id)


def _serializer(keys: Sequence[str]) -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(keys)), salt=_SALT)
