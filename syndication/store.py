"""SQL of reviews, figures, campaigns and the change log. Every function works in the caller's transaction."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select, update

from syndication import models, ratings
from syndication.database import add_counts, insert_new, insert_one, table
from syndication.fairness import store as fairness
from syndication.search import store as search

REVIEW = table(models.Review)
SET_ASIDE = table(models.SetAside)
VERBATIM = table(models.Verbatim)
VERBATIM_SIGNAL = table(models.VerbatimSignal)
TALLY = table(models.Tally)
CHANGE = table(models.Change)
CAMPAIGN = table(models.Campaign)
BOOKMARK = table(models.Bookmark)
Scope = tuple[int, int]
"""A formation's id and a centre's."""


@dataclass(frozen=True, slots=True)
class NewVerbatim:
    """An open text about to be stored."""

    id: str
    question: str
    text: str
    status: str
    reason: str | None = None
    gem: bool = False
    signals: tuple[str, ...] = ()
    fingerprint: str | None = None

    @property
    def digest(self) -> str:
        """What its words are known by: see ``digest``."""
        return digest(self.text)


def digest(text: str) -> str:
    """By what words are known again: whoever changes a byte of them changes it (SHA-256, in hexadecimal)."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NewReview:
    """A testimony about to be stored; ``counts`` is what it adds to its scopes, by (axis, value).

    One with ``marks`` is held back: it is stored, and counted only once a moderator says so.
    """

    id: str
    origin: str
    source_id: str
    campaign_id: str | None
    formation_id: int
    centre_id: int
    code_given: str
    month: str | None
    questionnaire_version: str
    answers: Mapping[str, Any]
    counts: Mapping[tuple[str, str], int]
    verbatims: tuple[NewVerbatim, ...]
    marks: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """Where it counts."""
        return self.formation_id, self.centre_id

    @property
    def rating(self) -> str:
        """How content the respondent is; empty when they did not say."""
        return str(self.answers.get("scales", {}).get(ratings.HEADLINE, ""))


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the hub knows it."""

    id: str
    formation_id: int
    centre_id: int
    code_given: str
    opens_on: date
    closes_on: date
    invited: int | None
    respondents: int
    opened_by: int | None = None

    @property
    def scope(self) -> Scope:
        """Where its responses count."""
        return self.formation_id, self.centre_id


# -- reviews and figures ---------------------------------------------------------------------------------------------


def keep_reviews(connection: Connection, reviews: Sequence[NewReview], now: datetime) -> list[NewReview]:
    """Store those reviews that are new, with their texts and what they add to figures; gives them."""
    known = known_sources(connection, [review.source_id for review in reviews])
    fresh = sorted({r.source_id: r for r in reviews if r.source_id not in known}.values(), key=lambda r: r.id)
    if not fresh:
        return []
    today = now.date()
    connection.execute(insert(REVIEW), [_review_row(review, today) for review in fresh])
    texts = [_verbatim_row(review, verbatim, now) for review in fresh for verbatim in review.verbatims]
    if texts:
        connection.execute(insert(VERBATIM), texts)
        fairness.received(connection, texts, today)
        keep_signals(connection, {v.id: v.signals for review in fresh for v in review.verbatims})
        search.keep(connection, search.VERBATIM, [_entry(text) for text in texts if text["status"] == "publie"])
    counts: Counter[tuple[Scope, str, str]] = Counter()
    counted = [review for review in fresh if not review.marks]
    for review in counted:
        for (axis, value), count in review.counts.items():
            counts[review.scope, axis, value] += count
    add_to_tally(connection, counts)
    shown = {text["id"]: (text["formation_id"], text["centre_id"]) for text in texts if text["status"] == "publie"}
    note_changes(connection, [review.scope for review in counted], now, shown)
    return fresh


def keep_signals(connection: Connection, signals: Mapping[str, Sequence[str]]) -> None:
    """Keep what texts show, by id, in the place of what they showed before."""
    connection.execute(delete(VERBATIM_SIGNAL).where(VERBATIM_SIGNAL.c.verbatim_id.in_(list(signals))))
    rows = [{"signal": one, "verbatim_id": text} for text, kinds in signals.items() for one in dict.fromkeys(kinds)]
    if rows:
        connection.execute(insert(VERBATIM_SIGNAL), rows)
        mark_signals(connection, list(signals))


def mark_signals(connection: Connection, texts: Sequence[str]) -> None:
    """Have signals say whether their texts wait, once these have moved."""
    waits = and_(VERBATIM.c.status == "attente", VERBATIM.c.alerted.is_(False))
    now = select(waits).where(VERBATIM.c.id == VERBATIM_SIGNAL.c.verbatim_id).scalar_subquery()
    connection.execute(update(VERBATIM_SIGNAL).where(VERBATIM_SIGNAL.c.verbatim_id.in_(texts)).values(waits=now))


def add_to_tally(connection: Connection, counts: Mapping[tuple[Scope, str, str], int]) -> None:
    """Add counts by (scope, axis, value) to the scope, to its formation everywhere, and to its centre as a whole."""
    totals: Counter[tuple[int, int, str, str]] = Counter()
    for ((formation_id, centre_id), axis, value), count in counts.items():
        for formation, centre in ((formation_id, centre_id), (formation_id, 0), (0, centre_id)):
            totals[formation, centre, axis, value] += count
    add_counts(
        connection,
        TALLY,
        [
            {"formation_id": f, "centre_id": c, "axis": axis, "value": value, "count": count}
            for (f, c, axis, value), count in sorted(totals.items())
            if count
        ],
    )


def add_to_tally_as_told(connection: Connection, counts: Mapping[Scope, Mapping[tuple[str, str], int]]) -> None:
    """Add counts by (axis, value) to each scope as they are told, and to no other."""
    rows = [
        {"formation_id": scope[0], "centre_id": scope[1], "axis": axis, "value": value, "count": count}
        for scope, told in counts.items()
        for (axis, value), count in told.items()
    ]
    add_counts(connection, TALLY, rows)


def note_changes(
    connection: Connection, scopes: Iterable[Scope], now: datetime, texts: Mapping[str, Scope] | None = None
) -> None:
    """Record that what is public of these scopes changed, and of these texts by id, each with its scope.

    To the hour: minutes would tell when somebody answered.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    touched: list[tuple[Scope, str | None]] = [(scope, None) for scope in dict.fromkeys(scopes)]
    touched += [(scope, text) for text, scope in (texts or {}).items()]
    rows = [{"formation_id": f, "centre_id": c, "verbatim_id": text, "at": hour} for (f, c), text in touched]
    if rows:
        connection.execute(insert(CHANGE), rows)


