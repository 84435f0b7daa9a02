"""The respondents' pages. GET and HEAD change nothing; a POST saves a section, sends the whole, or takes a seat.

The token comes in the path, moves into one strictly needed cookie, and the address becomes ``/r``. Forms carry it too,
so that two tabs with two links never answer for each other, and so that no foreign page can post in a holder's name.
"""

import logging

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector import links
from collector.author import AuthorPages
from collector.context import Desk, language_of
from collector.errors import CampaignError, LinkError, SeatsTaken
from collector.forms import Form, first, read_form, refuse_foreign_posts
from collector.limits import network_of
from collector.optout import OptOutPages
from collector.pages import security_headers
from collector.preview import PreviewPages
from collector.questionnaire import Answers, Fault, Section, validate
from collector.questionnaire.answers import complete
from collector.records import Campaign, Seat, Sending
from collector.screens import REVIEW, THANKS, Screens, as_form, section_named
from collector.store import NO_SEAT
from collector.triage import MACHINE, NETWORK, judge_of_pace, marks_of

GRACE_SECONDS = 3600
"""How long after the end of a campaign who had begun may still finish."""
TRAP = "site_web"
"""A field that people do not see: what fills it in reads the page as a machine does."""
FORM_FIELDS = frozenset({"jeton", "etape", "action", "vu", "langue"})
SAVE_FAILED = "Nous n'avons pas pu enregistrer cette page. Attends un peu, puis touche Continuer."
SEND_FAILED = (
    "Nous n'avons pas pu enregistrer ton envoi. Tes réponses sont gardées\u00a0: attends un peu, puis renvoie."
)
log = logging.getLogger("sirius.collector")


def routes(desk: Desk) -> list[BaseRoute]:
    """Routes of the respondents' pages, bound to a desk."""
    author = AuthorPages(desk)
    pages, opt_out = _Pages(desk, author), OptOutPages(desk)
    preview = PreviewPages(desk.printer, desk.versions, desk.clock)
    light = [Middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)]
    return [
        Route("/r", pages.show, methods=["GET"], name="respondent", middleware=light),
        Route("/r", pages.post, methods=["POST"]),
        Route("/r/auteur", author.post, methods=["POST"]),
        Route("/r/apercu", preview.show, methods=["GET"], middleware=light),
        Route("/r/apercu", preview.post, methods=["POST"]),
        Route("/r/{token}", pages.land, methods=["GET"], name="landing"),
        Route("/r/{token}/", pages.land, methods=["GET"]),
        Route("/c/{token}", pages.show_common, methods=["GET"], name="common", middleware=light),
        Route("/c/{token}", pages.take_seat, methods=["POST"]),
        Route("/d/{token}", opt_out.show, methods=["GET"]),
        Route("/d/{token}", opt_out.post, methods=["POST"]),
    ]


