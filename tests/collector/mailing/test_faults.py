"""Mails among faults: a server that fails at any step, a process that dies at any step, two processes at once.

Whatever happens, nobody receives the same message twice, and nobody is lost but those who are told as uncertain.
"""

import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from collector.app import create_app
from collector.door import Collector
from collector.mailing.courier import Courier
from collector.mailing.letters import POLICY
from collector.mailing.round import FIRST_WAIT, LONGEST_WAIT, wait_after
from collector.mailing.store import LEASE_SECONDS
from collector.mailing.transport import Commit, Folder, Smtp, Unavailable
from collector.settings import server_of
from tests import databases
from tests.collector.post import (
    ALWAYS,
    DROP,
    PATIENT,
    QUICK,
    REPLY_AND_DROP,
    SLOW,
    STALL,
    Fault,
    Post,
    collector_on,
    courier_of,
    deliver_for,
    dump,
    link_in,
    opt_out_in,
    order,
    path_of,
    people,
    roster,
    rows,
    stage_of,
    together,
    written,
)
from tests.helpers import FULL_ANSWER, Client, Clock

ROOT = Path(__file__).resolve().parents[3]
HALF_A_DAY = timedelta(hours=12)
"""Longer than the longest wait between two attempts."""


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The query of a plain relay, with one authority to read instead of the hundreds of the system: it is quicker."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return f"?tls=aucun&ca={path}"


@pytest.fixture
def mailer(folder: Path, clock: Clock, post: Post, relay: str) -> Iterator[Collector]:
    with collector_on(folder, clock, post.url(relay)) as opened:
        yield opened


@pytest.fixture
def campaign(mailer: Collector) -> str:
    """Open for two months; its id."""
    return mailer.open_campaign(order()).id


