"""Participation on the desk: centres with and without campaigns, answers, texts that wait, by region, and as a table
to take away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.corpus.flat import line_of
from syndication.pages import for_roles, page, security_headers
from syndication.participation import store
from syndication.participation.store import SORTS, Asked

PAGE = 50
HERE = "/moderation/participation"
CHOICES = {"": "Tous", "avec": "Avec une campagne", "sans": "Sans campagne"}
HEADS = {
    "centre": "Établissement", "lieu": "Lieu", "region": "Région", "campagnes": "Campagnes", "fin": "Dernière fin",
    "reponses": "Répondants", "attente": "Textes en attente",
}  # fmt: skip
"""Columns, by the name under which they sort."""
_NUMBERS = {"campagnes", "fin", "reponses", "attente"}
CELLS = (
    "etablissement", "nom", "commune", "departement", "region", "campagnes", "en_cours", "derniere_fin", "repondants",
    "textes_en_attente",
)  # fmt: skip
"""Head of the table to take away."""


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: its name, the link that sorts by it, and how it is sorted now, as ``aria-sort`` says it."""

    key: str
    name: str
    link: str
    sorted: str


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the page, for moderators and administrators."""
    guard = for_roles(hub, "moderator", "admin")

    async def show(request: Request, person: Person) -> Response:
        told = await run_in_threadpool(overview, hub, HERE, request.query_params)
        return page("participation/desk.html", person=person, **told)

    async def take_away(request: Request, _person: Person) -> Response:
        return await run_in_threadpool(table, hub, request.query_params)

    return [
        Route(HERE, guard(show), methods=["GET"]),
        Route(f"{HERE}.csv", guard(take_away), methods=["GET"]),
    ]


def overview(hub: Hub, here: str, query: Mapping[str, str], scopes: Sequence[str] = ("nation",)) -> dict[str, Any]:
    """What ``participation/table.html`` shows, for a page at ``here``, of what lies within scopes."""
    asked, today, at = read(query, scopes), hub.clock().date(), _page_number(query)
    with hub.engine.connect() as connection:
        regions = store.by_region(connection, asked.scopes, today)
        lines, total = store.lines(connection, asked, today, at * PAGE, PAGE)
        if not lines and at:
            at = 0
            lines, total = store.lines(connection, asked, today, 0, PAGE)
    return {
        "here": here, "asked": asked, "lines": lines, "total": total, "at": at, "pages": -(-total // PAGE),
        "regions": regions, "heads": [_head(here, asked, key) for key in HEADS], "choices": CHOICES, "today": today,
        "before": link(here, asked, page=at) if at else "",
        "after": link(here, asked, page=at + 2) if (at + 1) * PAGE < total else "",
        "csv": link(f"{here}.csv", asked),
    }  # fmt: skip


def table(hub: Hub, query: Mapping[str, str], scopes: Sequence[str] = ("nation",)) -> Response:
    """Every line as asked, as CSV; what a spreadsheet would take for a formula is marked (see ``corpus.flat``)."""
    with hub.engine.connect() as connection:
        lines, _ = store.lines(connection, read(query, scopes), hub.clock().date())
    body = line_of(CELLS) + "".join(
        line_of([
            one.code, one.name, one.city, one.department, one.region, one.campaigns, one.running,
            one.last.isoformat() if one.last else None, one.respondents, one.waiting,
        ]) for one in lines
    )  # fmt: skip
    headers = security_headers() | {
        "cache-control": "no-store", "content-disposition": 'attachment; filename="participation.csv"',
    }  # fmt: skip
    return Response(body.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def read(query: Mapping[str, str], scopes: Sequence[str] = ("nation",)) -> Asked:
    """What a query asks for; what it says that is not known is left out."""
    campaigns, sort = query.get("campagnes", ""), query.get("tri", "centre")
    return Asked(
        query.get("region", "").replace("\0", "")[:100], campaigns if campaigns in CHOICES else "",
        sort if sort in SORTS else "centre",
        query.get("sens") == "desc", tuple(scopes),
    )  # fmt: skip


def link(here: str, asked: Asked, **more: str | int) -> str:
    """The address of what is asked."""
    words: dict[str, str | int] = {
        "region": asked.region, "campagnes": asked.campaigns, "tri": asked.sort if asked.sort != "centre" else "",
        "sens": "desc" if asked.falling else "", **more,
    }  # fmt: skip
    kept = {name: value for name, value in words.items() if value != ""}
    return f"{here}?{urlencode(kept)}" if kept else here


def _head(here: str, asked: Asked, key: str) -> Head:
    """Who sorts by numbers first wants the largest; the same link again turns the order round."""
    current = asked.sort == key
    falling = not asked.falling if current else key in _NUMBERS
    state = ("descending" if asked.falling else "ascending") if current else ""
    return Head(key, HEADS[key], link(here, asked, tri=key, sens="desc" if falling else ""), state)


def _page_number(query: Mapping[str, str]) -> int:
    text = query.get("page", "1")
    return max(int(text) - 1, 0) if text.isascii() and text.isdigit() and len(text) < 7 else 0
