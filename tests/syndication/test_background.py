"""What the background work does again and again costs nothing while nothing happens, however much was ever said."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from syndication import worker
from syndication.context import Hub
from syndication.watch.watch import HubWatch

pytestmark = pytest.mark.sqlite
"""PostgreSQL's planner goes by how much there is."""
Answer = Callable[..., None]
OFTEN = (worker.take_in, worker.deliver_receipts, worker.follow_corpus, worker.take_readings, worker.refresh_own)
"""Done twice a second, or once a minute."""
BY_MINUTE = (
    worker.count_invitations, worker.tell_late_alerts, worker.forget_copies, worker.count_gestures,
    worker.owe_letters, worker.forget_messages, worker.forget_letters,
)  # fmt: skip
FEW = {
    "access", "bookmark", "campaign", "delivery", "join_request", "mail", "own_question", "partner", "person",
    "questionnaire", "set_aside", "usage", "webhook",
}  # fmt: skip
"""Tables that hold a hundred thousand rows at most of a whole nation, or what is erased in time."""


@contextmanager
def traced(*engines: Engine) -> Iterator[list[tuple[Path, str]]]:
    """The statements that reach the databases of some engines, values written out, with the file of each."""
    told: list[tuple[Path, str]] = []

    def listen(path: Path) -> Callable[[Any, Any], None]:
        return lambda connection, _record: connection.set_trace_callback(lambda text: told.append((path, text)))

    for engine in engines:
        engine.dispose()  # connections that are made from now on are listened to
        event.listen(engine, "connect", listen(Path(str(engine.url.database))))
    yield told


def walks(path: Path, statement: str) -> list[str]:
    """Tables that a statement walks from end to end, not by an index that holds a part of them alone."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'")
        partial = {name for (name,) in found}
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    scans = [re.match(r"SCAN (?!CONSTANT ROW)(\w+)(?:.* INDEX (\w+))?", step) for step in plan]
    return [scan[1] for scan in scans if scan and scan[2] not in partial]


def walked(told: list[tuple[Path, str]]) -> dict[str, list[str]]:
    """By statement, the tables that it walks and that grow without end."""
    asked = {one for one in told if re.match(r"SELECT|UPDATE|DELETE|WITH", one[1])}
    found = {text: [table for table in walks(path, text) if table not in FEW] for path, text in asked}
    return {text: tables for text, tables in found.items() if tables}


@pytest.mark.parametrize("step", [*OFTEN, *BY_MINUTE], ids=lambda step: step.__name__)
def test_what_is_done_again_and_again_walks_no_table_that_grows(
    hub: Hub, answer: Answer, step: Callable[[Hub], object]
) -> None:
    answer(3)
    with traced(hub.engine, hub.collector._engine) as told:
        step(hub)
    assert told
    assert walked(told) == {}


def test_what_is_told_from_outside_walks_no_table_that_grows(hub: Hub, answer: Answer) -> None:
    answer(3)
    watch = HubWatch(hub)
    with traced(hub.engine, hub.collector._engine) as told:
        watch._read()
    assert told
    assert walked(told) == {}


def test_mails_and_messages_that_are_due_are_found_without_a_walk(hub: Hub, answer: Answer) -> None:
    answer(3)
    with traced(hub.engine, hub.collector._engine) as told:
        hub.collector.hand_over_mails()
        worker.letter_courier(hub).hand_over()
        worker.courier(hub)._waiting()
    assert told
    assert walked(told) == {}


def test_a_walk_is_seen(hub: Hub) -> None:
    path = Path(str(hub.engine.url.database))
    assert walks(path, "SELECT * FROM verbatim WHERE text = ''") == ["verbatim"]
    assert walks(path, "SELECT id FROM verbatim WHERE receipt_due IS 1 ORDER BY id") == ["verbatim"]
    assert walks(path, "SELECT id FROM verbatim WHERE receipt_due = 1 ORDER BY id") == []
