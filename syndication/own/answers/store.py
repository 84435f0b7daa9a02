"""SQL of answers to centres' own questions: texts to be read, counts, and what a centre sees of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, insert, literal_column, or_, select, update

from syndication import models
from syndication.database import table, upsert
from syndication.errors import DecisionConflict, DecisionError
from syndication.moderation.decide import REASONS
from syndication.own import store as questions
from syndication.own.readings import Counted, Shown, moved

TEXT = table(models.OwnText)
QUESTION = table(models.OwnQuestion)
REVIEW = table(models.Review)
CAMPAIGN = table(models.Campaign)
CENTRE = table(models.Centre)
READING = table(models.Reading)
WAITING, SHOWN, REFUSED, WITHDRAWN = "attente", "montre", "refuse", "retire"
COUNTED = "comptee"
CHANGED = "Ce texte vient de changer\u00a0: rien n'a été fait."
MOVES = {WAITING: (SHOWN, REFUSED)}
"""Where a text may be moved, by its state."""


@dataclass(frozen=True, slots=True)
class NewText:
    """A text about to be kept, under an id that tells nothing of order. ``danger``: it may tell of some."""

    id: str
    review_id: str
    question_id: int
    text: str
    danger: bool


@dataclass(frozen=True, slots=True)
class WaitingText:
    """A text to be read before its centre sees it. ``held``: its response counts nowhere until somebody says so."""

    id: str
    text: str
    question: str
    centre: str
    version: int
    received_on: date
    held: bool


@dataclass(frozen=True, slots=True)
class Waits:
    """How many texts wait to be read, how many of these may tell of danger, and since when the oldest waits."""

    texts: int = 0
    danger: int = 0
    oldest: date | None = None

    def days(self, today: date) -> int:
        """Days that the oldest has waited; 0 when none waits."""
        return (today - self.oldest).days if self.oldest else 0


@dataclass(frozen=True, slots=True)
class Result:
    """What a centre sees of a question: ``shown`` counts of ``taken_on``, and texts in no order."""

    shown: Shown
    taken_on: date | None
    texts: tuple[str, ...]


# -- taking in -------------------------------------------------------------------------------------------------------


def keep(connection: Connection, texts: Sequence[NewText], today: date) -> None:
    """Keep texts to be read; those to questions that are not kept here are left out."""
    known = questions.known(connection, [text.question_id for text in texts])
    rows = [
        {
            "id": text.id, "review_id": text.review_id, "question_id": text.question_id, "text": text.text,
            "danger": text.danger, "alerted": False, "status": WAITING, "reason": None, "version": 1,
            "judged_by": None, "judged_at": None, "received_on": today,
        }
        for text in sorted(texts, key=lambda text: text.id)
        if text.question_id in known
    ]  # fmt: skip
    if rows:
        connection.execute(insert(TEXT), rows)


def withdraw_text(connection: Connection, source_id: str, question_id: int) -> bool:
    """Erase what an author wrote to a question; False when there is nothing."""
    return _erase(connection, TEXT.c.review_id.in_(_review(source_id)) & (TEXT.c.question_id == question_id))


def withdraw_review(connection: Connection, source_id: str) -> bool:
    """Erase everything that an author wrote to questions of a centre; False when there is nothing."""
    return _erase(connection, TEXT.c.review_id.in_(_review(source_id)))


def _erase(connection: Connection, which: Any) -> bool:
    gone = update(TEXT).where(which, TEXT.c.status != WITHDRAWN)
    values = {"text": "", "danger": False, "status": WITHDRAWN, "reason": None, "version": TEXT.c.version + 1}
    return connection.execute(gone.values(values)).rowcount > 0


def _review(source_id: str) -> Any:
    return select(REVIEW.c.id).where(REVIEW.c.source_id == source_id)


# -- moderators ------------------------------------------------------------------------------------------------------


def waiting(connection: Connection, limit: int) -> list[WaitingText]:
    """Texts to be read: those that may tell of danger, then the others, the oldest first.

    Those of responses held back wait for these to be counted, but for danger, which waits for nothing.
    """
    query = (
        select(
            TEXT.c.id, TEXT.c.text, QUESTION.c.label, CENTRE.c.name, TEXT.c.version, TEXT.c.received_on,
            REVIEW.c.state != COUNTED,
        )
        .join(QUESTION, QUESTION.c.id == TEXT.c.question_id)
        .join(CENTRE, CENTRE.c.id == QUESTION.c.centre_id)
        .join(REVIEW, REVIEW.c.id == TEXT.c.review_id)
        .where(*_to_be_read())
        .order_by(TEXT.c.danger.desc(), TEXT.c.received_on, TEXT.c.id)
        .limit(limit)
    )  # fmt: skip
    return [WaitingText(*row) for row in connection.execute(query)]


def count_waiting(connection: Connection) -> Waits:
    """What waits to be read."""
    query = (
        select(func.count(), func.sum(case((TEXT.c.danger, 1), else_=0)), func.min(TEXT.c.received_on))
        .join(REVIEW, REVIEW.c.id == TEXT.c.review_id)
        .where(*_to_be_read())
    )
    texts, danger, oldest = connection.execute(query).one()
    return Waits(texts, danger or 0, oldest)


def _to_be_read() -> tuple[ColumnElement[bool], ...]:
    # the state is written out, so that the partial index is seen to fit
    waits = TEXT.c.status == literal_column(f"'{WAITING}'")
    return waits, TEXT.c.alerted.is_(False), or_(REVIEW.c.state == COUNTED, TEXT.c.danger)


def judge(
    connection: Connection, text: str, version: int, wished: str, reason: str, judge: str, now: datetime,
    *, few: bool = False,
) -> str:  # fmt: skip
    """Let a centre see the version of a text that was read, or not (``montre``, ``refuse``); gives its state.

    ``few``: who judges may see what a referent follows, which ends. Raises DecisionError, DecisionConflict.
    """
    if wished not in {SHOWN, REFUSED}:
        raise DecisionError("Choisissez de montrer au centre ou de refuser.")
    if wished == REFUSED and reason not in REASONS:
        raise DecisionError("Choisissez la raison du refus.")
    judged = connection.execute(
        update(TEXT)
        .where(
            TEXT.c.id == text, TEXT.c.version == version, TEXT.c.status == WAITING, TEXT.c.alerted.in_({False, few})
        )
        .values(
            alerted=False, status=wished, reason=reason if wished == REFUSED else None, judged_by=judge, judged_at=now,
            version=version + 1,
        )
    )  # fmt: skip
    if judged.rowcount != 1:
        raise DecisionConflict(CHANGED)
    return wished


def follow(connection: Connection, text: str, version: int, *, followed: bool) -> None:
    """Hide the version of a text that was read from all but a few, or give it back to who reads; raises
    DecisionConflict."""
    changed = connection.execute(
        update(TEXT)
        .where(TEXT.c.id == text, TEXT.c.version == version, TEXT.c.alerted.is_(not followed))
        .where(TEXT.c.status.in_({WAITING} if followed else {WAITING, WITHDRAWN}))
        .values(alerted=followed, version=version + 1)
    )
    if changed.rowcount != 1:
        raise DecisionConflict(CHANGED)


# -- counting --------------------------------------------------------------------------------------------------------


def counts(connection: Connection, centre_id: int) -> dict[int, Counted]:
    """Everything counted now for the questions of a centre: responses held back, set aside or withdrawn are not."""
    respondents: Counter[int] = Counter()
    options: dict[int, Counter[str]] = defaultdict(Counter)
    query = select(REVIEW.c.answers).join(CAMPAIGN, CAMPAIGN.c.id == REVIEW.c.campaign_id)
    for answers in connection.execute(
        query.where(CAMPAIGN.c.opened_by == centre_id, REVIEW.c.state == COUNTED)
    ).scalars():
        for number, chosen in answers.get("own", {}).items():
            respondents[int(number)] += 1
            options[int(number)].update(chosen)
    written = (
        select(TEXT.c.question_id, func.count())
        .join(REVIEW, REVIEW.c.id == TEXT.c.review_id)
        .join(QUESTION, QUESTION.c.id == TEXT.c.question_id)
        .where(QUESTION.c.centre_id == centre_id, REVIEW.c.state == COUNTED, TEXT.c.status != WITHDRAWN)
        .group_by(TEXT.c.question_id)
    )
    for number, count in connection.execute(written):
        respondents[number] += count
    return {number: Counted(count, dict(options[number])) for number, count in respondents.items()}


def refresh(connection: Connection, minimum: int, today: date) -> int:
    """Let what centres see of their questions follow what was answered; gives how many questions moved."""
    changed = 0
    for centre_id, numbers, happened in behind(connection):
        kept, now = _readings(connection, centre_id), counts(connection, centre_id)
        rows: list[dict[str, Any]] = []
        for number in numbers:
            before = _shown(kept[number]) if number in kept else Shown()
            after = moved(before, now.get(number, Counted()), minimum)
            taken_on = today if after != before or number not in kept else kept[number].taken_on
            rows.append(_row(centre_id, number, after, happened, taken_on))
            changed += after != before
        upsert(connection, READING, rows, replace=("respondents", "counts", "taken_on"))
    return changed


def behind(connection: Connection) -> list[tuple[int, list[int], list[int]]]:
    """Centres to whose answers something happened since their questions were last counted: the centre, its questions,
    and what happened. It costs a count."""
    asked = _asked(connection)
    happened = _happened(connection, list(asked))
    return [
        (centre_id, numbers, happened[centre_id])
        for centre_id, numbers in asked.items()
        if not _is_counted(_readings(connection, centre_id), numbers, happened[centre_id])
    ]


def _is_counted(kept: Mapping[int, Row[Any]], numbers: Sequence[int], happened: list[int]) -> bool:
    return all(number in kept and kept[number].counts["seen"] == happened for number in numbers)


def results(connection: Connection, centre_id: int, numbers: Iterable[int]) -> dict[int, Result]:
    """What a centre sees of some of its questions. Texts stand by their ids, drawn at random: that is in no order."""
    kept = _readings(connection, centre_id)
    found: dict[int, Result] = {}
    for number in numbers:
        shown = _shown(kept[number]) if number in kept else Shown()
        texts = () if shown.hidden else _texts(connection, number)
        found[number] = Result(shown, kept[number].taken_on if number in kept else None, texts)
    return found


def _texts(connection: Connection, number: int) -> tuple[str, ...]:
    query = select(TEXT.c.text).join(REVIEW, REVIEW.c.id == TEXT.c.review_id).order_by(TEXT.c.id)
    query = query.where(TEXT.c.question_id == number, TEXT.c.status == SHOWN, REVIEW.c.state == COUNTED)
    return tuple(connection.execute(query).scalars())


def _asked(connection: Connection) -> dict[int, list[int]]:
    """Questions that campaigns may have asked, by centre."""
    found: dict[int, list[int]] = defaultdict(list)
    query = select(QUESTION.c.centre_id, QUESTION.c.id).where(
        (QUESTION.c.state == questions.ACCEPTED)
        | ((QUESTION.c.state == questions.RETIRED) & (QUESTION.c.reason == questions.ACCEPTED))
    )
    for centre_id, number in connection.execute(query.order_by(QUESTION.c.id)):
        found[centre_id].append(number)
    return found


def _happened(connection: Connection, centres: Sequence[int]) -> dict[int, list[int]]:
    """What tells that something happened to answers of a centre: counted, not counted, texts taken back."""
    told = {centre_id: [0, 0, 0] for centre_id in centres}
    reviews = (
        select(CAMPAIGN.c.opened_by, REVIEW.c.state, func.count())
        .join(REVIEW, REVIEW.c.campaign_id == CAMPAIGN.c.id)
        .where(CAMPAIGN.c.opened_by.in_(centres))
        .group_by(CAMPAIGN.c.opened_by, REVIEW.c.state)
    )
    for centre_id, state, count in connection.execute(reviews):
        told[centre_id][0 if state == COUNTED else 1] += count
    texts = (
        select(QUESTION.c.centre_id, func.count())
        .join(TEXT, TEXT.c.question_id == QUESTION.c.id)
        .where(QUESTION.c.centre_id.in_(centres), TEXT.c.status == WITHDRAWN)
        .group_by(QUESTION.c.centre_id)
    )
    for centre_id, count in connection.execute(texts):
        told[centre_id][2] = count
    return told


_PREFIX = "own:"


def _readings(connection: Connection, centre_id: int) -> dict[int, Row[Any]]:
    query = select(READING).where(
        READING.c.centre_id == centre_id, READING.c.formation_id == 0, READING.c.year.like(f"{_PREFIX}%")
    )
    return {int(row.year.removeprefix(_PREFIX)): row for row in connection.execute(query)}


def _shown(row: Row[Any]) -> Shown:
    counted: Mapping[str, Any] = row.counts
    return Shown(Counted(row.respondents, counted["options"]), hidden=counted["hidden"])


def _row(centre_id: int, number: int, shown: Shown, happened: list[int], taken_on: date) -> dict[str, Any]:
    told = {"options": dict(shown.counted.options), "hidden": shown.hidden, "seen": happened}
    return {
        "centre_id": centre_id, "formation_id": 0, "year": f"{_PREFIX}{number}",
        "respondents": shown.counted.respondents, "counts": told, "taken_on": taken_on,
    }  # fmt: skip
