"""Questionnaires: check, show, publish, withdraw, look at."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from collector.door import Language, Question, Questionnaire, parse, preview_application, read_document
from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.commands.serving import check_free

Document = Annotated[Path, typer.Argument(metavar="FICHIER", help="Document TOML.")]
KINDS = {
    "scale": "échelle", "grid": "grille", "rated": "choix noté", "one": "un choix", "several": "plusieurs choix",
    "open": "texte",
}  # fmt: skip
FEEDS = {
    "axis": "note publique", "choice": "comptes publics", "verbatim": "texte publié une fois lu", "internal": "interne",
}  # fmt: skip


def check(file: Document, as_json: AsJson = False) -> None:
    """Vérifie un document sans rien enregistrer."""
    document = parse(read_document(file))
    if as_json:
        give_json(_as_json(document))
    else:
        give(f"{file.name} : version {document.version}, {_count(document)}. Tout va bien.")


def show(
    version: Annotated[str, typer.Argument(help="Version, ou document TOML ; la plus récente par défaut.")] = "",
    langue: Annotated[str, typer.Option(help="fr ou en.")] = "fr",
    as_json: AsJson = False,
) -> None:
    """Montre un questionnaire, question par question."""
    if langue not in {"fr", "en"}:
        raise typer.BadParameter("fr ou en.", param_hint="--langue")
    language: Language = "en" if langue == "en" else "fr"
    if version.endswith(".toml"):
        document = parse(read_document(Path(version)), language)
    else:
        with opened_hub() as hub:
            known = version or hub.collector.newest_questionnaire().version
            document = hub.collector.questionnaire(known, language)
    if as_json:
        give_json(_as_json(document))
        return
    give(f"{document.title} (version {document.version}, {_count(document)})")
    for place, section in enumerate(document.sections, start=1):
        give(f"\n{place}. {section.title}")
        for question in section.questions:
            _tell(question)


def publish(file: Document, as_json: AsJson = False) -> None:
    """Publie un document : les prochaines campagnes s'ouvrent avec lui, celles en cours gardent le leur."""
    with opened_hub() as hub:
        document = hub.collector.publish_questionnaire(read_document(file))
    if as_json:
        give_json({"version": document.version})
    else:
        give(f"Version {document.version} publiée, {_count(document)}.")


def withdraw(version: Annotated[str, typer.Argument(help="Version à retirer.")], as_json: AsJson = False) -> None:
    """Retire une version : plus aucune campagne ne s'ouvre avec elle, celles en cours vont à leur terme."""
    with opened_hub() as hub:
        hub.collector.withdraw_questionnaire(version)
    if as_json:
        give_json({"version": version, "retiree": True})
    else:
        give(f"Version {version} retirée.")


def preview(file: Document, port: Annotated[int, typer.Option(help="Port d'écoute.", min=1, max=65535)] = 8020) -> None:
    """Sert un document, publié ou non, comme un répondant le verrait ; rien n'est gardé."""
    application = preview_application(read_document(file))
    check_free("127.0.0.1", port)
    say(f"http://127.0.0.1:{port}/ (Ctrl-C pour arrêter)")
    uvicorn.run(application, host="127.0.0.1", port=port, access_log=False, server_header=False, log_level="warning")


def _count(document: Questionnaire) -> str:
    return f"{len(document.sections)} parties, {len(list(document.questions()))} questions"


def _tell(question: Question) -> None:
    condition = f", si {question.show_if[0]} = {question.show_if[1]}" if question.show_if else ""
    required = ", obligatoire" if question.required else ""
    give(f"   {question.key} ({KINDS[question.kind]}, {FEEDS[question.feeds]}{required}{condition})")
    give(f"      {question.label}")
    for key, label in [(p.key, p.label) for p in question.rows] + [(p.key, p.label) for p in question.options]:
        give(f"      - {key} : {label}")


def _as_json(document: Questionnaire) -> object:
    return {
        "version": document.version,
        "langue": document.language,
        "titre": document.title,
        "echelle": dict(document.scale_labels),
        "parties": [
            {
                "cle": section.key,
                "titre": section.title,
                "questions": [_question(question) for question in section.questions],
            }
            for section in document.sections
        ],
    }


def _question(question: Question) -> dict[str, object]:
    return {
        "cle": question.key,
        "genre": question.kind,
        "libelle": question.label,
        "libelle_public": question.public_label,
        "aide": question.hint,
        "nourrit": question.feeds,
        "obligatoire": question.required,
        "si": {"question": question.show_if[0], "option": question.show_if[1]} if question.show_if else None,
        "options": [{"cle": option.key, "libelle": option.label} for option in question.options],
        "lignes": [{"cle": row.key, "libelle": row.label} for row in question.rows],
    }
