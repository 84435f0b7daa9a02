"""Somebody who leaves in the midst of a form: a phone that loses its network, or who would have us look faulty."""

import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from collector.app import create_app
from collector.door import STATUS
from syndication.app import Service
from syndication.context import Hub

PATHS = ("/r", "/r/auteur")


def hung_up(app: ASGIApp, path: str) -> int:
    """The status noted of a post whose sender leaves after a few bytes."""
    given: list[Message] = [
        {"type": "http.request", "body": b"jeton=", "more_body": True}, {"type": "http.disconnect"}
    ]  # fmt: skip
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("203.0.113.7", 4000),
        "server": ("127.0.0.1", 80), "state": {}, "headers": [
            (b"host", b"127.0.0.1"), (b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"90")
        ],
    }  # fmt: skip

    async def receive() -> Message:
        return given.pop(0)

    async def send(_: Message) -> None:
        return None

    async def answered() -> None:
        await app(scope, receive, send)

    asyncio.run(answered())
    status: int = scope[STATUS]
    return status


@pytest.mark.parametrize("path", [*PATHS, "/connexion", "/rejoindre"])
def test_who_leaves_in_the_midst_of_a_form_is_no_fault_of_ours(
    app: Service, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert hung_up(app, path) == 400
    assert [one for one in caplog.records if one.levelname in {"WARNING", "ERROR"}] == []


@pytest.mark.parametrize("path", PATHS)
def test_nor_is_it_where_the_collector_is_alone(hub: Hub, path: str, caplog: pytest.LogCaptureFixture) -> None:
    assert hung_up(create_app(hub.collector), path) == 400
    assert [one for one in caplog.records if one.levelname in {"WARNING", "ERROR"}] == []
