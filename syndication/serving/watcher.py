"""The process that watches over a service: it holds the address, starts the others, and starts another for each that
dies. It loads little and does nothing else, so that it lives; should it die all the same, the others leave with it.

SIGHUP replaces the processes one after another: each successor does its work, with the code that is on the disk then,
before the one it replaces leaves, and both share the address, so that no request is refused. SIGTERM and SIGINT end
all of them.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

STOP_SECONDS = 60.0
"""How long processes may take to leave, before they are killed."""
SPARING = {"MALLOC_ARENA_MAX": "2"}
"""What processes are told unless the environment says otherwise. glibc gives each thread a heap of its own, which keeps
what any of them once needed: a dozen threads would hold twice the memory that the work takes."""
FIRST_PAUSE, LONGEST_PAUSE, YOUNG_SECONDS = 0.2, 5.0, 10.0
"""Seconds before another takes the place of one that died, doubling while they die young."""


@dataclass(slots=True, eq=False)
class _Place:
    """What is to be done in a service, and the process that does it; ``asked``: another should."""

    role: str
    words: tuple[str, ...] = ()
    process: Process | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)


class Watcher:
    """Watches over so many web processes on a socket that listens; ``say`` tells people what happens, in French.

    One alone does the background work too; beside several, one more process does it.
    """

    def __init__(self, listener: socket.socket, workers: int, say: Callable[[str], None]) -> None:
        self._listener = listener
        self._say = say
        self._line = os.pipe()
        self._running: dict[Process, asyncio.Future[int]] = {}
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        if workers == 1:
            self._places = [_Place("web", ("--background",))]
        else:
            self._places = [*(_Place("web") for _ in range(workers)), _Place("worker")]

    async def watch(self) -> int:
        """Serve until told to stop; gives the exit status: 1 when the first process could not begin, and said why."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._ask)
        if await self._unless_stopped(self._begin()):
            host, port = self._listener.getsockname()[:2]
            self._say(f"Sirius répond sur http://{host}:{port} (processus {os.getpid()}). Ctrl-C pour arrêter.")
            keeping = [loop.create_task(self._keep(place)) for place in self._places]
            await self._stopping.wait()
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
        await self._end()
        return 0 if self._stopping.is_set() else 1

    async def _begin(self) -> bool:
        """Start the first process, before the others: it may make the databases. False when it could not begin."""
        first = self._places[0]
        first.process = await self._start(first)
        return first.process is not None

    async def _unless_stopped(self, work: Coroutine[Any, Any, bool]) -> bool:
        """What a work gives; False, the work being given up, when the service is told to stop before."""
        task, stopping = asyncio.ensure_future(work), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
        return not task.cancelled() and task.result()

    def _ask(self) -> None:
        for place in self._places:
            place.asked.set()

    async def _keep(self, place: _Place) -> None:
        """Keep a place taken, for ever."""
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            if place.process is None:
                place.process = await self._start(place)
            since = loop.time()
            if place.process is not None and await self._is_asked(place, place.process):
                await self._replace(place, place.process)
                continue
            self._say(f"Un processus ({place.role}) s'est arrêté : un autre le remplace.")
            place.process = None
            await asyncio.sleep(pause)
            pause = FIRST_PAUSE if loop.time() - since > YOUNG_SECONDS else min(2 * pause, LONGEST_PAUSE)

    @staticmethod
    async def _is_asked(place: _Place, process: Process) -> bool:
        """Wait for a process to be asked to leave its place, or to die: False."""
        asked, died = asyncio.ensure_future(place.asked.wait()), asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait((asked, died), return_when=asyncio.FIRST_COMPLETED)
            return not died.done()
        finally:
            asked.cancel()
            died.cancel()

    async def _replace(self, place: _Place, old: Process) -> None:
        """Have another process take a place, one place after another; where it cannot, all stay as they are."""
        async with self._turn:
            if not place.asked.is_set():
                return
            place.asked.clear()
            place.process = await self._start(place)
            if place.process is None:
                for other in self._places:
                    other.asked.clear()
                self._say("Le nouveau processus n'a pas démarré : les anciens continuent.")
                place.process = old
            else:
                _signal(old, signal.SIGHUP if place.role == "web" else signal.SIGTERM)
                self._say(f"Un processus ({place.role}) en a remplacé un autre.")

    async def _start(self, place: _Place) -> Process | None:
        """Start a process for a place; None when it ended before it was ready."""
        ready, told = os.pipe()
        files = {"--line": self._line[0], "--ready": told}
        if place.role == "web":
            files["--listener"] = self._listener.fileno()
        words = [word for name, number in files.items() for word in (name, str(number))]
        try:
            process = await create_subprocess_exec(
                sys.executable, "-m", "syndication.serving", place.role, *words, *place.words,
                stdin=DEVNULL, pass_fds=tuple(files.values()), process_group=0, env=SPARING | os.environ,
            )  # fmt: skip
        except OSError:  # too many processes, or no memory: as if it had died at once
            os.close(ready)
            return None
        finally:
            os.close(told)
        self._running[process] = asyncio.ensure_future(process.wait())
        self._running[process].add_done_callback(lambda _: self._running.pop(process))
        return process if await _first_byte(ready) else None

    async def _end(self) -> None:
        """End every process, those too that are leaving already."""
        self._listener.close()
        running = dict(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        if running:
            await asyncio.wait(running.values(), timeout=STOP_SECONDS)
        for process in list(self._running):
            _signal(process, signal.SIGKILL)
        await asyncio.gather(*running.values())


async def _first_byte(descriptor: int) -> bytes:
    """The first byte that comes out of a pipe, which is closed then; empty when it ends before."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        return await reader.read(1)
    finally:
        transport.close()


def _signal(process: Process, number: signal.Signals) -> None:
    """Signal a process that has not ended; its own method might learn of its end in the place of who waits for it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
