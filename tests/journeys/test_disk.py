"""A disk that fills up, then has room again, and one that takes its time: nothing acknowledged is lost, readers go on.

What fills up is a small disk, on which processes find their folder (``disks``). A slow disk is one whose writes are
waited for: another program that holds the lock of writers has the same thread wait in the same place, for as long as
the test likes.
"""

import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes
from html import unescape
from pathlib import Path

import httpx
import pytest

import collector.database
import syndication.database
from collector.withdrawals.ledger import Ledger
from syndication.context import Hub
from syndication.instants import now_in_paris
from tests import databases
from tests.collector.respondent import sent
from tests.conftest import TOLD
from tests.helpers import FULL_ANSWER, Clock
from tests.journeys.disks import FILLER, LIMIT, Disk, small
from tests.journeys.processes import children
from tests.journeys.test_durability import counted, section_shown, serving
from tests.journeys.test_leaving import SAID
from tests.servers import fetch, send, wait_until
from tests.syndication.watch.scraping import value

ANSWERED = 5
PEOPLE = [f"lea{number}@exemple.fr" for number in range(12)]
OUTBOX, ELSEWHERE, PAGE = "outbox", "ailleurs", 4096
HALF_A_LINE = 60
FULL = "Le disque des données est plein : faites de la place."
READ_ONLY = (
    "Le disque du registre des retraits est en lecture seule : voyez pourquoi (dmesg), puis rendez-le inscriptible."
)
OnDisk = Callable[..., AbstractContextManager[Disk]]
HOT, COLD = "/widget?formation=50022146", "/widget?formation=50022146&format=liste"


@pytest.fixture
def tokens(hub: Hub, clock: Clock, open_campaign: Callable[..., str]) -> list[str]:
    """Tokens of a campaign that five people answered; the first is of one of them."""
    clock.moment = now_in_paris()
    links = hub.collector.issue_links(open_campaign(), ANSWERED + 4)
    for link in links[:ANSWERED]:
        hub.collector.record(link, FULL_ANSWER)
    return [link.rsplit("/", 1)[1] for link in links[ANSWERED - 1 :]]


@pytest.fixture
def campaign(clock: Clock, open_campaign: Callable[..., str]) -> str:
    clock.moment = now_in_paris()
    return open_campaign()


@pytest.fixture
def on_disk(hub: Hub, record_property: Callable[[str, str], None]) -> OnDisk:
    """Put the installation, which is left alone, on a small disk; ``parts`` of its folder on others."""

    @contextmanager
    def put(*parts: str) -> Iterator[Disk]:
        hub.close()
        with small(hub.settings.data_dir, *parts) as disk:
            record_property(TOLD, f"full disks were {disk.kind}")
            yield disk

    return put


@contextmanager
def nobody_writes(hub: Hub) -> Iterator[None]:
    """While the block lasts, whoever writes waits, in both databases."""
    where = databases.current().at(hub.settings.data_dir)
    with (
        databases.nobody_writes(collector.database, where.collector),
        databases.nobody_writes(syndication.database, where.syndication),
    ):
        yield


def until_refused(url: str, ask: Callable[[int], dict[str, str]]) -> tuple[httpx.Response, list[int]]:
    """Send, time and again, what differs each time, until it is refused; gives the refusal and what was taken."""
    taken: list[int] = []

    def is_refused() -> bool:
        answer = send(url, data=ask(len(taken) + 1))
        refused.append(answer)
        if answer.status_code == 503:
            return True
        assert answer.status_code in {204, 303}
        taken.append(len(taken) + 1)
        return False

    refused: list[httpx.Response] = []
    wait_until(is_refused, "there is no room left", every=0)
    return refused[-1], taken


def said(number: int) -> dict[str, str]:
    return {**SAID, "journee_entreprise": f"Je pèse, je coupe, je range {number} fois."}


