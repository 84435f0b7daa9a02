"""Names of people: first names, and what announces somebody. Pure."""

from collections.abc import Iterator
from functools import cache

from syndication.moderation.signals.lists import load, words
from syndication.moderation.signals.reading import (
    A_NAME,
    FRENCH,
    MISTER,
    NAME_SURE,
    NAME_WORD,
    NAMED,
    PUBLIC,
    ROLE,
    TITLE,
    Reading,
    fold,
)
from syndication.moderation.signals.signal import Signal

_PARTICLES = frozenset({"le", "la", "de", "du", "d", "da", "di", "el", "ben", "van", "von", "dos", "al", "l"})
_ARTICLES = frozenset(
    {"un", "une", "des", "les", "du", "au", "aux", "ce", "cet", "cette", "ces", "quelques", "plusieurs"}
)
_FOLLOWS = frozenset({"m", "me", "nous"})


def find_people(reading: Reading) -> Iterator[Signal]:
    """People who are named, each with what gave them away."""
    candidates = reading.having(A_NAME | TITLE | MISTER | NAMED | ROLE)
    if not candidates:
        return
    blocked, told = _public(reading), -1
    for index in candidates:
        if index > told and index not in blocked:
            first, last, why = _person(reading, index)
            if last is not None and last not in blocked:
                told = _surname(reading, last)
                yield Signal("personne", reading.places[first][0], reading.places[told][1], why)


def _person(reading: Reading, index: int) -> tuple[int, int | None, str]:
    """First and last word of a name that a word gives away (None: no name), and why."""
    traits = reading.traits[index]
    if traits & TITLE or (traits & MISTER and _is_mister(reading, index)):
        last = _after_title(reading, index)
        if last is not None:
            return index, last, "Titre suivi d'un nom"
    for trait, after, why in ((NAMED, _after_named, "Nom annoncé"), (ROLE, _after_role, "Rôle suivi d'un nom")):
        last = after(reading, index) if traits & trait else None
        if last is not None:
            return _beginning(reading, index, last), last, why
    if traits & A_NAME and _is_name(reading, index):
        return index, index, "Prénom"
    return index, None, ""


def _beginning(reading: Reading, index: int, last: int) -> int:
    """Where the name begins after the word that announced it."""
    begin = last
    while begin - 1 > index and reading.raw[begin - 1][0].isupper() and not reading.shouted:
        begin -= 1
    return begin


def _is_mister(reading: Reading, index: int) -> bool:
    """« M. Dupont », « M Dupont »: the letter alone, in capitals, before a capital."""
    if index + 1 >= len(reading):
        return False
    return reading.gap(index + 1) in {". ", " ", ".", ".\u00a0", "\u00a0"} and _is_capital(reading, index + 1)


def _after_title(reading: Reading, index: int) -> int | None:
    at = index + 1
    if at >= len(reading) or reading.gap(at).strip(" \u00a0.") or "\n" in reading.gap(at):
        return None
    full = reading.folded[index] in {"monsieur", "madame", "mademoiselle", "docteur"}
    if (
        reading.folded[at] in _PARTICLES
        and at + 1 < len(reading)
        and _is_capital(reading, at)
        and _is_capital(reading, at + 1)
    ):
        return at + 1
    if (
        reading.traits[at] & FRENCH
        or reading.traits[at] & ROLE
        or reading.folded[at] in words("people", "not_surnames")
    ):
        return None
    shouted = reading.raw[index].isupper() and reading.raw[at].isupper() and reading.raw[at].isalpha()
    if _is_capital(reading, at) or shouted or reading.traits[at] & A_NAME or (not full and reading.raw[at].isalpha()):
        return at
    return None


def _after_named(reading: Reading, index: int) -> int | None:
    """« il s'appelle Karim », unless it is a tool or a place."""
    at = index + 1
    if at >= len(reading) or reading.parted(at):
        return None
    before = reading.folded[max(index - 5, 0) : index]
    if not words("people", "things").isdisjoint(before) or reading.folded[at] in words("people", "not_surnames"):
        return None
    if reading.traits[at] & FRENCH:
        return None
    if reading.traits[at] & A_NAME or (_is_capital(reading, at) and reading.raw[at].isalpha()):
        return at
    return None


def _after_role(reading: Reading, index: int) -> int | None:
    """« mon patron Karim », « ma prof de cuisine Sandrine », « le chef Delaunay »."""
    between = words("people", "links") | words("people", "named")
    teaches = reading.folded[index] in words("people", "teachers")
    for at in range(index + 1, min(index + 6, len(reading))):
        if reading.parted(at):
            return None
        traits = reading.traits[at]
        beside = at == index + 1 or (teaches and reading.folded[at - 1] in words("people", "not_surnames"))
        if traits & A_NAME and _fits_role(reading, index, at):
            return at
        if _is_surname(reading, at) and (_is_apart(reading, at) or (beside and reading.gap(at) == " ")):
            return at
        if reading.folded[at] not in between and not traits & ROLE:
            return None
        if traits & TITLE:
            return None
    return None


def _fits_role(reading: Reading, index: int, at: int) -> bool:
    """Whether a name so near a role is meant: an ordinary word needs its capital, a common name does not."""
    if reading.folded[at - 1] in words("people", "bearers") or reading.folded[at - 1] in {"a", "en", "de", "d", "du"}:
        return bool(reading.traits[at] & NAME_SURE)
    if _is_capital(reading, at):
        return True
    return not reading.traits[at] & NAME_WORD and (
        at == index + 1 or bool(reading.traits[at] & NAME_SURE) or _called(reading, index, at)
    )


