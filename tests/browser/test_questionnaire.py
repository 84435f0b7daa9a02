"""The questionnaire on a phone: every screen and state, by thumb, by keyboard, by machine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from syndication import worker
from syndication.database import writing
from syndication.moderation import store as moderation
from tests.browser.embedding import axe_faults_by_day_and_night
from tests.browser.serving import Served, served
from tests.conftest import CUISINE
from tests.databases import Databases, dump
from tests.helpers import FULL_ANSWER
from tests.servers import fetch, wait_until

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 640}
TAPS, WORDS_A_MINUTE, MINUTES, FIRST_VIEW = 36, 200, 3, 14 * 1024
STEPS = ("choix", "recherche", "entreprise", "cfa", "bilan", "envoi")


class Service(Served):
    """A service under way on a folder, with a campaign whose links are handed out as tests want them."""

    def link(self) -> str:
        return self.hub.collector.issue_links(self.campaign, 1)[0]

    def dump(self) -> list[str]:
        return dump(self.hub.settings.collector.database_url)

    def judged(self, refused: str) -> str:
        """The link of somebody who was read: one text published, one refused."""
        link = self.link()
        self.hub.collector.record(link, {**FULL_ANSWER, "a_savoir": [refused]})
        worker.work_once(self.hub)
        with writing(self.hub.engine).begin() as connection:
            for text in moderation.waiting(connection, 1000):
                wished = ("refuse", "personne") if text.text == refused else ("publie", None)
                status, reason = wished
                moderation.record_decision(connection, text.id, text.version, status, reason, "lea", self.hub.clock())
        worker.work_once(self.hub)
        return link


@pytest.fixture(scope="module")
def service(databases: Databases, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with served(Service, databases.copy(migrated, tmp_path_factory.mktemp("service"))) as service:
        yield service


def visit(chromium: Browser, **options: Any) -> BrowserContext:
    return chromium.new_context(**{"viewport": PHONE, "locale": "fr-FR", **options})


def go_through(page: Page, link: str, on_screen: Callable[[Page], None], fill: Callable[[Page], None]) -> None:
    """From the link to the thanks; ``on_screen`` sees every screen before sending, ``fill`` fills in every section."""
    page.goto(link)
    on_screen(page)
    page.get_by_role("button", name="Commencer").click()
    for number in range(1, 6):
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{number} sur 5")
        fill(page)
        on_screen(page)
        page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Relis, puis envoie")
    on_screen(page)
    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Merci, c'est bien arrivé")


# -- quick -----------------------------------------------------------------------------------------------------------


WORDS_TO_READ = """() => {
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
  let words = 0
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement
    if (!holder.getClientRects().length || holder.closest('.open, dl, .apart, [hreflang]')) continue
    words += walker.currentNode.data.split(/\\s+/).filter(word => /[\\p{L}\\p{N}]/u.test(word)).length
  }
  return words }"""
"""Words on a screen but for open questions, the recap of one's own answers, and the way to the other language."""


def test_a_full_answer_takes_few_taps_and_few_minutes_to_read(chromium: Browser, service: Service) -> None:
    page = visit(chromium, has_touch=True, is_mobile=True).new_page()
    taps: list[str] = []
    page.expose_function("tapped", lambda tag: taps.append(tag))  # noqa: PLW0108 a builtin will not do
    page.add_init_script("addEventListener('pointerdown', e => tapped(e.target.tagName), true)")
    read = 0

    def count_words(shown: Page) -> None:
        nonlocal read
        read += int(shown.evaluate(WORDS_TO_READ))

    def answer_all_but_texts(shown: Page) -> None:
        for group in shown.locator("fieldset:visible").all():
            group.locator("label").last.tap()

    go_through(page, service.link(), lambda _: None, answer_all_but_texts)
    assert 30 <= len(taps) <= TAPS
    again = visit(chromium).new_page()
    go_through(again, service.link(), count_words, lambda shown: shown.locator("label input").first.check())
    assert 400 < read < WORDS_A_MINUTE * MINUTES


def test_the_first_view_is_light_asks_nothing_of_others_and_sets_one_cookie(
    chromium: Browser, service: Service
) -> None:
    landed = visit(chromium)
    page = landed.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    weights: list[int] = []
    page.on("response", lambda response: weights.append(response.request.sizes()["responseBodySize"]))
    page.goto(service.link())
    page.wait_for_load_state("networkidle")
    assert sum(weights) <= FIRST_VIEW
    assert {address.removeprefix(service.url).split("/")[1] for address in asked} == {"r"}
    cookies = landed.cookies()
    assert [(one["name"], one["httpOnly"], one["sameSite"], one["expires"]) for one in cookies] == [
        ("sirius-lien", True, "Lax", -1)
    ]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    for step in STEPS:
        compressed = fetch(
            f"{service.url}/r?etape={step}",
            headers={"accept-encoding": "gzip", "cookie": f"sirius-lien={cookies[0]['value']}"},
        )
        assert compressed.headers["content-encoding"] == "gzip"
        assert int(compressed.headers["content-length"]) <= FIRST_VIEW


