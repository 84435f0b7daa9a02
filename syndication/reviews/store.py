"""SQL of what happens to a review: held back until a moderator counts it, rewritten or withdrawn by its author."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from syndication import models, ratings, store
from syndication.database import table
from syndication.errors import DecisionConflict, DecisionError
from syndication.fairness import store as fairness
from syndication.replies import store as replies
from syndication.reviews.subjects import SUBJECTS
from syndication.search import store as search
from syndication.store import Scope

REVIEW = table(models.Review)
VERBATIM = table(models.Verbatim)
VERBATIM_SUBJECT = table(models.VerbatimSubject)
DECISION = table(models.Decision)
ALERT = table(models.Alert)
REVIEW_DECISION = table(models.ReviewDecision)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
COUNTED, HELD, DISCARDED, WITHDRAWN = "comptee", "a_verifier", "ecartee", "retiree"
AUTHOR = fairness.AUTHOR
DOUBTFUL = "douteux"
"""Reason told to the authors of texts whose whole response was set aside."""


@dataclass(frozen=True, slots=True)
class HeldReview:
    """A response that is not counted until somebody says so, with what surrounds it; ``waiting``: ids of its texts."""

    id: str
    marks: list[str]
    formation: str
    centre: str
    month: str | None
    received_on: date
    answered: int
    texts: int
    waiting: tuple[str, ...]


def known_fingerprints(connection: Connection, fingerprints: Sequence[str]) -> set[str]:
    """Those among fingerprints that some text bears already."""
    known: set[str] = set()
    for start in range(0, len(fingerprints), 500):
        some = fingerprints[start : start + 500]
        query = select(VERBATIM.c.fingerprint).distinct().where(VERBATIM.c.fingerprint.in_(some))
        known.update(connection.execute(query).scalars())
    return known


def held(connection: Connection, limit: int) -> list[HeldReview]:
    """Responses held back, the oldest first."""
    query = (
        select(
            REVIEW.c.id, REVIEW.c.marks, REVIEW.c.month, REVIEW.c.received_on, REVIEW.c.answers,
            FORMATION.c.title.label("formation"), CENTRE.c.name.label("centre"),
        )
        .join(FORMATION, FORMATION.c.id == REVIEW.c.formation_id)
        .join(CENTRE, CENTRE.c.id == REVIEW.c.centre_id)
        .where(REVIEW.c.state == HELD)
        .order_by(REVIEW.c.received_on, REVIEW.c.id)
        .limit(limit)
    )  # fmt: skip
    rows = connection.execute(query).all()
    texts: dict[str, list[Any]] = {row.id: [] for row in rows}
    query_texts = select(VERBATIM.c.review_id, VERBATIM.c.id, VERBATIM.c.status).where(VERBATIM.c.review_id.in_(texts))
    for text in connection.execute(query_texts.order_by(VERBATIM.c.question)):
        texts[text.review_id].append(text)
    return [
        HeldReview(
            row.id, row.marks, row.formation, row.centre, row.month, row.received_on,
            len({*row.answers["scales"], *row.answers["choices"]}), len(texts[row.id]),
            tuple(text.id for text in texts[row.id] if text.status == "attente"),
        )
        for row in rows
    ]  # fmt: skip


def count_held(connection: Connection) -> int:
    """How many responses are held back."""
    return connection.execute(select(func.count()).where(REVIEW.c.state == HELD)).scalar_one()


def judge(connection: Connection, review_id: str, wished: str, actor: str, now: datetime) -> str:
    """Count a response that was held back, or set it aside; gives its state. Raises DecisionError, DecisionConflict.

    The texts of a response set aside are refused, and their authors told.
    """
    if wished not in {COUNTED, DISCARDED}:
        raise DecisionError("Choisissez de compter cette réponse ou de l'écarter.")
    row = connection.execute(select(REVIEW).where(REVIEW.c.id == review_id)).first()
    if row is None:
        raise DecisionError("Cette réponse n'existe plus.")
    if row.state != HELD:
        raise DecisionConflict("Quelqu'un d'autre vient de décider de cette réponse\u00a0: rien n'a été changé.")
    if wished == COUNTED:
        count_in(connection, review_id, actor, now)
        return COUNTED
    _move(connection, review_id, (HELD,), DISCARDED, actor, now)
    for verbatim in _texts(connection, review_id):
        if verbatim.status == "attente":
            _change_text(
                connection, verbatim, actor, now, status="refuse", reason=DOUBTFUL, receipt_due=row.origin == "collecte"
            )
    return DISCARDED


def count_in(connection: Connection, review_id: str, actor: str, now: datetime) -> None:
    """Count a response that was not, because somebody said that it is genuine; one that is counted stays so."""
    row = connection.execute(select(REVIEW).where(REVIEW.c.id == review_id)).first()
    if row is None or row.state not in {HELD, DISCARDED}:
        return
    _move(connection, review_id, (HELD, DISCARDED), COUNTED, actor, now)
    counts = Counter({(axis, value): count for axis, value, count in row.counts})
    _add(connection, (row.formation_id, row.centre_id), counts, now)
    _recount(connection, row.campaign_id, counts[ratings.RESPONDENTS, ""])


def hold_again(connection: Connection, review_id: str, actor: str, at: datetime, now: datetime) -> None:
    """Hold back again a response that somebody's decision counted at a moment, since they undo it."""
    query = select(REVIEW_DECISION).where(REVIEW_DECISION.c.review_id == review_id)
    last = connection.execute(query.order_by(REVIEW_DECISION.c.id.desc()).limit(1)).first()
    if last is None or (last.actor, last.at, last.to_state) != (actor, at, COUNTED):
        return
    row = connection.execute(select(REVIEW).where(REVIEW.c.id == review_id)).one()
    _move(connection, review_id, (COUNTED,), last.from_state, actor, now)
    taken = Counter({(axis, value): -count for axis, value, count in row.counts})
    _add(connection, (row.formation_id, row.centre_id), taken, now)
    _recount(connection, row.campaign_id, taken[ratings.RESPONDENTS, ""])


