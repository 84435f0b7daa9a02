"""A text as words with their places, each with what lists say of it. Pure.

A word is looked up once in a process and kept; a text then costs one pass.
"""

import re
import unicodedata
from functools import cache, cached_property, lru_cache, reduce
from operator import or_

from syndication.moderation.signals.lists import load, words
from syndication.moderation.signals.plain import plain

NAME_SURE, NAME_CAPITAL, NAME_WORD = 1, 2, 4
TITLE, ROLE, NAMED = 8, 16, 32
MISTER, RUDE, SPELT = 64, 128, 256
NETWORK, STREET = 512, 1024
FRENCH, FOREIGN, OTHER_SCRIPT = 2048, 4096, 8192
MASH, FIRST_FIGURE = 16384, 32768
MAILING, PUBLIC, LETTER = 65536, 131072, 262144
STOP = 524288
"""The end of a sentence, which is read as a word is."""
DANGER = 1048576
"""The first rule of danger has this bit, each further one the next."""
_COMMON = FRENCH | FOREIGN
A_NAME = NAME_SURE | NAME_CAPITAL | NAME_WORD
LONGEST_WORD = 60
"""Letters of a word that are looked at; more is no word."""
_WORD = re.compile(r"[\w\u0300-\u036f]+")
_STOPS = frozenset(".!?\n;…")
_TOKEN = re.compile(r"[\w\u0300-\u036f]+|[.!?\n;…]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "_": ""})
NUMBERS = frozenset(
    """
    trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt vingts trente
    quarante cinquante soixante
    """.split()  # noqa: SIM905 read as the list of words that it is
)
_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = frozenset("aeiouy")
_RUN = re.compile(r"(.)\1{7}")
_SYLLABLES = re.compile(r"(.{1,5}?)\1{4,}")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}")


class Reading:
    """A text once read: its words as typed (``raw``), in lower case without accents (``folded``), and their ``traits``.

    ``known`` is every trait that some word has. Places in the text are worked out when they are asked for: most texts
    have nothing to show. They are of the text as it is read, ``text``; ``as_written`` gives those of what was written,
    ``written``, from which characters that nobody sees and letters of another look are taken (``plain``).
    """

    def __init__(self, written: str) -> None:
        self.written = written
        self.text, self._origins = plain(written)
        tokens: list[str] = _TOKEN.findall(self.text)
        folded, traits = zip(*map(lexeme, tokens), strict=True) if tokens else ((), ())
        self.known = reduce(or_, set(traits), 0)
        self._tokens: tuple[str, ...] = folded
        self._at = [at for at, own in enumerate(traits) if own != STOP] if self.known & STOP else range(len(tokens))
        self.raw = [tokens[at] for at in self._at]
        self.folded = [folded[at] for at in self._at]
        self.traits = [traits[at] for at in self._at]
        self._telling = [(index, own) for index, own in enumerate(self.traits) if own & ~_COMMON]

    def __len__(self) -> int:
        return len(self.raw)

    def having(self, traits: int) -> list[int]:
        """Which words have one of these traits at least, but for those of languages."""
        return [index for index, own in self._telling if own & traits] if self.known & traits else []

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Start and end of each word, in code points of the text."""
        return [match.span() for match in _WORD.finditer(self.text)]

    def as_written(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of ``text`` stands in what was written; what has no place (0 and 0) keeps none."""
        return (self._origins[start], self._origins[end - 1] + 1) if start < end else (start, end)

    def gap(self, index: int) -> str:
        """What stands between a word and the one before it; the text's beginning before the first."""
        start = self.places[index - 1][1] if index else 0
        return self.text[start : self.places[index][0]]

    def begins(self, index: int) -> bool:
        """True when a sentence begins with a word, so that its capital says nothing."""
        return index == 0 or self.parted(index) or ":" in self.gap(index)

    def parted(self, index: int) -> bool:
        """True when a sentence ends before a word."""
        return index > 0 and self._at[index] - self._at[index - 1] > 1

    def line(self, first: int, last: int) -> str:
        """Folded words ``first`` to ``last`` (excluded) between single spaces, with « . » where a sentence ends."""
        return " ".join(self._tokens[self._at[first] : self._at[last - 1] + 1]) if first < last else ""

    def stretch(self, first: int, last: int) -> "Stretch":
        """Words ``first`` to ``last`` (excluded) as a line on which patterns run."""
        return Stretch(self, max(first, 0), min(last, len(self)))

    @cached_property
    def shouted(self) -> bool:
        """True when the text is mostly in capitals, so that they say nothing."""
        if 3 * sum(map(str.isupper, self.raw)) < len(self.raw):
            return False
        letters = sum(len(word) for word in self.raw if word.isalpha())
        return 2 * sum(len(word) for word in self.raw if len(word) > 1 and word.isalpha() and word.isupper()) > letters


