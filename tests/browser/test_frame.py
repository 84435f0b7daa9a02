"""What the frame shows and how it behaves, inside a host page and alone."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Host
from tests.browser.embedding import (
    CUISINE,
    FORMS,
    TEXT,
    axe_faults,
    cropped,
    element,
    faults_of,
    new_page,
    open_everything,
    requests_of,
    script,
    shown,
)
from tests.servers import fetch
from tests.widget.test_frame import snapshot
from widget.contract import Reply
from widget.options import read_options
from widget.render import render_frame

pytestmark = pytest.mark.browser


def test_a_widget_is_one_request_and_leaves_nothing_behind(
    chromium: Browser, host: Host, home: str, figure: Callable[[str, float], None]
) -> None:
    page = new_page(chromium)
    seen = requests_of(page)
    page.goto(host.page("/seul", element() + script(home)))
    inner = shown(page.locator("sirius-avis"))
    page.wait_for_timeout(300)
    ours = [request.url for request in seen if request.url.startswith(home)]
    figure("requests of a widget, its loader included", len(ours))
    assert sorted(urlsplit(url).path for url in ours) == ["/widget", "/widget/1.js"]
    assert all(url.startswith((home, host.origin, "data:")) for url in (request.url for request in seen))
    assert page.context.cookies() == []
    assert inner.evaluate("document.cookie") == ""
    assert page.context.storage_state() == {"cookies": [], "origins": []}
    page.goto(inner.url)  # at the top, where browsers let a page store what it wants
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_it_reads_with_scripts_off_and_answers_questions_by_plain_links(chromium: Browser, home: str) -> None:
    page = new_page(chromium, java_script_enabled=False)
    page.goto(f"{home}/widget?formation={CUISINE}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("contents de leur apprentissage")
    page.get_by_text("Chercher, choisir, ranger").click()
    page.get_by_label("Chercher dans les textes").fill("horaire de bus")
    page.get_by_label("Chercher dans les textes").fill("ATELIER")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("status")).to_contain_text("texte trouvé")
    expect(page.locator("blockquote").first).to_contain_text("ateliers")
    page.get_by_role("link", name="Voir tous les textes").click()
    page.get_by_text("Chercher, choisir, ranger").click()
    page.get_by_text("Par sujet").click()
    page.get_by_role("link", name="Trouver une entreprise").click()
    for one in page.locator(".words li").all():
        expect(one).to_contain_text("Trouver une entreprise")
    page.get_by_role("link", name="Voir tous les textes").click()
    page.get_by_role("link", name="Textes suivants").click()
    expect(page.get_by_role("navigation")).to_contain_text("Page 2")
    page.get_by_role("button", name="Utile", exact=True).first.click()
    expect(page.get_by_role("status").filter(has_text="Merci")).to_be_visible()


def test_going_on_inside_brings_the_new_texts_on_the_screen_and_keeps_the_theme(
    chromium: Browser, host: Host, home: str
) -> None:
    page = new_page(chromium)
    page.goto(host.page("/suite", TEXT * 3 + element() + TEXT * 30 + script(home)))
    host_element = page.locator("sirius-avis")
    inner = shown(host_element)
    page.evaluate("document.querySelector('sirius-avis').setAttribute('theme', 'sombre')")
    for link, said in (("Textes suivants", "Page 2"), ("Textes précédents", "Page 1")):
        inner.get_by_role("link", name=link).scroll_into_view_if_needed()
        inner.get_by_role("link", name=link).click()
        expect(inner.get_by_role("navigation")).to_contain_text(said)
        inner.wait_for_function("document.activeElement.id === 'textes'")
        page.wait_for_timeout(300)
        top = host_element.locator("iframe").evaluate("frame => frame.getBoundingClientRect().top")
        start = inner.locator("#textes").evaluate("one => one.getBoundingClientRect().top")
        assert 0 <= top + start <= 100
        assert inner.evaluate("document.documentElement.dataset.theme") == "sombre"
        assert abs(cropped(host_element)) <= 1


def test_a_gesture_that_fails_is_said_and_may_be_tried_again(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.goto(host.page("/geste", element("format=liste") + script(home)))
    inner = shown(page.locator("sirius-avis"))
    for status, said in ((503, "n'a pas pu être noté"), (429, "trop sont venus de votre réseau")):
        page.route("**/widget/utile*", lambda route, _request, code=status: route.fulfill(status=code, body="non"))
        inner.get_by_role("button", name="Utile", exact=True).first.click()
        expect(inner.locator(".vote").first).to_contain_text(said)
        page.unroute("**/widget/utile*")
    inner.get_by_role("button", name="Utile", exact=True).first.click()
    expect(inner.locator(".vote").first).to_have_text("Merci, c'est noté.")


def test_a_long_text_unfolds_in_place_and_the_keyboard_stays_there(chromium: Browser, home: str) -> None:
    page = new_page(chromium)
    page.goto(f"{home}/widget?formation={CUISINE}&format=carrousel")
    folded = page.locator("blockquote summary").first
    folded.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    expect(page.locator("blockquote details[open] summary").first).to_have_text(re.compile("replier"))
    page.keyboard.press("Enter")
    expect(page.locator("blockquote details[open]")).to_have_count(0)


@pytest.mark.parametrize("form", FORMS)
def test_it_needs_neither_storage_nor_a_right_clock(chromium: Browser, host: Host, home: str, form: str) -> None:
    page = new_page(chromium)
    faults = faults_of(page)
    page.add_init_script(
        """const blocked = { get() { throw new DOMException("bloqué", "SecurityError"); } };
        const names = ["localStorage", "sessionStorage", "indexedDB"];
        for (const name of names) Object.defineProperty(window, name, blocked);
        Object.defineProperty(Document.prototype, "cookie", blocked);"""
    )
    page.clock.set_fixed_time("1999-12-31T23:59:59")
    page.goto(host.page("/bloque", element(f"format={form} chargement=immediat") + script(home)))
    if form == "score":
        expect(page.locator("sirius-avis")).to_contain_text("contents")
    else:
        page.locator("sirius-avis iframe").wait_for(state="attached")
        inner = page.frames[-1]
        expect(inner.get_by_role("heading", level=1)).to_contain_text("contents de leur apprentissage")
    assert faults == []


def test_it_moves_less_when_asked_prints_whole_and_keeps_its_marks_in_forced_colours(
    chromium: Browser, home: str
) -> None:
    page = new_page(chromium, reduced_motion="reduce")
    page.goto(f"{home}/widget?formation={CUISINE}&format=carrousel")
    assert page.locator(".slides").evaluate("one => getComputedStyle(one).scrollBehavior") == "auto"
    page.emulate_media(forced_colors="active")
    for mark in page.locator(".mark > *").all():
        assert mark.evaluate("one => getComputedStyle(one).forcedColorAdjust") == "none"
    page.goto(f"{home}/widget?formation={CUISINE}&theme=sombre")
    page.emulate_media(media="print", forced_colors="none")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".words > li").last).to_be_visible()
    expect(page.locator(".axis").first).to_be_visible()
    expect(page.locator(".vote").first).to_be_hidden()
    expect(page.locator(".tools").first).to_be_hidden()


def test_choosing_inside_a_host_page_keeps_the_height_true(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.goto(host.page("/choisir", element() + script(home)))
    host_element = page.locator("sirius-avis")
    inner = shown(host_element)
    inner.get_by_text("Chercher, choisir, ranger").click()
    inner.get_by_text("Par question").click()
    inner.locator(".facet a").first.click()
    expect(inner.get_by_role("status")).to_contain_text("trouvé")
    assert abs(cropped(host_element)) <= 1
    inner.get_by_role("button", name="Utile", exact=True).first.click()
    expect(inner.get_by_text("Merci, c'est noté.")).to_be_visible()


def test_the_carousel_is_walked_by_keyboard_and_lets_go(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium, reduced_motion="reduce")
    page.goto(host.page("/manege", element("format=carrousel") + '<button id="apres">Après</button>' + script(home)))
    inner = shown(page.locator("sirius-avis"))
    place = inner.locator("[data-rang]")
    expect(place).to_contain_text("Texte 1 sur")
    page.wait_for_timeout(1500)
    expect(place).to_contain_text("Texte 1 sur")
    inner.get_by_role("button", name="Suivant").press("Enter")
    expect(place).to_contain_text("Texte 2 sur")
    inner.locator(".slides").focus()
    page.keyboard.press("ArrowRight")
    expect(place).to_contain_text("Texte 3 sur")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "apres":
            return
    raise AssertionError("the keyboard never leaves the frame")


@pytest.mark.parametrize("theme", ["clair", "sombre", "auto"])
@pytest.mark.parametrize("form", FORMS)
def test_axe_finds_nothing_in_any_format_theme_or_language(
    chromium: Browser, host: Host, home: str, form: str, theme: str
) -> None:
    width = {"clair": 320, "sombre": 1280, "auto": 768}[theme]
    page = new_page(chromium, width, color_scheme="dark" if theme == "auto" else "light")
    for language, accent in (("fr", ""), ("en", "#ffff00")):
        more = f'format="{form}" theme="{theme}" langue="{language}" accent="{accent}"'
        page.goto(host.page("/axe", f"<h1>Une formation</h1>{element(more)}{script(home)}"))
        if form == "score":
            expect(page.locator("sirius-avis")).to_contain_text("45")
        else:
            open_everything(shown(page.locator("sirius-avis")))
        assert axe_faults(page) == [], (theme, language)
    page.context.close()


STATES = {
    "unknown": "formation=zzz&si-vide=message",
    "too few": "formation=40025214&si-vide=message",
    "counts only": "formation=32032003",
    "few": "formation=32031213",
    "widened": f"formation={CUISINE}&etablissement=9990004A",
    "one centre": "etablissement=0751234J",
    "nothing found": f"formation={CUISINE}&q=introuvable&tri=utile",
    "narrowed": f"formation={CUISINE}&question=a_savoir&sujet=horaires",
    "last page": f"formation={CUISINE}&page=99",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", list(STATES))
def test_axe_finds_nothing_in_any_state(chromium: Browser, host: Host, home: str, state: str, scheme: str) -> None:
    page = new_page(chromium, 320 if scheme == "light" else 900, color_scheme=scheme)
    title = '<iframe title="Les avis" width="100%" height="900" src="{}"></iframe>'
    page.goto(host.page("/etat", f"<h1>Un site</h1>{title.format(f'{home}/widget?{STATES[state]}')}"))
    open_everything(page.frames[1])
    assert axe_faults(page) == []
    page.context.close()


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_cut_in_a_host_240_pixels_wide_nor_with_text_twice_as_large(
    chromium: Browser, home: str, form: str
) -> None:
    for width, size in ((240, "100%"), (320, "200%")):
        page = new_page(chromium, width)
        page.goto(f"{home}/widget?formation={CUISINE}&format={form}")
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        open_everything(page.main_frame)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()


def test_spacing_of_text_loses_nothing(chromium: Browser, home: str) -> None:
    page = new_page(chromium, 320)
    page.goto(f"{home}/widget?formation={CUISINE}")
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
          sheet.replaceSync("*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}");
          document.adoptedStyleSheets = [sheet]; }"""
    )
    open_everything(page.main_frame)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


