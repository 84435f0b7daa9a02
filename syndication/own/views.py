"""A centre's own questions: written, changed, taken back, and what was answered to them."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import LONGEST_LABEL, MOST_OPTIONS
from syndication.accounts.store import Person
from syndication.catalogue.store import CentreRow
from syndication.cfa.campaigns import here_of
from syndication.context import Hub
from syndication.errors import DecisionConflict, QuestionRefused
from syndication.own import store
from syndication.own.answers import store as answers
from syndication.own.wording import ACTIVE_MOST, KINDS, REASONS, read
from syndication.pages import for_centre, in_one_transaction, page, read_form, see_other

NEW = "nouvelle"
DONE = {
    "ecrite": "Votre question est envoyée. Un modérateur la lit avant qu'elle soit posée.",
    "retiree": "La question est retirée. Les campagnes déjà ouvertes continuent de la poser.",
}


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of a centre's own questions."""
    pages, ours = _Questions(hub), for_centre(hub)
    base = "/cfa/{centre}/questions"
    return [
        Route(base, ours(pages.show), methods=["GET"]),
        Route(base, ours(pages.write), methods=["POST"]),
        Route(base + "/{question:int}", ours(pages.rewrite), methods=["POST"]),
        Route(base + "/{question:int}/retirer", ours(pages.retire), methods=["POST"]),
    ]


class _Questions:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        return self._page(person, centre, done=DONE.get(request.query_params.get("fait", ""), ""))

    async def write(self, request: Request, person: Person, centre: CentreRow) -> Response:
        form = await read_form(request)

        def keep(connection: Connection) -> None:
            store.write(connection, centre.id, read(form), person.email, self._hub.clock())

        return await self._answer(keep, form, person, centre, NEW, "ecrite")

    async def rewrite(self, request: Request, person: Person, centre: CentreRow) -> Response:
        form, question = await read_form(request), request.path_params["question"]

        def keep(connection: Connection) -> None:
            draft, version = read(form), _version(form)
            store.rewrite(connection, centre.id, question, version, draft, person.email, self._hub.clock())

        return await self._answer(keep, form, person, centre, str(question), "ecrite")

    async def retire(self, request: Request, person: Person, centre: CentreRow) -> Response:
        form, question = await read_form(request), request.path_params["question"]

        def keep(connection: Connection) -> None:
            store.retire(connection, centre.id, question, _version(form))

        return await self._answer(keep, {}, person, centre, str(question), "retiree")

    async def _answer(
        self,
        keep: Callable[[Connection], None],
        form: Mapping[str, str],
        person: Person,
        centre: CentreRow,
        at: str,
        done: str,
    ) -> Response:
        try:
            await in_one_transaction(self._hub, keep)
        except DecisionConflict as error:
            return self._page(person, centre, 409, fault=str(error), at=at, typed=form)
        except QuestionRefused as error:
            return self._page(person, centre, 422, fault=str(error), at=at, typed=form)
        with self._hub.engine.connect() as connection:
            return see_other(f"{here_of(connection, centre)}/questions?fait={done}")

    def _page(
        self,
        person: Person,
        centre: CentreRow,
        status: int = 200,
        *,
        fault: str = "",
        at: str = "",
        typed: Mapping[str, str] | None = None,
        done: str = "",
    ) -> Response:
        with self._hub.engine.connect() as connection:
            here = here_of(connection, centre)
            rows = store.questions_of(connection, centre.id)
            results = answers.results(connection, centre.id, [row.id for row in rows if row.asked])
        live = [row for row in rows if row.state != store.RETIRED]
        held = sum(row.state in {store.WAITING, store.ACCEPTED} for row in rows)
        return page(
            "own/questions.html", status, person=person, centre=centre, here=here, page_path=f"{here}/questions",
            live=live, former=[row for row in rows if row.state == store.RETIRED], results=results,
            room=ACTIVE_MOST - held, most=ACTIVE_MOST, fault=fault, at=at, typed=typed or {}, done=done, kinds=KINDS,
            reasons=REASONS, minimum=self._hub.settings.thresholds.minimum, longest=LONGEST_LABEL,
            most_options=MOST_OPTIONS, new=NEW,
        )  # fmt: skip


def _version(form: Mapping[str, str]) -> int:
    """The version that was read; raises QuestionRefused when the form does not say."""
    version = form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise QuestionRefused("Cette demande est incomplète\u00a0: reprenez-la sur cette page.")
    return int(version)
