"""Inviting by mail: who is invited, what a letter says, by which road it leaves, who is reminded, who is left alone."""

import os
import resource
import shutil
import smtplib
import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_binary_file
from email.message import EmailMessage, Message
from email.policy import SMTP, default
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from collector import links
from collector.app import create_app
from collector.door import CampaignError, Collector, RosterError, SeatsTaken, Settings, check_mail
from collector.mailing.letters import Letter, write_letter
from collector.mailing.transport import Folder, Unavailable
from collector.records import Campaign
from syndication.context import Hub
from tests.collector.post import (
    KEY,
    PASSWORD,
    PUBLIC_URL,
    SENDER,
    USER,
    Post,
    collector_on,
    courier_of,
    deliver_for,
    dump,
    execute,
    link_in,
    opt_out_in,
    order,
    parsed,
    part,
    path_of,
    people,
    roster,
    rows,
    stage_of,
    together,
    written,
)
from tests.helpers import FULL_ANSWER, NOON, Client, Clock, hidden_fields

LEA, NOE, ZOE = "lea@exemple.fr", "noe@exemple.fr", "zoe@exemple.fr"
NEW_KEY = "n" * 40
ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def folder(migrated: Path, tmp_path: Path) -> Path:
    """A folder with the collector's database, empty."""
    shutil.copy(migrated / "collector.db", tmp_path)
    return tmp_path


@pytest.fixture
def collector(folder: Path, clock: Clock) -> Iterator[Collector]:
    """A collector without a mail server: its mails are files."""
    with collector_on(folder, clock) as opened:
        yield opened


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that nobody listens on, nor will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def visitor(collector: Collector) -> Client:
    return Client(create_app(collector))


@pytest.fixture
def post() -> Iterator[Post]:
    running = Post()
    yield running
    running.stop()


@pytest.fixture
def mailer(folder: Path, clock: Clock, post: Post) -> Iterator[Collector]:
    """A collector that hands its mails over to a plain relay."""
    with collector_on(folder, clock, post.url()) as opened:
        yield opened


def invited(collector: Collector, folder: Path, *addresses: str, reminders: int = 2, every_days: int = 7) -> str:
    """A campaign that invites these addresses; gives its id."""
    campaign = collector.open_campaign(order()).id
    collector.invite(campaign, roster(folder, *addresses), reminders=reminders, every_days=every_days)
    return campaign


def letter_about(title: str) -> Letter:
    campaign = Campaign("x", "50022146", title, "uai:0751234J", "CFA", NOON.date(), NOON.date(), None, 0, "2026-1")
    return Letter(campaign, 1, LEA, "http://127.0.0.1:8000/r/x", "http://127.0.0.1:8000/d/x")


def mails_to(folder: Path, address: str) -> list[EmailMessage]:
    """What an address found in its box, in the order of its stages."""
    return sorted((mail for mail in written(folder) if mail["To"] == address), key=stage_of)


def lands(visitor: Client, link: str) -> bool:
    answer = visitor.get(path_of(link))
    return (answer.status_code, answer.headers.get("location")) == (303, "/r")


# -- inviting ----------------------------------------------------------------------------------------------------------


def test_a_roster_becomes_contacts_and_mails_that_are_due(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order()).id
    report = collector.invite(campaign, roster(folder, LEA, "rien", NOE, LEA.upper()))
    assert (report.read, report.invited, report.known, report.stopped) == (4, 2, 0, 0)
    assert report.rejected == ((3, "« rien » n'est pas une adresse électronique"), (5, "adresse déjà lue ligne 2"))
    assert sorted(rows(folder, "SELECT address, stage, state FROM contact")) == [(LEA, 0, "active"), (NOE, 0, "active")]
    assert rows(folder, "SELECT stage, state, attempts FROM mail") == [(1, "due", 0)] * 2
    counts = collector.mails(campaign)
    assert (counts.mailed, counts.waiting, counts.uncertain, counts.bounced) == (2, 2, 0, 0)
    assert collector.progress(campaign).invited == 2


def test_the_same_roster_again_invites_nobody(collector: Collector, folder: Path) -> None:
    campaign = invited(collector, folder, LEA, NOE)
    again = collector.invite(campaign, roster(folder, NOE.upper(), LEA, ZOE))
    assert (again.invited, again.known, again.stopped) == (1, 2, 0)
    collector.hand_over_mails()
    once_more = collector.invite(campaign, roster(folder, LEA, NOE, ZOE))
    assert (once_more.invited, once_more.known) == (0, 3)
    collector.hand_over_mails()
    assert sorted(str(mail["To"]) for mail in written(folder)) == [LEA, NOE, ZOE]