class _Pages:
    def __init__(self, desk: Desk, author: AuthorPages) -> None:
        self._desk = desk
        self._author = author

    # -- a personal link ---------------------------------------------------------------------------------------------

    async def land(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            self._seat(token)
        except LinkError:
            return self._desk.lost(request)
        return self._desk.go("/r", token)

    async def show(self, request: Request) -> Response:
        token = request.cookies.get(self._desk.cookie, "")
        step = request.query_params.get("etape", "")
        try:
            seat = self._seat(token)
        except LinkError:
            return self._desk.lost(request)
        if seat.sent is not None:
            return self._author.show(seat, token, step, request.query_params.get("question", ""))
        section = section_named(self._desk.document(seat), step)
        screens = self._screens(seat, token, section, request.query_params.get("langue", ""))
        said = seat.draft or Answers()
        if step == REVIEW:
            return screens.review(complete(screens.document, said)[0])
        if section is None:
            link = links.personal_link(self._desk.settings.public_url, token) if seat.origin == "common" else None
            return screens.welcome(started=seat.draft is not None, link=link)
        shown = section_named(screens.document, step) or section
        return screens.section(shown, as_form(said), said)

    async def post(self, request: Request) -> Response:
        refuse_foreign_posts(request)
        try:
            form = await read_form(request)
        except HTTPException as error:
            return self._desk.refused(error.status_code)
        token, step = first(form, "jeton"), first(form, "etape")
        seen = links.read_seen_stamp(self._desk.settings.keys(), first(form, "vu"), step, token)
        try:
            seat = self._seat(token, seen)
            section = section_named(self._desk.document(seat), step)
        except LinkError:
            return self._desk.lost(request)
        except SQLAlchemyError:
            log.exception("who answers could not be looked up")
            return self._desk.again(form, "/r")
        stamp = first(form, "vu") if seen is not None else ""
        screens = self._screens(seat, token, section, first(form, "langue"), stamp)
        if step == REVIEW:
            return await self._send(screens, seat, token)
        if section is None:
            return self._desk.refused(400)
        return await self._save(screens, section, seat, token, form, seen)

    async def _save(
        self, screens: Screens, section: Section, seat: Seat, token: str, form: Form, seen: int | None
    ) -> Response:
        raw = {name: values for name, values in form.items() if name not in FORM_FIELDS}
        action, now = first(form, "action"), self._desk.clock()
        earlier = (seat.draft or Answers()).without(section)
        said, faults = validate(screens.document, raw, section, earlier)
        shown = section_named(screens.document, section.key) or section
        going_on = action not in {"garder", "retour"}  # who leaves a page may leave blanks in it
        if any(going_on or not fault.blank for fault in faults):
            return screens.section(shown, raw, earlier, faults)
        elapsed = None if seen is None else now.timestamp() - seen
        pace = judge_of_pace(section, elapsed, self._desk.limits)
        try:
            kept = await self._desk.store.save_section(token, seat.campaign.id, section, said, now.date(), pace)
        except SQLAlchemyError:
            log.exception("a section could not be saved")
            return screens.section(shown, raw, earlier, [Fault("", SAVE_FAILED)], status=503)
        if not kept:
            return self._author.late(self._desk.store.seat(token), token, tuple(said.texts.values()))
        if action == "garder":
            return Response(status_code=204, headers=security_headers())
        return self._desk.go(screens.after(section, back=action == "retour"), token)

    async def _send(self, screens: Screens, seat: Seat, token: str) -> Response:
        if seat.sent is not None:
            return self._desk.go(f"/r?etape={THANKS}", token)
        answers, faults = complete(screens.document, seat.draft or Answers())
        if answers.is_empty:
            faults = (
                Fault(
                    screens.document.sections[0].questions[0].key, "Réponds au moins à une question avant d'envoyer."
                ),
            )
        if faults:
            return screens.review(answers, faults)
        marks = marks_of(screens.document, answers, seat.draft_marks, seat.marks, self._desk.limits)
        month = self._desk.clock().strftime("%Y-%m")
        try:
            await self._desk.store.send(Sending.of(seat, answers, month, marks))
        except SQLAlchemyError:
            log.exception("an answer could not be recorded")
            return screens.review(answers, [Fault("", SEND_FAILED)], status=503)
        return self._desk.go(f"/r?etape={THANKS}", token)

    # -- a campaign's common link ------------------------------------------------------------------------------------

    async def show_common(self, request: Request) -> Response:
        try:
            campaign = self._common_campaign(request)
        except LinkError:
            return self._desk.lost(request)
        visit = links.new_token()
        return self._common(request, campaign, visit=visit, stamp=self._stamp("commun", visit))

    async def take_seat(self, request: Request) -> Response:
        refuse_foreign_posts(request)
        try:
            campaign = self._common_campaign(request)
        except LinkError:
            return self._desk.lost(request)
        try:
            form = await read_form(request)
        except HTTPException as error:
            return self._desk.refused(error.status_code)
        visit = first(form, "visite") or links.new_token()
        network, moment = network_of(request.client.host if request.client else ""), self._desk.clock().timestamp()
        if self._desk.floods.note(network, moment):
            response = self._desk.printer.page("busy.html", 429)
            response.headers["retry-after"] = str(self._desk.floods.wait(network, moment))
            return response
        token = links.token_of_visit(self._desk.settings.keys(), campaign.id, visit)
        crowded = not self._is_taken(token) and self._desk.seats.note(network, moment)
        marks = self._seat_marks(form, visit, crowded=crowded)
        try:
            await self._desk.store.take_common_seat(campaign.id, token, marks)
        except SeatsTaken:
            return self._common(request, campaign, full=True)
        return self._desk.go("/r", token)

    def _is_taken(self, token: str) -> bool:
        try:
            self._desk.seat(token)
        except LinkError:
            return False
        return True

    def _seat_marks(self, form: Form, visit: str, *, crowded: bool) -> list[str]:
        """What looks odd in the way a seat is taken; nothing of it is refused."""
        seen = links.read_seen_stamp(self._desk.settings.keys(), first(form, "vu"), "commun", visit)
        machine = seen is None or any(value.strip() for value in form.get(TRAP, ()))
        return [*([MACHINE] if machine else []), *([NETWORK] if crowded else [])]

    def _common(
        self, request: Request, campaign: Campaign, *, full: bool = False, visit: str = "", stamp: str = ""
    ) -> Response:
        return self._desk.printer.page(
            "common.html", 409 if full else 200, campaign=campaign, path=request.url.path, full=full, visit=visit,
            stamp=stamp,
        )  # fmt: skip

    def _common_campaign(self, request: Request) -> Campaign:
        settings = self._desk.settings
        campaign_id = links.read_common_token(settings.keys(), request.path_params["token"])
        try:
            campaign = self._desk.store.campaign(campaign_id)
        except CampaignError as error:
            raise LinkError(str(error)) from None
        if not campaign.is_open(self._desk.clock()):
            raise LinkError(NO_SEAT)
        return campaign

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _seat(self, token: str, seen: int | None = None) -> Seat:
        """The seat behind a token that may still be used; LinkError for every other, without saying which.

        ``seen``: when the form that is being posted was shown. Who had begun before the end may finish for an hour.
        """
        seat = self._desk.seat(token)
        now = self._desk.clock()
        late = now.timestamp() - seat.campaign.ends_at.timestamp()
        begun = seat.draft is not None or (seen is not None and seen < seat.campaign.ends_at.timestamp())
        finishing = begun and 0 <= late < GRACE_SECONDS
        if seat.sent is None and not finishing and not seat.campaign.is_open(now):
            raise LinkError(NO_SEAT)
        return seat

    def _stamp(self, *about: str) -> str:
        return links.seen_stamp(self._desk.settings.keys(), int(self._desk.clock().timestamp()), *about)

    def _screens(self, seat: Seat, token: str, section: Section | None, language: str, stamp: str = "") -> Screens:
        """The screens of a visit; ``stamp`` is when the form was first shown, for one that is shown again."""
        document = self._desk.document(seat, language_of(language))
        hidden = {"jeton": token}
        if document.language != "fr":
            hidden["langue"] = document.language
        if section is not None:
            hidden |= {"vu": stamp or self._stamp(section.key, token)}
        return Screens(self._desk.printer, document, seat.campaign, "/r", hidden)
