"""Catalogue sites: exact origins, who may frame, and a page that says why not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from syndication.app import create_app
from syndication.cli import COMMANDS, assembled
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import PartnerError
from syndication.partners import store
from syndication.partners.origins import read_origin
from syndication.publication.snapshot import Publisher
from tests.databases import environment
from tests.helpers import Client

URL = "/widget?formation=50022146"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://www.exemple.fr", "https://www.exemple.fr"), ("https://EXEMPLE.fr/", "https://exemple.fr"),
        ("https://exemple.fr:443", "https://exemple.fr"), ("https://exemple.fr:8443", "https://exemple.fr:8443"),
        ("https://école.fr", "https://xn--cole-9oa.fr"), ("http://localhost:3000", "http://localhost:3000"),
    ],
)  # fmt: skip
def test_an_origin_is_read_as_browsers_say_it(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["", "exemple.fr", "http://exemple.fr", "https://*.exemple.fr", "https://exemple.fr/page", "https://a@exemple.fr",
     "https://exemple.fr;script-src *", "https://exemple.fr 'unsafe-inline'", "https://exemple.fr?x", "ftp://a.fr",
     "https://", "https://exemple.fr:0", "https://exemple.fr:99999", "null", "https://exemple..fr", "javascript://exemple.fr"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(PartnerError, match="origine"):
        read_origin(text)


@pytest.fixture
def closed(hub: Hub) -> tuple[Client, Callable[[], None]]:
    """The service for partners only, with one partner."""
    settings = replace(hub.settings, embed_policy="partners")
    ours = replace(hub, settings=settings, publisher=Publisher(hub.engine, settings, hub.collector.questionnaires))
    with writing(hub.engine).begin() as connection:
        store.add(connection, "Catalogue", ["https://www.exemple.fr"], hub.clock())
    app = create_app(ours, background=False)
    app.catch_up()
    return Client(app), app.catch_up


def framed(client: Client, referer: str) -> str:
    answer = client.get(URL, headers={"sec-fetch-dest": "iframe", "referer": referer})
    assert answer.status_code == 200
    return answer.text


def test_only_exact_origins_may_frame(closed: tuple[Client, Callable[[], None]]) -> None:
    client, _ = closed
    policy = client.get(URL).headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://www.exemple.fr")
    assert "n'est pas inscrit" not in framed(client, "https://www.exemple.fr/page")


@pytest.mark.parametrize(
    "origin",
    ["https://exemple.fr", "https://www.exemple.fr.pirate.example", "https://pirate-www.exemple.fr",
     "http://www.exemple.fr", "https://www.exemple.fr:8443", "https://www.exemple.frr"],
)  # fmt: skip
def test_another_origin_is_told_why(closed: tuple[Client, Callable[[], None]], origin: str) -> None:
    client, _ = closed
    html = framed(client, f"{origin}/page?x=1")
    assert f"Le site {origin} n'est pas inscrit" in html
    assert "répondants" not in html
    answer = client.get(URL, headers={"sec-fetch-dest": "iframe", "referer": origin + "/"})
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "n'est pas inscrit" not in framed(client, "https://www.exemple.fr/")


def test_a_page_that_hides_where_it_is_gets_the_policy_and_the_address_bar_still_opens(
    closed: tuple[Client, Callable[[], None]],
) -> None:
    client, _ = closed
    assert "n'est pas inscrit" not in client.get(URL, headers={"sec-fetch-dest": "iframe"}).text
    opened = client.get(URL, headers={"sec-fetch-dest": "document", "referer": "https://ailleurs.example/"})
    assert "n'est pas inscrit" not in opened.text


def test_revoking_stops_a_site_at_once(closed: tuple[Client, Callable[[], None]], hub: Hub) -> None:
    client, catch_up = closed
    assert "exemple.fr" in client.get(URL).headers["content-security-policy"]
    with writing(hub.engine).begin() as connection:
        store.revoke(connection, "Catalogue", hub.clock())
    catch_up()
    assert "exemple.fr" not in client.get(URL).headers["content-security-policy"]
    assert "n'est pas inscrit" in framed(client, "https://www.exemple.fr/page")


def test_partners_are_kept_by_command(hub: Hub, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    app = assembled(COMMANDS)
    for name, value in environment(hub.settings.data_dir).items():
        monkeypatch.setenv(name, value)
    run = CliRunner().invoke
    added = run(app, ["partner", "add", "Guide", "--origin", "https://guide.example", "--json"])
    assert '"https://guide.example"' in added.stdout
    assert "Guide" in run(app, ["partner", "list"]).stdout
    assert run(app, ["partner", "revoke", "Guide"]).exit_code == 0
    assert "révoqué" in run(app, ["partner", "list"]).stdout
    assert run(app, ["partner", "revoke", "Guide"]).exit_code != 0
