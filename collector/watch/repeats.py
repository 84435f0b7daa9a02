"""What the log says once a minute however often it happens: a database that is away makes every step and every writer
fail, and a log that told each would fill the disk."""

import logging
import threading

EVERY_SECONDS = 60.0
MOST = 1000
"""Kinds of lines that are remembered."""
ALWAYS = frozenset({"sirius.access", "sirius.refused", "sirius.service"})
"""Loggers whose every line counts, or that look to it themselves."""


class Repeats(logging.Filter):
    """Lets a warning or a fault of ours pass at once, then one a minute of its kind, which bears in ``repeated`` how
    many came meanwhile. A kind is what is said, by whom, and the exception told with it, with the place of that."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._said: dict[tuple[str, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is to be told."""
        if record.levelno < logging.WARNING or record.name in ALWAYS or not record.name.startswith("sirius"):
            return True
        kind = (record.name, str(record.msg), str(record.args), *_raised(record))
        with self._lock:
            told_at, untold = self._said.get(kind, (None, 0))
            if told_at is not None and 0 <= record.created - told_at < EVERY_SECONDS:
                self._said[kind] = (told_at, untold + 1)
                return False
            if len(self._said) >= MOST:
                self._said.clear()
            self._said[kind] = (record.created, 0)
        record.repeated = untold
        return True


def _raised(record: logging.LogRecord) -> tuple[str, ...]:
    if not record.exc_info or record.exc_info[1] is None:
        return ()
    error = record.exc_info[1]
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return type(error).__qualname__, place
