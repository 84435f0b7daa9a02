"""The poster: what it says, that a phone reads it, that nothing breaks it."""

from datetime import date
from typing import Any

import pytest
from PIL import ImageFilter

from syndication.errors import CampaignRefused
from syndication.kit.kit import Kit
from syndication.kit.poster import poster
from syndication.kit.qr import qr_printed
from tests.syndication.kit.reading import (
    LINK,
    LONG_LINK,
    LONGEST_CENTRE,
    LONGEST_FORMATION,
    codes,
    corners,
    kit,
    letters,
    pages,
    picture,
    reader,
    root,
    said,
    structure,
)

HARD = [
    kit(),
    kit(LONGEST_FORMATION, LONGEST_CENTRE, LONG_LINK, closes_on=date(2026, 11, 2), opens_on=date(2026, 11, 2)),
    kit("M" * 254, "W" * 160, seats=100_000),
]


def test_it_says_what_an_apprentice_wants_to_know() -> None:
    (words,) = pages(poster(kit(seats=30)))
    for told in (
        "CFA Médéric", "CAP cuisine", "Raconte ton apprentissage à ceux qui vont choisir.", LINK, "5 minutes",
        "rien n'est obligatoire", "Personne ne peut savoir que c'est toi : ni ton CFA, ni ton entreprise, ni nous",
        "Des modérateurs lisent chaque texte", "tu retires quand tu veux", "Du 2 novembre 2026 au 23 janvier 2027",
        "Un lien par personne, 30 en tout", "Ton centre de formation te le demande, avec Sirius",
        "https://sirius.exemple.fr/methode",
    ):  # fmt: skip
        assert told in words
    assert "!" not in words


def test_it_does_not_speak_of_seats_where_there_is_no_limit() -> None:
    assert "en tout" not in pages(poster(kit()))[0]


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "told"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), "Le 23 novembre 2026, ce jour-là seulement"),
        (date(2026, 11, 1), date(2026, 12, 15), "Du 1er novembre au 15 décembre 2026"),
    ],
)
def test_it_says_until_when(opens_on: date, closes_on: date, told: str) -> None:
    assert told in pages(poster(kit(opens_on=opens_on, closes_on=closes_on)))[0]


def test_a_campaign_cannot_end_before_it_begins() -> None:
    with pytest.raises(CampaignRefused, match="finir avant"):
        kit(opens_on=date(2026, 11, 2), closes_on=date(2026, 11, 1))


@pytest.mark.parametrize("hard", HARD)
def test_it_is_one_a4_page_that_a_phone_reads(hard: Kit) -> None:
    pdf = poster(hard)
    (page,) = reader(pdf).pages
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    assert said(picture(pdf, dpi=72)) == [hard.link]


@pytest.mark.parametrize("hard", HARD)
def test_everything_stands_within_the_margins_and_nothing_over_anything(hard: Kit) -> None:
    boxes = letters(poster(hard))
    assert len(boxes) > 500
    for left, bottom, right, top in boxes:
        assert 56 <= left < right <= 540
        assert 40 <= bottom < top <= 800
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            kerned = 0.3 * min(one[2] - one[0], other[2] - other[0]) + 0.5
            assert across < kerned or min(one[3], other[3]) - max(one[1], other[1]) < 1


@pytest.mark.parametrize("hard", HARD)
def test_its_code_is_86_mm_wide_with_four_modules_of_white_around(hard: Kit) -> None:
    dpi = 150
    image = picture(poster(hard), dpi=dpi)
    (code,) = codes(image)
    left, top, right, bottom = corners(code)
    side = 86 / 25.4 * dpi
    assert right - left == pytest.approx(side, abs=3)
    assert bottom - top == pytest.approx(side, abs=3)
    quiet = qr_printed(hard.link).quiet
    white = int(side * quiet / (1 - 2 * quiet)) - 2
    around = image.crop((left - white, top - white, right + white, bottom + white))
    around.paste(255, (white - 2, white - 2, around.width - white + 3, around.height - white + 3))
    assert around.getextrema() == (255, 255)


def test_a_phone_reads_it_askew_blurred_in_the_dark_and_torn() -> None:
    image = picture(poster(kit()), dpi=100)
    left, top, right, _ = corners(codes(image)[0])
    torn = image.copy()
    torn.paste(255, (left + 110, top + 130, left + 110 + (right - left) // 4, top + 130 + (right - left) // 4))
    dark = image.point(lambda shade: 40 + shade // 4)
    for seen in (image.rotate(11, expand=True, fillcolor=255), image.filter(ImageFilter.GaussianBlur(2)), dark, torn):
        assert said(seen) == [LINK]


def test_a_screen_reader_gets_it_in_order_and_in_french() -> None:
    pdf = poster(kit())
    catalogue, info = root(pdf), reader(pdf).metadata
    assert catalogue["/Lang"] == "fr-FR"
    assert catalogue["/MarkInfo"]["/Marked"].value is True
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert info is not None
    assert info.title == "Affiche\u00a0: CAP cuisine, CFA Médéric"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in catalogue["/Metadata"].get_data()
    elements = list(structure(pdf))
    assert [kind for kind, _ in elements].count("/H1") == 1
    assert [str(one["/Alt"]) for kind, one in elements if kind == "/Figure"] == [f"QR code qui ouvre {LINK}"]


def test_its_typefaces_come_along() -> None:
    page: Any = reader(poster(kit())).pages[0]
    for font in page["/Resources"]["/Font"].values():
        (inner,) = font.get_object()["/DescendantFonts"]
        assert {"/FontFile2", "/FontFile3"} & set(inner.get_object()["/FontDescriptor"].get_object())


def test_the_same_campaign_gives_the_same_bytes() -> None:
    assert poster(kit()) == poster(kit())


def test_a_name_is_never_read_as_markup() -> None:
    odd = '#panic() *CAP* _x_ $y$ [z] @a <b> // c `d` \\ "e" = f'
    assert odd in pages(poster(kit(odd)))[0]


def test_names_in_any_letters_are_shown_in_letters_of_ours() -> None:
    (words,) = pages(
        poster(
            kit("Œuvre\u200b d'art à Łódź 😀 №\u00a05\u0007", "مركز 漢字 e\u0301cole\u202e \U0001f469\u200d\U0001f373")
        )
    )
    assert "Œuvre d'art à Łódź № 5" in words
    assert "HanZi école" in words
    assert "?" not in words.replace("Pas d'appareil photo ?", "")
    assert "�" not in words


def test_a_name_of_nothing_but_emoji_leaves_its_place_empty() -> None:
    assert said(picture(poster(kit("😀", "😀")), dpi=72)) == [LINK]
