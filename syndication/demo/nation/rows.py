"""A plan as rows of the hub's tables: what intake, moderation and the corpus would have left.

Each function says what one thing that happened leaves behind; a test lives the same plan through the ordinary doors
and compares.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from syndication import ratings
from syndication.demo.nation.plan import AUTHOR, Act, Campaign, Response, Text
from syndication.demo.nation.sheets import Sheet
from syndication.fairness.figures import DELAY
from syndication.fairness.store import measures
from syndication.instants import PARIS
from syndication.moderation import masking
from syndication.store import Scope, digest

Row = dict[str, Any]
Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a response counts, under which code, in which campaign."""

    scope: Scope
    code: str
    campaign_id: str


def review_row(
    number: str, source: str, place: Place, response: Response, sheet: Sheet, answers: object, version: str
) -> Row:
    """A review as intake stores it; ``answers``: those of the sheet, as they are stored."""
    counts = [[*key, count] for key, count in counts_of(sheet, response.month).items()] if response.marks else []
    return {
        "id": number, "origin": "collecte", "source_id": source, "campaign_id": place.campaign_id,
        "formation_id": place.scope[0], "centre_id": place.scope[1], "code_given": place.code, "month": response.month,
        "questionnaire_version": version,
        "answers": answers, "state": "a_verifier" if response.marks else "comptee",
        "marks": list(response.marks), "counts": counts, "received_on": response.day,
    }  # fmt: skip


def stored_answers(sheet: Sheet) -> dict[str, Any]:
    """Closed answers as a review keeps them."""
    return {"scales": dict(sheet.answers.scales), "choices": {k: list(v) for k, v in sheet.answers.choices.items()}}


def counts_of(sheet: Sheet, month: str) -> Counter[tuple[str, str]]:
    """What a response adds to the figures of its scopes."""
    counts = Counter(sheet.counts)
    if counts[ratings.RESPONDENTS, ""]:
        counts[ratings.MONTHS, month] += 1
    return +counts


def verbatim_row(number: str, review: str, place: Place, response: Response, rating: str, text: Text) -> Row:
    """A text as it stands after everything that was done to it."""
    row: Row = {
        "id": number, "review_id": review, "formation_id": place.scope[0], "centre_id": place.scope[1],
        "question": text.question, "text": text.text, "digest": digest(text.text), "edition": 1, "shown": None,
        "masks": [], "fingerprint": text.fingerprint, "month": response.month, "rating": rating, "status": "attente",
        "reason": None, "gem": False, "alerted": False, "received_on": response.day, "published_at": None,
        "version": 1, "receipt_due": False, "useful": 0, "useless": 0, "usefulness": 0,
    }  # fmt: skip
    for act in text.acts:
        _apply(row, act, text)
    return row


def _apply(row: Row, act: Act, text: Text) -> None:
    if act.act == "pepite":  # one act with the decision
        row["gem"] = True
        return
    row["version"] += 1
    if act.act == "masque":
        row["masks"] = [list(mask) for mask in text.masks]
        row["shown"] = masking.shown(text.text, text.masks)
        return
    row["status"], row["reason"] = act.status, act.reason
    if act.status == "publie":
        row["published_at"] = act.at
    elif act.status == "retire":
        erased: Row = {"text": "", "digest": "", "fingerprint": None, "shown": None, "masks": [], "published_at": None}
        row.update(erased, gem=False)


def decision_rows(number: str, text: Text) -> Iterator[Row]:
    """Every act on a text, in order."""
    before = "attente"
    for act in text.acts:
        yield {
            "verbatim_id": number, "actor": act.actor, "at": act.at, "act": act.act, "from_status": before,
            "to_status": act.status, "reason": act.reason, "note": "",
        }  # fmt: skip
        before = act.status


def told(text: Text) -> tuple[Act, int] | None:
    """The last decision that the author was told of, and the version that it made; None when there was none."""
    version, last = 1, None
    for act in text.acts:
        version += act.act != "pepite"
        if act.act == "decision" and act.status != "retire":
            last = (act, version)
    return last


def flow_of(row: Row, text: Text) -> Iterator[str]:
    """The measures under which a text counts."""
    yield from measures(row)
    first = next((act for act in text.acts if act.act == "decision"), None)
    if first is not None and first.actor != AUTHOR:
        yield f"{DELAY}{(first.at.astimezone(PARIS).date() - row['received_on']).days}"


@dataclass(slots=True)
class Tallied:
    """What was said of an offer: sheets by school year, and everything else that its figures count."""

    sheets: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    rest: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed_at: datetime | None = None

    def changed(self, *moments: datetime) -> None:
        """Something public changed."""
        self.changed_at = max((*moments, self.changed_at) if self.changed_at else moments)

    def counts(self, by_year: Mapping[str, Counts]) -> Counter[tuple[str, str]]:
        """All counts of the offer, those of each year included."""
        found = Counter(self.rest)
        for counts in by_year.values():
            found.update(counts)
        return +found

    def of_year(self, year: str, sheets: Sequence[Sheet]) -> Counter[tuple[str, str]]:
        """Counts of what was answered in a school year."""
        return Counter(chain.from_iterable(sheets[number].counts for number in self.sheets[year]))


def campaign_counts(campaign: Campaign, respondents: int) -> Counter[tuple[str, str]]:
    """What a campaign adds to the count of people asked."""
    return ratings.invitation_counts(campaign.invited, respondents)


def by_axis(by_year: Mapping[str, Counts]) -> dict[str, dict[str, dict[str, int]]]:
    """Counts of respondents and of answers to questions, by axis, year and value."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for year, counts in by_year.items():
        for (axis, value), count in counts.items():
            found.setdefault(axis, {}).setdefault(year, {})[value] = count
    return found


def nested(counts: Mapping[tuple[str, str, str], int]) -> dict[str, dict[str, dict[str, int]]]:
    """Counts by year, axis and value."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for (year, axis, value), count in counts.items():
        found.setdefault(year, {}).setdefault(axis, {})[value] = count
    return found


def spread(scope: Scope) -> tuple[Scope, Scope, Scope]:
    """The scopes in which something counts: its own, its formation's, its centre's."""
    return scope, (scope[0], 0), (0, scope[1])
