"""A backup taken from a real service under load, processes that are killed, and what is found once restored."""

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from collector.door import HALF_RESTORED
from syndication.context import Hub
from tests.commands import sirius
from tests.conftest import KEY
from tests.databases import Databases, environment, on_postgresql, rows
from tests.helpers import hidden_fields
from tests.journeys.test_durability import counted, serving, words
from tests.servers import PATIENCE, wait_until

PEOPLE, BETWEEN = 400, 7
"""People at most, and how many answer between two who take all back."""


class Crowd:
    """People who answer one after another, some of whom take all back, until they are told to stop."""

    def __init__(self, url: str, tokens: list[str]) -> None:
        self.url, self.tokens = url, tokens
        self.answered: list[str] = []
        self.withdrawn: list[str] = []
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def coming(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._enough.set()
            self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with Browser(self.url) as browser:
            for number, token in enumerate(self.tokens):
                if self._enough.is_set():
                    return
                said = {"satisfaction": "bien", "journee_entreprise": words(number)}
                browser.posts("/r", **{**hidden_fields(browser.page(token, "?etape=bilan")), **said})
                browser.posts("/r", jeton=token, etape="envoi")
                self.answered.append(token)
                if number % BETWEEN == 0:
                    browser.posts("/r/auteur", jeton=token, etape="retirer", question="")
                    self.withdrawn.append(token)


class Browser:
    """Opens pages of one service, each as somebody else."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def page(self, token: str, query: str = "") -> str:
        self._client.cookies.clear()
        return self._client.get(f"/r{query}", headers={"cookie": f"sirius-lien={token}"}).text

    def posts(self, path: str, **data: str) -> None:
        self._client.cookies.clear()
        assert self._client.post(path, data=data).status_code == 303


def test_a_backup_under_load_is_of_one_moment_and_nobody_waits_for_it(
    hub: Hub, open_campaign: Callable[..., str], tmp_path: Path
) -> None:
    tokens = [link.rsplit("/", 1)[1] for link in hub.collector.issue_links(open_campaign(), PEOPLE)]
    hub.close()
    folder, keys = hub.settings.data_dir, hub.settings.keys()[0]
    taken: list[tuple[Path, set[str], set[str]]] = []
    with serving(folder, SIRIUS_SECRET_KEYS=keys) as (_, url):
        crowd = Crowd(url, tokens)
        with crowd.coming():
            for number in range(2):
                wait_until(lambda: len(crowd.answered) >= (number + 1) * 6, "some have answered")  # noqa: B023
                before = set(crowd.answered), set(crowd.withdrawn)
                told = sirius(folder, "backup", str(tmp_path / f"s{number}"), SIRIUS_SECRET_KEYS=keys)
                assert told.returncode == 0, told.stderr
                taken.append((tmp_path / f"s{number}", *before))
        wait_until(lambda: counted(url) == len(crowd.answered) - len(crowd.withdrawn), "every answer is counted")
    assert len(crowd.answered) < PEOPLE, "nobody answered during the last backup"
    for number, (backup, answered, withdrawn) in enumerate(taken):
        other = tmp_path / f"autre{number}"
        later = ["--withdrawals", str(folder / "retraits")] if number else []
        told = sirius(other, "restore", str(backup), *later, SIRIUS_SECRET_KEYS=keys)
        assert told.returncode == 0, told.stderr
        with serving(other, SIRIUS_SECRET_KEYS=keys) as (_, url), Browser(url) as browser:
            pages = {token: browser.page(token) for token in crowd.answered}
            sent = {token for token, page in pages.items() if "Je suis la personne" in page}
            gone = {token for token, page in pages.items() if "Tu as retiré tes réponses" in page}
            assert answered <= sent | gone
            assert (set(crowd.withdrawn) & answered if later else withdrawn) <= gone
            assert not sent & set(crowd.withdrawn) or not later
            assert counted(url) == len(sent)


@contextmanager
def command(folder: Path, *said: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process of its own, to be killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "syndication", *said], env=environment(folder, SIRIUS_SECRET_KEYS=KEY),
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)


@pytest.mark.parametrize("word", ["backup", "restore"])
def test_a_command_that_is_killed_leaves_what_is_known_to_be_half(
    hub: Hub, databases: Databases, tmp_path: Path, word: str
) -> None:
    keys, folder = hub.settings.keys()[0], hub.settings.data_dir
    hub.close()
    whole, target = tmp_path / "entiere", tmp_path / "cible"
    assert sirius(folder, "backup", str(whole), SIRIUS_SECRET_KEYS=keys).returncode == 0
    under_way = tmp_path / "moitie" / "sauvegarde-en-cours"
    said = {"backup": (folder, "backup", str(tmp_path / "moitie")), "restore": (target, "restore", str(whole))}[word]
    told_there = word == "restore" and on_postgresql()
    address = databases.at(target).collector
    begun = partial(is_told_to_all, address) if word == "restore" else under_way.exists
    with command(*said) as process:
        until = time.monotonic() + PATIENCE
        while told_there and not is_alone(address) and time.monotonic() < until:
            time.sleep(0.0005)
        while not begun() and time.monotonic() < until:
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    assert begun()
    if word == "backup":
        told = sirius(target, "restore", str(tmp_path / "moitie"), SIRIUS_SECRET_KEYS=keys)
        assert (told.returncode, "n'est pas allée au bout" in told.stderr) == (1, True)
    else:
        elsewhere = databases.at(target).settings | {"SIRIUS_SECRET_KEYS": keys, "SIRIUS_DATA_DIR": str(tmp_path / "b")}
        answers = [
            sirius(target, *words, SIRIUS_SECRET_KEYS=keys)
            for words in (["export", "avis"], ["migrate"], ["serve"], ["backup", str(tmp_path / "x")], ["doctor"])
        ]
        if on_postgresql():  # from any host
            (tmp_path / "b").mkdir()
            answers += [sirius(None, word, **elsewhere) for word in ("migrate", "serve", "doctor", "worker")]
        for one in answers:
            assert (one.returncode, "relancez « sirius restore »" in one.stderr) == (1, True), one
        assert sirius(target, "restore", str(whole), SIRIUS_SECRET_KEYS=keys).returncode == 0
        assert sirius(target, "export", "avis", SIRIUS_SECRET_KEYS=keys).returncode == 0


def is_told_to_all(address: str) -> bool:
    """Whether a restoration has told in a database, which hosts may share, that it began."""
    if address.startswith("sqlite"):
        try:
            with closing(sqlite3.connect(f"file:{make_url(address).database}?mode=ro", uri=True)) as seen:
                return bool(seen.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [HALF_RESTORED]).fetchall())
        except sqlite3.Error:  # it is not there yet
            return False
    return rows(address, f"SELECT to_regclass('{HALF_RESTORED}')") != [(None,)]


def is_alone(address: str) -> bool:
    """Whether a restoration is under way, seen from beside: it begins where nobody else is connected."""
    beside = make_url(address).set(database="postgres").render_as_string(hide_password=False)
    name = make_url(address).database
    held = "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE classid = 7280 AND datname = :name"
    return bool(rows(beside, held, name=name))


def test_nothing_is_restored_nor_moved_under_a_service_at_work(hub: Hub, tmp_path: Path) -> None:
    keys, folder = hub.settings.keys()[0], hub.settings.data_dir
    hub.close()
    assert sirius(folder, "backup", str(tmp_path / "s"), SIRIUS_SECRET_KEYS=keys).returncode == 0
    with serving(folder, SIRIUS_SECRET_KEYS=keys):
        for said in (
            ["restore", str(tmp_path / "s"), "--replace"],
            ["move", "--collector", f"sqlite:///{folder}/x.db"],
        ):
            told = sirius(folder, *said, SIRIUS_SECRET_KEYS=keys)
            assert (told.returncode, "arrêtez-le d'abord" in told.stderr) == (1, True), told.stderr