@pytest.mark.sqlite
def test_a_disk_without_room_loses_nothing_and_all_goes_on_once_there_is_some(
    hub: Hub, tokens: list[str], on_disk: OnDisk
) -> None:
    author, token, *_ = tokens
    with on_disk() as disk, serving(disk) as (process, url):
        wait_until(lambda: counted(url) == ANSWERED, "what was given is counted")
        shown, taking_back = section_shown(url, token), {"jeton": author, "etape": "retirer", "question": ""}
        assert send(f"{url}/r", data=shown | said(0)).status_code == 204
        assert fetch(f"{url}{HOT}").status_code == 200
        assert fetch(f"{url}/pret").status_code == 200
        with disk.full(children(process.pid)):
            assert fetch(f"{url}{HOT}").status_code == fetch(f"{url}{COLD}").status_code == 200
            refused, taken = until_refused(f"{url}/r", lambda number: shown | said(number))
            assert said(len(taken) + 1)["journee_entreprise"] in unescape(refused.text)
            for path, data, words in (
                ("/r", shown | said(len(taken) + 1), "Nous n'avons pas pu enregistrer"),
                ("/r/auteur", taking_back, "Rien n'a changé"),
                ("/connexion", {"email": "lea@exemple.fr"}, "Cette demande n'a pas été enregistrée"),
            ):
                refused = send(f"{url}{path}", data=data)
                assert (path, refused.status_code, refused.headers.get("retry-after")) == (path, 503, "5"), words
                assert words in unescape(refused.text)
            told = fetch(f"{url}/pret")
            assert (told.status_code, told.json()["defauts"]) == (503, [FULL])
            assert fetch(f"{url}/sante").status_code == fetch(f"{url}/metrics").status_code == 200
            everybody = children(process.pid)
        wait_until(lambda: fetch(f"{url}/pret").status_code == 200, "there is room")
        kept = unescape(fetch(f"{url}/r?etape=bilan", cookies={"sirius-lien": token}).text)
        assert said(len(taken))["journee_entreprise"] in kept
        assert send(f"{url}/r", data=shown | SAID).status_code == 204
        assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED + 1, "it is counted")
        assert send(f"{url}/r/auteur", data=taking_back).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED, "it is taken back")
        assert children(process.pid) == everybody
    for address in (hub.settings.collector.database_url, hub.settings.database_url):
        assert databases.rows(address, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.sqlite
def test_a_disk_without_room_is_told_by_the_doctor_until_there_is_some(on_disk: OnDisk) -> None:
    with on_disk() as disk:
        assert sirius_on(disk, "doctor").stderr == "Tout va bien.\n"
        words = disk.narrow("", 0)
        told = sirius_on(disk, "doctor", words_before=words)
        assert (told.returncode, told.stdout) == (1, "")
        assert FULL in told.stderr.splitlines()
        if disk.kind != LIMIT:
            (disk.seen / FILLER).unlink()
        assert sirius_on(disk, "doctor").stderr == "Tout va bien.\n"


@pytest.mark.sqlite
def test_mails_wait_for_a_disk_without_room_and_are_written_whole_once_there_is_some(
    on_disk: OnDisk, campaign: str
) -> None:
    with on_disk(OUTBOX) as disk, serving(disk) as (process, url):
        (disk.seen / "r.csv").write_text("\n".join(["mail", *PEOPLE]))
        with disk.full(children(process.pid), OUTBOX):
            invited = sirius_on(disk, "campaign", "invite", campaign, f"{disk.folder}/r.csv")
            assert invited.returncode == 0, invited.stderr
            wait_until(lambda: failures(url, "mails") > 1, "mails are tried")
            assert [path for path in (disk.seen / OUTBOX).iterdir() if path.name != FILLER] == []
            assert fetch(f"{url}{HOT}").status_code == 200

        def left(state: str) -> float:
            return value(fetch(f"{url}/metrics").text, "sirius_mails", outbox="collector", state=state)

        def written() -> list[Path]:
            return list((disk.seen / OUTBOX).iterdir())

        wait_until(lambda: left("due") + left("leaving") == 0, "mails are written, but those that were tried")
        wait_until(lambda: len(written()) + left("put_off") == len(PEOPLE), "these wait for a minute")
        assert left("uncertain") == 0
        mails = [message_from_bytes(path.read_bytes()) for path in written()]
    assert len({mail["To"] for mail in mails}) == len(mails) > 0
    assert all(path.suffix == ".eml" for path in (disk.folder / OUTBOX).iterdir())
    assert all(mail.get_payload() and not mail.defects for mail in mails)


@pytest.mark.sqlite
def test_nothing_is_taken_back_by_half_when_its_ledger_has_no_room(
    hub: Hub, tokens: list[str], on_disk: OnDisk
) -> None:
    author, keys = tokens[0], hub.settings.keys()
    taking_back = {"jeton": author, "etape": "retirer", "question": ""}
    with on_disk(ELSEWHERE) as disk:
        ledger = Ledger(disk.seen / ELSEWHERE / "retraits", lambda: keys)
        ledger.note("response", "of somebody", "2026-11-01")
        while ledger.path.stat().st_size % PAGE < PAGE - HALF_A_LINE:
            ledger.note("response", secrets.token_hex(4), "2026-11-01")
        before = len(ledger.read())
        with serving(disk, SIRIUS_WITHDRAWALS_FILE=f"{disk.folder}/{ELSEWHERE}/retraits") as (process, url):
            wait_until(lambda: counted(url) == ANSWERED, "what was given is counted")
            with disk.full(children(process.pid), ELSEWHERE):
                for _ in range(3):
                    refused = send(f"{url}/r/auteur", data=taking_back)
                    assert (refused.status_code, refused.headers.get("retry-after")) == (503, "5")
                    assert "Rien n'a changé" in unescape(refused.text)
                assert len(ledger.read()) == before
                assert fetch(f"{url}/pret").status_code == 503
            assert send(f"{url}/r/auteur", data=taking_back).status_code == 303
            wait_until(lambda: counted(url) == ANSWERED - 1, "it is taken back")
            assert len(ledger.read()) == before + 1


@pytest.mark.sqlite
def test_a_disk_that_turns_read_only_under_a_service_is_told_and_nothing_is_taken_back_by_half(
    tokens: list[str], on_disk: OnDisk
) -> None:
    taking_back = {"jeton": tokens[0], "etape": "retirer", "question": ""}
    with (
        on_disk(ELSEWHERE) as disk,
        serving(disk, SIRIUS_WITHDRAWALS_FILE=f"{disk.folder}/{ELSEWHERE}/retraits") as (_, url),
    ):
        wait_until(lambda: counted(url) == ANSWERED, "what was given is counted")
        with disk.read_only(ELSEWHERE):
            refused = send(f"{url}/r/auteur", data=taking_back)
            assert (refused.status_code, refused.headers.get("retry-after")) == (503, "5") or disk.kind == LIMIT
            told = fetch(f"{url}/pret")
            assert (told.status_code, told.json()["defauts"]) == (503, [READ_ONLY]) or disk.kind == LIMIT
        wait_until(lambda: fetch(f"{url}/pret").status_code == 200, "it can be written")
        if disk.kind != LIMIT:
            assert send(f"{url}/r/auteur", data=taking_back).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED - 1, "it is taken back")


