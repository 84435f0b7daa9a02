"""Results as a centre, an observer and anybody meet them, and their files as they are opened."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Host, demonstration
from tests.browser.embedding import SIDEWAYS, axe_faults, element, new_page, open_everything, reads_down, script, shown
from tests.commands import sirius

pytestmark = pytest.mark.browser
CENTRE, FORMATION = "0751234J", "50025524"
SPACE = f"/cfa/{CENTRE}/resultats"
PUBLIC = (f"/etablissements/{CENTRE}/points-forts", "/etablissements/9990003Z/points-forts", "/bonnes-pratiques",
          "/bonnes-pratiques?sujet=accessibilite")  # fmt: skip
OBSERVED = ("/observatoire", f"/observatoire/centres/{CENTRE}?formation={FORMATION}&tri=-bien")
OWN = (SPACE, f"{SPACE}?formation={FORMATION}&tri=-bien", f"{SPACE}?annee=2024", f"{SPACE}?formation=introuvable")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("resultats")


@pytest.fixture(scope="module")
def service(built: Path, data: Path) -> Iterator[dict[str, str]]:
    """The demonstration in a folder that is known, so that a command may sign an observer in."""
    yield from demonstration(data, built)


def enter(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)
    assert page.context.cookies(), "the link was spent"


def fresh_link(data: Path, home: str, *words: str) -> str:
    """A link that signs somebody in once."""
    done = sirius(data / "d", "signin", *words, "--json", SIRIUS_PUBLIC_URL=home)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["lien"])


def observer_link(data: Path, home: str) -> str:
    words = ("observatoire@exemple.invalid", "--role", "observer", "--scope", "region:Île-de-France")
    return fresh_link(data, home, *words)


def centre_link(data: Path, home: str) -> str:
    return fresh_link(data, home, "cfa@exemple.invalid", "--role", "cfa", "--etablissement", CENTRE)


def look(page: Page, home: str, paths: tuple[str, ...]) -> None:
    """Nothing for axe, nothing beyond the screen, headings in order: in light and dark, wide and narrow."""
    for path in paths:
        for width, scheme in ((1280, "light"), (320, "dark")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.goto(home + path)
            open_everything(page.main_frame)
            assert axe_faults(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert width > 320 or not page.evaluate(SIDEWAYS), path
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        levels = page.evaluate("[...document.querySelectorAll('main :is(h1,h2,h3)')].map((one) => +one.tagName[1])")
        assert levels[0] == 1, path
        assert all(after - before <= 1 for before, after in pairwise(levels)), path


def test_public_pages_hold(chromium: Browser, home: str) -> None:
    look(new_page(chromium), home, PUBLIC)


def test_a_centre_reads_sorts_and_takes_its_results_away(chromium: Browser, data: Path, home: str) -> None:
    page = new_page(chromium, java_script_enabled=False)
    enter(page, centre_link(data, home))
    page.goto(home + SPACE)
    page.get_by_label("Formation", exact=True).select_option(FORMATION)
    page.get_by_role("button", name="Voir").click()
    expect(page.get_by_role("main")).to_contain_text("plus souvent «\u00a0bien\u00a0» que dans la région")
    expect(page.get_by_role("main")).to_contain_text("D'une année scolaire à l'autre")
    page.get_by_text("Voir le tableau, avec les intervalles").click()
    page.get_by_role("link", name="Bien", exact=True).click()
    expect(page.get_by_role("columnheader", name="Bien")).to_have_attribute("aria-sort", "descending")
    page.get_by_label("Année scolaire").select_option("2024")
    page.get_by_role("button", name="Voir").click()
    expect(page.get_by_role("main")).to_contain_text("année scolaire 2024-2025")
    bodies = {}
    for name in ("CSV", "Excel (XLSX)", "PDF à imprimer"):
        with page.expect_download() as coming:
            page.get_by_role("link", name=name).click()
        bodies[name] = Path(coming.value.path()).read_bytes()
    rows = list(csv.DictReader(io.StringIO(bodies["CSV"].decode("utf-8-sig")), delimiter=";"))
    sheet = openpyxl.load_workbook(io.BytesIO(bodies["Excel (XLSX)"])).worksheets[0]
    assert [row["Question"] for row in rows] == [row[1].value for row in sheet.iter_rows(min_row=2)]
    text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(bodies["PDF à imprimer"])).pages)
    assert "2024-2025" in text


def test_a_centre_s_pages_hold(chromium: Browser, data: Path, home: str) -> None:
    page = new_page(chromium)
    enter(page, centre_link(data, home))
    look(page, home, OWN)


def test_an_observer_reads_a_region_and_one_of_its_centres(chromium: Browser, data: Path, home: str) -> None:
    page = new_page(chromium)
    enter(page, observer_link(data, home))
    look(page, home, OBSERVED)
    page.goto(f"{home}/observatoire")
    page.get_by_role("link", name="CFA Exemple du Canal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CFA Exemple du Canal")
    assert page.goto(f"{home}/observatoire/centres/9990001X").status == 403  # type: ignore[union-attr]


def test_centres_and_years_are_read_down_on_a_phone_and_sort_without_scripts(
    chromium: Browser, data: Path, home: str
) -> None:
    observer = new_page(chromium, 320, java_script_enabled=False)
    enter(observer, observer_link(data, home))
    observer.goto(f"{home}/observatoire")
    reads_down(observer, "Les centres", {"Répondants", "Campagnes", "Invités", "Taux de réponse"})
    observer.get_by_role("region", name="Les centres").get_by_role("link", name="Invités").click()
    expect(observer.locator("[aria-sort=descending]").filter(has_text="Invités")).to_be_visible()
    reads_down(observer, "Les centres", {"Répondants", "Campagnes", "Invités", "Taux de réponse"})
    centre = new_page(chromium, 320, java_script_enabled=False)
    enter(centre, centre_link(data, home))
    centre.goto(f"{home}{SPACE}?formation={FORMATION}")
    reads_down(centre, "D'une année à l'autre", {"2024-2025", "2025-2026", "Évolution"})


def test_a_host_page_asks_for_points_forts_and_takes_them_back(chromium: Browser, home: str, host: Host) -> None:
    page = new_page(chromium)
    tag = element(f'etablissement="{CENTRE}" points-forts chargement="immediat"', FORMATION)
    page.goto(host.page("/forts", f"<h1>Un site</h1>{tag}{script(home)}"))
    frame = shown(page.locator("sirius-avis"))
    expect(frame.get_by_role("heading", name="Points forts de ce centre")).to_be_visible()
    assert frame.get_by_role("region", name="Points forts de ce centre").get_by_role("listitem").count() == 3
    assert axe_faults(page) == []
    page.evaluate("document.querySelector('sirius-avis').removeAttribute('points-forts')")
    frame = shown(page.locator("sirius-avis"))
    expect(frame.get_by_role("heading", name="Points forts de ce centre")).to_have_count(0)
