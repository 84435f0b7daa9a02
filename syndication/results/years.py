"""School years, from September to August, by which results are told over time. Pure.

Apprentices start with the school year, and the month of an experience is all that is kept: a calendar year would cut
each class in two.
"""

from datetime import date

FIRST_MONTH = 9


def school_year(month: str) -> str:
    """The school year of a month (YYYY-MM), named by the year it starts in: « 2025 » for 2026-03."""
    year, number = int(month[:4]), int(month[5:7])
    return str(year if number >= FIRST_MONTH else year - 1)


def current_year(today: date) -> str:
    """The school year of a day."""
    return school_year(f"{today.year:04}-{today.month:02}")


def read_year(text: str) -> str:
    """The year that « 2025 » or « 2025-2026 » names; empty for anything else."""
    first = text.partition("-")[0]
    if not (first.isascii() and first.isdigit() and len(first) == 4):
        return ""
    return first if text in {first, named(first)} else ""


def named(year: str) -> str:
    """« 2025-2026 » for « 2025 »."""
    return f"{year}-{int(year) + 1}"
