"""Official files into the catalogue: idempotent, one transaction a file, rejected rows listed and never in the way."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from syndication.catalogue import store as catalogue
from syndication.catalogue.continuity import ends, lineages, renewals, stated_links, twins
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, OfferFact, Remark, RenewalFact
from syndication.catalogue.files import Line, OfficialFile, read_official_file
from syndication.catalogue.importing import store
from syndication.database import writing
from syndication.errors import CodeError

F = TypeVar("F")
Step = Callable[[int, int], None]
"""Told how many rows are done, of how many."""
REPORT_EVERY = 500


@dataclass(slots=True)
class Report:
    """What became of a file's rows. ``rejected`` and ``remarks`` hold (line, reason)."""

    path: Path
    kind: str
    read: int = 0
    kept: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)


def import_files(
    engine: Engine,
    paths: Sequence[Path],
    now: datetime,
    *,
    dry_run: bool = False,
    on_file: Callable[[OfficialFile], Step] | None = None,
) -> list[Report]:
    """Import files, those that others lean on first; raises ImportFault before anything is stored when one is unfit.

    With ``dry_run`` everything is read and checked, then rolled back.
    """
    files = sorted((read_official_file(path) for path in paths), key=lambda file: file.format.order)
    stated = [_read(file, on_file(file) if on_file else _silent) for file in files]
    with writing(engine).connect() as connection:
        for one in stated:
            with connection.begin_nested() if dry_run else connection.begin():
                _keep(connection, one, now)
                if not dry_run:
                    link_lineages(connection)
                    catalogue.note_catalogue_change(connection, now)
        if dry_run:
            connection.rollback()
    return [one.report for one in stated]


def link_lineages(connection: Connection) -> int:
    """Draw lineages anew from every renewal known; gives how many formations changed lineage."""
    by_scheme = {scheme: store.formation_ids_by_code(connection, scheme) for scheme in ("cfd", "certifinfo")}
    keys = store.natural_keys(connection)
    links: set[tuple[int, int]] = set()
    for scheme, old, new in store.renewal_links(connection):
        before, after = (_only(keys.get(f"{scheme}:{c}"), by_scheme[scheme].get(c, set())) for c in (old, new))
        if before and after and before != after:
            links.add((before, after))
    links = stated_links(links, store.mentioned(connection))
    twin = twins(store.fiches(connection), set().union(*by_scheme["certifinfo"].values()), links)
    opened = catalogue.opening_dates(connection)
    heads = _heads({(twin.get(old, old), twin.get(new, new)) for old, new in links}, opened)
    return store.set_lineages(connection, heads | {own: heads.get(cfd, cfd) for own, cfd in twin.items()})


def _heads(links: Set[tuple[int, int]], opened: Mapping[int, date]) -> dict[int, int]:
    """The newest of its lineage, for every formation that has one, from (old, new) links."""
    heads: dict[int, int] = {}
    after = renewals(links)
    for members in set(lineages(links).values()):
        newest = max(ends(members, after) or members, key=lambda number: (str(opened.get(number, "")), number))
        heads.update(dict.fromkeys(members, newest))
    return heads


