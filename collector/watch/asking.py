"""Asking databases that may be away: one question of a kind at a time, in a thread, with little patience."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Question(Generic[Answer]):
    """A question that several may ask at once: they share one answer, and a database that hangs holds one thread."""

    def __init__(self, ask: Callable[[], Answer], patience_seconds: float) -> None:
        self._ask = ask
        self._patience = patience_seconds
        self._asked: asyncio.Task[Answer] | None = None

    async def answer(self) -> Answer:
        """The answer; raises TimeoutError when it does not come in time, and whatever asking raises."""
        if self._asked is None or self._asked.done() or self._asked.get_loop() is not asyncio.get_running_loop():
            self._asked = asyncio.create_task(asyncio.to_thread(self._ask))
            self._asked.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.wait_for(asyncio.shield(self._asked), self._patience)