HOSTILE = (
    '<script>document.title = "pris"</script> "><img src=x onerror=alert(1)>',
    "\u202eà l'envers\u202c, puis \u0627\u0644\u0633\u0644\u0627\u0645 et la suite",
    "x" * 1000,
    "\U0001f469\U0001f3fd\u200d\U0001f373" * 80,
    "a\u0301" * 300 + "\n\n\n" + "\t" * 50,
)


@pytest.mark.parametrize("form", ["complet", "carrousel", "liste"])
@pytest.mark.parametrize("width", [240, 768])
def test_words_of_any_kind_stay_words_and_inside_the_frame(
    chromium: Browser, host: Host, form: str, width: int
) -> None:
    base = snapshot("Un texte.")
    texts = tuple(
        replace(base.verbatims[0], id=f"v{n}", text=text, reply=Reply(text[:300], text[:60], date(2026, 10, 3)))
        for n, text in enumerate(HOSTILE)
    )
    options = read_options({"formation": CUISINE, "format": form})
    html = render_frame(replace(base, verbatims=texts, found=5), options).html
    page = new_page(chromium, width)
    faults = faults_of(page)
    page.goto(host.whole("/hostile", html))
    open_everything(page.main_frame)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() != "pris"
    assert page.locator("img").count() == 0
    said = page.evaluate("[...document.querySelectorAll('blockquote')].map((one) => one.textContent)")
    for text, shown_text in zip(HOSTILE, said, strict=True):
        assert shown_text.replace("lire la suitereplier", "") == text
    assert faults == []


