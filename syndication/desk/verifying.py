"""Responses that are held back: count them, or set them aside."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from syndication.accounts.store import Person
from syndication.desk.fronts import OTHER_SIGNALS
from syndication.desk.judging import Judging
from syndication.reviews import store as reviews

SCREEN = 20
"""Responses on one screen."""


class Verifying(Judging):
    """The page of responses that are held back."""

    address, template = "/moderation/verifier", "desk/verifying.html"

    def waiting(self, connection: Connection) -> dict[str, Any]:
        """The oldest ones, and what is odd in each."""
        held, total = reviews.held(connection, SCREEN), reviews.count_held(connection)
        return {"held": held, "total": total, "signals": OTHER_SIGNALS}

    def decide(self, connection: Connection, one: str, form: Mapping[str, str], person: Person) -> str:
        """Count one, or set it aside with its texts."""
        return reviews.judge(connection, one, form.get("decision", ""), person.email, self._hub.clock())
