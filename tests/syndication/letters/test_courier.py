"""The hub's own mails: written when they leave, sent once, by a real server or as files, whatever breaks meanwhile."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import text

from collector.door import Transport, wait_after
from collector.mailing.round import FIRST_WAIT, LONGEST_WAIT
from syndication import worker
from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.context import Hub
from syndication.database import writing
from syndication.letters import store
from syndication.letters.compose import one_line, quoted, write
from syndication.letters.courier import LINKS_ALIVE, Courier
from syndication.letters.kinds import KINDS
from tests.collector.post import DROP, Fault, Post, parsed, written
from tests.helpers import Client, Clock

LEA, NOE = "lea@exemple.fr", "noe@exemple.fr"
LINK = re.compile(r"http://127\.0\.0\.1:8000(/connexion/[\w-]{32})")
NEWS = {"centre": "CFA Exemple", "name": "Zoé", "email": "zoe@cfa.fr", "message": "Bonjour"}


@pytest.fixture
def post() -> Iterator[Post]:
    running = Post()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def nothing_told(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens in this file, no log of ours holds an address or a link."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("mail.log").setLevel(logging.NOTSET)
    for record in caplog.get_records("call"):
        if record.name.startswith("sirius"):
            said = logging.Formatter("%(message)s").format(record)
            assert "exemple.fr" not in said
            assert "/connexion/" not in said.replace("/connexion/{token}", "")  # the route alone


def know(hub: Hub, email: str = LEA, role: str = "admin") -> int:
    with writing(hub.engine).begin() as connection:
        return accounts.grant(connection, Grant(email, role), "essai", hub.clock())


def owe(hub: Hub, kind: str, address: str = LEA, once: str | None = None, **data: Any) -> bool:
    with writing(hub.engine).begin() as connection:
        return store.owe(connection, kind, address, data, hub.clock(), once)


def courier(hub: Hub, post: Post | None = None, transport: Callable[[], Transport] | None = None) -> Courier:
    """A courier that hands over to files, to a server, or to a transport of the test's own."""
    if transport is None and post is not None:
        settings = hub.settings.collector.model_copy(
            update={"smtp_url": post.url(), "mail_from": "Sirius <avis@sirius.exemple.fr>"}
        )
        hub.collector.settings = settings
    made = worker.letter_courier(hub)
    return replace(made, transport=transport) if transport else made


def states(hub: Hub) -> list[str]:
    with hub.engine.connect() as connection:
        return list(connection.execute(text("SELECT state FROM letter ORDER BY id")).scalars())


def mails(hub: Hub) -> list[EmailMessage]:
    return written(hub.settings.data_dir)


def link_of(mail: EmailMessage) -> str:
    found = LINK.search(mail.get_content())
    assert found is not None
    return found[1]


def test_a_link_is_made_when_its_mail_leaves_and_works_a_quarter_of_an_hour(
    hub: Hub, client: Client, clock: Clock
) -> None:
    know(hub)
    owe(hub, "connexion", lands="/moderation/acces")
    clock.moment += timedelta(hours=3)
    with hub.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sign_in_link")).scalar() == 0
    assert courier(hub).hand_over().left == 1
    (mail,) = mails(hub)
    assert (mail["To"], mail["Auto-Submitted"], mail["List-Unsubscribe"]) == (LEA, "auto-generated", None)
    path = link_of(mail)
    clock.moment += timedelta(minutes=14)
    assert client.get(path).status_code == 200
    clock.moment += timedelta(minutes=2)
    assert client.get(path).status_code == 404
    assert states(hub) == []


def test_it_leaves_by_a_real_server(hub: Hub, client: Client, post: Post) -> None:
    know(hub)
    owe(hub, "connexion")
    assert courier(hub, post).hand_over().left == 1
    (received,) = post.received
    assert (received.sender, received.recipient) == ("avis@sirius.exemple.fr", LEA)
    assert received.message["Content-Language"] == "fr"
    assert client.post(link_of(received.message)).headers["location"] == "/moderation"


def test_nothing_leaves_for_who_is_unknown_or_may_open_nothing(hub: Hub) -> None:
    know(hub)
    with writing(hub.engine).begin() as connection:
        (access,) = accounts.people_with(connection, "admin")[0].accesses
        accounts.end_access(connection, access.id, "essai", hub.clock())
    owe(hub, "connexion")
    owe(hub, "connexion", "personne@exemple.fr")
    owe(hub, "demande_recue", **NEWS)
    assert courier(hub).hand_over().left == 0
    assert (mails(hub), states(hub)) == ([], [])


def test_no_more_than_three_links_are_alive(hub: Hub, clock: Clock) -> None:
    know(hub)
    for _ in range(LINKS_ALIVE + 4):
        owe(hub, "connexion")
    assert courier(hub).hand_over().left == LINKS_ALIVE
    assert states(hub) == []
    clock.moment += timedelta(minutes=16)
    owe(hub, "connexion")
    assert courier(hub).hand_over().left == 1


