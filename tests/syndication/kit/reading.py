"""Documents read back: their words, what a screen reader gets, and what a phone's camera sees."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import pypdf
import pypdfium2
import zxingcpp
from PIL import Image

from syndication.kit.kit import Kit

LINK = "https://sirius.exemple.fr/c/3f2a9b1c4d5e6f7081920a1b.k3Jx0pQ9Zy-abcdEFGHijklMNO"
LONG_LINK = (
    "https://avis-des-apprentis.region-auvergne-rhone-alpes.exemple.fr/c/3f2a9b1c4d5e6f7081920a1b.k3Jx0pQ9Zy-abcdEFGH"
)
LONGEST_FORMATION = (
    "Sureté de l'aviation civile - 11.2.3.10 - compétences des agents effectuant les contrôles de sûreté sur le "
    "courrier et le matériel des transporteurs aériens, les approvisionnements de bord et les fournitures d'aéroport, "
    "autres que l'inspection - filtrage"
)
LONGEST_CENTRE = (
    "Organisme de formation-Centre de formation d'apprentis Association pour le Développement de l'Apprentissage et la "
    "Formation aux métiers Sanitaires Sociaux"
)


def kit(
    formation: str = "CAP cuisine", centre: str = "CFA Médéric", link: str = LINK, *,
    opens_on: date = date(2026, 11, 2), closes_on: date = date(2027, 1, 23), seats: int = 0,
) -> Kit:  # fmt: skip
    return Kit(formation, centre, link, opens_on, closes_on, seats)


def pages(pdf: bytes) -> list[str]:
    """The words of each page, on one line, with plain spaces and apostrophes."""
    return [plain(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def plain(text: str) -> str:
    for fancy in "\u00a0\u202f":
        text = text.replace(fancy, " ")
    return " ".join(text.replace("\u2019", "'").split())


def reader(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def root(pdf: bytes) -> Any:
    """The document's catalogue: its language, its marks, its structure."""
    return reader(pdf).trailer["/Root"].get_object()


def structure(pdf: bytes) -> Iterator[tuple[str, Any]]:
    """The elements of the document's structure, in reading order, with their dictionaries."""

    def walk(node: Any) -> Iterator[tuple[str, Any]]:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                yield from walk(child)
        elif isinstance(node, dict):
            if "/S" in node:
                yield str(node["/S"]), node
            if "/K" in node:
                yield from walk(node["/K"])

    yield from walk(root(pdf)["/StructTreeRoot"])


def picture(pdf: bytes, page: int = 0, dpi: float = 200, mode: str = "L") -> Image.Image:
    """A page as it is printed, in grey or in a mode of Pillow's."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        image: Image.Image = document[page].render(scale=dpi / 72).to_pil()
        return image.convert(mode)
    finally:
        document.close()


def letters(pdf: bytes, page: int = 0) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right, top of each letter or ligature that leaves ink, in points from the sheet's lower left."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        text = document[page].get_textpage()
        boxes = dict.fromkeys(text.get_charbox(place) for place in range(text.count_chars()))
        return [box for box in boxes if box[2] - box[0] > 0.1 and box[3] - box[1] > 0.1]
    finally:
        document.close()


def codes(image: Image.Image) -> list[zxingcpp.Barcode]:
    return [code for code in zxingcpp.read_barcodes(image) if code.valid]


def said(image: Image.Image) -> list[str]:
    return [code.text for code in codes(image)]


def corners(code: zxingcpp.Barcode) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the black of a code, in pixels."""
    place = code.position
    points = [place.top_left, place.top_right, place.bottom_left, place.bottom_right]
    across, down = [point.x for point in points], [point.y for point in points]
    return min(across), min(down), max(across), max(down)
