"""A PostgreSQL that stops is told from one that takes its time; a server of the test's own, which is frozen for it."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from collector import server
from collector.reaching import reach
from tests import postgresql
from tests.servers import wait_until

SOON = 0.05


@pytest.fixture
def own() -> Iterator[postgresql.Server]:
    with postgresql.server() as started:
        yield started


@pytest.fixture
def engine(own: postgresql.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(server, "SILENT_SECONDS", SOON)
    made = reach(own.address)
    yield made
    made.dispose()


def ask(engine: Engine, words: str) -> list[object]:
    with engine.connect() as connection:
        return list(connection.execute(text(words)).scalars())


def test_a_statement_that_takes_its_time_is_waited_for(engine: Engine) -> None:
    assert ask(engine, f"SELECT pg_sleep({20 * SOON}) IS NULL") == [False]
    with engine.connect() as holder, engine.connect() as waiter:
        holder.execute(text("SELECT pg_advisory_xact_lock(1)"))
        letting_go = threading.Timer(20 * SOON, holder.rollback)
        letting_go.start()
        waiter.execute(text("SELECT pg_advisory_xact_lock(1)"))
        letting_go.join()


def test_a_server_that_stops_in_the_midst_of_a_statement_is_given_up_and_found_again(
    own: postgresql.Server, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE said (word text)"))
    faults: list[OperationalError] = []

    def write() -> None:
        try:
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO said VALUES ('once') RETURNING pg_sleep(3600)"))
        except OperationalError as error:
            faults.append(error)

    with engine.connect() as idle:
        writers = [threading.Thread(target=write) for _ in range(3)]
        for writer in writers:
            writer.start()
        wait_until(
            lambda: ask(engine, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == [3], "all wait"
        )
        own.freeze()
        for writer in writers:
            writer.join()
        assert len(faults) == len(writers)
        with pytest.raises(OperationalError):  # it is known by now
            idle.execute(text("SELECT 1"))
        own.thaw()

    def is_back() -> bool:
        try:
            return ask(engine, "SELECT 1") == [1]
        except OperationalError:
            return False

    wait_until(is_back, "it is found again")
    assert ask(engine, "SELECT word FROM said") == []
