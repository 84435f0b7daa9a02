"""``/cfa/{centre}/apercu`` for the people of a centre, and ``/apercu/{token}`` for those they show it to."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import Arrivals
from syndication.accounts.store import Person
from syndication.accounts.views import MISSED_PER_HOUR, too_many
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_formation
from syndication.catalogue.store import CentreRow, FormationRow
from syndication.context import Hub
from syndication.errors import PreviewError, UnusableCode
from syndication.pages import for_centre, in_one_transaction, page, read_form, see_other
from syndication.previews import links, store
from syndication.previews.stage import choices, code_of, draw, look, read_stage, shared_stage, told

PRIVATE = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
"""Headers of pages whose address is a secret: no other site is told, no search engine keeps them."""
GONE = 410


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of previews."""
    own, shared, ours = Previews(hub), Shared(hub), for_centre(hub)
    return [
        Route("/cfa/{centre}/apercu", ours(own.show), methods=["GET"]),
        Route("/cfa/{centre}/apercu/cadre", ours(own.frame), methods=["GET"]),
        Route("/cfa/{centre}/apercu/liens", ours(own.make), methods=["POST"]),
        Route("/cfa/{centre}/apercu/liens/{link}/retirer", ours(own.revoke), methods=["POST"]),
        Route("/apercu/{token}", shared.show, methods=["GET"]),
        Route("/apercu/{token}/cadre", shared.frame, methods=["GET"]),
    ]


class Previews:
    """The preview of a centre's widget, for its people."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """The preview on what the query asks for, what to paste, and the links that show it."""
        return self._page(request, person, centre)

    async def frame(self, request: Request, _person: Person, centre: CentreRow) -> Response:
        """The frame inside the preview."""
        with self._hub.engine.connect() as connection:
            found = _chosen(connection, request, store.formations_of(connection, centre.id))
        if found is None and request.query_params.get("formation"):
            return page("cfa/lost.html", 404, why="inconnu", link=None)
        stage = read_stage(request.query_params, code_for(found), code_of(self._hub, centre))
        return draw(self._hub, stage, request.query_params)

    async def make(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Make a link to the preview that the query asks for."""
        form = await read_form(request)
        days = form.get("jours", "")

        def keep(connection: Connection) -> None:
            found = _chosen(connection, request, store.formations_of(connection, centre.id))
            if found is None and request.query_params.get("formation"):
                raise PreviewError("Cette formation n'est pas de votre centre.")
            now = self._hub.clock()
            kept = read_stage(request.query_params, "", "").look
            last = links.last_day(now, links.read_days(days))
            store.add(
                connection, store.NewLink(centre.id, person.id, found.id if found else None, kept, last), now
            )  # fmt: skip

        return await self._done(request, person, centre, keep, days)

    async def revoke(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Stop a link."""
        await read_form(request)

        def keep(connection: Connection) -> None:
            store.revoke(connection, request.path_params["link"], self._hub.clock(), centre.id)

        return await self._done(request, person, centre, keep, "")

    async def _done(
        self, request: Request, person: Person, centre: CentreRow, keep: Callable[[Connection], None], days: str
    ) -> Response:
        try:
            await in_one_transaction(self._hub, keep)
        except PreviewError as error:
            return self._page(request, person, centre, 422, fault=str(error), days=days)
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"/cfa/{code_of(self._hub, centre)}/apercu{query}#liens")

    def _page(
        self, request: Request, person: Person, centre: CentreRow, status: int = 200, *, fault: str = "", days: str = ""
    ) -> Response:
        code, now = code_of(self._hub, centre), self._hub.clock()
        with self._hub.engine.connect() as connection:
            known = store.formations_of(connection, centre.id)
            found = _chosen(connection, request, known)
            made = store.links_of(connection, centre.id, now)
        typed = request.query_params.get("formation", "")
        stage = read_stage(request.query_params, code_for(found), code)
        if typed and found is None:
            status, fault = 404 if status == 200 else status, fault or "Cette formation n'est pas de votre centre."
        here, keys = f"/cfa/{code}", self._hub.settings.keys()
        addresses = {one.id: f"{self._hub.settings.public_url}/apercu/{links.sign(keys, one.id)}" for one in made}
        return page(
            "cfa/preview.html", status, person=person, centre=centre, here=here, page_path=f"{here}/apercu",
            formations=[(code_for(one), one.title) for one in known], stage=stage, seen=look(self._hub, stage),
            action=f"{here}/apercu", links=made, addresses=addresses, told=told, now=now, fault=fault,
            days=days or links.USUAL_DAYS, most_days=links.MOST_DAYS, fewest_days=links.FEWEST_DAYS,
            minimum=self._hub.settings.thresholds.minimum, **choices(),
        )  # fmt: skip


class Shared:
    """The preview that a link shows, to whoever holds it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._misses = Arrivals(3600, MISSED_PER_HOUR)

    async def show(self, request: Request) -> Response:
        """The preview that the link was made from, or the same however the query wants it to look."""
        found = self._found(request)
        if isinstance(found, Response):
            return found
        row, formation, centre = found
        stage = shared_stage(request.query_params, row.look, formation, centre)
        try:
            seen = look(self._hub, stage)
        except UnusableCode:
            return _lost(404, "inconnu")
        response = page(
            "cfa/shared.html", link=row, stage=stage, seen=seen, action=request.url.path, formations=[],
            minimum=self._hub.settings.thresholds.minimum, **choices(),
        )  # fmt: skip
        response.headers.update(PRIVATE)
        return response

    async def frame(self, request: Request) -> Response:
        """The frame inside the preview."""
        found = self._found(request)
        if isinstance(found, Response):
            return found
        row, formation, centre = found
        stage = shared_stage(request.query_params, row.look, formation, centre)
        response = draw(self._hub, stage, request.query_params)
        response.headers.update(PRIVATE)
        return response

    def _found(self, request: Request) -> tuple[store.LinkRow, str, str] | Response:
        """A link that works, with the codes of its formation and centre; else the page that says why not."""
        try:
            number = links.read(self._hub.settings.keys(), request.path_params["token"])
        except PreviewError:
            return too_many(self._hub, self._misses, request) or _lost(404, "inconnu")
        with self._hub.engine.connect() as connection:
            row = store.link(connection, number)
            if row is None:
                return _lost(404, "inconnu")
            if not row.works(self._hub.clock()):
                why = "retire" if row.revoked_at else "acces" if row.orphaned_at else "expire"
                return _lost(GONE, why, row)
            centre = catalogue.centre(connection, row.centre_id)
            formation = catalogue.formation(connection, row.formation_id) if row.formation_id else None
        return row, code_for(formation), code_of(self._hub, centre)


def code_for(formation: FormationRow | None) -> str:
    """The code by which a formation is embedded; empty for the centre as a whole."""
    return formation.natural_key.removeprefix("cfd:") if formation else ""


def _chosen(connection: Connection, request: Request, known: list[FormationRow]) -> FormationRow | None:
    """The formation that the query names by any of its codes, when it is of the centre."""
    typed = request.query_params.get("formation", "").strip()
    if not typed:
        return None
    try:
        head = resolve_formation(connection, typed).formation.id
    except UnusableCode:
        return None
    return next((one for one in known if one.id == head), None)


def _lost(status: int, why: str, link: store.LinkRow | None = None) -> Response:
    response = page("cfa/lost.html", status, why=why, link=link)
    response.headers.update(PRIVATE)
    return response
