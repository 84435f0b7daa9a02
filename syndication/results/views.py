"""A centre's results: figures by question beside its region's and the nation's, over the years, and as files."""

from dataclasses import replace

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.catalogue.store import CentreRow
from syndication.context import Hub
from syndication.errors import UnusableCode
from syndication.pages import for_centre, for_roles, page
from syndication.results import asking, gather
from syndication.results.exports import PRUDENCE, Told, as_file, stopped
from syndication.results.figures import WHERE
from syndication.results.gather import Cut
from syndication.results.observatory import Observatory
from syndication.results.showing import Showing
from syndication.results.years import named
from widget.contract import Ask, Snapshot

TEXTS = 3
"""Published texts that results show; the others are one press away."""


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of results: a centre's, observers', and the public page of what a centre does well."""
    results, ours = _Results(hub), for_centre(hub)
    observatory, observers = Observatory(hub), for_roles(hub, "observer")
    return [
        Route("/cfa/{centre}/resultats", ours(results.show), methods=["GET"]),
        Route("/cfa/{centre}/resultats/{file}", ours(results.file), methods=["GET"]),
        Route("/observatoire", observers(observatory.show), methods=["GET"]),
        Route("/observatoire/fichiers/{file}", observers(observatory.file), methods=["GET"]),
        Route("/observatoire/centres/{centre}", observers(observatory.centre), methods=["GET"]),
        Route("/observatoire/centres/{centre}/{file}", observers(observatory.centre_file), methods=["GET"]),
        Route("/etablissements/{code}/points-forts", Showing(hub).show, methods=["GET"]),
    ]


class _Results:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Results of all formations of a centre, or of one, of all years or of one."""
        return await run_in_threadpool(self._page, request, person, centre)

    async def file(self, request: Request, _person: Person, centre: CentreRow) -> Response:
        """The same as a file."""
        kind = asking.kind_of(request.path_params["file"], "resultats")
        if not kind:
            return page("site/not_found.html", 404)
        return await run_in_threadpool(self._file, request, centre, kind)

    def _page(self, request: Request, person: Person, centre: CentreRow) -> Response:
        with self._hub.engine.connect() as connection:
            code = catalogue.centre_key(connection, centre).partition(":")[2]
            wish, cut, fault = asking.nearest(connection, asking.read_wish(request))
            told = self._told(connection, centre, cut)
            choices = gather.choices(connection, [centre.id], cut)
        snapshot = self._public(code, cut)
        here = f"/cfa/{code}"
        lines, heads = asking.arranged(
            told.figures.lines, asking.line_keys(told.figures.lines), request.query_params.get(asking.SORT, ""),
            lambda sort: f"{here}/resultats{asking.query_of(wish, tri=sort)}#tableau",
        )  # fmt: skip
        return page(
            "results/centre.html", 422 if fault else 200, person=person, centre=centre, here=here,
            page_path=f"{here}/resultats", wish=wish, cut=cut, figures=told.figures, choices=choices, fault=fault,
            lines=lines, heads=heads, sorted=asking.SORT in request.query_params, snapshot=snapshot,
            texts=snapshot.verbatims[:TEXTS] if snapshot else (), query=asking.query_of(wish), prudence=PRUDENCE,
            stopped=stopped(told.figures.taken_on), minimum=self._hub.settings.thresholds.minimum, code=code,
            named=named, files=f"{here}/resultats", where=WHERE,
        )  # fmt: skip

    def _file(self, request: Request, centre: CentreRow, kind: str) -> Response:
        with self._hub.engine.connect() as connection:
            code = catalogue.centre_key(connection, centre).partition(":")[2]
            try:
                cut = gather.understood(connection, asking.read_wish(request))
            except UnusableCode as error:
                return page("site/unknown.html", 404, sentence=str(error), candidates=())
            told = self._told(connection, centre, cut)
        snapshot = self._public(code, cut) if kind == "pdf" else None
        if snapshot:
            told = replace(told, strengths=snapshot.strengths, texts=snapshot.verbatims[:TEXTS])
        return asking.download(kind, as_file(kind, told), f"resultats-{code}")

    def _told(self, connection: Connection, centre: CentreRow, cut: Cut) -> Told:
        questions, thresholds = self._hub.publisher.questions(), self._hub.settings.thresholds
        figures = gather.of_centre(connection, centre, cut, questions, thresholds)
        return Told(centre.name, cut.words, figures)

    def _public(self, code: str, cut: Cut) -> Snapshot | None:
        """What is public of the same formations, its texts and points forts; nothing while it is not told of alone."""
        snapshot = self._hub.publisher.snapshot(cut.code or None, code, ask=Ask(strengths=True))
        own = snapshot is not None and snapshot.scope.served == snapshot.scope.requested
        return snapshot if own and snapshot and snapshot.reliability != "insuffisante" else None
