"""Being refused before an application hears of it, in every way there is, and noting how one was told."""

from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPResponse
from socket import socket

import httpx
import pytest

from collector.serving import bounds, protocol
from collector.serving.bounds import Allowance
from collector.serving.protocol import BoundedProtocol
from tests.collector.serving.test_connections import GET, Told, server
from tests.headers.snapshot import Seen
from tests.servers import wait_until

ROUTE = "(aucune, refusé avant)"
POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n"


def refused(
    seen: Seen, kind: type[BoundedProtocol], headers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Note every refusal of a kind of server; ``headers`` are what it gives every answer."""
    monkeypatch.setattr(protocol, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(bounds, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(bounds, "BODY_BYTES", 300_000)
    monkeypatch.setattr(bounds, "allowance", lambda _: Allowance(most=3, share=2, backlog=4))
    told = Told()
    with server(told, kind, headers, forwarded_allow_ips="127.0.1.1") as place:
        for sent in (b"GET / HT", b"bonjour\r\n\r\n", b"GET /?" + b"x" * 200_000, GET[:-2] + b"x: y\r\n" * 40_000):
            _note(seen, "GET", place.opened(), sent)
        _note(seen, "POST", place.opened(), POST + b"x" * 900_000)
        for source in ("127.0.0.1", "127.0.0.1", "127.0.1.1"):
            place.opened(GET.replace(b"/ ", b"/waits "), source=source)
        wait_until(lambda: told.waiting == 3, "all are being answered")
        for source in ("127.0.0.1", "127.9.9.9"):
            _note(seen, "GET", place.opened(source=source), GET)
        told.go_on.set()
        statuses = {status for status, _ in place.refused()}
    assert statuses >= {str(status.value) for status in bounds.REFUSALS}


def _note(seen: Seen, method: str, one: socket, sent: bytes) -> None:
    with suppress(OSError):  # refused while it was still being sent
        one.sendall(sent)
    heard = HTTPResponse(one)
    heard.begin()
    seen.note(method, ROUTE, httpx.Response(heard.status, headers=heard.getheaders()))
