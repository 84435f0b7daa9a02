"""What one network, one address or one key may ask for: everything that costs or could be guessed is bounded, and who
is refused is told when to come back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.accounts.views import MISSED_PER_HOUR
from syndication.app import Service, create_app
from syndication.context import Hub
from syndication.joining import request as joining
from syndication.letters.courier import LINKS_ALIVE
from syndication.partners.keys import new_key
from syndication.search.limit import PER_MINUTE
from tests.collector.test_limits import Visitor
from tests.helpers import Clock
from tests.syndication.test_people import sent_to

LEA, HERE, NEIGHBOUR, ELSEWHERE = "lea@exemple.fr", "203.0.113.7", "203.0.113.200", "198.51.100.7"


@pytest.mark.parametrize("page", ["/", "/widget", "/formations/50022146", "/integrer", "/bonnes-pratiques"])
def test_searches_of_a_network_are_bounded_by_the_minute(app: Service, clock: Clock, page: str) -> None:
    reader = Visitor(app, HERE)
    asked = {"formation": "50022146", "format": "liste"}
    said = {reader.get(page, params={**asked, "q": f"mot {number}"}).status_code for number in range(PER_MINUTE)}
    assert said == {200}
    refused = Visitor(app, NEIGHBOUR).get(page, params={**asked, "q": "un mot de trop"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "de votre réseau" in refused.text
    assert reader.get(page, params=asked).status_code == 200
    for one in (Visitor(app, ELSEWHERE), Visitor(app, "127.0.0.1")):
        assert one.get(page, params={**asked, "%71": "mot"}).status_code == 200
        assert one.get(page, params={**asked, "q": "mot"}).status_code == 200
    clock.moment += timedelta(seconds=61)
    assert reader.get(page, params={**asked, "q": "mot"}).status_code == 200


def test_a_search_whose_answer_is_ready_costs_nothing_and_is_not_counted(app: Service) -> None:
    reader = Visitor(app, HERE)
    for _ in range(2 * PER_MINUTE):
        assert reader.get("/widget?formation=50022146&q=mot").status_code == 200


def test_a_search_too_many_is_told_in_the_language_of_its_frame(app: Service) -> None:
    reader = Visitor(app, HERE)
    for number in range(PER_MINUTE):
        reader.get(f"/widget?formation=50022146&q={number}")
    for language, said in (("fr", "recommencez dans une minute"), ("en", "try again in a minute")):
        refused = reader.get(f"/widget?formation=50022146&langue={language}&q=x")
        assert said in refused.text
        assert "frame-ancestors *" in refused.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/connexion/{}", "/rejoindre/{}", "/mails/{}", "/apercu/{}", "/apercu/{}/cadre"])
def test_who_guesses_links_is_told_to_wait_and_links_that_lead_somewhere_still_do(
    hub: Hub, app: Service, clock: Clock, path: str
) -> None:
    guesser = Visitor(app, HERE)
    said = {guesser.get(path.format(f"jeton-{number}")).status_code for number in range(MISSED_PER_HOUR)}
    assert said == {404}
    refused = Visitor(app, NEIGHBOUR).get(path.format("jeton"))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3601
    assert Visitor(app, ELSEWHERE).get(path.format("jeton")).status_code == 404
    link = signin.make_link(hub.engine, "", Grant(LEA, "moderator"), clock())
    assert guesser.get(link).status_code == 200
    assert guesser.post(link).status_code == 303
    assert guesser.get(joining.confirmation_link("", hub.settings.keys(), 1, LEA, clock())).status_code == 200


def test_posts_to_links_that_lead_nowhere_are_counted_with_them(app: Service) -> None:
    for path in ("/connexion/jeton", "/rejoindre/jeton", "/mails/jeton"):
        guesser = Visitor(app, HERE)
        said = [guesser.post(path).status_code for _ in range(MISSED_PER_HOUR + 1)]
        assert said == [404] * MISSED_PER_HOUR + [429]


def test_nobody_s_box_is_filled_with_links_whoever_asks_for_them(hub: Hub, app: Service, clock: Clock) -> None:
    signin.make_link(hub.engine, "", Grant(LEA, "moderator"), clock(), timedelta(0))
    pages = {
        Visitor(app, f"203.0.{number}.7").post("/connexion", data={"email": LEA.upper() if number % 2 else LEA}).text
        for number in range(3 * LINKS_ALIVE)
    }
    assert len(pages) == 1, "who asks is not told how often others did"
    assert len(sent_to(hub, LEA)) == LINKS_ALIVE
    clock.moment += signin.LINK_LIFE + timedelta(seconds=1)
    Visitor(app, HERE).post("/connexion", data={"email": LEA})
    assert len(sent_to(hub, LEA)) == LINKS_ALIVE + 1


def test_the_api_without_a_key_or_with_an_unknown_one_is_bounded_by_network(hub: Hub) -> None:
    app = create_app(replace(hub, settings=replace(hub.settings, api_limit=4)), background=False)
    url = "/api/v1/avis?formation=50022146"
    guesser = Visitor(app, HERE)
    tried = (new_key(), "no key at all", new_key())
    unknown = [guesser.get(url, headers={"authorization": f"Bearer {key}"}).status_code for key in tried]
    assert unknown == [401] * 3
    assert [Visitor(app, NEIGHBOUR).get(url).status_code for _ in range(2)] == [200, 429]
    refused = guesser.get(url, headers={"authorization": f"Bearer {new_key()}"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert Visitor(app, ELSEWHERE).get(url).status_code == 200
