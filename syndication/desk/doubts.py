"""Doubts that centres report: founded or not, with a sentence for the centre."""

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.database import writing
from syndication.doubts import store as doubts
from syndication.errors import DecisionConflict, DecisionError
from syndication.moderation.decide import REASONS
from syndication.pages import page, read_form, see_other


class Doubts:
    """The page of doubts."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """Doubts that wait, the oldest first."""
        return self._page(person, done=request.query_params.get("fait", ""))

    async def decide(self, request: Request, person: Person) -> Response:
        """Decide one."""
        form = await read_form(request)
        doubt = request.path_params["doubt"]
        try:
            state = await run_in_threadpool(self._decide, doubt, form, person)
        except DecisionError as error:
            conflict = isinstance(error, DecisionConflict)
            return self._page(person, 409 if conflict else 422, fault=str(error), at=doubt, typed=form)
        return see_other(f"/moderation/doutes?fait={state}")

    def _decide(self, doubt: int, form: Mapping[str, str], person: Person) -> str:
        wished, _, ground = form.get("decision", "").partition(".")
        if wished not in {doubts.FOUNDED, doubts.UNFOUNDED}:
            raise DecisionError("Dites si ce doute est fondé.")
        founded = wished == doubts.FOUNDED
        with writing(self._hub.engine).begin() as connection:
            now, said = self._hub.clock(), form.get("suite", "")
            return doubts.decide(connection, doubt, founded, said, person.email, now, ground or doubts.GROUNDS[0])

    def _page(
        self,
        person: Person,
        status: int = 200,
        *,
        fault: str = "",
        done: str = "",
        at: int = 0,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        with self._hub.engine.connect() as connection:
            waiting = doubts.open(connection)
        return page(
            "desk/doubts.html", status, here="/moderation/doutes", person=person, doubts=waiting, reasons=REASONS,
            grounds=doubts.GROUNDS, labels=self._hub.publisher.questions().labels, fault=fault, done=done, at=at,
            typed=typed or {}, longest=doubts.LONGEST,
        )  # fmt: skip
