"""SQL of imports: what they keep of the catalogue, and what they look up to do so."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from syndication import models
from syndication.catalogue.facts import MENTIONED, CentreFact, CodeFact, FormationFact, RenewalFact
from syndication.catalogue.territories import place_of
from syndication.database import insert_new, table, upsert
from syndication.search import store as search

FORMATION = table(models.Formation)
FORMATION_CODE = table(models.FormationCode)
RENEWAL = table(models.Renewal)
CENTRE = table(models.Centre)
CENTRE_CODE = table(models.CentreCode)
OFFER = table(models.Offer)
_FORMATION_FIELDS = ("natural_key", "title", "title_rank", "level", "opened_on", "closed_on")
_CENTRE_FIELDS = ("uai", "name", "name_rank", "city", "department", "region")


@dataclass(frozen=True, slots=True)
class PlacedOffer:
    """An offer about to be stored, with the ids it is stored under."""

    formation_id: int
    centre_id: int
    role: str
    place_id: int
    capacity: int | None


def add_unnamed_centres(connection: Connection, count: int) -> list[int]:
    """Store centres of which nothing is known but that they exist; gives their ids."""
    statement = CENTRE.insert().values(uai=None, name="Un autre centre", name_rank=0, city="", department="", region="")
    query = statement.returning(CENTRE.c.id)
    return [connection.execute(query).scalar_one() for _ in range(count)]


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
        query = select(CENTRE.c.id, CENTRE.c.name, CENTRE.c.city).where(CENTRE.c.uai.in_(wanted[start : start + 500]))
        rows = connection.execute(query.order_by(CENTRE.c.id)).all()
        search.keep(connection, search.CENTRE, [search.centre_entry(row.id, row.name, row.city) for row in rows])


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
    _keep_unnumbered(connection, [fact for fact in facts if not fact.uai], source)
    facts = [fact for fact in facts if fact.uai]
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
    for kept in rows:
        kept["department"], kept["region"] = place_of(kept["department"], kept["region"])
    upsert(connection, CENTRE, rows, replace=_CENTRE_FIELDS[1:], key=("uai",))
    ids = centre_ids(connection)
    codes = {("uai", f.uai, ids[f.uai]) for f in facts} | {("siret", f.siret, ids[f.uai]) for f in facts if f.siret}
    insert_new(
        connection, CENTRE_CODE,
        [{"scheme": s, "value": v, "centre_id": c, "source": source} for s, v, c in sorted(codes)],
    )  # fmt: skip


def _keep_unnumbered(connection: Connection, facts: Iterable[CentreFact], source: str) -> None:
    """Store centres that have a SIRET and no UAI, but for those whose SIRET is some centre's already."""
    known = centre_ids_by_siret(connection)
    for siret, fact in {fact.siret: fact for fact in facts if fact.siret and fact.siret not in known}.items():
        department, region = place_of(fact.department, fact.region)
        values = {"name": fact.name, "city": fact.city, "department": department, "region": region}
        statement = CENTRE.insert().values(uai=None, name_rank=fact.rank, **values).returning(CENTRE.c.id)
        centre_id = connection.execute(statement).scalar_one()
        row = {"scheme": "siret", "value": siret, "centre_id": centre_id, "source": source}
        insert_new(connection, CENTRE_CODE, [row])


def centre_ids(connection: Connection) -> dict[str, int]:
    """Ids of all centres by UAI."""
    query = select(CENTRE.c.uai, CENTRE.c.id).where(CENTRE.c.uai.is_not(None))
    return {str(uai): number for uai, number in connection.execute(query)}


def centre_ids_by_siret(connection: Connection) -> dict[str, set[int]]:
    """Ids of the centres under every SIRET; those that have a UAI stand before those that have none."""
    found: dict[str, dict[int, bool]] = defaultdict(dict)
    query = select(CENTRE_CODE.c.value, CENTRE.c.id, CENTRE.c.uai).join(CENTRE, CENTRE.c.id == CENTRE_CODE.c.centre_id)
    for siret, centre_id, uai in connection.execute(query.where(CENTRE_CODE.c.scheme == "siret")):
        found[siret][centre_id] = uai is not None
    return {siret: {one for one, has in ids.items() if has} or set(ids) for siret, ids in found.items()}


def formation_ids_by_code(connection: Connection, scheme: str) -> dict[str, set[int]]:
    """Ids of the formations under every code of a scheme."""
    found: dict[str, set[int]] = defaultdict(set)
    query = select(FORMATION_CODE.c.value, FORMATION_CODE.c.formation_id).where(FORMATION_CODE.c.scheme == scheme)
    for value, formation_id in connection.execute(query):
        found[value].add(formation_id)
    return found


def keep_offers(connection: Connection, offers: Iterable[PlacedOffer], source: str) -> None:
    """Store offers; of one said twice, what was said last."""
    rows = {
        (offer.formation_id, offer.centre_id, offer.role, offer.place_id): {
            "formation_id": offer.formation_id, "centre_id": offer.centre_id, "role": offer.role,
            "place_id": offer.place_id, "capacity": offer.capacity, "source": source,
        }
        for offer in offers
    }  # fmt: skip
    upsert(connection, OFFER, list(rows.values()), replace=("capacity", "source"))


def mentioned(connection: Connection) -> set[int]:
    """Ids of the formations without a CFD that are known only by what those that renewed them say."""
    query = select(FORMATION.c.id).where(
        FORMATION.c.title_rank == MENTIONED, FORMATION.c.natural_key.like("certifinfo:%")
    )
    return set(connection.execute(query).scalars())


def fiches(connection: Connection) -> list[tuple[str, int, str]]:
    """Who bears each RNCP number: the number, the formation's id and its natural key."""
    query = select(FORMATION_CODE.c.value, FORMATION.c.id, FORMATION.c.natural_key)
    query = query.join(FORMATION, FORMATION.c.id == FORMATION_CODE.c.formation_id)
    return [tuple(row) for row in connection.execute(query.where(FORMATION_CODE.c.scheme == "rncp"))]


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
