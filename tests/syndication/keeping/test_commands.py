"""What people type to keep an installation, and what it answers."""

import json
from pathlib import Path

import pytest

from tests.commands import sirius
from tests.databases import Databases, on_postgresql


@pytest.fixture
def lived(databases: Databases, built: Path, tmp_path: Path) -> Path:
    """The demonstration's data, its keys included."""
    return databases.copy(built, tmp_path / "ici")


def test_a_backup_and_its_restoration_tell_what_they_did(lived: Path, tmp_path: Path) -> None:
    before = [sirius(lived, "export", what).stdout for what in ("avis", "verbatims")]
    told = sirius(lived, "backup", str(tmp_path / "sauvegarde"), "--json")
    assert told.returncode == 0, told.stderr
    said, kind = json.loads(told.stdout), "postgresql" if on_postgresql() else "sqlite"
    assert (said["cles"], said["bases"]["collector"]["genre"], said["version"]) == (True, kind, "1.0.0")
    assert said["bases"]["syndication"]["lignes"] == sum(said["bases"]["syndication"]["tables"].values())
    assert told.stderr.splitlines() == ["syndication…", "collector…", "vérification…"]
    other = tmp_path / "ailleurs"
    told = sirius(other, "restore", str(tmp_path / "sauvegarde"), "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["bases"] == said["bases"]
    assert json.loads(told.stdout)["retraits"] == {"reponses": 0, "textes": 0}
    assert [sirius(other, "export", what).stdout for what in ("avis", "verbatims")] == before
    assert (other / "secret_keys").read_text() == (lived / "secret_keys").read_text()
    again = sirius(other, "restore", str(tmp_path / "sauvegarde"))
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("Erreur : ")
    assert "--replace" in again.stderr


def test_people_are_told_what_to_guard_and_what_to_look_after(lived: Path, tmp_path: Path) -> None:
    told = sirius(lived, "backup", str(tmp_path / "avec"))
    assert "Gardez ce dossier comme les données." in told.stderr
    assert "comptés et vérifiés (SHA-256)" in told.stdout
    told = sirius(lived, "backup", str(tmp_path / "sans"), "--without-keys")
    assert "gardez-les ailleurs" in told.stderr
    assert not (tmp_path / "sans" / "secret_keys").exists()
    told = sirius(tmp_path / "ailleurs", "restore", str(tmp_path / "avec"))
    assert "est revenu. S'il existe ailleurs, relancez avec --replace --withdrawals FICHIER." in told.stderr


@pytest.mark.sqlite
def test_nothing_to_back_up_is_said_and_no_base_is_made(databases: Databases, tmp_path: Path) -> None:
    told = sirius(tmp_path / "vide", "backup", str(tmp_path / "sauvegarde"))
    assert (told.returncode, told.stdout) == (1, "")
    assert "il n'y a pas de base à sauvegarder" in told.stderr
    assert not list(tmp_path.rglob("*.db"))


def test_a_move_needs_an_address_and_hides_its_password(lived: Path, tmp_path: Path) -> None:
    assert sirius(lived, "move").returncode == 2
    address, held = "postgresql://sirius:motdepasse@127.0.0.1:9/recueil", tmp_path / "adresse"
    held.write_text(address)
    by_file = {"SIRIUS_MOVE_COLLECTOR_DATABASE_URL_FILE": str(held)}
    for told in (sirius(lived, "move", "--collector", address), sirius(lived, "move", **by_file)):
        assert told.returncode == 1
        assert "motdepasse" not in told.stdout + told.stderr


def test_a_move_within_sqlite_tells_each_table_and_its_digest(lived: Path, tmp_path: Path) -> None:
    where = f"sqlite:///{tmp_path / 'autre' / 'recueil.db'}"
    told = sirius(lived, "move", "--json", SIRIUS_MOVE_COLLECTOR_DATABASE_URL=where)
    assert told.returncode == 0, told.stderr
    (name,) = moved = json.loads(told.stdout)
    assert name == "collector"
    assert all(len(one["sha256"]) == 64 for one in moved[name])
    before = sirius(lived, "export", "avis").stdout
    assert sirius(lived, "export", "avis", SIRIUS_COLLECTOR_DATABASE_URL=where).stdout == before


def test_doctor_says_when_nobody_could_take_anything_back(lived: Path, tmp_path: Path) -> None:
    told = sirius(lived, "doctor", SIRIUS_WITHDRAWALS_FILE=str(tmp_path / "absent" / "retraits"))
    assert told.returncode == 1
    assert "personne ne pourrait rien retirer" in told.stderr
    assert sirius(lived, "doctor", SIRIUS_WITHDRAWALS_FILE=str(tmp_path / "retraits")).returncode == 0
