"""The OpenAPI 3.1 document, made from the operations that are served and the types that are given back. Pure."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from syndication.api import nouns
from syndication.api.operations import JSON, NDJSON, OPERATIONS, Operation
from syndication.api.params import Parameter
from syndication.api.problems import TITLES

REFERENCE = "#/components/schemas/{model}"
LIMITS = {
    "x-ratelimit-limit": "Requêtes permises par minute.",
    "x-ratelimit-remaining": "Requêtes qui restent dans la minute.",
    "x-ratelimit-reset": "Secondes jusqu'à la minute suivante.",
}


def document(public_url: str, version: str) -> dict[str, Any]:
    """The document of a service reached under ``public_url``."""
    references, schemas = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sirius, l'API des avis d'apprentis",
            "version": version,
            "summary": "Ce que les apprentis disent de leur formation, lu par une personne avant de paraître.",
            "description": (
                "Lecture seule, en JSON et en UTF-8, dates à l'heure de Paris. Les lectures publiques n'ont pas besoin "
                "de clé. Montrez à côté des avis le lien « regles.url », comme la loi le veut."
            ),
        },
        "servers": [{"url": public_url}],
        "paths": {one.path: {"get": _operation(one, references)} for one in OPERATIONS},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "cle": {"type": "http", "scheme": "bearer", "description": "La clé remise à un site partenaire."}
            },
            "responses": dict(_problems(references)),
        },
    }


@cache
def _schemas() -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    """References to the answers' types, and every type's schema."""
    answers = dict.fromkeys([*(one.answer for one in OPERATIONS if one.answer), nouns.Probleme])
    inputs = [(noun.__name__, "serialization", TypeAdapter(noun)) for noun in answers]
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)  # type: ignore[arg-type]
    references = {noun: dict(found[noun.__name__, "serialization"]) for noun in answers}
    return references, definitions["$defs"]


def _operation(one: Operation, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.rubric],
        "summary": one.summary,
        "description": one.description,
        "parameters": [_parameter(parameter) for parameter in one.parameters],
        "responses": {"200": _answer(one, references)}
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in one.statuses},
        "security": [{"cle": []}] if one.scope else [{}, {"cle": []}],
    }
    return described


def _answer(one: Operation, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    schema = references[one.answer] if one.answer and one.media == JSON else {"type": "string"}
    content: dict[str, Any] = {"schema": schema}
    if one.media == NDJSON:
        content["x-itemSchema"] = references[one.answer]
    headers: dict[str, Any] = {"etag": {"schema": {"type": "string"}}}
    if one.media != JSON:
        headers["x-sirius-curseur"] = {"description": "D'où suivre ensuite.", "schema": {"type": "string"}}
    return {"description": one.summary, "content": {one.media: content}, "headers": headers}


def _parameter(one: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": one.name, "in": "query", "required": one.required, "description": one.description,
        "schema": dict(one.schema),
    }  # fmt: skip
    if one.examples:
        described["examples"] = {name: {"value": value} for name, value in one.examples.items()}
    return described


def _problems(references: dict[Any, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    statuses = {status for one in OPERATIONS for status in one.statuses}
    for status in sorted(statuses):
        described: dict[str, Any] = {
            "description": TITLES[status],
            "content": {"application/problem+json": {"schema": references[nouns.Probleme]}},
        }
        if status == 429:
            names = {"retry-after": "Secondes à attendre.", **LIMITS}
            described["headers"] = {
                name: {"description": words, "schema": {"type": "integer"}} for name, words in names.items()
            }
        yield str(status), described
