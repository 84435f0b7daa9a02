"""What a letter says, and how it stands in a mailbox."""

from datetime import timedelta
from pathlib import Path

import pytest

from collector.door import Collector
from collector.mailing.letters import Letter, write_letter
from collector.records import Campaign
from tests.collector.post import (
    LEA,
    NOE,
    Post,
    collector_on,
    deliver_for,
    dump,
    invited,
    lands,
    link_in,
    mails_to,
    opt_out_in,
    order,
    parsed,
    part,
    people,
    roster,
    written,
)
from tests.helpers import FULL_ANSWER, NOON, Client, Clock


def letter_about(title: str) -> Letter:
    campaign = Campaign("x", "50022146", title, "uai:0751234J", "CFA", NOON.date(), NOON.date(), None, 0, "2026-1")
    return Letter(campaign, 1, LEA, "http://127.0.0.1:8000/r/x", "http://127.0.0.1:8000/d/x")


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
