"""Who wants no more mail, and whose address fails."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage, Message
from email.policy import SMTP
from pathlib import Path

import pytest

from collector import links
from collector.app import create_app
from collector.door import Collector
from syndication.context import Hub
from tests.collector.post import (
    KEY,
    LEA,
    NEW_KEY,
    NOE,
    ZOE,
    collector_on,
    deliver_for,
    dump,
    invited,
    lands,
    link_in,
    mails_to,
    opt_out_in,
    order,
    path_of,
    roster,
    rows,
    written,
)
from tests.helpers import FULL_ANSWER, Client, Clock, hidden_fields

ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}


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
        named = [{**answer.headers, "x-request-id": ""} for answer in answers]  # that name is of the request
        assert named[0] == named[1]
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
