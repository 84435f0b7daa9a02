"""SQL of the mails that are owed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from syndication import models
from syndication.database import insert_new, table

LETTER = table(models.Letter)


def owe(
    connection: Connection,
    kind: str,
    address: str,
    data: Mapping[str, Any],
    now: datetime,
    once: str | None = None,
) -> bool:
    """Owe somebody a mail, in the caller's transaction; False when one was already owed under ``once``.

    ``kind`` names its template, ``data`` what it tells, and never a secret.
    """
    row = {
        "kind": kind, "address": address, "data": dict(data), "once": once, "state": "due", "attempts": 0,
        "not_before": now, "claimed_until": None,
    }  # fmt: skip
    return insert_new(connection, LETTER, [row]) == 1
