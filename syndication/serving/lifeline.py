"""The line that ties processes to the one that watches over them: a pipe that closes with it, however it ends."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def held(descriptor: int, cut: Callable[[], None]) -> Iterator[None]:
    """Call ``cut`` once when the other end of the line closes; for coroutines."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(descriptor, 1):
            loop.remove_reader(descriptor)
            cut()

    loop.add_reader(descriptor, look)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
