"""Routes of the API, version 1: what ``operations`` lists, answered."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache, partialmethod
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syndication.api import nouns, openapi, params, problems, serialise
from syndication.api.downloads import Download
from syndication.api.operations import CHANGES_SIZE, CSV, DOCUMENT, NDJSON, OPERATIONS, VERBATIMS_SIZE, Operation
from syndication.api.problems import BadParameters, Refused
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import read_centre_code
from syndication.catalogue.continuity import reached
from syndication.catalogue.resolve import ResolvedFormation, resolve_any
from syndication.context import Hub
from syndication.corpus.items import FIGURES, TEXT
from syndication.corpus.reading import Reader
from syndication.errors import AmbiguousCode, CursorError, SyndicationError
from syndication.partners import store as partners
from syndication.partners.gate import HOLDER, allows, required
from syndication.partners.keys import READING
from syndication.publication.dependencies import note
from syndication.publication.summaries import summarise
from syndication.reviews import subjects
from widget.contract import Ask, Centre, Formation, Snapshot

CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
OWN = "private, no-store"
PATHS = frozenset(one.path for one in OPERATIONS if one.kept)
"""Public reads whose answers depend on nothing but the query."""
KINDS = {one.path: one.path.removeprefix("/api/v1/").partition("/")[0] for one in (*OPERATIONS, DOCUMENT)}
"""What each path is counted as."""
DEEPEST = 20_000
"""Furthest text that pages reach: beyond, the export is the way."""
USAGE_DAYS = 366
EXPORTS_AT_ONCE = 2
"""Exports that this process sends at the same time: each holds a connection, and a moment of the database."""

Endpoint = Callable[[Request, Mapping[str, Any]], Awaitable[Response]]


def create_routes(hub: Hub) -> list[BaseRoute]:
    """Routes of the API; errors of ours leave as problems."""
    api = _Api(hub)
    small = [Middleware(GZipMiddleware, minimum_size=500)]  # nothing here is secret beside what the reader wrote
    served = [
        Route(
            one.path, _served(one, getattr(api, one.name)), methods=["GET", "OPTIONS"],
            middleware=small if not one.kept else [],
        )
        for one in (*OPERATIONS, DOCUMENT)
    ]  # fmt: skip
    return [
        *served,
        Route("/api", problems.unknown_path),
        Route("/api/{rest:path}", problems.unknown_path),
    ]


class _Api:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._engine = hub.engine
        self._publisher = hub.publisher
        self._method_url = f"{hub.settings.public_url}/methode"
        self._corpus = Reader(hub.engine, hub.settings.keys(), self._method_url)
        self._exporting = asyncio.Semaphore(EXPORTS_AT_ONCE)

    async def document(self, _request: Request, _values: Mapping[str, Any]) -> Response:
        return _answer(await run_in_threadpool(_document, self._hub.settings.public_url))

    async def avis(self, _request: Request, values: Mapping[str, Any]) -> Response:
        return _json(serialise.avis(self._snapshot(values)))

    async def verbatims(self, request: Request, values: Mapping[str, Any]) -> Response:
        size, page = values.get("page_size", VERBATIMS_SIZE), values.get("page_index", 0)
        if size > params.PUBLIC_SIZE and not allows(request.scope, READING):
            raise BadParameters([("page_size", f"{params.PUBLIC_SIZE} au plus sans clé de lecture.")])
        if page * size > DEEPEST:
            raise BadParameters([("page_index", f"Au-delà de {DEEPEST} textes, prenez l'export.")])
        self._check_question(values.get("question", ""))
        ask = Ask(
            question=values.get("question", ""), subject=values.get("sujet", ""), words=values.get("q", ""),
            order=values.get("tri", "recent"), page=page, size=size,
        )  # fmt: skip
        snapshot = await run_in_threadpool(self._snapshot, values, ask)
        if snapshot.ask.page != page:  # beyond the last page there is nothing, and whoever goes on must see it
            snapshot = replace(snapshot, verbatims=(), ask=replace(snapshot.ask, page=page))
        return _json(serialise.page_of_verbatims(snapshot, size))

    async def summaries(self, _request: Request, values: Mapping[str, Any]) -> Response:
        with self._engine.connect() as connection:
            found, unknown, changed_at = summarise(
                connection, values["cles"], self._publisher.questions(), self._hub.settings.thresholds
            )
        answer: nouns.Resumes = {
            "data": [serialise.summary(one) for one in found],
            "inconnues": [{"cle": key, "raison": reason} for key, reason in unknown],
            "regles": serialise.rules(self._method_url),
            "source": serialise.SOURCE,
            "mis_a_jour_le": serialise.instant(changed_at),
        }
        return _json(answer)

    async def resolution(self, _request: Request, values: Mapping[str, Any]) -> Response:
        with self._engine.connect() as connection:
            return _json(_explain(connection, values["code"], self._method_url))

    async def questions(self, _request: Request, _values: Mapping[str, Any]) -> Response:
        answer: nouns.Questions = {
            "data": [serialise.question(one) for one in self._publisher.questions().asked],
            "sujets": [{"cle": key, "libelle": label} for key, label in subjects.labels().items()],
            "regles": serialise.rules(self._method_url),
            "source": serialise.SOURCE,
        }
        return _json(answer)

    async def changes(self, _request: Request, values: Mapping[str, Any]) -> Response:
        labels = self._publisher.questions().labels
        size = values.get("page_size", CHANGES_SIZE)
        try:
            body = await run_in_threadpool(self._corpus.changes, values.get("depuis", ""), size, labels)
        except CursorError as error:
            if error.stale:
                raise Refused(410, str(error)) from None
            raise BadParameters([("depuis", str(error))]) from None
        return _answer(body.decode(), OWN)

    async def usage(self, request: Request, _values: Mapping[str, Any]) -> Response:
        holder = request.scope[HOLDER]
        since = self._hub.clock().date() - timedelta(days=USAGE_DAYS)
        with self._engine.connect() as connection:
            rows = partners.usage(connection, since, holder.partner)
        answer: nouns.Usage = {
            "partenaire": holder.name,
            "data": [{"jour": row.day.isoformat(), "genre": row.kind, "nombre": row.count} for row in rows],
        }
        return _json(answer, OWN)

    async def _export(self, _request: Request, _values: Mapping[str, Any], *, kind: str, media: str) -> Response:
        if self._exporting.locked():
            raise Refused(429, "Des exports sont déjà en cours : réessayez dans une minute.", {"retry-after": "60"})
        labels = self._publisher.questions().labels
        cursor = await run_in_threadpool(self._corpus.cursor)
        lines = self._corpus.export(kind, "csv" if media == CSV else "ndjson", labels)
        headers = problems.CORS | {
            "cache-control": OWN, "x-sirius-curseur": cursor, "x-content-type-options": "nosniff",
            "etag": _etag(f"{cursor} {kind} {media}".encode()),
        }  # fmt: skip
        return Download(lines, self._exporting, f"{media}; charset=utf-8", headers)

    export_avis_ndjson = partialmethod(_export, kind=FIGURES, media=NDJSON)
    export_avis_csv = partialmethod(_export, kind=FIGURES, media=CSV)
    export_verbatims_ndjson = partialmethod(_export, kind=TEXT, media=NDJSON)
    export_verbatims_csv = partialmethod(_export, kind=TEXT, media=CSV)

    def _snapshot(self, values: Mapping[str, Any], ask: Ask | None = None) -> Snapshot:
        if "formation" not in values and "etablissement" not in values:
            raise BadParameters([("formation", "Un code de formation ou un établissement est attendu.")])
        formation, centre = values.get("formation"), values.get("etablissement")
        return self._publisher.require(formation, centre, ask=ask or Ask())

    def _check_question(self, key: str) -> None:
        open_ones = [one.key for one in self._publisher.questions().asked if one.kind == "texte"]
        if key and key not in open_ones:
            raise BadParameters([("question", f"Une de ces clés est attendue : {', '.join(open_ones)}.")])


def _explain(connection: Connection, text: str, method_url: str) -> nouns.Resolution:
    found = resolve_any(connection, text)
    answer: nouns.Resolution = {
        "code": text, "lectures": [serialise.reading(one) for one in found.readings], "lu_comme": None,
        "formation": None, "etablissement": None, "codes_anterieurs": [], "codes_ulterieurs": [],
        "raison": str(found.fault) if found.fault else None,
        "candidats": list(found.fault.candidates) if isinstance(found.fault, AmbiguousCode) else [],
        "regles": serialise.rules(method_url),
        "source": serialise.SOURCE,
    }  # fmt: skip
    if found.centre:
        note(centres=(found.centre.id,))
        row = found.centre
        answer["lu_comme"] = serialise.code(read_centre_code(text))
        place = Centre(row.uai, catalogue.siret_of(connection, row.id), row.name, row.city)
        answer["etablissement"] = serialise.centre(place)
    if found.formation:
        note(formations=found.formation.members)
        asked = found.formation.asked
        answer["lu_comme"] = serialise.code(found.formation.code)
        known = Formation(asked.title, asked.level, catalogue.codes_of(connection, asked.id))
        answer["formation"] = serialise.formation(known)
        answer["codes_anterieurs"], answer["codes_ulterieurs"] = _relatives(connection, found.formation)
    return answer


def _relatives(connection: Connection, found: ResolvedFormation) -> tuple[list[nouns.Formation], list[nouns.Formation]]:
    """Formations of the lineage before and after the one asked for, each with its codes."""
    links = catalogue.links_among(connection, found.members)
    after = reached(found.asked.id, links)
    before = reached(found.asked.id, {(new, old) for old, new in links}) - after
    opened = {number: str(day) for number, day in catalogue.opening_dates(connection, found.members).items()}
    former: list[nouns.Formation] = []
    newer: list[nouns.Formation] = []
    for number in sorted(set(found.members) - {found.asked.id}, key=lambda n: (opened.get(n, ""), n)):
        row = catalogue.formation(connection, number)
        line = serialise.formation(Formation(row.title, row.level, catalogue.codes_of(connection, number)))
        is_newer = number in after or (number not in before and number == found.formation.id)
        (newer if is_newer else former).append(line)
    return former, newer


def _served(operation: Operation, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(
                status_code=204,
                headers=problems.CORS
                | {"access-control-allow-methods": "GET", "access-control-max-age": "86400"}
                | {"access-control-allow-headers": "authorization, if-none-match"},
            )
        try:
            if operation.scope:
                required(request.scope, operation.scope)
            values = params.read(request.query_params.multi_items(), operation.parameters)
            return _unless_held(request, await endpoint(request, values))
        except SyndicationError as error:
            return problems.problem_of(error)

    return answer


def _etag(made_of: bytes) -> str:
    return f'W/"{hashlib.blake2b(made_of, digest_size=12).hexdigest()}"'


def _unless_held(request: Request, response: Response) -> Response:
    """The answer with its ETag, or 304 when the reader holds it."""
    etag = response.headers.setdefault("etag", _etag(bytes(response.body)))
    held = request.headers.get("if-none-match", "")
    if etag.removeprefix("W/") not in held and held.strip() != "*":  # weakly compared (RFC 9110, 13.1.2)
        return response
    kept = {name: value for name, value in response.headers.items() if name not in {"content-length", "content-type"}}
    return Response(None, 304, headers=kept)


def _json(body: Any, cache: str = CACHE) -> Response:
    return _answer(written(body), cache)


@cache
def _document(public_url: str) -> str:
    return written(openapi.document(public_url, version("sirius-avis")))


def _answer(text: str, cache: str = CACHE) -> Response:
    headers = {**problems.CORS, "cache-control": cache, "x-content-type-options": "nosniff"}
    return Response(text, media_type="application/json", headers=headers)


def written(body: Any) -> str:
    """A body as it leaves: JSON, letters as they are."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
