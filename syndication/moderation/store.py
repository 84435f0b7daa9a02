"""SQL of what people do to a verbatim. Every act is checked, applied to the version that was read, and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal_column, select, update

from syndication import models, store
from syndication.database import joined, table
from syndication.errors import DecisionConflict, DecisionError
from syndication.fairness import store as fairness
from syndication.moderation import masking
from syndication.moderation.decide import checked_note, decide, may_undo
from syndication.moderation.masking import Mask
from syndication.reviews import store as reviews
from syndication.search import store as search

VERBATIM = table(models.Verbatim)
REVIEW = table(models.Review)
DECISION = table(models.Decision)
ALERT = table(models.Alert)
FORMATION = table(models.Formation)
CENTRE = table(models.Centre)
VERBATIM_SIGNAL = table(models.VerbatimSignal)
SERVICE = "service"
"""Who acts when the service does by itself."""
DECIDED, UNDONE, GEM, PLAIN, MASKED, SUBJECTS = "decision", "annulation", "pepite", "banal", "masque", "sujets"
CHANGED = "Quelqu'un d'autre vient de décider de ce texte\u00a0: rien n'a été changé."
FOLLOWED = "Ce texte a été signalé à un référent\u00a0: c'est à lui d'en décider."
_SIGNALS = (
    select(joined(VERBATIM_SIGNAL.c.signal)).where(VERBATIM_SIGNAL.c.verbatim_id == VERBATIM.c.id).scalar_subquery()
)
WAITS = VERBATIM.c.status == literal_column("'attente'")
"""Written out, so that the partial index of texts that wait is seen to fit."""


@dataclass(frozen=True, slots=True)
class WaitingText:
    """A text to judge, with what surrounds it."""

    id: str
    question: str
    text: str
    month: str | None
    received_on: date
    signals: list[str]
    version: int
    marks: list[str]
    formation: str
    centre: str


def waiting(connection: Connection, limit: int) -> list[WaitingText]:
    """Texts that wait and that anybody who moderates may read, the oldest first."""
    query = (
        select(
            VERBATIM.c.id, VERBATIM.c.question, VERBATIM.c.text, VERBATIM.c.month, VERBATIM.c.received_on,
            _SIGNALS.label("signals"), VERBATIM.c.version, REVIEW.c.marks, FORMATION.c.title.label("formation"),
            CENTRE.c.name.label("centre"),
        )
        .join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)
        .join(FORMATION, FORMATION.c.id == VERBATIM.c.formation_id)
        .join(CENTRE, CENTRE.c.id == VERBATIM.c.centre_id)
        .where(WAITS, VERBATIM.c.alerted.is_(False))
        .order_by(VERBATIM.c.received_on, VERBATIM.c.id)
        .limit(limit)
    )  # fmt: skip
    rows = connection.execute(query).mappings()
    return [WaitingText(**{**row, "signals": sorted(filter(None, (row["signals"] or "").split(",")))}) for row in rows]


def waiting_count(connection: Connection, formation_ids: tuple[int, ...], centre_id: int) -> int:
    """How many texts wait for a formation in a centre."""
    query = select(func.count()).where(
        VERBATIM.c.status == "attente", VERBATIM.c.formation_id.in_(formation_ids), VERBATIM.c.centre_id == centre_id
    )
    return connection.execute(query).scalar_one()


# -- acts ------------------------------------------------------------------------------------------------------------


def record_decision(
    connection: Connection,
    verbatim_id: str,
    version: int,
    wished: str,
    reason: str | None,
    actor: str,
    now: datetime,
    subjects: Sequence[str] = (),
    *,
    gem: bool = False,
    few: bool = False,
    note: str = "",
) -> str:
    """Apply a decision to the version that was read, and give the new state; raises DecisionError, DecisionConflict.

    ``subjects`` are what a published text speaks of; ``gem``: it is one from the start; ``few``: who decides may see
    what a referent follows. Who publishes a text says that its response is genuine: one held back is counted.
    """
    current = current_text(connection, verbatim_id, version, few=few)
    if _alerts(connection, verbatim_id, opened=True):
        raise DecisionConflict(FOLLOWED)
    outcome = decide(current.status, wished, reason)
    values: dict[str, Any] = {"reason": outcome.reason}
    acts = [(DECIDED, outcome.reason, checked_note(note))]
    if current.status == "publie" and current.gem:
        values["gem"] = False
        acts += [(PLAIN, None, "")]
    if outcome.status == "publie":
        values |= {"published_at": now, "gem": gem, "alerted": False}
        acts += [(GEM, None, "")] if gem else []
    _apply(connection, current, outcome.status, values, actor, now, acts)
    if outcome.status == "publie":
        reviews.count_in(connection, current.review_id, actor, now)
    _follow(connection, current, outcome.status, subjects, now)
    return outcome.status


def undo(
    connection: Connection, verbatim_id: str, version: int, actor: str, now: datetime, *, few: bool = False
) -> str:
    """Take back one's own decision within seconds, if nobody acted since, and give the state that the text is in again.

    Raises DecisionError, DecisionConflict. A response that the decision counted is held back again.
    """
    current = current_text(connection, verbatim_id, version, few=few)
    acts = _latest_acts(connection, verbatim_id)
    if _alerts(connection, verbatim_id):
        raise DecisionError(
            "Une décision sur un texte qui a donné une alerte ne s'annule pas\u00a0: décidez de nouveau."
        )
    if not acts or acts[-1].act not in {DECIDED, GEM, PLAIN} or not may_undo(actor, acts[0].actor, acts[0].at, now):
        raise DecisionError("On annule sa propre décision, dans les dix secondes\u00a0: décidez de nouveau.")
    before, names = acts[0].from_status, {act.act for act in acts}
    values: dict[str, Any] = {"reason": _reason_of(connection, verbatim_id, before, acts[0].id)}
    if GEM in names or PLAIN in names:
        values["gem"] = GEM not in names
    _apply(connection, current, before, values, actor, now, [(UNDONE, values["reason"], "")])
    if current.status == "publie" and before != "publie":
        reviews.hold_again(connection, current.review_id, actor, acts[0].at, now)
    _follow(connection, current, before, reviews.subjects_of(connection, verbatim_id), now)
    if current.status == before == "publie":
        store.note_changes(connection, [], now, {verbatim_id: _scope(current)})
    return str(before)


def suspend(
    connection: Connection, current: Row[Any], actor: str, now: datetime, act: tuple[str, str | None, str]
) -> int:
    """Take a published text away from the public, to be decided anew, and give its version; raises DecisionConflict.

    It waits from now on, not since it was written.
    """
    values = {"published_at": None, "gem": False, "reason": None, "received_on": now.date()}
    _apply(connection, current, "attente", values, actor, now, [act])
    _follow(connection, current, "attente", (), now)
    return int(current.version) + 1


def mark_gem(
    connection: Connection, verbatim_id: str, version: int, actor: str, now: datetime, *, gem: bool, few: bool = False
) -> None:
    """Say that a published text is a gem, or no longer one; raises DecisionError, DecisionConflict."""
    current = current_text(connection, verbatim_id, version, few=few)
    if current.status != "publie":
        raise DecisionError("Seul un texte publié peut être une pépite.")
    if current.gem == gem:
        raise DecisionError("Ce texte est déjà une pépite." if gem else "Ce texte n'est pas une pépite.")
    _apply(connection, current, "publie", {"gem": gem}, actor, now, [(GEM if gem else PLAIN, None, "")])
    store.note_changes(connection, [], now, {verbatim_id: _scope(current)})


def set_subjects(
    connection: Connection, verbatim_id: str, version: int, actor: str, now: datetime, subjects: Sequence[str],
    *, few: bool = False,
) -> None:  # fmt: skip
    """Say anew what a published text speaks of; raises DecisionError, DecisionConflict."""
    current = current_text(connection, verbatim_id, version, few=few)
    if current.status != "publie":
        raise DecisionError("Les sujets se disent en publiant.")
    _apply(connection, current, "publie", {}, actor, now, [(SUBJECTS, None, "")])
    reviews.hide(connection, verbatim_id, current.question, _scope(current))
    _follow(connection, current, "publie", subjects, now, anew=True)


def lay_masks(
    connection: Connection, verbatim_id: str, version: int, actor: str, now: datetime, masks: Sequence[Mask],
    *, few: bool = False,
) -> None:  # fmt: skip
    """Lay masks on a text that waits or is published, in the place of those it has; raises DecisionError,
    DecisionConflict. Its author is told of what is published."""
    current = current_text(connection, verbatim_id, version, few=few)
    if current.status not in {"attente", "publie"}:
        raise DecisionError("On masque un texte qui attend ou qui est publié.")
    laid = masking.checked(current.text, masks)
    if laid == masking.read(current.masks):
        raise DecisionError("Choisissez ce qu'il faut masquer, ou montrer de nouveau.")
    words = masking.shown(current.text, laid)
    values = {"masks": [list(mask) for mask in laid], "shown": words if laid else None}
    _apply(connection, current, current.status, values, actor, now, [(MASKED, None, "")])
    if current.status == "publie":
        search.keep(connection, search.VERBATIM, [search.verbatim_entry(verbatim_id, words, *_scope(current))])
        store.note_changes(connection, [], now, {verbatim_id: _scope(current)})


def archive_old(connection: Connection, before: str, now: datetime, after: str, limit: int) -> list[str]:
    """Archive published texts, and those whose rewriting nobody sent, whose experience is older than a month
    (YYYY-MM); gives their ids. ``after``: ids looked at already, in order."""
    query = (
        _CURRENT.where(VERBATIM.c.status.in_(("publie", "recrire")), VERBATIM.c.month < before, VERBATIM.c.id > after)
        .order_by(VERBATIM.c.id)
        .limit(limit)
    )
    found = connection.execute(query).all()
    for current in found:
        _apply(connection, current, "archive", {"reason": None}, SERVICE, now, [(DECIDED, None, "")])
        _follow(connection, current, "archive", (), now)
    return [current.id for current in found]


# -- one text --------------------------------------------------------------------------------------------------------

_CURRENT = select(VERBATIM, REVIEW.c.origin).join(REVIEW, REVIEW.c.id == VERBATIM.c.review_id)


def current_text(connection: Connection, verbatim_id: str, version: int, *, few: bool) -> Row[Any]:
    """A text as it stands, if it is the version that was read; raises DecisionError, DecisionConflict."""
    current = connection.execute(_CURRENT.where(VERBATIM.c.id == verbatim_id)).first()
    if current is None:
        raise DecisionError("Ce texte n'existe plus.")
    if current.version != version:
        raise DecisionConflict(_why_changed(connection, current))
    if current.alerted and not few:
        raise DecisionConflict(FOLLOWED)
    return current


def _why_changed(connection: Connection, current: Row[Any]) -> str:
    """Who moved a text since it was read."""
    if current.status == "retire":
        return "Son auteur vient de retirer ce texte\u00a0: ses mots n'existent plus, et rien n'a été changé."
    query = select(DECISION.c.actor).where(DECISION.c.verbatim_id == current.id).order_by(DECISION.c.id.desc()).limit(1)
    if connection.execute(query).scalar() == reviews.AUTHOR:
        return "Son auteur vient de réécrire ce texte\u00a0: relisez-le, rien n'a été changé."
    return CHANGED


def _alerts(connection: Connection, verbatim_id: str, *, opened: bool = False) -> bool:
    """True when a text gave an alert; ``opened``: one that nobody closed."""
    query = select(ALERT.c.id).where(ALERT.c.verbatim_id == verbatim_id)
    return connection.execute(query.where(ALERT.c.state == "ouverte") if opened else query).first() is not None


def _apply(
    connection: Connection,
    current: Row[Any],
    status: str,
    values: Mapping[str, Any],
    actor: str,
    now: datetime,
    acts: Sequence[tuple[str, str | None, str]],
) -> None:
    """Change a text unless somebody did in between, and keep the acts (name, reason, note); raises DecisionConflict.

    The author is owed news of what is decided, not of what only concerns the desk.
    """
    news = status != current.status or (status == "publie" and "masks" in values)
    told = news and current.origin == "collecte"
    applied = connection.execute(
        update(VERBATIM)
        .where(VERBATIM.c.id == current.id, VERBATIM.c.version == current.version)
        .values(status=status, version=current.version + 1, receipt_due=told or current.receipt_due, **values)
    )
    if applied.rowcount != 1:
        raise DecisionConflict(CHANGED)
    store.mark_signals(connection, [current.id])
    keep_acts(connection, current.id, (current.status, status), actor, now, acts)
    fairness.moved(connection, current._mapping, {"status": status, **values}, actor, now)


def keep_acts(
    connection: Connection,
    verbatim_id: str,
    states: tuple[str, str],
    actor: str,
    now: datetime,
    acts: Sequence[tuple[str, str | None, str]],
) -> None:
    """Keep acts for good: name, reason and note of each; the first goes from a state to another, the others stay."""
    before, after = states
    rows = [
        {"verbatim_id": verbatim_id, "actor": actor, "at": now, "act": act, "from_status": after if place else before,
         "to_status": after, "reason": reason, "note": note}
        for place, (act, reason, note) in enumerate(acts)
    ]  # fmt: skip
    connection.execute(insert(DECISION), rows)


def _follow(
    connection: Connection, before: Row[Any], status: str, subjects: Sequence[str], now: datetime, *, anew: bool = False
) -> None:
    """Bring before the public what is published, take away what is not any more; ``anew``: it was hidden just now."""
    step = (status == "publie") - (before.status == "publie" and not anew)
    if step > 0:
        words = before.shown or before.text
        reviews.show(connection, before.id, before.question, words, _scope(before), subjects)
    elif step:
        reviews.hide(connection, before.id, before.question, _scope(before))
    if step:
        store.note_changes(connection, [], now, {before.id: _scope(before)})


def _latest_acts(connection: Connection, verbatim_id: str) -> list[Row[Any]]:
    """The acts that were done last on a text, at one time by one person, in their order."""
    query = select(DECISION).where(DECISION.c.verbatim_id == verbatim_id).order_by(DECISION.c.id.desc()).limit(2)
    rows = connection.execute(query).all()
    same = [row for row in rows if (row.actor, row.at) == (rows[0].actor, rows[0].at)]
    together = len(same) == 2 and same[1].act == DECIDED and same[0].act in {GEM, PLAIN}
    return list(reversed(same)) if together else same[:1]


def _reason_of(connection: Connection, verbatim_id: str, status: str, before: int) -> str | None:
    """Why a text came to be in a state, the last time before an act."""
    query = select(DECISION.c.reason).where(
        DECISION.c.verbatim_id == verbatim_id, DECISION.c.to_status == status, DECISION.c.act.in_((DECIDED, UNDONE)),
        DECISION.c.id < before,
    )  # fmt: skip
    return connection.execute(query.order_by(DECISION.c.id.desc()).limit(1)).scalar()


def _scope(current: Row[Any]) -> store.Scope:
    return current.formation_id, current.centre_id
