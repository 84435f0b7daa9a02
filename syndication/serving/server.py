"""A server that leaves without dropping a request.

Leaving takes three steps. It accepts no more connection, and every answer that is yet to begin says ``Connection:
close``. Connections then end by themselves: those in use with their next answer, idle ones when they would anyway.
Last, what is still under way is answered. A connection that is closed while its client writes would fail a request.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from syndication.serving import lifeline

IDLE_SECONDS, REQUEST_SECONDS = 1.0, 20.0
"""How long idle connections are left to those who hold them, and requests under way to their end, by a service that
stops; one that is replaced has longer for both."""
LEISURE_SECONDS = 120.0
STEP_SECONDS = 0.02
CLOSE = (b"connection", b"close")
log = logging.getLogger("sirius.serving")


class Server(uvicorn.Server):
    """Serves until told to leave, or until its line is cut (see ``lifeline``); ``started`` is called once it accepts
    connections."""

    def __init__(self, config: uvicorn.Config, line: int, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._line = line
        self._tell_started = started
        self._at_leisure = False

    def leave(self, *, at_leisure: bool) -> None:
        """Begin to leave; ``at_leisure`` when another serves in the place of this one."""
        self._at_leisure = at_leisure
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM: leave; SIGHUP: leave at leisure. A Ctrl-C is heard by the process that watches over this one."""
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        loop.add_signal_handler(signal.SIGTERM, lambda: self.leave(at_leisure=False))
        loop.add_signal_handler(signal.SIGHUP, lambda: self.leave(at_leisure=True))
        with lifeline.held(self._line, lambda: self.leave(at_leisure=False)):
            yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections, and say so."""
        await super().startup(sockets)
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave, as said at the head of this module."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        self._announce()
        kept: list[Any] = list(self.server_state.connections)  # those of proxies for longer than others
        idle = max((one.timeout_keep_alive for one in kept), default=0) + IDLE_SECONDS
        await self._wait(lambda: bool(self.server_state.connections), idle, IDLE_SECONDS)
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._wait(lambda: bool(self._under_way()), LEISURE_SECONDS, REQUEST_SECONDS)
        if left := self._under_way():
            log.warning("%d connections or requests took too long to end and were cut", len(left))
        await self.lifespan.shutdown()

    def _announce(self) -> None:
        """Have every answer that is yet to begin say that it is the last of its connection."""
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]
        for connection in self.server_state.connections:
            cycle: Any = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_started:
                cycle.default_headers = self.server_state.default_headers

    def _under_way(self) -> set[Any]:
        return self.server_state.connections | self.server_state.tasks

    async def _wait(self, while_true: Callable[[], bool], leisure: float, hurry: float) -> None:
        """Wait as long as something is so, and for some seconds at most: fewer from when there is hurry."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        while while_true() and loop.time() - start < (leisure if self._at_leisure else hurry):
            await asyncio.sleep(STEP_SECONDS)
