"""The loader in somebody else's page: another origin, real frames, real messages."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from syndication.site.builder import ROOM
from tests.browser.conftest import Host
from tests.browser.embedding import (
    CUISINE,
    FORMS,
    SHIFTS,
    TEXT,
    cropped,
    element,
    faults_of,
    new_page,
    requests_of,
    script,
    shown,
)
from tests.servers import fetch

pytestmark = pytest.mark.browser


def test_scores_of_a_page_make_one_request_however_many(
    chromium: Browser, host: Host, home: str, figure: Callable[[str, float], None]
) -> None:
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
    answer = fetch(f"{home}/api/v1/avis?formation={CUISINE}").json()
    link = page.locator("sirius-avis").first.get_by_role("link")
    assert link.inner_text() == (
        f"{answer['satisfaction']['bien']['part']}\u00a0% contents, {answer['repondants']}\u00a0répondants"
    )
    assert link.get_attribute("href") == f"{home}/formations/{CUISINE}"
    expect(page.locator("sirius-avis").nth(3)).to_be_hidden()
    figure("requests of a page with 128 scores, for their figures", len(asked))
    figure("requests of a page with 128 scores, in all", len(seen))


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
    button = page.get_by_role("button", name="Voir les avis d'apprentis")
    expect(button).to_be_visible()
    expect(page.locator("iframe")).to_have_count(0)
    button.click()
    assert "CAP cuisine" in shown(page.locator("sirius-avis").first).content()
    expect(page.locator("iframe")).to_have_count(1)
    page.locator("sirius-avis").nth(1).scroll_into_view_if_needed()
    assert "CAP cuisine" in shown(page.locator("sirius-avis").nth(1)).content()


@pytest.mark.parametrize("code", [CUISINE, "zzz", "32032003"])
@pytest.mark.parametrize("size", [(360, 640), (768, 1024), (1280, 800), (1440, 2560)])
@pytest.mark.parametrize("form", FORMS)
def test_the_page_around_it_hardly_moves(
    chromium: Browser, host: Host, home: str, form: str, size: tuple[int, int], code: str,
    figure: Callable[[str, float], None],
) -> None:  # fmt: skip
    page = new_page(chromium, *size)
    page.add_init_script(f"({SHIFTS})()")
    style = f'style="{ROOM[form]}"'
    page.add_init_script("addEventListener('sirius:pret', () => { window.told = true; });")
    page.add_init_script("addEventListener('sirius:vide', () => { window.told = true; });")
    page.goto(host.page("/bouge", TEXT + script(home) + element(f"format={form} {style}", code) + TEXT * 30))
    page.wait_for_function("window.told")
    page.wait_for_timeout(400)
    moved = page.evaluate("window.shifts")
    figure(f"layout shift of {form}, worst of all sizes and codes", round(moved, 4))
    assert moved <= 0.01
    page.context.close()


def test_a_service_that_is_down_leaves_the_page_as_it_was(chromium: Browser, host: Host, port: int) -> None:
    page = new_page(chromium)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    nowhere = f"http://127.0.0.1:{port}"
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


class Late:
    """Requests held back until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.held: list[Route] = []
        page.route(pattern, lambda route: self.held.append(route))  # noqa: PLW0108 Playwright marks what it is given

    def wait(self, page: Page, count: int) -> None:
        """Wait until so many are held."""
        for _ in range(100):
            if len(self.held) >= count:
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"{len(self.held)} held, {count} expected")

    def let_go(self) -> None:
        for route in self.held:
            route.continue_()


