"""Services that are restarted, stopped or orphaned while people use them: nobody is refused what was begun."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from syndication.context import Hub
from tests.databases import bare_environment
from tests.journeys.processes import children, is_alive
from tests.journeys.test_durability import section_shown, serving
from tests.servers import PATIENCE, kept_ports, wait_until

WIDGET = "/widget?formation=50022146"
SAID = {"satisfaction": "bien", "journee_entreprise": "Je pèse, je coupe, je range.", "action": "garder"}


class Load:
    """Readers and respondents who never stop; ``failures`` tells what went wrong, ``answered`` how much went well."""

    def __init__(self, url: str, tokens: list[str]) -> None:
        self.failures: list[str] = []
        self.answered: Counter[str] = Counter()
        self._url = url
        self._stop = threading.Event()
        forms = [{**section_shown(url, token), **SAID} for token in tokens]
        kinds: list[Callable[[httpx.Client], httpx.Response]] = [
            lambda client: client.get(f"{url}{WIDGET}"),
            lambda client: client.get(f"{url}/api/v1/avis?formation=50022146"),
            *(lambda client, form=form: client.post(f"{url}/r", data=form) for form in forms),
        ]
        self._threads = [
            threading.Thread(target=self._go_on, args=(ask, kept)) for ask in kinds for kept in (True, False)
        ]

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """While the block lasts, everybody asks."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def _go_on(self, ask: Callable[[httpx.Client], httpx.Response], kept: bool) -> None:
        client = httpx.Client(timeout=30, verify=False)
        while not self._stop.is_set():
            try:
                response = ask(client)
            except httpx.HTTPError as error:
                self.failures.append(f"{type(error).__name__} {error}")
            else:
                name = f"{response.request.method} {'kept' if kept else 'new'}"
                self.answered[name] += 1
                if response.status_code not in {200, 204}:
                    self.failures.append(f"{name} {response.status_code}")
            self._stop.wait(0.03)  # a machine that is free for nothing else starts nothing
            if not kept:
                client.close()
                client = httpx.Client(timeout=30, verify=False)
        client.close()


def test_a_service_is_restarted_under_load_and_refuses_nothing(hub: Hub, open_campaign: Callable[..., str]) -> None:
    tokens = tokens_of(hub, open_campaign(), 1)
    with serving(hub.settings.data_dir, "--workers", "2") as (process, url):
        wait_until(lambda: len(children(process.pid)) == 3, "every process is there")
        before, load = children(process.pid), Load(url, tokens)
        with load.going_on():
            wait_until(lambda: sum(load.answered.values()) > 100, "people use it")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: not any(map(is_alive, before)), "every process was replaced")
            after = sum(load.answered.values())
            wait_until(lambda: sum(load.answered.values()) > after + 100, "people still use it")
        assert load.failures == []
        assert set(load.answered) == {"GET kept", "GET new", "POST kept", "POST new"}
        assert len(children(process.pid)) == 3
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_a_service_that_stops_answers_what_is_under_way(hub: Hub, open_campaign: Callable[..., str]) -> None:
    token = tokens_of(hub, open_campaign(), 1)[0]
    with serving(hub.settings.data_dir) as (process, url):
        body = str(httpx.QueryParams({**section_shown(url, token), **SAID})).encode()
        place = ("127.0.0.1", httpx.URL(url).port or 0)
        with socket.create_connection(place) as idle, socket.create_connection(place) as posting:
            idle.sendall(f"GET {WIDGET} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            assert idle.recv(100).startswith(b"HTTP/1.1 200")
            kind = "content-type: application/x-www-form-urlencoded"
            head = f"POST /r HTTP/1.1\r\nhost: x\r\n{kind}\r\ncontent-length: {len(body)}\r\n\r\n"
            posting.sendall(head.encode() + body[:20])
            process.terminate()
            wait_until(lambda: refuses(place), "nobody else is let in")
            posting.sendall(body[20:])
            said = b"".join(iter(lambda: posting.recv(4096), b""))
        assert said.startswith(b"HTTP/1.1 204")
        assert b"connection: close" in said
        assert process.wait(PATIENCE) == 0
    with serving(hub.settings.data_dir) as (_, url):
        assert SAID["journee_entreprise"] in httpx.get(f"{url}/r?etape=bilan", cookies={"sirius-lien": token}).text


def test_a_service_that_waits_for_its_database_stops_when_it_is_told(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent, kept_ports() as port:
        address = f"postgresql://sirius@127.0.0.1:{silent.getsockname()[1]}/avis"
        own = {**bare_environment(), "SIRIUS_DATA_DIR": str(tmp_path), "SIRIUS_SYNDICATION_DATABASE_URL": address}
        process = subprocess.Popen([sys.executable, "-m", "syndication", "serve", "--port", str(port)], env=own)
        with silent.accept()[0]:
            process.terminate()
            assert process.wait(PATIENCE) == 0


def test_processes_that_die_are_replaced_and_leave_with_the_one_that_watches_over_them(hub: Hub) -> None:
    hub.close()
    with serving(hub.settings.data_dir, "--workers", "2") as (process, url):
        wait_until(lambda: len(children(process.pid)) == 3, "every process is there")
        before = children(process.pid)
        for one in before:
            os.kill(one, signal.SIGKILL)
        wait_until(lambda: len(children(process.pid) - before) == 3, "others took their places")
        wait_until(lambda: answers_again(url), "it answers again")
        after = children(process.pid)
        process.kill()
        wait_until(lambda: not any(map(is_alive, after)), "they left")
        assert refuses(("127.0.0.1", httpx.URL(url).port or 0))


def test_successors_that_cannot_begin_leave_their_elders_in_place(hub: Hub) -> None:
    hub.close()
    folder = hub.settings.data_dir
    with serving(folder) as (process, url):
        before = children(process.pid)
        (folder / "secret_keys").write_text("court")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: "les anciens continuent" in (folder / "said").read_text(), "it is said")
        assert children(process.pid) == before
        assert httpx.get(f"{url}/sante").status_code == 200


def tokens_of(hub: Hub, campaign: str, count: int) -> list[str]:
    tokens = [link.rsplit("/", 1)[1] for link in hub.collector.issue_links(campaign, count)]
    hub.close()
    return tokens


def refuses(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place).close()
    except ConnectionRefusedError:
        return True
    return False


def answers_again(url: str) -> bool:
    try:
        return httpx.get(f"{url}/sante").status_code == 200
    except httpx.TransportError:
        return False
