"""Schemathesis against the service as it is served: no 5xx, no answer outside the document, whatever is asked."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from syndication.context import Hub
from syndication.database import writing
from syndication.partners import store as partners
from tests.databases import examples
from tests.journeys.test_durability import serving
from tests.syndication.test_publication import publish_everything

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
OUT_OF_SCHEMA = "positive_data_acceptance"
"""A code may be well formed and mean nothing: a 404 to what the schema allows is no fault."""


@pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "without"])
def test_whatever_is_asked_the_api_answers_as_its_document_says(
    hub: Hub, answer: Callable[..., None], catch_up: Callable[[], None], tmp_path: Path, keyed: bool
) -> None:
    answer(12)
    publish_everything(hub)
    catch_up()
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, "Catalogue", (), hub.clock(), quota=1_000_000)
    hub.close()
    with serving(hub.settings.data_dir) as (_, url):
        run = subprocess.run(
            [
                SCHEMATHESIS, "run", f"{url}/api/v1/openapi.json", "--url", url, "--checks", "all",
                "--exclude-checks", OUT_OF_SCHEMA, "--max-examples", f"{examples(40)}", "--seed", "7", "--no-color",
                "--phases", "examples,coverage,fuzzing", "--warnings", "off", "--continue-on-failure",
                *(["-H", f"Authorization: Bearer {key}"] if keyed else []),
            ],
            capture_output=True, text=True, timeout=300, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]


def test_what_cannot_even_be_read_is_refused_in_the_same_shape(hub: Hub) -> None:
    hub.close()
    with serving(hub.settings.data_dir) as (_, url):
        port = int(url.rpartition(":")[2])
        for sent, status in (
            (b"GET /api/v1/avis?formation=" + b"9" * 1_000_000 + b" HTTP/1.1\r\n\r\n", 414),
            (b"GET /api/v1/avis HTTP/1.1\r\ncookie: " + b"9" * 1_000_000 + b"\r\n\r\n", 431),
            (b"\x00\xff bonjour\r\n\r\n", 400),
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                with suppress(OSError):  # it may be refused before it was all sent
                    line.sendall(sent)
                answer = line.recv(65_536)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(f"HTTP/1.1 {status} ".encode())
            assert b"content-type: application/problem+json" in head
            assert json.loads(body)["status"] == status
