"""Answers that are ready: in the encoding a client takes, within the memory that is set, and honest about faults."""

import asyncio
import gzip
import tracemalloc
from collections.abc import Awaitable, Callable

import brotli
import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from syndication.context import Hub
from syndication.publication.ready import ReadyAnswers
from tests.helpers import Client

BODY = b"<p>Des mots qui se compressent bien, bien, bien.</p>" * 60


async def page(scope: Scope, _receive: Receive, send: Send) -> None:
    """An application that gives the same long page whatever is asked."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": BODY + scope["query_string"][:20]})


async def breaking(_scope: Scope, _receive: Receive, send: Send) -> None:
    """An application that fails as Starlette does: it says so in a page, then lets the fault go on."""
    await send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"une page qui le dit"})
    raise RuntimeError("imprévu")


def ready(
    hub: Hub, app: Callable[[Scope, Receive, Send], Awaitable[None]] = page, memory: int = 1 << 20
) -> ReadyAnswers:
    layer = ReadyAnswers(app, hub.engine, frozenset({"/widget"}), memory_bytes=memory)
    layer.catch_up()
    return layer


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br, gzip", "br"), ("gzip", "gzip"), ("gzip;q=0.8, br;q=0.9", "br"), ("GZIP", "gzip"), ("*", "br"),
        ("br;q=0, gzip", "gzip"), ("br;q=0,gzip;q=0.000", None), ("identity", None), ("", None), ("*;q=0", None),
        ("gzip, *;q=0", "gzip"), ("brotli", None), ("deflate, gzip;q=1.0, *;q=0.5", "br"), ("gzip ; q=0", None),
    ],
)  # fmt: skip
def test_it_gives_the_encoding_that_a_client_takes(hub: Hub, accepted: str, encoding: str | None) -> None:
    client = Client(ready(hub))
    for _ in range(2):  # made, then ready
        answer = client.get("/widget?x=1", headers={"accept-encoding": accepted})
        assert answer.headers.get("content-encoding") == encoding
        assert answer.content == BODY + b"x=1"
        assert answer.headers["vary"] == "accept-encoding"


def test_bytes_are_the_same_in_every_encoding(hub: Hub) -> None:
    client = Client(ready(hub))
    raw = {name: client.get("/widget?x=1", headers={"accept-encoding": name}) for name in ("br", "gzip")}
    assert raw["br"].content == raw["gzip"].content == BODY + b"x=1"
    assert raw["br"].headers["etag"] == raw["gzip"].headers["etag"]
    assert int(raw["br"].headers["content-length"]) == len(brotli.compress(BODY + b"x=1", quality=5))
    assert int(raw["gzip"].headers["content-length"]) == len(gzip.compress(BODY + b"x=1", 6, mtime=0))


async def ask(layer: ReadyAnswers, query: bytes) -> list[Message]:
    """The messages of an answer, straight from the layer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/widget", "query_string": query, "headers": []}
    await layer(scope, receive, send)
    return sent


@pytest.mark.parametrize("length", [3, 1500, 40_000])
def test_memory_stays_within_what_is_set_whatever_is_asked(hub: Hub, length: int) -> None:
    async def ask_much() -> int:
        await ask(layer, b"chauffe")
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(700):
            await ask(layer, b"%d" % number + b"z" * length)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return grown

    bound = 2 << 20
    layer = ready(hub, memory=bound)
    assert asyncio.run(ask_much()) <= 1.15 * bound


def test_a_fault_nobody_foresaw_keeps_its_page(hub: Hub) -> None:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=ready(hub, breaking), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/widget")

    answer = asyncio.run(get())
    assert (answer.status_code, answer.text) == (500, "une page qui le dit")
