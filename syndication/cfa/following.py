"""One campaign of a centre: how it goes, its end, invitations by mail, and what to print and send."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import CampaignError, Followed, Invitations, RosterError, RosterFile
from syndication import campaigns
from syndication.accounts.store import Person
from syndication.catalogue.store import CentreRow
from syndication.cfa import opening, store
from syndication.cfa.campaigns import here_of, is_few
from syndication.cfa.store import CampaignLine
from syndication.cfa.uploads import FILE_LIMIT, TooLarge, Upload, read_upload
from syndication.context import Hub
from syndication.errors import CampaignRefused
from syndication.kit import texts
from syndication.kit.kit import Kit
from syndication.kit.poster import poster
from syndication.kit.qr import qr_png, qr_svg
from syndication.kit.slips import MOST as MOST_SLIPS
from syndication.kit.slips import slips
from syndication.pages import for_centre, page, read_form, security_headers, see_other
from widget.routes import words

REJECTED_SHOWN = 20
MANY = 300
"""Invitations of one file beyond which a centre says that it means them: more than apprentices of most formations."""
DEFAULT_REMINDERS, DEFAULT_DAYS = 2, 7
DONE = {
    "fermee": "La campagne est fermée. Qui avait commencé peut finir pendant une heure.",
    "prolongee": "La campagne est prolongée.",
}
KINDS: dict[str, tuple[str, str, Callable[[Kit], bytes]]] = {
    "qr.svg": ("image/svg+xml", "qr", lambda kit: qr_svg(kit.link)),
    "qr.png": ("image/png", "qr", lambda kit: qr_png(kit.link)),
    "affiche.pdf": ("application/pdf", "affiche", poster),
}
"""What may be taken away of a campaign: its type, how its file is named, what makes it."""


@dataclass(frozen=True, slots=True)
class Own:
    """A campaign that a centre follows, and how it goes."""

    line: CampaignLine
    followed: Followed
    here: str
    few: bool

    @property
    def path(self) -> str:
        """Path of its page."""
        return f"{self.here}/campagnes/{self.line.id}"


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of one campaign."""
    pages, ours = _Following(hub), for_centre(hub)
    base = "/cfa/{centre}/campagnes/{campaign}"
    return [
        Route(base, ours(pages.show), methods=["GET"]),
        Route(f"{base}/fermer", ours(pages.close), methods=["POST"]),
        Route(f"{base}/prolonger", ours(pages.extend), methods=["POST"]),
        Route(f"{base}/invitations", ours(pages.invite), methods=["POST"]),
        Route(f"{base}/liens.pdf", ours(pages.slips), methods=["POST"]),
        Route(base + "/{file}", ours(pages.download), methods=["GET"]),
    ]


class _Many(CampaignRefused):
    """More people would be invited than a centre is likely to mean."""


