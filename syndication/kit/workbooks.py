"""Tables as a workbook (XLSX). Pure.

Formulas are neutralised in texts as everywhere else (``corpus.flat.neutralised``); numbers stay numbers, negative
ones too.
"""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from syndication.corpus.flat import neutralised
from syndication.kit.tables import Column, Kind, Table, spelled

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
