"""The respondents' pages. GET and HEAD change nothing; a POST saves a section, sends the whole, or takes a seat.

The token comes in the path, moves into one strictly needed cookie, and the address becomes ``/r``. Forms carry it too,
so that two tabs with two links never answer for each other, and so that no foreign page can post in a holder's name.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from collector import links
from collector.errors import CampaignError, LinkError, SeatsTaken
from collector.forms import read_form
from collector.pages import page, security_headers
from collector.questionnaire import Answers, Fault, Questionnaire, Section, questionnaire, validate
from collector.questionnaire.answers import TEXT_LIMIT, section_keys
from collector.settings import Settings
from collector.store import Campaign, Seat, Store

FORM_FIELDS = frozenset({"jeton", "etape", "action"})
REVIEW, THANKS = "envoi", "merci"
GRACE = timedelta(days=1)
"""How long after the last day of a campaign who had begun may still finish."""
log = logging.getLogger("sirius.collector")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages work with."""

    settings: Settings
    store: Store
    clock: Callable[[], datetime]

    @property
    def cookie(self) -> str:
        """Name of the one cookie."""
        return "__Host-sirius-lien" if self.settings.secure else "sirius-lien"


def routes(desk: Desk) -> list[BaseRoute]:
    """Routes of the respondents' pages, bound to a desk."""
    pages = _Pages(desk)
    return [
        Route("/r", pages.show, methods=["GET"], name="respondent"),
        Route("/r", pages.post, methods=["POST"]),
        Route("/r/{token}", pages.land, methods=["GET"], name="landing"),
        Route("/c/{token}", pages.show_common, methods=["GET"], name="common"),
        Route("/c/{token}", pages.take_seat, methods=["POST"]),
    ]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # -- a personal link ---------------------------------------------------------------------------------------------

    async def land(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            self._seat(token)
        except LinkError:
            return _lost()
        return self._go("/r", token)

    async def show(self, request: Request) -> Response:
        token = request.cookies.get(self._desk.cookie, "")
        step = request.query_params.get("etape", "")
        try:
            seat = self._seat(token)
        except LinkError:
            return _lost()
        if seat.sent is not None:
            return self._author(seat, token, thanks=step == THANKS)
        document = questionnaire(seat.campaign.questionnaire_version)
        if step == REVIEW:
            return _review(document, seat, token)
        section = next((s for s in document.sections if s.key == step), None)
        if section is None:
            return page("welcome.html", document=document, campaign=seat.campaign, started=seat.draft is not None)
        return _section(document, section, seat.campaign, token, _as_form(seat.draft or Answers()))

    async def post(self, request: Request) -> Response:
        _refuse_foreign_posts(request)
        try:
            form = await read_form(request)
        except HTTPException as error:
            return _refused(error.status_code)
        token = form.get("jeton", [""])[0]
        try:
            seat = self._seat(token)
        except LinkError:
            return _lost()
        document = questionnaire(seat.campaign.questionnaire_version)
        step = form.get("etape", [""])[0]
        if step == REVIEW:
            return await self._send(document, seat, token)
        section = next((s for s in document.sections if s.key == step), None)
        if section is None:
            return _refused(400)
        raw = {name: values for name, values in form.items() if name not in FORM_FIELDS}
        return await self._save(document, section, seat, token, raw, back="retour" in form.get("action", ()))

    async def _save(
        self,
        document: Questionnaire,
        section: Section,
        seat: Seat,
        token: str,
        raw: Mapping[str, Sequence[str]],
        *,
        back: bool,
    ) -> Response:
        said, faults = validate(document, raw, section)
        if faults:
            return _section(document, section, seat.campaign, token, raw, faults)
        try:
            kept = await self._desk.store.save_section(
                token, seat.campaign.id, section, said, self._desk.clock().date()
            )
        except SQLAlchemyError:
            log.exception("a section could not be saved")
            trouble = Fault("", "Nous n'avons pas pu enregistrer cette page. Attends un peu, puis touche Continuer.")
            return _section(document, section, seat.campaign, token, raw, [trouble], status=503)
        if not kept:
            return self._author(self._desk.store.seat(token), token, late=tuple(said.texts.values()))
        return self._go(f"/r?etape={_neighbour(document, section, back=back)}", token)

    async def _send(self, document: Questionnaire, seat: Seat, token: str) -> Response:
        if seat.sent is not None:
            return self._go(f"/r?etape={THANKS}", token)
        answers = seat.draft or Answers()
        if answers.is_empty:
            fault = Fault(document.sections[0].key, "Réponds au moins à une question avant d'envoyer.")
            return _review(document, seat, token, fault)
        await self._desk.store.send(token, seat.campaign, answers, self._desk.clock().strftime("%Y-%m"))
        return self._go(f"/r?etape={THANKS}", token)

    # -- a campaign's common link ------------------------------------------------------------------------------------

    async def show_common(self, request: Request) -> Response:
        try:
            campaign = self._common_campaign(request)
        except LinkError:
            return _lost()
        return page("common.html", campaign=campaign, path=request.url.path, full=False, visit=links.new_token())

    async def take_seat(self, request: Request) -> Response:
        _refuse_foreign_posts(request)
        try:
            campaign = self._common_campaign(request)
        except LinkError:
            return _lost()
        try:
            form = await read_form(request)
        except HTTPException as error:
            return _refused(error.status_code)
        visit = form.get("visite", [links.new_token()])[0]
        token = links.token_of_visit(self._desk.settings.keys(), campaign.id, visit)
        try:
            await self._desk.store.take_common_seat(campaign.id, token)
        except SeatsTaken:
            return page("common.html", 409, campaign=campaign, path=request.url.path, full=True, visit="")
        return self._go("/r", token)

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _seat(self, token: str) -> Seat:
        """The seat behind a token that may still be used; LinkError for every other, without saying which."""
        if not links.is_token(token):
            raise LinkError("Ce lien ne mène nulle part.")
        seat = self._desk.store.seat(token)
        today = self._desk.clock().date()
        finishing = seat.draft is not None and today <= seat.campaign.closes_on + GRACE
        if seat.sent is None and not finishing and not seat.campaign.is_open(today):
            raise LinkError("Ce lien ne mène nulle part.")
        return seat

    def _common_campaign(self, request: Request) -> Campaign:
        settings = self._desk.settings
        campaign_id = links.read_common_token(settings.keys(), request.path_params["token"])
        try:
            campaign = self._desk.store.campaign(campaign_id)
        except CampaignError as error:
            raise LinkError(str(error)) from None
        if not campaign.is_open(self._desk.clock().date()):
            raise LinkError("Ce lien ne mène nulle part.")
        return campaign

    def _author(self, seat: Seat, token: str, *, thanks: bool = False, late: Sequence[str] | None = None) -> Response:
        """The author's page; ``late`` holds texts that came after the sending, to be given back."""
        assert seat.sent is not None  # noqa: S101 the caller has just looked
        return page(
            "author.html",
            200 if late is None else 409,
            campaign=seat.campaign,
            document=questionnaire(seat.sent.questionnaire_version),
            sent=seat.sent,
            link=links.personal_link(self._desk.settings.public_url, token),
            thanks=thanks,
            late=late,
        )

    def _go(self, path: str, token: str) -> Response:
        response = RedirectResponse(path, 303, security_headers())
        response.set_cookie(
            self._desk.cookie, token, path="/", secure=self._desk.settings.secure, httponly=True, samesite="lax"
        )
        return response


def _section(
    document: Questionnaire,
    section: Section,
    campaign: Campaign,
    token: str,
    typed: Mapping[str, Sequence[str]],
    faults: Sequence[Fault] = (),
    status: int = 422,
) -> Response:
    return page(
        "section.html",
        status if faults else 200,
        document=document,
        section=section,
        campaign=campaign,
        number=document.sections.index(section) + 1,
        token=token,
        typed=typed,
        summary=faults,
        faults={fault.key: fault for fault in reversed(faults)},
        known=section_keys(section),
        text_limit=TEXT_LIMIT,
        opens={question.show_if for question in section.questions if question.show_if},
    )


def _review(document: Questionnaire, seat: Seat, token: str, fault: Fault | None = None) -> Response:
    return page(
        "review.html",
        422 if fault else 200,
        document=document,
        campaign=seat.campaign,
        answers=seat.draft or Answers(),
        token=token,
        fault=fault,
    )


def _lost() -> Response:
    return page("lost.html", 404)


def _refused(status: int) -> Response:
    return page("refused.html", status, too_large=status == 413)


def _neighbour(document: Questionnaire, section: Section, *, back: bool) -> str:
    steps = ["", *(s.key for s in document.sections), REVIEW]
    return steps[steps.index(section.key) + (-1 if back else 1)]


def _as_form(answers: Answers) -> dict[str, list[str]]:
    """Stored answers as the form that gave them."""
    scales = {key: [value] for key, value in answers.scales.items() if key not in answers.choices}
    choices = {key: list(values) for key, values in answers.choices.items()}
    return {**scales, **choices, **{key: [text] for key, text in answers.texts.items()}}


def _refuse_foreign_posts(request: Request) -> None:
    """Refuse a post that a browser says comes from another site.

    ``Origin: null`` is let through when the browser is too old to say more: our own ``no-referrer`` policy makes it
    send that, and the token in the body already proves that the sender holds the link.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        origin = request.headers.get("origin", "null")
        foreign = origin != "null" and origin.partition("://")[2] != request.headers.get("host", "")
    if foreign:
        raise HTTPException(403)
