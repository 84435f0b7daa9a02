"""Reading a roster, in every shape in which spreadsheets and registrars write one."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from collector.errors import RosterError
from collector.mailing.roster import FILE_LIMIT, ROW_LIMIT, RosterRows, checked_address, read_roster
from collector.numbers import french_number

Reader = Callable[..., RosterRows]
LEA, NOE, ZOE = "lea@exemple.fr", "noe.martin@exemple.fr", "zoe-d@exemple.fr"


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Read a file that holds this text or these bytes."""

    def run(content: str | bytes, encoding: str = "utf-8", name: str = "apprentis.csv") -> RosterRows:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_roster(path)

    return run


def refusal(read: Reader, content: str | bytes, **options: str) -> str:
    """The one clear line that refuses a file."""
    with pytest.raises(RosterError) as caught:
        read(content, **options)
    message = str(caught.value)
    assert message.startswith(options.get("name", "apprentis.csv"))
    assert not any(word in message for word in ("\n", "Traceback", 'File "', "site-packages", "0x"))
    assert len(message) < 200
    return message


def read_or_refused(read: Reader, content: bytes, **options: str) -> RosterRows:
    """What a file holds, nothing when it is refused; any other error fails the test."""
    try:
        return read(content, **options)
    except RosterError:
        return RosterRows((), ())


def found(rows: RosterRows) -> list[str]:
    return [address for _, address in rows.addresses]


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    book.close()
    return stream.getvalue()


def repacked(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A workbook with some of its files changed, or left out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w") as after:
        for name in before.namelist():
            changed = change(name, before.read(name))
            if changed is not None:
                after.writestr(zipfile.ZipInfo(name), changed)
    return stream.getvalue()


# -- text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_it_reads_every_encoding_and_delimiter(read: Reader, encoding: str, delimiter: str) -> None:
    table = [("Nom", "Prénom", "Mél"), ("Béranger", "Léa", LEA), ("Noël", "Noé", NOE)]
    text = "\r\n".join(delimiter.join(row) for row in table) + "\r\n"
    marks = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}
    assert read(marks.get(encoding, "") + text, encoding) == RosterRows(((2, LEA), (3, NOE)), ())


@pytest.mark.parametrize(
    "heading",
    ["mail", "Mail", " MAIL ", "email", "E-mail", "Courriel", "Adresse mail", "Adresse e-mail", "Adresse électronique",
     "Mél", "Mail de l'apprenti", "Courriel personnel"],
)  # fmt: skip
def test_it_knows_the_column_by_its_heading(read: Reader, heading: str) -> None:
    assert found(read(f"Nom;{heading};Ville\nBéranger;{LEA};Lyon\n")) == [LEA]


def test_the_column_named_mail_comes_before_one_that_only_speaks_of_mail(read: Reader) -> None:
    assert found(read(f"Mail du tuteur;Courriel\n{ZOE};{LEA}\n")) == [LEA]


def test_without_a_heading_the_first_row_counts(read: Reader) -> None:
    assert read(f"{LEA}\n{NOE}\n").addresses == ((1, LEA), (2, NOE))
    assert read(f"Béranger;{LEA}\nNoël;{NOE}\n").addresses == ((1, LEA), (2, NOE))


def test_a_heading_alone_invites_nobody(read: Reader) -> None:
    assert read("Nom;Courriel\n") == RosterRows((), ())


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_it_reads_every_line_ending_and_needs_none_at_the_end(read: Reader, ending: str) -> None:
    assert found(read(ending.join(["mail", LEA, NOE]))) == [LEA, NOE]


def test_quotes_may_hold_delimiters_quotes_and_line_ends(read: Reader) -> None:
    text = f'"Nom";"mail"\n"Béranger; dite ""Léa""";"{LEA}"\n"sur deux\nlignes";"{NOE}"\n'
    assert found(read(text)) == [LEA, NOE]


def test_a_quoted_heading_that_holds_commas_does_not_hide_the_delimiter(read: Reader) -> None:
    assert found(read(f'"Nom, prénom, classe";mail\n"Béranger, Léa, 2B";{LEA}\n')) == [LEA]