def keep(connection: Connection, facts: Sequence[Fact], source: str, now: datetime) -> None:
    """Store facts that need no line of a file to be told about; offers must name known formations and centres."""
    store.keep_formations(connection, _of(FormationFact, facts))
    ids = store.natural_keys(connection)
    store.index_titles(connection, {ids[fact.natural_key] for fact in _of(FormationFact, facts)})
    store.keep_codes(connection, _of(CodeFact, facts), ids, source)
    store.keep_renewals(connection, _of(RenewalFact, facts), source, now.date())
    store.keep_centres(connection, _of(CentreFact, facts), source)
    store.index_centres(connection, {fact.uai for fact in _of(CentreFact, facts) if fact.uai})
    known = _Known(connection, {offer.scheme for offer in _of(OfferFact, facts)})
    store.keep_offers(connection, [known.placed(offer) for offer in _of(OfferFact, facts)], source)


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a file states, read without the database: nobody waits for it."""

    source: str
    facts: list[tuple[Line, list[Fact]]]
    report: Report


def _read(file: OfficialFile, step: Step) -> _Stated:
    report = Report(file.path, file.format.label, read=len(file.lines))
    reader = file.format.reader([line.row for line in file.lines if not line.fault])
    facts: list[tuple[Line, list[Fact]]] = []
    for done, line in enumerate(file.lines, 1):
        try:
            if line.fault:
                raise ValueError(line.fault)
            stated = list(reader(line.row))
        except (CodeError, ValueError) as error:
            report.rejected.append((line.number, str(error)))
        else:
            report.remarks += [(line.number, fact.reason) for fact in stated if isinstance(fact, Remark)]
            facts.append((line, [fact for fact in stated if not isinstance(fact, Remark)]))
        if done % REPORT_EVERY == 0:
            step(done, report.read)
    step(report.read, report.read)
    return _Stated(file.format.name, facts, report)


def _keep(connection: Connection, stated: _Stated, now: datetime) -> None:
    report = stated.report
    flat = [fact for _, facts in stated.facts for fact in facts if not isinstance(fact, OfferFact)]
    keep(connection, flat, stated.source, now)
    _keep_offers(connection, stated.facts, stated.source, report)
    report.rejected.sort()
    report.kept = report.read - len(report.rejected)


def _keep_offers(connection: Connection, facts: Sequence[tuple[Line, list[Fact]]], source: str, report: Report) -> None:
    known = _Known(connection, {fact.scheme for _, stated in facts for fact in _of(OfferFact, stated)})
    placed: list[store.PlacedOffer] = []
    for line, stated in facts:
        offers = _of(OfferFact, stated)
        missing: list[str] = []
        for offer in offers:
            try:
                placed.append(known.placed(offer))
            except ValueError as error:
                missing.append(str(error))
        whole = len(missing) == len(offers)  # a record says several things: those that can be used are kept
        (report.rejected if whole else report.remarks).extend(
            (line.number, reason) for reason in dict.fromkeys(missing)
        )
    store.keep_offers(connection, placed, source)


class _Known:
    """The formations and the centres that offers may name."""

    def __init__(self, connection: Connection, schemes: Set[str]) -> None:
        self._formations = {scheme: store.formation_ids_by_code(connection, scheme) for scheme in schemes}
        self._keys = store.natural_keys(connection) if schemes else {}
        self._centres = store.centre_ids(connection) if schemes else {}
        self._sirets = store.centre_ids_by_siret(connection) if schemes else {}

    def placed(self, offer: OfferFact) -> store.PlacedOffer:
        """An offer under the ids of what it names; raises ValueError when one of them is not known, or is several."""
        centre = self._centre(offer)
        found = self._formations[offer.scheme].get(offer.value, set())
        formation = _only(self._keys.get(f"{offer.scheme}:{offer.value}"), found)
        if formation is None:
            why = "plusieurs formations" if found else "aucune formation du catalogue"
            raise ValueError(f"{offer.scheme} {offer.value} : {why}")
        place = self._centres[offer.place] if offer.place else centre
        return store.PlacedOffer(formation, centre, offer.role, place, offer.capacity)

    def _centre(self, offer: OfferFact) -> int:
        if offer.uai in self._centres:
            return self._centres[offer.uai]
        if offer.uai or not offer.siret:
            raise ValueError(f"UAI {offer.uai} absent du catalogue")
        found = self._sirets.get(offer.siret, set())
        if len(found) != 1:
            why = "désigne plusieurs établissements" if found else "absent du catalogue"
            raise ValueError(f"{offer.role} : SIRET {offer.siret} {why}")
        return next(iter(found))


def _of(kind: type[F], facts: Sequence[Fact]) -> list[F]:
    return [fact for fact in facts if isinstance(fact, kind)]


def _only(by_key: int | None, by_code: set[int]) -> int | None:
    if by_key is not None:
        return by_key
    return next(iter(by_code)) if len(by_code) == 1 else None


def _silent(_done: int, _total: int) -> None:
    """Say nothing."""
