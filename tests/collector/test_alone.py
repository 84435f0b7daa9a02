"""The collector as a process of its own, where nothing else of ours can be imported."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from collector import links
from collector.app import create_app
from collector.door import CampaignOrder, Collector, default_questionnaire
from collector.questionnaire.answers import section_keys
from collector.records import PARIS
from collector.watch.metrics import COUNTED, READ, REFUSED, SUCCESS
from tests.conftest import settings_in
from tests.databases import Databases, change, environment
from tests.helpers import FULL_ANSWER, Client, hidden_fields
from tests.servers import PATIENCE, answers, kept_ports, wait_until
from tests.syndication.watch.scraping import samples, value

ROOT = Path(__file__).resolve().parents[2]
ALONE = """
import runpy, sys

class Elsewhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"syndication", "widget", "tests"}:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Elsewhere())
name = sys.argv.pop(1)
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""
PUBLIC_URL = "http://127.0.0.1:8000"
ANY = 0
"""A status that is left open: a redirection or a page will do."""
SENDERS, ENOUGH = 6, 60


@dataclass
class Service:
    """The collector under way, and the same data opened from here as its operator's commands do."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def path(self, link: str) -> str:
        return link.replace(PUBLIC_URL, self.url)

    def said(self) -> str:
        """What the process has said so far."""
        return (self.folder / "said.txt").read_text(encoding="utf-8")


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """The collector on a folder of data, alone."""
    with kept_ports() as port:
        yield from _serving(folder, port)


def _serving(folder: Path, port: int) -> Iterator[Service]:
    with (folder / "said.txt").open("ab") as said:
        process = start(folder, port, said)
    service = Service(f"http://127.0.0.1:{port}", folder, process)
    try:
        wait_until(lambda: process.poll() is not None or answers(f"{service.url}/sante"), "the service answers")
        assert process.poll() is None, service.said()
        yield service
    finally:
        process.terminate()
        process.wait(PATIENCE)


def start(folder: Path, port: int, said: Any, **settings: str) -> subprocess.Popen[bytes]:
    """``python -m collector serve``, in another folder than the project's, without the rest of the project."""
    return subprocess.Popen(
        [sys.executable, "-c", ALONE, "collector", "serve", "--port", str(port)],
        cwd=folder,
        env=environment(folder, **{"PYTHONPATH": str(ROOT), "SIRIUS_PUBLIC_URL": PUBLIC_URL, **settings}),
        stdout=said,
        stderr=said,
    )


def opened(folder: Path) -> Collector:
    return Collector(settings_in(folder, keys=()).collector)


def campaign_in(collector: Collector, seats: int = 0, days: int = 60) -> str:
    today = datetime.now(PARIS).date()
    order = CampaignOrder(
        "50022146", "CAP cuisine", "0751234J", "CFA Exemple", today, today + timedelta(days=days), seats
    )
    return collector.open_campaign(order).id


@pytest.fixture(scope="module")
def service(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("alone")) as under_way:
        yield under_way
        assert "Traceback" not in under_way.said()


@pytest.fixture(scope="module")
def operator(service: Service) -> Iterator[Collector]:
    """The collector's door on the data of the service, from another process."""
    with opened(service.folder) as collector:
        yield collector


@pytest.fixture(scope="module")
def campaign(operator: Collector) -> str:
    return campaign_in(operator)


@pytest.fixture
def browser(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url) as client:
        yield client


def token_of(collector: Collector, campaign: str) -> str:
    return collector.issue_links(campaign, 1)[0].rpartition("/")[2]


def answer_everything(browser: httpx.Client) -> None:
    """Walk through the questionnaire by its own forms."""
    for section in default_questionnaire().sections:
        form = hidden_fields(browser.get("/r", params={"etape": section.key}).text)
        own = {name: values for name, values in FULL_ANSWER.items() if name in section_keys(section)}
        assert browser.post("/r", data={**form, **own, "action": "continuer"}).status_code == 303
    sent = browser.post("/r", data=hidden_fields(browser.get("/r?etape=envoi").text))
    assert sent.headers["location"] == "/r?etape=merci"


