"""Whether a clock may be believed: one that jumps ahead comes back, what it erased or sent before its time does not.

Seconds are counted beside it, by a clock that nobody sets.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime

JUMP_SECONDS = 3600.0
"""How far a clock may get ahead of the seconds that passed: clocks are set, now and then, by less."""
DOUBT_SECONDS = 24 * 3600.0
"""How long one that jumped is doubted. When it is still there after that, it had been late before."""
log = logging.getLogger("sirius.clock")


def seconds_passed() -> float:
    """Seconds since the machine started, those included for which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Steady:
    """Watches a clock. It is believed when the watch begins, and whenever it goes back."""

    def __init__(self, clock: Callable[[], datetime], passed: Callable[[], float] = seconds_passed) -> None:
        self._clock, self._passed = clock, passed
        self._believed = clock(), passed()
        self._jump = self._since = 0.0

    def is_sure(self) -> bool:
        """False for a day after the clock jumped ahead, unless it comes back; to be asked often."""
        now, seconds = self._clock(), self._passed()
        moment, then = self._believed
        ahead = (now - moment).total_seconds() - (seconds - then)
        if ahead > JUMP_SECONDS:
            if abs(ahead - self._jump) > JUMP_SECONDS:
                self._jump, self._since = ahead, seconds
                log.warning("the clock jumped ahead by %d seconds: what cannot be undone waits for a day", ahead)
            if seconds - self._since < DOUBT_SECONDS:
                return False
        self._believed, self._jump = (now, seconds), 0.0
        return True
