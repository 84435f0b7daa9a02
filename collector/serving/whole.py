"""Answers that leave in one piece: what is ready says the same bytes each time, and checks them once, not each time."""

from collections.abc import Iterable

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

WHOLE = "sirius.whole"
"""Under which a request carries what answers it whole, instead of by messages: ``await scope[WHOLE](status, head,
body)``. Whoever changes what an application sends takes it out of that application's scope."""


def encoded_head(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head of an answer but for its status and what the server adds to every answer, as it is sent.

    ``content-length`` is of the body that goes with it: nothing else tells where it ends. Raises ValueError for what
    no header may hold.
    """
    lines = []
    for name, value in headers:
        if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            raise ValueError(f"no header is named or said so: {name!r}")
        lines.append(b"%s: %s\r\n" % (name.lower(), value))
    return b"".join(lines)


async def answer_whole(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> None:
    """Answer a request with a head that ``encoded_head`` gave and a body, empty where none is due.

    What uvicorn does for two messages: wait until what was written before is read, say what the server adds (the date,
    ``Connection: close`` when it leaves), end the connection if need be, go on to the next request.
    """
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    said, told = [STATUS_LINE[status]], False
    for name, value in cycle.default_headers:
        said += (name, b": ", value, b"\r\n")
        if name == b"connection":  # of which a server says nothing but that it ends
            told, cycle.keep_alive = True, False
    said += (head, b"\r\n" if told or cycle.keep_alive else b"connection: close\r\n\r\n", body)
    cycle.transport.write(b"".join(said))
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
