"""Exports over real sockets: a reader who stops reading holds nothing up for long."""

import socket
from collections.abc import Callable

import httpx
import pytest

from syndication.api import downloads
from syndication.app import create_app
from syndication.context import Hub
from syndication.database import writing
from syndication.partners import store as partners
from tests.browser.test_catalogue_site import served
from tests.servers import fetch, wait_until
from tests.syndication.test_publication import publish_everything


def test_a_reader_who_stops_reading_is_let_go_and_keeps_nobody_waiting(
    hub: Hub, answer: Callable[..., None], catch_up: Callable[[], None], monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    # more than what is asked meanwhile takes on a busy machine
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 3.0)
    answer(12)
    publish_everything(hub)
    catch_up()
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, "Catalogue", (), hub.clock())
        connection.exec_driver_sql(
            "INSERT INTO published (first, kind, key, formation_id, centre_id, removed, digest, body) "
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9000) "
            "SELECT 1, 'avis', 'cfd:' || n, 0, 0, FALSE, '', one.body FROM n, "
            "(SELECT body FROM published WHERE kind = 'avis' LIMIT 1) one"
        )
    headers = {"authorization": f"Bearer {key}"}
    with served(create_app(hub, background=False), port):
        stalled = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        for one in stalled:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(
                f"GET /api/v1/exports/avis.ndjson HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n".encode()
            )
            assert one.recv(10)
        home = f"http://127.0.0.1:{port}"
        assert fetch(f"{home}/api/v1/avis?formation=50022137", timeout=5).status_code == 200
        busy = fetch(f"{home}/api/v1/exports/avis.ndjson", headers=headers)
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "60")
        answers: list[httpx.Response] = []

        def let_go() -> bool:
            answers.append(fetch(f"{home}/api/v1/exports/avis.ndjson", headers=headers, timeout=30))
            return answers[-1].status_code != 429

        wait_until(let_go, "those who stopped reading are let go", every=0.3)
        assert answers[-1].status_code == 200
        assert answers[-1].text.count("\n") > 9000
        for one in stalled:
            one.close()
