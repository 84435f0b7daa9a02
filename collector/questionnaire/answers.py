"""What an answer must look like: pure validation of raw form values against a questionnaire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collector.numbers import french_number
from collector.questionnaire.document import SCALE, Question, Questionnaire, Section

TEXT_LIMIT = 1000
"""Longest open text, in characters as a person counts them: code points, a line break counting for one."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one respondent said: scales by axis, options by question, texts by question. Blanks are absent."""

    scales: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def merged(self, other: "Answers", section: Section) -> "Answers":
        """These answers with one section said anew by ``other``."""
        own = section_keys(section)
        return Answers(
            {**{k: v for k, v in self.scales.items() if k not in own}, **other.scales},
            {**{k: v for k, v in self.choices.items() if k not in own}, **other.choices},
            {**{k: v for k, v in self.texts.items() if k not in own}, **other.texts},
        )

    def without(self, section: Section) -> "Answers":
        """These answers without a section's."""
        return self.merged(Answers(), section)

    @property
    def given(self) -> int:
        """How many questions or grid rows were answered."""
        return len({*self.scales, *self.choices, *self.texts})

    @property
    def is_empty(self) -> bool:
        """True when nothing at all was said."""
        return not (self.scales or self.choices or self.texts)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one field: its key and a French sentence. ``blank``: only that nothing was said there."""

    key: str
    message: str
    blank: bool = False


def section_keys(section: Section) -> frozenset[str]:
    """Every key that a section's form may carry."""
    questions = section.questions
    return frozenset([q.key for q in questions] + [row.key for q in questions for row in q.rows])


def validate(
    document: Questionnaire,
    raw: Mapping[str, Sequence[str]],
    section: Section | None = None,
    earlier: Answers = Answers(),
) -> tuple[Answers, tuple[Fault, ...]]:
    """Read raw values (lists of strings by field name) into answers, with every fault found.

    With ``section``, only that section's questions are read; ``earlier`` holds what the others already said. Fields
    that belong to no question are faults: they are never stored. A question whose ``show_if`` is not met is blank,
    whatever was sent.
    """
    questions = tuple(section.questions if section else document.questions())
    reader = _Reader({name: tuple(values) for name, values in raw.items()}, complete(document, earlier)[0])
    for question in questions:
        reader.read(question)
    known = {q.key for q in questions} | {row.key for q in questions for row in q.rows}
    for name in raw:
        if name not in known:
            reader.faults.append(Fault(name, f"La question «\u00a0{name[:40]}\u00a0» n'existe pas."))
    return Answers(reader.scales, reader.choices, reader.texts), tuple(reader.faults)


def is_asked(question: Question, answers: Answers) -> bool:
    """True unless the question's ``show_if`` names an option that was not chosen."""
    return question.show_if is None or question.show_if[1] in answers.choices.get(question.show_if[0], ())


def complete(document: Questionnaire, answers: Answers) -> tuple[Answers, tuple[Fault, ...]]:
    """Answers ready to be sent, those to questions no longer asked taken out, with a fault for what is required."""
    keys: set[str] = set()
    faults: list[Fault] = []
    asked: dict[str, tuple[str, ...]] = {}
    for question in document.questions():
        if not is_asked(question, Answers(choices=asked)):
            continue
        parts = [row.key for row in question.rows] or [question.key]
        keys.update(parts)
        asked[question.key] = answers.choices.get(question.key, ())
        if question.required:
            said = {*answers.scales, *answers.choices, *answers.texts}
            faults += [
                Fault(key, f"Il manque ta réponse\u00a0: {question.label}", blank=True)
                for key in parts
                if key not in said
            ]
    kept = Answers(
        {key: value for key, value in answers.scales.items() if key in keys},
        {key: values for key, values in answers.choices.items() if key in keys},
        {key: text for key, text in answers.texts.items() if key in keys},
    )
    return kept, tuple(faults)


class _Reader:
    def __init__(self, raw: Mapping[str, tuple[str, ...]], earlier: Answers) -> None:
        self.raw = raw
        self.earlier = earlier
        self.scales: dict[str, str] = {}
        self.choices: dict[str, tuple[str, ...]] = {}
        self.texts: dict[str, str] = {}
        self.faults: list[Fault] = []

    def read(self, question: Question) -> None:
        said = Answers(choices={**self.earlier.choices, **self.choices})
        if not is_asked(question, said):
            return
        if question.kind == "open":
            self._text(question)
        elif question.kind == "grid":
            for row in question.rows:
                self._scale(row.key, question.required)
        elif question.kind == "scale":
            self._scale(question.key, question.required)
        else:
            self._choice(question)

    def _text(self, question: Question) -> None:
        text = "\n".join(self.raw.get(question.key, ())).replace("\r\n", "\n")
        if not text.strip():
            self._blank(question.key, question.required)
        elif len(text) > TEXT_LIMIT:
            excess, limit = french_number(len(text) - TEXT_LIMIT), french_number(TEXT_LIMIT)
            self.faults.append(
                Fault(question.key, f"Ton texte dépasse {limit} caractères\u00a0: il y en a {excess} de trop.")
            )
        elif "\x00" in text:
            self.faults.append(Fault(question.key, "Ton texte contient un caractère qui ne s'écrit pas."))
        else:
            self.texts[question.key] = text

    def _scale(self, key: str, required: bool) -> None:
        values = self._values(key)
        if not values:
            self._blank(key, required)
        elif len(values) > 1 or values[0] not in SCALE:
            self.faults.append(Fault(key, "Choisis une des réponses proposées."))
        else:
            self.scales[key] = values[0]

    def _choice(self, question: Question) -> None:
        values = self._values(question.key)
        if not values:
            self._blank(question.key, question.required)
        elif not set(values) <= question.option_keys:
            self.faults.append(Fault(question.key, "Choisis parmi les réponses proposées."))
        elif question.kind != "several" and len(values) > 1:
            self.faults.append(Fault(question.key, "Une seule réponse est possible ici."))
        elif question.kind == "rated":
            option = next(o for o in question.options if o.key == values[0])
            self.choices[question.key] = values
            self.scales[question.key] = str(option.value)
        else:
            order = [option.key for option in question.options]
            self.choices[question.key] = tuple(sorted(values, key=order.index))

    def _values(self, key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for value in self.raw.get(key, ()) if value))

    def _blank(self, key: str, required: bool) -> None:
        if required:
            self.faults.append(Fault(key, "Il manque ta réponse à cette question.", blank=True))
