"""What pages of the desk where people judge something share: how one shows what waits and takes a decision."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.errors import DecisionConflict, DecisionError
from syndication.pages import in_one_transaction, page, read_form, see_other


class Judging(ABC):
    """A page of what waits to be judged. Its posts name one thing in their path, and lead back to the page."""

    address: ClassVar[str]
    template: ClassVar[str]

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @abstractmethod
    def waiting(self, connection: Connection) -> dict[str, Any]:
        """What the template shows of what waits."""

    @abstractmethod
    def decide(self, connection: Connection, one: Any, form: Mapping[str, str], person: Person) -> str:
        """Decide of one in the caller's transaction; gives the key of what is said of it. Raises DecisionError."""

    async def show(self, request: Request, person: Person) -> Response:
        """What waits, and what was just done."""
        return self._page(person, done=request.query_params.get("fait", ""))

    async def judge(self, request: Request, person: Person) -> Response:
        """Decide of one; a decision that cannot be kept is shown again with why."""
        form = await read_form(request)
        (one,) = request.path_params.values()
        try:
            done = await in_one_transaction(self._hub, lambda connection: self.decide(connection, one, form, person))
        except DecisionError as error:
            conflict = isinstance(error, DecisionConflict)
            return self._page(person, 409 if conflict else 422, fault=str(error), at=one, typed=form)
        return see_other(f"{self.address}?fait={done}")

    def _page(
        self,
        person: Person,
        status: int = 200,
        *,
        fault: str = "",
        done: str = "",
        at: Any = None,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        with self._hub.engine.connect() as connection:
            waiting = self.waiting(connection)
            unheard = alerts.unheard(connection)
        return page(
            self.template, status, here=self.address, person=person, fault=fault, done=done, at=at, typed=typed or {},
            unheard=unheard, **waiting,
        )  # fmt: skip
