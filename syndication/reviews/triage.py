"""Texts that were given before. Pure: the collector marks what it sees of one answer, this what is seen of all."""

import hashlib
import unicodedata

COPIED = "copie"
"""Mark of a response, and signal of a text, that repeats somebody else's."""


def fingerprint(text: str, minimum: int) -> str | None:
    """What two texts share that differ by case, accents, spaces and punctuation only; None for one too short to tell.

    ``minimum``: letters and digits under which a text may be common (« rien à dire »); 0 tells nothing.
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if letter.isalnum())
    if not minimum or len(letters) < minimum:
        return None
    return hashlib.sha256(letters.encode()).hexdigest()[:24]
