"""A questionnaire document: sections of questions with stable keys, read from TOML, checked, frozen.

Kinds of question:

- ``scale``: bien, moyen or mal, one rating axis under the question's own key;
- ``grid``: rows of scales, each row a rating axis under its own key;
- ``rated``: one choice among options that each stand for bien, moyen or mal;
- ``one``, ``several``: choices, counted by option;
- ``open``: free text; a verbatim when ``verbatim`` is true, otherwise internal.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from collector.errors import QuestionnaireError

Kind = Literal["scale", "grid", "rated", "one", "several", "open"]
KINDS = ("scale", "grid", "rated", "one", "several", "open")
SCALE = ("bien", "moyen", "mal")
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice; ``value`` is its place on the scale for a ``rated`` question."""

    key: str
    label: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a grid: a rating axis. ``label`` is read by respondents, ``public_label`` names the figures."""

    key: str
    label: str
    public_label: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``show_if`` names another question and the option that calls for this one.

    ``scale_labels`` replaces the questionnaire's own words for bien, moyen and mal.
    """

    key: str
    kind: Kind
    label: str
    public_label: str
    hint: str = ""
    required: bool = False
    public: bool = True
    verbatim: bool = False
    show_if: tuple[str, str] | None = None
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    scale_labels: Mapping[str, str] | None = None

    @property
    def option_keys(self) -> frozenset[str]:
        """Keys of the options."""
        return frozenset(option.key for option in self.options)


@dataclass(frozen=True, slots=True)
class Section:
    """A screen of the questionnaire."""

    key: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A whole questionnaire; ``version`` never changes meaning once published."""

    version: str
    title: str
    scale_labels: Mapping[str, str]
    sections: tuple[Section, ...]

    def questions(self) -> Iterator[Question]:
        """Every question, in order."""
        for section in self.sections:
            yield from section.questions

    def question(self, key: str) -> Question:
        """The question under a key; raises KeyError."""
        for question in self.questions():
            if question.key == key:
                return question
        raise KeyError(key)


def parse(document: Mapping[str, Any]) -> Questionnaire:
    """Read a document already decoded from TOML; raises QuestionnaireError naming the place at fault."""
    sections = tuple(_section(part) for part in document.get("sections", ()))
    result = Questionnaire(
        version=_text(document, "version", "document"),
        title=_text(document, "title", "document"),
        scale_labels=dict(document.get("scale_labels", {})),
        sections=sections,
    )
    _check(result)
    return result


def _section(part: Mapping[str, Any]) -> Section:
    key = _text(part, "key", "section")
    return Section(
        key=key,
        title=_text(part, "title", key),
        questions=tuple(_question(question) for question in part.get("questions", ())),
    )


def _question(part: Mapping[str, Any]) -> Question:
    key = _text(part, "key", "question")
    kind = part.get("kind")
    if kind not in KINDS:
        raise QuestionnaireError(f"{key} : genre de question inconnu ({kind})")
    label = _text(part, "label", key)
    condition = part.get("show_if")
    return Question(
        key=key,
        kind=cast(Kind, kind),
        label=label,
        public_label=part.get("public_label", label),
        hint=part.get("hint", ""),
        required=part.get("required", False),
        public=part.get("public", True),
        verbatim=part.get("verbatim", False),
        show_if=_condition(condition, key) if condition else None,
        options=tuple(_option(option, key) for option in part.get("options", ())),
        rows=tuple(_row(row, key) for row in part.get("rows", ())),
        scale_labels=part.get("scale_labels"),
    )


def _condition(part: Mapping[str, Any], where: str) -> tuple[str, str]:
    return _text(part, "question", where), _text(part, "option", where)


def _option(part: Mapping[str, Any], where: str) -> Option:
    return Option(_text(part, "key", where), _text(part, "label", where), part.get("value"))


def _row(part: Mapping[str, Any], where: str) -> Row:
    label = _text(part, "label", where)
    return Row(_text(part, "key", where), label, part.get("public_label", label))


def _text(part: Mapping[str, Any], name: str, where: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value.strip():
        raise QuestionnaireError(f"{where} : « {name} » manque")
    return value


def _check(document: Questionnaire) -> None:
    if set(document.scale_labels) != set(SCALE):
        raise QuestionnaireError("scale_labels : bien, moyen et mal sont attendus")
    seen: dict[str, Question] = {}
    axes: set[str] = set()
    for question in document.questions():
        for key in (question.key, *(row.key for row in question.rows)):
            if not KEY.fullmatch(key):
                raise QuestionnaireError(f"{key} : clé mal formée")
            if key in axes:
                raise QuestionnaireError(f"{key} : clé en double")
            axes.add(key)
        _check_shape(question)
        _check_condition(question, seen)
        seen[question.key] = question
    if not seen:
        raise QuestionnaireError("document : aucune question")


def _check_shape(question: Question) -> None:
    if (question.kind in {"one", "several", "rated"}) != bool(question.options):
        raise QuestionnaireError(f"{question.key} : des options sont attendues pour un choix, et pour lui seul")
    if (question.kind == "grid") != bool(question.rows):
        raise QuestionnaireError(f"{question.key} : des lignes sont attendues pour une grille, et pour elle seule")
    if len(question.option_keys) != len(question.options):
        raise QuestionnaireError(f"{question.key} : option en double")
    if question.scale_labels is not None and set(question.scale_labels) != set(SCALE):
        raise QuestionnaireError(f"{question.key} : scale_labels nomme bien, moyen et mal")
    if question.kind == "rated" and any(option.value not in SCALE for option in question.options):
        raise QuestionnaireError(f"{question.key} : chaque option vaut bien, moyen ou mal")


def _check_condition(question: Question, seen: Mapping[str, Question]) -> None:
    if question.show_if is None:
        return
    other, option = question.show_if
    if other not in seen or option not in seen[other].option_keys:
        raise QuestionnaireError(f"{question.key} : show_if ne désigne aucune option déjà posée")