def _called(reading: Reading, index: int, at: int) -> bool:
    return any(reading.traits[between] & NAMED for between in range(index, at)) or "est" in reading.folded[index:at]


def _is_apart(reading: Reading, at: int) -> bool:
    """« le patron, Delmas, », « le prof de maths (Nguyen) »: a name that commas or brackets set apart."""
    closing = {", ": ",", " (": ")"}.get(reading.gap(at))
    return closing is not None and at + 1 < len(reading) and reading.gap(at + 1).startswith(closing)


def _is_surname(reading: Reading, at: int) -> bool:
    raw, folded = reading.raw[at], reading.folded[at]
    if not _is_capital(reading, at) or not raw.isalpha() or len(raw) < 3 or raw.isupper():
        return False
    known = words("people", "not_surnames") | words("people", "bearers") | words("people", "roles")
    return folded not in known and not reading.traits[at] & FRENCH


def _is_name(reading: Reading, index: int) -> bool:
    """Whether a first name stands for a person without anything that announces it."""
    traits, folded = reading.traits[index], reading.folded
    before = folded[index - 1] if index else ""
    if before in words("people", "bearers") or (
        index > 1 and folded[index - 2] in words("people", "bearers") and before in {"de", "du", "d", "la"}
    ):
        return False
    if _is_joined(reading, index) or _is_famous(reading, index) or _is_house(reading, index):
        return False
    if before in _ARTICLES and not _is_capital(reading, index):
        return False
    if traits & NAME_SURE or _is_double(reading, index):
        return True
    if not _is_capital(reading, index):
        return False
    if (
        before in _ARTICLES
        or _names_a_thing(reading, index)
        or (traits & NAME_WORD and before in {"la", "le", "l", "en", "a", "de", "sa", "ma", "depuis"})
    ):
        return False
    if traits & NAME_WORD and reading.begins(index):
        return _is_introduced(reading, index)
    return True


def _names_a_thing(reading: Reading, index: int) -> bool:
    """« la coupe Victoria », « notre robot Gaston »: a thing, told by the word that stands before it."""
    return (
        index > 1
        and reading.gap(index) == " "
        and reading.folded[index - 1] in words("people", "things")
        and reading.folded[index - 2] in words("people", "determiners")
    )


def _is_famous(reading: Reading, index: int) -> bool:
    """« notre Florence nationale »: somebody whom everybody knows."""
    return (
        index + 1 < len(reading)
        and reading.gap(index + 1) == " "
        and reading.folded[index + 1] in {"national", "nationale"}
    )


def _is_house(reading: Reading, index: int) -> bool:
    """« Chez Martin, boulangerie », « le salon Chez Martin »: a trade that bears its owner's name."""
    if index == 0 or reading.folded[index - 1] != "chez":
        return False
    houses = words("people", "bearers")
    after = [word for word in reading.folded[index + 1 : index + 3] if word not in words("people", "determiners")]
    told = index + 1 < len(reading) and reading.gap(index + 1).strip() in {",", "(", ":"}
    return (told and after[:1] != [] and after[0] in houses) or (index > 1 and reading.folded[index - 2] in houses)


def _is_introduced(reading: Reading, index: int) -> bool:
    """« Rose, ma tutrice », « Pierre m'a appris »: what follows an ordinary word says that it is somebody."""
    after = reading.folded[index + 1 : index + 4]
    if after and after[0] in _FOLLOWS and " " in reading.gap(index + 1):
        return True
    roles = words("people", "roles")
    return len(after) > 1 and after[0] in {"ma", "mon", "notre", "la", "le"} and not roles.isdisjoint(after)


def _is_double(reading: Reading, index: int) -> bool:
    """« jean-pierre »: two first names and a hyphen."""
    at = index + 1
    return at < len(reading) and bool(reading.traits[at] & A_NAME) and reading.gap(at) == "-"


def _is_joined(reading: Reading, index: int) -> bool:
    """Whether a hyphen ties a name to a word that is none: « Clermont-Ferrand », « martin-pêcheur »."""
    for at, other in ((index, index - 1), (index + 1, index + 1)):
        if (
            0 <= other < len(reading)
            and at < len(reading)
            and reading.gap(at) == "-"
            and not reading.traits[other] & A_NAME
        ):
            return True
    return False


def _surname(reading: Reading, last: int) -> int:
    """The last word of a name: « Julien Morel », « jean-pierre », « M. Le Goff »."""
    for at in range(last + 1, min(last + 3, len(reading))):
        gap = reading.gap(at)
        name = reading.traits[at] & A_NAME and gap in {"-", " "}
        capital = gap in {" ", "-"} and _is_capital(reading, at) and not reading.traits[at] & FRENCH
        if not (name and (gap == "-" or _is_capital(reading, at))) and not (capital and not reading.raw[at].isupper()):
            return at - 1
    return min(last + 2, len(reading) - 1) if last + 1 < len(reading) else last


def _is_capital(reading: Reading, index: int) -> bool:
    return reading.raw[index][0].isupper() and not reading.shouted


def _public(reading: Reading) -> frozenset[int]:
    """Words that belong to the name of a public person, a brand or a school."""
    found: set[int] = set()
    for index in reading.having(PUBLIC):
        for name in _public_names()[reading.folded[index]]:
            if tuple(reading.folded[index : index + len(name)]) == name:
                found.update(range(index, index + len(name)))
    return frozenset(found)


@cache
def _public_names() -> dict[str, list[tuple[str, ...]]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for name in load("people")["public"]:
        parts = tuple(map(fold, name.split()))
        table.setdefault(parts[0], []).append(parts)
    return table
