"""A centre's campaigns: all of them, and opening several at once from what it offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import Followed
from syndication import campaigns
from syndication.accounts.store import Person
from syndication.campaigns import Pick
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_formation
from syndication.catalogue.store import CentreRow, FormationRow
from syndication.cfa import opening, store
from syndication.cfa.opening import Asked, OfferLine
from syndication.cfa.store import CampaignLine
from syndication.context import Hub
from syndication.errors import CampaignRefused, UnusableCode
from syndication.own import store as own
from syndication.pages import for_centre, page, read_form, see_other

MANY = 12
"""Formations from which a list is worth searching."""
ELSEWHERE = 10
"""Formations of the catalogue shown beside a centre's own."""
FIELDS = 1000
ORDERS = ("fin", "formation", "envoyees", "taux")


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign in a centre's list. ``few``: so few were invited that counts would tell who answered."""

    campaign: CampaignLine
    followed: Followed
    few: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A centre's campaigns: those that ask now, those to come, those that are over."""

    running: tuple[Line, ...]
    coming: tuple[Line, ...]
    finished: tuple[Line, ...]


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the list and of the form that opens campaigns."""
    pages, ours = CampaignPages(hub), for_centre(hub)
    return [
        Route("/cfa/{centre}/campagnes", ours(pages.show), methods=["GET"]),
        Route("/cfa/{centre}/campagnes/nouvelles", ours(pages.form), methods=["GET"]),
        Route("/cfa/{centre}/campagnes/nouvelles", ours(pages.open), methods=["POST"]),
    ]


def here_of(connection: Connection, centre: CentreRow) -> str:
    """Path of a centre's space."""
    return f"/cfa/{catalogue.centre_key(connection, centre).partition(':')[2]}"


def listed(hub: Hub, connection: Connection, centre_id: int) -> Listed:
    """The campaigns that a centre follows, the first to end first; finished ones the other way round."""
    rows = store.campaigns(connection, centre_id)
    followed = hub.collector.follow([row.id for row in rows])
    lines = [Line(row, followed[row.id], is_few(hub, followed[row.id])) for row in rows if row.id in followed]
    live = [line for line in reversed(lines) if line.followed.ended_on is None]
    today = hub.clock().date()
    return Listed(
        tuple(line for line in live if line.followed.opens_on <= today),
        tuple(line for line in live if line.followed.opens_on > today),
        tuple(line for line in lines if line.followed.ended_on is not None),
    )


def is_few(hub: Hub, followed: Followed) -> bool:
    """True when fewer were invited than figures need: how many answered would then be who answered.

    Declared seats that nobody was offered, and visits of a common link that the centre may make itself, add nobody.
    """
    return 0 < followed.reached < hub.settings.thresholds.minimum


def closed_because(connection: Connection, centre_id: int, today: date) -> str:
    """Why a centre opens no campaign any more, or nothing."""
    try:
        campaigns.refuse_closed(connection, today, centre_id)
    except CampaignRefused as error:
        return str(error)
    return ""


def sorted_lines(lines: Sequence[Line], order: str) -> list[Line]:
    """Lines by formation, by answers sent or by rate, the highest first; else as they are, by their end."""
    if order == "formation":
        return sorted(lines, key=lambda line: (line.campaign.formation.casefold(), line.campaign.place))
    if order == "envoyees":
        return sorted(lines, key=lambda line: -(-1 if line.few else line.followed.progress.sent))
    if order == "taux":
        return sorted(lines, key=lambda line: -(-1 if line.few else line.followed.rate or -1))
    return list(lines)


