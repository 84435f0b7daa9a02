"""Where a follower of the corpus stands, signed so that nobody makes one up. Pure.

A cursor names the corpus it belongs to: on another one (another service, or this one restored to an earlier day) it
would skip things in silence, so it is refused and the follower starts anew.
"""

from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeSerializer

from syndication.errors import CursorError

SALT = "curseur"


def write_cursor(keys: Sequence[str], corpus: str, place: int) -> str:
    """The cursor of a place in a corpus; ``keys`` are the service's, newest first."""
    return _serializer(keys).dumps([corpus, place])


def read_cursor(keys: Sequence[str], corpus: str, last: int, text: str) -> int:
    """The place that a cursor stands for; raises CursorError, ``stale`` when it is ours but of another corpus or of a
    place that is not there yet."""
    try:
        owner, place = _serializer(keys).loads(text)
    except (BadSignature, ValueError, TypeError):
        raise CursorError("Ce curseur n'a pas été donné par ce service, ou il a été abîmé.") from None
    if owner != corpus or not 0 <= place <= last:
        raise CursorError(
            "Ce curseur vient d'un autre état du service, par exemple d'avant la restauration d'une sauvegarde : "
            "reprenez depuis le début, sans « depuis », et effacez ce qui n'y est plus.",
            stale=True,
        )
    return int(place)


def _serializer(keys: Sequence[str]) -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(keys)), salt=SALT)  # its newest key is the last
