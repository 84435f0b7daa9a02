"""A questionnaire document: sections of questions with stable keys, read from TOML, checked, frozen.

Kinds of question:

- ``scale``: bien, moyen or mal, one rating axis under the question's own key;
- ``grid``: rows of scales, each row a rating axis under its own key;
- ``rated``: one choice among options that each stand for bien, moyen or mal;
- ``one``, ``several``: choices, counted by option;
- ``open``: free text.

``feeds`` says what becomes of an answer: ``axis`` (a rating; scale, grid, rated), ``choice`` (a public count; one,
several), ``verbatim`` (a public text, once read by a moderator; open) or ``internal`` (nothing public); ``centre``
(nothing public, for the centre alone) is for the questions of a campaign's centre, that no document holds. Every
wording is given in French and, in the same field with ``_en`` behind its name, in English.

A *series* is what may be counted together: answers to one key on the same scale, or among the same options. It is the
fingerprint of the scale's French words or of the options' keys, so that a version that changes either starts anew.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from collector.errors import QuestionnaireError

Kind = Literal["scale", "grid", "rated", "one", "several", "open"]
KINDS = ("scale", "grid", "rated", "one", "several", "open")
Feeds = Literal["axis", "choice", "verbatim", "internal", "centre"]
FEEDS: Mapping[str, Feeds] = {
    "scale": "axis", "grid": "axis", "rated": "axis", "one": "choice", "several": "choice", "open": "verbatim",
}  # fmt: skip
"""What each kind feeds unless it is internal."""
Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
SCALE = ("bien", "moyen", "mal")
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
RESERVED = frozenset({"jeton", "etape", "action", "vu", "langue", "contenu", "version", "compte"})
"""Names that forms use for themselves."""
FIELDS: Mapping[str, frozenset[str]] = {
    "document": frozenset({"version", "title", "scale_labels", "sections"}),
    "section": frozenset({"key", "title", "questions"}),
    "question": frozenset(
        {
            "key", "kind", "label", "public_label", "hint", "required", "feeds", "show_if", "options", "rows",
            "scale_labels",
        }
    ),
    "option": frozenset({"key", "label", "value"}),
    "row": frozenset({"key", "label", "public_label"}),
}  # fmt: skip
"""Fields of each part of a document; ``_en`` behind a wording gives it in English."""
VERSION = re.compile(r"[0-9]{4}-[0-9]{1,3}")


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
class Axis:
    """Something that is counted: its key, its public name, and the series of answers that may be added together."""

    key: str
    label: str
    series: str


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
    feeds: Feeds = "internal"
    show_if: tuple[str, str] | None = None
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    scale_labels: Mapping[str, str] | None = None
    series: str = ""

    @property
    def option_keys(self) -> frozenset[str]:
        """Keys of the options."""
        return frozenset(option.key for option in self.options)

    def axes(self) -> tuple[Axis, ...]:
        """What this question's public answers are counted under; none for a text or an internal question."""
        if self.feeds not in {"axis", "choice"}:
            return ()
        counted: Sequence[Question | Row] = self.rows or (self,)
        return tuple(Axis(part.key, part.public_label, self.series) for part in counted)


