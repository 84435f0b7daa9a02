"""Ways to reach somebody: telephone numbers, addresses, links, accounts. Pure."""

import re
from collections.abc import Iterator

from syndication.moderation.signals.lists import words
from syndication.moderation.signals.reading import FRENCH, MAILING, NETWORK, STREET, Reading, lexeme
from syndication.moderation.signals.signal import Signal
from syndication.moderation.signals.telephones import find_telephones

_MAIL = re.compile(r"[\w.+\-]+ ?@ ?[\w\-]+(?: ?\. ?[\w\-]+)+")
_AT = r"(?: ?[(\[{] ?(?:at|arobase?|@) ?[)\]}] ?| (?:arobase?s?|at) )"
_MAIL_SPELT = re.compile(rf"[\w.+\-]+{_AT}[\w\-]+(?:(?:\.| ?[(\[{{]?(?:point|dot)[)\]}}]? )[\w\-]+)*", re.IGNORECASE)
_PROVIDER = re.compile(
    r"(?:[\w.+\-]+ )?(?<![\w.])(?:gmail|hotmail|outlook|yahoo|wanadoo|laposte|icloud)\.(?:com|fr|net)(?!\w)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?<!\w)(?:h(?:tt|xx)ps?://|ftps?://|www\.)\S*[\w/]", re.IGNORECASE)
_DOMAIN = re.compile(r"\.(?<=\w\.)([A-Za-z]{2,7})(?![\w@])(?=(/?))")
_SPELT_DOMAIN = re.compile(
    r"(?:(?<=\w) (?:point|\.) |(?<=\w) ?[(\[{] ?(?:point|dot|\.) ?[)\]}] ?)(?:com|fr|org|net)(?!\w)", re.IGNORECASE
)
_SPELT_DOT = (" point ", "point)", "point]", "dot)", "dot]", "[.", "(.", "{.", " . ")
_MACHINE = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{2,5}|/\w)\S*")
"""An address of the Internet, with the port or the path that makes it no number of a section."""
_BEFORE = re.compile(r"[\w.\-]*[^\W_]$")
_AFTER = re.compile(r"(?::[0-9]+)?(?:[/?#]\S*[\w/])?")
_HANDLE = re.compile(r"(?<![\w.@/])@(?=[\w.]*[^\W\d_])[\w.]{2,29}[\w]")
_TAG = re.compile(r"(?<!\w)[\w.]{2,32}#[0-9]{4}(?!\w)")


def find_contacts(reading: Reading) -> Iterator[Signal]:
    """Every way to reach somebody that a text gives."""
    yield from find_telephones(reading)
    mails = list(_mails(reading)) if "@" in reading.text or reading.known & MAILING else []
    yield from (Signal("mail", *span, "Adresse électronique") for span in mails)
    links = list(_links(reading.text, mails))
    yield from links
    yield from _accounts(reading, [*mails, *((link.start, link.end) for link in links)])
    yield from _streets(reading)


def _mails(reading: Reading) -> Iterator[tuple[int, int]]:
    text = reading.text
    if "@" in text:
        yield from (match.span() for match in _MAIL.finditer(text))
    if reading.known & MAILING or "(@" in text or "[@" in text:
        yield from (match.span() for match in _MAIL_SPELT.finditer(text) if _is_spelt_mail(match.group()))
    if "@" not in text:
        yield from (match.span() for match in _PROVIDER.finditer(text))


def _is_spelt_mail(found: str) -> bool:
    return (
        re.search(r"\.\w|[(\[{]|\b(?:point|dot)\b|gmail|outlook|hotmail|yahoo|orange|free", found, re.IGNORECASE)
        is not None
    )


def _links(text: str, mails: list[tuple[int, int]]) -> Iterator[Signal]:
    taken = list(mails)
    if "://" in text or "www." in text or "WWW." in text:
        for match in _SCHEME.finditer(text):
            taken.append(match.span())
            yield Signal("lien", *match.span(), "Lien")
    for start, end in _sites(text):
        if not any(begin < end and start < stop for begin, stop in taken):
            yield Signal("lien", start, end, "Nom de site")
    for match in _MACHINE.finditer(text):
        if not any(begin < match.end() and match.start() < stop for begin, stop in taken):
            yield Signal("lien", *match.span(), "Adresse d'une machine")


def _sites(text: str) -> Iterator[tuple[int, int]]:
    """« mon-site.fr/avis », « mon-site point fr », « mon-site[.]fr »."""
    sure, other = words("contacts", "top_domains"), words("contacts", "other_domains")
    ends = [
        match
        for match in _DOMAIN.finditer(text)
        if match[1].lower() in sure or (match[2] and match[1].lower() in other)
    ]
    for match in [*ends, *(_SPELT_DOMAIN.finditer(text) if any(dot in text for dot in _SPELT_DOT) else ())]:
        before = _BEFORE.search(text, max(match.start() - 80, 0), match.start())
        if before is None or _is_no_site(before.group(), match.group()):
            continue
        rest = _AFTER.match(text, match.end())
        yield before.start(), rest.end() if rest else match.end()