class Stretch:
    """A part of a text on which patterns run: its ``line`` begins and ends with a space."""

    def __init__(self, reading: Reading, first: int, last: int) -> None:
        self._reading = reading
        self._first = first
        self.line = f" {reading.line(first, last)} "

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text a part of ``line`` stands that begins and ends with a word."""
        places = self._reading.places
        return places[self._words_before(start)][0], places[self._words_before(end) - 1][1]

    def _words_before(self, offset: int) -> int:
        before = self.line[:offset].split()
        return self._first + len(before) - before.count(".")


def fold(word: str) -> str:
    """A word in lower case without accents, ligatures or bars."""
    lower = word.casefold().translate(_LIGATURES)
    if lower.isascii():
        return lower
    return "".join(c for c in unicodedata.normalize("NFD", lower) if unicodedata.category(c) != "Mn")


@lru_cache(maxsize=20_000)
def lexeme(word: str) -> tuple[str, int]:
    """A word in lower case without accents, and what is known of it; the end of a sentence too."""
    if word in _STOPS:
        return ".", STOP
    folded = fold(word[:LONGEST_WORD]) or "-"
    traits = _listed().get(folded, 0)
    for bit, whole, beginnings in _alarms():
        if folded in whole or folded.startswith(beginnings):
            traits |= bit
    if word == "M":
        traits |= MISTER
    if len(folded) == 1 and folded.isalpha():
        traits |= LETTER
    if _is_rude(word, folded):
        traits |= RUDE
    if folded in NUMBERS:
        traits |= SPELT
    if folded in {"zero", "o", "0"} or re.fullmatch("0[1-9]", folded):
        traits |= FIRST_FIGURE
    if _is_mash(folded):
        traits |= MASH
    if folded and not folded[0].isdigit() and ord(folded[0]) > 0x24F:
        traits |= OTHER_SCRIPT
    return folded, traits


def squeezed(folded: str) -> tuple[str, ...]:
    """A word, and what it may be when letters were repeated for effect: « coooonnard »."""
    if not re.search(r"(.)\1\1", folded):
        return (folded,)
    return (
        folded,
        re.sub(r"(.)\1{2,}", r"\1", folded),
        re.sub(r"(.)\1{2,}", r"\1\1", folded),
        re.sub(r"(.)\1+", r"\1", folded),
    )


@cache
def rude_words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Kinds of rude words with what they match whole."""
    return tuple((kind, re.compile("|".join(load("rude")[kind]))) for kind in ("insults", "hateful", "vulgar"))


def _is_rude(word: str, folded: str) -> bool:
    small = word.islower() and folded in load("rude")["small"]
    return small or any(one.fullmatch(form) for form in squeezed(folded) for _, one in rude_words())


def _is_mash(folded: str) -> bool:
    if len(folded) < 5 or not folded.isalpha() or folded in {"azerty", "qwerty"}:
        return False
    if any(folded in row or (len(folded) > 8 and _shares(folded, row)) for row in _ROWS):
        return True
    if len(folded) >= 8 and _RUN.search(folded):
        return True
    if len(folded) >= 12 and _SYLLABLES.search(folded):
        return True
    if not folded.isascii() or len(folded) < 8:
        return False
    vowels = sum(letter in _VOWELS for letter in folded)
    return _CONSONANTS.search(folded) is not None or 6 * vowels < len(folded)


def _shares(folded: str, row: str) -> bool:
    return any(row[at : at + 7] in folded for at in range(len(row) - 6))


@cache
def _alarms() -> tuple[tuple[int, frozenset[str], tuple[str, ...]], ...]:
    """For each rule of danger its bit, and the whole words and beginnings of words for which it is read."""
    return tuple(
        (
            DANGER << number,
            frozenset(one[:-1] for one in rule["on"].split() if one.endswith(".")),
            tuple(one for one in rule["on"].split() if not one.endswith(".")),
        )
        for number, rule in enumerate(load("danger")["rules"])
    )


@cache
def _listed() -> dict[str, int]:
    """Traits of words that stand in lists."""
    found: dict[str, int] = {}
    contacts, languages = load("contacts"), load("languages")
    for trait, listed in (
        (NAME_SURE, words("first_names", "sure")), (NAME_CAPITAL, words("first_names", "capital")),
        (NAME_WORD, words("first_names", "word")), (TITLE, words("people", "titles")),
        (ROLE, words("people", "roles")), (NAMED, words("people", "named")),
        (NETWORK, words("contacts", "networks")), (FRENCH, words("languages", "french")),
        (MAILING, words("contacts", "mailing")),
        (PUBLIC, frozenset(one.split()[0] for one in load("people")["public"])),
        (STREET, frozenset((contacts["strong_streets"] + " " + contacts["weak_streets"]).split())),
        (FOREIGN, frozenset(" ".join(languages["others"].values()).split())),
    ):  # fmt: skip
        for word in listed:
            found[fold(word)] = found.get(fold(word), 0) | trait
    for rule in load("rude")["phrases"]:
        for word in rule["on"].split():
            found[word] = found.get(word, 0) | RUDE
    return found
