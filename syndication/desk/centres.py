"""What centres write, read before anybody else sees it."""

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.database import writing
from syndication.desk.asked import version_of
from syndication.errors import DecisionConflict, DecisionError
from syndication.pages import page, read_form, see_other
from syndication.replies import store as replies

SCREEN = 20
"""Replies on one screen."""


class Centres:
    """The page of what centres write. Each kind is a section of it, with posts of its own."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """What waits to be read, the oldest first."""
        return self._page(person, done=request.query_params.get("fait", ""))

    async def judge_reply(self, request: Request, person: Person) -> Response:
        """Publish a reply, or refuse it with a reason."""
        form = await read_form(request)
        verbatim = request.path_params["verbatim"]
        try:
            status = await run_in_threadpool(self._judge_reply, verbatim, form, person)
        except DecisionError as error:
            conflict = isinstance(error, DecisionConflict)
            return self._page(person, 409 if conflict else 422, fault=str(error), at=verbatim, typed=form)
        return see_other(f"/moderation/centres?fait={status}")

    def _judge_reply(self, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        with writing(self._hub.engine).begin() as connection:
            return replies.judge(
                connection, verbatim, version_of(form), form.get("decision", ""), form.get("raison", ""), person.email,
                self._hub.clock(),
            )  # fmt: skip

    def _page(
        self,
        person: Person,
        status: int = 200,
        *,
        fault: str = "",
        done: str = "",
        at: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        with self._hub.engine.connect() as connection:
            answers = replies.waiting(connection, SCREEN)
        return page(
            "desk/centres.html", status, here="/moderation/centres", person=person, replies=answers,
            reply_reasons=replies.REASONS, fault=fault, done=done, at=at, typed=typed or {},
        )  # fmt: skip
