"""Mails to everybody of a centre, owed in the transaction of what they tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from syndication.accounts import store as accounts
from syndication.catalogue import store as catalogue
from syndication.letters.store import owe


def tell_centre(connection: Connection, kind: str, centre_id: int, data: Mapping[str, Any], now: datetime) -> int:
    """Owe a mail to each person of a centre who did not stop that kind; gives to how many.

    Its template gets ``data``, the ``centre``'s name, and ``path``, where its space is.
    """
    centre = catalogue.centre(connection, centre_id)
    told = {**data, "centre": centre.name, "path": space_of(connection, centre_id)}
    people = [one for one in accounts.people_with(connection, "cfa", centre_id=centre_id) if kind not in one.stopped]
    for person in people:
        owe(connection, kind, person.email, told, now)
    return len(people)


def space_of(connection: Connection, centre_id: int) -> str:
    """The path of a centre's space."""
    return f"/cfa/{catalogue.centre_key(connection, catalogue.centre(connection, centre_id)).partition(':')[2]}"
