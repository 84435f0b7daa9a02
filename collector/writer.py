"""One writer, many waiting: write jobs run in turn on one thread and are committed together (group commit).

A job is acknowledged only after the commit that holds it. It may be run twice: when another job of its batch fails, the
whole batch is undone and each runs alone. Since one thread alone writes, no writer of this process
ever finds the database locked; between processes, SQLite's own lock and its timeout decide.

Jobs of the same work are handed to it together, so that a hundred sends cost a few statements: every statement makes
this thread hand the interpreter back and wait for it, which would cost more than the statement itself.
"""

import asyncio
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from collector.errors import StoreClosed

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 an item of work
Work = Callable[[Connection, Sequence[I]], Sequence[T]]
SWITCH_SECONDS = 0.0005
"""How long this thread may wait for a busy event loop to hand over the interpreter. At Python's own 5 ms, a commit of
seven statements waited longer for the interpreter than for the disk."""
BATCH = 512
"""Most jobs in one commit: bounds how long the first of them waits for the last."""
GATHER_SECONDS = 0.008
"""How long jobs are let gather after a batch of several: nobody alone waits, and a crowd costs fewer commits."""


@dataclass(slots=True)
class _Job:
    """Something to write, and who waits for it: a coroutine of a loop, or a thread."""

    work: Work[Any, Any]
    item: Any
    done: "asyncio.Future[Any] | Future[Any]"

    def settle(self, outcome: "_Outcome") -> None:
        """Tell who waits, unless they gave up."""
        if self.done.done():
            return
        if outcome.error is not None:
            self.done.set_exception(outcome.error)
        else:
            self.done.set_result(outcome.result)


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: Any = None
    error: Exception | None = None


class Writer:
    """Owns every write to one database of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(write=True)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_SECONDS))
        self._thread = threading.Thread(target=self._run, name="collector-writer", daemon=True)
        self._thread.start()

    async def write(self, run: Callable[[Connection], T]) -> T:
        """Run a job and wait until it is durable; raises what the job raised, or StoreClosed."""
        return await self.write_together(_each_alone, run)

    async def write_together(self, work: Work[I, T], item: I) -> T:
        """The same, for a work that takes many items at once and gives one result for each, in order."""
        job = _Job(work, item, asyncio.get_running_loop().create_future())
        self._submit(job)
        result: T = await job.done  # type: ignore[misc]
        return result

    def write_now(self, run: Callable[[Connection], T]) -> T:
        """The same as ``write``, for callers without an event loop."""
        done: Future[T] = Future()
        self._submit(_Job(_each_alone, run, done))
        return done.result()

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _submit(self, job: _Job) -> None:
        with self._lock:
            if self._closed:
                raise StoreClosed("Le service s'arrête : rien n'a été enregistré.")
            self._jobs.put(job)

    def _run(self) -> None:
        stopping, batch = False, list[_Job]()
        while not stopping:
            if len(batch) > 1:
                time.sleep(GATHER_SECONDS)
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
                finished = _work_through(connection, batch)
        except Exception as error:
            if len(batch) == 1 or not begun:  # nobody's fault: the database cannot be written to
                _tell([(job, _Outcome(error=error)) for job in batch])
            else:
                for job in batch:
                    self._commit([job])
        else:
            _tell(finished)


def _tell(outcomes: Sequence[tuple[_Job, _Outcome]]) -> None:
    """Tell who waits what came of it: each loop is woken once, however many of its coroutines wait."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Job, _Outcome]]] = {}
    for job, outcome in outcomes:
        if isinstance(job.done, Future):
            job.settle(outcome)
        else:
            by_loop.setdefault(job.done.get_loop(), []).append((job, outcome))
    for loop, told in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, told)


def _settle(told: Sequence[tuple[_Job, _Outcome]]) -> None:
    for job, outcome in told:
        job.settle(outcome)


def _each_alone(connection: Connection, runs: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [run(connection) for run in runs]


def _work_through(connection: Connection, batch: Sequence[_Job]) -> list[tuple[_Job, _Outcome]]:
    by_work: dict[Work[Any, Any], list[_Job]] = {}
    for job in batch:
        by_work.setdefault(job.work, []).append(job)
    finished: list[tuple[_Job, _Outcome]] = []
    for work, jobs in by_work.items():
        results = work(connection, [job.item for job in jobs])
        finished += zip(jobs, map(_Outcome, results), strict=True)
    return finished
