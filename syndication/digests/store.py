"""SQL of what happened at centres between two moments."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select

from syndication import models
from syndication.database import table

VERBATIM = table(models.Verbatim)
REPLY_DECISION = table(models.ReplyDecision)


@dataclass(frozen=True, slots=True)
class Week:
    """What happened at a centre: texts published that still are, replies published and refused."""

    published: int = 0
    replies_published: int = 0
    replies_refused: int = 0

    @property
    def empty(self) -> bool:
        """True when nothing happened."""
        return not (self.published or self.replies_published or self.replies_refused)


def weeks(connection: Connection, centres: Sequence[int], start: datetime, end: datetime) -> Mapping[int, Week]:
    """What happened at each of some centres, from ``start`` until before ``end``."""
    judged: dict[int, dict[str, int]] = defaultdict(dict)
    query = (
        select(VERBATIM.c.centre_id, REPLY_DECISION.c.to_status, func.count())
        .join(VERBATIM, VERBATIM.c.id == REPLY_DECISION.c.verbatim_id)
        .where(
            REPLY_DECISION.c.at >= start, REPLY_DECISION.c.at < end, REPLY_DECISION.c.from_status == "attente",
            REPLY_DECISION.c.to_status.in_(("publie", "refuse")),
        )
        .group_by(VERBATIM.c.centre_id, REPLY_DECISION.c.to_status)
    )  # fmt: skip
    for centre_id, status, count in connection.execute(query):
        judged[centre_id][status] = count
    return {
        centre: Week(
            _published(connection, centre, start, end), judged[centre].get("publie", 0), judged[centre].get("refuse", 0)
        )
        for centre in dict.fromkeys(centres)
    }


def _published(connection: Connection, centre_id: int, start: datetime, end: datetime) -> int:
    query = select(func.count()).where(
        VERBATIM.c.status == literal_column("'publie'"), VERBATIM.c.centre_id == centre_id,
        VERBATIM.c.published_at >= start, VERBATIM.c.published_at < end,
    )  # fmt: skip
    return connection.execute(query).scalar_one()
