"""Every identifier of French apprenticeship, read and checked. Pure: nothing is looked up.

A bare code may be read under several schemes; which of them it is, only the catalogue can say. Spaces inside a code
are left out, but for those of an académie's name; a text that still holds ``%XX`` was encoded once too often, and is
decoded. Sources: the BCN
nomenclatures for CFD, MEF and MEFSTAT11, France compétences for RNCP and RS, ONISEP's ideo2 for ``FOR.n`` and ``AF.n``,
the ministry's rule for the UAI letter, INSEE's for SIRET (Luhn, La Poste excepted).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from syndication.catalogue import faults
from syndication.catalogue.faults import Fault
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
    """How the codes of a scheme are written: ``form`` in words, ``canonical`` gives None for what cannot be one, and
    ``fault`` then says why."""

    name: str
    label: str
    form: str
    canonical: Callable[[str], str | None]
    fault: Fault
    example: str

    def refusal(self, text: str) -> str:
        """Sentences that say what is wrong with a text that is no code of this scheme, and how one is written."""
        noun = f"une {self.label}" if self.name == "cle" else f"un code {self.label}"
        fault = self.fault(text if self.name == "affelnet" else compact(text))
        return f"« {text} » n'est pas {noun} : {fault} (comme {self.example}). Forme attendue : {self.form}."


def compact(text: str) -> str:
    """A text without its spaces, whichever they are."""
    return "".join(text.split())


def _pattern(expression: str) -> Callable[[str], str | None]:
    compiled = re.compile(expression)

    def canonical(text: str) -> str | None:
        match = compiled.fullmatch(_upper(text))
        return match[1] if match else None

    return canonical


def _numbered(prefix: str, shortest: int, longest: int, *, bare: bool = True) -> Callable[[str], str | None]:
    """Numbers, perhaps behind a prefix, which may be left out when ``bare``; zeros on the left do not count."""
    compiled = re.compile(f"(?:{prefix}){'?' if bare else ''}([0-9]{{{shortest},{longest}}})")

    def canonical(text: str) -> str | None:
        match = compiled.fullmatch(_upper(text))
        number = int(match[1]) if match else 0
        return f"{prefix}{number}" if number >= 10 ** (shortest - 1) else None

    return canonical


def _upper(text: str) -> str:
    """In capitals and without spaces, unless it would be of other letters (ß), or a mere title."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text.upper()
    packed = compact(text)
    return packed.upper() if packed.isascii() and any(map(str.isdigit, packed)) else text


_SLUG = re.compile(r"(?:^|/)(FOR|AF)\.([0-9]{1,9})(?:$|[/?#])", re.IGNORECASE)
_LEGACY = re.compile(r"(?:^|/)identifiant/([0-9]{1,9})/?(?:[?#]|$)")
_PRETTY = re.compile(
    r"(?:onisep\.fr/(?:[^?#]*/)?formations?/(?:[^?#]*/)?|^slug/)([a-z0-9][a-z0-9-]*[a-z0-9])/?(?:[?#]|$)"
)


def _onisep(text: str) -> str | None:
    packed = compact(text)
    slug = _SLUG.search(packed)
    if slug:
        return f"{slug[1].upper()}.{int(slug[2])}" if int(slug[2]) else None
    legacy = _LEGACY.search(packed)
    if legacy:
        return f"identifiant/{legacy[1]}"
    pretty = _PRETTY.search(packed.lower())
    return f"slug/{pretty[1]}" if pretty else None


_AFFELNET = re.compile(r"([A-Za-zÀ-ÖØ-Þà-öø-ÿŸ' -]{1,40}|A?[0-9]{1,2})/([A-Za-z0-9]{1,20})")


def _affelnet(text: str) -> str | None:
    academy, _, offer = text.partition("/")
    match = _AFFELNET.fullmatch(f"{' '.join(academy.split())}/{compact(offer)}")
    return f"{match[1].upper()}/{match[2].upper()}" if match else None


_KEY = r"([0-9]{6}P[0-9]{3}[0-9X][0-9]{28}-[0-9][0-9AB][0-9]{3}#L(?:[0-9]{2}|AD))"
_KEYS = {"responsable": slice(11, 25), "formateur": slice(25, 39)}
"""Where the SIRET of each centre stands in a clé ministère éducatif."""


def _key(text: str) -> str | None:
    value = _pattern(_KEY)(text)
    return value if value and all(siret_holds(value[place]) for place in _KEYS.values()) else None


