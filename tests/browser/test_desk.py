"""A moderator at the desk: by keyboard, without scripts, on a bad network, beside a colleague."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from syndication import worker
from syndication.accounts import signin
from syndication.accounts.store import Grant
from syndication.database import writing
from syndication.moderation import store as moderation
from syndication.queue import store as queue
from tests.browser.embedding import SIDEWAYS, axe_faults_by_day_and_night
from tests.browser.serving import Served, served
from tests.databases import Databases
from tests.servers import wait_until

pytestmark = pytest.mark.browser
STORY = "On m'a confié la mise en place du service {}, et le chef relit ma fiche avec moi chaque soir."


class Service(Served):
    """A service under way, whose queue tests fill as they want."""

    def tell(self, *texts: str) -> list[str]:
        """Have texts sent, one response each; gives their ids in the order of the queue."""
        for link, text in zip(self.hub.collector.issue_links(self.campaign, len(texts)), texts, strict=True):
            self.hub.collector.record(link, {"satisfaction": ["bien"], "changement": [text]})
        worker.work_once(self.hub)
        with self.hub.engine.connect() as connection:
            return [text.id for text in moderation.waiting(connection, 1000)]

    def text(self, verbatim: str) -> queue.QueuedText:
        with self.hub.engine.connect() as connection:
            return queue.texts(connection, [verbatim])[0]

    def states(self, ids: list[str]) -> list[str]:
        return [self.text(one).status for one in ids]

    def decide(self, verbatim: str, wished: str, reason: str | None = None) -> None:
        """What a colleague decides meanwhile."""
        with writing(self.hub.engine).begin() as connection:
            version = queue.texts(connection, [verbatim])[0].version
            now = self.hub.clock()
            moderation.record_decision(connection, verbatim, version, wished, reason, "max@exemple.fr", now)

    def empty(self) -> None:
        """Leave nothing in the queue."""
        with self.hub.engine.connect() as connection:
            waiting = moderation.waiting(connection, 1000)
        for text in waiting:
            self.decide(text.id, "refuse", "vide")


@pytest.fixture(scope="module")
def service(databases: Databases, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = databases.copy(migrated, tmp_path_factory.mktemp("desk"))
    with served(Service, folder, SIRIUS_BACKGROUND="0") as service:
        yield service


@pytest.fixture
def fresh(service: Service) -> Service:
    """The service with an empty queue."""
    service.empty()
    return service


def enter(chromium: Browser, service: Service, role: str = "moderator", **options: Any) -> BrowserContext:
    """Somebody signed in."""
    person = Grant(f"{role}@exemple.fr", role)
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "fr-FR", **options})
    page = context.new_page()
    page.goto(signin.make_link(service.hub.engine, service.url, person, service.hub.clock()))
    page.get_by_role("button", name="Me connecter").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)  # a page that is closed on its way to another never is
    page.close()
    return context


class Moderator:
    """Hands on a keyboard, each stroke counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strokes = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.strokes += 1

    @property
    def words(self) -> str:
        return self.page.locator("#mots").inner_text()

    def sees(self, words: str) -> None:
        expect(self.page.locator("#mots")).to_have_text(words)

    def hears(self, sentence: str) -> None:
        expect(self.page.get_by_role("status")).to_contain_text(sentence)


