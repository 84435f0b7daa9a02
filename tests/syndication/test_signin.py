"""Signing in by mailed link: who asks learns nothing, links serve once, sessions are seen and ended by their owner."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from syndication import worker
from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts.devices import device_of
from syndication.accounts.store import Grant
from syndication.accounts.views import ASKED_PER_HOUR
from syndication.app import Service, create_app
from syndication.context import Hub
from syndication.database import writing
from tests.collector.post import written
from tests.conftest import PARIS_CENTRE
from tests.helpers import Client, Clock
from tests.syndication.test_cfa import centre_person
from tests.syndication.test_desk import signed_in

LEA = "lea@exemple.fr"
COOKIE = "sirius-session"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def lea(hub: Hub) -> int:
    with writing(hub.engine).begin() as connection:
        return accounts.grant(connection, Grant(LEA, "admin"), "essai", hub.clock())


def mailed_path(hub: Hub) -> str:
    """The path of the last link that was mailed, once the courier went round."""
    worker.letter_courier(hub).hand_over()
    folder = hub.settings.data_dir / "outbox"
    last = max(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    (mail,) = [one for one in written(hub.settings.data_dir) if str(one["Message-ID"])[1:].startswith(last.stem[:10])]
    found = re.search(r"http://127\.0\.0\.1:8000(/connexion/\S+)", mail.get_content())
    assert found is not None
    return found[1]


def test_an_address_that_is_known_and_one_that_is_not_are_answered_alike(hub: Hub, client: Client, lea: int) -> None:
    answers = [client.post("/connexion", data={"email": one}) for one in (LEA, "personne@exemple.fr", LEA.upper())]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert "Si cette adresse est connue" in answers[0].text
    named = [{**answer.headers, "x-request-id": ""} for answer in answers]  # that name is of the request
    assert named[0] == named[1] == named[2]
    worker.letter_courier(hub).hand_over()
    assert {mail["To"] for mail in written(hub.settings.data_dir)} == {LEA}


def test_as_many_statements_run_for_a_stranger_as_for_somebody_known(hub: Hub, client: Client, lea: int) -> None:
    from sqlalchemy import event

    counts = []
    for address in (LEA, "personne@exemple.fr"):
        seen: list[str] = []

        def note(*arguments: Any, seen: list[str] = seen) -> None:
            seen.append(arguments[2])

        event.listen(hub.engine, "before_cursor_execute", note)
        client.post("/connexion", data={"email": address})
        event.remove(hub.engine, "before_cursor_execute", note)
        counts.append(seen)
    assert counts[0] == counts[1]
    assert counts[0]


@pytest.mark.parametrize(
    "typed", ["", "lea", "lea@exemple", "a b@exemple.fr", "x" * 400 + "@exemple.fr", "é@exemple.fr"]
)
def test_what_is_no_address_is_told_so_and_given_back(client: Client, typed: str) -> None:
    page = client.post("/connexion", data={"email": typed, "vers": "/compte"})
    assert page.status_code == 422
    assert "adresse électronique" in unescape(page.text)
    assert 'value="/compte"' in page.text
    assert f'value="{typed[:300]}"' in page.text


def test_too_many_requests_from_a_network_are_refused_for_a_while(hub: Hub, client: Client, clock: Clock) -> None:
    for _ in range(ASKED_PER_HOUR):
        assert client.post("/connexion", data={"email": "personne@exemple.fr"}).status_code == 200
    refused = client.post("/connexion", data={"email": "personne@exemple.fr"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    clock.moment += timedelta(seconds=int(refused.headers["retry-after"]) + 1)
    assert client.post("/connexion", data={"email": "personne@exemple.fr"}).status_code == 200


def test_a_form_of_another_site_asks_for_nothing(hub: Hub, client: Client, lea: int) -> None:
    for foreign in ({"sec-fetch-site": "cross-site"}, {"origin": "https://ailleurs.fr"}, {"origin": "null"}):
        assert client.post("/connexion", data={"email": LEA}, headers=foreign).status_code == 403
    assert worker.letter_courier(hub).hand_over().left == 0


def test_the_mailed_link_signs_in_once_and_leads_back_where_one_was(hub: Hub, app: Service, lea: int) -> None:
    browser = Client(app)
    asked = browser.get("/moderation/acces?role=cfa&q=a")
    assert asked.status_code == 401
    (back,) = re.findall(r'name="vers" value="([^"]+)"', asked.text)
    browser.post("/connexion", data={"email": LEA, "vers": unescape(back)})
    path = mailed_path(hub)
    for _ in range(50):
        scanner = Client(app)
        page = scanner.get(path)
        scanner.request("HEAD", path)
        assert (page.status_code, len(scanner.cookies)) == (200, 0)
    assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("no-referrer", "no-store")
    assert "<script" not in page.text
    entered = browser.post(path)
    assert (entered.status_code, entered.headers["location"]) == (303, "/moderation/acces?role=cfa&q=a")
    assert path.rpartition("/")[2] not in str(entered.headers)
    assert browser.get("/moderation/acces").status_code == 200
    spent = Client(app).get(path)
    assert spent.status_code == 404
    assert 'action="/connexion"' in spent.text


def test_an_old_browser_that_tells_no_origin_of_a_private_page_signs_in(hub: Hub, app: Service, lea: int) -> None:
    path = signin.make_link(hub.engine, "", Grant(LEA, "admin"), hub.clock())
    assert Client(app).post(path, headers={"origin": "https://ailleurs.fr"}).status_code == 403
    assert Client(app).post(path, headers={"origin": "null", "sec-fetch-site": "cross-site"}).status_code == 403
    assert Client(app).post(path, headers={"origin": "null"}).status_code == 303


@pytest.mark.parametrize(
    "away",
    ["//ailleurs.fr", "/\\ailleurs.fr", "\\\\ailleurs.fr", "http://ailleurs.fr", "https:ailleurs.fr",
     "javascript:alert(1)",
     "/%2failleurs.fr", "/%2F%2Failleurs.fr", "/%5cailleurs.fr", "/\tailleurs.fr", "/\n/ailleurs.fr", " /compte",
     "ailleurs.fr", "/moderation//ailleurs.fr", "/connexion/x", "/deconnexion", "/é", "/" + "a" * 600,
     "/%0d%0aSet-Cookie:a", "@ailleurs.fr", "/:@ailleurs.fr\\"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(hub: Hub, client: Client, lea: int, away: str) -> None:
    assert signin.own_path(away) == ""
    client.post("/connexion", data={"email": LEA, "vers": away})
    assert client.post(mailed_path(hub)).headers["location"] == "/moderation"
    assert "ailleurs" not in client.get("/connexion", params={"vers": away}).text


@pytest.mark.parametrize(
    "path", ["/", "/compte", "/cfa/0751234J/avis?page=2", "/moderation/acces?q=a%2fb", "/a-b_c.d~e"]
)
def test_paths_of_ours_are_kept(path: str) -> None:
    assert signin.own_path(path) == path


def test_a_new_cookie_at_each_sign_in_and_the_former_session_of_the_browser_ends(
    hub: Hub, app: Service, lea: int
) -> None:
    browser = signed_in(hub, app, Grant(LEA, "admin"))
    former = browser.cookies[COOKIE]
    assert browser.post(signin.make_link(hub.engine, "", Grant(LEA, "admin"), hub.clock())).status_code == 303
    assert browser.cookies[COOKIE] != former
    planted = Client(app)
    planted.cookies.set(COOKIE, former, domain="127.0.0.1")
    assert planted.get("/compte").status_code == 401
    fixed = Client(app)
    fixed.cookies.set(COOKIE, "choisi-par-un-autre", domain="127.0.0.1")
    fixed.post(signin.make_link(hub.engine, "", Grant(LEA, "admin"), hub.clock()))
    attacker = Client(app)
    attacker.cookies.set(COOKIE, "choisi-par-un-autre", domain="127.0.0.1")
    assert attacker.get("/compte").status_code == 401


def test_the_cookie_is_for_this_host_alone_under_https(hub: Hub, lea: int) -> None:
    object.__setattr__(
        hub.settings, "collector", hub.settings.collector.model_copy(update={"public_url": "https://avis.fr"})
    )
    browser = Client(create_app(hub, background=False), "https://avis.fr")
    entered = browser.post(signin.make_link(hub.engine, "", Grant(LEA, "admin"), hub.clock()))
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-sirius-session=")
    for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_sessions_are_seen_and_ended_one_by_one_or_all_others_at_once(hub: Hub, app: Service, lea: int) -> None:
    here, there, elsewhere = (signed_in(hub, app, Grant(LEA, "admin")) for _ in range(3))
    page = unescape(here.get("/compte").text)
    numbers = re.findall(r'name="numero" value="([0-9a-f]+)"', page)
    assert len(numbers) == 3
    assert page.count("celle-ci") == 1
    assert "24 novembre 2026 à 12 h 00" in page.replace("\u00a0", " ")
    current = re.search(r"celle-ci.*?value=\"([0-9a-f]+)\"", page, re.DOTALL)
    assert current is not None
    other = next(number for number in numbers if number != current[1])
    assert here.post("/compte", data={"acte": "session", "numero": other}).status_code == 303
    assert sorted(one.get("/compte").status_code for one in (there, elsewhere)) == [200, 401]
    assert here.post("/compte", data={"acte": "autres"}).status_code == 303
    assert [one.get("/compte").status_code for one in (here, there, elsewhere)] == [200, 401, 401]


def test_nobody_ends_the_session_of_somebody_else(hub: Hub, app: Service, lea: int) -> None:
    noe = signed_in(hub, app, Grant("noe@exemple.fr", "moderator"))
    (number,) = re.findall(r'name="numero" value="([0-9a-f]+)"', noe.get("/compte").text)
    browser = signed_in(hub, app, Grant(LEA, "admin"))
    assert browser.post("/compte", data={"acte": "session", "numero": number}).status_code == 404
    assert noe.get("/compte").status_code == 200
    browser.post("/compte", data={"acte": "autres"})
    assert noe.get("/compte").status_code == 200


def test_one_s_own_session_ended_there_asks_to_sign_in_again(hub: Hub, app: Service, lea: int) -> None:
    browser = signed_in(hub, app, Grant(LEA, "admin"))
    (number,) = re.findall(r'name="numero" value="([0-9a-f]+)"', browser.get("/compte").text)
    browser.post("/compte", data={"acte": "session", "numero": number})
    assert browser.get("/compte").status_code == 401


def test_a_name_is_kept_and_a_too_long_one_given_back(hub: Hub, app: Service, lea: int) -> None:
    browser = signed_in(hub, app, Grant(LEA, "admin"))
    assert (
        browser.post("/compte", data={"acte": "nom", "nom": "  Léa   <Dupont> "}).headers["location"]
        == "/compte?fait=nom"
    )
    assert "Léa &lt;Dupont&gt;" in browser.get("/compte?fait=nom").text
    long = browser.post("/compte", data={"acte": "nom", "nom": "x" * 81})
    assert (long.status_code, "x" * 81 in long.text) == (422, True)
    assert browser.post("/compte", data={"acte": "danser"}).status_code == 422


def test_kinds_of_mails_are_those_of_one_s_roles_stopped_and_taken_up_again(hub: Hub, app: Service) -> None:
    browser = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    page = unescape(browser.get("/compte").text)
    assert "Les nouveaux avis de votre centre" in page
    assert "Un centre demande à participer" not in page
    assert browser.post("/compte", data={"acte": "arreter", "mails": "hebdo"}).status_code == 303
    assert "arrêtés" in unescape(browser.get("/compte").text)
    assert browser.post("/compte", data={"acte": "reprendre", "mails": "hebdo"}).status_code == 303
    assert "arrêtés" not in unescape(browser.get("/compte").text)
    for none_of_theirs in ("demande_recue", "connexion", "rien"):
        assert browser.post("/compte", data={"acte": "arreter", "mails": none_of_theirs}).status_code == 404


def test_signing_out_ends_the_session_and_the_cookie(hub: Hub, app: Service, lea: int) -> None:
    browser = signed_in(hub, app, Grant(LEA, "admin"))
    kept = browser.cookies[COOKIE]
    left = browser.post("/deconnexion")
    assert left.headers["location"] == "/"
    assert f'{COOKIE}=""; ' in left.headers["set-cookie"]
    assert "Max-Age=0" in left.headers["set-cookie"]
    again = Client(app)
    again.cookies.set(COOKIE, kept, domain="127.0.0.1")
    assert again.get("/compte").status_code == 401


def test_who_may_not_see_a_page_is_told_what_they_may(hub: Hub, app: Service) -> None:
    browser = signed_in(hub, app, centre_person(hub, PARIS_CENTRE))
    page = browser.get("/moderation")
    assert page.status_code == 403
    assert f'href="/cfa/{PARIS_CENTRE}"' in page.text
    assert 'href="/moderation"' not in page.text


def test_a_session_is_named_by_what_the_browser_says() -> None:
    assert device_of(FIREFOX) == "Firefox, Windows"
    assert device_of("curl/8") == "appareil inconnu"
