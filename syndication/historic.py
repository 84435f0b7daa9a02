"""Testimonies of the historic Sirius, from its CSV (columns ``temoignage.*``), under today's keys. Idempotent.

Its scales, grids (Python-literal lists, HTML in labels) and options are read by what they mean. A text's verdict is
kept: VALIDATED and GEM are published, REJECTED is refused, TO_FIX, ALERT and anything undecided wait in the desk.
"""

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine

from collector.door import Answers, default_questionnaire
from syndication import ratings, store
from syndication.catalogue import store as catalogue
from syndication.catalogue.files import Line, decode, read_rows
from syndication.catalogue.importer import Report
from syndication.catalogue.resolve import Resolved, resolve
from syndication.database import writing
from syndication.errors import ImportFault
from syndication.intake import new_id, signal_kinds
from syndication.store import NewReview, NewVerbatim

PREFIX = "temoignage."
LANDMARKS = frozenset({"temoignage.contentApprentissage", "temoignage.commentVisTonExperienceEntreprise"})
"""Columns by which a file is known to be one of ours."""
VERSION = "historique"

SCALES = MappingProxyType(
    {
        "contentApprentissage": "satisfaction",
        "passeEntreprise": "recherche",
        "commentCaSePasseEntreprise": "entreprise",
        "commentCaSePasseCfa": "cfa",
    }
)
VALUES = MappingProxyType(
    {
        "bien": "bien", "oui": "bien", "2": "bien", "3": "bien",
        "moyen": "moyen", "1": "moyen",
        "mal": "mal", "pas ok": "mal", "pas vraiment": "mal", "0": "mal",
    }
)  # fmt: skip
"""Historic values on today's scale; the numbers are those of its first sliders."""
GRIDS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "commentVisTonExperienceEntreprise": (
            ("rythme", "entreprise.rythme"), ("horaires", "entreprise.horaires"), ("vacances", "entreprise.vacances"),
            ("apprends", "entreprise.metier"), ("ambiance", "entreprise.ambiance"),
        ),
        "commentVisTonExperienceCfa": (
            ("ambiance", "cfa.ambiance"), ("difficulté", "cfa.difficulte"), ("charge", "cfa.charge"),
            ("équipements", "cfa.equipements"), ("enseignement", "cfa.enseignement"),
            ("accessibilité", "cfa.accessibilite"),
        ),
        "fierFormation": (
            ("communique", "fierte.communication"), ("confiance", "fierte.confiance"),
            ("autonome", "fierte.autonomie"), ("voie", "fierte.voie"), ("félicité", "fierte.felicitations"),
        ),
    }
)  # fmt: skip
"""Rows of a grid, known by a word of their label."""
SUPPORT: tuple[tuple[str, str, str], ...] = (
    ("très disponibles", "tres_disponible", "bien"),
    ("oui", "disponible_autonomie", "bien"),
    ("moyen", "moyen", "moyen"),
    ("non", "pas_ecoute", "mal"),
)
CHOICES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "avantFormation": ("avant", (
            ("collège", "college"), ("lycée", "lycee"), ("autre formation", "apprentissage"),
            ("pas scolarisé", "pas_scolarise"), ("petit boulot", "petit_boulot"), ("reconversion", "reconversion"),
            ("autre chose", "autre"))),
        "pourquoiCetteFormation": ("pourquoi", (
            ("apprendre le métier", "metier"), ("autonome", "autonomie"), ("moins à l'école", "moins_ecole"),
            ("entourage", "entourage"), ("autre", "autre"))),
        "cfaAideTrouverEntreprise": ("aide_cfa", (
            ("il m'a aidé", "aide"), ("ne m'a pas aidé", "pas_aide"), ("pas eu besoin", "pas_besoin"))),
        "commentTrouverEntreprise": ("comment_trouver", (
            ("tout·e seul·e", "seul"), ("famille", "entourage"), ("ancien établissement", "ancien_etablissement"),
            ("association", "association"), ("événement", "evenement"), ("autrement", "autre"), ("cfa", "cfa"))),
        "difficileEntreprise": ("difficultes", (
            ("rien", "rien"), ("trouver des entreprises", "trouver"), ("entretiens", "entretiens"),
            ("candidatures", "candidatures"), ("autre", "autre"))),
        "aideCfaExperience": ("aide_entreprise", (("non", "non"), ("oui", "oui"))),
        "droitsEtDevoirs": ("droits", (
            ("rémunérations", "remuneration"), ("droits du travail", "travail"), ("santé", "sante"),
            ("sécurité", "securite"), ("mobilité", "mobilite"))),
    }
)  # fmt: skip
"""Options of a choice, known by words of their label, the first that fits."""
TEXTS = MappingProxyType(
    {
        "peurChangementConseil": "changement",
        "trouverEntrepriseConseil": "recherche.conseil",
        "choseMarquanteConseil": "a_savoir",
        "differenceCollegeCfaConseil": "journee_cfa",
        "descriptionMetierConseil": "journee_entreprise",
    }
)
VERDICTS: Mapping[str, tuple[str, bool, tuple[str, ...]]] = MappingProxyType(
    {
        "VALIDATED": ("publie", False, ()),
        "GEM": ("publie", True, ()),
        "REJECTED": ("refuse", False, ()),
        "TO_FIX": ("attente", False, ("a_reprendre",)),
        "ALERT": ("attente", False, ("alerte",)),
    }
)
"""State, gem, signals by historic verdict; any other waits."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """A row under today's keys."""

    answers: Answers
    verbatims: tuple[NewVerbatim, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoricReport:
    """What became of a file: rows, and how many testimonies and texts were new."""

    rows: Report
    respondents: int
    new: int
    texts: Mapping[str, int]


def import_responses(
    engine: Engine, path: Path, formation: str, centre: str, month: str | None, now: datetime
) -> HistoricReport:
    """Import a file for a formation in a centre; raises ImportFault, UnusableCode."""
    if month is not None and not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        raise ImportFault(f"« {month} » n'est pas un mois, comme 2026-06.")
    lines = _read(path)
    report = Report(path, "Témoignages Sirius", read=len(lines))
    with writing(engine).begin() as connection:
        resolved = resolve(connection, formation, centre)
        reviews = _reviews(lines, resolved, _lineage_name(connection, resolved), month, report)
        fresh = store.keep_reviews(connection, reviews, now)
    texts = Counter(verbatim.status for review in fresh for verbatim in review.verbatims)
    respondents = sum(review.counts.get((ratings.RESPONDENTS, ""), 0) for review in fresh)
    return HistoricReport(report, respondents, len(fresh), texts)


def read_testimony(row: Mapping[str, str]) -> Testimony:
    """A row under today's keys; raises ValueError for one that cannot be trusted."""
    cells = {name.removeprefix(PREFIX): value for name, value in row.items() if name.startswith(PREFIX)}
    remarks: list[str] = []
    scales = {SCALES[name]: _value(name, cells[name]) for name in SCALES if cells.get(name, "").strip()}
    for name, rows in GRIDS.items():
        scales.update(_grid(name, cells.get(name, ""), rows))
    choices = _choices(cells, remarks)
    support = _plain(cells.get("sensTuAccompagneAuCfa", ""))
    if support:
        option, value = next(((o, v) for word, o, v in SUPPORT if word in support), (None, None))
        if option is None or value is None:
            raise ValueError(f"sensTuAccompagneAuCfa : réponse inconnue « {support} »")
        choices["cfa.accompagnement"], scales["cfa.accompagnement"] = (option,), value
    extras = [name.removesuffix(".content") for name in cells if name.endswith("Autre.content") and cells[name].strip()]
    remarks += [f"{name} : précision non reprise" for name in extras]
    return Testimony(Answers(scales, choices, {}), tuple(_verbatims(cells)), tuple(remarks))


def _read(path: Path) -> list[Line]:
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise ImportFault(f"{path} : illisible ({error.strerror}).") from None
    columns, lines = read_rows(text or "")
    if not set(columns) >= LANDMARKS:
        raise ImportFault(f"{path} : ce n'est pas un export de témoignages Sirius (colonnes temoignage.*).")
    return list(lines)


def _lineage_name(connection: Connection, resolved: Resolved) -> str:
    """A name for the formation's lineage, the same by whichever of its codes the file is imported."""
    members = resolved.formation.members if resolved.formation else ()
    return min((catalogue.formation(connection, member).natural_key for member in members), default="")


def _reviews(
    lines: Sequence[Line], resolved: Resolved, lineage: str, month: str | None, report: Report
) -> list[NewReview]:
    formation, centre = resolved.formation, resolved.centre
    if formation is None or centre is None:
        raise ImportFault("Une formation et un établissement sont attendus.")
    seen: Counter[str] = Counter()
    reviews: list[NewReview] = []
    for line in lines:
        try:
            if line.fault:
                raise ValueError(line.fault)
            testimony = read_testimony(line.row)
        except ValueError as error:
            report.rejected.append((line.number, str(error)))
            continue
        report.remarks += [(line.number, remark) for remark in testimony.remarks]
        content = json.dumps(line.row, sort_keys=True, ensure_ascii=False)
        seen[content] += 1
        name = f"{lineage}|{centre.uai}|{seen[content]}|{content}"
        source = "historique:" + hashlib.sha256(name.encode()).hexdigest()
        reviews.append(_review(source, testimony, formation.asked.id, centre.id, str(formation.code), month))
    report.kept = len(reviews)
    return reviews


def _review(
    source: str, testimony: Testimony, formation_id: int, centre_id: int, code: str, month: str | None
) -> NewReview:
    counts = ratings.counts_of(testimony.answers, default_questionnaire(), month)
    counts[ratings.INVITED, "inconnus"] += counts[ratings.RESPONDENTS, ""]
    counts.update((ratings.VERBATIMS, v.question) for v in testimony.verbatims if v.status == "publie")
    choices = {key: list(options) for key, options in testimony.answers.choices.items()}
    return NewReview(
        id=new_id(),
        origin="historique",
        source_id=source,
        campaign_id=None,
        formation_id=formation_id,
        centre_id=centre_id,
        code_given=code,
        month=month,
        questionnaire_version=VERSION,
        answers={"scales": dict(testimony.answers.scales), "choices": choices},
        counts=counts,
        verbatims=testimony.verbatims,
    )


def _value(name: str, text: Any) -> str:
    value = VALUES.get(_plain(str(text)))
    if value is None:
        raise ValueError(f"{name} : valeur inconnue « {text} »")
    return value


def _grid(name: str, text: str, rows: Sequence[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in _literal(name, text):
        if not isinstance(cell, dict) or not {"label", "value"} <= cell.keys():
            raise ValueError(f"{name} : ligne de grille mal formée")
        label = _plain(str(cell["label"]))
        key = next((key for word, key in rows if word in label), None)
        if key is None:
            raise ValueError(f"{name} : ligne inconnue « {label} »")
        found[key] = _value(name, cell["value"])
    return found


def _choices(cells: Mapping[str, str], remarks: list[str]) -> dict[str, tuple[str, ...]]:
    choices: dict[str, tuple[str, ...]] = {}
    for name, (key, options) in CHOICES.items():
        text = cells.get(name, "").strip()
        labels = _literal(name, text) if text.startswith("[") else [text] if text else []
        found: dict[str, None] = {}
        for label in map(_plain, map(str, labels)):
            option = next((option for words, option in options if words in label), None)
            if option is None:
                remarks.append(f"{name} : réponse non reprise « {label} »")
            else:
                found[option] = None
        if found:
            choices[key] = tuple(found)
    return choices


def _verbatims(cells: Mapping[str, str]) -> list[NewVerbatim]:
    found: list[NewVerbatim] = []
    for name, question in TEXTS.items():
        text = cells.get(f"{name}.content", "") or cells.get(name, "")
        if text.strip():
            status, gem, signals = VERDICTS.get(cells.get(f"{name}.status", "").strip(), ("attente", False, ()))
            shown = (*signals, *signal_kinds(text))
            found.append(NewVerbatim(new_id(), question, text, status, gem=gem, signals=shown))
    return found


def _literal(name: str, text: str) -> list[Any]:
    if not text.strip():
        return []
    try:
        value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"{name} : liste illisible") from None
    if not isinstance(value, list):
        raise ValueError(f"{name} : une liste est attendue")
    return value


def _plain(label: str) -> str:
    """A label without its markup, in lower case, with straight apostrophes and single spaces."""
    bare = re.sub(r"</?[a-zA-Z][^>]*>", "", label).replace("’", "'")
    return " ".join(bare.split()).casefold()
