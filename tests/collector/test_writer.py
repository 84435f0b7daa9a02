"""The one writer, on a real database: what it acknowledges is durable, and one failure is nobody else's."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from collector import database
from collector.errors import StoreClosed
from collector.writer import BATCH, Writer
from tests.databases import Databases, nobody_writes, rows

SCHEMA = (
    "CREATE TABLE note (word TEXT PRIMARY KEY)",
    "CREATE TABLE child (parent TEXT REFERENCES note (word) DEFERRABLE INITIALLY DEFERRED)",
)
PATIENCE = 10
"""Seconds after which a test gives up on a writer that no longer answers."""

Job = Callable[[Connection], Any]


@pytest.fixture
def address(databases: Databases, tmp_path: Path) -> str:
    return databases.at(tmp_path).collector


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    opened = database.open_engine(address)
    with opened.execution_options(write=True).begin() as connection:
        for statement in SCHEMA:
            connection.execute(text(statement))
    yield opened
    opened.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    started = Writer(engine)
    yield started
    started.close()


@pytest.fixture
def commits(engine: Engine) -> list[int]:
    """Grows by one at each commit."""
    seen: list[int] = []
    event.listen(engine, "commit", lambda _connection: seen.append(1))
    return seen


def put(word: str) -> Callable[[Connection], str]:
    def run(connection: Connection) -> str:
        connection.execute(text("INSERT INTO note (word) VALUES (:word)"), {"word": word})
        return word

    return run


def stored(address: str) -> set[str]:
    """What another connection sees."""
    return {word for (word,) in rows(address, "SELECT word FROM note")}


class Gate:
    """A job that holds the writer until it is let go."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()

    def __call__(self, _connection: Connection) -> None:
        self.reached.set()
        assert self._open.wait(PATIENCE)

    def open(self) -> None:
        self._open.set()


async def in_one_batch(writer: Writer, *jobs: Job) -> list[Any]:
    """Results or errors of jobs that wait together while the writer is held, and so are committed together."""
    gate = Gate()
    held = asyncio.create_task(writer.write(gate))
    assert await asyncio.to_thread(gate.reached.wait, PATIENCE)
    waiting = [asyncio.create_task(writer.write(job)) for job in jobs]
    await asyncio.sleep(0)
    gate.open()
    async with asyncio.timeout(PATIENCE):
        await held
        return await asyncio.gather(*waiting, return_exceptions=True)


def test_a_write_gives_what_its_job_gave(writer: Writer) -> None:
    assert writer.write_now(put("un")) == "un"
    assert asyncio.run(writer.write(put("deux"))) == "deux"


def test_writes_of_many_threads_are_all_durable(writer: Writer, engine: Engine, address: str) -> None:
    words = [f"mot {number}" for number in range(400)]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda word: writer.write_now(put(word)), words)) == words
    writer.close()
    engine.dispose()
    assert stored(address) == set(words)


def test_writes_of_many_event_loops_and_threads_mix(writer: Writer, address: str) -> None:
    async def several(name: str) -> list[str]:
        return list(await asyncio.gather(*(writer.write(put(f"{name} {number}")) for number in range(20))))

    with ThreadPoolExecutor(8) as pool:
        gathered = list(pool.map(lambda number: asyncio.run(several(f"boucle {number}")), range(8)))
    assert stored(address) == {word for words in gathered for word in words}
    assert len(stored(address)) == 160


def test_what_is_acknowledged_is_visible_to_another_connection_at_once(writer: Writer, address: str) -> None:
    for number in range(20):
        word = writer.write_now(put(str(number)))
        assert word in stored(address)


def test_nothing_is_acknowledged_or_visible_before_its_commit(writer: Writer, address: str) -> None:
    async def scenario() -> None:
        first, second = Gate(), Gate()
        held = asyncio.create_task(writer.write(first))
        assert await asyncio.to_thread(first.reached.wait, PATIENCE)
        early = asyncio.create_task(writer.write(put("tôt")))
        await asyncio.sleep(0)
        late = asyncio.create_task(writer.write(second))
        await asyncio.sleep(0)
        first.open()
        assert await asyncio.to_thread(second.reached.wait, PATIENCE)  # the early job has run, its batch is still open
        await asyncio.sleep(0.05)
        assert not early.done()
        assert "tôt" not in stored(address)
        second.open()
        async with asyncio.timeout(PATIENCE):
            assert await early == "tôt"
            await asyncio.gather(held, late)
        assert "tôt" in stored(address)

    asyncio.run(scenario())


def test_jobs_that_wait_together_share_one_commit(writer: Writer, address: str, commits: list[int]) -> None:
    words = [str(number) for number in range(100)]
    assert asyncio.run(in_one_batch(writer, *map(put, words))) == words
    assert stored(address) == set(words)
    assert len(commits) == 2  # the job that held the writer, then all the others


def test_a_batch_has_a_limit(writer: Writer, address: str, commits: list[int]) -> None:
    words = [str(number) for number in range(BATCH + 1)]
    assert asyncio.run(in_one_batch(writer, *map(put, words))) == words
    assert len(stored(address)) == BATCH + 1
    assert len(commits) == 3


def test_jobs_run_in_the_order_they_came(writer: Writer) -> None:
    ran: list[int] = []
    jobs = [lambda _connection, number=number: ran.append(number) for number in range(50)]
    asyncio.run(in_one_batch(writer, *jobs))
    assert ran == list(range(50))


