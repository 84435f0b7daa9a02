"""What moderators read of centres' own questions: the questions before they are asked, then the texts answered."""

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication import campaigns
from syndication.accounts.store import Person
from syndication.alerts import store as alerts
from syndication.cfa import store as space
from syndication.context import Hub
from syndication.desk.asked import version_of
from syndication.desk.fronts import LABELS, seen_in
from syndication.errors import DecisionConflict, DecisionError
from syndication.moderation.decide import ALERTS
from syndication.moderation.decide import REASONS as TEXT_REASONS
from syndication.own import store
from syndication.own.answers import store as answers
from syndication.own.wording import KINDS, REASONS
from syndication.pages import for_roles, in_one_transaction, page, read_form, see_other

SCREEN = 20
"""Questions, texts or campaigns on one screen."""
PATH = "/moderation/centres/questions"
CLOSED, ALERTED = "fermee", "alerte"
log = logging.getLogger("sirius.own")
DONE = {
    CLOSED: "Campagne fermée.",
    store.ACCEPTED: "Question acceptée\u00a0: les campagnes que le centre ouvrira la poseront.",
    store.REFUSED: "Question refusée\u00a0: le centre lira pourquoi.",
    answers.SHOWN: "Texte montré au centre, quand assez de personnes auront répondu.",
    ALERTED: "Signalé\u00a0: le texte n'est plus visible que des référents.",
    answers.REFUSED: "Texte refusé\u00a0: le centre ne le verra pas.",
}


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of what moderators read of centres' own questions; they go before the desk's."""
    desk, guard = _Desk(hub), for_roles(hub, "moderator", "admin")
    return [
        Route(PATH, guard(desk.show), methods=["GET"]),
        Route(PATH + "/{question:int}", guard(desk.judge_question), methods=["POST"]),
        Route("/moderation/centres/textes/{text}", guard(desk.judge_text), methods=["POST"]),
        Route("/moderation/centres/textes/{text}/alerte", guard(desk.alert), methods=["POST"]),
        Route("/moderation/centres/campagnes/{campaign}", guard(desk.close_campaign), methods=["POST"]),
    ]


class _Desk:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        return self._page(person, done=DONE.get(request.query_params.get("fait", ""), ""))

    async def judge_question(self, request: Request, person: Person) -> Response:
        form, question = await read_form(request), request.path_params["question"]

        def judge(connection: Connection) -> str:
            return store.judge(
                connection, question, version_of(form), form.get("decision", ""), form.get("raison", ""),
                person.email, self._hub.clock(),
            )  # fmt: skip

        return await self._answer(judge, person, f"q-{question}")

    async def judge_text(self, request: Request, person: Person) -> Response:
        form, text = await read_form(request), request.path_params["text"]

        def judge(connection: Connection) -> str:
            return answers.judge(
                connection, text, version_of(form), form.get("decision", ""), form.get("raison", ""), person.email,
                self._hub.clock(),
            )  # fmt: skip

        return await self._answer(judge, person, f"t-{text}")

    async def alert(self, request: Request, person: Person) -> Response:
        form, text = await read_form(request), request.path_params["text"]

        def sound(connection: Connection) -> str:
            alerts.sound_own(
                connection, text, version_of(form), form.get("genre", ""), form.get("note", ""), person.email,
                self._hub.clock(),
            )  # fmt: skip
            return ALERTED

        return await self._answer(sound, person, f"t-{text}")

    async def close_campaign(self, request: Request, person: Person) -> Response:
        await read_form(request)
        campaign = request.path_params["campaign"]
        with self._hub.engine.connect() as connection:
            beyond = space.is_beyond_offers(connection, campaign)
        if not beyond:
            fault = "Cette campagne porte sur une formation du centre\u00a0: elle est à lui seul."
            return self._page(person, 404, fault=fault)
        await run_in_threadpool(campaigns.close_campaign, self._hub.collector, campaign)
        log.info("campaign %s closed by a moderator", campaign)
        return see_other(f"{PATH}?fait={CLOSED}")

    async def _answer(self, judge: Callable[[Connection], str], person: Person, at: str) -> Response:
        try:
            state = await in_one_transaction(self._hub, judge)
        except DecisionConflict as error:
            return self._page(person, 409, fault=str(error))
        except DecisionError as error:
            return self._page(person, 422, fault=str(error), at=at)
        return see_other(f"{PATH}?fait={state}")

    def _page(self, person: Person, status: int = 200, *, fault: str = "", at: str = "", done: str = "") -> Response:
        with self._hub.engine.connect() as connection:
            shown: dict[str, Any] = {
                "questions": [
                    (one, seen_in(one.label), [seen_in(option) for option in one.options])
                    for one in store.waiting(connection, SCREEN)
                ],
                "questions_total": store.count_waiting(connection),
                "texts": [(one, seen_in(one.text)) for one in answers.waiting(connection, SCREEN)],
                "texts_total": answers.count_waiting(connection),
                "unheard": alerts.unheard(connection),
                "campaigns": space.beyond_offers(connection, SCREEN),
            }
        followed = self._hub.collector.follow([one.id for one in shown["campaigns"]])
        shown["live"] = {one for one, state in followed.items() if state.ended_on is None}
        return page(
            "own/desk.html", status, person=person, here="/moderation/centres", fault=fault, at=at, done=done,
            kinds=KINDS, reasons=REASONS, text_reasons=TEXT_REASONS, alerts=ALERTS, signalled=LABELS, **shown,
        )  # fmt: skip
