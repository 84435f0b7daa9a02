"""A service of one's own: a migrated hub with a campaign, and a real process that serves it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from syndication import asgi, campaigns
from syndication.context import Hub
from syndication.instants import now_in_paris
from tests.conftest import CUISINE, KEY, PARIS_CENTRE, settings_in
from tests.databases import environment
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
def served(kind: type[Kind], folder: Path, **more: str) -> Iterator[Kind]:
    """Serve a folder of migrated databases, with settings of its own if any; nothing may have broken by the end."""
    with kept_ports() as port:
        url = f"http://127.0.0.1:{port}"
        hub = asgi.open_hub(settings_in(folder, public_url=url))
        campaign = _campaign(hub)
        settings = environment(folder, SIRIUS_SECRET_KEYS=KEY, SIRIUS_PUBLIC_URL=url, **more)
        words = [sys.executable, "-m", "syndication", "serve", "--port", str(port)]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(words, env=settings, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(f"{url}/sante"), "the service answers")
            yield kind(url, folder, hub, campaign)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            hub.close()
        assert "Traceback" not in (folder / "log").read_text()


def _campaign(hub: Hub) -> str:
    today = now_in_paris().date()
    last = today + timedelta(days=30)
    return campaigns.open_campaign(hub.engine, hub.collector, CUISINE, PARIS_CENTRE, today, last).id
