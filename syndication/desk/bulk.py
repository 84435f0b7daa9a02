"""The queue as a list, from which noise may be refused at one time: each text is decided, kept and undone by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.database import writing
from syndication.desk.asked import Asked
from syndication.desk.fronts import FILTERED, front_of
from syndication.errors import DecisionError
from syndication.moderation import store
from syndication.moderation.decide import NOISE, REASONS, UNDO_SECONDS
from syndication.pages import page, read_form
from syndication.queue import store as queue
from syndication.queue.wanted import STATES

MOST = 100
"""Texts of one list."""
CHOICE = "texte."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of several texts: versions of those that changed, and why others did not. ``ticked``: what was chosen
    when nothing was done."""

    done: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    undone: bool = False
    fault: str = ""
    ticked: frozenset[str] = frozenset()
    reason: str = ""


class Bulk:
    """The list."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person) -> Response:
        """Texts that wait, as a list."""
        return await run_in_threadpool(self._page, person, Asked.of({**request.query_params, "etat": "attente"}))

    async def refuse(self, request: Request, person: Person) -> Response:
        """Refuse those that were chosen, for a reason of noise."""
        form = await read_form(request, most_fields=MOST + 20)
        chosen, asked, reason = _chosen(form), Asked.back(form.get("retour", "")), form.get("raison", "")
        ticked = frozenset(chosen)
        if not chosen:
            fault = Outcome(fault="Cochez au moins un texte.", reason=reason)
        elif len(chosen) > MOST:
            fault = Outcome(fault=f"Pas plus de {MOST} textes à la fois.", ticked=ticked, reason=reason)
        elif reason not in NOISE:
            fault = Outcome(fault="Choisissez la raison du refus\u00a0: les auteurs la liront.", ticked=ticked)
        else:
            outcome = await run_in_threadpool(self._each, chosen, person, reason)
            return await run_in_threadpool(self._page, person, asked, outcome)
        return await run_in_threadpool(self._page, person, asked, fault, 422)

    async def undo(self, request: Request, person: Person) -> Response:
        """Take back what was just refused."""
        form = await read_form(request, most_fields=MOST + 20)
        outcome = await run_in_threadpool(self._each, _chosen(form), person, "")
        return await run_in_threadpool(self._page, person, Asked.back(form.get("retour", "")), outcome)

    def _each(self, chosen: Mapping[str, int], person: Person, reason: str) -> Outcome:
        """Refuse texts for a reason, or undo that when there is none; one that cannot be keeps no other from it."""
        done: dict[str, int] = {}
        left: dict[str, str] = {}
        now = self._hub.clock()
        for verbatim, version in chosen.items():
            try:
                with writing(self._hub.engine).begin() as connection:
                    if reason:
                        _check_waits(connection, verbatim)
                        store.record_decision(connection, verbatim, version, "refuse", reason, person.email, now)
                    else:
                        store.undo(connection, verbatim, version, person.email, now)
                done[verbatim] = version + 1
            except DecisionError as error:
                left[verbatim] = str(error)
        return Outcome(done, left, undone=not reason)

    def _page(self, person: Person, asked: Asked, outcome: Outcome | None = None, status: int = 200) -> Response:
        outcome = outcome or Outcome()
        with self._hub.engine.connect() as connection:
            asked = asked.meant(connection)
            ids = queue.ids(connection, asked.wanted, None, MOST)
            fronts = [front_of(text) for text in queue.texts(connection, ids)]
            left = queue.texts(connection, list(outcome.left))
            total = queue.count(connection, asked.wanted)
            unheard = alerts.unheard(connection)
        return page(
            "desk/bulk.html", status, here="/moderation", person=person, asked=asked, fronts=fronts, total=total,
            outcome=outcome, left=[(text, outcome.left[text.id]) for text in left if not text.alerted], noise=NOISE,
            reasons=REASONS, labels=self._hub.publisher.questions().labels, seconds=UNDO_SECONDS, states=STATES,
            filtered=FILTERED, unheard=unheard,
        )  # fmt: skip


def _check_waits(connection: Connection, verbatim: str) -> None:
    """Raise DecisionError for a text that no longer waits: only those may be refused by many."""
    if any(text.status != "attente" for text in queue.texts(connection, [verbatim])):
        raise DecisionError("Ce texte n'attend plus\u00a0: il se décide un par un.")


def _chosen(form: Mapping[str, str]) -> dict[str, int]:
    """Versions by text, of those that a form names."""
    return {
        name.removeprefix(CHOICE): int(value)
        for name, value in form.items()
        if name.startswith(CHOICE) and value.isascii() and value.isdigit() and len(value) < 10
    }
