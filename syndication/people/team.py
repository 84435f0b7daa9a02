"""A centre's own people: they invite colleagues and end their accesses."""

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.accounts import signin
from syndication.accounts.store import Grant, Person
from syndication.catalogue.store import CentreRow
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import AccessConflict, AccessRefused, SignInError
from syndication.joining.request import refuse_free_mail
from syndication.pages import for_centre, page, read_form, see_other
from syndication.people import giving, store

MOST = 30
"""People whom a centre may have: beyond, somebody is inviting the world."""
DONE = {"inviter": "L'invitation part par mail.", "finir": "Cet accès est fini."}


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the page."""
    team, ours = _Team(hub), for_centre(hub)
    return [
        Route("/cfa/{centre}/equipe", ours(team.show), methods=["GET"]),
        Route("/cfa/{centre}/equipe", ours(team.act), methods=["POST"]),
    ]


class _Team:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        return self._page(request, person, centre, done=DONE.get(request.query_params.get("fait", ""), ""))

    async def act(self, request: Request, person: Person, centre: CentreRow) -> Response:
        form = await read_form(request)
        wished = form.get("acte", "")
        try:
            await run_in_threadpool(self._do, wished, form, person, centre)
        except AccessConflict as error:
            return self._page(request, person, centre, 404, fault=str(error))
        except (AccessRefused, SignInError) as error:
            return self._page(request, person, centre, 422, fault=str(error), typed=form.get("email", "")[:300])
        return see_other(f"{_here(request)}/equipe?fait={wished}")

    def _do(self, wished: str, form: Mapping[str, str], person: Person, centre: CentreRow) -> None:
        now = self._hub.clock()
        with writing(self._hub.engine).begin() as connection:
            team = store.team(connection, centre.id)
            if wished == "inviter":
                address = refuse_free_mail(signin.address_of(form.get("email", "")))
                if len(team) >= MOST:
                    raise AccessRefused(f"Votre établissement a déjà {MOST} personnes\u00a0: retirez-en une d'abord.")
                giving.invite(connection, Grant(address, "cfa", centre.id), person, now)
            elif wished == "finir":
                access = next((one for one in team if str(one.id) == form.get("acces", "")), None)
                if access is None:
                    raise AccessConflict("Cet accès n'est pas à votre établissement, ou il est déjà fini.")
                if len(team) == 1:
                    raise AccessRefused(
                        "C'est le dernier accès de votre établissement\u00a0: sans lui, plus personne n'y entrerait. "
                        "Invitez d'abord quelqu'un d'autre."
                    )
                store.end(connection, access, person.email, now)
            else:
                raise AccessRefused("Cette page ne sait pas faire cela.")

    def _page(
        self, request: Request, person: Person, centre: CentreRow, status: int = 200, *, fault: str = "",
        done: str = "", typed: str = "",
    ) -> Response:  # fmt: skip
        with self._hub.engine.connect() as connection:
            team = store.team(connection, centre.id)
        here = _here(request)
        return page(
            "people/team.html", status, person=person, centre=centre, team=team, fault=fault, done=done, typed=typed,
            here=here, page_path=f"{here}/equipe",
        )  # fmt: skip


def _here(request: Request) -> str:
    return f"/cfa/{request.path_params['centre']}"
