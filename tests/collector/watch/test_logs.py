"""Lines of the log: one JSON object each, or one for people; what went wrong and where, and nothing of anybody."""

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from collector.errors import SettingError
from collector.settings import Settings
from collector.watch import logs, naming
from collector.watch.logs import JsonLines, TextLines, cleaned

ROOT = Path(__file__).resolve().parents[3]
LEA, TOKEN = "lea@exemple.fr", "Zm9vYmFyYmF6cXV4MTIzNA"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger of ours that nobody else hears."""
    logger = logging.getLogger("sirius.essai")
    logger.propagate = False
    yield logger
    logger.handlers.clear()
    logger.propagate = True


def heard(log: logging.Logger, lines: logging.Formatter) -> io.StringIO:
    """Where what is logged comes to stand."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(lines)
    log.addHandler(handler)
    return written


def told(log: logging.Logger, *said: Any, **options: Any) -> dict[str, Any]:
    """The one JSON line of what is logged."""
    written = heard(log, JsonLines())
    log.error(*said, **options)
    (line,) = written.getvalue().splitlines()
    return dict(json.loads(line))


def test_a_line_says_when_what_and_of_which_request(log: logging.Logger) -> None:
    line = told(
        log, "deux\nlignes « %s »", "été", extra={"told": {"route": "/r/{token}"}, "request": "abcdef0123456789"}
    )
    assert line["message"] == "deux\nlignes « été »"
    assert (line["level"], line["logger"], line["route"]) == ("error", "sirius.essai", "/r/{token}")
    assert line["request"] == "abcdef0123456789"
    assert line["time"].endswith("+00:00")


def test_whatever_is_logged_within_a_request_bears_its_id(log: logging.Logger) -> None:
    assert "request" not in told(log, "à côté")
    log.handlers.clear()
    line: dict[str, Any] = {}

    def work() -> None:
        name = naming.begin(b"")
        line.update(told(log, "pendant"), name=name)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert line["request"] == line["name"] != ""


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"mail to {LEA} refused", "mail to …@… refused"),
        ("from 192.0.2.7 and 2001:db8:1:2:3::7", "from … and …"),
        ("from 2001:db8::7", "from …"),
        ("on 127.0.0.1:8000", "on 127.0.0.1:8000"),
        (f"GET /r/{TOKEN} 404", "GET /r/… 404"),
        ("POST https://avis.exemple.fr/connexion/q_QLffUQIX", "POST https://avis.exemple.fr/connexion/…"),
        ("key sirius_0123456789abcdefXY is unknown", "key sirius_… is unknown"),
        ("/integrer?email=x", "/integrer?…"),
        ("à 12:30:45, 3 mails", "à 12:30:45, 3 mails"),
    ],
)
def test_nothing_of_anybody_is_left_in_a_message(said: str, kept: str) -> None:
    assert cleaned(said) == kept


def refused_by_a_database() -> None:
    with create_engine("sqlite://").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (email TEXT UNIQUE)")
        for _ in range(2):
            connection.exec_driver_sql("INSERT INTO people VALUES (?)", (LEA,))


def test_an_exception_is_told_by_type_place_and_cause_and_quotes_nothing(log: logging.Logger) -> None:
    line: dict[str, Any] = {}
    try:
        try:
            refused_by_a_database()
        except IntegrityError as error:
            raise ValueError(f"{LEA} est déjà connue") from error
    except ValueError:
        line = told(log, "cela a échoué", exc_info=True)
    last, first = (line["error"][0], line["error"][-1])
    assert (last["type"], last["why"]) == ("ValueError", "")
    assert first["type"].endswith("IntegrityError")
    assert any("SQLITE_CONSTRAINT" in one["why"] for one in line["error"])
    assert any("test_logs.py" in place and place.endswith("refused_by_a_database") for place in line["error"][1]["at"])
    assert LEA not in json.dumps(line)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FileNotFoundError(2, "No such file", f"/data/{LEA}"), "ENOENT: No such file or directory"),
        (
            AttributeError("'NoneType' object has no attribute 'questions'"),
            "'NoneType' object has no attribute 'questions'",
        ),
        (RuntimeError(LEA), ""),
    ],
)
def test_why_is_told_as_far_as_it_speaks_of_no_value(error: Exception, why: str) -> None:
    assert logs.why(error) == why


def test_a_chain_without_end_is_told_to_some_length() -> None:
    first, other = ValueError("a"), ValueError("b")
    first.__cause__, other.__cause__ = other, first
    assert len(list(logs.exceptions(first))) == logs.CAUSES


def test_people_read_a_line_and_under_it_where_it_went_wrong(log: logging.Logger) -> None:
    written = heard(log, TextLines())
    try:
        refused_by_a_database()
    except IntegrityError:
        log.exception("mail pour %s", LEA, extra={"request": "abcdef0123456789"})
    first, *rest = written.getvalue().splitlines()
    assert first.endswith("error   sirius.essai     mail pour …@…  [abcdef0123456789]")
    assert any("refused_by_a_database" in line for line in rest)
    assert LEA not in written.getvalue()


def test_what_asyncio_quotes_of_a_task_is_left_out(log: logging.Logger) -> None:
    record = logging.LogRecord(
        "asyncio", logging.ERROR, "", 1, f"Task failed\nfuture: <Task ValueError('{LEA}')>", (), None
    )
    assert json.loads(JsonLines().format(record))["message"] == "Task failed"


def test_a_terminal_is_written_to_as_people_read_and_a_file_as_machines_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert [logs.is_json(wanted) for wanted in ("auto", "json", "texte")] == [True, True, False]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert [logs.is_json(wanted) for wanted in ("auto", "json", "texte")] == [False, True, False]


def test_another_format_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIRIUS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SIRIUS_LOG_FORMAT", "xml")
    with pytest.raises(SettingError, match="SIRIUS_LOG_FORMAT"):
        Settings.from_environment()


def fail_in_every_way() -> None:
    """What a process may say without a logger."""
    logs.configure("json")
    warnings.warn(f"attention à {LEA}", stacklevel=1)
    thread = threading.Thread(target=lambda: int(LEA))
    thread.start()
    thread.join()
    int(LEA)


def test_what_no_logger_was_asked_to_say_is_a_line_too(tmp_path: Path) -> None:
    words = "from tests.collector.watch.test_logs import fail_in_every_way; fail_in_every_way()"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    warned, in_thread, at_last = map(json.loads, done.stderr.splitlines())
    assert (warned["level"], warned["logger"]) == ("warning", "py.warnings")
    for line in (in_thread, at_last):
        assert (line["level"], line["error"][0]["type"]) == ("critical", "ValueError")
    assert LEA not in done.stderr