def test_who_stopped_a_kind_of_mail_gets_it_no_more_even_when_it_was_owed_before(hub: Hub) -> None:
    person = know(hub)
    owe(hub, "demande_recue", **NEWS)
    with writing(hub.engine).begin() as connection:
        store.set_stopped(connection, person, "demande_recue", stopped=True)
    assert courier(hub).hand_over().left == 0
    assert (mails(hub), states(hub)) == ([], [])
    owe(hub, "connexion")
    assert courier(hub).hand_over().left == 1


def test_a_mail_that_can_be_stopped_says_how_and_one_click_does_it(hub: Hub, client: Client) -> None:
    person = know(hub)
    owe(hub, "demande_recue", **NEWS)
    courier(hub).hand_over()
    (mail,) = mails(hub)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip("<>")
    assert mail.get_content().count(address) == 1
    path = address.removeprefix("http://127.0.0.1:8000")
    assert LEA not in path
    for _ in range(50):
        page = client.get(path)
        assert client.request("HEAD", path).status_code == 200
    assert "Un centre demande à participer" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not stopped(hub, person)
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert stopped(hub, person) == ("demande_recue",)
    for forged in (path[:-1] + ("A" if path[-1] != "A" else "B"), "/mails/x"):
        assert client.post(forged).status_code == 404


def stopped(hub: Hub, person_id: int) -> tuple[str, ...]:
    with hub.engine.connect() as connection:
        known = accounts.person(connection, person_id)
    assert known is not None
    return known.stopped


def test_the_same_news_are_not_owed_twice_not_even_once_they_left(hub: Hub, clock: Clock) -> None:
    know(hub)
    assert owe(hub, "demande_recue", once="une", **NEWS)
    assert not owe(hub, "demande_recue", once="une", **NEWS)
    courier(hub).hand_over()
    assert not owe(hub, "demande_recue", once="une", **NEWS)
    with hub.engine.connect() as connection:
        left = connection.execute(text("SELECT state, address, CAST(data AS VARCHAR) FROM letter")).all()
        assert left == [("left", "", "{}")]
        assert store.count_waiting(connection) == 0
    clock.moment += timedelta(days=61)
    assert worker.forget_letters(hub) == 1
    assert states(hub) == []


def test_an_unknown_kind_is_refused_at_once(hub: Hub) -> None:
    with pytest.raises(KeyError):
        owe(hub, "reclame")


@pytest.mark.parametrize("step", ["connect", "MAIL", "RCPT", "DATA", "end"])
def test_a_server_that_fails_keeps_mails_waiting_and_no_link_works_that_nobody_has(
    hub: Hub, post: Post, clock: Clock, step: str
) -> None:
    know(hub)
    owe(hub, "connexion")
    post.fault = Fault(step, "451 4.3.0 later" if step in {"MAIL", "RCPT", "DATA", "end"} else DROP, keeps=False)
    courier(hub, post).hand_over()
    assert states(hub) == ["due"]
    with hub.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sign_in_link")).scalar() == 0
    post.fault = None
    assert courier(hub, post).hand_over().left == 0  # not before its time
    clock.moment += timedelta(seconds=2 * FIRST_WAIT)
    assert courier(hub, post).hand_over().left == 1


def test_a_mail_that_may_have_left_is_sent_again_when_it_opens_a_door_and_never_when_it_is_news(
    hub: Hub, post: Post, clock: Clock
) -> None:
    know(hub)
    owe(hub, "connexion")
    owe(hub, "demande_recue", **NEWS)
    post.fault = Fault("end", DROP, times=2)
    for _ in range(3):
        courier(hub, post).hand_over()
        clock.moment += timedelta(minutes=5)
    subjects = [mail.message["Subject"] for mail in post.received]
    assert sorted(one.partition(":")[0].strip() for one in subjects) == [
        "Une demande pour rejoindre Sirius", "Votre lien de connexion à Sirius", "Votre lien de connexion à Sirius",
    ]  # fmt: skip
    assert states(hub) == []


def test_an_address_that_does_not_exist_is_tried_no_more(hub: Hub, post: Post) -> None:
    know(hub)
    owe(hub, "connexion")
    post.fault = Fault("RCPT", "550 5.1.1 unknown")
    courier(hub, post).hand_over()
    assert states(hub) == []


def test_what_cannot_leave_is_given_up_in_the_end(hub: Hub, post: Post, clock: Clock) -> None:
    know(hub)
    owe(hub, "connexion")
    post.fault = Fault("RCPT", "450 4.2.0 greylisted")
    for _ in range(KINDS["connexion"].tries):
        assert states(hub) == ["due"]
        courier(hub, post).hand_over()
        clock.moment += timedelta(hours=8)
    assert states(hub) == []


