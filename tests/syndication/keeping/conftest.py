"""A house, and empty places beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import settings_in
from tests.databases import Databases
from tests.helpers import Clock
from tests.syndication.keeping.house import House, Places


@pytest.fixture
def places(databases: Databases, tmp_path: Path) -> Places:
    """Empty places."""
    return Places(tmp_path)


@pytest.fixture
def house(databases: Databases, migrated: Path, tmp_path: Path, clock: Clock) -> Iterator[House]:
    """An installation with a catalogue, where nobody has answered yet."""
    opened = House(settings_in(databases.copy(migrated, tmp_path / "maison")), clock)
    yield opened
    opened.close()
