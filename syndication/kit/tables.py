"""Tables that leave the service for a spreadsheet, and the CSV of them as a French one opens it. Pure.

Formulas are neutralised in texts as everywhere else (``corpus.flat.neutralised``); numbers stay numbers, negative
ones too.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from syndication.corpus.flat import neutralised
from widget.routes import words

Kind = Literal["text", "integer", "decimal", "percent", "date"]
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: under which key its values stand in a row, how it is headed, and what it holds.

    A ``percent`` is in percent (86 is « 86 % »), in figures as on the pages. None is an empty cell, whatever the kind.
    """

    key: str
    title: str
    kind: Kind = "text"

    @property
    def is_number(self) -> bool:
        """True when values are to be aligned on the right."""
        return self.kind in {"integer", "decimal", "percent"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, with a title."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]


def to_csv(rows: Sequence[Row], columns: Sequence[Column]) -> bytes:
    """A CSV file that a French spreadsheet opens by a double click.

    UTF-8 with a byte order mark, without which Excel reads the accents as another alphabet; semicolons between cells
    and commas in numbers, as its French settings expect (« 1.5 » would become the first of May). Programs have the API.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([neutralised(column.title) for column in columns])
    writer.writerows([_csv_cell(row.get(column.key)) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def spelled(value: object, kind: Kind) -> str:
    """A value as a French reader sees it: « 1 234,5 », « 86 % », « 23 novembre 2026 », « oui »; nothing is a dash."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return neutralised(value)
    if isinstance(value, int | float):
        return _number(value, 1 if kind == "decimal" else 0) + ("\u00a0%" if kind == "percent" else "")
    return words.day(value) if isinstance(value, date) else str(value)


def _number(value: float, places: int) -> str:
    whole, _, rest = f"{abs(value):.{places}f}".partition(".")
    said = words.number(int(whole)) + (f",{rest}" if rest else "")
    return f"\u2212{said}" if value < 0 and said.strip("0,") else said


def _csv_cell(value: object) -> str:
    if isinstance(value, float):
        return neutralised(value).replace(".", ",")
    return neutralised(value.isoformat() if isinstance(value, date) else value)
