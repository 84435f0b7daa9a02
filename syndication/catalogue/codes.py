"""Every identifier of French apprenticeship, read and checked. Pure: nothing is looked up.

A bare code may be read under several schemes; which of them it is, only the catalogue can say. Sources: the BCN
nomenclatures for CFD, MEF and MEFSTAT11, France compétences for RNCP and RS, ONISEP's ideo2 for ``FOR.n`` and ``AF.n``,
the ministry's rule for the UAI letter, INSEE's for SIRET (Luhn, La Poste excepted).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from syndication.errors import CodeError

MAXIMUM = 200
"""Longest text read as a code, in characters: an ONISEP address is the longest kind."""

UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
LA_POSTE = "356000000"


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code under its scheme, in canonical form."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


@dataclass(frozen=True, slots=True)
class Scheme:
    """How the codes of a scheme are written; ``canonical`` gives None for what cannot be one."""

    name: str
    label: str
    canonical: Callable[[str], str | None]
    example: str


def _pattern(expression: str, form: str = "{0}") -> Callable[[str], str | None]:
    compiled = re.compile(expression)

    def canonical(text: str) -> str | None:
        match = compiled.fullmatch(text)
        return form.format(*match.groups()) if match else None

    return canonical


def _numbered(expression: str, prefix: str = "") -> Callable[[str], str | None]:
    compiled = re.compile(expression)

    def canonical(text: str) -> str | None:
        match = compiled.fullmatch(text)
        return f"{prefix}{int(match[1])}" if match and int(match[1]) else None

    return canonical


def _onisep(text: str) -> str | None:
    slug = re.search(r"(?:^|/)((?:FOR|AF)\.[0-9]{1,9})(?:$|[/?#])", text)
    if slug:
        return slug[1]
    legacy = re.search(r"/identifiant/([0-9]{1,9})/?(?:[?#]|$)", text)
    if legacy:
        return f"identifiant/{legacy[1]}"
    pretty = re.search(r"onisep\.fr/(?:.*/)?formations?/(?:.*/)?([a-z0-9][a-z0-9-]*[a-z0-9])/?(?:[?#]|$)", text.lower())
    if pretty:
        return f"slug/{pretty[1]}"
    return None


_KEY = re.compile(r"[0-9]{6}P[0-9]{3}[0-9X][0-9]{28}-[0-9][0-9AB][0-9]{3}#L([0-9]{2}|AD)")
_AFFELNET = re.compile(r"([A-Za-zÀ-ÿ' -]{1,40}|A?[0-9]{1,2})/([A-Za-z0-9]{1,20})")


def _affelnet(text: str) -> str | None:
    match = _AFFELNET.fullmatch(text)
    return f"{match[1].strip().upper()}/{match[2].upper()}" if match else None


def _upper(inner: Callable[[str], str | None]) -> Callable[[str], str | None]:
    return lambda text: inner(text.upper())


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("cfd", "CFD", _upper(_pattern(r"([A-Z0-9]{3}[0-9]{3}[A-Z0-9]{2})[A-Z]?")), "50022146"),
        Scheme("rncp", "RNCP", _upper(_numbered(r"(?:RNCP)?([0-9]{2,5})", "RNCP")), "RNCP38430"),
        Scheme("rs", "RS", _upper(_numbered(r"RS([0-9]{1,5})", "RS")), "RS6533"),
        Scheme("certifinfo", "Certif-Info", _numbered(r"([0-9]{4,6})"), "115708"),
        Scheme("mef", "MEF", _pattern(r"([0-9]{10})"), "2412213921"),
        Scheme("mefstat", "MEFSTAT11", _upper(_pattern(r"([0-9A-Z]{11})")), "23210022139"),
        Scheme("onisep", "ONISEP", _onisep, "FOR.9664"),
        Scheme("cle", "clé ministère éducatif", _upper(lambda t: t if _KEY.fullmatch(t) else None), "088281P0…#L01"),
        Scheme("parcoursup", "Parcoursup", _numbered(r"([0-9]{3,6})"), "26437"),
        Scheme("affelnet", "Affelnet", _affelnet, "PARIS/00812165"),
    )
}
_PREFIX = re.compile(r"([A-Za-z_0-9]{2,14})\s*:\s*(.*)", re.DOTALL)
_ALIASES = {"mefstat11": "mefstat", "id_certifinfo": "certifinfo", "certif_info": "certifinfo"}


def read_formation_code(text: str) -> tuple[Code, ...]:
    """Every reading of a formation's code, bare or prefixed (``cfd:…``); raises CodeError when there is none."""
    trimmed = _bounded(text)
    prefixed = _PREFIX.fullmatch(trimmed)
    if prefixed and "//" not in trimmed[: prefixed.end(1) + 3]:
        return (_read_prefixed(prefixed[1].lower(), prefixed[2]),)
    readings = tuple(_readings(trimmed))
    if not readings:
        raise CodeError(
            f"« {trimmed} » n'a la forme d'aucun code connu : "
            "CFD, RNCP, RS, Certif-Info, MEF, MEFSTAT11, ONISEP, clé ministère éducatif, Parcoursup ou Affelnet."
        )
    return readings


