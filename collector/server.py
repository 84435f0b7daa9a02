"""A PostgreSQL server as those see it who are connected to it: it may be gone, or stopped, without a word.

What waits for one does so on an event loop too, where it keeps all that is served waiting, what is ready as well. So
once a connection was waited for in vain, others are tried for in threads alone, one at a time, where something always
follows the database; until one of them succeeds, whoever asks is told at once that it could not be made. One that is
refused at once keeps nobody waiting.

A statement may take its time: no clock tells one that is long from one whose server is frozen. So while nothing comes
from there, somebody knocks: a server that opens to nobody any more is given up, with every connection to it, and one
that opens, or refuses, may go on for as long as it likes.
"""

import asyncio
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")
_SERVERS: dict[tuple[object, ...], "Server"] = {}
LONG_SECONDS = 0.5
"""From which a failed attempt kept others waiting."""
AGAIN_SECONDS = 1.0
"""How long the last attempt is taken at its word, when it was in vain."""
ANYHOW_SECONDS = 30.0
"""After which a loop tries all the same: it may be that no thread does."""
SILENT_SECONDS = 2.0
"""After how long without anything from the server somebody knocks."""
KNOCK_SECONDS = 3
"""How long who knocks waits: with the silence before, as long as a connection may take to be made."""


class Server:
    """Whether a server was last waited for in vain."""

    def __init__(self) -> None:
        self._fault = ""
        self._at = 0.0
        self._trying, self._knocking = Lock(), Lock()
        self._knocked_at = 0.0
        self.is_silent = False
        """True once it neither went on with a statement nor opened to who knocked, until it is heard of."""

    def attempt(self, connect: Callable[[], T]) -> T:
        """Make a connection; raises the driver's errors, those of the last attempt at once."""
        if not self._fault:
            return self._attempt(connect)
        pause = ANYHOW_SECONDS if _on_a_loop() else AGAIN_SECONDS
        if monotonic() - self._at < pause or not self._trying.acquire(blocking=False):
            raise psycopg.OperationalError(self._fault)
        try:
            return self._attempt(connect)
        finally:
            self._trying.release()

    def is_there(self, knock: Callable[[], object]) -> bool:
        """Whether it takes connections, or refuses them; of those who ask at the same time, one knocks for all."""
        asked = monotonic()
        with self._knocking:
            if self._knocked_at < asked:
                try:
                    knock()
                except psycopg.errors.ConnectionTimeout as error:
                    self._fault, self._at, self.is_silent = str(error), monotonic(), True
                except psycopg.Error:
                    self._is_heard()
                else:
                    self._is_heard()
                self._knocked_at = monotonic()
            return not self.is_silent

    def _attempt(self, connect: Callable[[], T]) -> T:
        began = monotonic()
        try:
            made = connect()
        except psycopg.Error as error:
            self._at = monotonic()
            if self._at - began > LONG_SECONDS:
                self._fault = str(error)
            else:
                self._is_heard()
            raise
        self._is_heard()
        return made

    def _is_heard(self) -> None:
        self._fault, self.is_silent = "", False


def server_at(*place: object) -> Server:
    """What is known of the server at a place, by all of this process who have connections to it."""
    return _SERVERS.setdefault(place, Server())


class Watched(psycopg.Connection[Any]):
    """A connection that is given up when its server is silent."""

    server: Server

    def wait(self, gen: PQGen[T], *words: Any, **named: Any) -> T:
        """What the driver waits with, for all that it asks."""
        return super().wait(self._heard(gen), *words, **named)

    def _heard(self, gen: PQGen[T]) -> PQGen[T]:
        """The same steps, as long as the server is there; the driver says ten times a second that nothing came."""
        try:
            wanted = next(gen)
            since = monotonic()
            while True:
                if self.server.is_silent:
                    self._give_up()
                ready = yield wanted
                if ready or (monotonic() - since > SILENT_SECONDS and self.server.is_there(self._knock)):
                    since = monotonic()
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    def _give_up(self) -> None:
        self.pgconn.finish()
        raise psycopg.OperationalError("the server is silent")

    def _knock(self) -> None:
        """Have another connection made to the very host that this one leads to, and leave at once."""
        here = self.info
        psycopg.connect(
            here.dsn, host=here.host, hostaddr=here.hostaddr or None, port=here.port, password=here.password or None,
            connect_timeout=KNOCK_SECONDS,
        ).close()  # fmt: skip


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
