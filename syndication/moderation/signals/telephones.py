"""Telephone numbers, as they are typed: figures apart, other figures, letters for figures, words. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise

from syndication.moderation.signals.reading import FIRST_FIGURE, SPELT, Reading
from syndication.moderation.signals.signal import Signal

_ODD_SIGNS = ",:;|*~='\u2019\u00b7\u2022\u2026"
_SEPARATORS = rf"[\s.\-_/()\u2010-\u2015\ufe0f\u20e3{_ODD_SIGNS}]"
_FIGURE = r"(?:[0-9]|[oOIl](?=[0-9])|(?<=[0-9])[oO](?!\w))"
"""A figure, or a letter typed for one beside another."""
_FIGURES = re.compile(
    rf"(?<![\w@+])(?:\(?\+)?(?:{_FIGURE}|[oO(])(?:{_SEPARATORS}{{0,4}}{_FIGURE}){{7,}}(?![0-9])[\ufe0f\u20e3]*"
)
_GROUP = re.compile(rf"\+?{_FIGURE}+|[oO](?=[0-9\s.\-])")
_LETTERS = str.maketrans("oOIl", "0011")
_ODD = re.compile(rf"(?!^)[{_ODD_SIGNS}]")
"""Signs that part lists, hours and prices too: a number goes two by two, or one by one, with the same between all."""
_MONTH_DAYS = 31
"""What dates, marks and hours do not exceed: of figures that odd signs part, some pair of a number does."""
_KEYS = re.compile(r"[\ufe0f\u20e3]*")
"""What draws a figure as a key."""
_NATIONAL = re.compile(r"0[1-9][0-9]{8}")
_ABROAD = re.compile(r"(?:\+|00)(?:33(?:0?)[1-9][0-9]{8}|(?!33)[1-9][0-9]{8,12})|33[1-9][0-9]{8}")
_LONGEST = 15
"""Figures of the longest number (ITU-T E.164), before which an exit code of two may stand."""
_ROW = "0123456789"
"""Keys typed in their order; a number when it is written two by two."""
_STEPS = {-10, -5, -2, -1, 0, 1, 2, 5, 10}
"""From each to the next, in a row of sizes or of weights."""
_GLUED = re.compile(r"(?<=[^\W\d_])0[1-9](?:[ .\-]?[0-9]{2}){4}(?!\w)")
_MOBILE = re.compile(r"(?<![\w.,])[67](?:[ .\-]?[0-9]{2}){4}(?![0-9])")
FEWEST_FIGURES = 8
"""Figures of a text under which it holds no telephone number."""
SPELT_WORDS = 20
"""Words that a telephone number spelt out may take."""
_FILED = re.compile(
    r"(?<!\w)(?:candidat|dossier|matricule|identifiant|ine|siret|siren|r[ée]f(?:[ée]rence)?|facture|commande)"
    r"[ :n°o.]*$",
    re.IGNORECASE,
)
"""What announces another number."""
_ASKED = ("tel", "num", "portable", "appel", "whatsapp", "joindre", "sms", "texto", "contact")
_UNIT = r"(?:un|deux|trois|quatre|cinq|six|sept|huit|neuf|[1-9])"
_PAIR = (
    rf"(?:quatre vingts?(?: (?:dix(?: (?:sept|huit|neuf))?|onze|douze|treize|quatorze|quinze|seize|{_UNIT}))?|"
    rf"soixante(?: et)?(?: (?:dix(?: (?:sept|huit|neuf))?|onze|douze|treize|quatorze|quinze|seize|{_UNIT}))?|"
    rf"(?:vingt|trente|quarante|cinquante)(?: et)?(?: {_UNIT})?|dix (?:sept|huit|neuf)|"
    rf"dix|onze|douze|treize|quatorze|quinze|seize|(?:zero|0) (?:{_UNIT}|zero|0)|{_UNIT} {_UNIT}|[0-9]{{2}})"
)
_SPELT = re.compile(rf"(?<= )(?:(?:zero|o|0) {_UNIT}|0[1-9])(?: {_PAIR}){{3,5}}(?= )")


def find_telephones(reading: Reading) -> Iterator[Signal]:
    """Every telephone number that a text gives, each told once."""
    text, told = reading.text, list[tuple[int, int]]()
    many = sum(map(text.count, "0123456789")) >= FEWEST_FIGURES
    asked = many and any(word.startswith(_ASKED) for word in reading.folded)
    for match in _FIGURES.finditer(text) if many else ():
        filed = _FILED.search(text, max(match.start() - 25, 0), match.start()) is not None
        for span in _numbers(match, filed=filed, asked=asked):
            told.append(span)
            yield Signal("telephone", *span, "Numéro de téléphone")
    for match in _GLUED.finditer(text) if many else ():
        yield Signal("telephone", *match.span(), "Numéro de téléphone collé à un mot")
    for match in _MOBILE.finditer(text) if asked else ():
        if not any(start < match.end() and match.start() < end for start, end in told):
            yield Signal("telephone", *match.span(), "Numéro de téléphone sans son zéro")
    if reading.known & SPELT:
        yield from _spelt(reading)


def _spelt(reading: Reading) -> Iterator[Signal]:
    for first in reading.having(FIRST_FIGURE):
        stretch = reading.stretch(first, first + SPELT_WORDS)
        spelt = _SPELT.match(stretch.line, 1)
        if spelt and re.search("[a-z]{2}", spelt.group()):
            yield Signal("telephone", *stretch.place(*spelt.span()), "Numéro de téléphone en lettres")


def _numbers(run: re.Match[str], *, filed: bool, asked: bool) -> Iterator[tuple[int, int]]:
    """Telephone numbers within a run of figures: whole groups of figures that make one together.

    ``filed``: what stands before announces another number, which comes first. ``asked``: the text speaks of calling.
    Numbers that share figures are told as one, since nothing says which is meant.
    """
    text, groups = run.group(), list(_GROUP.finditer(run.group()))
    found: list[tuple[int, int]] = []
    for first in range(1 if filed else 0, len(groups)):
        last = _last_of_number(text, groups, first, asked=asked)
        if last is None:
            continue
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    for first, last in found:
        key = _KEYS.match(text, groups[last].end())
        yield run.start() + groups[first].start(), run.start() + (key.end() if key else groups[last].end())


def _last_of_number(text: str, groups: list[re.Match[str]], first: int, *, asked: bool) -> int | None:
    """The group that ends the longest number which another begins; None when none begins there."""
    digits, longest = "", None
    for last in range(first, len(groups)):
        digits += groups[last].group().translate(_LETTERS)
        parts = groups[first : last + 1]
        if _is_number(digits) and not _is_other(text, parts, asked=asked):
            longest = last
        if len(digits) > _LONGEST or (last > first and groups[last].group().startswith("+")):
            break
    return longest


def _is_number(digits: str) -> bool:
    return bool(_NATIONAL.fullmatch(digits) or _ABROAD.fullmatch(digits))


def _is_other(text: str, groups: list[re.Match[str]], *, asked: bool) -> bool:
    """Whether what could be a number is a date, keys in a row, « 06 08 10 12 14 », or a list of other figures."""
    shown = text[groups[0].start() : groups[-1].end()]
    if shown == _ROW or re.search(r"[/\-.](?:19|20)[0-9]{2}(?![0-9])", shown):
        return True
    figures = [one.group().lstrip("+").translate(_LETTERS) for one in groups]
    between = {text[before.end() : after.start()] for before, after in pairwise(groups)}
    return _is_regular(figures, asked=asked) or (
        _ODD.search(shown) is not None and not _is_dressed(figures, between, asked=asked)
    )


def _is_regular(figures: list[str], *, asked: bool) -> bool:
    """Sizes or weights in a row, unless the text speaks of calling."""
    steps = {int(after) - int(before) for before, after in pairwise(figures)}
    return not asked and {len(one) for one in figures} == {2} and len(steps) == 1 and steps <= _STEPS


def _is_dressed(figures: list[str], between: set[str], *, asked: bool) -> bool:
    """Whether figures that odd signs part are a number: « 06*12*34*56*78 », and no list, hours or prices."""
    lengths = {len(one) for one in figures}
    if len(between) != 1 or lengths not in ({1}, {2}):
        return False
    listed = between <= {", ", "; ", ",", ";"} and not asked
    spaced_list = listed and " " in min(between)
    return lengths == {1} or (not spaced_list and any(int(one) > _MONTH_DAYS for one in figures[1:]))
