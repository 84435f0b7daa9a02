"""Opening the hub, and the entry for an ASGI server: ``uvicorn --factory syndication.asgi:application``."""

import os
from collections.abc import Callable
from datetime import datetime

from starlette.types import ASGIApp

from collector.door import Collector
from syndication import boot, database
from syndication.app import create_app
from syndication.context import Hub
from syndication.instants import now_in_paris
from syndication.publication.snapshot import Publisher
from syndication.settings import Settings

BACKGROUND = "SIRIUS_BACKGROUND"
"""Set to 0 for web processes that leave the background work to a worker."""


def open_hub(settings: Settings, clock: Callable[[], datetime] = now_in_paris) -> Hub:
    """Open both databases; nothing is migrated."""
    engine = database.open_engine(settings.database_url)
    collector = Collector(settings.collector, clock)
    return Hub(settings, engine, collector, Publisher(engine, settings, collector.questionnaires), clock)


def migrate(hub: Hub) -> None:
    """Bring both schemas to this release; raises ConfigurationError when they cannot be."""
    boot.migrate(hub)


def application() -> ASGIApp:
    """The service on the settings of the environment; raises ConfigurationError when its databases are not ready."""
    hub = open_hub(Settings.from_environment())
    boot.prepare(hub)
    return create_app(hub, background=os.environ.get(BACKGROUND, "1") != "0")
