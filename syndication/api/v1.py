"""Routes of the API, version 1."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.api import params, problems, serialise
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import read_formation_code
from syndication.catalogue.resolve import ResolvedFormation, resolve_formation
from syndication.errors import AmbiguousCode, CodeError, SyndicationError, UnknownCode
from syndication.publication.dependencies import note
from syndication.publication.snapshot import Publisher
from syndication.publication.summaries import summarise
from syndication.settings import Settings
from widget.contract import Formation

CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
PATHS = frozenset({"/api/v1/avis", "/api/v1/resumes", "/api/v1/resolution"})
"""Public reads whose answers depend on nothing but the query."""

Endpoint = Callable[[Request], Awaitable[Response]]


def create_routes(engine: Engine, publisher: Publisher, settings: Settings) -> list[BaseRoute]:
    """Routes of the API; errors of ours leave as problems."""
    api = _Api(engine, publisher, settings)
    methods = ["GET", "OPTIONS"]
    return [
        Route("/api/v1/avis", _public(api.avis), methods=methods),
        Route("/api/v1/resumes", _public(api.summaries), methods=methods),
        Route("/api/v1/resolution", _public(api.resolution), methods=methods),
        Route("/api", problems.unknown_path),
        Route("/api/{rest:path}", problems.unknown_path),
    ]


class _Api:
    def __init__(self, engine: Engine, publisher: Publisher, settings: Settings) -> None:
        self._engine = engine
        self._publisher = publisher
        self._settings = settings

    async def avis(self, request: Request) -> Response:
        values = params.read(request.query_params.multi_items(), {"formation", "etablissement"})
        if not values:
            raise problems.BadParameters([("formation", "Un code de formation ou un établissement est attendu.")])
        snapshot = self._publisher.require(values.get("formation"), values.get("etablissement"))
        return _json(serialise.avis(snapshot))

    async def summaries(self, request: Request) -> Response:
        values = params.read(request.query_params.multi_items(), {"cles"}, long={"cles"})
        keys = params.read_keys(values.get("cles", ""))
        with self._engine.connect() as connection:
            found, unknown = summarise(connection, keys, self._publisher.questions(), self._settings.thresholds)
        missing = [{"cle": key, "raison": reason} for key, reason in unknown]
        return _json({"data": [serialise.summary(one) for one in found], "inconnues": missing, "source": "Sirius"})

    async def resolution(self, request: Request) -> Response:
        values = params.read(request.query_params.multi_items(), {"code"})
        if "code" not in values:
            raise problems.BadParameters([("code", "Un code de formation est attendu.")])
        with self._engine.connect() as connection:
            return _json(_explain(connection, values["code"]))


def _explain(connection: Connection, text: str) -> dict[str, Any]:
    readings: list[dict[str, str]] = []
    answer: dict[str, Any] = {
        "code": text, "lectures": readings, "lu_comme": None, "formation": None,
        "codes_anterieurs": [], "codes_ulterieurs": [], "raison": None, "candidats": [],
    }  # fmt: skip
    try:
        readings += [{"schema": code.scheme, "valeur": code.value} for code in read_formation_code(text)]
        found = resolve_formation(connection, text)
    except AmbiguousCode as error:
        return answer | {"raison": str(error), "candidats": list(error.candidates)}
    except (CodeError, UnknownCode) as error:
        return answer | {"raison": str(error)}
    note(formations=found.members)
    former, newer = _relatives(connection, found)
    asked = Formation(found.asked.title, found.asked.level, catalogue.codes_of(connection, found.asked.id))
    return answer | serialise.resolution(found, asked, former, newer)


def _relatives(connection: Connection, found: ResolvedFormation) -> tuple[list[Any], list[Any]]:
    """Formations of the lineage before and after the one asked for, each with its codes."""
    opened = {number: str(day) for number, day in catalogue.opening_dates(connection, found.members).items()}
    place = opened.get(found.asked.id, "")
    former: list[Any] = []
    newer: list[Any] = []
    for number in sorted(set(found.members) - {found.asked.id}, key=lambda n: (opened.get(n, ""), n)):
        row = catalogue.formation(connection, number)
        line = serialise.formation(Formation(row.title, row.level, catalogue.codes_of(connection, number)))
        is_newer = number == found.formation.id or opened.get(number, "") > place
        (newer if is_newer else former).append(line)
    return former, newer


def _public(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(
                status_code=204,
                headers=problems.CORS
                | {"access-control-allow-methods": "GET", "access-control-max-age": "86400"}
                | {"access-control-allow-headers": "authorization, if-none-match"},
            )
        try:
            return await endpoint(request)
        except SyndicationError as error:
            return problems.problem_of(error)

    return answer


def _json(body: Any) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers = {**problems.CORS, "cache-control": CACHE, "x-content-type-options": "nosniff"}
    return Response(text, media_type="application/json", headers=headers)