class CampaignPages:
    """The list of a centre's campaigns, and the form that opens some."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Every campaign of a centre with its progress."""
        order = request.query_params.get("tri", "fin")
        with self._hub.engine.connect() as connection:
            here = here_of(connection, centre)
            found = listed(self._hub, connection, centre.id)
            offered = bool(store.offers(connection, centre.id))
        counted = [line for line in (*found.running, *found.finished) if not line.followed.never_asked]
        return page(
            "cfa/campaigns.html", person=person, centre=centre, here=here, page_path=f"{here}/campagnes", listed=found,
            running=sorted_lines(found.running, order), order=order if order in ORDERS else "fin", offered=offered,
            opened=opening.whole(request.query_params.get("ouvertes", ""), 1, opening.MOST), counted=bool(counted),
            dashed=any(line.followed.rate is None for line in counted), hushed=any(line.few for line in counted),
            minimum=self._hub.settings.thresholds.minimum,
        )  # fmt: skip

    async def form(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """The form that opens campaigns; what was typed before a search is kept."""
        return self._form(person, centre, dict(request.query_params))

    async def open(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Open a campaign for each formation that was ticked: all, or none."""
        form = await read_form(request, FIELDS)
        try:
            asked, opened = await run_in_threadpool(self._open, centre, form)
        except CampaignRefused as error:
            return self._form(person, centre, form, 409, {"": str(error)})
        if asked.faults:
            return self._form(person, centre, form, 422, asked.faults)
        return see_other(f"{request.url.path.rpartition('/')[0]}?{urlencode({'ouvertes': opened})}")

    def _open(self, centre: CentreRow, form: Mapping[str, str]) -> tuple[Asked, int]:
        today = self._hub.clock().date()
        with self._hub.engine.connect() as connection:
            lines = [*store.offers(connection, centre.id), *_ticked_elsewhere(connection, centre, form)]
            asked = opening.read(form, lines, today, self._hub.settings.thresholds.minimum)
            if asked.faults or asked.opens_on is None or asked.closes_on is None:
                return asked, 0
            picks = [
                Pick(line.formation, catalogue.centre(connection, line.place_id), line.formation.natural_key, seats)
                for line, seats in asked.picked
            ]
        opened = campaigns.open_campaigns(
            self._hub.engine, self._hub.collector, picks, centre.id, asked.opens_on, asked.closes_on,
            minimum=self._hub.settings.thresholds.minimum,
            refuse=partial(_refuse_twice, centre_id=centre.id, asked=asked),
        )  # fmt: skip
        return asked, len(opened)

    def _form(
        self,
        person: Person,
        centre: CentreRow,
        typed: Mapping[str, str],
        status: int = 200,
        faults: Mapping[str, str] | None = None,
    ) -> Response:
        today = self._hub.clock().date()
        words = typed.get("q", "").strip()[:100]
        with self._hub.engine.connect() as connection:
            here = here_of(connection, centre)
            offered = store.offers(connection, centre.id)
            ticked = _ticked_elsewhere(connection, centre, typed)
            found = _elsewhere(connection, centre, words, {line.formation.lineage_id for line in offered})
            closed = closed_because(connection, centre.id, self._hub.clock().date())
            questions = own.accepted(connection, centre.id)
        shown = [line for line in offered if f"f.{line.key}" in typed]
        shown += [line for line in (opening.saying(offered, words) if words else offered) if line not in shown]
        return page(
            "cfa/opening.html", status, person=person, centre=centre, here=here, page_path=f"{here}/campagnes",
            typed={"ouvre": today.isoformat(), "ferme": (today + opening.USUAL).isoformat(), **typed},
            faults=faults or {}, offered=offered, shown=shown, elsewhere=_merged(ticked, found), words=words,
            closed=closed, questions=questions, many=MANY,
        )  # fmt: skip


def _ticked_elsewhere(connection: Connection, centre: CentreRow, form: Mapping[str, str]) -> list[OfferLine]:
    """Formations ticked that are none of a centre's offers: those that exist, asked at the centre itself."""
    offered = {line.key for line in store.offers(connection, centre.id)}
    wanted: list[int] = []
    for name in form:
        formation, _, place = name.removeprefix("f.").partition(".")
        number = opening.whole(formation, 1, 2_000_000_000)
        if name.startswith("f.") and place == str(centre.id) and number and f"{number}.{place}" not in offered:
            wanted.append(number)
    return [_line(row, centre) for row in store.formations(connection, wanted)]


def _elsewhere(connection: Connection, centre: CentreRow, words: str, offered: set[int]) -> list[OfferLine]:
    """Formations of the catalogue that words or a code mean, beside those that a centre offers."""
    if not words:
        return []
    try:
        found = [resolve_formation(connection, words).formation]
    except UnusableCode:
        found = [row for row, _ in catalogue.search_formations(connection, words, ELSEWHERE)]
    return [_line(row, centre) for row in found if row.lineage_id not in offered]


def _line(formation: FormationRow, centre: CentreRow) -> OfferLine:
    return OfferLine(formation, centre.id, "", "")


def _merged(ticked: Sequence[OfferLine], found: Sequence[OfferLine]) -> list[OfferLine]:
    return [*ticked, *(line for line in found if line.key not in {one.key for one in ticked})]


def _refuse_twice(connection: Connection, centre_id: int, asked: Asked) -> None:
    """Refuse what the same form has opened already: a page sent twice opens nothing twice."""
    if asked.opens_on is None or asked.closes_on is None:
        return
    there = store.same(connection, centre_id, asked.opens_on, asked.closes_on)
    twice = [line.formation.title for line, _ in asked.picked if (line.formation.id, line.place_id) in there]
    if twice:
        names = ", ".join(f"«\u00a0{title}\u00a0»" for title in twice[:3])
        raise CampaignRefused(f"Déjà ouverte avec ces dates\u00a0: {names}. Rien d'autre n'a été ouvert.")
