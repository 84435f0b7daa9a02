"""Bytes that are ready: a bounded memory of finished answers, in front of everything else.

An answer is made once by the application behind, with its ETag, compressed in gzip and brotli, and given again until a
change touches what it was made from. Every process reads the change log on its own, at most every ``POLL_SECONDS``:
a decision shows everywhere within that time, and readers are still served when the database is gone.
"""

import asyncio
import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from time import time_ns

import brotli
from sqlalchemy import Engine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.door import ANSWER, REQUEST_HEADER, STATUS, WHOLE, Answered, Counts, encoded_head
from syndication import store
from syndication.publication.dependencies import Dependencies, noting
from syndication.watch import metrics
from syndication.watch.requests import ReadyRequests

POLL_SECONDS = 0.5
SMALL = 256
"""Bodies below this many bytes gain nothing from compression."""
ENCODINGS = (b"br", b"gzip")
OVERHEAD = 8192
"""Bytes that an answer takes beside its bodies and its query: headers, once encoded too, and sets of ids (measured)."""
LONGEST_QUERY = 2048
"""Longest query whose answer is kept, in bytes; nobody but a mischief-maker writes longer ones."""


class Form:
    """A form in which an answer may leave: by messages or, to a server that takes it so, whole."""

    __slots__ = ("_body", "_head", "_headers", "_status")

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self._status, self._headers, self._body = status, headers, body
        self._head = encoded_head(headers)

    async def give(self, scope: Scope, send: Send) -> int:
        """Answer a request; gives the status."""
        body = b"" if scope["method"] == "HEAD" else self._body
        whole = scope.get(WHOLE)
        if whole is not None:
            await whole(self._status, self._head, body)
        else:
            await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
            await send({"type": "http.response.body", "body": body})
        return self._status


@dataclass(slots=True)
class Ready:
    """An answer in every form it may leave in, by encoding."""

    etag: bytes
    dependencies: Dependencies
    forms: dict[bytes, Form]
    unchanged: Form
    size: int


