"""The ceiling: the least that an ASGI application can do. It imports nothing of ours, so that its start and its memory
are those of the server."""

import os
from pathlib import Path

from starlette.types import Receive, Scope, Send

BODY, HEADERS, STATUS = "BENCH_BODY", "BENCH_HEADERS", "BENCH_STATUS"


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """The least an ASGI application can do: the same bytes, whatever is asked."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": _status, "headers": _headers})
    await send({"type": "http.response.body", "body": _body})


if BODY in os.environ:
    _status = int(os.environ[STATUS])
    _body = Path(os.environ[BODY]).read_bytes()
    _headers = [
        (name.encode(), value.encode())
        for name, _, value in (line.partition(": ") for line in Path(os.environ[HEADERS]).read_text().splitlines())
    ]
