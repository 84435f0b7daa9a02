"""A service of one's own: a migrated hub with a campaign, and a real process that serves it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from collector.door import Settings as CollectorSettings
from syndication import asgi, campaigns
from syndication.catalogue import importer
from syndication.context import Hub
from syndication.database import writing
from syndication.demo.facts import facts
from syndication.instants import now_in_paris
from syndication.settings import Settings
from tests.conftest import CUISINE, KEY, PARIS_CENTRE
from tests.servers import PATIENCE, answers, kept_ports, wait_until


@dataclass
class Served:
    """A service under way on a folder, with a campaign under way."""

    url: str
    folder: Path
    hub: Hub
    campaign: str


Kind = TypeVar("Kind", bound=Served)


@contextmanager
def served(kind: type[Kind], folder: Path, **environment: str) -> Iterator[Kind]:
    """Serve a new hub in a folder, with settings of its own if any; nothing may have broken by the end."""
    with kept_ports() as port:
        url = f"http://127.0.0.1:{port}"
        leaf = CollectorSettings(data_dir=folder, collector_database_url="", public_url=url, secret_keys=(KEY,))
        hub = asgi.open_hub(Settings.of(leaf))
        campaign = _campaign(hub)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SIRIUS_")}
        own = {"SIRIUS_DATA_DIR": str(folder), "SIRIUS_SECRET_KEYS": KEY, "SIRIUS_PUBLIC_URL": url, **environment}
        words = [sys.executable, "-m", "syndication", "serve", "--port", str(port)]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(words, env={**clean, **own}, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(f"{url}/sante"), "the service answers")
            yield kind(url, folder, hub, campaign)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            hub.close()
        assert "Traceback" not in (folder / "log").read_text()


def _campaign(hub: Hub) -> str:
    asgi.migrate(hub)
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, facts(), "essai", now_in_paris())
        importer.link_lineages(connection)
    today = now_in_paris().date()
    last = today + timedelta(days=30)
    return campaigns.open_campaign(hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, last).id
