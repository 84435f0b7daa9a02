"""The desk's page of accesses, for administrators: who may open what, who asks to, and who gave or ended it."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts import store as accounts
from syndication.accounts.account import ROLE_NAMES, scope_label
from syndication.accounts.signin import ROLES
from syndication.accounts.store import Grant, Person
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_centre
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import AccessConflict, AccessRefused, SyndicationError, UnusableCode
from syndication.joining import store as joining
from syndication.letters import store as letters
from syndication.pages import for_roles, page, read_form, see_other
from syndication.people import giving, store
from syndication.people.store import AccessRow
from syndication.previews import store as previews
from syndication.scopes import store as scopes

PAGE = 50
REQUESTS = 20
"""Requests to take part shown at once."""
REASON = 600
DONE = {
    "inviter": "L'accès est donné, et l'invitation part par mail.",
    "finir": "Cet accès est fini.",
    "accepter": "La demande est acceptée\u00a0: un mail part, avec un lien.",
    "refuser": "La demande est refusée\u00a0: un mail part, avec votre raison.",
    "retirer": "Ce lien d'aperçu est retiré.",
}
Act = Callable[[Connection, Mapping[str, str], Person], None]


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the pages."""
    desk, guard = _Accesses(hub), for_roles(hub, "admin")
    return [
        Route("/moderation/acces", guard(desk.show), methods=["GET"]),
        Route("/moderation/acces", guard(desk.act), methods=["POST"]),
        Route("/moderation/acces/journal", guard(desk.log), methods=["GET"]),
    ]


class _Accesses:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._acts: Mapping[str, Act] = {
            "inviter": self._invite, "finir": self._end, "accepter": self._accept, "refuser": self._refuse,
            "retirer": self._revoke,
        }  # fmt: skip

    async def show(self, request: Request, person: Person) -> Response:
        return await run_in_threadpool(
            self._page, person, request.query_params, done=DONE.get(request.query_params.get("fait", ""), "")
        )

    async def act(self, request: Request, person: Person) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(self._do, form, person)

    async def log(self, request: Request, person: Person) -> Response:
        """Who gave or ended which access, the latest first."""
        at = _page_number(request.query_params)
        with self._hub.engine.connect() as connection:
            acts = store.acts(connection, at * PAGE, PAGE)
            total = store.count_acts(connection)
        return page(
            "people/log.html", here="/moderation/acces/journal", person=person, acts=acts, at=at,
            pages=-(-total // PAGE), roles=ROLE_NAMES, scope_label=scope_label,
        )  # fmt: skip

    def _do(self, form: Mapping[str, str], person: Person) -> Response:
        wished = form.get("acte", "")
        act = self._acts.get(wished)
        try:
            if act is None:
                raise AccessRefused("Cette page ne sait pas faire cela.")
            with writing(self._hub.engine).begin() as connection:
                act(connection, form, person)
        except AccessConflict as error:
            return self._page(person, {}, 409, fault=str(error))
        except SyndicationError as error:
            return self._page(person, {}, 422, fault=str(error), form=form)
        return see_other(f"/moderation/acces?fait={wished}")

    def _invite(self, connection: Connection, form: Mapping[str, str], person: Person) -> None:
        role, centre_id, scope = form.get("role", ""), None, ""
        if role == "cfa":
            try:
                centre_id = resolve_centre(connection, form.get("centre", "").strip()).id
            except UnusableCode as error:
                raise AccessRefused(f"Établissement\u00a0: {error}") from None
        if role == "observer":
            scope = scopes.choices(connection).checked(form.get("perimetre", "nation"))
        giving.invite(connection, Grant(form.get("email", ""), role, centre_id, scope), person, self._hub.clock())

    def _end(self, connection: Connection, form: Mapping[str, str], person: Person) -> None:
        store.end(connection, _named(connection, form.get("acces", "")), person.email, self._hub.clock())

    def _revoke(self, connection: Connection, form: Mapping[str, str], _person: Person) -> None:
        previews.revoke(connection, form.get("lien", ""), self._hub.clock())

    def _accept(self, connection: Connection, form: Mapping[str, str], person: Person) -> None:
        now = self._hub.clock()
        email, centre_id = joining.decide(connection, _id(form.get("demande", "")), "acceptee", "", person.email, now)
        given = Grant(email, "cfa", centre_id)
        accounts.grant(connection, given, person.email, now)
        data = {"centre": catalogue.centre(connection, centre_id).name, "lands": giving.landing(connection, given)}
        letters.owe(connection, "demande_acceptee", email, data, now)

    def _refuse(self, connection: Connection, form: Mapping[str, str], person: Person) -> None:
        now, reason = self._hub.clock(), form.get("raison", "").strip()
        if not 0 < len(reason) <= REASON:
            raise AccessRefused(f"Dites pourquoi, en {REASON} caractères au plus\u00a0: la personne le lira.")
        wanted = _id(form.get("demande", ""))
        email, centre_id = joining.decide(connection, wanted, "refusee", reason, person.email, now)
        data = {"centre": catalogue.centre(connection, centre_id).name, "reason": reason}
        letters.owe(connection, "demande_refusee", email, data, now)

    def _page(
        self, person: Person, query: Mapping[str, str], status: int = 200, *, fault: str = "", done: str = "",
        form: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        role, words, at = (
            query.get("role", ""),
            " ".join(query.get("q", "").replace("\0", "").split())[:80],
            _page_number(query),
        )
        with self._hub.engine.connect() as connection:
            people, total = store.people(connection, role if role in ROLES else "", words, at * PAGE, PAGE)
            held = [access.id for one in people for access in one.accesses]
            links = previews.working_by_access(connection, held, self._hub.clock())
            counts = store.count_by_role(connection)
            requests, waiting = joining.waiting(connection, REQUESTS), joining.count_waiting(connection)
            choices = scopes.choices(connection)
        return page(
            "people/access.html", status, here="/moderation/acces", person=person, people=people, total=total,
            at=at, pages=-(-total // PAGE), role=role, words=words, counts=counts, roles=ROLE_NAMES, fault=fault,
            done=done, form=form or {}, links=links, requests=requests, waiting=waiting, choices=choices,
            scope_label=scope_label, longest=REASON,
            further=urlencode({name: value for name, value in (("role", role), ("q", words)) if value}),
        )  # fmt: skip


def _named(connection: Connection, number: str) -> AccessRow:
    access = store.held(connection, _id(number))
    if access is None:
        raise AccessConflict("Cet accès n'est plus là\u00a0: quelqu'un vient de le finir.")
    return access


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _page_number(query: Mapping[str, str]) -> int:
    return max(min(_id(query.get("page", "1")), 100_000) - 1, 0)
