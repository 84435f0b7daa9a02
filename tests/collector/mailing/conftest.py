"""Collectors that mail: to files, or to a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.app import create_app
from collector.door import Collector
from tests.collector.post import Post, collector_on
from tests.databases import Databases
from tests.helpers import Client, Clock


@pytest.fixture
def folder(databases: Databases, migrated: Path, tmp_path: Path) -> Path:
    """A folder with the collector's database, empty."""
    return databases.copy(migrated, tmp_path)


@pytest.fixture
def collector(folder: Path, clock: Clock) -> Iterator[Collector]:
    """A collector without a mail server: its mails are files."""
    with collector_on(folder, clock) as opened:
        yield opened


@pytest.fixture
def visitor(collector: Collector) -> Client:
    return Client(create_app(collector))


@pytest.fixture
def post() -> Iterator[Post]:
    running = Post()
    yield running
    running.stop()


@pytest.fixture
def mailer(folder: Path, clock: Clock, post: Post) -> Iterator[Collector]:
    """A collector that hands its mails over to a plain relay."""
    with collector_on(folder, clock, post.url()) as opened:
        yield opened
