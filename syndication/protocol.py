"""Requests that are refused before the application hears of them, in the one shape of every error, in French."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from collector.door import REFUSALS, BoundedProtocol, server_options
from syndication.api.problems import CORS, TITLES


class Protocol(BoundedProtocol):
    """Reads HTTP/1.1 within bounds; see ``collector.serving.bounds``."""

    def refusal(self, status: HTTPStatus) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of a refusal: a problem (RFC 9457)."""
        headers, _ = super().refusal(status)
        problem = {"type": "about:blank", "title": TITLES[status], "status": int(status), "detail": REFUSALS[status]}
        body = json.dumps(problem, ensure_ascii=False).encode()
        return {**headers, **CORS, "content-type": "application/problem+json"}, body


def options() -> dict[str, Any]:
    """How uvicorn is run for the whole service."""
    return server_options("syndication.protocol:Protocol")
