"""More connections than a server may open files: those who read are served all the same."""

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from syndication.context import Hub
from tests.databases import environment
from tests.servers import PATIENCE, answers, fetch, kept_ports, wait_until
from tests.syndication.watch.scraping import value

FILES, FLOOD = 160, 480
AT_ONCE = 15
"""Connections that come before a reader does: more than wait to be accepted would each wait for a second there, which
the system does."""
READER = "127.5.5.5"
"""Nobody's proxy, and of no network that floods."""


@contextmanager
def limited(hub: Hub) -> Iterator[tuple[str, int]]:
    """The whole service in a process that may open few files; its address, and its port."""
    with kept_ports() as port, (hub.settings.data_dir / "said").open("w") as said:
        serve = [sys.executable, "-m", "syndication", "serve", "--port", str(port)]
        process = subprocess.Popen(
            ["sh", "-c", f'ulimit -n {FILES} && exec "$@"', "sh", *serve],
            env=environment(hub.settings.data_dir, SIRIUS_LOG_FORMAT="json"), stderr=said,
        )  # fmt: skip
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/sante"), "the service answers")
            yield f"http://127.0.0.1:{port}", port
        finally:
            process.terminate()
            process.wait(PATIENCE)


def read(home: str, page: str) -> httpx.Response:
    """What a reader gets on a connection of their own."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=READER, verify=False)) as reader:
        return reader.get(f"{home}{page}", timeout=PATIENCE)


@pytest.mark.parametrize(
    ("begun", "networks"),
    [(b"", 1), (b"GET /widget?formation=50022146 HTTP/1.1\r\nhost: x\r\n", FLOOD)],
    ids=["idle, from one network", "half a head, from everywhere"],
)
def test_a_flood_of_connections_takes_no_reader_down(
    hub: Hub, answer: Callable[..., None], catch_up: Callable[[], None], begun: bytes, networks: int
) -> None:
    answer(6)
    catch_up()
    hub.close()
    with limited(hub) as (home, port), ExitStack() as flood:
        for number in range(FLOOD):
            network = number % networks
            source = f"127.{100 + network // 250}.{network % 250}.{1 + number // networks % 250}"
            connection = flood.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0)))
            connection.sendall(begun)
            if number % AT_ONCE == AT_ONCE - 1:
                ready, made = (
                    read(home, "/widget?formation=50022146"),
                    read(home, f"/formations/50022146?essai={number}"),
                )
                assert (ready.status_code, made.status_code) == (200, 200), f"after {number + 1} connections"
                assert "server" not in ready.headers
        told = fetch(f"{home}/metrics").text
    assert value(told, "sirius_http_refused_total", status="none", reason="crowded_out") > FLOOD // 4
    lines = [json.loads(line) for line in (hub.settings.data_dir / "said").read_text().splitlines()]
    kinds = Counter(line["reason"] for line in lines if line["logger"] == "sirius.refused")
    assert "crowded_out" in kinds
    assert sum(kinds.values()) < FLOOD // 4, "a flood does not fill the log"
