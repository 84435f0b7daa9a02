"""Points forts shown: on a page that may be shared, in the widget when it asks, gone as soon as they are no more."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from syndication.app import Service
from syndication.context import Hub
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE
from tests.helpers import Client
from tests.syndication.test_cfa import centre_person
from tests.syndication.test_desk import signed_in
from tests.syndication.test_publication import publish_everything

Answer = Callable[..., None]
PAGE = f"/etablissements/{PARIS_CENTRE}/points-forts"
WIDGET = f"/widget?formation={CUISINE}&etablissement={PARIS_CENTRE}&points-forts=1"
THIRD = "9990002Y"
PLACE = f"etablissement={PARIS_CENTRE}"


@pytest.fixture
def ahead(answer: Answer) -> None:
    """Fifty here who said « bien », fifty elsewhere of whom none did."""
    answer(50)
    answer(25, centre=LYON_CENTRE, satisfaction=["moyen"])
    answer(25, centre=THIRD, satisfaction=["moyen"])


@pytest.mark.usefixtures("ahead")
def test_a_point_fort_is_shown_with_its_figures_and_how_it_was_computed(client: Client) -> None:
    page = client.get(PAGE)
    text = unescape(page.text)
    assert page.status_code == 200
    assert "La satisfaction générale" in text
    assert "100\u00a0%</span> de «\u00a0bien\u00a0» sur 50\u00a0réponses" in text
    assert "0\u00a0% sur 50\u00a0réponses dans les autres centres" in text
    assert 'property="og:title"' in text
    assert 'href="/methode#points-forts"' in text
    assert "Les horaires" not in text  # as elsewhere
    assert client.get(PAGE, headers={"if-none-match": page.headers["etag"]}).status_code == 304
    assert "noindex" not in page.headers.get("x-robots-tag", "")


def test_a_centre_without_any_is_told_so_and_nothing_bad_is_said(client: Client, answer: Answer) -> None:
    answer(12)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "Aucun point fort établi." in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    assert "Trop peu de personnes" in client.get(f"/etablissements/{LYON_CENTRE}/points-forts").text
    assert client.get("/etablissements/9999999Z/points-forts").status_code == 404


@pytest.mark.usefixtures("ahead")
def test_the_widget_says_them_when_it_asks_in_formats_that_have_room(hub: Hub, client: Client) -> None:
    publish_everything(hub)
    for form in ("complet", "liste"):
        assert "Points forts de ce centre" in client.get(f"{WIDGET}&format={form}").text
    for url in (f"{WIDGET}&format=carrousel", f"{WIDGET}&format=score", WIDGET.replace("&points-forts=1", "")):
        assert "Points forts" not in client.get(url).text
    assert "What this centre does well" in client.get(f"{WIDGET}&langue=en").text
    alone = unescape(client.get(f"/widget?etablissement={PARIS_CENTRE}&points-forts=1").text)
    assert "CAP cuisine" in alone
    assert "Points forts" not in client.get(f"/widget?formation={CUISINE}&points-forts=1").text
    kept = client.get(WIDGET).text
    assert "points-forts=1" in kept  # links and forms inside carry it along


@pytest.mark.usefixtures("ahead")
@pytest.mark.parametrize("query", [f"formation={CUISINE}&{PLACE}", PLACE])
def test_answers_elsewhere_change_what_is_ready(app: Service, client: Client, answer: Answer, query: str) -> None:
    url = f"/widget?{query}&points-forts=1"
    assert "Points forts" in client.get(url).text
    answer(120, centre=LYON_CENTRE)  # elsewhere is no longer behind
    app.catch_up()
    assert "Points forts" not in client.get(url).text


def test_the_builder_offers_them(client: Client, answer: Answer) -> None:
    answer(6)
    page = unescape(client.get(f"/integrer?formation={CUISINE}&etablissement={PARIS_CENTRE}&points-forts=1").text)
    assert 'name="points-forts" value="1" checked' in page
    assert f'etablissement="{PARIS_CENTRE}" points-forts style=' in page
    assert "points-forts=1" in page  # the plain frame
    assert "points-forts style" not in unescape(
        client.get(f"/integrer?formation={CUISINE}&format=score&points-forts=1").text
    )


def test_one_neighbour_is_not_everybody(hub: Hub, client: Client, answer: Answer) -> None:
    answer(50)
    answer(50, centre=LYON_CENTRE, satisfaction=["moyen"])
    assert "Aucun point fort établi." in client.get(PAGE).text


def test_space_and_public_page_lead_to_each_other(hub: Hub, app: Any, ahead: None) -> None:
    page = signed_in(hub, app, centre_person(hub, PARIS_CENTRE)).get(f"/cfa/{PARIS_CENTRE}/resultats").text
    assert f'href="{PAGE}"' in page