# -- alone -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["syndication", "widget"])
def test_the_rest_of_the_project_is_truly_out_of_reach(tmp_path: Path, package: str) -> None:
    tried = subprocess.run(
        [sys.executable, "-c", ALONE, package], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert tried.returncode == 1
    assert f"{package} is not installed here" in tried.stderr


def test_it_says_that_it_is_alive_and_ready(browser: httpx.Client) -> None:
    alive = browser.get("/sante")
    assert (alive.status_code, alive.text) == (200, "ok")
    assert browser.get("/pret").json() == {"pret": True, "defauts": []}


def test_it_tells_prometheus_how_it_goes(browser: httpx.Client, service: Service, operator: Collector) -> None:
    browser.get("/r/trop-court")
    with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), PATIENCE) as odd:
        odd.sendall(b"bonjour\r\n\r\n")
        assert odd.recv(4096).startswith(b"HTTP/1.1 400 ")
    wait_until(lambda: value(browser.get("/metrics").text, SUCCESS.name, step="mails") > 0, "mails were looked at")
    text = browser.get("/metrics").text
    told = {name for name, _ in samples(text)}
    for metric in (*COUNTED, *READ):
        assert f"{metric.name}{'_count' if metric.kind == 'histogram' else ''}" in told
    assert value(text, "sirius_http_request_duration_seconds_count", route="/r/{token}", status="4xx") >= 1
    assert value(text, REFUSED.name, status="400", reason="unreadable") == 1
    assert (value(text, "sirius_processes"), value(text, "sirius_database_up", database="collector")) == (1, 1)
    assert value(text, "sirius_mails", outbox="collector") == sum(operator.mails_waiting()[0].values())
    assert browser.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404


def test_it_logs_lines_of_json_with_the_id_of_each_request_and_nothing_of_anybody(
    browser: httpx.Client, service: Service, operator: Collector, campaign: str
) -> None:
    token = token_of(operator, campaign)
    page = browser.get(f"/r/{token}", headers={"x-request-id": "a1b2c3d4e5f6a7b8", "user-agent": "Navigateur de Lea"})
    assert page.headers["x-request-id"] == "a1b2c3d4e5f6a7b8"
    wait_until(lambda: "a1b2c3d4e5f6a7b8" in service.said(), "it is logged once it is answered")
    lines = [json.loads(line) for line in service.said().splitlines()]
    assert all({"time", "level", "logger", "process", "message"} <= set(line) for line in lines)
    (asked,) = [line for line in lines if line.get("request") == "a1b2c3d4e5f6a7b8"]
    assert (asked["route"], asked["method"], asked["status"]) == ("/r/{token}", "GET", 303)
    assert token not in service.said()
    assert "Navigateur" not in service.said()


def test_what_it_cannot_do_now_is_told_and_a_fault_is_given_what_to_quote(
    databases: Databases, migrated: Path, tmp_path: Path
) -> None:
    with opened(databases.copy(migrated, tmp_path)) as collector:
        change(collector.settings.database_url, "ALTER TABLE alembic_version RENAME TO elsewhere")
        client = Client(create_app(collector))
        away = client.get("/pret")
        assert (away.status_code, away.json()["pret"]) == (503, False)
        assert away.json()["defauts"] == [
            "Le schéma de la base du recueil n'est pas celui de cette version : relancez le service, qui le met à "
            "niveau."
        ]
        change(collector.settings.database_url, "ALTER TABLE campaign RENAME TO gone")
        shown = client.get(links.common_link("", collector.settings.keys(), "inconnue"))
        assert (shown.status_code, shown.headers["x-request-id"] in shown.text) == (503, True)
        assert value(client.get("/metrics").text, "sirius_database_up", database="collector") == 1
        collector.close()
        databases.lose(tmp_path)
        assert value(client.get("/metrics").text, "sirius_database_up", database="collector") == 0


def test_a_link_made_by_another_process_leads_to_the_whole_questionnaire(
    browser: httpx.Client, service: Service, operator: Collector, campaign: str
) -> None:
    link = operator.issue_links(campaign, 1)[0]
    landing = browser.get(service.path(link))
    assert (landing.status_code, landing.headers["location"]) == (303, "/r")
    answer_everything(browser)
    thanks = browser.get("/r?etape=merci")
    assert "Merci" in thanks.text
    assert link in thanks.text
    last = operator.responses_after("")[-1]
    assert last.answers.texts["changement"] == FULL_ANSWER["changement"][0]
    withdrawn = browser.post("/r/auteur", data=hidden_fields(browser.get("/r?etape=retirer").text))
    assert withdrawn.status_code == 303
    assert "Tu as retiré tes réponses" in browser.get("/r").text
    assert operator.responses_after("")[-1].withdrawn


