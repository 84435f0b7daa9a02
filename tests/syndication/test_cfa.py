"""The centres' space and the preview of their widget."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

from syndication.accounts.store import Grant
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import Code
from syndication.cfa.preview import Preview, sign
from syndication.cfa.views import EXAMPLE_BANNER, snippet
from syndication.context import Hub
from tests.conftest import CUISINE, KEY, LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client, Clock
from tests.syndication.test_desk import signed_in
from tests.syndication.test_publication import publish_everything

Answer = Callable[..., None]


def centre_person(hub: Hub, uai: str) -> Grant:
    with hub.engine.connect() as connection:
        return Grant("cfa@exemple.fr", "cfa", catalogue.centres_by_code(connection, Code("uai", uai))[0].id)


def preview_path(centre: str = PARIS_CENTRE, key: str = KEY) -> str:
    return "/apercu/" + sign([key], Preview(f"cfd:{CUISINE}", f"uai:{centre}"))


def test_a_centre_sees_its_own_campaigns_and_no_other(hub: Hub, app: Any, answer: Answer) -> None:
    answer(6)
    answer(3, formation="50033616", centre=LYON_CENTRE)
    home = signed_in(hub, app, centre_person(hub, PARIS_CENTRE)).get("/cfa").text
    assert "CFA Exemple des Batignolles" in home
    assert "CAP cuisine" in home
    assert "12\u00a0textes attendent" in home
    assert "coiffure" not in home


def test_a_stranger_and_a_moderator_get_no_centre_s_space(hub: Hub, app: Any) -> None:
    assert Client(app).get("/cfa").status_code == 401
    assert signed_in(hub, app).get("/cfa").status_code == 403


def test_the_preview_counts_what_waits_and_never_shows_its_words(hub: Hub, client: Client, answer: Answer) -> None:
    answer(6, changement=["Des mots qui attendent."])
    page = client.get(preview_path())
    assert "12\u00a0textes attendent d'être lus" in unescape(page.text)
    assert "Des mots qui attendent." not in page.text + client.get(preview_path() + "/cadre").text
    publish_everything(hub)
    assert "Aucun texte n'attend" in unescape(client.get(preview_path()).text)
    assert "Des mots qui attendent." in client.get(preview_path() + "/cadre").text


def test_the_preview_shows_what_a_catalogue_would(client: Client, answer: Answer) -> None:
    answer(12)
    preview = client.get(preview_path() + "/cadre").text
    real = client.get(f"/widget?formation={CUISINE}&etablissement={PARIS_CENTRE}&si-vide=message").text
    assert preview == real


def test_the_example_says_that_it_is_one_and_leaves_no_trace(client: Client, answer: Answer) -> None:
    answer(6)
    example = unescape(client.get(preview_path() + "/cadre?exemple=1").text)
    assert EXAMPLE_BANNER in example
    words = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", example, re.DOTALL)
    assert words
    assert all(text.startswith("(exemple)") for text in words)
    for public in (f"/widget?formation={CUISINE}&exemple=1", f"/api/v1/avis?formation={CUISINE}"):
        assert "(exemple)" not in client.get(public).text


def test_the_preview_is_framed_by_our_pages_only(client: Client) -> None:
    policy = client.get(preview_path() + "/cadre").headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "frame-ancestors 'none'" in client.get(preview_path()).headers["content-security-policy"]


def test_a_forged_or_old_preview_link_opens_nothing(client: Client, clock: Clock) -> None:
    assert client.get(preview_path(key="x" * 40)).status_code == 404
    assert client.get("/apercu/nimporte").status_code == 404
    assert client.get("/apercu/nimporte/cadre").status_code == 404
    good = preview_path()
    assert client.get(good).status_code == 200
    assert client.get(good[:-4] + "AAAA").status_code == 404


def test_the_snippet_can_be_pasted_as_it_is() -> None:
    text = snippet("https://avis.exemple.fr", Preview("cfd:50022146", "uai:0751234J"))
    assert '<script async src="https://avis.exemple.fr/widget/1.js"></script>' in text
    assert '<sirius-avis formation="50022146" etablissement="0751234J">' in text
    assert "&amp;etablissement=0751234J" in text


def test_a_preview_link_lives_three_months() -> None:
    from syndication.cfa import preview

    assert timedelta(days=80) < preview.LIFE < timedelta(days=100)
