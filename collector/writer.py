"""One writer, many waiting: write jobs run in turn on one thread and are committed together (group commit).

A job is acknowledged only after the commit that holds it. It may be run twice: when another job of its batch fails, the
whole batch is undone and each runs alone. Since one thread alone writes, no writer of this process
ever finds the database locked; between processes, SQLite's own lock and its timeout decide.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from collector.errors import StoreClosed

T = TypeVar("T")
BATCH = 512
"""Most jobs in one commit: bounds how long the first of them waits for the last."""


@dataclass(slots=True)
class _Job:
    run: Callable[[Connection], Any]
    done: "Future[Any]" = field(default_factory=Future)


class Writer:
    """Owns every write to one database of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(write=True)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="collector-writer", daemon=True)
        self._thread.start()

    async def write(self, run: Callable[[Connection], T]) -> T:
        """Run a job and wait until it is durable; raises what the job raised, or StoreClosed."""
        result: T = await asyncio.wrap_future(self._submit(run))
        return result

    def write_now(self, run: Callable[[Connection], T]) -> T:
        """The same, for callers without an event loop."""
        result: T = self._submit(run).result()
        return result

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _submit(self, run: Callable[[Connection], Any]) -> "Future[Any]":
        job = _Job(run)
        job.done.set_running_or_notify_cancel()  # a caller who gives up changes nothing of what is being written
        with self._lock:
            if self._closed:
                raise StoreClosed("Le service s'arrête : rien n'a été enregistré.")
            self._jobs.put(job)
        return job.done

    def _run(self) -> None:
        stopping = False
        while not stopping:
            batch, stopping = self._next_batch()
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[_Job], bool]:
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == BATCH:
                return batch, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[_Job]) -> None:
        """Commit a batch as one; when one of its jobs fails, undo it all and give each job a transaction of its own."""
        begun = False
        try:
            with self._engine.begin() as connection:
                begun = True
                results = [job.run(connection) for job in batch]
        except Exception as error:
            if len(batch) == 1 or not begun:  # nobody's fault: the database cannot be written to
                for job in batch:
                    job.done.set_exception(error)
            else:
                for job in batch:
                    self._commit([job])
        else:
            for job, result in zip(batch, results, strict=True):
                job.done.set_result(result)
