"""A service of several processes seen from outside: whichever is asked tells the same, whoever has died meanwhile."""

import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from syndication.context import Hub
from tests.commands import sirius
from tests.conftest import CUISINE
from tests.journeys.processes import children
from tests.journeys.test_durability import section_shown, serving
from tests.servers import PATIENCE, fetch, send, wait_until
from tests.syndication.watch.scraping import value

ASKED = 40
COUNT = "sirius_http_request_duration_seconds_count"


def test_processes_tell_one_truth_that_outlives_each_of_them(hub: Hub) -> None:
    hub.close()
    with serving(hub.settings.data_dir, "--workers", "2") as (process, url):

        def told(name: str, **labels: str) -> float:
            return value(fetch(f"{url}/metrics").text, name, **labels)

        def asked() -> set[float]:
            """What processes tell of how often the widget was asked for; each connection falls to one."""
            return {told(COUNT, route="/widget") for _ in range(8)}

        wait_until(lambda: told("sirius_processes") == 3, "every process is there")
        for _ in range(ASKED):
            fetch(f"{url}/widget?formation={CUISINE}")
        wait_until(lambda: asked() == {ASKED}, "all tell what each has counted", every=0.2)
        assert told("sirius_ready_hits_total") + told("sirius_ready_misses_total") == ASKED
        answering = children(process.pid, "web")
        os.kill(min(answering), signal.SIGKILL)
        wait_until(lambda: len(children(process.pid, "web") - answering) == 1, "another has taken its place")
        wait_until(lambda: told("sirius_processes") == 3, "it counts too")
        fetch(f"{url}/widget?formation={CUISINE}")
        wait_until(lambda: asked() == {ASKED + 1}, "nothing is lost with it", every=0.2)
        step = "sirius_background_last_success_timestamp_seconds"
        wait_until(lambda: told(step, step="take_in") > 0, "the process at the background work is heard of", every=0.2)
    with serving(hub.settings.data_dir) as (_, url):  # others take its place
        assert value(fetch(f"{url}/metrics").text, COUNT, route="/widget") == ASKED + 1


def test_a_service_logs_lines_that_are_json_and_tell_nothing_of_anybody(
    hub: Hub, open_campaign: Callable[..., str]
) -> None:
    token = hub.collector.issue_links(open_campaign(), 1)[0].rsplit("/", 1)[1]
    folder = hub.settings.data_dir
    hub.close()
    with serving(folder, "--workers", "2", SIRIUS_LOG_FORMAT="json") as (process, url):
        fetch(f"{url}/r/{token}", headers={"user-agent": "Navigateur de Lea"})
        said = {**section_shown(url, token), "satisfaction": "bien", "journee_entreprise": "Je pèse, je coupe."}
        assert send(f"{url}/r", data=said).status_code == 303
        named = fetch(f"{url}/integrer?email=lea@exemple.fr").headers["x-request-id"]
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: (folder / "said").read_text().count("en a remplacé un autre") == 3, "all are replaced")
    text = (folder / "said").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "logger", "process", "message"} <= set(line) for line in lines)
    (asked,) = [line for line in lines if line.get("request") == named]
    assert (asked["route"], asked["method"], asked["status"]) == ("/integrer", "GET", 200)
    assert any(line["message"].startswith("Sirius répond sur http://127.0.0.1:") for line in lines)
    for secret in (token, "exemple.fr", "Navigateur", "Je pèse"):
        assert secret not in text


def test_what_is_refused_unheard_is_guarded_counted_by_all_and_logged_without_anybody(hub: Hub) -> None:
    folder = hub.settings.data_dir
    hub.close()
    settings = {"SIRIUS_LOG_FORMAT": "json", "SIRIUS_PUBLIC_URL": "https://avis.exemple.fr"}
    with serving(folder, "--workers", "2", **settings) as (_, url):
        for _ in range(20):
            heard = refused(url, b"GET /r/Zm9vYmFyYmF6cXV4MTIzNA?lea@exemple.fr HTTP/1.1\r\ncontent-length: x\r\n\r\n")
            assert heard.startswith(b"HTTP/1.1 400 ")
            assert b"strict-transport-security: max-age=31536000\r\n" in heard
        wait_until(lambda: counted_refusals(url) == 20, "every process tells what all refused")
    text = (folder / "said").read_text()
    lines = [line for line in map(json.loads, text.splitlines()) if line["logger"] == "sirius.refused"]
    assert {(line["status"], line["reason"], line["times"]) for line in lines} == {("400", "unreadable", 1)}
    assert len(lines) <= 2, "each process tells the first of a minute alone"
    for secret in ("Zm9v", "lea@"):
        assert secret not in text


def refused(url: str, sent: bytes) -> bytes:
    """What is said to who sends something odd."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as one:
        one.sendall(sent)
        return one.recv(65536)


def counted_refusals(url: str) -> float:
    """How many requests that were not HTTP are told of."""
    return value(fetch(f"{url}/metrics").text, "sirius_http_refused_total", status="400", reason="unreadable")


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_why_a_service_cannot_begin_is_a_line_too(tmp_path: Path, port: int, command: str) -> None:
    words = (command, "--port", str(port)) if command == "serve" else (command,)
    settings = {"SIRIUS_MIN_RESPONDENTS": "beaucoup", "SIRIUS_DATA_DIR": str(tmp_path)}
    done = sirius(None, *words, **settings, SIRIUS_LOG_FORMAT="json")
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, line["level"]) == (1, "error")
    assert line["message"].startswith("Erreur : SIRIUS_MIN_RESPONDENTS")
    assert sirius(None, *words, **settings, SIRIUS_LOG_FORMAT="texte").stderr.startswith("Erreur : SIRIUS_MIN_RES")
