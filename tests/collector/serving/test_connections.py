"""Slow, greedy and silent clients, before a real server: each is let go, and nobody else waits."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from collector.serving import bounds, protocol
from collector.serving.bounds import REFUSALS, Allowance
from collector.serving.protocol import BoundedProtocol
from collector.serving.refusals import Refusals
from collector.watch.counts import Counts
from collector.watch.metrics import COUNTED, REFUSED
from syndication.protocol import Protocol
from tests.servers import PATIENCE, kept_ports, wait_until

LARGE = b"x" * (24 << 20)
"""More than the system holds for who does not read."""
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Told:
    """An application that answers what it is asked, and what it heard."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.cut_off = 0
        self.waiting = 0
        self.go_on = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/waits":
            self.waiting += 1
            while not self.go_on.is_set():
                await asyncio.sleep(0.01)
        if scope["path"] not in {"/unread", "/waits"}:
            body, more = b"", True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.cut_off += 1
                    return
                body, more = body + message["body"], message["more_body"]
            self.bodies.append(body)
        answer = LARGE if scope["path"] == "/large" else b"ok"
        length = str(len(answer)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": answer})


class Lived:
    """An application with a lifespan, whose state tells who hears of refusals."""

    def __init__(self, app: ASGIApp, refusals: Refusals) -> None:
        self._app, self._refusals = app, refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        scope["state"].update(self._refusals.state)
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})


class Place:
    """A server's address, and what a test has opened there."""

    def __init__(self, port: int, state: ServerState, counts: Counts) -> None:
        self._address, self._state, self._counts = ("127.0.0.1", port), state, counts
        self._opened: list[socket.socket] = []

    def opened(self, *sent: bytes, source: str = "127.0.0.1") -> socket.socket:
        """A connection, and what it sends at once."""
        one = socket.create_connection(self._address, PATIENCE, (source, 0))
        self._opened.append(one)
        for piece in sent:
            one.sendall(piece)
        return one

    def held(self) -> int:
        """Connections that the server holds."""
        return len(self._state.connections)

    def say_to_all(self, name: bytes, value: bytes) -> None:
        """Have every answer yet to come say something more."""
        self._state.default_headers = [*self._state.default_headers, (name, value)]

    def refused(self) -> dict[tuple[str, ...], int]:
        """How many were refused, by status and reason."""
        (numbers,) = self._counts.everything().living.values()
        return {labels: found[0] for (name, labels), found in numbers.items() if name == REFUSED.name and found[0]}

    def close(self) -> None:
        for one in self._opened:
            one.close()


