"""The servers under measure, each in a process of its own under the same uvicorn; the service, within its bounds."""

import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from starlette.types import ASGIApp

from collector import collector, steady
from collector.records import Seat, Sending
from collector.store import Store
from syndication import asgi, worker
from syndication.app import create_app
from syndication.instants import PARIS
from syndication.serving.watcher import SPARING
from syndication.settings import Settings
from tests.servers import kept_ports

APPLICATION, BARE = "syndication.asgi:application", "tests.bench.bare:bare"
TOKEN, HURRY = "BENCH_TOKEN", "BENCH_HURRY"


class _NoStore:
    """Stands where the store stands, keeps nothing, and gives everybody the seat of one respondent."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def seat(self, _token: str) -> Seat:
        return self._seat

    async def send(self, _sending: Sending) -> bool:
        return True

    def close(self) -> None:
        return None


def storeless() -> ASGIApp:
    """The whole service with the collector's store taken out."""
    hub = asgi.open_hub(Settings.from_environment())
    store = hub.collector._store
    hub.collector._store = cast(Store, _NoStore(store.seat(os.environ[TOKEN])))
    store.close()
    return create_app(hub, background=False)


def hurried() -> ASGIApp:
    """The whole service on a clock that hurries, with whatever it does every minute, every hour and every night."""
    began, speed = map(float, os.environ[HURRY].split())
    steady.JUMP_SECONDS = math.inf  # nobody is to doubt this clock
    collector.PURGE_EVERY_SECONDS /= speed
    worker.COUNT_EVERY_SECONDS /= speed
    return create_app(asgi.open_hub(Settings.from_environment(), hurrying(began, speed)))


def hurrying(began: float, speed: float) -> Callable[[], datetime]:
    """A clock that was right at a moment (seconds since 1970), and runs so many times too fast."""
    return lambda: datetime.fromtimestamp(began + speed * (time.time() - began), PARIS)


@contextmanager
def serving(
    application: str, environment: Mapping[str, str], *, factory: bool = False, workers: int = 1
) -> Iterator[tuple[int, int]]:
    """An application served on a port of its own, as ``sirius serve`` does; gives the port and the process id."""
    words = ["-m", "uvicorn", application, "--workers", str(workers), "--log-level", "warning", "--no-access-log"]
    words += ["--no-server-header", "--http", "auto" if application == BARE else "syndication.protocol:Protocol"]
    words += ["--factory"] if factory else []
    with _running(words, environment) as found:
        yield found


@contextmanager
def sirius(environment: Mapping[str, str], workers: int = 1) -> Iterator[tuple[int, int]]:
    """``sirius serve``, its background work included; gives the port and the process id."""
    with _running(["-m", "syndication", "serve", "--workers", str(workers)], environment) as found:
        yield found


@contextmanager
def _running(words: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    with kept_ports() as port:
        command = [sys.executable, *words, "--port", str(port)]
        quiet = subprocess.DEVNULL  # a service logs each request that it works on
        process = subprocess.Popen(command, env={**SPARING, **os.environ, **environment}, stdout=quiet, stderr=quiet)
        try:
            _wait(port)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(60)


def _wait(port: int) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")
