"""Reaching a PostgreSQL server, which may not answer: nobody waits for ever, and an event loop hardly at all."""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

PATIENCE = {
    "connect_timeout": "5", "keepalives_idle": "10", "keepalives_interval": "3", "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}  # fmt: skip
"""What libpq is told unless the address says otherwise: seconds for a connection to be made, then for one whose other
end is gone to be given up (the last one in milliseconds). Without it, it would be a quarter of an hour."""


def reach(url: str, **options: Any) -> Engine:
    """An engine on a server, with the driver that comes with us."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    patience = {name: value for name, value in PATIENCE.items() if name not in address.query}
    engine = create_engine(address.update_query_dict(patience), pool_pre_ping=True, hide_parameters=True, **options)
    # imported here: only who has a server needs the driver, and is told above when there is none
    from collector.server import Watched, server_at  # noqa: PLC0415

    server = server_at(address.host, address.port, address.query.get("host"), address.query.get("port"))

    def connect(_dialect: Any, _record: Any, words: Any, named: Any) -> Watched:
        made = server.attempt(lambda: Watched.connect(*words, **named))
        made.server = server
        return made

    event.listen(engine, "do_connect", connect)
    return engine
