"""Alerts: what tells of danger, seen by referents and by those who administer, with what they can do."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from syndication.accounts.store import Person
from syndication.alerts import store as alerts
from syndication.desk.asked import version_of
from syndication.desk.judging import Judging
from syndication.moderation.decide import ALERTS, LONGEST_NOTE, MODERATOR, REASONS
from syndication.own.answers import store as own

CLOSED = 20
"""Closed alerts that are shown again."""


class Alerts(Judging):
    """The page of alerts."""

    address, template = "/moderation/alertes", "desk/alerts.html"

    def waiting(self, connection: Connection) -> dict[str, Any]:
        """Alerts that nobody closed, then the latest that were."""
        told = alerts.told(connection)
        return {
            "opened": alerts.opened(connection),
            "closed": alerts.closed(connection, CLOSED),
            "told": told,
            "named": any(one.may("referent") for one in told),
            "kinds": ALERTS,
            "reasons": REASONS,
            "moves": MODERATOR,
            "own_moves": own.MOVES,
            "labels": self._hub.publisher.questions().labels,
            "longest": LONGEST_NOTE,
        }

    def decide(self, connection: Connection, one: int, form: Mapping[str, str], person: Person) -> str:
        """Close one with what was done, and decide of its text or give it back to the queue."""
        wished, reason = form.get("decision", ""), form.get("raison") or None
        alerts.close(
            connection, one, version_of(form), form.get("suite", ""), "" if wished == "rendre" else wished, reason,
            person.email, self._hub.clock(),
        )  # fmt: skip
        return "close"
