"""Somebody's own page: name, sessions, mails, what they may open."""

import logging
from collections.abc import Callable, Mapping

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import LedgerError
from syndication.accounts import signin, store
from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import SignInError
from syndication.letters.kinds import stoppable
from syndication.letters.wishes import wish
from syndication.pages import for_roles, page, places, read_form, see_other, session_cookie

NAME = 80
"""Characters of the longest name."""
DONE = {
    "nom": "Votre nom est enregistré.",
    "session": "Cette session est finie.",
    "autres": "Vos autres sessions sont finies.",
    "arreter": "Vous ne recevrez plus ces mails.",
    "reprendre": "Vous recevrez de nouveau ces mails.",
}
ROLE_NAMES = {
    "moderator": "Modération", "admin": "Administration", "referent": "Alertes", "observer": "Observation",
    "cfa": "Établissement",
}  # fmt: skip
"""What each role is called."""
log = logging.getLogger("sirius.accounts")
Act = Callable[[Connection, Person, Mapping[str, str], str], bool]
"""Does something for somebody, in their current session; False when what they name is not theirs."""


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the page, for anybody who may open anything."""
    account, guard = _Account(hub), for_roles(hub, *signin.ROLES)
    return [
        Route("/compte", guard(account.show), methods=["GET"]),
        Route("/compte", guard(account.act), methods=["POST"]),
    ]


def scope_label(scope: str) -> str:
    """What an observer's scope is called: « toute la France », « région Bretagne », « département 35 »."""
    kind, _, name = scope.partition(":")
    names = {"region": "région", "departement": "département", "opco": "OPCO"}
    return f"{names[kind]} {name}" if kind in names else "toute la France"


class _Account:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._acts: Mapping[str, Act] = {
            "nom": _rename, "session": _end_session, "autres": _end_others, "arreter": self._stop,
            "reprendre": self._resume,
        }  # fmt: skip

    async def show(self, request: Request, person: Person) -> Response:
        return self._page(request, person, done=DONE.get(request.query_params.get("fait", ""), ""))

    async def act(self, request: Request, person: Person) -> Response:
        form = await read_form(request)
        wished = form.get("acte", "")
        try:
            found = await run_in_threadpool(self._do, wished, person, form, self._session(request))
        except SignInError as error:
            return self._page(request, person, 422, fault=str(error), typed=form.get("nom", ""))
        except LedgerError:
            log.exception("a wish about mails could not be recorded")
            fault = "Nous n'avons pas pu l'enregistrer\u00a0: rien n'a changé. Réessayez dans un instant."
            return self._page(request, person, 503, fault=fault)
        if not found:
            fault = "Cela n'est pas à vous, ou n'est plus là\u00a0: rien n'a été changé."
            return self._page(request, person, 404, fault=fault)
        return see_other(f"/compte?fait={wished}")

    def _do(self, wished: str, person: Person, form: Mapping[str, str], current: str) -> bool:
        act = self._acts.get(wished)
        if act is None:
            raise SignInError("Cette page ne sait pas faire cela.")
        with writing(self._hub.engine).begin() as connection:
            return act(connection, person, form, current)

    def _stop(self, connection: Connection, person: Person, form: Mapping[str, str], _current: str) -> bool:
        return self._choose(connection, person, form.get("mails", ""), stopped=True)

    def _resume(self, connection: Connection, person: Person, form: Mapping[str, str], _current: str) -> bool:
        return self._choose(connection, person, form.get("mails", ""), stopped=False)

    def _choose(self, connection: Connection, person: Person, kind: str, *, stopped: bool) -> bool:
        known = kind in stoppable({access.role for access in person.accesses})
        return known and wish(self._hub, connection, person.id, kind, stopped=stopped)

    def _session(self, request: Request) -> str:
        return signin.hashed(request.cookies.get(session_cookie(self._hub), ""))

    def _page(
        self, request: Request, person: Person, status: int = 200, *, done: str = "", fault: str = "",
        typed: str | None = None,
    ) -> Response:  # fmt: skip
        with self._hub.engine.connect() as connection:
            sessions = store.sessions(connection, person.id, self._session(request), self._hub.clock())
            accesses = [(access, _where(connection, access)) for access in person.accesses]
        kinds = stoppable({access.role for access in person.accesses})
        return page(
            "accounts/account.html", status, person=person, sessions=sessions, accesses=accesses, kinds=kinds,
            spaces=[one for one in places(self._hub, person) if one[0].startswith("/cfa/")], roles=ROLE_NAMES,
            done=done, fault=fault, typed=person.name if typed is None else typed, longest=NAME,
        )  # fmt: skip


def _where(connection: Connection, access: store.Access) -> str:
    if access.centre_id is not None:
        return catalogue.centre(connection, access.centre_id).name
    return scope_label(access.scope) if access.role == "observer" else ""


def named(typed: str) -> str:
    """A name as colleagues read it in mails: one line, without a link or a character that hides or turns others."""
    name = " ".join("".join(one for one in typed if one.isspace() or one.isprintable()).split())
    if "://" in name or "www." in name.lower():
        raise SignInError("Un nom ne contient pas d'adresse de page.")
    return name


def _rename(connection: Connection, person: Person, form: Mapping[str, str], _current: str) -> bool:
    name = named(form.get("nom", ""))
    if len(name) > NAME:
        raise SignInError(f"Un nom compte {NAME} caractères au plus.")
    store.set_name(connection, person.id, name)
    return True


def _end_session(connection: Connection, person: Person, form: Mapping[str, str], _current: str) -> bool:
    return store.end_numbered_session(connection, person.id, form.get("numero", ""))


def _end_others(connection: Connection, person: Person, _form: Mapping[str, str], current: str) -> bool:
    store.end_other_sessions(connection, person.id, current)
    return True
