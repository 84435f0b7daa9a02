"""Observers' results: their region, department, OPCO or the nation, its centres one by one, and as files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_centre
from syndication.catalogue.store import CentreRow
from syndication.context import Hub
from syndication.errors import UnusableCode
from syndication.kit.tables import Column, Row, Table, to_csv
from syndication.pages import forbidden, page
from syndication.results import asking, gather, store
from syndication.results.exports import PRUDENCE, Told, as_file, stopped
from syndication.results.gather import Cut, Wish
from syndication.results.scopes import Observed, observed, within
from syndication.results.store import EVERY, CentreLine
from syndication.results.years import named

PAGE = 100
"""Centres on a page."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an observer sees now: one of their scopes, the cut of it, its figures, its centres."""

    observed: Observed
    cut: Cut
    told: Told
    centres: Sequence[CentreLine]


class Observatory:
    """Pages of observers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """The figures of one of somebody's scopes beside the nation's, and its centres."""
        return await run_in_threadpool(self._page, request, person)

    async def file(self, request: Request, person: Person) -> Response:
        """The same as a file; in a workbook, with the centres."""
        kind = asking.kind_of(request.path_params["file"], "resultats")
        centres = asking.kind_of(request.path_params["file"], "centres")
        if not kind and centres != "csv":
            return page("site/not_found.html", 404)
        return await run_in_threadpool(self._file, request, person, kind)

    async def centre(self, request: Request, person: Person) -> Response:
        """The figures of a centre of one of somebody's scopes; another is refused."""
        return await run_in_threadpool(self._one, request, person, "")

    async def centre_file(self, request: Request, person: Person) -> Response:
        """The same as a file."""
        kind = asking.kind_of(request.path_params["file"], "resultats")
        return await run_in_threadpool(self._one, request, person, kind or "?")

    def _page(self, request: Request, person: Person) -> Response:
        wish = asking.read_wish(request)
        scope = _scope(request, person)
        if scope is None:
            return forbidden(self._hub, person)
        with self._hub.engine.connect() as connection:
            wish, _, fault = asking.nearest(connection, wish)
            seen = self._seen(connection, scope, wish)
            centres = [EVERY] if seen.observed.scope == "nation" else list(seen.observed.centres)
            choices = _allowed(gather.choices(connection, centres, seen.cut), seen.observed.formations, connection)
        figures = seen.told.figures
        sort = request.query_params.get(asking.SORT, "")

        def link(place: str) -> Callable[[str], str]:
            return lambda column: f"/observatoire{asking.query_of(wish, portee=scope, tri=column)}#{place}"

        lines, heads = asking.arranged(figures.lines, asking.line_keys(figures.lines), sort, link("tableau"))
        rows, columns = asking.arranged(seen.centres, _CENTRE_KEYS, sort, link("centres"))
        at = _page_number(request, len(rows))
        return page(
            "results/observatory.html", 422 if fault else 200, person=person, scope=scope, observed=seen.observed,
            scopes=self._names(person), wish=wish, cut=seen.cut, figures=figures, choices=choices, fault=fault,
            lines=lines, heads=heads, sorted=sort.removeprefix("-") in asking.line_keys(figures.lines),
            columns=columns, rows=[(self._code(line.centre), line) for line in rows[at * PAGE : (at + 1) * PAGE]],
            total=len(rows), at=at, pages=-(-len(rows) // PAGE), query=asking.query_of(wish, portee=scope),
            turn=lambda n: f"/observatoire{asking.query_of(wish, portee=scope, tri=sort, page=str(n))}#centres",
            prudence=PRUDENCE, stopped=stopped(figures.taken_on), minimum=self._hub.settings.thresholds.minimum,
            named=named, files="/observatoire/fichiers", rate=_rate, quote=quote,
        )  # fmt: skip

    def _file(self, request: Request, person: Person, kind: str) -> Response:
        scope = _scope(request, person)
        if scope is None:
            return forbidden(self._hub, person)
        with self._hub.engine.connect() as connection:
            try:
                seen = self._seen(connection, scope, asking.read_wish(request))
            except UnusableCode as error:
                return page("site/unknown.html", 404, sentence=str(error), candidates=())
        centres = self._centres_table(seen.centres)
        if not kind:
            return asking.download("csv", to_csv(centres.rows, centres.columns), "centres")
        return asking.download(kind, as_file(kind, seen.told, [centres]), "resultats")

    def _one(self, request: Request, person: Person, kind: str) -> Response:
        wish = asking.read_wish(request)
        if kind == "?":
            return page("site/not_found.html", 404)
        with self._hub.engine.connect() as connection:
            try:
                centre = resolve_centre(connection, request.path_params["centre"])
            except UnusableCode:
                return forbidden(self._hub, person)
            scopes = (observed(connection, scope) for scope in person.scopes)
            allowed = [one for one in scopes if centre.id in one.centres]
            if not allowed:
                return forbidden(self._hub, person)
            wish, cut, fault = asking.nearest(connection, wish)
            members = _union([within(one, cut.members) for one in allowed])
            if not members:
                return forbidden(self._hub, person)
            formations = _union([one.formations for one in allowed])
            choices = _allowed(gather.choices(connection, [centre.id], cut), formations, connection)
            seen = " et ".join(one.name for one in allowed)
            title = cut.title or ("" if members == (EVERY,) else f"Formations de {seen}")
            cut = Cut(members, cut.code, title, cut.year)
            told = self._told(connection, centre, cut)
        if kind:
            return asking.download(kind, as_file(kind, told), f"resultats-{self._code(centre)}")
        base = f"/observatoire/centres/{quote(self._code(centre), safe='')}"
        lines, heads = asking.arranged(
            told.figures.lines, asking.line_keys(told.figures.lines), request.query_params.get(asking.SORT, ""),
            lambda column: f"{base}{asking.query_of(wish, tri=column)}#tableau",
        )  # fmt: skip
        return page(
            "results/observed.html", 422 if fault else 200, person=person, centre=centre, wish=wish, cut=cut,
            figures=told.figures, choices=choices, fault=fault, lines=lines, heads=heads,
            sorted=asking.SORT in request.query_params, query=asking.query_of(wish), prudence=PRUDENCE,
            stopped=stopped(told.figures.taken_on), minimum=self._hub.settings.thresholds.minimum, named=named,
            files=base, code=self._code(centre),
        )  # fmt: skip

    def _seen(self, connection: Connection, scope: str, wish: Wish) -> _Seen:
        place, cut = observed(connection, scope), gather.understood(connection, wish)
        questions, thresholds = self._hub.publisher.questions(), self._hub.settings.thresholds
        figures = gather.of_scope(connection, place, cut, questions, thresholds)
        told = Told(place.name, cut.words, figures)
        members = within(place, cut.members)
        lines = store.centre_lines(connection, place.centres, members, self._hub.clock().date()) if members else []
        return _Seen(place, cut, told, lines)

    def _told(self, connection: Connection, centre: CentreRow, cut: Cut) -> Told:
        questions, thresholds = self._hub.publisher.questions(), self._hub.settings.thresholds
        figures = gather.of_centre(connection, centre, cut, questions, thresholds)
        return Told(centre.name, cut.words, figures)

    def _names(self, person: Person) -> list[tuple[str, str]]:
        with self._hub.engine.connect() as connection:
            return [(scope, observed(connection, scope).name) for scope in dict.fromkeys(person.scopes)]

    def _code(self, centre: CentreRow) -> str:
        if centre.uai:
            return centre.uai
        with self._hub.engine.connect() as connection:
            return catalogue.centre_key(connection, centre).partition(":")[2]

    def _centres_table(self, lines: Sequence[CentreLine]) -> Table:
        columns = (
            Column("code", "UAI ou SIRET"), Column("nom", "Centre"), Column("commune", "Commune"),
            Column("region", "Région"), Column("repondants", "Répondants", "integer"),
            Column("campagnes", "Campagnes", "integer"), Column("ouvertes", "En cours", "integer"),
            Column("invites", "Invités", "integer"), Column("taux", "Taux de réponse", "percent"),
        )  # fmt: skip
        rows: list[Row] = [
            {
                "code": self._code(line.centre), "nom": line.centre.name, "commune": line.centre.city,
                "region": line.region, "repondants": line.respondents or None, "campagnes": line.campaigns,
                "ouvertes": line.open_campaigns, "invites": line.invited or None, "taux": _rate(line),
            }
            for line in lines
        ]  # fmt: skip
        return Table("Centres", columns, rows)


def _rate(line: CentreLine) -> int | None:
    """Respondents in readings for those invited, in percent; None where it is not known or makes no sense."""
    if not line.respondents or not line.invited or line.invited < line.respondents:
        return None
    return (200 * line.respondents + line.invited) // (2 * line.invited)


_CENTRE_KEYS: dict[str, tuple[str, Callable[[CentreLine], Any]]] = {
    "centre": ("Centre", lambda line: line.centre.name.casefold()),
    "repondants": ("Répondants", lambda line: line.respondents or None),
    "campagnes": ("Campagnes", lambda line: line.campaigns),
    "invites": ("Invités", lambda line: line.invited or None),
    "taux": ("Taux de réponse", _rate),
}


def _scope(request: Request, person: Person) -> str | None:
    """The scope asked for, or somebody's first; None for one that is not theirs."""
    asked = request.query_params.get("portee", "")
    if asked:
        return asked if asked in person.scopes else None
    return next(iter(person.scopes), None)


def _allowed(found: gather.Choices, formations: Sequence[int], connection: Connection) -> gather.Choices:
    """Choices among formations that may be seen."""
    if EVERY in formations:
        return found
    members = set(formations)
    told = [one for one in found.formations if members & set(gather.understood(connection, Wish(one[0])).members)]
    return gather.Choices(tuple(told), found.years)


def _union(parts: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    everything = {number for part in parts for number in part}
    return (EVERY,) if EVERY in everything else tuple(sorted(everything))


def _page_number(request: Request, total: int) -> int:
    asked = request.query_params.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
    return min(number, max(-(-total // PAGE) - 1, 0))
