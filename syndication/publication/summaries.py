"""Summaries of many keys, read in one statement."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from syndication import ratings
from syndication.catalogue.codes import code_within, read_centre_code, read_formation_code
from syndication.catalogue.resolve import Role, narrowed, place_of
from syndication.catalogue.store import CentreRow
from syndication.errors import CodeError
from syndication.instants import instant_of
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
    """Figures behind one key: its title and centre, the scope asked for and the one served.

    ``asked`` is the centre asked for when another is the place, ``role`` its part in the formation.
    """

    key: Key
    title: str | None
    place: CentreRow | None
    requested: ScopeName
    served: ScopeName
    rating: Rating
    role: Role | None = None
    asked: CentreRow | None = None


@dataclass(slots=True)
class _Bearer:
    """A lineage that a key may mean."""

    scheme: str
    lineage: int
    within: bool
    title: str
    own: bool


@dataclass(slots=True)
class _Gathered:
    """What the statement said: by key, lineages and centres; then parts of centres, counts, and the last change."""

    bearers: dict[int, list[_Bearer]] = field(default_factory=lambda: defaultdict(list))
    centres: dict[int, list[CentreRow]] = field(default_factory=lambda: defaultdict(list))
    places: dict[int, CentreRow] = field(default_factory=dict)
    parts: dict[tuple[int, int], list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    counts: dict[tuple[int, int], dict[str, dict[str, int]]] = field(default_factory=lambda: defaultdict(dict))
    changed_at: datetime | None = None

    def add(self, row: SummaryRow) -> None:
        """Take a line in: see ``SummaryRow``."""
        match row.kind:
            case "formation":
                bearer = _Bearer(row.text or "", row.two, bool(row.three), row.more or "", bool(row.number))
                self.bearers[row.one].append(bearer)
            case "centre":
                self.centres[row.one].append(CentreRow(row.two, row.text, row.more or "", ""))
            case "place":
                self.places[row.two] = CentreRow(row.two, row.text, row.more or "", "")
            case "part":
                self.parts[row.one, row.two].append((row.text or "", row.three))
            case "member":
                self.members[row.one].append(row.two)
                self._changed(row.text)
            case "count":
                self.counts[row.one, row.two].setdefault(row.text or "", {})[row.more or ""] = row.number
            case _:
                self._changed(row.text)

    def _changed(self, at: str | None) -> None:
        moment = instant_of(at)
        if moment and (self.changed_at is None or moment > self.changed_at):
            self.changed_at = moment

    def lineages(self, number: int) -> dict[int, str]:
        """Lineages that a key may mean, with their titles: what is read out of a clé only when nothing else is known,
        and of a scheme the one whose very key the code is, alone."""
        known = [one for one in self.bearers[number] if not one.within] or self.bearers[number]
        own = {one.scheme for one in known if one.own}
        return {one.lineage: one.title for one in known if one.own or one.scheme not in own}

    def meant(self, number: int) -> tuple[dict[int, str], dict[int, CentreRow]]:
        """Lineages and centres that a key means, by the rules of ``resolve``: one of each when it is clear."""
        lineages = self.lineages(number)
        rows = self.centres[number]
        centres = {row.id: row for row in ([row for row in rows if row.uai] or rows)}
        offered = [(one, centre) for one in lineages for centre in centres if (one, centre) in self.parts]
        left, places = narrowed(lineages, centres, offered) if lineages and centres else (lineages, centres)
        return (
            {one: title for one, title in lineages.items() if one in left},
            {number: row for number, row in centres.items() if number in places},
        )


def summarise(
    connection: Connection, keys: Sequence[Key], questions: Questions, thresholds: Thresholds
) -> tuple[list[Summary], list[tuple[str, str]], datetime | None]:
    """Summaries of keys, those that mean nothing with the reason, and the hour in which any of them last changed."""
    formations: list[tuple[int, str, str, int]] = []
    centres: list[tuple[int, str, str]] = []
    reasons: dict[int, str] = {}
    for number, (_, formation, centre) in enumerate(keys):
        try:
            if not formation and not centre:
                raise CodeError("La clé est vide.")
            read = _readings(number, formation) if formation else []
            place = [(number, c.scheme, c.value) for c in (read_centre_code(centre),)] if centre else []
        except CodeError as error:
            reasons[number] = str(error)
        else:
            formations += read
            centres += place
    gathered = _Gathered()
    for row in store.summaries(connection, formations, centres):
        gathered.add(row)
    data: list[Summary] = []
    for number, key in enumerate(keys):
        reason = reasons.get(number) or _missing(key, number, gathered)
        if reason:
            reasons[number] = reason
        else:
            data.append(_summary(key, number, gathered, questions, thresholds))
    unknown = [(keys[number][0], reasons[number]) for number in sorted(reasons)]
    return data, unknown, gathered.changed_at


def _readings(number: int, formation: str) -> list[tuple[int, str, str, int]]:
    readings = read_formation_code(formation)
    inside = [within for code in readings if (within := code_within(code))]
    return [(number, c.scheme, c.value, 0) for c in readings] + [(number, c.scheme, c.value, 1) for c in inside]


def _missing(key: Key, number: int, found: _Gathered) -> str | None:
    _, formation, centre = key
    lineages, centres = found.meant(number)
    if formation and not lineages:
        return "Ce code n'est celui d'aucune formation connue."
    if centre and not centres:
        return "Cet identifiant n'est celui d'aucun établissement connu."
    if len(lineages) > 1:
        return "Ce code désigne plusieurs formations."
    if len(centres) > 1:
        return "Cet identifiant désigne plusieurs établissements."
    return None


def _summary(key: Key, number: int, found: _Gathered, questions: Questions, thresholds: Thresholds) -> Summary:
    lineages, centres = found.meant(number)
    lineage, title = next(iter(lineages.items()), (0, None))
    place, role, asked = next(iter(centres.values()), None), None, None
    if place and lineage:
        role, there = place_of(place.id, found.parts.get((lineage, place.id), ()))
        place, asked = (place, None) if there == place.id else (found.places[there], place)
    note((lineage, *found.members[lineage]) if lineage else (), (place.id,) if place and not lineage else ())
    requested: ScopeName = "etablissement" if not key[1] else "formation@etablissement" if place else "formation"
    served = requested
    rating = ratings.rate(found.counts[lineage, place.id if place else 0], questions, thresholds)
    if requested == "formation@etablissement" and rating.reliability == "insuffisante":
        served, rating = "formation", ratings.rate(found.counts[lineage, 0], questions, thresholds)
    return Summary(key, title, place, requested, served, rating, role, asked)


def read_key(text: str) -> Key:
    """A key (``formation``, ``formation@etablissement`` or ``@etablissement``) with its two parts."""
    if "@" not in text:
        return text, text or None, None
    formation, _, centre = text.rpartition("@")
    return text, formation or None, centre or None
