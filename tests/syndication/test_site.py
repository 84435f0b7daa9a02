"""The house's own pages."""

from collections.abc import Callable
from html import unescape

import pytest

from syndication.context import Hub
from syndication.moderation.decide import REASONS
from tests.conftest import CUISINE, PARIS_CENTRE
from tests.helpers import Client

PAGES = ("/", "/integrer", "/methode", "/accessibilite", "/donnees-personnelles", "/mentions-legales")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_french_cannot_be_framed_and_links_the_law(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert '<html lang="fr">' in page.text
    assert page.text.count("<h1>") == 1
    for law in ("/methode", "/donnees-personnelles", "/mentions-legales", "/accessibilite"):
        assert f'href="{law}"' in page.text
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in page.headers


def test_the_method_names_every_ground_of_refusal_and_threshold(client: Client) -> None:
    page = unescape(client.get("/methode").text)
    for reason in REASONS.values():
        assert reason in page
    for words in ("Moins de 5 répondants", "Moins de 10", "Moins de 20", "Wilson", "plus forts restes"):
        assert words in page


def test_a_formation_is_found_by_words_or_by_code(client: Client, answer: Callable[..., None]) -> None:
    answer(6)
    assert "CAP cuisine" in client.get("/?q=cuisine").text
    for code in ("RNCP38430", "50022139", "FOR.9664"):
        found = client.get("/", params={"q": code}).text
        assert f'href="/formations/{CUISINE}"' in found
        assert "1 formation trouvée" in unescape(found).replace("\u00a0", " ")
    for words in ("batignolles", PARIS_CENTRE):
        found = client.get("/", params={"q": words}).text
        assert f'href="/etablissements/{PARIS_CENTRE}"' in found
        assert "1 centre trouvé" in unescape(found).replace("\u00a0", " ")
    assert "Rien trouvé" in client.get("/?q=astronaute").text
    assert "CAP cuisine" in client.get("/integrer?formation=cuisine").text
    built = client.get("/integrer?formation=RNCP38430&etablissement=0751234J&theme=sombre").text
    assert '<sirius-avis formation="RNCP38430" etablissement="0751234J" theme="sombre"' in built
    assert "&lt;sirius-avis formation=" in built
    assert "api/v1/avis?formation=RNCP38430" in built


def test_public_pages_are_compressed_and_those_of_people_are_not(client: Client) -> None:
    for path in ("/", "/methode", "/integrer", "/static/sirius.css"):
        answer = client.get(path, headers={"accept-encoding": "gzip"})
        assert (answer.headers["content-encoding"], answer.headers["vary"].lower()) == ("gzip", "accept-encoding")
    for path in ("/moderation", "/cfa"):
        assert "content-encoding" not in client.get(path, headers={"accept-encoding": "gzip"}).headers


@pytest.mark.parametrize(
    "query",
    ["formation=%3Cscript%3E", "formation=50022146&etablissement=0751234K", "formation=" + "x" * 5000,
     "formation=%25%25%5C", "etablissement=zzz", "theme=%22%3E", "formation=%00"],
)  # fmt: skip
def test_the_builder_survives_anything_typed(client: Client, query: str) -> None:
    page = client.get(f"/integrer?{query}")
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_an_unknown_address_is_a_page_of_ours(client: Client) -> None:
    page = client.get("/nulle/part")
    assert page.status_code == 404
    assert "Il n'y a rien à cette adresse" in page.text


def test_health_says_alive_and_ready(hub: Hub, client: Client) -> None:
    assert client.get("/sante").text == "ok"
    assert client.get("/pret").status_code == 200
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    assert client.get("/pret").status_code == 503
