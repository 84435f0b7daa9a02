"""Invented reviews for the preview's example switch: they never leave the preview, and say what they are. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from syndication.ratings import Questions, rate
from syndication.settings import Thresholds
from widget.contract import Centre, Scope, Snapshot, Verbatim

_COUNTS = {
    "@repondants": {"": 48},
    "@invites": {"connus": 66},
    "satisfaction": {"bien": 41, "moyen": 5, "mal": 2},
    "recherche": {"bien": 30, "moyen": 11, "mal": 7},
    "entreprise": {"bien": 39, "moyen": 7, "mal": 2},
    "entreprise.rythme": {"bien": 28, "moyen": 15, "mal": 5},
    "entreprise.horaires": {"bien": 31, "moyen": 12, "mal": 5},
    "entreprise.vacances": {"bien": 14, "moyen": 22, "mal": 12},
    "entreprise.metier": {"bien": 43, "moyen": 4, "mal": 1},
    "entreprise.ambiance": {"bien": 40, "moyen": 6, "mal": 2},
    "cfa": {"bien": 33, "moyen": 12, "mal": 3},
    "cfa.ambiance": {"bien": 37, "moyen": 9, "mal": 2},
    "cfa.enseignement": {"bien": 30, "moyen": 15, "mal": 3},
    "cfa.accompagnement": {"bien": 36, "moyen": 10, "mal": 2},
    "fierte.confiance": {"bien": 39, "moyen": 8, "mal": 1},
    "fierte.voie": {"bien": 34, "moyen": 11, "mal": 3},
    "choix.comment_trouver": {"": 48, "seul": 21, "entourage": 17, "cfa": 9, "autre": 3},
}
_TEXTS = (
    ("changement", "(exemple) On me parle comme à un collègue, et j'ai une paie à la fin du mois. Le soir je suis fatigué, "
                   "mais je sais pourquoi je me lève."),
    ("recherche.conseil", "(exemple) J'ai poussé la porte de huit entreprises avec mon CV. La neuvième m'a pris à l'essai une "
                          "semaine. Y aller soi-même compte plus que la lettre."),
    ("a_savoir", "(exemple) Prévoir comment venir les jours où il n'y a pas de bus : personne n'y pense avant."),
    ("journee_cfa", "(exemple) Le matin l'atelier, l'après-midi le français et les maths, toujours avec des exemples du métier."),
)  # fmt: skip


def example_snapshot(real: Snapshot, now: datetime, questions: Questions) -> Snapshot:
    """The same formation and centre, with invented figures and texts, under the wording of ``questions``."""
    rating = rate(_COUNTS, questions, Thresholds())
    centre = real.centre or Centre(None, None, "Centre d'exemple", "")
    return replace(
        real,
        scope=Scope(real.scope.requested, real.scope.requested, 1),
        respondents=rating.respondents,
        held=0,
        invited=rating.invited,
        response_rate=rating.response_rate,
        period=None,
        reliability=rating.reliability,
        satisfaction=rating.satisfaction,
        notes=rating.notes,
        choices=rating.choices,
        verbatim_total=len(_TEXTS),
        verbatims=tuple(
            Verbatim(
                id=f"exemple-{place}",
                question=question,
                question_label=questions.labels.get(question, question),
                text=text,
                published_on=(now - timedelta(days=9 * place + 3)).date(),
                month=None,
                subjects=(),
                gem=place == 1,
                useful=0,
                centre=centre,
                reply=None,
            )
            for place, (question, text) in enumerate(_TEXTS)
        ),
        updated_at=None,
        found=len(_TEXTS),
        pages=1,
        questions=(),
        subjects=(),
        centres_named=(),
    )
