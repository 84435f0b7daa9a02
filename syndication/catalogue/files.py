"""Official files as they come: encodings, separators, lines."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syndication.catalogue.facts import Row
from syndication.catalogue.formats import Format, recognise
from syndication.errors import ImportFault

RECORD_LINES = 60
"""Most lines that one record may span, its texts holding line breaks."""
STRAY = re.compile("[\udc80-\udcff]")
"""What stands for a byte that could not be read."""
UNFIT = re.compile("[\ud800-\udfff\x00]")
"""What JSON may write and no database takes: halves of characters, and the null character."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row with the number of its first line in the file, or a record with its place in the list; ``fault`` says why
    it cannot be read."""

    number: int
    row: Row
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class OfficialFile:
    """A file read and recognised."""

    path: Path
    format: Format
    lines: tuple[Line, ...]


def read_official_file(path: Path) -> OfficialFile:
    """Read a file whole, CSV or JSON; raises ImportFault when it is missing, neither, or of no kind we know."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportFault(f"{path} : illisible ({error.strerror}).") from None
    text = decode(data)
    if text is None:
        raise ImportFault(f"{path} : ce n'est un fichier ni CSV, ni JSON.")
    try:
        columns, lines = read_records(text) if text.lstrip()[:1] in {"{", "["} else read_rows(text)
    except ValueError as error:
        raise ImportFault(f"{path} : {error}.") from None
    known = recognise(columns)
    if known is None:
        shown = ", ".join(columns[:6]) or "aucune colonne"
        raise ImportFault(f"{path} : fichier d'aucun genre connu, d'après ses colonnes ({shown}…).")
    return OfficialFile(path, known, tuple(lines))


def decode(data: bytes) -> str | None:
    """Text of a file in UTF-8 (with or without BOM) or latin-1; None for what is no text.

    A file that is UTF-8 but for stray bytes stays UTF-8: each becomes a lone surrogate, and its row is refused.
    """
    if b"\x00" in data:
        return None
    text = data.decode("utf-8-sig", errors="surrogateescape")
    strays = len(STRAY.findall(text))
    accented = sum(1 for character in text if character > "\x7f") - strays
    return text if strays <= accented else data.decode("latin-1")


def read_rows(text: str) -> tuple[list[str], Iterator[Line]]:
    """Columns and rows of a CSV text, separated by ``;`` or ``,``, whichever its first line holds more of."""
    lines = io.StringIO(text, newline="").readlines()
    first = lines[0] if lines else ""
    separator = ";" if first.count(";") > first.count(",") else ","
    header = _record(lines, 0, separator)
    return [name.strip().strip("`") for name in header.values], _rows(lines, separator, header)


def read_records(text: str) -> tuple[list[str], Iterator[Line]]:
    """Names and records of a JSON text: an object with a list ``formations``, or the list itself.

    Everything in a row is text, as in a CSV: null is blank, and what is nested stays JSON. Raises ValueError for
    anything else.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"JSON illisible à la ligne {error.lineno}") from None
    except RecursionError:
        raise ValueError("JSON trop imbriqué") from None
    records = data.get("formations") if isinstance(data, dict) else data
    if not isinstance(records, list):
        raise ValueError("aucune liste « formations »")
    names = list(dict.fromkeys(name for record in records if isinstance(record, dict) for name in record))
    return names, _records(records, names)


def _records(records: Iterable[Any], names: list[str]) -> Iterator[Line]:
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            yield Line(number, {}, "ce n'est pas une fiche")
            continue
        row = {name: _cell(record.get(name)) for name in names}
        fault = "caractère illisible" if UNFIT.search("".join(row.values())) else None
        yield Line(number, {} if fault else row, fault)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Record:
    values: list[str]
    end: int
    fault: str | None = None


def _rows(lines: list[str], separator: str, header: _Record) -> Iterator[Line]:
    columns = [name.strip().strip("`") for name in header.values]
    start = header.end
    while start < len(lines):
        record = _record(lines, start, separator)
        number, start, spans = start + 1, record.end, record.end - start
        if record.fault:
            yield Line(number, {}, record.fault)
        elif spans > 1 and len(record.values) != len(columns):
            start = number  # the quote was a stray one: the lines that follow are rows of their own
            yield Line(number, {}, "guillemet qui n'est pas refermé")
        elif record.values and len(record.values) != len(columns):
            yield Line(number, {}, f"{len(record.values)} colonnes au lieu de {len(columns)}")
        elif STRAY.search("".join(record.values)):
            yield Line(number, {}, "caractère illisible")
        elif record.values:
            yield Line(number, dict(zip(columns, record.values, strict=True)))


def _record(lines: list[str], start: int, separator: str) -> _Record:
    """The record that begins at a line, over RECORD_LINES lines at most, and the line after it.

    A record of several lines is believed only when it is strictly well formed: otherwise its quote was a stray one.
    """
    reader = csv.reader(lines[start : start + RECORD_LINES], delimiter=separator, strict=True)
    try:
        return _Record(next(reader, []), start + max(reader.line_num, 1))
    except csv.Error:
        if reader.line_num > 1:
            return _Record([], start + 1, "guillemet qui n'est pas refermé")
    try:
        return _Record(next(csv.reader(lines[start : start + 1], delimiter=separator), []), start + 1)
    except csv.Error as error:
        return _Record([], start + 1, f"ligne illisible ({error})")
