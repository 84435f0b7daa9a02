"""The log says once a minute what happens again and again."""

import logging

from collector.watch.repeats import EVERY_SECONDS, Repeats


def record(at: float, message: str = "a step failed", *, name: str = "sirius.worker", level: int = logging.ERROR,
           error: BaseException | None = None) -> logging.LogRecord:  # fmt: skip
    told = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord(name, level, __file__, 1, message, (), told)
    made.created = at
    return made


def raised(kind: type[Exception]) -> Exception:
    try:
        raise kind
    except kind as error:
        return error


def test_the_first_is_told_at_once_and_the_next_of_its_kind_a_minute_later_with_their_number() -> None:
    repeats = Repeats()
    first, again = record(1000), record(1000 + EVERY_SECONDS)
    assert repeats.filter(first)
    assert vars(first)["repeated"] == 0
    assert not any(repeats.filter(record(1000 + seconds)) for seconds in range(1, 60))
    assert repeats.filter(again)
    assert vars(again)["repeated"] == 59


def test_what_is_said_otherwise_by_another_or_of_another_fault_is_told_at_once() -> None:
    repeats = Repeats()
    assert repeats.filter(record(1000, error=raised(ValueError)))
    assert repeats.filter(record(1001, error=raised(KeyError)))
    assert repeats.filter(record(1001, "another step failed"))
    assert repeats.filter(record(1001, name="sirius.gate"))
    assert not repeats.filter(record(1002, error=raised(ValueError)))


def test_what_is_no_fault_and_each_request_are_always_told() -> None:
    repeats = Repeats()
    for _ in range(3):
        assert repeats.filter(record(1000, level=logging.INFO))
        assert repeats.filter(record(1000, name="sirius.access"))
        assert repeats.filter(record(1000, name="uvicorn.error"))


def test_a_clock_that_goes_back_keeps_nothing_untold() -> None:
    repeats = Repeats()
    assert repeats.filter(record(1000))
    assert repeats.filter(record(400))
