"""``/moderation/equite`` for who moderates, and ``/statistiques`` for everybody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.corpus.flat import neutralised
from syndication.fairness import figures, store
from syndication.fairness.figures import CentreFlow, Delays, Share, Waiting
from syndication.fairness.statistics import SHOWN, Cell, Statistics, Table, statistics
from syndication.instants import PARIS
from syndication.moderation.decide import REASONS
from syndication.pages import for_roles, page
from syndication.replies.store import DAYS, LATE_DAYS

KEPT = timedelta(minutes=5)
"""How long public statistics are kept before they are counted anew."""
CACHE = "public, max-age=300"
PAGE = 50
"""Centres on a page of the desk."""
ORDERS: Mapping[str, Callable[[figures.Counts], float]] = MappingProxyType(
    {
        "nom": lambda _counts: 0,
        "refus": lambda counts: -counts.get("refuse", 0) / figures.judged(counts),
        "decides": lambda counts: -figures.judged(counts),
        "attente": lambda counts: -counts.get("attente", 0),
    }
)
"""Orders of the centres, each by what it ranks; equal ones stay by name."""


@dataclass(frozen=True, slots=True)
class CentreLine:
    """A centre on the desk's page of fairness."""

    flow: CentreFlow
    received: int
    waiting: int
    refused: Share
    delays: Delays


@dataclass(frozen=True, slots=True)
class Flow:
    """What the desk says at once: the states that add up, what waits, and whether it is a warning (``alerte``) or an
    alarm (``alarme``)."""

    total: figures.Counts
    delays: Delays
    waiting: Waiting
    today: date
    level: str

    @property
    def oldest_days(self) -> int:
        """Days that the oldest text has waited."""
        return self.waiting.days(self.today)

    @property
    def left_days(self) -> int:
        """Days left of the month that was promised to its author; 0 when it is over."""
        return max(figures.LIMIT_DAYS - self.oldest_days, 0)

    @property
    def reply_days(self) -> int:
        """Days that the oldest reply has waited."""
        return self.waiting.reply_days(self.today)

    @property
    def replies_late(self) -> bool:
        """True when a reply may not be read within the days that were promised."""
        return self.reply_days > LATE_DAYS

    @property
    def reply_promise(self) -> int:
        """Days within which replies are promised to be read."""
        return DAYS


def flow_of(connection: Connection, hub: Hub) -> Flow:
    """What the desk says at once of the flow of texts: for ``desk/flow.html``, as ``flow``."""
    today = hub.clock().astimezone(PARIS).date()
    total = figures.total(list(store.by_rating(connection).values()))
    waits = store.waiting(connection)
    days = waits.days(today)
    level = "alarme" if days >= figures.ALARM_DAYS else "alerte" if days > hub.settings.waiting_days else ""
    return Flow(total, figures.delays(total), waits, today, level)


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of both pages, and of the files of the public one."""
    fairness, public = Fairness(hub), Public(hub)
    small = [Middleware(GZipMiddleware, minimum_size=500)]
    guard = for_roles(hub, "moderator", "admin")
    return [
        Route("/moderation/equite", guard(fairness.show), methods=["GET"]),
        Route("/statistiques", public.show, methods=["GET"], middleware=small),
        Route("/statistiques/{name}.csv", public.table, methods=["GET"], middleware=small),
    ]


class Fairness:
    """The desk's page of fairness."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """Delays and refusals by rating, then by centre."""
        order = request.query_params.get("tri", "")
        order = order if order in ORDERS else "nom"
        typed = request.query_params.get("page", "")
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
        with self._hub.engine.connect() as connection:
            flow = flow_of(connection, self._hub)
            lines = figures.by_rating(store.by_rating(connection))
            found = store.by_centre(connection, figures.ENOUGH)
            ranked = sorted(found, key=lambda one: ORDERS[order](found[one]))
            pages = max(-(-len(ranked) // PAGE), 1)
            place = min(max(number, 1), pages)
            shown = {one: found[one] for one in ranked[(place - 1) * PAGE : place * PAGE]}
            centres = [_line(one) for one in store.flows(connection, shown)]
        return page(
            "desk/equite.html", person=person, here="/moderation/equite", flow=flow, lines=lines, order=order,
            verdict=figures.verdict(lines), centres=centres, page_number=place, pages=pages,
            enough=figures.ENOUGH,
            limit=figures.LIMIT_DAYS, waiting_days=self._hub.settings.waiting_days,
        )  # fmt: skip


class Public:
    """The page of statistics, counted anew at most every five minutes by each process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept: dict[int | None, tuple[datetime, Statistics]] = {}

    async def show(self, _request: Request) -> Response:
        """Every table, in words first."""
        counted_at, found = await run_in_threadpool(self._statistics, SHOWN)
        return page(
            "site/statistiques.html", cache_control=CACHE, found=found, counted_at=counted_at,
            limit=figures.LIMIT_DAYS, states=figures.STATES, most=SHOWN,
        )  # fmt: skip

    async def table(self, request: Request) -> Response:
        """One table as a file: semicolons, decimal commas, a mark that tells spreadsheets how it is written."""
        counted_at, found = await run_in_threadpool(self._statistics, None)
        wanted = found.table(request.path_params["name"])
        if wanted is None:
            return page("site/not_found.html", 404)
        name = f"sirius-{wanted.name}-{counted_at:%Y-%m-%d}.csv"
        headers = {
            "cache-control": CACHE, "content-disposition": f'attachment; filename="{name}"',
            "x-content-type-options": "nosniff",
        }  # fmt: skip
        return Response(file_of(wanted), media_type="text/csv; charset=utf-8", headers=headers)

    def _statistics(self, most: int | None) -> tuple[datetime, Statistics]:
        """Statistics with the first ``most`` centres (None: with all), and when they were counted."""
        now, kept = self._hub.clock(), self._kept.get(most)
        if kept is None or not timedelta(0) <= now - kept[0] < KEPT:
            minimum = self._hub.settings.thresholds.minimum
            with self._hub.engine.connect() as connection, connection.begin():
                today = now.astimezone(PARIS).date()
                gathered = store.gather(connection, today, figures.ENOUGH, minimum, most)
            kept = self._kept[most] = (now, statistics(gathered, REASONS, minimum))
        return kept


def file_of(table: Table) -> bytes:
    """A table as French spreadsheets open it."""
    lines = [[neutralised(name) for name in table.columns], *([_value(cell) for cell in row] for row in table.rows)]
    text = "".join(";".join(_quoted(value) for value in line) + "\r\n" for line in lines)
    return b"\xef\xbb\xbf" + text.encode()


def _value(cell: Cell) -> str:
    if isinstance(cell.value, float):
        return f"{cell.value}".replace(".", ",")
    return neutralised(cell.value)


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), 2 * chr(34))}"' if set(text) & set(';"\r\n') else text


def _line(one: CentreFlow) -> CentreLine:
    counts = one.counts
    return CentreLine(
        one, counts.get("recu", 0), counts.get("attente", 0), figures.refused(counts), figures.delays(counts)
    )
