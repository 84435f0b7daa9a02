"""Insults, coarse words and hateful ones, as they are typed: repeated letters, stars, figures for letters. Pure."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from syndication.moderation.signals.lists import load
from syndication.moderation.signals.phrases import Rule, read_rule
from syndication.moderation.signals.reading import LETTER, RUDE, Reading, fold, rude_words, squeezed
from syndication.moderation.signals.signal import Signal

WHYS = {"insults": "Injure", "hateful": "Mot injurieux pour un groupe", "vulgar": "Mot grossier"}
_MASKED = re.compile(r"(?<!\w)(?=[\w.]*[*@$€#!|0-9])[\w*@$€#!|]{3,20}(?<![!#|])")
_SIGNS = re.compile(r"[*@$€#!|0-9](?:(?<=[^\W\d_].)[*@$€#!|0-9]*[^\W\d_]|(?<=[@$])[^\W\d_]|(?<=\w\*)\*\*)")
"""What masks a letter, so that most texts are not looked at again."""
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?:(?:[.\-*]| (?=\w(?!\w)))[^\W\d_]){2,10}(?!\w)\.?")
_FIGURES = str.maketrans(
    {
        "0": "o",
        "1": "i",
        "3": "e",
        "4": "a",
        "5": "s",
        "7": "t",
        "@": "a",
        "$": "s",
        "€": "e",
        "!": "i",
        "|": "i",
        "#": "*",
    }
)
_PLAIN = """
connard connards connasse con cons conne enculé enculée enculés enculer pute putes putain salope salopes salaud salauds
bâtard bâtards merde merdique pédé pédés nique niquer fdp ntm couilles bite chier abruti abrutis débile débiles foutre
fuck shit enfoiré enfoirés bouffon bouffons nègre négro bougnoule tapette gouine
"""
"""Words that are looked for under stars."""


def find_rude(reading: Reading) -> Iterator[Signal]:
    """Insults and coarse or hateful words."""
    if reading.known & RUDE:
        yield from _words(reading)
        for rule in _rules():
            words = [index for index in reading.having(RUDE) if reading.folded[index] in rule.on]
            for start, end in rule.find(reading, words):
                yield Signal("injure", start, end, rule.why)
    yield from _masked(reading)


def _words(reading: Reading) -> Iterator[Signal]:
    for index in reading.having(RUDE):
        folded = reading.folded[index]
        kind = _kind(folded, reading.raw[index].islower())
        if kind and not _is_spared(index, folded, reading):
            yield Signal("injure", *reading.places[index], WHYS[kind])


@lru_cache(maxsize=10_000)
def _kind(folded: str, small: bool) -> str | None:
    if folded in load("rude")["small"]:
        return "insults" if small else None
    return next((kind for kind, one in rude_words() for form in squeezed(folded) if one.fullmatch(form)), None)


def _is_spared(index: int, folded: str, reading: Reading) -> bool:
    if folded == "con" and (reading.gap(index) == "-" or (index + 1 < len(reading) and reading.gap(index + 1) == "-")):
        return True
    company = load("rude")["spared"].get(folded)
    return company is not None and any(word.startswith(tuple(company)) for word in reading.folded)


def _masked(reading: Reading) -> Iterator[Signal]:
    text = reading.text
    if _SIGNS.search(text):
        for match in _MASKED.finditer(text):
            if _unmask(match.group()):
                yield Signal("injure", *match.span(), "Injure déguisée")
    for match in _SPACED.finditer(text) if _has_three_letters(reading) else ():
        letters = fold("".join(filter(str.isalpha, match.group())))
        if len(letters) > 2 and any(one.fullmatch(letters) for _, one in rude_words()):
            yield Signal("injure", *match.span(), "Injure déguisée")


def _has_three_letters(reading: Reading) -> bool:
    """Whether three words of one letter follow one another."""
    letters = reading.having(LETTER)
    return any(third - first == 2 for first, third in zip(letters, letters[2:], strict=False))


@lru_cache(maxsize=10_000)
def _unmask(word: str) -> bool:
    """Whether a word with signs for letters is rude: « c*nnard », « m3rde », « $alope »."""
    if word.isalpha() or word.isdigit() or not any(map(str.isalpha, word)):
        return False
    folded = fold(word).translate(_FIGURES)
    if "*" in folded:
        # A star at either end may be emphasis, or a note: some letter must stand before and after.
        body = folded.strip("*")
        if folded == word.casefold() and re.fullmatch(r"[a-z]{1,3}\*{3,5}", folded):
            return any(len(plain) == len(folded) and plain.startswith(body) for plain in _starred())
        if "*" not in body or sum(map(str.isalpha, body)) < 2:
            return False
        pattern = re.compile("".join(f"[a-z]{{1,{len(part)}}}" if part[0] == "*" else part for part in _runs(body)))
        return any(pattern.fullmatch(plain) for plain in _plain())
    return folded != fold(word) and any(one.fullmatch(form) for form in squeezed(folded) for _, one in rude_words())


def _runs(body: str) -> list[str]:
    return re.findall(r"\*+|[a-z]", body)


@cache
def _plain() -> tuple[str, ...]:
    return tuple(map(fold, _PLAIN.split()))


@cache
def _starred() -> tuple[str, ...]:
    """Words of which only the first letters are left: « m**** »."""
    return ("merde", "merdes", "putain", "pute", "putes", "connard", "connards", "encule", "salope", "salopes")


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(map(read_rule, load("rude")["phrases"]))
