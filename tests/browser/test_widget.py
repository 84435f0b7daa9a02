"""The widget in somebody else's page: another origin, real frames, real messages."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Locator, Page, Request, expect

from syndication.site.builder import ROOM
from tests.browser.conftest import Host, free_pair

pytestmark = pytest.mark.browser
CUISINE = "50022146"
SHIFTS = """() => { window.shifts = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true }); }"""
TEXT = "<p>Un paragraphe du site.</p>"


@pytest.fixture(scope="module")
def home(service: dict[str, str]) -> str:
    """The service's origin."""
    parts = urlsplit(service["api"])
    return f"{parts.scheme}://{parts.netloc}"


def new_page(chromium: Browser, width: int = 1280, height: int = 800, **options: Any) -> Page:
    page = chromium.new_context(viewport={"width": width, "height": height}, locale="fr-FR", **options).new_page()
    page.set_default_timeout(10_000)
    return page


def script(home: str, name: str = "1.js") -> str:
    return f'<script async src="{home}/widget/{name}"></script>'


def element(more: str = "", formation: str = CUISINE) -> str:
    return f'<sirius-avis formation="{formation}" {more}><a href="#repli">Les avis</a></sirius-avis>'


def shown(host_element: Locator) -> Frame:
    """The frame of a widget once it has its height."""
    frame = host_element.locator("iframe")
    frame.wait_for(state="attached")
    host_element.page.wait_for_function("frame => frame.clientHeight > 30", arg=frame.element_handle())
    inner = frame.element_handle().content_frame()
    assert inner is not None
    return inner


def cropped(host_element: Locator) -> float:
    """Pixels of a widget that its frame hides or has too many."""
    inner = shown(host_element)
    host_element.page.wait_for_timeout(250)
    needed = inner.evaluate("document.body.getBoundingClientRect().height")
    return float(needed) - float(host_element.locator("iframe").evaluate("frame => frame.clientHeight"))


def requests_of(page: Page) -> list[Request]:
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))  # noqa: PLW0108 Playwright marks what it is given
    return seen


