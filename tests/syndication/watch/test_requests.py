"""What a request is called by, in its answer, in what is shown of a fault, and in the log."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from syndication.app import Service, create_app
from syndication.context import Hub
from tests.conftest import CUISINE
from tests.databases import Databases
from tests.headers.walking import Quiet
from tests.helpers import Client

NAMED = re.compile(r"[0-9a-f]{16}")
Answer = Callable[..., None]


def test_each_request_that_is_worked_on_has_an_id_of_its_own(client: Client) -> None:
    names = [client.get(path).headers["x-request-id"] for path in ("/", "/", "/nulle-part", "/api/v1/questions")]
    assert all(NAMED.fullmatch(name) for name in names)
    assert len(set(names)) == 4


def test_the_id_that_a_proxy_gives_is_kept_when_it_is_one(client: Client) -> None:
    for given in ("a1b2c3d4e5f6a7b8", "A1B2C3D4E5F6A7B8" * 4, "0b3a1f5e-6c1d-4f7a-9a51-0c6f2f0e9d11"):
        assert client.get("/", headers={"x-request-id": given}).headers["x-request-id"] == given
    link, address = "Zm9vYmFyYmF6cXV4MTIzNA", "203.0.113.212.203.0.113.212"
    for odd in (link, address, "0612345678", "a" * 65, "é" * 20, "a1b2c3d4 e5f6a7b8", "<script>alert(1)</script>"):
        answer = client.get("/", headers={"x-request-id": odd.encode()})
        assert NAMED.fullmatch(answer.headers["x-request-id"])


def test_an_answer_that_is_ready_bears_the_name_of_nobody_s_request(client: Client, answer: Answer) -> None:
    answer(6)
    made, ready = (client.get(f"/widget?formation={CUISINE}") for _ in range(2))
    assert made.headers == ready.headers
    assert "x-request-id" not in ready.headers


def test_who_meets_a_fault_is_given_what_to_quote(hub: Hub, databases: Databases, app: Service) -> None:
    faulty = Client(Quiet(create_app(replace(hub, publisher=cast(Any, None)), background=False)))
    fault = faulty.get(f"/formations/{CUISINE}")
    assert (fault.status_code, fault.headers["x-request-id"] in fault.text) == (500, True)
    problem = faulty.get("/api/v1/avis", params={"formation": CUISINE})
    assert (problem.status_code, problem.json()["requete"]) == (500, problem.headers["x-request-id"])
    hub.engine.dispose()
    databases.lose(hub.settings.data_dir)
    away = Client(app).get("/statistiques")
    assert (away.status_code, away.headers["x-request-id"] in away.text) == (503, True)


def test_a_refusal_at_the_gate_has_an_id_too(client: Client) -> None:
    refused = client.get("/api/v1/avis", headers={"authorization": "Bearer sirius_inconnue"})
    assert (refused.status_code, refused.json()["requete"]) == (401, refused.headers["x-request-id"])


def test_the_log_tells_the_route_the_status_and_the_id_and_never_the_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sirius.access")
    answer = client.get("/r/Zm9vYmFyYmF6cXV4MTIzNA?etape=bilan", headers={"referer": "https://ailleurs.exemple.fr/"})
    (record,) = caplog.records
    told = record.__dict__["told"]
    assert (told["route"], told["method"], told["status"]) == ("/r/{token}", "GET", answer.status_code)
    assert record.__dict__["request"] == answer.headers["x-request-id"]
    assert "Zm9v" not in repr(record.__dict__)
    assert "ailleurs" not in repr(record.__dict__)


def test_an_answer_that_is_ready_is_not_logged(
    client: Client, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    answer(6)
    client.get(f"/widget?formation={CUISINE}")
    caplog.set_level(logging.INFO, "sirius.access")
    caplog.clear()
    client.get(f"/widget?formation={CUISINE}")
    assert not caplog.records
