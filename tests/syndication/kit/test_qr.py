"""The QR code: one way to write it, readable in every format, wherever it lies."""

import io
from xml.etree import ElementTree

import pytest
import typst
from PIL import Image

from collector.links import personal_link
from syndication.kit.qr import FORMATS, qr_pdf, qr_png, qr_printed, qr_svg
from tests.syndication.kit.reading import LINK, LONG_LINK, codes, picture, said


def test_an_svg_is_read_on_a_dark_page_too() -> None:
    source = b"#set page(width: 6cm, height: 6cm, margin: 1cm, fill: black)\n#image(bytes(sys.inputs.svg), width: 4cm)"
    drawn = typst.Compiler(source).compile(format="png", sys_inputs={"svg": qr_svg(LINK).decode()})
    assert isinstance(drawn, bytes)
    assert said(Image.open(io.BytesIO(drawn))) == [LINK]


def test_an_svg_says_where_it_leads_and_refers_to_nothing() -> None:
    root = ElementTree.fromstring(qr_svg(LINK))
    assert root.attrib["viewBox"]
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == f"QR code vers {LINK}"
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if "href" in name or name in {"src", "style"}}
    assert b"url(" not in qr_svg(LINK)


def test_a_png_is_read_and_small() -> None:
    image = Image.open(io.BytesIO(qr_png(LONG_LINK)))
    assert said(image.convert("L")) == [LONG_LINK]
    assert image.width == image.height
    assert len(qr_png(LONG_LINK)) < 4_000


def test_a_pdf_is_read() -> None:
    assert said(picture(qr_pdf(LINK), dpi=36)) == [LINK]


def test_a_quarter_of_it_may_be_lost() -> None:
    (code,) = codes(Image.open(io.BytesIO(qr_png(LINK))).convert("L"))
    assert code.ec_level == "Q"


def test_each_format_goes_by_its_suffix() -> None:
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    assert {suffix: write(LINK)[: len(starts[suffix])] for suffix, write in FORMATS.items()} == starts


@pytest.mark.parametrize("link", [LINK, LONG_LINK, personal_link("http://127.0.0.1:8000", "htMVpKdTeW6VXAbUnMijWQ")])
def test_its_white_is_four_modules_on_each_side(link: str) -> None:
    image = Image.open(io.BytesIO(qr_png(link))).convert("L")
    box = image.point(lambda shade: 255 - shade).getbbox()
    assert box is not None
    assert box[0] == box[1] == image.width - box[2] == 4 * 12
    assert qr_printed(link).quiet == pytest.approx(box[0] / image.width)
