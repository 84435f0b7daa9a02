"""A questionnaire as respondents see it, for who only wants to look: the same screens, no link, nothing kept."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from collector.errors import QuestionnaireError
from collector.forms import first, read_form, refuse_foreign_posts
from collector.pages import Printer, security_headers
from collector.questionnaire import Answers, Language, Questionnaire, parse, validate
from collector.records import Campaign
from collector.screens import REVIEW, Screens, section_named

FORM_FIELDS = frozenset({"version", "langue", "etape", "action", "vu"})


class Library(Protocol):
    """Where questionnaires are found."""

    def get(self, version: str, language: Language = "fr") -> Questionnaire:
        """The questionnaire of a version; raises QuestionnaireError."""

    def newest(self) -> Questionnaire:
        """The one shown when no version is asked for."""


class PreviewPages:
    """``/r/apercu``: any version of a library, step by step."""

    def __init__(self, printer: Printer, library: Library, clock: Callable[[], datetime]) -> None:
        self._printer = printer
        self._library = library
        self._clock = clock

    async def show(self, request: Request) -> Response:
        """A step."""
        query = request.query_params
        try:
            screens = self._screens(query.get("version", ""), query.get("langue", ""))
        except QuestionnaireError:
            return self._printer.page("lost.html", 404)
        step = query.get("etape", "")
        if step == REVIEW:
            return screens.review(Answers())
        section = section_named(screens.document, step)
        if section is None:
            return screens.welcome(started=False, link=None)
        return screens.section(section, {}, _everything(screens.document))

    async def post(self, request: Request) -> Response:
        """Check what was typed as a real post would, keep none of it, and go on."""
        refuse_foreign_posts(request)
        try:
            form = await read_form(request)
            screens = self._screens(first(form, "version"), first(form, "langue"))
        except HTTPException as error:
            return self._printer.page("refused.html", error.status_code, too_large=error.status_code == 413)
        except QuestionnaireError:
            return self._printer.page("lost.html", 404)
        section = section_named(screens.document, first(form, "etape"))
        if section is None:
            return RedirectResponse(f"/r/apercu?version={screens.document.version}", 303, security_headers())
        raw = {name: values for name, values in form.items() if name not in FORM_FIELDS}
        opened = _everything(screens.document)
        _, faults = validate(screens.document, raw, section, opened.without(section))
        if faults:
            return screens.section(section, raw, opened, faults)
        if first(form, "action") == "garder":
            return Response(status_code=204, headers=security_headers())
        back = first(form, "action") == "retour"
        return RedirectResponse(screens.after(section, back=back), 303, security_headers())

    def _screens(self, version: str, language: str) -> Screens:
        asked: Language = "en" if language == "en" else "fr"
        document = self._library.get(version or self._library.newest().version, asked)
        hidden = {"version": document.version}
        if document.language != "fr":
            hidden["langue"] = document.language
        campaign = _example(document, self._clock().date())
        return Screens(self._printer, document, campaign, "/r/apercu", hidden, preview=True)


def create_preview(document: Mapping[str, Any], clock: Callable[[], datetime]) -> Starlette:
    """An application that shows one document, published or not; raises QuestionnaireError."""
    pages = PreviewPages(Printer(alone=True), _One(document), clock)

    async def home(_: Request) -> Response:
        return RedirectResponse("/r/apercu", 303)

    return Starlette(
        routes=[
            Route("/", home, methods=["GET"]),
            Route("/r/apercu", pages.show, methods=["GET"]),
            Route("/r/apercu", pages.post, methods=["POST"]),
        ]
    )


class _One:
    """A library of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._spoken: dict[Language, Questionnaire] = {"fr": parse(document), "en": parse(document, "en")}

    def get(self, version: str, language: Language = "fr") -> Questionnaire:
        found = self._spoken[language]
        if version != found.version:
            raise QuestionnaireError(f"Aucun questionnaire ne porte la version {version}.")
        return found

    def newest(self) -> Questionnaire:
        return self._spoken["fr"]


def _everything(document: Questionnaire) -> Answers:
    """Answers that open every question: a preview shows them all."""
    return Answers(choices={question.key: tuple(question.option_keys) for question in document.questions()})


def _example(document: Questionnaire, today: date) -> Campaign:
    return Campaign("", "", "Ta formation", "", "ton CFA", today, today, None, 0, document.version)
