"""Backups: taken while people answer, whole or known not to be, restored elsewhere to the same."""

import fcntl
import json
import os
import re
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from collector import database as collector_database
from collector.door import FolderBusy, SettingError, at_work
from syndication import asgi, boot, database, doctor
from syndication.corpus import reading as corpus
from syndication.database import writing
from syndication.errors import ConfigurationError, KeepingError
from syndication.keeping import manifest, store
from syndication.keeping.backup import back_up
from syndication.keeping.bases import bases
from syndication.keeping.manifest import Manifest
from syndication.keeping.move import move
from syndication.keeping.restore import Wish, restore
from syndication.partners import store as partners
from syndication.serving import claim
from syndication.settings import Settings, Thresholds
from tests.conftest import settings_in
from tests.databases import Databases, change, rows
from tests.helpers import FULL_ANSWER, Clock, small_files
from tests.syndication.keeping.house import House, Places, counted, quiet
from tests.syndication.test_publication import publish_everything

Damage = Callable[[Path], object]


def test_restored_elsewhere_all_is_there_and_says_the_same(house: House, places: Places, tmp_path: Path) -> None:
    tokens = house.answer(7)
    publish_everything(house.hub)
    house.work()
    told = house.back_up(tmp_path / "sauvegarde")
    assert {name: {table: one.rows for table, one in base.tables.items()} for name, base in told.bases.items()} == (
        counted(house.settings)
    )
    before, rows = house.exported(), counted(house.settings)
    assert before["verbatim"].count(b"\n") == 14
    with house.restored(places.new(), tmp_path / "sauvegarde") as (other, restored):
        assert (restored.migrated, restored.later, restored.done.taken) == (False, False, 0)
        other.work()
        assert other.exported() == before
        after = counted(other.settings)
        marks = {"syndication": {"bookmark"}, "collector": set[str]()}
        for name, tables in rows.items():
            assert {k: v for k, v in after[name].items() if k not in marks[name]} == {
                k: v for k, v in tables.items() if k not in marks[name]
            }
        assert other.respondents() == 7
        assert f"Premier texte de {tokens[3]}." in other.page(tokens[3])
        assert doctor.examine(lambda: other.settings) == []
        assert other.answer(1)  # numbers and constraints are as they should be
        assert other.respondents() == 8


def test_what_the_hub_has_not_taken_in_yet_is_taken_in_once_restored(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.answer(5)
    campaign = house.campaign()
    for link in house.hub.collector.issue_links(campaign, 2):
        house.hub.collector.record(link, FULL_ANSWER)  # and nobody works in the background
    house.back_up(tmp_path / "sauvegarde")
    with house.restored(places.new(), tmp_path / "sauvegarde") as (other, restored):
        assert restored.done.taken == 2
        assert other.respondents() == 7


def test_a_mirror_that_is_ahead_of_the_backup_is_told_to_start_anew(
    house: House, places: Places, tmp_path: Path
) -> None:
    corpus.mark(house.hub.engine)
    with writing(house.hub.engine).begin() as connection:
        key = partners.add(connection, "Catalogue", (), house.clock())
    headers = {"authorization": f"Bearer {key}"}

    def read(one: House, cursor: str = "") -> tuple[int, str]:
        asked = {"depuis": cursor} if cursor else {}
        answer = one.browser.get("/api/v1/changements", params=asked, headers=headers)
        return answer.status_code, answer.json().get("curseur", "")

    house.answer(6)
    _, early = read(house)
    house.back_up(tmp_path / "sauvegarde")
    house.answer(1)
    _, late = read(house)
    with house.restored(places.new(), tmp_path / "sauvegarde") as (other, _):
        other.answer(3)
        other.answer(1)
        assert [read(other, one)[0] for one in (early, late)] == [200, 410]


def test_a_backup_is_for_its_owner_alone(house: House, tmp_path: Path) -> None:
    (tmp_path / "sauvegarde").mkdir(mode=0o755)
    told = house.back_up(tmp_path / "sauvegarde")
    for path in (tmp_path / "sauvegarde").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "sauvegarde").stat().st_mode) == 0o700
    names = {path.relative_to(tmp_path / "sauvegarde").as_posix() for path in (tmp_path / "sauvegarde").rglob("*")}
    assert {name for name in names if "." in name} == {*told.files, manifest.NAME}
    assert house.settings.keys()[0] not in (tmp_path / "sauvegarde" / manifest.NAME).read_text()


