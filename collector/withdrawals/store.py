"""SQL of what the ledger is about: what the database knows of it, and doing again what a restored day has not seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from collector import models
from collector.database import table
from collector.mailing.store import OPT_OUT, keep_opt_out
from collector.records import PARIS
from collector.store import CAMPAIGN, RESPONSE, close_by_hand, take_back
from collector.withdrawals import lines
from collector.withdrawals.lines import Line

EVENT = table(models.Event)


@dataclass(frozen=True, slots=True)
class Again:
    """What was done again: responses and texts taken back, opt-outs, campaigns closed."""

    responses: int
    texts: int
    opt_outs: int
    campaigns: int


def known(connection: Connection, key: str, today: date) -> Iterator[Line]:
    """What the database knows of what was taken back, stopped and closed, as lines marked with a key."""
    day, tag = today.isoformat(), lines.tag(key)
    whole = select(RESPONSE.c.id).where(RESPONSE.c.withdrawn)
    for response_id in connection.execute(whole).scalars():
        yield Line("response", day, lines.mark(key, response_id), "", tag)
    texts = select(EVENT.c.response_id, EVENT.c.question).where(EVENT.c.kind == "withdrawn")
    for response_id, question in connection.execute(texts.where(EVENT.c.question.is_not(None))):
        yield Line("text", day, lines.mark(key, response_id), question, tag)
    for row in connection.execute(select(OPT_OUT.c.address_hash, OPT_OUT.c.month)):
        yield Line("address", row.month, row.address_hash)
    closed = select(CAMPAIGN.c.id, CAMPAIGN.c.closed_at).where(CAMPAIGN.c.closed_at.is_not(None))
    for row in connection.execute(closed):
        on = datetime.fromtimestamp(row.closed_at, PARIS).date().isoformat()
        yield Line("campaign", on, row.id, str(row.closed_at))


def do_again(connection: Connection, wanted: Sequence[Line], keys: Sequence[str], since_month: str) -> Again:
    """Do what the lines of a ledger tell and the database has not seen; opt-outs older than a month are forgotten."""
    by_kind: dict[str, list[Line]] = {}
    for line in wanted:
        by_kind.setdefault(line.kind, []).append(line)
    whole = {line.mark for line in by_kind.get("response", ())}
    texts: dict[str, set[str]] = {}
    for line in by_kind.get("text", ()):
        texts.setdefault(line.mark, set()).add(line.about)
    responses, taken = _take_back(connection, keys, whole, texts) if whole or texts else (0, 0)
    recent = [line for line in by_kind.get("address", ()) if line.when >= since_month]
    return Again(
        responses,
        taken,
        sum(keep_opt_out(connection, line.mark, line.when) for line in recent),
        sum(close_by_hand(connection, line.mark, int(line.about)) for line in by_kind.get("campaign", ())),
    )


def _take_back(
    connection: Connection, keys: Sequence[str], whole: set[str], texts: Mapping[str, set[str]]
) -> tuple[int, int]:
    responses = taken = 0
    for response_id in connection.execute(select(RESPONSE.c.id).where(~RESPONSE.c.withdrawn)).scalars().all():
        own = lines.marks(keys, response_id)
        if not whole.isdisjoint(own):
            responses += take_back(connection, response_id, None)
            continue
        for one in own:
            taken += sum(take_back(connection, response_id, question) for question in texts.get(one, ()))
    return responses, taken
