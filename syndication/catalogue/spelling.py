"""Spellings that stand for one name. Pure."""

import re
import unicodedata


def plain(text: str) -> str:
    """A name in small letters without accents, marks and spaces: « ÎLE-DE-FRANCE » and « Ile de France » are one."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]", "", letters)
