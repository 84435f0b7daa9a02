"""Tables that leave the service for a spreadsheet: CSV as a French one opens it, and XLSX. Pure.

Formulas are neutralised in texts as everywhere else (``corpus.flat.neutralised``); numbers stay numbers, negative
ones too.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from syndication.corpus.flat import neutralised
from widget.routes import words

Kind = Literal["text", "integer", "decimal", "percent", "date"]
Row = Mapping[str, object]
FORMATS: Mapping[Kind, str] = {
    "text": "General",
    "integer": "#,##0",
    "decimal": "#,##0.0",
    "percent": '0"\u00a0%"',
    "date": "dd/mm/yyyy",
}
"""Formats of cells, in the file's own language, which knows no other: a French Excel shows « 1 234,5 » and « 86 % »."""
TEXT_LIMIT = 32_767
"""Characters of a cell, by Excel's own limit."""
NARROWEST, WIDEST = 8, 60
"""Width of a column, in characters."""


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


def to_xlsx(tables: Sequence[Table]) -> bytes:
    """An XLSX workbook, a sheet for each table: the header stays in sight, columns are as wide as what they hold."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    names: set[str] = set()
    for table in tables or [Table("Sirius", (), ())]:
        name = _sheet_name(table.title, names)
        names.add(name.casefold())
        _fill(workbook.create_sheet(name), table)
    workbook.properties.creator = "Sirius"
    workbook.properties.title = workbook.worksheets[0].title
    workbook.properties.language = "fr-FR"
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


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


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name that Excel takes: 31 characters, no ``[]:*?/\\``, no apostrophe at its ends, unlike any other."""
    plain = " ".join(re.sub(r"[\[\]:*?/\\]", " ", ILLEGAL_CHARACTERS_RE.sub("", title)).split()).strip("'")
    stem, number = plain[:31].strip(" '") or "Feuille", 1
    name = stem
    while name.casefold() in taken:
        number += 1
        name = f"{stem[: 30 - len(str(number))].rstrip()} {number}"
    return name


def _fill(sheet: Worksheet, table: Table) -> None:
    for place, column in enumerate(table.columns, 1):
        _head(_cell(sheet, 1, place), column)
        for line, row in enumerate(table.rows, 2):
            _put(_cell(sheet, line, place), row.get(column.key), column)
        longest = max((_length(row.get(column.key), column) for row in table.rows), default=0)
        width = min(max(longest, len(column.title), NARROWEST), WIDEST) + 2
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    if table.columns:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"


def _cell(sheet: Worksheet, line: int, place: int) -> Cell:
    return cast(Cell, sheet.cell(line, place))  # nothing is merged


def _length(value: object, column: Column) -> int:
    return max(map(len, spelled(value, column.kind).split("\n")))


def _head(cell: Cell, column: Column) -> None:
    _put_text(cell, column.title)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="F6F5F2")
    cell.border = Border(bottom=Side("thin", color="8A8780"))
    cell.alignment = Alignment(horizontal="right" if column.is_number else "left", vertical="top", wrap_text=True)


def _put(cell: Cell, value: object, column: Column) -> None:
    if value is None:
        return
    if isinstance(value, int | float | date) and not isinstance(value, bool):
        cell.value = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        cell.number_format = FORMATS[column.kind]
    else:
        _put_text(cell, value)
        cell.alignment = Alignment(vertical="top", wrap_text=True)


def _put_text(cell: Cell, value: object) -> None:
    """A cell that is a text whatever it holds: the library takes « #N/A » for an error."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", neutralised(value))[:TEXT_LIMIT]
    cell.data_type = "s"
