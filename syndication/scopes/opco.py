"""Lists of which OPCO is that of which RNCP number, read from a file. Pure.

A table (CSV, ``;`` or ``,``) with columns ``opco`` and ``rncp``, or JSON: numbers by name
(``{"AKTO": ["RNCP38430"]}``).
"""

import csv
import json
from collections.abc import Iterable
from itertools import chain

from syndication.catalogue.codes import SCHEMES
from syndication.errors import ImportFault

LONGEST_NAME = 80
Pairs = set[tuple[str, str]]
"""Names of OPCO with RNCP numbers."""


def read_opcos(content: bytes) -> tuple[Pairs, list[str]]:
    """The pairs of a file, and what could not be read of it, in French; raises ImportFault when nothing can."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportFault("Ce fichier n'est pas en UTF-8.") from None
    told = _of_json(text) if text.lstrip().startswith("{") else _of_table(text)
    pairs, faults = set(), []
    for name, number in told:
        rncp = SCHEMES["rncp"].canonical(number)
        if rncp is None or not 0 < len(name) <= LONGEST_NAME:
            faults.append(f"« {name} ; {number} » : un nom d'OPCO et un numéro RNCP sont attendus.")
        else:
            pairs.add((name, rncp))
    if not pairs:
        raise ImportFault("Ce fichier ne donne aucun OPCO : colonnes opco et rncp, ou JSON {nom : [numéros]}.")
    return pairs, faults


def _of_json(text: str) -> Iterable[tuple[str, str]]:
    try:
        told = json.loads(text)
    except ValueError:
        raise ImportFault("Ce fichier n'est pas du JSON.") from None
    if not all(isinstance(numbers, list) for numbers in told.values()):
        raise ImportFault("Chaque OPCO doit avoir une liste de numéros RNCP.")
    return chain.from_iterable(((_line(name), str(one)) for one in numbers) for name, numbers in told.items())


def _of_table(text: str) -> Iterable[tuple[str, str]]:
    head = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in head else ",")
    columns = {(name or "").strip().casefold(): name for name in rows.fieldnames or ()}
    if not {"opco", "rncp"} <= set(columns):
        raise ImportFault("Les colonnes opco et rncp sont attendues.")
    return [(_line(row[columns["opco"]] or ""), (row[columns["rncp"]] or "").strip()) for row in rows]


def _line(name: str) -> str:
    return " ".join(name.split())
