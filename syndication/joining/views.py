"""Asking that a centre takes part, in two steps: prove the address, then say who asks. Somebody then decides."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from collector.door import Arrivals
from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts.views import MISSED_PER_HOUR, too_many
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import resolve_centre
from syndication.catalogue.store import CentreRow
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import AccessRefused, AmbiguousCode, SignInError, UnknownCode, UnusableCode
from syndication.joining import request as joining
from syndication.joining import store
from syndication.letters import store as letters
from syndication.pages import page, read_form

ASKED_PER_HOUR = 20
"""Requests that one network may make in an hour."""


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the request."""
    pages = _Joining(hub)
    return [
        Route("/rejoindre", pages.ask, methods=["GET"]),
        Route("/rejoindre", pages.send, methods=["POST"]),
        Route("/rejoindre/{token}", pages.show, methods=["GET"]),
        Route("/rejoindre/{token}", pages.confirm, methods=["POST"]),
    ]


class _Joining:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._arrivals = Arrivals(3600, ASKED_PER_HOUR)
        self._misses = Arrivals(3600, MISSED_PER_HOUR)

    async def ask(self, request: Request) -> Response:
        return _form({"centre": request.query_params.get("etablissement", "")[:60]}, {})

    async def send(self, request: Request) -> Response:
        """Owe the link that proves the address; the answer is the same whoever is known, here or at the centre."""
        form = await read_form(request)
        refused = too_many(self._hub, self._arrivals, request)
        if refused:
            return refused
        faults: dict[str, str] = {}
        centre = self._centre(form, faults)
        address = _address(form, faults)
        if centre is None or faults:
            return _form(form, faults, 422)
        await run_in_threadpool(self._owe, address, centre)
        return page("joining/sent.html", centre=centre)

    def _centre(self, form: Mapping[str, str], faults: dict[str, str]) -> CentreRow | None:
        typed = form.get("centre", "").strip()[:60]
        if not typed:
            faults["centre"] = "Donnez l'identifiant de votre établissement\u00a0: son UAI, ou son SIRET."
            return None
        try:
            with self._hub.engine.connect() as connection:
                centre = resolve_centre(connection, typed)
                _, successor = catalogue.end_of(connection, centre.id, self._hub.clock().date())
        except UnusableCode as error:
            faults["centre"] = _why(error)
            return None
        if successor:
            faults["centre"] = f"{centre.name} a été repris par {successor}\u00a0: demandez l'accès de ce dernier."
            return None
        return centre

    def _owe(self, address: str, centre: CentreRow) -> None:
        now = self._hub.clock()
        hour = f"{address} {centre.id} {now:%Y-%m-%dT%H}"
        once = f"confirmation {hashlib.sha256(hour.encode()).hexdigest()}"
        with writing(self._hub.engine).begin() as connection:
            letters.owe(
                connection, "confirmation", address, {"centre": _named(centre), "centre_id": centre.id}, now, once
            )

    async def show(self, request: Request) -> Response:
        try:
            address, centre = self._proven(request)
        except AccessRefused as error:
            return self._lost(request, error)
        return self._confirm_page(request, address, centre)

    async def confirm(self, request: Request) -> Response:
        """Keep the request, and tell who may decide."""
        form = await read_form(request, private=True)
        try:
            address, centre = self._proven(request)
        except AccessRefused as error:
            return self._lost(request, error)
        try:
            name, message = joining.told(form.get("nom", ""), form.get("message", ""))
        except AccessRefused as error:
            return self._confirm_page(request, address, centre, 422, str(error), form)
        await run_in_threadpool(self._keep, address, centre, name, message)
        return page("joining/done.html", private=True, centre=centre, address=address)

    def _proven(self, request: Request) -> tuple[str, CentreRow]:
        centre_id, address = joining.read(self._hub.settings.keys(), request.path_params["token"], self._hub.clock())
        with self._hub.engine.connect() as connection:
            centre = catalogue.centre_of_id(connection, centre_id)
        if centre is None:
            raise AccessRefused("L'établissement de ce lien n'est plus au catalogue.")
        return address, centre

    def _lost(self, request: Request, error: AccessRefused) -> Response:
        return too_many(self._hub, self._misses, request) or page(
            "joining/lost.html", 404, private=True, fault=str(error)
        )

    def _confirm_page(
        self, request: Request, address: str, centre: CentreRow, status: int = 200, fault: str = "",
        form: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        return page(
            "joining/confirm.html", status, private=True, centre=centre, address=address, fault=fault,
            form=form or {}, path=request.url.path, name_length=joining.NAME, message_length=joining.MESSAGE,
        )  # fmt: skip

    def _keep(self, address: str, centre: CentreRow, name: str, message: str) -> None:
        now = self._hub.clock()
        with writing(self._hub.engine).begin() as connection:
            known = accounts.person_by_email(connection, address)
            if known is not None and known.may_open(centre.id):
                return
            if store.add(connection, address, name, centre.id, message, now):
                data = {"centre": _named(centre), "name": name, "email": address, "message": message}
                _tell_admins(connection, data, now)


def _tell_admins(connection: Connection, data: Mapping[str, str], now: datetime) -> None:
    for admin in accounts.people_with(connection, "admin"):
        letters.owe(connection, "demande_recue", admin.email, data, now)


def _form(form: Mapping[str, str], faults: Mapping[str, str], status: int = 200) -> Response:
    return page("joining/ask.html", status, form=form, faults=faults)


def _address(form: Mapping[str, str], faults: dict[str, str]) -> str:
    try:
        return joining.refuse_free_mail(signin.address_of(form.get("email", "")[:300]))
    except (SignInError, AccessRefused) as error:
        faults["email"] = str(error)
        return ""


def _why(error: UnusableCode) -> str:
    """Why a centre was not found, and what to do."""
    if isinstance(error, AmbiguousCode):
        several = ", ".join(one.removeprefix("uai:") for one in error.candidates)
        return f"Ce SIRET est celui de plusieurs établissements\u00a0: donnez l'UAI du vôtre, parmi {several}."
    if isinstance(error, UnknownCode):
        return (
            f"{error} S'il a fermé ou fusionné, donnez l'identifiant de celui qui a pris sa suite\u00a0; s'il vient "
            "d'ouvrir, il paraîtra au prochain catalogue officiel."
        )
    return str(error)


def _named(centre: CentreRow) -> str:
    return f"{centre.name}, {centre.city}" if centre.city else centre.name
