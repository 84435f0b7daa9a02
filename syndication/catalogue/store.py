"""SQL of the catalogue: looked up, searched, and told when it changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Integer, bindparam, cast, func, or_, select, update

from syndication import models
from syndication.catalogue.codes import Code
from syndication.database import Prepared, table
from syndication.search import store as search

FORMATION = table(models.Formation)
FORMATION_CODE = table(models.FormationCode)
RENEWAL = table(models.Renewal)
CENTRE = table(models.Centre)
CENTRE_CODE = table(models.CentreCode)
OFFER = table(models.Offer)
CHANGE = table(models.Change)


@dataclass(frozen=True, slots=True)
class FormationRow:
    """A formation; ``lineage_id`` is the id of the newest of its lineage."""

    id: int
    natural_key: str
    title: str
    level: int | None
    lineage_id: int


@dataclass(frozen=True, slots=True)
class CentreRow:
    """A centre."""

    id: int
    uai: str | None
    name: str
    city: str


_FORMATION_COLUMNS = (
    FORMATION.c.id,
    FORMATION.c.natural_key,
    FORMATION.c.title,
    FORMATION.c.level,
    func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id).label("lineage_id"),
)
_CENTRE_COLUMNS = (CENTRE.c.id, CENTRE.c.uai, CENTRE.c.name, CENTRE.c.city)
_FORMATION_BY_ID = Prepared(select(*_FORMATION_COLUMNS).where(FORMATION.c.id == bindparam("id")))
_FORMATION_BY_KEY = Prepared(select(*_FORMATION_COLUMNS).where(FORMATION.c.natural_key == bindparam("key")))
_FORMATIONS_BY_CODE = Prepared(
    select(*_FORMATION_COLUMNS)
    .join(FORMATION_CODE, FORMATION_CODE.c.formation_id == FORMATION.c.id)
    .where(FORMATION_CODE.c.scheme == bindparam("scheme"), FORMATION_CODE.c.value == bindparam("value"))
    .order_by(FORMATION.c.id)
)
_MEMBERS = Prepared(
    select(FORMATION.c.id).where(FORMATION.c.lineage_id == bindparam("lineage")).order_by(FORMATION.c.id)
)
_CODES = Prepared(
    select(FORMATION_CODE.c.scheme, FORMATION_CODE.c.value)
    .where(FORMATION_CODE.c.formation_id == bindparam("id"))
    .order_by(FORMATION_CODE.c.scheme, FORMATION_CODE.c.value)
)
_CENTRE_BY_ID = Prepared(select(*_CENTRE_COLUMNS).where(CENTRE.c.id == bindparam("id")))
_CENTRES_BY_CODE = Prepared(
    select(*_CENTRE_COLUMNS)
    .join(CENTRE_CODE, CENTRE_CODE.c.centre_id == CENTRE.c.id)
    .where(CENTRE_CODE.c.scheme == bindparam("scheme"), CENTRE_CODE.c.value == bindparam("value"))
    .order_by(CENTRE.c.id)
)
_SIRET = Prepared(
    select(func.min(CENTRE_CODE.c.value)).where(
        CENTRE_CODE.c.centre_id == bindparam("id"), CENTRE_CODE.c.scheme == "siret"
    )
)


_PARTS = Prepared(
    select(OFFER.c.role, OFFER.c.place_id)
    .join(FORMATION, FORMATION.c.id == OFFER.c.formation_id)
    .where(
        or_(FORMATION.c.lineage_id == bindparam("lineage"), FORMATION.c.id == bindparam("lineage")),
        OFFER.c.centre_id == bindparam("centre"),
    )
)


def formation(connection: Connection, formation_id: int) -> FormationRow:
    """The formation under an id."""
    (row,) = _FORMATION_BY_ID.rows(connection, id=formation_id)
    return FormationRow(*row)


def formations_by_code(connection: Connection, code: Code) -> list[FormationRow]:
    """Formations that bear a code; the one whose very key it is stands alone."""
    if code.scheme in {"cfd", "certifinfo"}:
        row = _FORMATION_BY_KEY.row(connection, key=str(code))
        if row is not None:
            return [FormationRow(*row)]
    rows = _FORMATIONS_BY_CODE.rows(connection, scheme=code.scheme, value=code.value)
    return [FormationRow(*row) for row in rows]


def lineage_members(connection: Connection, lineage_id: int) -> tuple[int, ...]:
    """Ids of the formations of a lineage."""
    return tuple(number for (number,) in _MEMBERS.rows(connection, lineage=lineage_id)) or (lineage_id,)


def by_lineage(connection: Connection, formations: Collection[int]) -> list[tuple[str, tuple[int, ...]]]:
    """Whole lineages of some formations: the title of the newest with the members, by title."""
    heads = {formation(connection, number).lineage_id for number in formations}
    rows = sorted((formation(connection, head) for head in heads), key=lambda row: (row.title, row.id))
    return [(row.title, lineage_members(connection, row.id)) for row in rows]


def codes_of(connection: Connection, formation_id: int) -> Mapping[str, tuple[str, ...]]:
    """Codes of a formation by scheme."""
    found: dict[str, list[str]] = defaultdict(list)
    for scheme, value in _CODES.rows(connection, id=formation_id):
        found[scheme].append(value)
    return {scheme: tuple(values) for scheme, values in found.items()}


def links_among(connection: Connection, members: Sequence[int]) -> set[tuple[int, int]]:
    """Which formations of a lineage took over from which, as (old, new) ids."""
    old, new = FORMATION_CODE.alias("old"), FORMATION_CODE.alias("new")
    query = (
        select(old.c.formation_id, new.c.formation_id)
        .join(RENEWAL, (RENEWAL.c.scheme == old.c.scheme) & (RENEWAL.c.old == old.c.value))
        .join(new, (new.c.scheme == RENEWAL.c.scheme) & (new.c.value == RENEWAL.c.new))
        .where(old.c.formation_id.in_(members), new.c.formation_id.in_(members))
    )
    return {(one, two) for one, two in connection.execute(query) if one != two}


def former_codes(connection: Connection, head: int, members: Sequence[int]) -> dict[str, list[str]]:
    """Codes of the other formations of a lineage by scheme, those that its head bears too left out."""
    own = codes_of(connection, head)
    found: dict[str, set[str]] = defaultdict(set)
    for member in members:
        if member != head:
            for scheme, values in codes_of(connection, member).items():
                found[scheme].update(set(values) - set(own.get(scheme, ())))
    return {scheme: sorted(values) for scheme, values in sorted(found.items()) if values}


def centre(connection: Connection, centre_id: int) -> CentreRow:
    """The centre under an id."""
    (row,) = _CENTRE_BY_ID.rows(connection, id=centre_id)
    return CentreRow(*row)


def centre_of_id(connection: Connection, centre_id: int) -> CentreRow | None:
    """The centre under an id, or None."""
    row = _CENTRE_BY_ID.row(connection, id=centre_id)
    return CentreRow(*row) if row else None


def centres_by_code(connection: Connection, code: Code) -> list[CentreRow]:
    """Centres that bear a UAI or a SIRET; those that have a UAI stand before those that have none."""
    rows = [CentreRow(*row) for row in _CENTRES_BY_CODE.rows(connection, scheme=code.scheme, value=code.value)]
    return [row for row in rows if row.uai] or rows


def parts_of(connection: Connection, lineage_id: int, centre_id: int) -> list[tuple[str, int]]:
    """What parts a centre has in a lineage: each role, with the id of the centre that is then the place."""
    return [(role, place) for role, place in _PARTS.rows(connection, lineage=lineage_id, centre=centre_id)]


def end_of(connection: Connection, centre_id: int, on: date) -> tuple[date | None, str | None]:
    """When a centre closed, and the name of the one that took over from it, from one to the next until one that is
    open; None when it did not by some day, or none did."""
    closed_on, name, met = _end(connection, centre_id, on), None, {centre_id}
    at: int | None = centre_id
    while at is not None and _end(connection, at, on) is not None:
        successor = successor_of(connection, at)
        at = successor.id if successor and successor.id not in met else None
        if at is not None and successor:
            met.add(at)
            name = successor.name
    return closed_on, name


def _end(connection: Connection, centre_id: int, on: date) -> date | None:
    query = select(CENTRE.c.closed_on).where(CENTRE.c.id == centre_id, CENTRE.c.closed_on <= on)
    return connection.execute(query).scalar()


def end_centre(connection: Connection, centre_id: int, closed_on: date | None, merged_into: int | None) -> None:
    """Note when a centre closed and which one took over from it; None and None when it did not close after all."""
    values = {"closed_on": closed_on, "merged_into": merged_into}
    connection.execute(update(CENTRE).where(CENTRE.c.id == centre_id).values(values))


def successor_of(connection: Connection, centre_id: int) -> CentreRow | None:
    """The centre that took over from another, or is to; None when none does."""
    successor = select(CENTRE.c.merged_into).where(CENTRE.c.id == centre_id)
    found = connection.execute(successor).scalar()
    return None if found is None else centre(connection, found)


def last_taken_over(connection: Connection, centre_id: int) -> tuple[str, date] | None:
    """Of the centres that one took over from, the last to close, with its day; None when it took over from none."""
    query = select(CENTRE.c.name, CENTRE.c.closed_on).where(CENTRE.c.merged_into == centre_id)
    row = connection.execute(query.order_by(CENTRE.c.closed_on.desc(), CENTRE.c.name).limit(1)).first()
    return (row.name, row.closed_on) if row else None


def siret_of(connection: Connection, centre_id: int) -> str | None:
    """A SIRET of a centre, always the same one, or None."""
    ((siret,),) = _SIRET.rows(connection, id=centre_id)
    return siret  # type: ignore[no-any-return]


def centre_key(connection: Connection, row: CentreRow) -> str:
    """A code that leads to a centre: its UAI, or a SIRET of one that has none."""
    return f"uai:{row.uai}" if row.uai else f"siret:{siret_of(connection, row.id)}"


def search_formations(connection: Connection, words: str, limit: int = 20) -> list[tuple[FormationRow, str]]:
    """Formations whose title holds every word in some form, shortest title first, each with a code to embed it by."""
    saying = search.formations_saying(connection, words)
    if saying is None:
        return []
    query = select(*_FORMATION_COLUMNS).where(FORMATION.c.id.in_(select(cast(saying.subquery().c.key, Integer))))
    query = query.where(FORMATION.c.id == func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id))
    rows = connection.execute(query.order_by(func.length(FORMATION.c.title), FORMATION.c.title).limit(limit))
    return [(found, found.natural_key.partition(":")[2]) for found in (FormationRow(*row) for row in rows)]


def formations_with_responses(
    connection: Connection, limit: int = 20, minimum: int = 1
) -> list[tuple[FormationRow, str]]:
    """Formations most answered about, with at least so many respondents, each with a code to embed it by."""
    tally, member = table(models.Tally), FORMATION.alias("member")
    answered = (
        select(func.coalesce(member.c.lineage_id, member.c.id).label("head"), func.sum(tally.c.count).label("count"))
        .join(member, member.c.id == tally.c.formation_id)
        .where(tally.c.axis == "@repondants", tally.c.centre_id == 0)
        .group_by(func.coalesce(member.c.lineage_id, member.c.id))
        .subquery()
    )
    query = (
        select(*_FORMATION_COLUMNS)
        .join(answered, answered.c.head == FORMATION.c.id)
        .where(answered.c.count >= minimum)
        .order_by(answered.c.count.desc(), FORMATION.c.id)
        .limit(limit)
    )
    rows = [FormationRow(*row) for row in connection.execute(query)]
    return [(found, found.natural_key.partition(":")[2]) for found in rows]


def centres_offering(connection: Connection, formations: Sequence[int], limit: int) -> list[CentreRow]:
    """Centres where some formations are taught, by name."""
    query = select(*_CENTRE_COLUMNS).distinct().join(OFFER, OFFER.c.place_id == CENTRE.c.id)
    query = query.where(OFFER.c.formation_id.in_(formations), CENTRE.c.uai.is_not(None))
    return [CentreRow(*row) for row in connection.execute(query.order_by(CENTRE.c.name, CENTRE.c.id).limit(limit))]


def search_centres(
    connection: Connection, words: str, formations: Sequence[int] = (), limit: int = 20
) -> list[CentreRow]:
    """Centres whose name or city holds every word in some form, of those where some formations are taught if any."""
    saying = search.centres_saying(connection, words)
    if saying is None:
        return []
    query = select(*_CENTRE_COLUMNS).where(
        CENTRE.c.id.in_(select(cast(saying.subquery().c.key, Integer))), CENTRE.c.uai.is_not(None)
    )
    if formations:
        query = query.where(CENTRE.c.id.in_(select(OFFER.c.place_id).where(OFFER.c.formation_id.in_(formations))))
    return [CentreRow(*row) for row in connection.execute(query.order_by(CENTRE.c.name, CENTRE.c.id).limit(limit))]


def codes_with_responses(connection: Connection, minimum: int, limit: int) -> list[str]:
    """Codes of the formations with at least so many respondents, the most answered about first."""
    return [code for _, code in formations_with_responses(connection, limit, minimum)]


def opening_dates(connection: Connection, among: Sequence[int] | None = None) -> dict[int, date]:
    """Opening dates of the formations that have one, all of them or some."""
    query = select(FORMATION.c.id, FORMATION.c.opened_on).where(FORMATION.c.opened_on.is_not(None))
    if among is not None:
        query = query.where(FORMATION.c.id.in_(among))
    return dict(connection.execute(query).all())


def note_catalogue_change(connection: Connection, now: datetime) -> None:
    """Tell every reader that the catalogue itself changed."""
    connection.execute(CHANGE.insert().values(formation_id=0, centre_id=0, at=now))


def note_framing_change(connection: Connection, now: datetime) -> None:
    """Tell what keeps pages that who may frame them changed; what is published stays as it is."""
    connection.execute(CHANGE.insert().values(formation_id=-1, centre_id=-1, at=now))


def counts(connection: Connection) -> dict[str, int]:
    """How many formations, codes, centres, offers and renewals the catalogue holds."""
    return {
        target.name: connection.execute(select(func.count()).select_from(target)).scalar_one()
        for target in (FORMATION, FORMATION_CODE, CENTRE, OFFER, RENEWAL)
    }
