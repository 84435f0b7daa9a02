"""The screen of the queue: one text in front, the next ones ready behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.alerts import store as alerting
from syndication.context import Hub
from syndication.desk.asked import AGE, LEARNT, Asked
from syndication.desk.fronts import FILTERED, Front, front_of
from syndication.fairness.views import flow_of
from syndication.learnt.teaching import Reader, measured, suggestion
from syndication.moderation.decide import ALERTS, REASONS, UNDO_SECONDS
from syndication.moderation.learning import Model, Queued, ordered
from syndication.own.answers import store as own
from syndication.pages import page
from syndication.queue import store as queue
from syndication.queue.wanted import STATES, Wanted
from syndication.reviews import store as reviews

WINDOW = 300
"""The oldest texts, among which the order that was learnt chooses."""
PREPARED = 8
"""Texts that stand ready behind the one in front."""
FRESH = timedelta(minutes=1)
Scores = dict[tuple[str, int], float]
"""Scores by a text's id and edition."""
Suggested = tuple[list[queue.Choice], list[queue.Choice]]
CHOICES = 200
"""Formations and centres that filters suggest."""
DONE: Mapping[str, str] = {
    "publie": "Publié.",
    "pepite": "Publié comme pépite.",
    "refuse": "Refusé\u00a0: l'auteur lira pourquoi sur sa page.",
    "recrire": "Réécriture demandée\u00a0: l'auteur lira pourquoi sur sa page.",
    "archive": "Archivé.",
    "annule": "Annulé\u00a0: le texte est revenu à son état d'avant.",
    "gemme": "C'est une pépite.",
    "banal": "Ce n'est plus une pépite.",
    "masque": "Masques enregistrés.",
    "sujets": "Sujets enregistrés.",
    "alerte": "Signalé\u00a0: le texte a quitté la file.",
}
"""What is said of what was done."""
UNDONE_BY_KEY = frozenset({"publie", "pepite", "refuse", "recrire", "archive", "gemme", "banal"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a page answers to a post. ``done``: a key of ``DONE``, about the version of the text ``at`` that it made;
    ``fault``: a sentence, with the form that was ``typed`` given back on the text ``at``."""

    at: str = ""
    done: str = ""
    version: str = ""
    fault: str = ""
    typed: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was found for a page; ``place`` counts from 1, 0 when the text in front is not in the queue."""

    fronts: list[Front]
    total: int
    place: int
    previous: str | None


class Screen:
    """Makes the page of the queue."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reader = Reader()
        self._suggested: tuple[datetime, Suggested] | None = None
        self._scores: tuple[Model, Scores] | None = None

    def show(self, person: Person, asked: Asked, said: Said | None = None, status: int = 200) -> Response:
        """The page for some filters, after what was ``said``."""
        said = said or Said()
        with self._hub.engine.connect() as connection:
            asked = asked.meant(connection)
            model = self._reader.model(connection) if asked.etat == "attente" else None
            asked = asked if model else replace(asked, ordre=AGE)
            shown = self._look(connection, asked, said, model if asked.ordre == LEARNT else None)
            formations, centres = self._suggestions(connection)
            held, unread = reviews.count_held(connection), own.count_waiting(connection)
            unheard = alerting.unheard(connection)
            flow = flow_of(connection, self._hub)
        if asked.fault and status == 200:
            status = 422
        questions = self._hub.publisher.questions()
        return page(
            "desk/queue.html", status, here="/moderation", person=person, asked=asked, said=said, shown=shown,
            message=DONE.get(said.done, ""), undone_by_key=UNDONE_BY_KEY, seconds=UNDO_SECONDS,
            labels=questions.labels,
            questions={one.key: one.label for one in questions.asked if one.kind == "texte"},
            states=STATES, filtered=FILTERED, reasons=REASONS,
            alerts=ALERTS, learnt=measured(model) if model else (), formations=formations, centres=centres, held=held,
            flow=flow, unread=unread, unheard=unheard,
        )  # fmt: skip

    def _suggestions(self, connection: Connection) -> Suggested:
        """Formations and centres with texts that wait, looked for once a minute."""
        now = self._hub.clock()
        if self._suggested is None or not timedelta() <= now - self._suggested[0] < FRESH:
            found = queue.formations_waiting(connection, CHOICES), queue.centres_waiting(connection, CHOICES)
            self._suggested = now, found
        return self._suggested[1]

    def _look(self, connection: Connection, asked: Asked, said: Said, model: Model | None) -> _Shown:
        wanted, total = asked.wanted, queue.count(connection, asked.wanted)
        ids: list[str] = []
        before, previous = 0, None
        if total and model:
            ids, before, previous = self._learnt(connection, wanted, said.at, model)
        elif total:
            start = queue.place_of(connection, said.at) if said.at else None
            ids = queue.ids(connection, wanted, start, PREPARED + 1)
        if said.fault and said.at:
            ids = [said.at, *(one for one in ids if one != said.at)][: PREPARED + 1]
        texts = [text for text in queue.texts(connection, ids) if not text.alerted]
        if not texts:
            last = queue.ids(connection, replace(wanted, backwards=True), None, 1) if total else []
            return _Shown([], total, 0, last[0] if last else None)
        if said.at and not model and total:
            before = queue.count(connection, wanted, texts[0].place)
            previous = queue.id_before(connection, wanted, texts[0].place) if before else None
        said_by = [suggestion(model, model.score([(one.text, one.question)])[0]) if model else "" for one in texts]
        typed = [said.typed, *([None] * PREPARED)]
        fronts = [front_of(*one) for one in zip(texts, typed, said_by, strict=False)]
        return _Shown(fronts, total, before + 1, previous)

    def _learnt(
        self, connection: Connection, wanted: Wanted, at: str, model: Model
    ) -> tuple[list[str], int, str | None]:
        """Ids in the order that was learnt, from one on when it is among them, how many are before, and the last of
        these. The oldest are looked at, so that nobody waits for ever."""
        standing = queue.standing(connection, wanted, WINDOW)
        known = self._scored(connection, model, standing)
        queued = [Queued(one.id, one.received_on, known.get((one.id, one.edition))) for one in standing]
        ids = [one.id for one in ordered(queued, self._hub.clock())]
        place = ids.index(at) if at in ids else 0
        return ids[place : place + PREPARED + 1], place, ids[place - 1] if place else None

    def _scored(self, connection: Connection, model: Model, standing: Sequence[queue.Standing]) -> Scores:
        """Scores of texts by a model. Those of the last view are kept: most of its texts stand in the next."""
        kept = self._scores[1] if self._scores and self._scores[0] is model else {}
        known = {(one.id, one.edition) for one in standing} & kept.keys()
        found = {one: kept[one] for one in known}
        fresh = queue.texts(connection, [one.id for one in standing if (one.id, one.edition) not in known])
        scores = model.score([(text.text, text.question) for text in fresh])
        found |= {(text.id, text.edition): score for text, score in zip(fresh, scores, strict=True)}
        self._scores = model, found
        return found
