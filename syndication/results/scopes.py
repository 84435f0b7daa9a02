"""What an observer may see: the nation, a region, a department, or the centres of an OPCO."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from syndication.results import store

NATION = "nation"
_KINDS = {"region": "Région", "departement": "Département", "opco": "OPCO"}


@dataclass(frozen=True, slots=True)
class Observed:
    """A scope: as it was granted, its name, and the centres in it."""

    scope: str
    name: str
    centres: tuple[int, ...]


OpcoCentres = Callable[[Connection, str], tuple[int, ...]]
"""Gives the centres of an OPCO by its name; nothing for one that is not known."""


def observed(connection: Connection, scope: str, opco_centres: OpcoCentres) -> Observed:
    """The centres of a scope; none when it names no place that is known."""
    kind, _, name = scope.partition(":")
    if scope == NATION:
        return Observed(scope, "France", tuple(store.centres_in(connection)))
    if kind == "region" and name:
        return Observed(scope, f"{_KINDS[kind]} {name}", tuple(store.centres_in(connection, region=name)))
    if kind == "departement" and name:
        return Observed(scope, f"{_KINDS[kind]} {name}", tuple(store.centres_in(connection, department=name)))
    return Observed(scope, f"{_KINDS.get(kind, kind)} {name}".strip(), opco_centres(connection, name))
