"""Where a follower of the corpus stands, signed so that nobody makes one up. Pure.

A cursor names the corpus it belongs to, and the start of the background work that numbered its place: on another
corpus, or on this one restored to an earlier day, whose places were numbered again after the restart, it would skip
things in silence. It is refused then, and the follower starts anew.
"""

from collections.abc import Callable, Sequence

from itsdangerous import BadSignature, URLSafeSerializer

from syndication.errors import CursorError

SALT = "curseur"


def write_cursor(keys: Sequence[str], corpus: str, mark: str, place: int) -> str:
    """The cursor of a place in a corpus, numbered since ``mark``; ``keys`` are the service's, newest first."""
    return _serializer(keys).dumps([corpus, mark, place])


def read_cursor(keys: Sequence[str], corpus: str, mark_of: Callable[[int], str], last: int, text: str) -> int:
    """The place that a cursor stands for; ``mark_of`` gives the mark that a place was numbered since.

    Raises CursorError, ``stale`` when it is ours but of another corpus, of another past, or of a place not there yet.
    """
    try:
        owner, mark, place = _serializer(keys).loads(text)
    except (BadSignature, ValueError, TypeError):
        raise CursorError("Ce curseur n'a pas été donné par ce service, ou il a été abîmé.") from None
    if owner != corpus or not 0 <= place <= last or mark != mark_of(place):
        raise CursorError(
            "Ce curseur vient d'un autre état du service, par exemple d'avant la restauration d'une sauvegarde : "
            "reprenez depuis le début, sans « depuis », et effacez ce qui n'y est plus.",
            stale=True,
        )
    return int(place)


def _serializer(keys: Sequence[str]) -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(keys)), salt=SALT)  # its newest key is the last