def test_a_failing_job_fails_alone_and_the_others_of_its_batch_are_kept(writer: Writer, address: str) -> None:
    def fail(connection: Connection) -> None:
        put("à moitié")(connection)
        raise RuntimeError("au milieu")

    before, error, refused, after = asyncio.run(in_one_batch(writer, put("avant"), fail, put("avant"), put("après")))
    assert (before, after) == ("avant", "après")
    assert isinstance(error, RuntimeError)
    assert str(error) == "au milieu"
    assert isinstance(refused, IntegrityError)
    assert stored(address) == {"avant", "après"}


def test_a_job_sees_what_the_jobs_before_it_wrote_in_the_same_batch(writer: Writer) -> None:
    def count(connection: Connection) -> int:
        found: int = connection.execute(text("SELECT count(*) FROM note")).scalar_one()
        return found

    assert asyncio.run(in_one_batch(writer, put("un"), count, put("deux"), count)) == ["un", 1, "deux", 2]


def test_a_job_that_fails_only_at_the_commit_fails_alone_too(writer: Writer, address: str) -> None:
    def orphan(connection: Connection) -> None:
        connection.execute(text("INSERT INTO child (parent) VALUES ('personne')"))  # checked at the commit alone

    before, error, after = asyncio.run(in_one_batch(writer, put("avant"), orphan, put("après")))
    assert (before, after) == ("avant", "après")
    assert isinstance(error, IntegrityError)
    assert stored(address) == {"avant", "après"}
    with pytest.raises(IntegrityError):
        writer.write_now(orphan)
    assert writer.write_now(put("ensuite")) == "ensuite"


def test_the_writer_outlives_every_failure(writer: Writer, address: str) -> None:
    def fail(_connection: Connection) -> None:
        raise ValueError("non")

    for _ in range(5):
        with pytest.raises(ValueError, match="non"):
            writer.write_now(fail)
    writer.write_now(put("encore"))
    assert stored(address) == {"encore"}


def test_a_caller_who_gives_up_stops_nobody_else(writer: Writer, address: str) -> None:
    async def scenario() -> None:
        gate = Gate()
        held = asyncio.create_task(writer.write(gate))
        assert await asyncio.to_thread(gate.reached.wait, PATIENCE)
        given_up = asyncio.create_task(writer.write(put("abandonné")))
        beside = asyncio.create_task(writer.write(put("voisin")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        gate.open()
        async with asyncio.timeout(2):
            await held
            assert await beside == "voisin"
            assert await writer.write(put("suivant")) == "suivant"

    asyncio.run(scenario())
    assert stored(address) >= {"voisin", "suivant"}


def test_after_close_every_write_says_that_the_store_is_closed(writer: Writer, address: str) -> None:
    writer.write_now(put("avant"))
    writer.close()
    with pytest.raises(StoreClosed):
        writer.write_now(put("après"))
    with pytest.raises(StoreClosed):
        asyncio.run(writer.write(put("après")))
    assert stored(address) == {"avant"}


def test_closing_finishes_what_waits(writer: Writer, address: str) -> None:
    async def scenario() -> list[Any]:
        gate = Gate()
        held = asyncio.create_task(writer.write(gate))
        assert await asyncio.to_thread(gate.reached.wait, PATIENCE)
        waiting = [asyncio.create_task(writer.write(put(str(number)))) for number in range(10)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(writer.close))
        await asyncio.sleep(0.05)
        gate.open()
        async with asyncio.timeout(PATIENCE):
            await closing
            return list(await asyncio.gather(held, *waiting))

    assert asyncio.run(scenario())[1:] == [str(number) for number in range(10)]
    assert stored(address) == {str(number) for number in range(10)}


def test_closing_twice_is_closing_once(writer: Writer) -> None:
    writer.close()
    writer.close()
    with pytest.raises(StoreClosed):
        writer.write_now(put("après"))


def test_writes_racing_with_the_close_are_either_durable_or_refused(writer: Writer, address: str) -> None:
    together = threading.Barrier(9)

    def several(name: int) -> set[str]:
        kept: set[str] = set()
        together.wait()
        try:
            for number in range(200):
                kept.add(writer.write_now(put(f"{name} {number}")))
        except StoreClosed:
            pass
        return kept

    with ThreadPoolExecutor(8) as pool:
        racing = [pool.submit(several, name) for name in range(8)]
        together.wait()
        writer.close()
        acknowledged: set[str] = set().union(*(one.result(PATIENCE) for one in racing))
    assert stored(address) == acknowledged


def test_two_writers_on_one_database_wait_for_each_other(writer: Writer, address: str) -> None:
    engine = database.open_engine(address)
    other = Writer(engine)
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pair: [pair[1].write_now(put(f"{pair[0]} {n}")) for n in range(40)],
                          [("ici", writer), ("là", other)]))  # fmt: skip
    finally:
        other.close()
        engine.dispose()
    assert len(stored(address)) == 80


@pytest.mark.usefixtures("engine")
def test_a_database_held_by_another_process_is_waited_for_once_not_once_a_job(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_MILLISECONDS", 300)
    impatient = database.open_engine(address)
    writer = Writer(impatient)

    async def scenario() -> list[Any]:
        return await asyncio.gather(*(writer.write(put(str(n))) for n in range(30)), return_exceptions=True)

    with nobody_writes(database, address):
        started = time.monotonic()
        outcomes = asyncio.run(scenario())
    writer.close()
    impatient.dispose()
    assert [type(outcome) for outcome in outcomes] == [OperationalError] * 30
    assert time.monotonic() - started < 4.5
    assert stored(address) == set()