def faults_of(page: Page) -> list[str]:
    """Everything that scripts throw and consoles complain of."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    return said


# -- the loader ------------------------------------------------------------------------------------------------------


def test_scores_of_a_page_make_one_request_however_many(chromium: Browser, host: Host, home: str) -> None:
    codes = [CUISINE, "certifinfo:104239", "FOR.873", "50022137", *(f"5002{n:04d}" for n in range(60))]
    rows = "".join(f"<p>{element('format=score', code)}</p>" for code in codes + codes)
    page = new_page(chromium)
    seen = requests_of(page)
    page.goto(host.page("/liste", rows + script(home)))
    expect(page.locator("sirius-avis").first).to_contain_text("contents")
    page.wait_for_timeout(300)
    asked = [request.url for request in seen if "/widget/scores" in request.url]
    assert len(asked) == 1
    assert not [request for request in seen if urlsplit(request.url).path == "/widget"]
    answer = httpx.get(f"{home}/api/v1/avis?formation={CUISINE}").json()
    link = page.locator("sirius-avis").first.get_by_role("link")
    assert link.inner_text() == (
        f"{answer['satisfaction']['bien']['part']}\u00a0% contents, {answer['repondants']}\u00a0répondants"
    )
    assert link.get_attribute("href") == f"{home}/formations/{CUISINE}"
    expect(page.locator("sirius-avis").nth(3)).to_be_hidden()
    print(f"128 scores: {len(seen)} requests in all, 1 for their figures")


def test_widgets_added_changed_and_removed_follow(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    faults = faults_of(page)
    page.goto(host.page("/spa", script(home) + script(home, "1.0.0.js") + script(home)))
    page.wait_for_function("!!customElements.get('sirius-avis')")
    page.evaluate(
        """code => { for (const tag of ["sirius-avis", "div"]) {
          const one = document.createElement(tag);
          if (tag === "div") { one.className = "sirius-avis"; one.dataset.formation = code; }
          else one.setAttribute("formation", code);
          one.id = tag; document.querySelector("main").append(one);
        } }""",
        CUISINE,
    )
    for name in ("sirius-avis", "div"):
        host_element = page.locator(f"#{name}")
        assert "CAP cuisine" in shown(host_element).content()
        assert host_element.locator("iframe").count() == 1
    page.evaluate("document.querySelector('#div').dataset.formation = 'certifinfo:104239'")
    page.evaluate("document.querySelector('#sirius-avis').setAttribute('formation', 'certifinfo:104239')")
    for name in ("sirius-avis", "div"):
        page.wait_for_function(
            "id => document.getElementById(id).shadowRoot.querySelector('iframe')?.src.includes('104239')", arg=name
        )
        assert "management" in shown(page.locator(f"#{name}")).content()
    page.evaluate("for (const one of document.querySelectorAll('sirius-avis, div')) one.remove()")
    expect(page.locator("iframe")).to_have_count(0)
    assert faults == []


def test_it_takes_at_most_one_global(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.goto(host.page("/sans", TEXT))
    names = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    page.goto(host.page("/avec", element() + script(home)))
    shown(page.locator("sirius-avis"))
    assert len(set(page.evaluate("Object.getOwnPropertyNames(window)")) - names) <= 1


def test_it_waits_until_it_is_near_the_screen_or_asked_for(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    far = '<div style="height:4000px"></div>'
    page.goto(host.page("/loin", element("chargement=clic") + far + element() + script(home)))
    button = page.get_by_role("button", name="Voir les avis d’apprentis")
    expect(button).to_be_visible()
    expect(page.locator("iframe")).to_have_count(0)
    button.click()
    assert "CAP cuisine" in shown(page.locator("sirius-avis").first).content()
    expect(page.locator("iframe")).to_have_count(1)
    page.locator("sirius-avis").nth(1).scroll_into_view_if_needed()
    assert "CAP cuisine" in shown(page.locator("sirius-avis").nth(1)).content()


@pytest.mark.parametrize("form", ["complet", "carrousel", "liste", "score"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_around_it_hardly_moves(chromium: Browser, host: Host, home: str, form: str, width: int) -> None:
    page = new_page(chromium, width)
    page.add_init_script(f"({SHIFTS})()")
    style = f'style="{ROOM[form]}"'
    page.goto(host.page("/bouge", TEXT + script(home) + element(f"format={form} {style}") + TEXT * 30))
    if form == "score":
        expect(page.locator("sirius-avis")).to_contain_text("contents")
    else:
        shown(page.locator("sirius-avis"))
    page.wait_for_timeout(500)
    moved = page.evaluate("window.shifts")
    print(f"layout shift, {form} at {width} px: {moved:.4f}")
    assert moved <= 0.01


def test_a_service_that_is_down_leaves_the_page_as_it_was(chromium: Browser, host: Host) -> None:
    page = new_page(chromium)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    nowhere = f"http://127.0.0.1:{free_pair()}"
    page.goto(host.page("/panne", element() + element("format=score") + script(nowhere)))
    page.wait_for_timeout(300)
    expect(page.get_by_role("link", name="Les avis").first).to_be_visible()
    expect(page.get_by_role("link", name="Les avis").nth(1)).to_be_visible()
    assert thrown == []


@pytest.mark.parametrize("failing", ["**/widget?*", "**/widget/scores*", "**/*.plus.js"])
def test_answers_that_never_come_leave_the_link_in_place(
    chromium: Browser, host: Host, home: str, failing: str
) -> None:
    page = new_page(chromium)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.route(failing, lambda route: route.abort())
    form = "complet" if "?" in failing else "score"
    page.goto(host.page("/muet", element(f"format={form} json-ld") + script(home)))
    page.wait_for_timeout(800)
    expect(page.get_by_role("link", name="Les avis")).to_be_visible()
    assert thrown == []


def test_it_works_under_a_policy_that_names_only_us(chromium: Browser, host: Host, home: str) -> None:
    policy = (
        f"default-src 'none'; script-src {home}; frame-src {home}; connect-src {home}; img-src data:; base-uri 'none'"
    )
    page = new_page(chromium)
    faults = faults_of(page)
    body = element("chargement=immediat json-ld") + element("format=score") + script(home)
    page.goto(host.page("/stricte", body, policy))
    assert "CAP cuisine" in shown(page.locator("sirius-avis").first).content()
    expect(page.locator("sirius-avis").nth(1)).to_contain_text("contents")
    expect(page.locator("head script[type='application/ld+json']")).to_have_count(1)
    assert faults == []


def test_structured_data_join_the_page_by_its_canonical_address(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    head = '<link rel="canonical" href="https://catalogue.example/cap-cuisine">'
    page.goto(host.page("/donnees", element("json-ld") + script(home), head=head))
    block = page.locator("head script[type='application/ld+json']")
    block.wait_for(state="attached")
    data = page.evaluate("JSON.parse(document.querySelector('head script[type=\"application/ld+json\"]').textContent)")
    assert data["@type"] == "Course"
    assert data["@id"] == "https://catalogue.example/cap-cuisine"
    inner = shown(page.locator("sirius-avis"))
    for review in data["review"]:
        assert review["reviewBody"][:60] in inner.evaluate("document.body.textContent")
    page.evaluate("document.querySelector('sirius-avis').remove()")
    expect(block).to_have_count(0)


# -- messages --------------------------------------------------------------------------------------------------------


def test_three_widgets_are_never_cropped_and_never_grow_for_ever(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium, 360, 640)
    spacer = '<div style="height:1500px"></div>'
    body = element() + spacer + element("format=carrousel") + element("format=liste", "certifinfo:104239")
    late = "<style>@font-face{font-family:Tard;src:local('DejaVu Serif')}</style>"
    page.goto(host.page("/trois", body + script(home), head=late))
    hosts = page.locator("sirius-avis")
    for place in range(3):
        hosts.nth(place).scroll_into_view_if_needed()
        assert abs(cropped(hosts.nth(place))) <= 1
    for width, height in ((640, 360), (360, 640), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        for place in range(3):
            hosts.nth(place).scroll_into_view_if_needed()  # browsers let frames that nobody sees sleep
            assert abs(cropped(hosts.nth(place))) <= 1
    hosts.first.scroll_into_view_if_needed()
    inner = shown(hosts.first)
    inner.evaluate("document.body.style.fontFamily = 'DejaVu Serif'")
    inner.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert abs(cropped(hosts.first)) <= 1
    hosts.nth(1).scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    before = [hosts.nth(place).bounding_box() for place in range(3)]
    page.wait_for_timeout(1000)
    assert [hosts.nth(place).bounding_box() for place in range(3)] == before


def test_messages_of_a_hostile_page_do_nothing(chromium: Browser, host: Host, home: str) -> None:
    other = host.page(
        "/pirate", "<script>parent.postMessage({source:'sirius',type:'hauteur',hauteur:9999},'*')</script>"
    )
    sibling = f'<iframe src="{home}/widget?formation={CUISINE}&format=liste"></iframe>'
    page = new_page(chromium)
    faults = faults_of(page)
    page.goto(host.page("/cible", element() + sibling + f'<iframe src="{other}"></iframe>' + script(home)))
    inner = shown(page.locator("sirius-avis"))
    page.wait_for_timeout(400)
    height = page.locator("sirius-avis iframe").bounding_box()
    for message in (
        {"source": "sirius", "type": "hauteur", "hauteur": 5},
        {"source": "sirius", "type": "vide"},
        {"source": "sirius"}, "sirius", None, {"source": "sirius", "type": "hauteur", "hauteur": "1e9"},
    ):  # fmt: skip
        page.evaluate("message => window.postMessage(message, '*')", message)
    page.frames[2].evaluate(
        "parent.postMessage({source: 'sirius', type: 'hauteur', hauteur: 7777}, '*')"
    )  # our own origin, but not the widget's window
    page.wait_for_timeout(300)
    assert page.locator("sirius-avis iframe").bounding_box() == height
    inner.evaluate("window.postMessage({source: 'sirius', type: 'theme', theme: 'sombre'}, '*')")
    page.wait_for_timeout(200)
    assert inner.evaluate("document.documentElement.dataset.theme") == "auto"
    assert faults == []


def test_a_height_out_of_reason_is_clamped(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.goto(host.page("/haut", element() + script(home)))
    inner = shown(page.locator("sirius-avis"))
    for told, given in ((10**9, 20_000), (-5, 24), (0, 24)):
        inner.evaluate(
            "([told, host]) => parent.postMessage({source: 'sirius', type: 'hauteur', hauteur: told}, host)",
            [told, host.origin],
        )
        page.wait_for_function(
            "given => document.querySelector('sirius-avis').shadowRoot.querySelector('iframe').clientHeight === given",
            arg=given,
        )


def test_a_theme_changes_without_loading_anew(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.goto(host.page("/theme", element("theme=clair") + script(home)))
    inner = shown(page.locator("sirius-avis"))
    seen = requests_of(page)
    page.evaluate("document.querySelector('sirius-avis').setAttribute('theme', 'sombre')")
    page.wait_for_timeout(300)
    assert inner.evaluate("document.documentElement.dataset.theme") == "sombre"
    assert inner.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 23, 26)"
    assert seen == []


# -- the frame -------------------------------------------------------------------------------------------------------


def test_a_widget_is_one_request_and_leaves_nothing_behind(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    seen = requests_of(page)
    page.goto(host.page("/seul", element() + script(home)))
    inner = shown(page.locator("sirius-avis"))
    page.wait_for_timeout(300)
    ours = [request.url for request in seen if request.url.startswith(home)]
    assert sorted(urlsplit(url).path for url in ours) == ["/widget", "/widget/1.js"]
    assert all(url.startswith((home, host.origin, "data:")) for url in (request.url for request in seen))
    assert page.context.cookies() == []
    assert inner.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


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


FORMS = ("complet", "carrousel", "liste", "score")


@pytest.mark.parametrize("form", FORMS)
def test_axe_finds_nothing_in_any_format_theme_or_language(chromium: Browser, host: Host, home: str, form: str) -> None:
    axe = Axe()
    for width, theme in ((320, "clair"), (1280, "sombre"), (768, "auto")):
        page = new_page(chromium, width, color_scheme="dark" if theme == "auto" else "light")
        for language, accent in (("fr", ""), ("en", "#ffff00")):
            more = f'format="{form}" theme="{theme}" langue="{language}" accent="{accent}"'
            page.goto(host.page("/axe", f"<h1>Une formation</h1>{element(more)}{script(home)}"))
            if form == "score":
                expect(page.locator("sirius-avis")).to_contain_text("45")
            else:
                inner = shown(page.locator("sirius-avis"))
                inner.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert [fault["id"] for fault in axe.run(page).response["violations"]] == [], (theme, language)
        page.context.close()


@pytest.mark.parametrize("query", ["formation=zzz&si-vide=message", f"formation={CUISINE}&q=introuvable&tri=utile"])
def test_axe_finds_nothing_where_there_is_nothing_to_show(chromium: Browser, home: str, query: str) -> None:
    page = new_page(chromium, 320)
    page.goto(f"{home}/widget?{query}")
    assert [fault["id"] for fault in Axe().run(page).response["violations"]] == []


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_cut_in_a_host_240_pixels_wide_nor_with_text_twice_as_large(
    chromium: Browser, home: str, form: str
) -> None:
    for width, size in ((240, "100%"), (320, "200%")):
        page = new_page(chromium, width)
        page.goto(f"{home}/widget?formation={CUISINE}&format={form}")
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()


def test_targets_are_large_enough(chromium: Browser, home: str) -> None:
    page = new_page(chromium, 320)
    page.goto(f"{home}/widget?formation={CUISINE}")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input:not([type=hidden]), summary, .facet a")]
          .filter((one) => one.getClientRects().length)
          .filter((one) => Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) < 24)
          .map((one) => one.outerHTML)"""
    )
    assert small == []


def test_the_same_figure_stands_on_every_surface(chromium: Browser, host: Host, home: str) -> None:
    answer = httpx.get(f"{home}/api/v1/avis?formation={CUISINE}").json()
    said = f"{answer['satisfaction']['bien']['part']}\u00a0%"
    page = new_page(chromium)
    for path in (*(f"/widget?formation={CUISINE}&format={form}" for form in FORMS), f"/formations/{CUISINE}"):
        page.goto(home + path)
        assert said in page.locator("main").inner_text(), path
    assert said in httpx.get(f"{home}/widget/badge.svg?formation={CUISINE}").text
    summary = httpx.get(f"{home}/api/v1/resumes?cles={CUISINE}").json()["data"][0]
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