@contextmanager
def server(
    app: ASGIApp, http: type[BoundedProtocol] = BoundedProtocol, headers: Mapping[str, str] = HEADERS, **options: Any
) -> Iterator[Place]:
    """A server of its own in a thread, that takes nobody for a proxy; ``headers`` of what it refuses."""
    counts = Counts(COUNTED)
    with kept_ports() as port:
        config = uvicorn.Config(
            Lived(app, Refusals(counts, headers)), "127.0.0.1", port, http=http, lifespan="on", log_level="critical",
            forwarded_allow_ips=options.pop("forwarded_allow_ips", ""), **options,
        )  # fmt: skip
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run)
        thread.start()
        wait_until(lambda: running.started, "the server listens", every=0.01)
        with closing(Place(port, running.server_state, counts)) as place:
            try:
                yield place
            finally:
                running.should_exit = True
                running.force_exit = True
                thread.join()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a second at most."""
    monkeypatch.setattr(protocol, "LOOK_EVERY_SECONDS", 0.05)
    for name, seconds in (("HEAD", 0.6), ("REST", 0.3), ("ANSWER", 0.6)):
        monkeypatch.setattr(bounds, f"{name}_SECONDS", seconds)


@pytest.fixture
def place(told: Told) -> Iterator[Place]:
    with server(told, timeout_keep_alive=30) as one:
        yield one


def heard(one: socket.socket) -> bytes:
    """All that is said until the other side closes."""
    said = bytearray()
    try:
        while piece := one.recv(1 << 20):
            said += piece
    except ConnectionResetError:
        pass
    one.close()
    return bytes(said)


def answer(one: socket.socket) -> bytes:
    """An answer of « ok » on a connection that is kept."""
    said = b""
    while not said.endswith(b"ok"):
        piece = one.recv(65536)
        assert piece, said
        said += piece
    return said


def test_who_says_nothing_is_let_go_without_a_word(place: Place) -> None:
    assert heard(place.opened()) == b""
    assert place.refused() == {("none", "silent"): 1}


@pytest.mark.parametrize("begun", [b"GET / HT", GET[:-2], b"\r\n", b"POST / HTTP/1.1\r\ncontent-length: 3\r\nx: "])
def test_a_head_that_does_not_end_is_refused(place: Place, begun: bytes) -> None:
    said = heard(place.opened(begun))
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nx-content-type-options: nosniff\r\n" in said
    assert said.endswith(REFUSALS[HTTPStatus.REQUEST_TIMEOUT].encode() + b"\n")
    assert place.refused() == {("408", "head_late"): 1}


def test_a_head_that_comes_byte_by_byte_for_ever_is_refused(place: Place) -> None:
    one, said = place.opened(GET[:-2]), b""
    one.settimeout(0.02)
    while not said:
        try:
            one.sendall(b"x")
            said = one.recv(4096)
        except TimeoutError:
            continue
    assert said.startswith(b"HTTP/1.1 408 ")


def test_a_second_head_that_does_not_end_is_refused_too(place: Place) -> None:
    one = place.opened(GET)
    answer(one)
    one.sendall(GET[:10])
    assert heard(one).startswith(b"HTTP/1.1 408 ")


def test_a_head_in_pieces_is_heard(place: Place, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HEAD_SECONDS", PATIENCE)
    one = place.opened()
    for start in range(0, len(GET), 7):
        one.sendall(GET[start : start + 7])
        time.sleep(0.01)
    assert b" 200 " in answer(one)
    assert told.bodies == [b""]


@pytest.mark.parametrize(
    ("head", "status", "reason"),
    [
        (GET[:-2] + b"x: " + b"y" * 200_000, 431, "head_long"),
        (GET[:-2] + b"x: y\r\n" * 40_000, 431, "head_long"),
        (b"GET /?" + b"y" * 200_000, 414, "address_long"),
        (b"GET /?" + b"y" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 414, "address_long"),
        (b"bonjour\r\n\r\n", 400, "unreadable"),
        (b"GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400, "unreadable"),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n", 400, "unreadable"),
    ],
)
def test_a_head_beyond_reason_is_refused_before_it_is_read(
    place: Place, told: Told, head: bytes, status: int, reason: str
) -> None:
    one = place.opened()
    with suppress(OSError):  # refused while it was still being sent
        one.sendall(head)
    assert heard(one).startswith(f"HTTP/1.1 {status} ".encode())
    assert told.bodies == []
    assert place.refused() == {(str(status), reason): 1}


def test_heads_in_pieces_are_counted_each_alone(place: Place, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HEAD_SECONDS", PATIENCE)
    one = place.opened()
    for _ in range(20):
        one.sendall(GET[:-2] + b"x: " + b"y" * 8000)
        time.sleep(0.01)
        one.sendall(b"\r\n\r\n")
        answer(one)
    assert len(told.bodies) == 20


def test_heads_that_follow_one_another_are_counted_each_alone(
    place: Place, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "SLICE", 1000)
    monkeypatch.setattr(bounds, "HEAD_BYTES", 6000)
    one = place.opened((GET[:-2] + b"x: " + b"y" * 999 + b"\r\n\r\n") * 20)
    wait_until(lambda: len(told.bodies) == 20, "each is answered")
    assert one.recv(20).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("chunked", [False, True], ids=["of a length", "in chunks"])
def test_a_body_beyond_reason_is_refused(
    place: Place, told: Told, monkeypatch: pytest.MonkeyPatch, chunked: bool
) -> None:
    monkeypatch.setattr(bounds, "BODY_BYTES", 300_000)
    kind = b"transfer-encoding: chunked" if chunked else b"content-length: 900000"
    one = place.opened(b"POST / HTTP/1.1\r\nhost: x\r\n" + kind + b"\r\n\r\n")
    piece = b"2710\r\n" + b"x" * 10_000 + b"\r\n" if chunked else b"x" * 10_000
    with suppress(OSError):  # refused while it was still being sent
        for _ in range(90):
            one.sendall(piece)
    assert heard(one).startswith(b"HTTP/1.1 413 ")
    assert place.refused() == {("413", "body_long"): 1}
    wait_until(lambda: told.cut_off == 1, "the application is told that nothing more comes")
    assert told.bodies == []


def test_a_body_within_reason_is_heard_whole(place: Place, told: Told) -> None:
    one = place.opened(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n", b"x" * 900_000)
    answer(one)
    one.sendall(GET)
    answer(one)
    assert told.bodies == [b"x" * 900_000, b""]


def test_a_body_that_does_not_come_is_refused_and_nothing_of_it_taken(
    place: Place, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "BODY_SECONDS", 0.4)
    said = heard(place.opened(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\nabc"))
    assert said.startswith(b"HTTP/1.1 408 ")
    assert REFUSALS[HTTPStatus.REQUEST_TIMEOUT].encode() in said
    assert place.refused() == {("408", "body_late"): 1}
    wait_until(lambda: told.cut_off == 1, "the application is told that nothing more comes")
    assert told.bodies == []


def test_a_body_that_is_not_read_does_not_keep_its_connection(place: Place) -> None:
    one = place.opened(b"POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\nabc")
    assert b" 200 " in answer(one)
    assert heard(one) == b""
    assert place.refused() == {("none", "rest_late"): 1}


def test_a_body_that_ends_after_its_answer_keeps_its_connection(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("HEAD", 2.0), ("REST", 1.5)):
        monkeypatch.setattr(bounds, f"{name}_SECONDS", seconds)
    one = place.opened(b"POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nabc")
    answer(one)
    one.sendall(b"def")
    assert heard(place.opened()) == b"", "longer than the end of a body is waited for"
    one.sendall(GET)
    assert b" 200 " in answer(one)


def test_who_does_not_read_is_let_go_and_who_reads_slowly_is_not(place: Place) -> None:
    ask = GET.replace(b"/ ", b"/large ")
    stalled, slow = place.opened(), place.opened()
    for one in (stalled, slow):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        one.sendall(ask)
    read = 0

    def let_go() -> bool:
        nonlocal read
        if read < len(LARGE):
            read += len(slow.recv(65536))
        return place.held() == (1 if read < len(LARGE) else 0)

    wait_until(let_go, "who reads nothing is let go", every=0.02)
    assert len(heard(stalled)) < len(LARGE)
    assert place.refused() == {("none", "unread"): 1}
    while read < len(LARGE):
        piece = slow.recv(1 << 20)
        assert piece, f"cut off after {read} bytes"
        read += len(piece)


def test_an_answer_that_takes_long_to_make_is_awaited(place: Place, told: Told) -> None:
    one = place.opened(GET.replace(b"/ ", b"/waits "))
    other = place.opened()
    assert heard(other) == b"", "who says nothing was let go meanwhile"
    told.go_on.set()
    assert b" 200 " in answer(one)


def test_requests_that_follow_one_another_without_waiting_are_answered_in_order(place: Place, told: Told) -> None:
    one = place.opened(GET + b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc" + GET)
    said = b""
    while said.count(b" 200 ") < 3:
        said += one.recv(65536)
    assert told.bodies == [b"", b"abc", b""]


def test_what_asks_for_another_protocol_is_answered_as_any_other(place: Place) -> None:
    upgrade = b"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: x\r\n\r\n"
    one = place.opened(GET[:-2] + upgrade + GET)
    said = b""
    while said.count(b" 200 ") < 2:
        said += one.recv(65536)
    tunnel = place.opened(b"CONNECT elsewhere:443 HTTP/1.1\r\nhost: elsewhere\r\n\r\n")
    assert heard(tunnel).startswith(b"HTTP/1.1 400 ")


def test_a_connection_is_kept_for_a_while_and_a_proxy_s_longer(told: Told) -> None:
    with server(told, timeout_keep_alive=0, forwarded_allow_ips="127.0.0.2") as place:
        proxy = place.opened(GET, source="127.0.0.2")
        answer(proxy)
        one = place.opened(GET)
        answer(one)
        assert heard(one) == b""
        proxy.sendall(GET)
        answer(proxy)
        assert place.refused() == {}


def test_a_network_keeps_its_share_and_everybody_else_is_served(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "allowance", lambda _: Allowance(most=20, share=4, backlog=4))
    monkeypatch.setattr(bounds, "HEAD_SECONDS", 600)
    with server(told, timeout_keep_alive=600, forwarded_allow_ips="127.0.1.1") as place:
        reader = place.opened(GET)
        answer(reader)
        flood = [place.opened(b"GET", source="127.9.9.9") for _ in range(40)]
        assert all(heard(one) == b"" for one in flood[:36])
        assert place.refused() == {("none", "crowded_out"): 36}
        for one in (reader, place.opened()):
            one.sendall(GET)
            answer(one)
        many = [place.opened(b"GET", source=f"127.9.{number}.9") for number in range(60)]
        for one in (reader, place.opened(), place.opened(source="127.9.9.9")):
            one.sendall(GET)
            answer(one)
        proxied = [place.opened(GET.replace(b"/ ", b"/waits "), source="127.0.1.1") for _ in range(20)]
        wait_until(lambda: told.waiting == 20, "a proxy's requests are all taken in")
        assert heard(place.opened(GET)).startswith(b"HTTP/1.1 503 ")
        assert place.refused()["503", "full"] == 1
        told.go_on.set()
        for one in proxied:
            answer(one)
        for one in (*flood, *many):
            one.close()


def test_a_network_whose_whole_share_is_being_answered_is_told_to_come_back(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "allowance", lambda _: Allowance(most=20, share=4, backlog=4))
    with server(told, Protocol) as place:
        busy = [place.opened(GET.replace(b"/ ", b"/waits ")) for _ in range(4)]
        wait_until(lambda: told.waiting == 4, "the network has all of its share")
        head, _, body = heard(place.opened(GET)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ")
        assert b"retry-after: 5" in head
        assert b"content-type: application/problem+json" in head
        assert json.loads(body)["detail"] == REFUSALS[HTTPStatus.TOO_MANY_REQUESTS]
        assert place.refused() == {("429", "network_full"): 1}
        told.go_on.set()
        for one in busy:
            answer(one)


def test_who_is_refused_while_an_answer_is_being_made_is_counted_though_told_nothing(place: Place, told: Told) -> None:
    one = place.opened(GET.replace(b"/ ", b"/waits "))
    wait_until(lambda: told.waiting == 1, "an answer is being made")
    one.sendall(b"bonjour\r\n\r\n")
    assert heard(one) == b""
    assert place.refused() == {("none", "unreadable"): 1}
    told.go_on.set()
