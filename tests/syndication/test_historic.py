"""Testimonies of the historic Sirius under today's keys: small files of our own, then the real sample."""

import ast
import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from syndication import historic, models
from syndication.context import Hub
from syndication.database import table
from syndication.errors import CodeError, ImportFault, UnknownCode
from syndication.historic import HistoricReport, import_responses
from tests.helpers import NOON, Client

Cells = dict[str, str]
Write = Callable[..., Path]
FORMATION, CENTRE = "50022146", "0751234J"
QUESTIONS = {
    "peurChangementConseil": "changement",
    "trouverEntrepriseConseil": "recherche.conseil",
    "choseMarquanteConseil": "a_savoir",
    "differenceCollegeCfaConseil": "journee_cfa",
    "descriptionMetierConseil": "journee_entreprise",
}
CLOSED = (
    "avantFormation", "pourquoiCetteFormation", "passeEntreprise", "cfaAideTrouverEntreprise",
    "commentTrouverEntreprise", "difficileEntreprise", "commentCaSePasseEntreprise",
    "commentVisTonExperienceEntreprise", "aideCfaExperience", "droitsEtDevoirs", "commentCaSePasseCfa",
    "commentVisTonExperienceCfa", "sensTuAccompagneAuCfa", "contentApprentissage", "fierFormation",
)  # fmt: skip
COLUMNS = [*CLOSED, *(f"{name}.{part}" for name in QUESTIONS for part in ("status", "content")), *QUESTIONS]


def grid(**values: str) -> str:
    """A grid as it was exported: a Python list of labels with markup."""
    labels = {
        "rythme": "<strong>Le rythme</strong> entreprise <-> école",
        "horaires": "<strong>Les horaires</strong> en entreprise",
        "vacances": "D’avoir moins de <strong>vacances</strong>",
        "metier": "<strong>Ce que tu apprends de ce métier</strong> dans ton entreprise",
        "ambiance": "<strong>Ton intégration et l’ambiance</strong> dans ton entreprise",
        "charge": "<strong>La charge de travail</strong>",
        "equipements": "<strong>Les équipements</strong> mis à ta disposition au CFA",
        "difficulte": "<strong>Le niveau de difficulté des cours</strong>",
        "voie": "<strong>J'ai trouvé ma voie,</strong> je me sens à ma place",
        "felicite": "<strong>J'ai été félicité·e pour mon travail</strong>",
        "inconnue": "<strong>La cantine</strong>",
    }
    return repr([{"label": labels[name], "value": value} for name, value in values.items()])


