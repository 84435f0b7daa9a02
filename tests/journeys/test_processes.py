"""Several processes of one service: what one decides, every other shows, within two seconds."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from tests.browser.conftest import demonstration
from tests.commands import sirius
from tests.databases import Databases, environment
from tests.servers import PATIENCE, answers, fetch, kept_ports, wait_until

FORMATION = "50022146"
WORKERS = 3
WITHIN = 2.0
"""Seconds after a decision when no process may answer as before."""


@pytest.fixture
def service(databases: Databases, built: Path, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The demonstration's data served by several web processes; the address, and a moderator's sign-in link."""
    with kept_ports() as port:
        yield from _served(databases.copy(built, tmp_path / "d"), port)


def _served(data: Path, port: int) -> Iterator[tuple[str, str]]:
    home = f"http://127.0.0.1:{port}"
    done = sirius(data, "signin", "lea@exemple.fr", "--role", "moderator", SIRIUS_PUBLIC_URL=home)
    assert done.returncode == 0, done.stderr
    with (data / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "syndication", "serve", "--port", str(port), "--workers", str(WORKERS)],
            env=environment(data, SIRIUS_PUBLIC_URL=home),
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: answers(f"{home}/pret"), "the service is ready")
        yield home, done.stdout.split()[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def test_a_decision_changes_the_answer_of_every_process_within_two_seconds(service: tuple[str, str]) -> None:
    home, link = service
    address = f"{home}/widget?formation={FORMATION}&format=liste"
    with httpx.Client(follow_redirects=True) as moderator:
        moderator.get(link)
        moderator.post(link, headers={"origin": home})
        queue = moderator.get(f"{home}/moderation?formation={FORMATION}").text
        text, version, words = first_waiting(queue, "CAP cuisine")
        before = [fetch(address).text for _ in range(60)]  # each connection falls to a process: all are warm
        assert not any(words in page for page in before)
        decided = moderator.post(
            f"{home}/moderation/{text}", data={"version": version, "decision": "publie"}, headers={"origin": home}
        )
        assert decided.status_code == 200
        moment = monotonic()
    sleep(max(moment + WITHIN - monotonic(), 0))
    after = [fetch(address).text for _ in range(60)]
    assert all(words in page for page in after)
    assert len({fetch(address).headers["etag"] for _ in range(20)}) == 1


def test_one_command_builds_the_demonstration_and_serves_it(tmp_path: Path) -> None:
    with contextmanager(demonstration)(tmp_path) as doors:
        found = {name: fetch(url, follow_redirects=True).status_code for name, url in doors.items()}
        assert found == dict.fromkeys(doors, 200)


def first_waiting(queue: str, formation: str) -> tuple[str, str, str]:
    """Id, version and first words of a text of a formation that waits on the desk."""
    for item in queue.split('<section class="front"')[1:]:
        found = re.search(r'action="/moderation/(\w+)"', item)
        version = re.search(r'name="version" value="(\d+)"', item)
        said = re.search(r"<blockquote[^>]*>([^<]{10,40})", item)
        if found and version and said and formation in item:
            return found[1], version[1], said[1][:30]
    raise AssertionError("nothing waits")
