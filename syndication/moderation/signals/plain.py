"""A text as eyes read it: without what nobody sees, and with plain letters for those that only look like them. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from syndication.moderation.signals.invisible import UNSEEN, unseen

_BLANK = frozenset("\u2800\u3164\uffa0")
"""Of what is not drawn, that which takes the width of a space."""
_STYLED = (
    "\u02b0-\u02b8\u02e0-\u02e4\u1d2c-\u1dbf\u2070-\u209c\u2100-\u211f\u2123-\u218b\u2460-\u24ff\ufb00-\ufb06\uff01-\uff5e"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f189\u2776-\u2793\u3002\u0250-\u02af\u1d00-\u1d2b\ua730\ua731"
    "\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef"
)
"""Letters, figures and signs drawn wide, bold, small, in a circle, or of other countries; those of French keyboards are
left alone."""
_SMALL = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩıʋɐ", "abcdefghijklmnoprstuvwyzagiiua", strict=True)) | {"\u3002": "."}
"""Letters of phoneticians that are taken for ours, and a full stop of Asia."""
_VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""What chooses how the character before is drawn."""
_LOOK_ALIKE = str.maketrans(
    "аеёорсухіїјѕԁһӏԛԝкмтнпгвАВЕЁКМНОРСТУХІЇЈЅԚԜ" "αεικνορτυχγηωάέίόύΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" "օսոհցզյ",
    "aeëopcyxiïjsdhlqwkmthnrbABEËKMHOPCTYXIÏJSQW" "aeikvoptuxynwáéíóúABEZHIKMNOPTYX" "ounhgqj",
)  # fmt: skip
"""Cyrillic letters, then Greek and Armenian ones, with the Latin letters for which they are taken."""
_OTHER = "".join(map(chr, _LOOK_ALIKE))
_ODD = re.compile(f"[{UNSEEN}{_STYLED}{_VARIANTS}{_OTHER}]")
_STYLE = re.compile(f"[{_STYLED}]")
_WITHIN = re.compile(rf"(?<=\w)[{_VARIANTS}]+(?=\w)")
_WORD = re.compile(r"[\w\u0300-\u036f]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")


def plain(text: str) -> tuple[str, Sequence[int]]:
    """The text as it is read, and where each of its characters stands in the text as it is written."""
    if not _ODD.search(text):
        return text, range(len(text))
    variants = [match.span() for match in _WITHIN.finditer(text)]
    hidden = {at for span in (*unseen(text), *variants) for at in range(*span)}
    read = [_drawn(one) if at in hidden else _simple(one) for at, one in enumerate(text)]
    origins = [at for at, shown in enumerate(read) for _ in shown]
    return _WORD.sub(_latin, "".join(read)), origins


def _drawn(hidden: str) -> str:
    """What is seen of a character that nobody sees: its width, if it has one."""
    return " " if hidden.isspace() or hidden in _BLANK else ""


def _latin(word: re.Match[str]) -> str:
    """A word that some Latin letter is in, wholly in Latin letters; any other as it is."""
    return word.group().translate(_LOOK_ALIKE) if _LATIN.search(word.group()) else word.group()


@cache
def _simple(character: str) -> str:
    """The plain characters of one that is only drawn otherwise, or itself."""
    if not _STYLE.match(character):
        return character
    simple = _SMALL.get(character) or _figure(character) or _capital(character)
    simple = simple or unicodedata.normalize("NFKC", character)
    return simple if simple.isascii() else character


def _figure(character: str) -> str:
    figure = unicodedata.digit(character, None)
    return "" if figure is None else str(figure)


def _capital(character: str) -> str:
    """The letter of a sign that Unicode names « NEGATIVE CIRCLED LATIN CAPITAL LETTER C »."""
    found = re.fullmatch(r"NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER ([A-Z])", unicodedata.name(character, ""))
    return found[1] if found else ""