class _Following:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        own = self._own(request, centre)
        done = DONE.get(request.query_params.get("fait", ""), "")
        return self._page(own, person, centre, done=done) if own else _unknown()

    async def close(self, request: Request, _person: Person, centre: CentreRow) -> Response:
        await read_form(request)
        own = self._own(request, centre)
        if own is None:
            return _unknown()
        await run_in_threadpool(campaigns.close_campaign, self._hub.collector, own.line.id)
        return see_other(f"{own.path}?fait=fermee")

    async def extend(self, request: Request, person: Person, centre: CentreRow) -> Response:
        form = await read_form(request)
        own = self._own(request, centre)
        if own is None:
            return _unknown()
        typed = form.get("ferme", "")
        try:
            day = opening.read_day(typed)
            await run_in_threadpool(
                campaigns.extend_campaign, self._hub.engine, self._hub.collector, own.line.id, day
            )  # fmt: skip
        except ValueError:
            fault = "Écrivez le dernier jour comme 24/11/2026."
            return self._page(own, person, centre, 422, faults={"ferme": fault}, typed={"ferme": typed})
        except CampaignRefused as error:
            return self._page(own, person, centre, 422, faults={"ferme": str(error)}, typed={"ferme": typed})
        return see_other(f"{own.path}?fait=prolongee")

    async def invite(self, request: Request, person: Person, centre: CentreRow) -> Response:
        own = self._own(request, centre)
        if own is None:
            return _unknown()
        try:
            sent = await read_upload(request, "fichier")
        except TooLarge:
            fault = f"Ce fichier dépasse {FILE_LIMIT // 1024 // 1024}\u00a0Mo\u00a0: gardez-y la colonne des adresses."
            return self._page(own, person, centre, 413, faults={"fichier": fault})
        try:
            invited = await run_in_threadpool(self._invite, own, sent)
        except (RosterError, CampaignError, CampaignRefused) as error:
            typed = {**sent.fields, **({"beaucoup": ""} if isinstance(error, _Many) else {})}
            return self._page(own, person, centre, 422, faults={"fichier": str(error)}, typed=typed)
        typed = {name: value for name, value in sent.fields.items() if name != "beaucoup"}
        return self._page(self._own(request, centre) or own, person, centre, invited=invited, typed=typed)

    def _invite(self, own: Own, sent: Upload) -> Invitations:
        if not sent.content:
            raise CampaignRefused("Choisissez un fichier, avec une adresse électronique par ligne.")
        reminders = opening.whole(sent.fields.get("relances", ""), 0, 2)
        days = opening.whole(sent.fields.get("jours", ""), 1, 60)
        if reminders is None:
            raise CampaignRefused("Choisissez de zéro à deux relances.")
        if days is None:
            raise CampaignRefused("Les relances s'espacent de 1 à 60 jours.")
        with self._hub.engine.connect() as connection:
            campaigns.refuse_closed_for(connection, self._hub.clock().date(), own.line.id)
        roster = RosterFile(re.sub(r"[^\w .()-]", "", sent.name)[:80] or "Le fichier", sent.content)
        if "beaucoup" not in sent.fields:
            told = self._hub.collector.invite(own.line.id, roster, reminders=reminders, every_days=days, dry_run=True)
            if told.invited > MANY:
                raise _Many(
                    f"Ce fichier invite {words.number(told.invited)}\u00a0personnes, et un mail parti ne se rattrape "
                    "pas. S'il est bien le bon, cochez la case et choisissez-le de nouveau\u00a0: rien n'est parti."
                )
        return self._hub.collector.invite(own.line.id, roster, reminders=reminders, every_days=days)

    async def slips(self, request: Request, person: Person, centre: CentreRow) -> Response:
        form = await read_form(request)
        own = self._own(request, centre)
        if own is None:
            return _unknown()
        count = opening.whole(form.get("nombre", ""), 1, MOST_SLIPS)
        typed = {"nombre": form.get("nombre", "")}
        if count is None:
            fault = f"Écrivez combien de liens il vous faut\u00a0: de 1 à {MOST_SLIPS}."
            return self._page(own, person, centre, 422, faults={"nombre": fault}, typed=typed)
        try:
            with self._hub.engine.connect() as connection:
                campaigns.refuse_closed_for(connection, self._hub.clock().date(), own.line.id)
            links = await run_in_threadpool(campaigns.issue_links, self._hub.collector, own.line.id, count)
        except CampaignRefused as error:
            return self._page(own, person, centre, 422, faults={"nombre": str(error)}, typed=typed)
        made = await run_in_threadpool(slips, self._kit(own, centre), links)
        return _file(made, "application/pdf", f"liens-{_slug(own.line.formation)}.pdf")

    async def download(self, request: Request, _person: Person, centre: CentreRow) -> Response:
        own = self._own(request, centre)
        kind = KINDS.get(request.path_params["file"])
        if own is None or kind is None or own.followed.ended_on:
            return _unknown()
        made = await run_in_threadpool(kind[2], self._kit(own, centre))
        suffix = request.path_params["file"].rpartition(".")[2]
        return _file(made, kind[0], f"{kind[1]}-{_slug(own.line.formation)}.{suffix}")

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _own(self, request: Request, centre: CentreRow) -> Own | None:
        """The campaign that a path names, when the centre follows it."""
        with self._hub.engine.connect() as connection:
            line = store.campaign(connection, centre.id, request.path_params["campaign"])
            here = here_of(connection, centre)
        followed = self._hub.collector.follow([line.id]) if line else {}
        if line is None or line.id not in followed:
            return None
        return Own(line, followed[line.id], here, is_few(self._hub, followed[line.id]))

    def _kit(self, own: Own, centre: CentreRow) -> Kit:
        link = campaigns.common_link(self._hub.collector, own.line.id)
        last = own.followed.ended_on or own.followed.closes_on
        first = min(own.followed.opens_on, last)
        return Kit(own.line.formation, own.line.place or centre.name, link, first, last, own.followed.seats)

    def _page(
        self,
        own: Own,
        person: Person,
        centre: CentreRow,
        status: int = 200,
        *,
        faults: dict[str, str] | None = None,
        typed: dict[str, str] | None = None,
        invited: Invitations | None = None,
        done: str = "",
    ) -> Response:
        kit = self._kit(own, centre)
        shown: dict[str, Any] = {
            "relances": str(DEFAULT_REMINDERS), "jours": str(DEFAULT_DAYS), "nombre": "", "ferme": "", **(typed or {}),
        }  # fmt: skip
        return page(
            "cfa/campaign.html", status, person=person, centre=centre, here=own.here, page_path=f"{own.here}/campagnes",
            own=own, line=own.line, followed=own.followed, today=self._hub.clock().date(), kit=kit,
            minimum=self._hub.settings.thresholds.minimum, mails=self._hub.collector.mails(own.line.id),
            by_file=self._hub.collector.outbox is not None,
            faults=faults or {}, typed=shown, invited=invited, done=done, rejected_shown=REJECTED_SHOWN,
            mail=texts.mail_text(kit), notice=texts.page_text(kit), sms=texts.sms_text(kit), most_slips=MOST_SLIPS,
            sms_parts=texts.sms_parts(texts.sms_text(kit)),
        )  # fmt: skip


def _unknown() -> Response:
    """The one answer for a campaign that is not there and for a neighbour's."""
    return page("site/not_found.html", 404)


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=security_headers() | headers)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60].strip("-") or "campagne"
