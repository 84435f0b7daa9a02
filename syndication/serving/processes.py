"""What the processes of a service do: answer requests, or do the background work, until they are told to leave."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import uvicorn

from collector.door import at_work
from collector.watch import logs
from syndication import asgi, boot, worker
from syndication.app import create_app
from syndication.context import Hub
from syndication.protocol import options
from syndication.serving import claim, company, lifeline
from syndication.serving.server import Server
from syndication.settings import Settings
from syndication.watch.watch import HubWatch


def answer(listener: socket.socket, ready: Callable[[], None], line: int, *, background: bool) -> None:
    """Answer what comes to a socket that others may share; ``background``: do the background work too.

    ``line`` comes from the process that watches over this one, its parent; ``ready`` is called once requests are
    answered. Raises ConfigurationError.
    """
    settings, (host, port) = Settings.from_environment(), listener.getsockname()[:2]
    logs.configure(settings.collector.log_format)
    with claim.serving(settings, os.getppid(), f"{host}:{port}"), _opened(settings) as hub:
        app = create_app(hub, background=background)
        config = uvicorn.Config(app, log_config=None, log_level="warning", **options())
        Server(config, line, ready).run(sockets=[listener])


def work(ready: Callable[[], None], line: int | None = None) -> None:
    """Do the background work; told to leave, end what is under way. Raises ConfigurationError."""
    settings = Settings.from_environment()
    logs.configure(settings.collector.log_format)
    with _opened(settings) as hub:
        asyncio.run(_work(hub, ready, line))


async def _work(hub: Hub, ready: Callable[[], None], line: int | None) -> None:
    watch = HubWatch(hub)
    watch.open()
    task = asyncio.ensure_future(worker.work_for_ever(hub, watch.counts))
    beside = asyncio.ensure_future(watch.follow())

    def leave() -> None:
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, leave)
    with ExitStack() as stack:
        if line is not None:
            stack.enter_context(lifeline.held(line, leave))
        ready()
        with suppress(asyncio.CancelledError):
            await task
    beside.cancel()
    await asyncio.gather(beside, return_exceptions=True)
    watch.close()


@contextmanager
def _opened(settings: Settings) -> Iterator[Hub]:
    with at_work(settings.folders), claim.working(settings), ExitStack() as stack:
        hub = asgi.open_hub(settings)
        stack.callback(hub.close)
        boot.prepare(hub)
        stack.enter_context(company.kept(settings))
        yield hub
