"""From a tokened link on a phone to a widget in somebody else's catalogue page."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from tests.browser.embedding import axe_faults_by_day_and_night
from tests.servers import PATIENCE, fetch, wait_until

pytestmark = pytest.mark.browser
WORDS = "J’ai appris à goûter avant de saler, et à dire « chaud derrière » sans rougir. (Écrit pour cet essai.)"
PHONE = {"width": 360, "height": 640}
SECTIONS = 5


def context(chromium: Browser, **options: Any) -> BrowserContext:
    return chromium.new_context(**{"viewport": PHONE, "locale": "fr-FR", **options})


def answer_by_hand(page: Page, link: str, words: str = WORDS) -> None:
    """Tap through the questionnaire as a respondent would."""
    page.goto(link)
    assert link.rsplit("/", 1)[1] not in page.url
    page.get_by_role("button", name="Commencer").click()
    for number in range(1, SECTIONS + 1):
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{number} sur {SECTIONS}")
        if number == 1:
            page.get_by_text("J'étais au collège").click()
            page.get_by_label("Qu'est-ce qui a changé pour toi").fill(words)
        for scale in page.locator(".scale").all():
            scale.locator("label").first.click()
        page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Relis, puis envoie")
    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Merci, c'est bien arrivé")
    expect(page.locator(".link")).to_have_text(link)


def widget_frame(page: Page, place: int = 0) -> Frame:
    """The frame inside a widget of a catalogue page, once it has spoken."""
    host = page.locator("sirius-avis, div.sirius-avis").nth(place)
    host.scroll_into_view_if_needed()
    frame = host.locator("iframe")
    frame.wait_for()
    page.wait_for_function("frame => frame.clientHeight > 100", arg=frame.element_handle())
    inner = frame.element_handle().content_frame()
    assert inner is not None
    return inner


def cropping(page: Page, place: int = 0) -> int:
    """Pixels of a widget that its frame hides."""
    inner = widget_frame(page, place)
    page.wait_for_timeout(300)
    needed = inner.evaluate("document.documentElement.scrollHeight")
    given = (
        page.locator("sirius-avis iframe, div.sirius-avis iframe").nth(place).evaluate("frame => frame.clientHeight")
    )
    return max(0, int(needed) - int(given))


def faults_of_scripts(page: Page) -> list[str]:
    """What scripts of the page throw, from now on."""
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    return thrown


def sign_in(chromium: Browser, link: str) -> Page:
    page = context(chromium, viewport={"width": 1100, "height": 800}).new_page()
    page.goto(link)
    page.get_by_role("button", name="Me connecter").click()
    return page


@pytest.mark.road
def test_words_travel_from_a_phone_to_a_catalogue(chromium: Browser, doors: dict[str, str]) -> None:
    respondents = fetch(doors["api"]).json()["repondants"]
    catalogue = context(chromium, viewport={"width": 1280, "height": 900}).new_page()
    catalogue.goto(doors["catalogue"])
    assert WORDS not in widget_frame(catalogue).content()

    centre = sign_in(chromium, doors["cfa"])
    centre.get_by_role("link", name="Aperçu").first.click()
    before = int(re.findall(r"\d+", centre.locator("#attente").inner_text())[0])

    phone = context(chromium, has_touch=True, is_mobile=True).new_page()
    answer_by_hand(phone, doors["apprenti"])
    deadline = time.monotonic() + PATIENCE
    while f"{before + 1}\u00a0textes" not in centre.locator("#attente").inner_text() and time.monotonic() < deadline:
        centre.reload()
    expect(centre.locator("#attente")).to_contain_text(f"{before + 1}\u00a0textes attendent")
    assert WORDS not in centre.frame_locator("#cadre").locator("body").inner_text()

    desk = sign_in(chromium, doors["moderation"])
    while WORDS not in desk.locator("#mots").inner_text():
        here = desk.locator("#texte").get_attribute("data-id")
        desk.get_by_role("link", name="Suivant").click()
        expect(desk.locator("#texte")).not_to_have_attribute("data-id", str(here))
    desk.get_by_role("button", name="Publier").click()
    expect(desk.get_by_role("status")).to_have_text("Publié.")

    decided = time.monotonic()
    while WORDS not in widget_frame(catalogue).content():
        assert time.monotonic() - decided < 5, "the words are not in the catalogue after five seconds"
        catalogue.reload()
    assert f"des {respondents + 1}\u00a0répondants" in widget_frame(catalogue).locator("h1").inner_text()
    assert cropping(catalogue) == 0
    centre.reload()
    expect(centre.frame_locator("#cadre").get_by_text(WORDS)).to_be_visible()
    expect(centre.locator("#attente")).to_contain_text(f"{before}\u00a0textes attendent")

    phone.reload()
    expect(phone.get_by_text(": on peut le lire")).to_be_visible()


def test_a_respondent_without_scripts_answers_all_the_same(chromium: Browser, doors: dict[str, str]) -> None:
    page = context(chromium, java_script_enabled=False).new_page()
    answer_by_hand(page, doors["apprenti"], "Sans script, ça marche aussi.")


def test_double_clicks_and_two_tabs_make_one_response(chromium: Browser, doors: dict[str, str]) -> None:
    before = fetch(doors["api"]).json()["repondants"]
    visitor = context(chromium)
    one, two = visitor.new_page(), visitor.new_page()
    one.goto(doors["apprenti"])
    one.goto(one.url + "?etape=bilan")
    for place in (0, 3):
        one.locator(".scale label").nth(place).click()
    one.get_by_role("button", name="Continuer").click()
    two.goto(one.url)
    one.get_by_role("button", name="Envoyer").dblclick()
    two.get_by_role("button", name="Envoyer").click()
    expect(two.get_by_role("heading", level=1)).to_have_text("Merci, c'est bien arrivé")
    wait_until(lambda: fetch(doors["api"]).json()["repondants"] != before, "the answer is counted", every=0.2)
    time.sleep(1)
    assert fetch(doors["api"]).json()["repondants"] == before + 1


def test_a_catalogue_shows_several_widgets_whole(chromium: Browser, service: dict[str, str]) -> None:
    for width in (320, 768, 1280):
        page = context(chromium, viewport={"width": width, "height": 700}).new_page()
        faults = faults_of_scripts(page)
        page.goto(service["catalogue"])
        assert [cropping(page, place) for place in range(3)] == [0, 0, 0]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for place in range(3):
            inner = widget_frame(page, place)
            assert inner.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert faults == []
        page.close()


def test_a_widget_follows_when_it_unfolds(chromium: Browser, service: dict[str, str]) -> None:
    page = context(chromium).new_page()
    page.goto(service["catalogue"])
    inner = widget_frame(page)
    for summary in inner.locator("details.more > summary").all():
        summary.click()
    assert cropping(page) == 0


def test_a_formation_nobody_told_of_takes_no_room(chromium: Browser, service: dict[str, str]) -> None:
    page = context(chromium).new_page()
    page.goto(service["catalogue"].replace("cap-cuisine", "cap-boulanger"))
    expect(page.locator("sirius-avis")).to_be_hidden()


@pytest.mark.parametrize("blocked", ["**/widget/1.js", "**/widget?*"])
def test_the_page_s_own_link_stays_when_the_service_does_not_answer(
    chromium: Browser, service: dict[str, str], blocked: str
) -> None:
    page = context(chromium).new_page()
    thrown = faults_of_scripts(page)
    page.route(blocked, lambda route: route.abort())
    page.goto(service["catalogue"])
    page.wait_for_timeout(500)
    expect(page.locator("sirius-avis a").first).to_be_visible()
    assert thrown == []


def test_a_widget_may_wait_for_a_click(chromium: Browser, service: dict[str, str]) -> None:
    page = context(chromium, bypass_csp=True).new_page()
    page.goto(service["catalogue"].replace("cap-cuisine", "cap-boulanger"))
    page.evaluate(
        """() => { const one = document.createElement('sirius-avis'); one.setAttribute('formation', '50022146');
        one.setAttribute('chargement', 'clic'); document.body.prepend(one); }"""
    )
    assert page.locator("sirius-avis").first.locator("iframe").count() == 0
    page.get_by_role("button", name="Voir les avis d'apprentis").click()
    assert "CAP cuisine" in widget_frame(page).locator(".what").inner_text()


def test_a_hostile_page_s_messages_do_nothing(chromium: Browser, service: dict[str, str]) -> None:
    page = context(chromium, bypass_csp=True).new_page()
    page.goto(service["catalogue"])
    inner = widget_frame(page)
    page.wait_for_timeout(300)
    height = page.locator("sirius-avis iframe").first.evaluate("frame => frame.clientHeight")
    page.evaluate("postMessage({source: 'sirius', type: 'hauteur', hauteur: 9}, '*')")
    page.evaluate("postMessage({source: 'sirius', type: 'vide'}, '*')")
    inner.evaluate("parent.postMessage({source: 'autre', type: 'hauteur', hauteur: 9}, '*')")
    inner.evaluate("parent.postMessage({source: 'sirius', type: 'hauteur', hauteur: NaN}, '*')")
    page.wait_for_timeout(200)
    assert page.locator("sirius-avis iframe").first.evaluate("frame => frame.clientHeight") == height
    inner.evaluate("parent.postMessage({source: 'sirius', type: 'hauteur', hauteur: 1e9}, '*')")
    page.wait_for_timeout(200)
    assert page.locator("sirius-avis iframe").first.evaluate("frame => frame.clientHeight") == 20000


def test_the_host_may_change_the_theme_and_nobody_else(chromium: Browser, service: dict[str, str]) -> None:
    page = context(chromium).new_page()
    page.goto(service["catalogue"])
    inner = widget_frame(page)
    ask = "document.querySelector('sirius-avis').shadowRoot.querySelector('iframe').contentWindow.postMessage"
    page.evaluate(f"{ask}({{source: 'sirius', type: 'theme', theme: 'sombre'}}, '*')")
    inner.wait_for_function("document.documentElement.dataset.theme === 'sombre'")
    inner.evaluate("window.postMessage({source: 'sirius', type: 'theme', theme: 'clair'}, '*')")
    page.wait_for_timeout(200)
    assert inner.evaluate("document.documentElement.dataset.theme") == "sombre"


def test_widgets_added_changed_and_removed_by_scripts_follow(chromium: Browser, service: dict[str, str]) -> None:
    page = context(chromium, bypass_csp=True).new_page()
    page.goto(service["catalogue"].replace("cap-cuisine", "bts-mco"))
    assert "BTS management" in widget_frame(page).locator(".what").inner_text()
    page.evaluate("document.querySelector('sirius-avis').setAttribute('formation', '50022146')")
    page.wait_for_timeout(600)
    assert "CAP cuisine" in widget_frame(page).locator(".what").inner_text()
    page.evaluate(
        """() => { const div = document.createElement('div'); div.className = 'sirius-avis';
        div.dataset.formation = '50025524'; div.dataset.chargement = 'immediat'; document.body.append(div); }"""
    )
    assert "CAP électricien" in widget_frame(page, 1).locator(".what").inner_text()
    page.evaluate("document.querySelectorAll('sirius-avis, div.sirius-avis').forEach(one => one.remove())")
    assert page.locator("iframe").count() == 0
    assert "sirius" not in " ".join(page.evaluate("Object.keys(window)")).lower()


def test_axe_finds_nothing_on_pages_that_need_a_link(chromium: Browser, doors: dict[str, str]) -> None:
    public = doors["integrer"].split("/integrer")[0]
    page = context(chromium, bypass_csp=True).new_page()
    found = {path: faults(page, public + path) for path in ("/moderation", "/connexion/x", "/r/perdu")}
    found["landing"] = faults(page, doors["apprenti"])
    for step in ("choix", "recherche", "entreprise", "cfa", "bilan", "envoi"):
        found[step] = faults(page, f"{public}/r?etape={step}")
    for door in ("moderation", "cfa"):
        page.goto(doors[door])
        page.get_by_role("button", name="Me connecter").click()
        found[door] = faults(page, page.url)
    page.get_by_role("link", name="Aperçu").first.click()
    found["apercu"] = faults(page, page.url)
    found["exemple"] = faults(page, page.url + "?exemple=1")
    assert {name: names for name, names in found.items() if names} == {}


def faults(page: Page, url: str) -> list[str]:
    """What axe finds on a page, each with the element at fault."""
    page.goto(url)
    return axe_faults_by_day_and_night(page)
