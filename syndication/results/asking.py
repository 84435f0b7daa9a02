"""What a page of results is asked for, how its tables are sorted, and its files. Pure but for reading the request."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from syndication.errors import UnusableCode
from syndication.pages import security_headers
from syndication.results import gather
from syndication.results.exports import KINDS
from syndication.results.figures import Line
from syndication.results.gather import Cut, Wish
from syndication.results.store import EVERY

T = TypeVar("T")
SORT = "tri"
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head that sorts: its name, where it leads, and how the table is sorted by it now (``aria-sort``)."""

    name: str
    link: str
    sorted: str


def read_wish(request: Request) -> Wish:
    """What is asked for; too long is cut."""
    query = request.query_params
    return Wish(query.get("formation", "").strip()[:LONGEST], query.get("annee", "").strip()[:LONGEST])


def nearest(connection: Connection, wish: Wish) -> tuple[Wish, Cut, str]:
    """A wish with its cut; of a year or a formation that means nothing, the wish without it and what is wrong."""
    try:
        return wish, gather.understood(connection, wish), ""
    except UnusableCode as error:
        fault = str(error)
    for left in (replace(wish, year=""), replace(wish, formation="")):
        with suppress(UnusableCode):
            return left, gather.understood(connection, left), fault
    return Wish(), Cut((EVERY,)), fault


def query_of(wish: Wish, **more: str) -> str:
    """The query of a wish, with its mark in front; empty when it asks for nothing."""
    values = {"formation": wish.formation, "annee": wish.year, **more}
    text = urlencode({name: value for name, value in values.items() if value})
    return f"?{text}" if text else ""


def arranged(
    rows: Sequence[T], keys: Mapping[str, tuple[str, Callable[[T], Any]]], asked: str, link: Callable[[str], str]
) -> tuple[list[T], list[Head]]:
    """Rows sorted by the column asked for, and the heads of all columns.

    ``keys`` give by column its name and what to sort by (None comes last); ``asked`` is a column, behind ``-`` when it
    falls. Figures fall first, names rise first. What is not known leaves rows as they are.
    """
    column, falling = asked.removeprefix("-"), asked.startswith("-")
    heads = []
    for key, (name, value) in keys.items():
        is_text = any(isinstance(value(row), str) for row in rows[:1])
        first, then = (key, f"-{key}") if is_text else (f"-{key}", key)
        state = ("descending" if falling else "ascending") if key == column else ""
        heads.append(Head(name, link(then if asked == first else first), state))
    if column not in keys:
        return list(rows), heads
    value = keys[column][1]
    known = [row for row in rows if value(row) is not None]
    unknown = [row for row in rows if value(row) is None]
    return sorted(known, key=value, reverse=falling) + unknown, heads


def line_keys(lines: Sequence[Line]) -> dict[str, tuple[str, Callable[[Line], Any]]]:
    """Columns that questions may be sorted by: their wording, their share of « bien », those of others."""
    keys: dict[str, tuple[str, Callable[[Line], Any]]] = {
        "question": ("Question", lambda line: line.label.casefold()),
        "reponses": ("Réponses", lambda line: line.own and line.own.answered),
        "bien": ("Bien", lambda line: line.own and line.own.good.percent),
    }
    for place, one in enumerate(lines[0].beside if lines else ()):
        keys[f"autres{place}"] = (one.name, lambda line, place=place: _share(line, place))  # type: ignore[misc]
    return keys


def _share(line: Line, place: int) -> int | None:
    spread = line.beside[place].distribution
    return spread.good.percent if spread else None


def kind_of(name: str, stem: str) -> str:
    """The kind of a file asked for (``resultats.csv``); empty when there is none such."""
    base, _, kind = name.partition(".")
    return kind if base == stem and kind in KINDS else ""


def download(kind: str, body: bytes, name: str) -> Response:
    """A file to keep, under an ASCII name; nobody else's cache holds it."""
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"', "cache-control": "no-store"}
    return Response(body, media_type=KINDS[kind], headers=security_headers() | headers)
