"""What tests of keeping share: an installation that people live in, and empty places."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from syndication import asgi, campaigns, models, worker
from syndication.app import create_app
from syndication.corpus.reading import Reader
from syndication.database import table
from syndication.keeping.backup import back_up
from syndication.keeping.bases import bases
from syndication.keeping.manifest import Manifest
from syndication.keeping.restore import Restored, Wish, restore
from syndication.keeping.store import described
from syndication.settings import Settings
from tests.conftest import CUISINE, PARIS_CENTRE, settings_in
from tests.helpers import FULL_ANSWER, Client, Clock

TEXT, OTHER = "changement", "recherche.conseil"
VERBATIM = table(models.Verbatim)
_NUMBERS = itertools.count()
PLAIN = Wish()
"""Nothing but what is done of itself."""


def quiet(_name: str, _done: int, _total: int) -> None:
    """Hear of progress, and say nothing."""


@dataclass
class Places:
    """Makes places where nothing is: folders, and databases of the kind that tests run on."""

    root: Path

    def new(self) -> Settings:
        """Settings of one more."""
        return settings_in(self.root / f"lieu{next(_NUMBERS)}")

    def on_sqlite(self) -> Settings:
        """The same on SQLite, whatever tests run on."""
        settings = self.new()
        leaf = settings.collector.model_copy(update={"collector_database_url": ""})
        return Settings.of(leaf)


class House:
    """An installation, the people who answer, and somebody who keeps copies of it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings, self.clock = settings, clock
        self.hub = asgi.open_hub(settings, clock)
        self.browser = Client(create_app(self.hub, background=False))

    @property
    def folder(self) -> Path:
        return self.settings.data_dir

    def close(self) -> None:
        self.hub.close()

    def campaign(self, days: int = 60) -> str:
        today = self.clock().date()
        last = today + timedelta(days=days)
        return campaigns.open_campaign(
            self.hub.engine, self.hub.collector, CUISINE, PARIS_CENTRE, today, last, 0
        ).id  # fmt: skip

    def answer(self, times: int, campaign: str = "", **said: list[str]) -> list[str]:
        """So many people answer, each with words of their own; gives their tokens."""
        links = self.hub.collector.issue_links(campaign or self.campaign(), times)
        for link in links:
            token = link.rpartition("/")[2]
            own = {TEXT: [f"Premier texte de {token}."], OTHER: [f"Second texte de {token}."]}
            self.hub.collector.record(link, {**FULL_ANSWER, **own, **said})
        self.work()
        return [link.rpartition("/")[2] for link in links]

    def work(self) -> None:
        worker.work_once(self.hub)
        worker.follow_all(self.hub)

    def withdraw(self, token: str, question: str = "") -> None:
        data = {"jeton": token, "etape": "retirer", "question": question}
        assert self.browser.post("/r/auteur", data=data).status_code == 303

    def page(self, token: str) -> str:
        """The author's own page."""
        return self.browser.get("/r", headers={"cookie": f"sirius-lien={token}"}).text

    def exported(self) -> dict[str, bytes]:
        """Both exports, whole."""
        reader = Reader(self.hub.engine, self.settings.keys(), f"{self.settings.public_url}/methode")
        labels = self.hub.publisher.questions().labels
        return {kind: b"".join(reader.export(kind, "ndjson", labels)) for kind in ("avis", "verbatim")}

    def respondents(self) -> int:
        return int(self.browser.get(f"/api/v1/avis?formation={CUISINE}").json()["repondants"])

    def texts(self, status: str) -> set[str]:
        """Words of every text in a state."""
        with self.hub.engine.connect() as connection:
            return set(connection.execute(select(VERBATIM.c.text).where(VERBATIM.c.status == status)).scalars())

    def back_up(self, folder: Path, **more: Any) -> Manifest:
        return back_up(self.settings, folder, self.clock(), quiet, **more)

    @contextmanager
    def restored(self, settings: Settings, backup: Path, wish: Wish = PLAIN) -> Iterator[tuple["House", Restored]]:
        """The house as a backup restores it elsewhere, opened."""
        told = restore(settings, backup, wish, self.clock, quiet)
        house = House(settings, self.clock)
        try:
            yield house, told
        finally:
            house.close()


def counted(settings: Settings) -> dict[str, dict[str, int]]:
    """Rows of every table of both databases."""
    found: dict[str, dict[str, int]] = {}
    for base in bases(settings):
        with base.opened() as engine, engine.connect() as connection:
            tables = described(connection, base.tables).tables
            found[base.name] = {name: one.rows for name, one in tables.items()}
    return found