# -- nothing is lost -------------------------------------------------------------------------------------------------


def test_characters_are_counted_as_they_are_typed_as_a_person_counts_them(chromium: Browser, service: Service) -> None:
    page = visit(chromium).new_page()
    page.goto(service.link())
    page.get_by_role("button", name="Commencer").click()
    area, count = page.locator("textarea"), page.locator(".count")
    expect(count).to_have_text("0 sur 1\u202f000 caractères")
    area.press_sequentially("ça va 😀")
    expect(count).to_have_text("7 sur 1\u202f000 caractères")
    area.fill("😀" * 1003)
    expect(count).to_have_text("3 de trop sur 1\u202f000")
    expect(page.locator("#compte")).to_have_text("3 de trop sur 1\u202f000")
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator(".faults")).to_be_focused()
    assert area.input_value() == "😀" * 1003
    page.locator(".faults a").click()
    expect(area).to_be_focused()
    area.fill("😀" * 1000)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Retour").click()
    assert page.locator("textarea").input_value() == "😀" * 1000


def test_what_was_begun_is_kept_when_the_phone_is_put_away(chromium: Browser, service: Service) -> None:
    link = service.link()
    page = visit(chromium).new_page()
    page.goto(link)
    page.get_by_role("button", name="Commencer").click()
    page.locator("textarea").press_sequentially("Le bus arr")
    page.get_by_text("J'étais au collège").click()
    with page.expect_response(lambda response: response.request.method == "POST") as kept:
        page.evaluate(
            """() => { Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
            document.dispatchEvent(new Event('visibilitychange')) }"""
        )
    assert kept.value.status == 204
    page.close()
    elsewhere = visit(chromium).new_page()
    elsewhere.goto(link)
    elsewhere.get_by_role("button", name="Reprendre").click()
    assert elsewhere.locator("textarea").input_value() == "Le bus arr"
    expect(elsewhere.get_by_label("J'étais au collège")).to_be_checked()


def test_mail_scanners_that_run_scripts_change_nothing(chromium: Browser, service: Service) -> None:
    link = service.link()
    sent = service.judged("Demandez Karim à l'accueil, il sait tout.")
    common = service.hub.collector.common_link(service.campaign)
    before = service.dump()
    scanner = visit(chromium)
    page = scanner.new_page()
    for place in range(50):
        address = (link, sent, common, f"{service.url}/r?etape=bilan", f"{service.url}/r?etape=envoi")[place % 5]
        page.goto(address)
        page.evaluate(
            """() => { for (const field of document.querySelectorAll('input, textarea')) {
              field.value = 'x'; field.checked = true; field.dispatchEvent(new Event('input', { bubbles: true })) }
            document.dispatchEvent(new Event('visibilitychange')) }"""
        )
        scanner.request.head(address)
    scanner.close()
    assert service.dump() == before
    person = visit(chromium).new_page()
    go_through(person, link, lambda _: None, lambda shown: shown.locator("label input").first.check())


# -- for everybody ---------------------------------------------------------------------------------------------------


def screens(chromium: Browser, service: Service, **options: Any) -> Iterator[tuple[str, Page]]:
    """Every screen and state that a respondent may meet."""
    page = visit(chromium, **options).new_page()

    def at(name: str, address: str) -> tuple[str, Page]:
        page.goto(address)
        return name, page

    def press(button: str | None = None) -> None:
        with page.expect_event("load"):  # a click does not wait for the screen that it leads to
            page.get_by_role("button", name=button).click()

    base = f"{service.url}/r"
    yield at("a common link", service.hub.collector.common_link(service.campaign))
    press()
    yield "a link to keep", page
    yield at("a lost link", f"{base}/{'A' * 22}")
    link = service.link()
    yield at("the welcome", link)
    for step in STEPS:
        yield at(step, f"{base}?etape={step}")
    yield at("questions in English", f"{base}?etape=cfa&langue=en")
    page.goto(f"{base}?etape=recherche")
    page.get_by_text("Oui, et il m'a aidé").click()
    page.locator("textarea").fill("x" * 1001)
    yield "a follow-up", page
    press("Continuer")
    yield "a fault", page
    page.goto(f"{base}?etape=envoi")
    press("Envoyer")
    yield "nothing to send", page
    page.goto(f"{base}?etape=bilan")
    page.locator(".scale label").first.click()
    press("Continuer")
    yield "a recap", page
    press("Envoyer")
    yield "the thanks", page
    yield at("what became of texts", service.judged("Va voir Karim."))
    yield at("a rewriting", f"{base}?etape=recrire&question=a_savoir")
    press()
    yield "a rewriting with a fault", page
    yield at("a withdrawal", f"{base}?etape=retirer&question=a_savoir")
    yield at("a withdrawal of all", f"{base}?etape=retirer")
    press()
    yield "all withdrawn", page
    yield at("a preview", f"{base}/apercu?etape=entreprise")
    page.context.close()


