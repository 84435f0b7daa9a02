"""Characters that nobody sees, some of which turn the words around them: where they stand, and their names. Pure."""

import re
from collections.abc import Iterator

from syndication.moderation.signals.signal import Signal

TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Those that say in which direction words are read."""
UNSEEN = (
    "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0001\\U000e0020-\\U000e007f"
    "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u2800\\u3164\\uffa0"
)
"""Controls and formats that are not drawn, then letters and marks that are drawn as nothing; a text's layout is not
among them. As regular expressions write them between brackets."""
_RUN = re.compile(f"[{UNSEEN}]+")
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001faff\u2600-\u27bf\u2b50\ufe0f\u20e3]\u200d(?=[\U0001f300-\U0001faff\u2600-\u27bf])"
    "|\U0001f3f4[\U000e0020-\U000e007f]+"
)
"""Where joiners and tags make one picture out of several."""
_JOINED = re.compile("(?<=[\u0600-\u0dff])[\u200c\u200d](?=[\u0600-\u0dff])")
"""Where joiners shape letters: in Arabic scripts and those of India."""


def unseen(text: str) -> Iterator[tuple[int, int]]:
    """Ends of each run of characters that nobody sees and that no writing needs."""
    if text.isascii() and text.isprintable():
        return
    needed = [match.span() for pattern in (_EMOJI, _JOINED) for match in pattern.finditer(text)]
    for run in _RUN.finditer(text):
        places = [at for at in range(*run.span()) if not any(start <= at < end for start, end in needed)]
        if places:
            yield places[0], places[-1] + 1


def name(character: str) -> str:
    """« U+202E »."""
    return f"U+{ord(character):04X}"


def find_invisible(text: str) -> Iterator[Signal]:
    """Signals of a text's invisible characters."""
    for start, end in unseen(text):
        run = text[start:end]
        turned = " (il change le sens de lecture)" if TURNING & set(run) else ""
        yield Signal("invisible", start, end, f"Caractère invisible {name(run[0])}{turned}")
