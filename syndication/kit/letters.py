"""Characters that every document can show. Pure."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

DRAWN = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x218, 0x21B), (0x386, 0x386), (0x388, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1),
    (0x3A3, 0x3CE), (0x400, 0x45F), (0x1E9E, 0x1EF9), (0x2009, 0x2009), (0x2010, 0x201E), (0x2020, 0x2022),
    (0x2026, 0x2026), (0x202F, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A), (0x2044, 0x2044), (0x20AC, 0x20AC),
    (0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2260),
    (0x2264, 0x2265),
)  # fmt: skip
"""First and last code points of what the documents' typeface draws, upright and slanted: Latin with every accent of
Europe and of Vietnam, Greek, Cyrillic, punctuation, a few signs. A test sets them all."""
_SPACES = re.compile(r" {2,}")


def drawable(text: str) -> str:
    """A text in letters that the documents' typeface has.

    Letters and digits of other scripts are transliterated (``anyascii``: « 漢字 » becomes « HanZi »; vowels that a
    script does not write are not made up), emoji and marks that nothing stands for are left out, as are invisible
    characters and those that turn the direction of writing. Line breaks stay. Nothing becomes a question mark.
    """
    composed = unicodedata.normalize("NFC", text)
    if composed.isascii() and composed.isprintable():
        return composed
    return _SPACES.sub(" ", "".join(map(_drawn, composed)))


@lru_cache(maxsize=4096)
def _drawn(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if category in {"Zs", "Zl", "Zp"} or character in "\t\r\v\f":
        return character if _has_glyph(character) else " "
    if category[0] == "C":
        return ""
    if _has_glyph(character):
        return character
    return anyascii(character) if category[0] in "LNP" else ""


def _has_glyph(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in DRAWN)
