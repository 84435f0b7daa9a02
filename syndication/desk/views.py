"""The desk: texts that wait, one decision each."""

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import DecisionConflict, DecisionError
from syndication.moderation import store
from syndication.moderation.decide import REASONS
from syndication.pages import for_roles, page, read_form, see_other
from syndication.replies import store as replies
from syndication.reviews import store as reviews
from syndication.reviews.subjects import SUBJECTS

SCREEN = 20
"""Texts on one screen."""
SIGNALS = {
    "alerte": "Alerte\u00a0: danger, harcèlement ou détresse possible",
    "a_reprendre": "À reprendre\u00a0: signalé lors d'une première lecture",
    "rapide": "Réponse trop rapide\u00a0: remplie plus vite qu'on ne lit",
    "vide": "Réponse presque vide",
    "mecanique": "Allure de machine\u00a0: champ caché rempli, page jamais montrée, ou texte sans mots",
    "reseau": "Beaucoup de places prises depuis un même réseau en une heure",
    "repete": "Le même texte donné à plusieurs questions",
    "copie": "Texte déjà donné par quelqu'un d'autre",
}
"""What signals of texts and marks of responses mean."""


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the desk."""
    desk = _Desk(hub)
    guard = for_roles(hub, "moderator", "admin")
    return [
        Route("/moderation", guard(desk.show), methods=["GET"]),
        Route("/moderation/reponses/{review}", guard(desk.judge), methods=["POST"]),
        Route("/moderation/centres/{verbatim}", guard(desk.judge_reply), methods=["POST"]),
        Route("/moderation/{verbatim}", guard(desk.decide), methods=["POST"]),
    ]


class _Desk:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        return self._queue(person, done=request.query_params.get("fait", ""))

    async def decide(self, request: Request, person: Person) -> Response:
        form = await read_form(request)
        verbatim = request.path_params["verbatim"]
        try:
            status = await run_in_threadpool(self._record, verbatim, _version(form), form, person)
        except DecisionConflict as error:
            return self._queue(person, 409, fault=str(error))
        except DecisionError as error:
            return self._queue(person, 422, fault=str(error), at=verbatim)
        return see_other(f"/moderation?fait={status}")

    async def judge(self, request: Request, person: Person) -> Response:
        form = await read_form(request)
        review, wished = request.path_params["review"], form.get("decision", "")
        try:
            state = await run_in_threadpool(self._judge, review, wished, person)
        except DecisionConflict as error:
            return self._queue(person, 409, fault=str(error))
        except DecisionError as error:
            return self._queue(person, 422, fault=str(error))
        return see_other(f"/moderation?fait={state}")

    async def judge_reply(self, request: Request, person: Person) -> Response:
        form = await read_form(request)
        verbatim = request.path_params["verbatim"]
        try:
            status = await run_in_threadpool(self._judge_reply, verbatim, form, person)
        except DecisionConflict as error:
            return self._queue(person, 409, fault=str(error))
        except DecisionError as error:
            return self._queue(person, 422, fault=str(error))
        return see_other(f"/moderation?fait={status}")

    def _judge_reply(self, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        with writing(self._hub.engine).begin() as connection:
            return replies.judge(
                connection, verbatim, _version(form), form.get("decision", ""), form.get("raison", ""), person.email,
                self._hub.clock(),
            )  # fmt: skip

    def _judge(self, review: str, wished: str, person: Person) -> str:
        with writing(self._hub.engine).begin() as connection:
            return reviews.judge(connection, review, wished, person.email, self._hub.clock())

    def _record(self, verbatim: str, version: int, form: Mapping[str, str], person: Person) -> str:
        with writing(self._hub.engine).begin() as connection:
            return store.record_decision(
                connection, verbatim, version, form.get("decision", ""), form.get("raison") or None,
                person.email, self._hub.clock(), [name.removeprefix("sujet.") for name in form],
            )  # fmt: skip

    def _queue(self, person: Person, status: int = 200, *, fault: str = "", at: str = "", done: str = "") -> Response:
        with self._hub.engine.connect() as connection:
            texts = store.waiting(connection, SCREEN)
            counts = store.counts_by_status(connection)
            held = reviews.held(connection, SCREEN)
            held_total = reviews.count_held(connection)
            answers = replies.waiting(connection, SCREEN)
        labels = self._hub.publisher.questions().labels
        return page(
            "desk/queue.html", status, here="/moderation", person=person, texts=texts, counts=counts, labels=labels,
            reasons=REASONS, signals=SIGNALS, held=held, held_total=held_total, fault=fault, at=at, done=done,
            today=self._hub.clock().date(), subjects=SUBJECTS, replies=answers, reply_reasons=replies.REASONS,
        )  # fmt: skip


def _version(form: Mapping[str, str]) -> int:
    """The version that was read; raises DecisionError when the form does not say."""
    version = form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise DecisionError("La décision est incomplète\u00a0: reprenez-la sur cette page.")
    return int(version)
