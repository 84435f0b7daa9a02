"""Doubts that centres report: founded or not, with a sentence for the centre."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from syndication.accounts.store import Person
from syndication.desk.judging import Judging
from syndication.doubts import store as doubts
from syndication.errors import DecisionError
from syndication.moderation.decide import REASONS


class Doubts(Judging):
    """The page of doubts."""

    address, template = "/moderation/doutes", "desk/doubts.html"

    def waiting(self, connection: Connection) -> dict[str, Any]:
        """Doubts that wait, the oldest first."""
        return {
            "doubts": doubts.open(connection),
            "reasons": REASONS,
            "grounds": doubts.GROUNDS,
            "labels": self._hub.publisher.questions().labels,
            "longest": doubts.LONGEST,
        }

    def decide(self, connection: Connection, one: int, form: Mapping[str, str], person: Person) -> str:
        """Say that one is founded, on what ground, or that it is not."""
        wished, _, ground = form.get("decision", "").partition(".")
        if wished not in {doubts.FOUNDED, doubts.UNFOUNDED}:
            raise DecisionError("Dites si ce doute est fondé.")
        founded, said = wished == doubts.FOUNDED, form.get("suite", "")
        now = self._hub.clock()
        return doubts.decide(connection, one, founded, said, person.email, now, ground or doubts.GROUNDS[0])
