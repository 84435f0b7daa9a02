"""One shape for every error of the API: RFC 9457, ``application/problem+json``."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from collector.door import current_request
from syndication.errors import AmbiguousCode, CodeError, SyndicationError, UnknownCode
from syndication.partners.keys import PREFIX

CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        "etag, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id, x-sirius-curseur"
    ),
}
AGAIN_SECONDS = "5"
"""When to try again what could not be done for now."""
TITLES = {
    400: "Requête mal formée",
    401: "Clé manquante ou refusée",
    403: "Clé insuffisante",
    404: "Introuvable",
    405: "Méthode refusée",
    408: "Requête trop lente",
    409: "Code ambigu",
    410: "Curseur périmé",
    413: "Envoi trop lourd",
    414: "Adresse trop longue",
    415: "Format refusé",
    422: "Contenu refusé",
    429: "Trop de requêtes",
    431: "En-têtes trop longs",
    500: "Erreur interne",
    503: "Service momentanément indisponible",
}


class BadParameters(SyndicationError):
    """Parameters that cannot be used; ``faults`` holds (parameter, sentence)."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("Des paramètres ne conviennent pas.")
        self.faults = tuple(faults)


class Refused(SyndicationError):
    """A request is refused with a status; ``headers`` say what to do."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


class ProblemResponse(JSONResponse):
    """A problem."""

    media_type = "application/problem+json"


def problem(
    status: int, detail: str, errors: Sequence[dict[str, Any]] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """A problem with its detail, and the id of the request, to be quoted; ``errors`` names parameters at fault."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
    }
    if current_request():
        body["requete"] = current_request()
    if errors:
        body["errors"] = list(errors)
    again = {"retry-after": AGAIN_SECONDS} if status == 503 else {}
    return ProblemResponse(body, status, headers={**CORS, "cache-control": "no-store", **again, **(headers or {})})


def problem_of(error: SyndicationError) -> Response:
    """The problem that an error of ours means."""
    if isinstance(error, Refused):
        return problem(error.status, str(error), headers=error.headers)
    if isinstance(error, BadParameters):
        return problem(400, str(error), [{"parametre": name, "detail": text} for name, text in error.faults])
    if isinstance(error, CodeError):
        return problem(400, str(error), [{"parametre": error.subject, "detail": str(error)}])
    if isinstance(error, AmbiguousCode):
        return problem(409, str(error), [{"candidat": candidate} for candidate in error.candidates])
    if isinstance(error, UnknownCode):
        return problem(404, str(error), [{"parametre": error.subject, "detail": str(error)}])
    return problem(500, "Une erreur est survenue de notre côté.")


async def unknown_path(request: Request) -> Response:
    """The answer under ``/api`` where there is nothing."""
    path = request.url.path[:200]
    where = "cette adresse, et une clé ne s'y met jamais" if PREFIX in path else f"l'adresse {path}"
    return problem(404, f"Il n'y a rien à {where}.")
