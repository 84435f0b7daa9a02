"""What is wrong with a text that is no code, as the end of a French sentence. Pure.

A length is told before a character: a letter too many moves all that follow. Places are counted from 1, spaces left
out, as codes are read.
"""

import re
import string
from collections.abc import Callable

Fault = Callable[[str], str]
"""Tells what is wrong with a text that is not a code of some scheme."""

_DIGITS = frozenset(string.digits)
_LETTERS = frozenset(string.ascii_uppercase)
_KINDS = {
    "d": (_DIGITS, "un chiffre"),
    "c": (_DIGITS | _LETTERS, "une lettre ou un chiffre"),
    "x": (_DIGITS | {"X"}, "un chiffre ou X"),
    "b": (_DIGITS | {"A", "B"}, "un chiffre, A ou B"),
}
"""Kinds of characters in a layout, by the small letter that stands for them; anything else stands for itself."""

_KEY = f"ddddddPdddx{'d' * 28}-dbddd#Lcc"
CUT_KEY = re.compile(r"[0-9]{6}P[0-9]{3}[0-9X][0-9]{28}-[0-9][0-9AB][0-9]{3}#?")
"""What a server is given of a clé ministère éducatif whose ``#`` started a fragment."""
OTHER_ONISEP = re.compile(r"(ENS|MET|AD)\.?[0-9]*")
_OTHERS = {"ENS": "un établissement", "MET": "un métier", "AD": "autre chose qu'une formation"}


def laid_out(layout: str) -> Fault:
    """Fault of codes whose every character has its place."""

    def fault(text: str) -> str:
        read = text.upper()
        if len(read) != len(layout):
            return counted(f"{len(layout)} caractères", len(read))
        for place, (kind, character) in enumerate(zip(layout, read, strict=True), 1):
            allowed, name = _KINDS.get(kind, (frozenset(kind), f"« {kind} »"))
            if character not in allowed:
                return f"{name} est attendu en {ordinal(place)} place, « {character} » a été lu"
        return "deux chiffres ou AD sont attendus à la fin"

    return fault


def cfd(text: str) -> str:
    """Fault of a CFD, which may drag the letter of its speciality behind it."""
    alone = text[:-1] if len(text) == 9 and text[-1:].isalpha() else text
    return laid_out("cccdddcc")(alone)


def numbered(prefix: str, shortest: int, longest: int) -> Fault:
    """Fault of codes that are a number, perhaps behind a prefix."""

    def fault(text: str) -> str:
        start = len(prefix) if text.upper().startswith(prefix) else 0
        for place, character in enumerate(text[start:], start + 1):
            if character not in _DIGITS:
                return f"un chiffre est attendu en {ordinal(place)} place, « {character} » a été lu"
        if shortest <= len(text) - start <= longest:
            return f"le numéro, sans les zéros de tête, ne peut pas être inférieur à {10 ** (shortest - 1)}"
        return counted(f"{shortest} à {longest} chiffres", len(text) - start, f" après {prefix}" if prefix else "")

    return fault


def key(text: str) -> str:
    """Fault of a clé ministère éducatif: most often it was cut at its ``#``."""
    if CUT_KEY.fullmatch(text.upper()):
        return "elle est coupée au caractère # ; dans une adresse, # doit être écrit %23"
    return laid_out(_KEY)(text)


def onisep(text: str) -> str:
    """Fault of an ONISEP identifier or address."""
    other = OTHER_ONISEP.fullmatch(text.upper())
    if other:
        return f"{other[1]} désigne {_OTHERS[other[1]]} ; FOR.n ou AF.n est attendu"
    if "/" in text:
        return "cette adresse n'est pas celle d'une formation de l'ONISEP"
    return "FOR ou AF, un point et un numéro sont attendus"


def affelnet(text: str) -> str:
    """Fault of an Affelnet code."""
    academy, slash, offer = text.partition("/")
    if not slash:
        return "une barre oblique est attendue entre l'académie et le code de l'offre"
    if not academy.strip():
        return "l'académie manque avant la barre oblique"
    compact = "".join(offer.split())
    if not 1 <= len(compact) <= 20:
        return counted("1 à 20 caractères", len(compact), " après la barre oblique")
    wrong = next((character for character in compact if not (character.isascii() and character.isalnum())), None)
    if wrong:
        return f"une lettre ou un chiffre est attendu après la barre oblique, « {wrong} » a été lu"
    return "le nom ou le numéro d'une académie est attendu avant la barre oblique"


def uai(text: str, letter: Callable[[str], str]) -> str:
    """Fault of a UAI in capitals; ``letter`` gives the check letter of seven digits."""
    expected = "7 chiffres et une lettre sont attendus"
    shaped = re.fullmatch(r"([0-9]*)([A-Z]*)", text)
    if shaped and len(shaped[1]) == 7 and not shaped[2]:
        return f"{expected}, la lettre manque : {letter(text)}"
    if shaped:
        digits, letters = (_many(len(part), noun) for part, noun in zip(shaped.groups(), _NOUNS, strict=True))
        return f"{expected}, {digits} et {letters} ont été lus"
    wrong = (place for place, c in enumerate(text) if c not in _DIGITS and not (place == 7 and c in _LETTERS))
    place = next(wrong, len(text) - 1)
    return f"{expected}, « {text[place]} » a été lu en {ordinal(place + 1)} place"


_NOUNS = ("chiffre", "lettre")


def siret(text: str) -> str:
    """Fault of a SIRET."""
    for place, character in enumerate(text, 1):
        if character not in _DIGITS:
            return f"14 chiffres sont attendus, « {character} » a été lu en {ordinal(place)} place"
    return counted("14 chiffres", len(text))


def counted(expected: str, length: int, where: str = "") -> str:
    """So many were expected, so many were read."""
    read = {0: "aucun n'a été lu", 1: "1 a été lu"}.get(length, f"{length} ont été lus")
    return f"{expected} sont attendus{where}, {read}"


def ordinal(place: int) -> str:
    """A place in short: 1re, 2e, 3e."""
    return "1re" if place == 1 else f"{place}e"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"
