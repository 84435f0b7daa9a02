"""SQL of the flow of texts: counters that move in the same transaction as the texts do, and are never recounted.

A text counts under the month in which its response came, its centre and its respondent's rating; each count also
stands under every month (``ANY_MONTH``) and every centre (0), so that a page reads totals as they are.
Measures of texts:

- ``recu``, and the state that it is in: ``attente``, ``publie``, ``refuse``, ``recrire``, ``archive``, ``retire``;
- ``pepite``: published, and a gem; ``motif.R``: refused for a reason (``motif.`` for one that was not told);
- ``delai.N``: somebody first decided N days after it came. Historic texts came decided, and have none.

Measures of replies count acts, under the month in which they happened and no rating: ``reponse.attente`` (written),
``reponse.publie``, ``reponse.refuse``, ``reponse.retire``, and ``reponse.delai.N`` (read after N days).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, case, func, literal_column, or_, select

from syndication import models, ratings
from syndication.database import add_counts, table
from syndication.fairness.figures import DELAY, REASON, CentreFlow, Counts, Gathered, Waiting, judged
from syndication.instants import PARIS

FLOW = table(models.Flow)
VERBATIM = table(models.Verbatim)
REVIEW = table(models.Review)
DECISION = table(models.Decision)
REPLY = table(models.Reply)
DOUBT = table(models.Doubt)
CENTRE = table(models.Centre)
CENTRE_CODE = table(models.CentreCode)
CAMPAIGN = table(models.Campaign)
FORMATION = table(models.Formation)
TALLY = table(models.Tally)
USAGE = table(models.Usage)
ANY_MONTH = ""
EVERY_CENTRE = 0
RECEIVED, GEM, REPLIES = "recu", "pepite", "reponse."
WAITING = "attente"
STATES = (WAITING, "publie", "refuse", "recrire", "archive", "retire")
"""States that add up to what was received."""
AUTHOR = "auteur"
Place = tuple[str, int, str]
"""A month, a centre, a rating."""


# -- counting --------------------------------------------------------------------------------------------------------


def received(connection: Connection, texts: Sequence[Mapping[str, Any]], today: date) -> None:
    """Count texts that have just been stored (rows of ``verbatim``), from responses that came ``today``."""
    counts: Counter[tuple[Place, str]] = Counter()
    for text in texts:
        place = (_month(today), text["centre_id"], text["rating"])
        counts.update((place, measure) for measure in measures(text))
    _add(connection, counts)


def moved(
    connection: Connection, text: Mapping[Any, Any], changes: Mapping[str, Any], actor: str, now: datetime
) -> None:
    """Count a text anew after an act on it; to be called once the act stands in ``decision``.

    ``text`` is its row as it was before (``id``, ``review_id``, ``centre_id``, ``rating``, ``status``, ``reason``,
    ``gem``), ``changes`` the values that changed.
    """
    after = {**text, **changes}
    steps: Counter[str] = Counter(measures(after))
    steps.subtract(measures(text))
    first_day = connection.execute(select(REVIEW.c.received_on).where(REVIEW.c.id == text["review_id"])).scalar_one()
    leaves = text["status"] == WAITING and after["status"] != WAITING and actor != AUTHOR
    if leaves and _times_decided(connection, text["id"]) == 1:
        steps[f"{DELAY}{_days(first_day, now)}"] += 1
    place = (_month(first_day), text["centre_id"], text["rating"])
    _add(connection, {(place, measure): step for measure, step in steps.items() if step})


def replied(
    connection: Connection, centre_id: int, status: str, now: datetime, written_at: datetime | None = None
) -> None:
    """Count what happened to a reply; ``written_at`` when somebody has just read it."""
    place = (_month(now.astimezone(PARIS).date()), centre_id, "")
    counts = {(place, f"{REPLIES}{status}"): 1}
    if written_at is not None:
        counts[place, f"{REPLIES}{DELAY}{_days(written_at.astimezone(PARIS).date(), now)}"] = 1
    _add(connection, counts)


def measures(text: Mapping[str, Any]) -> list[str]:
    """Every measure under which a text stands, by its row of ``verbatim``."""
    found = [RECEIVED, text["status"]]
    if text["status"] == "refuse":
        found.append(f"{REASON}{text['reason'] or ''}")
    if text["status"] == "publie" and text["gem"]:
        found.append(GEM)
    return found


def _times_decided(connection: Connection, verbatim_id: str) -> int:
    """How many times a moderator took a text out of what waits."""
    query = select(func.count()).where(
        DECISION.c.verbatim_id == verbatim_id, DECISION.c.from_status == WAITING, DECISION.c.to_status != WAITING,
        DECISION.c.actor != AUTHOR,
    )  # fmt: skip
    return connection.execute(query).scalar_one()


def _days(first: date, now: datetime) -> int:
    return max((now.astimezone(PARIS).date() - first).days, 0)


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _add(connection: Connection, counts: Mapping[tuple[Place, str], int]) -> None:
    totals: Counter[tuple[Place, str]] = Counter()
    for ((month, centre_id, rating), measure), count in counts.items():
        for place in ((m, c, rating) for m in (month, ANY_MONTH) for c in (centre_id, EVERY_CENTRE)):
            totals[place, measure] += count
    rows = [
        {"month": month, "centre_id": centre_id, "rating": rating, "measure": measure, "count": count}
        for ((month, centre_id, rating), measure), count in sorted(totals.items())
        if count
    ]
    add_counts(connection, FLOW, rows)


# -- reading ---------------------------------------------------------------------------------------------------------


def gather(connection: Connection, today: date, decided: int, minimum: int, most: int | None = None) -> Gathered:
    """Everything that public statistics are made from: see ``by_centre`` for ``decided`` and ``minimum``; of the first
    ``most`` centres alone (None: of all)."""
    centres = by_centre(connection, decided, minimum)
    told = dict(islice(centres.items(), most))
    return Gathered(
        today, by_rating(connection), by_month(connection), centres, flows(connection, told), waiting(connection),
        doubts(connection), campaigns(connection, today), covered(connection, minimum), served(connection, today),
    )  # fmt: skip


def by_rating(connection: Connection, centre_id: int = EVERY_CENTRE) -> dict[str, Counts]:
    """Counts of texts by rating, of every month, at a centre or at all."""
    query = select(FLOW.c.rating, FLOW.c.measure, FLOW.c.count).where(
        FLOW.c.month == ANY_MONTH, FLOW.c.centre_id == centre_id, FLOW.c.count != 0
    )
    return _nested(connection.execute(query))


def by_month(connection: Connection) -> dict[str, Counts]:
    """Counts by month, of every centre and rating, the last month first."""
    query = (
        select(FLOW.c.month, FLOW.c.measure, func.sum(FLOW.c.count))
        .where(FLOW.c.month != ANY_MONTH, FLOW.c.centre_id == EVERY_CENTRE)
        .group_by(FLOW.c.month, FLOW.c.measure)
        .order_by(FLOW.c.month.desc())
    )
    return _nested(connection.execute(query))


def by_centre(connection: Connection, decided: int, minimum: int = 0) -> dict[int, Counts]:
    """What is published and refused and what waits at the centres of which at least so many texts are published or
    refused, in the order of their names; ``minimum``: of those alone that have so many respondents."""
    query = (
        select(FLOW.c.measure, FLOW.c.centre_id, func.sum(FLOW.c.count))
        .where(FLOW.c.month == literal_column(f"'{ANY_MONTH}'"), FLOW.c.measure.in_(_LISTED))
        .where(FLOW.c.centre_id != EVERY_CENTRE)
        .group_by(FLOW.c.measure, FLOW.c.centre_id)
    )
    counts: dict[int, dict[str, int]] = {}
    for measure, centre_id, count in connection.execute(query).all():
        counts.setdefault(centre_id, {})[measure] = int(count)
    names = select(CENTRE.c.name, CENTRE.c.id)
    if minimum:
        names = names.join(TALLY, TALLY.c.centre_id == CENTRE.c.id).where(
            TALLY.c.axis == literal_column(f"'{ratings.RESPONDENTS}'"), TALLY.c.formation_id == 0,
            TALLY.c.count >= minimum,
        )  # fmt: skip
    enough = {one for one, some in counts.items() if judged(some) >= decided}
    told = sorted((name, one) for name, one in connection.execute(names).all() if one in enough)
    return {one: counts[one] for _, one in told}


def flows(connection: Connection, centres: Mapping[int, Counts]) -> list[CentreFlow]:
    """Some centres with their counts, how many texts they received, and how many were decided after each number of
    days."""
    told: dict[int, Counts] = {}
    found: dict[int, CentreFlow] = {}
    for some in _batches(list(centres)):
        more = or_(FLOW.c.measure == RECEIVED, FLOW.c.measure.like(f"{DELAY}%"))
        query = _EVER.where(FLOW.c.centre_id.in_(some), more)
        told |= _nested(connection.execute(query.group_by(FLOW.c.centre_id, FLOW.c.measure)))
        for number, code, name, city in connection.execute(_NAMED.where(CENTRE.c.id.in_(some))):
            found[number] = CentreFlow(number, code, name, city, {**centres[number], **told.get(number, {})})
    return [found[one] for one in centres]


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


_LISTED = ("publie", "refuse", WAITING)
"""What is read of every centre, so that they may be sorted."""
_EVER = select(FLOW.c.centre_id, FLOW.c.measure, func.sum(FLOW.c.count)).where(
    FLOW.c.month == literal_column(f"'{ANY_MONTH}'")
)
_NAMED = select(
    CENTRE.c.id,
    func.coalesce(
        CENTRE.c.uai,
        select(func.min(CENTRE_CODE.c.value))
        .where(CENTRE_CODE.c.centre_id == CENTRE.c.id, CENTRE_CODE.c.scheme == "siret")
        .scalar_subquery(),
        "",
    ).label("code"),
    CENTRE.c.name,
    CENTRE.c.city,
)


def waiting(connection: Connection) -> Waiting:
    """What waits now, texts and replies. Replies are few: their texts are looked up, not walked (``concat``)."""
    texts = select(func.count(), func.min(VERBATIM.c.received_on)).where(VERBATIM.c.status == WAITING)
    replies = (
        select(func.count(), func.min(REPLY.c.written_at))
        .join(VERBATIM, VERBATIM.c.id == REPLY.c.verbatim_id)
        .where(REPLY.c.status == WAITING, VERBATIM.c.status.concat("") == "publie")
    )
    count, oldest = connection.execute(texts).one()
    unread, written_at = connection.execute(replies).one()
    return Waiting(count, oldest, unread, written_at.astimezone(PARIS).date() if written_at else None)


def doubts(connection: Connection) -> Counts:
    """How many doubts are in each state."""
    return dict(connection.execute(select(DOUBT.c.state, func.count()).group_by(DOUBT.c.state)).all())


def campaigns(connection: Connection, today: date) -> dict[str, int]:
    """How many campaigns there were, how many run now, how many centres had one."""
    row = connection.execute(
        select(
            func.count(),
            func.sum(case(((CAMPAIGN.c.opens_on <= today) & (CAMPAIGN.c.closes_on >= today), 1), else_=0)),
            func.count(CAMPAIGN.c.centre_id.distinct()),
        )
    ).one()
    return {"campagnes": row[0], "en_cours": row[1] or 0, "centres": row[2]}


def covered(connection: Connection, minimum: int) -> dict[str, int]:
    """How many formations, and how many centres, have at least so many respondents."""
    head = func.coalesce(FORMATION.c.lineage_id, FORMATION.c.id)
    answered = (TALLY.c.axis == literal_column(f"'{ratings.RESPONDENTS}'")) & (TALLY.c.count > 0)
    heads = (
        select(head)
        .join(TALLY, TALLY.c.formation_id == FORMATION.c.id)
        .where(answered, TALLY.c.centre_id == 0)
        .group_by(head)
        .having(func.sum(TALLY.c.count) >= minimum)
        .subquery()
    )
    centres = select(func.count()).where(answered, TALLY.c.formation_id == 0, TALLY.c.count >= minimum)
    return {
        "formations": connection.execute(select(func.count()).select_from(heads)).scalar_one(),
        "centres": connection.execute(centres).scalar_one(),
    }


def served(connection: Connection, today: date, months: int = 12) -> dict[str, Counts]:
    """What was served in each of the last months, by kind, the last month first."""
    year, month = divmod(today.year * 12 + today.month - months, 12)
    since = date(year, month + 1, 1)
    query = select(USAGE.c.day, USAGE.c.kind, func.sum(USAGE.c.count)).where(USAGE.c.day >= since)
    totals: dict[str, Counter[str]] = {}
    by_day = query.group_by(USAGE.c.day, USAGE.c.kind).order_by(USAGE.c.day.desc())
    for day, kind, count in connection.execute(by_day).all():
        totals.setdefault(_month(day), Counter())[kind] += count
    return dict(totals)


def _nested(rows: Iterable[Any]) -> dict[Any, Counts]:
    found: dict[Any, Any] = {}
    for key, measure, count in rows:
        if count:
            found.setdefault(key, {})[measure] = int(count)
    return found