def test_who_answered_is_not_invited_again(collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = invited(collector, folder, LEA, NOE)
    collector.hand_over_mails()
    collector.record(link_in(mails_to(folder, LEA)[0]), FULL_ANSWER)
    again = collector.invite(campaign, roster(folder, LEA, NOE))
    assert (again.invited, again.known) == (0, 2)
    deliver_for(collector, clock, 30)
    assert len(mails_to(folder, LEA)) == 1


def test_a_new_key_does_not_invite_anybody_twice(folder: Path, clock: Clock) -> None:
    with collector_on(folder, clock) as before:
        campaign = invited(before, folder, LEA, NOE)
        before.hand_over_mails()
        before.record(link_in(mails_to(folder, LEA)[0]), FULL_ANSWER)
    with collector_on(folder, clock, keys=(NEW_KEY, KEY)) as after:
        again = after.invite(campaign, roster(folder, LEA, NOE, ZOE))
        assert (again.invited, again.known) == (1, 2)
        once_more = after.invite(campaign, roster(folder, LEA, NOE, ZOE))
        assert (once_more.invited, once_more.known) == (0, 3)


def test_another_campaign_may_invite_the_same_people(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    other = collector.open_campaign(order("BP Boulanger")).id
    assert collector.invite(other, roster(folder, LEA)).invited == 1
    collector.hand_over_mails()
    assert len({link_in(mail) for mail in mails_to(folder, LEA)}) == 2


def test_seats_are_all_or_nothing(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order(seats=3)).id
    collector.issue_links(campaign, 1)
    before = dump(folder)
    for dry_run in (True, False):
        with pytest.raises(SeatsTaken, match="2 place"):
            collector.invite(campaign, roster(folder, LEA, NOE, ZOE), dry_run=dry_run)
    assert dump(folder) == before
    assert collector.invite(campaign, roster(folder, LEA, NOE)).invited == 2
    assert collector.invite(campaign, roster(folder, LEA, NOE)).known == 2  # who has a seat takes no other
    with pytest.raises(SeatsTaken):
        collector.invite(campaign, roster(folder, ZOE))
    with pytest.raises(SeatsTaken):
        collector.issue_links(campaign, 1)


def test_a_finished_campaign_invites_nobody(collector: Collector, folder: Path, clock: Clock) -> None:
    over = collector.open_campaign(order(days=1)).id
    closed = collector.open_campaign(order()).id
    clock.moment += timedelta(days=2)
    collector.close_campaign(closed)
    before = dump(folder)
    for campaign in (over, closed):
        with pytest.raises(CampaignError, match="finie"):
            collector.invite(campaign, roster(folder, LEA))
    with pytest.raises(CampaignError, match="Aucune campagne"):
        collector.invite("inconnue", roster(folder, LEA))
    with pytest.raises(CampaignError, match="Aucune campagne"):
        collector.mails("inconnue")
    assert dump(folder) == before


@pytest.mark.parametrize("terms", [{"reminders": 3}, {"reminders": -1}, {"every_days": 0}, {"every_days": 61}])
def test_reminders_out_of_bounds_are_refused(collector: Collector, folder: Path, terms: dict[str, int]) -> None:
    campaign = collector.open_campaign(order()).id
    with pytest.raises(CampaignError):
        collector.invite(campaign, roster(folder, LEA), **terms)  # type: ignore[arg-type]
    assert collector.mails(campaign).mailed == 0


def test_a_dry_run_reads_everything_and_changes_nothing(collector: Collector, folder: Path) -> None:
    campaign = invited(collector, folder, LEA)
    before = dump(folder)
    report = collector.invite(campaign, roster(folder, LEA, NOE, "rien", ZOE), dry_run=True)
    assert (report.read, report.invited, report.known) == (4, 2, 1)
    assert len(report.rejected) == 1
    assert dump(folder) == before


def test_a_roster_of_no_use_changes_nothing(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order()).id
    before = dump(folder)
    with pytest.raises(RosterError):
        collector.invite(campaign, roster(folder, name="vide.csv").parent / "collector.db")
    with pytest.raises(OSError, match=r"absent\.csv"):
        collector.invite(campaign, folder / "absent.csv")
    assert dump(folder) == before


def test_an_import_that_breaks_in_the_middle_leaves_nothing(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order()).id
    execute(
        folder,
        "CREATE TRIGGER full BEFORE INSERT ON mail WHEN (SELECT count(*) FROM mail) > 4 "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END",
    )
    before = dump(folder)
    with pytest.raises(Exception, match="no room"):
        collector.invite(campaign, roster(folder, *people(10)))
    assert dump(folder) == before
    execute(folder, "DROP TRIGGER full")
    assert collector.invite(campaign, roster(folder, *people(10))).invited == 10


def test_two_imports_at_once_invite_everybody_once(collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = collector.open_campaign(order()).id
    path = roster(folder, *people(60))
    with collector_on(folder, clock) as other, ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda one: one.invite(campaign, path), [collector, other] * 4))
    assert sorted(report.invited for report in reports) == [0] * 7 + [60]
    assert rows(folder, "SELECT count(*), count(DISTINCT address) FROM contact") == [(60, 60)]
    assert collector.mails(campaign).mailed == 60


def test_no_address_stands_beside_its_hash(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    ((hashed,),) = rows(folder, "SELECT address_hash FROM invited")
    assert hashed == links.address_hashes((KEY,), LEA)[0]
    assert rows(folder, "SELECT count(*) FROM contact WHERE id = (SELECT address_hash FROM invited)") == [(0,)]


# -- letters -----------------------------------------------------------------------------------------------------------


def test_a_letter_says_it_in_text_and_in_html_with_a_link_that_works(
    collector: Collector, folder: Path, visitor: Client
) -> None:
    invited(collector, folder, LEA)
    assert collector.hand_over_mails() == 1
    (mail,) = written(folder)
    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]
    for kind in ("plain", "html"):
        words = part(mail, kind).replace("\u00a0", " ").replace("&nbsp;", " ")
        for said in ("CAP Cuisine", "CFA Médéric", "5 minutes", "23 janvier 2027", "Qui demande ?", "Pour quoi ?",
                     "est effacée dès que tu réponds", "Ne plus recevoir de mails"):  # fmt: skip
            assert said in words
    assert "<" not in part(mail, "plain")
    assert lands(visitor, link_in(mail))
    page = visitor.get("/r")
    assert page.status_code == 200
    assert "CAP Cuisine" in page.text


def test_its_headers_are_those_that_mail_programs_want(collector: Collector, folder: Path, clock: Clock) -> None:
    invited(collector, folder, LEA)
    collector.hand_over_mails()
    (mail,) = written(folder)
    assert mail["From"] == "Sirius <avis@sirius.exemple.fr>"
    assert mail["To"] == LEA
    assert mail["Subject"] == "Raconte ton apprentissage : CAP Cuisine"
    assert mail["Date"].datetime == clock()
    assert mail["Message-ID"].startswith("<")
    assert mail["Message-ID"].endswith("@sirius.exemple.fr>")
    assert mail["MIME-Version"] == "1.0"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"] == f"<{opt_out_in(mail)}>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert len(mail.keys()) == len(set(mail.keys()))
    assert mail.get_all("Cc", []) == mail.get_all("Bcc", []) == []
    assert "lea" not in mail["Message-ID"]


def test_it_says_that_it_is_written_in_french(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    collector.hand_over_mails()
    assert written(folder)[0]["Content-Language"] == "fr"


@pytest.mark.parametrize("public_url", ["http://127.0.0.1:8000", "https://" + "a-rather-long-name." * 9 + "exemple.fr"])
def test_the_address_to_stop_at_stands_on_one_line_as_it_is(folder: Path, clock: Clock, public_url: str) -> None:
    with collector_on(folder, clock, public_url=public_url) as collector:
        invited(collector, folder, LEA)
        collector.hand_over_mails()
    (path,) = (folder / "outbox").glob("*.eml")
    head = path.read_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
    (line,) = (line for line in head if line.lower().startswith(b"list-unsubscribe:"))
    assert line.startswith(f"List-Unsubscribe: <{public_url}/d/".encode())
    assert line.endswith(b">")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


def test_each_letter_has_a_link_and_a_name_of_its_own(collector: Collector, folder: Path) -> None:
    invited(collector, folder, *people(12))
    collector.hand_over_mails()
    mails = written(folder)
    assert len({link_in(mail) for mail in mails}) == 12
    assert len({opt_out_in(mail) for mail in mails}) == 12
    assert len({mail["Message-ID"] for mail in mails}) == 12


def test_the_database_never_holds_a_token(collector: Collector, folder: Path, clock: Clock) -> None:
    invited(collector, folder, LEA, NOE)
    deliver_for(collector, clock, 15)
    mails = written(folder)
    assert len(mails) == 6
    said = [dump(folder)]
    collector.record(link_in(mails_to(folder, LEA)[1]), FULL_ANSWER)
    said.append(dump(folder))
    for mail in mails:
        token = link_in(mail).rpartition("/")[2]
        assert not any(token in text for text in said)
        assert not any(token.encode() in path.read_bytes() for path in folder.glob("collector.db*"))


TITLES = {
    "newline": "CAP Cuisine\nBcc: espion@exemple.fr\n\nFaux corps",
    "carriage return": "CAP\r\nX-Faux: oui\r\n\r\n.\r\nQUIT",
    "separators": "CAP\u2028Cuisine\x0b\x0c\x1d\x85suite",
    "very long": "Brevet professionnel des métiers de la pâtisserie " * 100,
    "one very long word": "é" * 4000,
    "dots": ".\n..\n.caché\n.",
    "signs": "<b>CAP</b> & « Pâtisserie » “d'Ô” \U0001f950",
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES.keys())
def test_an_odd_title_breaks_neither_headers_nor_body(
    mailer: Collector, post: Post, folder: Path, visitor: Client, title: str
) -> None:
    campaign = mailer.open_campaign(order(title)).id
    mailer.invite(campaign, roster(folder, LEA))
    assert mailer.hand_over_mails() == 1
    (received,) = post.received
    mail = received.message
    assert set(mail.keys()) - {"Content-Language"} == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
        "MIME-Version", "Content-Type",
    }  # fmt: skip
    subject = str(mail["Subject"]).strip()
    assert subject.startswith("Raconte ton apprentissage : ")
    assert len(subject) <= 120
    assert all(len(line) <= 998 for line in received.content.split(b"\r\n"))
    assert b"\n" not in received.content.replace(b"\r\n", b"")
    assert b"\r" not in received.content.replace(b"\r\n", b"")
    assert lands(visitor, link_in(mail))
    assert opt_out_in(mail)
    assert part(mail, "plain").rstrip().endswith(opt_out_in(mail))


OFFICIAL_TITLES = (
    "DEUST sciences, technologies, santé spécialité production industrielle",
    "Mastère spécialisé systèmes d'informations localisées",
    "2nde pro réal. prod. imprimés & plurimédia opt.B productions imprimées",
    "Tle pro accompagn., soins & services à la personne opt. B en structure",
    "Technicien de centre de valorisation énergétique",
    "BP construction d'ouvrages du bâtiment en aluminium, verre",
    "l'électricité (CAP) : « Œuvre » d'art – 2e année",
)


@pytest.mark.parametrize("title", OFFICIAL_TITLES)
def test_the_subject_is_read_as_it_was_meant(title: str) -> None:
    mail = parsed(write_letter(letter_about(title), "Sirius <a@b.fr>", NOON).as_bytes())
    assert str(mail["Subject"]).strip() == f"Raconte ton apprentissage : {title}"


def test_lines_that_begin_with_a_dot_arrive_as_they_left(mailer: Collector, post: Post, folder: Path) -> None:
    campaign = mailer.open_campaign(order("Titre\n.caché\n..\n.\nfin")).id
    mailer.invite(campaign, roster(folder, LEA))
    mailer.hand_over_mails()
    (received,) = post.received
    assert "Titre\n.caché\n..\n.\nfin, CFA Médéric" in part(received.message, "plain").replace("\r\n", "\n")


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_the_text_part_spells_names_as_people_do(stage: int, collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = collector.open_campaign(
        order("Métiers de l'hôtellerie & du tourisme", "CFA de l'Isle-d'Abeau <Nord>")
    ).id
    collector.invite(campaign, roster(folder, LEA), every_days=1)
    deliver_for(collector, clock, 3)
    text = part(mails_to(folder, LEA)[stage - 1], "plain")
    assert "Métiers de l'hôtellerie & du tourisme, CFA de l'Isle-d'Abeau <Nord>" in text
    assert "&#39;" not in text
    assert "&amp;" not in text


def test_the_html_part_takes_names_for_words_not_for_html(collector: Collector, folder: Path) -> None:
    campaign = collector.open_campaign(order("<script>alert(1)</script>", '"><img src=x>')).id
    collector.invite(campaign, roster(folder, LEA))
    collector.hand_over_mails()
    html = part(written(folder)[0], "html")
    assert "<script" not in html
    assert "<img" not in html


def test_a_sender_with_an_accent_or_a_comma_in_its_name_is_written_as_it_should() -> None:
    for sender, name in (("Académie d'Orléans <a@b.fr>", "Académie d'Orléans"), ('"CFA, Lyon" <a@b.fr>', "CFA, Lyon")):
        mail = parsed(write_letter(letter_about("CAP"), sender, NOON).as_bytes())
        (address,) = mail["From"].addresses
        assert (address.display_name, address.addr_spec) == (name, "a@b.fr")


def test_no_letter_leaves_before_its_link_works(
    collector: Collector, folder: Path, clock: Clock, visitor: Client
) -> None:
    opens = clock().date() + timedelta(days=3)
    campaign = collector.open_campaign(order(opens=opens)).id
    collector.invite(campaign, roster(folder, LEA))
    collector.hand_over_mails()
    assert all(lands(visitor, link_in(mail)) for mail in written(folder))
    clock.moment += timedelta(days=3)
    collector.hand_over_mails()
    (mail,) = written(folder)
    assert lands(visitor, link_in(mail))


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


@contextmanager
def small_files() -> Iterator[None]:
    """A disk with room for a few hundred bytes a file; short, since the report of the tests is a file too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_leaves_no_half_of_a_mail(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Message-ID"] = "<1.2.3@exemple.fr>"
    message.set_content("mots " * 500)
    committed: list[int] = []
    with small_files(), pytest.raises(Unavailable):
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
            data_dir=folder, collector_database_url="", public_url=PUBLIC_URL, secret_keys=(KEY,), smtp_url=url,
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


# -- reminders ---------------------------------------------------------------------------------------------------------


def test_who_does_not_answer_is_reminded_twice_at_most(collector: Collector, folder: Path, clock: Clock) -> None:
    invited(collector, folder, LEA, every_days=5)
    moments: list[tuple[int, datetime]] = []
    for hours in [12] * 24 + [24] * 20:
        collector.hand_over_mails()
        moments += [(stage_of(mail), clock()) for mail in mails_to(folder, LEA)[len(moments) :]]
        clock.moment += timedelta(hours=hours)
    first = moments[0][1]
    assert moments == [(1, first), (2, first + timedelta(days=5)), (3, first + timedelta(days=10))]
    assert rows(folder, "SELECT * FROM mail") == []
    assert "dernier message" in part(mails_to(folder, LEA)[2], "html")


@pytest.mark.parametrize("reminders", [0, 1, 2])
def test_there_are_as_many_reminders_as_were_asked_for(
    collector: Collector, folder: Path, clock: Clock, reminders: int
) -> None:
    invited(collector, folder, LEA, reminders=reminders, every_days=1)
    deliver_for(collector, clock, 8)
    assert [stage_of(mail) for mail in mails_to(folder, LEA)] == list(range(1, reminders + 2))


@pytest.mark.parametrize("after", [1, 2])
def test_an_answer_stops_reminders_and_erases_the_address(
    collector: Collector, folder: Path, clock: Clock, after: int
) -> None:
    invited(collector, folder, LEA, NOE, every_days=7)
    deliver_for(collector, clock, 1 + 7 * (after - 1))
    collector.record(link_in(mails_to(folder, LEA)[-1]), FULL_ANSWER)
    assert LEA not in dump(folder)
    assert NOE in dump(folder)
    deliver_for(collector, clock, 30)
    assert len(mails_to(folder, LEA)) == after
    assert len(mails_to(folder, NOE)) == 3


def test_nothing_of_an_answer_leads_to_who_gave_it(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    ((contact,),) = rows(folder, "SELECT id FROM contact")
    collector.hand_over_mails()
    collector.record(link_in(mails_to(folder, LEA)[0]), FULL_ANSWER)
    assert contact not in dump(folder)
    assert rows(folder, "SELECT contact_id FROM invitation") == [(None,)]


@pytest.mark.parametrize("used", [0, 1, 2])
def test_a_person_with_three_links_answers_once(
    collector: Collector, folder: Path, clock: Clock, visitor: Client, used: int
) -> None:
    campaign = invited(collector, folder, LEA, every_days=7)
    deliver_for(collector, clock, 15)
    given = [link_in(mail) for mail in mails_to(folder, LEA)]
    assert all(lands(visitor, link) for link in given)
    collector.record(given[used], FULL_ANSWER)
    for link in given:
        if link == given[used]:
            assert lands(visitor, link)
            assert "Tu as déjà répondu" in visitor.get("/r").text
        else:
            page = visitor.get(path_of(link))
            assert page.status_code == 404
            assert "Ce lien ne mène à aucun questionnaire ouvert" in page.text
    assert LEA not in dump(folder)
    assert collector.progress(campaign).sent == len(collector.responses_after("")) == 1


def test_two_forms_open_behind_two_links_of_one_person_count_once(
    collector: Collector, folder: Path, clock: Clock, visitor: Client
) -> None:
    invited(collector, folder, LEA, every_days=7)
    deliver_for(collector, clock, 8)
    posts = []
    for mail in mails_to(folder, LEA):
        token = link_in(mail).rpartition("/")[2]
        visitor.post("/r", data={"jeton": token, "etape": "bilan", "satisfaction": "bien"})
        posts.append(("POST", "/r", {"data": {"jeton": token, "etape": "envoi"}}))
    visitor.at_once(*posts * 5)
    assert len(collector.responses_after("")) == 1
    assert LEA not in dump(folder)


def test_the_end_of_a_campaign_is_the_end_of_its_mails(collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = collector.open_campaign(order(days=10)).id
    collector.invite(campaign, roster(folder, LEA), every_days=7)
    deliver_for(collector, clock, 40)
    assert [stage_of(mail) for mail in mails_to(folder, LEA)] == [1, 2]
    assert rows(folder, "SELECT * FROM mail") == []


def test_a_campaign_closed_by_hand_writes_to_nobody_any_more(collector: Collector, folder: Path, clock: Clock) -> None:
    closed, due = invited(collector, folder, LEA), invited(collector, folder, NOE)
    assert collector.hand_over_mails(1) == 1
    for campaign in (closed, due):
        collector.close_campaign(campaign)
    deliver_for(collector, clock, 20)
    assert len(written(folder)) == 1
    assert rows(folder, "SELECT * FROM mail") == []


# -- stopping ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def whole(hub: Hub, open_campaign: Callable[..., str], tmp_path: Path) -> str:
    """On the whole service: a campaign whose invitations to two people have left; gives its id."""
    campaign = open_campaign()
    hub.collector.invite(campaign, roster(tmp_path, LEA, NOE))
    hub.collector.hand_over_mails()
    return campaign


@pytest.mark.usefixtures("whole")
def test_opening_the_page_fifty_times_changes_nothing(client: Client, tmp_path: Path) -> None:
    path = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    before = dump(tmp_path)
    for _ in range(50):
        for method in ("GET", "HEAD"):
            page = client.request(method, path)
            assert page.status_code == 200
            assert page.headers["referrer-policy"] == "no-referrer"
    assert dump(tmp_path) == before


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "cross-site"}, {"origin": "https://mail.exemple.com", "sec-fetch-site": "cross-site"}],
)
@pytest.mark.usefixtures("whole")
def test_one_click_of_a_mail_program_is_enough(
    client: Client, hub: Hub, clock: Clock, tmp_path: Path, headers: dict[str, str]
) -> None:
    path = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    done = client.post(path, content=b"List-Unsubscribe=One-Click", headers={**ONE_CLICK, **headers})
    assert done.status_code == 200
    assert "C'est noté" in done.text
    assert LEA not in dump(tmp_path)
    deliver_for(hub.collector, clock, 20)
    assert len(mails_to(tmp_path, LEA)) == 1
    assert len(mails_to(tmp_path, NOE)) == 3


@pytest.mark.usefixtures("whole")
def test_a_mail_program_may_post_it_as_a_multipart_form(client: Client, hub: Hub, clock: Clock, tmp_path: Path) -> None:
    path = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    done = client.post(path, content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert done.status_code == 200
    assert LEA not in dump(tmp_path)


@pytest.mark.usefixtures("whole")
def test_the_button_of_the_page_works(client: Client, tmp_path: Path) -> None:
    path = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    page = client.get(path)
    assert f'<form method="post" action="{path}">' in page.text
    headers = {"origin": "null", "sec-fetch-site": "same-origin"}
    done = client.post(path, data=hidden_fields(page.text), headers=headers)
    assert done.status_code == 200
    assert "C'est noté" in done.text
    assert LEA not in dump(tmp_path)
    assert NOE in dump(tmp_path)


@pytest.mark.usefixtures("whole")
def test_doing_it_again_changes_nothing_more(client: Client, clock: Clock, tmp_path: Path) -> None:
    path = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    first = client.post(path, content=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
    after = dump(tmp_path)
    clock.moment += timedelta(days=40)
    again = client.post(path, content=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert dump(tmp_path) == after


def test_an_unknown_address_gets_the_answer_of_a_known_one(client: Client, whole: str, tmp_path: Path) -> None:
    assert whole
    known = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    unknown = path_of(links.opt_out_link("", (KEY,), links.address_hashes((KEY,), "inconnu@exemple.fr")[0]))
    for method in ("GET", "POST"):
        answers = [client.request(method, path) for path in (known, unknown)]
        assert {answer.status_code for answer in answers} == {200}
        assert len({tuple(answer.headers.items()) for answer in answers}) == 1
        assert answers[0].text.replace(known, "") == answers[1].text.replace(unknown, "")


@pytest.mark.usefixtures("whole")
def test_a_forged_link_stops_nobody(client: Client, tmp_path: Path) -> None:
    path = path_of(opt_out_in(mails_to(tmp_path, LEA)[0]))
    address_hash, _, signature = path.removeprefix("/d/").partition(".")
    other = links.address_hashes((KEY,), NOE)[0]
    before = dump(tmp_path)
    foreign = path_of(links.opt_out_link("", ("z" * 40,), address_hash))
    common = links.common_link("", (KEY,), address_hash).removeprefix("/c/")
    for forged in (
        f"/d/{other}.{signature}",
        path[:-1],
        f"{path}x",
        "/d/x",
        f"/d/{address_hash}",
        foreign,
        f"/d/{common}",
    ):
        assert client.get(forged).status_code == 404
        assert client.post(forged, content=b"List-Unsubscribe=One-Click", headers=ONE_CLICK).status_code == 404
    assert dump(tmp_path) == before


def test_who_stopped_is_written_to_by_no_campaign(
    client: Client, hub: Hub, clock: Clock, tmp_path: Path, open_campaign: Callable[..., str], whole: str
) -> None:
    beside = open_campaign()
    hub.collector.invite(beside, roster(tmp_path, LEA, NOE))  # due, and will be dropped
    client.post(path_of(opt_out_in(mails_to(tmp_path, LEA)[0])))
    assert rows(tmp_path, "SELECT count(*) FROM mail") == [(2,)]
    assert LEA not in dump(tmp_path)
    later = open_campaign()
    report = hub.collector.invite(later, roster(tmp_path, LEA.upper(), NOE, ZOE))
    assert (report.invited, report.known, report.stopped) == (2, 0, 1)
    same = hub.collector.invite(whole, roster(tmp_path, LEA))
    assert same.invited == 0
    deliver_for(hub.collector, clock, 20)
    assert len(mails_to(tmp_path, LEA)) == 1
    assert len(mails_to(tmp_path, NOE)) == 9


def test_who_stopped_stays_so_after_a_new_key(folder: Path, clock: Clock) -> None:
    with collector_on(folder, clock) as before:
        invited(before, folder, LEA, NOE)
        before.hand_over_mails()
        Client(create_app(before)).post(path_of(opt_out_in(mails_to(folder, LEA)[0])))
    with collector_on(folder, clock, keys=(NEW_KEY, KEY)) as after:
        visitor = Client(create_app(after))
        assert visitor.post(path_of(opt_out_in(mails_to(folder, NOE)[0]))).status_code == 200
        later = after.open_campaign(order()).id
        report = after.invite(later, roster(folder, LEA, NOE, ZOE))
        assert (report.invited, report.stopped) == (1, 2)
        deliver_for(after, clock, 20)
    assert [len(mails_to(folder, one)) for one in (LEA, NOE, ZOE)] == [1, 1, 3]


def test_who_stopped_may_still_answer_and_their_answer_stays(
    collector: Collector, folder: Path, visitor: Client
) -> None:
    invited(collector, folder, LEA)
    collector.hand_over_mails()
    (mail,) = written(folder)
    visitor.post(path_of(opt_out_in(mail)))
    assert lands(visitor, link_in(mail))
    collector.record(link_in(mail), FULL_ANSWER)
    assert visitor.post(path_of(opt_out_in(mail))).status_code == 200
    assert len(collector.responses_after("")) == 1


def test_who_answered_may_still_stop_what_other_campaigns_would_send(
    collector: Collector, folder: Path, visitor: Client
) -> None:
    invited(collector, folder, LEA)
    collector.hand_over_mails()
    (mail,) = written(folder)
    collector.record(link_in(mail), FULL_ANSWER)
    visitor.post(path_of(opt_out_in(mail)))
    later = collector.open_campaign(order()).id
    assert collector.invite(later, roster(folder, LEA)).stopped == 1


# -- reports of failure ------------------------------------------------------------------------------------------------


def report(*recipients: dict[str, str], ending: str = "\r\n") -> bytes:
    """A delivery report (RFC 3464) about recipients, each with the fields of its block."""
    whole = Message()
    whole["From"] = "MAILER-DAEMON@poste.exemple.fr"
    whole["To"] = "avis@sirius.exemple.fr"
    whole["Subject"] = "Undelivered Mail Returned to Sender"
    whole["MIME-Version"] = "1.0"
    whole["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="limite"'
    words = EmailMessage()
    words.set_content("This is the mail system. I'm sorry to have to inform you…")
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    about = Message()
    about["Reporting-MTA"] = "dns; poste.exemple.fr"
    status.attach(about)
    for fields in recipients:
        block = Message()
        for name, value in fields.items():
            block[name] = value
        status.attach(block)
    returned = EmailMessage()
    original = EmailMessage()
    original["Subject"] = "Raconte ton apprentissage"
    original.set_content("Bonjour")
    returned.set_content(original)
    for one in (words, status, returned):
        whole.attach(one)
    return whole.as_bytes(policy=SMTP.clone(linesep=ending))


def failed(address: str, **others: str) -> dict[str, str]:
    block = {"Final-Recipient": f"rfc822; {address}", "Action": "failed", "Status": "5.1.1"}
    return block | {name.replace("_", "-"): value for name, value in others.items()}


def test_a_report_of_failure_stops_reminders(collector: Collector, folder: Path, clock: Clock) -> None:
    campaign = invited(collector, folder, LEA, NOE)
    collector.hand_over_mails()
    assert collector.note_bounces(report(failed(LEA))) == 1
    assert collector.mails(campaign).bounced == 1
    assert collector.note_bounces(report(failed(LEA))) == 0  # noted already
    deliver_for(collector, clock, 20)
    assert len(mails_to(folder, LEA)) == 1
    assert len(mails_to(folder, NOE)) == 3
    assert collector.invite(campaign, roster(folder, LEA)).known == 1


@pytest.mark.parametrize(
    "block",
    [failed(LEA), failed(LEA.upper()), failed(f"<{LEA}>"), failed(LEA, Status="5.2.1 (mailbox disabled)"),
     failed(LEA, Action="Failed"), {"Final-Recipient": f"RFC822;{LEA}", "Action": "failed", "Status": "5.0.0"},
     failed("alias@ailleurs.exemple.fr", Original_Recipient=f"rfc822;{LEA}"),
     failed(LEA, Diagnostic_Code="smtp; 550 5.1.1 User unknown")],
)  # fmt: skip
def test_failures_are_read_in_the_words_of_many_servers(
    collector: Collector, folder: Path, block: dict[str, str]
) -> None:
    for ending in ("\r\n", "\n"):
        invited(collector, folder, LEA, NOE)
        assert collector.note_bounces(report(block, ending=ending)) == 1


def test_a_report_may_be_about_several_people_and_campaigns(collector: Collector, folder: Path) -> None:
    first, second = invited(collector, folder, LEA, NOE), invited(collector, folder, LEA)
    blocks = [failed(LEA), failed(NOE, Action="delayed", Status="4.4.1"), failed(ZOE)]
    assert collector.note_bounces(report(*blocks)) == 2
    assert (collector.mails(first).bounced, collector.mails(second).bounced) == (1, 1)


@pytest.mark.parametrize(
    "block",
    [failed(LEA, Action="delayed", Status="4.4.1"), failed(LEA, Action="delivered", Status="2.0.0"),
     failed(LEA, Action="relayed", Status="2.1.9"), failed(LEA, Status="4.2.2")],
)  # fmt: skip
def test_a_delay_stops_nothing(collector: Collector, folder: Path, clock: Clock, block: dict[str, str]) -> None:
    invited(collector, folder, LEA)
    collector.hand_over_mails()
    assert collector.note_bounces(report(block)) == 0
    deliver_for(collector, clock, 20)
    assert len(mails_to(folder, LEA)) == 3


def test_any_other_mail_gives_nothing(collector: Collector, folder: Path) -> None:
    invited(collector, folder, LEA)
    away = EmailMessage()
    away["Subject"] = "Absence"
    away.set_content(f"Final-Recipient: rfc822; {LEA}\nAction: failed\nStatus: 5.1.1\n")
    empty = b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n--x--"
    odd = [b"", b"\x00\xff" * 50, b"Content-Type: message/delivery-status\n\n", empty, away.as_bytes(), report(),
           report({}), report({"Action": "failed", "Status": "5.1.1"}), report(failed("")),
           report(failed(";"))]  # fmt: skip
    assert [collector.note_bounces(one) for one in odd] == [0] * len(odd)
    assert rows(folder, "SELECT state FROM contact") == [("active",)]