@dataclass(slots=True)
class _Captured:
    start: Message = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class ReadyAnswers:
    """ASGI layer that remembers finished answers of chosen paths.

    ``edition`` gives a value that changes when every answer might: new wordings of what was asked. ``aside`` tells
    requests whose answers depend on more than their address, and are neither kept nor given again.
    """

    def __init__(
        self,
        app: ASGIApp,
        engine: Engine,
        paths: frozenset[str],
        edition: Callable[[], object] = lambda: None,
        aside: Callable[[Scope], bool] = lambda _: False,
        memory_bytes: int = 64 * 1024 * 1024,
        requests: ReadyRequests | None = None,
    ) -> None:
        self._app = app
        self._engine = engine
        self._paths = paths
        self._edition = edition
        self._aside = aside
        self._edition_seen: object = None
        self._bound = memory_bytes
        self._size = 0
        self._epoch = 0
        self._seen: int | None = None
        self._ready: OrderedDict[tuple[str, bytes], Ready] = OrderedDict()
        self._requests = requests or ReadyRequests(Counts(metrics.COUNTED))
        self._counts = self._requests.counts
        for why in ("change", "room"):  # what is told from the start has a beginning to be compared with
            self._counts.place(metrics.FORGOTTEN, why)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or have the answer made and remember it."""
        if scope["type"] != "http" or scope["path"] not in self._paths or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        if self._aside(scope):
            await self._app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
        ready = self._ready.get(key)
        if ready is not None:
            self._ready.move_to_end(key)
            scope[STATUS] = status = await _give(ready, scope, send)
            self._requests.note_ready(scope, status)
            return
        self._counts.add(metrics.MISSES)
        answer = Answered()
        try:
            ready = await self._make(key, {**scope, "method": "GET", ANSWER: answer}, receive, send)
            if ready is not None:
                answer.status = await _give(ready, scope, send)
        finally:
            scope[STATUS] = answer.status
            self._requests.note(scope, scope["path"], answer)

    async def follow(self) -> None:
        """Forget answers as changes come, for ever; run it as a task."""
        while True:
            with suppress(Exception):  # the database is away: what is ready keeps being served
                self._forget(await asyncio.to_thread(self._read_changes))
                # last: where questions are kept may be away while the hub's changes go on
                self._turn_to(await asyncio.to_thread(self._edition))
            await asyncio.sleep(POLL_SECONDS)

    def catch_up(self) -> None:
        """Forget what changed since last time; everything, when the edition of what is asked changed."""
        self._forget(self._read_changes())
        self._turn_to(self._edition())

    def measure(self) -> None:
        """Tell how much is ready."""
        self._counts.set(metrics.ENTRIES, len(self._ready))
        self._counts.set(metrics.BYTES, self._size)
        self._counts.set(metrics.CHANGE_SEEN, self._seen or 0)

    def _read_changes(self) -> list[tuple[int, int, int]]:
        """Changes since last time; the first time, only where the log stands."""
        with self._engine.connect() as connection:
            if self._seen is None:
                self._seen = store.last_change(connection)
                return []
            return store.changes_after(connection, self._seen)

    def _forget(self, changes: list[tuple[int, int, int]]) -> None:
        self._counts.set(metrics.CHANGES_READ, time_ns())
        if not changes:
            return
        self._seen = changes[-1][0]
        self._epoch += 1
        scopes = {(formation, centre) for _, formation, centre in changes}
        for key in [k for k, r in self._ready.items() if any(r.dependencies.touched_by(*s) for s in scopes)]:
            self._size -= self._ready.pop(key).size
            self._counts.add(metrics.FORGOTTEN, "change")

    def _turn_to(self, edition: object) -> None:
        if edition != self._edition_seen:
            self._edition_seen = edition
            self._epoch += 1
            self._ready.clear()
            self._size = 0

    async def _make(self, key: tuple[str, bytes], scope: Scope, receive: Receive, send: Send) -> Ready | None:
        """Have an answer made; None when it was sent as it is, being no success."""
        captured, epoch = _Captured(), self._epoch

        async def capture(message: Message) -> None:
            if message["type"] == "http.response.start":
                captured.start = message
            elif message["type"] == "http.response.body":
                captured.body += message.get("body", b"")

        with noting() as dependencies:
            try:
                await self._app(scope, receive, capture)
            except Exception:
                if captured.start:  # the page that says so was made before the fault went on its way
                    await _send_on(captured, send)
                raise
        if captured.start["status"] != 200:
            await _send_on(captured, send)
            return None
        ready = _prepare(captured, dependencies)
        if epoch == self._epoch:  # otherwise something changed while it was being made: good once, not to be kept
            self._remember(key, ready)
        return ready

    def _remember(self, key: tuple[str, bytes], ready: Ready) -> None:
        if self._seen is None:
            return  # nobody follows the change log: a kept answer would never be forgotten
        if len(key[1]) > LONGEST_QUERY:
            return
        self._ready[key] = ready
        self._size += ready.size
        while self._size > self._bound:
            _, oldest = self._ready.popitem(last=False)
            self._size -= oldest.size
            self._counts.add(metrics.FORGOTTEN, "room")


_OF_ONE_REQUEST = frozenset({b"content-length", b"etag", b"vary", REQUEST_HEADER})
"""Headers that are made anew, or are of the one request for which an answer was made."""


async def _send_on(captured: _Captured, send: Send) -> None:
    await send(captured.start)
    await send({"type": "http.response.body", "body": bytes(captured.body)})


def _prepare(captured: _Captured, dependencies: Dependencies) -> Ready:
    body = bytes(captured.body)
    etag = b'W/"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'
    kept = [(k, v) for k, v in captured.start["headers"] if k not in _OF_ONE_REQUEST]
    common = [*kept, (b"etag", etag), (b"vary", b"accept-encoding")]
    compressors: dict[bytes, Callable[[bytes], bytes]] = {
        b"br": lambda data: brotli.compress(data, quality=5),
        b"gzip": lambda data: gzip.compress(data, 6, mtime=0),
    }
    bodies = {b"": body}
    if len(body) >= SMALL:
        bodies |= {name: compress(body) for name, compress in compressors.items()}
    forms: dict[bytes, Form] = {}
    for name, data in bodies.items():
        encoding = [(b"content-encoding", name)] if name else []
        forms[name] = Form(200, [*common, *encoding, (b"content-length", str(len(data)).encode())], data)
    return Ready(etag, dependencies, forms, Form(304, common, b""), sum(map(len, bodies.values())) + OVERHEAD)


@lru_cache(maxsize=256)
def _encodings(accepted: bytes) -> tuple[bytes, ...]:
    """Encodings that a client takes (RFC 9110, 12.5.3), ours in their order whatever its preferences, plain last."""
    weights: dict[bytes, bool] = {}
    for part in accepted.lower().split(b","):
        name, _, weight = part.partition(b";")
        weights[name.strip()] = not re.fullmatch(rb"q=0(\.0{0,3})?", weight.replace(b" ", b""))
    rest = weights.get(b"*", False)
    return (*(name for name in ENCODINGS if weights.get(name, rest)), b"")


async def _give(ready: Ready, scope: Scope, send: Send) -> int:
    """Send an answer in the form that a client takes; gives its status."""
    accepted = matched = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            matched = value
    if matched and (ready.etag[2:] in matched or matched == b"*"):  # weakly compared: W/ does not count
        return await ready.unchanged.give(scope, send)
    for encoding in _encodings(accepted):  # its last, plain, is always there
        if encoding in ready.forms:
            break
    return await ready.forms[encoding].give(scope, send)
