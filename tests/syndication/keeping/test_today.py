"""A restored day brought to today: what was taken back since stays so, and nobody is written to twice."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from collector import links
from collector import models as collected
from collector.database import table as collected_table
from collector.door import Ledger, LedgerError, ledger_files
from syndication import models, worker
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.database import table, writing
from syndication.errors import KeepingError
from syndication.keeping.restore import Wish, restore
from syndication.letters import store as letters
from syndication.settings import Settings
from tests.collector.post import LEA, NOE, ZOE, roster
from tests.conftest import KEY
from tests.helpers import Client
from tests.syndication.keeping.house import TEXT, House, Places, counted, quiet
from tests.syndication.test_desk import signed_in
from tests.syndication.test_publication import publish_everything

MAIL, CONTACT = collected_table(collected.Mail), collected_table(collected.Contact)
LETTER = table(models.Letter)


@pytest.fixture
def seven(house: House) -> list[str]:
    """Tokens of seven people whose texts are published."""
    tokens = house.answer(7)
    publish_everything(house.hub)
    house.work()
    return tokens


def elsewhere(house: House) -> Path:
    """The ledger as another disk kept it."""
    copy = house.folder.parent / "autre-disque" / "retraits"
    copy.parent.mkdir(exist_ok=True)
    for name, file in house.hub.collector.ledger.files.items():
        if file.exists():
            shutil.copy(file, ledger_files(copy)[name])
    return copy


def test_what_authors_took_back_since_does_not_come_back(
    house: House, places: Places, tmp_path: Path, seven: list[str]
) -> None:
    house.back_up(tmp_path / "hier")
    house.withdraw(seven[0])
    house.withdraw(seven[1], TEXT)
    house.work()
    today = house.exported()
    wish = Wish((elsewhere(house),))
    with house.restored(places.new(), tmp_path / "hier", wish) as (other, told):
        assert (told.later, told.done.again.responses, told.done.again.texts) == (True, 1, 1)
        assert other.respondents() == 6
        exported = other.exported()
        assert sorted(exported["verbatim"].splitlines()) == sorted(today["verbatim"].splitlines())
        everything = str(exported)
        for gone in (f"Premier texte de {seven[0]}", f"Second texte de {seven[0]}", f"Premier texte de {seven[1]}"):
            assert gone not in everything
            assert gone not in str(other.texts("publie"))
        assert f"Second texte de {seven[1]}" in everything
        assert "Tu as retiré tes réponses" in other.page(seven[0])
        assert f"Premier texte de {seven[1]}" not in other.page(seven[1])
        assert {line.kind for line in other.hub.collector.ledger.read()} == {"response", "text"}
        other.back_up(tmp_path / "aujourd'hui")
    with house.restored(places.new(), tmp_path / "aujourd'hui") as (third, _):
        assert third.respondents() == 6


def test_the_ledger_of_the_folder_of_data_is_taken_by_itself(house: House, tmp_path: Path, seven: list[str]) -> None:
    house.back_up(tmp_path / "hier")
    house.withdraw(seven[0])
    house.work()
    house.close()
    with house.restored(house.settings, tmp_path / "hier", Wish(replace=True)) as (again, told):
        assert told.later
        assert again.respondents() == 6


def test_without_a_later_ledger_it_is_said_that_nothing_is_known(
    house: House, places: Places, tmp_path: Path, seven: list[str]
) -> None:
    house.withdraw(seven[6])
    house.work()
    house.back_up(tmp_path / "hier")
    house.withdraw(seven[0])
    with house.restored(places.new(), tmp_path / "hier") as (other, told):
        assert not told.later
        assert other.respondents() == 6
        assert [line.kind for line in other.hub.collector.ledger.read()] == ["response", "gap"]
    again = Wish(replace=True)
    with house.restored(other.settings, tmp_path / "hier", again) as (_, told):  # whose ledger began after that day
        assert not told.later
    with house.restored(
        other.settings, tmp_path / "hier", replace(again, ledgers=(house.hub.collector.ledger.path,))
    ) as (other, told):
        assert (told.later, other.respondents()) == (True, 5)
    house.clock.moment += timedelta(days=1)
    other.back_up(tmp_path / "aujourd'hui")
    with house.restored(other.settings, tmp_path / "aujourd'hui", again) as (_, told):
        assert told.later


def test_several_hosts_give_each_its_ledger(house: House, places: Places, tmp_path: Path, seven: list[str]) -> None:
    house.back_up(tmp_path / "hier")
    hosts = []
    for number, token in enumerate(seven[:2]):
        house.withdraw(token)
        hosts.append(house.folder.parent / f"hote{number}")
        shutil.move(house.hub.collector.ledger.path, hosts[-1])
    with house.restored(places.new(), tmp_path / "hier", Wish(tuple(hosts))) as (_, told):
        assert told.done.again.responses == 2
    assert house.hub.collector.complete_ledger() == 2  # the host of the background work has them all


def test_lines_of_a_ledger_that_cannot_be_read_are_told(
    house: House, places: Places, tmp_path: Path, seven: list[str]
) -> None:
    house.back_up(tmp_path / "hier")
    for token in seven[:3]:
        house.withdraw(token)
    head, first, *others = house.hub.collector.ledger.path.read_text().splitlines()
    (tmp_path / "abime").write_text("\n".join([head, first.replace("mark", "mXrk"), *others]))
    with house.restored(places.new(), tmp_path / "hier", Wish((tmp_path / "abime",))) as (_, told):
        assert (told.damaged, told.done.again.responses) == (1, 2)
    with house.restored(places.new(), tmp_path / "hier", Wish((house.hub.collector.ledger.path,))) as (_, told):
        assert (told.damaged, told.done.again.responses) == (0, 3)


def test_a_ledger_that_is_none_is_refused_before_anything_is_touched(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.back_up(tmp_path / "hier")
    (tmp_path / "autre").write_text("bonjour\n")
    for wrong in ("autre", "absent"):
        target = places.new()
        with pytest.raises(LedgerError):
            restore(target, tmp_path / "hier", Wish((tmp_path / wrong,)), house.clock, quiet)
        assert not list(target.data_dir.iterdir())


def test_what_was_marked_with_a_key_that_is_not_there_is_not_forgotten_in_silence(
    house: House, places: Places, tmp_path: Path, seven: list[str]
) -> None:
    house.back_up(tmp_path / "hier")
    later = Ledger(tmp_path / "retraits", lambda: ("n" * 40, KEY))
    (answer, *_) = house.hub.collector.responses_after("")
    later.note("response", answer.id, house.clock().date().isoformat())
    with pytest.raises(KeepingError, match="marquées d'une clé qui n'est pas là"):
        restore(places.new(), tmp_path / "hier", Wish((later.path,)), house.clock, quiet)
    with house.restored(places.new(), tmp_path / "hier", Wish((later.path,), other_keys=True)) as (_, told):
        assert told.done.again.responses == 0
    with house.restored(keyed(places.new(), "n" * 40, KEY), tmp_path / "hier", Wish((later.path,))) as (_, told):
        assert told.done.again.responses == 1


def keyed(settings: Settings, *keys: str) -> Settings:
    return replace(settings, collector=settings.collector.model_copy(update={"secret_keys": keys}))


# -- keys --------------------------------------------------------------------------------------------------------------


def test_keys_of_the_folder_come_along_and_links_open(house: House, places: Places, tmp_path: Path) -> None:
    own = House(keyed(house.settings), house.clock)
    (made,) = own.settings.keys()
    campaign = own.campaign()
    link = own.hub.collector.common_link(campaign).removeprefix(own.settings.public_url)
    own.back_up(tmp_path / "avec")
    own.back_up(tmp_path / "sans", with_keys=False)
    own.close()
    assert made not in (tmp_path / "avec" / "manifeste.json").read_text()
    target = keyed(places.new())
    target.data_dir.mkdir()
    (there,) = target.keys()
    with house.restored(target, tmp_path / "avec") as (other, _):
        assert other.settings.keys() == (made, there)
        assert other.browser.get(link).status_code == 200
    bare = keyed(places.new())
    with pytest.raises(KeepingError, match="clés de cette sauvegarde"):
        restore(bare, tmp_path / "sans", Wish(), house.clock, quiet)
    with house.restored(bare, tmp_path / "sans", Wish(other_keys=True)) as (other, _):
        assert other.browser.get(link).status_code == 404
    with house.restored(keyed(places.new(), made), tmp_path / "sans") as (other, _):
        assert other.browser.get(link).status_code == 200


def test_keys_given_by_the_environment_are_their_owner_s_to_keep(house: House, tmp_path: Path) -> None:
    told = house.back_up(tmp_path / "sauvegarde")
    assert "secret_keys" not in told.files
    whole = b"".join(path.read_bytes() for path in (tmp_path / "sauvegarde").rglob("*") if path.is_file())
    assert house.settings.keys()[0].encode() not in whole


# -- mails -------------------------------------------------------------------------------------------------------------


def stages(house: House) -> list[tuple[str, int, str]]:
    """Mails of the outbox: address, stage, state."""
    query = select(CONTACT.c.address, MAIL.c.stage, MAIL.c.state).join(CONTACT, CONTACT.c.id == MAIL.c.contact_id)
    with house.hub.collector._engine.connect() as connection:
        rows = connection.execute(query.order_by(CONTACT.c.address, MAIL.c.stage))
        return [(row.address, row.stage, row.state) for row in rows]


def mails(house: House) -> int:
    return len(list((house.folder / "outbox").glob("*.eml")))


def test_mails_that_were_due_and_may_have_left_are_not_sent_again(house: House, places: Places, tmp_path: Path) -> None:
    campaign = house.campaign()
    house.hub.collector.invite(campaign, roster(tmp_path, LEA, NOE), every_days=7)
    house.back_up(tmp_path / "hier")
    assert house.hub.collector.hand_over_mails() == 2
    house.clock.moment += timedelta(days=8)
    assert house.hub.collector.hand_over_mails() == 2  # their first reminders
    with house.restored(places.new(), tmp_path / "hier") as (other, told):
        assert told.done.uncertain == 4
        assert stages(other) == [
            (who, stage, state) for who in (LEA, NOE)
            for stage, state in ((1, "uncertain"), (2, "uncertain"), (3, "due"))
        ]  # fmt: skip
        assert other.hub.collector.hand_over_mails() == 0
        other.clock.moment += timedelta(days=7)
        assert other.hub.collector.hand_over_mails() == 2
        assert other.hub.collector.mails(campaign).uncertain == 4


def test_mails_that_were_due_leave_when_it_is_said_that_none_has(house: House, places: Places, tmp_path: Path) -> None:
    house.hub.collector.invite(house.campaign(), roster(tmp_path, LEA, NOE))
    house.back_up(tmp_path / "hier")
    with house.restored(places.new(), tmp_path / "hier", Wish(mails_left=False)) as (other, told):
        assert told.done.uncertain == 0
        assert other.hub.collector.hand_over_mails() == 2


def test_who_wanted_no_more_mail_since_gets_none_and_is_not_invited_again(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.hub.collector.invite(house.campaign(), roster(tmp_path, LEA, NOE), every_days=7)
    house.hub.collector.hand_over_mails()
    house.back_up(tmp_path / "hier")
    stop(house, LEA)
    with house.restored(places.new(), tmp_path / "hier", Wish((elsewhere(house),))) as (other, told):
        assert told.done.again.opt_outs == 1
        other.clock.moment += timedelta(days=8)
        assert other.hub.collector.hand_over_mails() == 1
        assert LEA not in str(stages(other))
        again = other.hub.collector.invite(other.campaign(), roster(tmp_path, LEA, ZOE))
        assert (again.invited, again.stopped) == (1, 1)


def stop(house: House, address: str) -> None:
    """Click what stops mails."""
    keys = house.settings.keys()
    path = links.opt_out_link("", keys, links.address_hashes(keys, address)[0])
    assert house.browser.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_campaign_closed_by_hand_since_stays_closed(house: House, places: Places, tmp_path: Path) -> None:
    campaign = house.campaign()
    house.back_up(tmp_path / "hier")
    house.hub.collector.close_campaign(campaign)
    with house.restored(places.new(), tmp_path / "hier", Wish((elsewhere(house),))) as (other, told):
        assert told.done.again.campaigns == 1
        followed = other.hub.collector.follow([campaign])[campaign]
        assert followed.ended_on == other.clock().date()


def test_what_is_past_its_time_is_erased_before_anybody_is_served(house: House, places: Places, tmp_path: Path) -> None:
    house.hub.collector.invite(house.campaign(days=10), roster(tmp_path, LEA, NOE))
    house.hub.collector.hand_over_mails()
    stop(house, NOE)
    house.back_up(tmp_path / "jadis")
    house.clock.moment += timedelta(days=130)
    target = places.new()
    told = restore(target, tmp_path / "jadis", Wish(), house.clock, quiet)
    assert told.done.purged.contacts == 2
    rows = counted(target)["collector"]
    assert (rows["contact"], rows["mail"], rows["invited"], rows["opt_out"]) == (0, 0, 0, 1)


def signed(house: House, address: str, role: str) -> Client:
    return signed_in(house.hub, house.browser._app, Grant(address, role, None))


def test_news_that_were_due_count_as_sent_but_never_an_alert(house: House, places: Places, tmp_path: Path) -> None:
    signed(house, "ana@exemple.fr", "moderator")
    with writing(house.hub.engine).begin() as connection:
        letters.owe(connection, "file", "ana@exemple.fr", {}, house.clock(), "file:1")
        letters.owe(connection, "alerte", "ana@exemple.fr", {}, house.clock(), "alerte:1")
    house.back_up(tmp_path / "hier")
    house.clock.moment += timedelta(days=1)
    with house.restored(places.new(), tmp_path / "hier") as (other, told):
        assert told.done.letters >= 1
        with other.hub.engine.connect() as connection:
            due = connection.execute(select(LETTER.c.kind).where(LETTER.c.state != "left")).scalars().all()
        assert due == ["alerte"]
        worker.owe_letters(other.hub)
        with other.hub.engine.connect() as connection:
            assert letters.count_waiting(connection) == 1


def test_kinds_of_mail_stopped_since_stay_stopped_and_those_taken_up_come(
    house: House, places: Places, tmp_path: Path
) -> None:
    browser = signed(house, "ana@exemple.fr", "moderator")
    choose(browser, "arreter", "file")
    house.back_up(tmp_path / "hier")
    with house.restored(places.new(), tmp_path / "hier") as (other, _):
        assert stopped(other) == ["file"]
    choose(browser, "reprendre", "file")
    with house.restored(places.new(), tmp_path / "hier", Wish((elsewhere(house),))) as (other, _):
        assert stopped(other) == []
    choose(browser, "arreter", "file")
    with house.restored(places.new(), tmp_path / "hier", Wish((elsewhere(house),))) as (other, _):
        assert stopped(other) == ["file"]
    assert "ana@" not in "".join(
        file.read_text() for file in house.hub.collector.ledger.files.values() if file.exists()
    )


def choose(browser: Client, act: str, kind: str) -> None:
    """Stop a kind of mail, or take it up again, on one's own page."""
    assert browser.post("/compte", data={"acte": act, "mails": kind}).status_code == 303


def stopped(house: House) -> list[str]:
    with house.hub.engine.connect() as connection:
        person = accounts.person_by_email(connection, "ana@exemple.fr")
    assert person is not None
    return list(person.stopped)
