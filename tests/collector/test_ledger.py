"""The ledger of what is taken back: on the disk before anybody is told, and nobody's name in it."""

import json
import multiprocessing
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from collector.errors import LedgerError
from collector.withdrawals import lines
from collector.withdrawals.ledger import Ledger, count_damaged, read
from collector.withdrawals.lines import Line
from syndication.context import Hub
from tests.collector.post import KEY, LEA, mails_to, opt_out_in, path_of, roster
from tests.collector.respondent import Respondent, dump, sent
from tests.helpers import FULL_ANSWER, Client
from tests.servers import PATIENCE

TEXT = "changement"


@pytest.fixture
def author(hub: Hub, respondent: Respondent) -> Respondent:
    """Somebody who has answered."""
    hub.collector.record(f"/r/{respondent.token}", FULL_ANSWER)
    return respondent


def take_back(author: Respondent, question: str = "") -> int:
    data = {"jeton": author.token, "etape": "retirer", "question": question}
    return author.browser.post("/r/auteur", data=data).status_code


def kinds(ledger: Ledger) -> list[tuple[str, str]]:
    return [(line.kind, line.about) for line in ledger.read()]


def test_what_is_taken_back_is_written_with_nothing_that_names_anybody(hub: Hub, author: Respondent) -> None:
    assert take_back(author, TEXT) == 303
    assert take_back(author) == 303
    ledger = hub.collector.ledger
    assert kinds(ledger) == [("text", TEXT), ("response", "")]
    whole = ledger.path.read_text()
    (answer,) = sent(hub)
    for secret in (author.token, answer.id, "Je me lève", *hub.settings.keys()):
        assert secret not in whole
    assert {line.mark for line in ledger.read()} == {lines.mark(hub.settings.keys()[0], answer.id)}
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_nothing_to_take_back_is_not_written(hub: Hub, author: Respondent) -> None:
    assert take_back(author, "a_savoir") == 303
    assert hub.collector.ledger.read() == []


def test_without_its_ledger_nothing_is_taken_back_and_it_is_said(hub: Hub, author: Respondent) -> None:
    hub.collector.ledger.path.mkdir()
    before = dump(hub)
    assert take_back(author) == 503
    assert dump(hub) == before
    hub.collector.ledger.path.rmdir()
    assert take_back(author) == 303
    assert kinds(hub.collector.ledger) == [("response", "")]


def test_the_ledger_has_it_before_the_database_does(hub: Hub, author: Respondent) -> None:
    """A process that dies between the two leaves a line too many, never one too few."""
    at_commits: list[list[tuple[str, str]]] = []
    event.listen(hub.collector._engine, "commit", lambda _: at_commits.append(kinds(hub.collector.ledger)))
    assert take_back(author) == 303
    assert at_commits[-1] == [("response", "")]


def test_a_wish_for_no_more_mail_is_written_apart_with_its_month_alone(
    hub: Hub, client: Client, open_campaign: Callable[..., str], tmp_path: Path
) -> None:
    hub.collector.invite(open_campaign(), roster(tmp_path, LEA))
    hub.collector.hand_over_mails()
    path = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    for _ in range(2):
        assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    (line,) = hub.collector.ledger.read()
    assert (line.kind, line.when) == ("address", "2026-11")
    words, addresses = hub.collector.ledger.files.values()
    assert not words.exists()
    assert LEA not in addresses.read_text()
    assert "2026-11-24" not in addresses.read_text()