def rewrite(
    connection: Connection,
    source_id: str,
    question: str,
    text: str,
    fingerprint: str | None,
    signals: Sequence[str],
    now: datetime,
) -> bool:
    """Put an author's new words in the place of others, to be read; False when they are there already.

    The author saw the old ones refused, masked or sent back: if somebody published them since, they give way all the
    same. Their page is told that the new ones wait, lest news of the old ones came to it meanwhile.
    """
    verbatim = _text_of(connection, source_id, question)
    if verbatim is None or verbatim.status == "retire" or verbatim.text == text:
        return False
    _change_text(
        connection, verbatim, AUTHOR, now, status="attente", reason=None, text=text, fingerprint=fingerprint,
        digest=store.digest(text), edition=verbatim.edition + 1, shown=None, masks=[], received_on=now.date(),
        published_at=None, gem=False, alerted=_is_followed(connection, verbatim.id), receipt_due=True,
    )  # fmt: skip
    store.keep_signals(connection, {verbatim.id: signals})
    replies.end_with_text(connection, verbatim.id, verbatim.centre_id, replies.REWRITTEN, now)
    _unpublish(connection, verbatim, now)
    _forget_subjects(connection, verbatim.id)
    return True


def withdraw_text(connection: Connection, source_id: str, question: str, now: datetime) -> bool:
    """Take an author's text off every surface and erase its words; False when there is none."""
    verbatim = _text_of(connection, source_id, question)
    if verbatim is None or verbatim.status == "retire":
        return False
    _retire(connection, verbatim, now)
    return True


