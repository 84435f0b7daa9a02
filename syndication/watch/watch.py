"""The watch of a process: its counts, what it measures of itself, and what it tells who asks about the whole host."""

import asyncio
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from time import monotonic_ns

from sqlalchemy.exc import SQLAlchemyError

from syndication.context import Hub
from syndication.watch import metrics, store
from syndication.watch.asking import Question
from syndication.watch.counts import Counts
from syndication.watch.exposition import Seen, written
from syndication.watch.metrics import Figures
from syndication.watch.process import Own, own

PATIENCE_SECONDS = 5.0
EVERY_SECONDS = 5.0
"""How often a process looks at itself."""
FOLDER = "watch"
"""Where processes of one host keep what they count, in the folder of data."""


@dataclass
class Watch:
    """What is seen of the service from this process. ``measures`` are called before it is told."""

    hub: Hub
    counts: Counts
    measures: list[Callable[[], None]] = field(default_factory=list)
    clock_ns: Callable[[], int] = monotonic_ns
    _waiting: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self._figures = Question(self._read, PATIENCE_SECONDS)
        self._untaken = Question(self._look_at_intake, PATIENCE_SECONDS)

    def open(self) -> None:
        """Let other processes of this host read what is counted here."""
        self.counts.keep_in(self.hub.settings.data_dir / FOLDER)

    def close(self) -> None:
        """Leave what was counted to who starts next."""
        self.counts.close()

    async def follow(self) -> None:
        """Look at oneself now and then, for ever; run it as a task."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Note how this process is, and for how long it has seen a response wait."""
        self._note(own())
        for measure in self.measures:
            measure()
        try:
            taken, waiting = await self._untaken.answer()
        except (SQLAlchemyError, OSError, TimeoutError):
            return
        now = self.clock_ns()
        if not waiting:
            self._waiting = None
        elif self._waiting is None or self._waiting[0] != taken:
            self._waiting = taken, now
        self.counts.set(metrics.UNTAKEN_SINCE, now - self._waiting[1] if self._waiting else 0)

    def _look_at_intake(self) -> tuple[int, bool]:
        """How far the hub has come, and whether anything waits."""
        with self.hub.engine.connect() as connection:
            cursor = store.intake_cursor(connection)
        return int(cursor or 0), self.hub.collector.is_behind(cursor)

    def _note(self, process: Own | None) -> None:
        if process is not None:
            self.counts.set(metrics.RESIDENT, process.resident_bytes)
            self.counts.set(metrics.DESCRIPTORS, process.descriptors)
            self.counts.set(metrics.MOST_DESCRIPTORS, process.most_descriptors)
            self.counts.set(metrics.PROCESSOR, process.processor_ns)
            self.counts.set(metrics.STARTED, process.started_ns)

    async def told(self, accepted: str) -> tuple[bytes, str]:
        """Everything that is known, as a scraper takes it, and its media type. Never fails for want of a database."""
        read, _ = await asyncio.gather(self._databases(), self.look())
        return await asyncio.to_thread(self._write, read, accepted)

    async def _databases(self) -> Figures:
        try:
            return await self._figures.answer()
        except TimeoutError:
            return {}

    def _write(self, read: Figures, accepted: str) -> tuple[bytes, str]:
        counted = self.counts.everything()
        figures: Figures = {
            metrics.BUILD: {(version("sirius-avis"), platform.python_version(), self.hub.engine.dialect.name): 1},
            metrics.PROCESSES: {(): len(counted.living)},
            metrics.FREE: _free(self.hub.settings.data_dir),
            metrics.DATABASE: {("syndication",): 0, ("collector",): 0},
        }
        return written(Seen(counted, figures | read), accepted)

    def _read(self) -> Figures:
        """What both databases say, as far as they answer."""
        figures: Figures = {}
        up: dict[tuple[str, ...], float] = {("syndication",): 0, ("collector",): 0}
        cursor = None
        figures[metrics.DATABASE] = up
        try:
            with self.hub.engine.connect() as connection:
                figures |= store.read(connection, self.hub.clock())
                cursor = store.intake_cursor(connection)
            up["syndication",] = 1
        except (SQLAlchemyError, OSError):
            pass
        try:
            backlog = self.hub.collector.backlog(cursor or "")
            up["collector",] = 1
        except (SQLAlchemyError, OSError):
            return figures
        if cursor is not None:
            figures[metrics.UNTAKEN] = {(): backlog.events}
        mails = figures.setdefault(metrics.MAILS, {})
        mails |= {("collector", state): count for state, count in backlog.mails.items()}
        figures.setdefault(metrics.MAIL_OLDEST, {})["collector",] = backlog.oldest_due_seconds
        return figures


def _free(folder: Path) -> dict[tuple[str, ...], float]:
    try:
        return {(): shutil.disk_usage(folder).free}
    except OSError:
        return {}
