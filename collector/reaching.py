"""Reaching a PostgreSQL server, which may not answer: nobody waits for ever, and an event loop hardly at all.

What is read on a loop keeps all that it serves waiting, what is ready as well. So once a connection was waited for in
vain, others are tried for in threads alone, where something always follows the database; until one of them succeeds,
whoever asks on a loop is told at once that it could not be made. One that is refused at once keeps nobody waiting.
"""

import asyncio
from time import monotonic
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

PATIENCE = {
    "connect_timeout": "5", "keepalives_idle": "10", "keepalives_interval": "3", "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}  # fmt: skip
"""What libpq is told unless the address says otherwise: seconds for a connection to be made, then for one whose other
end is gone to be given up (the last one in milliseconds). Without it, it would be a quarter of an hour."""
LONG_SECONDS = 0.5
"""From which a failed attempt kept others waiting."""
ANYHOW_SECONDS = 30.0
"""After which a loop tries all the same: it may be that no thread does."""


def reach(url: str, **options: Any) -> Engine:
    """An engine on a server, with the driver that comes with us."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    patience = {name: value for name, value in PATIENCE.items() if name not in address.query}
    engine = create_engine(address.update_query_dict(patience), pool_pre_ping=True, hide_parameters=True, **options)
    event.listen(engine, "do_connect", _Attempts())
    return engine


class _Attempts:
    """Makes connections, and knows whether the last attempt was in vain, and long."""

    def __init__(self) -> None:
        self._fault = ""
        self._at = 0.0

    def __call__(self, dialect: Any, _record: Any, words: Any, named: Any) -> Any:
        """Make a connection; raises the driver's errors."""
        began = monotonic()
        if self._fault and _on_a_loop() and began - self._at < ANYHOW_SECONDS:
            raise dialect.loaded_dbapi.OperationalError(self._fault)
        try:
            made = dialect.connect(*words, **named)
        except dialect.loaded_dbapi.Error as error:
            self._at = monotonic()
            self._fault = str(error) if self._at - began > LONG_SECONDS else ""
            raise
        self._fault = ""
        return made


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