def test_no_screen_has_an_accessibility_fault(chromium: Browser, service: Service) -> None:
    found = {name: axe_faults_by_day_and_night(page) for name, page in screens(chromium, service)}
    assert {name: faults for name, faults in found.items() if faults} == {}


WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CLIPPED = """() => [...document.querySelectorAll('main *')]
  .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.matches('.apart, textarea, input'))
  .map(e => [e.outerHTML.slice(0, 80), e.scrollWidth, e.clientWidth].join(' '))"""
SMALL = """() => [...document.querySelectorAll("a, button, input, textarea, summary")]
  .map(e => e.closest("label") || e)
  .filter(e => e.getClientRects().length && !e.closest('.trap') && !e.closest('.faults li'))
  .filter(e => { const box = e.getBoundingClientRect(); return box.height < 44 || box.width < 24 })
  .map(e => e.outerHTML.slice(0, 90))"""


def test_every_screen_holds_on_320_pixels_with_text_twice_as_large_and_targets_for_a_thumb(
    chromium: Browser, service: Service
) -> None:
    found: dict[str, Any] = {}
    for name, page in screens(chromium, service, viewport={"width": 320, "height": 568}):
        small = page.evaluate(SMALL)
        narrow = page.evaluate(WIDE)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        large = page.evaluate(WIDE) or page.evaluate(CLIPPED)
        if small or narrow or large:
            found[name] = (small, narrow, large)
    assert not found, "\n".join(f"{name}: {one}" for name, one in found.items())


def test_every_screen_says_its_language_its_title_and_its_groups(chromium: Browser, service: Service) -> None:
    titles: dict[str, str] = {}
    for name, page in screens(chromium, service):
        assert page.locator("html").get_attribute("lang") == "fr"
        assert page.locator("h1").count() == 1
        titles[name] = page.title()
        for group in page.locator("fieldset").all():
            assert group.locator("legend").first.inner_text().strip() or not group.is_visible()
        if name == "questions in English":
            assert page.locator("legend[lang=en]").count() == page.locator("legend").count()
            assert page.locator("label[lang=en], label span").count() > 0
    assert titles["a fault"].startswith("Erreur")
    assert len(set(titles.values())) > 10


def test_a_keyboard_alone_fills_in_and_sends_everything(chromium: Browser, service: Service) -> None:
    page = visit(chromium, viewport={"width": 900, "height": 700}).new_page()
    page.goto(service.link())

    def tab_to(name: str) -> None:
        for _ in range(120):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == name:
                return
        raise AssertionError(f"no key leads to {name}")

    tab_to("Commencer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 sur 5")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "avant"
    page.keyboard.press("Space")
    tab_to("Continuer")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 sur 5")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "recherche"
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=recherche][value=moyen]")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_text("Il t'a aidé·e comment")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "aide_cfa.comment"
    page.keyboard.press("Space")
    for number in range(3, 7):
        tab_to("Continuer")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{number} sur 5" if number < 6 else "Relis")
    expect(page.get_by_role("heading", level=1)).to_have_text("Relis, puis envoie")
    tab_to("Envoyer mes réponses")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Merci, c'est bien arrivé")
    tab_to("Tout retirer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Retirer toutes")
    tab_to("Tout retirer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tu as retiré tes réponses")


def test_who_asks_for_less_motion_gets_none(chromium: Browser, service: Service) -> None:
    page = visit(chromium, reduced_motion="reduce").new_page()
    page.goto(service.link())
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.road
def test_a_withdrawn_text_leaves_every_surface_within_a_minute(chromium: Browser, service: Service) -> None:
    words = "Prévois des chaussures qui tiennent, vraiment."
    for _ in range(5):
        service.hub.collector.record(service.link(), {"satisfaction": ["bien"]})
    service.judged("Karim connaît.")
    link = service.link()
    service.hub.collector.record(link, {"satisfaction": ["bien"], "a_savoir": [words]})
    worker.work_once(service.hub)
    with writing(service.hub.engine).begin() as connection:
        (text,) = (text for text in moderation.waiting(connection, 1000) if text.text == words)
        moderation.record_decision(connection, text.id, text.version, "publie", None, "lea", service.hub.clock())
    surfaces = [f"{service.url}/widget?formation={CUISINE}", f"{service.url}/api/v1/avis?formation={CUISINE}"]

    def shown() -> list[bool]:
        return [words in fetch(address).text for address in surfaces]

    wait_until(lambda: all(shown()), "the words are shown", every=0.2)
    page = visit(chromium).new_page()
    page.goto(link)
    page.locator("section").filter(has_text=words).get_by_role("link", name="Le retirer").click()
    page.get_by_role("button", name="Retirer ce texte").click()
    expect(page.get_by_role("status")).to_have_text("C'est fait.")
    assert words not in page.content()
    wait_until(lambda: not any(shown()), "the words are gone", every=0.2)
