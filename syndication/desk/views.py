"""The desk: its routes, and what is done to one text."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from syndication.accounts.store import Person
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.database import writing
from syndication.desk.alerts import Alerts
from syndication.desk.asked import Asked, version_of
from syndication.desk.bulk import Bulk
from syndication.desk.centres import Centres
from syndication.desk.doubts import Doubts
from syndication.desk.fronts import masks_of
from syndication.desk.history import History
from syndication.desk.screen import UNDONE_BY_KEY, Said, Screen
from syndication.desk.verifying import Verifying
from syndication.errors import DecisionConflict, DecisionError
from syndication.moderation import masking, store
from syndication.pages import for_roles, read_form, see_other
from syndication.queue import store as queue

Act = Callable[[Connection, str, Mapping[str, str], Person], str]
"""Something done to a text in the caller's transaction; gives the key of what is said of it."""


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the desk."""
    desk, bulk, held, centres = _Desk(hub), Bulk(hub), Verifying(hub), Centres(hub)
    doubts, urgent, history = Doubts(hub), Alerts(hub), History(hub)
    guard, few = for_roles(hub, "moderator", "admin"), for_roles(hub, "referent", "admin")
    readers = for_roles(hub, "moderator", "referent", "admin")
    acts = {
        "annuler": desk.undo,
        "pepite": desk.gem,
        "masques": desk.mask,
        "sujets": desk.subjects,
        "alerte": desk.alert,
    }
    return [
        Route("/moderation", guard(desk.show), methods=["GET"]),
        Route("/moderation/lot", guard(bulk.show), methods=["GET"]),
        Route("/moderation/lot", guard(bulk.refuse), methods=["POST"]),
        Route("/moderation/lot/annuler", guard(bulk.undo), methods=["POST"]),
        Route("/moderation/verifier", guard(held.show), methods=["GET"]),
        Route("/moderation/reponses/{review}", guard(held.judge), methods=["POST"]),
        Route("/moderation/centres", guard(centres.show), methods=["GET"]),
        Route("/moderation/centres/{verbatim}", guard(centres.judge), methods=["POST"]),
        Route("/moderation/doutes", guard(doubts.show), methods=["GET"]),
        Route("/moderation/doutes/{doubt:int}", guard(doubts.judge), methods=["POST"]),
        Route("/moderation/alertes", few(urgent.show), methods=["GET"]),
        Route("/moderation/alertes/{alert:int}", few(urgent.judge), methods=["POST"]),
        Route("/moderation/textes/{verbatim}", readers(history.show), methods=["GET"]),
        *(Route(f"/moderation/{{verbatim}}/{name}", guard(act), methods=["POST"]) for name, act in acts.items()),
        Route("/moderation/{verbatim}", guard(desk.decide), methods=["POST"]),
    ]


class _Desk:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._screen = Screen(hub)

    async def show(self, request: Request, person: Person) -> Response:
        query = request.query_params
        said = Said(query.get("texte", ""), query.get("fait", ""), query.get("version", ""))
        return await run_in_threadpool(self._screen.show, person, Asked.of(query), said)

    async def decide(self, request: Request, person: Person) -> Response:
        return await self._do(request, person, self._decided)

    async def undo(self, request: Request, person: Person) -> Response:
        return await self._do(request, person, self._undone)

    async def gem(self, request: Request, person: Person) -> Response:
        return await self._do(request, person, self._marked)

    async def mask(self, request: Request, person: Person) -> Response:
        return await self._do(request, person, self._masked)

    async def subjects(self, request: Request, person: Person) -> Response:
        return await self._do(request, person, self._confirmed)

    async def alert(self, request: Request, person: Person) -> Response:
        return await self._do(request, person, self._alerted)

    async def _do(self, request: Request, person: Person, act: Act) -> Response:
        """Do something to a text, and say what came of it: as a page, or in short to a script that asks so."""
        form = await read_form(request)
        verbatim, asked = request.path_params["verbatim"], Asked.back(form.get("retour", ""))
        try:
            done, version = await run_in_threadpool(self._record, act, verbatim, form, person)
        except DecisionError as error:
            status = 409 if isinstance(error, DecisionConflict) else 422
            said = Said(verbatim, fault=str(error), typed=form)
            return await run_in_threadpool(self._screen.show, person, asked, said, status)
        if "application/json" in request.headers.get("accept", ""):
            body = {"fait": done, "version": version, "annulable": done in UNDONE_BY_KEY}
            return JSONResponse(body, headers={"cache-control": "no-store"})
        return see_other(asked.address(texte=verbatim, fait=done, version=version))

    def _record(self, act: Act, verbatim: str, form: Mapping[str, str], person: Person) -> tuple[str, int]:
        with writing(self._hub.engine).begin() as connection:
            done = act(connection, verbatim, form, person)
            return done, queue.texts(connection, [verbatim])[0].version

    def _decided(self, connection: Connection, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        wished, _, reason = form.get("decision", "").partition(".")
        gem = wished == "pepite"
        status = store.record_decision(
            connection, verbatim, version_of(form), "publie" if gem else wished, reason or form.get("raison") or None,
            person.email, self._hub.clock(), _subjects(form), gem=gem, few=person.may("referent", "admin"),
            note=form.get("note", ""),
        )  # fmt: skip
        return "pepite" if gem else status

    def _undone(self, connection: Connection, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        store.undo(connection, verbatim, version_of(form), person.email, self._hub.clock(), **_few(person))
        return "annule"

    def _marked(self, connection: Connection, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        gem, now = form.get("valeur") == "1", self._hub.clock()
        store.mark_gem(connection, verbatim, version_of(form), person.email, now, gem=gem, **_few(person))
        return "gemme" if gem else "banal"

    def _masked(self, connection: Connection, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        few = _few(person)
        text = store.current_text(connection, verbatim, version_of(form), **few).text
        masks = [masking.trimmed(text, mask) for mask in masks_of(form, text)]
        if form.get("mots", "").strip():
            masks += masking.find(text, form["mots"], form.get("genre", ""))
        store.lay_masks(connection, verbatim, version_of(form), person.email, self._hub.clock(), masks, **few)
        return "masque"

    def _confirmed(self, connection: Connection, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        now = self._hub.clock()
        store.set_subjects(connection, verbatim, version_of(form), person.email, now, _subjects(form), **_few(person))
        return "sujets"

    def _alerted(self, connection: Connection, verbatim: str, form: Mapping[str, str], person: Person) -> str:
        version, kind, note = version_of(form), form.get("genre", ""), form.get("note", "")
        alerts.sound(connection, verbatim, version, kind, note, person.email, self._hub.clock())
        return "alerte"


def _subjects(form: Mapping[str, str]) -> list[str]:
    return [name.removeprefix("sujet.") for name in form if name.startswith("sujet.")]


def _few(person: Person) -> dict[str, Any]:
    """Whether somebody may see what referents follow, as acts ask for it."""
    return {"few": person.may("referent", "admin")}
