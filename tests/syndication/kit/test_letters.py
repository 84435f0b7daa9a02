"""Letters that every document can show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.kit.letters import DRAWN, drawable
from syndication.kit.sheets import Paragraph, Sheet, sheet_pdf
from tests.syndication.kit.reading import pages

LETTERS = [chr(code) for first, last in DRAWN for code in range(first, last + 1)]


def test_every_letter_said_to_be_drawn_is_drawn_upright_and_bold() -> None:
    text = " ".join(letter for letter in LETTERS if drawable(letter) == letter)
    voices = [Paragraph(text), Paragraph(text, "loud")]
    words = " ".join(pages(sheet_pdf(Sheet("Lettres", "", "Sirius", voices))))
    for letter in "ÀéœŒŁșȚẞạΩЖ€№™«»“”’–—…≤≥−←":
        assert letter in words or letter == "’"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CFA Médéric, « l'œuvre » à 12 €", "CFA Médéric, « l'œuvre » à 12 €"),
        ("Łódź", "Łódź"),
        ("e\u0301cole", "école"),
        ("漢字", "HanZi"),
        ("٣", "3"),
        ("cuisine 😀 et service", "cuisine et service"),
        ("pa\u200bs\u202e à\u0007 pas", "pas à pas"),
        ("une\u2003ligne\tdeux", "une ligne deux"),
        ("une ligne\ndeux", "une ligne\ndeux"),
        ("1\u202f234\u00a0%", "1\u202f234\u00a0%"),
        ("\ud800", ""),
    ],
)
def test_what_cannot_be_drawn_is_written_otherwise_or_left_out(text: str, shown: str) -> None:
    assert drawable(text) == shown


@given(st.text())
def test_nothing_else_is_left_whatever_comes(text: str) -> None:
    shown = drawable(text)
    assert set(shown) <= {*LETTERS, "\n"}
    assert shown.count("?") <= unicodedata.normalize("NFKC", text).count("?") + sum(map(_asks, text))
    assert drawable(shown) == shown


def _asks(letter: str) -> bool:
    """Question marks of other scripts."""
    return "QUESTION" in unicodedata.name(letter, "") or "INTERROBANG" in unicodedata.name(letter, "")
