"""Answers that leave in one piece: word for word what uvicorn would have sent of them in two messages."""

import re
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.types import Receive, Scope, Send

from collector.serving.whole import WHOLE, encoded_head
from tests.collector.serving.test_connections import LARGE, Place, heard, server
from tests.servers import wait_until

HEAD = [(b"Content-Type", b"text/plain; charset=utf-8"), (b"etag", b'W/"1"')]
LENGTHS = {b"/": 6, b"/empty": 0, b"/large": len(LARGE)}


class Twofold:
    """An application that answers whole, or the same by messages."""

    def __init__(self) -> None:
        self.whole = True
        self.under_way = threading.Semaphore(0)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, length = 304 if scope["path"] == "/unchanged" else 200, LENGTHS.get(scope["path"].encode())
        headers = HEAD if length is None else [*HEAD, (b"content-length", str(length).encode())]
        body = LARGE[: length or 0]
        self.under_way.release()
        if self.whole:
            await scope[WHOLE](status, encoded_head(headers), b"" if scope["method"] == "HEAD" else body)
        else:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})


@pytest.fixture
def app() -> Twofold:
    return Twofold()


@pytest.fixture
def place(app: Twofold) -> Iterator[Place]:
    with server(app, timeout_keep_alive=30) as one:
        yield one


def said(place: Place, sent: bytes) -> bytes:
    """All that is said until the connection ends, but for the date."""
    return re.sub(rb"date: [^\r]*", b"date: today", heard(place.opened(sent)))


def asked(path: bytes, method: bytes = b"GET", version: bytes = b"1.1", more: bytes = b"") -> bytes:
    return b"%s %s HTTP/%s\r\nhost: x\r\n%s\r\n" % (method, path, version, more)


LAST = b"connection: close\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        asked(b"/", more=LAST),
        asked(b"/", b"HEAD", more=LAST),
        asked(b"/empty", more=LAST),
        asked(b"/unchanged", more=LAST),
        asked(b"/", version=b"1.0"),
        asked(b"/large", version=b"1.0"),
        asked(b"/") + asked(b"/unchanged") + asked(b"/", b"HEAD") + asked(b"/", more=LAST),
        asked(b"/", b"POST", more=b"expect: 100-continue\r\ncontent-length: 3\r\n" + LAST) + b"abc",
    ],
)
def test_it_is_what_two_messages_would_have_said(place: Place, app: Twofold, sent: bytes) -> None:
    whole = said(place, sent)
    app.whole = False
    assert whole == said(place, sent)
    assert whole.startswith((b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 304 Not Modified\r\n"))
    assert b"\r\ndate: today\r\n" in whole


def test_its_connection_is_kept_for_the_next_request(place: Place) -> None:
    with closing(place.opened()) as one:
        for _ in range(3):
            one.sendall(asked(b"/"))
            got = b""
            while not got.endswith(b"xxxxxx"):
                got += one.recv(65536)
            assert b"connection: close" not in got


def test_the_last_answer_before_a_server_leaves_says_so_and_ends_its_connection(place: Place) -> None:
    one = place.opened()
    wait_until(lambda: place.held() == 1, "the connection is held")
    place.say_to_all(b"connection", b"close")
    one.sendall(asked(b"/"))
    assert heard(one).count(b"connection: close\r\n") == 1


def test_who_does_not_read_is_not_answered_without_end(place: Place, app: Twofold) -> None:
    one = place.opened(asked(b"/large") * 3)
    for _ in range(2):  # the second finds what the first wrote unread, and waits
        assert app.under_way.acquire(timeout=20)
    assert not app.under_way.acquire(timeout=0.2)
    one.close()
    wait_until(lambda: place.held() == 0, "the connection is forgotten")


@pytest.mark.parametrize("header", [(b"x y", b"z"), (b"x", b"y\r\nset-cookie: z"), (b"x", b"y\x00")])
def test_what_no_header_may_hold_is_refused(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="no header"):
        encoded_head([header])
