"""Official files as they come: encodings, separators, lines."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syndication.catalogue.facts import Row
from syndication.catalogue.formats import Format, recognise
from syndication.errors import ImportFault


@dataclass(frozen=True, slots=True)
class Line:
    """One row with the number of its first line in the file; ``fault`` says why it cannot be read."""

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
    """Read a file whole; raises ImportFault when it is missing, no CSV, or of no kind we know."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportFault(f"{path} : illisible ({error.strerror}).") from None
    text = decode(data)
    if text is None:
        raise ImportFault(f"{path} : ce n'est pas un fichier CSV.")
    columns, lines = read_rows(text)
    known = recognise(columns)
    if known is None:
        shown = ", ".join(columns[:6]) or "aucune colonne"
        raise ImportFault(f"{path} : fichier d'aucun genre connu, d'après ses colonnes ({shown}…).")
    return OfficialFile(path, known, tuple(lines))


def decode(data: bytes) -> str | None:
    """Text of a file in UTF-8 (with or without BOM) or latin-1; None for what is no text."""
    if b"\x00" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_rows(text: str) -> tuple[list[str], Iterator[Line]]:
    """Columns and rows of a CSV text, separated by ``;`` or ``,``, whichever its first line holds more of."""
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    numbered = _numbered(reader)
    header = next(numbered, (1, [], None))
    columns = [name.strip().strip("`") for name in header[1]]
    return columns, _rows(numbered, columns)


def _numbered(reader: Any) -> Iterator[tuple[int, list[str], str | None]]:
    """Line number, values, and why they cannot be read."""
    while True:
        try:
            yield reader.line_num + 1, next(reader), None
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, [], f"ligne illisible ({error})"


def _rows(numbered: Iterator[tuple[int, list[str], str | None]], columns: list[str]) -> Iterator[Line]:
    for number, values, fault in numbered:
        if fault:
            yield Line(number, {}, fault)
        elif values and len(values) != len(columns):
            yield Line(number, {}, f"{len(values)} colonnes au lieu de {len(columns)}")
        elif values:
            yield Line(number, dict(zip(columns, values, strict=True)))
