"""Pages of somebody else's site with widgets in them, and what to look at there."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Locator, Page, Request

CUISINE = "50022146"
SHIFTS = """() => { window.shifts = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true }); }"""
TEXT = "<p>Un paragraphe du site.</p>"
SIDEWAYS = "[...document.querySelectorAll('.scroll:has(.stacked)')].some(one => one.scrollWidth > one.clientWidth)"
"""True when a table that stacks on narrow screens is read sideways."""
FORMS = ("complet", "carrousel", "liste", "score")


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


def open_everything(frame: Frame) -> None:
    """Unfold all that is folded."""
    frame.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


def reads_down(page: Page, label: str, names: set[str]) -> None:
    """Nothing of a table is beyond the edge of its box, and each cell can say its column where they are stacked."""
    region = page.get_by_role("region", name=label, exact=True)
    assert region.evaluate("one => one.scrollWidth <= one.clientWidth"), label
    assert set(region.locator("tbody td").evaluate_all("cells => cells.map(one => one.dataset.nom)")) == names


def axe_faults(page: Page) -> list[str]:
    """What axe finds in a page and in every frame of it, each looked at from inside."""
    return [fault for frame in page.frames for fault in named(Axe().run(frame).response)]


COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": ["violations"],
}  # fmt: skip
"""Rules of axe on what a scheme of colours changes; of what follows them, it tells less."""


def axe_faults_by_day_and_night(page: Page) -> list[str]:
    """The same in light, then in dark, where colours alone are looked at again: nothing else changes."""
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(150)
    found = axe_faults(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(150)
    return found + [f"dark, {one}" for frame in page.frames for one in named(frame.evaluate(f"axe.run({COLOURS})"))]


def named(said: Any) -> list[str]:
    """Faults that axe tells of, each with an element."""
    return [f"{fault['id']}: {node['html'][:120]}" for fault in said["violations"] for node in fault["nodes"]]