def _key_fault(text: str) -> str:
    value = _pattern(_KEY)(text)
    for role, place in _KEYS.items():
        if value and not siret_holds(value[place]):
            return f"la clé du SIRET du centre {role} ({value[place]}) est fausse"
    return faults.key(text)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("cfd", "CFD", "3 lettres ou chiffres, 3 chiffres, puis 2 lettres ou chiffres",
               _pattern(r"([A-Z0-9]{3}[0-9]{3}[A-Z0-9]{2})[A-Z]?"), faults.cfd, "50022146"),
        Scheme("rncp", "RNCP", "RNCP suivi de 2 à 5 chiffres",
               _numbered("RNCP", 2, 5), faults.numbered("RNCP", 2, 5), "RNCP38430"),
        Scheme("rs", "RS", "RS suivi de 1 à 5 chiffres",
               _numbered("RS", 1, 5, bare=False), faults.numbered("RS", 1, 5), "RS6533"),
        Scheme("certifinfo", "Certif-Info", "4 à 6 chiffres",
               _numbered("", 4, 6), faults.numbered("", 4, 6), "115708"),
        Scheme("mef", "MEF", "10 chiffres", _pattern(r"([0-9]{10})"), faults.laid_out("d" * 10), "2412213921"),
        Scheme("mefstat", "MEFSTAT11", "11 lettres ou chiffres",
               _pattern(r"([0-9A-Z]{11})"), faults.laid_out("c" * 11), "23210022139"),
        Scheme("onisep", "ONISEP", "FOR.n, AF.n, ou l'adresse d'une formation sur onisep.fr",
               _onisep, faults.onisep, "FOR.9664"),
        Scheme("cle", "clé ministère éducatif", "49 caractères, la commune après un tiret et le lieu après un #",
               _key, _key_fault, "088281P0…#L01"),
        Scheme("parcoursup", "Parcoursup", "3 à 6 chiffres",
               _numbered("", 3, 6), faults.numbered("", 3, 6), "26437"),
        Scheme("affelnet", "Affelnet", "une académie, une barre oblique, puis le code de l'offre",
               _affelnet, faults.affelnet, "PARIS/00812165"),
    )
}  # fmt: skip
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
        raise CodeError(_refusal(trimmed))
    return readings


_LIKE_UAI = re.compile(r"[0-9]{1,7}[A-Z]|[0-9]{7}(?:[A-Z][0-9A-Z])?|[0-9]{8,9}[A-Z]")
_LIKE_SIRET = re.compile(r"[0-9]{9,16}")
"""What somebody meant as a UAI or as a SIRET, were it a little too short or too long."""


def read_centre_code(text: str) -> Code:
    """Read a UAI or a SIRET, bare or prefixed; raises CodeError saying precisely what is wrong."""
    trimmed = _bounded(text, "etablissement")
    prefixed = _PREFIX.fullmatch(trimmed)
    scheme, bare = (prefixed[1].lower(), prefixed[2]) if prefixed else ("", trimmed)
    packed = re.sub(r"[\s.]", "", bare).upper()
    if scheme not in {"", "uai", "siret"}:
        raise CodeError(
            f"« {scheme} » n'est pas un identifiant d'établissement : uai ou siret est attendu.", "etablissement"
        )
    if scheme == "uai" or (not scheme and _LIKE_UAI.fullmatch(packed)):
        return Code("uai", _uai(packed))
    if scheme == "siret" or (not scheme and _LIKE_SIRET.fullmatch(packed)):
        return Code("siret", _siret(packed))
    message = f"« {trimmed} » n'est ni un UAI (7 chiffres et une lettre) ni un SIRET (14 chiffres)."
    label = next((SCHEMES[code.scheme].label for code in _readings(trimmed)), None)
    if label:
        message += f" Il a la forme d'un code {label} : une formation se donne dans `formation`."
    raise CodeError(message, "etablissement")


_CENTRE_LIKE = re.compile(r"uai:.*|siret:.*|[0-9]{6,7}[A-Z]|[0-9]{12,14}", re.IGNORECASE)


def looks_like_centre(text: str) -> bool:
    """True for what has the length and the characters of a UAI or of a SIRET, whether their keys are right or not."""
    return _CENTRE_LIKE.fullmatch(re.sub(r"[\s.]", "", text)) is not None


def code_within(code: Code) -> Code | None:
    """The code of a formation that another one holds: its Certif-Info number for a clé ministère éducatif, or None."""
    return Code("certifinfo", certifinfo_of_key(code.value)) if code.scheme == "cle" else None


def certifinfo_of_key(value: str) -> str:
    """Certif-Info number at the head of a clé ministère éducatif: six digits, filled with zeros on the left."""
    return str(int(value[:6]))


def manager_siret_of_key(value: str) -> str:
    """SIRET of the centre that manages (« responsable »), after the six digits, ``P01``, duration and year."""
    return value[_KEYS["responsable"]]


def trainer_siret_of_key(value: str) -> str:
    """SIRET of the centre that trains (« formateur »), after the manager's and before the place's INSEE code."""
    return value[_KEYS["formateur"]]


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


