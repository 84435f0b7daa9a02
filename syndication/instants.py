"""Instants and how they are stored: UTC in the database, Europe/Paris in everything shown."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

PARIS = ZoneInfo("Europe/Paris")
_EPOCH, _MICROSECOND, _HOUR = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1), 3_600_000_000


def now_in_paris() -> datetime:
    """The clock used when none is given."""
    return datetime.now(PARIS)


class Instant(TypeDecorator[datetime]):
    """An aware datetime. SQLite keeps microseconds since 1970, a third of what it would take as text: most indexes of
    texts hold one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database itself holds."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To UTC; raises ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its offset")
        return (value - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To an aware datetime in Paris."""
        return instant_of(value)


def day_of(value: int | datetime) -> date:
    """The day in Paris of an instant as a driver gives it."""
    if isinstance(value, int):
        return _day_of_hour(value // _HOUR)
    return value.astimezone(PARIS).date()


@lru_cache(maxsize=4096)
def _day_of_hour(hour: int) -> date:
    """The day in Paris of an hour, counted from 1970: many texts were published in each."""
    return (_EPOCH + timedelta(hours=hour)).astimezone(PARIS).date()


def instant_of(value: int | str | datetime | None) -> datetime | None:
    """An instant as a driver gives it, in Paris: SQLite's number, PostgreSQL's aware datetime, or either as text."""
    if value is None:
        return None
    if isinstance(value, str):
        value = int(value) if value.isdigit() else datetime.fromisoformat(value)
    found = _EPOCH + timedelta(microseconds=value) if isinstance(value, int) else value
    return found.astimezone(PARIS)


def months_before(moment: datetime, months: int) -> str:
    """The month (YYYY-MM) that was so many months before a moment's, in Paris."""
    local = moment.astimezone(PARIS)
    count = local.year * 12 + local.month - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"