class Dying:
    """A way out on which the process dies: before the mail is marked as leaving, or after."""

    def __init__(self, after: bool) -> None:
        self._after = after

    def hand(self, message: EmailMessage, recipient: str, commit: Callable[[], None]) -> None:
        if self._after:
            commit()
        raise KeyboardInterrupt

    def close(self) -> None:
        return None


@pytest.mark.parametrize(
    ("after", "kind", "again"),
    [(False, "connexion", 1), (False, "demande_recue", 1), (True, "connexion", 1), (True, "demande_recue", 0)],
)
def test_a_process_that_dies_loses_nothing_before_and_repeats_no_news_after(
    hub: Hub, clock: Clock, after: bool, kind: str, again: int
) -> None:
    know(hub)
    owe(hub, kind, **NEWS)
    with pytest.raises(KeyboardInterrupt):
        courier(hub, transport=lambda: Dying(after)).hand_over()
    assert states(hub) == ["handing" if after else "claimed"]
    assert courier(hub).hand_over().left == 0  # somebody may still be at it
    clock.moment += store.LEASE + timedelta(seconds=1)
    assert courier(hub).hand_over().left == again
    assert states(hub) == []


def test_two_couriers_send_each_mail_once(hub: Hub) -> None:
    for number in range(8):
        know(hub, f"n{number}@exemple.fr")
        owe(hub, "connexion", f"n{number}@exemple.fr")
    first, second = courier(hub), courier(hub)
    left = [one.hand_over(1).left for one in (first, second) * 4]
    assert (sum(left), len({mail["To"] for mail in mails(hub)}), len(mails(hub))) == (8, 8, 8)


def test_links_leave_before_news(hub: Hub) -> None:
    know(hub)
    for _ in range(3):
        owe(hub, "demande_recue", **NEWS)
    owe(hub, "connexion")
    courier(hub).hand_over(1)
    assert [mail["Subject"] for mail in mails(hub)] == ["Votre lien de connexion à Sirius"]


def test_a_mail_that_cannot_be_written_is_put_off_and_keeps_no_other_waiting(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    know(hub)
    owe(hub, "demande_recue")  # without what its template tells
    owe(hub, "demande_recue", **NEWS)
    assert courier(hub).hand_over().left == 1
    assert "a mail could not be written" in caplog.text
    assert states(hub) == ["due"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in {"connexion", "invitation", "confirmation",
                                  "demande_recue", "demande_acceptee", "demande_refusee"}])  # fmt: skip
def test_each_template_gives_a_subject_and_a_body_in_the_french_way(kind: str) -> None:
    data = {**NEWS, "where": "CFA", "by": "Léa", "reason": "Non", "link": "L", "public_url": "U"}
    subject, body = write(kind, data, "S" if KINDS[kind].stoppable else "")
    assert 10 < len(subject) < 100
    assert body.startswith("Bonjour,")
    assert not re.search(r"[\w»] [:;?!]", subject + body)
    assert "« " not in body
    assert (body.count("\nS\n") == 1) == KINDS[kind].stoppable


def test_what_somebody_typed_cannot_pass_for_more_than_it_is() -> None:
    data = {**NEWS, "name": "Zoé\nSubject: autre\n\nAcceptez", "message": "un\nLien : http://x"}
    subject, body = write("demande_recue", {**data, "centre": "A\r\nBcc: x@y.fr", "public_url": "U"}, "S")
    assert "\n" not in subject
    assert "\nSubject" not in body
    assert "> Lien : http://x" in body
    assert one_line("a \n b") == "a b"
    assert quoted("a\n\nb") == "> a\n>\n> b"


def test_waits_double_up_to_some_hours() -> None:
    assert [wait_after(n) for n in (0, 1)] == [
        pytest.approx(FIRST_WAIT, rel=0.2), pytest.approx(2 * FIRST_WAIT, rel=0.2),
    ]  # fmt: skip
    assert wait_after(1000) <= LONGEST_WAIT * 1.2


def test_sign_in_links_are_kept_as_hashes_alone(hub: Hub) -> None:
    know(hub)
    owe(hub, "connexion")
    courier(hub).hand_over()
    token = link_of(mails(hub)[0]).rpartition("/")[2]
    with hub.engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT token_hash FROM sign_in_link")).scalars()
    assert kept == signin.hashed(token) != token


def test_files_are_mails_that_any_program_reads(hub: Hub) -> None:
    know(hub)
    owe(hub, "connexion")
    courier(hub).hand_over()
    (path,) = (hub.settings.data_dir / "outbox").glob("*.eml")
    assert path.stat().st_mode & 0o077 == 0
    assert parsed(path.read_bytes())["Subject"] == "Votre lien de connexion à Sirius"
