"""Official files into the catalogue: idempotent, one transaction a file, rejected rows listed and never in the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from syndication.catalogue import store
from syndication.catalogue.continuity import lineages
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, OfferFact, Remark, RenewalFact
from syndication.catalogue.files import Line, OfficialFile, read_official_file
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
    reports: list[Report] = []
    with writing(engine).connect() as connection:
        for file in files:
            step = on_file(file) if on_file else _silent
            with connection.begin_nested() if dry_run else connection.begin():
                reports.append(_import(connection, file, now, step))
        if dry_run:
            connection.rollback()
        else:
            with connection.begin():
                link_lineages(connection)
                store.note_catalogue_change(connection, now)
    return reports


def link_lineages(connection: Connection) -> int:
    """Draw lineages anew from every renewal known; gives how many formations changed lineage."""
    by_scheme = {scheme: store.formation_ids_by_code(connection, scheme) for scheme in ("cfd", "certifinfo")}
    keys = store.natural_keys(connection)
    links: set[tuple[str, str]] = set()
    for scheme, old, new in store.renewal_links(connection):
        before, after = (_only(keys.get(f"{scheme}:{c}"), by_scheme[scheme].get(c, set())) for c in (old, new))
        if before and after and before != after:
            links.add((str(before), str(after)))
    opened = store.opening_dates(connection)
    heads: dict[int, int] = {}
    for members in set(lineages(links).values()):
        numbers = {int(member) for member in members}
        ends = numbers - {int(old) for old, new in links if old in members and new in members}
        newest = max(ends or numbers, key=lambda n: (str(opened.get(n, "")), n))
        heads.update(dict.fromkeys(numbers, newest))
    return store.set_lineages(connection, heads)


def keep(connection: Connection, facts: Sequence[Fact], source: str, now: datetime) -> None:
    """Store facts that need no line of a file to be told about; offers must name known formations and centres."""
    store.keep_formations(connection, _of(FormationFact, facts))
    ids = store.natural_keys(connection)
    store.index_titles(connection, {ids[fact.natural_key] for fact in _of(FormationFact, facts)})
    store.keep_codes(connection, _of(CodeFact, facts), ids, source)
    store.keep_renewals(connection, _of(RenewalFact, facts), source, now.date())
    store.keep_centres(connection, _of(CentreFact, facts), source)
    store.index_centres(connection, {fact.uai for fact in _of(CentreFact, facts)})
    centres = store.centre_ids(connection)
    by_cfd = store.formation_ids_by_code(connection, "cfd")
    offers = [(o, min(by_cfd[o.value]), centres[o.uai]) for o in _of(OfferFact, facts)]
    store.keep_offers(connection, offers, source)


def _import(connection: Connection, file: OfficialFile, now: datetime, step: Step) -> Report:
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
    flat = [fact for _, stated in facts for fact in stated if not isinstance(fact, OfferFact)]
    keep(connection, flat, file.format.name, now)
    _keep_offers(connection, facts, file.format.name, report)
    report.rejected.sort()
    report.kept = report.read - len(report.rejected)
    step(report.read, report.read)
    return report


def _keep_offers(connection: Connection, facts: Sequence[tuple[Line, list[Fact]]], source: str, report: Report) -> None:
    offers = [(line, fact) for line, stated in facts for fact in stated if isinstance(fact, OfferFact)]
    if not offers:
        return
    centres = store.centre_ids(connection)
    formations = {scheme: store.formation_ids_by_code(connection, scheme) for scheme in {o.scheme for _, o in offers}}
    known: list[tuple[OfferFact, int, int]] = []
    for line, offer in offers:
        found = formations[offer.scheme].get(offer.value, set())
        if offer.uai not in centres:
            report.rejected.append((line.number, f"UAI {offer.uai} absent du catalogue"))
        elif len(found) != 1:
            why = "plusieurs formations" if found else "aucune formation du catalogue"
            report.rejected.append((line.number, f"{offer.scheme} {offer.value} : {why}"))
        else:
            known.append((offer, next(iter(found)), centres[offer.uai]))
    store.keep_offers(connection, known, source)


def _of(kind: type[F], facts: Sequence[Fact]) -> list[F]:
    return [fact for fact in facts if isinstance(fact, kind)]


def _only(by_key: int | None, by_code: set[int]) -> int | None:
    if by_key is not None:
        return by_key
    return next(iter(by_code)) if len(by_code) == 1 else None


def _silent(_done: int, _total: int) -> None:
    """Say nothing."""
