"""Masks: spans of a text that name a person, and what the public reads in their place. Pure.

Places are in code points, as everything else about texts here. A mask takes a few words away and adds none of its own:
whoever reads knows that something was there, and who wrote it is told what.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

from syndication.errors import DecisionError

KINDS = MappingProxyType({"prenom": "[prénom retiré]", "nom": "[nom retiré]"})
"""What stands in the place of a masked span, by kind."""
MOST, LONGEST, MOST_WORDS = 10, 60, 4
"""Masks of a text, characters and words of a mask."""
_JOINER, _SELECTORS = "\u200d", range(0xFE00, 0xFE10)
_SKIN, _FLAGS = range(0x1F3FB, 0x1F400), range(0x1F1E6, 0x1F200)


class Mask(NamedTuple):
    """A span of a text and what it names."""

    start: int
    end: int
    kind: str


def shown(text: str, masks: Sequence[Mask]) -> str:
    """A text as the public reads it."""
    parts: list[str] = []
    place = 0
    for mask in sorted(masks):
        parts += [text[place : mask.start], KINDS[mask.kind]]
        place = mask.end
    return "".join([*parts, text[place:]])


def read(stored: Sequence[Sequence[Any]]) -> tuple[Mask, ...]:
    """Masks as the database keeps them."""
    return tuple(Mask(int(start), int(end), str(kind)) for start, end, kind in stored)


def checked(text: str, masks: Sequence[Mask]) -> tuple[Mask, ...]:
    """Masks that may be laid on a text, in its order, each once; raises DecisionError with the sentence to show."""
    laid = tuple(sorted(set(masks)))
    if len(laid) > MOST:
        raise DecisionError(f"Pas plus de {MOST} masques dans un texte\u00a0: demandez plutôt une réécriture.")
    for mask in laid:
        _check(text, mask)
    if any(later.start < earlier.end for earlier, later in pairwise(laid)):
        raise DecisionError("Deux masques se chevauchent\u00a0: gardez-en un.")
    starts, ends = [mask.start for mask in laid], [mask.end for mask in laid]
    left = "".join(text[start:end] for start, end in zip([0, *ends], [*starts, None], strict=True))
    if laid and not any(letter.isalnum() for letter in left):
        raise DecisionError("Un masque ne couvre pas tout le texte\u00a0: refusez-le, ou demandez une réécriture.")
    return laid


def find(text: str, words: str, kind: str) -> tuple[Mask, ...]:
    """Masks on every place where a text says very words, alone; raises DecisionError when it does not say them."""
    wanted = words.strip()
    if not wanted:
        raise DecisionError("Écrivez les mots à masquer, tels qu'ils sont dans le texte.")
    found: list[Mask] = []
    place = text.find(wanted)
    while place >= 0:
        end = place + len(wanted)
        if not (_splits(text, place) or _splits(text, end)):
            found.append(Mask(place, end, kind))
        place = text.find(wanted, end)
    if not found:
        raise DecisionError(f"Le texte ne dit pas «\u00a0{wanted}\u00a0»\u00a0: recopiez les mots tels qu'ils y sont.")
    return tuple(found)


def trimmed(text: str, mask: Mask) -> Mask:
    """A mask without the spaces at its ends, which a hand that selects takes along."""
    said = text[mask.start : mask.end]
    start = mask.start + len(said) - len(said.lstrip())
    return Mask(start, max(start, mask.end - (len(said) - len(said.rstrip()))), mask.kind)


def _check(text: str, mask: Mask) -> None:
    if mask.kind not in KINDS:
        raise DecisionError("Dites si c'est un prénom ou un nom.")
    if not 0 <= mask.start < mask.end <= len(text):
        raise DecisionError("Ce masque n'est pas dans le texte\u00a0: sélectionnez de nouveau.")
    said = text[mask.start : mask.end]
    if said != said.strip() or not any(letter.isalpha() for letter in said):
        raise DecisionError("Un masque couvre des mots, sans espace autour.")
    if len(said) > LONGEST or len(said.split()) > MOST_WORDS:
        raise DecisionError(
            f"Un masque couvre un nom, pas une phrase\u00a0: {MOST_WORDS} mots et {LONGEST} caractères au plus."
        )
    if _splits(text, mask.start) or _splits(text, mask.end):
        raise DecisionError("Un masque ne coupe pas un mot\u00a0: prenez-le en entier.")


def _splits(text: str, place: int) -> bool:
    """True when a place is inside a word, or inside what a reader sees as one character."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return True
    if _joins(after) or before == _JOINER:
        return True
    if ord(before) in _FLAGS and ord(after) in _FLAGS:
        flags = 0
        while flags < place and ord(text[place - 1 - flags]) in _FLAGS:
            flags += 1
        return flags % 2 == 1
    return _in_word(text, place - 1) and after.isalnum()


def _joins(character: str) -> bool:
    """True for what is drawn on the character before it."""
    number = ord(character)
    return (
        character == _JOINER
        or number in _SELECTORS
        or number in _SKIN
        or unicodedata.category(character).startswith("M")
    )


def _in_word(text: str, place: int) -> bool:
    """True when a character is a letter or a digit, or a sign drawn on one."""
    while place > 0 and _joins(text[place]):
        place -= 1
    return text[place].isalnum()
