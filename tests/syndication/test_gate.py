"""The gate: keys, quotas, what is counted, and nothing of a key in an address or a log."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from syndication.accounts.store import Grant
from syndication.app import Service
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import PartnerError
from syndication.partners import keys, store
from syndication.protocol import Protocol
from tests.collector.serving.test_connections import heard, server
from tests.conftest import CUISINE
from tests.databases import Databases, held
from tests.helpers import Client, Clock, hidden_fields
from tests.syndication.test_desk import signed_in

Answer = Callable[..., None]
AVIS = f"/api/v1/avis?formation={CUISINE}"
USAGE, CHANGES, EXPORT = "/api/v1/usage", "/api/v1/changements", "/api/v1/exports/avis.ndjson"
KEYED = (USAGE, CHANGES, EXPORT, "/api/v1/exports/verbatims.csv")
ADMIN = Grant("chef@exemple.fr", "admin", None)


def add(hub: Hub, name: str = "Catalogue", **options: Any) -> str:
    with writing(hub.engine).begin() as connection:
        key = store.add(connection, name, options.pop("origins", ()), hub.clock(), **options)
    assert key is not None
    return key


def act(hub: Hub, do: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with writing(hub.engine).begin() as connection:
        return do(connection, *given, hub.clock(), **named)


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize("path", KEYED)
def test_what_needs_a_key_says_so_and_what_needs_none_is_open(client: Client, path: str) -> None:
    refused = client.get(path)
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert client.get(AVIS).status_code == 200


@pytest.mark.parametrize("path", [*KEYED, AVIS])
def test_a_key_opens_and_its_quota_is_told(hub: Hub, client: Client, path: str) -> None:
    answer = client.get(path, headers=bearer(add(hub, quota=100)))
    assert answer.status_code == 200
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("100", "99")
    assert 0 < int(answer.headers["x-ratelimit-reset"]) <= 60


def test_an_answer_that_is_ready_tells_each_holder_of_a_key_what_is_left(hub: Hub, app: Service) -> None:
    keyed = f"GET {AVIS} HTTP/1.0\r\nhost: x\r\nauthorization: Bearer {add(hub, quota=100)}\r\n\r\n"
    with server(app, Protocol) as place:
        open_to_all = heard(place.opened(keyed.replace("authorization", "x-other").encode()))
        said = [heard(place.opened(keyed.encode())) for _ in range(2)]
    assert b"x-ratelimit-remaining: " not in open_to_all
    for left, one in zip((99, 98), said, strict=True):
        assert b"\r\nx-ratelimit-remaining: %d\r\n" % left in one
        assert b"\r\ncache-control: private, max-age=0\r\n" in one
        assert one.partition(b"\r\n\r\n")[2] == open_to_all.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("said", ["Bearer", "Bearer x", "Basic dTpw", "Bearer sirius_court", "sirius_" + "a" * 43])
def test_what_is_no_key_is_refused_even_where_none_is_needed(client: Client, said: str) -> None:
    for path in (AVIS, USAGE):
        assert client.get(path, headers={"authorization": said}).status_code == 401
    unknown = client.get(AVIS, headers=bearer("sirius_" + "a" * 43))
    assert unknown.status_code == 401
    assert "pas connue" in unknown.json()["detail"]


def test_a_key_does_no_more_than_its_scopes(hub: Hub, client: Client) -> None:
    headers = bearer(add(hub, scopes=["changements"]))
    assert client.get(CHANGES, headers=headers).status_code == 200
    for path in (EXPORT, USAGE):
        refused = client.get(path, headers=headers)
        assert refused.status_code == 403
        assert refused.json()["title"] == "Clé insuffisante"


def test_a_revoked_site_or_key_is_refused_at_once(hub: Hub, client: Client) -> None:
    first = add(hub)
    second = act(hub, store.rotate, "Catalogue")
    act(hub, store.revoke_key, "Catalogue", keys.hint(second))
    assert client.get(USAGE, headers=bearer(second)).status_code == 401
    assert client.get(USAGE, headers=bearer(first)).status_code == 200
    act(hub, store.revoke, "Catalogue")
    refused = client.get(USAGE, headers=bearer(first))
    assert refused.status_code == 401
    assert "révoquée" in refused.json()["detail"]
    with pytest.raises(PartnerError):
        act(hub, store.rotate, "Catalogue")


def test_during_a_rotation_two_keys_work_and_then_one(hub: Hub, client: Client, clock: Clock) -> None:
    first = add(hub)
    clock.moment += timedelta(minutes=1)
    second = act(hub, store.rotate, "Catalogue")
    assert [client.get(USAGE, headers=bearer(key)).status_code for key in (first, second)] == [200, 200]
    clock.moment += timedelta(minutes=1)
    third = act(hub, store.rotate, "Catalogue")
    assert [client.get(USAGE, headers=bearer(key)).status_code for key in (first, second, third)] == [401, 200, 200]
    clock.moment += keys.OVERLAP
    assert [client.get(USAGE, headers=bearer(key)).status_code for key in (second, third)] == [401, 200]


def test_a_new_key_allows_what_the_one_before_did(hub: Hub, client: Client) -> None:
    add(hub, scopes=["exports"])
    key = act(hub, store.rotate, "Catalogue")
    assert client.get(EXPORT, headers=bearer(key)).status_code == 200
    assert client.get(CHANGES, headers=bearer(key)).status_code == 403


def test_keys_are_kept_by_their_hash_alone(hub: Hub) -> None:
    key = add(hub)
    hub.engine.dispose()
    kept = held(hub.settings.database_url)
    assert key.encode() not in kept
    assert key[7:30].encode() not in kept
    assert keys.digest(key).encode() in kept


def test_a_quota_is_kept_for_the_minute(hub: Hub, client: Client, clock: Clock) -> None:
    headers = bearer(add(hub, quota=3))
    statuses = [client.get(AVIS, headers=headers).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = client.get(AVIS, headers=headers)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["content-type"] == "application/problem+json"
    assert client.get(AVIS).status_code == 200
    clock.moment += timedelta(minutes=1)
    assert client.get(AVIS, headers=headers).status_code == 200


def test_answers_to_a_key_are_kept_by_no_cache_between(hub: Hub, client: Client) -> None:
    headers = bearer(add(hub))
    for _ in range(2):
        assert client.get(AVIS, headers=headers).headers["cache-control"] == "private, max-age=0"
    assert "s-maxage" in client.get(AVIS).headers["cache-control"]


def test_larger_pages_need_a_key_that_allows_reading(hub: Hub, client: Client) -> None:
    url = f"/api/v1/verbatims?formation={CUISINE}&page_size=1000"
    assert client.get(url).status_code == 400
    assert client.get(url, headers=bearer(add(hub, scopes=["exports"]))).status_code == 400
    assert client.get(url, headers=bearer(add(hub, "Autre"))).status_code == 200


def test_a_key_that_cannot_be_checked_is_no_wrong_key(databases: Databases, hub: Hub, client: Client) -> None:
    headers = bearer(add(hub))
    client.get(AVIS)
    hub.engine.dispose()
    databases.lose(hub.settings.data_dir)
    assert client.get(AVIS, headers=headers).status_code == 200
    refused = client.get(USAGE, headers=headers)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize("name", ["apiKey", "api_key", "key", "token", "cle", "access_token", "Authorization"])
@pytest.mark.parametrize("path", ["/api/v1/avis", "/api/v1/changements", "/api/v1/questions"])
def test_a_key_in_an_address_is_refused_and_never_said_again(
    hub: Hub, client: Client, caplog: pytest.LogCaptureFixture, path: str, name: str
) -> None:
    key = add(hub)
    caplog.set_level(logging.DEBUG)
    refused = client.get(path, params={name: key}, headers=bearer(key))
    assert refused.status_code == 400
    assert "en-tête" in refused.text
    assert key not in refused.text
    assert not any(key in record.getMessage() for record in caplog.records if record.name.split(".")[0] != "httpx")


def test_an_address_beyond_reason_is_refused_before_it_is_read(app: Service) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    for path in ("/api/v1/avis", "/api/v1/resumes", "/api/v1/questions"):
        scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": path, "query_string": b"formation=" + b"9" * 1_000_000,
            "headers": [], "client": ("203.0.113.1", 1),
        }  # fmt: skip
        asyncio.run(app(scope, receive, send))
        assert sent[-2]["status"] == 414
        assert (b"content-type", b"application/problem+json") in sent[-2]["headers"]


def test_a_site_sees_its_own_figures_and_nobody_else_s(hub: Hub, app: Service, client: Client) -> None:
    key = add(hub, origins=["https://a.exemple.fr"])
    other = add(hub, "Autre", origins=["https://b.exemple.fr"])
    app.gate.write()
    for page, times in (("https://a.exemple.fr/f/1?q=secret", 3), ("https://b.exemple.fr/", 2), ("", 4)):
        for _ in range(times):
            client.get(f"/widget?formation={CUISINE}", headers={"referer": page} if page else {})
    client.get(AVIS, headers=bearer(key))
    client.get("/api/v1/avis?formation=zzz", headers=bearer(key))
    app.gate.write()
    figures = {row["genre"]: row["nombre"] for row in client.get(USAGE, headers=bearer(key)).json()["data"]}
    assert figures == {"avis": 1, "widget": 3}
    theirs = client.get(USAGE, headers=bearer(other)).json()
    assert (theirs["partenaire"], theirs["data"][0]["nombre"]) == ("Autre", 2)
    with hub.engine.connect() as connection:
        totals = store.totals(connection, hub.clock().date())
    assert totals[store.OTHERS]["widget"] == 4


def test_nothing_of_readers_is_kept(hub: Hub, app: Service, client: Client) -> None:
    add(hub, origins=["https://a.exemple.fr"])
    headers = {"referer": "https://a.exemple.fr/eleve/dupont", "user-agent": "Telephone-Espion", "cookie": "moi=1"}
    client.get(f"/widget?formation={CUISINE}", headers=headers)
    app.gate.write()
    hub.engine.dispose()
    kept = held(hub.settings.database_url)
    for trace in (b"dupont", b"Telephone-Espion", b"moi=1", b"127.0.0.1"):
        assert trace not in kept


# -- the desk's page -------------------------------------------------------------------------------------------------

PAGE = "/moderation/partenaires"


def test_the_page_is_for_administrators(hub: Hub, app: Service, client: Client) -> None:
    assert client.get(PAGE).status_code == 401
    assert signed_in(hub, app).get(PAGE).status_code == 403
    assert signed_in(hub, app, ADMIN).get(PAGE).status_code == 200


def test_a_site_is_made_known_its_key_shown_once_renewed_and_revoked(hub: Hub, app: Service, client: Client) -> None:
    browser = signed_in(hub, app, ADMIN)
    form = {"acte": "inscrire", "nom": "Orientation", "origine": "https://o.fr https://www.o.fr", "quota": "50"}
    made = browser.post(PAGE, data=form)
    assert made.status_code == 200
    key = next(
        word for word in unescape(made.text).replace("<", " ").replace(">", " ").split() if word[:7] == "sirius_"
    )
    assert client.get(USAGE, headers=bearer(key)).headers["x-ratelimit-limit"] == "50"
    assert key not in browser.get(PAGE).text
    assert "https://www.o.fr" in browser.get(PAGE).text
    assert browser.post(PAGE, data={"acte": "oter", "nom": "Orientation", "origine": "https://o.fr"}).status_code == 200
    with hub.engine.connect() as connection:
        assert store.named(connection, "Orientation").origins == ("https://www.o.fr",)
    assert "sirius_" in browser.post(PAGE, data={"acte": "renouveler", "nom": "Orientation"}).text
    browser.post(PAGE, data={"acte": "cle", "nom": "Orientation", "fin": keys.hint(key)})
    assert client.get(USAGE, headers=bearer(key)).status_code == 401
    assert browser.post(PAGE, data={"acte": "revoquer", "nom": "Orientation"}).status_code == 200
    assert "révoqué" in browser.get(PAGE).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"acte": "inscrire", "nom": ""}, "Donnez un nom"),
        ({"acte": "inscrire", "nom": "X", "origine": "https://*.o.fr"}, "n'est pas une origine"),
        ({"acte": "inscrire", "nom": "X", "quota": "beaucoup"}, "nombre entier"),
        ({"acte": "webhook", "nom": "Catalogue", "url": "https://10.0.0.1/x"}, "adresse"),
        ({"acte": "webhook", "nom": "Personne", "url": "https://o.fr/x"}, "Aucun partenaire"),
        ({"acte": "renouveler", "nom": "Personne"}, "Aucun partenaire"),
        ({"acte": "rejouer", "webhook": "wh_rien"}, "Aucun webhook"),
        ({"acte": "detruire"}, "ne sait pas"),
        ({}, "ne sait pas"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_typed_is_lost(
    hub: Hub, app: Service, form: dict[str, str], said: str
) -> None:
    add(hub)
    page = signed_in(hub, app, ADMIN).post(PAGE, data=form)
    assert page.status_code == 422
    assert said in unescape(page.text)
    if form.get("nom") != "Personne":
        assert all(value in unescape(page.text) for name, value in form.items() if name in {"nom", "url", "origine"})


def test_a_webhook_is_added_with_its_secret_stopped_started_and_sent_anew(hub: Hub, app: Service) -> None:
    add(hub)
    browser = signed_in(hub, app, ADMIN)
    made = browser.post(PAGE, data={"acte": "webhook", "nom": "Catalogue", "url": "https://exemple.fr/sirius"})
    assert "whsec_" in made.text
    assert "whsec_" not in browser.get(PAGE).text
    webhook = hidden_fields(browser.get(PAGE).text)["webhook"]
    for acte, said in (
        ("arreter", "est arrêté"), ("relancer", "remis en marche"), ("secret", "whsec_"), ("rejouer", "3 messages"),
    ):  # fmt: skip
        page = browser.post(PAGE, data={"acte": acte, "webhook": webhook})
        assert said in unescape(page.text), acte
