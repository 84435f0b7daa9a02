"""A centre opens campaigns, prints their poster, asks a question of its own, follows what apprentices answer."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect

from tests.browser.embedding import axe_faults, axe_faults_by_day_and_night, new_page, open_everything
from tests.browser.test_whole_road import sign_in

pytestmark = pytest.mark.browser
CENTRE = "0751234J"
QUESTION = "Qu'est-ce qui t'aiderait à venir au CFA ?"


def widths(page: Page) -> list[tuple[int, str]]:
    """How far a page scrolls sideways on a telephone and on a desk, light then dark."""
    found: list[tuple[int, str]] = []
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        open_everything(page.main_frame)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [(width, f"{wide} px too wide")] if wide > 0 else []
        found += [(width, fault) for fault in axe_faults_by_day_and_night(page)]
    return found


def origin(doors: dict[str, str]) -> str:
    parts = urlsplit(doors["api"])
    return f"{parts.scheme}://{parts.netloc}"


def code_in(image: Any) -> str:
    """What the one QR code of an image says."""
    (code,) = zxingcpp.read_barcodes(image)
    return code.text


def ask_a_question(centre: Page, desk: Page, home: str) -> None:
    """A centre writes a question of its own, and a moderator accepts it."""
    centre.goto(f"{home}/cfa/{CENTRE}/questions")
    centre.get_by_label("Question").fill(QUESTION)
    centre.get_by_label("plusieurs choix possibles").check()
    centre.get_by_role("textbox", name="Choix").fill("Un internat\nUne aide au permis")
    centre.get_by_role("button", name="Envoyer à la lecture").click()
    expect(centre.get_by_role("status")).to_contain_text("Votre question est envoyée")
    desk.goto(f"{home}/moderation/centres/questions")
    expect(desk.get_by_role("heading", name=QUESTION)).to_be_visible()
    assert widths(desk) == []
    desk.get_by_role("button", name="Accepter").click()
    expect(desk.get_by_role("status")).to_contain_text("Question acceptée")


def open_two_campaigns(centre: Page, home: str) -> None:
    """Tick a formation that the centre offers, with 17 places, and one that is looked for."""
    centre.goto(f"{home}/cfa/{CENTRE}/campagnes/nouvelles")
    expect(centre.get_by_role("main")).to_contain_text(QUESTION)
    centre.get_by_text("Une formation n'est pas dans cette liste").click()
    centre.get_by_label("Nom ou code de la formation").fill("boulanger")
    centre.get_by_role("checkbox", name="CAP cuisine").check()
    centre.get_by_label("Places pour CAP cuisine").fill("17")
    centre.get_by_role("button", name="Chercher").click()
    expect(centre.get_by_role("checkbox", name="CAP cuisine")).to_be_checked()
    expect(centre.get_by_label("Places pour CAP cuisine")).to_have_value("17")
    centre.get_by_role("checkbox", name="CAP boulanger").check()
    assert widths(centre) == []
    centre.get_by_role("button", name="Ouvrir les campagnes cochées").click()
    expect(centre.get_by_role("status")).to_contain_text("2 campagnes sont ouvertes")
    assert widths(centre) == []


def print_the_poster(centre: Page, folder: Path) -> None:
    """The poster of the campaign that is shown says its common link, in letters and as a code."""
    fresh = centre.get_by_role("row").filter(has=centre.get_by_role("cell", name="17", exact=True)).get_by_role("link")
    fresh.click()
    link = centre.locator("pre").first.inner_text().strip()
    with centre.expect_download() as download:
        centre.get_by_role("link", name="L'affiche").click()
    assert download.value.suggested_filename == "affiche-cap-cuisine.pdf"
    download.value.save_as(folder / "affiche.pdf")
    document = pypdfium2.PdfDocument(folder / "affiche.pdf")
    assert len(document) == 1
    poster = document[0].render(scale=3).to_pil()
    poster.save(folder / "affiche.png")
    assert code_in(poster) == link
    assert "CAP cuisine" in document[0].get_textpage().get_text_range()


def make_personal_links(centre: Page, folder: Path) -> list[str]:
    """Five personal links, as their printed slips tell them."""
    with centre.expect_download() as download:
        centre.get_by_label("Combien de liens").fill("5")
        centre.get_by_role("button", name="Faire les liens").click()
    download.value.save_as(folder / "liens.pdf")
    slips = pypdfium2.PdfDocument(folder / "liens.pdf")[0].render(scale=4).to_pil()
    personal = sorted(code.text for code in zxingcpp.read_barcodes(slips))
    assert len(personal) == 5
    return personal


def answer_on_a_phone(phone: Page, home: str, link: str) -> None:
    """Go through the questionnaire to its last section, the centre's own, and send."""
    phone.goto(link)
    phone.goto(f"{home}/r?etape=choix")
    for step in ("choix", "recherche", "entreprise", "cfa", "bilan"):
        expect(phone).to_have_url(re.compile(f"etape={step}$"))
        for scale in phone.locator(".scale").all():
            scale.locator("label").first.click()
        phone.get_by_role("button", name="Continuer").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("6 sur 6 : les questions de ton CFA")
    expect(phone.get_by_role("main")).to_contain_text("Seul ton CFA voit ces réponses")
    assert widths(phone) == []
    phone.get_by_text("Un internat").click()
    phone.get_by_role("button", name="Continuer").click()
    phone.get_by_role("button", name="Envoyer mes réponses").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Merci, c'est bien arrivé")