def withdraw_review(
    connection: Connection, source_id: str, counts: Mapping[tuple[str, str], int], now: datetime
) -> bool:
    """Take a whole response off every surface and erase what it said; ``counts`` is what it adds when it is counted."""
    row = connection.execute(select(REVIEW).where(REVIEW.c.source_id == source_id)).first()
    if row is None or row.state == WITHDRAWN:
        return False
    for verbatim in _texts(connection, row.id):
        if verbatim.status != "retire":
            _retire(connection, verbatim, now)
    if row.state == COUNTED:
        taken = Counter({key: -count for key, count in counts.items()})
        _add(connection, (row.formation_id, row.centre_id), taken, now)
        _recount(connection, row.campaign_id, taken[ratings.RESPONDENTS, ""])
    _move(connection, row.id, (COUNTED, HELD, DISCARDED), WITHDRAWN, AUTHOR, now)
    nothing: dict[str, Any] = {"scales": {}, "choices": {}}
    connection.execute(update(REVIEW).where(REVIEW.c.id == row.id).values(answers=nothing, marks=[], counts=[]))
    return True


def answers_of(connection: Connection, source_id: str) -> tuple[Mapping[str, Any], str, str | None] | None:
    """Answers of a response as stored, its questionnaire's version, its month; None when there is none."""
    query = select(REVIEW.c.answers, REVIEW.c.questionnaire_version, REVIEW.c.month)
    row = connection.execute(query.where(REVIEW.c.source_id == source_id)).first()
    return (row.answers, row.questionnaire_version, row.month) if row else None


def show(
    connection: Connection, verbatim: str, question: str, text: str, scope: Scope, subjects: Sequence[str]
) -> None:
    """Bring a text before the public under its subjects; unknown ones are left out."""
    known = [subject for subject in SUBJECTS if subject in subjects]
    _forget_subjects(connection, verbatim)
    if known:
        connection.execute(insert(VERBATIM_SUBJECT), [{"verbatim_id": verbatim, "subject": one} for one in known])
    search.keep(connection, search.VERBATIM, [search.verbatim_entry(verbatim, text, *scope)])
    _count(connection, scope, question, known, 1)


def hide(connection: Connection, verbatim: str, question: str, scope: Scope) -> None:
    """Take a text that was before the public away from it; its subjects are remembered, lest it comes back."""
    search.drop(connection, search.VERBATIM, [verbatim])
    _count(connection, scope, question, subjects_of(connection, verbatim), -1)


def subjects_of(connection: Connection, verbatim: str) -> list[str]:
    """Subjects that somebody recognised in a text."""
    query = select(VERBATIM_SUBJECT.c.subject).where(VERBATIM_SUBJECT.c.verbatim_id == verbatim)
    return list(connection.execute(query.order_by(VERBATIM_SUBJECT.c.subject)).scalars())


def _forget_subjects(connection: Connection, verbatim: str) -> None:
    connection.execute(delete(VERBATIM_SUBJECT).where(VERBATIM_SUBJECT.c.verbatim_id == verbatim))


def _is_followed(connection: Connection, verbatim: str) -> bool:
    """True when a referent has not yet closed an alert on a text."""
    query = select(ALERT.c.id).where(ALERT.c.verbatim_id == verbatim, ALERT.c.state == "ouverte")
    return connection.execute(query).first() is not None


def _count(connection: Connection, scope: Scope, question: str, subjects: Sequence[str], step: int) -> None:
    counts = {(scope, ratings.VERBATIMS, question): step} | {(scope, ratings.SUBJECTS, one): step for one in subjects}
    store.add_to_tally(connection, counts)


def _texts(connection: Connection, review_id: str) -> Sequence[Row[Any]]:
    return connection.execute(select(VERBATIM).where(VERBATIM.c.review_id == review_id)).all()


def _text_of(connection: Connection, source_id: str, question: str) -> Row[Any] | None:
    query = select(VERBATIM).join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
    return connection.execute(query.where(REVIEW.c.source_id == source_id, VERBATIM.c.question == question)).first()


