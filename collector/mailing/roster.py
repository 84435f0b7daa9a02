"""Reading a roster: a file of mail addresses, as spreadsheets and registrars write them. No database here."""

import csv
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from email_validator import EmailNotValidError, validate_email

from collector.errors import RosterError
from collector.numbers import french_number

FILE_LIMIT = 20 * 1024 * 1024
SHEET_LIMIT = 200 * 1024 * 1024
"""Most that a workbook may hold once it is unfolded: 50,000 rows of addresses take a tenth of it."""
ROW_LIMIT = 50_000
_NAMES = ("mail", "email", "e-mail", "courriel", "adresse mail", "adresse e-mail", "adresse électronique", "mél", "mel")
_ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ADDRESS = re.compile(r"[^@\s;,\"]+@[^@\s;,\"]+")
_FORMULA = frozenset("=+-@")
"""Beginnings of a cell that a spreadsheet computes: what was read here may be shown in one again."""
Row = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RosterRows:
    """Addresses found (line, address), and what could not be used (line, why). Lines count from 1, heading included."""

    addresses: tuple[tuple[int, str], ...]
    rejected: tuple[tuple[int, str], ...]

    @property
    def read(self) -> int:
        """Rows that held something."""
        return len(self.addresses) + len(self.rejected)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A roster that came over the wire: the name of its file and what it holds."""

    name: str
    content: bytes


def read_roster(source: Path | RosterFile) -> RosterRows:
    """Read a CSV or an ``.xlsx``; raises RosterError when the file is of no use, OSError when it cannot be read."""
    name, content = source.name, source.content if isinstance(source, RosterFile) else source.read_bytes()
    if len(content) > FILE_LIMIT:
        raise RosterError(f"{name} dépasse {FILE_LIMIT // 1024 // 1024} Mo.")
    rows = _sheet(name, content) if content.startswith(b"PK") else _table(name, content)
    filled = list(islice(((line, cells) for line, cells in rows if any(cells)), ROW_LIMIT + 1))
    if not filled:
        raise RosterError(f"{name} est vide.")
    if len(filled) > ROW_LIMIT:
        raise RosterError(
            f"{name} compte plus de {french_number(ROW_LIMIT)} lignes : partagez-le en plusieurs fichiers."
        )
    column, body = _column(name, filled)
    return _checked(body, column)


def _checked(rows: Iterable[Row], column: int) -> RosterRows:
    kept: list[tuple[int, str]] = []
    rejected: list[tuple[int, str]] = []
    lines: dict[str, int] = {}
    for line, cells in rows:
        cell = cells[column] if column < len(cells) else ""
        try:
            address = checked_address(cell)
        except RosterError as error:
            rejected.append((line, str(error)))
            continue
        before = lines.setdefault(address.casefold(), line)
        if before != line:
            rejected.append((line, f"adresse déjà lue ligne {before}"))
        else:
            kept.append((line, address))
    return RosterRows(tuple(kept), tuple(rejected))


def checked_address(text: str) -> str:
    """A mail address as it will be written to; raises RosterError saying why it cannot be."""
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = text.strip().strip("<>").strip()
    if text.casefold().startswith("mailto:"):
        text = text[7:].strip()
    if not text:
        raise RosterError("adresse absente")
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
    except EmailNotValidError:
        raise RosterError(f"« {_shown(text)} » n'est pas une adresse électronique") from None
    if checked.ascii_email is None or "." not in checked.domain:
        raise RosterError(f"« {_shown(text)} » n'est pas une adresse électronique")
    if checked.ascii_email[0] in _FORMULA:
        raise RosterError(
            f"« {_shown(text)} » commence par « {checked.ascii_email[0]} », qu'un tableur prend pour une formule"
        )
    return checked.ascii_email


def _shown(text: str) -> str:
    """The beginning of a cell, as one line that does nothing to a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:60])


def _column(name: str, rows: Sequence[Row]) -> tuple[int, Sequence[Row]]:
    """Where addresses stand, and the rows under the heading when there is one."""
    heading = [cell.strip().casefold() for cell in rows[0][1]]
    for place, cell in enumerate(heading):
        if cell in _NAMES:
            return place, rows[1:]
    for place, cell in enumerate(heading):
        if "@" in cell:
            return place, rows
    for place, cell in enumerate(heading):
        if any(word in cell for word in ("mail", "courriel")):
            return place, rows[1:]
    raise RosterError(f"{name} : aucune colonne d'adresses. Nommez-la « mail » ou « courriel » sur la première ligne.")


def _table(name: str, content: bytes) -> Iterator[Row]:
    encoding = next((known for mark, known in _ENCODINGS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise RosterError(f"{name} n'est ni un CSV ni un classeur .xlsx.")
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise RosterError(f"{name} : le CSV est abîmé ({error}).") from None


def _delimiter(text: str) -> str:
    """The separator by which most cells of the first lines are addresses; then the one that gives most cells."""
    sample = "".join(line for line in io.StringIO(text, newline="") if line.strip(' ;,\t\r\n"'))[:20_000]

    def fitness(delimiter: str) -> tuple[int, int]:
        cells: list[str] = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                cells += row
        except csv.Error:
            return 0, 0
        return sum(_ADDRESS.fullmatch(cell.strip()) is not None for cell in cells), len(cells)

    return max(";,\t", key=fitness)


def _sheet(name: str, content: bytes) -> Iterator[Row]:
    try:
        unfolded = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(content)).infolist())
    except Exception:  # the list of an archive's files may be damaged in as many ways as what they hold
        raise RosterError(f"{name} : le classeur .xlsx ne s'ouvre pas : il est abîmé, ou n'en est pas un.") from None
    if unfolded > SHEET_LIMIT:
        raise RosterError(f"{name} est trop gros une fois ouvert : gardez-y la seule colonne des adresses.")
    from openpyxl import load_workbook  # noqa: PLC0415 it weighs a third of all that loads, for a workbook now and then

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that we do not read
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheet: Any = book.worksheets[0]
            for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                yield line, ["" if cell is None else str(cell).strip() for cell in cells]
            book.close()
    except Exception:  # a damaged workbook may fail anywhere in the archive, the XML or the library
        raise RosterError(f"{name} : le classeur .xlsx ne s'ouvre pas : il est abîmé.") from None