@pytest.fixture
def desk(chromium: Browser, fresh: Service) -> Iterator[Callable[..., Moderator]]:
    """The desk as a moderator opens it."""
    contexts: list[BrowserContext] = []

    def opened(address: str = "/moderation", **options: Any) -> Moderator:
        context = enter(chromium, fresh, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(fresh.url + address)
        return Moderator(page)

    yield opened
    for context in contexts:
        context.close()


def settled(service: Service, ids: list[str], wanted: list[str]) -> None:
    """Wait until texts are in the states wanted."""
    wait_until(lambda: service.states(ids) == wanted, f"states: {wanted}", every=0.1)


@pytest.mark.road
def test_a_moderator_works_through_fifty_texts_by_keyboard(
    fresh: Service, desk: Callable[..., Moderator], figure: Callable[[str, float], None]
) -> None:
    ids = fresh.tell(*(STORY.format(number) for number in range(50)))
    person, wanted = desk(), []
    for number, one in enumerate(ids):
        expect(person.page.locator("#texte")).to_have_attribute("data-id", one)
        expect(person.page.locator("#place")).to_have_text(f"1 sur {50 - number}")
        keys, state = (("r", str(number % 8 + 1)), "refuse") if number % 4 == 3 else (("p",), "publie")
        person.press(*keys)
        wanted.append(state)
    expect(person.page.get_by_text("Vous êtes au bout de la file.")).to_be_visible()
    settled(fresh, ids, wanted)
    assert person.strokes / len(ids) <= 2
    figure("keystrokes a text at the desk", person.strokes / len(ids))


def test_the_next_text_is_there_before_the_answer(fresh: Service, desk: Callable[..., Moderator]) -> None:
    first, second = "Le premier jour, on m'a tout montré.", "Le deuxième jour, j'ai coupé des oignons."
    ids = fresh.tell(first, second)
    person = desk()
    texts = {fresh.text(one).id: fresh.text(one).text for one in ids}
    held: list[Any] = []
    person.page.route(f"**/moderation/{ids[0]}", lambda route: held.append(route))  # noqa: PLW0108 read by its names
    person.sees(texts[ids[0]])
    person.press("p")
    person.sees(texts[ids[1]])
    assert fresh.states(ids) == ["attente", "attente"]
    held[0].continue_()
    settled(fresh, ids, ["publie", "attente"])


def test_what_was_just_decided_is_undone_by_one_key(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(STORY.format("du soir"), STORY.format("du midi"))
    person = desk()
    person.press("g")
    settled(fresh, ids, ["publie", "attente"])
    assert fresh.text(ids[0]).gem
    person.hears("Publié comme pépite.")
    person.press("u")
    settled(fresh, ids, ["attente", "attente"])
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[0])
    person.press("r", "5")
    settled(fresh, ids, ["refuse", "attente"])


def test_acts_are_taken_back_one_after_another_the_newest_first(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(*(STORY.format(number) for number in ("un", "deux", "trois", "quatre")))
    person = desk()
    person.press("p", "r", "5", "g")
    settled(fresh, ids, ["publie", "refuse", "publie", "attente"])
    person.press("u", "u")
    settled(fresh, ids, ["publie", "attente", "attente", "attente"])
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[1])
    person.press("u")
    settled(fresh, ids, ["attente"] * 4)
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[0])
    expect(person.page.get_by_role("button", name="Annuler")).to_be_hidden()
    for one in ids[1:]:
        person.press("j")
        expect(person.page.locator("#texte")).to_have_attribute("data-id", one)


