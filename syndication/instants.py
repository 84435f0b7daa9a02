"""Instants and how they are stored: UTC in the database, Europe/Paris in everything shown."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

PARIS = ZoneInfo("Europe/Paris")


def now_in_paris() -> datetime:
    """The clock used when none is given."""
    return datetime.now(PARIS)


class Instant(TypeDecorator[datetime]):
    """An aware datetime. SQLite keeps no offset, so what it is given and gives back is UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To UTC; raises ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its offset")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To an aware datetime in Paris."""
        return instant_of(value)


def day_of(value: str | datetime) -> date:
    """The day in Paris of an instant as a driver gives it."""
    if isinstance(value, str):
        return _day_of_hour(value[:13])
    return value.astimezone(PARIS).date()


@lru_cache(maxsize=4096)
def _day_of_hour(hour: str) -> date:
    """The day in Paris of an hour in UTC (``2026-11-24 11``): many texts were published in each."""
    return datetime.fromisoformat(f"{hour}:00+00:00").astimezone(PARIS).date()


def instant_of(value: str | datetime | None) -> datetime | None:
    """An instant as a driver gives it (text in UTC from SQLite, aware from PostgreSQL), in Paris."""
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(PARIS)


def months_before(moment: datetime, months: int) -> str:
    """The month (YYYY-MM) that was so many months before a moment's, in Paris."""
    local = moment.astimezone(PARIS)
    count = local.year * 12 + local.month - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"