@pytest.fixture(autouse=True)
def nothing_told(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens in this file, no log of ours holds an address or a link."""
    caplog.set_level(logging.DEBUG)
    others = [logging.getLogger(name) for name in ("mail.log", "httpx", "asyncio")]  # the server's, the visitor's
    for logger in others:
        logger.setLevel(logging.CRITICAL)
    yield
    for logger in others:
        logger.setLevel(logging.NOTSET)
    formatter = logging.Formatter("%(message)s")
    for record in caplog.get_records("call"):
        assert "exemple.fr" not in formatter.format(record)  # with the traceback, when there is one
        words = re.findall(r"[\w-]{22,}", record.getMessage())
        assert not [word for word in words if not word.isalpha()]  # nothing like a token


def hand_over(mailer: Collector, post: Post, clock: Clock, rounds: int = 1) -> int:
    """Hand over, waiting little for a server that stalls; between rounds everything that waits comes due."""
    left = 0
    timeout = QUICK if post.fault is not None and post.fault.how == STALL else PATIENT
    for round_number in range(rounds):
        if round_number:
            clock.moment += HALF_A_DAY
        left += courier_of(mailer, clock, timeout).hand_over().left
    return left


def invite(
    mailer: Collector, folder: Path, campaign: str, count: int = 3, reminders: int = 2, every_days: int = 7
) -> list[str]:
    addresses = people(count)
    mailer.invite(campaign, roster(folder, *addresses), reminders=reminders, every_days=every_days)
    return addresses


def states(folder: Path, stage: int = 1) -> list[str]:
    return sorted(state for (state,) in rows(folder, f"SELECT state FROM mail WHERE stage = {stage}"))


# -- a server that fails -----------------------------------------------------------------------------------------------

BEFORE_CONTENT = [
    Fault("connect", DROP), Fault("connect", REPLY_AND_DROP), Fault("connect", STALL), Fault("connect", "421 4.3.2 no"),
    Fault("EHLO", DROP), Fault("MAIL", DROP), Fault("MAIL", REPLY_AND_DROP), Fault("MAIL", STALL),
    Fault("MAIL", "451 4.3.0 later"), Fault("MAIL", "550 5.7.1 sender unwelcome"), Fault("RCPT", DROP),
    Fault("RCPT", REPLY_AND_DROP), Fault("RCPT", "450 4.2.0 greylisted"),
    Fault("RCPT", "421 4.3.2 shutting down"), Fault("DATA", DROP), Fault("DATA", STALL),
    Fault("DATA", "451 4.3.0 later"), Fault("DATA", "554 5.5.1 refused"),
]  # fmt: skip
AT_THE_END = [Fault("end", "451 4.3.0 later"), Fault("end", "552 5.3.4 too large"), Fault("end", "554 5.7.1 spam")]
IN_DOUBT = [Fault("end", DROP), Fault("end", STALL), Fault("end", DROP, keeps=False), Fault("end", STALL, keeps=False)]
CUT_WHILE_SAID = [Fault("DATA", REPLY_AND_DROP), Fault("content", DROP)]
"""What a line had carried when it was cut is a matter of chance: the mail is sent again, or it is told as uncertain."""


def named(fault: Fault) -> str:
    return f"{fault.step}-{fault.how[:14]}-{'kept' if fault.keeps else 'lost'}".replace(" ", "_")


def struck(fault: Fault, times: int, to: str = "") -> Fault:
    return Fault(fault.step, fault.how, times, to, fault.keeps)


@pytest.mark.parametrize("fault", BEFORE_CONTENT + AT_THE_END, ids=named)
def test_a_fault_before_a_mail_was_taken_loses_nobody_and_repeats_nothing(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, fault: Fault
) -> None:
    addresses = invite(mailer, folder, campaign, 2, reminders=1)
    post.fault = struck(fault, ALWAYS)
    hand_over(mailer, post, clock)
    assert post.received == []
    assert states(folder) == ["due", "due"]
    assert rows(folder, "SELECT count(*) FROM invitation") == [(0,)]  # no link that nobody has
    clock.moment += HALF_A_DAY
    post.fault = struck(fault, 1)
    hand_over(mailer, post, clock)
    assert post.fault.times == 0  # it did strike
    post.fault = None
    clock.moment += HALF_A_DAY
    hand_over(mailer, post, clock)
    assert post.got() == together(addresses, 1)
    assert rows(folder, "SELECT stage, state FROM mail") == [(2, "due")] * 2
    assert rows(folder, "SELECT count(*) FROM invitation") == [(2,)]
    assert (mailer.mails(campaign).uncertain, mailer.mails(campaign).bounced) == (0, 0)


@pytest.mark.parametrize("fault", IN_DOUBT, ids=named)
def test_a_mail_that_may_have_left_is_told_as_uncertain_and_its_reminder_comes(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, fault: Fault
) -> None:
    addresses = invite(mailer, folder, campaign, 2, reminders=1)
    post.fault = struck(fault, 1)
    hand_over(mailer, post, clock)
    post.fault = None
    hand_over(mailer, post, clock, rounds=2)
    counts = mailer.mails(campaign)
    assert (counts.uncertain, counts.waiting) == (1, 0)
    assert sum(post.got().values()) == (2 if fault.keeps else 1)
    deliver_for(mailer, clock, 8, step=8)
    assert max(post.got().values()) == 1
    assert {address for address, stage in post.got() if stage == 2} == set(addresses)
    assert mailer.mails(campaign).uncertain == 1


@pytest.mark.parametrize("fault", IN_DOUBT[::3], ids=named)
def test_a_server_that_never_acknowledges_receives_each_mail_once(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, fault: Fault
) -> None:
    addresses = invite(mailer, folder, campaign, 2, reminders=0)
    post.fault = struck(fault, ALWAYS)
    hand_over(mailer, post, clock, rounds=3)
    post.fault = None
    hand_over(mailer, post, clock, rounds=2)
    assert post.got() == (together(addresses, 1) if fault.keeps else {})
    assert mailer.mails(campaign).uncertain == 2


@pytest.mark.parametrize("times", [1, ALWAYS], ids=["once", "for a while"])
@pytest.mark.parametrize("fault", CUT_WHILE_SAID, ids=named)
def test_a_line_cut_while_the_content_is_said_loses_nobody_untold_and_repeats_nothing(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, fault: Fault, times: int
) -> None:
    addresses = invite(mailer, folder, campaign, 2, reminders=1)
    post.fault = struck(fault, times)
    hand_over(mailer, post, clock, rounds=2)
    assert post.fault.times < times
    post.fault = None
    hand_over(mailer, post, clock, rounds=2)
    told = mailer.mails(campaign).uncertain
    assert len(post.received) + told == 2
    deliver_for(mailer, clock, 8, step=8)
    assert max(post.got().values()) == 1
    assert {address for address, stage in post.got() if stage == 2} == set(addresses)
    assert mailer.mails(campaign).uncertain == told


def test_content_cut_off_before_its_end_was_surely_not_taken(mailer: Collector, post: Post) -> None:
    """A mail larger than what the line holds: the server cannot have had its last line."""
    message = EmailMessage(policy=POLICY)
    message.set_payload("mots\r\n" * 1_200_000)
    smtp = Smtp(server_of(mailer.settings.smtp_url), mailer.settings.mail_from, PATIENT)
    post.fault = Fault("content", DROP, times=1)
    committed: list[int] = []
    with closing(smtp), pytest.raises(Unavailable):
        smtp.hand(message, people(1)[0], lambda: committed.append(1))
    assert committed
    assert post.received == []


def test_a_link_in_a_mail_that_may_have_left_works(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    (address,) = invite(mailer, folder, campaign, 1)
    post.fault = Fault("end", DROP)
    hand_over(mailer, post, clock)
    (mail,) = post.received
    mailer.record(link_in(mail.message), FULL_ANSWER)
    post.fault = None
    deliver_for(mailer, clock, 24, step=8)
    assert len(post.received) == 1
    assert address not in dump(folder)


def test_a_server_that_is_not_there_makes_mails_wait(folder: Path, clock: Clock, post: Post) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listened on: nobody else takes it, and it refuses
        with collector_on(folder, clock, f"smtp://127.0.0.1:{closed.getsockname()[1]}?tls=aucun") as mailer:
            campaign = mailer.open_campaign(order()).id
            addresses = invite(mailer, folder, campaign, reminders=0)
            assert mailer.hand_over_mails() == 0
            assert mailer.mails(campaign).waiting == 3
    with collector_on(folder, clock, post.url()) as mailer:
        hand_over(mailer, post, clock, rounds=2)
    assert post.got() == together(addresses, 1)


def test_a_round_ends_at_a_server_that_does_not_answer(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, caplog: pytest.LogCaptureFixture
) -> None:
    invite(mailer, folder, campaign, 20)
    post.fault = Fault("connect", STALL)
    hand_over(mailer, post, clock)
    assert rows(folder, "SELECT count(*) FROM mail WHERE attempts > 0") == [(1,)]
    assert "mails wait" in caplog.text


def test_a_connection_lost_between_two_mails_is_opened_again(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    addresses = invite(mailer, folder, campaign, reminders=0)
    post.fault = Fault("NOOP", DROP, times=1)
    assert hand_over(mailer, post, clock) == 3
    assert post.connections == 2
    assert post.got() == together(addresses, 1)


# -- addresses that are refused ----------------------------------------------------------------------------------------


def test_a_mail_refused_for_now_waits_longer_and_longer(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    late, other = invite(mailer, folder, campaign, 2)
    post.fault = Fault("RCPT", "450 4.2.0 greylisted", to=late)
    waits: list[int] = []
    for _ in range(14):
        hand_over(mailer, post, clock)
        ((due,),) = rows(folder, "SELECT not_before FROM mail WHERE stage = 1")
        waits.append(due - int(clock().timestamp()))
        clock.moment += timedelta(seconds=waits[-1] - 1)
        before = len(post.commands)
        hand_over(mailer, post, clock)
        assert "RCPT" not in post.commands[before:]  # not a second too early
        clock.moment += timedelta(seconds=1)
    assert waits[:7] == sorted(waits[:7])
    for attempt, wait in enumerate(waits):
        meant = min(FIRST_WAIT * 2**attempt, LONGEST_WAIT)
        assert 0.8 * meant - 1 <= wait <= 1.2 * meant
    assert post.got()[other, 1] == 1  # one that waits holds up nobody
    post.fault = None
    hand_over(mailer, post, clock)
    assert post.got()[late, 1] == 1


def test_waits_are_bounded_however_many_attempts() -> None:
    assert all(0 < wait_after(attempts) <= 1.2 * LONGEST_WAIT for attempts in (0, 1, 19, 20, 21, 500, 10**6))


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "553 malformed"])
def test_an_address_refused_for_good_is_a_bounce_and_gets_no_reminder(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, reply: str
) -> None:
    first, wrong, last = invite(mailer, folder, campaign)
    post.fault = Fault("RCPT", reply, to=wrong)
    assert hand_over(mailer, post, clock) == 2
    counts = mailer.mails(campaign)
    assert (counts.bounced, counts.waiting, counts.uncertain) == (1, 0, 0)
    post.fault = None
    deliver_for(mailer, clock, 32, step=8)
    assert post.got() == together([first, last], 1, 2, 3)
    assert mailer.invite(campaign, roster(folder, wrong)).known == 1


@pytest.mark.parametrize("reply", ["554 5.7.1 relaying denied", "550-5.7.1 blocked\r\n550 5.7.1 by a rule"])
def test_a_refusal_that_says_nothing_of_the_address_is_no_bounce(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, reply: str
) -> None:
    addresses = invite(mailer, folder, campaign, 2, reminders=0)
    post.fault = Fault("RCPT", reply)
    hand_over(mailer, post, clock)
    assert (mailer.mails(campaign).bounced, mailer.mails(campaign).waiting) == (0, 2)
    post.fault = None
    hand_over(mailer, post, clock, rounds=2)
    assert post.got() == together(addresses, 1)


def test_an_address_refused_at_a_reminder_gets_no_other(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    wrong, right = invite(mailer, folder, campaign, 2, every_days=7)
    hand_over(mailer, post, clock)
    clock.moment += timedelta(days=7)
    post.fault = Fault("RCPT", "550 5.2.1 closed", to=wrong)
    hand_over(mailer, post, clock)
    post.fault = None
    deliver_for(mailer, clock, 24, step=8)
    assert post.got() == together([wrong], 1) + together([right], 1, 2, 3)


# -- uncertain mails ---------------------------------------------------------------------------------------------------


def test_uncertain_mails_are_sent_again_when_the_operator_says_so(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    first, second = invite(mailer, folder, campaign, 2, reminders=0)
    post.fault = Fault("end", DROP, times=1, keeps=False)
    hand_over(mailer, post, clock, rounds=2)
    assert len(post.received) == 1
    assert mailer.resend_uncertain_mails("une autre") == 0
    assert mailer.resend_uncertain_mails(campaign) == 1
    assert mailer.mails(campaign).waiting == 1
    hand_over(mailer, post, clock)
    assert post.got() == together([first, second], 1)
    assert mailer.mails(campaign).uncertain == 0
    assert mailer.resend_uncertain_mails(campaign) == 0


@pytest.mark.parametrize("days", [1, 8, 16], ids=["before the reminders", "between them", "after them"])
def test_sending_an_uncertain_invitation_again_neither_stops_nor_repeats_reminders(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, days: int
) -> None:
    addresses = invite(mailer, folder, campaign, 2, every_days=7)
    post.fault = Fault("end", DROP, times=1, keeps=False)
    hand_over(mailer, post, clock)
    deliver_for(mailer, clock, days)
    assert mailer.resend_uncertain_mails(campaign) == 1
    deliver_for(mailer, clock, 32, step=8)
    assert post.got() == together(addresses, 1, 2, 3)
    assert rows(folder, "SELECT * FROM mail") == []


def test_a_mail_uncertain_twice_is_still_only_told(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    (address,) = invite(mailer, folder, campaign, 1, every_days=7)
    post.fault = Fault("end", DROP, keeps=False)
    hand_over(mailer, post, clock)
    mailer.resend_uncertain_mails(campaign)
    hand_over(mailer, post, clock)
    assert mailer.mails(campaign).uncertain == 1
    post.fault = None
    deliver_for(mailer, clock, 24, step=8)
    assert post.got() == together([address], 2, 3)


def test_an_uncertain_reminder_is_told_too(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    (address,) = invite(mailer, folder, campaign, 1, every_days=7)
    hand_over(mailer, post, clock)
    clock.moment += timedelta(days=7)
    post.fault = Fault("end", DROP, keeps=False)
    hand_over(mailer, post, clock)
    post.fault = None
    assert states(folder, 2) == ["uncertain"]
    assert mailer.mails(campaign).uncertain == 1
    deliver_for(mailer, clock, 24, step=8)
    assert post.got() == together([address], 1, 3)


# -- at the last moment ------------------------------------------------------------------------------------------------


class _Meanwhile:
    """A folder where something happens once a mail was composed, before it leaves."""

    def __init__(self, folder: Path, happens: Callable[[], object]) -> None:
        self._folder = Folder(folder)
        self._happens = happens

    def hand(self, message: EmailMessage, recipient: str, commit: Commit) -> None:
        def later() -> None:
            self._happens()
            commit()

        self._folder.hand(message, recipient, later)

    def close(self) -> None:
        self._folder.close()


@pytest.mark.parametrize("event", ["answer", "stop", "another process"])
def test_what_happens_while_a_mail_is_composed_is_heeded(folder: Path, clock: Clock, event: str) -> None:
    with collector_on(folder, clock) as collector:
        campaign = collector.open_campaign(order()).id
        (address,) = invite(collector, folder, campaign, 1)
        collector.hand_over_mails()
        (invitation,) = written(folder)
        visitor = Client(create_app(collector))

        def another() -> None:
            """The lease runs out, another process takes the mail, and this one goes on as if nothing were."""
            clock.moment += timedelta(seconds=LEASE_SECONDS + 1)
            with collector_on(folder, clock) as other:
                assert other.hand_over_mails() == 1

        happens: dict[str, Callable[[], object]] = {
            "answer": lambda: collector.record(link_in(invitation), FULL_ANSWER),
            "stop": lambda: visitor.post(path_of(opt_out_in(invitation))),
            "another process": another,
        }
        clock.moment += timedelta(days=7)
        outbox = folder / "outbox"
        courier = Courier(collector._roster, collector.settings, clock, lambda: _Meanwhile(outbox, happens[event]))
        assert courier.hand_over().left == 0
        stages = sorted(stage_of(mail) for mail in written(folder))
        assert stages == ([1, 2] if event == "another process" else [1])
        assert all(path.suffix == ".eml" for path in outbox.iterdir())
        deliver_for(collector, clock, 24, step=8)
        assert sorted(stage_of(mail) for mail in written(folder)) == ([1, 2, 3] if event == "another process" else [1])
        assert (address in dump(folder)) == (event == "another process")


# -- a process that dies -----------------------------------------------------------------------------------------------

UNDERTAKER = """
import json, os, sys
from datetime import datetime
from pathlib import Path
from collector.mailing.courier import Courier
from tests.collector.post import collector_on
from tests.helpers import Clock

class Dying:
    def __init__(self, inner):
        self.inner = inner

    def hand(self, message, recipient, commit):
        global left
        left -= 1
        last = left < 0
        def around():
            if last and when == "before":
                os._exit(9)
            commit()
            if last and when == "committed":
                os._exit(9)
        self.inner.hand(message, recipient, around)
        if last:
            os._exit(9)

    def close(self):
        self.inner.close()

for line in sys.stdin:
    folder, url, moment, when, left, address = json.loads(line)
    child = os.fork()
    if child == 0:
        clock = Clock(datetime.fromisoformat(moment))
        collector = collector_on(Path(folder), clock, url, address=address)
        Courier(collector._roster, collector.settings, clock, lambda: Dying(collector.transport())).hand_over()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Death = Callable[..., None]


@pytest.fixture(scope="module")
def undertaker() -> Iterator["subprocess.Popen[str]"]:
    """A process that makes others, each on a database of its own choice, that die where they are told to."""
    command = [sys.executable, "-c", UNDERTAKER]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.fixture
def die(undertaker: "subprocess.Popen[str]", folder: Path, clock: Clock) -> Death:
    """Hand over in a process that is killed at a step, after having spared some mails."""
    orders, reports = undertaker.stdin, undertaker.stdout
    assert orders is not None
    assert reports is not None

    def run(url: str, when: str, sparing: int = 1) -> None:
        address = databases.current().at(folder).collector
        orders.write(json.dumps([str(folder), url, clock().isoformat(), when, sparing, address]) + "\n")
        orders.flush()
        assert reports.readline() == "9\n"

    return run


@pytest.mark.parametrize("when", ["before", "committed", "handed"])
def test_a_process_that_dies_sends_nothing_twice_and_loses_nobody(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, die: Death, when: str
) -> None:
    addresses = invite(mailer, folder, campaign, 4, reminders=1)
    die(mailer.settings.smtp_url, when)
    assert sum(post.got().values()) == (2 if when == "handed" else 1)
    mailer.hand_over_mails()  # at once: what the dead process held is nobody's yet
    assert sum(post.got().values()) == (4 if when == "handed" else 3)
    clock.moment += timedelta(seconds=LEASE_SECONDS + 1)
    mailer.hand_over_mails()
    got, told = post.got(), mailer.mails(campaign).uncertain
    assert told == (0 if when == "before" else 1)
    assert max(got.values()) == 1
    assert len(got) == (3 if when == "committed" else 4)
    deliver_for(mailer, clock, 8, step=8)
    assert max(post.got().values()) == 1
    assert all(post.got()[address, 2] == 1 for address in addresses)
    assert mailer.mails(campaign).uncertain == told


@pytest.mark.parametrize("when", ["before", "committed", "handed"])
def test_mails_in_files_survive_a_process_that_dies_too(folder: Path, clock: Clock, die: Death, when: str) -> None:
    with collector_on(folder, clock) as collector:
        campaign = collector.open_campaign(order()).id
        addresses = invite(collector, folder, campaign, 3, reminders=0)
        die("", when)
        clock.moment += timedelta(seconds=LEASE_SECONDS + 1)
        collector.hand_over_mails()
        assert collector.mails(campaign).uncertain == (0 if when == "before" else 1)
        got = [str(mail["To"]) for mail in written(folder)]
        assert len(got) == len(set(got)) == (2 if when == "committed" else 3)
        assert set(got) <= set(addresses)


def test_deaths_one_after_another_still_write_to_everybody_once(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str, die: Death
) -> None:
    addresses = invite(mailer, folder, campaign, 6, reminders=0)
    for when in ("before", "handed", "before", "committed"):
        die(mailer.settings.smtp_url, when, sparing=0)
        clock.moment += timedelta(seconds=LEASE_SECONDS + 1)
    mailer.hand_over_mails()
    assert max(post.got().values()) == 1
    assert len(post.got()) == 5
    assert {address for address, _ in post.got()} < set(addresses)
    assert mailer.mails(campaign).uncertain == 2  # one that arrived, one that did not: nobody can tell


# -- two at once -------------------------------------------------------------------------------------------------------


def test_two_couriers_at_once_write_to_everybody_once(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    addresses = invite(mailer, folder, campaign, 200, reminders=0)
    together_now = threading.Barrier(2)
    left: list[int] = []

    def work(collector: Collector) -> None:
        together_now.wait()
        left.append(collector.hand_over_mails())

    with collector_on(folder, clock, mailer.settings.smtp_url) as other:
        threads = [threading.Thread(target=work, args=(one,)) for one in (mailer, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sum(left) == 200
    assert min(left) > 0
    assert post.got() == together(addresses, 1)
    assert rows(folder, "SELECT count(*) FROM invitation") == [(200,)]


def test_closing_finishes_the_mail_under_way(folder: Path, clock: Clock, post: Post, relay: str) -> None:
    collector = collector_on(folder, clock, post.url(relay))
    campaign = collector.open_campaign(order()).id
    addresses = invite(collector, folder, campaign, 5, reminders=0)
    post.fault = Fault("end", SLOW)
    left: list[int] = []
    thread = threading.Thread(target=lambda: left.append(collector.hand_over_mails()))
    thread.start()
    while not post.received:
        assert thread.is_alive()
        time.sleep(0.005)
    collector.close()
    thread.join(PATIENT)
    assert left == [1]
    assert states(folder) == ["due"] * 4
    post.fault = None
    with collector_on(folder, clock, post.url(relay)) as again:
        again.hand_over_mails()
        assert again.mails(campaign).uncertain == 0
    assert post.got() == together(addresses, 1)


def test_a_courier_slower_than_its_lease_breaks_nothing(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    """It hands a mail over while another process believes it dead; then says that it went well."""
    (address,) = invite(mailer, folder, campaign, 1, every_days=7)

    class Slow:
        def __init__(self) -> None:
            self._inner = mailer.transport()

        def hand(self, message: EmailMessage, recipient: str, commit: Commit) -> None:
            self._inner.hand(message, recipient, commit)
            clock.moment += timedelta(seconds=LEASE_SECONDS + 1)
            with collector_on(folder, clock, mailer.settings.smtp_url) as other:
                assert other.hand_over_mails() == 0
                assert other.mails(campaign).uncertain == 1

        def close(self) -> None:
            self._inner.close()

    assert Courier(mailer._roster, mailer.settings, clock, Slow).hand_over().left == 1
    deliver_for(mailer, clock, 24, step=8)
    assert post.got() == together([address], 1, 2, 3)
    assert mailer.mails(campaign).uncertain == 0


def test_a_courier_that_was_held_up_gives_no_mail_back_that_another_took_over(
    mailer: Collector, post: Post, folder: Path, clock: Clock, campaign: str
) -> None:
    """It finds the server gone once another process, which took its mail over, is handing that over."""
    (address,) = invite(mailer, folder, campaign, 1, reminders=0)

    class HeldUp:
        def hand(self, message: EmailMessage, recipient: str, commit: Commit) -> None:
            clock.moment += timedelta(seconds=LEASE_SECONDS + 1)
            with collector_on(folder, clock, mailer.settings.smtp_url) as other:
                taken = other._roster.claim(int(clock().timestamp()))
                assert taken is not None
                assert other._roster.begin_handing(taken, ["?"], "jeton", int(clock().timestamp()))
                raise Unavailable("le serveur ne répond pas")

        def close(self) -> None:
            return None

    Courier(mailer._roster, mailer.settings, clock, HeldUp).hand_over()
    assert states(folder) == ["handing"]
    clock.moment += HALF_A_DAY
    assert mailer.hand_over_mails() == 0
    assert (mailer.mails(campaign).uncertain, post.got()) == (1, together([address]))
