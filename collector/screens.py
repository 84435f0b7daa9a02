"""The screens of a questionnaire, for who answers it and for who only looks at it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from collector.pages import Printer
from collector.questionnaire import Answers, Fault, Questionnaire, Section
from collector.questionnaire.answers import TEXT_LIMIT, complete, is_asked, section_keys
from collector.records import Campaign

REVIEW, THANKS = "envoi", "merci"


class Screens:
    """The screens of one visit. ``path`` is where its forms are posted, ``hidden`` what they carry along.

    ``preview`` says that nothing is kept.
    """

    def __init__(
        self,
        printer: Printer,
        document: Questionnaire,
        campaign: Campaign,
        path: str,
        hidden: Mapping[str, str],
        *,
        preview: bool = False,
    ) -> None:
        self._printer = printer
        self.document = document
        self._common: dict[str, Any] = {
            "document": document,
            "campaign": campaign,
            "path": path,
            "hidden": hidden,
            "langue": document.language,
            "preview": preview,
            "address": self._address,
        }
        self._path = path
        self._kept = {name: value for name, value in hidden.items() if name == "version"}

    def _address(self, step: str, language: str | None = None) -> str:
        """Address of a step, in the language of the visit or in another."""
        language = language or self.document.language
        query = {**self._kept, **({"langue": language} if language != "fr" else {}), "etape": step}
        return f"{self._path}?{urlencode({name: value for name, value in query.items() if value})}"

    def welcome(self, *, started: bool, link: str | None) -> Response:
        """The first screen; ``link`` is the personal link to keep, for who came by a common one."""
        return self._printer.page("welcome.html", started=started, link=link, **self._common)

    def section(
        self,
        section: Section,
        typed: Mapping[str, Sequence[str]],
        said: Answers,
        faults: Sequence[Fault] = (),
        status: int = 422,
    ) -> Response:
        """One section, what was typed, what is wrong with it; ``said`` opens the questions that depend on it."""
        document = self.document
        own = section_keys(section)
        said = complete(document, said)[0]
        asked = [q for q in section.questions if not q.show_if or q.show_if[0] in own or is_asked(q, said)]
        return self._printer.page(
            "section.html",
            status if faults else 200,
            section=section,
            questions=asked,
            number=document.sections.index(section) + 1,
            typed=typed,
            summary=faults,
            faults={fault.key: fault for fault in reversed(faults)},
            known=own,
            text_limit=TEXT_LIMIT,
            opens={question.show_if for question in asked if question.show_if},
            own=own,
            **self._common,
        )

    def review(self, answers: Answers, faults: Sequence[Fault] = (), status: int = 422) -> Response:
        """Everything said, to be read again before it is sent."""
        where = {key: section.key for section in self.document.sections for key in section_keys(section)}
        return self._printer.page(
            "review.html", status if faults else 200, answers=answers, faults=faults, where=where, **self._common
        )

    def after(self, section: Section, *, back: bool) -> str:
        """Address of the step after a section, or before it."""
        return self._address(neighbour(self.document, section, back=back))


def neighbour(document: Questionnaire, section: Section, *, back: bool) -> str:
    """The step after a section, or before it; empty for the first screen."""
    steps = ["", *(s.key for s in document.sections), REVIEW]
    return steps[steps.index(section.key) + (-1 if back else 1)]


def section_named(document: Questionnaire, key: str) -> Section | None:
    """The section under a key, or None."""
    return next((section for section in document.sections if section.key == key), None)


def as_form(answers: Answers) -> dict[str, list[str]]:
    """Stored answers as the form that gave them."""
    scales = {key: [value] for key, value in answers.scales.items() if key not in answers.choices}
    choices = {key: list(values) for key, values in answers.choices.items()}
    return {**scales, **choices, **{key: [text] for key, text in answers.texts.items()}}