def follow_what_comes(centre: Page, home: str) -> None:
    """The centre's pages count the answer, and tell nothing of it while it is alone."""
    centre.reload()
    expect(centre.locator(".figures")).to_contain_text("Envoyées1")
    assert widths(centre) == []
    centre.get_by_role("button", name="Copier le lien commun").click()
    expect(centre.get_by_role("status").filter(has_text=re.compile("Copié|Sélectionné"))).to_be_visible()
    centre.goto(f"{home}/cfa/{CENTRE}/questions")
    expect(centre.get_by_role("main")).to_contain_text("Moins de 5 réponses pour l'instant")
    assert widths(centre) == []
    centre.goto(f"{home}/cfa/{CENTRE}")
    expect(centre.get_by_role("main")).to_contain_text("1 réponse sur 17 invités")
    assert widths(centre) == []


@pytest.mark.road
def test_a_centre_asks_prints_follows_and_reads(chromium: Browser, doors: dict[str, str], tmp_path: Path) -> None:
    home = origin(doors)
    centre, desk = sign_in(chromium, doors["cfa"]), sign_in(chromium, doors["moderation"])
    thrown: list[str] = []
    centre.on("pageerror", lambda error: thrown.append(str(error)))
    ask_a_question(centre, desk, home)
    open_two_campaigns(centre, home)
    print_the_poster(centre, tmp_path)
    personal = make_personal_links(centre, tmp_path)
    answer_on_a_phone(new_page(chromium, 360, 640), home, personal[0])
    follow_what_comes(centre, home)
    assert thrown == []


def test_the_space_works_without_scripts_and_by_its_errors(chromium: Browser, doors: dict[str, str]) -> None:
    home = origin(doors)
    page = new_page(chromium, 360, java_script_enabled=False)
    page.goto(doors["cfa"])
    page.get_by_role("button", name="Me connecter").click()
    page.get_by_role("link", name="Campagnes").first.click()
    page.get_by_role("link", name="Ouvrir des campagnes").click()
    page.get_by_label("Dernier jour").fill("2020-01-01")
    page.get_by_role("checkbox", name="CAP cuisine").check()
    page.get_by_role("button", name="Ouvrir les campagnes cochées").click()
    expect(page.get_by_role("alert")).to_contain_text("Le dernier jour vient avant le premier.")
    expect(page.get_by_role("checkbox", name="CAP cuisine")).to_be_checked()
    expect(page.get_by_label("Dernier jour")).to_have_value("2020-01-01")
    expect(page.get_by_label("Dernier jour")).to_have_attribute("aria-invalid", "true")
    page.goto(f"{home}/cfa/{CENTRE}/campagnes")
    page.get_by_role("link", name="CAP cuisine").first.click()
    page.get_by_label("Fichier des adresses").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"mail\nlou@exemple.fr\nfaux\n"}
    )
    page.get_by_role("button", name="Inviter").click()
    expect(page.get_by_role("status")).to_contain_text("1 personne invitée")
    expect(page.get_by_role("status")).to_contain_text("Ligne 3")


def test_a_stranger_gets_nowhere_in_a_centre_s_space(chromium: Browser, service: dict[str, str]) -> None:
    home = origin(service)
    page = new_page(chromium)
    for path in ("", "/campagnes", "/campagnes/nouvelles", "/questions"):
        answer = page.goto(f"{home}/cfa/{CENTRE}{path}")
        assert answer is not None
        assert answer.status == 401
        assert axe_faults(page) == []
