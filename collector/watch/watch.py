"""The watch of a process: its counts, what it measures of itself, and what it tells who asks about the whole host."""

import asyncio
import platform
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.engine import make_url

from collector.watch import metrics
from collector.watch.asking import Question
from collector.watch.counts import Counts
from collector.watch.exposition import Seen, written
from collector.watch.metrics import Figures, Metric
from collector.watch.process import own

PATIENCE_SECONDS = 5.0
EVERY_SECONDS = 5.0
"""How often a process looks at itself."""
FOLDER = "watch"
"""Where processes of one host keep what they count, in the folder of data."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What there is to watch: metrics that are counted, and that ``read`` gives; the folder of data; by what names
    databases are told of, and the address of one."""

    counted: Sequence[Metric]
    reading: Sequence[Metric]
    folder: Path
    databases: tuple[str, ...]
    address: str
    read: Callable[[], Figures]


class Watch:
    """What is seen of a service from this process."""

    def __init__(self, watched: Watched, counts: Counts | None = None) -> None:
        self.counts = counts or Counts(watched.counted)
        self.measures: list[Callable[[], None]] = []
        """Called before anything is told."""
        self._watched = watched
        self._figures = Question(watched.read, PATIENCE_SECONDS)

    def open(self) -> None:
        """Let other processes of this host read what is counted here."""
        self.counts.keep_in(self._watched.folder / FOLDER)

    def close(self) -> None:
        """Leave what was counted to who starts next."""
        self.counts.close()

    async def follow(self) -> None:
        """Look at oneself now and then, for ever; run it as a task."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Note how this process is."""
        for measure in self.measures:
            measure()
        process = own()
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
        watched, counted = self._watched, self.counts.everything()
        kind = make_url(watched.address).get_backend_name()
        figures: Figures = {
            metrics.BUILD: {(version("sirius-avis"), platform.python_version(), kind): 1},
            metrics.PROCESSES: {(): len(counted.living)},
            metrics.FREE: _free(watched.folder),
            metrics.DATABASE: {(name,): 0 for name in watched.databases},
        }
        return written(Seen(watched.counted, watched.reading, counted, figures | read), accepted)


def _free(folder: Path) -> dict[tuple[str, ...], float]:
    try:
        return {(): shutil.disk_usage(folder).free}
    except OSError:
        return {}
