"""All SQL of the catalogue."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, cast, func, select, update

from syndication import models
from syndication.catalogue.codes import Code
from syndication.catalogue.facts import CentreFact, CodeFact, FormationFact, OfferFact, RenewalFact
from syndication.database import Prepared, in_order, insert_new, table, upsert
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


# -- reading ---------------------------------------------------------------------------------------------------------

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


def codes_of(connection: Connection, formation_id: int) -> Mapping[str, tuple[str, ...]]:
    """Codes of a formation by scheme."""
    found: dict[str, list[str]] = defaultdict(list)
    for scheme, value in _CODES.rows(connection, id=formation_id):
        found[scheme].append(value)
    return {scheme: tuple(values) for scheme, values in found.items()}


def centre(connection: Connection, centre_id: int) -> CentreRow:
    """The centre under an id."""
    (row,) = _CENTRE_BY_ID.rows(connection, id=centre_id)
    return CentreRow(*row)


def centres_by_code(connection: Connection, code: Code) -> list[CentreRow]:
    """Centres that bear a UAI or a SIRET."""
    return [CentreRow(*row) for row in _CENTRES_BY_CODE.rows(connection, scheme=code.scheme, value=code.value)]


def siret_of(connection: Connection, centre_id: int) -> str | None:
    """A SIRET of a centre, always the same one, or None."""
    ((siret,),) = _SIRET.rows(connection, id=centre_id)
    return siret  # type: ignore[no-any-return]


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
    query = select(*_CENTRE_COLUMNS).distinct().join(OFFER, OFFER.c.centre_id == CENTRE.c.id)
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
        query = query.where(CENTRE.c.id.in_(select(OFFER.c.centre_id).where(OFFER.c.formation_id.in_(formations))))
    return [CentreRow(*row) for row in connection.execute(query.order_by(CENTRE.c.name, CENTRE.c.id).limit(limit))]


def codes_with_responses(connection: Connection, minimum: int, limit: int) -> list[str]:
    """Codes of the formations with at least so many respondents, the most answered about first."""
    return [code for _, code in formations_with_responses(connection, limit, minimum)]


# -- writing ---------------------------------------------------------------------------------------------------------


def natural_keys(connection: Connection) -> dict[str, int]:
    """Ids of all formations by natural key."""
    return dict(connection.execute(select(FORMATION.c.natural_key, FORMATION.c.id)).all())


def keep_formations(connection: Connection, facts: Iterable[FormationFact]) -> None:
    """Store formations: the best-ranked title wins, the last of equals; dates and level fill what was unknown."""
    best: dict[str, dict[str, Any]] = {}
    for row in connection.execute(select(FORMATION)).mappings():
        best[row["natural_key"]] = {name: row[name] for name in _FORMATION_FIELDS}
    touched: set[str] = set()
    for fact in facts:
        kept = best.setdefault(fact.natural_key, dict.fromkeys(_FORMATION_FIELDS) | {"title_rank": -1})
        kept["natural_key"] = fact.natural_key
        if fact.rank >= kept["title_rank"]:
            kept["title"], kept["title_rank"] = fact.title, fact.rank
        for name in ("level", "opened_on", "closed_on"):
            if kept[name] is None:
                kept[name] = getattr(fact, name)
        touched.add(fact.natural_key)
    rows = [best[key] for key in touched]
    upsert(connection, FORMATION, rows, replace=_FORMATION_FIELDS[1:], key=("natural_key",))


def index_titles(connection: Connection, ids: Collection[int]) -> None:
    """Bring the full text up to date with the titles of some formations."""
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        query = select(FORMATION.c.id, FORMATION.c.title).where(FORMATION.c.id.in_(wanted[start : start + 500]))
        rows = connection.execute(query.order_by(FORMATION.c.id)).all()
        search.keep(connection, search.FORMATION, [search.formation_entry(row.id, row.title) for row in rows])


def index_centres(connection: Connection, uais: Collection[str]) -> None:
    """Bring the full text up to date with the names of some centres."""
    wanted = list(uais)
    for start in range(0, len(wanted), 500):
        query = select(*_CENTRE_COLUMNS).where(CENTRE.c.uai.in_(wanted[start : start + 500])).order_by(CENTRE.c.id)
        rows = connection.execute(query).all()
        search.keep(connection, search.CENTRE, [search.centre_entry(row.id, row.name, row.city) for row in rows])


_FORMATION_FIELDS = ("natural_key", "title", "title_rank", "level", "opened_on", "closed_on")


def keep_codes(connection: Connection, facts: Iterable[CodeFact], ids: Mapping[str, int], source: str) -> int:
    """Store codes of formations; gives how many were new."""
    rows = {
        (f.scheme, f.value, f.natural_key): {
            "scheme": f.scheme, "value": f.value, "formation_id": ids[f.natural_key],
            "since": f.since, "until": f.until, "source": source,
        }
        for f in facts
    }  # fmt: skip
    return insert_new(connection, FORMATION_CODE, list(rows.values()))


def keep_renewals(connection: Connection, facts: Iterable[RenewalFact], source: str, today: date) -> int:
    """Store renewals; gives how many were new."""
    rows = [
        {"scheme": f.scheme, "old": f.old, "new": f.new, "source": source, "imported_on": today}
        for f in dict.fromkeys(facts)
    ]
    return insert_new(connection, RENEWAL, rows)


def keep_centres(connection: Connection, facts: Sequence[CentreFact], source: str) -> None:
    """Store centres and their identifiers: the best-ranked name wins; places fill what was unknown."""
    best: dict[str, dict[str, Any]] = {}
    for row in connection.execute(select(CENTRE).where(CENTRE.c.uai.is_not(None))).mappings():
        best[row["uai"]] = {name: row[name] for name in _CENTRE_FIELDS}
    for fact in facts:
        kept = best.setdefault(fact.uai, dict.fromkeys(_CENTRE_FIELDS, "") | {"uai": fact.uai, "name_rank": -1})
        if fact.name and fact.rank >= kept["name_rank"]:
            kept["name"], kept["name_rank"] = fact.name, fact.rank
        for name in ("city", "department", "region"):
            kept[name] = kept[name] or getattr(fact, name)
    rows = [best[uai] for uai in dict.fromkeys(fact.uai for fact in facts)]
    upsert(connection, CENTRE, rows, replace=_CENTRE_FIELDS[1:], key=("uai",))
    ids = centre_ids(connection)
    codes = {("uai", f.uai, ids[f.uai]) for f in facts} | {("siret", f.siret, ids[f.uai]) for f in facts if f.siret}
    insert_new(
        connection, CENTRE_CODE,
        [{"scheme": s, "value": v, "centre_id": c, "source": source} for s, v, c in sorted(codes)],
    )  # fmt: skip


_CENTRE_FIELDS = ("uai", "name", "name_rank", "city", "department", "region")


def centre_ids(connection: Connection) -> dict[str, int]:
    """Ids of all centres by UAI."""
    query = select(CENTRE.c.uai, CENTRE.c.id).where(CENTRE.c.uai.is_not(None))
    return {str(uai): number for uai, number in connection.execute(query)}


def formation_ids_by_code(connection: Connection, scheme: str) -> dict[str, set[int]]:
    """Ids of the formations under every code of a scheme."""
    found: dict[str, set[int]] = defaultdict(set)
    query = select(FORMATION_CODE.c.value, FORMATION_CODE.c.formation_id).where(FORMATION_CODE.c.scheme == scheme)
    for value, formation_id in connection.execute(query):
        found[value].add(formation_id)
    return found


def keep_offers(connection: Connection, offers: Iterable[tuple[OfferFact, int, int]], source: str) -> None:
    """Store offers given with their formation's and centre's ids."""
    rows = {
        (formation_id, centre_id, fact.role): {
            "formation_id": formation_id, "centre_id": centre_id, "role": fact.role,
            "capacity": fact.capacity, "source": source,
        }
        for fact, formation_id, centre_id in offers
    }  # fmt: skip
    upsert(connection, OFFER, list(rows.values()), replace=("capacity", "source"))


def renewal_links(connection: Connection) -> list[tuple[str, str, str]]:
    """Every renewal: scheme, old, new."""
    return [tuple(r) for r in connection.execute(select(RENEWAL.c.scheme, RENEWAL.c.old, RENEWAL.c.new))]


def set_lineages(connection: Connection, heads: Mapping[int, int]) -> int:
    """Give every formation its lineage (its own id when absent from ``heads``); gives how many changed."""
    current = dict(connection.execute(select(FORMATION.c.id, FORMATION.c.lineage_id)).all())
    news = [
        {"formation": number, "head": heads.get(number, number)}
        for number, lineage in current.items()
        if lineage != heads.get(number, number)
    ]
    if news:
        statement = update(FORMATION).where(FORMATION.c.id == bindparam("formation"))
        connection.execute(statement.values(lineage_id=bindparam("head")), news)
    return len(news)


def opening_dates(connection: Connection, among: Sequence[int] | None = None) -> dict[int, date]:
    """Opening dates of the formations that have one, all of them or some."""
    query = select(FORMATION.c.id, FORMATION.c.opened_on).where(FORMATION.c.opened_on.is_not(None))
    if among is not None:
        query = query.where(FORMATION.c.id.in_(among))
    return dict(connection.execute(query).all())


def note_catalogue_change(connection: Connection, now: datetime) -> None:
    """Tell every reader that the catalogue itself changed."""
    in_order(connection)
    connection.execute(CHANGE.insert().values(formation_id=0, centre_id=0, at=now))


def counts(connection: Connection) -> dict[str, int]:
    """How many formations, codes, centres, offers and renewals the catalogue holds."""
    return {
        target.name: connection.execute(select(func.count()).select_from(target)).scalar_one()
        for target in (FORMATION, FORMATION_CODE, CENTRE, OFFER, RENEWAL)
    }
