"""What a connection may take of time and of memory, and how many a process holds. Pure.

Nothing here is counted for each request: connections are looked at once a second, and what is seen of them decides.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from http import HTTPStatus

HEAD_SECONDS = 10.0
"""For a request's head to come whole, from its first byte or from the opening of the connection."""
HEAD_BYTES = 64 * 1024
"""Of a head that is not whole yet; one that comes at once may have ``SLICE`` more."""
SLICE = 16 * 1024
"""Bytes that are read between two looks at how much has come."""
BODY_SECONDS, BODY_PACE = 20.0, 500
"""For a body to come whole, and one second more for so many bytes of it."""
BODY_BYTES = 40 * 1024 * 1024
"""Of a body: pages take much less, and say so themselves up to this."""
REST_SECONDS = 5.0
"""For the end of a body to come after its answer has left, or of what was refused."""
ANSWER_SECONDS, ANSWER_BYTES = 60.0, 8 * 1024
"""Within so long, who is being answered must have read that many bytes more, or the end."""
IDLE_SECONDS, PROXY_IDLE_SECONDS = 5, 75
"""That a connection is kept for one more request; a proxy's, longer than proxies keep theirs."""

FILES = 192
"""Files that a process needs beside its connections: databases for each thread that reads, mails, messages."""
MOST = 4096
"""Connections that a process holds at one time, however many files it may open."""
BACKLOG = 2048
"""Connections that the system accepts in its name between two looks."""


class Phase(IntEnum):
    """What a connection is at; those that may be closed for others come in the order in which they are."""

    REFUSED = 0
    """What was refused still comes."""
    HEAD = 1
    """A head is awaited, or has come in part."""
    IDLE = 2
    """Nothing is asked since the last answer."""
    BODY = 3
    """A body comes."""
    REST = 4
    """A body still comes, whose answer has left."""
    ANSWER = 5
    """An answer leaves, no faster than it is read."""
    WORK = 6
    """An answer is being made: never closed for others."""


def overdue(phase: Phase, seconds: float, received: int, idle_seconds: float) -> bool:
    """Whether a connection is late, ``seconds`` after it came to a phase, with so many bytes of a request received;
    ``idle_seconds``: how long it is kept without one. ``ANSWER`` is a matter of pace, ``WORK`` is ours."""
    match phase:
        case Phase.HEAD:
            return seconds > HEAD_SECONDS
        case Phase.IDLE:
            return seconds > idle_seconds
        case Phase.BODY:
            return seconds > BODY_SECONDS + received / BODY_PACE
        case Phase.REST | Phase.REFUSED:
            return seconds > REST_SECONDS
    return False


class Reason(StrEnum):
    """Why a request is refused, or a connection closed, before the application hears of it."""

    UNREADABLE = "unreadable"
    HEAD_LATE = "head_late"
    BODY_LATE = "body_late"
    BODY_LONG = "body_long"
    ADDRESS_LONG = "address_long"
    HEAD_LONG = "head_long"
    NETWORK_FULL = "network_full"
    """All connections of its network are being answered."""
    FULL = "full"
    """All connections are."""
    CROWDED_OUT = "crowded_out"
    """Others came, and it waited."""
    SILENT = "silent"
    """Nothing was asked."""
    REST_LATE = "rest_late"
    """The end of a body did not follow its answer."""
    UNREAD = "unread"
    """An answer was not read."""


STATUSES = {
    Reason.UNREADABLE: HTTPStatus.BAD_REQUEST,
    Reason.HEAD_LATE: HTTPStatus.REQUEST_TIMEOUT,
    Reason.BODY_LATE: HTTPStatus.REQUEST_TIMEOUT,
    Reason.BODY_LONG: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Reason.ADDRESS_LONG: HTTPStatus.REQUEST_URI_TOO_LONG,
    Reason.HEAD_LONG: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    Reason.NETWORK_FULL: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.FULL: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What is answered, to those who are answered."""
REFUSALS = {
    HTTPStatus.BAD_REQUEST: "Cette requête ne se lit pas : ce n'est pas du HTTP.",
    HTTPStatus.REQUEST_TIMEOUT: "Cette requête a mis trop de temps à venir. Rien n'a été enregistré : renvoyez-la.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Ce qui est envoyé dépasse 40 Mo : rien n'en a été gardé.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "L'adresse demandée est trop longue : 64 Ko au plus.",
    HTTPStatus.TOO_MANY_REQUESTS: "Trop de connexions viennent de votre réseau. Réessayez dans quelques secondes.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "Les en-têtes de cette requête dépassent 64 Ko : effacez les cookies "
    "de ce site, puis réessayez.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Le service reçoit trop de connexions. Réessayez dans quelques secondes.",
}
"""What is said to who is refused before being heard, by status."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Connections of a process: ``most`` in all, ``share`` of one network, ``backlog`` between two looks."""

    most: int
    share: int
    backlog: int


def allowance(open_files: int) -> Allowance:
    """What a process that may open so many files can hold, whatever comes between two looks, and still read its own."""
    left = open_files - min(FILES, open_files // 2)
    backlog = max(min(BACKLOG, left // 4), 1)
    most = max(min(left - backlog, MOST), 1)
    return Allowance(most, max(most // 4, 1), backlog)