def test_each_backup_has_a_folder_of_its_own(house: House, tmp_path: Path) -> None:
    (tmp_path / "pris").mkdir()
    (tmp_path / "pris" / "lettre.txt").write_text("à garder")
    for folder in (tmp_path / "pris", tmp_path / "pris" / "lettre.txt"):
        with pytest.raises(KeepingError, match="n'est pas un dossier vide"):
            house.back_up(folder)
    assert (tmp_path / "pris" / "lettre.txt").read_text() == "à garder"


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["indexed_words_data", "indexed_words_idx"])
def test_a_file_that_is_damaged_is_not_backed_up_as_if_it_were_whole(house: House, tmp_path: Path, name: str) -> None:
    house.answer(6)
    publish_everything(house.hub)
    house.close()
    file = house.folder / "syndication.db"
    with closing(sqlite3.connect(file)) as kept:
        ((page,),) = kept.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name]).fetchall()
        ((size,),) = kept.execute("PRAGMA page_size").fetchall()
    with file.open("r+b") as written:
        written.seek((page - 1) * size)
        written.write(bytes(size))
    with pytest.raises(KeepingError, match="son fichier est abîmé"):
        house.back_up(tmp_path / "abimee")
    assert not (tmp_path / "abimee").exists()


def test_a_database_newer_than_the_code_is_not_backed_up(house: House, databases: Databases, tmp_path: Path) -> None:
    house.close()
    change(house.settings.database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(KeepingError, match="une version plus récente de Sirius l'a mise à niveau"):
        house.back_up(tmp_path / "d-hier")


def test_a_backup_that_fails_leaves_nothing(places: Places, clock: Clock, tmp_path: Path) -> None:
    settings = places.new()
    for base in bases(settings):
        with base.opened() as engine:
            engine.connect().close()  # made, and never migrated
    house = House(settings, clock)
    try:
        with pytest.raises(KeepingError, match="cette base est vide"):
            house.back_up(tmp_path / "sauvegarde")
    finally:
        house.close()
    assert not (tmp_path / "sauvegarde").exists()


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def biggest(folder: Path) -> Path:
    """The file that holds most."""
    return max((path for path in folder.rglob("*") if path.name != manifest.NAME), key=lambda path: path.stat().st_size)


def rewrite(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Have the manifest say something else, and seal it again."""
    said = json.loads((folder / manifest.NAME).read_text())
    del said[manifest.SEAL]
    change(said)
    (folder / manifest.NAME).write_text(json.dumps({**said, manifest.SEAL: manifest._seal(said)}))


def alter(folder: Path, pattern: str, other: str) -> None:
    """Change a few letters of the manifest."""
    text, count = re.subn(pattern, other, (folder / manifest.NAME).read_text(), count=1)
    assert count
    (folder / manifest.NAME).write_text(text)


def cut_short(folder: Path) -> None:
    path = biggest(folder)
    path.write_bytes(path.read_bytes()[:-10])


DAMAGES: dict[str, tuple[Damage, str]] = {
    "altered": (lambda folder: flip(biggest(folder)), "n'est plus ce qui a été sauvegardé"),
    "cut short": (cut_short, "la copie est incomplète"),
    "a file missing": (lambda folder: biggest(folder).unlink(), "il manque"),
    "keys missing": (
        lambda folder: rewrite(
            folder,
            lambda said: (
                said["files"].update(secret_keys={"size": 45, "sha256": "0" * 64}),  # type: ignore[attr-defined]
                said.update(keys=["of that day"]),
            ),
        ),
        "il manque secret_keys",
    ),
    "no manifest": (lambda folder: (folder / manifest.NAME).unlink(), "n'est pas une sauvegarde entière"),
    "half a manifest": (
        lambda folder: (folder / manifest.NAME).write_text('{"sauvegarde": "sirius", "form'), "est abîmée",
    ),
    "a row more": (lambda folder: alter(folder, r'"rows": ', '"rows": 1'), "est abîmée"),
    "a later day": (lambda folder: alter(folder, r'"moment": "20', '"moment": "21'), "est abîmée"),
    "another table": (lambda folder: alter(folder, r'"opt_out"', '"opt_auf"'), "est abîmée"),
    "no seal": (lambda folder: alter(folder, manifest.SEAL + '": "[0-9a-f]+"\n}', 'scellé": ""}'), "est abîmée"),
    "another manifest": (lambda folder: (folder / manifest.NAME).write_text("[]"), "est abîmée"),
    "under way": (lambda folder: (folder / manifest.UNDER_WAY).touch(), "n'est pas allée au bout"),
    "a later format": (lambda folder: rewrite(folder, lambda said: said.update(format=2)), "une version plus récente"),
    "a later schema": (
        lambda folder: rewrite(folder, lambda said: said["bases"]["collector"].update(revision="0099")),  # type: ignore[index]
        "une version plus récente",
    ),
    "the other kind": (
        lambda folder: rewrite(
            folder,
            lambda said: said["bases"]["collector"].update(  # type: ignore[index]
                kind="sqlite" if said["bases"]["collector"]["kind"] == "postgresql" else "postgresql"  # type: ignore[index]
            ),
        ),
        "sirius move",
    ),
    "one database": (lambda folder: rewrite(folder, lambda said: said["bases"].pop("collector")), "ne dit rien"),  # type: ignore[attr-defined]
}  # fmt: skip


def test_what_is_not_a_whole_backup_is_refused_and_touches_nothing(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.answer(2)
    for number, (damage, sentence) in enumerate(DAMAGES.values()):
        backup, target = tmp_path / f"sauvegarde{number}", places.new()
        house.back_up(backup)
        damage(backup)
        with pytest.raises(KeepingError, match=sentence):
            restore(target, backup, Wish(), house.clock, quiet)
        assert not target.data_dir.exists() or not list(target.data_dir.iterdir())
    with pytest.raises(KeepingError, match="n'est pas un dossier"):
        restore(places.new(), tmp_path / "nulle-part", Wish(), house.clock, quiet)


def exchanged(settings: Settings) -> Settings:
    """The same, each database at the address of the other."""
    leaf = settings.collector.model_copy(update={"collector_database_url": settings.database_url})
    return replace(settings, collector=leaf, database_url=settings.collector.database_url)


def test_addresses_that_were_exchanged_are_told_before_anything_is_touched(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.answer(2)
    house.back_up(tmp_path / "sauvegarde")
    with house.restored(places.new(), tmp_path / "sauvegarde") as (other, _):
        before = counted(other.settings)
        other.close()
        for wish in (Wish(replace=True), Wish()):
            with pytest.raises((SettingError, ConfigurationError), match="ce n'est pas la base"):
                restore(exchanged(other.settings), tmp_path / "sauvegarde", wish, house.clock, quiet)
        assert counted(other.settings) == before


@pytest.mark.sqlite
def test_files_are_held_wherever_they_are_whatever_the_folder_of_data(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.back_up(tmp_path / "sauvegarde")
    elsewhere = places.new().collector.model_copy(
        update={"collector_database_url": house.settings.collector.database_url}
    )
    same = replace(house.settings, collector=elsewhere)
    assert same.folders == (same.data_dir, house.folder)
    with at_work(house.settings.folders):
        with pytest.raises(FolderBusy, match="arrêtez-le d'abord"):
            restore(same, tmp_path / "sauvegarde", Wish(replace=True), house.clock, quiet)
        with pytest.raises(FolderBusy, match="arrêtez-le d'abord"):
            move(same, {"collector": places.new().collector.database_url}, quiet)
    with claim.serving(house.settings, 1, "127.0.0.1:8000"), claim.working(house.settings):
        other = replace(same, thresholds=Thresholds(minimum=8))
        for taken in (claim.serving(same, 2, "127.0.0.1:8001"), claim.working(other)):
            with (
                pytest.raises(
                    ConfigurationError, match=f"{house.folder}/collector.db .*ou changez SIRIUS_…_DATABASE_URL"
                ),
                taken,
            ):
                pytest.fail("two work on the same files")
        assert "sert déjà une autre installation" in claim.stranger(other)
        assert claim.stranger(same) == ""
    assert claim.stranger(other) == ""


def test_a_database_restored_by_half_leaves_the_other_one_as_guarded_as_ever(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.answer(2)
    house.back_up(tmp_path / "sauvegarde")
    house.answer(3)
    hub, _ = bases(house.settings)
    before = counted(house.settings)
    house.close()
    with hub.opened() as engine, writing(engine).begin() as connection:
        store.begin_filling(connection, hub.name)
    with pytest.raises(KeepingError, match="n'est pas vide, et rien n'y a été changé"):
        restore(house.settings, tmp_path / "sauvegarde", Wish(), house.clock, quiet)
    assert counted(house.settings) == before
    with hub.opened() as engine, writing(engine).begin() as connection:
        store.begin_filling(connection, "collector")
    for wish in (Wish(), Wish(replace=True)):
        with pytest.raises(KeepingError, match="C'était la base collector, et non syndication"):
            restore(house.settings, tmp_path / "sauvegarde", wish, house.clock, quiet)


@pytest.mark.postgresql
def test_tables_of_somebody_else_beside_ours_are_neither_kept_nor_touched(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.answer(2)
    change(house.settings.database_url, "CREATE TABLE clients (id int)", "INSERT INTO clients VALUES (1)")
    told = house.back_up(tmp_path / "sauvegarde")
    assert "clients" not in told.bases["syndication"].tables
    house.close()
    with house.restored(house.settings, tmp_path / "sauvegarde", Wish(replace=True)) as (again, _):
        assert again.respondents() == 2
    assert rows(house.settings.database_url, "SELECT id FROM clients") == [(1,)]
    with house.restored(places.new(), tmp_path / "sauvegarde") as (other, _):
        assert other.respondents() == 2


@pytest.mark.postgresql
def test_tables_of_somebody_else_that_have_our_names_are_not_dropped(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.back_up(tmp_path / "sauvegarde")
    target = places.new()
    change(target.database_url, "CREATE TABLE person (id int)", "INSERT INTO person VALUES (1)")
    for wish in (Wish(), Wish(replace=True)):
        with pytest.raises(KeepingError, match=r"d'une autre application y portent nos noms \(person\)"):
            restore(target, tmp_path / "sauvegarde", wish, house.clock, quiet)
    with pytest.raises(KeepingError, match="portent nos noms"):
        move(house.settings, {"syndication": target.database_url}, quiet)
    assert rows(target.database_url, "SELECT id FROM person") == [(1,)]


@pytest.mark.postgresql
def test_what_somebody_else_hung_on_our_tables_is_told_before_anything_is_touched(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.answer(2)
    house.back_up(tmp_path / "sauvegarde")
    house.close()
    url = house.settings.database_url
    for hung, taken_off in (
        ("CREATE VIEW avis AS SELECT id FROM review", "DROP VIEW avis"),
        ("CREATE TABLE suivi (avis text REFERENCES review(id))", "DROP TABLE suivi"),
    ):
        change(url, hung)
        with pytest.raises(KeepingError, match=r"d'une autre application tient à nos tables .* review"):
            restore(house.settings, tmp_path / "sauvegarde", Wish(replace=True), house.clock, quiet)
        change(url, taken_off)
        assert not any(base.is_half_filled() for base in bases(house.settings))
    with house.restored(house.settings, tmp_path / "sauvegarde", Wish(replace=True)) as (again, _):
        assert again.respondents() == 2


@pytest.mark.postgresql
def test_tables_of_somebody_else_do_not_make_a_database_full(house: House, places: Places, tmp_path: Path) -> None:
    house.answer(2)
    house.back_up(tmp_path / "sauvegarde")
    target = places.new()
    change(target.database_url, "CREATE TABLE clients (id int)", "INSERT INTO clients VALUES (1)")
    with house.restored(target, tmp_path / "sauvegarde") as (other, _):
        assert other.respondents() == 2
    assert rows(target.database_url, "SELECT id FROM clients") == [(1,)]


@pytest.mark.sqlite
def test_a_backup_is_not_restored_onto_itself(house: House, places: Places, tmp_path: Path) -> None:
    house.answer(2)
    house.back_up(tmp_path / "sauvegarde")
    leaf, own = (f"sqlite:///{tmp_path}/sauvegarde/{name}.db" for name in ("collector", "syndication"))
    there = settings_in(tmp_path / "sauvegarde")
    halves = places.new()
    for target in (there, replace(halves, database_url=own), halves_at(halves, leaf)):
        with pytest.raises(KeepingError, match="la sauvegarde est là où vous restaurez"):
            restore(target, tmp_path / "sauvegarde", Wish(replace=True), house.clock, quiet)
    with house.restored(places.new(), tmp_path / "sauvegarde") as (other, _):
        assert other.respondents() == 2


def halves_at(settings: Settings, url: str) -> Settings:
    """The same, with the collector elsewhere."""
    return replace(settings, collector=settings.collector.model_copy(update={"collector_database_url": url}))


@pytest.fixture
def linked(house: House, tmp_path: Path) -> Settings:
    """The same installation by another folder of data, with links to its files and its keys."""
    folder = tmp_path / "liens"
    folder.mkdir()
    for file in house.settings.files:
        (folder / file.name).symlink_to(file)
    return settings_in(folder)


@pytest.mark.sqlite
def test_a_file_is_held_where_links_to_it_lead(house: House, linked: Settings, tmp_path: Path) -> None:
    house.back_up(tmp_path / "sauvegarde")
    assert linked.folders == (linked.data_dir, house.folder)
    with at_work(house.settings.folders), pytest.raises(FolderBusy, match="arrêtez-le d'abord"):
        restore(linked, tmp_path / "sauvegarde", Wish(replace=True), house.clock, quiet)
    other = replace(linked, thresholds=Thresholds(minimum=8))
    with claim.working(house.settings):
        with pytest.raises(ConfigurationError, match="sert déjà une autre installation"), claim.working(other):
            pytest.fail("two work on the same files")
        assert claim.stranger(other)
        assert claim.stranger(linked) == ""


@pytest.mark.sqlite
def test_a_file_is_restored_where_links_to_it_lead(house: House, linked: Settings, tmp_path: Path) -> None:
    house.answer(2)
    house.back_up(tmp_path / "sauvegarde")
    house.answer(3)
    house.close()
    with house.restored(linked, tmp_path / "sauvegarde", Wish(replace=True)) as (again, _):
        assert again.respondents() == 2
    assert all((linked.data_dir / file.name).is_symlink() for file in house.settings.files)
    with closing(asgi.open_hub(house.settings, house.clock)) as hub:
        assert boot.faults(hub) == []


@pytest.mark.sqlite
def test_two_hubs_do_not_share_a_collector(house: House, places: Places) -> None:
    copy = places.new()
    copy.data_dir.mkdir()
    shutil.copy(house.folder / "syndication.db", copy.data_dir)
    both = halves_at(copy, house.settings.collector.database_url)
    with claim.working(house.settings):
        assert "sert déjà une autre installation" in claim.stranger(both)
        with pytest.raises(ConfigurationError, match=f"{house.folder}/collector.db sert déjà"), claim.working(both):
            pytest.fail("two take in from one collector")
    with claim.working(both):
        assert "sert déjà une autre installation" in claim.stranger(house.settings)


@pytest.mark.sqlite
def test_locks_that_somebody_tidied_away_make_nobody_a_stranger(house: House) -> None:
    with claim.working(house.settings):
        for lock in house.folder.glob("*.lock"):
            lock.unlink()
        with claim.working(house.settings):
            assert claim.stranger(house.settings) == ""


def test_options_of_a_connection_make_nobody_a_stranger(house: House) -> None:
    url = "postgresql://sirius@db/avis"
    one, same, other = (
        replace(house.settings, database_url=f"{url}{options}")
        for options in ("", "?sslmode=prefer&connect_timeout=3", "?options=-csearch_path%3Dautre")
    )
    with claim.working(one):
        assert claim.stranger(same) == ""
        assert "sert déjà une autre installation" in claim.stranger(other)


@pytest.mark.sqlite
def test_who_only_looks_whether_somebody_works_there_keeps_nobody_out(house: House) -> None:
    other = replace(house.settings, thresholds=Thresholds(minimum=8))
    with claim.working(other):
        pass  # its mark stays
    lock = os.open(house.folder / claim.INSTALLATION, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    looked = threading.Timer(claim.TRY_SECONDS, os.close, [lock])
    looked.start()
    with claim.working(house.settings):
        looked.join()
        assert claim.stranger(house.settings) == ""


@pytest.mark.sqlite
def test_a_disk_without_room_is_told_and_nothing_is_left_on_it(house: House, places: Places, tmp_path: Path) -> None:
    house.answer(5)
    house.back_up(tmp_path / "sauvegarde")
    target, size = places.new(), (tmp_path / "sauvegarde" / "syndication.db").stat().st_size
    for room in (size // 2, size):  # within the copy, then when the mark is put in it
        with small_files(room), pytest.raises((KeepingError, OSError, SQLAlchemyError)) as told:
            restore(target, tmp_path / "sauvegarde", Wish(), house.clock, quiet)
        assert (
            "syndication.db" in f"{getattr(told.value, 'filename', '')}{told.value}{getattr(told.value, 'place', '')}"
        )
        assert not [file.name for file in target.data_dir.iterdir() if "restauration" in file.name]
    with house.restored(target, tmp_path / "sauvegarde") as (other, _):
        assert other.respondents() == 5


@pytest.mark.sqlite
def test_a_file_of_another_application_is_not_replaced(house: House, places: Places, tmp_path: Path) -> None:
    house.back_up(tmp_path / "sauvegarde")
    target = places.new()
    target.data_dir.mkdir()
    for file in target.files:
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("CREATE TABLE clients (id)")
    with pytest.raises(KeepingError, match="ce n'est pas la base"):
        restore(target, tmp_path / "sauvegarde", Wish(replace=True), house.clock, quiet)
    for file in target.files:
        file.write_bytes(b"no database at all, or no longer one" * 200)
    with house.restored(target, tmp_path / "sauvegarde", Wish(replace=True)) as (again, told):
        assert (again.respondents(), told.faults) == (0, ())


def test_two_bases_that_do_not_go_together_are_told_once_restored(house: House, places: Places, tmp_path: Path) -> None:
    house.answer(2)
    change(house.settings.collector.database_url, "DELETE FROM event")
    house.back_up(tmp_path / "sauvegarde")
    with house.restored(places.new(), tmp_path / "sauvegarde") as (_, told):
        assert "ce recueil n'est pas le sien" in " ".join(told.faults)


@pytest.mark.parametrize("spelled", ["relative", "linked"])
@pytest.mark.sqlite
def test_one_installation_may_spell_the_way_to_its_files_as_it_likes(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    (tmp_path / "lien").symlink_to(house.folder)
    monkeypatch.chdir(house.folder.parent)
    folder = {"relative": Path(house.folder.name), "linked": tmp_path / "lien"}[spelled]
    leaf = house.settings.collector.model_copy(
        update={"data_dir": folder, "collector_database_url": f"sqlite:///{folder / 'collector.db'}"}
    )
    same = replace(house.settings, collector=leaf, database_url=f"sqlite:///{folder / 'syndication.db'}")
    with claim.working(house.settings), claim.working(same):
        assert claim.stranger(same) == ""
    taken = claim.serving(same, 2, "127.0.0.1:8001")
    with claim.serving(house.settings, 1, "127.0.0.1:8000"), pytest.raises(ConfigurationError, match="déjà"), taken:
        pytest.fail("two serve the same files")


def test_what_is_there_already_is_never_overwritten_unasked(house: House, places: Places, tmp_path: Path) -> None:
    house.answer(2)
    house.back_up(tmp_path / "hier")
    house.answer(3)
    before = counted(house.settings)
    house.close()
    with pytest.raises(KeepingError, match="n'est pas vide, et rien n'y a été changé"):
        restore(house.settings, tmp_path / "hier", Wish(), house.clock, quiet)
    assert counted(house.settings) == before
    with house.restored(house.settings, tmp_path / "hier", Wish(replace=True)) as (again, _):
        assert len(again.texts("attente")) == 2 * 2


def test_databases_that_were_only_migrated_count_as_empty(house: House, places: Places, tmp_path: Path) -> None:
    house.answer(5)
    house.back_up(tmp_path / "sauvegarde")
    fresh = places.new()
    for base in bases(fresh):
        with base.opened() as engine:
            base.schema.migrate(engine, "head")
    with house.restored(fresh, tmp_path / "sauvegarde") as (other, _):
        assert other.respondents() == 5


def test_nothing_is_restored_under_a_service_nor_served_under_a_restoration(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.back_up(tmp_path / "sauvegarde")
    target = places.new()
    target.data_dir.mkdir()
    with at_work([target.data_dir]), pytest.raises(FolderBusy, match="arrêtez-le d'abord"):
        restore(target, tmp_path / "sauvegarde", Wish(), house.clock, quiet)

    def meanwhile(_name: str, _done: int, _total: int) -> None:
        with pytest.raises(FolderBusy, match="est en cours"), at_work([target.data_dir]):
            pass

    restore(target, tmp_path / "sauvegarde", Wish(), house.clock, meanwhile)
    with at_work([target.data_dir]):
        pass


@pytest.mark.postgresql
def test_nothing_is_restored_into_postgresql_where_somebody_is_connected(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.back_up(tmp_path / "sauvegarde")
    target = places.new()
    hub, _ = bases(target)
    with hub.opened() as engine, engine.connect(), pytest.raises(KeepingError, match="Arrêtez le service partout"):
        restore(target, tmp_path / "sauvegarde", Wish(), house.clock, quiet)


class _Cut(Exception):
    """The restoration dies."""


def test_a_restoration_that_died_halfway_lets_nobody_work_and_is_done_again(
    house: House, places: Places, tmp_path: Path
) -> None:
    house.answer(5)
    house.back_up(tmp_path / "sauvegarde")
    target = places.new()

    def cut(name: str, _done: int, _total: int) -> None:
        if name == "collector":
            raise _Cut

    with pytest.raises(_Cut):
        restore(target, tmp_path / "sauvegarde", Wish(), house.clock, cut)
    refused = pytest.raises((FolderBusy, ConfigurationError), match="relancez « sirius restore »")
    with refused, at_work([target.data_dir]), closing(asgi.open_hub(target)) as hub:
        boot.migrate(hub)
    with house.restored(target, tmp_path / "sauvegarde") as (other, _):
        assert other.respondents() == 5
    with at_work([target.data_dir]):
        pass


def test_a_backup_older_than_the_code_is_migrated_once_restored(places: Places, clock: Clock, tmp_path: Path) -> None:
    old = places.new()
    old.data_dir.mkdir()
    for base in bases(old):
        with base.opened() as engine:
            base.schema.migrate(engine, base.schema.revisions[0])
    with bases(old)[1].opened() as engine, engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO opt_out (address_hash, month) VALUES ('abc', '2026-11')")
    told = _backed_up(old, tmp_path / "sauvegarde", clock)
    assert {base.revision for base in told.bases.values()} == {"0001"}
    target = places.new()
    assert restore(target, tmp_path / "sauvegarde", Wish(), clock, quiet).migrated
    for base, module in zip(bases(target), (database, collector_database), strict=True):
        with base.opened() as engine:
            assert module.is_current(engine)
    assert counted(target)["collector"]["opt_out"] == 1


def _backed_up(settings: Settings, folder: Path, clock: Clock) -> Manifest:
    return back_up(settings, folder, clock(), quiet)


def test_numbers_that_were_given_out_are_not_given_again(house: House, places: Places, tmp_path: Path) -> None:
    house.answer(6)
    with writing(house.hub.engine).begin() as connection:
        last = connection.exec_driver_sql("SELECT max(seq) FROM change").scalar_one()
        connection.exec_driver_sql(f"DELETE FROM change WHERE seq > {last - 2}")
    house.back_up(tmp_path / "sauvegarde")
    with house.restored(places.new(), tmp_path / "sauvegarde") as (other, _), writing(other.hub.engine).begin() as c:
        c.exec_driver_sql("INSERT INTO change (formation_id, centre_id, at) VALUES (1, 1, '2026-11-24 12:00:00')")
        assert c.exec_driver_sql("SELECT max(seq) FROM change").scalar_one() == last + 1