def test_an_act_is_taken_back_within_its_own_ten_seconds(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(*(STORY.format(number) for number in ("un", "deux", "trois")))
    person = desk()
    person.page.clock.install()
    person.page.goto(f"{fresh.url}/moderation")
    person.press("p")
    person.page.clock.fast_forward(6000)
    person.press("p")
    settled(fresh, ids, ["publie", "publie", "attente"])
    person.page.clock.fast_forward(5000)
    person.press("u")
    settled(fresh, ids, ["publie", "attente", "attente"])
    person.hears("Annulé")
    expect(person.page.get_by_role("button", name="Annuler")).to_be_hidden()
    person.press("u")
    expect(person.page.get_by_role("alert")).to_be_hidden()
    assert fresh.states(ids) == ["publie", "attente", "attente"]


def test_the_key_says_when_there_is_nothing_left_to_take_back(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(STORY.format("un"), STORY.format("deux"))
    person = desk()
    person.page.clock.install()
    person.page.goto(f"{fresh.url}/moderation")
    person.press("p")
    settled(fresh, ids, ["publie", "attente"])
    person.page.clock.fast_forward(11_000)
    expect(person.page.get_by_role("status")).to_be_hidden()
    person.press("u")
    person.hears("Il n'y a plus rien à annuler")
    expect(person.page.get_by_role("button", name="Annuler")).to_be_hidden()
    assert fresh.states(ids) == ["publie", "attente"]
    person.page.clock.fast_forward(11_000)
    expect(person.page.get_by_role("status")).to_be_hidden()


def test_one_text_is_said_in_the_singular(fresh: Service, desk: Callable[..., Moderator]) -> None:
    fresh.tell(STORY.format("un"), STORY.format("deux"))
    person = desk()
    person.press("j", "p")
    expect(person.page.get_by_text("Vous êtes au bout de la file.")).to_be_visible()
    expect(person.page.locator("#place")).to_have_text("1\u00a0texte")


def test_one_goes_back_and_forth_without_deciding(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(*(STORY.format(number) for number in range(12)))
    person = desk()
    for one in ids[1:]:
        person.press("j")
        expect(person.page.locator("#texte")).to_have_attribute("data-id", one)
    expect(person.page.locator("#place")).to_have_text("12 sur 12")
    person.press("k", "k")
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[9])
    assert fresh.states(ids) == ["attente"] * 12


def test_a_name_is_masked_by_selecting_it(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell("👩🏽‍🍳 Mon tuteur s'appelle Karim et il est patient.")
    person = desk()
    person.page.evaluate(
        """() => { const walker = document.createTreeWalker(document.querySelector('#mots'), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) { const at = walker.currentNode.data.indexOf('Karim'); if (at < 0) continue;
        getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + 5); } }"""
    )
    person.press("m", "1")
    person.hears("Masques enregistrés.")
    expect(person.page.locator("mark.masked")).to_have_text("Karim")
    person.press("p")
    settled(fresh, ids, ["publie"])
    assert [tuple(mask) for mask in fresh.text(ids[0]).masks] == [(26, 31, "prenom")]


def test_an_alert_takes_a_text_out_of_the_queue_and_to_referents_alone(
    chromium: Browser, fresh: Service, desk: Callable[..., Moderator]
) -> None:
    words = "Il me frappe quand le service est fini, je ne dors plus."
    ids = fresh.tell(words, STORY.format("calme"))
    person = desk(f"/moderation?texte={ids[0]}")
    alarming = next(one for one in ids if fresh.text(one).text == words)
    person.page.goto(f"{fresh.url}/moderation?texte={alarming}")
    person.press("a", "1")
    person.hears("Signalé")
    expect(person.page.get_by_role("main")).not_to_contain_text(words)
    person.page.wait_for_timeout(300)
    assert fresh.text(alarming).alerted
    person.page.goto(f"{fresh.url}/moderation/textes/{alarming}")
    expect(person.page.get_by_text(words)).to_have_count(0)
    referent = enter(chromium, fresh, "referent").new_page()
    referent.goto(f"{fresh.url}/moderation/alertes")
    expect(referent.get_by_text(words)).to_be_visible()
    referent.get_by_label("Ce qui a été fait").fill("Le 119 a été appelé.")
    referent.get_by_role("button", name="Clore, et rendre le texte à la file").click()
    expect(referent.get_by_role("status")).to_have_text("Alerte close.")
    referent.context.close()
    assert not fresh.text(alarming).alerted


def test_a_colleague_who_was_faster_costs_nothing(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(STORY.format("un"), STORY.format("deux"))
    person = desk()
    person.press("n")
    person.page.get_by_label("Note, gardée avec la décision").fill("À revoir ensemble.")
    person.press("Escape")
    fresh.decide(ids[0], "refuse", "hors_sujet")
    person.press("p")
    expect(person.page.get_by_role("alert")).to_contain_text("rien n'a été changé")
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[0])
    expect(person.page.locator("#texte")).to_have_attribute("data-state", "refuse")
    expect(person.page.get_by_label("Note, gardée avec la décision")).to_have_value("À revoir ensemble.")
    assert fresh.states(ids) == ["refuse", "attente"]


def test_a_key_that_comes_before_the_next_text_is_not_lost(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(*(STORY.format(number) for number in range(12)))
    person, held = desk(), list[Route]()
    person.page.route("**/moderation?*", lambda route: held.append(route) if _fetched(route) else route.continue_())
    person.page.reload()
    shown = 0
    while person.page.get_by_text("Le texte suivant arrive.").count() == 0:
        assert shown < len(ids)
        person.press("j")
        shown += 1
    person.press("j")  # nobody knows yet what comes
    for route in held:
        route.continue_()
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[shown])
    person.press("k")
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[shown - 1])


def _fetched(route: Route) -> bool:
    return route.request.resource_type == "fetch"


def test_words_written_anew_while_they_are_read_are_shown_and_not_decided(
    fresh: Service, desk: Callable[..., Moderator]
) -> None:
    ids = fresh.tell(STORY.format("ancien"))
    person = desk()
    fresh.decide(ids[0], "recrire", "personne")
    worker.work_once(fresh.hub)
    with writing(fresh.hub.engine).begin() as connection:
        from syndication.reviews import store as reviews

        source = connection.exec_driver_sql(
            "SELECT source_id FROM review WHERE id = (SELECT review_id FROM verbatim WHERE id = ?)", (ids[0],)
        ).scalar_one()
        assert reviews.rewrite(connection, source, "changement", "Des mots tout neufs.", None, (), fresh.hub.clock())
    person.press("p")
    person.sees("Des mots tout neufs.")
    expect(person.page.get_by_role("alert")).to_contain_text("rien n'a été changé")
    assert fresh.states(ids) == ["attente"]


def test_without_a_network_nothing_is_lost(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell(STORY.format("loin"), STORY.format("près"))
    person = desk()
    person.page.context.set_offline(True)
    person.press("1", "p")
    expect(person.page.get_by_role("alert")).to_contain_text("Rien n'est perdu")
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[0])
    expect(person.page.locator("#place")).to_have_text("1 sur 2")
    person.page.context.set_offline(False)
    person.press("p")
    settled(fresh, ids, ["publie", "attente"])


def test_keys_do_nothing_while_somebody_types_and_may_be_switched_off(
    fresh: Service, desk: Callable[..., Moderator]
) -> None:
    ids = fresh.tell(STORY.format("tapé"), STORY.format("touché"))
    person = desk()
    person.press("n")
    person.page.keyboard.type("pgrue")
    person.press("Escape", "Control+p", "?")
    person.page.get_by_label("Décider par des touches seules").uncheck()
    person.press("p", "j", "u")
    person.page.reload()
    person.press("p")
    expect(person.page.locator("#texte")).to_have_attribute("data-id", ids[0])
    assert fresh.states(ids) == ["attente", "attente"]
    expect(person.page.locator(".keys kbd").first).to_be_hidden()


def test_everything_is_done_without_scripts(fresh: Service, desk: Callable[..., Moderator]) -> None:
    ids = fresh.tell("Mon patron Karim est sympa, on mange ensemble le midi.", STORY.format("seul"))
    named = next(one for one in ids if "Karim" in fresh.text(one).text)
    page = desk(f"/moderation?texte={named}", java_script_enabled=False).page
    page.locator("summary", has_text="Masquer un nom").click()
    page.get_by_label("« Karim »").check()
    page.get_by_role("button", name="Masquer un prénom").click()
    expect(page.get_by_role("status")).to_have_text("Masques enregistrés.")
    page.get_by_role("button", name="Publier").click()
    expect(page.get_by_role("status")).to_have_text("Publié.")
    assert fresh.text(named).status == "publie"
    page.get_by_role("button", name="Annuler").click()
    assert fresh.text(named).status == "attente"
    expect(page.locator("#texte")).to_have_attribute("data-id", named)
    page.locator("summary", has_text="Refuser").click()
    page.get_by_role("group", name="Refuser, parce que").get_by_role("button", name="reconnaître").click()
    assert fresh.text(named).reason == "personne"
    page.goto(f"{fresh.url}/moderation/lot")
    page.get_by_label("Refuser ce texte").first.check()
    page.get_by_label("Refuser ceux qui sont cochés").select_option("hors_sujet")
    page.get_by_role("button", name="Refuser").click()
    expect(page.get_by_role("status")).to_contain_text("1\u00a0texte refusé")
    page.get_by_role("button", name="Tout annuler").click()
    expect(page.get_by_role("status")).to_contain_text("1\u00a0refus annulé")
    assert "attente" in fresh.states(ids)


PAGES = (
    "/moderation", "/moderation?etat=publie", "/moderation/lot", "/moderation/verifier", "/moderation/centres",
    "/moderation/doutes", "/moderation/alertes", "/moderation/equite", "/moderation/participation", "/statistiques",
)  # fmt: skip


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_nothing_overflows(chromium: Browser, fresh: Service, width: int) -> None:
    ids = fresh.tell(
        "Mon patron Karim est sympa. Appelle le 06 12 34 56 78 ou va sur www.exemple.fr.", STORY.format("x"), "Nul"
    )
    fresh.decide(ids[1], "publie")
    context = enter(chromium, fresh, "admin", viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    found: dict[str, Any] = {}
    for path in (*PAGES, f"/moderation/textes/{ids[0]}"):
        page.goto(fresh.url + path)
        for summary in page.locator("main summary:visible").all():
            summary.click()
        found[path] = axe_faults_by_day_and_night(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[path].append("overflows")
        if width == 320 and page.evaluate(SIDEWAYS):
            found[path].append("a table is read sideways")
    context.close()
    assert {path: faults for path, faults in found.items() if faults} == {}
