"""What integrators and readers ask for, and colours that stay readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.colour import GROUNDS, contrast, readable
from widget.contract import Ask
from widget.options import Options, read_accent, read_ask, read_options

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS, st.sampled_from(["light", "dark"]))
def test_an_accent_always_reads_on_our_grounds(accent: str, theme: str) -> None:
    assert all(contrast(readable(accent, theme), ground) >= 4.5 for ground in GROUNDS[theme])


def test_an_accent_that_reads_already_stays_as_it_is() -> None:
    assert readable("#3b3a8f", "light") == "#3b3a8f"
    assert contrast("#ffffff", "#000000") == pytest.approx(21)


@pytest.mark.parametrize(
    ("text", "colour"),
    [("#AbCdEf", "#abcdef"), ("abc", "#aabbcc"), ("red", ""), ("#12345", ""), ("#fff;}", ""), ("", "")],
)
def test_an_accent_is_six_digits_or_nothing(text: str, colour: str) -> None:
    assert read_accent(text) == colour


def test_every_parameter_wrong_at_once_gives_the_default() -> None:
    wrong = {
        "formation": " ", "etablissement": "", "format": "<b>", "theme": "rose", "accent": "url(x)", "langue": "xx",
        "si-vide": "jamais", "page": "-3", "tri": "hasard", "q": "\x00", "question": "x" * 500,
    }  # fmt: skip
    read = read_options(wrong)
    assert read == Options(ask=Ask(question="x" * 100))


@pytest.mark.parametrize(("page", "place"), [("1", 0), ("2", 1), ("0", 0), ("²", 0), ("99999", 0), ("", 0)])
def test_pages_count_from_one_for_readers(page: str, place: int) -> None:
    assert read_ask({"page": page}).page == place


def test_a_query_says_only_what_is_not_the_default_and_reads_back() -> None:
    options = read_options({"formation": "PARIS/12#3", "format": "liste", "q": "été & hiver", "page": "3"})
    assert options.query() == "formation=PARIS%2F12%233&format=liste&q=%C3%A9t%C3%A9+%26+hiver&page=3"
    assert options.query(page="", q="") == "formation=PARIS%2F12%233&format=liste"
