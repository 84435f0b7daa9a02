"""What may be added together when the questionnaire changes, and what never is."""

import copy
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.door import Answers, Questionnaire, default_questionnaire, parse
from collector.questionnaire.library import default_document
from syndication import historic, ratings, worker
from syndication.app import create_app
from syndication.context import Hub
from syndication.ratings import MONTHS, RESPONDENTS, VERSIONS, Questions, Rating, counts_of
from syndication.settings import Thresholds
from tests.collector.test_questionnaire import document
from tests.conftest import CUISINE, PARIS_CENTRE
from tests.helpers import FULL_ANSWER, NOON, Client, Clock

Answer = Callable[..., None]
Json = dict[str, Any]
URL = f"/api/v1/avis?formation={CUISINE}"
OTHER_WORDS = {"bien": "Souvent", "moyen": "Parfois", "mal": "Jamais"}
IN_ENGLISH = {"bien": "Often", "moyen": "Sometimes", "mal": "Never"}
LYCEE_PRO = {"key": "lycee_pro", "label": "J'étais au lycée pro", "label_en": "I was in vocational school"}
THRESHOLDS = Thresholds()


def changed(version: str = "2027-1", **questions: Json) -> Json:
    """The default document under another version; by question (two underscores for a dot), what is said otherwise."""
    whole: Json = {**copy.deepcopy(dict(default_document())), "version": version}
    for part in whole["sections"]:
        for question in part["questions"]:
            question.update(copy.deepcopy(questions.get(question["key"].replace(".", "__"), {})))
    return whole


def rescaled(version: str, *keys: str, words: Json = OTHER_WORDS) -> Json:
    """The default document where some questions are answered on another scale."""
    scale = {"scale_labels": words, "scale_labels_en": IN_ENGLISH}
    return changed(version, **{key.replace(".", "__"): scale for key in keys})


def with_option_more(version: str = "2027-1") -> Json:
    whole = changed(version)
    whole["sections"][0]["questions"][0]["options"].append(LYCEE_PRO)
    return whole


def reworded(version: str = "2027-1") -> Json:
    """Every label said otherwise; scales and options mean what they meant."""
    whole = changed(version)
    for part in whole["sections"]:
        for question in part["questions"]:
            for worded in (question, *question.get("options", ()), *question.get("rows", ())):
                for name in ("label", "public_label"):
                    if name in worded:
                        worded[name] = f"Nouveau : {worded[name]}"
    return whole


@pytest.fixture
def shown(client: Client, catch_up: Callable[[], None]) -> Callable[..., Json]:
    """What the API says now of a formation."""

    def run(url: str = URL) -> Json:
        catch_up()
        answer: Json = client.get(url).json()
        return answer

    return run


def note(avis: Json, key: str) -> Json:
    return next((one for one in avis["notes"] if one["cle"] == key), {})


def choice(avis: Json, key: str) -> Json:
    return next((one for one in avis["choix"] if one["cle"] == key), {})


def counts(spread: Json) -> tuple[int, int, int, int]:
    """Counts of bien, moyen and mal, then of those who gave no answer."""
    return (*(spread[value]["nombre"] for value in ("bien", "moyen", "mal")), spread["sans_reponse"])


# -- another scale ---------------------------------------------------------------------------------------------------


def test_answers_on_another_scale_are_never_added_to_the_old_ones(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6, entreprise=["bien"])
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    answer(3, entreprise=["mal"])
    avis = shown()
    assert avis["repondants"] == 9
    assert counts(note(avis, "entreprise")) == (6, 0, 0, 0)
    assert counts(note(avis, "cfa")) == (9, 0, 0, 0)
    assert counts(avis["satisfaction"]) == (9, 0, 0, 0)
    answer(2, entreprise=["moyen"])
    avis = shown()
    assert avis["repondants"] == 11
    assert counts(note(avis, "entreprise")) == (0, 2, 3, 0)


