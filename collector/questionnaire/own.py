"""Questions that a centre adds to its own campaign, for itself alone. Pure.

They come with the campaign as data, and stand in a section of their own at the end of its questionnaire. Their answers
feed nothing public (``feeds`` is ``centre``), and nobody has to give them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from collector.errors import QuestionnaireError
from collector.questionnaire.document import Option, Question, Questionnaire, Section

OwnKind = Literal["one", "several", "open"]
OWN_KINDS: tuple[OwnKind, ...] = ("one", "several", "open")
MINIMUM = 5
MOST, FEWEST_OPTIONS, MOST_OPTIONS, LONGEST_LABEL = 3, 2, 8, 200
OWN_KEY = re.compile(r"centre\.[0-9]{1,18}")
"""What no question of a published questionnaire is called: their keys never begin with a figure behind the point."""
SECTION = "questions-centre"
_TITLE = {"fr": "les questions de ton CFA", "en": "questions from your training centre"}
_NOTE = {
    "fr": "Seul ton CFA voit ces réponses, et seulement si {minimum} personnes au moins ont répondu à la question. "
    "Un modérateur lit d'abord les textes. Rien n'est obligatoire, rien n'est publié.",
    "en": "Only your training centre sees these answers, and only once {minimum} people at least have answered the "
    "question. A moderator reads texts first. Nothing is required, nothing is published.",
}


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question of a centre. ``key`` is ``centre.`` and a number; ``options`` are labels, none for an open one."""

    key: str
    kind: OwnKind
    label: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnPart:
    """The questions of a campaign's centre; it sees their answers from ``minimum`` respondents on."""

    questions: tuple[OwnQuestion, ...] = ()
    minimum: int = MINIMUM


NO_OWN = OwnPart()


def option_key(place: int) -> str:
    """Key of an option by its place, from 0."""
    return f"o{place + 1}"


def with_own(document: Questionnaire, own: OwnPart) -> Questionnaire:
    """The questionnaire of a campaign: the document itself, and its centre's questions behind when there are any."""
    if not own.questions:
        return document
    title, note = _TITLE[document.language], _NOTE[document.language].format(minimum=own.minimum)
    section = Section(SECTION, title, tuple(map(_question, own.questions)), note, "fr")
    return replace(document, sections=(*document.sections, section))


def check_own(own: OwnPart) -> None:
    """Refuse questions that cannot be asked; raises QuestionnaireError."""
    keys = [question.key for question in own.questions]
    if len(keys) > MOST:
        raise QuestionnaireError(f"Un centre ajoute {MOST} questions au plus.")
    if len(set(keys)) < len(keys) or not all(map(OWN_KEY.fullmatch, keys)):
        raise QuestionnaireError("Les questions d'un centre ont chacune leur clé, comme centre.12.")
    for question in own.questions:
        _check(question)


def own_from(stored: Mapping[str, Any]) -> OwnPart:
    """Questions as stored beside a campaign; an empty mapping is none."""
    questions: Sequence[Mapping[str, Any]] = stored.get("questions", ())
    return OwnPart(tuple(map(_read, questions)), int(stored.get("minimum", MINIMUM)))


def own_to(own: OwnPart) -> dict[str, Any]:
    """Questions as stored beside a campaign: nothing when there are none."""
    if not own.questions:
        return {}
    questions = [{"key": q.key, "kind": q.kind, "label": q.label, "options": list(q.options)} for q in own.questions]
    return {"minimum": own.minimum, "questions": questions}


def _read(stored: Mapping[str, Any]) -> OwnQuestion:
    return OwnQuestion(stored["key"], cast(OwnKind, stored["kind"]), stored["label"], tuple(stored["options"]))


def _check(question: OwnQuestion) -> None:
    label = question.label.strip()
    if not label or len(label) > LONGEST_LABEL or question.kind not in OWN_KINDS:
        raise QuestionnaireError(f"{question.key} : une question de {LONGEST_LABEL} caractères au plus est attendue.")
    if question.kind == "open":
        if question.options:
            raise QuestionnaireError(f"{question.key} : une question ouverte n'a pas de choix.")
        return
    choices = [option.strip() for option in question.options]
    if not FEWEST_OPTIONS <= len(choices) <= MOST_OPTIONS or len(set(choices)) < len(choices):
        raise QuestionnaireError(
            f"{question.key} : de {FEWEST_OPTIONS} à {MOST_OPTIONS} choix différents sont attendus."
        )
    if any(not choice or len(choice) > LONGEST_LABEL for choice in choices):
        raise QuestionnaireError(f"{question.key} : un choix est vide ou trop long.")


def _question(own: OwnQuestion) -> Question:
    options = tuple(Option(option_key(place), label) for place, label in enumerate(own.options))
    hint = "Plusieurs choix possibles." if own.kind == "several" else ""
    return Question(own.key, own.kind, own.label, own.label, hint, feeds="centre", options=options)
