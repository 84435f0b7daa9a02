"""Documents of figures: what they show, page by page, and what a screen reader gets of it."""

from itertools import pairwise

import pytest

from syndication.kit.sheets import Bar, Bars, Block, Heading, Paragraph, Sheet, Verbatim, sheet_pdf
from syndication.kit.tables import Column, Table
from tests.syndication.kit.reading import pages, picture, plain, root, structure
from widget.contract import Distribution, Share

COLOURS = ((0x1F, 0x7A, 0x5C), (0xA9, 0x70, 0x0C), (0xA8, 0x36, 0x5B))


def spread(good: int, fair: int, poor: int, *, percent: bool = True, unanswered: int = 0) -> Distribution:
    total = good + fair + poor
    shares = [Share(count, round(100 * count / total) if percent else None) for count in (good, fair, poor)]
    return Distribution(shares[0], shares[1], shares[2], unanswered, None)


def sheet(*blocks: Block) -> bytes:
    return sheet_pdf(Sheet("Résultats", "CFA Médéric", "Source\u00a0: Sirius, 23 novembre 2026", blocks))


def long_table(rows: int) -> Table:
    columns = [Column("nom", "Formation"), Column("n", "Répondants", "integer")]
    return Table("Par formation", columns, [{"nom": f"CAP numéro {n}", "n": 1000 + n} for n in range(rows)])


def test_bars_stand_beside_their_words_count_and_share() -> None:
    hours = Bar("Les horaires", spread(36, 5, 1, unanswered=1234), "La région : 70 %")
    (words,) = pages(sheet(Bars("Ton entreprise", [hours, Bar("Rythme", spread(3, 0, 2, percent=False))])))
    assert "Ton entreprise" in words
    assert "Bien Moyen Mal Sans réponse" in words
    assert "86 % (36) 12 % (5) 2 % (1) 1 234" in words
    assert "Rythme 3 0 2 –" in words


def test_bars_have_columns_only_for_what_there_is_to_say() -> None:
    (words,) = pages(sheet(Bars("Ton entreprise", [Bar("Rythme", spread(36, 5, 1))])))
    assert "Bien Moyen Mal" in words
    assert "Sans réponse" not in words
    assert "Intervalle" not in words
    told = Bar("Rythme", spread(36, 5, 1), "", "72 à 93 %")
    (words,) = pages(sheet(Bars("Ton entreprise", [told]), Bars("Ton CFA", [Bar("Ambiance", spread(3, 1, 1))])))
    assert "Bien Intervalle Moyen Mal" in words
    assert "86 % (36) 72 à 93 % 12 % (5) 2 % (1)" in words
    assert "60 % (3) – 20 % (1)" in words


def bar(document: bytes) -> list[tuple[int, ...]]:
    """The line of pixels, red, green and blue, that crosses most of a bar."""
    image = picture(document, dpi=150, mode="RGB")
    lines = [list(batched(image.crop((0, y, image.width, y + 1)).tobytes())) for y in range(0, image.height // 2, 4)]
    return max(lines, key=lambda line: sum(pixel in COLOURS for pixel in line))


def batched(line: bytes) -> list[tuple[int, ...]]:
    return [tuple(line[place : place + 3]) for place in range(0, len(line), 3)]


def test_a_bar_is_as_long_as_its_shares_in_the_fixed_order_with_white_between() -> None:
    line = bar(sheet(Bars("", [Bar("Les horaires", spread(60, 30, 10))])))
    widths = [line.count(colour) for colour in COLOURS]
    assert [round(width / sum(widths), 2) for width in widths] == pytest.approx([0.6, 0.3, 0.1], abs=0.02)
    for before, after in pairwise(COLOURS):
        end = len(line) - 1 - line[::-1].index(before)
        assert (255, 255, 255) in line[end : line.index(after)]


def test_an_axis_that_nobody_answered_draws_nothing_and_fails_nothing() -> None:
    empty = Distribution(Share(0, None), Share(0, None), Share(0, None), 3, None)
    assert "Rythme 0 0 0 3" in pages(sheet(Bars("", [Bar("Rythme", empty)])))[0]


def test_a_long_table_has_its_header_on_each_page_and_each_page_its_number_and_source() -> None:
    made = pages(sheet(long_table(120)))
    assert len(made) > 2
    for number, words in enumerate(made, 1):
        assert "Formation Répondants" in words
        assert f"Source : Sirius, 23 novembre 2026 page {number} sur {len(made)}" in words
    assert all(sum(f"CAP numéro {n} 1 {n:03}" in words for words in made) == 1 for n in range(120))


def test_a_heading_is_never_left_at_the_foot_of_a_page() -> None:
    for rows in range(30, 46):
        for words in pages(sheet(long_table(rows), Heading("La suite"), Paragraph("Un mot. " * 60))):
            assert ("La suite" in words) == ("La suite Un mot." in words)


def test_words_are_shown_as_they_were_written_with_a_signed_reply() -> None:
    said = "Il faut [prénom retiré].\nPuis = 2 * 3 #let x = 1 «\u00a0voilà\u00a0»"
    (words,) = pages(sheet(Verbatim("Un conseil ?", said, "Juin 2026", "Merci.", "CFA Médéric")))
    assert f"Un conseil ? {plain(said)} Juin 2026 Merci. CFA Médéric" in words


def test_a_very_long_text_goes_over_to_the_next_page() -> None:
    made = pages(sheet(Verbatim("", "Encore un mot. " * 900)))
    assert len(made) > 1
    assert sum(words.count("Encore un mot.") for words in made) == 900


def test_a_screen_reader_gets_headings_in_order_tables_with_headers_and_a_caption() -> None:
    document = sheet(
        Paragraph("86 %", "loud"), Heading("A"), Heading("B", 3), long_table(3), Bars("C", [Bar("D", spread(3, 2, 1))])
    )
    kinds = [kind for kind, _ in structure(document)]
    assert [kind for kind in kinds if kind in {"/H1", "/H2", "/H3"}] == ["/H1", "/H2", "/H3"]
    assert kinds.count("/Table") == 2
    assert kinds.count("/THead") == 2
    assert kinds.count("/TH") == 2 + 4
    assert kinds.count("/Caption") == 2
    assert root(document)["/Lang"] == "fr-FR"


def test_the_same_words_give_the_same_bytes() -> None:
    assert sheet(long_table(3)) == sheet(long_table(3))