@dataclass(frozen=True, slots=True)
class Section:
    """A screen of the questionnaire. ``note`` is said above its questions, which are in ``language`` when it is not
    the questionnaire's own."""

    key: str
    title: str
    questions: tuple[Question, ...]
    note: str = ""
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A whole questionnaire in one language; ``version`` never changes meaning once published."""

    version: str
    language: Language
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


def parse(document: Mapping[str, Any], language: Language = "fr") -> Questionnaire:
    """Read a document already decoded from TOML; raises QuestionnaireError naming the place at fault.

    Both languages must be there, whichever is asked for: a questionnaire is published whole.
    """
    by_language = {name: _Reader(document, name).questionnaire() for name in LANGUAGES}
    _check(by_language["fr"])
    return by_language[language]


class _Reader:
    """Reads a document in one language. Series are those of the French wording, whatever the language."""

    def __init__(self, document: Mapping[str, Any], language: Language) -> None:
        self._document = document
        self._language = language

    def questionnaire(self) -> Questionnaire:
        document = self._document
        _refuse_strangers(document, "document", "document")
        return Questionnaire(
            version=_text(document, "version", "document"),
            language=self._language,
            title=self._said(document, "title", "document"),
            scale_labels=self._scale(document, "document") or {},
            sections=tuple(self._section(part) for part in _tables(document, "sections", "document")),
        )

    def _section(self, part: Mapping[str, Any]) -> Section:
        key = _text(part, "key", "section")
        _refuse_strangers(part, "section", key)
        questions = tuple(self._question(question) for question in _tables(part, "questions", key))
        return Section(key, self._said(part, "title", key), questions)

    def _question(self, part: Mapping[str, Any]) -> Question:
        key = _text(part, "key", "question")
        kind = part.get("kind")
        _refuse_strangers(part, "question", key)
        if kind not in KINDS:
            raise QuestionnaireError(f"{key} : genre de question inconnu ({kind})")
        label = self._said(part, "label", key)
        feeds = part.get("feeds", FEEDS[kind])
        if feeds not in (FEEDS[kind], "internal"):
            raise QuestionnaireError(f"{key} : une question « {kind} » ne peut pas nourrir « {feeds} »")
        options = tuple(self._option(option, key) for option in _tables(part, "options", key))
        return Question(
            key=key,
            kind=cast(Kind, kind),
            label=label,
            public_label=self._said(part, "public_label", key) if "public_label" in part else label,
            hint=self._said(part, "hint", key) if "hint" in part else "",
            required=_flag(part, "required", key),
            feeds=feeds,
            show_if=_condition(part["show_if"], key) if "show_if" in part else None,
            options=options,
            rows=tuple(self._row(row, key) for row in _tables(part, "rows", key)),
            scale_labels=self._scale(part, key),
            series=_series(cast(Kind, kind), part.get("scale_labels") or self._document.get("scale_labels"), options),
        )

    def _option(self, part: Mapping[str, Any], where: str) -> Option:
        _refuse_strangers(part, "option", where)
        return Option(_text(part, "key", where), self._said(part, "label", where), part.get("value"))

    def _row(self, part: Mapping[str, Any], where: str) -> Row:
        _refuse_strangers(part, "row", where)
        label = self._said(part, "label", where)
        public = self._said(part, "public_label", where) if "public_label" in part else label
        return Row(_text(part, "key", where), label, public)

    def _scale(self, part: Mapping[str, Any], where: str) -> Mapping[str, str] | None:
        name = self._named("scale_labels")
        if "scale_labels" not in part:
            return None
        labels = part.get(name)
        if not isinstance(labels, Mapping) or set(labels) != set(SCALE):
            raise QuestionnaireError(f"{where} : {name} nomme bien, moyen et mal")
        return {value: _text(labels, value, f"{where}, {name}") for value in SCALE}

    def _said(self, part: Mapping[str, Any], name: str, where: str) -> str:
        return _text(part, self._named(name), where)

    def _named(self, name: str) -> str:
        return name if self._language == "fr" else f"{name}_{self._language}"


def _series(kind: Kind, french_scale: Any, options: Sequence[Option]) -> str:
    if kind in {"scale", "grid"}:
        meaning = [str((french_scale or {}).get(value)) for value in SCALE]
    else:
        meaning = [kind, *sorted(f"{option.key}={option.value or ''}" for option in options)]
    return hashlib.sha256("\n".join(meaning).encode()).hexdigest()[:8]


def _condition(part: Any, where: str) -> tuple[str, str]:
    if not isinstance(part, Mapping):
        raise QuestionnaireError(f"{where} : show_if nomme une question et une option")
    return _text(part, "question", where), _text(part, "option", where)


def _refuse_strangers(part: Mapping[str, Any], what: str, where: str) -> None:
    """Refuse a field that means nothing: a misspelt one would change what is asked without a word."""
    strangers = [name for name in part if name.removesuffix("_en") not in FIELDS[what]]
    if strangers:
        raise QuestionnaireError(f"{where} : « {strangers[0]} » n'est pas un champ connu")


def _tables(part: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    found = part.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise QuestionnaireError(f"{where} : « {name} » est une liste de tables")
    return found


def _flag(part: Mapping[str, Any], name: str, where: str) -> bool:
    value = part.get(name, False)
    if not isinstance(value, bool):
        raise QuestionnaireError(f"{where} : « {name} » vaut true ou false")
    return value


def _text(part: Mapping[str, Any], name: str, where: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value.strip():
        raise QuestionnaireError(f"{where} : « {name} » manque")
    return value


def _check(document: Questionnaire) -> None:
    if not VERSION.fullmatch(document.version):
        raise QuestionnaireError(f"version : « {document.version} » ne s'écrit pas comme 2027-1")
    if not document.scale_labels:
        raise QuestionnaireError("scale_labels : bien, moyen et mal sont attendus")
    names = [section.key for section in document.sections]
    for name in names:
        if not KEY.fullmatch(name) or names.count(name) > 1:
            raise QuestionnaireError(f"{name} : clé de partie mal formée ou en double")
    seen: dict[str, Question] = {}
    axes: set[str] = set()
    for question in document.questions():
        for key in (question.key, *(row.key for row in question.rows)):
            if not KEY.fullmatch(key) or key in RESERVED:
                raise QuestionnaireError(f"{key} : clé mal formée ou réservée")
            if key in axes:
                raise QuestionnaireError(f"{key} : clé en double")
            axes.add(key)
        _check_shape(question)
        _check_condition(document, question, seen)
        seen[question.key] = question
    if not seen:
        raise QuestionnaireError("document : aucune question")
    empty = [section.key for section in document.sections if not section.questions]
    if empty:
        raise QuestionnaireError(f"{empty[0]} : une partie sans question")


def _check_shape(question: Question) -> None:
    if (question.kind in {"one", "several", "rated"}) != bool(question.options):
        raise QuestionnaireError(f"{question.key} : des options sont attendues pour un choix, et pour lui seul")
    if (question.kind == "grid") != bool(question.rows):
        raise QuestionnaireError(f"{question.key} : des lignes sont attendues pour une grille, et pour elle seule")
    if len(question.option_keys) != len(question.options):
        raise QuestionnaireError(f"{question.key} : option en double")
    for option in question.options:
        if not KEY.fullmatch(option.key):
            raise QuestionnaireError(f"{question.key} : option « {option.key} » mal formée")
    if question.kind == "rated" and any(option.value not in SCALE for option in question.options):
        raise QuestionnaireError(f"{question.key} : chaque option vaut bien, moyen ou mal")


def _check_condition(document: Questionnaire, question: Question, seen: Mapping[str, Question]) -> None:
    """A condition names an option asked before; in the same part, by the question just above, so that it can open."""
    if question.show_if is None:
        return
    other, option = question.show_if
    if other not in seen or option not in seen[other].option_keys:
        raise QuestionnaireError(f"{question.key} : show_if ne désigne aucune option déjà posée")
    section = next(section for section in document.sections if question in section.questions)
    above = section.questions[section.questions.index(question) - 1]
    if seen[other] in section.questions and above is not seen[other]:
        raise QuestionnaireError(f"{question.key} : une question ouverte par « {other} » se place juste après elle")
