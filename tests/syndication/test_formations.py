"""Pages of formations and centres: readable, indexable when there is something to read, never a dead end."""

import pytest

from syndication import worker
from syndication.context import Hub
from tests.conftest import answers
from tests.helpers import Client, Clock
from tests.syndication.test_publication import publish_everything


def twelve(hub: Hub, clock: Clock) -> None:
    """Twelve people answered, and were read."""
    answers(hub, clock, 12)
    publish_everything(hub)
    worker.work_once(hub)


SCENES = {"answered": twelve}


@pytest.fixture
def answered(hub: Hub) -> Hub:
    """The hub once twelve people were read."""
    return hub


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize("code", ["50022146", "RNCP38430", "FOR.1210", "certifinfo:115708", "50022139"])
def test_a_formation_has_a_page_under_any_of_its_codes(client: Client, code: str) -> None:
    page = client.get(f"/formations/{code}")
    assert "100\u00a0% des 12\u00a0répondants" in page.text
    assert '<link rel="canonical" href="http://127.0.0.1:8000/formations/50022146">' in page.text
    assert "x-robots-tag" not in page.headers
    assert 'type="application/ld+json"' in page.text


@pytest.mark.usefixtures("answered")
def test_a_centre_has_a_page_and_a_formation_in_a_centre_too(client: Client) -> None:
    assert "Batignolles" in client.get("/etablissements/0751234J").text
    page = client.get("/formations/50022146?etablissement=0751234J").text
    assert "Batignolles" in page
    assert "/formations/50022146?etablissement=0751234J" in page


@pytest.mark.usefixtures("answered")
def test_other_texts_of_a_page_are_plain_links_that_stay_on_it(client: Client) -> None:
    page = client.get("/formations/50022146?question=changement")
    assert page.headers["x-robots-tag"] == "noindex"
    assert 'href="/formations/50022146?page=2' in client.get("/formations/50022146").text
    assert "/widget?" not in page.text.partition("<main")[2]


@pytest.mark.parametrize(
    "path", ["/formations/zzz", "/formations/PARIS/12", "/formations/%23", "/etablissements/zzz", "/formations/%00"]
)
def test_an_unknown_code_is_a_page_that_helps(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 404
    assert "Chercher par le nom" in page.text


def test_a_formation_nobody_told_of_is_not_indexed(client: Client) -> None:
    page = client.get("/formations/50022137")
    assert page.status_code == 200
    assert page.headers["x-robots-tag"] == "noindex"
    assert "Personne n'a encore répondu ici" in page.text


@pytest.mark.usefixtures("answered")
def test_the_sitemap_lists_what_there_is_to_read(client: Client) -> None:
    assert "<loc>http://127.0.0.1:8000/formations/50022146</loc>" in client.get("/sitemap.xml").text
    assert "50022137" not in client.get("/sitemap.xml").text
    assert "Sitemap: " in client.get("/robots.txt").text
