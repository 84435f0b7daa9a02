"""From codes as integrators write them to a formation's lineage and a centre.

What exists decides; what could be several things is said with its candidates, never guessed. Two codes together name
an offer: of several formations under one code (the options of a BTS share their RNCP), or of several centres under one
SIRET, the offer tells which is meant. A centre that trains for a formation taught elsewhere, or answers for it, leads
to that place when there is only one.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from sqlalchemy import Connection

from syndication.catalogue import store
from syndication.catalogue.codes import Code, code_within, looks_like_centre, read_centre_code, read_formation_code
from syndication.catalogue.store import CentreRow, FormationRow
from syndication.errors import AmbiguousCode, CodeError, UnknownCode, UnusableCode

Role = Literal["lieu", "formateur", "gestionnaire"]
ROLES: tuple[Role, ...] = ("lieu", "formateur", "gestionnaire")
"""What parts a centre may have in a formation, the nearest to apprentices first."""


@dataclass(frozen=True, slots=True)
class ResolvedFormation:
    """A formation, the code it was asked by, and every member of its lineage; ``formation`` is the newest of them.

    ``through`` is the code it was found by when the one asked is not known itself: the Certif-Info number inside a clé
    ministère éducatif.
    """

    code: Code
    asked: FormationRow
    formation: FormationRow
    members: tuple[int, ...]
    through: Code | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What two codes mean; one of the two may be absent.

    ``role`` is the part that ``asked_centre`` has in the formation, None when no file says. ``centre`` is the place it
    leads to: itself, unless it is not a place and has one alone.
    """

    formation: ResolvedFormation | None
    centre: CentreRow | None
    role: Role | None = None
    asked_centre: CentreRow | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text; ``exists`` tells whether the catalogue holds it, ``through`` the scheme of the code that
    it was taken out of."""

    scheme: str
    value: str
    exists: bool
    through: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a text was read, and the formation or the centre it means; ``fault`` says why it means neither."""

    text: str
    readings: tuple[Reading, ...] = ()
    formation: ResolvedFormation | None = None
    centre: CentreRow | None = None
    fault: UnusableCode | None = None


def resolve(connection: Connection, formation: str | None, centre: str | None) -> Resolved:
    """Resolve codes; raises CodeError, UnknownCode, AmbiguousCode, or CodeError when both are absent."""
    if not formation and not centre:
        raise CodeError("Un code de formation ou un établissement est attendu.")
    if not centre:
        return Resolved(resolve_formation(connection, formation or ""), None)
    if not formation:
        alone = resolve_centre(connection, centre)
        return Resolved(None, alone, None, alone)
    found, code = _find(connection, formation), read_centre_code(centre)
    formations, centres = _offered(connection, found.bearers, _centres(connection, code))
    meant = _only_formation(connection, found, formations)
    asked = _only_centre(code, centres)
    role, place = _place(connection, meant, asked)
    return Resolved(meant, place, role, asked)


def resolve_formation(connection: Connection, text: str) -> ResolvedFormation:
    """The formation behind a code; raises CodeError, UnknownCode, AmbiguousCode."""
    found = _find(connection, text)
    return _only_formation(connection, found, found.bearers)


def resolve_centre(connection: Connection, text: str) -> CentreRow:
    """The centre behind a UAI or a SIRET; raises CodeError, UnknownCode, AmbiguousCode."""
    code = read_centre_code(text)
    return _only_centre(code, _centres(connection, code))


def resolve_any(connection: Connection, text: str) -> Resolution:
    """What a text means that may name a formation or a centre: it never raises, ``fault`` holds what would have been.

    A UAI (0751234J) has the form of a CFD too: what exists decides, and both existing is an ambiguity.
    """
    formation, not_formation = _attempt(lambda: resolve_formation(connection, text))
    centre, not_centre = _attempt(lambda: resolve_centre(connection, text))
    formations, _ = _attempt(lambda: _formation_readings(connection, text))
    centres, _ = _attempt(lambda: _centre_readings(connection, text))
    readings = (*(formations or ()), *(centres or ()))
    if formation and centre:
        return Resolution(text, readings, fault=_either(text, formation, centre))
    fault = _why_not(text, not_formation, not_centre)
    if isinstance(fault, AmbiguousCode) or not (formation or centre):
        return Resolution(text, readings, fault=fault)
    return Resolution(text, readings, formation, centre)


# -- what a code may mean --------------------------------------------------------------------------------------------

