"""SQL of a nation that is written at once: rows of many tables, past the ordinary doors, as these would leave them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self

from sqlalchemy import Connection, Engine, Table, select

from collector.door import Bulk, Made
from syndication import models, ratings
from syndication.corpus.follow import FOLLOWER as CORPUS
from syndication.database import table
from syndication.fairness.store import ANY_MONTH, EVERY_CENTRE
from syndication.intake import FOLLOWER as INTAKE
from syndication.results.reading import READ
from syndication.results.store import KEPT
from syndication.search import store as search
from syndication.search.store import Entry, as_vector
from syndication.store import CampaignRow, Scope

TABLES = {
    name: table(getattr(models, name))
    for name in (
        "Bookmark", "Campaign", "Change", "Decision", "Flow", "IndexedText", "Reading", "Review", "Tally", "Verbatim",
        "VerbatimSignal", "VerbatimSubject",
    )
}  # fmt: skip
FORMATION, CENTRE = table(models.Formation), table(models.Centre)


def formations(connection: Connection) -> dict[str, tuple[int, str]]:
    """Every formation's id and title by natural key."""
    rows = connection.execute(select(FORMATION.c.natural_key, FORMATION.c.id, FORMATION.c.title))
    return {key: (number, title) for key, number, title in rows}


def centres(connection: Connection) -> dict[str, tuple[int, str]]:
    """Every centre's id and name by UAI."""
    rows = connection.execute(select(CENTRE.c.uai, CENTRE.c.id, CENTRE.c.name).where(CENTRE.c.uai.is_not(None)))
    return {str(uai): (number, name) for uai, number, name in rows}


class Writing:
    """Rows on their way into the hub's tables, for a ``with``."""

    def __init__(self, engine: Engine, indexed: int, changed: int) -> None:
        self._bulk = Bulk(engine)
        self._postgresql = engine.dialect.name == "postgresql"
        self._indexed, self._changed = indexed, changed
        self._words: list[tuple[int, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            self._write_words()
        self._bulk.__exit__(*error)

    def add(self, name: str, row: Mapping[str, Any]) -> None:
        """A row of a table, by the name of its model."""
        self._bulk.add(TABLES[name], row)

    def answers(self, answers: Mapping[str, Any]) -> Made:
        """Answers of a review, made once for all that share them."""
        return self._bulk.make(TABLES["Review"], "answers", answers)

    def add_campaign(self, campaign: CampaignRow) -> None:
        """A campaign."""
        self.add("Campaign", {name: getattr(campaign, name) for name in CampaignRow.__slots__})

    def add_signals(self, verbatim: str, signals: Iterable[str], waits: bool) -> None:
        """What a text shows; whether it waits, and nobody follows it."""
        for signal in dict.fromkeys(signals):
            self.add("VerbatimSignal", {"signal": signal, "verbatim_id": verbatim, "waits": waits})

    def add_subjects(self, verbatim: str, subjects: Iterable[str]) -> None:
        """What a text speaks of."""
        for subject in subjects:
            self.add("VerbatimSubject", {"verbatim_id": verbatim, "subject": subject})

    def index(self, entry: Entry) -> None:
        """Words by which a published text is found."""
        key, terms = entry
        self._indexed += 1
        self.add("IndexedText", {"id": self._indexed, "kind": search.VERBATIM, "key": key})
        self._words.append((self._indexed, terms))
        if len(self._words) == 5000:
            self._write_words()

    def add_tally(self, scope: Scope, counts: Mapping[tuple[str, str], int]) -> None:
        """Counts of a scope."""
        for (axis, value), count in sorted(counts.items()):
            row = {"formation_id": scope[0], "centre_id": scope[1], "axis": axis, "value": value, "count": count}
            self.add("Tally", row)

    def add_flow(self, counts: Mapping[tuple[str, int, str, str], int]) -> None:
        """Counts of texts by month, centre, rating and measure, and their totals."""
        totals: Counter[tuple[str, int, str, str]] = Counter()
        for (month, centre, rating, measure), count in counts.items():
            for place in ((m, c) for m in (month, ANY_MONTH) for c in (centre, EVERY_CENTRE)):
                totals[*place, rating, measure] += count
        for (month, centre, rating, measure), count in sorted(totals.items()):
            row = {"month": month, "centre_id": centre, "rating": rating, "measure": measure, "count": count}
            self.add("Flow", row)

    def add_readings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Readings of results."""
        for row in rows:
            self.add("Reading", row)

    def note_changes(self, changes: Iterable[tuple[datetime, Scope]], cursor: str) -> None:
        """The last change of each scope, in order; what follows the log, and the collector, stands at its end."""
        for at, (formation, centre) in sorted(changes):
            self._changed += 1
            row = {"seq": self._changed, "formation_id": formation, "centre_id": centre, "verbatim_id": None, "at": at}
            self.add("Change", row)
        for name, place in ((INTAKE, cursor), (CORPUS, str(self._changed)), (READ, str(self._changed))):
            self.add("Bookmark", {"name": name, "cursor": place})

    def _write_words(self) -> None:
        if self._postgresql:
            rows = ((number, as_vector(terms)) for number, terms in self._words)
            self._bulk.copy("indexed_words (id, words)", rows)
        else:
            self._bulk.run("INSERT INTO indexed_words (rowid, words) VALUES (?, ?)", self._words)
        self._words.clear()


def last_numbers(connection: Connection) -> tuple[int, int]:
    """The last number of the full text, and of the change log."""
    return _last(connection, TABLES["IndexedText"], "id"), _last(connection, TABLES["Change"], "seq")


def _last(connection: Connection, target: Table, name: str) -> int:
    column = target.c[name]
    return connection.execute(select(column).order_by(column.desc()).limit(1)).scalar() or 0


def reading_rows(scope: Scope, years: Mapping[str, Mapping[str, Any]], today: date) -> Sequence[dict[str, Any]]:
    """Readings of a scope by year, or (``KEPT``) what they are made from."""
    formation, centre = scope
    return [
        {
            "centre_id": centre, "formation_id": formation, "year": year, "counts": counts, "taken_on": today,
            "respondents": 0 if year == KEPT else counts.get(ratings.RESPONDENTS, {}).get("", 0),
        }
        for year, counts in years.items()
    ]  # fmt: skip