def read_centre_code(text: str) -> Code:
    """Read a UAI or a SIRET, bare or prefixed; raises CodeError saying precisely what is wrong."""
    trimmed = _bounded(text, "etablissement")
    prefixed = _PREFIX.fullmatch(trimmed)
    scheme, bare = (prefixed[1].lower(), prefixed[2]) if prefixed else ("", trimmed)
    compact = re.sub(r"[\s.]", "", bare).upper()
    if scheme not in {"", "uai", "siret"}:
        raise CodeError(
            f"« {scheme} » n'est pas un identifiant d'établissement : uai ou siret est attendu.", "etablissement"
        )
    if scheme == "uai" or (not scheme and re.fullmatch(r"[0-9]{1,7}[A-Z]", compact)):
        return Code("uai", _uai(compact))
    if scheme == "siret" or (not scheme and re.fullmatch(r"[0-9]{9,14}", compact)):
        return Code("siret", _siret(compact))
    raise CodeError(
        f"« {trimmed} » n'est ni un UAI (7 chiffres et une lettre) ni un SIRET (14 chiffres).", "etablissement"
    )


def uai_letter(digits: str) -> str:
    """Check letter of the seven digits of a UAI."""
    return UAI_LETTERS[int(digits) % 23]


def luhn_holds(digits: str) -> bool:
    """True when the Luhn key of a string of digits is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _bounded(text: str, subject: Literal["formation", "etablissement"] = "formation") -> str:
    trimmed = text.strip()
    if not trimmed:
        raise CodeError("Le code est vide.", subject)
    if len(trimmed) > MAXIMUM:
        raise CodeError(f"Le code dépasse {MAXIMUM} caractères.", subject)
    return trimmed


def _read_prefixed(prefix: str, text: str) -> Code:
    scheme = SCHEMES.get(_ALIASES.get(prefix, prefix))
    if scheme is None:
        raise CodeError(f"« {prefix} » n'est pas un genre de code connu : {', '.join(SCHEMES)}.")
    value = scheme.canonical(text.strip()) or scheme.canonical(prefix + text.strip())
    if value is None:
        raise CodeError(f"« {text} » n'a pas la forme d'un code {scheme.label}, comme {scheme.example}.")
    return Code(scheme.name, value)


def _readings(text: str) -> Iterator[Code]:
    for scheme in SCHEMES.values():
        value = scheme.canonical(text)
        if value is not None:
            yield Code(scheme.name, value)


def _uai(text: str) -> str:
    match = re.fullmatch(r"([0-9]{1,7})([A-Z])", text)
    if match is None:
        raise CodeError(f"« {text} » n'a pas la forme d'un UAI : 7 chiffres et une lettre.", "etablissement")
    digits = match[1].zfill(7)
    if match[2] != uai_letter(digits):
        raise CodeError(
            f"La lettre de l'UAI {digits}{match[2]} est fausse : {uai_letter(digits)} est attendue.", "etablissement"
        )
    return digits + match[2]


def _siret(text: str) -> str:
    if not re.fullmatch(r"[0-9]{9,14}", text):
        raise CodeError(f"« {text} » n'a pas la forme d'un SIRET : 14 chiffres.", "etablissement")
    digits = text.zfill(14)
    la_poste = digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0
    if not (luhn_holds(digits) or la_poste):
        raise CodeError(f"La clé du SIRET {digits} est fausse.", "etablissement")
    return digits
