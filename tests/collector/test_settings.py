"""Settings of the collector: what is accepted, what is refused aloud, and where keys are kept."""

import os
import stat
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.errors import SettingError
from collector.settings import Settings

LONG, OTHER = "x" * 40, "y" * 40


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours is set but by the test itself."""
    for name in list(os.environ):
        if name.startswith("SIRIUS_"):
            monkeypatch.delenv(name)


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A process that would let everybody read what it writes."""
    before = os.umask(0)
    yield
    os.umask(before)


def refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> SettingError:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError) as caught:
        Settings.from_environment()
    return caught.value


def test_without_any_variable_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment()
    assert settings.data_dir == Path("data")
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'collector.db'}"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert not settings.secure


def test_variables_are_read_with_their_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIRIUS_PUBLIC_URL", "https://avis.exemple.fr/")
    monkeypatch.setenv("SIRIUS_COLLECTOR_DATABASE_URL", "postgresql://localhost/collecte")
    monkeypatch.setenv("PUBLIC_URL", "https://ailleurs.exemple.fr")
    settings = Settings.from_environment()
    assert settings.public_url == "https://avis.exemple.fr"
    assert settings.database_url == "postgresql://localhost/collecte"
    assert settings.secure


@pytest.mark.parametrize(
    "value",
    [
        "",
        "avis.exemple.fr",
        "ftp://avis.exemple.fr",
        "https://",
        "https://avis.exemple.fr/chemin",
        "https://avis.exemple.fr?page=1",
        "https://avis.exemple.fr/#haut",
        "https://avis.exemple.fr:porte",
        "https://avis exemple.fr",
        "https://[avis",
    ],
)
def test_a_public_address_that_makes_no_sense_is_refused_by_its_name(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(refused(monkeypatch, "SIRIUS_PUBLIC_URL", value)).startswith("SIRIUS_PUBLIC_URL : ")


@pytest.mark.parametrize(
    "value", ["collecte.db", "sqlite://", "mysql://localhost/collecte", "file:///collecte.db", "postgres"]
)
def test_a_database_we_do_not_speak_is_refused_by_its_name(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = str(refused(monkeypatch, "SIRIUS_COLLECTOR_DATABASE_URL", value))
    assert message.startswith("SIRIUS_COLLECTOR_DATABASE_URL : ")
    assert "postgresql://" in message


@pytest.mark.parametrize("value", ["sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_database_that_would_be_lost_with_its_process_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = str(refused(monkeypatch, "SIRIUS_COLLECTOR_DATABASE_URL", value))
    assert message.startswith("SIRIUS_COLLECTOR_DATABASE_URL : un fichier est attendu")


@pytest.mark.parametrize("value", ["/", ".", "..", "/srv/.."])
def test_a_ledger_without_a_name_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = str(refused(monkeypatch, "SIRIUS_WITHDRAWALS_FILE", value))
    assert message.startswith("SIRIUS_WITHDRAWALS_FILE : le chemin d'un fichier est attendu")


@pytest.mark.parametrize("value", ["court", f"{LONG},court", "z" * 31])
def test_a_short_key_is_refused_by_its_name(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = str(refused(monkeypatch, "SIRIUS_SECRET_KEYS", value))
    assert message.startswith("SIRIUS_SECRET_KEYS : ")
    assert "32" in message


@pytest.mark.parametrize(
    ("variable", "value", "secret"),
    [
        ("SIRIUS_SECRET_KEYS", f"{LONG},motdepassecourt", "motdepassecourt"),
        ("SIRIUS_SECRET_KEYS", f"{LONG},motdepassecourt", LONG),
        ("SIRIUS_COLLECTOR_DATABASE_URL", "mysql://nous:tresSecret@base/collecte", "tresSecret"),
        ("SIRIUS_PUBLIC_URL", "https://nous:tresSecret@avis.exemple.fr/chemin", "tresSecret"),
    ],
)
def test_neither_the_message_nor_the_traceback_shows_the_value(
    variable: str, value: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused(monkeypatch, variable, value)
    assert secret not in str(error)
    assert secret not in "".join(traceback.format_exception(error))


def test_given_keys_are_split_trimmed_and_kept_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIRIUS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SIRIUS_SECRET_KEYS", f" {OTHER} , {LONG},")
    assert Settings.from_environment().keys() == (OTHER, LONG)


def test_a_key_of_exactly_32_characters_is_accepted() -> None:
    assert Settings(secret_keys=("k" * 32,)).keys() == ("k" * 32,)


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    first = Settings(data_dir=tmp_path / "new").keys()
    assert len(first) == 1
    assert len(first[0]) >= 32
    assert Settings(data_dir=tmp_path / "new").keys() == first


def test_every_installation_makes_keys_of_its_own(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path / "one").keys() != Settings(data_dir=tmp_path / "two").keys()


@pytest.mark.usefixtures("open_umask")
def test_the_file_of_keys_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    Settings(data_dir=tmp_path).keys()
    kept = tmp_path / "secret_keys"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [kept]


def test_processes_that_start_together_end_with_the_same_keys(tmp_path: Path) -> None:
    together = threading.Barrier(12)

    def start() -> tuple[str, ...]:
        together.wait()
        return Settings(data_dir=tmp_path).keys()

    with ThreadPoolExecutor(12) as pool:
        started = [pool.submit(start) for _ in range(12)]
        assert len({one.result() for one in started}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret_keys"]


def test_given_keys_win_over_kept_ones(tmp_path: Path) -> None:
    kept = Settings(data_dir=tmp_path).keys()
    assert Settings(data_dir=tmp_path, secret_keys=(LONG,)).keys() == (LONG,)
    assert Settings(data_dir=tmp_path).keys() == kept


def test_given_keys_are_written_nowhere(tmp_path: Path) -> None:
    Settings(data_dir=tmp_path, secret_keys=(LONG,)).keys()
    assert list(tmp_path.iterdir()) == []


def test_kept_keys_may_be_several_the_newest_first(tmp_path: Path) -> None:
    (tmp_path / "secret_keys").write_text(f"{OTHER}\n{LONG}\n", encoding="ascii")
    assert Settings(data_dir=tmp_path).keys() == (OTHER, LONG)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n \n", b"motdepassecourt\n", LONG.encode() + b"\nmotdepassecourt\n", "clé-en-français".encode() * 3],
    ids=["empty", "blank", "short", "one short", "not ascii"],
)
def test_a_file_of_keys_that_makes_no_sense_is_refused_by_its_path(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret_keys").write_bytes(content)
    with pytest.raises(SettingError) as caught:
        Settings(data_dir=tmp_path).keys()
    assert str(tmp_path / "secret_keys") in str(caught.value)
    assert "motdepassecourt" not in str(caught.value)


@pytest.mark.parametrize(
    "sender", ["Sirius", "Sirius <a b@x.fr>", "a@b.fr, c@d.fr", "Sirius <a@b>x", "Sirius\n<a@b.fr>", ""]
)
def test_a_sender_that_mails_could_not_bear_is_refused(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    assert str(refused(monkeypatch, "SIRIUS_MAIL_FROM", sender)).startswith("SIRIUS_MAIL_FROM : un seul expéditeur")


def test_a_sender_of_an_accented_domain_is_written_as_mails_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIRIUS_MAIL_FROM", "Sirius <avis@éxemple.fr>")
    assert Settings.from_environment().mail_from == "Sirius <avis@xn--xemple-9ua.fr>"


@pytest.mark.parametrize(
    "server", ["smtp://h:abc", "smtp://h:99999", "smtp://[::1", "http://h", "smtp://", "smtps://h?tls=aucun"]
)
def test_a_mail_server_that_cannot_be_read_is_refused_in_french(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    said = str(refused(monkeypatch, "SIRIUS_SMTP_URL", server))
    assert said.startswith("SIRIUS_SMTP_URL : ")
    assert "Port" not in said


def test_the_ledger_of_withdrawals_is_in_the_folder_of_data_or_where_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIRIUS_DATA_DIR", str(tmp_path))
    for said, where in (("", tmp_path / "retraits"), ("/autre/disque/retraits", Path("/autre/disque/retraits"))):
        monkeypatch.setenv("SIRIUS_WITHDRAWALS_FILE", said)
        assert Settings.from_environment().ledger == where
