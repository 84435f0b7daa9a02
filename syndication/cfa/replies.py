"""What is published of a centre, and its right of reply."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
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

    async def show(self, request: Request, person: Person) -> Response:
        """The published texts of a centre, each with its reply or room for one."""
        return self._texts(request, person)

    async def write(self, request: Request, person: Person) -> Response:
        """Keep a reply, to be read by a moderator."""
        form = await read_form(request)
        verbatim = request.path_params["verbatim"]
        try:
            await run_in_threadpool(self._keep, verbatim, form.get("texte", ""), person)
        except DecisionError as error:
            return self._texts(request, person, 422, fault=str(error), at=verbatim, typed=form.get("texte", ""))
        return see_other(f"/cfa/avis?{request.url.query}#a-{verbatim}")

    def _keep(self, verbatim: str, text: str, person: Person) -> None:
        with writing(self._hub.engine).begin() as connection:
            centre = catalogue.centre(connection, person.centre_id or 0)
            store.write(connection, verbatim, centre.id, text, centre.name, person.email, self._hub.clock())

    def _texts(
        self, request: Request, person: Person, status: int = 200, *, fault: str = "", at: str = "", typed: str = ""
    ) -> Response:
        with self._hub.engine.connect() as connection:
            centre = catalogue.centre(connection, person.centre_id or 0)
            code = catalogue.centre_key(connection, centre)
        snapshot = self._hub.publisher.require(None, code, ask=read_ask(request.query_params))
        with self._hub.engine.connect() as connection:
            replies = store.replies_to(connection, [verbatim.id for verbatim in snapshot.verbatims])
        return page(
            "cfa/replies.html", status, person=person, centre=centre, snapshot=snapshot, replies=replies, fault=fault,
            at=at, typed=typed, reasons=store.REASONS, longest=store.LONGEST,
        )  # fmt: skip