def test_late_scores_never_touch_the_widget_that_took_their_place(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    late = Late(page, "**/widget/scores*")
    page.goto(host.page("/tard", element("format=score", "zzz") + element("format=score") + script(home)))
    late.wait(page, 1)
    page.evaluate(
        """code => { const [one, other] = document.querySelectorAll("sirius-avis");
          one.setAttribute("formation", code); other.setAttribute("format", "liste"); }""",
        CUISINE,
    )
    inner = shown(page.locator("sirius-avis").nth(1))
    late.wait(page, 2)
    late.let_go()
    expect(page.locator("sirius-avis").first).to_contain_text("contents")
    page.wait_for_timeout(200)
    assert "CAP cuisine" in inner.content()
    expect(page.locator("sirius-avis").nth(1).locator("iframe")).to_have_count(1)


def test_late_structured_data_are_let_go_and_a_second_course_has_its_own_name(
    chromium: Browser, host: Host, home: str
) -> None:
    page = new_page(chromium)
    late = Late(page, "**/widget/course*")
    page.goto(host.page("/tard-donnees", element("json-ld") + script(home)))
    late.wait(page, 1)
    page.evaluate("document.querySelector('sirius-avis').setAttribute('formation', 'certifinfo:104239')")
    late.wait(page, 2)
    late.let_go()
    block = page.locator("head script[type='application/ld+json']")
    block.wait_for(state="attached")
    page.wait_for_timeout(200)
    assert block.count() == 1
    assert "management" in block.inner_text()
    page.unroute("**/widget/course*")
    page.evaluate(
        """code => { const other = document.createElement("sirius-avis"); other.setAttribute("formation", code);
          other.setAttribute("json-ld", ""); document.querySelector("main").prepend(other); }""",
        CUISINE,
    )
    expect(block).to_have_count(2)
    names = page.evaluate(
        "[...document.querySelectorAll('head [data-sirius]')].map((one) => JSON.parse(one.text)['@id'])"
    )
    assert len(set(names)) == 2
    page.evaluate("document.querySelectorAll('sirius-avis').forEach((one) => one.remove())")
    expect(block).to_have_count(0)


def test_structured_data_wait_for_what_they_speak_of(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.route("**/widget?*", lambda route: route.abort())
    page.goto(host.page("/sans-cadre", element("json-ld chargement=immediat") + script(home)))
    page.wait_for_timeout(500)
    expect(page.locator("script[type='application/ld+json']")).to_have_count(0)


def test_a_theme_chosen_before_the_frame_is_there_is_not_lost(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    faults = faults_of(page)
    page.goto(host.page("/tot", script(home)))
    page.wait_for_function("!!customElements.get('sirius-avis')")
    page.evaluate(
        """code => { const one = document.createElement("sirius-avis"); one.setAttribute("formation", code);
          one.setAttribute("chargement", "immediat"); document.querySelector("main").append(one);
          one.setAttribute("theme", "sombre"); }""",
        CUISINE,
    )
    inner = shown(page.locator("sirius-avis"))
    inner.wait_for_function("document.documentElement.dataset.theme === 'sombre'")
    assert faults == []


def test_who_asks_for_an_empty_widget_is_told(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    for form in ("complet", "score"):
        page.goto(host.page("/clic", element(f"chargement=clic format={form}", "zzz") + script(home)))
        page.get_by_role("button", name="Voir les avis d'apprentis").click()
        if form == "score":
            expect(page.locator("sirius-avis")).to_contain_text("Pas encore d'avis")
        else:
            expect(shown(page.locator("sirius-avis")).locator("main")).to_contain_text("Pas encore d'avis")


def test_it_is_at_home_in_a_flex_row_and_leaves_the_page_its_own_styles(
    chromium: Browser, host: Host, home: str
) -> None:
    page = new_page(chromium)
    page.goto(host.page("/rang", f'<div style="display:flex">{element()}</div>' + script(home)))
    shown(page.locator("sirius-avis"))
    width = page.locator("sirius-avis").bounding_box()
    assert width is not None
    assert width["width"] > 1000
    page.evaluate("document.querySelector('sirius-avis').style.border = '2px solid red'")
    page.evaluate("document.querySelector('sirius-avis').setAttribute('accent', '#336699')")
    assert page.evaluate("document.querySelector('sirius-avis').style.cssText") == "border: 2px solid red;"


def test_a_second_file_that_failed_once_is_asked_for_again(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.route("**/*.plus.js", lambda route: route.abort())
    page.goto(host.page("/encore", element("format=score") + script(home)))
    expect(page.get_by_role("link", name="Les avis")).to_be_visible()
    page.wait_for_timeout(300)
    page.unroute("**/*.plus.js")
    page.evaluate("document.querySelector('sirius-avis').setAttribute('langue', 'en')")
    expect(page.locator("sirius-avis")).to_contain_text("happy")


def test_a_frame_bears_the_name_of_its_formation(chromium: Browser, host: Host, home: str) -> None:
    page = new_page(chromium)
    page.goto(host.page("/titres", element() + element("langue=en", "certifinfo:104239") + script(home)))
    titles = []
    for one in page.locator("sirius-avis").all():
        one.scroll_into_view_if_needed()
        shown(one)
        titles.append(one.locator("iframe").get_attribute("title"))
    assert titles[0] == "Avis d'apprentis\u00a0: CAP cuisine"
    assert titles[1] is not None
    assert titles[1].startswith("Apprentices' reviews: BTS management")


@pytest.mark.parametrize("hote", ["*", "garbage", "null", "javascript:alert(1)", "%00", "https://"])
def test_a_frame_tells_nothing_to_a_host_that_makes_no_sense(
    chromium: Browser, host: Host, home: str, hote: str
) -> None:
    page = new_page(chromium)
    faults = faults_of(page)
    page.add_init_script("addEventListener('message', ({ data }) => { (window.heard ||= []).push(data); });")
    page.goto(host.page("/hote", f'<iframe title="x" src="{home}/widget?formation={CUISINE}#hote={hote}"></iframe>'))
    page.wait_for_timeout(400)
    heard = page.evaluate("window.heard || []")
    assert all(message.get("source") == "sirius" for message in heard)  # told by what the browser knows, or not at all
    assert faults == []


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


def test_a_frame_in_a_process_of_its_own_never_tells_the_height_of_a_page_without_width(
    chromium: Browser, host: Host, home: str
) -> None:
    address = host.page("/encore", f'{script(home)}<div id="ici"></div>')
    page = new_page(chromium)
    page.goto(address)
    page.wait_for_function("!!customElements.get('sirius-avis')")
    page.evaluate("""window.heights = []; addEventListener("message", ({ data }) => {
      if (data.type === "hauteur") heights.push(data.hauteur);
    })""")
    for _ in range(30):
        page.evaluate(f"document.querySelector('#ici').innerHTML = `{element()}<p>après</p>`")
        shown(page.locator("sirius-avis"))
        page.wait_for_timeout(100)
        room, needed = page.locator("sirius-avis").evaluate(
            "e => [e.offsetHeight, e.shadowRoot.querySelector('iframe').clientHeight]"
        )
        assert room == needed
    heights = page.evaluate("window.heights")
    assert len(heights) >= 30
    assert max(heights) < 1.2 * min(heights)


def test_without_room_of_its_own_a_page_already_seen_is_not_pushed_about_for_nothing(
    chromium: Browser, host: Host, home: str
) -> None:
    comes = f"document.head.append(Object.assign(document.createElement('script'), {{src: '{home}/widget/1.js'}}))"
    late = f"<script>setTimeout(() => {comes}, 400)</script>"
    page = new_page(chromium)
    page.goto(host.page("/tard", element(formation="zzz") + TEXT * 3 + late))
    page.evaluate(SHIFTS)
    page.locator("sirius-avis").wait_for(state="hidden")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts") < 0.1


def test_a_widget_that_fails_without_room_of_its_own_leaves_its_link_and_no_hole(
    chromium: Browser, host: Host, home: str
) -> None:
    page = new_page(chromium)
    page.route("**/widget?*", lambda route: route.abort())
    page.goto(host.page("/panne", script(home) + element() + TEXT))
    page.locator("sirius-avis iframe").wait_for(state="attached")
    page.wait_for_function("document.querySelector('sirius-avis').offsetHeight < 100", timeout=15_000)
    assert page.get_by_role("link", name="Les avis").is_visible()


def test_addresses_of_scores_stay_short_enough_for_any_proxy(chromium: Browser, host: Host, home: str) -> None:
    onisep = "https://www.onisep.fr/http/redirection/formation/slug/FOR."
    keys = [*(f"{onisep}{number}" for number in range(290)), "rncp:RNCP38430"]
    body = "".join(f'<sirius-avis formation="{key}" format="score"></sirius-avis>' for key in keys)
    page = new_page(chromium)
    asked = requests_of(page)
    page.goto(host.page("/longs", script(home) + body))
    page.wait_for_function("document.querySelectorAll('sirius-avis')[290].shadowRoot?.querySelector('a')")
    scores = [request.url for request in asked if "/widget/scores" in request.url]
    assert max(map(len, scores)) < 8000
    assert len(scores) < 8


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
