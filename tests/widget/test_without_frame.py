"""Badge, oEmbed, structured data, batches of scores."""

from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from syndication import worker
from syndication.context import Hub
from tests.conftest import answers
from tests.helpers import Client, Clock
from tests.syndication.test_publication import publish_everything
from widget.render import FIRST

HOME = "http://127.0.0.1:8000"


def twelve(hub: Hub, clock: Clock) -> None:
    """Twelve people answered, each in words of their own, and were read."""
    for number in range(12):
        answers(hub, clock, 1, changement=[f"Un texte de l'essai numéro {number}, </script> compris."])
    publish_everything(hub)
    worker.work_once(hub)


SCENES = {"answered": twelve}


@pytest.fixture
def answered(hub: Hub) -> Hub:
    """The hub once twelve people were read."""
    return hub


@pytest.mark.usefixtures("answered")
def test_the_badge_is_an_image_that_says_its_text(client: Client) -> None:
    answer = client.get("/widget/badge.svg?formation=50022146")
    assert answer.headers["content-type"] == "image/svg+xml"
    image = ElementTree.fromstring(answer.text)
    assert "des 12\u00a0répondants" in (image[0].text or "")
    assert "happy" in client.get("/widget/badge.svg?formation=50022146&langue=en").text
    assert "#ffffff" not in client.get("/widget/badge.svg?formation=50022146&theme=sombre").text


@pytest.mark.parametrize("query", ["formation=zzz", "", "formation=50022137"])
def test_an_empty_badge_is_one_pixel_and_an_image_all_the_same(client: Client, query: str) -> None:
    answer = client.get(f"/widget/badge.svg?{query}")
    assert answer.status_code == 200
    assert ElementTree.fromstring(answer.text).get("width") == "1"
    assert "Pas encore" in client.get(f"/widget/badge.svg?{query}&si-vide=message").text


@pytest.mark.usefixtures("answered")
def test_oembed_gives_a_titled_frame_within_bounds(client: Client) -> None:
    for url in (
        f"{HOME}/formations/50022146",
        f"{HOME}/formations/50022146/",
        f"{HOME}/widget?formation=RNCP38430&format=carrousel",
    ):
        found = client.get(f"/oembed?url={quote(url, safe='')}&maxwidth=320&maxheight=400").json()
        assert (found["version"], found["type"], found["width"], found["height"]) == ("1.0", "rich", 320, 400)
        assert found["html"].startswith(f'<iframe src="{HOME}/widget?formation=')
        assert 'title="' in found["html"]
    page = client.get("/formations/50022146").text
    assert 'type="application/json+oembed"' in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 404), ("url=https://ailleurs.example/formations/50022146", 404), (f"url={HOME}/methode", 404),
        (f"url={HOME}/formations/zzz", 404), (f"url={HOME}/formations/50022146&format=xml", 501),
        (f"url={HOME}/formations/50022146&maxwidth=large", 400),
        (f"url={HOME}/formations/50022146&maxwidth=0", 404), (f"url={HOME}/formations/50022146&maxheight=10", 404),
        ("url=http://[", 404),
    ],
)  # fmt: skip
def test_oembed_says_no_to_what_it_cannot_show(client: Client, query: str, status: int) -> None:
    answer = client.get(f"/oembed?{query}")
    assert answer.status_code == status
    assert answer.json()["error"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.usefixtures("answered")
def test_structured_data_are_a_course_with_the_visible_reviews_and_never_an_organization_s_stars(
    client: Client,
) -> None:
    course = client.get("/widget/course?formation=50022146&etablissement=0751234J").json()
    figures = client.get("/api/v1/avis?formation=50022146&etablissement=0751234J").json()
    counts = figures["satisfaction"]
    mean = (3 * counts["bien"]["nombre"] + 2 * counts["moyen"]["nombre"] + counts["mal"]["nombre"]) / 12
    assert course["@type"] == "Course"
    assert course["aggregateRating"]["ratingValue"] == round(mean, 2)
    assert course["aggregateRating"]["ratingCount"] == 12
    assert (course["aggregateRating"]["worstRating"], course["aggregateRating"]["bestRating"]) == (1, 3)
    every = [one["texte"] for one in figures["verbatims"]["extraits"]]
    assert [one["reviewBody"] for one in course["review"]] == every[:FIRST]
    for form, seen in (("carrousel", 12), ("liste", FIRST), ("score", 0)):
        found = client.get(f"/widget/course?formation=50022146&etablissement=0751234J&format={form}").json()
        assert len(found["review"]) == seen
    assert "aggregateRating" not in course["provider"]
    assert client.get("/widget/course?etablissement=0751234J").json() is None
    assert client.get("/widget/course?formation=zzz").json() is None
    page = client.get("/formations/50022146").text
    assert "</script> compris" not in page
    assert "\\u003c/script> compris" in page


@pytest.mark.usefixtures("answered")
def test_a_batch_of_scores_leaves_out_what_means_nothing(client: Client) -> None:
    keys = ["50022146", "@0751234J", "50022146@0751234J", "zzz", "50022137", "RNCP38430@9990001X"]
    found = client.get(f"/widget/scores?cles={','.join(keys)}").json()
    assert set(found) == {"50022146", "@0751234J", "50022146@0751234J", "50022137", "RNCP38430@9990001X"}
    assert found["50022146"]["texte"].endswith("12\u00a0répondants")
    assert found["50022137"]["texte"] == ""
    assert found["RNCP38430@9990001X"]["elargi"] == "tous centres réunis"
    assert found["50022146"]["lien"] == f"{HOME}/formations/50022146"
    assert client.get("/widget/scores").json() == {}
    assert "respondents" in client.get("/widget/scores?cles=50022146&langue=en").json()["50022146"]["texte"]
