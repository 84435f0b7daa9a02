"""A centre in a real browser: it replies, doubts, previews its widget in every way, and shows it to a colleague."""

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.embedding import (
    CUISINE,
    FORMS,
    SIDEWAYS,
    axe_faults_by_day_and_night,
    faults_of,
    new_page,
    open_everything,
    reads_down,
)
from tests.browser.test_whole_road import sign_in

pytestmark = pytest.mark.browser
SPACE = "/cfa/0751234J"
THEMES = ("auto", "clair", "sombre")
WIDTHS = {"telephone": 360, "tablette": 768, "large": 1200}
REASON = "Personne de notre centre ne travaille à l'endroit dont parle ce texte."


@pytest.fixture(scope="module")
def centre(chromium: Browser, service: dict[str, str]) -> Iterator[Page]:
    """Somebody of the main centre, signed in."""
    page = sign_in(chromium, service["cfa"])
    page.wait_for_url("**/cfa**")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def desk(chromium: Browser, service: dict[str, str]) -> Iterator[Page]:
    """A moderator, signed in."""
    page = sign_in(chromium, service["moderation"])
    page.wait_for_url("**/moderation")
    yield page
    page.context.close()


def test_a_centre_replies_is_read_and_takes_its_reply_back(centre: Page, desk: Page, home: str) -> None:
    centre.goto(f"{home}{SPACE}/avis?reponse=sans")
    text = centre.get_by_role("article").first
    words = text.locator("blockquote").inner_text()
    text.get_by_text("Répondre", exact=True).click()
    text.get_by_label("Votre réponse").fill("   ")
    text.get_by_role("button", name="Envoyer à la lecture").click()
    expect(centre.get_by_role("alert")).to_contain_text("Écrivez une réponse")
    text = centre.get_by_role("article").filter(has_text=words)
    text.get_by_label("Votre réponse").fill("Merci. Nous avons ouvert l'atelier le soir.")
    text.get_by_role("button", name="Envoyer à la lecture").click()
    centre.goto(f"{home}{SPACE}/avis?reponse=avec")
    text = centre.get_by_role("article").filter(has_text=words)
    expect(text).to_contain_text("Votre réponse attend d'être lue")
    desk.goto(f"{home}/moderation/centres")
    waiting = desk.get_by_role("article").filter(has_text="Nous avons ouvert l'atelier le soir.")
    waiting.get_by_role("button", name="Publier la réponse").click()
    centre.reload()
    expect(text).to_contain_text("Votre réponse est publiée")
    public = centre.context.new_page()
    public.goto(f"{home}/etablissements/0751234J")
    expect(public.get_by_text("Nous avons ouvert l'atelier le soir.")).to_be_visible()
    text.get_by_text("Retirer votre réponse", exact=True).click()
    text.get_by_role("button", name="Retirer la réponse").click()
    expect(centre.get_by_role("article").filter(has_text=words)).to_have_count(0)
    centre.goto(f"{home}{SPACE}/avis?reponse=sans")
    expect(centre.get_by_role("article").filter(has_text=words)).to_contain_text("Votre réponse est retirée")
    public.reload()
    expect(public.get_by_text("Nous avons ouvert l'atelier le soir.")).to_have_count(0)
    public.close()


def test_a_centre_reports_a_doubt_and_the_text_stays(centre: Page, home: str) -> None:
    centre.goto(f"{home}{SPACE}/avis?page=2")
    text = centre.get_by_role("article").first
    words = text.locator("blockquote").inner_text()
    text.get_by_text("Signaler un doute", exact=True).click()
    text.get_by_label("Pourquoi vous en doutez").fill("Trop court.")
    text.get_by_role("button", name="Signaler").click()
    expect(centre.get_by_role("alert")).to_contain_text("20 au moins")
    text = centre.get_by_role("article").filter(has_text=words)
    expect(text.get_by_label("Pourquoi vous en doutez")).to_have_value("Trop court.")
    text.get_by_label("Pourquoi vous en doutez").fill(REASON)
    text.get_by_role("button", name="Signaler").click()
    expect(centre.get_by_role("article").filter(has_text=words)).to_contain_text("À l'examen.")
    expect(centre.locator("#doutes + ul")).to_contain_text(REASON)


