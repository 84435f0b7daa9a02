"""HTTP/1.1 that nobody can hold up: uvicorn's own reading of it, with bounds on time, on bytes and on connections.

What a request costs here beside what uvicorn does is three comparisons, and what answers it whole if that is ready. The
rest is done once a second, or for requests that come in several pieces.
"""

from asyncio import AbstractEventLoop, Transport
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from collector.limits import network_of
from collector.serving import bounds
from collector.serving.bounds import REFUSALS, STATUSES, Phase, Reason
from collector.serving.files import open_files
from collector.serving.proxies import Proxies
from collector.serving.refusals import Refusals
from collector.serving.room import Room
from collector.serving.whole import WHOLE, answer_whole

LOOK_EVERY_SECONDS = 1.0
WAIT_SECONDS = 5
"""After which who was refused for want of room may try again."""


class Server:
    """What the connections of a server share."""

    def __init__(self, config: Config, loop: AbstractEventLoop, refusals: Refusals) -> None:
        self.refusals = refusals
        self.room = Room(bounds.allowance(open_files()))
        self.proxies = Proxies(config.forwarded_allow_ips)
        self._loop = loop
        self._looking = False

    def watch(self) -> None:
        """Look at connections for as long as there are any, or refusals to be told."""
        if not self._looking:
            self._looking = True
            self._loop.call_later(LOOK_EVERY_SECONDS, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        self.room.look(now)
        self._looking = False
        if self.refusals.tell(now) or len(self.room):
            self.watch()

    def note(self, reason: Reason, *, answered: bool = True) -> None:
        """Note that somebody was refused."""
        self.refusals.note(reason, self._loop.time(), answered=answered)
        self.watch()


_LET_GO = {Phase.HEAD: Reason.SILENT, Phase.REST: Reason.REST_LATE}
"""Why who came late is let go without a word; an idle connection has had its answers, a refused one was told."""
_servers: "WeakKeyDictionary[ServerState, Server]" = WeakKeyDictionary()


class BoundedProtocol(HttpToolsProtocol):
    """A connection, held to the bounds of ``collector.serving.bounds``."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:  # fmt: skip
        super().__init__(config, server_state, app_state, _loop)
        self.network = ""
        self._server = _servers.get(server_state) or _servers.setdefault(
            server_state, Server(config, self.loop, Refusals.of(app_state))
        )
        self._received = 0
        self._counted: Any = None
        self._idle = False
        self._refused = False
        self._drained = False
        self._seen: tuple[Phase, RequestResponseCycle | None] | None = None
        self._since = 0.0
        self._left = 0

    # -- what uvicorn and the loop call ------------------------------------------------------------------------------

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take a connection in, or refuse it."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        if not host or host in self._server.proxies:
            self.timeout_keep_alive = bounds.PROXY_IDLE_SECONDS
        else:
            self.network = network_of(host)
        if self._server.room.enter(self):
            self._server.watch()
        else:
            self._tell(Reason.NETWORK_FULL if self._server.room.crowded(self.network) else Reason.FULL)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._server.room.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came, as uvicorn does; a request that is not whole is counted."""
        for start in range(0, len(data), bounds.SLICE):
            if self._refused or self.transport.is_closing():
                return
            self._read(data[start : start + bounds.SLICE] if len(data) > bounds.SLICE else data)

    def on_headers_complete(self) -> None:
        """Have the request answered, as uvicorn does; in one piece, by who has its answer whole."""
        super().on_headers_complete()
        self.scope[WHOLE] = partial(answer_whole, self.cycle)  # type: ignore[literal-required]

    def on_message_complete(self) -> None:
        """Note the end of a request, even of one whose answer has left."""
        super().on_message_complete()
        self.cycle.more_body = False
        self._idle = self.cycle.response_complete

    def on_response_complete(self) -> None:
        """Go on to the request that waits, if there is one, as uvicorn does; without a timer for each answer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._idle = True

    def resume_writing(self) -> None:
        """Go on: what was written has been read, but for a little."""
        self._drained = True
        super().resume_writing()

    # -- bounds ------------------------------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """What the connection is at."""
        cycle = self.cycle
        if self._refused:
            return Phase.REFUSED
        if cycle is None:
            return Phase.HEAD
        if not cycle.response_complete:
            if self.flow.write_paused:
                return Phase.ANSWER
            return Phase.BODY if cycle.more_body and not self.flow.read_paused else Phase.WORK
        if self.transport.get_write_buffer_size():
            return Phase.ANSWER
        if cycle.scope is not self.scope:
            return Phase.HEAD
        if cycle.more_body:
            return Phase.REST
        return Phase.IDLE if self._idle else Phase.HEAD

    def look(self, now: float) -> None:
        """Close what is late, ``now`` being the loop's time; to be called every second."""
        phase, left = self.phase, self.transport.get_write_buffer_size()
        if self._seen is None or self._seen[0] is not phase or self._seen[1] is not self.cycle:
            self._note(phase, left, now)
        elif phase is Phase.ANSWER:
            if now - self._since > bounds.ANSWER_SECONDS:
                if not self._drained and self._left - left < bounds.ANSWER_BYTES:
                    self._server.note(Reason.UNREAD)
                    self.transport.abort()  # closing would wait for it to read
                self._note(phase, left, now)
        elif bounds.overdue(phase, now - self._since, self._received, self.timeout_keep_alive):
            if phase in {Phase.HEAD, Phase.BODY} and self._received:
                self.refuse(Reason.HEAD_LATE if phase is Phase.HEAD else Reason.BODY_LATE)
                return
            if phase in _LET_GO:
                self._server.note(_LET_GO[phase])
            self._close()

    def leave(self) -> None:
        """Close for others, whatever was under way."""
        self._server.note(Reason.CROWDED_OUT)
        self._close()

    def _close(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def refuse(self, reason: Reason) -> None:
        """Say why nothing more is read, where no other answer is due first, and close."""
        cycle = self.cycle
        if cycle is None or (cycle.response_complete and not (cycle.scope is self.scope and cycle.more_body)):
            due = True
        else:
            due = cycle.scope is self.scope and not cycle.response_started and not self.pipeline
        if cycle is not None:
            cycle.disconnected = True  # an answer that is being made is for nobody
            cycle.message_event.set()
        if due:
            self._tell(reason)
            self._linger()
        else:
            self._server.note(reason, answered=False)
            self.transport.close()

    def refusal(self, status: HTTPStatus) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of a refusal, whatever its status."""
        headers = {**self._server.refusals.headers, "content-type": "text/plain; charset=utf-8"}
        return headers, f"{REFUSALS[status]}\n".encode()

    def _tell(self, reason: Reason) -> None:
        self._server.note(reason)
        status = STATUSES[reason]
        headers, body = self.refusal(status)
        told = {"content-length": str(len(body)), "connection": "close"}
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            told["retry-after"] = str(WAIT_SECONDS)
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **told}.items())
        self.transport.write(STATUS_LINE[status] + lines.encode() + b"\r\n" + body)

    def _linger(self) -> None:
        """Say that nothing more is said; what still comes is dropped for a while, or the system would take back what
        was said from who has not read it yet."""
        self._refused = True
        self.flow.resume_reading()
        self.transport.write_eof()

    def _note(self, phase: Phase, left: int, now: float) -> None:
        self._seen, self._since, self._left, self._drained = (phase, self.cycle), now, left, False

    def _read(self, data: bytes) -> None:
        self._idle = False
        size = len(data)
        try:
            while data:
                try:
                    self.parser.feed_data(data)
                    break
                except HttpParserUpgrade as asked:  # with a request that is answered as any other
                    data = data[asked.args[0] :]
        except HttpParserError:
            long = self.scope is not None and len(self.url) >= bounds.HEAD_BYTES
            self.refuse(Reason.ADDRESS_LONG if long else Reason.UNREADABLE)
            return
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope or cycle.more_body:
            self._count(size)
        elif self._received:
            self._received = 0

    def _count(self, size: int) -> None:
        """Count what came of a head, or of a body, each alone."""
        head = self.cycle is None or self.cycle.scope is not self.scope
        counted = self.scope if head else self.cycle
        if counted is not self._counted:
            self._counted, self._received = counted, 0
        self._received += size
        if head and self._received > bounds.HEAD_BYTES:
            long = self.scope is not None and len(self.url) > bounds.HEAD_BYTES // 2
            self.refuse(Reason.ADDRESS_LONG if long else Reason.HEAD_LONG)
        elif self._received > bounds.BODY_BYTES:
            self.refuse(Reason.BODY_LONG)
