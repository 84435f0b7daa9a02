"""What people want to be told by mail: kept with them, and in the ledger, so that an older day forgets no wish."""

from sqlalchemy import Connection

from syndication.context import Hub
from syndication.instants import PARIS
from syndication.letters import store


def wish(hub: Hub, connection: Connection, person_id: int, kind: str, *, stopped: bool) -> bool:
    """Stop a kind of mail for somebody, or let it come again, in the caller's transaction; False for nobody.

    Raises LedgerError: the caller's transaction must then change nothing.
    """
    if not store.set_stopped(connection, person_id, kind, stopped=stopped):
        return False
    day = hub.clock().astimezone(PARIS).date().isoformat()
    sign = "-" if stopped else "+"
    hub.collector.ledger.note("news", store.address_of(connection, person_id), day, f"{sign}{kind}")
    return True