def changes_after(connection: Connection, seq: int) -> list[tuple[int, int, int]]:
    """Changes recorded after a place: seq, formation id, centre id."""
    query = select(CHANGE.c.seq, CHANGE.c.formation_id, CHANGE.c.centre_id).where(CHANGE.c.seq > seq)
    return [tuple(row) for row in connection.execute(query.order_by(CHANGE.c.seq))]


def last_change(connection: Connection) -> int:
    """Place of the last change recorded, 0 when there is none."""
    return connection.execute(select(func.max(CHANGE.c.seq))).scalar() or 0


def known_sources(connection: Connection, sources: Sequence[str]) -> set[str]:
    """Those among names of responses that are stored already."""
    known: set[str] = set()
    for start in range(0, len(sources), 500):
        query = select(REVIEW.c.source_id).where(REVIEW.c.source_id.in_(sources[start : start + 500]))
        known.update(connection.execute(query).scalars())
    return known


def _review_row(review: NewReview, today: date) -> dict[str, Any]:
    return {
        "id": review.id,
        "origin": review.origin,
        "source_id": review.source_id,
        "campaign_id": review.campaign_id,
        "formation_id": review.formation_id,
        "centre_id": review.centre_id,
        "code_given": review.code_given,
        "month": review.month,
        "questionnaire_version": review.questionnaire_version,
        "answers": dict(review.answers),
        "state": "a_verifier" if review.marks else "comptee",
        "marks": list(review.marks),
        "counts": [[axis, value, count] for (axis, value), count in review.counts.items()] if review.marks else [],
        "received_on": today,
    }


def _verbatim_row(review: NewReview, verbatim: NewVerbatim, now: datetime) -> dict[str, Any]:
    return {
        "id": verbatim.id,
        "review_id": review.id,
        "formation_id": review.formation_id,
        "centre_id": review.centre_id,
        "question": verbatim.question,
        "text": verbatim.text,
        "fingerprint": verbatim.fingerprint,
        "month": review.month,
        "status": verbatim.status,
        "reason": verbatim.reason,
        "gem": verbatim.gem,
        "alerted": False,
        "rating": review.rating,
        "digest": verbatim.digest,
        "edition": 1,
        "shown": None,
        "masks": [],
        "received_on": now.date(),
        "published_at": now if verbatim.status == "publie" else None,
        "version": 1,
        "receipt_due": False,
        "useful": 0,
        "useless": 0,
        "usefulness": 0,
    }


def _entry(row: Mapping[str, Any]) -> search.Entry:
    return search.verbatim_entry(row["id"], row["text"], row["formation_id"], row["centre_id"])


