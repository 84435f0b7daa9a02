"""Lines of an export read back: figures and texts, from NDJSON or CSV. Pure."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from syndication.api import nouns
from syndication.corpus.flat import COLUMNS, codes_of_cell, plain
from syndication.corpus.items import Text
from syndication.errors import ImportFault


@dataclass(frozen=True, slots=True)
class Place:
    """A centre as an export names it; ``uai`` is empty when it has none."""

    uai: str
    siret: str | None
    name: str
    city: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a scope. ``former`` are codes of the diplomas that the formation took over from, ``scales`` bien,
    moyen, mal by key, ``choices`` respondents and counts by option."""

    key: str
    title: str | None
    level: int | None
    codes: Mapping[str, tuple[str, ...]]
    former: Mapping[str, tuple[str, ...]]
    place: Place | None
    centres: int
    respondents: int
    invited: int | None
    period: tuple[str, str] | None
    scales: Mapping[str, tuple[int, int, int]]
    choices: Mapping[str, tuple[int, Mapping[str, int]]]
    texts: int
    updated_at: datetime

    @property
    def formation(self) -> str:
        """The natural key of the formation, empty for a centre as a whole."""
        return self.key.partition("@")[0]


Record = Figures | Text


def read_export(path: Path) -> list[Record]:
    """Records of an exported file, told apart by what it holds; raises ImportFault naming the line, OSError."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")  # as it is: line ends inside a text are its own
    lines = _json_lines(text) if text.lstrip().startswith("{") else _table_lines(text)
    records: list[Record] = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(line())
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise ImportFault(
                f"{path.name}, enregistrement {number} : ce n'est pas une ligne d'export ({error})."
            ) from None
    return records


def _json_lines(text: str) -> Iterator[Callable[[], Record]]:
    for line in text.split("\n"):  # a text may hold other signs that end lines
        if line.strip():
            yield lambda line=line: _from_json(json.loads(line))  # type: ignore[misc]


def _table_lines(text: str) -> Iterator[Callable[[], Record]]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = tuple(rows.fieldnames or ())
    if columns == tuple(COLUMNS["avis"]):
        read: Callable[[dict[str, str]], Record] = _figures_of_cells
    elif columns == tuple(COLUMNS["verbatim"]):
        read = _text_of_cells
    else:
        raise ImportFault("Ce fichier n'a les colonnes d'aucun export : « sirius export » en écrit.")
    for row in rows:
        cells = {name: plain(cell) for name, cell in row.items()}
        yield lambda cells=cells: read(cells)  # type: ignore[misc]


def _from_json(line: Any) -> Record:
    return _text_of(cast(nouns.VerbatimPublie, line)) if "texte" in line else _figures_of(cast(nouns.AvisPublie, line))


# -- figures ---------------------------------------------------------------------------------------------------------


def _figures_of(one: nouns.AvisPublie) -> Figures:
    formation, centre, period = one["formation"], one["etablissement"], one["periode"]
    scales = {note["cle"]: _spread(note) for note in one["notes"]}
    if one["satisfaction"]:
        scales["satisfaction"] = _spread(one["satisfaction"])
    return Figures(
        key=one["cle"],
        title=formation["intitule"] if formation else None,
        level=formation["niveau"] if formation else None,
        codes={scheme: tuple(codes) for scheme, codes in formation["codes"].items()} if formation else {},
        former={scheme: tuple(codes) for scheme, codes in one["codes_anterieurs"].items()},
        place=Place(centre["uai"] or "", centre["siret"], centre["nom"], centre["commune"]) if centre else None,
        centres=one["portee"]["etablissements"],
        respondents=one["repondants"],
        invited=one["invites"],
        period=(period["debut"], period["fin"]) if period else None,
        scales=scales,
        choices={
            choice["cle"]: (choice["repondants"], {option["cle"]: option["nombre"] for option in choice["options"]})
            for choice in one["choix"]
        },
        texts=one["verbatims"]["total"],
        updated_at=datetime.fromisoformat(str(one["mis_a_jour_le"])),
    )


def _spread(one: nouns.Note | nouns.Repartition) -> tuple[int, int, int]:
    return one["bien"]["nombre"], one["moyen"]["nombre"], one["mal"]["nombre"]


def _figures_of_cells(cells: Mapping[str, str]) -> Figures:
    scales = {key: _three(counts) for key, counts in _pairs(cells["notes"])}
    if cells["bien"]:
        scales["satisfaction"] = (int(cells["bien"]), int(cells["moyen"]), int(cells["mal"]))
    return Figures(
        key=cells["cle"],
        title=cells["intitule"] or None,
        level=int(cells["niveau"]) if cells["niveau"] else None,
        codes=codes_of_cell(cells["codes"]),
        former=codes_of_cell(cells["codes_anterieurs"]),
        place=Place(cells["uai"], cells["siret"] or None, cells["centre"], cells["commune"])
        if cells["centre"]
        else None,
        centres=int(cells["etablissements"]),
        respondents=int(cells["repondants"]),
        invited=int(cells["invites"]) if cells["invites"] else None,
        period=(cells["debut"], cells["fin"]) if cells["debut"] else None,
        scales=scales,
        choices={key: _chosen(counts) for key, counts in _pairs(cells["choix"])},
        texts=int(cells["verbatims"]),
        updated_at=datetime.fromisoformat(cells["mis_a_jour_le"]),
    )


def _place_of_cells(cells: Mapping[str, str]) -> Place:
    return Place(cells["uai"], cells["siret"] or None, cells["centre"], cells["commune"])


def _pairs(cell: str) -> list[tuple[str, str]]:
    return [(key, value) for key, _, value in (one.partition("=") for one in cell.split())]


def _three(counts: str) -> tuple[int, int, int]:
    good, fair, poor, *_ = map(int, counts.split("/"))
    return good, fair, poor


def _chosen(counts: str) -> tuple[int, dict[str, int]]:
    respondents, _, options = counts.partition(":")
    found = (one.partition("=") for one in options.split(",") if one)
    return int(respondents), {option: int(count) for option, _, count in found}


# -- texts -----------------------------------------------------------------------------------------------------------


def _text_of(one: nouns.VerbatimPublie) -> Text:
    centre, reply = one["etablissement"], one["reponse"]
    return Text(
        id=one["id"],
        removed=False,
        formation_key=one["formation"]["cle"],
        formation_title=one["formation"]["intitule"],
        given_under=one["donne_sous"],
        uai=centre["uai"] if centre else None,
        centre_name=centre["nom"] if centre else None,
        question=one["question"]["cle"],
        words=one["texte"],
        month=one["experience"],
        published_on=date.fromisoformat(one["publie_le"]),
        gem=one["pepite"],
        useful=one["utile"],
        subjects=tuple(one["sujets"]),
        reply=reply["texte"] if reply else None,
        signed=reply["signature"] if reply else None,
        replied_on=date.fromisoformat(reply["publie_le"]) if reply else None,
    )


def _text_of_cells(cells: Mapping[str, str]) -> Text:
    replied = cells["reponse_publiee_le"]
    return Text(
        id=cells["id"],
        removed=False,
        formation_key=cells["formation"],
        formation_title=cells["intitule"],
        given_under=cells["donne_sous"],
        uai=cells["uai"] or None,
        centre_name=cells["centre"] or None,
        question=cells["question"],
        words=cells["texte"],
        month=cells["experience"] or None,
        published_on=date.fromisoformat(cells["publie_le"]),
        gem=cells["pepite"] == "oui",
        useful=int(cells["utile"]),
        subjects=tuple(cells["sujets"].split()),
        reply=cells["reponse"] if replied else None,
        signed=cells["reponse_signature"] if replied else None,
        replied_on=date.fromisoformat(replied) if replied else None,
    )
