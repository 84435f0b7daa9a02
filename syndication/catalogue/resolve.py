"""From codes as integrators write them to a formation's lineage and a centre."""

from dataclasses import dataclass

from sqlalchemy import Connection

from syndication.catalogue import store
from syndication.catalogue.codes import Code, read_centre_code, read_formation_code
from syndication.catalogue.store import CentreRow, FormationRow
from syndication.errors import AmbiguousCode, CodeError, UnknownCode


@dataclass(frozen=True, slots=True)
class ResolvedFormation:
    """A formation, the code it was asked by, and every member of its lineage; ``formation`` is the newest of them."""

    code: Code
    asked: FormationRow
    formation: FormationRow
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What two codes mean; one of the two may be absent."""

    formation: ResolvedFormation | None
    centre: CentreRow | None


def resolve(connection: Connection, formation: str | None, centre: str | None) -> Resolved:
    """Resolve codes; raises CodeError, UnknownCode, AmbiguousCode, or CodeError when both are absent."""
    if not formation and not centre:
        raise CodeError("Un code de formation ou un établissement est attendu.")
    return Resolved(
        resolve_formation(connection, formation) if formation else None,
        resolve_centre(connection, centre) if centre else None,
    )


def resolve_formation(connection: Connection, text: str) -> ResolvedFormation:
    """The formation behind a code; raises CodeError, UnknownCode, AmbiguousCode."""
    readings = read_formation_code(text)
    found = {code: rows for code in readings if (rows := store.formations_by_code(connection, code))}
    lineages = {row.lineage_id for rows in found.values() for row in rows}
    if not found:
        tried = ", ".join(sorted({code.scheme for code in readings}))
        raise UnknownCode(f"« {text.strip()} » n'est le code d'aucune formation connue (lu comme : {tried}).")
    if len(lineages) > 1:
        names = [f"{code} : {row.title} ({row.natural_key})" for code, rows in found.items() for row in rows]
        raise AmbiguousCode(f"« {text.strip()} » désigne plusieurs formations.", names)
    code, rows = next(iter(found.items()))
    asked = rows[0]
    newest = asked if asked.lineage_id == asked.id else store.formation(connection, asked.lineage_id)
    return ResolvedFormation(code, asked, newest, store.lineage_members(connection, asked.lineage_id))


def resolve_centre(connection: Connection, text: str) -> CentreRow:
    """The centre behind a UAI or a SIRET; raises CodeError, UnknownCode, AmbiguousCode."""
    code = read_centre_code(text)
    rows = store.centres_by_code(connection, code)
    if not rows:
        raise UnknownCode(f"« {code.value} » n'est l'identifiant d'aucun établissement connu.", "etablissement")
    if len(rows) > 1:
        raise AmbiguousCode(
            f"« {code.value} » désigne plusieurs établissements.", [f"uai:{r.uai}" for r in rows], "etablissement"
        )
    return rows[0]
