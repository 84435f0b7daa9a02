"""What is published of a centre, and its right of reply."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.catalogue.store import CentreRow
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import DecisionError
from syndication.pages import page, read_form, see_other
from syndication.replies import store
from widget.routes import read_ask


class Replies:
    """Pages of a centre's published texts."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """The published texts of a centre, each with its reply or room for one."""
        return self._texts(request, person, centre)

    async def write(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Keep a reply, to be read by a moderator."""
        form = await read_form(request)
        verbatim = request.path_params["verbatim"]
        try:
            await run_in_threadpool(self._keep, verbatim, form.get("texte", ""), person, centre)
        except DecisionError as error:
            return self._texts(request, person, centre, 422, fault=str(error), at=verbatim, typed=form.get("texte", ""))
        return see_other(f"{request.url.path.rpartition('/')[0]}?{request.url.query}#a-{verbatim}")

    def _keep(self, verbatim: str, text: str, person: Person, centre: CentreRow) -> None:
        with writing(self._hub.engine).begin() as connection:
            store.write(connection, verbatim, centre.id, text, centre.name, person.email, self._hub.clock())

    def _texts(
        self,
        request: Request,
        person: Person,
        centre: CentreRow,
        status: int = 200,
        *,
        fault: str = "",
        at: str = "",
        typed: str = "",
    ) -> Response:
        with self._hub.engine.connect() as connection:
            code = catalogue.centre_key(connection, centre)
        snapshot = self._hub.publisher.require(None, code, ask=read_ask(request.query_params))
        with self._hub.engine.connect() as connection:
            replies = store.replies_to(connection, [verbatim.id for verbatim in snapshot.verbatims])
        return page(
            "cfa/replies.html", status, person=person, centre=centre, snapshot=snapshot, replies=replies, fault=fault,
            at=at, typed=typed, here=f"/cfa/{code.partition(':')[2]}", reasons=store.REASONS, longest=store.LONGEST,
        )  # fmt: skip
