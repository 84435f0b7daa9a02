"""The house's own pages, as people and their tools meet them."""

from itertools import pairwise

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.embedding import CUISINE, axe_faults, new_page, open_everything

pytestmark = pytest.mark.browser
PAGES = (
    "/", "/?q=cuisine", "/?q=introuvable", "/integrer", f"/integrer?formation={CUISINE}",
    "/integrer?formation=introuvable&accent=rouge&etablissement=nulle+part", f"/formations/{CUISINE}",
    f"/formations/{CUISINE}?etablissement=0751234J", f"/formations/{CUISINE}?question=a_savoir", "/formations/zzz",
    "/formations/40025214", "/etablissements/0751234J", "/methode", "/accessibilite", "/mentions-legales",
    "/donnees-personnelles", "/docs/api", "/nulle-part",
)  # fmt: skip
LAW = ("/methode", "/donnees-personnelles", "/mentions-legales", "/accessibilite")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_of_ours(chromium: Browser, home: str, path: str, scheme: str) -> None:
    page = new_page(chromium, 320 if scheme == "dark" else 1280, color_scheme=scheme)
    page.goto(home + path)
    open_everything(page.main_frame)
    if page.locator("sirius-avis").count():
        page.locator("sirius-avis iframe").wait_for(state="attached")
    assert axe_faults(page) == []
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_ours_holds_on_320_pixels_and_with_text_twice_as_large(
    chromium: Browser, home: str, path: str
) -> None:
    page = new_page(chromium, 320)
    page.goto(home + path)
    open_everything(page.main_frame)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()


def test_every_page_of_ours_has_a_title_of_its_own_ordered_headings_and_the_law(chromium: Browser, home: str) -> None:
    page, titles = new_page(chromium), set()
    for path in PAGES:
        page.goto(home + path)
        if "?" not in path:
            titles.add(page.title())
        levels = page.evaluate(
            "[...document.querySelectorAll('main h1,main h2,main h3')].map((one) => +one.tagName[1])"
        )
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(after - before <= 1 for before, after in pairwise(levels)), path
        for law in LAW:
            expect(page.locator(f"footer a[href='{law}']")).to_have_count(1)
    assert len(titles) == len([path for path in PAGES if "?" not in path])


def test_the_keyboard_goes_straight_to_the_content(chromium: Browser, home: str) -> None:
    page = new_page(chromium)
    page.goto(f"{home}/methode")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"


def test_a_parent_finds_a_formation_and_reads(chromium: Browser, home: str) -> None:
    page = new_page(chromium, 360, 640, java_script_enabled=False)
    page.goto(home)
    page.get_by_label("Une formation, un métier, un centre").fill("cuisiniers")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("main")).to_contain_text("contents, 45")
    page.get_by_role("link", name="CAP cuisine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CAP cuisine")
    expect(page.get_by_role("main")).to_contain_text("45\u00a0répondants sont contents de leur apprentissage.")
    page.get_by_role("link", name="Textes suivants").click()
    expect(page.get_by_role("navigation", name="Pages de textes")).to_contain_text("Page 2")


def test_an_integrator_finds_a_centre_by_its_name(chromium: Browser, home: str) -> None:
    page = new_page(chromium, java_script_enabled=False)
    page.goto(f"{home}/integrer?chargement=clic&json-ld=oui")
    page.get_by_label("Formation").fill("cuisines")
    page.get_by_label("Centre").fill("batignolle")
    page.get_by_label("Couleur d'accent").fill("rouge")
    page.get_by_role("button", name="Voir").click()
    expect(page.get_by_label("Couleur d'accent")).to_have_value("rouge")
    expect(page.get_by_role("main")).to_contain_text("Ce n'est pas une couleur")
    page.get_by_role("link", name="CAP cuisine").click()
    page.get_by_role("link", name="CFA Exemple des Batignolles").click()
    code = page.locator("#c-script").inner_text()
    for said in (f'formation="{CUISINE}"', 'etablissement="0751234J"', 'chargement="clic"', "json-ld"):
        assert said in code
    assert "accent" not in code
    assert 'href="http://127.0.0.1:' in code
    assert f"/formations/{CUISINE}?etablissement=0751234J" in code
