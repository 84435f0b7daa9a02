"""Files as they come: stray quotes, stray bytes, line breaks inside cells."""

import pytest

from syndication.catalogue.files import Line, decode, read_records, read_rows

HEADER = "a;b\n"


def lines(text: str) -> list[Line]:
    return list(read_rows(text)[1])


def test_a_stray_quote_costs_its_own_row_and_no_other() -> None:
    found = lines(HEADER + '1;un\n2;"deux\n' + "".join(f"{n};suite\n" for n in range(3, 203)))
    assert [line.number for line in found if line.fault] == [3]
    assert "guillemet" in str(next(line.fault for line in found if line.fault))
    assert len(found) == 202


def test_two_stray_quotes_far_apart_cost_two_rows() -> None:
    rows = [f"{n};x" for n in range(2, 150)]
    rows[10], rows[120] = '12;"x', '122;"x'
    found = lines(HEADER + "\n".join(rows) + "\n")
    assert [line.number for line in found if line.fault] == [12, 122]


def test_line_breaks_and_quotes_inside_cells_are_kept() -> None:
    (one, two) = lines(HEADER + '1;"sur\ndeux ""lignes"""\n2;5" de long\n')
    assert one.row == {"a": "1", "b": 'sur\ndeux "lignes"'}
    assert two.row == {"a": "2", "b": '5" de long'}


def test_a_stray_byte_costs_its_row_and_no_accent_elsewhere() -> None:
    data = (HEADER + "1;Fréjus\n2;ici\n3;Orléans\n").encode().replace(b"ici", b"ic\xe9")
    text = decode(data)
    assert text is not None
    found = lines(text)
    assert [line.row.get("b") for line in found] == ["Fréjus", None, "Orléans"]
    assert found[1].fault == "caractère illisible"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_accents_are_read_in_each_encoding_of_the_official_files(encoding: str) -> None:
    assert decode("a;b\n1;élève\n".encode(encoding)) == "a;b\n1;élève\n"


def test_a_file_that_is_no_text_is_told_apart() -> None:
    assert decode(b"PK\x03\x04\x00\x00") is None
    assert lines("") == []


def test_two_stray_quotes_close_together_swallow_no_row_between() -> None:
    rows = [f"{n};x" for n in range(2, 40)]
    rows[3], rows[9] = '5;"x', '11;"x'
    found = lines(HEADER + "\n".join(rows) + "\n")
    assert [line.number for line in found if line.fault] == [5, 11]
    assert len(found) == 38


@pytest.mark.parametrize("text", ['{"formations": [%s], "pagination": {}}', "[%s]"])
def test_records_of_json_become_rows_of_text(text: str) -> None:
    columns, found = read_records(text % '{"a": "x", "b": null, "c": [{"d": "é"}]}, {"a": 5, "e": true}')
    assert columns == ["a", "b", "c", "e"]
    assert [line.row for line in found] == [
        {"a": "x", "b": "", "c": '[{"d": "é"}]', "e": ""},
        {"a": "5", "b": "", "c": "", "e": "true"},
    ]


def test_a_record_that_cannot_be_read_costs_itself_and_no_other() -> None:
    _, found = read_records('[{"a": "1"}, "2", {"a": "\\ud800"}, {"a": "\\u0000"}, {"a": "5"}]')
    assert [(line.number, line.fault) for line in found] == [
        (1, None),
        (2, "ce n'est pas une fiche"),
        (3, "caractère illisible"),
        (4, "caractère illisible"),
        (5, None),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"formations": [\n{]}', "JSON illisible à la ligne 2"),
        ('{"formations": {}}', "aucune liste « formations »"),
        ('{"autre": []}', "aucune liste « formations »"),
        ("[" * 100_000, "JSON trop imbriqué"),
    ],
)
def test_json_of_another_shape_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_records(text)
