"""Preview links: signed, they name a formation and a centre, and open nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer

from syndication.errors import SignInError

LIFE = timedelta(days=90)
_SALT = "syndication.preview"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a preview shows."""

    formation: str
    centre: str


def sign(keys: Sequence[str], preview: Preview) -> str:
    """The token of a preview, signed with the newest key."""
    return _serializer(keys).dumps([preview.formation, preview.centre])


def read(keys: Sequence[str], token: str) -> Preview:
    """What a token shows; raises SignInError when it was forged or has expired."""
    try:
        formation, centre = _serializer(keys).loads(token, max_age=int(LIFE.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        raise SignInError("Ce lien d'aperçu n'est pas valable, ou ne l'est plus.") from None
    return Preview(str(formation), str(centre))


def _serializer(keys: Sequence[str]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(reversed(keys)), salt=_SALT)