@pytest.mark.parametrize("form", FORMS)
def test_the_preview_shows_every_format_theme_and_size(centre: Page, home: str, form: str) -> None:
    faults = faults_of(centre)
    for theme, size in product(THEMES, WIDTHS):
        query = f"formation={CUISINE}&format={form}&theme={theme}&taille={size}"
        centre.goto(f"{home}{SPACE}/apercu?{query}")
        frame = centre.locator("#cadre")
        inner = frame.element_handle().content_frame()
        assert inner is not None
        inner.wait_for_load_state()
        assert frame.evaluate("frame => frame.clientWidth") == WIDTHS[size]
        wanted = "document.documentElement.dataset.theme ?? 'auto'"
        assert inner.evaluate(wanted) == theme
        assert inner.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert centre.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        centre.wait_for_function(
            "frame => frame.clientHeight >= frame.contentDocument.body.getBoundingClientRect().height - 1",
            arg=frame.element_handle(),
        )
    assert faults == []


def test_a_centre_chooses_without_scripts(chromium: Browser, centre: Page, home: str) -> None:
    plain = chromium.new_context(
        viewport={"width": 360, "height": 800}, java_script_enabled=False, storage_state=centre.context.storage_state()
    )
    page = plain.new_page()
    page.goto(f"{home}{SPACE}/apercu")
    page.get_by_label("Formation", exact=True).select_option(CUISINE)
    page.get_by_label("Format", exact=True).select_option("liste")
    page.get_by_label("Taille").select_option("large")
    page.get_by_role("button", name="Voir").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CAP cuisine")
    expect(page.locator("#cadre")).to_have_attribute("width", "1200")
    expect(page.get_by_label("Avec le script")).to_contain_text('format="liste"')
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    plain.close()


def test_a_shared_link_works_without_signing_in_until_it_is_taken_back(
    chromium: Browser, centre: Page, home: str
) -> None:
    centre.goto(f"{home}{SPACE}/apercu?formation={CUISINE}&format=carrousel")
    centre.get_by_label("Un lien vers l'aperçu ci-dessus").fill("200")
    centre.get_by_role("button", name="Créer le lien").click()
    expect(centre.get_by_role("alert")).to_contain_text("de 1 à 90")
    expect(centre.get_by_label("Un lien vers l'aperçu ci-dessus")).to_have_value("200")
    centre.get_by_label("Un lien vers l'aperçu ci-dessus").fill("7")
    centre.get_by_role("button", name="Créer le lien").click()
    link = centre.locator("table a").first.get_attribute("href")
    assert link is not None
    colleague = new_page(chromium, 360)
    colleague.goto(home + urlsplit(link).path)
    expect(colleague.get_by_text("Ceci est un aperçu que")).to_be_visible()
    expect(colleague.frame_locator("#cadre").locator("h1")).to_be_visible()
    expect(colleague.get_by_label("Format")).to_have_value("carrousel")
    expect(colleague.locator("#cadre")).to_have_attribute("src", re.compile("format=carrousel"))
    assert colleague.context.cookies() == []
    centre.get_by_role("button", name="Retirer le lien").first.click()
    colleague.reload()
    expect(colleague.get_by_role("heading", level=1)).to_have_text("Ce lien d'aperçu a été retiré")
    colleague.context.close()


def test_links_are_taken_back_in_sight_on_a_desk_and_on_a_phone(centre: Page, home: str) -> None:
    centre.goto(f"{home}{SPACE}/apercu?formation={CUISINE}&theme=sombre")
    centre.get_by_role("button", name="Créer le lien").click()
    names = {"Lien", "Jusqu'au", "Créé par", "État"}
    for width in (1280, 320):
        centre.set_viewport_size({"width": width, "height": 800})
        reads_down(centre, "Liens d'aperçu", names)
        box = centre.get_by_role("button", name="Retirer le lien").first.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width, width
        address = centre.locator("td.address a").first
        assert address.inner_text() == address.get_attribute("href")
    centre.get_by_role("button", name="Retirer le lien").first.click()
    expect(centre.locator("td[data-nom='État']").first).to_have_text("retiré")


def test_axe_finds_nothing_in_the_space_nor_on_pages_of_fairness(centre: Page, desk: Page, home: str) -> None:
    found: dict[str, list[str]] = {}
    paths = (
        (centre, f"{SPACE}/avis"), (centre, f"{SPACE}/avis?formation=1&reponse=avec"),
        (centre, f"{SPACE}/apercu?formation={CUISINE}&accent=rouge"),
        (centre, f"{SPACE}/apercu?exemple=1&format=liste"),
        (centre, f"{SPACE}/campagnes?tri=taux"), (desk, "/moderation/participation"),
        (desk, "/moderation/equite?tri=refus"), (desk, "/statistiques"), (desk, "/apercu/nimporte"),
    )  # fmt: skip
    for width, (page, path) in product((320, 1280), paths):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(home + path)
        open_everything(page.main_frame)
        found[f"{width} {path}"] = axe_faults_by_day_and_night(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert width > 320 or not page.evaluate(SIDEWAYS), path
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {name: faults for name, faults in found.items() if faults} == {}
