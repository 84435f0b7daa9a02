"""What an observer may see: the nation, a region, a department, or the formations of an OPCO."""

from dataclasses import dataclass

from sqlalchemy import Connection

from syndication.catalogue.territories import DEPARTMENTS
from syndication.results import store
from syndication.results.store import EVERY

NATION = "nation"


@dataclass(frozen=True, slots=True)
class Observed:
    """A scope: as it was granted, its name, the centres in it, and the formations that count (``EVERY``: all).

    ``everywhere``: its formations count in every centre.
    """

    scope: str
    name: str
    centres: tuple[int, ...]
    formations: tuple[int, ...] = (EVERY,)
    everywhere: bool = False


def observed(connection: Connection, scope: str) -> Observed:
    """The centres and formations of a scope; none when it names nothing that is known."""
    kind, _, name = scope.partition(":")
    centres = tuple(store.centres_within(connection, scope))
    if kind == NATION:
        return Observed(scope, "France", centres, everywhere=True)
    if kind == "opco":
        formations = tuple(store.opco_formations(connection, name))
        return Observed(
            scope, name if name.upper().startswith("OPCO ") else f"OPCO {name}", centres, formations, everywhere=True
        )
    title = {"region": f"Région {name}", "departement": f"{DEPARTMENTS.get(name, 'Département')} ({name})"}
    return Observed(scope, title.get(kind, scope), centres)


def within(observed_scope: Observed, members: tuple[int, ...]) -> tuple[int, ...]:
    """Of formations asked for, those that a scope lets be seen."""
    if observed_scope.formations == (EVERY,):
        return members
    if members == (EVERY,):
        return observed_scope.formations
    return tuple(number for number in members if number in observed_scope.formations)