@pytest.mark.sqlite
def test_a_backup_for_which_there_is_no_room_is_told_in_a_sentence_and_leaves_nothing(on_disk: OnDisk) -> None:
    with on_disk(ELSEWHERE) as disk:
        whole = sirius_on(disk, "backup", f"{disk.folder}/entiere", "--json")
        size = sum(path.stat().st_size for path in (disk.seen / "entiere").rglob("*"))
        assert whole.returncode == 0, whole.stderr
        for left in (0, size // 8, size // 2, size - PAGE):
            there = disk.seen / ELSEWHERE / "copie"
            refused = sirius_on(
                disk, "backup", f"{disk.folder}/{ELSEWHERE}/copie", words_before=disk.narrow(ELSEWHERE, left)
            )
            assert (refused.returncode, refused.stdout) == (1, "")
            *steps, sentence = refused.stderr.splitlines()
            assert all(step.endswith("…") for step in steps)
            assert sentence.startswith("Erreur : ")
            assert "plein" in sentence or disk.kind == LIMIT
            assert not there.exists()


@pytest.mark.sqlite
def test_a_disk_in_read_only_is_told_as_such_with_the_database(on_disk: OnDisk) -> None:
    with on_disk() as disk:
        assert sirius_on(disk, "doctor").stderr == "Tout va bien.\n"
        with disk.read_only():
            for words in (
                "migrate",
                "export verbatims",
                "moderation learn",
                "purge",
                f"signin {PEOPLE[0]} --role admin",
            ):
                refused = sirius_on(disk, *words.split())
                assert (refused.returncode, refused.stdout) == (1, "")
                (sentence,) = refused.stderr.splitlines()
                assert sentence.startswith(f"Erreur : La base {disk.folder}/")
                assert "en lecture seule : rendez-les inscriptibles." in sentence or disk.kind == LIMIT
        assert sirius_on(disk, "doctor").stderr == "Tout va bien.\n"


def sirius_on(disk: Disk, *words: str, words_before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """Run the command where an installation is on a disk of its own."""
    command = [*(words_before or disk.words), sys.executable, "-m", "syndication", *words]
    return subprocess.run(command, env=databases.environment(disk.folder), capture_output=True, text=True, check=False)


def failures(url: str, step: str) -> float:
    """How often a step of the background work failed."""
    return value(fetch(f"{url}/metrics").text, "sirius_background_failures_total", step=step)


def test_a_disk_that_takes_its_time_keeps_writers_waiting_and_no_reader(hub: Hub, tokens: list[str]) -> None:
    _, *answering = tokens
    with serving(hub.settings.data_dir) as (_, url):
        wait_until(lambda: counted(url) == ANSWERED, "what was given is counted")
        forms = [{**section_shown(url, token), **SAID} for token in answering]
        answers: list[httpx.Response] = []

        def ask(form: dict[str, str]) -> None:
            answers.append(send(f"{url}/r", data=form))

        asking = [threading.Thread(target=ask, args=(form,)) for form in forms]
        with nobody_writes(hub):
            for thread in asking:
                thread.start()
            assert {fetch(f"{url}{path}").status_code for path in (HOT, COLD) for _ in range(20)} == {200}
            assert answers == []
        for thread in asking:
            thread.join()
        assert [answer.status_code for answer in answers] == [204] * len(forms)
        for token in answering:
            assert send(f"{url}/r", data={"jeton": token, "etape": "envoi"}).status_code == 303
        wait_until(lambda: counted(url) == ANSWERED + len(forms), "each is counted")
    assert len(sent(hub)) == ANSWERED + len(forms)
