"""What the cells of official files hold: codes, days, years, numbers. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from syndication.catalogue.codes import SCHEMES
from syndication.catalogue.facts import CodeFact, Fact, Remark
from syndication.errors import CodeError
from syndication.instants import PARIS

LONGEST_NUMBER = 9


def code(scheme: str, text: str) -> str:
    """The code that a cell holds, in canonical form; raises CodeError when it is none."""
    value = SCHEMES[scheme].canonical(text.strip())
    if value is None:
        raise CodeError(f"{SCHEMES[scheme].label} mal formé : « {text} »")
    return value


def codes(key: str, given: Iterable[tuple[str, str]]) -> Iterator[Fact | Remark]:
    """Codes of a formation, by scheme: a blank cell says nothing, and what cannot be read is remarked."""
    for scheme, text in given:
        value = SCHEMES[scheme].canonical(text.strip()) if text.strip() else None
        if value is not None:
            yield CodeFact(key, scheme, value)
        elif text.strip():
            yield Remark(f"code {SCHEMES[scheme].label} non repris : « {text.strip()} »")


def day(text: str) -> date | None:
    """A day written ``31/08/2026``."""
    parts = text.strip().split("/")
    if len(parts) != 3:
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None


def day_of_instant(text: str) -> date | None:
    """The day in Paris of an instant written ``2027-07-19T23:00:00.000Z``."""
    try:
        instant = datetime.fromisoformat(text.strip())
        return instant.astimezone(PARIS).date() if instant.tzinfo else instant.date()
    except (ValueError, OverflowError):  # year 9999 is somebody's « never »
        return None


def year(text: str, month: int, day_of_month: int) -> date | None:
    """A day of the year that a cell holds."""
    written = text.strip()
    return date(int(written), month, day_of_month) if written.isdecimal() and len(written) == 4 else None


def number(text: str) -> int | None:
    """A whole number that databases hold."""
    written = text.strip()
    return int(written) if written.isdecimal() and len(written) <= LONGEST_NUMBER else None
