"""Items of the corpus as lines of a table. Pure.

What a spreadsheet would take for a formula is preceded by an apostrophe (OWASP, CSV injection), and read back without:
at the start of a cell, and behind what spreadsheets of other countries take for the end of one.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from syndication.api import nouns

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_INSIDE = re.compile(r"([;,\t\r\n][ \"]*)('*)(?=[=+\-@＝＋－＠])")
_MARKED = re.compile(r"([;,\t\r\n][ \"]*)'('*)(?=[=+\-@＝＋－＠])")
_AVIS = (
    "cle", "intitule", "niveau", "codes", "codes_anterieurs", "uai", "siret", "centre", "commune", "portee",
    "etablissements", "repondants",
    "invites", "taux_reponse", "debut", "fin", "fiabilite", "bien", "moyen", "mal", "sans_reponse", "notes", "choix",
    "verbatims", "mis_a_jour_le", "source", "regles",
)  # fmt: skip
_VERBATIM = (
    "id", "formation", "intitule", "donne_sous", "uai", "centre", "question", "libelle", "texte", "publie_le",
    "experience", "sujets", "pepite", "utile", "reponse", "reponse_signature", "reponse_publiee_le", "source", "regles",
)  # fmt: skip
COLUMNS: Mapping[str, Sequence[str]] = {"avis": _AVIS, "verbatim": _VERBATIM}


def line_of(values: Sequence[Any]) -> str:
    """A line of a table, its end included."""
    text = io.StringIO()
    csv.writer(text).writerow([neutralised(value) for value in values])
    return text.getvalue()


def neutralised(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula; nothing is empty, true and false are in French."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if not isinstance(value, str):
        return str(value)
    text = _INSIDE.sub(r"\1'\2", value)
    return f"'{text}" if text.startswith(FORMULAS) else text


def plain(cell: str) -> str:
    """The text of a cell, as it was before it was neutralised."""
    return _MARKED.sub(r"\1\2", cell.removeprefix("'"))


def flat_verbatim(one: nouns.VerbatimPublie) -> list[Any]:
    """A text as cells."""
    centre, reply = one["etablissement"], one["reponse"]
    return [
        one["id"], one["formation"]["cle"], one["formation"]["intitule"], one["donne_sous"],
        centre["uai"] if centre else None, centre["nom"] if centre else None,
        one["question"]["cle"], one["question"]["libelle"], one["texte"], one["publie_le"], one["experience"],
        " ".join(one["sujets"]), one["pepite"], one["utile"],
        *((reply["texte"], reply["signature"], reply["publie_le"]) if reply else (None, None, None)),
        one["source"], one["regles"]["url"],
    ]  # fmt: skip


def codes_cell(codes: Mapping[str, Sequence[str]]) -> str:
    """Codes as one cell: ``scheme:code`` with spaces between, what stands in a code written in percents."""
    return " ".join(f"{scheme}:{quote(code, safe='')}" for scheme, values in codes.items() for code in values)


def codes_of_cell(cell: str) -> dict[str, tuple[str, ...]]:
    """The codes of a cell."""
    codes: dict[str, tuple[str, ...]] = {}
    for code in cell.split():
        scheme, _, value = code.partition(":")
        codes[scheme] = (*codes.get(scheme, ()), unquote(value))
    return codes


def flat_avis(one: nouns.AvisPublie) -> list[Any]:
    """Figures as cells; codes, notes and choices are written ``cle=…`` with their counts."""
    formation, centre, period, said = one["formation"], one["etablissement"], one["periode"], one["satisfaction"]
    return [
        one["cle"], formation["intitule"] if formation else None, formation["niveau"] if formation else None,
        codes_cell(formation["codes"]) if formation else None,
        codes_cell(one["codes_anterieurs"]),
        *((centre["uai"], centre["siret"], centre["nom"], centre["commune"]) if centre else (None,) * 4),
        one["portee"]["servie"], one["portee"]["etablissements"], one["repondants"], one["invites"],
        one["taux_reponse"], period["debut"] if period else None, period["fin"] if period else None, one["fiabilite"],
        *((said["bien"]["nombre"], said["moyen"]["nombre"], said["mal"]["nombre"], said["sans_reponse"])
          if said else (None,) * 4),
        " ".join(
            f"{note['cle']}={note['bien']['nombre']}/{note['moyen']['nombre']}/{note['mal']['nombre']}"
            f"/{note['sans_reponse']}" for note in one["notes"]
        ),
        " ".join(
            f"{choice['cle']}={choice['repondants']}:"
            + ",".join(f"{option['cle']}={option['nombre']}" for option in choice["options"])
            for choice in one["choix"]
        ),
        one["verbatims"]["total"], one["mis_a_jour_le"], one["source"], one["regles"]["url"],
    ]  # fmt: skip
