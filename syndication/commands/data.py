"""Official files and historic testimonies."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from syndication import historic, worker
from syndication.catalogue import importer, store
from syndication.catalogue.files import OfficialFile
from syndication.catalogue.importer import Report, Step
from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.corpus import taking_over
from syndication.corpus.reading import Reader
from syndication.corpus.records import Figures, read_export
from syndication.database import writing
from syndication.scopes import store as scopes
from syndication.scopes.opco import read_opcos
from widget.routes import words

EXPORTED = {"avis": "avis", "verbatims": "verbatim"}
"""What can be exported, and as what the corpus holds it."""
SHOWN = 20
"""Lines of rejected rows shown to people; ``--json`` gives them all."""


def catalogue_import(
    files: Annotated[list[Path], typer.Argument(help="Fichiers officiels, reconnus à leurs colonnes.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Lit et vérifie tout, n'enregistre rien.")] = False,
    as_json: AsJson = False,
) -> None:
    """Importe des fichiers officiels ; refaire un import ne change rien."""
    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with opened_hub() as hub, Progress(*columns, console=terminal, disable=not terminal.is_terminal) as progress:

        def on_file(file: OfficialFile) -> Step:
            task = progress.add_task(file.path.name, total=len(file.lines))
            return lambda done, _total: progress.update(task, completed=done)

        reports = importer.import_files(hub.engine, files, hub.clock(), dry_run=dry_run, on_file=on_file)
        with hub.engine.connect() as connection:
            held = store.counts(connection)
    if as_json:
        give_json({"essai": dry_run, "fichiers": [_as_json(report) for report in reports], "catalogue": _french(held)})
        return
    for report in reports:
        _tell(report)
    if dry_run:
        say("Essai : rien n'a été enregistré.")
    give(", ".join(f"{name} : {count}" for name, count in _french(held).items()))


def catalogue_opco(
    file: Annotated[Path, typer.Argument(help=r"CSV aux colonnes opco;rncp, ou JSON {nom : \[numéros RNCP]}.")],
    as_json: AsJson = False,
) -> None:
    """Dit de quel OPCO est chaque numéro RNCP, pour ses observateurs ; remplace la liste d'avant."""
    pairs, faults = read_opcos(file.read_bytes())
    names = {name for name, _ in pairs}
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        scopes.replace_opcos(connection, pairs)
        unborne = scopes.count_unborne(connection)
    numbers = len({number for _, number in pairs})
    if as_json:
        give_json({"opco": len(names), "rncp": numbers, "sans_formation": unborne, "rejetees": faults})
        return
    listed = words.plural(numbers, "numéro RNCP", "numéros RNCP")
    rejected = words.plural(len(faults), "ligne rejetée", "lignes rejetées")
    give(f"{len(names)} OPCO, {listed} (dont {unborne} sans formation au catalogue), {rejected}")
    for fault in faults[:SHOWN]:
        say(f"  {fault}")


def responses_import(
    file: Annotated[Path, typer.Argument(help="CSV de l'ancien Sirius, colonnes temoignage.*")],
    formation: Annotated[str, typer.Option(help="Un code de la formation.")],
    etablissement: Annotated[str, typer.Option(help="UAI ou SIRET.")],
    experience: Annotated[str | None, typer.Option(help="Mois de l'expérience, AAAA-MM.")] = None,
    as_json: AsJson = False,
) -> None:
    """Importe des témoignages de l'ancien Sirius ; refaire un import ne change rien."""
    with opened_hub() as hub:
        report = historic.import_responses(hub.engine, file, formation, etablissement, experience, hub.clock())
    if as_json:
        give_json(
            _as_json(report.rows)
            | {"nouveaux": report.new, "repondants": report.respondents, "verbatims": dict(report.texts)}
        )
        return
    _tell(report.rows)
    texts = ", ".join(f"{status} : {count}" for status, count in sorted(report.texts.items())) or "aucun"
    give(f"nouveaux : {report.new}, dont répondants : {report.respondents} ; textes : {texts}")


def export(
    what: Annotated[str, typer.Argument(help="avis ou verbatims.")],
    output: Annotated[str, typer.Option("--format", help="ndjson ou csv.")] = "ndjson",
) -> None:
    """Écrit sur la sortie standard tout ce qui est public, tel qu'à cet instant."""
    if what not in EXPORTED or output not in {"ndjson", "csv"}:
        raise typer.BadParameter("avis ou verbatims, en ndjson ou en csv")
    with opened_hub() as hub:
        worker.follow_all(hub)
        reader = Reader(hub.engine, hub.settings.keys(), f"{hub.settings.public_url}/methode")
        for lines in reader.export(EXPORTED[what], output, hub.publisher.questions().labels):
            sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()


def take_over(
    files: Annotated[list[Path], typer.Argument(help="Fichiers de « sirius export », avis et verbatims.")],
    as_json: AsJson = False,
) -> None:
    """Reprend dans un service vide tout ce qu'un autre a exporté, en NDJSON ou en CSV."""
    records = [record for file in files for record in read_export(file)]
    figures = [record for record in records if isinstance(record, Figures)]
    texts = [record for record in records if not isinstance(record, Figures)]
    with opened_hub() as hub:
        questions = hub.publisher.questions()
        with writing(hub.engine).begin() as connection:
            taken = taking_over.take_over(connection, figures, texts, questions, hub.clock())
        worker.follow_all(hub)
    if as_json:
        give_json({"avis": taken.figures, "verbatims": taken.texts})
    else:
        give(f"repris : {taken.figures} avis, {taken.texts} verbatims")


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "fichier": report.path.name,
        "genre": report.kind,
        "lues": report.read,
        "gardees": report.kept,
        "rejetees": _lines(report.rejected),
        "remarques": _lines(report.remarks),
    }


def _lines(pairs: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"ligne": line, "raison": reason} for line, reason in pairs]


def _tell(report: Report) -> None:
    give(
        f"{report.path.name} ({report.kind}) : {words.plural(report.read, 'lue', 'lues')}, "
        f"{words.plural(report.kept, 'gardée', 'gardées')}, "
        f"{words.plural(len(report.rejected), 'rejetée', 'rejetées')}, "
        f"{words.plural(len(report.remarks), 'remarque', 'remarques')}"
    )
    for line, reason in report.rejected[:SHOWN]:
        give(f"  ligne {line} rejetée : {reason}")
    if len(report.rejected) > SHOWN:
        give(f"  … et {len(report.rejected) - SHOWN} autres : --json les donne toutes")


def _french(counts: dict[str, int]) -> dict[str, int]:
    names = {
        "formation": "formations", "formation_code": "codes", "centre": "etablissements", "offer": "offres",
        "renewal": "renouvellements",
    }  # fmt: skip
    return {names[name]: count for name, count in counts.items()}
