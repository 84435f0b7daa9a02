"""Alerts: what tells of danger, seen by referents and by those who administer, with what they can do."""

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.database import writing
from syndication.desk.asked import version_of
from syndication.errors import DecisionConflict, DecisionError
from syndication.moderation.decide import ALERTS, LONGEST_NOTE, MODERATOR, REASONS
from syndication.pages import page, read_form, see_other

CLOSED = 20
"""Closed alerts that are shown again."""


class Alerts:
    """The page of alerts."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """Alerts that nobody closed, then the latest that were."""
        return self._page(person, done=request.query_params.get("fait", ""))

    async def close(self, request: Request, person: Person) -> Response:
        """Close one with what was done, and decide of its text or give it back to the queue."""
        form = await read_form(request)
        alert = request.path_params["alert"]
        try:
            await run_in_threadpool(self._close, alert, form, person)
        except DecisionError as error:
            conflict = isinstance(error, DecisionConflict)
            return self._page(person, 409 if conflict else 422, fault=str(error), at=alert, typed=form)
        return see_other("/moderation/alertes?fait=close")

    def _close(self, alert: int, form: Mapping[str, str], person: Person) -> None:
        wished, reason = form.get("decision", ""), form.get("raison") or None
        with writing(self._hub.engine).begin() as connection:
            alerts.close(
                connection, alert, version_of(form), form.get("suite", ""), "" if wished == "rendre" else wished,
                reason, person.email, self._hub.clock(),
            )  # fmt: skip

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
            opened, closed = alerts.opened(connection), alerts.closed(connection, CLOSED)
            told = alerts.told(connection)
        return page(
            "desk/alerts.html", status, here="/moderation/alertes", person=person, opened=opened, closed=closed,
            told=told, named=any(one.may("referent") for one in told), kinds=ALERTS, reasons=REASONS,
            moves=MODERATOR, labels=self._hub.publisher.questions().labels, fault=fault, done=done, at=at,
            typed=typed or {}, longest=LONGEST_NOTE,
        )  # fmt: skip