def _is_no_site(before: str, end: str) -> bool:
    """« ASP.NET », « C'est bien.Info » where a sentence begins without its space, « un bon point com »."""
    name = re.sub(r"\W|point|dot", "", end)
    if end.startswith(" "):
        return lexeme(before)[1] & FRENCH != 0 or name[:1].isupper() or (end.startswith(" .") and "-" not in before)
    sentence = name[:1].isupper() and name[1:].islower() and before.isalpha() and before.islower()
    return sentence or f"{before}{end}".lower() in words("contacts", "not_sites")


def _accounts(reading: Reading, taken: list[tuple[int, int]]) -> Iterator[Signal]:
    text = reading.text
    spans: list[tuple[int, int]] = []
    if "@" in text:
        nobody = words("contacts", "every_one")
        spans += [m.span() for m in _HANDLE.finditer(text) if m.group()[1:].casefold().strip(".") not in nobody]
    if "#" in text:
        spans += [match.span() for match in _TAG.finditer(text)]
    if reading.known & NETWORK:
        spans += _named_accounts(reading)
    told = list(taken)
    for start, end in spans:
        if not any(start < stop and begin < end for begin, stop in told):
            told.append((start, end))
            yield Signal("reseau_social", start, end, "Compte d'un réseau social")


def _named_accounts(reading: Reading) -> Iterator[tuple[int, int]]:
    for index in reading.having(NETWORK):
        at = _next_telling(reading, index)
        if at is None:
            continue
        start = reading.places[at][0]
        word = re.compile(r"[\w.\-]*\w").match(reading.text, start)
        if word and (_is_announced(reading, index, at) or _looks_made_up(word.group())):
            yield start, word.end()


def _next_telling(reading: Reading, index: int) -> int | None:
    """The word that may be an account's name after a network's."""
    skipped = words("contacts", "pseudo") | {"c", "cest", "est", "moi", "mon", "ma", "le", "la", "ajoute", "tok", "sur"}
    for at in range(index + 1, min(index + 5, len(reading))):
        if re.search(r"[.!?\n,;]", reading.gap(at)):
            return None
        if reading.folded[at] not in skipped:
            return at
    return None


def _is_announced(reading: Reading, index: int, at: int) -> bool:
    """« insta : lola », « mon snap c'est lola »."""
    if reading.folded[at] in words("contacts", "not_handles"):
        return False
    between = reading.text[reading.places[index][1] : reading.places[at][0]]
    mine = index > 0 and reading.folded[index - 1] in {"mon", "ma", "notre", "compte"}
    return ":" in between or "=" in between or (mine and re.search(r"\b(?:c|c?est)\b", between.casefold()) is not None)


def _looks_made_up(word: str) -> bool:
    inside = word.strip("._-")
    letters = any(map(str.isalpha, inside))
    return letters and ("_" in inside or "." in inside or (any(map(str.isdigit, inside)) and not inside[0].isdigit()))


def _streets(reading: Reading) -> Iterator[Signal]:
    strong, links = words("contacts", "strong_streets"), words("contacts", "street_links")
    unnumbered = strong | {"allee", "chemin", "quai"}
    for index in reading.having(STREET):
        if index + 1 >= len(reading) or not (reading.folded[index] in unnumbered or _follows_a_figure(reading, index)):
            continue
        numbered = _number_before(reading, index)
        last = _street_name(reading, index, links)
        named = last is not None
        if numbered is not None and last is None and reading.folded[index] in strong:
            last = index + 1 if reading.folded[index + 1] not in {"a", "et", "ou"} else None
        if last is None or not (named or numbered is not None):
            continue
        if numbered is None and reading.folded[index] not in unnumbered:
            continue
        start = reading.places[index if numbered is None else numbered][0]
        why = "Nom de rue" if numbered is None else "Adresse postale"
        yield Signal("adresse", start, reading.places[last][1], why)


def _follows_a_figure(reading: Reading, index: int) -> bool:
    """Whether a word comes after a number, so that « cours » and « place » may be streets."""
    return index > 0 and (
        reading.folded[index - 1][0].isdigit() or reading.folded[index - 1] in {"bis", "ter", "quater"}
    )


def _number_before(reading: Reading, index: int) -> int | None:
    """The house number that stands before a street."""
    at = index - 1
    if at > 0 and reading.folded[at] in {"bis", "ter", "quater"}:
        at -= 1
    if (
        at >= 0
        and re.fullmatch(r"[0-9]{1,4}(?:bis|ter)?", reading.folded[at])
        and reading.gap(index).strip() in {"", ","}
    ):
        return at
    return None


def _street_name(reading: Reading, index: int, links: frozenset[str]) -> int | None:
    """The last word of a street's name, known by its capital; None without one."""
    last = None
    for at in range(index + 1, min(index + 7, len(reading))):
        if re.search(r"[.!?\n;,:]", reading.gap(at)):
            break
        raw = reading.raw[at]
        if raw[0].isupper() and not reading.shouted:
            last = at
        elif reading.folded[at] not in links:
            break
    return last
