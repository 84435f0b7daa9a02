"""Personal slips: each its own link, whole when cut, readable."""

import pytest

from collector.links import new_token, personal_link
from syndication.errors import CampaignRefused
from syndication.kit.slips import slips
from tests.syndication.kit.reading import (
    LONGEST_CENTRE,
    LONGEST_FORMATION,
    codes,
    corners,
    kit,
    pages,
    picture,
    reader,
    said,
    structure,
)


def links(count: int, host: str = "https://sirius.exemple.fr") -> list[str]:
    return [personal_link(host, new_token()) for _ in range(count)]


def test_each_slip_carries_its_own_link_as_a_code_and_as_an_address() -> None:
    given = links(11)
    pdf = slips(kit(), given)
    printed = pages(pdf)
    assert len(printed) == 2
    for number, sheet in enumerate((given[:8], given[8:])):
        assert sorted(said(picture(pdf, number, dpi=150))) == sorted(sheet)
        for link in sheet:
            assert printed[number].count(link) == 1


def test_the_order_is_kept_from_left_to_right_then_down() -> None:
    given = links(8)
    found = [one["/Alt"] for kind, one in structure(slips(kit(), given)) if kind == "/Figure"]
    assert found == [f"QR code qui ouvre {link}" for link in given]


def test_a_slip_says_what_it_is_for_and_until_when() -> None:
    (words,) = pages(slips(kit(), links(1)))
    for told in (
        "CAP cuisine", "Raconte ton apprentissage à ceux qui vont choisir.", "Ce lien n'est qu'à toi", "qu'une fois",
        "Du 2 novembre 2026 au 23 janvier 2027", "5 minutes", "personne ne peut savoir que c'est toi",
        "Un modérateur lit", "les sites d'orientation", "tout retirer",
    ):  # fmt: skip
        assert told in words
    assert "!" not in words


@pytest.mark.parametrize("host", ["https://sirius.exemple.fr", "https://avis-des-apprentis.region-auvergne.exemple.fr"])
def test_every_code_is_34_mm_wide_and_within_its_cut(host: str) -> None:
    dpi = 150
    image = picture(slips(kit(LONGEST_FORMATION, LONGEST_CENTRE), links(8, host)), dpi=dpi)
    found = codes(image)
    assert len(found) == 8
    mm = dpi / 25.4
    for code in found:
        left, top, right, bottom = corners(code)
        assert right - left == pytest.approx(34 * mm, abs=3)
        across, down = left // (105 * mm), top // (74.25 * mm)
        assert across * 105 * mm + 6 * mm < left < right < (across + 1) * 105 * mm - 6 * mm
        assert down * 74.25 * mm + 6 * mm < top < bottom < (down + 1) * 74.25 * mm - 6 * mm


@pytest.mark.parametrize("title", ["CAP cuisine", LONGEST_FORMATION, "M" * 200])
def test_no_word_stands_near_a_cut(title: str) -> None:
    """Eight slips alike but for their links: at 150 dpi, 4 mm on both sides of each cut hold the line alone."""
    dpi, mm = 150, 150 / 25.4
    image = picture(slips(kit(title), links(8)), dpi=dpi)
    for down in (74.25, 148.5, 222.75):
        for start in (down - 4, down + 1):
            strip = image.crop((3, round(start * mm), round(102 * mm), round((start + 3) * mm)))
            assert strip.getextrema() == (255, 255)


def test_a_whole_year_group_is_one_document() -> None:
    given = links(100)
    pdf = slips(kit(), given)
    assert len(reader(pdf).pages) == 13
    assert len(pdf) < 6_000 * len(given)


def test_none_or_too_many_are_refused_in_words() -> None:
    for count in (0, 501):
        with pytest.raises(CampaignRefused, match="de 1 à 500 liens"):
            slips(kit(), ["https://sirius.exemple.fr/r/x"] * count)
