"""What centres write, read before anybody else sees it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from syndication.accounts.store import Person
from syndication.desk.asked import version_of
from syndication.desk.fronts import LABELS, seen_in_reply
from syndication.desk.judging import Judging
from syndication.replies import store as replies

SCREEN = 20
"""Replies on one screen."""


class Centres(Judging):
    """The page of what centres write: their replies."""

    address, template = "/moderation/centres", "desk/centres.html"

    def waiting(self, connection: Connection) -> dict[str, Any]:
        """Replies that wait to be read, the oldest first."""
        waiting = [(reply, seen_in_reply(reply)) for reply in replies.waiting(connection, SCREEN)]
        return {"replies": waiting, "reply_reasons": replies.REASONS, "signalled": LABELS}

    def decide(self, connection: Connection, one: str, form: Mapping[str, str], person: Person) -> str:
        """Publish the reply to a text, or refuse it with a reason."""
        return replies.judge(
            connection, one, version_of(form), form.get("decision", ""), form.get("raison", ""), person.email,
            self._hub.clock(),
        )  # fmt: skip