def test_columns_of_other_things_and_short_rows_do_no_harm(read: Reader) -> None:
    rows = read(f"Nom;Ville;mail;Âge\nLéa;Lyon;{LEA};17;en trop;encore\nNoé\nZoé;;{ZOE}\n")
    assert rows.addresses == ((2, LEA), (4, ZOE))
    assert rows.rejected == ((3, "adresse absente"),)
    assert rows.read == 3


def test_blank_lines_are_passed_over_and_counted_in_line_numbers(read: Reader) -> None:
    rows = read(f"mail;nom\n\n{LEA};a\n;\n   ;  \n{NOE};b\n\n\n")
    assert rows == RosterRows(((3, LEA), (6, NOE)), ())


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_blank_lines_may_come_first(read: Reader, delimiter: str) -> None:
    assert read(f"\n\nnom{delimiter}mail\nLéa{delimiter}{LEA}\n").addresses == ((4, LEA),)


def test_a_duplicate_is_told_with_both_of_its_lines(read: Reader) -> None:
    rows = read(f"mail\n{LEA}\n{NOE}\n{LEA.upper()}\nLea@Exemple.FR\n")
    assert rows.addresses == ((2, LEA), (3, NOE))
    assert rows.rejected == ((4, "adresse déjà lue ligne 2"), (5, "adresse déjà lue ligne 2"))
    assert rows.read == 4


@pytest.mark.parametrize(
    "bad",
    ["lea", "lea@", "@exemple.fr", "lea@exemple", "lea exemple.fr", "lea@exemple..fr", "lea@@exemple.fr",
     "a b@exemple.fr", "lea@exemple.fr, noe@exemple.fr", "lea@exemple.fr noe@exemple.fr", ".lea@exemple.fr",
     "lea@-exemple.fr", "léa@exemple.fr", "lea@[127.0.0.1]", "a" * 300 + "@exemple.fr", "x" * 5000],
)  # fmt: skip
def test_a_bad_address_is_told_with_its_line_and_why(read: Reader, bad: str) -> None:
    rows = read(f'nom;mail\nNoé;{NOE}\nLéa;"{bad}"\nZoé;{ZOE}\n')
    assert found(rows) == [NOE, ZOE]
    ((line, reason),) = rows.rejected
    assert line == 3
    assert "n'est pas une adresse électronique" in reason
    assert bad[:20] in reason
    assert len(reason) < 120


@pytest.mark.parametrize("hostile", ["=1+1@exemple.fr", "+cmd@exemple.fr", "-2+3@exemple.fr"])
def test_an_address_that_a_spreadsheet_would_compute_is_told_with_its_line(read: Reader, hostile: str) -> None:
    rows = read(f"nom;mail\nNoé;{NOE}\nLéa;{hostile}\nZoé;a+b=c-d@exemple.fr\n")
    assert found(rows) == [NOE, "a+b=c-d@exemple.fr"]
    ((line, reason),) = rows.rejected
    assert line == 3
    assert f"« {hostile} » commence par « {hostile[0]} », qu'un tableur prend pour une formule" in reason


@pytest.mark.parametrize("odd", ["\n", "\r", "\u2028", "\x1b[2J", "\x7f"])
def test_why_stays_on_one_line_of_plain_characters(read: Reader, odd: str) -> None:
    rows = read(f'nom;mail\nLéa;"lea{odd}martin@exemple.fr"\n')
    ((_, reason),) = rows.rejected
    assert "n'est pas une adresse électronique" in reason
    assert reason.replace("\u00a0", " ").isprintable()


@pytest.mark.parametrize(
    "cell",
    [f"  {LEA} ", f"\u00a0{LEA}\u00a0", f"mailto:{LEA}", f"<{LEA}>", f" <{LEA}> ", f"\u200b{LEA}\u200b", f"{LEA}\ufeff",
     f"\ufeff {LEA}", f"<mailto:{LEA}>", f"mailto: {LEA}", f"MAILTO:{LEA}", f"\u200bmailto:{LEA}", f"< {LEA} >",
     f"\u2060{LEA}", f"{LEA}\u200d", f"\u200e{LEA}", f"\u202a{LEA}\u202c"],
)  # fmt: skip
def test_what_programs_leave_around_an_address_is_taken_off(read: Reader, cell: str) -> None:
    assert found(read(f"nom;mail\nLéa;{cell}\n")) == [LEA]
    assert checked_address(cell) == LEA