def _retire(connection: Connection, verbatim: Row[Any], now: datetime) -> None:
    _change_text(
        connection, verbatim, AUTHOR, now, status="retire", reason=None, text="", fingerprint=None,
        digest="", shown=None, masks=[], published_at=None, gem=False, receipt_due=False,
    )  # fmt: skip
    store.keep_signals(connection, {verbatim.id: ()})
    replies.end_with_text(connection, verbatim.id, verbatim.centre_id, replies.WITHDRAWN, now)
    _unpublish(connection, verbatim, now)
    _forget_subjects(connection, verbatim.id)


def _unpublish(connection: Connection, verbatim: Row[Any], now: datetime) -> None:
    """Take a text that was published off the figures and off what is ready."""
    if verbatim.status == "publie":
        scope = (verbatim.formation_id, verbatim.centre_id)
        hide(connection, verbatim.id, verbatim.question, scope)
        store.note_changes(connection, [], now, {verbatim.id: scope})


def _change_text(
    connection: Connection, verbatim: Row[Any], actor: str, now: datetime, *, status: str, **values: Any
) -> None:
    """Move a text to a state; raises DecisionConflict when somebody moved it in between."""
    changed = connection.execute(
        update(VERBATIM)
        .where(VERBATIM.c.id == verbatim.id, VERBATIM.c.version == verbatim.version)
        .values(status=status, version=verbatim.version + 1, **values)
    )
    if changed.rowcount != 1:
        raise DecisionConflict("Ce texte vient de changer\u00a0: rien n'a été fait.")
    store.mark_signals(connection, [verbatim.id])
    connection.execute(
        insert(DECISION).values(
            verbatim_id=verbatim.id, actor=actor, at=_moment(actor, now), act="decision", note="",
            from_status=verbatim.status, to_status=status, reason=values.get("reason"),
        )
    )  # fmt: skip
    fairness.moved(connection, verbatim._mapping, {"status": status, **values}, actor, now)


def _moment(actor: str, now: datetime) -> datetime:
    """When an act is said to have happened: an author's, to the day, since a finer time would help to tell who."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) if actor == AUTHOR else now


def _move(
    connection: Connection, review_id: str, from_states: Sequence[str], to_state: str, actor: str, now: datetime
) -> None:
    current = connection.execute(select(REVIEW.c.state).where(REVIEW.c.id == review_id)).scalar_one()
    moved = connection.execute(
        update(REVIEW).where(REVIEW.c.id == review_id, REVIEW.c.state.in_(from_states)).values(state=to_state)
    )
    if moved.rowcount != 1:
        raise DecisionConflict("Quelqu'un d'autre vient de décider de cette réponse\u00a0: rien n'a été changé.")
    connection.execute(
        insert(REVIEW_DECISION).values(
            review_id=review_id, actor=actor, at=_moment(actor, now), from_state=current, to_state=to_state
        )
    )


def _add(connection: Connection, scope: Scope, counts: Mapping[tuple[str, str], int], now: datetime) -> None:
    store.add_to_tally(connection, {(scope, axis, value): count for (axis, value), count in counts.items()})
    store.note_changes(connection, [scope], now)


def _recount(connection: Connection, campaign_id: str | None, respondents: int) -> None:
    """Keep a campaign's count of respondents, and with it how many answered unasked."""
    campaign = store.campaign(connection, campaign_id) if campaign_id else None
    if campaign is None or not respondents:
        return
    after = campaign.respondents + respondents
    difference = ratings.invitation_counts(campaign.invited, after)
    difference.subtract(ratings.invitation_counts(campaign.invited, campaign.respondents))
    store.add_to_tally(connection, {(campaign.scope, axis, value): n for (axis, value), n in difference.items()})
    store.set_campaign_counts(connection, campaign.id, campaign.invited, after)
