"""A small archive in the shape of the historic service's exports, invented too: it brings the states that only a first
reading gave, texts marked as gems and texts signalled to be read again with care."""

import csv
from collections.abc import Sequence
from pathlib import Path

FORMATION, CENTRE, MONTH = "32032003", "9990004A", "2025-03"
TEXTS: tuple[tuple[str, str, str], ...] = (
    ("peurChangementConseil", "GEM", "On me confie de vraies affiches, vues dans la rue par de vraies gens. Mes dessins "
                                     "de lycée restaient dans un classeur."),
    ("trouverEntrepriseConseil", "VALIDATED", "Un site avec trois projets vaut mieux qu'une page de CV."),
    ("choseMarquanteConseil", "VALIDATED", "Que les délais de l'agence ne s'arrêtent pas pendant les examens."),
    ("differenceCollegeCfaConseil", "GEM", "Les profs nous notent comme des clients : si ce n'est pas rendu à l'heure, "
                                           "ça n'existe pas. On râle, puis on comprend."),
    ("descriptionMetierConseil", "VALIDATED", "Deux réunions, cinq maquettes, une seule gardée."),
    ("choseMarquanteConseil", "TO_FIX", "demander à Monsieur Fictif-Exemple du deuxième il explique mieux"),
    ("descriptionMetierConseil", "ALERT", "(exemple inventé) Je fais toutes les semaines plus de cinquante heures et on me "
                                          "dit de ne pas les noter."),
)  # fmt: skip
SCALES = ("contentApprentissage", "passeEntreprise", "commentCaSePasseEntreprise", "commentCaSePasseCfa")
GRIDS = {
    "commentVisTonExperienceEntreprise": ("<strong>Le rythme</strong>", "<strong>Les horaires</strong>"),
    "commentVisTonExperienceCfa": ("<strong>L'ambiance</strong>", "<strong>La charge de travail</strong>"),
}
VALUES = ("Bien", "Bien", "Moyen", "Bien", "Bien", "Bien", "Mal")


def write_archive(path: Path) -> None:
    """Write the archive as CSV."""
    rows = [_row(place, *text) for place, text in enumerate(TEXTS)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sorted({name for row in rows for name in row}))
        writer.writeheader()
        writer.writerows(rows)


def _row(place: int, question: str, verdict: str, text: str) -> dict[str, str]:
    scales = {f"temoignage.{name}": VALUES[(place + shift) % len(VALUES)] for shift, name in enumerate(SCALES)}
    grids = {f"temoignage.{name}": repr(_grid(labels, place)) for name, labels in GRIDS.items()}
    texts = {f"temoignage.{question}.content": text, f"temoignage.{question}.status": verdict}
    return scales | grids | texts


def _grid(labels: Sequence[str], place: int) -> list[dict[str, str]]:
    return [{"label": label, "value": ("Bien", "Moyen", "Pas ok")[(place + n) % 3]} for n, label in enumerate(labels)]