def test_the_domain_is_put_in_lower_case_and_an_accented_one_in_ascii() -> None:
    assert checked_address("Lea@EXEMPLE.FR") == "Lea@exemple.fr"
    assert checked_address("lea@café.fr") == "lea@xn--caf-dma.fr"


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b";;;\n;;\n", b"  \r\n\t\r\n"])
def test_an_empty_file_is_refused(read: Reader, content: bytes) -> None:
    assert refusal(read, content) == "apprentis.csv est vide."


@pytest.mark.parametrize("text", ["nom;prénom\nBéranger;Léa\n", "Liste des apprentis\n", "12;13\n14;15\n"])
def test_a_file_without_a_column_of_addresses_is_refused_and_says_how_to_name_it(read: Reader, text: str) -> None:
    assert "« mail » ou « courriel »" in refusal(read, text)


@pytest.mark.parametrize(
    "content",
    [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 200,
     b"\xd0\xcf\x11\xe0" + b"\x00" * 600, b"\xff\xfe\x00", b"\x00" * 50,
     b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x9d" * 300],
)  # fmt: skip
def test_a_binary_file_is_refused(read: Reader, content: bytes) -> None:
    assert "n'est ni un CSV ni un classeur .xlsx" in refusal(read, content)


def test_a_damaged_csv_is_refused(read: Reader) -> None:
    assert "abîmé" in refusal(read, f'mail\n"{LEA}\n' + "x" * 200_000)


def test_a_file_too_large_is_refused(read: Reader, tmp_path: Path) -> None:
    with (tmp_path / "enorme.csv").open("wb") as file:
        file.truncate(FILE_LIMIT + 1)
    with pytest.raises(RosterError, match=r"enorme\.csv dépasse 20 Mo"):
        read_roster(tmp_path / "enorme.csv")


def test_too_many_rows_are_refused(read: Reader) -> None:
    assert french_number(ROW_LIMIT) in refusal(read, "mail\n" + "a@b.fr\n" * ROW_LIMIT)


def test_a_file_that_is_not_there_or_is_a_folder_is_an_ordinary_fault_of_the_system(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(OSError, match=path.name):
            read_roster(path)


def test_twenty_thousand_rows_are_read(read: Reader) -> None:
    text = "nom;prénom;courriel\n" + "".join(f"Nom{n};Prénom;apprenti.{n}@exemple.fr\n" for n in range(20_000))
    assert read(text).read == 20_000


# -- workbooks -----------------------------------------------------------------------------------------------------


def test_it_reads_a_real_workbook_whatever_its_name(read: Reader) -> None:
    content = workbook(
        ("Nom", "Courriel", "Né le"), ("Béranger", LEA, 2008), (None, None, None), ("Noël", f" {NOE} ", None),
        ("Zoé", None, 3.5), ("Double", LEA.upper(), None), ("Faux", "zoe", True),
    )  # fmt: skip
    for name in ("apprentis.xlsx", "apprentis.csv", "sans-extension"):
        rows = read(content, name=name)
        assert rows.addresses == ((2, LEA), (4, NOE))
        assert rows.rejected == (
            (5, "adresse absente"),
            (6, "adresse déjà lue ligne 2"),
            (7, "« zoe » n'est pas une adresse électronique"),
        )


def test_a_workbook_without_heading_is_read_from_its_first_row(read: Reader) -> None:
    assert read(workbook((LEA,), (NOE,)), name="a.xlsx").addresses == ((1, LEA), (2, NOE))


def test_links_and_formulas_of_a_workbook_give_what_they_show(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A3"] = "mail"
    sheet["A4"] = LEA
    sheet["A4"].hyperlink = f"mailto:{LEA}"
    book.save(tmp_path / "a.xlsx")
    book.close()
    assert read_roster(tmp_path / "a.xlsx").addresses == ((4, LEA),)


def test_an_empty_workbook_is_refused(read: Reader) -> None:
    assert refusal(read, workbook(), name="vide.xlsx") == "vide.xlsx est vide."


def test_a_workbook_without_a_column_of_addresses_is_refused(read: Reader) -> None:
    assert "aucune colonne" in refusal(read, workbook(("Nom",), ("Léa",)), name="a.xlsx")


def test_a_large_workbook_is_read_whole(tmp_path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(2_000):
        sheet.append([f"Nom{number}", f"apprenti.{number}@exemple.fr"])
    book.save(tmp_path / "grand.xlsx")
    assert read_roster(tmp_path / "grand.xlsx").read == 2_000


def _without_its_sheet(name: str, content: bytes) -> bytes | None:
    return None if name.endswith("sheet1.xml") else content


def _with_its_sheet_cut(name: str, content: bytes) -> bytes | None:
    return content[: len(content) // 2] if name.endswith("sheet1.xml") else content


def _with_its_book_cut(name: str, content: bytes) -> bytes | None:
    return content[: len(content) // 2] if name.endswith("workbook.xml") else content


def _with_nonsense_for_styles(name: str, content: bytes) -> bytes | None:
    return b"<nonsense" if name.endswith("styles.xml") else content


def _with_nonsense_for_cells(name: str, content: bytes) -> bytes | None:
    first = b't="inlineStr"><is><t>mail</t></is>'
    return content.replace(first, b't="s"><v>999</v>') if name.endswith("sheet1.xml") else content


def _nothing_of_a_workbook(name: str, _content: bytes) -> bytes | None:
    return b"bonjour" if name == "docProps/app.xml" else None


@pytest.mark.parametrize(
    "change",
    [_without_its_sheet, _with_its_sheet_cut, _with_its_book_cut, _with_nonsense_for_styles, _with_nonsense_for_cells,
     _nothing_of_a_workbook],
)  # fmt: skip
def test_a_damaged_workbook_is_refused(read: Reader, change: Callable[[str, bytes], bytes | None]) -> None:
    damaged = repacked(workbook(("mail",), (LEA,), (NOE,)), change)
    assert "le classeur .xlsx ne s'ouvre pas" in refusal(read, damaged, name="a.xlsx")


def test_a_workbook_of_charts_alone_is_refused(read: Reader) -> None:
    book = Workbook()
    book.create_chartsheet()
    assert book.active is not None
    book.remove(book.active)
    stream = io.BytesIO()
    book.save(stream)
    assert "ne s'ouvre pas" in refusal(read, stream.getvalue(), name="graphiques.xlsx")


def test_a_workbook_cut_short_or_with_bytes_lost_is_refused_or_read_but_never_breaks_anything(read: Reader) -> None:
    whole, chance = repacked(workbook(("mail",), (LEA,), (NOE,)), _without_its_moment), random.Random(7)
    for _ in range(100):
        damaged = bytearray(whole)
        if chance.random() < 0.3:
            del damaged[chance.randrange(9, len(damaged)) :]
        for _ in range(chance.randrange(1, 8)):
            damaged[chance.randrange(2, len(damaged))] = chance.randrange(256)
        read_or_refused(read, bytes(damaged), name="a.xlsx")


def _without_its_moment(name: str, content: bytes) -> bytes:
    """Its author's clock left out, so that the same bytes are damaged in each run."""
    return re.sub(rb"(?<=W3CDTF\">)[^<]+", b"2026-09-01T08:00:00Z", content)


@pytest.mark.parametrize("byte", range(4, 46))
def test_a_workbook_whose_list_of_files_is_damaged_at_any_place_is_refused_or_read(read: Reader, byte: int) -> None:
    whole = repacked(workbook(("mail",), (LEA,)), _without_its_moment)
    damaged = bytearray(whole)
    damaged[whole.index(b"PK\x01\x02") + byte] ^= 0x80
    read_or_refused(read, bytes(damaged), name="a.xlsx")


ANYTHING = st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: f"mail;x\n{text}".encode()))


@settings(max_examples=80, derandomize=True, suppress_health_check=list(HealthCheck))
@given(ANYTHING)
def test_whatever_a_file_holds_it_is_read_or_refused(read: Reader, content: bytes) -> None:
    rows = read_or_refused(read, content)
    assert all("@" in address and address.isascii() for address in found(rows))
