"""The QR code of a link, the same wherever it is shown or printed. Pure.

Error level Q (a quarter of the code may be dirty, torn or under a reflection: it hangs in workshops and is folded in
pockets), the standard's quiet zone of four modules, black on white whatever lies behind.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import segno

LEVEL = "q"
QUIET = 4
"""Modules of white on each side (ISO/IEC 18004)."""
PIXELS = 12
"""Pixels of a module in a PNG: a common link makes an image of some 600 pixels, 5 cm at 300 dpi."""
SVG = MappingProxyType({"omitsize": True, "nl": False})


def qr_svg(link: str) -> bytes:
    """An SVG file of no size of its own: its title says where it leads, it refers to nothing outside itself."""
    return _saved(link, "svg", title=f"QR code vers {link}", **SVG)


def qr_png(link: str) -> bytes:
    """A PNG file, two colours."""
    return _saved(link, "png")


def qr_pdf(link: str) -> bytes:
    """A PDF file of the code alone, for a layout program."""
    return _saved(link, "pdf")


FORMATS: Mapping[str, Callable[[str], bytes]] = MappingProxyType({"svg": qr_svg, "png": qr_png, "pdf": qr_pdf})
"""How to write a code, by the suffix of a file."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A code to be set in a document: its SVG, and which part of its width is white on each side, 0 to 1."""

    svg: str
    quiet: float


def qr_printed(link: str) -> Printed:
    """A code for the documents of this package. Some 12 ms: the best of eight masks is looked for (ISO/IEC 18004)."""
    code = segno.make_qr(link, error=LEVEL)
    return Printed(_written(code, "svg", **SVG).decode(), QUIET / code.symbol_size(border=QUIET)[0])


def _saved(link: str, kind: str, **more: object) -> bytes:
    return _written(segno.make_qr(link, error=LEVEL), kind, **more)


def _written(code: segno.QRCode, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    code.save(out, kind=kind, scale=PIXELS, border=QUIET, dark="#000", light="#fff", **more)
    return out.getvalue()
