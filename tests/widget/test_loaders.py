"""Loaders as published: light, immutable, with their hashes."""

import gzip
import re
from collections.abc import Callable

import pytest

from tests.helpers import Client
from widget import loaders

SECRETS = re.compile(r"\b(cookie|localStorage|sessionStorage|indexedDB|eval|innerHTML|insertAdjacentHTML)\b")


@pytest.mark.parametrize("name", list(loaders.PUBLISHED))
def test_a_published_file_never_changes(name: str) -> None:
    file = loaders.find(name)
    assert file is not None
    assert loaders.integrity(file.body) == loaders.PUBLISHED[name]


def test_the_loader_pins_its_second_file() -> None:
    main = loaders.find(loaders.NEWEST)
    assert main is not None
    assert loaders.PUBLISHED["1.0.0.plus.js"] in main.body.decode()


@pytest.mark.parametrize("name", list(loaders.PUBLISHED))
def test_a_loader_weighs_at_most_3_kilobytes_and_can_be_read(name: str, figure: Callable[[str, float], None]) -> None:
    file = loaders.find(name)
    assert file is not None
    weight = len(gzip.compress(file.body, 9))
    figure(f"weight of {name}, bytes with gzip", weight)
    assert weight <= 3 * 1024
    assert max(map(len, file.body.decode().splitlines())) < 200
    code = re.sub(r"^\s*//.*$", "", file.body.decode(), flags=re.MULTILINE)
    assert not SECRETS.search(code)


def test_the_evergreen_address_gives_the_newest_and_versions_stay_for_good(client: Client) -> None:
    evergreen, pinned = client.get("/widget/1.js"), client.get("/widget/1.0.0.js")
    assert evergreen.content == pinned.content
    assert "immutable" in pinned.headers["cache-control"]
    assert "immutable" not in evergreen.headers["cache-control"]
    assert "stale-if-error" in evergreen.headers["cache-control"]
    for answer in (evergreen, pinned):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert client.get("/widget/9.9.9.js").status_code == 404


def test_versions_are_listed_with_their_hashes(client: Client) -> None:
    listed = client.get("/widget/versions.json").json()
    assert listed["actuelle"] == "1.0.0"
    assert {file["chemin"]: file["integrite"] for file in listed["fichiers"]} == {
        f"/widget/{name}": digest for name, digest in loaders.PUBLISHED.items()
    }