def test_without_its_ledger_a_wish_is_not_acknowledged(
    hub: Hub, client: Client, open_campaign: Callable[..., str], tmp_path: Path
) -> None:
    hub.collector.invite(open_campaign(), roster(tmp_path, LEA))
    hub.collector.hand_over_mails()
    hub.collector.ledger.files["desinscriptions"].mkdir()
    refused = client.post(path_of(opt_out_in(mails_to(tmp_path, LEA)[0])), data={"List-Unsubscribe": "One-Click"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


def test_a_campaign_closed_by_hand_is_written_once(hub: Hub, open_campaign: Callable[..., str]) -> None:
    campaign = open_campaign()
    hub.collector.close_campaign(campaign)
    hub.collector.close_campaign(campaign)
    assert kinds(hub.collector.ledger) == [("campaign", str(int(hub.clock().timestamp())))]


def test_it_is_completed_from_the_database_and_then_has_it_all(hub: Hub, author: Respondent) -> None:
    assert take_back(author, TEXT) == 303
    assert take_back(author) == 303
    told = set(hub.collector.ledger.read())
    hub.collector.ledger.path.unlink()
    assert hub.collector.complete_ledger() == 2
    assert set(hub.collector.ledger.read()) == told
    assert hub.collector.complete_ledger() == 0


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ailleurs" / "retraits", lambda: (KEY,), make_folder=True)


def test_a_line_that_a_crash_cut_short_is_left_out_and_spoils_no_other(ledger: Ledger) -> None:
    ledger.note("text", "un", "2026-11-24", TEXT)
    with ledger.path.open("a") as file:
        file.write('{"kind": "response", "wh')
    ledger.note("text", "deux", "2026-11-24", TEXT)
    assert [line.mark for line in ledger.read()] == [lines.mark(KEY, name) for name in ("un", "deux")]


def test_lines_that_were_damaged_are_counted_apart_from_those_that_were_cut_short(ledger: Ledger) -> None:
    for name in ("un", "deux", "trois"):
        ledger.note("text", name, "2026-11-24", TEXT)
    assert count_damaged(ledger.path) == 0
    head, first, second, third = ledger.path.read_text().splitlines()
    for damaged in ("garbage{{", second.replace("mark", "mXrk"), second[:20] + "\ufffd" + second[21:-1], second[1:]):
        ledger.path.write_text("\n".join([head, first, damaged, second[:25], third]))
        assert (len(ledger.read()), count_damaged(ledger.path)) == (2, 1) or damaged.startswith(second[:20])
    ledger.path.write_text("\n".join([head, first, "[" * 99_999]))
    assert (len(ledger.read()), count_damaged(ledger.path)) == (1, 1)
    ledger.path.write_bytes("\n".join([head, first]).encode() + b"\n\xff\xfe\n")
    assert (len(ledger.read()), count_damaged(ledger.path)) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "text", "when": 5, "mark": "a", "about": TEXT},
        {"kind": "text", "when": "2026-11-24", "mark": [1], "about": TEXT},
        {"kind": "text", "when": "2026-11-24", "mark": "a"},
        {"kind": "texte", "when": "2026-11-24", "mark": "a", "about": TEXT},
        {"kind": ["text"], "when": "2026-11-24", "mark": "a", "about": TEXT},
        {"kind": "response", "when": "hier", "mark": "a"},
        {"kind": "response", "when": "2026-11-24", "mark": "\ud800"},
        {"kind": "response", "when": "2026-11-24", "mark": "a\0"},
        {"kind": "campaign", "when": "2026-11-24", "mark": "a", "about": "17645a1234"},
        {"kind": "campaign", "when": "2026-11-24", "mark": "a", "about": "1" * 20},
        {"kind": "campaign", "when": "2026-11-24", "mark": "a", "about": "१२"},
        {"kind": "news", "when": "2026-11-24", "mark": "a"},
        {"kind": "news", "when": "2026-11-24", "mark": "a", "about": "-"},
        {"kind": "gap", "when": "2026-11-24", "mark": "1", "about": "-1"},
    ],
)
def test_a_line_that_says_nothing_that_can_be_done_is_a_damaged_one(ledger: Ledger, wrong: dict[str, object]) -> None:
    ledger.note("text", "un", "2026-11-24", TEXT)
    with ledger.path.open("a") as file:
        file.write(json.dumps(wrong) + "\n")
    assert (len(ledger.read()), count_damaged(ledger.path)) == (1, 1)


def test_a_first_line_that_a_crash_cut_short_is_written_anew(ledger: Ledger) -> None:
    ledger.path.parent.mkdir()
    ledger.path.write_text(lines.head(lines.WORDS)[:9])
    ledger.note("text", "un", "2026-11-24", TEXT)
    assert len(ledger.read()) == 1


def test_what_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "avis.ndjson").write_text('{"cle": "cfd:50022146"}\n')
    with pytest.raises(LedgerError, match="n'est pas un registre"):
        read(tmp_path / "avis.ndjson")
    with pytest.raises(LedgerError, match=r"ne se lit pas .*c'est un dossier"):
        read(tmp_path)
    with pytest.raises(LedgerError, match="il n'y a pas de registre"):
        read(tmp_path / "absent")
    (tmp_path / "demain").write_text('{"sirius": "retraits", "format": 99}\n')
    with pytest.raises(LedgerError, match="plus récente"):
        read(tmp_path / "demain")


def test_on_another_disk_that_is_not_there_nothing_is_written_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="SIRIUS_WITHDRAWALS_FILE"):
        Ledger(tmp_path / "absent" / "retraits", lambda: (KEY,)).note("text", "un", "2026-11-24", TEXT)
    assert not list(tmp_path.iterdir())


def test_processes_that_write_at_once_lose_no_line(ledger: Ledger) -> None:
    born = multiprocessing.get_context("forkserver")
    processes = [born.Process(target=note_many, args=(ledger.path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert len({line.mark for line in ledger.read()}) == 3 * MANY
    assert all(isinstance(line, Line) for line in ledger.read())


MANY = 60


def note_many(path: Path, name: str) -> None:
    """Add many lines, one by one."""
    own = Ledger(path, lambda: (KEY,), make_folder=True)
    for number in range(MANY):
        own.note("text", f"{name}{number}", "2026-11-24", TEXT)
