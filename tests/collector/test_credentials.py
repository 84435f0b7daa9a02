"""Secrets given by the name of a file, as Docker and systemd hand them over."""

import os
from pathlib import Path

import pytest

from collector.credentials import HANDED_OVER, open_to_others
from collector.errors import SettingError
from collector.settings import Settings
from syndication.errors import ConfigurationError
from syndication.settings import Settings as HubSettings

LONG, OTHER = "x" * 40, "y" * 40
SMTP = "smtps://nous:tresSecret@mail.exemple.fr:465"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours is set but by the test itself."""
    for name in list(os.environ):
        if name.startswith("SIRIUS_"):
            monkeypatch.delenv(name)


def held(monkeypatch: pytest.MonkeyPatch, path: Path, name: str, text: str) -> Path:
    """A file that a variable names."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv(f"SIRIUS_{name}_FILE", str(path))
    return path


def refused(secret: str = "tresSecret") -> str:
    """Why settings are refused; nothing of a secret is told."""
    with pytest.raises(ConfigurationError) as caught:
        HubSettings.from_environment()
    assert secret not in str(caught.value)
    return str(caught.value)


def test_each_secret_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held(monkeypatch, tmp_path / "keys", "SECRET_KEYS", f"{OTHER}\n{LONG}\n")
    held(monkeypatch, tmp_path / "smtp", "SMTP_URL", f"{SMTP}\n")
    held(monkeypatch, tmp_path / "leaf", "COLLECTOR_DATABASE_URL", "postgresql://nous:tresSecret@base/recueil\n")
    held(monkeypatch, tmp_path / "hub", "SYNDICATION_DATABASE_URL", "postgresql://nous:tresSecret@base/avis")
    settings = HubSettings.from_environment()
    assert settings.keys() == (OTHER, LONG)
    assert settings.collector.smtp_url == SMTP
    assert settings.collector.database_url == "postgresql://nous:tresSecret@base/recueil"
    assert settings.database_url == "postgresql://nous:tresSecret@base/avis"


def test_the_collector_alone_reads_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held(monkeypatch, tmp_path / "keys", "SECRET_KEYS", f" {OTHER}, {LONG} ")
    assert Settings.from_environment().keys() == (OTHER, LONG)
    (tmp_path / "keys").write_text("")
    with pytest.raises(SettingError, match="est vide"):
        Settings.from_environment()


def test_a_variable_that_says_nothing_is_not_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held(monkeypatch, tmp_path / "smtp", "SMTP_URL", SMTP)
    monkeypatch.setenv("SIRIUS_SMTP_URL", "")
    monkeypatch.setenv("SIRIUS_SECRET_KEYS_FILE", "")
    assert Settings.from_environment().smtp_url == SMTP


@pytest.mark.parametrize("name", ["SECRET_KEYS", "SMTP_URL", "COLLECTOR_DATABASE_URL", "SYNDICATION_DATABASE_URL"])
def test_a_file_that_cannot_be_used_is_refused_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "secret"
    monkeypatch.setenv(f"SIRIUS_{name}_FILE", str(path))
    said = f"SIRIUS_{name}_FILE : {path} "
    assert refused() == f"{said}ne peut pas être lu (il n'existe pas)"
    path.mkdir()
    assert refused() == f"{said}ne peut pas être lu (c'est un dossier)"
    path.rmdir()
    path.write_text(" \n")
    assert refused() == f"{said}est vide"
    path.write_bytes(b"\xff" * 40)
    assert refused() == f"{said}n'est pas un texte en UTF-8"
    path.write_text("x" * 70_000)
    assert refused() == f"{said}dépasse 64 Ko : ce n'est pas un secret"
    monkeypatch.setenv(f"SIRIUS_{name}", SMTP)
    assert refused() == f"SIRIUS_{name} et SIRIUS_{name}_FILE sont donnés tous les deux : gardez-en un"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEYS", "tresSecret"), ("SMTP_URL", "http://nous:tresSecret@mail"),
        ("COLLECTOR_DATABASE_URL", "mysql://nous:tresSecret@base/recueil"),
        ("SYNDICATION_DATABASE_URL", "mysql://nous:tresSecret@base/avis"),
    ],
)  # fmt: skip
def test_nonsense_in_a_file_is_refused_by_its_variable_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str
) -> None:
    held(monkeypatch, tmp_path / "secret", name, text)
    assert refused().startswith(f"SIRIUS_{name}_FILE : ")


def test_a_file_that_others_may_read_is_seen_unless_the_system_handed_it_over(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch()
    for mode, seen in ((0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o620, True)):
        path.chmod(mode)
        assert open_to_others(path, {}) is seen, oct(mode)
    assert not open_to_others(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert open_to_others(path, {"CREDENTIALS_DIRECTORY": str(tmp_path / "elsewhere")})
    assert not any(open_to_others(folder / "sirius" / "cles", {}) for folder in HANDED_OVER)
