"""Somebody else's catalogue on its own port: score chips by ONISEP id, a page by RNCP, a mirror kept by a webhook."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, expect
from starlette.types import ASGIApp

from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.context import Hub
from syndication.database import writing
from syndication.instants import now_in_paris
from syndication.partners import store as partners
from syndication.webhooks import store as webhooks
from syndication.webhooks.signing import secret_of
from tests.browser.embedding import axe_faults, faults_of, new_page, open_everything, requests_of
from tests.catalogue.mirror import Mirror
from tests.catalogue.site import create_site
from tests.helpers import FULL_ANSWER
from tests.journeys.test_durability import serving
from tests.servers import fetch, send, wait_until
from tests.syndication.test_publication import publish_everything

pytestmark = pytest.mark.browser
FORMATIONS = (("FOR.9664", "RNCP38430", "CAP cuisine"), ("FOR.1210", "RNCP37553", "CAP cuisine, ancien programme"))
WORDS = "Le chef m'a appris la patience, et le feu."


@contextmanager
def served(site: ASGIApp, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(site, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.road
def test_a_catalogue_shows_scores_and_words_and_keeps_a_mirror_through_messages(
    chromium: Browser, hub: Hub, answer: Callable[..., None], open_campaign: Callable[..., str], tmp_path: Path,
    port: int,
) -> None:  # fmt: skip
    answer(11)
    publish_everything(hub)
    (link,) = hub.collector.issue_links(open_campaign(), 1)
    hub.collector.record(link, {**FULL_ANSWER, "changement": [WORDS]})
    with writing(hub.engine).begin() as connection:
        key = partners.add(connection, "Catalogue", [f"http://127.0.0.1:{port}"], hub.clock())
        partner = partners.named(connection, "Catalogue").id
        url = f"http://127.0.0.1:{port}/sirius"
        webhook = webhooks.add(connection, partner, url, webhooks.EVENTS, hub.clock())
    secret = secret_of(hub.settings.keys()[0], webhook.salts[0])
    desk = signin.make_link(hub.engine, "", Grant("lea@exemple.fr", "moderator", None), now_in_paris())
    environment = {"SIRIUS_WEBHOOK_LOCAL": "1", "SIRIUS_SECRET_KEYS": ",".join(hub.settings.keys())}
    hub.close()
    with serving(hub.settings.data_dir, **environment) as (_, home):
        mirror = Mirror(home, str(key), str(tmp_path / "miroir.db"))
        with served(create_site(home, mirror, secret, FORMATIONS), port):
            counted = f"{home}/api/v1/avis?formation={FORMATIONS[0][0]}"
            wait_until(lambda: fetch(counted).json()["repondants"] == 12, "the last answer is counted")
            page = new_page(chromium)
            faults, asked = faults_of(page), requests_of(page)
            page.goto(f"http://127.0.0.1:{port}/")
            for place in range(len(FORMATIONS)):
                expect(page.locator("sirius-avis").nth(place).get_by_role("link")).to_contain_text("12")
            assert sum("/widget/scores" in request.url for request in asked) == 1
            page.get_by_role("link", name="CAP cuisine", exact=True).click()
            frame = page.frame_locator("sirius-avis iframe")
            expect(frame.get_by_text("répondants").first).to_be_visible()
            assert publish(home, desk, WORDS)
            expect_kept(f"http://127.0.0.1:{port}/formation/RNCP38430", WORDS, kept=True)
            page.reload()
            expect(page.locator("blockquote", has_text=WORDS)).to_be_visible()
            assert faults == []
            author = {"jeton": link.rpartition("/")[2], "etape": "retirer", "question": "changement"}
            assert send(f"{home}/r/auteur", data=author).status_code == 303
            expect_kept(f"http://127.0.0.1:{port}/formation/RNCP38430", WORDS, kept=False)
            forged = send(url, content=b"{}", headers={"webhook-id": "msg_1", "webhook-timestamp": "1"})
            assert forged.status_code == 401


def publish(home: str, link: str, words: str) -> bool:
    """Sign in as a moderator and publish a text."""
    with httpx.Client(base_url=home, follow_redirects=True) as browser:
        browser.post(link)
        queue = browser.get("/moderation/lot").text
        start = queue.index(words[:20].replace("'", "&#39;"))
        verbatim, version = re.findall(r'name="texte\.(\w+)" value="(\d+)"', queue[:start])[-1]
        done = browser.post(f"/moderation/{verbatim}", data={"version": version, "decision": "publie"})
        return done.status_code == 200


def expect_kept(address: str, words: str, *, kept: bool) -> None:
    """Wait until the catalogue's own copy holds words, or no longer does."""
    said = words.replace("'", "&#x27;")
    wait_until(lambda: (said in fetch(address).text) is kept, f"words in the copy: {kept}")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_an_administrator_makes_a_site_known_and_reads_its_key_once(
    chromium: Browser, hub: Hub, width: int, scheme: str
) -> None:
    with writing(hub.engine).begin() as connection:
        partners.add(connection, "Orientation", ["https://orientation.example"], hub.clock())
        partner = partners.named(connection, "Orientation").id
        webhook = webhooks.add(connection, partner, "https://orientation.example/sirius", webhooks.EVENTS, hub.clock())
        webhooks.owe(connection, {"avis.retire"}, "https://exemple.fr/api/v1/changements", hub.clock())
        partners.add_usage(connection, hub.clock().date(), {("widget", partner): 12, ("avis", 0): 40})
    assert webhook.url
    link = signin.make_link(hub.engine, "", Grant("chef@exemple.fr", "admin", None), now_in_paris())
    environment = {"SIRIUS_SECRET_KEYS": ",".join(hub.settings.keys())}
    hub.close()
    with serving(hub.settings.data_dir, **environment) as (_, home):
        page = new_page(chromium, width, color_scheme=scheme)
        page.goto(home + link)
        page.get_by_role("button", name="Me connecter").click()
        page.get_by_role("link", name="Partenaires").click()
        open_everything(page.main_frame)
        assert axe_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_label("Nom du site").fill("Catalogue d'essai")
        page.get_by_label("Origines de ses pages").fill("https://essai.example")
        page.get_by_role("button", name="Inscrire et donner une clé").click()
        told = page.get_by_role("status")
        expect(told).to_contain_text("est inscrit")
        expect(told).to_contain_text("sirius_")
        assert axe_faults(page) == []
        page.goto(f"{home}/moderation/partenaires")
        expect(page.get_by_role("heading", name="Catalogue d'essai")).to_be_visible()
        assert "sirius_" not in page.content()
        page.context.close()
