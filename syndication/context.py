"""What every page of the hub works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from collector.door import Collector
from syndication.publication.snapshot import Publisher
from syndication.settings import Settings


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub, opened on its databases."""

    settings: Settings
    engine: Engine
    collector: Collector
    publisher: Publisher
    clock: Callable[[], datetime]

    def close(self) -> None:
        """Let go of both databases, waiting writes done."""
        self.collector.close()
        self.engine.dispose()
