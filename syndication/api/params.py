"""Parameters of the API, each declared once: what is read is what the OpenAPI document says. Pure.

Unknown, repeated, missing or unfit parameters are all said together, never ignored.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from syndication.api.problems import BadParameters
from syndication.partners.keys import PREFIX
from syndication.publication.summaries import Key, read_key
from syndication.reviews.subjects import SUBJECTS

KEYS_LIMIT = 100
VALUE_LIMIT = 200
KEYS_LENGTH = 10_000
"""Characters of a batch of keys: with each written in six (``%C3%A9``) an address stays below 64 KB, where servers and
proxies stop reading."""
LATIN = r"^[\x20-\xff]*$"
SECRETS = re.compile(r"(?i).*(key|token|secret|bearer|authorization|password).*|cl[eé]([-_]api)?")
"""Names under which people put a key into an address."""
Json = Mapping[str, Any]


class Unfit(ValueError):
    """A value does not fit its parameter; the message is a French sentence."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query. ``schema`` describes its text as sent; ``read`` gives its value or raises Unfit."""

    name: str
    description: str
    schema: Json
    read: Callable[[str], Any] = str
    required: bool = False
    longest: int = VALUE_LIMIT
    examples: Mapping[str, str] = field(default_factory=dict)


def read(pairs: Sequence[tuple[str, str]], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Values by name, blanks left out; raises BadParameters naming every one at fault."""
    known = {parameter.name: parameter for parameter in parameters}
    faults: list[tuple[str, str]] = []
    texts: dict[str, str] = {}
    for name, value in pairs:
        fault = _fault(known, texts, name, value)
        if fault:
            faults.append(("(une clé)" if PREFIX in name else name[:VALUE_LIMIT], fault))
        else:
            texts[name] = value.strip()
    values: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            if text:
                values[name] = known[name].read(text)
        except Unfit as error:
            faults.append((name, str(error)))
    told = {name for name, _ in faults}
    missing = [one for one in parameters if one.required and one.name not in values and one.name not in told]
    faults += [
        (one.name, f"Ce paramètre manque : {one.description[0].lower()}{one.description[1:]}") for one in missing
    ]
    if faults:
        raise BadParameters(faults)
    return values


def _fault(known: Mapping[str, Parameter], texts: Mapping[str, str], name: str, value: str) -> str:
    if (name not in known and SECRETS.fullmatch(name)) or PREFIX in name or PREFIX in unquote(value):
        return (
            "Une clé ne se donne jamais dans l'adresse, qui reste dans les journaux : mettez-la dans l'en-tête "
            "Authorization (Bearer), et faites-la renouveler si celle-ci était la vraie."
        )
    if name not in known:
        return f"Paramètre inconnu. Attendus : {', '.join(sorted(known)) or 'aucun'}."
    if name in texts:
        return "Ce paramètre est donné plusieurs fois."
    if len(value) > known[name].longest:
        return f"La valeur dépasse {known[name].longest} caractères."
    return ""


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read_number(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise Unfit(f"Un nombre entier de {least} à {most} est attendu.")
        return int(text)

    return read_number


def _among(values: Sequence[str]) -> Callable[[str], str]:
    def read_one(text: str) -> str:
        if text not in values:
            raise Unfit(f"Une de ces valeurs est attendue : {', '.join(values)}.")
        return text

    return read_one


def _no_control(text: str) -> str:
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        raise Unfit("Ce texte contient des caractères qui ne se lisent pas.")
    return text


def read_keys(text: str) -> list[Key]:
    """Keys of a batch (``formation``, ``formation@etablissement`` or ``@etablissement``), each with its two parts.

    Sorted and without doubles, so that their order never matters; raises Unfit.
    """
    if not re.fullmatch(LATIN, text):
        raise Unfit("Une clé est faite de lettres latines, de chiffres et de ponctuation.")
    keys = sorted({key.strip() for key in text.split(",") if key.strip()})
    if not keys:
        raise Unfit("Au moins une clé est attendue, comme 50022146@0751234J.")
    if len(keys) > KEYS_LIMIT:
        raise Unfit(f"{len(keys)} clés : {KEYS_LIMIT} au plus.")
    if any(len(key) > VALUE_LIMIT for key in keys):
        raise Unfit(f"Une clé dépasse {VALUE_LIMIT} caractères.")
    return [read_key(key) for key in keys]


def _code(limit: int = VALUE_LIMIT) -> dict[str, Any]:
    return {"type": "string", "maxLength": limit}


FORMATION = Parameter(
    "formation", "Un code de formation, de n'importe quel genre, seul ou précédé de son genre.", _code(),
    examples={"CFD": "50022146", "RNCP": "RNCP38430", "ONISEP": "FOR.9664", "avec son genre": "certifinfo:115708"},
)  # fmt: skip
ETABLISSEMENT = Parameter(
    "etablissement", "L'UAI ou le SIRET d'un centre de formation.", _code(), examples={"UAI": "0751234J"}
)
CODE = Parameter(
    "code", "Un code de formation, ou l'UAI ou le SIRET d'un centre.", _code(), required=True,
    examples={"ancien CFD": "50022139", "UAI": "0751234J"},
)  # fmt: skip
CLES = Parameter(
    "cles", f"De une à {KEYS_LIMIT} clés séparées par des virgules : formation, formation@etablissement ou "
    "@etablissement.", _code(KEYS_LENGTH) | {"pattern": LATIN}, read_keys, required=True, longest=KEYS_LENGTH,
    examples={"trois clés": "50022146@0751234J,RNCP38430,@0751234J"},
)  # fmt: skip
QUESTION = Parameter(
    "question", "La clé d'une question à texte libre : voir /api/v1/questions.", _code(),
    examples={"conseil": "recherche.conseil"},
)  # fmt: skip
SUJET = Parameter(
    "sujet", "Un sujet dont les textes parlent.", {"type": "string", "enum": list(SUBJECTS)}, _among(list(SUBJECTS)),
    examples={"ambiance": next(iter(SUBJECTS))},
)  # fmt: skip
MOTS = Parameter(
    "q", "Des mots que les textes disent, accents et accords indifférents.", _code(100), _no_control, longest=100,
    examples={"deux mots": "bonne ambiance"},
)  # fmt: skip
TRI = Parameter(
    "tri", "L'ordre des textes : les plus récents ou les plus utiles d'abord.",
    {"type": "string", "enum": ["recent", "utile"], "default": "recent"}, _among(["recent", "utile"]),
)  # fmt: skip
LAST_PAGE = 500
PAGE_INDEX = Parameter(
    "page_index", "Le numéro de la page, à partir de 0.",
    {"type": "integer", "minimum": 0, "maximum": LAST_PAGE, "default": 0}, _whole(0, LAST_PAGE),
)  # fmt: skip
PUBLIC_SIZE, KEYED_SIZE = 100, 1000


def page_size(most: int, default: int) -> Parameter:
    """How many there are on a page, at most ``most``."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    words = "Combien par page : 100 au plus, 1000 avec une clé." if default < PUBLIC_SIZE else "Combien par page."
    return Parameter("page_size", words, schema, _whole(1, most))


DEPUIS = Parameter(
    "depuis", "Le curseur de la page précédente ; absent, tout depuis le début.", _code(),
)  # fmt: skip
