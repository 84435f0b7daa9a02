"""By which road a mail leaves: files, or a server that is trusted."""

import os
import resource
import smtplib
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_binary_file
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from collector.door import Collector, Settings, check_mail
from collector.mailing.transport import Folder, Unavailable
from tests.collector.post import (
    KEY,
    LEA,
    NOE,
    PASSWORD,
    PUBLIC_URL,
    SENDER,
    USER,
    Post,
    collector_on,
    courier_of,
    invited,
    link_in,
    people,
    rows,
    together,
    written,
)
from tests.helpers import Clock, small_files


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that nobody listens on, nor will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


# -- files -------------------------------------------------------------------------------------------------------------


def test_without_a_server_each_mail_is_a_file_that_only_its_owner_reads(collector: Collector, folder: Path) -> None:
    assert collector.outbox == folder / "outbox"
    invited(collector, folder, *people(5))
    assert collector.hand_over_mails() == 5
    files = list((folder / "outbox").iterdir())
    assert len(files) == 5
    for path in files:
        assert path.suffix == ".eml"
        assert not path.name.startswith(".")
        assert "apprenti" not in path.name
        assert "@" not in path.name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with path.open("rb") as file:
            mail = message_from_binary_file(file, policy=default)
        assert not mail.defects
        assert link_in(mail)
    assert {str(mail["To"]) for mail in written(folder)} == set(people(5))
    assert collector.hand_over_mails() == 0
    assert collector.mails(rows(folder, "SELECT id FROM campaign")[0][0]).waiting == 0


def test_a_folder_that_cannot_be_written_to_makes_mails_wait(
    collector: Collector, folder: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "outbox").write_text("in the way")
    campaign = invited(collector, folder, LEA, NOE)
    assert collector.hand_over_mails() == 0
    assert collector.mails(campaign).waiting == 2
    assert "mails wait" in caplog.text
    assert "exemple.fr" not in caplog.text
    (folder / "outbox").unlink()
    clock.moment += timedelta(minutes=5)
    assert collector.hand_over_mails() == 2
    assert sorted(str(mail["To"]) for mail in written(folder)) == [LEA, NOE]


