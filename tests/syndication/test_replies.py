"""A centre's right of reply: to its own published texts, read before it appears, shown under them."""

import re
from collections.abc import Callable

import pytest

from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.app import Service
from syndication.catalogue.resolve import resolve_centre
from syndication.context import Hub
from syndication.replies.store import LONGEST
from tests.helpers import Client
from tests.syndication.test_publication import publish_everything

WORDS = "Merci. <b>Nous</b> avons changé les horaires."


def signed_in(hub: Hub, client: Client, role: str, centre: str = "") -> dict[str, str]:
    """Headers of somebody signed in."""
    with hub.engine.connect() as connection:
        number = resolve_centre(connection, centre).id if centre else None
    someone = Grant(f"{role}{centre}@exemple.fr", role, number)
    link = signin.make_link(hub.engine, hub.settings.public_url, someone, hub.clock())
    path = link.removeprefix(hub.settings.public_url)
    done = client.post(path, data={})
    return {"cookie": done.headers["set-cookie"].partition(";")[0]}


@pytest.fixture
def text(hub: Hub, answer: Callable[..., None], catch_up: Callable[[], None], client: Client) -> str:
    """The id of a published text of the centre of Paris."""
    answer(10)
    publish_everything(hub)
    catch_up()
    found = client.get("/api/v1/avis?formation=50022146").json()["verbatims"]["extraits"]
    return str(found[0]["id"])


def reply(client: Client, text: str) -> object:
    found = client.get("/api/v1/avis?formation=50022146").json()["verbatims"]["extraits"]
    return next(one["reponse"] for one in found if one["id"] == text)


def test_a_reply_appears_once_read_signed_and_dated(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None]
) -> None:
    centre, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    assert f"/cfa/0751234J/avis/{text}" in client.get("/cfa/0751234J/avis", headers=centre).text
    assert client.post(f"/cfa/0751234J/avis/{text}", data={"texte": WORDS}, headers=centre).status_code == 303
    catch_up()
    assert reply(client, text) is None
    queue = client.get("/moderation", headers=moderator).text
    assert "Merci. &lt;b&gt;Nous&lt;/b&gt; avons" in queue
    decided = {"version": "1", "decision": "publie"}
    assert client.post(f"/moderation/centres/{text}", data=decided, headers=moderator).status_code == 303
    catch_up()
    shown = reply(client, text)
    assert isinstance(shown, dict)
    assert shown["texte"] == WORDS
    assert "Batignolles" in shown["signature"]
    html = client.get("/widget?formation=50022146").text
    assert re.search(r"Batignolles</bdi></b> répond.*Merci. &lt;b&gt;Nous&lt;/b&gt;", html)
    assert client.post(f"/moderation/centres/{text}", data=decided, headers=moderator).status_code == 409


def test_a_refused_reply_tells_its_centre_why_and_may_be_written_anew(
    hub: Hub, client: Client, text: str, catch_up: Callable[[], None]
) -> None:
    centre, moderator = signed_in(hub, client, "cfa", "0751234J"), signed_in(hub, client, "moderator")
    client.post(f"/cfa/0751234J/avis/{text}", data={"texte": "Qui a écrit cela ?"}, headers=centre)
    refused = {"version": "1", "decision": "refuse", "raison": "personne"}
    assert (
        client.post(f"/moderation/centres/{text}", data={**refused, "raison": ""}, headers=moderator).status_code == 422
    )
    assert client.post(f"/moderation/centres/{text}", data=refused, headers=moderator).status_code == 303
    assert "cherche à savoir qui a écrit" in client.get("/cfa/0751234J/avis", headers=centre).text
    assert client.post(f"/cfa/0751234J/avis/{text}", data={"texte": "Merci."}, headers=centre).status_code == 303
    assert "attend d'être lue" in client.get("/cfa/0751234J/avis", headers=centre).text


def test_nobody_replies_for_another_centre_nor_without_words(hub: Hub, app: Service, client: Client, text: str) -> None:
    other, own = signed_in(hub, client, "cfa", "9990001X"), signed_in(hub, client, "cfa", "0751234J")
    assert client.post(f"/cfa/0751234J/avis/{text}", data={"texte": WORDS}, headers=other).status_code == 403
    assert client.post(f"/cfa/9990001X/avis/{text}", data={"texte": WORDS}, headers=other).status_code == 422
    assert Client(app).post(f"/cfa/0751234J/avis/{text}", data={"texte": WORDS}).status_code == 401
    assert client.post(f"/cfa/0751234J/avis/{text}", data={"texte": " "}, headers=own).status_code == 422
    long = client.post(f"/cfa/0751234J/avis/{text}", data={"texte": "x" * (LONGEST + 1)}, headers=own)
    assert long.status_code == 422
    assert "x" * (LONGEST + 1) in long.text
    assert client.get(f"/cfa/0751234J/avis/{text}", headers=own).status_code == 405
