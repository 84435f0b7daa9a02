"""The servers under measure, each in a process of its own under the same uvicorn; the service, within its bounds."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send

from collector.records import Seat, Sending
from collector.store import Store
from syndication import asgi
from syndication.app import create_app
from syndication.settings import Settings

BODY, HEADERS, TOKEN = "BENCH_BODY", "BENCH_HEADERS", "BENCH_TOKEN"


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """The least an ASGI application can do: the same bytes, whatever is asked."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": _headers})
    await send({"type": "http.response.body", "body": _body})


if BODY in os.environ:
    _body = Path(os.environ[BODY]).read_bytes()
    _headers = [
        (name.encode(), value.encode())
        for name, _, value in (line.partition(": ") for line in Path(os.environ[HEADERS]).read_text().splitlines())
    ]


class _NoStore:
    """Stands where the store stands, keeps nothing, and gives everybody the seat of one respondent."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def seat(self, _token: str) -> Seat:
        return self._seat

    async def send(self, _sending: Sending) -> bool:
        return True

    def close(self) -> None:
        return None


def storeless() -> ASGIApp:
    """The whole service with the collector's store taken out."""
    hub = asgi.open_hub(Settings.from_environment())
    store = hub.collector._store
    hub.collector._store = cast(Store, _NoStore(store.seat(os.environ[TOKEN])))
    store.close()
    return create_app(hub, background=False)


@contextmanager
def serving(application: str, environment: Mapping[str, str], *, factory: bool = False) -> Iterator[tuple[int, int]]:
    """An application served on a port of its own; gives the port and the process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        sys.executable,
        "-m",
        "uvicorn",
        application,
        "--port",
        str(port),
        "--log-level",
        "warning",
        "--no-access-log",
    ]
    ours = ["--factory", "--http", "syndication.protocol:Protocol"]
    process = subprocess.Popen([*words, *(ours if factory else [])], env={**os.environ, **environment})
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")