def test_a_disk_that_fills_up_leaves_no_half_of_a_mail(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Message-ID"] = "<1.2.3@exemple.fr>"
    message.set_content("mots " * 500)
    committed: list[int] = []
    with small_files(200), pytest.raises(Unavailable):
        Folder(tmp_path / "outbox").hand(message, LEA, lambda: committed.append(1))
    assert not committed
    assert list((tmp_path / "outbox").iterdir()) == []


def test_a_mail_that_must_not_leave_any_more_leaves_no_file(tmp_path: Path) -> None:
    def refuse() -> None:
        raise KeyError("gone")

    message = EmailMessage()
    message["Message-ID"] = "<1.2.3@exemple.fr>"
    with pytest.raises(KeyError):
        Folder(tmp_path / "outbox").hand(message, LEA, refuse)
    assert list((tmp_path / "outbox").iterdir()) == []


# -- a mail server -----------------------------------------------------------------------------------------------------


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> str:
    """The query that trusts the authority."""
    authority.cert_pem.write_to_path(str(tmp_path / "autorité.pem"))
    return f"?ca={quote(str(tmp_path / 'autorité.pem'))}"


@pytest.fixture(params=["starttls", "tls"])
def secure_post(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[Post]:
    """A server that encrypts, in both ways."""
    running = Post(**{request.param: server_context(authority, "127.0.0.1")})
    yield running
    running.stop()


def sent_by(folder: Path, clock: Clock, url: str, count: int = 2) -> tuple[int, list[tuple[object, ...]]]:
    """Invite people and hand over once, to a server: how many left, and what still waits."""
    with collector_on(folder, clock, url) as collector:
        invited(collector, folder, *people(count))
        return collector.hand_over_mails(), rows(folder, "SELECT state FROM mail WHERE stage = 1")


def test_a_plain_relay_takes_mails_when_the_operator_says_so(mailer: Collector, post: Post, folder: Path) -> None:
    assert mailer.outbox is None
    invited(mailer, folder, *people(3))
    assert mailer.hand_over_mails() == 3
    assert post.got() == together(people(3), 1)
    assert {mail.sender for mail in post.received} == {"avis@sirius.exemple.fr"}
    assert not any(mail.encrypted for mail in post.received)
    assert all(mail.message["To"] == mail.recipient for mail in post.received)
    assert post.connections == 1
    assert not (folder / "outbox").exists()


def test_mails_are_encrypted_for_a_server_whose_certificate_is_trusted(
    secure_post: Post, folder: Path, clock: Clock, ca: str
) -> None:
    assert sent_by(folder, clock, secure_post.url(ca)) == (2, [])
    assert secure_post.got() == together(people(2), 1)
    assert all(mail.encrypted for mail in secure_post.received)


def test_an_untrusted_certificate_is_refused_and_nothing_is_said_in_clear(
    secure_post: Post, folder: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"
    assert sent_by(folder, clock, secure_post.url("", credentials)) == (0, [("due",)] * 2)
    assert secure_post.received == []
    assert not {"AUTH", "MAIL", "RCPT", "DATA"} & set(secure_post.commands)
    assert "son certificat n'est pas de confiance" in caplog.text


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_a_certificate_of_another_server_is_refused(
    way: str, authority: trustme.CA, folder: Path, clock: Clock, ca: str
) -> None:
    running = Post(**{way: server_context(authority, "autre.exemple.fr")})
    try:
        assert sent_by(folder, clock, running.url(ca)) == (0, [("due",)] * 2)
    finally:
        running.stop()
    assert running.received == []
    assert not {"AUTH", "MAIL", "RCPT"} & set(running.commands)


def test_a_server_that_does_not_encrypt_is_refused_unless_the_operator_says_so(
    post: Post, folder: Path, clock: Clock
) -> None:
    assert sent_by(folder, clock, post.url("")) == (0, [("due",)] * 2)
    assert post.received == []
    assert not {"MAIL", "RCPT", "DATA"} & set(post.commands)


def test_an_authority_that_is_not_there_makes_mails_wait(secure_post: Post, folder: Path, clock: Clock) -> None:
    assert sent_by(folder, clock, secure_post.url("?ca=/absente.pem")) == (0, [("due",)] * 2)
    assert secure_post.received == []


def test_a_password_is_given_once_the_line_is_encrypted(secure_post: Post, folder: Path, clock: Clock, ca: str) -> None:
    credentials = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"
    assert sent_by(folder, clock, secure_post.url(ca, credentials)) == (2, [])
    assert all(mail.encrypted and mail.authenticated for mail in secure_post.received)
    assert len(secure_post.received) == 2


@pytest.mark.parametrize("password", ["faux", "clé à molette"])
def test_a_password_that_is_refused_or_cannot_be_said_makes_mails_wait_and_is_told_to_nobody(
    secure_post: Post, folder: Path, clock: Clock, ca: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = f"{quote(USER, safe='')}:{quote(password, safe='')}@"
    assert sent_by(folder, clock, secure_post.url(ca, credentials)) == (0, [("due",)] * 2)
    assert secure_post.received == []
    told = "".join(record.getMessage() for record in caplog.records if record.name.startswith("sirius"))
    assert "mails wait" in told
    assert password not in told
    assert USER not in told


@pytest.fixture
def many_files() -> Iterator[None]:
    """A process that serves very many people: what it opens next has a number above 1,024."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
    with Path("/dev/null").open() as null:
        opened = [os.dup(null.fileno()) for _ in range(1100)]
        yield
    for descriptor in opened:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_files")
def test_a_process_with_very_many_open_files_still_sends(
    mailer: Collector, post: Post, folder: Path, clock: Clock
) -> None:
    invited(mailer, folder, *people(2))
    assert courier_of(mailer, clock, 1).hand_over().left == 2
    assert post.got() == together(people(2), 1)


def check(folder: Path, url: str, sender: str = SENDER) -> str:
    """What « sirius doctor » would say of a mail server."""
    return check_mail(
        Settings(
            data_dir=folder, public_url=PUBLIC_URL, secret_keys=(KEY,), smtp_url=url,
            mail_from=sender,
        )
    )  # fmt: skip


def test_a_server_is_checked_without_any_mail_leaving(
    post: Post, secure_post: Post, folder: Path, ca: str, unused_port: int
) -> None:
    right = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"
    assert check(folder, "") == ""
    assert check(folder, post.url()) == ""
    assert check(folder, secure_post.url(ca, right)) == ""
    wrong = [
        check(folder, post.url(""), SENDER),
        check(folder, secure_post.url("", right)),
        check(folder, secure_post.url(ca, right.replace("secret", "faux"))),
        check(folder, f"smtp://127.0.0.1:{unused_port}?tls=aucun"),
        check(folder, post.url(), "Sirius <ne-pas-repondre@localhost>"),
    ]
    for fault in wrong:
        assert fault
        assert "\n" not in fault
        assert USER not in fault
        assert "faux" not in fault
    assert not {"MAIL", "RCPT", "DATA"} & {*post.commands, *secure_post.commands}


def test_a_password_that_cannot_be_said_is_a_fault_of_the_check_too(secure_post: Post, folder: Path, ca: str) -> None:
    assert check(folder, secure_post.url(ca, f"sirius:{quote('clé à molette')}@"))


def test_the_wire_is_that_of_smtp_for_a_client_of_another_hand(post: Post) -> None:
    """The harness itself: what Python's own client sends arrives as it was."""
    content = b"Subject: essai\r\n\r\n.un point\r\n..deux\r\n.\r\nfin\r\n"
    host, _, port = post.url("").removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port)) as client:
        client.sendmail("a@exemple.fr", [LEA], content)
    assert [(mail.recipient, mail.content) for mail in post.received] == [(LEA, content)]
