"""Whether a clock may be believed: one that is ahead comes back, what it erased or sent before its time does not.

Seconds are counted beside it, by a clock that nobody sets. That one starts with the machine, so the last moment that
was believed is kept in a file: databases would not do, which take the time of whoever writes, right or wrong.
"""

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

JUMP_SECONDS = 3600.0
"""How far a clock may get ahead of the seconds that passed: clocks are set, now and then, by less."""
AWAY_SECONDS = 7 * 24 * 3600.0
"""How far it may be ahead, at the start, of the last moment kept: services are stopped, now and then, for less."""
DOUBT_SECONDS = 24 * 3600.0
"""How long one that is ahead is doubted. When it is still there after that, it had been late before, or the service
stopped for longer."""
KEEP_SECONDS = 3600.0
"""How often the moment is kept."""
CLOCK_FILE = "horloge"
"""What the file is called in the folder of data."""
log = logging.getLogger("sirius.clock")


def seconds_passed() -> float:
    """Seconds since the machine started, those included for which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def last_sure(folder: Path, now: datetime) -> datetime | None:
    """The moment kept in a folder, when the clock is far ahead of it; None where there is none that can be read."""
    with suppress(OSError, ValueError):
        last = datetime.fromisoformat((folder / CLOCK_FILE).read_text(encoding="ascii").strip()).astimezone(UTC)
        return last if (now - last).total_seconds() > AWAY_SECONDS else None
    return None


def doubt_of(folder: Path, now: datetime) -> str:
    """That the clock is far ahead of the moment kept in a folder, a French sentence; empty while it is not."""
    last = last_sure(folder, now)
    if last is None:
        return ""
    return (
        f"Cette machine se croit le {now:%d/%m/%Y}, et son horloge était sûre le {last:%d/%m/%Y} : rien n'est effacé. "
        f"Si elle est juste, supprimez {folder / CLOCK_FILE}."
    )


class Steady:
    """Watches a clock. It is believed whenever it goes back, and when the watch begins unless it is far ahead of the
    last moment kept in a folder; who knows better deletes that file."""

    def __init__(
        self, clock: Callable[[], datetime], folder: Path | None = None, passed: Callable[[], float] = seconds_passed
    ) -> None:
        self._clock, self._passed = clock, passed
        self._folder = folder
        self._kept_at: float | None = None
        self._jump = self._since = 0.0
        now, seconds = clock(), passed()
        last = self._behind(now)
        self._believed, self._from_start = (last or now, seconds), last is not None

    def sure_now(self) -> datetime | None:
        """The moment, None for a day while the clock is ahead, unless it comes back; to be asked often.

        It is the very reading that was judged: the clock may jump between that one and the next.
        """
        now, seconds = self._clock(), self._passed()
        moment, then = self._believed
        ahead = (now - moment).total_seconds() - (seconds - then)
        allowed = AWAY_SECONDS if self._from_start else JUMP_SECONDS
        if ahead > allowed and not (self._from_start and self._behind(now) is None):
            if abs(ahead - self._jump) > JUMP_SECONDS:
                self._jump, self._since = ahead, seconds
                how = f" (or until DATA_DIR/{CLOCK_FILE} is deleted)" if self._from_start else ""
                log.warning("the clock is ahead by %d seconds: what cannot be undone waits for a day%s", ahead, how)
            if seconds - self._since < DOUBT_SECONDS:
                return None
        self._believed, self._jump, self._from_start = (now, seconds), 0.0, False
        self._keep(now, seconds)
        return now

    def _behind(self, now: datetime) -> datetime | None:
        return last_sure(self._folder, now) if self._folder is not None else None

    def _keep(self, now: datetime, seconds: float) -> None:
        """Keep a moment, whole or not at all; a disk that cannot be written keeps an older one."""
        if self._folder is None or (self._kept_at is not None and seconds - self._kept_at < KEEP_SECONDS):
            return
        self._kept_at = seconds
        draft = self._folder / f"{CLOCK_FILE}.{secrets.token_hex(4)}"  # several of a process may watch
        try:
            draft.touch(mode=0o600)
            draft.write_text(now.astimezone(UTC).isoformat(timespec="seconds"), encoding="ascii")
            draft.replace(self._folder / CLOCK_FILE)
        except OSError:
            with suppress(OSError):
                draft.unlink()
