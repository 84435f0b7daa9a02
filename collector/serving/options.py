"""How uvicorn is run, alone or within the hub."""

from typing import Any

from collector.serving.bounds import IDLE_SECONDS, allowance
from collector.serving.files import raise_limit


def server_options(http: Any = "collector.serving.protocol:BoundedProtocol") -> dict[str, Any]:
    """Options of uvicorn's server, once this process may open as many files as the system lets it.

    ``http`` reads requests: a class, or where it stands. Fewer connections wait to be taken in than could use up the
    files that are kept for the rest. No WebSocket is spoken.
    """
    return {
        "http": http,
        "ws": "none",
        "backlog": allowance(raise_limit()).backlog,
        "timeout_keep_alive": IDLE_SECONDS,
        "access_log": False,
        "server_header": False,
    }
