"""What was acknowledged is there after the worst: a real server, killed without warning."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from syndication.context import Hub

ANSWERS = 30


def test_an_acknowledged_answer_survives_a_kill(hub: Hub, open_campaign: Callable[..., str]) -> None:
    tokens = [link.rsplit("/", 1)[1] for link in hub.collector.issue_links(open_campaign(), ANSWERS)]
    hub.close()
    with serving(hub.settings.data_dir) as (process, url):
        for token in tokens:
            said = {
                "jeton": token,
                "etape": "bilan",
                "satisfaction": "bien",
                "journee_entreprise": f"Texte de {token}.",
            }
            assert httpx.post(f"{url}/r", data=said).status_code == 303
            assert httpx.post(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with serving(hub.settings.data_dir) as (_, url):
        deadline = time.monotonic() + 10
        while counted(url) < ANSWERS and time.monotonic() < deadline:
            time.sleep(0.2)
        assert counted(url) == ANSWERS
        for token in tokens:
            page = httpx.get(f"{url}/r", cookies={"sirius-lien": token}).text
            assert f"Texte de {token}." in page


def counted(url: str) -> int:
    return int(httpx.get(f"{url}/api/v1/avis?formation=50022146").json()["repondants"])


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The whole service on a folder of data, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SIRIUS_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "syndication", "serve", "--port", str(port)],
        env={**clean, "SIRIUS_DATA_DIR": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/sante")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield process, url
    finally:
        process.terminate()
        process.wait(20)