def said(**cells: str) -> Cells:
    """A row; a text is given as ``changement="VALIDATED Le texte"``, under today's key."""
    row = dict.fromkeys(COLUMNS, "")
    today = {key.replace(".", "_"): name for name, key in QUESTIONS.items()}
    for name, value in cells.items():
        if name in today:
            row[f"{today[name]}.status"], _, row[f"{today[name]}.content"] = value.partition(" ")
        else:
            assert name in row, name
            row[name] = value
    return row


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows in the historic shape, and give the path."""

    def run(*rows: Cells, encoding: str = "utf-8") -> Path:
        path = tmp_path / "temoignages.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            file.write(",".join(f"temoignage.{name}" for name in COLUMNS) + "\r\n")
            writer.writerows(rows)
        return path

    return run


def take(
    hub: Hub, path: Path, formation: str = FORMATION, centre: str = CENTRE, month: str | None = None
) -> HistoricReport:
    return import_responses(hub.engine, path, formation, centre, month, NOON)


def stored(hub: Hub, model: type[models.Table]) -> list[Any]:
    with hub.engine.connect() as connection:
        return list(connection.execute(select(table(model))).mappings())


def tally(hub: Hub) -> dict[tuple[str, str], int]:
    """Counts of the formation everywhere."""
    return {(row["axis"], row["value"]): row["count"] for row in stored(hub, models.Tally) if row["centre_id"] == 0}


# -- what rows mean --------------------------------------------------------------------------------------------------


def test_a_row_is_read_under_todays_keys(hub: Hub, write: Write) -> None:
    take(
        hub,
        write(
            said(
                contentApprentissage="Bien",
                passeEntreprise="Moyen",
                commentCaSePasseEntreprise="Mal",
                commentCaSePasseCfa="Bien",
                commentVisTonExperienceEntreprise=grid(
                    rythme="Bien", horaires="Moyen", vacances="Pas ok", metier="Bien", ambiance="Bien"
                ),
                commentVisTonExperienceCfa=grid(charge="Pas ok", equipements="Moyen", difficulte="Bien"),
                fierFormation=grid(voie="Oui", felicite="Pas vraiment"),
                sensTuAccompagneAuCfa="Oui, ils sont disponibles tout en nous laissant beaucoup en autonomie",
                avantFormation="['Autre chose', 'Collège']",
                pourquoiCetteFormation="[\"Être moins à l'école\", 'Mon entourage me l’a recommandé']",
                cfaAideTrouverEntreprise="Oui mais il ne m’a pas aidé",
            )
        ),
    )
    (review,) = stored(hub, models.Review)
    assert review["answers"]["scales"] == {
        "satisfaction": "bien",
        "recherche": "moyen",
        "entreprise": "mal",
        "cfa": "bien",
        "entreprise.rythme": "bien",
        "entreprise.horaires": "moyen",
        "entreprise.vacances": "mal",
        "entreprise.metier": "bien",
        "entreprise.ambiance": "bien",
        "cfa.charge": "mal",
        "cfa.equipements": "moyen",
        "cfa.difficulte": "bien",
        "fierte.voie": "bien",
        "fierte.felicitations": "mal",
        "cfa.accompagnement": "bien",
    }
    choices = {key: set(options) for key, options in review["answers"]["choices"].items()}
    assert choices == {
        "avant": {"autre", "college"},
        "pourquoi": {"moins_ecole", "entourage"},
        "aide_cfa": {"pas_aide"},
        "cfa.accompagnement": {"disponible_autonomie"},
    }
    assert review["origin"] == "historique"
    assert review["questionnaire_version"] == historic.VERSION


@pytest.mark.parametrize(
    ("label", "option", "value"),
    [
        ("Oui les formateurs et l'équipe encadrante sont très disponibles", "tres_disponible", "bien"),
        ("Oui, ils sont disponibles tout en nous laissant beaucoup en autonomie", "disponible_autonomie", "bien"),
        ("Moyen, on échange peu avec eux", "moyen", "moyen"),
        ("Non l'équipe n'est pas à l'écoute de nos besoins", "pas_ecoute", "mal"),
    ],
)
def test_support_at_the_cfa_is_a_choice_and_a_scale(label: str, option: str, value: str) -> None:
    answers = historic.read_testimony({"temoignage.sensTuAccompagneAuCfa": label}).answers
    assert answers.choices["cfa.accompagnement"] == (option,)
    assert answers.scales["cfa.accompagnement"] == value


@pytest.mark.parametrize(
    ("status", "state", "gem", "signals"),
    [
        ("VALIDATED", "publie", False, []),
        ("GEM", "publie", True, []),
        ("REJECTED", "refuse", False, []),
        ("TO_FIX", "attente", False, ["a_reprendre"]),
        ("ALERT", "attente", False, ["alerte"]),
        ("PENDING", "attente", False, []),
        ("", "attente", False, []),
    ],
)
def test_a_text_keeps_the_verdict_it_was_given(
    status: str, state: str, gem: bool, signals: list[str], hub: Hub, write: Write
) -> None:
    report = take(
        hub,
        write(
            said(
                contentApprentissage="Bien",
                a_savoir=f"{status} Prends des chaussures de sécurité, tu restes debout toute la journée.",
            )
        ),
    )
    (text,) = stored(hub, models.Verbatim)
    assert (text["question"], text["text"]) == (
        "a_savoir",
        "Prends des chaussures de sécurité, tu restes debout toute la journée.",
    )
    assert (text["status"], text["gem"]) == (state, gem)
    assert [row["signal"] for row in stored(hub, models.VerbatimSignal)] == signals
    assert (text["published_at"] is not None) is (state == "publie")
    assert report.texts == {state: 1}
    assert tally(hub).get(("@verbatims", "a_savoir"), 0) == (state == "publie")


def test_each_open_question_has_its_own_key_and_keeps_its_text_exactly(hub: Hub, write: Write) -> None:
    texts = {key.replace(".", "_"): f"VALIDATED  « {key} »,\n<b>ligne</b> d'après " for key in QUESTIONS.values()}
    take(hub, write(said(contentApprentissage="Bien", **texts)))
    found = {row["question"]: row["text"] for row in stored(hub, models.Verbatim)}
    assert found == {key: f" « {key} »,\n<b>ligne</b> d'après " for key in QUESTIONS.values()}


def test_a_text_of_the_older_shape_without_verdict_waits(hub: Hub, write: Write) -> None:
    take(hub, write(said(contentApprentissage="Bien", descriptionMetierConseil="On épluche.")))
    (text,) = stored(hub, models.Verbatim)
    assert (text["question"], text["text"], text["status"]) == ("journee_entreprise", "On épluche.", "attente")


def test_a_blank_text_is_none_whatever_its_verdict(hub: Hub, write: Write) -> None:
    report = take(hub, write(said(contentApprentissage="Bien", changement="VALIDATED  \n ", a_savoir="GEM ")))
    assert stored(hub, models.Verbatim) == []
    assert report.texts == {}


def test_a_testimony_without_any_scale_is_kept_but_is_no_respondent(hub: Hub, write: Write) -> None:
    report = take(hub, write(said(avantFormation="['Collège']"), said(contentApprentissage="Mal")))
    assert (report.new, report.respondents, report.rows.kept) == (2, 1, 2)
    assert tally(hub)["@repondants", ""] == 1
    assert tally(hub)["choix.avant", "college"] == 1


def test_nobody_knows_how_many_were_asked(hub: Hub, write: Write) -> None:
    take(hub, write(*[said(contentApprentissage="Bien")] * 3))
    assert tally(hub)["@invites", "inconnus"] == 3


def test_an_option_of_no_known_meaning_is_remarked_and_left_out(hub: Hub, write: Write) -> None:
    report = take(hub, write(said(contentApprentissage="Bien", avantFormation="['Collège', 'Astronaute']")))
    assert report.rows.remarks == [(2, "avantFormation : réponse non reprise « astronaute »")]
    assert (report.rows.kept, report.rows.rejected) == (1, [])
    assert tally(hub)["choix.avant", "college"] == 1


# -- imports as a whole ----------------------------------------------------------------------------------------------


def test_importing_twice_counts_once(hub: Hub, write: Write) -> None:
    path = write(
        said(contentApprentissage="Bien", changement="VALIDATED Tout."),
        said(contentApprentissage="Mal"),
        said(contentApprentissage="Mal"),
    )
    first = take(hub, path)
    before = [stored(hub, model) for model in (models.Review, models.Verbatim, models.Tally, models.Change)]
    second = take(hub, path)
    after = [stored(hub, model) for model in (models.Review, models.Verbatim, models.Tally, models.Change)]
    assert (first.new, first.respondents, first.texts) == (3, 3, {"publie": 1})
    assert (second.new, second.respondents, second.texts) == (0, 0, {})
    assert second.rows == first.rows
    assert after == before


def test_a_file_that_grew_counts_its_new_rows_alone(hub: Hub, write: Write) -> None:
    rows = [said(contentApprentissage="Bien"), said(contentApprentissage="Mal")]
    take(hub, write(*rows))
    report = take(hub, write(*rows, said(contentApprentissage="Mal"), said(contentApprentissage="Moyen")))
    assert (report.new, report.rows.kept) == (2, 4)
    assert {value: tally(hub)["satisfaction", value] for value in ("bien", "moyen", "mal")} == {
        "bien": 1,
        "moyen": 1,
        "mal": 2,
    }


def test_the_order_of_rows_does_not_make_them_new(hub: Hub, write: Write) -> None:
    rows = [said(contentApprentissage="Bien"), said(contentApprentissage="Mal"), said(contentApprentissage="Moyen")]
    take(hub, write(*rows))
    assert take(hub, write(*rows[::-1])).new == 0


def test_the_same_words_in_two_centres_are_two_testimonies(hub: Hub, write: Write) -> None:
    path = write(said(contentApprentissage="Bien"))
    assert take(hub, path).new == take(hub, path, centre="9990001X").new == 1


def test_the_same_centre_under_another_of_its_codes_counts_once(hub: Hub, write: Write) -> None:
    path = write(said(contentApprentissage="Bien"))
    assert take(hub, path).new == 1
    assert take(hub, path, "RNCP38430", "00000001800010").new == 0


def test_the_month_of_the_experience_is_kept(hub: Hub, write: Write) -> None:
    take(hub, write(said(contentApprentissage="Bien", changement="VALIDATED Tout.")), month="2026-06")
    assert tally(hub)["@mois", "2026-06"] == 1
    assert [row["month"] for row in stored(hub, models.Verbatim)] == ["2026-06"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_changes_nothing(encoding: str, hub: Hub, write: Write) -> None:
    assert take(hub, write(said(contentApprentissage="Bien"), encoding=encoding)).respondents == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (said(contentApprentissage="Super"), "contentApprentissage : valeur inconnue « Super »"),
        (said(commentVisTonExperienceEntreprise="[{'label': "), "commentVisTonExperienceEntreprise : liste illisible"),
        (said(commentVisTonExperienceEntreprise="{'a': 1}"), "commentVisTonExperienceEntreprise : une liste"),
        (said(commentVisTonExperienceCfa="['Bien']"), "commentVisTonExperienceCfa : ligne de grille mal formée"),
        (said(commentVisTonExperienceCfa="[{'label': 'x'}]"), "commentVisTonExperienceCfa : ligne de grille mal"),
        (said(commentVisTonExperienceCfa=grid(inconnue="Bien")), "ligne inconnue « la cantine »"),
        (said(fierFormation=grid(voie="Peut-être")), "fierFormation : valeur inconnue « Peut-être »"),
        (said(sensTuAccompagneAuCfa="Sans avis"), "sensTuAccompagneAuCfa : réponse inconnue « sans avis »"),
        (said(avantFormation="['Collège'"), "avantFormation : liste illisible"),
        (said(fierFormation="__import__('os').getcwd()"), "fierFormation : liste illisible"),
        (said(fierFormation="[" * 5_000), "fierFormation : liste illisible"),
        (said(fierFormation="[{[]: 'Oui'}]"), "fierFormation : liste illisible"),
    ],
)
def test_a_malformed_row_is_rejected_with_its_line_and_reason_and_stops_nothing(
    bad: Cells, reason: str, hub: Hub, write: Write
) -> None:
    report = take(hub, write(said(contentApprentissage="Bien"), bad, said(contentApprentissage="Mal")))
    ((line, why),) = report.rows.rejected
    assert line == 3
    assert reason in why
    assert (report.rows.read, report.rows.kept, report.new, report.respondents) == (3, 2, 2, 2)
    assert tally(hub)["@repondants", ""] == 2


def test_a_row_with_a_cell_too_few_is_rejected_at_its_own_line(hub: Hub, write: Write) -> None:
    path = write(said(contentApprentissage="Bien", changement="VALIDATED sur\ndeux lignes"))
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write("trop,court\r\n")
    report = take(hub, path)
    assert report.rows.rejected == [(4, f"2 colonnes au lieu de {len(COLUMNS)}")]
    assert report.new == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nom,age\nLea,17\n",
        b"temoignage.contentApprentissage\nBien\n",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"PK\x03\x04",
    ],
    ids=["empty", "other columns", "one landmark of two", "an image", "an archive"],
)
def test_a_wrong_file_is_refused_and_nothing_is_stored(content: bytes, hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "autre.csv"
    path.write_bytes(content)
    with pytest.raises(ImportFault, match=r"temoignage\.\*"):
        take(hub, path)
    assert stored(hub, models.Review) == []


def test_a_missing_file_is_refused(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ImportFault, match="illisible"):
        take(hub, tmp_path / "absent.csv")


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "juin 2026", "2026-6", "2026-06-01", ""])
def test_what_is_no_month_is_refused(month: str, hub: Hub, write: Write) -> None:
    with pytest.raises(ImportFault, match="n'est pas un mois"):
        take(hub, write(said(contentApprentissage="Bien")), month=month)
    assert stored(hub, models.Review) == []


@pytest.mark.parametrize(
    ("formation", "centre", "error"),
    [
        ("50099999", CENTRE, UnknownCode),
        (FORMATION, "0010856A", UnknownCode),
        ("cuisine", CENTRE, CodeError),
        (FORMATION, "0751234K", CodeError),
        (FORMATION, "", ImportFault),
        ("", CENTRE, ImportFault),
    ],
)
def test_codes_that_lead_nowhere_are_refused_and_nothing_is_stored(
    formation: str, centre: str, error: type[Exception], hub: Hub, write: Write
) -> None:
    with pytest.raises(error):
        take(hub, write(said(contentApprentissage="Bien")), formation, centre)
    assert stored(hub, models.Review) == []


# -- the real sample, counted apart ----------------------------------------------------------------------------------

SCALES = {
    "satisfaction": "contentApprentissage",
    "recherche": "passeEntreprise",
    "entreprise": "commentCaSePasseEntreprise",
    "cfa": "commentCaSePasseCfa",
}
ROWS = {
    "commentVisTonExperienceEntreprise": {
        "Le rythme entreprise <-> école": "entreprise.rythme",
        "Les horaires en entreprise": "entreprise.horaires",
        "D’avoir moins de vacances": "entreprise.vacances",
        "Ce que tu apprends de ce métier dans ton entreprise": "entreprise.metier",
        "Ton intégration et l’ambiance dans ton entreprise": "entreprise.ambiance",
    },
    "commentVisTonExperienceCfa": {
        "L'ambiance": "cfa.ambiance",
        "Le niveau de difficulté des cours": "cfa.difficulte",
        "La charge de travail": "cfa.charge",
        "Les équipements mis à ta disposition au CFA": "cfa.equipements",
        "L’enseignement proposé par le CFA": "cfa.enseignement",
        "L’accessibilité du CFA pour les personnes en situation de handicap": "cfa.accessibilite",
    },
    "fierFormation": {
        "Je communique mieux": "fierte.communication",
        "J’ai gagné en confiance en moi": "fierte.confiance",
        "Je suis autonome financièrement": "fierte.autonomie",
        "J'ai trouvé ma voie, je me sens à ma place": "fierte.voie",
        "J'ai été félicité·e pour mon travail": "fierte.felicitations",
    },
}
VALUES = {"Bien": "bien", "Oui": "bien", "Moyen": "moyen", "Mal": "mal", "Pas ok": "mal", "Pas vraiment": "mal"}
SUPPORT = {"Oui": "bien", "Moy": "moyen", "Non": "mal"}
OPTIONS = {
    "avantFormation": ("avant", {
        "Collège": "college", "Lycée (général ou technologique ou professionnel)": "lycee",
        "Autre formation en apprentissage": "apprentissage", "Autre chose": "autre"}),
    "pourquoiCetteFormation": ("pourquoi", {
        "Travailler, apprendre le métier qui me plaît": "metier", "Être moins à l'école": "moins_ecole",
        "Être vite autonome et gagner de l'argent": "autonomie", "Mon entourage me l’a recommandé": "entourage"}),
    "cfaAideTrouverEntreprise": ("aide_cfa", {
        "Non je n’ai pas eu besoin de lui, j’ai trouvé mon entreprise autrement": "pas_besoin"}),
    "commentTrouverEntreprise": ("comment_trouver", {
        "En me débrouillant tout·e seul·e": "seul", "Autrement": "autre",
        "Une personne de ma famille ou de mon entourage m'a aidé·e": "entourage",
        "Un·e éducateur·ice ou une association m’a aidé·e": "association"}),
    "difficileEntreprise": ("difficultes", {
        "Rien ! Je n’ai rencontré aucune difficulté": "rien", "Trouver des entreprises à contacter": "trouver",
        "Autre chose": "autre"}),
    "aideCfaExperience": ("aide_entreprise", {
        "Non je n’ai pas besoin de son aide et/ou je peux gérer seul·e ma situation": "non"}),
    "droitsEtDevoirs": ("droits", {
        "Ta sécurité": "securite", "Tes droits du travail (congés, horaires)": "travail",
        "Tes rémunérations (paye, primes...)": "remuneration", "Ta mobilité (aide au permis)": "mobilite",
        "Ta santé au travail (mutuelle...)": "sante"}),
}  # fmt: skip


class Sample:
    """The real file counted in plain Python, by nothing of ours."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{k.removeprefix("temoignage."): v for k, v in row.items()} for row in csv.DictReader(file)]
        self.axes: dict[str, Counter[str]] = {}
        self.options: dict[str, Counter[str]] = {}
        self.askers: Counter[str] = Counter()
        self.respondents = 0
        for row in rows:
            rated = {key: VALUES[row[name]] for key, name in SCALES.items() if row[name]}
            for name, labels in ROWS.items():
                for cell in ast.literal_eval(row[name] or "[]"):
                    rated[labels[re.sub(r"</?strong>", "", cell["label"])]] = VALUES[cell["value"]]
            if row["sensTuAccompagneAuCfa"]:
                rated["cfa.accompagnement"] = SUPPORT[row["sensTuAccompagneAuCfa"][:3]]
            self.respondents += bool(rated)
            for key, value in rated.items():
                self.axes.setdefault(key, Counter())[value] += 1
            for name, (key, labels) in OPTIONS.items():
                if row[name]:
                    chosen = ast.literal_eval(row[name]) if row[name].startswith("[") else [row[name]]
                    self.askers[key] += 1
                    self.options.setdefault(key, Counter()).update(labels[label] for label in chosen)
        self.published = Counter(
            (question, row[f"{name}.content"])
            for row in rows
            for name, question in QUESTIONS.items()
            if row[f"{name}.status"] == "VALIDATED" and row[f"{name}.content"].strip()
        )
        self.written = sum(bool(row[f"{name}.content"].strip()) for row in rows for name in QUESTIONS)