_Bearer = tuple[Code, FormationRow]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a text may mean: the code it was read as, each formation under one, and the code that one stands in for."""

    text: str
    bearers: list[_Bearer]
    within: Code | None = None


def _find(connection: Connection, text: str) -> _Found:
    readings = read_formation_code(text)
    bearers = _bearers(connection, readings)
    if bearers:
        return _Found(text, bearers)
    inside = [within for code in readings if (within := code_within(code))]
    bearers = _bearers(connection, inside)
    if bearers:
        return _Found(text, bearers, readings[0])
    tried = ", ".join(sorted({code.scheme for code in (*readings, *inside)}))
    hint = " Un établissement se donne dans `etablissement`." if looks_like_centre(text) else ""
    raise UnknownCode(f"« {text.strip()} » n'est le code d'aucune formation connue (lu comme : {tried}).{hint}")


def _bearers(connection: Connection, codes: Sequence[Code]) -> list[_Bearer]:
    return [(code, row) for code in codes for row in store.formations_by_code(connection, code)]


def _only_formation(connection: Connection, found: _Found, bearers: Sequence[_Bearer]) -> ResolvedFormation:
    """The formation that bearers of a code are editions of; raises AmbiguousCode when they are several."""
    if len({row.lineage_id for _, row in bearers}) > 1:
        names = [f"{code} : {row.title} ({row.natural_key})" for code, row in bearers]
        raise AmbiguousCode(f"« {found.text.strip()} » désigne plusieurs formations.", names)
    code, asked = bearers[0]
    newest = asked if asked.lineage_id == asked.id else store.formation(connection, asked.lineage_id)
    members = store.lineage_members(connection, asked.lineage_id)
    return ResolvedFormation(found.within or code, asked, newest, members, code if found.within else None)


def _centres(connection: Connection, code: Code) -> list[CentreRow]:
    rows = store.centres_by_code(connection, code)
    if not rows:
        raise UnknownCode(f"« {code.value} » n'est l'identifiant d'aucun établissement connu.", "etablissement")
    return rows


def _only_centre(code: Code, rows: Sequence[CentreRow]) -> CentreRow:
    if len(rows) > 1:
        raise AmbiguousCode(
            f"« {code.value} » désigne plusieurs établissements.", [f"uai:{r.uai}" for r in rows], "etablissement"
        )
    return rows[0]


# -- what two codes mean together ------------------------------------------------------------------------------------


def _offered(
    connection: Connection, bearers: list[_Bearer], centres: list[CentreRow]
) -> tuple[list[_Bearer], list[CentreRow]]:
    """Of what two codes may mean, what is offered together when that leaves one lineage, or one centre."""
    lineages = dict.fromkeys(row.lineage_id for _, row in bearers)
    if len(lineages) == 1 and len(centres) == 1:
        return bearers, centres
    pairs = [(one, c.id) for one in lineages for c in centres if store.parts_of(connection, one, c.id)]
    left, places = narrowed(lineages, [centre.id for centre in centres], pairs)
    return (
        [bearer for bearer in bearers if bearer[1].lineage_id in left],
        [centre for centre in centres if centre.id in places],
    )


def narrowed(
    lineages: Collection[int], centres: Collection[int], offered: Collection[tuple[int, int]]
) -> tuple[Collection[int], Collection[int]]:
    """Of lineages and centres that two codes may mean, what is left when some are ``offered`` together. Pure."""
    left, places = {lineage for lineage, _ in offered}, {centre for _, centre in offered}
    return left if len(left) == 1 else lineages, places if len(places) == 1 else centres


def _place(connection: Connection, formation: ResolvedFormation, centre: CentreRow) -> tuple[Role | None, CentreRow]:
    """The part that a centre has in a formation, and the place it leads to."""
    role, place = place_of(centre.id, store.parts_of(connection, formation.formation.id, centre.id))
    return role, centre if place == centre.id else store.centre(connection, place)


def place_of(centre: int, parts: Collection[tuple[str, int]]) -> tuple[Role | None, int]:
    """The part that a centre has in a formation, and the place it leads to, from its parts: role, place. Pure."""
    role = next((role for role in ROLES if any(role == held for held, _ in parts)), None)
    places = {place for _, place in parts}
    if role in {None, "lieu"} or len(places) > 1 or centre in places:
        return role, centre
    return role, places.pop()


# -- what a text may be ----------------------------------------------------------------------------------------------

T = TypeVar("T")


def _attempt(find: Callable[[], T]) -> tuple[T | None, UnusableCode | None]:
    """What was found, or why nothing was."""
    try:
        return find(), None
    except UnusableCode as error:
        return None, error


def _formation_readings(connection: Connection, text: str) -> list[Reading]:
    readings: list[Reading] = []
    for code in read_formation_code(text):
        exists = bool(store.formations_by_code(connection, code))
        readings.append(Reading(code.scheme, code.value, exists))
        within = None if exists else code_within(code)
        if within:
            held = bool(store.formations_by_code(connection, within))
            readings.append(Reading(within.scheme, within.value, held, code.scheme))
    return readings


def _centre_readings(connection: Connection, text: str) -> list[Reading]:
    code = read_centre_code(text)
    return [Reading(code.scheme, code.value, bool(store.centres_by_code(connection, code)))]


def _either(text: str, formation: ResolvedFormation, centre: CentreRow) -> AmbiguousCode:
    code = read_centre_code(text)
    return AmbiguousCode(
        f"« {text.strip()} » désigne une formation et un établissement : faites-le précéder de son genre.",
        [
            f"{formation.code} : {formation.asked.title} ({formation.asked.natural_key})",
            f"{code} : {centre.name}",
        ],
    )


def _why_not(text: str, formation: UnusableCode | None, centre: UnusableCode | None) -> UnusableCode | None:
    """Of why a text is no formation and why it is no centre, what helps most: what exists, then what it looks like."""
    for fault in (formation, centre):
        if isinstance(fault, AmbiguousCode):
            return fault
    if centre is None or not looks_like_centre(text):
        return formation
    if isinstance(formation, UnknownCode):
        return UnknownCode(f"« {text.strip()} » n'est le code d'aucune formation connue. {centre}")
    return centre