def words_shown() -> ColumnElement[str]:
    """A verbatim's words as the public reads them: its own, but for what a moderator masked."""
    return func.coalesce(VERBATIM.c.shown, VERBATIM.c.text)


# -- campaigns -------------------------------------------------------------------------------------------------------


def add_campaign(connection: Connection, campaign: CampaignRow) -> None:
    """Store a campaign."""
    add_campaigns(connection, [campaign])


def add_campaigns(connection: Connection, campaigns: Sequence[CampaignRow]) -> None:
    """Store campaigns."""
    rows = [{name: getattr(campaign, name) for name in CampaignRow.__slots__} for campaign in campaigns]
    connection.execute(insert(CAMPAIGN), rows)


def campaign(connection: Connection, campaign_id: str) -> CampaignRow | None:
    """The campaign under an id, or None."""
    row = connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)).mappings().first()
    return CampaignRow(**row) if row else None


def open_campaigns(connection: Connection, today: date) -> list[CampaignRow]:
    """Campaigns open on a day."""
    query = select(CAMPAIGN).where(CAMPAIGN.c.opens_on <= today, CAMPAIGN.c.closes_on >= today)
    return [CampaignRow(**row) for row in connection.execute(query).mappings()]


def centre_campaigns(connection: Connection, centre_id: int) -> list[CampaignRow]:
    """Campaigns that count for a centre or were opened for it, the latest to open first."""
    query = select(CAMPAIGN).where(of_centre(centre_id)).order_by(CAMPAIGN.c.opens_on.desc(), CAMPAIGN.c.id)
    return [CampaignRow(**row) for row in connection.execute(query).mappings()]


def of_centre(centre_id: int) -> ColumnElement[bool]:
    """True of the campaigns that a centre follows: those that count for it, those that were opened for it."""
    return or_(CAMPAIGN.c.centre_id == centre_id, CAMPAIGN.c.opened_by == centre_id)


def campaign_of(connection: Connection, campaign_id: str, centre_id: int) -> CampaignRow | None:
    """The campaign under an id when a centre follows it, else None."""
    query = select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id, of_centre(centre_id))
    row = connection.execute(query).mappings().first()
    return CampaignRow(**row) if row else None


def move_end(connection: Connection, campaign_id: str, closes_on: date) -> None:
    """Give a campaign another last day."""
    connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id).values(closes_on=closes_on))


def set_campaign_counts(connection: Connection, campaign_id: str, invited: int | None, respondents: int) -> None:
    """Keep how many were asked and how many are counted."""
    statement = update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)
    connection.execute(statement.values(invited=invited, respondents=respondents))


def set_aside(connection: Connection, source_id: str, reason: str) -> None:
    """Keep track of a response that cannot be placed."""
    insert_new(connection, SET_ASIDE, [{"source_id": source_id, "reason": reason}])


def count_set_aside(connection: Connection) -> int:
    """How many responses could not be placed."""
    return connection.execute(select(func.count()).select_from(SET_ASIDE)).scalar_one()


# -- bookmarks -------------------------------------------------------------------------------------------------------


def bookmark(connection: Connection, name: str) -> str:
    """Where a follower stands; empty at the start."""
    return connection.execute(select(BOOKMARK.c.cursor).where(BOOKMARK.c.name == name)).scalar() or ""


def last_bookmark(connection: Connection, prefix: str, before: str) -> str:
    """What the last of the bookmarks of a prefix says, in the order of their names, before one of them; else empty."""
    query = select(BOOKMARK.c.cursor).where(BOOKMARK.c.name >= prefix, BOOKMARK.c.name < before)
    return connection.execute(query.order_by(BOOKMARK.c.name.desc()).limit(1)).scalar() or ""


def move_bookmark(connection: Connection, name: str, cursor: str) -> None:
    """Move a follower on."""
    moved = connection.execute(
        update(BOOKMARK).where(BOOKMARK.c.name == bindparam("who")).values(cursor=cursor), {"who": name}
    )
    if not moved.rowcount:
        insert_new(connection, BOOKMARK, [{"name": name, "cursor": cursor}])


def turn_bookmark(connection: Connection, name: str, before: str, after: str) -> bool:
    """Move a follower on from where it was seen; False when somebody moved it in between."""
    seen = update(BOOKMARK).where(BOOKMARK.c.name == bindparam("who"), BOOKMARK.c.cursor == bindparam("seen"))
    if connection.execute(seen.values(cursor=after), {"who": name, "seen": before}).rowcount:
        return True
    return not before and insert_one(connection, BOOKMARK, {"name": name, "cursor": after})