def test_a_common_link_signed_by_another_process_gives_a_seat(
    browser: httpx.Client, service: Service, operator: Collector
) -> None:
    common = service.path(operator.common_link(campaign_in(operator, seats=1)))
    seat = browser.post(common, data=hidden_fields(browser.get(common).text))
    assert (seat.status_code, seat.headers["location"]) == (303, "/r")
    assert "Raconte ton apprentissage" in browser.get("/r").text
    with httpx.Client(base_url=service.url) as other:
        assert other.post(common, data=hidden_fields(other.get(common).text)).status_code == 409


def test_it_tells_how_long_everything_is_kept(browser: httpx.Client) -> None:
    page = browser.get("/donnees-personnelles")
    assert page.status_code == 200
    words = unescape(re.sub(r"<[^>]+>", " ", page.text))
    for duration in ("3 mois", "12 mois", "30 jours", "36 mois"):
        assert duration in " ".join(words.split())


def test_mails_leave_by_its_own_background_work(
    browser: httpx.Client, service: Service, operator: Collector, campaign: str
) -> None:
    roster = service.folder / "inscrits.csv"
    roster.write_text("mail\nlea@exemple.fr\nmax@exemple.fr\n", encoding="utf-8")
    assert operator.invite(campaign, roster).invited == 2
    outbox = service.folder / "outbox"
    wait_until(lambda: len(list(outbox.glob("*.eml"))) == 2, "two mails are written")
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in outbox.glob("*.eml")]
    assert {mail["to"] for mail in mails} == {"lea@exemple.fr", "max@exemple.fr"}
    for mail in mails:
        body: Any = mail.get_body(("plain",))
        (link,) = set(re.findall(rf"{PUBLIC_URL}/r/[\w-]{{22}}", body.get_content()))
        assert browser.get(service.path(link)).status_code == 303
        assert "Raconte ton apprentissage" in browser.get("/r").text
        stop = service.path(str(mail["list-unsubscribe"]).strip("<>"))
        assert browser.get(stop).status_code == 200
        assert browser.post(stop, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_megabyte_sent_through_a_real_connection_gets_its_french_page(
    browser: httpx.Client, operator: Collector, campaign: str
) -> None:
    data = {"jeton": token_of(operator, campaign), "etape": "choix", "changement": "x" * 1_000_000}
    refused = browser.post("/r", data=data)
    assert refused.status_code == 413
    assert "ton texte y est encore" in refused.text


# -- every response --------------------------------------------------------------------------------------------------

Asked = tuple[str, str, dict[str, Any], int]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def asked(operator: Collector, campaign: str) -> dict[str, Asked]:
    """One request for every kind of answer: method, path, what goes with it, the status expected."""
    fresh, begun, answered, waiting, gone = (token_of(operator, campaign) for _ in range(5))
    for token in (answered, waiting, gone):
        operator.record(f"/r/{token}", FULL_ANSWER)
    common, full = operator.common_link(campaign), operator.common_link(campaign_in(operator, seats=1))
    common, full = common.removeprefix(PUBLIC_URL), full.removeprefix(PUBLIC_URL)
    return {
        **to_read(fresh),
        **to_answer(fresh, begun, answered),
        **of_an_author(answered, waiting, gone),
        **of_links(common, full),
        **of_a_preview(),
        **beside_the_road(fresh),
    }


def by(token: str) -> dict[str, Any]:
    return {"headers": {"cookie": f"sirius-lien={token}"}}


def form(**data: str) -> dict[str, Any]:
    return {"data": data}


def from_elsewhere(token: str) -> dict[str, Any]:
    return {"data": {"jeton": token}, "headers": {"origin": "https://ailleurs.example"}}


def to_read(fresh: str) -> dict[str, Asked]:
    return {
        "alive": ("GET", "/sante", {}, 200),
        "privacy": ("GET", "/donnees-personnelles", {}, 200),
        "a personal link": ("GET", f"/r/{fresh}", {}, 303),
        "a personal link with a slash behind it": ("GET", f"/r/{fresh}/", {}, ANY),
        "the first screen": ("GET", "/r", by(fresh), 200),
        "a section": ("GET", "/r?etape=choix", by(fresh), 200),
        "a section in English": ("GET", "/r?etape=cfa&langue=en", by(fresh), 200),
        "reading again": ("GET", "/r?etape=envoi", by(fresh), 200),
        "only the headers": ("HEAD", "/r?etape=choix", by(fresh), 200),
    }


def to_answer(fresh: str, begun: str, answered: str) -> dict[str, Asked]:
    return {
        "a section kept": ("POST", "/r", form(jeton=begun, etape="choix", changement="Un texte."), 303),
        "a section kept by itself": ("POST", "/r", form(jeton=begun, etape="choix", action="garder"), 204),
        "a faulty section": ("POST", "/r", form(jeton=begun, etape="choix", avant="ailleurs"), 422),
        "nothing to send": ("POST", "/r", form(jeton=fresh, etape="envoi"), 422),
        "an unknown step": ("POST", "/r", form(jeton=begun, etape="nulle-part"), 400),
        "a section too late": ("POST", "/r", form(jeton=answered, etape="choix", changement="Tard."), 409),
        "another site's form": ("POST", "/r", from_elsewhere(begun), 403),
        "another site's form for an author": ("POST", "/r/auteur", from_elsewhere(begun), 403),
        "too large": ("POST", "/r", {"content": b"a=" + b"x" * 200_000, "headers": {"content-type": FORM}}, 413),
        "another kind of body": ("POST", "/r", {"json": {"a": 1}}, 415),
        "not a form": ("POST", "/r", {"content": b"\xff", "headers": {"content-type": FORM}}, 400),
        "no token": ("POST", "/r", {}, 404),
    }


def of_an_author(answered: str, waiting: str, gone: str) -> dict[str, Asked]:
    return {
        "thanks": ("GET", "/r?etape=merci", by(answered), 200),
        "the author's page": ("GET", "/r", by(answered), 200),
        "a copy": ("GET", "/r?etape=donnees", by(answered), 200),
        "withdrawing one": ("GET", "/r?etape=retirer&question=changement", by(answered), 200),
        "withdrawing all": ("GET", "/r?etape=retirer", by(answered), 200),
        "rewriting what is not refused": ("POST", "/r/auteur", form(jeton=waiting, etape="recrire", question="x"), 409),
        "not an act": ("POST", "/r/auteur", form(jeton=answered, etape="x"), 400),
        "withdrawn": ("POST", "/r/auteur", form(jeton=gone, etape="retirer", question=""), 303),
        "after the withdrawal": ("GET", "/r", by(gone), 200),
    }


def of_links(common: str, full: str) -> dict[str, Asked]:
    return {
        "a lost link": ("GET", "/r/" + "A" * 22, {}, 404),
        "no link at all": ("GET", "/r", {}, 404),
        "a slash too many": ("GET", "/r/", {}, ANY),
        "a common link": ("GET", common, {}, 200),
        "a seat": ("POST", full, form(visite="un"), 303),
        "no seat left": ("POST", full, form(visite="deux"), 409),
        "a forged common link": ("GET", "/c/nimporte.quoi", {}, 404),
        "a forged wish for no mail": ("GET", "/d/nimporte.quoi", {}, 404),
    }


def of_a_preview() -> dict[str, Asked]:
    return {
        "a preview": ("GET", "/r/apercu", {}, 200),
        "a section of a preview": ("GET", "/r/apercu?etape=cfa", {}, 200),
        "a preview of nothing": ("GET", "/r/apercu?version=1900-1", {}, 404),
        "a preview that goes on": ("POST", "/r/apercu", form(etape="cfa", cfa="bien"), 303),
        "a preview kept by itself": ("POST", "/r/apercu", form(etape="cfa", cfa="bien", action="garder"), 204),
    }


def beside_the_road(fresh: str) -> dict[str, Asked]:
    return {
        "a path of the hub": ("GET", "/methode", {}, 404),
        "the home page": ("GET", "/", {}, 404),
        "the API": ("GET", "/api/v1/avis?formation=50022146", {}, 404),
        "another method": ("DELETE", "/r", {}, 405),
        "another method on a link": ("POST", f"/r/{fresh}", {}, 405),
        "questions about methods": ("OPTIONS", "/r", {}, 405),
        "another method on a page": ("POST", "/donnees-personnelles", {}, 405),
    }


KINDS = (
    "alive", "privacy", "a personal link", "a personal link with a slash behind it", "the first screen", "a section",
    "a section in English", "reading again", "only the headers", "a section kept", "a section kept by itself",
    "a faulty section", "nothing to send", "an unknown step", "a section too late", "another site's form",
    "another site's form for an author", "too large", "another kind of body", "not a form", "no token", "thanks",
    "the author's page", "a copy", "withdrawing one", "withdrawing all", "rewriting what is not refused", "not an act",
    "withdrawn", "after the withdrawal", "a lost link", "no link at all", "a slash too many", "a common link", "a seat",
    "no seat left", "a forged common link", "a forged wish for no mail", "a preview", "a section of a preview",
    "a preview of nothing", "a preview that goes on", "a preview kept by itself", "a path of the hub", "the home page",
    "the API", "another method", "another method on a link", "questions about methods", "another method on a page",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_response_is_kept_framed_or_told_to_others(
    browser: httpx.Client, asked: dict[str, Asked], kind: str
) -> None:
    assert set(asked) == set(KINDS)
    method, path, options, status = asked[kind]
    response = browser.request(method, path, **options)
    assert response.status_code == status or (status == ANY and response.status_code < 500)
    assert_guarded(response)


def assert_guarded(response: httpx.Response) -> None:
    """The headers without which a page could be kept by a shared computer, framed, or have its address told."""
    headers = response.headers
    assert headers.get("cache-control") == "no-store"
    assert headers.get("referrer-policy") == "no-referrer"
    assert headers.get("x-content-type-options") == "nosniff"
    policy = headers.get("content-security-policy", "")
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in headers


def test_every_link_at_the_foot_of_each_page_leads_somewhere(browser: httpx.Client, asked: dict[str, Asked]) -> None:
    seen: set[str] = set()
    for method, path, options, _ in asked.values():
        page = browser.request(method, path, **options)
        if not page.headers.get("content-type", "").startswith("text/html") or not page.text:
            continue
        (foot,) = re.findall(r"<footer>.*?</footer>", page.text, re.DOTALL)
        links = re.findall(r'href="([^"]*)"', foot)
        assert links, path
        seen.update(links)
    for link in sorted(seen):
        assert browser.get(unescape(link)).status_code == 200, link


def test_a_database_that_does_not_answer_is_told_in_french_and_guarded_alike(
    browser: httpx.Client, service: Service, operator: Collector, campaign: str
) -> None:
    browser.cookies.set("sirius-lien", token_of(operator, campaign))
    address = operator.settings.database_url
    change(address, "ALTER TABLE draft RENAME TO elsewhere")
    try:
        shown = browser.get("/r")
    finally:
        change(address, "ALTER TABLE elsewhere RENAME TO draft")
    assert shown.status_code == 503
    assert "Rien n'est perdu" in unescape(shown.text)
    assert int(shown.headers["retry-after"]) > 0
    assert_guarded(shown)
    assert browser.get("/r").status_code == 200


def test_who_tries_very_many_links_is_told_to_wait_and_nobody_else(browser: httpx.Client) -> None:
    elsewhere = {"x-forwarded-for": "203.0.113.7"}
    for _ in range(70):
        lost = browser.get("/r/trop-court", headers=elsewhere)
    assert lost.status_code == 429
    assert int(lost.headers["retry-after"]) > 0
    assert_guarded(lost)
    assert browser.get("/r/trop-court").status_code == 404


# -- ends ------------------------------------------------------------------------------------------------------------


class Senders:
    """Several people at once who answer and send, each with their own link, until the service is gone."""

    def __init__(self, url: str, tokens: list[str]) -> None:
        self._url = url
        self._tokens = iter(tokens)
        self._lock = threading.Lock()
        self.saved: set[str] = set()
        self.sent: set[str] = set()

    def run(self) -> None:
        with httpx.Client(base_url=self._url) as client:
            while True:
                with self._lock:
                    token = next(self._tokens, None)
                if token is None:
                    return
                try:
                    data = {
                        "jeton": token,
                        "etape": "bilan",
                        "satisfaction": "bien",
                        "journee_entreprise": text_of(token),
                    }
                    if client.post("/r", data=data).status_code == 303:
                        self.saved.add(token)
                    if client.post("/r", data={"jeton": token, "etape": "envoi"}).status_code == 303:
                        self.sent.add(token)
                except httpx.TransportError:
                    return


def text_of(token: str) -> str:
    return f"Texte de {token}."


def ended_under_load(folder: Path, blow: signal.Signals) -> tuple[Senders, int, str]:
    """End the service while several people send; gives what they were told, its status and what it said."""
    with serving(folder) as service:
        with opened(folder) as collector:
            links = collector.issue_links(campaign_in(collector), 2000)
        senders = Senders(service.url, [link.rpartition("/")[2] for link in links])
        with ThreadPoolExecutor(SENDERS) as pool:
            under_way = [pool.submit(senders.run) for _ in range(SENDERS)]
            wait_until(lambda: len(senders.sent) >= ENOUGH, "enough answers are acknowledged")
            service.process.send_signal(blow)
            status = service.process.wait(PATIENCE)
        for sender in under_way:
            sender.result()
    assert ENOUGH <= len(senders.sent) < len(links)
    return senders, status, service.said()


def texts_kept(folder: Path) -> set[str]:
    with opened(folder) as collector:
        return {event.answers.texts["journee_entreprise"] for event in collector.responses_after("", limit=10_000)}


@pytest.mark.usefixtures("databases")
def test_every_acknowledged_answer_is_there_after_a_kill_under_load(tmp_path: Path) -> None:
    senders, status, _ = ended_under_load(tmp_path, signal.SIGKILL)
    assert status == -signal.SIGKILL
    with serving(tmp_path) as again, httpx.Client(base_url=again.url) as client:
        assert {text_of(token) for token in senders.sent} <= texts_kept(tmp_path)
        for token in [*sorted(senders.sent)[:5], *(senders.saved - senders.sent)]:
            shown = client.get("/r?etape=bilan", headers={"cookie": f"sirius-lien={token}"})
            assert text_of(token) in shown.text
        token = min(senders.sent)
        assert client.post("/r", data={"jeton": token, "etape": "envoi"}).headers["location"] == "/r?etape=merci"
    assert len(texts_kept(tmp_path)) >= len(senders.sent)


@pytest.mark.usefixtures("databases")
def test_asked_to_stop_under_load_it_finishes_what_it_acknowledged_and_leaves_cleanly(tmp_path: Path) -> None:
    senders, status, told = ended_under_load(tmp_path, signal.SIGTERM)
    assert status in {0, -signal.SIGTERM}
    assert "Traceback" not in told
    assert not (tmp_path / "collector.db-wal").exists()
    assert {text_of(token) for token in senders.sent} <= texts_kept(tmp_path)


@pytest.mark.usefixtures("databases")
def test_a_port_that_is_taken_is_told_in_one_french_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, (tmp_path / "said.txt").open("wb") as said:
        port = taken.getsockname()[1]
        assert start(tmp_path, port, said, SIRIUS_LOG_FORMAT="texte").wait(PATIENCE) == 1
        assert start(tmp_path, port, said, SIRIUS_LOG_FORMAT="json").wait(PATIENCE) == 1
    plain, line = (tmp_path / "said.txt").read_text(encoding="utf-8").splitlines()
    assert plain.startswith("Erreur : 127.0.0.1:")
    assert (json.loads(line)["level"], json.loads(line)["message"]) == ("error", plain)


@pytest.mark.usefixtures("databases")
def test_a_database_that_cannot_be_opened_is_told_in_one_french_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Ceci n'est pas une base, quelle que soit sa longueur.\n" * 50)
    for path, why in (("file", "ce fichier n'est pas une base SQLite"), ("file/under.db", "existe déjà")):
        wrong = {"SIRIUS_COLLECTOR_DATABASE_URL": f"sqlite:///{tmp_path}/{path}", "SIRIUS_LOG_FORMAT": "texte"}
        with (tmp_path / "said.txt").open("wb") as said:
            assert start(tmp_path, 0, said, **wrong).wait(PATIENCE) == 1
        (told,) = (tmp_path / "said.txt").read_text(encoding="utf-8").splitlines()
        assert told.startswith("Erreur : ")
        assert why in told
