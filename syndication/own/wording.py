"""What a centre's own question may be, and how it is named where it is answered. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from collector.door import FEWEST_OPTIONS, LONGEST_LABEL, MOST, MOST_OPTIONS, OWN_KINDS, Answers, OwnKind
from syndication.errors import QuestionRefused
from widget.routes import words

ACTIVE_MOST = MOST
"""Questions of a centre that wait or are accepted at a time."""
LONGEST_OPTION = 100
"""Characters of a choice: it is a row to tap on a telephone."""
KINDS: Mapping[OwnKind, str] = MappingProxyType(
    {"one": "un seul choix", "several": "plusieurs choix possibles", "open": "réponse libre"}
)
REASONS = MappingProxyType(
    {
        "identite": "la question cherche à savoir qui répond, ou permet de le reconnaître",
        "sensible": "la question touche à la santé, à la religion, aux opinions, à l'origine ou à la vie privée",
        "personne": "la question vise une personne",
        "hors_sujet": "la question ne parle pas de la formation ni de l'apprentissage",
        "orientee": "la question pousse vers une réponse",
        "confuse": "la question, ou ses choix, ne se comprend pas seule",
    }
)
"""Grounds on which a question is refused, told to the centre."""
_KEY = re.compile(r"centre\.([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as a centre writes it; ``options`` are labels, none for an open one."""

    kind: OwnKind
    label: str
    options: tuple[str, ...]


def read(form: Mapping[str, str]) -> Draft:
    """The question that a form holds (``genre``, ``question``, ``choix`` one a line); raises QuestionRefused."""
    kind, label = form.get("genre", ""), one_line(form.get("question", ""))
    if kind not in OWN_KINDS:
        raise QuestionRefused("Dites comment on répond à votre question\u00a0: un choix, plusieurs, ou librement.")
    if not label:
        raise QuestionRefused("Écrivez votre question.")
    if len(label) > LONGEST_LABEL:
        raise QuestionRefused(
            f"Votre question fait {words.number(len(label))} caractères\u00a0: {LONGEST_LABEL} au plus."
        )
    written = form.get("choix", "").splitlines()
    options = tuple(option for option in map(one_line, written) if option)
    if kind != "open":
        _check_options(options)
    elif options:
        raise QuestionRefused("On répond librement, ou parmi des choix\u00a0: effacez les choix, ou dites combien.")
    return Draft(kind, label, options)


def one_line(text: str) -> str:
    """A text without line breaks, doubled spaces, or characters that do not show."""
    shown = "".join(" " if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} else letter for letter in text)
    return re.sub(" +", " ", shown).strip()


def key_of(question_id: int) -> str:
    """The key under which a question is answered."""
    return f"centre.{question_id}"


def question_id(key: str) -> int | None:
    """The question behind a key, or None when it is no centre's."""
    found = _KEY.fullmatch(key)
    return int(found[1]) if found else None


def choices_in(answers: Answers) -> dict[int, tuple[str, ...]]:
    """Options chosen to questions of a centre, by question."""
    return {number: chosen for key, chosen in answers.choices.items() if (number := question_id(key)) is not None}


def texts_in(answers: Answers) -> dict[int, str]:
    """Texts written to questions of a centre, by question."""
    return {number: text for key, text in answers.texts.items() if (number := question_id(key)) is not None}


def without_own(answers: Answers) -> Answers:
    """The same answers, to the questionnaire's own questions alone."""
    return Answers(
        answers.scales,
        {key: chosen for key, chosen in answers.choices.items() if question_id(key) is None},
        {key: text for key, text in answers.texts.items() if question_id(key) is None},
    )


def _check_options(options: tuple[str, ...]) -> None:
    if not FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS:
        raise QuestionRefused(
            f"Écrivez de {FEWEST_OPTIONS} à {MOST_OPTIONS} choix, un par ligne\u00a0: "
            f"il y en a {words.number(len(options))}."
        )
    if len({option.casefold() for option in options}) < len(options):
        raise QuestionRefused("Deux choix sont les mêmes\u00a0: gardez-en un.")
    longest = max(map(len, options))
    if longest > LONGEST_OPTION:
        raise QuestionRefused(f"Un choix fait {words.number(longest)} caractères\u00a0: {LONGEST_OPTION} au plus.")
