"""The page of the API: what the OpenAPI document says, for people to read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from syndication.api import openapi
from syndication.api.operations import JSON, NDJSON, OPERATIONS, Operation
from syndication.api.params import PUBLIC_SIZE
from syndication.context import Hub
from syndication.pages import page
from syndication.partners.keys import OVERLAP
from syndication.webhooks import schedule, store

DEEP = 4
"""Levels of an answer that the page spells out."""
EXAMPLES = {
    "avis": {"formation": "50022146", "etablissement": "0751234J"},
    "verbatims": {"formation": "RNCP38430", "tri": "utile"},
    "summaries": {"cles": "50022146@0751234J,RNCP38430,@0751234J"},
    "resolution": {"code": "50022139"},
    "changes": {"page_size": "100"},
}


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of an answer: its path, what it holds, what it means."""

    path: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Described:
    """An operation as the page shows it: ``example`` is a whole address."""

    operation: Operation
    example: str
    fields: tuple[FieldLine, ...]


class Docs:
    """``/docs/api``."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, _request: Request) -> Response:
        """The page."""
        settings = self._hub.settings
        return page(
            "site/docs.html", cache_control="public, max-age=300", described=_described(settings.public_url),
            public_url=settings.public_url, limit=settings.api_limit, public_size=PUBLIC_SIZE,
            thresholds=settings.thresholds, overlap=OVERLAP.days, events=store.EVENTS, attempts=len(schedule.WAITS) + 1,
            mirror=_mirror(),
        )  # fmt: skip


@cache
def _mirror() -> str:
    """The example of a mirror, which the tests run."""
    return files("syndication").joinpath("site/examples/mirror.txt").read_text()


@cache
def _described(public_url: str) -> tuple[Described, ...]:
    schemas = openapi.document(public_url, "")["components"]["schemas"]
    return tuple(Described(one, _example(public_url, one), tuple(_fields(one, schemas))) for one in OPERATIONS)


def _example(public_url: str, one: Operation) -> str:
    asked = EXAMPLES.get(one.name)
    return f"{public_url}{one.path}" + (f"?{urlencode(asked, safe=',@')}" if asked else "")


def _fields(one: Operation, schemas: Mapping[str, Any]) -> Iterator[FieldLine]:
    if one.answer is not None and one.media in {JSON, NDJSON}:
        yield from _spelt(schemas[one.answer.__name__], schemas, "", DEEP)


def _spelt(schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str, deep: int) -> Iterator[FieldLine]:
    """The fields of a schema, those of what it holds behind each."""
    for name, inner in schema.get("properties", {}).items():
        place = f"{path}{name}"
        kind, held = _read(inner, schemas)
        yield FieldLine(place, kind, held.get("description", "").partition(" ;")[0].partition(". ")[0].rstrip("."))
        if held.get("properties") and deep > 1:
            mark = "[]." if kind.startswith("liste") else "."
            yield from _spelt(held, schemas, f"{place}{mark}", deep - 1)


def _read(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """What a field holds, in French, and the schema of the objects in it, if any."""
    if "$ref" in schema:
        held = schemas[schema["$ref"].rpartition("/")[2]]
        return "objet", held
    if "anyOf" in schema:
        some = [one for one in schema["anyOf"] if one.get("type") != "null"]
        kind, held = _read(some[0], schemas)
        return f"{kind} ou null", held
    if "enum" in schema:
        return ", ".join(f"« {value} »" for value in schema["enum"]), {}
    if schema.get("type") == "array":
        kind, held = _read(schema["items"], schemas)
        return f"liste ({kind})", held
    return _KINDS.get(str(schema.get("format") or schema.get("type")), "texte"), {}


_KINDS = {
    "string": "texte", "integer": "entier", "number": "nombre", "boolean": "vrai ou faux", "object": "objet",
    "date": "date", "date-time": "instant", "uri": "adresse",
}  # fmt: skip
