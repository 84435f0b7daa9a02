"""Summaries of many keys, read in one statement."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from syndication import ratings
from syndication.catalogue.codes import read_centre_code, read_formation_code
from syndication.catalogue.store import CentreRow
from syndication.errors import CodeError
from syndication.publication import store
from syndication.publication.dependencies import note
from syndication.publication.store import SummaryRow
from syndication.ratings import Questions, Rating
from syndication.settings import Thresholds
from widget.contract import ScopeName

Key = tuple[str, str | None, str | None]
"""A key as written, its formation's code, its centre's."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures behind one key: its title and centre, the scope asked for and the one served."""

    key: Key
    title: str | None
    place: CentreRow | None
    requested: ScopeName
    served: ScopeName
    rating: Rating


@dataclass(slots=True)
class _Gathered:
    """What the statement said of one key: lineages by scheme, and tallies by lineage and centre (0: all centres)."""

    lineages: dict[str, dict[int, str | None]] = field(default_factory=dict)
    own: dict[str, dict[int, str | None]] = field(default_factory=dict)
    centres: dict[int, CentreRow] = field(default_factory=dict)
    tallies: dict[int, dict[int, dict[str, dict[str, int]]]] = field(default_factory=dict)

    def meant(self) -> dict[int, str | None]:
        """Lineages that the key means, with their titles; one whose very key it is stands alone under its scheme."""
        found: dict[int, str | None] = {}
        for scheme, lineages in self.lineages.items():
            found.update(self.own.get(scheme) or lineages)
        return found


def summarise(
    connection: Connection, keys: Sequence[Key], questions: Questions, thresholds: Thresholds
) -> tuple[list[Summary], list[tuple[str, str]], datetime | None]:
    """Summaries of keys, those that mean nothing with the reason, and the hour in which anything last changed."""
    formations: list[tuple[int, str, str]] = []
    centres: list[tuple[int, str, str]] = []
    reasons: dict[int, str] = {}
    for number, (_, formation, centre) in enumerate(keys):
        try:
            if not formation and not centre:
                raise CodeError("La clé est vide.")
            read = [(number, c.scheme, c.value) for c in read_formation_code(formation)] if formation else []
            place = [(number, c.scheme, c.value) for c in (read_centre_code(centre),)] if centre else []
        except CodeError as error:
            reasons[number] = str(error)
        else:
            formations += read
            centres += place
    rows = store.summaries(connection, formations, centres)
    gathered = _gather(rows)
    data: list[Summary] = []
    for number, key in enumerate(keys):
        reason = reasons.get(number) or _missing(key, gathered[number])
        if reason:
            reasons[number] = reason
        else:
            data.append(_summary(key, gathered[number], questions, thresholds))
    unknown = [(keys[number][0], reasons[number]) for number in sorted(reasons)]
    return data, unknown, rows[0].changed_at if rows else None


def _gather(rows: Sequence[SummaryRow]) -> dict[int, _Gathered]:
    gathered: dict[int, _Gathered] = defaultdict(_Gathered)
    seen: set[tuple[object, ...]] = set()
    for row in rows:
        found = gathered[row.number]
        if row.lineage_id is not None:
            for kept in (found.lineages, found.own) if row.own else (found.lineages,):
                kept.setdefault(row.scheme or "", {})[row.lineage_id] = row.title
            note(formations=(row.lineage_id, *((row.member_id,) if row.member_id else ())))
        elif row.centre_id is not None:
            note(centres=(row.centre_id,))
        if row.centre_id is not None:
            found.centres[row.centre_id] = CentreRow(row.centre_id, row.uai, row.centre_name or "", "")
        line = (row.number, row.lineage_id, row.member_id, row.tally_centre, row.axis, row.value)
        if row.axis is None or row.count is None or line in seen:
            continue
        seen.add(line)
        counts = found.tallies.setdefault(row.lineage_id or 0, {}).setdefault(row.tally_centre or 0, {})
        values = counts.setdefault(row.axis, {})
        values[row.value or ""] = values.get(row.value or "", 0) + row.count
    return gathered


def _missing(key: Key, found: _Gathered) -> str | None:
    _, formation, centre = key
    if formation and not found.lineages:
        return "Ce code n'est celui d'aucune formation connue."
    if len(found.meant()) > 1:
        return "Ce code désigne plusieurs formations."
    if centre and not found.centres:
        return "Cet identifiant n'est celui d'aucun établissement connu."
    if len(found.centres) > 1:
        return "Cet identifiant désigne plusieurs établissements."
    return None


def _summary(key: Key, found: _Gathered, questions: Questions, thresholds: Thresholds) -> Summary:
    lineage, title = next(iter((found.meant() or {0: None}).items()))
    place = next(iter(found.centres.values()), None)
    tallies = found.tallies.get(lineage, {})
    requested: ScopeName = "etablissement" if not key[1] else "formation@etablissement" if place else "formation"
    served = requested
    rating = ratings.rate(tallies.get(place.id if place else 0, {}), questions, thresholds)
    if requested == "formation@etablissement" and rating.reliability == "insuffisante":
        served, rating = "formation", ratings.rate(tallies.get(0, {}), questions, thresholds)
    return Summary(key, title, place, requested, served, rating)


def read_key(text: str) -> Key:
    """A key (``formation``, ``formation@etablissement`` or ``@etablissement``) with its two parts."""
    if "@" not in text:
        return text, text or None, None
    formation, _, centre = text.rpartition("@")
    return text, formation or None, centre or None
