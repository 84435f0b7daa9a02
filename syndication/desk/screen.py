"""The screen of the queue: one text in front, the next ones ready behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.context import Hub
from syndication.desk.asked import Asked
from syndication.desk.fronts import FILTERED, Front, front_of
from syndication.moderation.decide import ALERTS, REASONS, UNDO_SECONDS
from syndication.pages import page
from syndication.queue import store as queue
from syndication.queue.wanted import STATES
from syndication.reviews import store as reviews

PREPARED = 6
"""Texts that stand ready behind the one in front."""
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

    def show(self, person: Person, asked: Asked, said: Said | None = None, status: int = 200) -> Response:
        """The page for some filters, after what was ``said``."""
        said = said or Said()
        with self._hub.engine.connect() as connection:
            asked = asked.meant(connection)
            shown = self._look(connection, asked, said)
            formations = queue.formations_waiting(connection, CHOICES)
            centres = queue.centres_waiting(connection, CHOICES)
            held = reviews.count_held(connection)
        if asked.fault and status == 200:
            status = 422
        return page(
            "desk/queue.html", status, here="/moderation", person=person, asked=asked, said=said, shown=shown,
            message=DONE.get(said.done, ""), undone_by_key=UNDONE_BY_KEY, seconds=UNDO_SECONDS,
            labels=self._hub.publisher.questions().labels, states=STATES, filtered=FILTERED, reasons=REASONS,
            alerts=ALERTS, formations=formations, centres=centres, held=held,
        )  # fmt: skip

    @staticmethod
    def _look(connection: Connection, asked: Asked, said: Said) -> _Shown:
        wanted = asked.wanted
        start = queue.place_of(connection, said.at) if said.at else None
        ids = queue.ids(connection, wanted, start, PREPARED + 1)
        if said.fault and start is not None:
            ids = [said.at, *(one for one in ids if one != said.at)][: PREPARED + 1]
        texts = [text for text in queue.texts(connection, ids) if not text.alerted]
        total = queue.count(connection, wanted)
        if not texts:
            return _Shown([], total, 0, ids[0] if ids else None)
        first = texts[0]
        before = queue.count(connection, wanted, first.place)
        previous = queue.id_before(connection, wanted, first.place) if before else None
        fronts = [front_of(first, said.typed), *(front_of(text) for text in texts[1:])]
        return _Shown(fronts, total, before + 1, previous)
