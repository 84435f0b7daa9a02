"""What was acknowledged is there after the worst: a real server, killed without warning."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from syndication.context import Hub
from tests.databases import environment
from tests.helpers import hidden_fields
from tests.journeys.disks import Disk
from tests.journeys.processes import children, kill_all
from tests.servers import PATIENCE, answers, fetch, kept_ports, send, wait_until

ANSWERS = 30


def test_an_acknowledged_answer_survives_a_kill(hub: Hub, open_campaign: Callable[..., str]) -> None:
    tokens = [link.rsplit("/", 1)[1] for link in hub.collector.issue_links(open_campaign(), ANSWERS)]
    hub.close()
    with serving(hub.settings.data_dir) as (process, url):
        for number, token in enumerate(tokens):
            said = {"satisfaction": "bien", "journee_entreprise": words(number)}
            assert send(f"{url}/r", data={**section_shown(url, token), **said}).status_code == 303
            assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        kill_all(process.pid)
    with serving(hub.settings.data_dir) as (_, url):
        wait_until(lambda: counted(url) >= ANSWERS, "every answer is counted", every=0.2)
        assert counted(url) == ANSWERS
        for number, token in enumerate(tokens):
            assert words(number) in fetch(f"{url}/r", cookies={"sirius-lien": token}).text


def words(number: int) -> str:
    """What one person says, unlike what anybody else says."""
    return f"Je suis la personne {number} du groupe."


def background_child(parent: int) -> int:
    """The process that does the background work of a service."""
    for process in children(parent, "worker"):
        return process
    raise AssertionError("nobody does the background work")


def section_shown(url: str, token: str) -> dict[str, str]:
    """What the form of the last section carries along, once it has been shown."""
    return hidden_fields(fetch(f"{url}/r?etape=bilan", cookies={"sirius-lien": token}).text)


def counted(url: str) -> int:
    return int(fetch(f"{url}/api/v1/avis?formation=50022146").json()["repondants"])


@contextmanager
def serving(data: Path | Disk, *more: str, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The whole service on a folder of data, in processes of its own; ``settings`` are more of its environment. What
    it says is in the folder, in the file ``said``."""
    disk = data if isinstance(data, Disk) else Disk(data)
    with kept_ports() as port, (disk.seen / "said").open("a") as said:
        yield from _serving(disk, port, more, settings, said)


def _serving(
    disk: Disk, port: int, more: Sequence[str], settings: dict[str, str], said: IO[str]
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    process = subprocess.Popen(
        [*disk.words, sys.executable, "-m", "syndication", "serve", "--port", str(port), *more],
        env=environment(disk.folder, **{"SIRIUS_QUICK_SECONDS": "0", **settings}),
        stderr=said,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{url}/sante"), "the service answers")
        yield process, url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_an_acknowledged_answer_is_taken_in_though_the_background_process_dies(
    hub: Hub, open_campaign: Callable[..., str]
) -> None:
    token = hub.collector.issue_links(open_campaign(), 1)[0].rsplit("/", 1)[1]
    hub.close()
    with serving(hub.settings.data_dir, "--workers", "2") as (process, url):
        wait_until(lambda: bool(children(process.pid, "worker")), "somebody does the background work")
        os.kill(background_child(process.pid), signal.SIGKILL)
        said = {"satisfaction": "bien", "journee_entreprise": "Je coupe, je pèse, je range."}
        send(f"{url}/r", data={**section_shown(url, token), **said})
        assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        wait_until(lambda: counted(url) == 1, "the answer is counted", every=0.2)
