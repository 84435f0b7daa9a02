"""Logs: one JSON line each for machines, a readable line on a terminal; nothing of anybody in either.

What is logged speaks of the service. Exceptions are told by their type, where they were raised, and what their driver
calls the fault, never by their message, which may quote what somebody typed. Whatever else comes by is cleaned of mail
addresses, addresses of networks, links and keys.
"""

import errno
import json
import logging
import logging.config
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Literal

from collector.watch.naming import current
from collector.watch.repeats import Repeats

Format = Literal["auto", "json", "texte"]
FRAMES, CAUSES = 20, 5
"""Innermost frames told of an exception, and exceptions told of those that led to one another."""
ABOUT_CODE = (TypeError, AttributeError, NameError, ImportError, NotImplementedError, RecursionError)
"""Exceptions whose message speaks of code."""
_PERSONAL = (
    (re.compile(r"[^\s@<>\"'()«»]+@[^\s@<>\"'()«»]+"), "…@…"),
    (re.compile(r"\b(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}\b"), "…"),
    (re.compile(r"\b[0-9a-fA-F:]+::[0-9a-fA-F:]*|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\b"), "…"),
    (re.compile(r"/(r|c|d|apercu|connexion|mails|rejoindre)/[^\s\"'»]+"), r"/\1/…"),
    (re.compile(r"\b(sirius|whsec)_[\w-]{16,}"), r"\1_…"),
    (re.compile(r"\?[^\s\"'»]+"), "?…"),
)

log = logging.getLogger("sirius.watch")


def configure(wanted: Format | str) -> None:
    """Log everything on standard error, in the format wanted: ours and uvicorn's from INFO on, others' warnings."""
    lines = JsonLines if is_json(wanted) else TextLines
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": lines}},
            "handlers": {
                "standard": {
                    "class": "logging.StreamHandler",
                    "formatter": "lines",
                    "filters": ["repeats"],
                    "stream": "ext://sys.stderr",
                }
            },
            "filters": {"repeats": {"()": Repeats}},
            "root": {"level": "WARNING", "handlers": ["standard"]},
            "loggers": {name: {"level": "INFO"} for name in ("sirius", "uvicorn")},
        }
    )
    logging.captureWarnings(True)
    sys.excepthook = _tell_uncaught
    threading.excepthook = lambda told: _tell_uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def _tell_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Log what nobody caught: Python itself would write its message, which may quote what somebody typed."""
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        log.critical("something failed that nobody foresaw", exc_info=(kind, error or kind(), trace))


def is_json(wanted: Format | str) -> bool:
    """Whether lines are for machines."""
    return wanted == "json" or (wanted == "auto" and not sys.stderr.isatty())


def teller(say: Callable[[str], None], level: int = logging.INFO) -> Callable[[str], None]:
    """What tells whoever started the service how it goes: ``say``, or a line of the log when lines are for machines.

    Settings are not read yet, or make no sense: what the environment wants is looked up here.
    """
    wanted = os.environ.get("SIRIUS_LOG_FORMAT", "auto")
    if not is_json(wanted):
        return say
    configure(wanted)
    return partial(logging.getLogger("sirius.service").log, level)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": os.getpid(),
            "message": message_of(record),
        }
        request = request_of(record)
        if request:
            line["request"] = request
        if repeated := getattr(record, "repeated", 0):
            line["repeated"] = repeated
        line |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1]:
            line["error"] = list(exceptions(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """A line for people, and lines under it for an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        request = request_of(record)
        named = f"  [{request}]" if request else ""
        repeated = getattr(record, "repeated", 0)
        more = f"  ({repeated} fois de plus)" if repeated else ""
        lines = [f"{at} {record.levelname.lower():<7} {record.name:<16} {message_of(record)}{named}{more}"]
        if record.exc_info and record.exc_info[1]:
            for told in exceptions(record.exc_info[1]):
                lines += [f"  {' '.join([told['type'], told['why']]).strip()}", *(f"    {at}" for at in told["at"])]
        return "\n".join(lines)


def message_of(record: logging.LogRecord) -> str:
    """What a record says, without anything of anybody. What asyncio writes under its first line quotes exceptions."""
    said = record.getMessage().strip()
    return cleaned(said.partition("\n")[0] if record.name == "asyncio" else said)


def request_of(record: logging.LogRecord) -> str:
    """The id of the request that a record is about; empty when it is about none."""
    return str(getattr(record, "request", "")) or current()


def cleaned(said: str) -> str:
    """A text without mail addresses, addresses of networks, tokens, keys and queries."""
    for pattern, instead in _PERSONAL:
        said = pattern.sub(instead, said)
    return said


def exceptions(error: BaseException) -> Iterator[dict[str, Any]]:
    """An exception and those that led to it, the last first: type, why as far as no value is in it, where."""
    told: BaseException | None = error
    for _ in range(CAUSES):
        if told is None:
            return
        kind = type(told)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        yield {"type": name, "why": why(told), "at": frames(told.__traceback__)}
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)


def why(error: BaseException) -> str:
    """What may be said of an exception: the system's or the driver's name of the fault, a message about code."""
    driven = getattr(error, "orig", None)  # what SQLAlchemy raises holds what its driver raised
    if isinstance(driven, BaseException):
        return why(driven)
    if isinstance(error, OSError):
        name = errno.errorcode.get(error.errno or 0)
        return f"{name}: {os.strerror(error.errno or 0)}" if name else ""
    if isinstance(error, ABOUT_CODE):
        return cleaned(str(error))
    named = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    return " ".join(str(part) for part in (named, constraint) if part)


def frames(trace: TracebackType | None) -> list[str]:
    """Where an exception passed, its innermost frames last: file, line and function, and no value."""
    walked = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in walked[-FRAMES:]]


def _short(path: str) -> str:
    for root in sorted(sys.path, key=len, reverse=True):
        if root and path.startswith(f"{root}{os.sep}"):
            return path[len(root) + 1 :]
    return path
