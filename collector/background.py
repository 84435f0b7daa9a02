"""Work in threads beside an event loop, which ends cleanly when its loop wants to."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def to_its_end(run: Callable[[], T], hurry: Callable[[], None] = lambda: None) -> T:
    """Run something in a thread and give what it gives. Cancelled, call ``hurry``, wait for its end all the same, and
    only then be cancelled: nothing of it goes on behind what comes after.
    """
    work = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        hurry()
        with suppress(Exception):  # told to nobody: who asked is leaving, and what was not done is done again
            await work
        raise
