"""Responses that are held back: count them, or set them aside."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.database import writing
from syndication.desk.fronts import OTHER_SIGNALS
from syndication.errors import DecisionConflict, DecisionError
from syndication.pages import page, read_form, see_other
from syndication.reviews import store as reviews

SCREEN = 20
"""Responses on one screen."""


class Verifying:
    """The page of responses that are held back."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """The oldest ones, and what is odd in each."""
        return self._page(person, done=request.query_params.get("fait", ""))

    async def judge(self, request: Request, person: Person) -> Response:
        """Count one, or set it aside with its texts."""
        form = await read_form(request)
        review, wished = request.path_params["review"], form.get("decision", "")
        try:
            state = await run_in_threadpool(self._judge, review, wished, person)
        except DecisionError as error:
            return self._page(person, 409 if isinstance(error, DecisionConflict) else 422, fault=str(error))
        return see_other(f"/moderation/verifier?fait={state}")

    def _judge(self, review: str, wished: str, person: Person) -> str:
        with writing(self._hub.engine).begin() as connection:
            return reviews.judge(connection, review, wished, person.email, self._hub.clock())

    def _page(self, person: Person, status: int = 200, *, fault: str = "", done: str = "") -> Response:
        with self._hub.engine.connect() as connection:
            held, total = reviews.held(connection, SCREEN), reviews.count_held(connection)
        return page(
            "desk/verifying.html", status, here="/moderation/verifier", person=person, held=held, total=total,
            signals=OTHER_SIGNALS, fault=fault, done=done,
        )  # fmt: skip