def test_targets_are_large_enough(chromium: Browser, home: str) -> None:
    page = new_page(chromium, 320)
    page.goto(f"{home}/widget?formation={CUISINE}")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input:not([type=hidden]), summary, .facet a")]
          .filter((one) => one.getClientRects().length && getComputedStyle(one).clipPath === "none")
          .filter((one) => Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) < 24)
          .map((one) => one.outerHTML)"""
    )
    assert small == []


def test_the_same_figure_stands_on_every_surface(chromium: Browser, host: Host, home: str) -> None:
    answer = fetch(f"{home}/api/v1/avis?formation={CUISINE}").json()
    said = f"{answer['satisfaction']['bien']['part']}\u00a0%"
    page = new_page(chromium)
    for path in (*(f"/widget?formation={CUISINE}&format={form}" for form in FORMS), f"/formations/{CUISINE}"):
        page.goto(home + path)
        assert said in page.locator("main").inner_text(), path
    assert said in fetch(f"{home}/widget/badge.svg?formation={CUISINE}").text
    summary = fetch(f"{home}/api/v1/resumes?cles={CUISINE}").json()["data"][0]
    assert summary["satisfaction"]["bien"] == answer["satisfaction"]["bien"]


def test_the_builder_shows_it_live_and_its_snippets_work(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.goto(f"{home}/integrer")
    page.get_by_label("Formation").fill("cuisines")
    page.get_by_role("button", name="Voir").click()
    page.get_by_role("link", name="CAP cuisine").click()
    page.get_by_label("Format", exact=True).select_option("carrousel")
    page.get_by_label("Couleur d'accent").fill("#ffcc00")
    page.get_by_role("button", name="Voir").click()
    assert "CAP cuisine" in shown(page.locator("sirius-avis")).content()
    for name in ("c-script", "c-iframe", "c-fige"):
        code = page.locator(f"#{name}").inner_text().replace("http://127.0.0.1:8000", home)
        other = new_page(chromium)
        faults = faults_of(other)
        other.goto(host.page(f"/{name}", code))
        frame = other.locator("iframe")
        frame.wait_for(state="attached")
        inner = frame.element_handle().content_frame()
        assert inner is not None
        expect(inner.get_by_role("heading", level=1)).to_contain_text("contents de leur apprentissage")
        assert re.search(r"accent=%23ffcc00", frame.get_attribute("src") or "")
        assert faults == []
        other.context.close()