_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")


def _bounded(text: str, subject: Literal["formation", "etablissement"] = "formation") -> str:
    trimmed = text.strip()
    if len(trimmed) > MAXIMUM:
        raise CodeError(f"Le code dépasse {MAXIMUM} caractères.", subject)
    if _ENCODED.search(trimmed):
        trimmed = unquote(trimmed).strip()
    if not trimmed:
        raise CodeError("Le code est vide.", subject)
    return trimmed


def _read_prefixed(prefix: str, text: str) -> Code:
    if prefix in {"uai", "siret"}:
        raise CodeError(
            f"« {prefix} » n'est pas un genre de code connu pour une formation : "
            "un établissement se donne dans `etablissement`."
        )
    scheme = SCHEMES.get(_ALIASES.get(prefix, prefix))
    if scheme is None:
        raise CodeError(f"« {prefix} » n'est pas un genre de code connu : {', '.join(SCHEMES)}.")
    value = scheme.canonical(text.strip()) or (scheme.canonical(f"RS{text.strip()}") if scheme.name == "rs" else None)
    if value is None:
        other = next((SCHEMES[code.scheme].label for code in _readings(text)), None)
        raise CodeError(scheme.refusal(text.strip()) + (f" Il a la forme d'un code {other}." if other else ""))
    return Code(scheme.name, value)


def _readings(text: str) -> Iterator[Code]:
    for scheme in SCHEMES.values():
        value = scheme.canonical(text)
        if value is not None:
            yield Code(scheme.name, value)


_GUESSES = tuple(
    (re.compile(expression, re.IGNORECASE), name)
    for expression, name in (
        (r"[0-9]{5,7}P[0-9]{2}.*|.*[0-9]#L.*", "cle"),
        (r"RNCP.*", "rncp"),
        (r"RS[0-9].*|RS", "rs"),
        (r"(?:FOR|AF|ENS|MET|AD)\.?[0-9].*|(?:FOR|AF)\.|https?:.*|www\..*|.*onisep.*", "onisep"),
        (r".*/.*", "affelnet"),
        (r"0+|[0-9]", "rncp"),
        (r"(?=(?:.*[0-9]){4})[0-9A-Z]{7,9}|(?=(?:.*[0-9]){6}).{8}", "cfd"),
        (r"(?=(?:.*[0-9]){6}).{10}", "mef"),
        (r"(?=(?:.*[0-9]){6}).{11,12}", "mefstat"),
    )
)
"""Which scheme somebody had in mind, from the looks of a text that fits none; the first that fits is the best."""


def _refusal(text: str) -> str:
    """What is wrong with a bare text that is no code of a formation, told as helpfully as its looks allow."""
    packed = compact(text)
    if looks_like_centre(packed):
        return f"« {text} » n'est pas le code d'une formation : un établissement se donne dans `etablissement`."
    meant = next((name for looks, name in _GUESSES if looks.fullmatch(packed)), None)
    if meant:
        siren = " Un SIREN n'est pas le code d'une formation." if re.fullmatch(r"[0-9]{9}", packed) else ""
        return SCHEMES[meant].refusal(text) + siren
    known = ", ".join(scheme.label for scheme in SCHEMES.values())
    return f"« {text} » n'a la forme d'aucun code connu : {known}."


def _uai(text: str) -> str:
    match = re.fullmatch(r"([0-9]{1,7})([A-Z])", text)
    if match is None:
        raise CodeError(f"« {text} » n'a pas la forme d'un UAI : {faults.uai(text, uai_letter)}.", "etablissement")
    digits = match[1].zfill(7)
    if match[2] != uai_letter(digits):
        message = f"La lettre de l'UAI {digits}{match[2]} est fausse : {uai_letter(digits)} est attendue."
        raise CodeError(message + _short(match[1], 7), "etablissement")
    return digits + match[2]


def siret_holds(digits: str) -> bool:
    """True when the key of the 14 digits of a SIRET is right: Luhn's, or the sum of digits for La Poste."""
    la_poste = digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0
    return any(digit != "0" for digit in digits) and (luhn_holds(digits) or la_poste)


def _siret(text: str) -> str:
    if not re.fullmatch(r"[0-9]{9,14}", text):
        raise CodeError(f"« {text} » n'a pas la forme d'un SIRET : {faults.siret(text)}.", "etablissement")
    digits = text.zfill(14)
    if not siret_holds(digits):
        raise CodeError(f"La clé du SIRET {digits} est fausse." + _short(text, 14), "etablissement")
    return digits


def _short(digits: str, expected: int) -> str:
    """What more to say of digits that were filled with zeros on the left."""
    if len(digits) == expected:
        return ""
    return f" {faults.counted(f'{expected} chiffres', len(digits))} : des zéros ont été ajoutés devant."