@pytest.fixture(scope="module")
def sample(real_data: Path) -> Sample:
    return Sample(real_data / "temoignages_sirius_1.csv")


@pytest.fixture
def shown(hub: Hub, client: Client, catch_up: Callable[[], None], real_data: Path) -> dict[str, Any]:
    """What the API says once the real sample is imported."""
    report = take(hub, real_data / "temoignages_sirius_1.csv", month="2026-06")
    assert (report.rows.read, report.rows.kept, report.rows.rejected) == (20, 20, [])
    assert all("Autre : précision non reprise" in remark for _, remark in report.rows.remarks)
    catch_up()
    answer = client.get(f"/api/v1/avis?formation={FORMATION}&etablissement={CENTRE}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_the_real_sample_is_counted_on_every_axis_as_by_hand(shown: dict[str, Any], sample: Sample) -> None:
    assert shown["repondants"] == sample.respondents == 17
    axes = {note["cle"]: note for note in shown["notes"]} | {"satisfaction": shown["satisfaction"]}
    assert set(axes) == set(sample.axes)
    assert len(axes) == 21
    for key, axis in axes.items():
        counted = {value: axis[value]["nombre"] for value in ("bien", "moyen", "mal")}
        assert counted == {value: sample.axes[key][value] for value in counted}, key
        assert axis["sans_reponse"] == sample.respondents - sample.axes[key].total(), key
        assert sum(axis[value]["part"] for value in counted) == 100, key


def test_the_real_sample_is_counted_on_every_choice_as_by_hand(shown: dict[str, Any], sample: Sample) -> None:
    choices = {choice["cle"]: choice for choice in shown["choix"]}
    assert set(choices) == set(sample.options)
    for key, choice in choices.items():
        assert choice["repondants"] == sample.askers[key], key
        counted = {option["cle"]: option["nombre"] for option in choice["options"]}
        assert counted == {option: sample.options[key][option] for option in counted}, key
        assert sum(counted.values()) == sample.options[key].total(), key
        for option in choice["options"]:
            assert abs(option["part"] - 100 * option["nombre"] / choice["repondants"]) <= 0.5, key


def test_the_texts_published_of_the_real_sample_are_those_that_were_validated(
    hub: Hub, shown: dict[str, Any], sample: Sample
) -> None:
    texts = stored(hub, models.Verbatim)
    assert len(texts) == sample.written
    assert Counter((t["question"], t["text"]) for t in texts if t["status"] == "publie") == sample.published
    assert shown["verbatims"]["total"] == sample.published.total() == 54
    excerpts = [(one["question"]["cle"], one["texte"]) for one in shown["verbatims"]["extraits"]]
    assert 0 < len(excerpts) <= 54
    assert not Counter(excerpts) - sample.published


def test_the_real_sample_is_shown_for_what_it_is(shown: dict[str, Any]) -> None:
    assert shown["portee"] == {
        "demandee": "formation@etablissement",
        "servie": "formation@etablissement",
        "etablissements": 1,
    }
    assert shown["fiabilite"] == "fragile"
    assert (shown["invites"], shown["taux_reponse"]) == (None, None)
    assert shown["periode"] == {"debut": "2026-06", "fin": "2026-06"}
