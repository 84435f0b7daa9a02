"""The questionnaire: its document, its keys, and what an answer must look like."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import QuestionnaireError
from collector.questionnaire import (
    Answers,
    Fault,
    Question,
    Questionnaire,
    Section,
    default_questionnaire,
    questionnaire,
    validate,
)
from collector.questionnaire.document import parse
from tests.helpers import FULL_ANSWER

AXES = {
    "satisfaction", "recherche",
    "entreprise", "entreprise.rythme", "entreprise.horaires", "entreprise.vacances", "entreprise.metier",
    "entreprise.ambiance",
    "cfa", "cfa.ambiance", "cfa.difficulte", "cfa.charge", "cfa.equipements", "cfa.enseignement", "cfa.accessibilite",
    "cfa.accompagnement",
    "fierte.communication", "fierte.confiance", "fierte.autonomie", "fierte.voie", "fierte.felicitations",
}  # fmt: skip
CHOICES = {"avant", "pourquoi", "aide_cfa", "comment_trouver", "difficultes", "droits", "aide_entreprise"}
TEXTS = {"changement", "recherche.conseil", "a_savoir", "journee_cfa", "journee_entreprise"}
SCALE_LABELS = {"bien": "Bien", "moyen": "Moyen", "mal": "Mal"}


def read(**raw: list[str]) -> tuple[Answers, dict[str, str]]:
    """Validate against the default questionnaire; a dot in a key is written as two underscores."""
    answers, faults = validate(default_questionnaire(), {key.replace("__", "."): v for key, v in raw.items()})
    return answers, {fault.key: fault.message for fault in faults}


def section(key: str) -> Section:
    return next(one for one in default_questionnaire().sections if one.key == key)


def document(*questions: dict[str, Any]) -> dict[str, Any]:
    """The smallest document around some questions."""
    asked = copy.deepcopy(questions or ({"key": "avis", "kind": "scale", "label": "Alors ?"},))
    whole: dict[str, Any] = in_english_too(
        {
            "version": "2027-1",
            "title": "Essai",
            "scale_labels": dict(SCALE_LABELS),
            "sections": [{"key": "seule", "title": "seule", "questions": list(asked)}],
        }
    )
    return whole


def in_english_too(part: Any) -> Any:
    """The same part of a document, every wording said again in English."""
    if isinstance(part, list):
        return [in_english_too(one) for one in part]
    if not isinstance(part, dict):
        return part
    same = {name: in_english_too(value) for name, value in part.items()}
    worded = {"label", "public_label", "hint", "title", "scale_labels"}
    return {**same, **{f"{name}_en": value for name, value in same.items() if name in worded}}


OPTIONS = [{"key": "oui", "label": "Oui"}, {"key": "non", "label": "Non"}]
CHOICE: dict[str, Any] = {"key": "choix", "kind": "one", "label": "Oui ou non ?", "options": OPTIONS}
GRID: dict[str, Any] = {"key": "grille", "kind": "grid", "label": "En détail", "rows": [{"key": "a", "label": "A"}]}
RATED: dict[str, Any] = {
    "key": "soutien",
    "kind": "rated",
    "label": "Soutenu ?",
    "options": [{"key": "oui", "label": "Oui", "value": "bien"}, {"key": "non", "label": "Non", "value": "mal"}],
}


# -- the default document --------------------------------------------------------------------------------------------


def test_the_axes_of_the_default_questionnaire_are_those_promised() -> None:
    questions = list(default_questionnaire().questions())
    axes = [q.key for q in questions if q.kind in {"scale", "rated"}] + [r.key for q in questions for r in q.rows]
    assert len(axes) == len(set(axes))
    assert set(axes) == AXES


def test_the_public_choices_of_the_default_questionnaire_are_those_promised() -> None:
    choices = [q for q in default_questionnaire().questions() if q.kind in {"one", "several"}]
    assert {q.key for q in choices if q.feeds == "choice"} == CHOICES


def test_what_is_asked_beyond_the_promised_choices_is_a_follow_up_that_stays_private() -> None:
    private = [q for q in default_questionnaire().questions() if q.kind != "open" and q.feeds == "internal"]
    assert all(q.show_if is not None and q.show_if[0] in CHOICES for q in private)
    assert {q.key for q in private} == {"aide_cfa.comment", "aide_entreprise.cause"}


def test_the_open_questions_of_the_default_questionnaire_are_those_promised() -> None:
    texts = [q for q in default_questionnaire().questions() if q.kind == "open"]
    assert {q.key for q in texts} == TEXTS
    assert all(q.feeds == "verbatim" for q in texts)


def test_the_default_questionnaire_has_five_sections_and_about_twenty_questions() -> None:
    default = default_questionnaire()
    assert len(default.sections) == 5
    assert 18 <= len(list(default.questions())) <= 23


def test_no_question_of_the_default_questionnaire_is_compulsory() -> None:
    assert not [q.key for q in default_questionnaire().questions() if q.required]


def test_every_scale_has_words_for_bien_moyen_and_mal() -> None:
    default = default_questionnaire()
    assert set(default.scale_labels) == set(SCALE_LABELS)
    assert all(set(q.scale_labels) == set(SCALE_LABELS) for q in default.questions() if q.scale_labels)


def test_support_at_the_cfa_gives_bien_twice_then_moyen_then_mal() -> None:
    support = default_questionnaire().question("cfa.accompagnement")
    assert [option.value for option in support.options] == ["bien", "bien", "moyen", "mal"]


def test_the_default_questionnaire_is_known_by_its_version() -> None:
    default = default_questionnaire()
    assert questionnaire(default.version) is default


@pytest.mark.parametrize("version", ["", "1999-1", "2026-1.toml"])
def test_a_version_that_does_not_exist_is_refused(version: str) -> None:
    with pytest.raises(QuestionnaireError):
        questionnaire(version)


def test_a_key_that_is_not_asked_has_no_question() -> None:
    with pytest.raises(KeyError):
        default_questionnaire().question("prenom")


# -- documents that are not well formed ------------------------------------------------------------------------------


def test_a_small_document_is_read() -> None:
    parsed = parse(document(CHOICE, GRID, RATED))
    assert [question.key for question in parsed.questions()] == ["choix", "grille", "soutien"]
    assert parsed.question("grille").rows[0].public_label == "A"
    assert parsed.question("choix").option_keys == {"oui", "non"}


@pytest.mark.parametrize("name", ["version", "title"])
@pytest.mark.parametrize("value", [None, "", "  ", 3])
def test_a_document_without_version_or_title_is_refused(name: str, value: object) -> None:
    with pytest.raises(QuestionnaireError, match=f"document : « {name} » manque"):
        parse({**document(), name: value})


@pytest.mark.parametrize(
    ("questions", "place"),
    [
        ([{**CHOICE, "kind": "slider"}], "choix"),
        ([{**CHOICE, "label": ""}], "choix"),
        ([{**CHOICE, "key": ""}], "question"),
        ([{**CHOICE, "key": "Choix"}], "Choix"),
        ([{**CHOICE, "key": "a.b.c"}], "a.b.c"),
        ([CHOICE, CHOICE], "choix"),
        ([{**CHOICE, "options": []}], "choix"),
        ([{**CHOICE, "options": OPTIONS + OPTIONS[:1]}], "choix"),
        ([{**CHOICE, "kind": "open"}], "choix"),
        ([{**GRID, "rows": []}], "grille"),
        ([{**GRID, "kind": "scale"}], "grille"),
        ([GRID, {**CHOICE, "key": "a"}], "a"),
        ([{**GRID, "rows": [{"key": "Ligne 1", "label": "A"}]}], "Ligne 1"),
        ([{**GRID, "scale_labels": {"bien": "Oui", "mal": "Non"}}], "grille"),
        ([{**RATED, "options": OPTIONS}], "soutien"),
        ([{**CHOICE, "show_if": {"question": "choix", "option": "oui"}}], "choix"),
        ([CHOICE, {**GRID, "show_if": {"question": "choix", "option": "bof"}}], "grille"),
        ([CHOICE, {**GRID, "show_if": {"question": "absente", "option": "oui"}}], "grille"),
        ([{**GRID, "show_if": {"question": "choix", "option": "oui"}}, CHOICE], "grille"),
    ],
)
def test_a_fault_in_a_document_is_named_by_its_place(questions: list[dict[str, Any]], place: str) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        parse(document(*questions))
    assert str(caught.value).startswith(f"{place} : ")


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ({**CHOICE, "options": [{"key": "oui"}]}, "choix"),
        ({**CHOICE, "options": [{"label": "Oui"}]}, "choix"),
        ({**GRID, "rows": [{"key": "a"}]}, "grille"),
        ({**GRID, "rows": [{"label": "A"}]}, "grille"),
        ({**CHOICE, "show_if": {"question": "autre"}}, "choix"),
    ],
    ids=["option without label", "option without key", "row without label", "row without key", "half a condition"],
)
def test_a_part_that_lacks_a_name_is_a_fault_named_by_its_question(question: dict[str, Any], place: str) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        parse(document(question))
    assert str(caught.value).startswith(f"{place} : ")


@pytest.mark.parametrize("labels", [{}, {"bien": "Bien"}, {**SCALE_LABELS, "super": "Super"}])
def test_a_document_needs_words_for_its_scale(labels: dict[str, str]) -> None:
    with pytest.raises(QuestionnaireError, match="scale_labels"):
        parse({**document(), "scale_labels": labels})


def test_a_document_that_asks_nothing_is_refused() -> None:
    with pytest.raises(QuestionnaireError, match="aucune question"):
        parse({**document(), "sections": []})


@pytest.mark.parametrize("name", ["key", "title"])
def test_a_section_without_key_or_title_is_refused(name: str) -> None:
    nameless = document()
    del nameless["sections"][0][name]
    with pytest.raises(QuestionnaireError, match=f"« {name} » manque"):
        parse(nameless)


# -- answers ---------------------------------------------------------------------------------------------------------


def test_a_full_answer_is_read_without_fault() -> None:
    answers, faults = validate(default_questionnaire(), FULL_ANSWER)
    assert faults == ()
    assert set(answers.scales) == AXES
    assert set(answers.choices) == CHOICES | {"aide_cfa.comment", "cfa.accompagnement"}
    assert set(answers.texts) == {"changement", "recherche.conseil"}


def test_saying_nothing_is_no_fault_and_leaves_nothing() -> None:
    answers, faults = read()
    assert not faults
    assert answers.is_empty


def test_blanks_are_absent() -> None:
    answers, faults = read(satisfaction=[""], avant=["", ""], a_savoir=["  \r\n\t "], cfa__accompagnement=[])
    assert not faults
    assert answers.is_empty


def test_a_field_that_belongs_to_no_question_is_a_fault_and_is_not_kept() -> None:
    answers, faults = read(prenom=["Léa"], satisfaction=["bien"])
    assert faults == {"prenom": "La question «\u00a0prenom\u00a0» n'existe pas."}
    assert answers == Answers({"satisfaction": "bien"}, {}, {})


def test_the_key_of_a_grid_is_a_field_of_the_form_that_answers_nothing() -> None:
    answers, _ = read(fierte=["bien"])
    assert answers.is_empty


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("satisfaction", ["super"]),
        ("satisfaction", ["Bien"]),
        ("satisfaction", ["bien", "mal"]),
        ("entreprise__rythme", ["4"]),
        ("avant", ["college", "maternelle"]),
        ("aide_cfa", ["peut-etre"]),
        ("aide_cfa", ["aide", "pas_aide"]),
        ("cfa__accompagnement", ["tres_disponible", "moyen"]),
        ("cfa__accompagnement", ["bien"]),
    ],
)
def test_a_value_out_of_range_is_a_fault_of_its_field_and_is_not_kept(key: str, values: list[str]) -> None:
    answers, faults = read(**{key: values})
    assert set(faults) == {key.replace("__", ".")}
    assert answers.is_empty


def test_every_fault_is_found_at_once() -> None:
    _, faults = read(satisfaction=["super"], avant=["maternelle"], a_savoir=["x" * 1001], inconnu=["x"])
    assert set(faults) == {"satisfaction", "avant", "a_savoir", "inconnu"}


@pytest.mark.parametrize(
    "text",
    ["x" * 1000, "é" * 1000, "🙂" * 1000, "\r\n".join(["x" * 9] * 100) + "\r\n", "x\r\n" * 500],
    ids=["letters", "accents", "emoji", "lines", "short lines"],
)
def test_a_text_of_a_thousand_characters_is_kept(text: str) -> None:
    counted = text.replace("\r\n", "\n")
    assert len(counted) == 1000
    answers, faults = read(a_savoir=[text])
    assert not faults
    assert answers.texts == {"a_savoir": counted}


@pytest.mark.parametrize(("text", "excess"), [("x" * 1001, 1), ("x\r\n" * 500 + "x", 1), ("🙂" * 1012, 12)])
def test_a_longer_text_is_a_fault_that_tells_by_how_much(text: str, excess: int) -> None:
    answers, faults = read(a_savoir=[text])
    assert answers.is_empty
    assert f"{excess} de trop" in faults["a_savoir"]


@pytest.mark.parametrize(
    "text",
    ["  au début et à la fin  ", "une ligne\n\n  puis une autre\n", "<b>« J'y vais » & j'aime</b>", "e\u0301", "=1+1"],
)
def test_a_text_is_kept_exactly_as_it_was_written(text: str) -> None:
    answers, faults = read(a_savoir=[text])
    assert not faults
    assert answers.texts["a_savoir"] == text


def test_a_text_that_no_database_would_keep_is_a_fault() -> None:
    answers, faults = read(a_savoir=["avant\x00après"])
    assert answers.is_empty
    assert set(faults) == {"a_savoir"}


def test_a_choice_given_twice_counts_once() -> None:
    answers, faults = read(
        aide_cfa=["pas_aide", "pas_aide"], satisfaction=["bien", "bien"], pourquoi=["metier", "autonomie", "metier"]
    )
    assert not faults
    assert answers.choices == {"aide_cfa": ("pas_aide",), "pourquoi": ("metier", "autonomie")}
    assert answers.scales == {"satisfaction": "bien"}


def test_several_choices_are_kept_in_the_order_of_the_questionnaire() -> None:
    answers, _ = read(difficultes=["autre", "rien", "entretiens"])
    assert answers.choices["difficultes"] == ("rien", "entretiens", "autre")


@pytest.mark.parametrize(
    ("option", "value"),
    [("tres_disponible", "bien"), ("disponible_autonomie", "bien"), ("moyen", "moyen"), ("pas_ecoute", "mal")],
)
def test_a_rated_choice_gives_both_the_choice_and_its_place_on_the_scale(option: str, value: str) -> None:
    answers, faults = read(cfa__accompagnement=[option])
    assert not faults
    assert answers.choices == {"cfa.accompagnement": (option,)}
    assert answers.scales == {"cfa.accompagnement": value}


def test_each_row_of_a_grid_is_an_axis_of_its_own() -> None:
    answers, faults = read(fierte__voie=["mal"], fierte__confiance=["bien"])
    assert not faults
    assert answers.scales == {"fierte.voie": "mal", "fierte.confiance": "bien"}


def test_a_question_that_is_called_for_is_read() -> None:
    answers, faults = read(aide_cfa=["aide"], aide_cfa__comment=["cv"])
    assert not faults
    assert answers.choices["aide_cfa.comment"] == ("cv",)


@pytest.mark.parametrize("sent", [["cv"], ["n'importe quoi"]])
@pytest.mark.parametrize("called_by", [[], ["pas_aide"], ["pas_besoin"]])
def test_a_question_that_is_not_called_for_is_blank_whatever_was_sent(called_by: list[str], sent: list[str]) -> None:
    answers, faults = read(aide_cfa=called_by, aide_cfa__comment=sent)
    assert not faults
    assert "aide_cfa.comment" not in answers.choices


def test_a_compulsory_question_left_blank_is_a_fault_only_when_it_is_called_for() -> None:
    follow_up = {**RATED, "required": True, "show_if": {"question": "choix", "option": "oui"}}
    asked = parse(document(CHOICE, follow_up, {**GRID, "required": True}))
    called_for = validate(asked, {"choix": ["oui"], "a": ["bien"]})[1]
    assert [fault.key for fault in called_for] == ["soutien"]
    assert validate(asked, {"choix": ["non"], "a": ["bien"]})[1] == ()
    assert [fault.key for fault in validate(asked, {"choix": ["non"]})[1]] == ["a"]


def test_a_section_reads_its_own_questions_and_takes_the_others_for_strangers() -> None:
    raw = {"satisfaction": ["bien"], "fierte.voie": ["mal"], "cfa": ["moyen"]}
    answers, faults = validate(default_questionnaire(), raw, section("bilan"))
    assert answers.scales == {"satisfaction": "bien", "fierte.voie": "mal"}
    assert faults == (Fault("cfa", "La question «\u00a0cfa\u00a0» n'existe pas."),)


def test_saying_a_section_anew_replaces_that_section_alone() -> None:
    before, _ = validate(default_questionnaire(), FULL_ANSWER)
    bilan = section("bilan")
    said, faults = validate(
        default_questionnaire(), {"satisfaction": ["mal"], "journee_entreprise": ["Je coupe."]}, bilan
    )
    assert not faults
    after = before.merged(said, bilan)
    assert {key: value for key, value in after.scales.items() if key.startswith("fierte")} == {}
    assert after.scales == {k: v for k, v in before.scales.items() if not k.startswith("fierte.")} | {
        "satisfaction": "mal"
    }
    assert after.choices == before.choices
    assert after.texts == {**before.texts, "journee_entreprise": "Je coupe."}


def test_a_section_left_blank_takes_back_what_it_said_and_nothing_more() -> None:
    before, _ = validate(default_questionnaire(), FULL_ANSWER)
    after = before.merged(Answers(), section("choix"))
    assert after.scales == before.scales
    assert set(before.choices) - set(after.choices) == {"avant", "pourquoi"}
    assert set(before.texts) - set(after.texts) == {"changement"}


def test_sections_answered_one_by_one_say_what_a_whole_answer_says() -> None:
    default = default_questionnaire()
    whole, _ = validate(default, FULL_ANSWER)
    gathered = Answers()
    for one in default.sections:
        keys = {q.key for q in one.questions} | {row.key for q in one.questions for row in q.rows}
        said, faults = validate(default, {k: v for k, v in FULL_ANSWER.items() if k in keys}, one)
        assert not faults
        gathered = gathered.merged(said, one)
    assert gathered == whole


def _names(asked: Questionnaire) -> list[str]:
    return [q.key for q in asked.questions()] + [row.key for q in asked.questions() for row in q.rows]


_WORDS = sorted({o.key for q in default_questionnaire().questions() for o in q.options} | set(SCALE_LABELS))
_RAW = st.dictionaries(
    st.sampled_from([*_names(default_questionnaire()), "inconnu"]) | st.text(max_size=8),
    st.lists(st.sampled_from(_WORDS) | st.text(max_size=20), max_size=3),
    max_size=12,
)


@given(_RAW)
def test_whatever_is_sent_only_what_the_questionnaire_offers_is_kept(raw: Mapping[str, Sequence[str]]) -> None:
    default = default_questionnaire()
    answers, faults = validate(default, raw)
    questions: dict[str, Question] = {q.key: q for q in default.questions()}
    assert set(answers.scales) <= AXES
    assert set(answers.scales.values()) <= set(SCALE_LABELS)
    assert set(answers.texts) <= TEXTS
    for key, options in answers.choices.items():
        assert options
        assert set(options) <= questions[key].option_keys
    assert not {fault.key for fault in faults} & (set(answers.scales) | set(answers.choices) | set(answers.texts))
    assert {fault.key for fault in faults} >= set(raw) - set(_names(default))
