"""Who follows rows by their numbers misses none, though several processes write at once and none waits to be read."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Barrier, Thread

from sqlalchemy import Connection

from collector.database import open_engine
from collector.writer import Writer
from syndication import asgi, store, worker
from syndication.context import Hub
from syndication.database import writing
from syndication.instants import now_in_paris
from syndication.moderation import store as moderation
from syndication.settings import Settings
from tests.commands import born
from tests.databases import environment, rows
from tests.helpers import FULL_ANSWER
from tests.servers import PATIENCE

PROCESSES, EACH = 3, 10


def write(variables: dict[str, str], links: list[str], texts: list[tuple[str, int]]) -> None:
    """Answer by links and decide on texts, in a process that has both databases open as the service has."""
    os.environ.update(variables)
    with closing(asgi.open_hub(Settings.from_environment())) as hub:
        for link, (text, version) in zip(links, texts, strict=True):
            hub.collector.record(link, FULL_ANSWER)
            with writing(hub.engine).begin() as connection:
                moderation.record_decision(connection, text, version, "publie", None, "lea", now_in_paris())


def test_followers_miss_nothing_of_what_several_processes_write_at_once(
    hub: Hub, open_campaign: Callable[..., str]
) -> None:
    campaign, count = open_campaign(), PROCESSES * EACH
    for link in hub.collector.issue_links(campaign, count):
        hub.collector.record(link, {"satisfaction": ["bien"], "changement": [f"Je me lève tôt : {link}."]})
    worker.work_once(hub)
    links = hub.collector.issue_links(campaign, count)
    with hub.engine.connect() as connection:
        texts = [(text.id, text.version) for text in moderation.waiting(connection, count)]
        known = store.last_change(connection)
    cursor = hub.collector.responses_after("", limit=2 * count)[-1].cursor
    variables = environment(hub.settings.data_dir)
    writers = [
        born(write, variables, links[place::PROCESSES], texts[place::PROCESSES]) for place in range(PROCESSES)
    ]  # fmt: skip
    answers, changes = list[str](), list[int]()
    while any(one.is_alive() for one in writers) or new_to(hub, cursor, known):
        found, noted = events(hub, cursor), list(changed(hub, known))
        answers, changes = answers + found, changes + noted
        cursor, known = (found or [cursor])[-1], (noted or [known])[-1]
    for one in writers:
        one.join(PATIENCE)
        assert one.exitcode == 0
    assert len(answers) == count
    assert answers == [event.cursor for event in hub.collector.responses_after("", limit=3 * count)][-count:]
    assert changes == list(changed(hub, changes[0] - 1))
    assert len(changes) >= count


def new_to(hub: Hub, cursor: str, known: int) -> bool:
    """Whether something came after two places."""
    return bool(events(hub, cursor)) or any(True for _ in changed(hub, known))


def events(hub: Hub, cursor: str) -> list[str]:
    """Places of the collector's events after one."""
    return [event.cursor for event in hub.collector.responses_after(cursor)]


def changed(hub: Hub, known: int) -> Iterator[int]:
    """Places of the hub's changes after one."""
    with hub.engine.connect() as connection:
        yield from (seq for seq, _, _ in store.changes_after(connection, known))


def test_an_event_that_is_numbered_later_is_never_committed_before(hub: Hub) -> None:
    address = hub.settings.collector.database_url
    engines = [open_engine(address) for _ in range(2)]
    slow, quick = map(Writer, engines)
    numbered, seen = Barrier(2), list[int]()

    def event(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO event (response_id, kind) VALUES ('x', 'sent')")

    def slowly(connection: Connection) -> None:
        event(connection)
        numbered.wait(PATIENCE)
        numbered.wait(PATIENCE)

    writing_slowly = Thread(target=slow.write_now, args=(slowly,))
    writing_slowly.start()
    numbered.wait(PATIENCE)  # the first event has its number, and is not committed
    writing_quickly = Thread(target=quick.write_now, args=(event,))
    writing_quickly.start()
    writing_quickly.join(0.3)  # the second would be committed by now, were it let
    seen += [seq for (seq,) in rows(address, "SELECT seq FROM event ORDER BY seq")]
    numbered.wait(PATIENCE)
    for thread in (writing_slowly, writing_quickly):
        thread.join(PATIENCE)
    after = f"SELECT seq FROM event WHERE seq > {max(seen, default=0)} ORDER BY seq"
    seen += [seq for (seq,) in rows(address, after)]
    for writer, engine in zip((slow, quick), engines, strict=True):
        writer.close()
        engine.dispose()
    assert len(seen) == 2
