"""People in a real browser: ask for a link, sign in, see one's sessions, join, be accepted, invite, end."""

import re
import time
from collections.abc import Iterator
from email import message_from_binary_file
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import demonstration
from tests.browser.embedding import SIDEWAYS, axe_faults, faults_of, new_page, reads_down
from tests.browser.test_whole_road import sign_in
from tests.servers import PATIENCE

pytestmark = pytest.mark.browser
ADMIN = "administration@exemple.invalid"
ZOE, NOE = "zoe@cfa.invalid", "noe@cfa.invalid"
CENTRE = "/cfa/9990004A/equipe"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="module")
def service(built: Path, folder: Path) -> Iterator[dict[str, str]]:
    """The demonstration, for this module alone: its people come and go."""
    yield from demonstration(folder, built)


@pytest.fixture(scope="module")
def outbox(service: dict[str, str], folder: Path) -> Path:
    """Where the demonstration writes its mails."""
    return folder / "d" / "outbox"


def mail_to(outbox: Path, address: str, subject: str = "") -> str:
    """What a new mail to an address says, once it is there; it is put away."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in outbox.glob("*.eml"):
            with path.open("rb") as file:
                mail = message_from_binary_file(file, policy=default)
            if mail["To"] == address and subject in mail["Subject"]:
                path.unlink()
                return str(mail.get_content())
        time.sleep(0.2)
    raise AssertionError(f"no mail came to {address}")


def link_to(outbox: Path, address: str) -> str:
    """The link in a new mail to an address."""
    found = re.search(r"http://\S+/(?:connexion|rejoindre)/\S+", mail_to(outbox, address))
    assert found is not None
    return found[0]


def ask_link(page: Page, home: str, address: str, path: str = "/connexion") -> None:
    page.goto(home + path)
    page.get_by_label("Votre adresse électronique").fill(address)
    page.get_by_role("button", name="Recevoir un lien").click()
    expect(page.get_by_role("status")).to_contain_text("Si cette adresse est connue")


@pytest.fixture
def admin(chromium: Browser, home: str, outbox: Path) -> Page:
    """An administrator who has signed in by a mailed link."""
    page = new_page(chromium)
    ask_link(page, home, ADMIN, "/moderation/acces")
    page.goto(link_to(outbox, ADMIN))
    page.get_by_role("button", name="Me connecter").click()
    page.wait_for_url("**/moderation/acces")
    return page


def test_a_scanner_that_opens_the_link_and_runs_its_scripts_does_no_harm(
    chromium: Browser, home: str, outbox: Path
) -> None:
    page = new_page(chromium)
    ask_link(page, home, ADMIN, "/moderation/participation?tri=attente")
    link = link_to(outbox, ADMIN)
    scanner = new_page(chromium)
    for _ in range(50):
        scanner.goto(link)
    scanner.wait_for_timeout(500)
    assert scanner.url == link
    assert scanner.context.cookies() == []
    page.goto(link)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.headers.get("referer", "")))
    page.get_by_role("button", name="Me connecter").click()
    page.wait_for_url("**/moderation/participation?tri=attente")
    assert not [referer for referer in asked if "/connexion/" in referer]
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce lien de connexion ne sert plus")


def test_sessions_are_seen_and_ended_by_their_owner(chromium: Browser, home: str, outbox: Path, admin: Page) -> None:
    elsewhere = new_page(chromium)
    ask_link(elsewhere, home, ADMIN)
    elsewhere.goto(link_to(outbox, ADMIN))
    elsewhere.get_by_role("button", name="Me connecter").click()
    admin.goto(f"{home}/compte")
    expect(admin.get_by_text("celle-ci")).to_have_count(1)
    admin.get_by_role("button", name="Terminer toutes les autres").click()
    expect(admin.get_by_role("status")).to_have_text("Vos autres sessions sont finies.")
    expect(admin.get_by_role("button", name="Terminer la session")).to_have_count(1)
    elsewhere.reload()
    elsewhere.goto(f"{home}/compte")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Connectez-vous d'abord")


def test_a_centre_joins_is_accepted_invites_and_ends(chromium: Browser, home: str, outbox: Path, admin: Page) -> None:
    centre = new_page(chromium, 360, 640, java_script_enabled=False)
    centre.goto(f"{home}/rejoindre")
    centre.get_by_label("Établissement").fill("zzz")
    centre.get_by_label("Votre adresse professionnelle").fill(ZOE)
    centre.get_by_role("button", name="Recevoir un lien").click()
    expect(centre.get_by_label("Votre adresse professionnelle")).to_have_value(ZOE)
    centre.get_by_label("Établissement").fill("9990004A")
    centre.get_by_role("button", name="Recevoir un lien").click()
    centre.goto(link_to(outbox, ZOE))
    centre.get_by_label("Votre nom").fill("Zoé Martin")
    centre.get_by_role("button", name="Envoyer ma demande").click()
    expect(centre.get_by_role("heading", level=1)).to_have_text("Votre demande est envoyée")

    assert ZOE in mail_to(outbox, ADMIN, "Une demande")
    admin.reload()
    admin.get_by_role("article").filter(has_text="Zoé Martin").get_by_role("button", name="Accepter").click()
    expect(admin.get_by_role("status")).to_contain_text("La demande est acceptée")

    centre.goto(link_to(outbox, ZOE))
    centre.get_by_role("button", name="Me connecter").click()
    centre.get_by_role("navigation", name="Principale").get_by_role("link", name="Équipe").click()
    centre.get_by_label("Son adresse professionnelle").fill(NOE)
    centre.get_by_role("button", name="Inviter").click()
    colleague = new_page(chromium)
    colleague.goto(link_to(outbox, NOE))
    colleague.get_by_role("button", name="Me connecter").click()
    colleague.get_by_role("navigation", name="Principale").get_by_role("link", name="Équipe").click()
    expect(colleague.get_by_role("main")).to_contain_text(ZOE)
    centre.reload()
    centre.get_by_role("button", name=f"Finir l'accès de {NOE}").click()
    expect(centre.get_by_role("status")).to_have_text("Cet accès est fini.")
    colleague.reload()
    expect(colleague.get_by_role("heading", level=1)).to_have_text("Connectez-vous d'abord")

    admin.goto(f"{home}/moderation/acces/journal")
    expect(admin.get_by_role("row").nth(1)).to_contain_text("fini")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_pages_hold_on_320_pixels(
    chromium: Browser, home: str, service: dict[str, str], admin: Page, scheme: str
) -> None:
    state = admin.context.storage_state()
    page = new_page(chromium, 320 if scheme == "dark" else 1280, color_scheme=scheme, storage_state=state)
    said = faults_of(page)
    for path in (
        "/moderation/acces", "/moderation/acces/journal", "/moderation/participation", "/compte", "/connexion",
        "/rejoindre", "/mails/x", "/connexion/x",
    ):  # fmt: skip
        page.goto(home + path)
        assert axe_faults(page) == [], path
        if scheme == "dark":
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert not page.evaluate(SIDEWAYS), path
    assert [one for one in said if "404" not in one] == []


def test_the_log_of_accesses_is_read_down_on_a_phone(chromium: Browser, home: str, admin: Page) -> None:
    longest = f"{'secretariat.' * 4}general@cfa-des-metiers-de-la-restauration.invalid"
    admin.get_by_label("Adresse électronique", exact=True).fill(longest)
    admin.get_by_role("button", name="Inviter").click()
    expect(admin.get_by_role("status")).to_contain_text("L'accès est donné")
    page = new_page(chromium, 320, storage_state=admin.context.storage_state())
    page.goto(f"{home}/moderation/acces/journal")
    expect(page.get_by_role("row").nth(1)).to_contain_text(longest)
    reads_down(page, "Journal des accès", {"Quoi", "Pour qui", "Accès", "Par qui"})


def test_a_stranger_gets_nowhere(chromium: Browser, home: str) -> None:
    page = new_page(chromium)
    for path in ("/moderation/acces", "/moderation/participation", "/compte", CENTRE):
        answer = page.goto(home + path)
        assert answer is not None
        assert answer.status == 401
        expect(page.get_by_role("button", name="Recevoir un lien")).to_be_visible()


def test_a_centre_sees_its_team(chromium: Browser, service: dict[str, str]) -> None:
    page = sign_in(chromium, service["cfa"])
    page.get_by_role("navigation", name="Principale").get_by_role("link", name="Équipe").click()
    expect(page.get_by_role("main")).to_contain_text("cfa@exemple.invalid")
    assert axe_faults(page) == []