def test_the_newest_series_with_enough_answers_is_shown_even_when_an_older_one_has_many(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(30, entreprise=["bien"])
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    answer(4, entreprise=["mal"])
    assert counts(note(shown(), "entreprise")) == (30, 0, 0, 0)
    answer(1, entreprise=["mal"])
    assert counts(note(shown(), "entreprise")) == (0, 0, 5, 0)


def test_between_two_old_series_the_one_with_most_answers_is_shown_when_the_newest_has_too_few(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(5, entreprise=["bien"])
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    answer(7, entreprise=["moyen"])
    third = {"bien": "Ravi", "moyen": "Mitigé", "mal": "Déçu"}
    hub.collector.publish_questionnaire(rescaled("2027-2", "entreprise", words=third))
    answer(4, entreprise=["mal"])
    assert counts(note(shown(), "entreprise")) == (0, 7, 0, 0)


def test_when_no_series_has_enough_answers_nothing_is_shown_though_all_together_would(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(4, entreprise=["bien"])
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    answer(4, entreprise=["bien"])
    avis = shown()
    assert avis["repondants"] == 8
    assert note(avis, "entreprise") == {}
    assert counts(note(avis, "cfa")) == (8, 0, 0, 0)


def test_going_back_to_an_old_scale_goes_on_with_its_series(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(4, entreprise=["bien"])
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    answer(6, entreprise=["moyen"])
    hub.collector.publish_questionnaire(reworded("2027-2"))
    answer(3, entreprise=["mal"])
    assert counts(note(shown(), "entreprise")) == (4, 0, 3, 0)


def test_another_scale_for_the_whole_questionnaire_starts_every_series_anew_but_for_those_with_their_own(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6)
    hub.collector.publish_questionnaire({**changed(), "scale_labels": OTHER_WORDS, "scale_labels_en": IN_ENGLISH})
    answer(5, satisfaction=["mal"], cfa=["mal"], fierte__voie=["mal"], cfa__accompagnement=["pas_ecoute"])
    avis = shown()
    assert avis["repondants"] == 11
    assert counts(avis["satisfaction"]) == (0, 0, 5, 0)
    assert counts(note(avis, "cfa")) == (0, 0, 5, 0)
    assert counts(note(avis, "fierte.voie")) == (6, 0, 5, 0)
    assert counts(note(avis, "cfa.accompagnement")) == (6, 0, 5, 0)


def test_the_english_words_of_a_scale_change_nothing(hub: Hub, answer: Answer, shown: Callable[..., Json]) -> None:
    answer(6)
    hub.collector.publish_questionnaire({**changed(), "scale_labels_en": IN_ENGLISH})
    answer(3)
    assert counts(shown()["satisfaction"]) == (9, 0, 0, 0)


def test_every_row_of_a_grid_on_another_scale_starts_anew(hub: Hub, answer: Answer, shown: Callable[..., Json]) -> None:
    answer(6, fierte__voie=["bien"], fierte__confiance=["bien"])
    hub.collector.publish_questionnaire(rescaled("2027-1", "fierte"))
    answer(5, fierte__voie=["mal"], fierte__confiance=["moyen"])
    avis = shown()
    assert counts(note(avis, "fierte.voie")) == (0, 0, 5, 0)
    assert counts(note(avis, "fierte.confiance")) == (0, 5, 0, 0)
    assert counts(note(avis, "entreprise.rythme")) == (11, 0, 0, 0)


# -- other options ---------------------------------------------------------------------------------------------------


def test_answers_among_other_options_are_never_added_to_the_old_ones(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6, avant=["college"])
    hub.collector.publish_questionnaire(with_option_more())
    answer(3, avant=["college", "lycee_pro"])
    before = choice(shown(), "avant")
    assert before["repondants"] == 6
    assert {option["cle"]: option["nombre"] for option in before["options"] if option["nombre"]} == {"college": 6}
    assert "lycee_pro" not in {option["cle"] for option in before["options"]}
    answer(2, avant=["lycee_pro"])
    after = choice(shown(), "avant")
    assert after["repondants"] == 5
    nonzero = {option["cle"]: option["nombre"] for option in after["options"] if option["nombre"]}
    assert nonzero == {"college": 3, "lycee_pro": 5}
    assert choice(shown(), "pourquoi")["repondants"] == 11


def test_options_in_another_order_or_other_words_are_the_same_options(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6, avant=["college"])
    turned = reworded()
    turned["sections"][0]["questions"][0]["options"].reverse()
    hub.collector.publish_questionnaire(turned)
    answer(3, avant=["lycee"])
    avant = choice(shown(), "avant")
    assert avant["repondants"] == 9
    assert avant["options"][0]["cle"] == "autre"
    nonzero = {option["cle"]: option["nombre"] for option in avant["options"] if option["nombre"]}
    assert nonzero == {"college": 6, "lycee": 3}


def test_a_rated_option_that_changes_place_on_the_scale_starts_anew(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6, cfa__accompagnement=["disponible_autonomie"])
    moved = changed()
    support = next(q for part in moved["sections"] for q in part["questions"] if q["key"] == "cfa.accompagnement")
    next(option for option in support["options"] if option["key"] == "disponible_autonomie")["value"] = "moyen"
    hub.collector.publish_questionnaire(moved)
    answer(5, cfa__accompagnement=["disponible_autonomie"])
    assert counts(note(shown(), "cfa.accompagnement")) == (0, 5, 0, 0)


# -- other words -----------------------------------------------------------------------------------------------------


def test_other_words_for_the_same_scale_and_options_are_pooled_under_the_newest_words(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6)
    hub.collector.publish_questionnaire(reworded())
    answer(3, entreprise=["mal"])
    avis = shown()
    assert counts(note(avis, "entreprise")) == (6, 0, 3, 0)
    assert counts(avis["satisfaction"]) == (9, 0, 0, 0)
    assert all(one["libelle"].startswith("Nouveau : ") for one in (*avis["notes"], *avis["choix"]))
    assert all(option["libelle"].startswith("Nouveau : ") for one in avis["choix"] for option in one["options"])
    assert {one["repondants"] for one in avis["choix"]} == {9}


def test_the_newest_words_are_shown_as_soon_as_they_are_published(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6)
    assert not note(shown(), "entreprise")["libelle"].startswith("Nouveau : ")
    hub.collector.publish_questionnaire(reworded())
    service = create_app(hub, background=False)
    service.catch_up()
    fresh = Client(service).get(URL).json()
    assert note(fresh, "entreprise")["libelle"].startswith("Nouveau : ")
    assert shown() == fresh


def test_a_series_that_lost_its_place_keeps_the_words_it_was_answered_under(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6)
    fresh = rescaled("2027-1", "entreprise")
    next(q for part in fresh["sections"] for q in part["questions"] if q["key"] == "entreprise")["public_label"] = (
        "Neuf"
    )
    hub.collector.publish_questionnaire(fresh)
    answer(1)
    assert note(shown(), "entreprise")["libelle"] == default_questionnaire().question("entreprise").public_label
    answer(4)
    assert note(shown(), "entreprise")["libelle"] == "Neuf"


def test_a_question_that_is_no_longer_asked_keeps_its_figures(
    hub: Hub, answer: Answer, open_campaign: Callable[..., str], shown: Callable[..., Json]
) -> None:
    answer(6)
    shorter = changed()
    shorter["sections"][2]["questions"] = [q for q in shorter["sections"][2]["questions"] if q["key"] != "entreprise"]
    hub.collector.publish_questionnaire(shorter)
    for link in hub.collector.issue_links(open_campaign(), 4):
        hub.collector.record(link, {key: values for key, values in FULL_ANSWER.items() if key != "entreprise"})
    avis = shown()
    assert avis["repondants"] == 10
    assert counts(note(avis, "entreprise")) == (6, 0, 0, 0)
    assert counts(note(avis, "cfa")) == (10, 0, 0, 0)


# -- who was asked ---------------------------------------------------------------------------------------------------


def test_who_gave_no_answer_is_counted_among_those_who_were_asked_alone(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(6)
    answer(2, entreprise=[""], cfa=[""])
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    answer(3, cfa=[""])
    avis = shown()
    assert avis["repondants"] == 11
    assert counts(note(avis, "entreprise")) == (6, 0, 0, 2)
    assert counts(note(avis, "cfa")) == (6, 0, 0, 5)
    answer(2, entreprise=["mal"])
    answer(4, entreprise=[""])
    avis = shown()
    assert avis["repondants"] == 17
    assert counts(note(avis, "entreprise")) == (3, 0, 2, 4)


def test_respondents_and_months_count_everybody(
    hub: Hub, clock: Clock, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(4)
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise", "cfa", "satisfaction"))
    clock.moment += timedelta(days=40)
    answer(4)
    hub.collector.publish_questionnaire(with_option_more("2027-2"))
    answer(4)
    avis = shown()
    assert (avis["repondants"], avis["fiabilite"]) == (12, "fragile")
    assert avis["periode"] == {"debut": "2026-11", "fin": "2027-01"}
    assert counts(avis["satisfaction"]) == (8, 0, 0, 0)


# -- the headline, in both answers of the API ------------------------------------------------------------------------


def test_the_headline_on_another_scale_is_the_same_in_both_answers_of_the_api(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    def both() -> list[tuple[int, tuple[int, int, int, int] | None]]:
        key = f"{CUISINE}@{PARIS_CENTRE}"
        found = [
            shown(),
            shown(f"{URL}&etablissement={PARIS_CENTRE}"),
            shown(f"/api/v1/avis?etablissement={PARIS_CENTRE}"),
        ]
        found += shown(f"/api/v1/resumes?cles={CUISINE},{key},@{PARIS_CENTRE}")["data"]
        assert len(found) == 6
        return [(one["repondants"], counts(one["satisfaction"]) if one["satisfaction"] else None) for one in found]

    answer(6)
    answer(1, satisfaction=[""])
    assert both() == [(7, (6, 0, 0, 1))] * 6
    hub.collector.publish_questionnaire(rescaled("2027-1", "satisfaction"))
    answer(3, satisfaction=["mal"])
    assert both() == [(10, (6, 0, 0, 1))] * 6
    answer(2, satisfaction=["moyen"])
    answer(1, satisfaction=[""])
    assert both() == [(13, (0, 2, 3, 1))] * 6


def test_a_headline_that_no_series_can_show_is_absent_from_both(
    hub: Hub, answer: Answer, shown: Callable[..., Json]
) -> None:
    answer(4)
    hub.collector.publish_questionnaire(rescaled("2027-1", "satisfaction"))
    answer(4)
    assert shown()["satisfaction"] is None
    (summary,) = shown(f"/api/v1/resumes?cles={CUISINE}")["data"]
    assert (summary["repondants"], summary["satisfaction"]) == (8, None)


# -- historic answers ------------------------------------------------------------------------------------------------


@pytest.fixture
def old(hub: Hub, tmp_path: Path) -> Callable[[int], None]:
    """Import so many historic testimonies, all content."""

    def run(count: int) -> None:
        file = tmp_path / "temoignages.csv"
        columns = (
            "contentApprentissage",
            "commentCaSePasseEntreprise",
            "avantFormation",
            "commentVisTonExperienceEntreprise",
        )
        rows = ["bien,bien,\"['Au collège']\","] * count
        header = ",".join(f"temoignage.{name}" for name in columns)
        file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        report = historic.import_responses(hub.engine, file, CUISINE, PARIS_CENTRE, "2024-06", NOON)
        assert (report.respondents, report.rows.rejected) == (count, [])

    return run


def test_historic_answers_are_pooled_with_the_first_version_and_with_what_means_the_same(
    hub: Hub, answer: Answer, old: Callable[[int], None], shown: Callable[..., Json]
) -> None:
    old(6)
    answer(2, entreprise=["mal"])
    hub.collector.publish_questionnaire(reworded())
    answer(3, entreprise=["moyen"])
    avis = shown()
    assert (avis["repondants"], avis["periode"]["debut"]) == (11, "2024-06")
    assert counts(avis["satisfaction"]) == (11, 0, 0, 0)
    assert counts(note(avis, "entreprise")) == (6, 3, 2, 0)
    assert choice(avis, "avant")["repondants"] == 11
    assert counts(note(avis, "cfa")) == (5, 0, 0, 6)


def test_historic_answers_are_not_pooled_with_another_scale(
    hub: Hub, answer: Answer, old: Callable[[int], None], shown: Callable[..., Json]
) -> None:
    old(6)
    answer(2)
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise", "satisfaction"))
    answer(5, entreprise=["mal"], satisfaction=["mal"])
    avis = shown()
    assert avis["repondants"] == 13
    assert counts(note(avis, "entreprise")) == (0, 0, 5, 0)
    assert counts(avis["satisfaction"]) == (0, 0, 5, 0)


# -- taking back -----------------------------------------------------------------------------------------------------


def test_a_withdrawn_response_is_taken_out_of_the_series_it_was_counted_in(
    hub: Hub, app: Any, answer: Answer, open_campaign: Callable[..., str], shown: Callable[..., Json]
) -> None:
    answer(6)
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    answer(5, entreprise=["mal"])
    before = shown()
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    hub.collector.record(link, {"entreprise": ["moyen"], "cfa": ["mal"]})
    assert counts(note(shown(), "entreprise")) == (0, 1, 5, 0)
    author = Client(app)
    author.get(link.removeprefix("http://127.0.0.1:8000"))
    token = link.rpartition("/")[2]
    assert author.post("/r/auteur", data={"jeton": token, "etape": "retirer", "question": ""}).status_code == 303
    after = shown()
    for name in ("repondants", "satisfaction", "notes", "choix"):
        assert after[name] == before[name]


# -- without the service: sums never mix series ----------------------------------------------------------------------


def rate(told: Sequence[tuple[Questionnaire, Answers]], newest_first: Sequence[Questionnaire]) -> Rating:
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for asked, answers in told:
        for (axis, value), count in counts_of(answers, asked, "2027-01").items():
            counted[axis][value] += count
    return ratings.rate(counted, Questions(newest_first), THRESHOLDS)


def test_a_scale_whose_key_begins_like_the_axis_of_a_choice_is_counted_as_a_scale() -> None:
    question = {"key": "choix.conseil", "kind": "scale", "label": "Alors ?"}
    older, newer = (
        parse({**document({**question, **own}), "version": version})
        for version, own in (("2027-1", {}), ("2027-2", {"scale_labels": OTHER_WORDS}))
    )
    told = [(older, Answers({"choix.conseil": "bien"}))] * 8 + [(newer, Answers({"choix.conseil": "mal"}))]
    (only,) = rate(told, [newer, older, default_questionnaire()]).notes
    assert (only.distribution.good.count, only.distribution.poor.count) == (8, 0)


SCALES = ({"bien": "Bien", "moyen": "Moyen", "mal": "Mal"}, OTHER_WORDS, {"bien": "A", "moyen": "B", "mal": "C"})
OPTION_SETS = (("x", "y"), ("x", "y", "z"), ("bien", "mal"), ("y", "x"))
VERSION_SHAPES = st.lists(
    st.tuples(st.sampled_from(SCALES), st.sampled_from(OPTION_SETS), st.booleans()), min_size=1, max_size=4
)


def small(number: int, scale: Json, options: tuple[str, ...], asks_scale: bool) -> Questionnaire:
    """A version with a scale (or not), a choice, and a headline asked on the scale of the first version."""
    asked: list[Json] = [
        {
            "key": "choix_libre", "kind": "several", "label": f"Choix {number}",
            "options": [{"key": key, "label": key} for key in options],
        },
        {"key": "satisfaction", "kind": "scale", "label": f"Content {number}", "scale_labels": SCALES[0]},
    ]  # fmt: skip
    if asks_scale:
        asked.append({"key": "note", "kind": "scale", "label": f"Note {number}", "scale_labels": scale})
    return parse({**document(*asked), "version": f"2027-{number}"})


@settings(max_examples=150)
@given(VERSION_SHAPES, st.data())
def test_summing_counts_never_mixes_series(shapes: list[tuple[Json, tuple[str, ...], bool]], data: Any) -> None:
    versions = [small(number, *shape) for number, shape in enumerate(shapes)]
    places = st.integers(0, len(versions) - 1)
    answered = data.draw(st.lists(st.tuples(places, st.sampled_from(["bien", "moyen", "mal", ""])), max_size=40))
    told: list[tuple[Questionnaire, Answers]] = []
    expected: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    chosen: defaultdict[frozenset[str], int] = defaultdict(int)
    asked: Counter[tuple[str, ...]] = Counter()
    for place, value in answered:
        scale, options, asks_scale = shapes[place]
        scales = {"satisfaction": "bien"}
        if asks_scale:
            asked[tuple(scale.values())] += 1
            if value:
                scales["note"] = value
                expected[tuple(scale.values())][value] += 1
        told.append((versions[place], Answers(scales, {"choix_libre": (options[0],)})))
        chosen[frozenset(options)] += 1
    rating = rate(told, [*reversed(versions), default_questionnaire()])
    assert rating.respondents == len(told)
    if len(told) < THRESHOLDS.minimum:
        assert (rating.notes, rating.choices) == ((), ())
        return
    assert rating.satisfaction is not None
    assert rating.satisfaction.answered == len(told)
    newest_first = dict.fromkeys(tuple(scale.values()) for scale, _, asks in reversed(shapes) if asks)
    enough = [words for words in newest_first if expected[words].total() >= THRESHOLDS.minimum]
    assert bool(enough) is bool(rating.notes)
    for shown in rating.notes:
        spread = shown.distribution
        assert (spread.good.count, spread.fair.count, spread.poor.count) == tuple(
            expected[enough[0]][value] for value in ("bien", "moyen", "mal")
        )
        assert spread.unanswered == asked[enough[0]] - expected[enough[0]].total()
    sets = dict.fromkeys(frozenset(options) for _, options, _ in reversed(shapes))
    plenty = [keys for keys in sets if chosen[keys] >= THRESHOLDS.minimum]
    assert bool(plenty) is bool(rating.choices)
    for one in rating.choices:
        assert {option.key for option in one.options} == plenty[0]
        assert one.respondents == chosen[plenty[0]]
        assert sum(option.count for option in one.options) == one.respondents


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=30))
def test_what_each_adds_names_its_version_unless_it_is_the_first(places: list[int]) -> None:
    versions = [default_questionnaire(), *(parse(changed(f"2027-{number}")) for number in (1, 2, 3))][:4]
    counted: Counter[tuple[str, str]] = Counter()
    for place in places:
        counted += counts_of(Answers({"satisfaction": "bien"}), versions[place], "2027-01")
    assert counted[RESPONDENTS, ""] == counted[MONTHS, "2027-01"] == len(places)
    assert counted["satisfaction", "bien"] == len(places)
    for place, version in enumerate(versions):
        assert counted[VERSIONS, version.version] == (places.count(place) if place else 0)


def test_an_answer_is_counted_on_one_axis_alone() -> None:
    for asked in (default_questionnaire(), parse(rescaled("2027-1", "entreprise")), parse(with_option_more())):
        counted = counts_of(Answers({"entreprise": "bien"}, {"avant": ("college",)}), asked, None)
        assert sum(count for (axis, _), count in counted.items() if "entreprise" in axis) == 1
        assert len({axis for axis, _ in counted if "avant" in axis}) == 1


def test_worker_takes_in_answers_of_every_version_at_once(
    hub: Hub, open_campaign: Callable[..., str], shown: Callable[..., Json]
) -> None:
    older = hub.collector.issue_links(open_campaign(), 5)
    hub.collector.publish_questionnaire(rescaled("2027-1", "entreprise"))
    newer = hub.collector.issue_links(open_campaign(), 5)
    for old_link, new_link in zip(older, newer, strict=True):
        hub.collector.record(old_link, {"entreprise": ["bien"], "cfa": ["bien"]})
        hub.collector.record(new_link, {"entreprise": ["mal"], "cfa": ["mal"]})
    assert worker.work_once(hub) == 10
    avis = shown()
    assert counts(note(avis, "entreprise")) == (0, 0, 5, 0)
    assert counts(note(avis, "cfa")) == (5, 0, 5, 0)
