"""What tests that start servers share: ports that are theirs for as long as they want, and patience."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx

PATIENCE = 120.0
"""Seconds to wait for what happens within one or two on a quiet machine; nobody waits longer than it takes."""
fetch, send = partial(httpx.get, verify=False), partial(httpx.post, verify=False)
"""A GET and a POST to a server of ours, each on a connection of its own. Nothing is encrypted here, and httpx would
otherwise read the certificates of every authority for each: 25 ms."""


@contextmanager
def kept_ports(count: int = 1) -> Iterator[int]:
    """Ports that follow one another on 127.0.0.1, for servers to come; gives the first.

    They stay bound here and are not listened on: the system gives them to nobody who asks for any port, in whatever
    process, and refuses connections; a server that names one of them, with SO_REUSEADDR as all of ours do, has it.
    """
    while True:
        with ExitStack() as stack:
            first = 0
            try:
                for place in range(count):
                    one = stack.enter_context(socket.socket())
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    one.bind(("127.0.0.1", first + place if first else 0))
                    first = first or one.getsockname()[1]
            except (OSError, OverflowError):
                continue
            yield first
            return


def wait_until(happened: Callable[[], bool], what: str, every: float = 0.05) -> None:
    """Look every so many seconds until it happened; AssertionError, saying what was awaited, when it does not."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(every)


def answers(url: str) -> bool:
    """Whether a server answers 200 at an address."""
    try:
        return fetch(url).status_code == 200
    except httpx.TransportError:
        return False
