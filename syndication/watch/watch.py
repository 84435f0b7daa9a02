"""The watch of a process of the hub: beside what any service sees of itself, how the road from a response goes."""

from collections.abc import Callable
from time import monotonic_ns

from sqlalchemy.exc import SQLAlchemyError

from collector.door import DATABASE, MAIL_OLDEST, MAILS, Asking, Counts, Figures, Watch, Watched
from syndication.context import Hub
from syndication.watch import metrics, store

PATIENCE_SECONDS = 5.0


class HubWatch(Watch):
    """What is seen of the whole service from this process."""

    def __init__(self, hub: Hub, counts: Counts | None = None, clock_ns: Callable[[], int] = monotonic_ns) -> None:
        watched = Watched(
            metrics.COUNTED, metrics.READ, hub.settings.data_dir, ("syndication", "collector"),
            hub.settings.database_url, self._read,
        )  # fmt: skip
        super().__init__(watched, counts)
        self._hub = hub
        self._clock_ns = clock_ns
        self._untaken = Asking(self._look_at_intake, PATIENCE_SECONDS)
        self._waiting: tuple[int, int] | None = None

    async def look(self) -> None:
        """Note how this process is, and for how long it has seen a response wait."""
        await super().look()
        try:
            taken, waiting = await self._untaken.answer()
        except (SQLAlchemyError, OSError, TimeoutError):
            return
        now = self._clock_ns()
        if not waiting:
            self._waiting = None
        elif self._waiting is None or self._waiting[0] != taken:
            self._waiting = taken, now
        self.counts.set(metrics.UNTAKEN_SINCE, now - self._waiting[1] if self._waiting else 0)

    def _look_at_intake(self) -> tuple[int, bool]:
        """How far the hub has come, and whether anything waits."""
        with self._hub.engine.connect() as connection:
            cursor = store.intake_cursor(connection)
        return int(cursor or 0), self._hub.collector.is_behind(cursor)

    def _read(self) -> Figures:
        """What both databases say, as far as they answer."""
        figures: Figures = {}
        up: dict[tuple[str, ...], float] = {("syndication",): 0, ("collector",): 0}
        cursor = None
        figures[DATABASE] = up
        try:
            with self._hub.engine.connect() as connection:
                figures |= store.read(connection, self._hub.clock())
                cursor = store.intake_cursor(connection)
            up["syndication",] = 1
        except (SQLAlchemyError, OSError):
            pass
        try:
            backlog = self._hub.collector.backlog(cursor or "")
            up["collector",] = 1
        except (SQLAlchemyError, OSError):
            return figures
        if cursor is not None:
            figures[metrics.UNTAKEN] = {(): backlog.events}
        mails = figures.setdefault(MAILS, {})
        mails |= {("collector", state): count for state, count in backlog.mails.items()}
        figures.setdefault(MAIL_OLDEST, {})["collector",] = backlog.oldest_due_seconds
        return figures
